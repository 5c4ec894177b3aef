package enforce

import (
	"strings"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// Lint returns everything that is wrong with a policy document, in the order of
// the document, and not only the first that [Parse] and AWS refuse it for. It
// finds what AWS stores without a word as well: actions and condition keys that
// do not exist, resources that an action never takes, and statements that allow
// more than they seem to. What exists is known as of the day that this package's
// catalog was made.
func Lint(doc string, kind Kind, src Source) []Finding {
	l := &linter{findings{doc: doc, kind: kind, src: src, refused: make(map[int][]int)}}
	if d := readDocument(doc, kind, src, l.refuse); d != nil {
		validate(d, kind, src, l.refuse)
		l.size(d)
		for i := range d.statements {
			l.statement(&d.statements[i])
		}
	}
	return l.sorted()
}

// A linter finds what AWS stores without a word.
type linter struct{ findings }

func (l *linter) statement(s *rawStatement) {
	l.principals(s)
	l.breadth(s)
	named := l.actions(s)
	l.keys(s, named)
	l.resources(s, named)
}

// principals tells what to write in place of a wildcard.
func (l *linter) principals(s *rawStatement) {
	for _, p := range s.invalid {
		if strings.ContainsAny(p.value, "*?") && l.kind.namesPrincipals() {
			l.name(p.at, Finding{Suggestion: `a wildcard stands for everybody or not at all: write "*" with a condition on aws:PrincipalArn`})
		}
	}
}

// breadth finds statements that allow more than they seem to.
func (l *linter) breadth(s *rawStatement) {
	if s.effect.value != "Allow" {
		return
	}
	if s.notAction != nil {
		l.add(s.start, Finding{Severity: Warning, Code: AllowNotAction,
			Message:    "Allow with NotAction allows every other action, those of other and of future services too",
			Suggestion: "list what is allowed in Action, or deny with NotAction"})
	}
	if l.kind == EndpointPolicy || l.kind == ServiceControlPolicy || l.kind == ResourceControlPolicy {
		return // these only limit, and begin with allowing everything
	}
	if named(s.principal, "*") && len(s.conditions) == 0 {
		l.add(s.principal[0].at, Finding{Severity: Warning, Code: AllowEverybody,
			Message:    "Allow for every principal: of all accounts, and anonymous callers too",
			Suggestion: "name the principals, or add a condition such as aws:PrincipalOrgID or aws:SourceArn"})
	}
	if !l.kind.namesPrincipals() && has(s.action, "*") && has(s.resource, "*") && len(s.conditions) == 0 {
		l.add(s.start, Finding{Severity: Info, Code: AllowEverything,
			Message: "the statement allows every action on every resource"})
	}
}

func has(list []text, value string) bool {
	for _, t := range list {
		if t.value == value {
			return true
		}
	}
	return false
}

func named(list []principalText, value string) bool {
	for _, p := range list {
		if p.value == value && (p.kind == "*" || p.kind == "AWS") {
			return true
		}
	}
	return false
}

// A namedAction is an action or pattern of a statement, with what it means.
type namedAction struct {
	text
	any     bool // "*"
	actions []*catalog.Action
}
