package selectsql

import (
	"math/big"
	"strconv"
	"strings"
)

// maxPrecision is how many digits a decimal has at most (User Guide, "Data types").
const maxPrecision = 38

// maxExponent bounds exponents. AWS names 2³¹-1, which would take as many digits to add
// one: that no such number can be calculated with is a limit of this fake, unverified.
const maxExponent = 6000

// A decimal is coef × 10^exp. It is immutable.
type decimal struct {
	coef *big.Int
	exp  int
}

func decimalFromInt(n int64) *decimal { return &decimal{coef: big.NewInt(n)} }

// parseDecimal reads a number: digits, a point, an exponent after e or, as in Ion, d. It is
// rounded to the precision.
func parseDecimal(s string) (*decimal, bool) {
	mantissa, exponent := s, 0
	if i := strings.IndexAny(s, "eEdD"); i >= 0 {
		n, err := strconv.Atoi(s[i+1:])
		if err != nil || n > maxExponent || n < -maxExponent {
			return nil, false
		}
		mantissa, exponent = s[:i], n
	}
	digits, negative := strings.CutPrefix(mantissa, "-")
	if !negative {
		digits = strings.TrimPrefix(digits, "+")
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	digits = whole + fraction
	if len(digits) == 0 || len(digits) > maxExponent || strings.Trim(digits, "0123456789") != "" {
		return nil, false
	}
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return nil, false
		}
	}
	coef, _ := new(big.Int).SetString(digits, 10)
	if negative {
		coef.Neg(coef)
	}
	return bounded(coef, exponent-len(fraction))
}

// bounded is a decimal rounded to the precision; false if its exponent is out of bounds.
func bounded(coef *big.Int, exp int) (*decimal, bool) {
	if n := digitsOf(coef); n > maxPrecision {
		drop := n - maxPrecision
		coef, exp = divideRounded(coef, pow10(drop)), exp+drop
	}
	if exp > 2*maxExponent || exp < -2*maxExponent {
		return nil, false
	}
	return &decimal{coef, exp}, true
}

func digitsOf(n *big.Int) int {
	if n.BitLen() <= 63 {
		text := strconv.FormatInt(n.Int64(), 10)
		return len(strings.TrimPrefix(text, "-"))
	}
	return len(new(big.Int).Abs(n).String())
}

func pow10(n int) *big.Int {
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// divideRounded divides and rounds half to even.
func divideRounded(a, b *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(a, b, new(big.Int))
	twice := new(big.Int).Abs(r)
	twice.Lsh(twice, 1)
	switch c := twice.CmpAbs(b); {
	case c > 0, c == 0 && q.Bit(0) == 1:
		if a.Sign()*b.Sign() < 0 {
			return q.Sub(q, big.NewInt(1))
		}
		return q.Add(q, big.NewInt(1))
	}
	return q
}

// aligned returns two coefficients for the smaller of the exponents.
func aligned(a, b *decimal) (x, y *big.Int, exp int) {
	switch {
	case a.exp > b.exp:
		return new(big.Int).Mul(a.coef, pow10(a.exp-b.exp)), b.coef, b.exp
	case a.exp < b.exp:
		return a.coef, new(big.Int).Mul(b.coef, pow10(b.exp-a.exp)), a.exp
	}
	return a.coef, b.coef, a.exp
}

func (d *decimal) cmp(e *decimal) int {
	if s, t := d.coef.Sign(), e.coef.Sign(); s != t || s == 0 {
		return s - t
	}
	// Numbers whose first digits are at different places need no alignment.
	if m, n := digitsOf(d.coef)+d.exp, digitsOf(e.coef)+e.exp; m != n {
		if (m > n) == (d.coef.Sign() > 0) {
			return 1
		}
		return -1
	}
	x, y, _ := aligned(d, e)
	return x.Cmp(y)
}

func (d *decimal) add(e *decimal) (*decimal, bool) {
	x, y, exp := aligned(d, e)
	return bounded(new(big.Int).Add(x, y), exp)
}

func (d *decimal) neg() *decimal { return &decimal{new(big.Int).Neg(d.coef), d.exp} }

func (d *decimal) mul(e *decimal) (*decimal, bool) {
	return bounded(new(big.Int).Mul(d.coef, e.coef), d.exp+e.exp)
}

// div divides to the precision; what ends sooner has no zeros after its last digit. The
// divisor is not zero.
func (d *decimal) div(e *decimal) (*decimal, bool) {
	more := maxPrecision + digitsOf(e.coef) - digitsOf(d.coef) + 1
	more = max(more, 0)
	x := new(big.Int).Mul(d.coef, pow10(more))
	q, ok := bounded(divideRounded(x, e.coef), d.exp-e.exp-more)
	if !ok {
		return nil, false
	}
	return q.trimmed(d.exp - e.exp), true
}

// rem is what a division leaves, with the sign of the dividend.
func (d *decimal) rem(e *decimal) (*decimal, bool) {
	x, y, exp := aligned(d, e)
	return bounded(new(big.Int).Rem(x, y), exp)
}

// trimmed cuts zeros off the end as long as the exponent is below one.
func (d *decimal) trimmed(below int) *decimal {
	coef, exp, ten := new(big.Int).Set(d.coef), d.exp, big.NewInt(10)
	if coef.Sign() == 0 {
		return &decimal{coef, min(max(exp, below), 0)}
	}
	for q, r := new(big.Int), new(big.Int); exp < below; exp++ {
		if q.QuoRem(coef, ten, r); r.Sign() != 0 {
			break
		}
		coef.Set(q)
	}
	return &decimal{coef, exp}
}

// integer is the whole part; false if it does not fit.
func (d *decimal) integer() (int64, bool) {
	switch {
	case digitsOf(d.coef)+d.exp > 20:
		return 0, false
	case digitsOf(d.coef)+d.exp <= 0:
		return 0, true
	}
	n := d.coef
	if d.exp > 0 {
		n = new(big.Int).Mul(n, pow10(d.exp))
	} else if d.exp < 0 {
		n = new(big.Int).Quo(n, pow10(-d.exp))
	}
	return n.Int64(), n.IsInt64()
}

func (d *decimal) float() float64 {
	f, _ := strconv.ParseFloat(d.coef.String()+"e"+strconv.Itoa(d.exp), 64)
	return f
}

// plainZeros is how many zeros a decimal is written with in place of an exponent.
const plainZeros = 20

// String writes the digits with a point where there are few zeros, and an exponent where
// there are many. The form of the exponent is unverified.
func (d *decimal) String() string {
	digits, sign := d.coef.String(), ""
	if digits[0] == '-' {
		digits, sign = digits[1:], "-"
	}
	point := len(digits) + d.exp // digits before the point
	switch {
	case d.exp == 0:
		return sign + digits
	case d.exp > plainZeros, point < -plainZeros:
		first, rest := digits[:1], digits[1:]
		if rest != "" {
			rest = "." + rest
		}
		return sign + first + rest + "E" + strconv.Itoa(point-1)
	case d.exp > 0:
		return sign + digits + strings.Repeat("0", d.exp)
	case point > 0:
		return sign + digits[:point] + "." + digits[point:]
	}
	return sign + "0." + strings.Repeat("0", -point) + digits
}
