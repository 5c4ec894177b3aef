package lint

import (
	"fmt"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// conditions finds conditions that no request fulfils, by themselves or with the others
// of the statement: all of them must hold.
func (l *linter) conditions(s *enforce.StatementElements) {
	byKey := make(map[string][]*enforce.ConditionElement)
	var keys []string
	for i := range s.Conditions {
		c := &s.Conditions[i]
		if operator, _, _ := c.Qualifiers(); operator == "" {
			continue // refused
		}
		if l.alone(s, c) {
			continue
		}
		key := strings.ToLower(c.Key.Value)
		if byKey[key] == nil {
			keys = append(keys, key)
		}
		byKey[key] = append(byKey[key], c)
	}
	for _, key := range keys {
		if together := byKey[key]; len(together) > 1 {
			l.together(s, together)
		}
	}
}

// neverHolds adds that conditions never hold.
func (l *linter) neverHolds(s *enforce.StatementElements, at int, message string) {
	consequence := "the statement allows nothing"
	if s.Effect.Value == "Deny" {
		consequence = "the statement denies nothing"
	}
	l.add(at, Finding{Severity: Warning, Code: NeverHolds, Message: message + ": " + consequence})
}

// alone finds a condition that never holds whatever the others say, or that compares with
// nothing.
func (l *linter) alone(s *enforce.StatementElements, c *enforce.ConditionElement) bool {
	operator, set, ifExists := c.Qualifiers()
	vacuous := ifExists || set == "ForAllValues" // holds without the key
	switch {
	case len(c.Values) == 0:
		what := "it never holds"
		switch {
		case isNegated(operator):
			what = "it always holds"
		case vacuous:
			what = "it holds of requests without the key alone"
		}
		l.add(c.Operator.Offset, Finding{Severity: Warning, Code: EmptyCondition,
			Message: fmt.Sprintf("%s %s compares with no value: %s", c.Operator.Value, c.Key.Value, what)})
		return true
	case operator == "Null" && !anyIs(c.Values, "true", "false"):
		l.neverHolds(s, c.Operator.Offset, fmt.Sprintf("Null asks whether %s is missing, true or false; it is never %q", c.Key.Value, c.Values[0].Value))
		return true
	case operator == "Bool" && !vacuous && !anyIs(c.Values, "true", "false"):
		for _, v := range c.Values {
			if strings.Contains(v.Value, "${") {
				return false
			}
		}
		l.neverHolds(s, c.Operator.Offset, fmt.Sprintf("Bool compares %s with true or false; it is never %q", c.Key.Value, c.Values[0].Value))
		return true
	}
	return false
}

func anyIs(values []enforce.Text, wanted ...string) bool {
	for _, v := range values {
		for _, w := range wanted {
			if strings.EqualFold(v.Value, w) {
				return true
			}
		}
	}
	return false
}

func isNegated(operator string) bool { return strings.Contains(operator, "Not") }

// demands reports whether a condition holds of requests with the key alone.
func demands(c *enforce.ConditionElement) bool {
	operator, set, ifExists := c.Qualifiers()
	if operator == "Null" {
		return !anyIs(c.Values, "true")
	}
	return !isNegated(operator) && !ifExists && set != "ForAllValues"
}

// together finds conditions on one key that contradict each other.
func (l *linter) together(s *enforce.StatementElements, conditions []*enforce.ConditionElement) {
	var absent, present *enforce.ConditionElement
	for _, c := range conditions {
		if operator, _, _ := c.Qualifiers(); operator == "Null" && !anyIs(c.Values, "false") {
			absent = c
		} else if present == nil && demands(c) {
			present = c
		}
	}
	if present == nil {
		return // they hold of requests without the key
	}
	if absent != nil {
		l.neverHolds(s, present.Operator.Offset, fmt.Sprintf("%s wants %s to be there, and Null wants it missing", present.Operator.Value, present.Key.Value))
		return
	}
	if p := newPossible(conditions); p != nil && !p.any() {
		l.neverHolds(s, p.from.Operator.Offset, fmt.Sprintf("no value of %s is right for %s", p.from.Key.Value, p.operators()))
	}
}
