package prove

import (
	"encoding/binary"
	"slices"
	"unicode/utf8"
)

// A textSet is the texts that one of several globs matches. It is read as an automaton:
// a state is the places in the globs at which a text can be, and is made when a text
// first gets there.
type textSet struct {
	globs  []glob
	exact  map[string]bool // the texts, where no glob has a wildcard
	greedy bool            // all globs are, and they are few
	fine   bool            // some tell digits or letters apart
	first  []int32         // of each glob: its place 0 among the places of all
	globOf []int32         // of each place
	states []*state
	byKey  map[string]int32
}

// A state of a textSet.
type state struct {
	places  []int32
	letters []rune // that lead elsewhere than others of their class
	next    map[rune]int32
	accepts bool // the text that led here is in the set
	dead    bool // no text that goes on from here is
	all     bool // every text that goes on from here is
}

func newTextSet(globs ...glob) *textSet {
	s := &textSet{globs: globs}
	s.greedy = len(globs) <= maxGreedy
	exact := make(map[string]bool, len(globs))
	for _, g := range globs {
		s.greedy = s.greedy && g.greedy()
		s.fine = s.fine || slices.ContainsFunc(g, func(e element) bool { return e.kind >= one && e.class > digit })
		if text, ok := g.text(); ok && exact != nil {
			exact[text] = true
		} else {
			exact = nil
		}
	}
	s.exact = exact
	return s
}

// maxGreedy is how many globs are matched one by one, and not all at once.
const maxGreedy = 32

// enter numbers the places.
func (s *textSet) enter() {
	if s.first != nil {
		return
	}
	n := 0
	for _, g := range s.globs {
		n += len(g) + 1
	}
	s.first, s.globOf = make([]int32, 0, len(s.globs)), make([]int32, 0, n)
	for i, g := range s.globs {
		s.first = append(s.first, int32(len(s.globOf)))
		for range len(g) + 1 {
			s.globOf = append(s.globOf, int32(i))
		}
	}
}

// start returns the state of the empty text.
func (s *textSet) start() int32 {
	if len(s.states) == 0 {
		s.enter()
		s.byKey = make(map[string]int32)
		var places []int32
		for i := range s.globs {
			places = s.closed(places, s.first[i])
		}
		s.state(places)
	}
	return 0
}

// closed adds a place, and those that runs let one pass on to.
func (s *textSet) closed(places []int32, at int32) []int32 {
	for {
		places = append(places, at)
		g := s.globOf[at]
		if i := int(at - s.first[g]); i == len(s.globs[g]) || s.globs[g][i].kind != run {
			return places
		}
		at++
	}
}

// state returns the number of the state of some places.
func (s *textSet) state(places []int32) int32 {
	slices.Sort(places)
	places = slices.Compact(places)
	key := make([]byte, 0, 4*len(places))
	for _, at := range places {
		key = binary.LittleEndian.AppendUint32(key, uint32(at))
	}
	if n, ok := s.byKey[string(key)]; ok {
		return n
	}
	st := &state{places: places, dead: len(places) == 0, next: make(map[rune]int32)}
	for _, at := range places {
		g := s.globOf[at]
		rest := s.globs[g][at-s.first[g]:]
		st.accepts = st.accepts || len(rest) == 0
		st.all = st.all || len(rest) == 1 && rest[0].kind == run && rest[0].class == anyRune
		if len(rest) == 0 || st.all {
			continue
		}
		switch e := rest[0]; e.kind {
		case literal:
			st.letters = append(st.letters, e.r)
		case folded:
			st.letters = append(st.letters, orbit(e.r)...)
		}
	}
	slices.Sort(st.letters)
	st.letters = slices.Compact(st.letters)
	n := int32(len(s.states))
	s.states = append(s.states, st)
	s.byKey[string(key)] = n
	return n
}

// step returns the state after one more character.
func (s *textSet) step(from int32, r rune) int32 {
	st := s.states[from]
	if n, ok := st.next[r]; ok {
		return n
	}
	var places []int32
	for _, at := range st.places {
		g := s.globOf[at]
		i := int(at - s.first[g])
		if i == len(s.globs[g]) {
			continue
		}
		switch e := s.globs[g][i]; {
		case !e.has(r):
		case e.kind == run:
			places = s.closed(places, at)
		default:
			places = s.closed(places, at+1)
		}
	}
	n := s.state(places)
	st.next[r] = n
	return n
}

// has reports whether a text is in the set.
func (s *textSet) has(text string) bool {
	if s.exact != nil {
		return s.exact[text]
	}
	if s.greedy {
		return slices.ContainsFunc(s.globs, func(g glob) bool { return g.match(text) })
	}
	at := s.start()
	for len(text) > 0 {
		r, size := decode(text)
		text = text[size:]
		at = s.step(at, r)
		if s.states[at].dead {
			return false
		}
		if s.states[at].all {
			return true
		}
	}
	return s.states[at].accepts
}

// maxCases is how many ways to write a text in capitals and small letters are gone through.
const maxCases = 256

// cases returns all texts of a set of words in any case; false when it has others, or more.
func (s *textSet) cases() (all []glob, ok bool) {
	for _, g := range s.globs {
		words := []glob{{}}
		for _, e := range g {
			letters := []rune{e.r}
			switch e.kind {
			case folded:
				if letters = orbit(e.r); e.r == utf8.RuneError {
					return nil, false
				}
			case one, run:
				return nil, false
			}
			var longer []glob
			for _, word := range words {
				for _, r := range letters {
					longer = append(longer, append(word[:len(word):len(word)], element{kind: literal, r: r}))
				}
			}
			if words = longer; len(words) > maxCases {
				return nil, false
			}
		}
		all = append(all, words...)
	}
	return all, true
}
