package template

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/internal/deploy"
)

// A stack is a template that is evaluated. Values are evaluated when somebody needs them,
// so the order of the sections does not matter.
type stack struct {
	load         *load
	file, name   string
	path         string // before the addresses of its resources: "Nested/"
	outputPrefix string
	given        map[string]any // parameters: string, or what a parent's template gives
	root         *node
	parameters   map[string]*parameter
	conditions   map[string]*condition
	mappings     *node
	resources    map[string]*resource
	order        []*resource
	outputs      map[string]*output
	aliases      map[string]string // of SAM: "Function.Alias" is a resource
	extensions   bool              // AWS::LanguageExtensions
	current      []*resource       // what is being evaluated, innermost last
	loops        map[string]string // identifiers of Fn::ForEach, while it is expanded
	byPath       bool              // addresses are the paths of CDK's constructs
	evaluated    bool
}

// A resource is one of a stack.
type resource struct {
	stack            *stack
	logical, address string
	kind             string
	node, properties *node
	position         deploy.Position
	dependsOn        []string
	edges            map[string]bool
	ids              *identifiers
	naming           bool // its name is being evaluated
	nested           *stack
}

// An output is one of a stack.
type output struct {
	stack *stack
	node  *node
	value any
	state state
}

// A state is how far something is evaluated that may need itself.
type state uint8

const (
	notYet state = iota
	running
	done
)

const (
	maxResources = 500 // AWS's, of a template
	maxNesting   = 10  // AWS does not say; nobody nests so deep
	maxFiles     = 200 // of nested stacks and included files, in all
)

func newStack(l *load, file, name string, params map[string]any) *stack {
	return &stack{
		load: l, file: file, name: name, given: params,
		parameters: map[string]*parameter{}, conditions: map[string]*condition{}, resources: map[string]*resource{}, outputs: map[string]*output{}, aliases: map[string]string{},
	}
}

func (s *stack) problem(n *node, format string, args ...any) {
	at := deploy.Position{File: s.file}
	if n != nil {
		at = n.position()
	}
	s.load.problems.add(at, s.address(), format, args...)
}

// address is the resource that is being evaluated.
func (s *stack) address() string {
	if len(s.current) == 0 {
		return ""
	}
	return s.current[len(s.current)-1].address
}

// sections are those of a template.
var sections = []string{"AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions", "Transform", "Resources", "Outputs", "Rules", "Hooks", "Globals"}

// read reads the sections of a template.
func (s *stack) read(root *node) {
	if root.kind != objectNode {
		s.problem(root, "not a template: it is %s, not an object", root.kind)
		return
	}
	s.root = root
	s.readParameters()
	transforms := s.transforms()
	s.mappings = root.get("Mappings")
	root = s.expand(root)
	if !root.isObject() {
		return
	}
	s.root = root
	for i, key := range root.keys {
		if !slices.Contains(sections, key) {
			s.problem(root.items[i], "not a template: AWS knows no section %s", key)
		} else if k := root.items[i].kind; k != objectNode && k != nullNode && !slices.Contains([]string{"AWSTemplateFormatVersion", "Description", "Transform"}, key) {
			s.problem(root.items[i], "%s is %s, not an object", key, k)
		}
	}
	s.mappings = root.get("Mappings")
	s.readConditions()
	resources := root.get("Resources")
	if !resources.isObject() || len(resources.keys) == 0 {
		s.problem(root, "not a template: it has no Resources")
		return
	}
	if !s.checkQuotas(root) {
		return
	}
	if slices.Contains(transforms, serverless) {
		resources = s.translate(resources)
	}
	s.readResources(resources)
	s.readOutputs()
}

// quotas are AWS's, of a template.
var quotas = []struct {
	section string
	max     int
}{{"Resources", maxResources}, {"Mappings", 200}, {"Outputs", 200}}

// checkQuotas says whether the sections are as small as AWS wants them.
func (s *stack) checkQuotas(root *node) bool {
	for _, q := range quotas {
		if section := root.get(q.section); section.isObject() && len(section.keys) > q.max {
			s.problem(section, "the template has %d %s; a template has at most %d", len(section.keys), q.section, q.max)
			return false
		}
	}
	return true
}

// attributes are those that a resource may have beside its properties.
var attributes = []string{"Type", "Properties", "DependsOn", "Condition", "Metadata", "CreationPolicy", "DeletionPolicy", "UpdatePolicy", "UpdateReplacePolicy", "Connectors", "IgnoreGlobals"}

func (s *stack) readResources(resources *node) {
	for i, logical := range resources.keys {
		n := resources.items[i]
		if !n.isObject() {
			s.problem(n, "the resource %s is %s, not an object", logical, n.kind)
			continue
		}
		r := &resource{stack: s, logical: logical, address: s.path + logical, kind: n.get("Type").value(), node: n, properties: n.get("Properties"), position: n.position(), edges: map[string]bool{}}
		if resources.keyLines != nil {
			r.position.Line = resources.keyLines[i]
		}
		if path := n.get("Metadata").get("aws:cdk:path").value(); s.byPath && path != "" {
			r.address = s.constructPath(path)
		}
		s.current = append(s.current, r)
		s.checkResource(r)
		s.current = s.current[:len(s.current)-1]
		s.resources[logical] = r
		s.order = append(s.order, r)
	}
}

func (s *stack) checkResource(r *resource) {
	for i, key := range r.node.keys {
		if !slices.Contains(attributes, key) {
			s.problem(r.node.items[i], "AWS knows no %s of a resource", key)
		}
	}
	switch {
	case r.kind == "":
		s.problem(r.node, "the resource has no Type")
	case strings.HasSuffix(r.kind, "::MODULE"):
		s.problem(r.node, "%s is a module: its fragment is not in the file", r.kind)
	case r.properties != nil && !r.properties.isObject() && r.properties.kind != nullNode:
		s.problem(r.properties, "Properties is %s, not an object", r.properties.kind)
		r.properties = nil
	}
	for _, d := range r.node.get("DependsOn").list() {
		if !d.isString() {
			s.problem(d, "DependsOn names resources, not %s", d.kind)
			continue
		}
		r.dependsOn = append(r.dependsOn, d.text)
	}
}

// constructPath makes an address of the path of a construct of CDK: the resource that a
// construct is about is called Resource or Default.
func (s *stack) constructPath(path string) string {
	path = strings.TrimSuffix(strings.TrimSuffix(path, "/Resource"), "/Default")
	for _, other := range s.order {
		if other.address == path {
			return path + "/Resource"
		}
	}
	return path
}

// exists says whether a resource is made: whether its condition holds.
func (r *resource) exists() bool {
	c := r.node.get("Condition")
	return c == nil || r.stack.condition(c, c.name())
}

func (r *resource) leftOut() bool {
	for _, name := range []string{r.address, r.stack.path + r.logical} {
		if r.stack.load.config.leaveOut[name] {
			r.stack.load.leftOut[name] = true
			return true
		}
	}
	return false
}

// inside evaluates something as a part of a resource.
func (r *resource) inside(evaluate func()) {
	s := r.stack
	s.current = append(s.current, r)
	evaluate()
	s.current = s.current[:len(s.current)-1]
}

// evaluate evaluates what is in the stack and was not needed yet.
func (s *stack) evaluate() {
	if s.evaluated {
		return
	}
	s.evaluated = true
	s.checkParameters()
	for _, name := range slices.Sorted(maps.Keys(s.conditions)) {
		s.condition(s.conditions[name].node, name)
	}
	s.checkRules()
	for _, r := range s.order {
		if r.kind == nestedStack && r.exists() {
			r.inside(func() { r.nest() })
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.outputs)) {
		s.outputs[name].evaluate()
	}
}

// collect adds the resources to what a file makes.
func (s *stack) collect(to *deploy.Stack) {
	for _, r := range s.order {
		if r.leftOut() || !r.exists() {
			continue
		}
		r.inside(func() { r.checkDependencies() })
		if r.kind == nestedStack {
			if r.nested != nil {
				r.nested.collect(to)
			}
			continue
		}
		if r.kind == "AWS::CDK::Metadata" {
			continue
		}
		r.inside(func() { to.Resources = append(to.Resources, r.result()) })
	}
	s.checkCycles()
}

// result is the resource as those who make it want it.
func (r *resource) result() deploy.Resource {
	s := r.stack
	made := deploy.Resource{Address: r.address, Type: r.kind, Position: r.position, Properties: map[string]any{}}
	if r.properties.isObject() {
		made.Properties, _ = plain(s.evaluateObject(r.properties)).(map[string]any)
	}
	ids := r.identify()
	made.Name, _ = ids.ref.(string)
	made.ARN, _ = ids.arn.(string)
	for _, id := range []any{ids.name, ids.arn} {
		if unknown, ok := id.(deploy.Unknown); ok {
			made.Properties[unknownName] = unknown
			break
		}
	}
	made.DependsOn = r.needs()
	if r.kind == cdkNotifications {
		notificationsOfCDK(&made)
	}
	return made
}

// unknownName is the property that holds why the name of a resource cannot be known.
const unknownName = "Name (physical id)"

func (r *resource) checkDependencies() {
	for i, name := range r.dependsOn {
		other := r.stack.resources[name]
		if other == nil {
			r.stack.problem(r.node.get("DependsOn").list()[i], "DependsOn: there is no resource %s", name)
		} else if other.exists() {
			r.edges[name] = true
		}
	}
}

// needs are the addresses of what a resource refers to.
func (r *resource) needs() []string {
	var all []string
	for name := range r.edges {
		if other := r.stack.resources[name]; other != nil && other.exists() && !other.leftOut() {
			all = append(all, other.address)
		}
	}
	slices.Sort(all)
	return all
}

// checkCycles finds resources that refer to each other, which CloudFormation refuses.
func (s *stack) checkCycles() {
	states := map[*resource]state{}
	var path []*resource
	var visit func(*resource)
	visit = func(r *resource) {
		states[r] = running
		path = append(path, r)
		for _, name := range slices.Sorted(maps.Keys(r.edges)) {
			other := s.resources[name]
			if other == nil || other == r {
				continue
			}
			switch states[other] {
			case running:
				var names []string
				for _, on := range path[slices.Index(path, other):] {
					names = append(names, on.logical)
				}
				slices.Sort(names)
				s.load.problems.add(other.position, "", "circular dependency between resources: [%s]", strings.Join(names, ", "))
			case notYet:
				visit(other)
			}
		}
		path = path[:len(path)-1]
		states[r] = done
	}
	for _, r := range s.order {
		if states[r] == notYet {
			visit(r)
		}
	}
}

func (s *stack) dir() string { return filepath.Dir(s.file) }
