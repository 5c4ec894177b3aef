package template

import (
	"slices"
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/internal/managed"
)

// A role is what SAM makes for a function or a state machine that says none.
type role struct {
	r        *samResource
	service  string // which may assume it
	managed  []*node
	policies []*node // names and documents
}

// attach attaches a managed policy of AWS, once.
func (o *role) attach(at *node, name string) {
	p, ok := managed.Get(name)
	if !ok {
		o.r.t.s.problem(at, "AWS has no managed policy %s, as far as is known", name)
		return
	}
	text := strings.Replace(p.ARN(), "arn:aws:", "arn:${AWS::Partition}:", 1)
	if !slices.ContainsFunc(o.managed, func(n *node) bool { return n.is("Fn::Sub").value() == text }) {
		o.managed = append(o.managed, at.newSub(text))
	}
}

// put puts an inline policy.
func (o *role) put(at *node, name string, document *node) {
	o.policies = append(o.policies, at.newObject("PolicyName", name, "PolicyDocument", document))
}

// allow puts an inline policy of one statement.
func (o *role) allow(at *node, name, actions string, resource *node) {
	o.put(at, name, policyDocument(at, []grant{{actions, "${Resource}", ""}}, at.newObject("Resource", resource)))
}

// properties are those of the role. SAM tags it as the function.
func (o *role) properties() *node {
	r, n := o.r, o.r.node
	trust := r.properties.get("AssumeRolePolicyDocument")
	if trust == nil {
		trust = trustOf(n, o.service)
	}
	creator := map[string]string{"lambda.amazonaws.com": "lambda:createdBy", "states.amazonaws.com": "stateMachine:createdBy"}[o.service]
	tags := n.newList(n.newObject("Key", creator, "Value", "SAM"))
	if own, _ := r.t.s.choose(r.properties.getOr("Tags")); own.isObject() {
		for i, key := range own.keys {
			tags.items = append(tags.items, n.newObject("Key", key, "Value", own.items[i]))
		}
	}
	properties := n.newObject("AssumeRolePolicyDocument", trust, "ManagedPolicyArns", n.newList(o.managed...), "Path", r.properties.get("RolePath"), "PermissionsBoundary", r.properties.get("PermissionsBoundary"), "Tags", tags)
	if len(o.policies) > 0 {
		properties.set("Policies", n.newList(o.policies...))
	}
	return properties
}

// trustOf is a trust policy for a service.
func trustOf(at *node, service string) *node {
	return at.newObject("Version", "2012-10-17", "Statement", at.newList(
		at.newObject("Effect", "Allow", "Principal", at.newObject("Service", at.newStrings(service)), "Action", at.newStrings("sts:AssumeRole"))))
}

// addPolicies adds what the property Policies says: names and ARNs of managed policies,
// documents, and policy templates of SAM.
func (o *role) addPolicies() {
	r := o.r
	policies, _ := r.t.s.choose(r.properties.getOr("Policies"))
	for i, entry := range policies.list() {
		chosen, unknown := r.t.s.choose(entry)
		if unknown != nil || chosen == nil {
			continue
		}
		o.addPolicy(chosen, r.logical+"RolePolicy"+strconv.Itoa(i))
	}
}

func (o *role) addPolicy(n *node, name string) {
	s := o.r.t.s
	if n.isString() {
		if strings.HasPrefix(n.text, "arn:") {
			o.managed = append(o.managed, n)
		} else {
			o.attach(n, n.text)
		}
		return
	}
	if _, _, ok := n.function(); ok {
		o.managed = append(o.managed, n)
		return
	}
	if !n.isObject() {
		s.problem(n, "a policy is a name, an ARN, a document or a policy template, not %s", n.kind)
		return
	}
	if n.get("Statement") != nil {
		o.put(n, name, n)
		return
	}
	for i, template := range n.keys {
		grants, ok := samPolicies[template]
		if !ok {
			s.problem(n, "SAM has no policy template %s", template)
			continue
		}
		values := n.items[i]
		for _, parameter := range parametersOf(grants) {
			if values.get(parameter) == nil {
				s.problem(n, "the policy template %s needs %s", template, parameter)
				return
			}
		}
		o.put(n, name, policyDocument(n, grants, values))
	}
}

// getOr returns a property, and null where there is none.
func (n *node) getOr(key string) *node {
	if v := n.get(key); v != nil {
		return v
	}
	return &node{line: n.line, col: n.col, file: n.file}
}

// function makes a function with its role, and what its events need.
func (r *samResource) function() {
	p := r.properties
	lambda := p.without("Policies", "Events", "AutoPublishAlias", "DeploymentPreference", "AssumeRolePolicyDocument", "RolePath", "PermissionsBoundary", "CodeUri", "InlineCode", "EventInvokeConfig", "Tracing", "DeadLetterQueue", "FunctionUrlConfig", "VersionDescription", "ProvisionedConcurrencyConfig")
	if p.get("Role") == nil {
		lambda.set("Role", r.node.newGetAtt(r.logical+"Role", "Arn"))
	}
	r.settings(lambda)
	r.main("AWS::Lambda::Function", lambda)
	if r.leftOut() {
		return
	}
	o := &role{r: r, service: "lambda.amazonaws.com"}
	o.attach(r.node, "AWSLambdaBasicExecutionRole")
	if tracing := p.get("Tracing").value(); tracing == "Active" || tracing == "PassThrough" {
		o.attach(r.node, "AWSXrayWriteOnlyAccess")
	}
	if d := p.get("DurableConfig"); d != nil && p.get("Role") == nil {
		r.t.s.problem(d, "which policy SAM gives to durable functions is not known: say Role, or read the processed template")
	}
	if p.get("VpcConfig") != nil {
		o.attach(r.node, "AWSLambdaVPCAccessExecutionRole")
	}
	r.version()
	r.events(o)
	o.addPolicies()
	r.deadLetters(o)
	r.destinations(o)
	if p.get("Role") == nil {
		r.add(r.logical+"Role", r.node, "AWS::IAM::Role", o.properties())
	}
	if url := p.get("FunctionUrlConfig"); url != nil {
		r.add(r.logical+"Url", url, "AWS::Lambda::Url", url.with("TargetFunctionArn", r.node.newRef(r.logical)))
	}
}

// version makes the version and the alias of AutoPublishAlias, and what deploys them.
func (r *samResource) version() {
	alias := r.properties.get("AutoPublishAlias")
	if alias == nil {
		return
	}
	v := r.t.s.evaluateNode(alias)
	name, _ := v.(string)
	version, id := r.logical+"Version", r.logical+"Alias"+alphanumeric(name)
	r.add(version, alias, "AWS::Lambda::Version", alias.newObject("FunctionName", alias.newRef(r.logical)))
	r.add(id, alias, "AWS::Lambda::Alias", alias.newObject("Name", name, "FunctionName", alias.newRef(r.logical), "FunctionVersion", alias.newGetAtt(version, "Version")))
	r.t.s.aliases[r.logical+".Version"], r.t.s.aliases[r.logical+".Alias"] = version, id
	preference := r.properties.get("DeploymentPreference")
	if preference == nil || preference.get("Enabled").value() == "false" {
		return
	}
	r.add(r.logical+"DeploymentGroup", preference, "AWS::CodeDeploy::DeploymentGroup", preference.newObject("ApplicationName", preference.newRef("ServerlessDeploymentApplication")))
	if !r.t.deploys {
		r.t.deploys = true
		r.t.put("ServerlessDeploymentApplication", preference.newObject("Type", "AWS::CodeDeploy::Application", "Properties", preference.newObject("ComputePlatform", "Lambda")), preference.line)
		if preference.get("Role") == nil {
			r.t.put("CodeDeployServiceRole", preference.newObject("Type", "AWS::IAM::Role", "Properties", preference.newObject(
				"AssumeRolePolicyDocument", trustOf(preference, "codedeploy.amazonaws.com"),
				"ManagedPolicyArns", preference.newList(preference.newSub("arn:${AWS::Partition}:iam::aws:policy/service-role/AWSCodeDeployRoleForLambda")))), preference.line)
		}
	}
}

// sends are the actions by which a function sends to a destination of a type.
var sends = map[string]string{"SQS": "sqs: SendMessage", "SNS": "sns: Publish", "Lambda": "lambda: InvokeFunction", "EventBridge": "events: PutEvents", "S3Bucket": "s3: PutObject"}

func (r *samResource) deadLetters(o *role) {
	queue := r.properties.get("DeadLetterQueue")
	if queue == nil {
		return
	}
	kind := queue.get("Type").value()
	if kind != "SQS" && kind != "SNS" {
		r.t.s.problem(queue, "the Type of a DeadLetterQueue is SQS or SNS, not %q", kind)
		return
	}
	o.allow(queue, "DeadLetterQueuePolicy", sends[kind], queue.getOr("TargetArn"))
}

// destinations are those of asynchronous invocations. SAM makes queues and topics that
// are not named.
func (r *samResource) destinations(o *role) {
	config := r.properties.get("EventInvokeConfig").get("DestinationConfig")
	made := r.node.newObject()
	for _, when := range []string{"OnSuccess", "OnFailure"} {
		d := config.get(when)
		if d == nil {
			continue
		}
		kind, to := d.get("Type").value(), d.get("Destination")
		id := r.logical + "EventInvokeConfig" + when
		switch {
		case to == nil && kind == "SQS":
			r.add(id+"Queue", d, "AWS::SQS::Queue", d.newObject())
			to = d.newGetAtt(id+"Queue", "Arn")
		case to == nil && kind == "SNS":
			r.add(id+"Topic", d, "AWS::SNS::Topic", d.newObject())
			to = d.newRef(id + "Topic")
		}
		if sends[kind] == "" || to == nil {
			r.t.s.problem(d, "the destination %q is not understood", kind)
			continue
		}
		o.allow(d, id+"Policy", sends[kind], to)
		made.set(when, d.newObject("Destination", to))
	}
	r.invokeConfig(made)
}

// stateMachine makes a state machine with its role, and the roles that start it.
func (r *samResource) stateMachine() {
	p := r.properties
	machine := p.without("Policies", "Events", "DefinitionUri", "Definition", "AutoPublishAlias", "PermissionsBoundary", "RolePath", "Name", "Type", "Role", "Tags", "Logging", "Tracing")
	if name := p.get("Name"); name != nil {
		machine.set("StateMachineName", name)
	}
	if given := p.get("Role"); given != nil {
		machine.set("RoleArn", given)
	} else {
		machine.set("RoleArn", r.node.newGetAtt(r.logical+"Role", "Arn"))
	}
	r.definition(machine)
	r.main("AWS::StepFunctions::StateMachine", machine)
	if r.leftOut() {
		return
	}
	if p.get("Role") == nil {
		o := &role{r: r, service: "states.amazonaws.com"}
		if p.get("Tracing").get("Enabled").value() == "true" {
			o.attach(r.node, "AWSXrayWriteOnlyAccess")
		}
		o.addPolicies()
		r.add(r.logical+"Role", r.node, "AWS::IAM::Role", o.properties())
	}
	events := p.getOr("Events")
	for i, name := range events.keys {
		r.starter(name, events.items[i])
	}
}

// starter makes the role that an event of a state machine starts it with.
func (r *samResource) starter(name string, event *node) {
	services := map[string]string{"Schedule": "events", "ScheduleV2": "scheduler", "EventBridgeRule": "events", "CloudWatchEvent": "events", "Api": "apigateway"}
	service := services[event.get("Type").value()]
	if service == "" {
		r.t.s.problem(event, "the event %s of a state machine is not understood", event.get("Type").value())
		return
	}
	if event.get("Properties").get("RoleArn") != nil {
		return
	}
	policy := event.newObject("PolicyName", r.logical+name+"StartExecutionPolicy", "PolicyDocument",
		policyDocument(event, []grant{{"states: StartExecution", "${Resource}", ""}}, event.newObject("Resource", event.newRef(r.logical))))
	r.add(r.logical+name+"Role", event, "AWS::IAM::Role", event.newObject("AssumeRolePolicyDocument", trustOf(event, service+".amazonaws.com"), "Policies", event.newList(policy)))
}
