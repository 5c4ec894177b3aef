package prove

import (
	"net/netip"
	"strconv"
)

// Addresses of IPv4 are written in one way, so that those of a block are the texts of some
// globs. Those of IPv6 can be written in many ways.

// maxDotted is how many globs a block may be.
const maxDotted = 16_384

// octets are the forms of a number from 0 to 255.
var octets = []glob{
	{{kind: one, class: digit}},
	{{kind: one, class: nonzero}, {kind: one, class: digit}},
	{{kind: literal, r: '1'}, {kind: one, class: digit}, {kind: one, class: digit}},
	{{kind: literal, r: '2'}, {kind: one, class: zeroToFour}, {kind: one, class: digit}},
	{{kind: literal, r: '2'}, {kind: literal, r: '5'}, {kind: one, class: zeroToFive}},
}

// dotted returns the texts of the addresses of IPv4 in some blocks; false when they are too
// many globs.
func dotted(blocks []netip.Prefix) (*textSet, bool) {
	var all []glob
	for _, block := range blocks {
		if !block.Addr().Is4() {
			continue
		}
		globs := []glob{nil}
		for i, b := range block.Masked().Addr().As4() {
			forms := octets
			if bits := block.Bits() - 8*i; bits > 0 {
				forms = numbersBetween(int(b), int(b)+1<<(8-min(bits, 8))-1)
			}
			globs = followed(globs, forms, i > 0)
		}
		if all = append(all, globs...); len(all) > maxDotted {
			return nil, false
		}
	}
	return newTextSet(all...), true
}

// numbersBetween returns the numbers from one to another: where they are ten with the same
// digits before the last, as one glob.
func numbersBetween(first, last int) (all []glob) {
	for n := first; n <= last; n++ {
		if n%10 > 0 || n+9 > last {
			all = append(all, exactly(strconv.Itoa(n)))
			continue
		}
		g := exactly(strconv.Itoa(n))
		all = append(all, append(g[:len(g)-1], element{kind: one, class: digit}))
		n += 9
	}
	return all
}

// followed returns each glob with each of some after it, after a dot.
func followed(globs, next []glob, dot bool) (all []glob) {
	for _, g := range globs {
		for _, n := range next {
			longer := append(glob{}, g...)
			if dot {
				longer = append(longer, element{kind: literal, r: '.'})
			}
			all = append(all, append(longer, n...))
		}
	}
	return all
}

// colons are texts that may be addresses of IPv6: a colon follows at most four digits, and is
// followed by another or by a digit.
var colons = func() (all []glob) {
	var digits glob
	for range 5 {
		for _, next := range []element{{kind: one, class: hexadecimal}, {kind: literal, r: ':'}} {
			all = append(all, append(digits[:len(digits):len(digits)], element{kind: literal, r: ':'}, next, element{kind: run}))
		}
		digits = append(digits, element{kind: one, class: hexadecimal})
	}
	return all
}()

// addressed finds a value where members are said, and limits of addresses: a text that is an
// address of IPv4, one that is none, or one that may be of IPv6, of which only some are known.
func (w *work) addressed(members []member, limits []limit) (string, outcome) {
	every, _ := dotted([]netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")})
	inBlocks := append(members[:len(members):len(members)], member{every, true})
	unread, any4 := true, true // texts that are no address, and addresses of IPv4, are within the limits
	for _, l := range limits {
		if l.set.readable {
			unread, any4 = unread && !l.in, any4 && l.in
			continue
		}
		unread = unread && l.set.not == l.in
		set, ok := dotted(l.set.addresses)
		if !ok {
			w.because(mixed)
			return "", unknown
		}
		inBlocks = append(inBlocks, member{set, l.in != l.set.not})
	}
	result := impossible
	try := func(all []member) (string, outcome) {
		text, r := w.common(all)
		if r == possible && !within(limits, text) {
			w.because(mixed)
			r = unknown
		}
		result = max(result, r)
		return text, r
	}
	if any4 {
		if text, r := try(inBlocks); r == possible {
			return text, possible
		}
	}
	colon := newTextSet(colons...)
	if unread {
		if text, r := try(append(members[:len(members):len(members)], member{every, false}, member{colon, false})); r == possible {
			return text, possible
		}
	}
	text, r := try(append(members[:len(members):len(members)], member{colon, true}))
	if r == possible {
		return text, possible
	}
	return "", result
}
