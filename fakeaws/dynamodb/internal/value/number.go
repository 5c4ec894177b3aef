package value

import (
	"math/big"
	"strconv"
	"strings"
)

// The bounds of numbers: 38 digits, and magnitudes from 1E-130 to 9.9…9E+125 (developer
// guide, "Supported data types and naming rules").
const (
	maxDigits   = 38
	maxExponent = 126  // of 0.d1d2… in the largest number
	minExponent = -129 // of 0.1 in the smallest one
)

// Texts about numbers, as DynamoDB answers them.
const (
	textNotNumeric = "The parameter cannot be converted to a numeric value"
	textDigits     = "Attempting to store more than 38 significant digits in a Number"
	textOverflow   = "Number overflow. Attempting to store a number with magnitude larger than supported range"
	textUnderflow  = "Number underflow. Attempting to store a number with magnitude smaller than supported range"
)

// A Number is exact: 0.digits times ten to the exponent. Digits neither begin nor end with
// a zero, so each number has one form; zero has no digits.
type Number struct {
	negative bool
	digits   string
	exponent int
}

// ParseNumber reads a number as DynamoDB takes it.
func ParseNumber(text string) (Number, error) {
	if text == "" {
		return Number{}, Error(textNotNumeric)
	}
	wrong := Error(textNotNumeric + ": " + text)
	rest := text
	var n Number
	if rest[0] == '-' || rest[0] == '+' {
		n.negative, rest = rest[0] == '-', rest[1:]
	}
	mantissa, power, hasPower := cutPower(rest)
	whole, fraction, _ := strings.Cut(mantissa, ".")
	if whole+fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return Number{}, wrong
	}
	n.exponent = len(whole)
	if hasPower {
		p, err := parsePower(power)
		if err != nil {
			return Number{}, wrong
		}
		n.exponent += p
	}
	n.digits = whole + fraction
	return n.normal()
}

func cutPower(s string) (mantissa, power string, ok bool) {
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		return s[:i], s[i+1:], true
	}
	return s, "", false
}

// parsePower reads an exponent. One that no number has is cut to one that is refused.
func parsePower(s string) (int, error) {
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 || digits == "" || !allDigits(digits) {
		return 0, strconv.ErrSyntax
	}
	const far = 1 << 24 // beyond any exponent, and longer than any text
	digits = strings.TrimLeft(digits, "0")
	p := far
	if len(digits) < 8 {
		p, _ = strconv.Atoi("0" + digits)
	}
	if s[0] == '-' {
		p = -p
	}
	return p, nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// normal brings a number into its one form, and refuses one that DynamoDB does not store.
func (n Number) normal() (Number, error) {
	trimmed := strings.TrimLeft(n.digits, "0")
	n.exponent -= len(n.digits) - len(trimmed)
	n.digits = strings.TrimRight(trimmed, "0")
	switch {
	case n.digits == "":
		return Number{}, nil
	case n.exponent > maxExponent:
		return Number{}, Error(textOverflow)
	case n.exponent < minExponent:
		return Number{}, Error(textUnderflow)
	case len(n.digits) > maxDigits:
		return Number{}, Error(textDigits)
	}
	n.digits = strings.Clone(n.digits)
	return n, nil
}

// String writes a number without an exponent and without zeros that say nothing. That
// DynamoDB never answers exponents is unverified.
func (n Number) String() string {
	if n.digits == "" {
		return "0"
	}
	var b strings.Builder
	if n.negative {
		b.WriteByte('-')
	}
	switch size := len(n.digits); {
	case n.exponent <= 0:
		b.WriteString("0." + strings.Repeat("0", -n.exponent) + n.digits)
	case n.exponent >= size:
		b.WriteString(n.digits + strings.Repeat("0", n.exponent-size))
	default:
		b.WriteString(n.digits[:n.exponent] + "." + n.digits[n.exponent:])
	}
	return b.String()
}

// Add adds two numbers, exactly.
func (n Number) Add(m Number) (Number, error) {
	scale := min(n.exponent-len(n.digits), m.exponent-len(m.digits))
	sum := n.scaled(scale)
	sum.Add(sum, m.scaled(scale))
	text := new(big.Int).Abs(sum).String()
	return Number{negative: sum.Sign() < 0, digits: text, exponent: len(text) + scale}.normal()
}

// Negate is the number with the other sign.
func (n Number) Negate() Number {
	n.negative = n.digits != "" && !n.negative
	return n
}

// scaled is the number in units of ten to the scale.
func (n Number) scaled(scale int) *big.Int {
	i := new(big.Int)
	if n.digits == "" {
		return i
	}
	i.SetString(n.digits+strings.Repeat("0", n.exponent-len(n.digits)-scale), 10)
	if n.negative {
		i.Neg(i)
	}
	return i
}

// Compare orders numbers by what they are worth.
func (n Number) Compare(m Number) int { return strings.Compare(n.order(), m.order()) }

// order is a text whose order is that of numbers.
func (n Number) order() string {
	if n.digits == "" {
		return "\x01"
	}
	const bias = 1000
	e := uint16(n.exponent + bias) //nolint:gosec // exponents are between -129 and 126
	b := append([]byte{2, byte(e >> 8), byte(e)}, n.digits...)
	b = append(b, 0)
	if n.negative {
		for i := range b {
			b[i] = ^b[i]
		}
		b[0] = 0
	}
	return string(b)
}

// size is how many bytes DynamoDB counts: one for two digits, and one more (developer
// guide, "DynamoDB item sizes and formats": approximately). That of a sign is unverified.
func (n Number) size() int {
	size := 1 + (len(n.digits)+1)/2
	if n.negative {
		size++
	}
	return size
}
