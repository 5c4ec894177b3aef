package prove

import (
	"math/big"
	"strings"
)

// The numbers that a Numeric operator takes are texts too, and those that compare in a way
// with a decimal number are the texts of some globs: the first digit that differs decides.
// So a key that is compared as a number and as a text is compared with globs alone.

// maxDigits is how many digits a number may have that is turned into globs.
const maxDigits = 40

// numerals returns what the limits of numbers say as members, one of several lists each of
// which is enough; false when there are too many.
func numerals(limits []limit) (alternatives [][]member, ok bool) {
	alternatives = [][]member{nil}
	for _, l := range limits {
		ways, ok := l.set.numerals(l.in)
		if !ok || len(ways)*len(alternatives) > maxAlternatives {
			return nil, false
		}
		var longer [][]member
		for _, all := range alternatives {
			for _, way := range ways {
				longer = append(longer, append(all[:len(all):len(all)], way...))
			}
		}
		alternatives = longer
	}
	return alternatives, true
}

const maxAlternatives = 16

func (s *valueSet) numerals(in bool) ([][]member, bool) {
	readable := newTextSet(anyNumeral("", "+", "-")...)
	if s.readable {
		return [][]member{{{readable, in}}}, true
	}
	var all []glob
	for _, n := range s.numbers {
		globs, ok := compared(n, s.compare)
		if !ok {
			return nil, false
		}
		all = append(all, globs...)
	}
	matched := newTextSet(all...)
	switch {
	case !s.not:
		return [][]member{{{matched, in}}}, true
	case in:
		return [][]member{{{readable, true}, {matched, false}}}, true
	}
	return [][]member{{{matched, true}}, {{readable, false}}}, true
}

// compared returns the numerals whose order to a number is as an operator wants it.
func compared(n *big.Rat, compare func(order int) bool) (globs []glob, ok bool) {
	text := numberText(new(big.Rat).Abs(n))
	if len(text) > maxDigits {
		return nil, false
	}
	whole, fraction, _ := strings.Cut(text, ".")
	m := magnitude{strings.TrimLeft(whole, "0"), fraction}
	positive, negative := []string{"", "+"}, []string{"-"}
	own, other := positive, negative
	if n.Sign() < 0 {
		own, other = negative, positive
	}
	far, near := m.more, m.less // of the sign that the number has
	if compare(0) {
		globs = append(globs, signed(m.same(), own)...)
		if n.Sign() == 0 {
			globs = append(globs, signed(m.same(), other)...)
		}
	}
	for _, order := range []int{-1, 1} {
		switch {
		case !compare(order):
		case n.Sign() == 0 && order < 0:
			globs = append(globs, signed(far(), negative)...)
		case n.Sign() == 0:
			globs = append(globs, signed(far(), positive)...)
		case order == n.Sign():
			globs = append(globs, signed(far(), own)...)
		default:
			globs = append(globs, signed(near(), own)...)
			globs = append(globs, anyNumeral(other...)...)
		}
	}
	return globs, true
}

// signed returns the globs with each sign.
func signed(globs []glob, signs []string) (all []glob) {
	for _, sign := range signs {
		for _, g := range globs {
			all = append(all, append(exactly(sign), g...))
		}
	}
	return all
}

func anyNumeral(signs ...string) []glob {
	return signed([]glob{numeral("D*"), numeral("D*.*"), numeral("*.D*")}, signs)
}

// numeral reads the form of a numeral: D is a digit, N one but 0, * are digits and ~ are 0s.
func numeral(form string) (g glob) {
	for _, r := range form {
		switch r {
		case 'D':
			g = append(g, element{kind: one, class: digit})
		case 'N':
			g = append(g, element{kind: one, class: nonzero})
		case '*':
			g = append(g, element{kind: run, class: digit})
		case '~':
			g = append(g, element{kind: run, class: zero})
		default:
			g = append(g, element{kind: literal, r: r})
		}
	}
	return g
}

// A magnitude is a number that is not negative: digits before and after the point, without
// 0s that change nothing.
type magnitude struct{ whole, fraction string }

// ended has the forms of the numeral before a point, and those without one.
func ended(form string) []string { return []string{form, form + ".*"} }

// same returns the numerals of the magnitude.
func (m magnitude) same() []glob {
	switch {
	case m.fraction != "":
		return forms("~" + m.whole + "." + m.fraction + "~")
	case m.whole != "":
		return forms("~"+m.whole, "~"+m.whole+".~")
	}
	return forms("0~", "0~.~", "~.0~")
}

// more returns the numerals of larger magnitudes.
func (m magnitude) more() []glob {
	all := ended("~N" + strings.Repeat("D", len(m.whole)) + "*")
	for i := range len(m.whole) {
		for d := m.whole[i] + 1; d <= '9'; d++ {
			all = append(all, ended("~"+m.whole[:i]+string(d)+strings.Repeat("D", len(m.whole)-i-1))...)
		}
	}
	for i := range len(m.fraction) {
		for d := m.fraction[i] + 1; d <= '9'; d++ {
			all = append(all, "~"+m.whole+"."+m.fraction[:i]+string(d)+"*")
		}
	}
	return forms(append(all, "~"+m.whole+"."+m.fraction+"~N*")...)
}

// less returns the numerals of smaller magnitudes.
func (m magnitude) less() []glob {
	var all []string
	for i := range len(m.whole) {
		for d := byte('0'); d < m.whole[i]; d++ {
			all = append(all, ended("~"+m.whole[:i]+string(d)+strings.Repeat("D", len(m.whole)-i-1))...)
		}
		if i > 0 {
			all = append(all, ended("~"+strings.Repeat("D", i))...)
		}
	}
	if m.whole != "" {
		all = append(all, ".D*", "0~", "0~.*")
	}
	for i := range len(m.fraction) {
		for d := byte('0'); d < m.fraction[i]; d++ {
			all = append(all, "~"+m.whole+"."+m.fraction[:i]+string(d)+"*")
		}
		if i > 0 || m.whole != "" {
			all = append(all, "~"+m.whole+"."+m.fraction[:i])
		}
	}
	switch {
	case m.fraction != "" && m.whole != "":
		all = append(all, "~"+m.whole)
	case m.fraction != "":
		all = append(all, "0~", "0~.")
	}
	return forms(all...)
}

func forms(all ...string) []glob {
	globs := make([]glob, len(all))
	for i, form := range all {
		globs[i] = numeral(form)
	}
	return globs
}
