package prove

import "github.com/leastpriv/leastpriv/enforce"

type nodeKind uint8

const (
	never nodeKind = iota
	always
	claim // an atom, or its contrary
	and
	or
	maybe // something of which nothing is known
)

// A node is a formula about requests. Negations are pushed down to the atoms.
type node struct {
	kind  nodeKind
	claim said
	parts []*node
	// deny is the statement that the formula keeps from applying, if it is that.
	deny *enforce.Statement

	hash     uint64 // the same for what says the same
	contrary *node  // where it was asked for
}

var (
	yes = &node{kind: always}
	no  = &node{kind: never}
)

func constant(b bool) *node {
	if b {
		return yes
	}
	return no
}

func both(parts ...*node) *node   { return joined(and, parts) }
func either(parts ...*node) *node { return joined(or, parts) }

// joined leaves out what changes nothing.
func joined(kind nodeKind, parts []*node) *node {
	neutral, decisive := always, never
	if kind == or {
		neutral, decisive = never, always
	}
	var kept []*node
	for _, p := range parts {
		switch p.kind {
		case neutral:
		case decisive:
			return p
		default:
			kept = append(kept, p)
		}
	}
	switch len(kept) {
	case 0:
		return &node{kind: neutral}
	case 1:
		return kept[0]
	}
	hash := uint64(kind)
	for _, p := range kept {
		hash = (hash ^ p.hash) * 1099511628211
	}
	return &node{kind: kind, parts: kept, hash: hash}
}

// claimed says an atom, or its contrary.
func claimed(c said) *node {
	n := &node{kind: claim, claim: c, hash: uint64(2*c.id+1) * 0x9e3779b97f4a7c15}
	if c.in {
		n.hash = ^n.hash
	}
	return n
}

// says reports whether two formulas say the same, being written alike.
func (n *node) says(other *node) bool {
	if n == other {
		return true
	}
	if n.kind == maybe || n.hash != other.hash || n.kind != other.kind || n.claim != other.claim || len(n.parts) != len(other.parts) {
		return false
	}
	for i, p := range n.parts {
		if !p.says(other.parts[i]) {
			return false
		}
	}
	return true
}

// not returns the contrary.
func (n *node) not() *node {
	if n.contrary == nil && n.kind >= claim {
		n.contrary = n.negated()
	}
	if n.contrary != nil {
		return n.contrary
	}
	return constant(n.kind == never)
}

func (n *node) negated() *node {
	switch n.kind {
	case claim:
		return claimed(said{n.claim.atom, !n.claim.in})
	case maybe:
		return &node{kind: maybe}
	}
	parts := make([]*node, len(n.parts))
	for i, p := range n.parts {
		parts[i] = p.not()
	}
	kind := and
	if n.kind == and {
		kind = or
	}
	return joined(kind, parts)
}

// holds reports whether a formula holds of what a request has. Where that cannot be said
// exactly, it may.
func (n *node) holds(state func(*dimension) (keyState, bool)) bool {
	switch n.kind {
	case claim:
		s, ok := state(n.claim.dim)
		return ok && n.claim.holds(s) == n.claim.in
	case and:
		for _, p := range n.parts {
			if !p.holds(state) {
				return false
			}
		}
		return true
	case or:
		for _, p := range n.parts {
			if p.holds(state) {
				return true
			}
		}
		return false
	}
	return n.kind == always || n.kind == maybe
}
