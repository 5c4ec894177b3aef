package enforce

// A sieve is the set of pairs of neighbouring bytes that a text has, folded
// into 64 bits. What matches a pattern has all the pairs of the pattern's
// literal parts, so that one comparison of sieves rules most patterns out. In a
// long policy that is most of the work.
type sieve uint64

// minSieved is how many statements are worth making the sieve of the request's
// resource; measured.
const minSieved = 4

// add puts the pairs of a text, which may be a compiled pattern, into the sieve.
func (v *sieve) add(text string) {
	for i := 1; i < len(text); i++ {
		a, b := text[i-1], text[i]
		if a < anyRun && b < anyRun {
			pair := uint32(a)<<8 | uint32(b)
			*v |= 1 << (pair * golden >> 26) // the upper six bits
		}
	}
}

// golden is 2^32 divided by the golden ratio, which spreads what is alike.
const golden = 0x9e3779b1

// stops reports whether a text that has the pairs cannot match a pattern that
// needs others.
func (v sieve) stops(needs sieve) bool { return needs&^v != 0 }

// sieve returns what the request's resource has, for a number of statements.
func (e *eval) sieve(statements int) sieve {
	if statements < minSieved {
		return ^sieve(0)
	}
	if e.sieved == 0 {
		e.sieved.add(e.req.Resource)
	}
	return e.sieved
}

// sieve returns what each resource that a statement names has in common: a
// request's resource without it is none of them. It is empty with NotResource.
func (s *Statement) sieve() sieve {
	if s.not.resource || len(s.resources) == 0 {
		return 0
	}
	common := ^sieve(0)
	for i := range s.resources {
		common &= s.resources[i].sieve()
	}
	return common
}

func (p *arnPattern) sieve() (v sieve) {
	if p.parts == nil {
		v.add(p.whole.text)
		return v
	}
	for i := range p.parts {
		part := &p.parts[i]
		v.add(part.text)
		for _, piece := range part.pieces {
			if piece.key == nil {
				v.add(piece.literal)
			}
		}
	}
	return v
}
