package selectsql

import (
	"math"
	"math/big"
)

// An arithmetic is an operator on two numbers.
type arithmetic struct {
	left, right expr
	op          byte
}

func (a *arithmetic) eval(e *env) (Value, error) {
	x, y, err := both(e, a.left, a.right)
	if err != nil {
		return null, err
	}
	return calculate(a.op, &x, &y)
}

// calculate calculates with two values: as floats if one is, as integers if both are, and
// as decimals otherwise. What is unknown stays so.
func calculate(op byte, a, b *Value) (Value, error) {
	if a.unknown() || b.unknown() {
		return null, nil
	}
	x, ok := a.number()
	y, also := b.number()
	switch {
	case (!ok && a.isText()) || (!also && b.isText()):
		return null, Fail("CastFailed") // that it is this error is unverified
	case !ok, !also:
		return null, Fail("IncorrectSqlFunctionArgumentType")
	case x.kind == Int && y.kind == Int:
		return calculateInts(op, x.num, y.num)
	case x.kind == Float, y.kind == Float:
		f, err := x.asFloat()
		if err != nil {
			return null, err
		}
		g, err := y.asFloat()
		if err != nil {
			return null, err
		}
		return calculateFloats(op, f, g)
	}
	d, err := x.dec()
	if err != nil {
		return null, err
	}
	f, err := y.dec()
	if err != nil {
		return null, err
	}
	return calculateDecimals(op, d, f)
}

// byZero is the error of a division by zero. That it is this one is unverified.
func byZero() error { return Fail("ExternalEvalException") }

func calculateInts(op byte, a, b int64) (Value, error) {
	if (op == '/' || op == '%') && b == 0 {
		return null, byZero()
	}
	x, y := big.NewInt(a), big.NewInt(b)
	switch op {
	case '+':
		if c := a + b; (c > a) == (b > 0) {
			return intOf(c), nil
		}
		return null, Fail("IntegerOverflow")
	case '-':
		if c := a - b; (c < a) == (b > 0) {
			return intOf(c), nil
		}
		return null, Fail("IntegerOverflow")
	case '*':
		x.Mul(x, y)
	case '/':
		x.Quo(x, y)
	case '%':
		x.Rem(x, y)
	}
	if !x.IsInt64() {
		return null, Fail("IntegerOverflow")
	}
	return intOf(x.Int64()), nil
}

func calculateFloats(op byte, a, b float64) (Value, error) {
	if (op == '/' || op == '%') && b == 0 {
		return null, byZero()
	}
	switch op {
	case '+':
		a += b
	case '-':
		a -= b
	case '*':
		a *= b
	case '/':
		a /= b
	case '%':
		a = math.Mod(a, b)
	}
	return floatOf(a), nil
}

func calculateDecimals(op byte, a, b *decimal) (Value, error) {
	if (op == '/' || op == '%') && b.coef.Sign() == 0 {
		return null, byZero()
	}
	var d *decimal
	ok := false
	switch op {
	case '+':
		d, ok = a.add(b)
	case '-':
		d, ok = a.add(b.neg())
	case '*':
		d, ok = a.mul(b)
	case '/':
		d, ok = a.div(b)
	case '%':
		d, ok = a.rem(b)
	}
	if !ok {
		return null, Fail("NumberFormatError")
	}
	return decimalOf(d), nil
}

// An aggregate is COUNT, SUM, AVG, MIN or MAX, with what it has seen so far. It skips NULL
// and MISSING.
type aggregate struct {
	name  string
	value expr // nil: COUNT(*)
	count int64
	sum   Value // or the smallest, or the largest
}

func (a *aggregate) add(e *env) error {
	if a.value == nil {
		a.count++
		return nil
	}
	v, err := a.value.eval(e)
	if err != nil || v.unknown() {
		return err
	}
	a.count++
	if a.name == "count" {
		return nil
	}
	n, ok := v.number()
	switch {
	case !ok && v.kind == Text:
		return Fail("CastFailed") // that it is this error is unverified
	case !ok:
		return Fail("IncorrectSqlFunctionArgumentType")
	case a.name == "avg" && n.kind == Int:
		n = decimalOf(decimalFromInt(n.num))
	}
	if a.count == 1 {
		a.sum = n
		return nil
	}
	switch a.name {
	case "sum", "avg":
		a.sum, err = calculate('+', &a.sum, &n)
		return err
	}
	order, err := compareNumbers(&n, &a.sum)
	if order != 0 && (order < 0) == (a.name == "min") {
		a.sum = n
	}
	return err
}

// eval is the result. AVG of integers is a decimal; without any value only COUNT has one.
func (a *aggregate) eval(*env) (Value, error) {
	switch {
	case a.name == "count":
		return intOf(a.count), nil
	case a.count == 0:
		return null, nil
	case a.name != "avg":
		return a.sum, nil
	case a.sum.kind == Float:
		return floatOf(a.sum.float() / float64(a.count)), nil
	}
	d, err := a.sum.dec()
	if err != nil {
		return null, err
	}
	return calculateDecimals('/', d, decimalFromInt(a.count))
}
