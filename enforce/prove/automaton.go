package prove

import (
	"encoding/binary"
	"slices"
)

// A textSet is the texts that one of several globs matches. It is read as an automaton:
// a state is the places in the globs at which a text can be, and is made when a text
// first gets there.
type textSet struct {
	globs  []glob
	exact  map[string]bool // the texts, where no glob has a wildcard
	first  []int32         // of each glob: its place 0 among the places of all
	globOf []int32         // of each place
	states []*state
	byKey  map[string]int32
	runes  []rune // that the globs name
	typed  bool   // some wildcard has a class of letters or digits
}

// A state of a textSet.
type state struct {
	places  []int32
	next    map[rune]int32
	accepts bool // the text that led here is in the set
	dead    bool // no text that goes on from here is
	all     bool // every text that goes on from here is
}

func newTextSet(globs ...glob) *textSet {
	s := &textSet{globs: globs}
	exact := make(map[string]bool, len(globs))
	seen := make(map[rune]bool)
	for i, g := range globs {
		if text, ok := g.text(); ok && exact != nil {
			exact[text] = true
		} else {
			exact = nil
		}
		s.first = append(s.first, int32(len(s.globOf)))
		for range len(g) + 1 {
			s.globOf = append(s.globOf, int32(i))
		}
		for _, e := range g {
			s.note(e, seen)
		}
	}
	s.exact = exact
	return s
}

// note keeps the characters that an element tells apart from others.
func (s *textSet) note(e element, seen map[rune]bool) {
	add := func(r rune) {
		if !seen[r] {
			seen[r] = true
			s.runes = append(s.runes, r)
		}
	}
	switch e.kind {
	case literal:
		add(e.r)
	case folded:
		for _, r := range orbit(e.r) {
			add(r)
		}
	default:
		if e.class == noColon {
			add(':')
		} else if e.class != anyRune {
			s.typed = true
		}
	}
}

// start returns the state of the empty text.
func (s *textSet) start() int32 {
	if len(s.states) == 0 {
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
	}
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
	at := s.start()
	for _, r := range text {
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
				letters = orbit(e.r)
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
