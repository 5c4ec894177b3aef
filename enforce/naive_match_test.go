package enforce_test

import (
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

func (n *naive) allows(statements []statement) bool { return n.anyApplies(statements, "Allow") }
func (n *naive) denies(statements []statement) bool { return n.anyApplies(statements, "Deny") }

func (n *naive) anyApplies(statements []statement, effect string) bool {
	for _, s := range statements {
		if s.element["Effect"] == effect && n.concernsCaller(s) && n.applies(s) {
			return true
		}
	}
	return false
}

// applies looks at everything but the principal (rule 5).
func (n *naive) applies(s statement) bool {
	return n.actionMatches(s) && n.resourceMatches(s) && n.conditionsHold(s)
}

func (n *naive) actionMatches(s statement) bool {
	element, not := s.element["Action"], false
	if e, there := s.element["NotAction"]; there { // rule 7
		element, not = e, true
	}
	for _, pattern := range texts(element) {
		if wild(strings.ToLower(pattern), strings.ToLower(n.action)) { // rule 6
			return !not
		}
	}
	return not
}

func (n *naive) resourceMatches(s statement) bool {
	element, there := s.element["Resource"]
	not := false
	if e, isNot := s.element["NotResource"]; isNot { // rule 10
		element, there, not = e, true, true
	}
	if !there { // a trust policy's resource is its role (rule 11)
		return true
	}
	for _, pattern := range texts(element) {
		if n.resourceIs(pattern, s.version) {
			return !not
		}
	}
	return not
}

// resourceIs is rule 8, with rule 3 for the resource "*".
func (n *naive) resourceIs(pattern, version string) bool {
	if pattern == "*" {
		return true
	}
	if n.resource == "*" {
		return false
	}
	want := strings.SplitN(pattern, ":", 6)
	for len(want) < 6 {
		want = append(want, "*")
	}
	have := strings.SplitN(n.resource, ":", 6)
	if len(have) < 6 {
		return false
	}
	for i := range 5 { // rule 13: no variables here
		if !wild(want[i], have[i]) {
			return false
		}
	}
	last, ok := n.expand(want[5], version)
	return ok && last.matches(have[5])
}

// naming says by what the Principal element of an Allow names the caller; the
// rows of rule 33 from the least favourable to the most.
type naming int

const (
	byNone    naming = iota
	byAccount        // delegation
	byIssuer         // the role of a session, the user of a federated user
	byCaller         // the user, the session, a service, everybody
)

// named returns the most favourable row of the resource-based policy, and
// whether that is by naming everybody.
func (n *naive) named() (best naming, everybody bool) {
	for _, s := range n.documents.resource {
		if s.element["Effect"] != "Allow" || !n.applies(s) {
			continue
		}
		how, all := n.principalIs(s.element["Principal"])
		if how > best {
			best = how
		}
		everybody = everybody || all
	}
	return best, everybody
}

// concernsCaller: policies of principals concern them without saying so.
func (n *naive) concernsCaller(s statement) bool {
	if p, there := s.element["Principal"]; there {
		how, _ := n.principalIs(p)
		return how != byNone
	}
	if p, there := s.element["NotPrincipal"]; there {
		return !n.exempt(p)
	}
	return true
}

// principalIs is rules 33 to 38.
func (n *naive) principalIs(element any) (best naming, everybody bool) {
	if element == "*" {
		return byCaller, true
	}
	types, _ := element.(map[string]any)
	for kind, values := range types {
		for _, value := range texts(values) {
			if kind == "AWS" && value == "*" { // rule 35
				return byCaller, true
			}
			if how := n.principalValue(kind, value); how > best {
				best = how
			}
		}
	}
	return best, false
}

func (n *naive) principalValue(kind, value string) naming {
	account := byAccount
	if n.is(enforce.Root) {
		account = byCaller
	}
	switch kind {
	case "Service": // rule 38
		if n.is(enforce.Service) && value == n.who.Service {
			return byCaller
		}
	case "Federated":
		if n.is(enforce.WebIdentity, enforce.SAMLIdentity) && value == n.who.Service {
			return byCaller
		}
	case "CanonicalUser":
		if n.who.CanonicalUser != "" && value == n.who.CanonicalUser {
			return account
		}
	case "AWS":
		if !n.hasIdentity() && !n.is(enforce.Root) {
			return byNone // rules 38 and 46
		}
		switch {
		case value == n.who.Account || value == "arn:aws:iam::"+n.who.Account+":root": // rule 34
			return account
		case value == n.who.ARN:
			return byCaller
		case value == n.who.IssuerARN:
			return byIssuer
		case n.is(enforce.User) && value == n.who.UserID: // rule 37
			return byCaller
		case n.is(enforce.AssumedRole) && strings.HasPrefix(n.who.UserID, value+":"):
			return byIssuer
		}
	}
	return byNone
}

// exempt is rule 36: who a Deny with NotPrincipal spares.
func (n *naive) exempt(element any) bool {
	if n.boundByBoundary() {
		return false
	}
	if element == "*" {
		return true
	}
	listed := map[naming]bool{}
	types, _ := element.(map[string]any)
	for kind, values := range types {
		for _, value := range texts(values) {
			listed[n.principalValue(kind, value)] = true
			if value == "*" {
				return true
			}
		}
	}
	if n.is(enforce.AssumedRole, enforce.FederatedUser) && !listed[byIssuer] {
		return false
	}
	return listed[byCaller]
}

// pattern is text in which some characters are wildcards and others, though they
// look like them, are not.
type pattern []rune

// Wildcards, as characters that no text has.
const (
	anyRun = -1 - iota
	anyOne
)

// wild matches a pattern without variables.
func wild(text, value string) bool { return wildcards(text).matches(value) }

func wildcards(text string) pattern {
	var p pattern
	for _, r := range text {
		switch r {
		case '*':
			r = anyRun
		case '?':
			r = anyOne
		}
		p = append(p, r)
	}
	return p
}

func (p pattern) matches(value string) bool { return p.match([]rune(value)) }

func (p pattern) match(value []rune) bool {
	switch {
	case len(p) == 0:
		return len(value) == 0
	case p[0] == anyRun:
		return p[1:].match(value) || len(value) > 0 && p.match(value[1:])
	case len(value) == 0:
		return false
	}
	return (p[0] == anyOne || p[0] == value[0]) && p[1:].match(value[1:])
}

// text returns the pattern with its wildcards as ordinary characters.
func (p pattern) text() string {
	var b strings.Builder
	for _, r := range p {
		switch r {
		case anyRun:
			r = '*'
		case anyOne:
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// expand puts the values of variables into a text (rules 12 to 16). It reports
// false when one has no value.
func (n *naive) expand(text, version string) (pattern, bool) {
	var p pattern
	for {
		start := strings.Index(text, "${")
		if start < 0 || version != "2012-10-17" {
			return append(p, wildcards(text)...), true
		}
		length := strings.Index(text[start:], "}")
		p = append(p, wildcards(text[:start])...)
		value, ok := n.variable(text[start+2 : start+length])
		if !ok {
			return nil, false
		}
		p = append(p, []rune(value)...)
		text = text[start+length+1:]
	}
}

func (n *naive) variable(name string) (string, bool) {
	if name == "*" || name == "?" || name == "$" {
		return name, true
	}
	name, fallback, hasDefault := strings.Cut(name, ", '")
	if values := n.keys[strings.ToLower(name)]; len(values) == 1 && !n.multi[strings.ToLower(name)] {
		return values[0], true
	}
	return strings.TrimSuffix(fallback, "'"), hasDefault
}
