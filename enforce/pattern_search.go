package enforce

import (
	"bytes"
	"math/bits"
)

// match reports whether all of the text matches a compiled pattern that has a run.
func (x *textIndex) match(p characters) bool {
	first, last := bytes.IndexByte(p.classes, anyRun), bytes.LastIndexByte(p.classes, anyRun)
	head, tail := p.slice(0, first), p.slice(last+1, p.len())
	at, end := first, x.len()-tail.len()
	if at > end || !x.has(head, 0) || !x.has(tail, end) {
		return false
	}
	for first < last {
		next := first + 1 + bytes.IndexByte(p.classes[first+1:], anyRun)
		part := p.slice(first+1, next)
		found := x.find(part, at, end)
		if found < 0 {
			return false
		}
		at, first = found+part.len(), next
	}
	return true
}

// find returns the first place at which a part of a pattern, without runs, matches
// between two places of the text; -1 when there is none.
func (x *textIndex) find(part characters, from, end int) int {
	s := search{x: x, part: part, last: end - part.len()}
	if !s.begin() {
		return -1
	}
	for ; from <= s.last && !s.worthTransform(from); from += 64 * blockWords {
		if !s.block(from) {
			continue
		}
		for i, left := range s.left {
			for ; left != 0; left &= left - 1 {
				place := from + 64*i + bits.TrailingZeros64(left)
				if place > s.last {
					return -1
				}
				if x.has(part, place) {
					return place
				}
			}
		}
	}
	if from > s.last {
		return -1
	}
	return s.transform(from)
}

// blockWords is how many words of places are compared at a time; measured.
const blockWords = 16

// A search looks for a part of a pattern at all places of a block at once.
type search struct {
	x    *textIndex
	part characters
	last int // place where the part may match
	left [blockWords]uint64
	// decisive are characters of the part that have ruled out what was left, the last
	// one first. They are looked at before the others: a part that nearly matches
	// everywhere is mostly ruled out by the same few.
	decisive [8]int
	known    int // how many are decisive
	looks    int // at a character of the part, for a block
}

// begin makes the rarest character of the part the first one that is decisive, and reports
// whether the text has it.
func (s *search) begin() bool {
	rarest := s.x.len() + 1
	seen := [256]bool{anyChar: true}
	for i, class := range s.part.classes {
		if seen[class] {
			continue
		}
		seen[class] = true
		if n := s.x.counted(class); n < rarest {
			rarest, s.known = n, 1
			s.decisive[0] = i
		}
	}
	return rarest > 0
}

// block reports whether there is a place left in the block where the classes of all
// characters of the part match. Behind the last place there may be some that do not.
func (s *search) block(from int) bool {
	for i := range s.left {
		s.left[i] = ^uint64(0)
	}
	for k, i := range s.decisive[:s.known] {
		if !s.keep(from, i) {
			s.decided(i, k)
			return false
		}
	}
	for i, class := range s.part.classes {
		if class != anyChar && !s.keep(from, i) {
			s.known = min(s.known+1, len(s.decisive))
			s.decided(i, s.known-1)
			return false
		}
	}
	return true
}

// decided puts a character before those that are decisive, up to the one with a number,
// whose place it takes.
func (s *search) decided(i, k int) {
	copy(s.decisive[1:k+1], s.decisive[:k])
	s.decisive[0] = i
}

// keep leaves the places of the block at which a character of the part matches, and
// reports whether there are any.
func (s *search) keep(from, i int) bool {
	s.looks++
	places := s.x.of(s.part.classes[i])
	first, shift := (from+i)/64, uint(from+i)%64
	words := places[first:][:blockWords+1]
	found := uint64(0)
	for k := range s.left {
		left := s.left[k] & (words[k]>>shift | words[k+1]<<1<<(63-shift))
		s.left[k] = left
		found |= left
	}
	return found != 0
}
