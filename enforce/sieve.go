package enforce

// A sieve is the set of runs of three bytes that a text has, folded into 128 bits. What
// matches a pattern has all the runs of the pattern's literal parts, so that one
// comparison of sieves rules most patterns out. In a long policy that is most of the work.
// Runs of three tell names like bucket-17 and bucket-71 apart better than pairs do.
type sieve struct{ low, high uint64 }

// full is the sieve that has all runs.
var full = sieve{^uint64(0), ^uint64(0)}

// runLength is how many bytes a run has.
const runLength = 3

// with returns the sieve with one more run, the lowest three bytes of the given.
func (v sieve) with(run uint32) sieve {
	hash := (run * golden) << 8 // of the lowest three bytes alone
	bit, high := uint64(1)<<(hash>>25&63), -uint64(hash>>31)
	return sieve{v.low | bit&^high, v.high | bit&high}
}

// minSieved is how many statements are worth making the sieve of the request's
// resource; measured.
const minSieved = 4

// add puts the runs of a text, which may be a compiled pattern, into the sieve.
func (v *sieve) add(text string) {
	var run uint32 // the last bytes that are no wildcards, the newest in the lowest bits
	length := 0
	for i := range len(text) {
		c := text[i]
		if c >= anyRun {
			length = 0
			continue
		}
		run = run<<8 | uint32(c)
		if length++; length >= runLength {
			*v = v.with(run)
		}
	}
}

// golden is 2^32 divided by the golden ratio, which spreads what is alike.
const golden = 0x9e3779b1

// not returns the runs that a sieve has not.
func (v sieve) not() sieve { return sieve{^v.low, ^v.high} }

// stops reports whether a text that lacks the runs of v cannot match a pattern that
// needs some of them.
func (v sieve) stops(needs sieve) bool { return needs.low&v.low|needs.high&v.high != 0 }

// skip leaves out the rules at the head of a list that the sieve stops.
func (v sieve) skip(list []rule) []rule {
	for i := range list {
		if !v.stops(list[i].needs) {
			return list[i:]
		}
	}
	return nil
}

// lacksRuns returns what the request's resource has not, for a number of statements.
func (e *eval) lacksRuns(statements int) sieve {
	if statements < minSieved || e.req.Unknown != nil {
		return sieve{}
	}
	if e.lacking == (sieve{}) {
		e.lacking = sieveOf(e.req.Resource).not()
	}
	return e.lacking
}

// sieveOf is add for a text without wildcards. Bytes that stand for them in patterns are
// in no pattern's literal parts, so that their runs let nothing pass.
func sieveOf(text string) (v sieve) {
	if len(text) < runLength {
		return v
	}
	run := uint32(text[0])<<8 | uint32(text[1])
	for i := runLength - 1; i < len(text); i++ {
		run = run<<8 | uint32(text[i])
		v = v.with(run)
	}
	return v
}

// sieve returns what each resource that a statement names has in common: a
// request's resource without it is none of them. It is empty with NotResource.
func (s *Statement) sieve() sieve {
	if s.not.resource || len(s.resources) == 0 {
		return sieve{}
	}
	common := full
	for i := range s.resources {
		one := s.resources[i].sieve()
		common = sieve{common.low & one.low, common.high & one.high}
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
