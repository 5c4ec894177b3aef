package enforce

import (
	"cmp"
	"strings"
)

// number is the operand of the Numeric operators. Policy variables are not
// known there.
type number struct {
	value   decimal
	valid   bool
	compare comparison
}

// numeric compiles any value: AWS stores a policy with a value that is no
// number, and it never matches.
func numeric(compare comparison) func(string, bool) (operand, error) {
	return func(value string, _ bool) (operand, error) {
		d, ok := parseDecimal(value)
		return &number{d, ok, compare}, nil
	}
}

func (o *number) match(_ *eval, v item) outcome {
	value, ok := parseDecimal(v.string())
	if !ok || !o.valid {
		return unreadableNumber
	}
	return outcomeOf(o.compare(value.compare(o.value)))
}

// A decimal is a decimal number of any length, kept as its digits, so that large
// values compare exactly. Zero is never negative.
type decimal struct {
	negative bool
	whole    string // without leading zeros
	fraction string // without trailing zeros
}

// parseDecimal reads an integer or decimal number: -12, 3.50, +7. An exponent is
// no number here, which is unverified.
func parseDecimal(s string) (d decimal, ok bool) {
	s, d.negative = strings.CutPrefix(s, "-")
	if !d.negative {
		s = strings.TrimPrefix(s, "+")
	}
	whole, fraction, _ := strings.Cut(s, ".")
	if whole == "" && fraction == "" || !allDigits(whole) || !allDigits(fraction) {
		return decimal{}, false
	}
	d.whole = strings.TrimLeft(whole, "0")
	d.fraction = strings.TrimRight(fraction, "0")
	d.negative = d.negative && (d.whole != "" || d.fraction != "")
	return d, true
}

func (d decimal) compare(o decimal) int {
	if d.negative != o.negative {
		if d.negative {
			return -1
		}
		return 1
	}
	order := cmp.Or(
		cmp.Compare(len(d.whole), len(o.whole)),
		strings.Compare(d.whole, o.whole),
		strings.Compare(d.fraction, o.fraction),
	)
	if d.negative {
		return -order
	}
	return order
}

// allDigits reports whether s has nothing but decimal digits.
func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
