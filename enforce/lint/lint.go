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
		l.redundant()
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
	l.escalation(s)
	l.narrowable(s, named)
	l.conditions(s)
	l.identifiers(s)
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

// A namedAction is an action or pattern of a statement, with what it means.
type namedAction struct {
	enforce.Text
	any     bool // "*"
	actions []*catalog.Action
}
