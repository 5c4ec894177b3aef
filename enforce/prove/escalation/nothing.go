package escalation

import (
	"slices"

	"github.com/leastpriv/leastpriv/enforce"
)

// onNothing returns a set that decides about requests on any resource what another one
// decides about those on "*": of actions that act on no resource.
func (x *index) onNothing(set *enforce.PolicySet) *enforce.PolicySet {
	all := func(policies []*enforce.Policy) []*enforce.Policy {
		if policies == nil {
			return nil
		}
		made := make([]*enforce.Policy, len(policies))
		for i, p := range policies {
			made[i] = x.unscoped(p)
		}
		return made
	}
	nodes := func(from [][]*enforce.Policy) (made [][]*enforce.Policy) {
		for _, node := range from {
			made = append(made, all(node))
		}
		return made
	}
	made := *set
	made.Identity, made.Session, made.SCPs, made.RCPs = all(set.Identity), all(set.Session), nodes(set.SCPs), nodes(set.RCPs)
	if set.Boundary != nil {
		made.Boundary = x.unscoped(set.Boundary)
	}
	return &made
}

// unscoped has the statements of a policy that apply to "*", for any resource, once.
func (x *index) unscoped(p *enforce.Policy) *enforce.Policy {
	x.mu.Lock()
	defer x.mu.Unlock()
	if made := x.plain[p]; made != nil {
		return made
	}
	made := p
	d := p.Elements()
	var left []enforce.StatementElements
	changed := false
	for i := range d.Statements {
		s := d.Statements[i]
		named := slices.ContainsFunc(slices.Concat(s.Resource, s.NotResource), func(t enforce.Text) bool { return matchesStar(t.Value) })
		if named != (len(s.NotResource) == 0) && len(s.Resource)+len(s.NotResource) > 0 {
			changed = true
			continue
		}
		changed = changed || len(s.Resource) != 1 || s.Resource[0].Value != "*"
		s.Resource, s.NotResource = enforce.Texts("*"), nil
		left = append(left, s)
	}
	switch {
	case len(left) == 0:
		made = enforce.Empty(p.Kind())
	case changed:
		d.Statements = left
		if built, err := enforce.Build(d, p.Kind(), p.Source()); err == nil {
			made = built
		}
	}
	x.plain[p] = made
	return made
}

// matchesStar reports whether a resource of a policy matches the text "*".
func matchesStar(pattern string) bool {
	p, err := enforce.ParseResource(pattern)
	return err == nil && p.Match("*")
}
