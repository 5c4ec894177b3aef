package prove

import (
	"context"
	"fmt"
	"math/big"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
)

// every yields all texts of an alphabet up to a length.
func every(alphabet string, most int, visit func(string)) {
	var grow func(string)
	grow = func(s string) {
		if visit(s); len(s) < most {
			for _, r := range alphabet {
				grow(s + string(r))
			}
		}
	}
	grow("")
}

// The globs of an operator and a number match the texts that the operator takes, and no
// others: of all short texts.
func TestNumerals(t *testing.T) {
	t.Parallel()
	all, most := []string{"0", "-0.5", "1.05", "10"}, 4
	if *cases > 1000 {
		all, most = append(all, "5", "-5", "0.05", "105", "9.9", "50.1", "-10", "0.0", "99"), 5
	}
	for _, text := range all {
		n, ok := number(text)
		require.True(t, ok)
		for operator := range compare {
			set := &valueSet{family: numbers, numbers: []*big.Rat{n}, compare: compare[operator], not: operator == "NotEquals"}
			for _, in := range []bool{true, false} {
				ways, ok := numerals([]limit{{set, in}})
				require.True(t, ok)
				every("-+.0159", most, func(s string) {
					got := false
					for _, members := range ways {
						got = got || holds(members, s)
					}
					if got != (set.has(s) == in) {
						t.Fatalf("%s %s: %q is in the globs: %v", operator, text, s, got)
					}
				})
			}
		}
	}
	_, ok := numerals([]limit{{&valueSet{family: numbers, numbers: []*big.Rat{new(big.Rat).SetFrac(big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 100))}, compare: compare["Equals"]}, true}})
	assert.False(t, ok, "too many digits")
}

// The globs of a block match its addresses, and nothing else.
func TestDotted(t *testing.T) {
	t.Parallel()
	for _, block := range []string{"0.0.0.0/0", "0.0.0.0/1", "64.0.0.0/2", "10.0.0.0/8", "10.250.0.0/15", "192.0.2.0/25", "192.0.2.77/32", "128.0.0.0/9", "198.51.100.64/29", "2001:db8::/32"} {
		p := netip.MustParsePrefix(block)
		set, ok := dotted([]netip.Prefix{p})
		require.True(t, ok, block)
		check := func(s string) {
			a, err := netip.ParseAddr(s)
			if want := err == nil && a.Is4() && p.Contains(a); set.has(s) != want {
				t.Fatalf("%s: %q is in the globs: %v", block, s, !want)
			}
		}
		start := p.Masked().Addr()
		for _, a := range []netip.Addr{start, start.Prev(), lastOf(p), lastOf(p).Next(), start.Next()} {
			if a.IsValid() {
				check(a.String())
			}
		}
		for n := range 1000 {
			check(fmt.Sprintf("%d", n))
			for i := range 4 {
				parts := []string{"10", "250", "2", "77"}
				parts[i] = fmt.Sprint(n)
				check(strings.Join(parts, "."))
				parts[0] = "192"
				check(strings.Join(parts, ".") + ".1")
				parts[i] = "0" + parts[i]
				check(strings.Join(parts, "."))
			}
		}
	}
	var many []netip.Prefix
	for n := range 100 {
		many = append(many, netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(2 * n)}), 7))
	}
	_, ok := dotted(many)
	assert.False(t, ok, "too many globs")
}

// drawLimit draws what an operator says of a value: as a text, number, date or address.
func drawLimit(c chooser) limit {
	in := c.pick(2) == 0
	not := c.pick(4) == 3
	switch c.pick(6) {
	case 0, 1:
		patterns := some(c, 1, 2, func() glob {
			return wild(of(c, "*", "1*", "*.5", "?", "??", "10.*", "*0*", "-*", "2026*", "*1", "5", "x*", "*.*.*", "?.?.?.?", "10.0.*.1", "*5?", "202?", "00*"), anyRune)
		})
		return limit{&valueSet{text: newTextSet(patterns...), not: not}, in}
	case 2, 3:
		operator := of(c, "Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
		set := &valueSet{family: numbers, compare: compare[operator], not: operator == "NotEquals"}
		for _, text := range some(c, 1, 2, func() string { return of(c, "5", "0", "10", "1.5", "-1", "2026", "12345", "0.5") }) {
			n, _ := number(text)
			set.numbers = append(set.numbers, n)
		}
		return limit{set, in}
	case 4:
		if c.pick(3) == 2 {
			return limit{&valueSet{family: addresses, readable: true}, in}
		}
		set := &valueSet{family: addresses, not: not}
		for _, text := range some(c, 1, 2, func() string {
			return of(c, "10.0.0.0/8", "10.0.0.1/32", "0.0.0.0/0", "::/0", "192.0.2.0/24", "1.1.1.0/30")
		}) {
			set.addresses = append(set.addresses, netip.MustParsePrefix(text))
		}
		return limit{set, in}
	}
	set, _ := dateSet(of(c, "Equals", "LessThan", "GreaterThan"), nil)
	for _, text := range some(c, 1, 2, func() string { return of(c, "2026", "12345", "1970-01-01T00:00:00.5Z", "2026-06-01", "-00001") }) {
		d, ok := enforce.ParseDate(text)
		if ok {
			set.dates = append(set.dates, d)
		}
	}
	return limit{set, in}
}

// checkValue compares an answer about the values of a key with all short texts, and with
// texts that are numbers, dates and addresses.
func checkValue(t fatal, c chooser) outcome {
	limits := some(c, 1, 3, func() limit { return drawLimit(c) })
	w := newWork(context.Background(), 0)
	text, result := w.value(limits)
	if result == possible {
		if !within(limits, text) {
			t.Fatalf("%q is not within the limits", text)
		}
		return possible
	}
	if result == impossible {
		for _, s := range shortTexts {
			if within(limits, s) {
				t.Fatalf("%q is within the limits, and yet there is no value: %+v", s, limits)
			}
		}
	}
	return result
}

var shortTexts = func() (all []string) {
	every("-.0125x", 5, func(s string) { all = append(all, s) })
	for _, a := range []string{"0", "1", "10", "5", "25", "192", "255"} {
		for _, b := range []string{"0", "1", "10", "5", "2"} {
			all = append(all, "10.0."+a+"."+b, a+"."+b+".1.1", a+"."+b+".2.7", "::"+a, a+"::"+b, a+b+".5", a+b+"-01")
		}
	}
	for year := 1969; year < 2030; year++ {
		all = append(all, fmt.Sprint(year), fmt.Sprintf("%d-06", year), fmt.Sprintf("%d-06-01T00:00:00Z", year), fmt.Sprintf("%d.5", year))
	}
	for n := 12340; n < 12350; n++ {
		all = append(all, fmt.Sprint(n), fmt.Sprintf("-%d", n), fmt.Sprintf("%d.5", n), fmt.Sprintf("0%d", n))
	}
	return append(all, "1970-01-01T00:00:00.5Z", "1970-01-01T00:00:00.4Z", "fe80::1%x", "example")
}()

// What is said of a value that is compared as a text, a number, a date and an address holds
// of all short texts.
func TestMixedValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { checkValue(t, rapidChooser{t}) })
	seen := map[outcome]int{}
	for i := range 5 * *cases {
		seen[checkValue(t, &fastChooser{uint64(i)})]++
	}
	t.Log(seen)
	if seen[impossible] < *cases/4 || seen[unknown] > *cases {
		t.Errorf("too few of a sort, or too many unknown: %v", seen)
	}
}

// Patterns beside numbers and addresses of IPv4 leave nothing unknown.
func TestPatternsOfNumbersAndAddresses(t *testing.T) {
	t.Parallel()
	like := func(pattern string) limit { return limit{&valueSet{text: newTextSet(wild(pattern, anyRune))}, true} }
	block := func(in, not bool, blocks ...string) limit {
		set := &valueSet{family: addresses, not: not}
		for _, b := range blocks {
			set.addresses = append(set.addresses, netip.MustParsePrefix(b))
		}
		return limit{set, in}
	}
	address := func(in bool) limit { return limit{&valueSet{family: addresses, readable: true}, in} }
	readable := func(in bool) limit { return limit{&valueSet{family: numbers, readable: true}, in} }
	numeric := func(operator string, in bool, values ...string) limit {
		texts := make([]enforce.Text, len(values))
		for i, v := range values {
			texts[i].Value = v
		}
		return limit{numericSet(operator, texts), in}
	}
	long := "1." + strings.Repeat("1", 60)
	for name, c := range map[string]struct {
		limits []limit
		want   outcome
	}{
		"in a block":                  {[]limit{like("10.*"), block(true, false, "10.0.0.0/8")}, possible},
		"beside it":                   {[]limit{like("11.*"), block(true, false, "10.0.0.0/8")}, impossible},
		"not in it, nor an address":   {[]limit{like("10.*"), block(true, true, "10.0.0.0/8")}, possible},
		"not in it, and an address":   {[]limit{like("10.?*.?*"), block(true, true, "10.0.0.0/8"), address(true)}, impossible},
		"no address":                  {[]limit{like("10.1.2.?"), address(false)}, possible},
		"an address, and none":        {[]limit{like("1*.*"), block(true, false, "10.0.0.0/8"), address(false)}, impossible},
		"short octets":                {[]limit{like("?.?.?.?"), block(true, false, "1.1.1.0/30")}, possible},
		"octets that are too short":   {[]limit{like("?.?.?.?"), block(true, false, "10.0.0.0/8")}, impossible},
		"one half of a block":         {[]limit{like("*.5"), block(true, false, "10.0.0.0/8"), block(false, false, "10.0.0.0/9")}, possible},
		"no half of it":               {[]limit{like("1?.*.5"), block(true, false, "10.0.0.0/8"), block(false, false, "10.0.0.0/9", "10.128.0.0/9")}, impossible},
		"words":                       {[]limit{like("x*"), block(true, false, "0.0.0.0/0", "::/0")}, impossible},
		"words that are none":         {[]limit{like("x*"), block(false, false, "0.0.0.0/0", "::/0")}, possible},
		"in a block, or no address":   {[]limit{like("1?.*"), block(false, true, "10.0.0.0/8"), address(true)}, possible},
		"in no block":                 {[]limit{like("1?.*.*"), address(true), block(false, false, "0.0.0.0/1"), block(false, false, "128.0.0.0/1")}, impossible},
		"an address of IPv6":          {[]limit{like("2001:*"), block(true, false, "2001:db8::/32")}, possible},
		"one that is not known":       {[]limit{like("2001:*5:*"), block(true, false, "2001:db8::/32")}, unknown},
		"numbers and blocks":          {[]limit{like("1?.*"), block(true, false, "10.0.0.0/8"), numeric("LessThan", true, "20")}, impossible},
		"a number that is no address": {[]limit{like("1*"), address(false), numeric("LessThan", true, "20")}, possible},
		"numbers and blocks alone":    {[]limit{block(true, false, "10.0.0.0/8"), numeric("LessThan", true, "20")}, impossible},
		"a number":                    {[]limit{like("*7*"), numeric("LessThan", true, "2")}, possible},
		"no number":                   {[]limit{like("7*"), numeric("LessThan", true, "7")}, impossible},
		"a word that is a number":     {[]limit{like("x*"), readable(true)}, impossible},
		"a text of 5 that is none":    {[]limit{like("5*"), readable(false)}, possible},
		"a number of digits":          {[]limit{like("??"), readable(true), numeric("GreaterThan", true, "98"), numeric("NotEquals", true, "99")}, impossible},
		"equal, or no number":         {[]limit{like("?"), numeric("NotEquals", false, "5"), readable(true)}, possible},
		"neither":                     {[]limit{like("?"), numeric("NotEquals", false, "55"), readable(true)}, impossible},
		"too many digits":             {[]limit{like("1.*9*3"), numeric("GreaterThan", true, long), numeric("LessThan", true, long+"2")}, unknown},
	} {
		text, result := newWork(context.Background(), 0).value(c.limits)
		assert.Equal(t, c.want, result, "%s: %q", name, text)
		if result == possible {
			assert.True(t, within(c.limits, text), "%s: %q", name, text)
		}
	}
}
