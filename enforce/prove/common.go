package prove

import (
	"slices"

	"github.com/leastpriv/leastpriv/enforce"
)

// leaveOut leaves the Allows out of a comparison that both sets have, where that changes
// nothing: the sets differ in the identity-based policies and the resource's policy alone,
// and each Deny of the old ones is among the new. A request that is newly allowed is one of
// another Allow then, since what allows it more, and denies it less, would allow it before.
// The question is narrowed to the actions of those.
func (p *proof) leaveOut() {
	if !comparable(p.deny, p.allow) {
		return
	}
	allows, denies := effects(p.deny)
	changedAllows, changedDenies := effects(p.allow)
	for key := range denies {
		if changedDenies[key] == nil {
			return
		}
	}
	without := make(map[*enforce.Statement]bool)
	for s := range p.without {
		without[s] = true
	}
	p.narrow = []pattern{}
	for key, statements := range changedAllows {
		for _, s := range statements {
			if allows[key] != nil {
				without[s.Statement] = true
			}
			switch {
			case without[s.Statement] || p.narrow == nil:
			case s.not:
				p.narrow = nil
			default:
				p.narrow = append(p.narrow, s.actions...)
			}
		}
	}
	p.without = without
	if p.question.narrow = nil; p.narrow != nil {
		p.question.narrow = newPatternIndex(p.narrow)
	}
}

// comparable reports whether two sets differ in the identity-based policies and the
// resource's policy alone, and the latter are of one kind.
func comparable(a, b *enforce.PolicySet) bool {
	nodes := func(a, b [][]*enforce.Policy) bool {
		return (a == nil) == (b == nil) && slices.EqualFunc(a, b, slices.Equal[[]*enforce.Policy])
	}
	return a.Boundary == b.Boundary && a.Endpoint == b.Endpoint && a.NoResourcePolicy == b.NoResourcePolicy &&
		(a.Session == nil) == (b.Session == nil) && slices.Equal(a.Session, b.Session) && nodes(a.SCPs, b.SCPs) && nodes(a.RCPs, b.RCPs) &&
		(a.Resource == nil) == (b.Resource == nil) && (a.Resource == nil || a.Resource.Kind() == b.Resource.Kind())
}

// An effected is a statement with its actions.
type effected struct {
	*enforce.Statement
	actions []pattern
	not     bool // of NotAction
}

// effects returns the Allows and the Denies of the identity-based policies and the resource's
// policy, by what they say.
func effects(set *enforce.PolicySet) (allows, denies map[string][]effected) {
	allows, denies = make(map[string][]effected), make(map[string][]effected)
	look := func(layer string, p *enforce.Policy) {
		r := readingOf(p)
		keys := r.keys()
		for i, s := range p.Statements() {
			to := allows
			if s.Effect() == "Deny" {
				to = denies
			}
			key := layer + keys[i]
			if s.Policy().Version() == "2012-10-17" {
				key += " with variables"
			}
			to[key] = append(to[key], effected{s, r.actions[i], r.doc.Statements[i].NotAction != nil})
		}
	}
	for _, p := range set.Identity {
		look("identity", p)
	}
	if set.Resource != nil {
		look("resource", set.Resource)
	}
	return allows, denies
}

// keys returns what each statement says, but for its Sid.
func (r *reading) keys() []string {
	r.once.Do(func() {
		for _, s := range r.doc.Statements {
			s.Sid.Value = ""
			d := enforce.Document{Statements: []enforce.StatementElements{s}}
			r.said = append(r.said, d.String())
		}
	})
	return r.said
}
