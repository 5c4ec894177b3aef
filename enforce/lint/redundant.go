package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// maxCoverSteps bounds the work of comparing each statement with each other one: behind
// it nothing is said of the rest of a document.
const maxCoverSteps = 20_000_000

// redundant finds statements that another one with the same effect covers: without them
// the document means the same. Of two that mean the same the later one is redundant.
func (l *linter) redundant() {
	if len(l.refused) > 0 {
		return // nothing is known of what it was to mean
	}
	c := &coverage{left: maxCoverSteps}
	for i := range l.doc.Statements {
		s := &l.doc.Statements[i]
		for j := range l.doc.Statements {
			other := &l.doc.Statements[j]
			if i == j || !c.covers(other, s) || j > i && c.covers(s, other) {
				continue
			}
			if c.left < 0 {
				return
			}
			line, column := l.doc.Position(other.Start)
			l.add(s.Start, Finding{Severity: Info, Code: Redundant,
				Message: fmt.Sprintf("%s covers all of the statement", label(other, j, line, column))})
			break
		}
	}
}

func label(s *enforce.StatementElements, i, line, column int) string {
	if s.Sid.Value != "" {
		return fmt.Sprintf("%s (%d:%d)", s.Sid.Value, line, column)
	}
	return fmt.Sprintf("statement %d (%d:%d)", i+1, line, column)
}

// coverage compares statements, and counts the steps that are left for it.
type coverage struct {
	left int
	// exact compares meanings: principals must be the same, and conditions may be implied.
	exact bool
}

// covers reports whether whatever request the statement s applies to, by does too. It may
// not see that it is so.
func (c *coverage) covers(by, s *enforce.StatementElements) bool {
	if by.Effect.Value != s.Effect.Value || !c.exact && len(by.Conditions) > len(s.Conditions) {
		return false
	}
	return c.coversPrincipals(by, s) &&
		c.coversList(by.Action, by.NotAction, s.Action, s.NotAction, c.coversAction) &&
		(by.Resource == nil && by.NotResource == nil && s.Resource == nil && s.NotResource == nil ||
			c.coversList(by.Resource, by.NotResource, s.Resource, s.NotResource, c.coversResource)) &&
		c.coversConditions(by, s)
}

// coversList compares what two statements name, or do not name.
func (c *coverage) coversList(by, byNot, list, listNot []enforce.Text, covers func(by, text string) bool) bool {
	within := func(list, by []enforce.Text) bool {
		for _, t := range list {
			if !slices.ContainsFunc(by, func(b enforce.Text) bool { return covers(b.Value, t.Value) }) {
				return false
			}
		}
		return len(list) > 0
	}
	switch {
	case hasStar(by):
		return true
	case byNot == nil && listNot == nil:
		return within(list, by)
	case byNot != nil && listNot != nil:
		return within(byNot, listNot) // what by leaves out, s leaves out too
	}
	return false
}

func (c *coverage) coversAction(by, action string) bool {
	return c.pattern(strings.ToLower(by), strings.ToLower(action))
}

func (c *coverage) coversResource(by, resource string) bool {
	if c.left -= 8; by == resource || by == "*" {
		return true
	}
	if resource == "*" || strings.Contains(by, "${") || strings.Contains(resource, "${") {
		return false
	}
	b, r := segments(by), segments(resource)
	for i := range b {
		if !c.pattern(b[i], r[i]) {
			return false
		}
	}
	return true
}

// segments splits an ARN pattern, as AWS completes it.
func segments(s string) [6]string {
	parts := [6]string{"*", "*", "*", "*", "*", "*"}
	copy(parts[:], strings.SplitN(s, ":", len(parts)))
	return parts
}

// pattern reports whether one pattern matches whatever another one matches: it does when it
// matches the other's text, where only a star stands for a star.
func (c *coverage) pattern(by, text string) bool {
	c.left -= 8
	if by == "*" || by == text {
		return true
	}
	if c.left < 0 || !strings.ContainsAny(by, "*?") {
		return false
	}
	star, retry := -1, 0
	i, j := 0, 0
	for j < len(text) {
		if c.left--; c.left < 0 {
			return false
		}
		switch {
		case i < len(by) && by[i] == '*':
			star, retry = i, j
			i++
		case i < len(by) && (by[i] == text[j] || by[i] == '?' && text[j] != '*' && text[j] < 0x80):
			i, j = i+1, j+1
		case star >= 0:
			retry++
			i, j = star+1, retry
		default:
			return false
		}
	}
	return strings.Trim(by[i:], "*") == ""
}

func (c *coverage) coversPrincipals(by, s *enforce.StatementElements) bool {
	switch {
	case c.exact:
		return c.hasPrincipals(by, s)
	case named(by.Principal, "*"):
		return s.NotPrincipal == nil
	case by.NotPrincipal != nil || s.NotPrincipal != nil:
		return by.Principal == nil && s.Principal == nil && samePrincipals(by.NotPrincipal, s.NotPrincipal)
	}
	c.left -= len(by.Principal) * len(s.Principal)
	return c.left >= 0 && !slices.ContainsFunc(s.Principal, func(p enforce.PrincipalElement) bool { return !hasPrincipal(by.Principal, p) })
}

func samePrincipals(x, y []enforce.PrincipalElement) bool {
	return slices.EqualFunc(x, y, func(a, b enforce.PrincipalElement) bool { return a.Type == b.Type && a.Value == b.Value })
}

func hasPrincipal(list []enforce.PrincipalElement, p enforce.PrincipalElement) bool {
	return slices.ContainsFunc(list, func(other enforce.PrincipalElement) bool { return other.Type == p.Type && other.Value == p.Value })
}

// coversConditions reports whether each condition of by is one of s.
func (c *coverage) coversConditions(by, s *enforce.StatementElements) bool {
	for i := range by.Conditions {
		want := &by.Conditions[i]
		c.left -= len(s.Conditions) * (1 + len(want.Values))
		if c.left < 0 || !slices.ContainsFunc(s.Conditions, func(have enforce.ConditionElement) bool {
			return have.Operator.Value == want.Operator.Value && strings.EqualFold(have.Key.Value, want.Key.Value) &&
				slices.EqualFunc(have.Values, want.Values, func(x, y enforce.Text) bool { return x.Value == y.Value })
		}) && !(c.exact && c.implied(want, s.Conditions)) {
			return false
		}
	}
	return true
}
