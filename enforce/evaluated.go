package enforce

// A PolicyEvaluation is a policy that a decision was made of.
type PolicyEvaluation struct {
	Policy *Policy
	Layer  Layer
	// Node is the level of the organization that an SCP or RCP is attached to: 0 is the
	// root, the last one the account.
	Node int
	// Matched are the statements that apply to the request and have the effect of the
	// decision: none where nothing allows.
	Matched []*Statement
}

// PolicyEvaluations returns the policies of all layers that take part, in AWS's order.
// None does where AWS decides whatever the policies say.
func (d Decision) PolicyEvaluations() (all []PolicyEvaluation) {
	if d.fixed() != nil {
		return nil
	}
	d.again(func(e *eval) {
		for _, l := range e.taking() {
			nodes := [][]*Policy{e.policies(l)}
			if l == SCPLayer || l == RCPLayer {
				nodes = e.nodes(l)
			}
			for i, node := range nodes {
				for _, p := range node {
					all = append(all, PolicyEvaluation{Policy: p, Layer: l, Node: i, Matched: e.matched(d, l, p)})
				}
			}
		}
	})
	return all
}

// matched returns the statements of a policy that a decision rests on.
func (e *eval) matched(d Decision, l Layer, p *Policy) (matched []*Statement) {
	if d.Verdict == ImplicitDeny || d.isMisplaced() || d.Verdict == ExplicitDeny && e.denies(l) == nil {
		return nil
	}
	for _, s := range p.statements {
		if s.deny == (d.Verdict == ExplicitDeny) && e.matches(s) != unnamed {
			matched = append(matched, s)
		}
	}
	return matched
}
