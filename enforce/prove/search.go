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
	said    map[*dimension][]said
	blamed  map[*enforce.Statement]bool // those that stood in the way
	blurred bool                        // something was not known
}

func newSearch(w *work) *search {
	return &search{work: w, said: make(map[*dimension][]said), blamed: make(map[*enforce.Statement]bool)}
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
	all := s.said[c.dim]
	for _, other := range all {
		if other.atom == c.atom {
			if other.in == c.in {
				return possible
			}
			return impossible
		}
	}
	more := append(slices.Clip(all), c)
	a := s.can(c.dim, more)
	if a.outcome == possible {
		s.said[c.dim] = more
	}
	return a.outcome
}

// state returns what a request that was found has in a dimension.
func (s *search) state(d *dimension) (keyState, bool) {
	a := s.can(d, s.said[d])
	return a.state, a.outcome == possible
}

// find reports whether all formulas can hold together; what was said stays said then.
func (s *search) find(all []*node) outcome {
	if !s.spend(1) {
		return unknown
	}
	kept := s.keep()
	choices, result := s.assume(all)
	if result == possible {
		if result = s.choose(choices); result == possible {
			return possible
		}
	}
	s.said = kept
	return result
}

func (s *search) keep() map[*dimension][]said {
	kept := make(map[*dimension][]said, len(s.said))
	for d, all := range s.said {
		kept[d] = all
	}
	return kept
}

// assume says all that must be, and returns what leaves a choice.
func (s *search) assume(all []*node) (choices []*node, _ outcome) {
	result := possible
	for todo := slices.Clone(all); len(todo) > 0; {
		n := todo[0]
		todo = todo[1:]
		switch n.kind {
		case never:
			return nil, impossible
		case and:
			todo = append(slices.Clone(n.parts), todo...)
		case or:
			choices = append(choices, n)
		case about:
			s.blurred = true
			todo = append([]*node{n.parts[0]}, todo...)
		case claim:
			switch s.say(n.claim) {
			case impossible:
				return nil, impossible
			case unknown:
				result = unknown
			}
		}
	}
	return choices, result
}

// choose finds a choice that does not hold yet, the one with the fewest ways out, and tries
// these.
func (s *search) choose(choices []*node) outcome {
	open := -1
	var ways []*node
	for i, n := range choices {
		if n.holds(s.state) {
			continue
		}
		if n.deny != nil {
			s.blamed[n.deny] = true
		}
		w := s.ways(n)
		if open < 0 || len(w) < len(ways) {
			open, ways = i, w
		}
		if len(ways) == 0 {
			return impossible
		}
	}
	if open < 0 {
		return possible
	}
	rest := slices.Delete(slices.Clone(choices), open, open+1)
	result := impossible
	for i, way := range ways {
		todo := append([]*node{way}, rest...)
		for _, tried := range ways[:i] {
			if tried.kind == claim { // without it, or it would have been found
				todo = append(todo, tried.not())
			}
		}
		switch s.find(todo) {
		case possible:
			return possible
		case unknown:
			result = unknown
		}
		if s.left < 0 {
			return unknown
		}
	}
	return result
}

// ways returns the parts of a choice that can hold with what was said.
func (s *search) ways(n *node) (ways []*node) {
	for _, p := range n.parts {
		if !s.excludes(p) {
			ways = append(ways, p)
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
		kept := s.said[n.claim.dim]
		result := s.say(n.claim)
		s.said[n.claim.dim] = kept
		return result == impossible
	case and:
		return slices.ContainsFunc(n.parts, s.excludes)
	case about:
		return s.excludes(n.parts[0])
	}
	return false
}
