package enforce

import (
	"math/bits"
	"math/rand/v2"
	"slices"
	"unicode/utf8"
	"unsafe"
)

// Characters are a text or a compiled pattern with one byte for each character: its
// class. An ASCII character is its own class; the others share those between
// [utf8.RuneSelf] and anyRun, so that two of them in one class are not yet the same.
type characters struct {
	classes []byte
	runes   []rune // nil when all are ASCII
}

// spread decides which characters share a class. It is another one in each process, so
// that nobody can choose a text whose characters all do.
var classSpread = rand.Uint32() | 1

// classOf is the class of a character that is not ASCII.
func classOf(r rune) byte {
	const classes = uint64(anyRun - utf8.RuneSelf)
	return utf8.RuneSelf + byte(uint64(uint32(r)*classSpread)*classes>>32)
}

// notText and the value of a byte are what stands for a byte that is not UTF-8.
const notText = utf8.MaxRune + 1

// noWildcard is the first byte of the wildcards of a text, which has none.
const noWildcard = 0x100

// charactersOf reads a text in which the bytes from one on are wildcards, which stay what
// they are. What it makes for others than ASCII stands in a buffer.
func charactersOf(s string, wildcard int, buffer *characters) characters {
	bytes := unsafe.Slice(unsafe.StringData(s), len(s)) // they are only read
	if isPlain(bytes, wildcard) {
		return characters{classes: bytes}
	}
	classes, runes := slices.Grow(buffer.classes[:0], len(s))[:len(s)], slices.Grow(buffer.runes[:0], len(s))[:len(s)]
	n := 0
	for i := 0; i < len(s); n++ {
		c := s[i]
		if c < utf8.RuneSelf || int(c) >= wildcard {
			classes[n], runes[n] = c, rune(c)
			i++
			continue
		}
		r, width := decode(s[i:])
		classes[n], runes[n] = classOf(r), r
		i += width
	}
	*buffer = characters{classes[:n], runes[:n]}
	return *buffer
}

// decode reads a character that is not ASCII, or a byte that is no text. Most such
// characters have two bytes, which are read fast.
func decode(s string) (rune, int) {
	if s[0]>>5 == 0b110 && s[0] > 0xc1 && len(s) > 1 && s[1]>>6 == 0b10 {
		return rune(s[0]&0x1f)<<6 | rune(s[1]&0x3f), 2
	}
	r, width := utf8.DecodeRuneInString(s)
	if width == 1 {
		r = notText + rune(s[0])
	}
	return r, width
}

// isPlain reports whether all bytes are ASCII or wildcards.
func isPlain(bytes []byte, wildcard int) bool {
	for len(bytes) > 0 {
		n := 1
		switch {
		case len(bytes) >= 8 && eightBytes(bytes)&(utf8.RuneSelf*eachByte) == 0:
			n = 8
		case bytes[0] >= utf8.RuneSelf && int(bytes[0]) < wildcard:
			return false
		}
		bytes = bytes[n:]
	}
	return true
}

func (c characters) len() int { return len(c.classes) }

func (c characters) slice(from, to int) characters {
	if c.runes == nil {
		return characters{classes: c.classes[from:to]}
	}
	return characters{c.classes[from:to], c.runes[from:to]}
}

// at is a character.
func (c characters) at(i int) rune {
	if c.runes == nil {
		return rune(c.classes[i])
	}
	return c.runes[i]
}

// has reports whether a part of a pattern, without runs, matches at a place behind which
// there is room for it.
func (c characters) has(part characters, place int) bool {
	for i, class := range part.classes {
		if class != anyChar && c.at(place+i) != part.at(i) {
			return false
		}
	}
	return true
}

// A textIndex knows where in a text the characters are. With it a pattern costs a word
// for each of its characters and 64 of the text, at most.
type textIndex struct {
	text string
	characters
	// places has the places of each class that was asked for, one bit each, and as many
	// empty words behind them as a block has, and one.
	places [256][]uint64
	count  [256]int // how many places those are
}

func newTextIndex(s string) *textIndex {
	return &textIndex{text: s, characters: charactersOf(s, noWildcard, new(characters))}
}

// counted is how many places of a class there are.
func (x *textIndex) counted(class byte) int {
	x.of(class)
	return x.count[class]
}

// of returns the places of a class.
func (x *textIndex) of(class byte) []uint64 {
	if x.places[class] == nil {
		x.places[class] = placesOf(x.classes, class)
		for _, word := range x.places[class] {
			x.count[class] += bits.OnesCount64(word)
		}
	}
	return x.places[class]
}

// placesOf compares eight bytes at a time: the upper bit of each stands for the result,
// and a multiplication brings the eight together.
func placesOf(classes []byte, class byte) []uint64 {
	const (
		lower    = 0x7f * eachByte
		together = 0x0102040810204080
	)
	places := make([]uint64, len(classes)/64+blockWords+1)
	whole := len(classes) &^ 7
	for i := 0; i < whole; i += 8 {
		differ := eightBytes(classes[i:]) ^ uint64(class)*eachByte
		same := ^((differ&lower + lower) | differ | lower) >> 7
		places[i/64] |= same * together >> 56 << (i % 64)
	}
	for i := whole; i < len(classes); i++ {
		if classes[i] == class {
			places[i/64] |= 1 << (i % 64)
		}
	}
	return places
}

// eachByte times a byte is eight of it.
const eachByte = 0x0101010101010101

// eightBytes are the first eight, the first one lowest; the compiler makes one load of it.
func eightBytes(b []byte) uint64 {
	_ = b[7]
	return uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
		uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
}

// A texts remembers the index of the text that was searched last: the patterns of a
// condition are matched against the same text, one after the other.
type texts struct {
	last    *textIndex
	pattern characters // that was matched last, a buffer
}

// search matches a compiled pattern that has a run by the index of a text.
func (t *texts) search(p, s string) bool {
	return t.index(s).match(charactersOf(p, int(anyRun), &t.pattern))
}

func (t *texts) index(s string) *textIndex {
	if t.last == nil || t.last.text != s {
		t.last = newTextIndex(s)
	}
	return t.last
}
