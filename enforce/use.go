package enforce

// A Use is a statement that grants a request, and by which of its elements: their places
// in its Action and Resource. Of NotAction and NotResource there are none.
type Use struct {
	Statement          *Statement
	Actions, Resources []int
}

// Uses returns the Allow statements of the identity-based and resource-based policies
// that apply to a request which was allowed: all of them, since each would do. What no
// request uses is a grant that a policy can do without.
func (d Decision) Uses() []Use {
	if !d.Allowed() {
		return nil
	}
	var uses []Use
	d.grants(func(e *eval, p *Policy) {
		for _, r := range p.allows.rules {
			if e.matches(r.Statement) != unnamed {
				uses = append(uses, e.use(r.Statement))
			}
		}
	})
	return uses
}

func (e *eval) use(s *Statement) Use {
	u := Use{Statement: s}
	if !s.not.action {
		for i := range s.actions {
			if s.actions[i].match(e.action) {
				u.Actions = append(u.Actions, i)
			}
		}
	}
	if !s.not.resource {
		for i := range s.resources {
			if e.resourceIs(&s.resources[i]) == yes {
				u.Resources = append(u.Resources, i)
			}
		}
	}
	return u
}
