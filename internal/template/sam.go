package template

import (
	"slices"
	"strings"
)

// A translation makes CloudFormation's resources of those of SAM, as the macro
// AWS::Serverless-2016-10-31 does. What decides permissions is made as SAM makes it:
// roles, their policies, and the policies of resources. Of the rest there is what others
// refer to.
type translation struct {
	s       *stack
	from    *node
	globals *node
	out     *node
	buckets map[string][]notification // what S3 events add to buckets
	deploys bool                      // the role of CodeDeploy is there
}

// translate translates the section Resources.
func (s *stack) translate(resources *node) *node {
	t := &translation{s: s, from: resources, globals: s.root.get("Globals"), buckets: map[string][]notification{}}
	t.out = &node{kind: objectNode, line: resources.line, col: resources.col, file: resources.file, keyLines: []int{}}
	for i, logical := range resources.keys {
		line := resources.items[i].line
		if resources.keyLines != nil {
			line = resources.keyLines[i]
		}
		t.resource(logical, resources.items[i], line)
	}
	t.notifyBuckets()
	t.connect(resources)
	return t.out
}

// serverlessGlobals are the names of the resource types in the section Globals.
var serverlessGlobals = map[string]string{
	"AWS::Serverless::Function": "Function", "AWS::Serverless::Api": "Api", "AWS::Serverless::HttpApi": "HttpApi", "AWS::Serverless::SimpleTable": "SimpleTable",
	"AWS::Serverless::StateMachine": "StateMachine", "AWS::Serverless::LayerVersion": "LayerVersion", "AWS::Serverless::WebSocketApi": "WebSocketApi",
}

// resource translates one resource.
func (t *translation) resource(logical string, n *node, line int) {
	kind := n.get("Type").value()
	if !strings.HasPrefix(kind, "AWS::Serverless::") {
		t.put(logical, n, line)
		return
	}
	properties := n.get("Properties")
	if !properties.isObject() {
		properties = n.newObject()
	}
	if n.get("IgnoreGlobals").value() != "*" {
		own := t.globals.get(serverlessGlobals[kind])
		for _, ignored := range n.get("IgnoreGlobals").list() {
			if own.isObject() {
				own = own.without(ignored.text)
			}
		}
		properties = merge(own, properties)
	}
	r := &samResource{t: t, logical: logical, node: n, line: line, properties: properties}
	switch kind {
	case "AWS::Serverless::Function":
		r.function()
	case "AWS::Serverless::StateMachine":
		r.stateMachine()
	case "AWS::Serverless::SimpleTable":
		r.main("AWS::DynamoDB::Table", r.table())
	case "AWS::Serverless::LayerVersion":
		if properties.get("LayerName") == nil {
			properties = properties.with("LayerName", n.newString(logical))
		}
		r.main("AWS::Lambda::LayerVersion", properties)
	case "AWS::Serverless::Api":
		r.api()
	case "AWS::Serverless::HttpApi":
		r.httpAPI()
	case "AWS::Serverless::Application":
		r.application()
	case "AWS::Serverless::Connector":
		// When all else is there.
	default:
		r.main(kind, properties)
		if r.leftOut() {
			return
		}
		t.s.problem(n, "%s is not understood: leave it out with cloudformation.LeaveOut(%q), or read the processed template", kind, t.s.path+logical)
	}
}

// put adds a resource that stands in the template's line.
func (t *translation) put(logical string, n *node, line int) {
	if t.out.get(logical) != nil {
		return
	}
	t.out.keys, t.out.items, t.out.keyLines = append(t.out.keys, logical), append(t.out.items, n), append(t.out.keyLines, line)
}

// merge merges the properties of Globals into those of a resource: objects key by key,
// lists one after the other, and everything else is the resource's.
func merge(global, own *node) *node {
	switch {
	case global == nil:
		return own
	case own == nil:
		return global
	case global.isList() && own.isList():
		return own.newList(slices.Concat(global.items, own.items)...)
	case !global.isObject() || !own.isObject():
		return own
	}
	if _, _, isFunction := own.function(); isFunction {
		return own
	}
	if _, _, isFunction := global.function(); isFunction {
		return own
	}
	merged := own.newObject()
	for i, key := range global.keys {
		merged.set(key, merge(global.items[i], own.get(key)))
	}
	for i, key := range own.keys {
		if global.get(key) == nil {
			merged.set(key, own.items[i])
		}
	}
	return merged
}

// A samResource is one that is translated.
type samResource struct {
	t          *translation
	logical    string
	node       *node
	line       int
	properties *node
}

// main adds the resource itself, with its attributes.
func (r *samResource) main(kind string, properties *node) {
	n := r.node.without("Type", "Properties", "Connectors", "IgnoreGlobals")
	n.set("Type", r.node.newString(kind))
	n.set("Properties", properties)
	r.t.put(r.logical, n, r.line)
}

// add adds a resource beside it, which stands where at does and has its condition.
func (r *samResource) add(logical string, at *node, kind string, properties *node) {
	n := at.newObject("Type", kind, "Properties", properties, "Condition", r.node.get("Condition"))
	r.t.put(logical, n, at.line)
}

// leftOut says whether the resource is left out, with all that it would make.
func (r *samResource) leftOut() bool { return r.t.s.load.config.leaveOut[r.t.s.path+r.logical] }

func (r *samResource) api() {
	r.main("AWS::ApiGateway::RestApi", r.properties)
	stage := r.properties.get("StageName")
	name := "Stage"
	if stage.isString() {
		name = alphanumeric(stage.text)
	}
	r.add(r.logical+"Deployment", r.node, "AWS::ApiGateway::Deployment", r.node.newObject("RestApiId", r.node.newRef(r.logical)))
	r.add(r.logical+name+"Stage", r.node, "AWS::ApiGateway::Stage", r.node.newObject("StageName", stage, "RestApiId", r.node.newRef(r.logical), "DeploymentId", r.node.newRef(r.logical+"Deployment")))
	r.t.s.aliases[r.logical+".Stage"] = r.logical + name + "Stage"
	r.t.s.aliases[r.logical+".Deployment"] = r.logical + "Deployment"
}

func (r *samResource) httpAPI() {
	r.main("AWS::ApiGatewayV2::Api", r.properties)
	name, stage := "ApiGatewayDefaultStage", r.properties.get("StageName")
	if stage == nil {
		stage = r.node.newString("$default")
	} else if stage.isString() {
		name = alphanumeric(stage.text) + "Stage"
	}
	r.add(r.logical+name, r.node, "AWS::ApiGatewayV2::Stage", r.node.newObject("StageName", stage, "ApiId", r.node.newRef(r.logical)))
	r.t.s.aliases[r.logical+".Stage"] = r.logical + name
}

// application is a nested stack, or an application of the Serverless Application
// Repository, whose template is not there.
func (r *samResource) application() {
	location := r.properties.get("Location")
	if location.isObject() && location.get("ApplicationId") != nil && !r.leftOut() {
		if _, ok := r.t.s.load.config.files[r.t.s.path+r.logical]; !ok {
			r.t.s.problem(location, "the template of the application is not there: say which file it is with cloudformation.File(%q, …), or leave it out", r.t.s.path+r.logical)
			return
		}
		location = r.node.newString("application")
	}
	r.main(nestedStack, r.node.newObject("TemplateURL", location, "Parameters", r.properties.get("Parameters")))
}
