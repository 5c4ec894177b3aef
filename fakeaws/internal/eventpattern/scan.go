package eventpattern

import (
	"encoding/json"
	"strings"
	"unicode/utf16"
)

// A kind is that of a token.
type kind byte

const (
	startObject kind = '{'
	endObject   kind = '}'
	startArray  kind = '['
	endArray    kind = ']'
	fieldName   kind = 'f'
	text        kind = '"'
	number      kind = '0'
	literal     kind = 't' // true, false, null
	ending      kind = 0
)

// A scanner reads the tokens of a valid JSON text. It knows how far it has read, because
// EventBridge says where in a pattern it stopped: behind a token, but of a string that
// nobody has looked at behind the quotation mark at its beginning.
type scanner struct {
	src     string
	pos     int
	objects []bool // of what is open: whether it is an object
	// value is the token behind a field's name, which is read together with it.
	value   kind
	waiting bool
	name    string // of the field that was read last
	from    int    // where the token that was read last begins
}

// next reads a token.
func (s *scanner) next() kind {
	if s.waiting {
		s.waiting = false
		return s.open(s.value)
	}
	s.finish()
	s.skip(" \t\r\n,:")
	if s.pos == len(s.src) {
		return ending
	}
	if len(s.objects) > 0 && s.objects[len(s.objects)-1] && s.src[s.pos] == '"' {
		s.from = s.pos
		s.pos++
		s.name = s.string()
		s.skip(" \t\r\n:")
		s.value, s.waiting = s.token(), true
		return fieldName
	}
	return s.open(s.token())
}

// open notes what begins and ends.
func (s *scanner) open(k kind) kind {
	switch k {
	case startObject, startArray:
		s.objects = append(s.objects, k == startObject)
	case endObject, endArray:
		s.objects = s.objects[:len(s.objects)-1]
	}
	return k
}

// token reads what is at the position; of a string the quotation mark alone.
func (s *scanner) token() kind {
	s.from = s.pos
	switch c := s.src[s.pos]; c {
	case '{', '}', '[', ']', '"':
		s.pos++
		return kind(c)
	case 't', 'n':
		s.pos += len("true")
		return literal
	case 'f':
		s.pos += len("false")
		return literal
	}
	for s.pos < len(s.src) && strings.IndexByte("+-.0123456789eE", s.src[s.pos]) >= 0 {
		s.pos++
	}
	return number
}

func (s *scanner) skip(chars string) {
	for s.pos < len(s.src) && strings.IndexByte(chars, s.src[s.pos]) >= 0 {
		s.pos++
	}
}

// finish reads the rest of a string that nobody has looked at.
func (s *scanner) finish() {
	if s.pos == s.from+1 && s.src[s.from] == '"' {
		s.string()
	}
}

// string reads a string whose first quotation mark has been read.
func (s *scanner) string() string {
	for s.src[s.pos] != '"' {
		if s.src[s.pos] == '\\' {
			s.pos++
		}
		s.pos++
	}
	s.pos++
	var value string
	_ = json.Unmarshal([]byte(s.src[s.from:s.pos]), &value) // the text is valid
	return value
}

// text is the token that was read last: a string's value, or how it is written.
func (s *scanner) text() string {
	if s.src[s.from] == '"' {
		s.pos = s.from + 1
		return s.string()
	}
	return s.src[s.from:s.pos]
}

// place is where the scanner is, as lines and columns that count from 1.
func (s *scanner) place() (line, column int) {
	before := s.src[:s.pos]
	line = strings.Count(before, "\n") + 1
	column = len(utf16.Encode([]rune(before[strings.LastIndexByte(before, '\n')+1:]))) + 1
	return line, column
}
