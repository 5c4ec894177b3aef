package prove

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// A search looks for a request of which formulas hold. It says of each dimension what must
// be, finds a value, and looks at what does not hold with these values: of that one part
// must hold, which it tries one after the other.
type search struct {
	*work
	held    []held // by the number of the dimension
	trail   []change
	blamed  map[*enforce.Statement]bool // those that stood in the way
	blurred bool                        // something was not known
}

// A held is what was said of a dimension, and a state of which it holds.
type held struct {
	dim   *dimension
	said  []said
	state keyState
}

// A change is what was held before something was said.
type change struct {
	dim   *dimension
	said  int
	state keyState
}

func newSearch(w *work) *search {
	return &search{work: w, blamed: make(map[*enforce.Statement]bool)}
}

// of returns what is held of a dimension.
func (s *search) of(d *dimension) *held {
	for len(s.held) <= d.number {
		s.held = append(s.held, held{})
	}
	return &s.held[d.number]
}

// begin reports whether there is any action, resource and caller to look for: patterns may
// have none in common.
func (s *search) begin(dims map[string]*dimension) outcome {
	for name, d := range dims {
		if strings.HasPrefix(name, "\x00") {
			if a := s.can(d, nil); a.outcome != possible {
				return a.outcome
			}
		}
	}
	return possible
}

// say adds to what must be of a dimension, and reports whether it can be.
func (s *search) say(c said) outcome {
	h := s.of(c.dim)
	for _, other := range h.said {
		if other.atom == c.atom {
			if other.in == c.in {
				return possible
			}
			return impossible
		}
	}
	before := change{c.dim, len(h.said), h.state}
	more := append(h.said, c)
	if h.said == nil || c.holds(h.state) != c.in {
		a := s.can(c.dim, more)
		if a.outcome != possible {
			return a.outcome
		}
		h.state = a.state
	}
	h.dim, h.said = c.dim, more
	s.trail = append(s.trail, before)
	return possible
}

// undo takes back what was said since.
func (s *search) undo(mark int) {
	for len(s.trail) > mark {
		last := s.trail[len(s.trail)-1]
		s.trail = s.trail[:len(s.trail)-1]
		h := s.of(last.dim)
		if h.said, h.state = h.said[:last.said], last.state; last.said == 0 {
			h.said = nil
		}
	}
}

// state returns what a request that was found has in a dimension.
func (s *search) state(d *dimension) (keyState, bool) {
	if h := s.of(d); h.said != nil {
		return h.state, true
	}
	a := s.can(d, nil)
	return a.state, a.outcome == possible
}

// find reports whether all formulas can hold together; what was said stays said then.
func (s *search) find(all ...*node) outcome {
	if !s.spend(1) {
		return unknown
	}
	mark := len(s.trail)
	var choices []*node
	result := possible
	for _, n := range all {
		if r := s.assume(n, &choices); r == impossible {
			s.undo(mark)
			return impossible
		} else if r == unknown {
			result = unknown
		}
	}
	if result == possible {
		if result = s.choose(choices); result == possible {
			return possible
		}
	}
	s.undo(mark)
	return result
}

// assume says all that must be so that a formula holds, and adds what leaves a choice.
func (s *search) assume(n *node, choices *[]*node) outcome {
	switch n.kind {
	case never:
		return impossible
	case claim:
		return s.say(n.claim)
	case or:
		*choices = append(*choices, n)
	case maybe:
		s.blurred = true
	case and:
		result := possible
		for _, p := range n.parts {
			if r := s.assume(p, choices); r == impossible {
				return impossible
			} else if r == unknown {
				result = unknown
			}
		}
		return result
	}
	return possible
}

// maxExcluded is how many of the ways that were tried are excluded from those that follow.
const maxExcluded = 16

// choose finds a choice that does not hold yet, the one with the fewest ways out, and tries
// these.
func (s *search) choose(choices []*node) outcome {
	open := -1
	var ways []*node
	must := demands(choices)
	for i, n := range choices {
		if n.holds(s.state) {
			continue
		}
		if n.deny != nil {
			s.blamed[n.deny] = true
		}
		w := s.ways(n, ways, open >= 0, must)
		if open < 0 || len(w) < len(ways) {
			open, ways = i, w
		}
		if len(ways) == 0 {
			return impossible
		}
		if !s.spend(1) {
			return unknown
		}
	}
	if open < 0 {
		return possible
	}
	rest := slices.Delete(slices.Clone(choices), open, open+1)
	result := impossible
	var excluded []*node // without these, or it would have been found
	for _, way := range ways {
		switch s.find(slices.Concat([]*node{way}, rest, excluded)...) {
		case possible:
			return possible
		case unknown:
			result = unknown
		}
		if s.spent {
			return unknown
		}
		if way.kind == claim && len(excluded) < maxExcluded {
			excluded = append(excluded, way.not())
		}
	}
	return result
}

// demands returns formulas that must hold, by their hashes, where there are several.
func demands(choices []*node) map[uint64]*node {
	if len(choices) < 2 {
		return nil
	}
	must := make(map[uint64]*node, len(choices))
	for _, n := range choices {
		must[n.hash] = n
	}
	return must
}

// ways returns the parts of a choice that can hold with what was said; when there are more
// than others, some of them.
func (s *search) ways(n *node, others []*node, fewer bool, must map[uint64]*node) (ways []*node) {
	for _, p := range n.parts {
		if p.kind == and && must != nil {
			if contrary := p.not(); must[contrary.hash] != nil && must[contrary.hash].says(contrary) {
				continue
			}
		}
		if !s.excludes(p) {
			if ways = append(ways, p); fewer && len(ways) >= len(others) {
				break
			}
		}
	}
	return ways
}

// excludes reports whether a formula surely cannot hold with what was said.
func (s *search) excludes(n *node) bool {
	switch n.kind {
	case never:
		return true
	case claim:
		mark := len(s.trail)
		result := s.say(n.claim)
		s.undo(mark)
		return result == impossible
	case and:
		return slices.ContainsFunc(n.parts, s.excludes)
	}
	return false
}
