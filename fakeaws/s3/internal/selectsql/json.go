package selectsql

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// The JSON of a Value is valid and has no space between its tokens: who made it has seen
// to that. So what follows looks for no errors.

// skipJSON returns the place behind the value that begins at i.
func skipJSON(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '"':
			i = skipString(s, i) - 1
		case '{', '[':
			depth++
			continue
		case '}', ']':
			if depth == 0 {
				return i
			}
			depth--
		case ',', ':':
			if depth == 0 {
				return i
			}
			continue
		default:
			for i+1 < len(s) && strings.IndexByte(",:]}", s[i+1]) < 0 {
				i++
			}
		}
		if depth == 0 {
			return i + 1
		}
	}
	return i
}

// skipString returns the place behind the string that begins at i.
func skipString(s string, i int) int {
	for i++; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return i
}

// Members calls a function for every member of a Struct, until it returns false.
func (v *Value) Members(visit func(name string, value Value) bool) {
	s := v.text
	for i := 1; i < len(s) && s[i] != '}'; {
		end := skipString(s, i)
		next := skipJSON(s, end+1)
		if !visit(unquoteJSON(s[i:end]), JSON(s[end+1:next])) {
			return
		}
		if i = next; s[i] == ',' {
			i++
		}
	}
}

// element is an item of a List; MISSING behind its end.
func (v *Value) element(n int64) Value {
	s := v.text
	for i := 1; i < len(s) && s[i] != ']'; n-- {
		next := skipJSON(s, i)
		if n == 0 {
			return JSON(s[i:next])
		}
		if i = next; s[i] == ',' {
			i++
		}
	}
	return Value{}
}

// member is a member of a Struct; MISSING when there is none. A name without quotation
// marks is any case's, and must be that of one member only.
func (v *Value) member(name string, exact bool) (found Value, err error) {
	matches := 0
	s := v.text
	for i := 1; i < len(s) && s[i] != '}'; {
		end := skipString(s, i)
		next := skipJSON(s, end+1)
		if sameName(unquoteJSON(s[i:end]), name, exact) {
			if matches++; matches == 1 {
				found = JSON(s[end+1 : next])
			} else if !exact {
				return Value{}, Fail("AmbiguousFieldName")
			}
		}
		if i = next; s[i] == ',' {
			i++
		}
	}
	return found, nil
}

func sameName(have, want string, exact bool) bool {
	if exact {
		return have == want
	}
	return strings.EqualFold(have, want)
}

// unquoteJSON is the text of a string of JSON.
func unquoteJSON(s string) string {
	s = s[1 : len(s)-1]
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b = append(b, s[i])
			continue
		}
		var n int
		if b, n = AppendUnescaped(b, s[i:]); n == 0 {
			b, n = append(b, '\\'), 1 // a literal of the expression, which is not looked at before
		}
		i += n - 1
	}
	return string(b)
}

var escapes = map[byte]byte{'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', '"': '"', '\\': '\\', '/': '/'}

// AppendUnescaped writes what the escape sequence at the beginning of a text stands for,
// and returns how long the sequence is; 0 when it is none. Half of a surrogate pair is the
// replacement character.
func AppendUnescaped(b []byte, s string) ([]byte, int) {
	if len(s) < 2 {
		return b, 0
	}
	if c, ok := escapes[s[1]]; ok {
		return append(b, c), 2
	}
	r, ok := escapedRune(s)
	if !ok {
		return b, 0
	}
	if utf16.IsSurrogate(r) {
		if low, ok := escapedRune(s[6:]); ok {
			if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
				return utf8.AppendRune(b, pair), 12
			}
		}
		r = utf8.RuneError
	}
	return utf8.AppendRune(b, r), 6
}

func escapedRune(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	n, err := strconv.ParseUint(s[2:6], 16, 16)
	return rune(n), err == nil
}

// AppendQuoted writes a text as a string of JSON.
func AppendQuoted(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	start := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[start:i]...)
		start = i + 1
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\b':
			b = append(b, `\b`...)
		case '\f':
			b = append(b, `\f`...)
		case '\n':
			b = append(b, `\n`...)
		case '\r':
			b = append(b, `\r`...)
		case '\t':
			b = append(b, `\t`...)
		default:
			b = append(b, `\u00`...)
			b = append(b, hex[c>>4], hex[c&15])
		}
	}
	return append(append(b, s[start:]...), '"')
}
