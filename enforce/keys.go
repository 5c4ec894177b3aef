package enforce

import (
	"iter"
	"slices"
	"strings"
)

// ContextKeys returns the condition keys that a policy looks at, in conditions
// and in policy variables, in the order in which they first appear and as they
// are spelled there. The names of keys are case-insensitive.
func (p *Policy) ContextKeys() []string {
	var keys keyList
	for _, s := range p.statements {
		s.contextKeys(keys.add)
	}
	return keys.names
}

// Reaches reports whether a statement allows any of a service's actions, on some
// resource and in some context. What is denied it does not look at. The service
// is its prefix, and the actions are all that it has, like "s3:GetObject".
func (p *Policy) Reaches(service string, actions iter.Seq[string]) bool {
	return slices.ContainsFunc(p.allows.rules, func(r rule) bool { return r.reaches(service, actions) })
}

func (s *Statement) reaches(service string, actions iter.Seq[string]) bool {
	if !s.not.action && !slices.ContainsFunc(s.actions, func(a ActionPattern) bool { return a.any || serviceOf(a.text) == service }) {
		return false // most statements are about other services
	}
	for action := range actions {
		if s.concerns(strings.ToLower(action)) {
			return true
		}
	}
	return false
}

// Span returns where the statement stands in the document of its policy: the
// offset of its first byte, and the one after its last.
func (s *Statement) Span() (start, end int) { return int(s.start), int(s.end) }

// Matched returns the statements of the identity-based and resource-based
// policies that apply to the request and have the effect of the verdict: every
// Allow or every Deny, and none for an implicit denial.
func (d Decision) Matched() []*Statement {
	var matched []*Statement
	if d.Verdict == ImplicitDeny || d.isMisplaced() {
		return nil
	}
	d.grants(func(e *eval, p *Policy) {
		list := p.allows.rules
		if d.Verdict == ExplicitDeny {
			list = p.denies.rules
		}
		for _, r := range list {
			if e.matches(r.Statement) != unnamed {
				matched = append(matched, r.Statement)
			}
		}
	})
	return matched
}

// AbsentKeys returns the condition keys that the statements of the
// identity-based and resource-based policies about the action look at, and that
// the request does not have.
func (d Decision) AbsentKeys() []string {
	var keys keyList
	d.grants(func(e *eval, p *Policy) {
		for _, s := range p.statements {
			if s.concerns(e.action) {
				s.contextKeys(func(k *conditionKey) {
					if e.value(k) == nil {
						keys.add(k)
					}
				})
			}
		}
	})
	return keys.names
}

// AboutResource reports whether any statement of the resource-based policy is
// about the request's resource, whatever the statement's action and principal.
func (d Decision) AboutResource() (about bool) {
	d.again(func(e *eval) {
		about = d.Policies.Resource != nil && slices.ContainsFunc(d.Policies.Resource.statements, e.covers)
	})
	return about
}

// grants visits the policies that can grant.
func (d Decision) grants(visit func(*eval, *Policy)) {
	d.again(func(e *eval) {
		for _, p := range d.Policies.Identity {
			visit(e, p)
		}
		if d.Policies.Resource != nil {
			visit(e, d.Policies.Resource)
		}
	})
}

// contextKeys visits the keys of the statement's resources and conditions.
func (s *Statement) contextKeys(visit func(*conditionKey)) {
	for i := range s.resources {
		if parts := s.resources[i].parts; parts != nil {
			for j := range parts {
				parts[j].variables(visit)
			}
		}
	}
	for i := range s.conditions {
		c := &s.conditions[i]
		visit(c.key)
		if !c.op.textual || s.policy.version != version2012 {
			continue
		}
		for _, v := range c.values {
			// The values were compiled before: there is no error.
			t, _ := compileTemplate(v, textMode{variables: true})
			t.variables(visit)
		}
	}
}

// variables visits the keys that the template's variables name.
func (t *template) variables(visit func(*conditionKey)) {
	for i := range t.pieces {
		if k := t.pieces[i].key; k != nil {
			visit(k)
		}
	}
}

// A keyList has the names of keys, each once.
type keyList struct {
	names []string
	seen  map[string]bool
}

func (l *keyList) add(k *conditionKey) {
	if l.seen == nil {
		l.seen = make(map[string]bool)
	}
	if !l.seen[k.lower] {
		l.seen[k.lower] = true
		l.names = append(l.names, k.name)
	}
}
