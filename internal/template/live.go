package template

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/internal/deploy"
)

// An Environment is what a template is deployed in.
type Environment struct {
	Target             deploy.Target
	StackName, StackID string
	NotificationARNs   []string
	// Parameters are the values that are given.
	Parameters map[string]string
	// Export finds the value of an export of another stack; nil finds none.
	Export func(name string) (value string, ok bool)
}

// knownAfterApply is what change sets show of a value that the deployment will tell.
const knownAfterApply = "{{changeSet:KNOWN_AFTER_APPLY}}"

// Live is a template that is deployed: its resources are evaluated one after the other, with
// the values of those that are there already. Policies are objects, and dynamic references
// stay as they are written.
type Live struct {
	load    *load
	stack   *stack
	ordered []*Resource
}

// An Error is what CloudFormation says of a template, in its words.
type Error struct{ Message string }

// Error implements error.
func (e *Error) Error() string { return e.Message }

func errorf(format string, args ...any) error { return &Error{fmt.Sprintf(format, args...)} }

// A Resource is one of a template that is made: whose condition holds.
type Resource struct {
	Logical, Type string
	// DependsOn are the logical ids of what is made before, which it names or refers to.
	DependsOn []string
	// DeletionPolicy and UpdateReplacePolicy are empty where they are not said.
	DeletionPolicy, UpdateReplacePolicy string
	// CreationPolicy and Metadata are JSON values; nil where there are none.
	CreationPolicy, Metadata any
	of                       *resource
}

// A Parameter is one of the section Parameters.
type Parameter struct {
	Name, Type, Description, ConstraintDescription string
	Default                                        *string
	NoEcho                                         bool
	AllowedValues                                  []string
}

// An Output is one of the section Outputs.
type Output struct {
	Key, Value, Description string
	Export                  string // its name; empty where it is not exported
}

// Outline is what a template says of itself: for that no parameter needs a value.
type Outline struct {
	Description string
	Metadata    string // JSON; empty where there is none
	Version     string
	Transforms  []string
	Parameters  []Parameter
	// Types are the types of the resources, as they are written, each once.
	Types []string
	// Identifiers has the logical ids by type.
	Identifiers map[string][]string
	root        *node
}

// Inspect reads what a template says of itself.
func Inspect(text []byte) (*Outline, error) {
	root, err := readLive(text)
	if err != nil {
		return nil, err
	}
	if err := checkFormat(root); err != nil {
		return nil, err
	}
	o := &Outline{Description: root.get("Description").value(), Version: root.get("AWSTemplateFormatVersion").value(), Identifiers: map[string][]string{}, root: root}
	if m := root.get("Metadata"); m != nil {
		o.Metadata = m.json()
	}
	for _, n := range root.get("Transform").list() {
		name := n.value()
		if n.isObject() {
			name = n.get("Name").value()
		}
		o.Transforms = append(o.Transforms, name)
	}
	if p := root.get("Parameters"); p.isObject() {
		for i, name := range p.keys {
			o.Parameters = append(o.Parameters, parameterOf(name, p.items[i]))
		}
	}
	resources := root.get("Resources")
	for i, logical := range resources.keys {
		kind := resources.items[i].get("Type").value()
		if !slices.Contains(o.Types, kind) && kind != "" {
			o.Types = append(o.Types, kind)
		}
		o.Identifiers[kind] = append(o.Identifiers[kind], logical)
	}
	return o, nil
}

func parameterOf(name string, n *node) Parameter {
	p := Parameter{
		Name: name, Type: n.get("Type").value(), Description: n.get("Description").value(), NoEcho: n.get("NoEcho").value() == "true",
		ConstraintDescription: n.get("ConstraintDescription").value(),
	}
	if d := n.get("Default"); d != nil {
		text := d.value()
		p.Default = &text
	}
	for _, v := range n.get("AllowedValues").list() {
		p.AllowedValues = append(p.AllowedValues, v.value())
	}
	return p
}

// readLive reads the text of a template.
func readLive(text []byte) (*node, error) {
	var p problems
	root := read("template", text, &p)
	if len(p.list) > 0 {
		first := p.list[0]
		switch {
		case strings.HasPrefix(first.Text, "not JSON"):
			return nil, errorf("Template format error: JSON not well-formed. (line %d, column 1)", max(first.Line, 1))
		case strings.HasPrefix(first.Text, "not YAML"):
			return nil, errorf("Template format error: YAML not well-formed. (line %d, column 1)", max(first.Line, 1))
		}
		return nil, errorf("Template format error: %s", first.Text)
	}
	if !root.isObject() {
		return nil, errorf("Template format error: unsupported structure.")
	}
	return root, nil
}

// Open reads a template that is deployed, with the values of its parameters. The error is
// an [*Error].
func Open(text []byte, env Environment) (*Live, error) {
	root, err := readLive(text)
	if err != nil {
		return nil, err
	}
	if err := checkFormat(root); err != nil {
		return nil, err
	}
	l := newLoad(env.Target, newConfig(nil))
	l.live, l.imported = &env, map[string]bool{}
	given := map[string]any{}
	for name, value := range env.Parameters {
		given[name] = value
	}
	t := &Live{load: l, stack: newStack(l, "template", env.StackName, given)}
	t.stack.root = root
	if err := t.stack.checkGiven(root); err != nil {
		return nil, err
	}
	t.stack.read(root)
	if err := t.problem(); err != nil {
		return nil, err
	}
	if err := t.stack.checkReferences(); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(t.stack.conditions)) {
		t.stack.condition(t.stack.conditions[name].node, name)
	}
	t.stack.checkRules()
	if err := t.problem(); err != nil {
		return nil, err
	}
	if err := t.order(); err != nil {
		return nil, err
	}
	// What is wrong with functions shows when they are evaluated.
	for _, r := range t.ordered {
		if _, err := t.evaluate(r); err != nil {
			return nil, err
		}
	}
	_, _, err = t.outputs()
	return t, err
}

// problem is what was found wrong since the last look, as CloudFormation says it.
func (t *Live) problem() error {
	found := t.load.problems.list
	if len(found) == 0 {
		return nil
	}
	t.load.problems = problems{}
	text := found[0].Text
	switch {
	case strings.HasPrefix(text, "Fn::Select:"):
		return errorf("Template error: Fn::Select requires a list argument with two elements: an integer index and a list")
	case strings.HasPrefix(text, "Fn::Split:"):
		return errorf("Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split.")
	case strings.HasPrefix(text, "Fn::FindInMap: there is no "):
		return errorf("Template error: Unable to get mapping for %s", strings.ReplaceAll(strings.TrimPrefix(text, "Fn::FindInMap: there is no "), ".", "::"))
	case strings.HasPrefix(text, "Resource with id ["):
		return errorf("Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless Application Specification document. Number of errors found: %d. %s", len(found), text)
	case strings.HasPrefix(text, "No export named"):
		return errorf("%s", text)
	}
	return errorf("Template error: %s", text)
}

// liveImport is Fn::ImportValue of a stack that is deployed.
func (s *stack) liveImport(n *node, name string) any {
	s.load.imported[name] = true
	if find := s.load.live.Export; find != nil {
		if value, ok := find(name); ok {
			return value
		}
	}
	return s.fail(n, "No export named %s found", name)
}

// Resources returns the resources in the order in which they are made.
func (t *Live) Resources() []*Resource { return t.ordered }

// Resource finds one by its logical id; nil where it is not made.
func (t *Live) Resource(logical string) *Resource {
	for _, r := range t.ordered {
		if r.Logical == logical {
			return r
		}
	}
	return nil
}

// Set says what Ref gives of the resources that are there, by their logical ids, and
// Fn::GetAtt, by "LOGICAL.ATTRIBUTE".
func (t *Live) Set(values map[string]string) { t.load.config.bind = values }

// Properties evaluates the properties of a resource, as values of encoding/json with
// json.Number. What is not known yet reads as change sets show it.
func (t *Live) Properties(logical string) (map[string]any, error) {
	r := t.Resource(logical)
	if r == nil {
		return nil, errorf("Template error: there is no resource %s", logical)
	}
	return t.evaluate(r)
}

// Missing finds a resource that was set to be nowhere, whose attribute the properties of
// another need: see [Live.Properties].
func Missing(properties any) bool {
	switch v := properties.(type) {
	case string:
		return v == knownAfterApply
	case []any:
		return slices.ContainsFunc(v, Missing)
	case map[string]any:
		for _, e := range v {
			if Missing(e) {
				return true
			}
		}
	}
	return false
}

func (t *Live) evaluate(r *Resource) (map[string]any, error) {
	var value any = map[string]any{}
	if r.of.properties.isObject() {
		r.of.inside(func() { value = shown(t.stack.evaluateObject(r.of.properties)) })
	}
	if err := t.problem(); err != nil {
		return nil, err
	}
	properties, ok := value.(map[string]any)
	if !ok {
		return nil, errorf("Template format error: [/Resources/%s/Properties] 'Properties' must be an object", r.Logical)
	}
	return properties, nil
}

// shown replaces what is not known.
func shown(value any) any {
	switch v := value.(type) {
	case deploy.Unknown:
		return knownAfterApply
	case []any:
		for i := range v {
			v[i] = shown(v[i])
		}
	case map[string]any:
		for k := range v {
			v[k] = shown(v[k])
		}
	}
	return value
}

// Outputs evaluates the outputs, in the order of the template.
func (t *Live) Outputs() ([]Output, error) {
	all, missing, err := t.outputs()
	if err == nil && missing != "" {
		err = errorf("Template error: the value of the output %s is not known", missing)
	}
	return all, err
}

func (t *Live) outputs() (all []Output, missing string, err error) {
	section := t.stack.root.get("Outputs")
	if !section.isObject() {
		return nil, "", nil
	}
	for i, key := range section.keys {
		n := section.items[i]
		o := t.stack.outputs[key]
		if o == nil || !o.exists() {
			continue
		}
		value := t.stack.evaluateNode(n.get("Value"))
		out := Output{Key: key, Description: n.get("Description").value()}
		switch v := value.(type) {
		case noValue:
			continue
		case deploy.Unknown:
			missing = key
		case []any, map[string]any:
			if _, unknown := isUnknown(v); !unknown {
				return nil, "", errorf("Template format error: The Value field of every Outputs member must evaluate to a String.")
			}
			missing = key
		default:
			out.Value = textOf(v)
		}
		if name := n.get("Export").get("Name"); name != nil {
			v := t.stack.evaluateNode(name)
			if _, unknown := isUnknown(v); !unknown {
				out.Export = textOf(v)
			}
		}
		all = append(all, out)
	}
	return all, missing, t.problem()
}

// Imports are the names of the exports that the template was found to use.
func (t *Live) Imports() []string { return slices.Sorted(maps.Keys(t.load.imported)) }

// Parameters returns the value of each parameter, in the order of the template: those of
// lists with commas between them.
func (t *Live) Parameters() []Value {
	section := t.stack.root.get("Parameters")
	if !section.isObject() {
		return nil
	}
	var all []Value
	for i, name := range section.keys {
		value, given := t.load.live.Parameters[name]
		if !given {
			value = section.items[i].get("Default").value()
		}
		all = append(all, Value{name, value, section.items[i].get("NoEcho").value() == "true"})
	}
	return all
}

// A Value is that of a parameter.
type Value struct {
	Name, Value string
	NoEcho      bool
}

// Processed is the template after its transforms, in JSON.
func (t *Live) Processed() string {
	root := t.stack.root
	resources := root.newObject()
	for _, r := range t.stack.order {
		resources.set(r.logical, r.node)
	}
	return root.without("Transform", "Globals").with("Resources", resources).json()
}

// value is a node as a value of encoding/json, functions as they stand.
func (n *node) plainValue() any {
	switch {
	case n == nil || n.kind == nullNode:
		return nil
	case n.kind == objectNode:
		m := make(map[string]any, len(n.keys))
		for i, key := range n.keys {
			m[key] = n.items[i].plainValue()
		}
		return m
	case n.kind == listNode:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = item.plainValue()
		}
		return list
	case n.kind == boolNode:
		return n.value() == "true"
	case n.kind == numberNode:
		if json.Valid([]byte(n.text)) {
			return json.Number(n.text)
		}
	}
	return n.text
}

// json is a node in JSON, with its keys in their order.
func (n *node) json() string {
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *node) write(b *strings.Builder) {
	switch {
	case n != nil && n.kind == objectNode:
		b.WriteByte('{')
		for i, key := range n.keys {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(toJSON(key) + ":")
			n.items[i].write(b)
		}
		b.WriteByte('}')
	case n != nil && n.kind == listNode:
		b.WriteByte('[')
		for i, item := range n.items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.write(b)
		}
		b.WriteByte(']')
	default:
		b.WriteString(toJSON(n.plainValue()))
	}
}

// Names reports whether a resource has a property, which may be its name.
func (o *Outline) Names(logical, property string) bool {
	return property != "" && o.root.get("Resources").get(logical).get("Properties").get(property) != nil
}

// Validate finds what a template refers to and does not have.
func (o *Outline) Validate() error {
	l := newLoad(deploy.Target{Account: "", Region: ""}, newConfig(nil))
	l.live, l.imported = &Environment{}, map[string]bool{}
	s := newStack(l, "template", "stack", nil)
	s.root = o.root
	s.read(o.root)
	t := &Live{load: l, stack: s}
	if err := t.problem(); err != nil {
		return err
	}
	return s.checkReferences()
}
