package prove

import (
	"maps"
	"slices"

	"github.com/leastpriv/leastpriv/enforce"
)

// leaveOut narrows a comparison to what the sets differ in, where they differ in the
// identity-based policies and the resource's policy alone. A request that is newly allowed is
// one of an Allow that the old ones have not, or of a Deny that the new ones have not: what
// allows it as much, and denies it as little, allowed it before. If there is no such Deny, and
// the new Allows are all of one layer, those of this layer that both sets have are left out: the
// request is one of the new.
func (p *proof) leaveOut() {
	if !alike(p.deny, p.allow) {
		return
	}
	allows, denies := effects(p.deny)
	changedAllows, changedDenies := effects(p.allow)
	removed := others(denies, changedDenies)
	added := slices.DeleteFunc(others(changedAllows, allows), func(s effected) bool { return p.without[s.Statement] })
	if layer, ok := onlyLayer(added); ok && len(removed) == 0 {
		without := maps.Clone(p.without)
		if without == nil {
			without = make(map[*enforce.Statement]bool)
		}
		for key, statements := range changedAllows {
			for _, s := range statements {
				if allows[key] != nil && s.layer == layer {
					without[s.Statement] = true
				}
			}
		}
		p.without = without
	}
	p.differ, p.question.narrow = make(map[*enforce.Statement]bool), nil
	var actions []pattern
	every := false
	for _, s := range append(added, removed...) {
		p.differ[s.Statement] = true
		every = every || s.not
		actions = append(actions, s.actions...)
	}
	if !every {
		p.question.narrow = newPatternIndex(actions)
	}
}

// others returns the statements that are not among others.
func others(all, known map[string][]effected) (others []effected) {
	for key, statements := range all {
		if known[key] == nil {
			others = append(others, statements...)
		}
	}
	return others
}

// onlyLayer returns the layer of all statements; false when they are of several.
func onlyLayer(all []effected) (layer enforce.Layer, ok bool) {
	for i, s := range all {
		if i > 0 && s.layer != layer {
			return layer, false
		}
		layer = s.layer
	}
	return layer, true
}

// difference says that a statement applies in which the sets differ.
func (p *proof) difference(allow, deny *law) *node {
	var parts []*node
	for _, side := range []struct {
		*law
		effect string
	}{{allow, "Allow"}, {deny, "Deny"}} {
		for _, policy := range append(slices.Clip(side.set.Identity), side.set.Resource) {
			side.statements(policy, side.effect, func(s *enforce.Statement, n naming) {
				if p.differ[s] {
					parts = append(parts, n.somehow())
				}
			})
		}
	}
	return either(parts...)
}

// alike reports whether two sets differ in the identity-based policies and the
// resource's policy alone, and the latter are of one kind.
func alike(a, b *enforce.PolicySet) bool {
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
	layer   enforce.Layer
	actions []pattern
	not     bool // of NotAction
}

// effects returns the Allows and the Denies of the identity-based policies and the resource's
// policy, by what they say.
func effects(set *enforce.PolicySet) (allows, denies map[string][]effected) {
	allows, denies = make(map[string][]effected), make(map[string][]effected)
	look := func(layer enforce.Layer, p *enforce.Policy) {
		r := readingOf(p)
		keys := r.keys()
		for i, s := range p.Statements() {
			to := allows
			if s.Effect() == "Deny" {
				to = denies
			}
			key := layer.String() + keys[i]
			if s.Policy().Version() == "2012-10-17" {
				key += " with variables"
			}
			to[key] = append(to[key], effected{s, layer, r.actions[i], r.doc.Statements[i].NotAction != nil})
		}
	}
	for _, p := range set.Identity {
		look(enforce.IdentityLayer, p)
	}
	if set.Resource != nil {
		look(enforce.ResourceLayer, set.Resource)
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
