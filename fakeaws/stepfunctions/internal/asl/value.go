// Package asl reads state machines in the Amazon States Language, and evaluates what is in
// their states: paths, payload templates, intrinsic functions and choice rules. It runs
// nothing: what a task calls, how time passes and what is logged is the caller's.
//
// Values are those of encoding/json, with numbers as json.Number, so that what passes
// through a state machine keeps its digits. They are never changed: what makes a new value
// of an old one copies what is different and shares the rest.
package asl

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"unicode/utf8"
)

// maxDepth is how deep values may be nested. AWS's bound is unverified.
const maxDepth = 200

var (
	errDeep     = errors.New("the JSON text is nested too deeply")
	errTrailing = errors.New("the JSON text is followed by something else")
)

// Decode reads a JSON text.
func Decode(text []byte) (any, error) {
	if err := checkDepth(text); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errTrailing
	}
	return v, nil
}

// checkDepth refuses what is nested too deeply before anything is made of it.
func checkDepth(text []byte) error {
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return errDeep
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return nil
}

// Encode writes a value as JSON, with the members of objects in the order of their names;
// false when that is longer than a limit. What values share is written as often as it is
// there, so a small value can have a long text: the limit ends that.
func Encode(v any, limit int) (string, bool) {
	e := encoder{limit: limit}
	e.value(v, 0)
	return string(e.b), !e.over
}

type encoder struct {
	b     []byte
	limit int
	over  bool
}

func (e *encoder) value(v any, depth int) {
	if len(e.b) > e.limit || depth > maxDepth {
		e.over = true
	}
	if e.over {
		return
	}
	switch v := v.(type) {
	case nil:
		e.b = append(e.b, "null"...)
	case bool:
		e.b = strconv.AppendBool(e.b, v)
	case json.Number:
		e.b = append(e.b, v...)
	case string:
		e.b = appendString(e.b, v)
	case []any:
		e.b = append(e.b, '[')
		for i, item := range v {
			if i > 0 {
				e.b = append(e.b, ',')
			}
			if e.value(item, depth+1); e.over {
				return
			}
		}
		e.b = append(e.b, ']')
	case map[string]any:
		e.object(v, depth)
	}
	e.over = e.over || len(e.b) > e.limit
}

func (e *encoder) object(v map[string]any, depth int) {
	e.b = append(e.b, '{')
	for i, name := range slices.Sorted(maps.Keys(v)) {
		if i > 0 {
			e.b = append(e.b, ',')
		}
		e.b = append(appendString(e.b, name), ':')
		if e.value(v[name], depth+1); e.over {
			return
		}
	}
	e.b = append(e.b, '}')
}

// appendString writes a string without the escapes that encoding/json has for HTML.
func appendString(b []byte, s string) []byte {
	const hex = "0123456789abcdef"
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r == '\n':
			b = append(b, '\\', 'n')
		case r == '\r':
			b = append(b, '\\', 'r')
		case r == '\t':
			b = append(b, '\\', 't')
		case r < ' ':
			b = append(b, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// integer reads a value that is a whole number.
func integer(v any) (int, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	if i, err := strconv.Atoi(n.String()); err == nil {
		return i, true
	}
	f, err := n.Float64()
	if err != nil || f != float64(int(f)) || f > 1<<53 || f < -1<<53 {
		return 0, false
	}
	return int(f), true
}

// Seconds reads a value that is a number of seconds, 0 or more.
func Seconds(v any) (int, bool) {
	n, ok := integer(v)
	return n, ok && n >= 0 && n <= maxSeconds
}

// maxSeconds is the longest that a field in seconds may say ("Wait workflow state": "a positive
// integer from 0 to 99999999").
const maxSeconds = 99999999

// equal compares two values; numbers by what they are worth.
func (m *meter) equal(a, b any) bool {
	if !m.pay(1) {
		return false
	}
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		if !ok {
			return false
		}
		if a == b {
			return true
		}
		x, errX := a.Float64()
		y, errY := b.Float64()
		return errX == nil && errY == nil && x == y
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, m.equal)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, m.equal)
	default:
		switch b.(type) {
		case []any, map[string]any:
			return false
		}
		return a == b
	}
}

// A meter bounds the work of one evaluation: what values share is visited as often as it is
// there, so small values can be much to visit.
type meter struct{ left int }

// maxVisits is how many values one evaluation may visit. A value of 256 KiB has at most 128
// thousand.
const maxVisits = 2_000_000

func (m *meter) pay(n int) bool {
	m.left -= n
	return m.left >= 0
}
