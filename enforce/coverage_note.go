package enforce

import "sync/atomic"

// Note notes a decision: which statements of the policies that took part applied to the
// request, and by which of their elements. All that apply are noted, since each would do.
func (c *Coverage) Note(d Decision) {
	if c == nil || d.isMisplaced() {
		return
	}
	n := noting{coverage: c, outcome: InDenied, denied: d.Verdict == ExplicitDeny}
	if d.Allowed() {
		n.outcome = InAllowed
	}
	n.caller = d.Request.Principal.covered()
	n.call(d.Request.Action)
	d.again(func(e *eval) {
		if e.fixed() == nil {
			n.eval = e
			n.layers()
		}
	})
}

// covered names a principal: a session by its role, so that there are not more of them than
// tests make roles.
func (p *Principal) covered() string {
	switch {
	case p.IssuerARN != "":
		return p.IssuerARN
	case p.ARN != "":
		return p.ARN
	case p.Service != "":
		return p.Service
	}
	return string(p.Type)
}

// noting is the noting of a decision.
type noting struct {
	*eval
	coverage *Coverage
	caller   string
	outcome  Outcomes
	denied   bool // explicitly
}

// call notes what the principal asked for.
func (n *noting) call(action string) {
	c := n.coverage
	asked := CallCoverage{n.caller, action}
	c.mu.RLock()
	known := c.calls[asked]
	c.mu.RUnlock()
	if known&n.outcome != 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if known == 0 && len(c.calls) >= maxCoveredCalls {
		c.incomplete = true
		return
	}
	if c.calls == nil {
		c.calls = make(map[CallCoverage]Outcomes)
	}
	c.calls[asked] |= n.outcome
	c.news.Add(1)
}

// layers notes the policies of each layer that takes part.
func (n *noting) layers() {
	for rest := n.present; rest != 0; rest &= rest - 1 {
		layer := rest.first()
		switch {
		case !n.takesPart(layer):
		case layer == SCPLayer || layer == RCPLayer:
			for _, node := range n.nodes(layer) {
				n.policies(node...)
			}
		case layer == IdentityLayer:
			n.policies(n.set.Identity...)
		case layer == SessionLayer:
			n.policies(n.set.Session...)
		case layer == BoundaryLayer:
			n.policy(n.set.Boundary)
		case layer == ResourceLayer:
			n.policy(n.set.Resource)
		default:
			n.policy(n.set.Endpoint)
		}
	}
}

func (n *noting) policies(list ...*Policy) {
	for _, p := range list {
		n.policy(p)
	}
}

// policy notes the statements of a policy. Its Deny statements count in denials alone:
// where AWS keeps the policy of a bucket from denying, it did nothing.
func (n *noting) policy(p *Policy) {
	n.index(&p.allows)
	if n.denied {
		n.index(&p.denies)
	}
}

// index notes the statements of an index that can be about the action, as best finds them.
// One that names the action twice is noted twice, which is the same.
func (n *noting) index(x *index) {
	if x.actions == nil {
		n.rules(x.rules)
		return
	}
	n.rules(x.actions.named[n.action])
	for _, w := range x.actions.wilds(n.action) {
		if w.action.match(n.action) {
			n.rules(w.rules)
		}
	}
	n.rules(x.actions.other)
}

func (n *noting) rules(list []rule) {
	lacks := n.lacksRuns(len(list))
	for list = lacks.skip(list); len(list) > 0; list = lacks.skip(list[1:]) {
		s := list[0].Statement
		if s.concerns(n.action) && n.covers(s) && n.names(s) != unnamed {
			if of := n.coverage.policy(s.policy); of != nil {
				n.statement(of, s)
			}
		}
	}
}

// statement notes a statement that is about the request.
func (n *noting) statement(of *policyCoverage, s *Statement) {
	at := &of.layouts[s.number]
	conditions := of.marks[at.end()-at.conditions : at.end()]
	if len(s.conditions) > 0 && !n.meets(s) {
		if n.outcome == InDenied && !s.deny {
			for i := range s.conditions {
				if n.condition(&s.conditions[i]) != yes {
					n.mark(&conditions[i])
				}
			}
		}
		return
	}
	marks := of.marks[at.first:]
	n.mark(&marks[0])
	marks = marks[1:]
	for i := range at.actions {
		if s.actions[i].match(n.action) {
			n.mark(&marks[i])
		}
	}
	marks = marks[at.actions:]
	for i := range at.resources {
		if n.resourceIs(&s.resources[i]) == yes {
			n.mark(&marks[i])
		}
	}
	marks = marks[at.resources:]
	for i := range at.principals {
		if s.principals[i].names(&n.req.Principal) != unnamed {
			n.mark(&marks[i])
		}
	}
	for i := range conditions {
		n.mark(&conditions[i])
	}
	n.principal(of)
}

func (n *noting) mark(m *atomic.Uint32) {
	if m.Load()&uint32(n.outcome) == 0 {
		m.Or(uint32(n.outcome))
		n.coverage.news.Add(1)
	}
}

// principal notes the caller among those of a policy.
func (n *noting) principal(of *policyCoverage) {
	of.callers.RLock()
	known := of.callers.outcomes[n.caller]
	of.callers.RUnlock()
	if known&n.outcome != 0 {
		return
	}
	of.callers.Lock()
	defer of.callers.Unlock()
	if known != 0 || len(of.callers.outcomes) < maxCoveredPrincipals {
		of.callers.outcomes[n.caller] |= n.outcome
		n.coverage.news.Add(1)
	}
}
