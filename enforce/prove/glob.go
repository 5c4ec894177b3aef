package prove

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A class is what characters a wildcard stands for.
type class uint8

const (
	anyRune class = iota
	noColon       // the first five segments of an ARN have no colon
	name          // the prefix of a service and the name of an action, in lower case: a-z, 0-9 and -
	digit
	nonzero
	zeroToFive
	zeroToFour
	zero
	hexadecimal
)

func (c class) has(r rune) bool {
	switch c {
	case noColon:
		return r != ':'
	case name:
		return r == '-' || 'a' <= r && r <= 'z' || digit.has(r)
	case digit:
		return '0' <= r && r <= '9'
	case nonzero:
		return '1' <= r && r <= '9'
	case zeroToFive:
		return '0' <= r && r <= '5'
	case zeroToFour:
		return '0' <= r && r <= '4'
	case zero:
		return r == '0'
	case hexadecimal:
		return 'a' <= r && r <= 'f' || 'A' <= r && r <= 'F' || digit.has(r)
	}
	return true
}

type elementKind uint8

const (
	literal elementKind = iota
	folded              // a character in any case
	one                 // any one character of the class
	run                 // any run of characters of the class, also none
)

// An element is a part of a glob.
type element struct {
	kind  elementKind
	class class
	r     rune
}

func (e element) has(r rune) bool {
	switch e.kind {
	case literal:
		return e.r == r
	case folded:
		return foldsTo(e.r, r)
	}
	return e.class.has(r)
}

// foldsTo reports whether two characters are the same for strings.EqualFold.
func foldsTo(a, b rune) bool {
	if a == b || a == utf8.RuneError && b >= notText { // as strings.EqualFold has it
		return true
	}
	for f := unicode.SimpleFold(a); f != a; f = unicode.SimpleFold(f) {
		if f == b {
			return true
		}
	}
	return false
}

// A glob is a pattern of a policy, character by character.
type glob []element

func exactly(s string) glob {
	g := make(glob, 0, len(s))
	for at := 0; at < len(s); {
		r, size := decode(s[at:])
		g = append(g, element{kind: literal, r: r})
		at += size
	}
	return g
}

// notText is what stands before a byte that is no part of a text, beyond all characters: what
// BinaryEquals compares may be any bytes.
const notText = unicode.MaxRune + 1

// decode returns the first character of a text, or its first byte, and how long it is.
func decode(s string) (rune, int) {
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 {
		return notText + rune(s[0]), 1
	}
	return r, size
}

func writeRune(b *strings.Builder, r rune) {
	if r >= notText {
		b.WriteByte(byte(r - notText))
		return
	}
	b.WriteRune(r)
}

func inAnyCase(s string) glob {
	g := exactly(s)
	for i := range g {
		g[i].kind = folded
	}
	return g
}

// wild reads the wildcards of a text; they stand for characters of the class.
func wild(s string, c class) glob {
	g := make(glob, 0, len(s))
	for _, r := range s {
		switch r {
		case '*':
			g = g.with(element{kind: run, class: c})
		case '?':
			g = append(g, element{kind: one, class: c})
		default:
			g = append(g, element{kind: literal, r: r})
		}
	}
	return g
}

// with appends an element, but no second run of the same characters.
func (g glob) with(e element) glob {
	if e.kind == run && len(g) > 0 && g[len(g)-1] == e {
		return g
	}
	return append(g, e)
}

// text returns the only text of a glob; false when it has more.
func (g glob) text() (string, bool) {
	var b strings.Builder
	for _, e := range g {
		if e.kind != literal {
			return "", false
		}
		writeRune(&b, e.r)
	}
	return b.String(), true
}

// greedy reports whether a text can be matched from the left without looking back past the
// last run: no run stands for less than one before it.
func (g glob) greedy() bool {
	widest := zero
	for _, e := range g {
		if e.kind == run {
			if width[e.class] == 0 || width[e.class] < width[widest] {
				return false
			}
			widest = e.class
		}
	}
	return true
}

// width orders the classes of runs, but those without an order: each has all characters of
// those before it.
var width = [...]int{zero: 1, digit: 2, name: 3, noColon: 4, anyRune: 5, hexadecimal: 0}

// match reports whether a greedy glob matches a text.
func (g glob) match(text string) bool {
	at, i := 0, 0
	again, after := 0, -1 // where the last run could go on, and what follows it in the glob
	for at < len(text) {
		if i < len(g) && g[i].kind == run {
			i++
			again, after = at, i
			continue
		}
		r, size := decode(text[at:])
		if i < len(g) && g[i].has(r) {
			at, i = at+size, i+1
			continue
		}
		if after < 0 {
			return false
		}
		r, size = decode(text[again:])
		if !g[after-1].has(r) {
			return false
		}
		again += size
		at, i = again, after
	}
	for i < len(g) && g[i].kind == run {
		i++
	}
	return i == len(g)
}

// String returns the glob as policies write it.
func (g glob) String() string {
	var b strings.Builder
	for _, e := range g {
		switch e.kind {
		case one:
			b.WriteByte('?')
		case run:
			b.WriteByte('*')
		default:
			writeRune(&b, e.r)
		}
	}
	return b.String()
}

// example returns a text of the glob, with a filling in place of each run.
func (g glob) example(filling string) string {
	var b strings.Builder
	for _, e := range g {
		switch {
		case e.kind == one && e.class >= zeroToFive:
			b.WriteByte('0')
		case e.kind == one && e.class >= digit:
			b.WriteByte('7')
		case e.kind == one:
			b.WriteByte('x')
		case e.kind == run && e.class != noColon && e.class < digit:
			b.WriteString(filling)
		case e.kind == run:
		default:
			writeRune(&b, e.r)
		}
	}
	return b.String()
}

// apart reports that two globs surely have no text in common: what they begin or end
// with differs.
func apart(a, b glob) bool {
	return differ(a, b, func(g glob, i int) element { return g[i] }) ||
		differ(a, b, func(g glob, i int) element { return g[len(g)-1-i] })
}

func differ(a, b glob, at func(glob, int) element) bool {
	for i := range min(len(a), len(b)) {
		x, y := at(a, i), at(b, i)
		switch {
		case x.kind == run || y.kind == run:
			return false
		case x.kind == literal && !y.has(x.r), y.kind == literal && !x.has(y.r):
			return true
		}
	}
	return a.shortest() > len(b) && b.fixed() || b.shortest() > len(a) && a.fixed()
}

// fixed reports whether all texts of a glob have as many characters as it has elements.
func (g glob) fixed() bool {
	for _, e := range g {
		if e.kind == run {
			return false
		}
	}
	return true
}

// shortest is how many characters a text of the glob has at least.
func (g glob) shortest() (n int) {
	for _, e := range g {
		if e.kind != run {
			n++
		}
	}
	return n
}
