package prove

import (
	"encoding/base64"
	"fmt"
	"math/big"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
)

// A family is operators that read a value alike.
type family uint8

const (
	texts family = iota // String, Arn, Bool and Binary
	numbers
	dates
	addresses
)

// A valueSet is the values that an operator matches with its operands, before negation
// that the evaluator makes. Its complement has also those that the family cannot read.
type valueSet struct {
	family family
	text   *textSet
	// An operator that compares: how, and with what.
	compare   func(order int) bool
	numbers   []*big.Rat
	dates     []time.Time
	addresses []netip.Prefix
	// not makes it the readable values that match no operand.
	not bool
	// readable is all values that the family can read.
	readable bool
}

// A limit says that a value is in a set, or that it is not.
type limit struct {
	set *valueSet
	in  bool
}

// has reports whether a value is in the set.
func (s *valueSet) has(text string) bool {
	switch s.family {
	case texts:
		return s.text.has(text) != s.not
	case numbers:
		n, ok := number(text)
		return ok && (s.readable || s.not != slices.ContainsFunc(s.numbers, func(o *big.Rat) bool { return s.compare(n.Cmp(o)) }))
	case dates:
		d, ok := enforce.ParseDate(text)
		return ok && (s.readable || s.not != slices.ContainsFunc(s.dates, func(o time.Time) bool { return s.compare(d.Compare(o)) }))
	}
	a, err := netip.ParseAddr(text)
	if s.readable {
		return err == nil && a.Zone() == ""
	}
	// A value that is no address is in no range: NotIpAddress holds.
	return s.not != (err == nil && slices.ContainsFunc(s.addresses, func(o netip.Prefix) bool { return o.Contains(a) }))
}

// number reads what the Numeric operators do: an integer or decimal number.
func number(s string) (*big.Rat, bool) {
	digits := strings.TrimPrefix(s, "-")
	if digits == s {
		digits = strings.TrimPrefix(s, "+")
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole == "" && fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return nil, false
	}
	n, ok := new(big.Rat).SetString("0" + whole + "." + fraction + "0")
	if ok && strings.HasPrefix(s, "-") {
		n.Neg(n)
	}
	return n, ok
}

// numberText writes a number, of which the decimals come to an end.
func numberText(n *big.Rat) string {
	if n.IsInt() {
		return n.Num().String()
	}
	// A denominator 2^a*5^b has max(a, b) decimals, fewer than its bits.
	return strings.TrimRight(n.FloatString(n.Denom().BitLen()), "0")
}

// fill are texts that no family but texts can read.
var fill = []string{"x", "example", ""}

// samples returns values such that each cell into which the sets of the family divide all
// values has one.
func samples(f family, limits []limit) []string {
	switch f {
	case numbers:
		return append(numberSamples(limits), fill...)
	case dates:
		return append(dateSamples(limits), fill...)
	}
	return append(addressSamples(limits), fill...)
}

func numberSamples(limits []limit) (all []string) {
	var ends []*big.Rat
	for _, l := range limits {
		ends = append(ends, l.set.numbers...)
	}
	slices.SortFunc(ends, (*big.Rat).Cmp)
	one := big.NewRat(1, 1)
	if len(ends) == 0 {
		return []string{"1"}
	}
	all = append(all, numberText(new(big.Rat).Sub(ends[0], one)))
	for i, end := range ends {
		all = append(all, numberText(end))
		next := new(big.Rat).Add(end, one)
		if i+1 < len(ends) && next.Cmp(ends[i+1]) >= 0 {
			next.Add(end, ends[i+1])
			next.Mul(next, big.NewRat(1, 2))
		}
		all = append(all, numberText(next))
	}
	return all
}

// dateSamples: dates have nanoseconds at most.
func dateSamples(limits []limit) (all []string) {
	var ends []time.Time
	for _, l := range limits {
		ends = append(ends, l.set.dates...)
	}
	slices.SortFunc(ends, time.Time.Compare)
	if len(ends) == 0 {
		return []string{"2026-01-01T00:00:00Z"}
	}
	for _, end := range ends {
		for _, d := range []time.Duration{0, time.Second, -time.Second, 1, -1} {
			if text, ok := dateText(end.Add(d)); ok {
				all = append(all, text)
			}
		}
	}
	return all
}

// dateText writes a date; years of more than four digits as seconds since 1970.
func dateText(t time.Time) (string, bool) {
	t = t.UTC()
	if y := t.Year(); y >= 0 && y <= 9999 {
		return t.Format(time.RFC3339Nano), true
	}
	return big.NewInt(t.Unix()).String(), t.Nanosecond() == 0
}

// addressSamples returns the first address of each range and the one after its last: all
// cells begin with one of these.
func addressSamples(limits []limit) []string {
	starts := []netip.Addr{netip.MustParseAddr("198.51.100.7"), netip.MustParseAddr("2001:db8::7"), netip.IPv4Unspecified(), netip.IPv6Unspecified()}
	for _, l := range limits {
		for _, p := range l.set.addresses {
			p = p.Masked()
			starts = append(starts, p.Addr())
			if next := lastOf(p).Next(); next.IsValid() {
				starts = append(starts, next)
			}
		}
	}
	all := make([]string, len(starts))
	for i, a := range starts {
		all[i] = a.String()
	}
	return all
}

// lastOf returns the last address of a range.
func lastOf(p netip.Prefix) netip.Addr {
	bytes := p.Addr().AsSlice()
	for bit := p.Bits(); bit < 8*len(bytes); bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	return last
}

// value finds a value within limits.
func (w *work) value(limits []limit) (string, outcome) {
	if len(limits) == 0 {
		return "x", possible
	}
	var members []member
	var others [addresses + 1][]limit
	for _, l := range limits {
		if l.set.family == texts {
			members = append(members, member{l.set.text, l.in != l.set.not})
		} else {
			others[l.set.family] = append(others[l.set.family], l)
		}
	}
	for _, m := range members {
		if m.in && m.set.exact != nil { // there are no other texts
			return w.either(limits, m.set)
		}
	}
	var text string
	result, families := possible, 0
	var candidates []string
	if members != nil {
		text, result = w.common(members)
		candidates, families = append(candidates, text), 1
	}
	for f := numbers; f <= addresses && result != impossible; f++ {
		if others[f] == nil {
			continue
		}
		families++
		some := samples(f, others[f])
		if !w.spend(len(some) * len(others[f])) {
			return "", unknown
		}
		some = slices.DeleteFunc(some, func(s string) bool { return !within(others[f], s) })
		if candidates = append(candidates, some...); len(some) == 0 {
			return "", impossible
		}
	}
	if result == impossible || families == 1 && members != nil {
		return text, result
	}
	for _, c := range candidates {
		if within(limits, c) {
			return c, possible
		}
	}
	return w.mixed(limits, members, &others)
}

// mixed finds a value where each family alone has some, and none that was tried is in all.
func (w *work) mixed(limits []limit, members []member, others *[addresses + 1][]limit) (string, outcome) {
	for _, m := range members {
		if all, ok := m.set.cases(); ok && m.in {
			return w.either(limits, newTextSet(all...))
		}
	}
	switch {
	case members == nil:
		// No text is an address and something else.
		return w.numbersAndDates(limits, others)
	case others[dates] != nil:
		w.because(mixed)
		return "", unknown
	}
	alternatives, ok := numerals(others[numbers])
	if !ok {
		w.because(mixed)
		return "", unknown
	}
	result := impossible
	for _, more := range alternatives {
		all := append(members[:len(members):len(members)], more...)
		find := w.common
		if others[addresses] != nil {
			find = func(all []member) (string, outcome) { return w.addressed(all, others[addresses]) }
		}
		text, r := find(all)
		if r == possible {
			return text, possible
		}
		result = max(result, r)
	}
	return "", result
}

// numbersAndDates finds a value where no pattern is said: of the texts that are both a number
// and a date, seconds since 1970 and years, and of the numbers that are no dates.
func (w *work) numbersAndDates(limits []limit, others *[addresses + 1][]limit) (string, outcome) {
	if others[numbers] == nil || others[dates] == nil {
		return "", impossible
	}
	var all []string
	for _, s := range numberSamples(others[numbers]) {
		if all = append(all, s+"."); strings.Contains(s, ".") {
			all[len(all)-1] = s
		}
	}
	for _, n := range wholeSamples(others) {
		all = append(all, fmt.Sprintf("%06d", n), fmt.Sprintf("-%05d", n), fmt.Sprintf("%05d", n))
	}
	for year := range 10_000 {
		all = append(all, fmt.Sprintf("%04d", year))
	}
	if !w.spend(len(all)) {
		return "", unknown
	}
	for _, text := range all {
		if within(limits, text) {
			return text, possible
		}
	}
	return "", impossible
}

// wholeSamples returns a whole number of each cell into which numbers and dates divide them.
func wholeSamples(others *[addresses + 1][]limit) (all []*big.Int) {
	add := func(n *big.Int) {
		for _, d := range []int64{-1, 0, 1, 2} {
			all = append(all, new(big.Int).Add(n, big.NewInt(d)))
		}
	}
	add(new(big.Int))
	for _, l := range others[numbers] {
		for _, n := range l.set.numbers {
			add(new(big.Int).Div(n.Num(), n.Denom()))
		}
	}
	for _, l := range others[dates] {
		for _, d := range l.set.dates {
			add(big.NewInt(d.Unix()))
		}
	}
	return all
}

// mixed is why it is not known of a key with operators of several types: a date or an address
// of IPv6 can be written in many ways, and a pattern may take one of them.
const mixed = "a key that is compared as a text and as a date or address of IPv6"

// either looks for a value among the few texts of a set.
func (w *work) either(limits []limit, set *textSet) (string, outcome) {
	for _, g := range set.globs {
		text, _ := g.text()
		if !w.spend(len(limits)) {
			return "", unknown
		}
		if within(limits, text) {
			return text, possible
		}
	}
	return "", impossible
}

func within(limits []limit, text string) bool {
	for _, l := range limits {
		if l.set.has(text) != l.in {
			return false
		}
	}
	return true
}

// binaryText is what a request must have for BinaryEquals.
func binaryText(value string) string {
	b, _ := base64.StdEncoding.DecodeString(value) // which the policy's parser has seen to
	return string(b)
}
