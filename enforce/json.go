package enforce

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is more than any policy needs: a condition value lies seven deep.
const maxDepth = 16

// A node is one value of a JSON document, with its place in it.
type node struct {
	kind       nodeKind
	start, end int // byte offsets
	text       string
	members    []member // of an object, in order
	items      []node   // of an array
}

// list returns the items of an array, or the node itself: everywhere in a policy
// a single value may stand for a list of one.
func (n *node) list() []node {
	if n.kind == arrayNode {
		return n.items
	}
	return []node{*n}
}

type member struct {
	name  string
	start int
	value node
}

type nodeKind uint8

const (
	objectNode nodeKind = iota
	arrayNode
	stringNode
	numberNode // text is as written
	boolNode   // text is "true" or "false"
	nullNode
)

func (k nodeKind) String() string {
	return [...]string{"an object", "a list", "a string", "a number", "a boolean", "null"}[k]
}

// A jsonError is where a document stops being JSON, and why.
type jsonError struct {
	offset int
	reason string
}

// readJSON reads a document. Unlike encoding/json it keeps the place of
// everything, and refuses what a policy must not have: a key twice in an
// object, text that is not UTF-8, values nested beyond reason. The size is the
// document's without the white space between its tokens, as IAM counts it.
func readJSON(doc string) (root node, size int, err *jsonError) {
	r := reader{doc: doc}
	defer func() {
		if e, ok := recover().(*jsonError); ok {
			err = e
		}
	}()
	if !utf8.ValidString(doc) {
		r.fail(invalidAt(doc), "the text is not valid UTF-8")
	}
	r.skipSpace()
	root = r.value(0)
	r.skipSpace()
	if r.pos < len(doc) {
		r.fail(r.pos, "unexpected text after the document")
	}
	return root, len(doc) - r.space, nil
}

// invalidAt returns the offset of the first byte that is not UTF-8.
func invalidAt(s string) int {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return i
			}
		}
	}
	return len(s)
}

// A reader panics with a *jsonError, which readJSON catches.
type reader struct {
	doc   string
	pos   int
	space int // white space seen so far
}

func (r *reader) fail(offset int, format string, args ...any) {
	panic(&jsonError{offset, fmt.Sprintf(format, args...)})
}

func (r *reader) skipSpace() {
	for r.pos < len(r.doc) && strings.IndexByte(" \t\r\n", r.doc[r.pos]) >= 0 {
		r.pos++
		r.space++
	}
}

// next returns the next byte without taking it, 0 at the end.
func (r *reader) next() byte {
	if r.pos < len(r.doc) {
		return r.doc[r.pos]
	}
	return 0
}

func (r *reader) expect(c byte, where string) {
	if r.next() != c {
		r.fail(r.pos, "%s: want %q, found %s", where, c, r.found())
	}
	r.pos++
}

func (r *reader) found() string {
	if r.pos >= len(r.doc) {
		return "the end of the document"
	}
	c, _ := utf8.DecodeRuneInString(r.doc[r.pos:])
	return strconv.QuoteRune(c)
}

func (r *reader) value(depth int) node {
	if depth > maxDepth {
		r.fail(r.pos, "nested more than %d deep", maxDepth)
	}
	n := node{start: r.pos}
	switch c := r.next(); {
	case c == '{':
		r.object(&n, depth)
	case c == '[':
		r.array(&n, depth)
	case c == '"':
		n.kind, n.text = stringNode, r.string()
	case c == '-' || '0' <= c && c <= '9':
		n.kind, n.text = numberNode, r.number()
	default:
		r.word(&n)
	}
	n.end = r.pos
	return n
}

func (r *reader) object(n *node, depth int) {
	n.kind = objectNode
	r.pos++
	seen := make(map[string]bool)
	for r.skipSpace(); r.next() != '}'; r.skipSpace() {
		if len(n.members) > 0 {
			r.expect(',', "in an object")
			r.skipSpace()
		}
		m := member{start: r.pos}
		if r.next() != '"' {
			r.fail(r.pos, "in an object: want a quoted key, found %s", r.found())
		}
		m.name = r.string()
		if seen[m.name] {
			r.fail(m.start, "key %q is there twice", m.name)
		}
		seen[m.name] = true
		r.skipSpace()
		r.expect(':', "after an object's key")
		r.skipSpace()
		m.value = r.value(depth + 1)
		n.members = append(n.members, m)
	}
	r.pos++
}

func (r *reader) array(n *node, depth int) {
	n.kind = arrayNode
	r.pos++
	for r.skipSpace(); r.next() != ']'; r.skipSpace() {
		if len(n.items) > 0 {
			r.expect(',', "in a list")
			r.skipSpace()
		}
		n.items = append(n.items, r.value(depth+1))
	}
	r.pos++
}

func (r *reader) word(n *node) {
	for _, word := range []string{"true", "false", "null"} {
		if strings.HasPrefix(r.doc[r.pos:], word) {
			n.kind, n.text = boolNode, word
			if word == "null" {
				n.kind = nullNode
			}
			r.pos += len(word)
			return
		}
	}
	r.fail(r.pos, "want a value, found %s", r.found())
}

// number reads a number of JSON's grammar.
func (r *reader) number() string {
	start := r.pos
	digits := func() {
		from := r.pos
		for c := r.next(); '0' <= c && c <= '9'; c = r.next() {
			r.pos++
		}
		if r.pos == from {
			r.fail(r.pos, "in a number: want a digit, found %s", r.found())
		}
	}
	if r.next() == '-' {
		r.pos++
	}
	if r.next() == '0' {
		r.pos++
	} else {
		digits()
	}
	if r.next() == '.' {
		r.pos++
		digits()
	}
	if c := r.next(); c == 'e' || c == 'E' {
		r.pos++
		if c := r.next(); c == '+' || c == '-' {
			r.pos++
		}
		digits()
	}
	return r.doc[start:r.pos]
}

// string reads a quoted string. Text without escapes shares the document's memory.
func (r *reader) string() string {
	start := r.pos
	r.pos++
	from := r.pos
	var text []byte
	for {
		if r.pos >= len(r.doc) {
			r.fail(start, "a string does not end")
		}
		switch c := r.doc[r.pos]; {
		case c == '"':
			r.pos++
			if text == nil {
				return r.doc[from : r.pos-1]
			}
			return string(append(text, r.doc[from:r.pos-1]...))
		case c < 0x20:
			r.fail(r.pos, "a string has the control character %U; write it as an escape", c)
		case c == '\\':
			text = append(text, r.doc[from:r.pos]...)
			text = utf8.AppendRune(text, r.escape())
			from = r.pos
		default:
			r.pos++
		}
	}
}

func (r *reader) escape() rune {
	start := r.pos
	r.pos++
	c := r.next()
	r.pos++
	switch c {
	case '"', '\\', '/':
		return rune(c)
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'u':
		unit := r.hex(start)
		if !utf16.IsSurrogate(unit) {
			return unit
		}
		if strings.HasPrefix(r.doc[r.pos:], `\u`) {
			r.pos += 2
			if c := utf16.DecodeRune(unit, r.hex(start)); c != utf8.RuneError {
				return c
			}
		}
		r.fail(start, "half of a surrogate pair")
	}
	r.fail(start, "a string has an unknown escape")
	return 0
}

func (r *reader) hex(start int) rune {
	end := r.pos + 4
	if end > len(r.doc) {
		r.fail(start, "a \\u escape is cut short")
	}
	unit, err := strconv.ParseUint(r.doc[r.pos:end], 16, 16)
	if err != nil {
		r.fail(start, "a \\u escape needs four hexadecimal digits")
	}
	r.pos = end
	return rune(unit)
}
