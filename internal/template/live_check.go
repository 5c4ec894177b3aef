package template

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// What follows checks templates that are deployed, in the order and the words of
// CloudFormation. Texts that no page has are unverified.

// checkFormat checks the sections and the resources.
func checkFormat(root *node) error {
	var unknown []string
	for _, key := range root.keys {
		if !slices.Contains(sections, key) {
			unknown = append(unknown, key)
		}
	}
	if unknown != nil {
		return errorf("Invalid template property or properties [%s]", strings.Join(unknown, ", "))
	}
	if v := root.get("AWSTemplateFormatVersion"); v != nil && v.value() != "2010-09-09" {
		return errorf("Template format error: unsupported value for AWSTemplateFormatVersion.")
	}
	if root.get("Hooks") != nil {
		return &UnsupportedError{"the section Hooks"}
	}
	for _, n := range root.get("Transform").list() {
		name := n.value()
		if n.isObject() {
			name = n.get("Name").value()
		}
		if name != serverless && name != extensions {
			return &UnsupportedError{"the transform " + name}
		}
	}
	if what := unsupported(root); what != "" {
		return &UnsupportedError{what}
	}
	resources := root.get("Resources")
	if !resources.isObject() || len(resources.keys) == 0 {
		return errorf("Template format error: At least one Resources member must be defined.")
	}
	for i, logical := range resources.keys {
		if err := checkResourceFormat(logical, resources.items[i]); err != nil {
			return err
		}
	}
	return checkParameterFormat(root.get("Parameters"))
}

// An UnsupportedError is something of templates that CloudFormation has and this package has not.
type UnsupportedError struct{ What string }

// Error implements error.
func (e *UnsupportedError) Error() string { return e.What + " is not implemented" }

// unsupported finds Fn::Transform in a node: what macros make, and AWS::Include reads files.
func unsupported(n *node) string {
	for i, item := range n.items {
		if n.kind == objectNode && n.keys[i] == "Fn::Transform" {
			return "Fn::Transform"
		}
		if what := unsupported(item); what != "" {
			return what
		}
	}
	return ""
}

// unsupportedOf finds an attribute of a resource that is not understood.
func unsupportedOf(n *node) string {
	switch {
	case n.get("UpdatePolicy") != nil:
		return "UpdatePolicy"
	case n.get("CreationPolicy") != nil && n.get("Type").value() != "AWS::CloudFormation::WaitCondition":
		return "CreationPolicy of " + n.get("Type").value()
	}
	return ""
}

func checkResourceFormat(logical string, n *node) error {
	switch {
	case strings.HasPrefix(logical, "Fn::"):
		return nil
	case logical == "" || logical != alphanumeric(logical):
		return errorf("Template format error: Resource name %s is non alphanumeric.", logical)
	case !n.isObject():
		return errorf("Template format error: Resources block is malformed.")
	case n.get("Type") == nil:
		return errorf("Template format error: [/Resources/%s] Every Resources object must contain a Type member.", logical)
	}
	if what := unsupportedOf(n); what != "" {
		return &UnsupportedError{what}
	}
	for i, key := range n.keys {
		if !slices.Contains(attributes, key) {
			return errorf("Invalid template resource property '%s'", key)
		}
		if key != "DeletionPolicy" && key != "UpdateReplacePolicy" {
			continue
		}
		policies := []string{"Delete", "Retain", "Snapshot"}
		if key == "DeletionPolicy" {
			policies = append(policies, "RetainExceptOnCreate")
		}
		if value := n.items[i]; value.isString() && !slices.Contains(policies, value.text) {
			return errorf("Template error: %s %s is not supported", key, value.text)
		}
	}
	return nil
}

func checkParameterFormat(parameters *node) error {
	if !parameters.isObject() {
		return nil
	}
	for i, name := range parameters.keys {
		n := parameters.items[i]
		switch kind := n.get("Type").value(); {
		case name != alphanumeric(name):
			return errorf("Template format error: Parameter name %s is non alphanumeric.", name)
		case kind == "":
			return errorf("Template format error: Every Parameters object must contain a Type member.")
		case !isParameterType(kind):
			return errorf("Template format error: Unrecognized parameter type: %s", kind)
		}
	}
	return nil
}

// checkGiven checks the values of the parameters.
func (s *stack) checkGiven(root *node) error {
	parameters := root.get("Parameters")
	var missing, unknown []string
	for name := range s.given {
		if parameters.get(name) == nil {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	if unknown != nil {
		return errorf("Parameters: [%s] do not exist in the template", strings.Join(unknown, ", "))
	}
	if !parameters.isObject() {
		return nil
	}
	for i, name := range parameters.keys {
		if _, ok := s.given[name]; !ok && parameters.items[i].get("Default") == nil {
			missing = append(missing, name)
		}
	}
	if missing != nil {
		return errorf("Parameters: [%s] must have values", strings.Join(missing, ", "))
	}
	for i, name := range parameters.keys {
		n := parameters.items[i]
		value, ok := s.given[name].(string)
		if !ok {
			value = n.get("Default").value()
		}
		if err := checkValue(name, value, n); err != nil {
			return err
		}
	}
	return nil
}

// checkValue checks the value of a parameter, or each of a list.
func checkValue(name, value string, n *node) error {
	kind := n.get("Type").value()
	values := []string{value}
	if kind == "CommaDelimitedList" || strings.HasPrefix(kind, "List<") {
		values = strings.Split(value, ",")
	}
	for _, v := range values {
		wrong := outside(strings.TrimSpace(v), kind, n)
		if wrong == "" {
			continue
		}
		if d := n.get("ConstraintDescription").value(); d != "" {
			return errorf("Parameter %s failed to satisfy constraint: %s", name, d)
		}
		return errorf("Parameter '%s' %s", name, wrong)
	}
	return nil
}

// outside says which constraint a value does not satisfy.
func outside(value, kind string, n *node) string {
	if kind == "Number" || kind == "List<Number>" {
		v, err := json.Number(value).Float64()
		if err != nil {
			return "must be a number."
		}
		if limit, ok := number(n.get("MinValue")); ok && v < limit {
			return "must be a number not less than " + n.get("MinValue").text
		}
		if limit, ok := number(n.get("MaxValue")); ok && v > limit {
			return "must be a number not greater than " + n.get("MaxValue").text
		}
	}
	if allowed := n.get("AllowedValues"); allowed != nil && !slices.ContainsFunc(allowed.list(), func(a *node) bool { return a.value() == value }) {
		return "must be one of AllowedValues"
	}
	if pattern := n.get("AllowedPattern").value(); pattern != "" {
		re, err := regexp.Compile(`^(?:` + pattern + `)$`)
		if err != nil {
			return "has a pattern that leastpriv cannot check: " + pattern
		}
		if !re.MatchString(value) {
			return "must match pattern " + pattern
		}
	}
	length := float64(utf8.RuneCountInString(value))
	if limit, ok := number(n.get("MinLength")); ok && length < limit {
		return "must contain at least " + n.get("MinLength").text + " characters"
	}
	if limit, ok := number(n.get("MaxLength")); ok && length > limit {
		return "must contain at most " + n.get("MaxLength").text + " characters"
	}
	return ""
}

// A reference is what a value refers to: a resource or a parameter, and an attribute of it.
type reference struct{ name, attribute string }

// references calls found with all that a value refers to. Where chosen is set only the
// branches of Fn::If that are chosen count.
func (s *stack) references(n *node, chosen bool, found func(reference) error) error {
	if n == nil {
		return nil
	}
	name, argument, ok := n.function()
	switch {
	case ok && name == "Ref":
		if argument.isString() {
			return found(reference{name: argument.text})
		}
	case ok && name == "Fn::GetAtt":
		if argument.isString() {
			resource, attribute, _ := strings.Cut(argument.text, ".")
			return found(reference{resource, attribute})
		}
		if argument.isList() && len(argument.items) > 1 && argument.items[0].isString() {
			if err := found(reference{argument.items[0].text, argument.items[1].value()}); err != nil {
				return err
			}
			return s.references(argument.items[1], chosen, found)
		}
	case ok && name == "Fn::If" && argument.isList() && len(argument.items) == 3:
		c := argument.items[0]
		if c.isScalar() && s.conditions[c.text] == nil {
			return errorf("Template error: unresolved condition dependency %s in Fn::If", c.text)
		}
		if chosen {
			return s.references(s.branch(n, argument), chosen, found)
		}
	case ok && name == "Fn::Sub":
		if err := s.subReferences(argument, found); err != nil {
			return err
		}
	}
	for _, item := range n.items {
		if err := s.references(item, chosen, found); err != nil {
			return err
		}
	}
	return nil
}

// subReferences are those of the text of Fn::Sub.
func (s *stack) subReferences(argument *node, found func(reference) error) error {
	text, variables := argument, (*node)(nil)
	if argument.isList() && len(argument.items) == 2 {
		text, variables = argument.items[0], argument.items[1]
	}
	if !text.isScalar() {
		return nil
	}
	rest := text.text
	for {
		_, after, ok := strings.Cut(rest, "${")
		if !ok {
			return nil
		}
		name, tail, ok := strings.Cut(after, "}")
		if !ok {
			return nil
		}
		rest = tail
		name = strings.TrimSpace(name)
		if strings.HasPrefix(name, "!") || variables.get(name) != nil {
			continue
		}
		ref := reference{name: name}
		if _, alias := s.aliases[name]; !alias {
			ref.name, ref.attribute, _ = strings.Cut(name, ".")
		}
		if err := found(ref); err != nil {
			return err
		}
	}
}

// checkReferences finds what is referred to and is nowhere.
func (s *stack) checkReferences() error {
	var unresolved []string
	check := func(ref reference) error {
		if alias, ok := s.aliases[ref.name]; ok {
			ref.name = alias
		}
		switch {
		case s.resources[ref.name] != nil:
		case ref.attribute != "":
			return errorf("Template error: instance of Fn::GetAtt references undefined resource %s", ref.name)
		case strings.HasPrefix(ref.name, "AWS::"), s.parameters[ref.name] != nil, slices.Contains(unresolved, ref.name):
		default:
			unresolved = append(unresolved, ref.name)
		}
		return nil
	}
	for _, r := range s.order {
		for _, name := range r.dependsOn {
			if err := check(reference{name: name}); err != nil {
				return err
			}
		}
		if c := r.node.get("Condition"); c != nil && s.conditions[c.name()] == nil {
			return errorf("Template format error: Unresolved condition dependency %s in the Resources block of the template", c.name())
		}
		if err := s.references(r.properties, false, check); err != nil {
			return err
		}
	}
	if unresolved != nil {
		return errorf("Template format error: Unresolved resource dependencies [%s] in the Resources block of the template", strings.Join(unresolved, ", "))
	}
	if outputs := s.root.get("Outputs"); outputs.isObject() {
		if err := s.references(outputs, false, check); err != nil {
			return err
		}
	}
	if unresolved != nil {
		return errorf("Template format error: Unresolved resource dependencies [%s] in the Outputs block of the template", strings.Join(unresolved, ", "))
	}
	return nil
}
