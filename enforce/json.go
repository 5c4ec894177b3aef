package enforce

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is more than any policy needs: a condition value is seven levels deep.
const maxDepth = 16

// A jsonError is where a document stops being JSON, and why.
type jsonError struct {
	offset int
	reason string
}

// readJSON reads a document. Unlike encoding/json it keeps the place of
// everything, and refuses what a policy must not have: a key twice in an
// object, text that is not UTF-8, values nested beyond reason. The size is the
// document's without the white space between its tokens, as IAM counts it.
func readJSON(doc string) (root tree, size int, err *jsonError) {
	r := reader{doc: doc, nodes: make([]node, 0, len(doc)/bytesPerNode)}
	defer func() {
		if e, ok := recover().(*jsonError); ok {
			err = e
		}
	}()
	if !utf8.ValidString(doc) {
		r.fail(invalidAt(doc), "the text is not valid UTF-8")
	}
	r.skipSpace()
	r.value(0, 0, 0)
	r.skipSpace()
	if r.pos < len(doc) {
		r.fail(r.pos, "unexpected text after the document")
	}
	return tree{doc, r.nodes}, len(doc) - r.space, nil
}

// bytesPerNode is how much text a value takes in most policies, or less: then there
// is room for all of them from the beginning.
const bytesPerNode = 18

// invalidAt returns the offset of the first byte that is not UTF-8.
func invalidAt(s string) int {
	i := 0
	for {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
}

// A reader panics with a *jsonError, which readJSON catches.
type reader struct {
	doc   string
	pos   int
	space int // white space seen so far
	nodes []node
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

// value reads a value and all that is in it; its key is the text from key to
// keyEnd.
func (r *reader) value(depth, key, keyEnd int) {
	if depth > maxDepth {
		r.fail(r.pos, "nested more than %d deep", maxDepth)
	}
	i := len(r.nodes)
	n := node{key: int32(key), keyEnd: int32(keyEnd), start: int32(r.pos)} // documents are far shorter than 2 GB
	r.nodes = append(r.nodes, n)
	switch c := r.next(); {
	case c == '{':
		n.kind = objectNode
		r.object(i, depth)
	case c == '[':
		n.kind = arrayNode
		r.array(depth)
	case c == '"':
		n.kind = stringNode
		r.string()
	case c == '-' || '0' <= c && c <= '9':
		n.kind = numberNode
		r.number()
	default:
		n.kind = r.word()
	}
	n.end, n.size = int32(r.pos), int32(len(r.nodes)-i)
	r.nodes[i] = n
}

// object reads the object whose node is the i-th.
func (r *reader) object(i, depth int) {
	r.pos++
	var many map[string]bool
	for n := 0; ; n++ {
		r.skipSpace()
		if r.next() == '}' {
			break
		}
		if n > 0 {
			r.expect(',', "in an object")
			r.skipSpace()
		}
		at := r.pos
		if r.next() != '"' {
			r.fail(r.pos, "in an object: want a quoted key, found %s", r.found())
		}
		r.string()
		end := r.pos
		if n == fewKeys {
			many = make(map[string]bool)
			for v := (tree{r.doc, r.nodes[i+1:]}); v.found(); v = v.next() {
				many[v.key()] = true
			}
		}
		if key := unquote(r.doc[at:end]); many[key] || many == nil && r.hasKey(i+1, key) {
			r.fail(at, "key %q is there twice", key)
		} else if many != nil {
			many[key] = true
		}
		r.skipSpace()
		r.expect(':', "after an object's key")
		r.skipSpace()
		r.value(depth+1, at, end)
	}
	r.pos++
}

// fewKeys are looked through for one that is there twice; more are remembered.
const fewKeys = 16

// hasKey reports whether one of the values from the first on has a key.
func (r *reader) hasKey(first int, key string) bool {
	for v := (tree{r.doc, r.nodes[first:]}); v.found(); v = v.next() {
		if v.key() == key {
			return true
		}
	}
	return false
}

func (r *reader) array(depth int) {
	r.pos++
	first := len(r.nodes)
	for r.skipSpace(); r.next() != ']'; r.skipSpace() {
		if len(r.nodes) > first {
			r.expect(',', "in a list")
			r.skipSpace()
		}
		r.value(depth+1, r.pos, r.pos)
	}
	r.pos++
}

func (r *reader) word() nodeKind {
	for _, word := range []string{"true", "false", "null"} {
		if strings.HasPrefix(r.doc[r.pos:], word) {
			r.pos += len(word)
			if word == "null" {
				return nullNode
			}
			return boolNode
		}
	}
	r.fail(r.pos, "want a value, found %s", r.found())
	return 0
}

// number reads a number of JSON's grammar.
func (r *reader) number() {
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
}

// string reads a quoted string.
func (r *reader) string() {
	start := r.pos
	for r.pos++; ; {
		if r.pos >= len(r.doc) {
			r.fail(start, "a string does not end")
		}
		switch c := r.doc[r.pos]; {
		case c == '"':
			r.pos++
			return
		case c < 0x20:
			r.fail(r.pos, "a string has the control character %U; write it as an escape", c)
		case c == '\\':
			r.escape()
		default:
			r.pos++
		}
	}
}

// unquote returns the text of a quoted string that was read before. Text without
// escapes shares the document's memory.
func unquote(s string) string {
	s = s[1 : len(s)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	text := make([]byte, 0, len(s))
	for r := (reader{doc: s}); r.pos < len(s); {
		if s[r.pos] == '\\' {
			text = utf8.AppendRune(text, r.escape())
			continue
		}
		text = append(text, s[r.pos])
		r.pos++
	}
	return string(text)
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
