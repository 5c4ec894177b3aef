package vtl

import (
	"encoding/json"
	"math"
	"math/big"
	"strconv"
)

func (e *evaluation) equal(a, b any) bool {
	x, y, ok := numbers(a, b)
	switch {
	case ok:
		return x.Cmp(y) == 0
	case a == nil || b == nil:
		return a == nil && b == nil
	}
	switch a := a.(type) {
	case bool:
		return a == b
	case string:
		return a == b
	}
	return e.asText(a) == e.asText(b)
}

// maxDigits bounds the numbers that are calculated with.
const maxDigits = 400

func numbers(a, b any) (x, y *big.Rat, ok bool) {
	n, ok1 := a.(json.Number)
	m, ok2 := b.(json.Number)
	if !ok1 || !ok2 || len(n) > maxDigits || len(m) > maxDigits {
		return nil, nil, false
	}
	x, ok1 = rational(n)
	y, ok2 = rational(m)
	return x, y, ok1 && ok2
}

// rational reads a number, unless its exponent makes it a huge one.
func rational(n json.Number) (*big.Rat, bool) {
	if f, err := n.Float64(); err != nil || math.IsInf(f, 0) || f != 0 && (math.Abs(f) > 1e300 || math.Abs(f) < 1e-300) {
		return nil, false
	}
	return new(big.Rat).SetString(n.String())
}

func compare(op string, a, b any) any {
	x, y, ok := numbers(a, b)
	if !ok {
		return false
	}
	c := x.Cmp(y)
	switch op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	}
	return c >= 0
}

// arithmetic calculates as Velocity does: whole numbers stay whole, and what cannot be calculated
// has no value.
func arithmetic(op string, a, b any) any {
	x, y, ok := numbers(a, b)
	if !ok {
		return nil
	}
	whole := x.IsInt() && y.IsInt()
	z := new(big.Rat)
	switch op {
	case "+":
		z.Add(x, y)
	case "-":
		z.Sub(x, y)
	case "*":
		z.Mul(x, y)
	default:
		if y.Sign() == 0 {
			return nil
		}
		if whole {
			n := new(big.Int)
			if op == "%" {
				n.Rem(x.Num(), y.Num())
			} else {
				n.Quo(x.Num(), y.Num())
			}
			return json.Number(n.String())
		}
		if op == "%" {
			return nil
		}
		z.Quo(x, y)
	}
	if whole {
		return json.Number(z.Num().String())
	}
	f, _ := z.Float64()
	return json.Number(strconv.FormatFloat(f, 'g', -1, 64))
}
