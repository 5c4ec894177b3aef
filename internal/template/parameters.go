package template

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A parameter is one of the section Parameters.
type parameter struct {
	name, kind string
	node       *node
	value      any
	evaluated  bool
}

const maxParameters = 200 // AWS's, of a template

func (s *stack) readParameters() {
	parameters := s.root.get("Parameters")
	if !parameters.isObject() {
		return
	}
	if len(parameters.keys) > maxParameters {
		s.problem(parameters, "the template has %d parameters; a template has at most %d", len(parameters.keys), maxParameters)
		return
	}
	for i, name := range parameters.keys {
		n := parameters.items[i]
		p := &parameter{name: name, kind: n.get("Type").value(), node: n}
		if !isParameterType(p.kind) {
			s.problem(n, "the parameter %s has no type that AWS knows: %q", name, p.kind)
			p.kind = "String"
		}
		s.parameters[name] = p
	}
}

var awsParameterType = regexp.MustCompile(`^(AWS::[A-Za-z0-9]+::[A-Za-z0-9]+(::[A-Za-z0-9]+)?|List<(Number|String|AWS::[A-Za-z0-9:]+)>|AWS::SSM::Parameter::Value<(String|List<String>|CommaDelimitedList|AWS::[A-Za-z0-9:]+|List<AWS::[A-Za-z0-9:]+>)>)$`)

func isParameterType(kind string) bool {
	return kind == "String" || kind == "Number" || kind == "CommaDelimitedList" || awsParameterType.MatchString(kind)
}

func (s *stack) sortedParameters() []*parameter {
	var all []*parameter
	for _, name := range slices.Sorted(maps.Keys(s.parameters)) {
		all = append(all, s.parameters[name])
	}
	return all
}

// checkParameters checks all values, and that there are none that nobody asks for.
func (s *stack) checkParameters() {
	for _, p := range s.sortedParameters() {
		s.parameterValue(p)
	}
	for _, name := range slices.Sorted(maps.Keys(s.given)) {
		if s.parameters[name] == nil {
			s.problem(s.root, "there is no parameter %s", name)
		}
	}
}

// parameterValue is the value that is given, or the default.
func (s *stack) parameterValue(p *parameter) any {
	if p.evaluated {
		return p.value
	}
	p.evaluated = true
	value, given := s.given[p.name]
	if !given {
		d := p.node.get("Default")
		if d == nil {
			if s.load.live != nil { // without values: see Outline.Validate
				p.value = s.unknown(p.node, "%s", knownAfterApply)
				return p.value
			}
			if strings.HasPrefix(p.name, "AssetParameters") {
				// Of the assets of CDK 1, which are uploaded when it deploys.
				p.value = s.unknown(p.node, "the parameter %s is of an asset: give it", p.name)
				return p.value
			}
			s.load.problems.add(p.node.position(), "", "the parameter %s has no default: give its value", p.name)
			p.value = ""
			return p.value
		}
		value = textOf(s.evaluateNode(d))
	}
	if u, ok := isUnknown(value); ok {
		p.value = u
		return u
	}
	p.value = s.typed(p, p.kind, textOf(value))
	return p.value
}

// typed makes a value of the type of a parameter of its text.
func (s *stack) typed(p *parameter, kind, text string) any {
	if of, ok := strings.CutPrefix(kind, "AWS::SSM::Parameter::Value<"); ok {
		value, known := s.load.resolved("ssm:" + text)
		if !known {
			return s.unknown(p.node, "the parameter %s is %s of Systems Manager: give it with cloudformation.SSM(%q, …)", p.name, text, text)
		}
		return s.typed(&parameter{name: p.name, node: &node{}}, strings.TrimSuffix(of, ">"), value)
	}
	if kind != "CommaDelimitedList" && !strings.HasPrefix(kind, "List<") {
		s.checkParameter(p, text)
		return text
	}
	list := []any{}
	if text != "" {
		for _, e := range strings.Split(text, ",") {
			e = strings.TrimSpace(e)
			s.checkParameter(p, e)
			list = append(list, e)
		}
	}
	return list
}

// checkParameter checks a value by what the parameter says of its values. A value of a
// parameter with NoEcho is not shown.
func (s *stack) checkParameter(p *parameter, value string) {
	shown := strconv.Quote(value)
	if p.node.get("NoEcho").value() == "true" {
		shown = "****"
	}
	wrong := func(format string, args ...any) {
		s.load.problems.add(p.node.position(), "", "the parameter "+p.name+": "+format, args...)
	}
	if p.kind == "Number" || p.kind == "List<Number>" {
		s.checkNumber(p, value, shown, wrong)
	}
	if allowed := p.node.get("AllowedValues"); allowed != nil {
		if !slices.ContainsFunc(allowed.list(), func(n *node) bool { return n.value() == value }) {
			var all []string
			for _, n := range allowed.list() {
				all = append(all, n.value())
			}
			wrong("%s is none of the allowed values: %s", shown, strings.Join(all, ", "))
		}
	}
	if pattern := p.node.get("AllowedPattern").value(); pattern != "" {
		// Patterns are Java's: those that Go cannot compile AWS alone can check.
		if re, err := regexp.Compile(`^(?:` + pattern + `)$`); err == nil && !re.MatchString(value) {
			wrong("%s does not match the allowed pattern %s", shown, pattern)
		}
	}
	n := float64(utf8.RuneCountInString(value))
	if limit, ok := number(p.node.get("MinLength")); ok && n < limit {
		wrong("%s is shorter than %g", shown, limit)
	}
	if limit, ok := number(p.node.get("MaxLength")); ok && n > limit {
		wrong("%s is longer than %g", shown, limit)
	}
}

func (s *stack) checkNumber(p *parameter, value, shown string, wrong func(string, ...any)) {
	v, err := json.Number(value).Float64()
	if err != nil {
		wrong("%s is no number", shown)
		return
	}
	if limit, ok := number(p.node.get("MinValue")); ok && v < limit {
		wrong("%s is less than %g", shown, limit)
	}
	if limit, ok := number(p.node.get("MaxValue")); ok && v > limit {
		wrong("%s is more than %g", shown, limit)
	}
}

func number(n *node) (float64, bool) {
	if !n.isScalar() {
		return 0, false
	}
	v, err := strconv.ParseFloat(n.text, 64)
	return v, err == nil
}

// pseudo are the pseudo parameters.
func (s *stack) pseudo(n *node, name string) any {
	t := s.load.target
	switch name {
	case "AWS::AccountId":
		return t.Account
	case "AWS::Region":
		return t.Region
	case "AWS::Partition":
		return t.Partition
	case "AWS::StackName":
		return s.name
	case "AWS::StackId":
		return s.stackARN()
	case "AWS::URLSuffix":
		return t.URLSuffix()
	case "AWS::NotificationARNs":
		if live := s.load.live; live != nil {
			list := make([]any, len(live.NotificationARNs))
			for i, arn := range live.NotificationARNs {
				list[i] = arn
			}
			return list
		}
		return []any{}
	case "AWS::NoValue":
		return noValue{}
	}
	return s.fail(n, "there is no pseudo parameter %s", name)
}
