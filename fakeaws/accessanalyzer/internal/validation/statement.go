package validation

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// A statement is one of a document, with what it means.
type statement struct {
	*node
	effect     string
	actions    []*action // of Action or NotAction
	notAction  bool
	resources  []*node // of Resource or NotResource, those that are strings
	notRes     bool
	principals []*principal // of Principal or NotPrincipal
	conditions []*condition
}

// A principal is one that a statement names: its key is "*" for "*" alone.
type principal struct {
	*node
	key string
}

// An action is an action or a pattern of one, with what it means: nothing where it does not
// exist.
type action struct {
	*node
	prefix, name string
	pattern      bool
	service      *catalog.Service
	meant        []*catalog.Action
}

// A condition is a key of a condition block with its values.
type condition struct {
	*field
	block    *field
	operator string // its own name; empty where there is none
	set      string
	ifExists bool
	values   []*node
}

// name is the operator as it is written.
func (c *condition) name() string { return c.block.key }

func (c *condition) is(key string) bool { return strings.EqualFold(c.key, key) }

func (c *condition) negated() bool { return strings.Contains(c.operator, "Not") }

// statement checks a statement.
func (v *validator) statement(n *node) *statement {
	s := &statement{node: n}
	for _, f := range n.fields {
		if !slices.Contains(elements, f.key) {
			v.add("INVALID_POLICY_ELEMENT", f.span(), f.key)
		}
	}
	for _, pair := range [][2]string{{"Action", "NotAction"}, {"Principal", "NotPrincipal"}, {"Resource", "NotResource"}} {
		if one, other := n.field(pair[0]), n.field(pair[1]); one != nil && other != nil {
			v.addAll("UNSUPPORTED_ELEMENT_COMBINATION", []span{one.span(), other.span()}, pair[0], pair[1])
		}
	}
	v.sid(n.field("Sid"))
	v.effect(s)
	v.actions(s)
	v.resources(s)
	v.conditions(s)
	v.principals(s)
	v.control(s)
	v.privileges(s, "iam:PassRole", "PASS_ROLE")
	v.privileges(s, "iam:CreateServiceLinkedRole", "CREATE_SLR")
	return s
}

// meaning is the statement without its Sid and white space.
func (s *statement) meaning() string {
	var b strings.Builder
	for _, f := range s.fields {
		if f.key != "Sid" {
			b.WriteString(f.key)
			write(&b, f.value)
		}
	}
	return b.String()
}

func write(b *strings.Builder, n *node) {
	b.WriteByte("oasnbz"[n.kind])
	b.WriteString(n.text + "\x00")
	for _, f := range n.fields {
		b.WriteString(f.key + "\x00")
		write(b, f.value)
	}
	for _, item := range n.items {
		write(b, item)
	}
	b.WriteByte('.')
}

func (v *validator) sid(f *field) {
	switch {
	case f == nil:
	case f.value.kind != str:
		v.add("DATA_TYPE_MISMATCH", f.value.span(), str.String())
	case f.value.text == "":
		v.add("EMPTY_SID_VALUE", f.value.span())
	case v.policyType != Resource || v.resource == RoleTrust:
		if strings.ContainsFunc(f.value.text, func(c rune) bool {
			return (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
		}) {
			v.add("UNSUPPORTED_SID", f.value.span())
		}
	}
}

func (v *validator) effect(s *statement) {
	f := s.field("Effect")
	switch {
	case f == nil:
		v.add("MISSING_EFFECT", s.span())
	case f.value.kind != str:
		v.add("DATA_TYPE_MISMATCH", f.value.span(), str.String())
	case f.value.text != "Allow" && f.value.text != "Deny":
		v.add("INVALID_EFFECT", f.value.span(), f.value.text)
	default:
		s.effect = f.value.text
	}
}

// either returns an element or its negation.
func (s *statement) either(name string) (f *field, not bool) {
	if f := s.field(name); f != nil {
		return f, false
	}
	f = s.field("Not" + name)
	return f, f != nil
}

// texts returns the strings of an element, and finds what is none.
func (v *validator) texts(n *node) (all []*node) {
	for _, item := range n.list() {
		if item.kind != str {
			v.add("DATA_TYPE_MISMATCH", item.span(), str.String())
			continue
		}
		all = append(all, item)
	}
	return all
}

func (v *validator) actions(s *statement) {
	f, not := s.either("Action")
	s.notAction = not
	switch {
	case f == nil:
		v.add("MISSING_ACTION", s.span())
		return
	case f.value.kind == array && len(f.value.items) == 0:
		v.add("EMPTY_ARRAY_ACTION", f.value.span())
		return
	}
	for _, n := range v.texts(f.value) {
		s.actions = append(s.actions, v.action(n))
	}
	v.redundantActions(s)
}

func (v *validator) action(n *node) *action {
	a := &action{node: n, pattern: strings.ContainsAny(n.text, "*?")}
	a.prefix, a.name, _ = strings.Cut(n.text, ":")
	v.noVariables(n)
	if n.text == "*" {
		return a
	}
	if f, ok := v.lintedAt("INVALID_SERVICE_IN_ACTION", n.start); ok {
		suggested, _, _ := strings.Cut(meant(f.Suggestion), ":")
		v.add("INVALID_SERVICE_IN_ACTION", n.span(), a.prefix, suggested)
		return a
	}
	if f, ok := v.lintedAt("INVALID_ACTION", n.start); ok {
		v.add("INVALID_ACTION", n.span(), n.text, meant(f.Suggestion))
		return a
	}
	a.service, _ = catalog.Lookup(a.prefix)
	pattern, err := enforce.ParseAction(n.text)
	if a.service == nil || err != nil {
		return a
	}
	for _, known := range a.service.Actions() {
		if pattern.Match(known.String()) {
			a.meant = append(a.meant, known)
		}
	}
	return a
}

// has reports whether an action or pattern means an action, by its whole name.
func (a *action) has(name string) bool {
	pattern, err := enforce.ParseAction(a.text)
	return err == nil && pattern.Match(name)
}

// maxCompared is how many actions or resources of a statement are compared with each other:
// of more nothing is said.
const maxCompared = 1000

// redundantActions finds actions that a pattern of the statement has in it.
func (v *validator) redundantActions(s *statement) {
	texts := make([]*node, len(s.actions))
	for i, a := range s.actions {
		lower := *a.node
		lower.text = strings.ToLower(lower.text)
		texts[i] = &lower
	}
	if covered := coveredOf(texts, coveredBy); len(covered) > 0 {
		v.addAll("REDUNDANT_ACTION", spans(covered), itoa(len(covered)), v.textAt(covered[0]))
	}
}

// coveredOf returns those that another one covers.
func coveredOf(all []*node, covers func(text, by string, earlier bool) bool) (covered []*node) {
	if len(all) > maxCompared {
		return nil
	}
	for i, n := range all {
		for j, by := range all {
			if i != j && covers(n.text, by.text, j < i) {
				covered = append(covered, n)
				break
			}
		}
	}
	return covered
}

// textAt is a string as it is written.
func (v *validator) textAt(n *node) string { return strings.Trim(v.doc[n.start:n.end], `"`) }

func spans(nodes []*node) (all []span) {
	for _, n := range nodes {
		all = append(all, n.span())
	}
	return all
}

// coveredBy reports whether a pattern matches whatever text does, both in lower case; of two
// that are the same the later is covered.
func coveredBy(text, by string, earlier bool) bool {
	if text == by {
		return earlier
	}
	return strings.ContainsAny(by, "*?") && globMatches(by, text)
}

// globMatches reports whether a pattern matches a text, in which only a star stands for a star.
func globMatches(by, text string) bool {
	star, retry := -1, 0
	i, j := 0, 0
	for j < len(text) {
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

// privileges finds grants of an action that is dangerous on every resource, by the ways in
// which a statement can have wildcards.
func (v *validator) privileges(s *statement, name, code string) {
	if v.policyType != Identity || s.effect != "Allow" || code == "PASS_ROLE" && s.hasKey("iam:PassedToService") {
		return
	}
	var at *span
	exact, star := false, false
	for _, a := range s.actions {
		if a.has(name) {
			place := a.span()
			at, exact, star = &place, exact || !a.pattern, star || a.pattern
		}
	}
	named := at != nil
	if s.notAction {
		if named {
			return
		}
		place := s.field("NotAction").value.span()
		at = &place
	}
	if at == nil {
		return
	}
	every := slices.ContainsFunc(s.resources, func(r *node) bool { return r.text == "*" || everyRole(r.text) })
	var suffix string
	switch {
	case s.notRes && s.notAction:
		suffix = "_WITH_NOT_ACTION_AND_NOT_RESOURCE"
	case s.notRes && star && !exact:
		suffix = "_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE"
	case s.notRes:
		suffix = "_WITH_NOT_RESOURCE"
	case !every:
		return
	case s.notAction:
		suffix = "_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION"
	case star && !exact:
		suffix = "_WITH_STAR_IN_ACTION_AND_RESOURCE"
	default:
		suffix = "_WITH_STAR_IN_RESOURCE"
	}
	places := []span{*at}
	for _, r := range s.resources {
		places = append(places, r.span())
	}
	v.addAll(code+suffix, places)
}

// everyRole reports whether a pattern means every role of an account: "the service namespace
// in the name" makes it a narrower one.
func everyRole(resource string) bool {
	parts := strings.SplitN(resource, ":", 6)
	return len(parts) == 6 && (parts[2] == "iam" || parts[2] == "*") && (parts[5] == "*" || parts[5] == "role/*")
}

func (s *statement) hasKey(keys ...string) bool {
	return slices.ContainsFunc(s.conditions, func(c *condition) bool {
		return slices.ContainsFunc(keys, func(key string) bool {
			return c.is(key) || strings.HasSuffix(key, "/") && strings.HasPrefix(strings.ToLower(c.key), strings.ToLower(key))
		})
	})
}
