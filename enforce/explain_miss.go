package enforce

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// A NearMiss is an Allow statement about the action that did not apply, and why.
type NearMiss struct {
	Layer     string `json:"layer"`
	Statement string `json:"statement"`
	// Principal and Resource are false where the statement is about others.
	Principal bool `json:"principal"`
	Resource  bool `json:"resource"`
	// Notes say in what the principals or resources differ, and which variables are none.
	Notes []string `json:"notes,omitempty"`
	// Unmet are the conditions that do not hold.
	Unmet []Unmet `json:"unmet,omitempty"`

	closeness closeness
}

// An Unmet is a condition that does not hold.
type Unmet struct {
	Operator string   `json:"operator"`
	Key      string   `json:"key"`
	Wanted   []string `json:"wanted"`
	// Actual has the values of the request; nil when the key is missing.
	Actual []string `json:"actual"`
	// Unknown are the keys that the condition asks for and whose values are not known.
	Unknown []string `json:"unknown,omitempty"`
}

// NearMisses returns the statements that came closest to allowing a request
// that was denied for want of an Allow, the closest of each layer first. Layers that allow
// have none.
func (d Decision) NearMisses() []NearMiss {
	if d.Verdict != ImplicitDeny || d.fixed() != nil {
		return nil
	}
	var misses []NearMiss
	d.again(func(e *eval) {
		for _, l := range e.taking() {
			if e.layer(l).Verdict == Allowed {
				continue
			}
			first := len(misses)
			for _, p := range e.policies(l) {
				for _, r := range p.allows.rules {
					if r.concerns(e.action) && e.matches(r.Statement) == unnamed {
						misses = append(misses, e.nearMiss(l, r.Statement))
					}
				}
			}
			slices.SortStableFunc(misses[first:], func(a, b NearMiss) int { return slices.Compare(b.closeness[:], a.closeness[:]) })
		}
	})
	return misses
}

func (e *eval) nearMiss(l Layer, s *Statement) NearMiss {
	miss := NearMiss{Layer: l.String(), Statement: describe(l, s), Principal: e.names(s) != unnamed, Resource: e.covers(s), closeness: e.closeness(s)}
	if !miss.Principal {
		miss.Notes = append(miss.Notes, e.otherPrincipals(s))
	}
	if !miss.Resource {
		miss.Notes = append(miss.Notes, e.otherResources(s))
	}
	for i := range s.conditions {
		c := &s.conditions[i]
		if e.condition(c) == yes {
			continue
		}
		miss.Unmet = append(miss.Unmet, e.unmet(c))
	}
	if note := e.literalCondition(s); note != "" {
		miss.Notes = append(miss.Notes, note)
	}
	return miss
}

// literalCondition is literalVariable for the conditions of a statement that do not hold.
func (e *eval) literalCondition(s *Statement) string {
	for i := range s.conditions {
		c := &s.conditions[i]
		if !c.op.textual || e.holds(c) {
			continue
		}
		for _, value := range c.values {
			if note := literalVariable(s, value); note != "" {
				return note
			}
		}
	}
	return ""
}

// unmet returns what a condition wants, and what the request has.
func (e *eval) unmet(c *condition) Unmet {
	unmet := Unmet{Operator: c.qualified.String(), Key: c.key.name, Wanted: c.values, Unknown: e.unknownKeys(c)}
	if v := e.value(c.key); v != nil {
		unmet.Actual = slices.Clone(v.texts())
	}
	return unmet
}

// literalVariable says so where a text has a variable that its document does not know as
// one; empty otherwise.
func literalVariable(s *Statement, text string) string {
	_, after, found := strings.Cut(text, "${")
	name, _, closed := strings.Cut(after, "}")
	if !found || !closed || s.policy.version == version2012 {
		return ""
	}
	return fmt.Sprintf("its document has no Version %s, so that ${%s} is no variable and is taken literally", version2012, name)
}

// MissingKeys returns the condition keys that near misses look at and the
// request does not have.
func (d Decision) MissingKeys() []string {
	var keys []string
	for _, miss := range d.NearMisses() {
		for _, unmet := range miss.Unmet {
			if unmet.Actual == nil && !slices.Contains(keys, unmet.Key) {
				keys = append(keys, unmet.Key)
			}
		}
	}
	return keys
}

// misspelled tells of Allow statements with an action that does not exist and that is
// like the denied one, or that is an operation which needs the denied one.
func (d Decision) misspelled() (lines []string) {
	if d.Verdict != ImplicitDeny || d.fixed() != nil {
		return nil
	}
	d.again(func(e *eval) {
		for _, l := range e.taking() {
			for _, p := range e.policies(l) {
				for _, r := range p.allows.rules {
					for _, hint := range misspellings(r.Statement, d.Request.Action) {
						lines = append(lines, "  "+describe(l, r.Statement)+": "+hint)
					}
				}
			}
		}
	})
	if more := len(lines) - maxListed; more > 0 {
		lines = append(lines[:maxListed], fmt.Sprintf("  and %d more such actions", more))
	}
	return lines
}

// misspellings returns what is wrong with the actions of a statement that are likely to
// mean a given one.
func misspellings(s *Statement, action string) (hints []string) {
	if s.not.action {
		return nil
	}
	prefix, name, _ := strings.Cut(action, ":")
	for i := range s.actions {
		written, operation, _ := strings.Cut(s.actions[i].text, ":")
		if s.actions[i].kind != exact || strings.EqualFold(s.actions[i].text, action) || catalog.Nearest(written, []string{prefix}) == "" {
			continue
		}
		text := s.Elements().Action[i].Value
		if _, exists := catalog.Find(text); exists {
			continue
		}
		_, asWritten, _ := strings.Cut(text, ":")
		needs := catalog.Needs(prefix, asWritten)
		switch {
		case catalog.Nearest(operation, []string{name}) != "":
			hints = append(hints, fmt.Sprintf("there is no action %s, did you mean %s?", text, action))
		case slices.ContainsFunc(needs, func(p catalog.Permission) bool { return strings.EqualFold(p.Action, action) }):
			hints = append(hints, fmt.Sprintf("there is no action %s: the operation %s needs %s", text, asWritten, action))
		}
	}
	return hints
}

// covering returns the parts of a statement by which it covers the request, and which of
// them could be narrower.
func (e *eval) covering(s *Statement) (parts, narrow string) {
	elements := s.Elements()
	var list, wide []string
	add := func(element, value string, exactly bool) {
		list = append(list, fmt.Sprintf("%s %q", element, value))
		if !exactly {
			wide = append(wide, element)
		}
	}
	if s.not.action {
		add("NotAction", strings.Join(valuesOf(elements.NotAction), ", "), false)
	} else {
		i := slices.IndexFunc(s.actions, func(a ActionPattern) bool { return a.match(e.action) })
		add("Action", elements.Action[i].Value, s.actions[i].kind == exact)
	}
	switch {
	case s.not.resource:
		add("NotResource", strings.Join(valuesOf(elements.NotResource), ", "), false)
	case len(s.resources) > 0:
		i := slices.IndexFunc(s.resources, func(p arnPattern) bool { return e.resourceIs(&p) != no })
		text := elements.Resource[i].Value
		add("Resource", text, text == e.req.Resource)
	}
	switch {
	case s.not.principal:
		add("NotPrincipal", principalTexts(elements.NotPrincipal), false)
	case len(s.principals) > 0:
		at := 0
		for i := range s.principals {
			if s.principals[i].names(&e.req.Principal) > s.principals[at].names(&e.req.Principal) {
				at = i
			}
		}
		p := &s.principals[at]
		add("Principal", p.value, p.kind != everybody && p.kind != accountID && p.kind != canonicalUser)
	}
	parts = conjoin(list)
	switch len(wide) {
	case 0:
		return parts, "give it a Condition, or remove the statement"
	case 1:
		return parts, "narrow the " + wide[0] + ", or remove the statement"
	}
	return parts, "narrow one of them, or remove the statement"
}

// conjoin lists one or more in words: "a, b and c".
func conjoin(list []string) string {
	last := len(list) - 1
	if last == 0 {
		return list[0]
	}
	return strings.Join(list[:last], ", ") + " and " + list[last]
}

func principalTexts(list []PrincipalElement) string {
	texts := make([]string, len(list))
	for i, p := range list {
		texts[i] = p.Value
	}
	return strings.Join(texts, ", ")
}

// callerName returns what policies know the caller by.
func (p *Principal) callerName() string { return cmp.Or(p.ARN, p.Service, string(p.Type)) }
