package enforce

import (
	"strings"
	"unicode/utf8"
	"unsafe"
)

// Compiled patterns hold these two bytes in place of * and ?. Neither occurs in
// UTF-8 text, so that a * that came out of a policy variable, or that a policy
// wrote as ${*}, stays the literal character.
const (
	anyRun  byte = 0xfe // any run of characters, also none
	anyChar byte = 0xff // exactly one character

	anyRuns = "\xfe" // anyRun as a string
)

// A byteTable says what each byte of a text becomes.
type byteTable [256]byte

var (
	sameBytes = func() (t byteTable) {
		for c := range t {
			t[c] = byte(c)
		}
		return t
	}()
	// lowerCase is that of ASCII, which is all that the names of actions have.
	lowerCase   = sameBytes.with("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
	wildcards   = sameBytes.with("*?", "\xfe\xff")
	actionBytes = lowerCase.with("*?", "\xfe\xff")
)

// with returns the table with other bytes in place of some.
func (t byteTable) with(from, to string) byteTable {
	for i := range len(from) {
		t[from[i]] = to[i]
	}
	return t
}

// Replace returns the text with its bytes replaced. It shares the memory of s
// when there is nothing to replace.
func (t *byteTable) Replace(s string) string {
	for i := range len(s) {
		if t[s[i]] != s[i] {
			text := []byte(s)
			for ; i < len(text); i++ {
				text[i] = t[text[i]]
			}
			return unsafe.String(&text[0], len(text)) // it is not changed any more
		}
	}
	return s
}

// A pattern is a compiled pattern that was also taken apart, so that matching
// does not look for its wildcards again.
type pattern struct {
	text string
	kind patternKind
	// Of a spread pattern: how much of the text is before its first run and after
	// its last, and the parts between.
	head, tail int32
	middle     []string
}

type patternKind uint8

const (
	exact   patternKind = iota // no wildcard
	spread                     // runs only
	general                    // with ?
)

func newPattern(text string) pattern {
	p := pattern{text: text}
	switch {
	case strings.IndexByte(text, anyChar) >= 0:
		p.kind = general
	case strings.IndexByte(text, anyRun) >= 0:
		p.kind = spread
		first, last := strings.IndexByte(text, anyRun), strings.LastIndexByte(text, anyRun)
		p.head, p.tail = int32(first), int32(len(text)-last-1) // MaxDocument is far less
		if first < last {
			p.middle = strings.Split(text[first+1:last], anyRuns)
		}
	}
	return p
}

// match reports whether all of s matches.
func (p *pattern) match(s string) bool { return p.matchIn(s, new(texts)) }

// matchIn is match for a text that other patterns are matched with as well.
func (p *pattern) matchIn(s string, t *texts) bool {
	switch p.kind {
	case exact:
		return s == p.text
	case general:
		return t.glob(p.text, s)
	}
	head, end := int(p.head), len(s)-int(p.tail)
	if head > end || s[:head] != p.text[:head] || p.tail > 0 && s[end:] != p.text[len(p.text)-int(p.tail):] {
		return false
	}
	s = s[head:end]
	for _, part := range p.middle {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return true
}

// glob reports whether all of s matches the compiled pattern p. It never looks
// back: each literal part between two runs is looked for once, from where the
// part before it was found, so that a*a*a*… costs no more than a*.
func (t *texts) glob(p, s string) bool {
	part, rest, wild := cutRun(p)
	after, found := cutPrefix(s, part)
	if !wild {
		return found == matched && after == ""
	}
	for found == matched {
		part, rest, wild = cutRun(rest)
		if !wild {
			return hasSuffix(after, part)
		}
		after, found = cutAfter(after, part)
	}
	return found == undecided && t.search(p, s)
}

// A finding says whether a part of a pattern was found.
type finding uint8

const (
	unmatched finding = iota
	matched
	undecided // it takes too long to say so one place after the other
)

func findingOf(ok bool) finding {
	if ok {
		return matched
	}
	return unmatched
}

// cutRun cuts a pattern at its first run.
func cutRun(p string) (part, rest string, found bool) {
	if i := strings.IndexByte(p, anyRun); i >= 0 {
		return p[:i], p[i+1:], true
	}
	return p, "", false
}

// cutPrefix matches part, a pattern without runs, at the start of s.
func cutPrefix(s, part string) (rest string, _ finding) {
	var ok bool
	if strings.IndexByte(part, anyChar) < 0 {
		rest, ok = strings.CutPrefix(s, part)
	} else {
		rest, _, ok = tryPrefix(s, part, len(part))
	}
	return rest, findingOf(ok)
}

// hasSuffix matches part, a pattern without runs, at the end of s.
func hasSuffix(s, part string) bool {
	if strings.IndexByte(part, anyChar) < 0 {
		return strings.HasSuffix(s, part)
	}
	for i := len(part) - 1; i >= 0; i-- {
		switch last := len(s) - 1; {
		case last < 0:
			return false
		case part[i] == anyChar:
			_, n := utf8.DecodeLastRuneInString(s)
			s = s[:len(s)-n]
		case part[i] == s[last]:
			s = s[:last]
		default:
			return false
		}
	}
	return true
}

// cutAfter finds the first match of part, a pattern without runs, in s and
// returns what follows it.
func cutAfter(s, part string) (rest string, _ finding) {
	if strings.IndexByte(part, anyChar) < 0 {
		_, rest, ok := strings.Cut(s, part)
		return rest, findingOf(ok)
	}
	// A place where part does not match is most often seen at its first character. A part
	// that nearly matches everywhere would cost its length for each.
	tries := 0
	for i := range s {
		rest, tried, ok := tryPrefix(s[i:], part, manyTries-tries)
		if ok {
			return rest, matched
		}
		if tries += tried + 1; tries > manyTries {
			return "", undecided
		}
	}
	return "", unmatched
}

// manyTries is how many characters and places are compared in vain before the text is
// worth an index: few, because many patterns may be matched with one text.
const manyTries = 128

// tryPrefix matches part, a pattern without runs, at the start of s, as far as so many
// characters, and tells how many it compared.
func tryPrefix(s, part string, most int) (rest string, tried int, ok bool) {
	for i := range min(len(part), most) {
		switch {
		case s == "":
			return "", i, false
		case part[i] == anyChar:
			_, n := utf8.DecodeRuneInString(s)
			s = s[n:]
		case part[i] == s[0]:
			s = s[1:]
		default:
			return "", i, false
		}
	}
	return s, most, most >= len(part)
}
