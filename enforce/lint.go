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
	l := &linter{findings: findings{doc: doc, kind: kind, src: src, refused: make(map[int][]int)}}
	d, bad := readDocument(doc, kind, src)
	if bad == nil {
		_, bad = validate(d, kind, src)
	}
	l.refuse(bad) // what Parse answers is always among the findings
	if len(doc) <= src.maxDocument() {
		if root, _, broken := readJSON(doc); broken == nil {
			l.root(&root)
		}
	}
	return l.sorted()
}

// A linter goes through a document that may be invalid in many places.
type linter struct {
	findings
	document
}

func (l *linter) root(n *node) {
	var statement *node
	for i := range n.members {
		m := &n.members[i]
		var bad *problem
		switch m.name {
		case "Version":
			l.version, bad = m.version()
		case "Id":
			_, bad = m.string()
		case "Statement":
			statement = &m.value
		default:
			bad = unknownElement(m)
		}
		l.refuse(bad)
	}
	if statement == nil {
		l.refuse(missing("Statement", n.start))
		return
	}
	l.refuse(checkVersion(&l.document, l.kind))
	list := statement.list()
	for i := range list {
		l.statement(&list[i])
	}
	l.refuse(checkSids(&l.document, l.kind))
}

// statement looks at every element of one statement, whatever is wrong with the
// others.
func (l *linter) statement(n *node) {
	var s rawStatement
	if n.kind != objectNode {
		l.refuse(s.read(n))
		return
	}
	s.start, s.end = n.start, n.end
	for i := range n.members {
		if m := &n.members[i]; m.name == "Condition" && m.value.kind == objectNode {
			l.operators(&s, m.value.members)
		} else {
			l.refuse(s.readElement(m))
		}
	}
	l.refuse(s.checkElements())
	if s.effect.at != 0 {
		l.refuse(s.checkLegacy())
	}
	l.values(&s)
	l.refuse(s.checkKind(l.kind, l.src))
	l.breadth(&s)
	named := l.actions(&s)
	l.keys(&s, named)
	l.resources(&s, named)
	l.statements = append(l.statements, s)
}

// operators reads the conditions of every operator, also after one that is
// unknown.
func (l *linter) operators(s *rawStatement, operators []member) {
	for i := range operators {
		more, bad := operators[i].operator(nil)
		l.refuse(bad)
		s.conditions = append(s.conditions, more...)
	}
}

// values looks at every value that the language gives a form to.
func (l *linter) values(s *rawStatement) {
	if len(s.action)+len(s.notAction) == 0 {
		l.refuse(s.checkHasActions())
	}
	for _, a := range append(s.action, s.notAction...) {
		l.refuse((&rawStatement{action: []text{a}}).checkActions())
	}
	for _, r := range append(s.resource, s.notResource...) {
		l.refuse((&rawStatement{resource: []text{r}}).checkResources())
		l.compile(&rawStatement{resource: []text{r}})
	}
	for _, p := range append(s.principal, s.notPrincipal...) {
		if _, ok := compilePrincipal(p); !ok {
			l.principal(s, p)
		}
	}
	for _, c := range s.conditions {
		l.compile(&rawStatement{conditions: []conditionText{c}})
	}
}

// compile finds values that their operator cannot read, and broken variables.
func (l *linter) compile(s *rawStatement) {
	_, bad := s.compile(&l.document, l.kind)
	l.refuse(bad)
}

// principal finds principals that name nobody. Policies that name no principals
// at all are refused for having the element.
func (l *linter) principal(s *rawStatement, p principalText) {
	if !l.kind.namesPrincipals() {
		return
	}
	bad := invalidPrincipal(p)
	s.invalid = bad
	l.refuse(bad)
	if strings.ContainsAny(p.value, "*?") {
		l.name(p.at, Finding{Suggestion: `a wildcard stands for everybody or not at all: write "*" with a condition on aws:PrincipalArn`})
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
