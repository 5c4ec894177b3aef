// Package lint finds what is wrong with policy documents: what AWS refuses, and what it
// stores though it cannot work or allows more than it seems to.
package lint

import (
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// Lint returns everything that is wrong with a policy document, in the order of
// the document, and not only the first that [enforce.Parse] and AWS refuse it for. It
// finds what AWS stores without a word as well: actions and condition keys that
// do not exist, resources that an action never takes, and statements that allow
// more than they seem to. What exists is known as of the day that the catalog was made.
func Lint(doc string, kind enforce.Kind, src enforce.Source) []Finding {
	d, refusals := enforce.ReadDocument(doc, kind, src)
	l := &linter{findings{doc: d, kind: kind, src: src, refused: make(map[int][]int)}}
	for _, e := range refusals {
		l.refuse(e)
	}
	if d != nil {
		l.size(doc)
		for i := range d.Statements {
			l.statement(&d.Statements[i])
		}
	}
	return l.sorted()
}

// A linter finds what AWS stores without a word.
type linter struct{ findings }

func (l *linter) statement(s *enforce.StatementElements) {
	l.principals(s)
	l.breadth(s)
	named := l.actions(s)
	l.keys(s, named)
	l.resources(s, named)
}

// principals suggests what to write in place of a wildcard, where AWS refuses it.
func (l *linter) principals(s *enforce.StatementElements) {
	for _, p := range append(s.Principal, s.NotPrincipal...) {
		everybody := p.Value == "*" && (p.Type == "*" || p.Type == "AWS")
		if !everybody && strings.ContainsAny(p.Value, "*?") {
			l.suggest(p.Offset, `a wildcard stands for everybody or not at all: write "*" with a condition on aws:PrincipalArn`)
		}
	}
}

// breadth finds statements that allow more than they seem to.
func (l *linter) breadth(s *enforce.StatementElements) {
	if s.Effect.Value != "Allow" {
		return
	}
	if s.NotAction != nil {
		l.add(s.Start, Finding{Severity: Warning, Code: AllowNotAction,
			Message:    "Allow with NotAction allows every other action, those of other and of future services too",
			Suggestion: "list what is allowed in Action, or deny with NotAction"})
	}
	if l.kind == enforce.EndpointPolicy || l.kind == enforce.ServiceControlPolicy || l.kind == enforce.ResourceControlPolicy {
		return // these only limit, and begin with allowing everything
	}
	if named(s.Principal, "*") && len(s.Conditions) == 0 {
		l.add(s.Principal[0].Offset, Finding{Severity: Warning, Code: AllowEverybody,
			Message:    "Allow for every principal: of all accounts, and anonymous callers too",
			Suggestion: "name the principals, or add a condition such as aws:PrincipalOrgID or aws:SourceArn"})
	}
	if isIdentityBased(l.kind) && has(s.Action, "*") && has(s.Resource, "*") && len(s.Conditions) == 0 {
		l.add(s.Start, Finding{Severity: Info, Code: AllowEverything,
			Message: "the statement allows every action on every resource"})
	}
}

func isIdentityBased(k enforce.Kind) bool {
	return k == enforce.IdentityPolicy || k == enforce.ManagedPolicy || k == enforce.SessionPolicy
}

func has(list []enforce.Text, value string) bool {
	for _, t := range list {
		if t.Value == value {
			return true
		}
	}
	return false
}

func named(list []enforce.PrincipalElement, value string) bool {
	for _, p := range list {
		if p.Value == value && (p.Type == "*" || p.Type == "AWS") {
			return true
		}
	}
	return false
}

// A namedAction is an action or pattern of a statement, with what it means.
type namedAction struct {
	enforce.Text
	any     bool // "*"
	actions []*catalog.Action
}
