package selectsql

import (
	"math"
	"strings"
	"unicode/utf8"
)

// A call is the call of a function.
type call struct {
	args  []expr
	apply func(e *env, args []Value) (Value, error)
	// propagates says that the result is NULL when an argument is unknown.
	propagates bool
}

func (c *call) eval(e *env) (Value, error) {
	if err := e.work(1); err != nil {
		return null, err
	}
	var few [3]Value
	args := few[:0]
	for _, x := range c.args {
		v, err := x.eval(e)
		if err != nil {
			return null, err
		}
		if c.propagates && v.unknown() {
			return null, nil
		}
		args = append(args, v)
	}
	return c.apply(e, args)
}

// A function is one that is called in the usual form, with so many arguments.
type function struct {
	least, most int
	apply       func(e *env, args []Value) (Value, error)
	propagates  bool
}

var functions = map[string]function{
	"char_length":      {1, 1, charLength, true},
	"character_length": {1, 1, charLength, true},
	"lower":            {1, 1, cased(strings.ToLower), true},
	"upper":            {1, 1, cased(strings.ToUpper), true},
	"coalesce":         {1, math.MaxInt, coalesce, false},
	"nullif":           {2, 2, nullIf, false},
	"to_string":        {2, 2, toString, true},
	"to_timestamp":     {1, 1, toTimestamp, true},
	"utcnow":           {0, 0, func(e *env, _ []Value) (Value, error) { return e.now, nil }, false},
}

// textOf is an argument that must be a string.
func textOf(v *Value) (string, error) {
	if !v.isText() {
		return "", Fail("IncorrectSqlFunctionArgumentType")
	}
	return v.text, nil
}

// wholeOf is an argument that must be an integer.
func wholeOf(v *Value) (int64, error) {
	n, ok := v.number()
	switch {
	case !ok:
		return 0, Fail("IncorrectSqlFunctionArgumentType")
	case n.kind == Int:
		return n.num, nil
	case n.kind == Float:
		return 0, Fail("IncorrectSqlFunctionArgumentType")
	}
	d, err := n.dec()
	if err != nil {
		return 0, err
	}
	if i, ok := d.integer(); ok {
		return i, nil
	}
	return 0, Fail("IntegerOverflow")
}

// timestampOf is an argument that must be a timestamp.
func timestampOf(v *Value) (*timestamp, error) {
	if v.kind != Time {
		return nil, Fail("IncorrectSqlFunctionArgumentType")
	}
	return v.time(), nil
}

// made is a string that a function made: it is as long as a column may be.
func made(e *env, s string) (Value, error) {
	if len(s) > MaxRecord && utf8.RuneCountInString(s) > MaxRecord {
		return null, Fail("ColumnTooLong")
	}
	return stringOf(s), e.work(len(s) / 8)
}

func charLength(e *env, args []Value) (Value, error) {
	s, err := textOf(&args[0])
	if err != nil {
		return null, err
	}
	return intOf(int64(utf8.RuneCountInString(s))), e.work(len(s) / 8)
}

func cased(convert func(string) string) func(*env, []Value) (Value, error) {
	return func(e *env, args []Value) (Value, error) {
		s, err := textOf(&args[0])
		if err != nil {
			return null, err
		}
		return made(e, convert(s))
	}
}

func coalesce(_ *env, args []Value) (Value, error) {
	for i := range args {
		if !args[i].unknown() {
			return args[i], nil
		}
	}
	return null, nil
}

// nullIf is NULL if both arguments are the same; an unknown first one is NULL.
func nullIf(_ *env, args []Value) (Value, error) {
	a, b := &args[0], &args[1]
	if a.unknown() || b.unknown() {
		if a.kind == Missing {
			return null, nil
		}
		return *a, nil
	}
	same, err := equal(a, b)
	if err != nil || same {
		return null, err
	}
	return *a, nil
}

func toString(e *env, args []Value) (Value, error) {
	t, err := timestampOf(&args[0])
	if err != nil {
		return null, err
	}
	pattern, err := textOf(&args[1])
	if err != nil {
		return null, err
	}
	s, err := t.format(pattern)
	if err != nil {
		return null, err
	}
	return made(e, s)
}

func toTimestamp(_ *env, args []Value) (Value, error) {
	s, err := textOf(&args[0])
	if err != nil {
		return null, err
	}
	t, ok := parseTimestamp(s)
	if !ok {
		return null, Fail("ValueParseFailure")
	}
	return timeOf(t), nil
}

func dateAdd(part datePart, args []Value) (Value, error) {
	n, err := wholeOf(&args[0])
	if err != nil {
		return null, err
	}
	t, err := timestampOf(&args[1])
	if err != nil {
		return null, err
	}
	sum, ok := t.add(part, n)
	if !ok {
		return null, Fail("IllegalSqlFunctionArgument") // that it is this error is unverified
	}
	return timeOf(sum), nil
}

func dateDiff(part datePart, args []Value) (Value, error) {
	t, err := timestampOf(&args[0])
	if err != nil {
		return null, err
	}
	u, err := timestampOf(&args[1])
	if err != nil {
		return null, err
	}
	return intOf(t.diff(part, u)), nil
}

// trimmedText is TRIM: the second argument is a set of characters.
func trimmedText(e *env, args []Value, left, right bool) (Value, error) {
	s, err := textOf(&args[0])
	if err != nil {
		return null, err
	}
	set, err := textOf(&args[1])
	if err != nil {
		return null, err
	}
	chars := make(map[rune]bool)
	for _, r := range set {
		chars[r] = true
	}
	in := func(r rune) bool { return chars[r] }
	if left {
		s = strings.TrimLeftFunc(s, in)
	}
	if right {
		s = strings.TrimRightFunc(s, in)
	}
	return stringOf(s), e.work((len(args[0].text) + len(set)) / 4)
}

// substringOf is SUBSTRING. The first character is 1; what a start before it leaves of the
// length is taken from there.
func substringOf(e *env, args []Value) (Value, error) {
	s, err := textOf(&args[0])
	if err != nil {
		return null, err
	}
	start, err := wholeOf(&args[1])
	if err != nil {
		return null, err
	}
	end := int64(math.MaxInt64) // the first character that is left out
	if len(args) == 3 {
		length, err := wholeOf(&args[2])
		if err != nil {
			return null, err
		}
		if length < 0 {
			return null, Fail("IllegalSqlFunctionArgument") // that it is this error is unverified
		}
		if end = start + length; end < start {
			end = math.MaxInt64
		}
	}
	from, to, place := len(s), len(s), int64(1)
	for i := range s {
		if place >= start && from == len(s) {
			from = i
		}
		if place >= end {
			to = i
			break
		}
		place++
	}
	if to < from {
		return stringOf(""), nil
	}
	return stringOf(s[from:to]), e.work(to / 8)
}

// A castTo is CAST.
type castTo struct {
	value expr
	kind  Kind
}

func (c *castTo) eval(e *env) (Value, error) {
	v, err := c.value.eval(e)
	if err != nil || v.unknown() {
		return v, err
	}
	out, ok, err := cast(&v, c.kind)
	if err == nil && !ok {
		err = Fail("CastFailed")
	}
	return out, err
}

// cast converts a value. False is a text that spells no such value; types between which
// there is no conversion are the error InvalidCast, which is unverified.
func cast(v *Value, kind Kind) (Value, bool, error) {
	if v.isNested() {
		return null, false, Fail("InvalidCast")
	}
	switch kind {
	case String:
		return stringOf(v.String()), true, nil
	case Bool:
		return castBool(v)
	case Time:
		switch {
		case v.kind == Time:
			return *v, true, nil
		case !v.isText():
			return null, false, Fail("InvalidCast")
		}
		t, ok := parseTimestamp(v.text)
		return timeOf(t), ok, nil
	}
	return castNumber(v, kind)
}

func castBool(v *Value) (Value, bool, error) {
	switch {
	case v.kind == Bool:
		return *v, true, nil
	case v.isText():
		return boolOf(strings.EqualFold(v.text, "true")), strings.EqualFold(v.text, "true") || strings.EqualFold(v.text, "false"), nil
	case v.isNumber():
		zero := intOf(0)
		same, err := equal(v, &zero)
		return boolOf(!same), true, err
	}
	return null, false, Fail("InvalidCast")
}

// castNumber converts to a number. That fractions are cut off for integers is unverified.
func castNumber(v *Value, kind Kind) (Value, bool, error) {
	n := *v
	switch {
	case v.kind == Bool:
		n = intOf(v.num)
	case v.isText():
		var ok bool
		if n, ok = numberIn(v.text); !ok {
			return null, false, nil
		}
	case !v.isNumber():
		return null, false, Fail("InvalidCast")
	}
	switch {
	case n.kind == kind:
		return n, true, nil
	case kind == Float:
		f, err := n.asFloat()
		return floatOf(f), true, err
	case n.kind == Float:
		f := n.float()
		if kind == Int {
			return intOf(int64(f)), f >= -(1<<63) && f < 1<<63, nil
		}
		d, ok := parseDecimal(floatText(f))
		return decimalOf(d), ok, nil
	}
	d, err := n.dec()
	if err != nil || kind == Decimal {
		return decimalOf(d), true, err
	}
	i, ok := d.integer()
	return intOf(i), ok, nil
}
