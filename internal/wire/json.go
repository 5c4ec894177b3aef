package wire

import (
	"encoding/base64"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth is the deepest nesting of JSON values and XML elements that is read.
// AWS's own limit is not documented; no AWS shape comes near it.
const maxDepth = 100

// A jsonReader reads one JSON text. After an error it is of no further use.
type jsonReader struct {
	data  []byte
	pos   int
	depth int
}

func serialization(message string) *Error {
	return &Error{Code: "SerializationException", Message: message}
}

// The answers to bodies that are not JSON or not the model's. The code is AWS's;
// of the texts only those about types are quoted from AWS, the others: unverified.
var (
	errJSONSyntax  = serialization("Unexpected token in payload")
	errJSONEnd     = serialization("Unexpected end of payload")
	errJSONString  = serialization("Invalid string in payload")
	errJSONDepth   = serialization("Payload is nested too deeply")
	errJSONNull    = serialization("Unexpected null in payload")
	errJSONStruct  = serialization("Start of structure or map found where not expected.")
	errJSONList    = serialization("Start of list found where not expected.")
	errJSONBase64  = serialization("Invalid base64 in payload")
	errJSONRange   = serialization("Number in payload is out of range")
	errJSONWrapped = serialization("Unexpected value type in payload")
)

// peek skips white space and returns the next byte, 0 at the end.
func (r *jsonReader) peek() byte {
	for r.pos < len(r.data) {
		switch c := r.data[r.pos]; c {
		case ' ', '\t', '\r', '\n':
			r.pos++
		default:
			return c
		}
	}
	return 0
}

// unexpected is the error of a byte that may not stand here.
func (r *jsonReader) unexpected() error {
	if r.pos >= len(r.data) {
		return errJSONEnd
	}
	return errJSONSyntax
}

func (r *jsonReader) expect(c byte) error {
	if r.peek() != c {
		return r.unexpected()
	}
	r.pos++
	return nil
}

func (r *jsonReader) enter() error {
	r.pos++
	if r.depth++; r.depth > maxDepth {
		return errJSONDepth
	}
	return nil
}

// each calls f at each member of the object or element of the list that begins
// here; end is its closing bracket. f reads the value; key is nil in a list.
func (r *jsonReader) each(end byte, f func(key []byte) error) error {
	if err := r.enter(); err != nil {
		return err
	}
	for first := true; ; first = false {
		c := r.peek()
		if c == end && first {
			break
		}
		var key []byte
		if end == '}' {
			if c != '"' {
				return r.unexpected()
			}
			var err error
			if key, err = r.text(); err != nil {
				return err
			}
			if err := r.expect(':'); err != nil {
				return err
			}
		}
		if err := f(key); err != nil {
			return err
		}
		if c = r.peek(); c == end {
			break
		}
		if c != ',' {
			return r.unexpected()
		}
		r.pos++
	}
	r.pos++
	r.depth--
	return nil
}

// text reads a string. The result may be a part of the data.
func (r *jsonReader) text() ([]byte, error) {
	start := r.pos + 1
	ascii := true
	for i := start; i < len(r.data); i++ {
		switch c := r.data[i]; {
		case c == '"':
			r.pos = i + 1
			s := r.data[start:i]
			if !ascii && !utf8.Valid(s) {
				return nil, errJSONString
			}
			return s, nil
		case c == '\\':
			return r.escapedText(start, i)
		case c < ' ':
			return nil, errJSONString
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return nil, errJSONEnd
}

// escapedText reads a string that began at start and has its first backslash at i.
func (r *jsonReader) escapedText(start, i int) ([]byte, error) {
	out := append(make([]byte, 0, len(r.data[start:i])+64), r.data[start:i]...)
	for i < len(r.data) {
		c := r.data[i]
		i++
		switch {
		case c == '"':
			r.pos = i
			if !utf8.Valid(out) {
				return nil, errJSONString
			}
			return out, nil
		case c < ' ':
			return nil, errJSONString
		case c != '\\':
			out = append(out, c)
			continue
		}
		if i >= len(r.data) {
			return nil, errJSONEnd
		}
		var ok bool
		if out, i, ok = unescape(out, r.data, i); !ok {
			return nil, errJSONString
		}
	}
	return nil, errJSONEnd
}

// unescape appends what the escape sequence says whose letter is data[i], and
// returns the index after it.
func unescape(out, data []byte, i int) ([]byte, int, bool) {
	c := data[i]
	i++
	switch c {
	case '"', '\\', '/':
	case 'b':
		c = '\b'
	case 'f':
		c = '\f'
	case 'n':
		c = '\n'
	case 'r':
		c = '\r'
	case 't':
		c = '\t'
	case 'u':
		u, ok := hex4(data, i)
		if !ok {
			return out, i, false
		}
		i += 4
		if utf16.IsSurrogate(u) {
			// A half of a pair alone is no character.
			low, ok := hex4(data, i+2)
			if !ok || data[i] != '\\' || data[i+1] != 'u' {
				return out, i, false
			}
			if u = utf16.DecodeRune(u, low); u == utf8.RuneError {
				return out, i, false
			}
			i += 6
		}
		return utf8.AppendRune(out, u), i, true
	default:
		return out, i, false
	}
	return append(out, c), i, true
}

func hex4(data []byte, i int) (rune, bool) {
	if i+4 > len(data) {
		return 0, false
	}
	var u rune
	for _, c := range data[i : i+4] {
		switch {
		case '0' <= c && c <= '9':
			c -= '0'
		case 'a' <= c && c <= 'f':
			c -= 'a' - 10
		case 'A' <= c && c <= 'F':
			c -= 'A' - 10
		default:
			return 0, false
		}
		u = u<<4 | rune(c)
	}
	return u, true
}

// number reads a number by JSON's grammar; whole reports that it has neither
// fraction nor exponent.
func (r *jsonReader) number() (text []byte, whole bool, err error) {
	start := r.pos
	digits := func() bool {
		from := r.pos
		for r.pos < len(r.data) && '0' <= r.data[r.pos] && r.data[r.pos] <= '9' {
			r.pos++
		}
		return r.pos > from
	}
	at := func(set string) bool {
		if r.pos < len(r.data) {
			for i := range len(set) {
				if r.data[r.pos] == set[i] {
					r.pos++
					return true
				}
			}
		}
		return false
	}
	at("-")
	ok, whole := at("0") || digits(), true
	if ok && at(".") {
		ok, whole = digits(), false
	}
	if ok && at("eE") {
		at("+-")
		ok, whole = digits(), false
	}
	if !ok {
		return nil, false, r.unexpected()
	}
	return r.data[start:r.pos], whole, nil
}

// literal reads the word that begins here: true, false or null.
func (r *jsonReader) literal(word string) error {
	if end := r.pos + len(word); end <= len(r.data) && string(r.data[r.pos:end]) == word {
		r.pos = end
		return nil
	}
	return r.unexpected()
}

// skip reads a value of any kind and forgets it.
func (r *jsonReader) skip() error {
	switch r.peek() {
	case '{':
		return r.each('}', func([]byte) error { return r.skip() })
	case '[':
		return r.each(']', func([]byte) error { return r.skip() })
	case '"':
		_, err := r.text()
		return err
	case 't':
		return r.literal("true")
	case 'f':
		return r.literal("false")
	case 'n':
		return r.literal("null")
	}
	_, _, err := r.number()
	return err
}

// end checks that nothing follows.
func (r *jsonReader) end() error {
	r.peek()
	if r.pos < len(r.data) {
		return errJSONSyntax
	}
	return nil
}

const hexDigits = "0123456789abcdef"

// appendJSONString appends s as a JSON string. A byte that is not UTF-8 becomes
// the replacement character, since no JSON text can hold it.
func appendJSONString(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError && n == 1 {
				b = append(append(b, s[from:i]...), "\ufffd"...)
				from = i + 1
			}
			i += n
			continue
		}
		if c >= ' ' && c != '"' && c != '\\' {
			i++
			continue
		}
		b = append(b, s[from:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		}
		i++
		from = i
	}
	return append(append(b, s[from:]...), '"')
}

func appendJSONBlob(b, blob []byte) []byte {
	b = append(b, '"')
	b = base64.StdEncoding.AppendEncode(b, blob)
	return append(b, '"')
}

// wholeNumber reads an integer that may be written with a fraction or exponent
// as long as it is whole: 1.0, 1e3.
func wholeNumber(text []byte, whole bool, bits int) (int64, error) {
	if whole {
		i, err := strconv.ParseInt(string(text), 10, bits)
		if err != nil {
			return 0, errJSONRange
		}
		return i, nil
	}
	f, err := strconv.ParseFloat(string(text), 64)
	limit := float64(int64(1) << (min(bits, 54) - 1)) // beyond 2^53 a double is not exact
	if err != nil || f != float64(int64(f)) || f >= limit || f < -limit {
		return 0, errJSONRange
	}
	return int64(f), nil
}
