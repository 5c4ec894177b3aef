package wire

import (
	"encoding/base64"
	"errors"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Scalars as text: in XML, forms, headers, query strings and URI labels.

// errText is a text that is not what its type says.
var errText = errors.New("not a value of its type")

// target returns the value to fill: v itself, or what the pointer in it points
// to from now on.
func (n *node) target(v reflect.Value) reflect.Value {
	if !n.ptr {
		return v
	}
	p := reflect.New(n.base)
	v.Set(p)
	return p.Elem()
}

// setString stores s, already known to be valid UTF-8.
func (n *node) setString(v reflect.Value, s string) {
	if n.ptr && !n.named {
		*v.Addr().Interface().(**string) = &s
		return
	}
	n.target(v).SetString(s)
}

// setText stores the value that text says, in a place where time stamps have
// the format place.
func (n *node) setText(v reflect.Value, text string, place timeFormat) error {
	switch n.kind {
	case stringKind:
		if !utf8.ValidString(text) {
			return errText
		}
		n.setString(v, text)
	case boolKind:
		switch {
		case strings.EqualFold(text, "true"):
			n.target(v).SetBool(true)
		case strings.EqualFold(text, "false"):
			n.target(v).SetBool(false)
		default:
			return errText
		}
	case intKind:
		i, err := strconv.ParseInt(text, 10, n.bits)
		if err != nil {
			return errText
		}
		n.target(v).SetInt(i)
	case floatKind:
		f, err := strconv.ParseFloat(text, n.bits)
		if err != nil {
			return errText
		}
		n.target(v).SetFloat(f)
	case timeKind:
		t, err := parseTime(text, n.time.or(place))
		if err != nil {
			return errText
		}
		*n.target(v).Addr().Interface().(*time.Time) = t
	case blobKind:
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return errText
		}
		v.SetBytes(b)
	default:
		return errText
	}
	return nil
}

// appendText appends the value as text. v is not a pointer.
func (n *node) appendText(b []byte, v reflect.Value, place timeFormat) []byte {
	switch n.kind {
	case stringKind:
		return append(b, v.String()...)
	case boolKind:
		return strconv.AppendBool(b, v.Bool())
	case intKind:
		return strconv.AppendInt(b, v.Int(), 10)
	case floatKind:
		return appendFloat(b, v.Float(), n.bits)
	case timeKind:
		return appendTime(b, v.Addr().Interface().(*time.Time), n.time.or(place))
	case blobKind:
		return base64.StdEncoding.AppendEncode(b, v.Bytes())
	}
	return b
}

// value returns what a field holds, without the pointer, and false when it
// holds nothing. An enumeration has no pointer: empty is nothing.
func (n *node) value(v reflect.Value) (reflect.Value, bool) {
	if n.ptr {
		if v.IsNil() {
			return v, false
		}
		return v.Elem(), true
	}
	switch n.kind {
	case blobKind, documentKind, listKind, mapKind, unionKind, streamKind:
		return v, !v.IsNil()
	case stringKind:
		return v, v.Len() > 0
	}
	return v, true
}

// AWS answers floats as the shortest decimal; NaN and infinities have names.
func appendFloat(b []byte, f float64, bits int) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "NaN"...)
	case math.IsInf(f, 1):
		return append(b, "Infinity"...)
	case math.IsInf(f, -1):
		return append(b, "-Infinity"...)
	}
	return strconv.AppendFloat(b, f, 'f', -1, bits)
}

func parseTime(s string, f timeFormat) (time.Time, error) {
	switch f {
	case httpDate:
		t, err := http.ParseTime(s)
		return t.UTC(), err
	case epochTime:
		return parseEpoch(s)
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		// Old clients send ISO 8601's basic form; S3 also accepts dates in it.
		if t, err = time.Parse("20060102T150405Z", s); err != nil {
			return t, err
		}
	}
	return t.UTC(), nil
}

// maxEpoch is the last second of the year 9999, the last one that the other
// formats can say.
const maxEpoch = 253402300799

// parseEpoch reads seconds with up to nine decimals, or with an exponent.
func parseEpoch(s string) (time.Time, error) {
	if sec, err := strconv.ParseInt(s, 10, 64); err == nil {
		if sec < -maxEpoch || sec > maxEpoch {
			return time.Time{}, errText
		}
		return time.Unix(sec, 0).UTC(), nil
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > maxEpoch {
		return time.Time{}, errText
	}
	// A double holds today's seconds with about 7 digits; AWS means milliseconds.
	return time.UnixMilli(int64(math.Round(f * 1000))).UTC(), nil
}

// appendTime appends t in UTC. AWS sends milliseconds where there are any.
func appendTime(b []byte, t *time.Time, f timeFormat) []byte {
	switch f {
	case httpDate:
		return t.UTC().AppendFormat(b, http.TimeFormat)
	case epochTime:
		return strconv.AppendFloat(b, float64(t.UnixMilli())/1000, 'f', -1, 64)
	}
	u := t.UTC()
	b = u.AppendFormat(b, time.RFC3339) // has a path of its own, of a third of the time
	milli := u.Nanosecond() / int(time.Millisecond)
	if f != milliTime && milli == 0 {
		return b
	}
	return append(b[:len(b)-1], '.', byte('0'+milli/100), byte('0'+milli/10%10), byte('0'+milli%10), 'Z')
}
