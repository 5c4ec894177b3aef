package enforce

import "unicode/utf8"

// A places is a set of places in a part of a pattern, one bit each: bit j stands for
// what has matched the first j bytes of the part. The last word has room for the place
// behind the part.
type places []uint64

func newPlaces(part string) places { return make(places, len(part)/64+1) }

func (p places) has(j int) bool { return p[j/64]>>(j%64)&1 != 0 }

// A search looks for a part, a pattern without runs, at all places of a text at once: it
// reads the text once and keeps the set of all that has matched so far (shift-and), so
// that a byte of text costs a word for each 64 bytes of the part, whatever both are.
type search struct {
	part string
	// holds has the places before each byte of the part, and any those before each ?.
	holds [256]places
	any   places
	// next are the sets at the byte of text that is read and at those behind it that one
	// character can reach.
	next [utf8.UTFMax + 1]places
	// high is the last word in which any of the sets has something.
	high int
}

func newSearch(part string) *search {
	q := &search{part: part, any: newPlaces(part)}
	for j := range len(part) {
		set := &q.holds[part[j]]
		if part[j] == anyChar {
			set = &q.any
		} else if *set == nil {
			*set = newPlaces(part)
		}
		(*set)[j/64] |= 1 << (j % 64)
	}
	for i := range q.next {
		q.next[i] = newPlaces(part)
	}
	return q
}

// cutAfterAtOnce is cutAfter for texts in which the part nearly matches at many places.
// Of all matches it takes the one that ends first.
func cutAfterAtOnce(s, part string) (rest string, ok bool) {
	q := newSearch(part)
	starts := 0 // of the next character: where a match may begin
	for i := range len(s) {
		_, width := utf8.DecodeRuneInString(s[i:])
		if i == starts {
			q.next[0][0] |= 1
			starts += width
		}
		q.read(s[i], width)
		if q.next[0].has(len(part)) {
			return s[i+1:], true
		}
	}
	return "", false
}

// read moves every place over a byte of text: those before that byte to the next byte,
// and those before a ? over the character that begins here.
func (q *search) read(c byte, width int) {
	at, literal := q.next[0], q.holds[c]
	one, far := q.next[1], q.next[width]
	var carryOne, carryFar uint64
	last := min(q.high+1, len(at)-1)
	for w := 0; w <= last; w++ {
		here := at[w]
		at[w] = 0
		step := here & q.any[w]
		far[w] |= step<<1 | carryFar
		carryFar = step >> 63
		if literal != nil {
			step = here & literal[w]
			one[w] |= step<<1 | carryOne
			carryOne = step >> 63
		}
	}
	if q.high < last && one[last]|far[last] != 0 {
		q.high = last
	}
	copy(q.next[:], q.next[1:])
	q.next[len(q.next)-1] = at
}
