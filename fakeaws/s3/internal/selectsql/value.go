package selectsql

import (
	"cmp"
	"math"
	"strconv"
	"strings"
)

// A Kind is the data type of a Value.
type Kind uint8

// The data types. Text is a field of CSV, whose type nobody knows: it is a string until it
// meets a number (User Guide, "Data types").
const (
	Missing Kind = iota
	Null
	Bool
	Int
	Float
	Decimal
	String
	Text
	Time
	List
	Struct
)

// A Value is one of SQL. The zero value is MISSING.
type Value struct {
	kind Kind
	num  int64  // of Bool, Int, and the bits of a Float
	text string // of String and Text; the JSON of a List, a Struct, and of numbers that were read
	more any    // *decimal of a Decimal, *timestamp of a Time
}

var null = Value{kind: Null}

func boolOf(b bool) Value {
	if b {
		return Value{kind: Bool, num: 1}
	}
	return Value{kind: Bool}
}

func intOf(n int64) Value         { return Value{kind: Int, num: n} }
func floatOf(f float64) Value     { return Value{kind: Float, num: int64(math.Float64bits(f))} }
func stringOf(s string) Value     { return Value{kind: String, text: s} }
func decimalOf(d *decimal) Value  { return Value{kind: Decimal, more: d} }
func timeOf(t *timestamp) Value   { return Value{kind: Time, more: t} }
func (v *Value) unknown() bool    { return v.kind <= Null }
func (v *Value) truth() bool      { return v.kind == Bool && v.num == 1 }
func (v *Value) float() float64   { return math.Float64frombits(uint64(v.num)) }
func (v *Value) time() *timestamp { return v.more.(*timestamp) }
func (v *Value) isText() bool     { return v.kind == String || v.kind == Text }
func (v *Value) isNumber() bool   { return v.kind == Int || v.kind == Float || v.kind == Decimal }
func (v *Value) isNested() bool   { return v.kind == List || v.kind == Struct }

// IsMissing reports whether there is no value.
func (v *Value) IsMissing() bool { return v.kind == Missing }

// Kind is the data type of the value.
func (v *Value) Kind() Kind { return v.kind }

// JSONText is the JSON of a List or a Struct, and the text of a String.
func (v *Value) JSONText() string { return v.text }

// TextOf is a field of CSV.
func TextOf(s string) Value { return Value{kind: Text, text: s} }

// JSON is a value by its JSON text, which is valid and has no space between its tokens.
func JSON(text string) Value {
	switch text[0] {
	case '{':
		return Value{kind: Struct, text: text}
	case '[':
		return Value{kind: List, text: text}
	case '"':
		return stringOf(unquoteJSON(text))
	case 't':
		return boolOf(true)
	case 'f':
		return boolOf(false)
	case 'n':
		return null
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return Value{kind: Int, num: n, text: text}
	}
	return Value{kind: Decimal, text: text}
}

// dec is the value of a Decimal or an Int.
func (v *Value) dec() (*decimal, error) {
	if v.kind == Int {
		return decimalFromInt(v.num), nil
	}
	if d, ok := v.more.(*decimal); ok {
		return d, nil
	}
	d, ok := parseDecimal(v.text)
	if !ok {
		return nil, Fail("NumberFormatError")
	}
	v.more = d
	return d, nil
}

// asFloat is a number as a Float.
func (v *Value) asFloat() (float64, error) {
	switch v.kind {
	case Int:
		return float64(v.num), nil
	case Float:
		return v.float(), nil
	}
	d, err := v.dec()
	if err != nil {
		return 0, err
	}
	return d.float(), nil
}

// number is a value as a number: a Text is the one that it spells. False of what is none.
// That a field of CSV need not be cast to be compared or added is of the API Reference's
// examples ("WHERE s._3 > 100"); that it may be a decimal then is unverified.
func (v *Value) number() (Value, bool) {
	switch {
	case v.isNumber():
		return *v, true
	case v.kind != Text:
		return Value{}, false
	}
	return numberIn(v.text)
}

// numberIn is the number that a text spells, with space around it.
func numberIn(s string) (Value, bool) {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return intOf(n), true
	}
	if d, ok := parseDecimal(s); ok {
		return decimalOf(d), true
	}
	return Value{}, false
}

// String is the value as CSV has it, and as a CAST to STRING makes it; empty for NULL and
// MISSING.
func (v *Value) String() string {
	switch v.kind {
	case Bool:
		return strconv.FormatBool(v.num == 1)
	case Int:
		if v.text == "" {
			return strconv.FormatInt(v.num, 10)
		}
	case Float:
		return floatText(v.float())
	case Decimal:
		if v.text == "" { // a number of JSON stays as it was written, -0 too
			return v.more.(*decimal).String()
		}
	case Time:
		return v.time().String()
	}
	return v.text
}

// floatText is a float in decimal, and with an exponent when it is very large or small.
// What S3 Select prints is unverified.
func floatText(f float64) string {
	if a := math.Abs(f); a != 0 && (a < 1e-7 || a >= 1e21) {
		return strconv.FormatFloat(f, 'e', -1, 64)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// AppendJSON writes the value as JSON. MISSING is left out by those who call.
func (v *Value) AppendJSON(b []byte) []byte {
	switch v.kind {
	case Missing, Null:
		return append(b, "null"...)
	case String, Text:
		return AppendQuoted(b, v.text)
	case Time:
		return AppendQuoted(b, v.String())
	case Float:
		if f := v.float(); math.IsInf(f, 0) || math.IsNaN(f) {
			return append(b, "null"...) // JSON has none of them; what S3 Select writes is unverified
		}
	}
	return append(b, v.String()...)
}

// compare orders two values: negative, zero, positive. False when they are of types that
// have no order among each other.
func compare(a, b *Value) (int, bool, error) {
	if a.isText() && b.isText() {
		return strings.Compare(a.text, b.text), true, nil
	}
	if x, ok := a.number(); ok {
		if y, ok := b.number(); ok {
			order, err := compareNumbers(&x, &y)
			return order, err == nil, err
		}
		return 0, false, nil
	}
	switch {
	case a.kind != b.kind:
		return 0, false, nil
	case a.kind == Bool:
		return cmp.Compare(a.num, b.num), true, nil
	case a.kind == Time:
		return a.time().at.Compare(b.time().at), true, nil
	}
	return 0, false, nil
}

func compareNumbers(a, b *Value) (int, error) {
	if a.kind == Int && b.kind == Int {
		return cmp.Compare(a.num, b.num), nil
	}
	if a.kind == Float || b.kind == Float {
		x, err := a.asFloat()
		if err != nil {
			return 0, err
		}
		y, err := b.asFloat()
		return cmp.Compare(x, y), err
	}
	x, err := a.dec()
	if err != nil {
		return 0, err
	}
	y, err := b.dec()
	if err != nil {
		return 0, err
	}
	return x.cmp(y), nil
}

// equal reports whether two values that are not unknown are the same.
func equal(a, b *Value) (bool, error) {
	if a.isNested() && a.kind == b.kind {
		return a.text == b.text, nil
	}
	order, ok, err := compare(a, b)
	return ok && order == 0, err
}
