package template

import (
	"slices"

	"github.com/leastpriv/leastpriv/internal/deploy"
)

// A condition is one of the section Conditions.
type condition struct {
	node  *node
	state state
	holds bool
}

func (s *stack) readConditions() {
	conditions := s.root.get("Conditions")
	if conditions == nil {
		return
	}
	for i, name := range conditions.keys {
		s.conditions[name] = &condition{node: conditions.items[i]}
	}
}

// condition says whether the condition of that name holds.
func (s *stack) condition(n *node, name string) bool {
	c := s.conditions[name]
	switch {
	case c == nil:
		s.problem(n, "there is no condition %s", name)
		return false
	case c.state == running:
		s.problem(c.node, "circular dependency between conditions: %s needs itself", name)
		return false
	case c.state == notYet:
		c.state = running
		c.holds = s.evaluateCondition(c.node)
		c.state = done
	}
	return c.holds
}

// isConditionFunction are the functions of conditions and rules.
var isConditionFunction = map[string]bool{
	"Fn::And": true, "Fn::Or": true, "Fn::Not": true, "Fn::Equals": true, "Fn::Contains": true, "Fn::EachMemberEquals": true, "Fn::EachMemberIn": true,
	"Fn::ValueOf": true, "Fn::ValueOfAll": true, "Fn::RefAll": true,
}

// evaluateCondition evaluates a condition. One that needs what cannot be known is a
// problem: which resources there are depends on it.
func (s *stack) evaluateCondition(n *node) bool {
	holds, unknown := s.holds(n)
	if unknown != nil {
		s.load.problems.addAll(unknown.Problem)
		return false
	}
	return holds
}

// holds evaluates a condition, or says what it needs and cannot be known.
func (s *stack) holds(n *node) (bool, *deploy.Unknown) {
	if n.isObject() && len(n.keys) == 1 && n.keys[0] == "Condition" {
		return s.condition(n, n.items[0].name()), nil
	}
	name, argument, ok := n.function()
	if !ok {
		if v := n.value(); v == "true" || v == "false" {
			return v == "true", nil
		}
		s.problem(n, "a condition is a function, not %s", n.kind)
		return false, nil
	}
	switch name {
	case "Fn::And", "Fn::Or":
		return s.several(n, argument, name == "Fn::And")
	case "Fn::Not":
		if !argument.isList() || len(argument.items) != 1 {
			s.problem(n, "Fn::Not: the argument is a list of one condition")
			return false, nil
		}
		holds, unknown := s.holds(argument.items[0])
		return !holds, unknown
	case "Fn::Equals", "Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn":
		return s.compare(n, name, argument)
	}
	v := s.evaluateNode(n)
	if u, ok := isUnknown(v); ok {
		return false, &u
	}
	return textOf(v) == "true", nil
}

// several is Fn::And and Fn::Or.
func (s *stack) several(n, argument *node, all bool) (bool, *deploy.Unknown) {
	if !argument.isList() || len(argument.items) < 2 || len(argument.items) > 10 {
		s.problem(n, "the argument is a list of 2 to 10 conditions")
		return false, nil
	}
	var first *deploy.Unknown
	for _, item := range argument.items {
		holds, unknown := s.holds(item)
		switch {
		case unknown != nil:
			first = unknown
		case holds != all:
			return holds, nil
		}
	}
	return all, first
}

// compare are the functions that compare two values or lists.
func (s *stack) compare(n *node, name string, argument *node) (bool, *deploy.Unknown) {
	if !argument.isList() || len(argument.items) != 2 {
		s.problem(n, "%s: the argument is a list of two", name)
		return false, nil
	}
	a, b := s.ruleValue(argument.items[0]), s.ruleValue(argument.items[1])
	for _, v := range []any{a, b} {
		if u, ok := isUnknown(v); ok {
			return false, &u
		}
	}
	if name == "Fn::Equals" {
		return toJSON(texts(a)) == toJSON(texts(b)), nil
	}
	in := func(list, value any) bool {
		return slices.ContainsFunc(listOf(list), func(e any) bool { return textOf(e) == textOf(value) })
	}
	if name == "Fn::Contains" {
		return in(a, b), nil
	}
	for _, e := range listOf(a) {
		if name == "Fn::EachMemberEquals" && textOf(e) != textOf(b) || name == "Fn::EachMemberIn" && !in(b, e) {
			return false, nil
		}
	}
	return true, nil
}

func listOf(value any) []any {
	if list, ok := value.([]any); ok {
		return list
	}
	return []any{value}
}

// ruleValue evaluates a value of a rule: the attributes of AWS's resources cannot be known.
func (s *stack) ruleValue(n *node) any {
	switch name, argument, _ := n.function(); name {
	case "Fn::ValueOf", "Fn::ValueOfAll":
		return s.unknown(n, "%s looks at resources that are not in the file", name)
	case "Fn::RefAll":
		var all []any
		for _, p := range s.sortedParameters() {
			if p.kind == argument.value() {
				all = append(all, s.parameterValue(p))
			}
		}
		return all
	}
	return s.evaluateNode(n)
}

// checkRules evaluates the assertions of the rules. Those that need what cannot be known
// AWS alone can check.
func (s *stack) checkRules() {
	rules := s.root.get("Rules")
	if !rules.isObject() {
		return
	}
	for i, name := range rules.keys {
		rule := rules.items[i]
		if c := rule.get("RuleCondition"); c != nil {
			if holds, unknown := s.holds(c); unknown != nil || !holds {
				continue
			}
		}
		for _, assertion := range rule.get("Assertions").list() {
			if assertion.get("Assert") == nil {
				s.problem(assertion, "the rule %s has an assertion without Assert", name)
				continue
			}
			holds, unknown := s.holds(assertion.get("Assert"))
			if unknown == nil && !holds {
				s.problem(assertion, "the rule %s does not hold: %s", name, assertion.get("AssertDescription").value())
			}
		}
	}
}
