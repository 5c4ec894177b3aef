package prove

import (
	"context"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// naive matches a glob with a text by trying all ways.
func naive(g glob, text []rune) bool {
	if len(g) == 0 {
		return len(text) == 0
	}
	if g[0].kind == run && naive(g[1:], text) {
		return true
	}
	if len(text) == 0 || !g[0].has(text[0]) {
		return false
	}
	if g[0].kind == run {
		return naive(g, text[1:])
	}
	return naive(g[1:], text[1:])
}

const (
	glyphs = "xXa5:0" // that globs name
	beside = "-Yb7Fk" // and others
)

func drawGlob(c chooser) glob {
	var g glob
	for range c.pick(5) {
		letter := rune(glyphs[c.pick(len(glyphs))])
		class := of(c, anyRune, anyRune, noColon, name, digit, zero, nonzero, hexadecimal, zeroToFive, zeroToFour)
		switch c.pick(6) {
		case 0, 1, 2:
			g = append(g, element{kind: literal, r: letter})
		case 3:
			g = append(g, element{kind: folded, r: letter})
		case 4:
			g = append(g, element{kind: one, class: class})
		case 5:
			g = g.with(element{kind: run, class: class})
		}
	}
	return g
}

// checkProduct compares what is said of texts in some sets and not in others with all short
// texts.
func checkProduct(t fatal, c chooser) outcome {
	members := some(c, 1, 4, func() member {
		set := newTextSet(some(c, 0, 3, func() glob { return drawGlob(c) })...)
		if c.pick(2) == 0 {
			set.greedy = false
		}
		return member{set, c.pick(5) > 1}
	})
	in := func(text string) bool {
		for _, m := range members {
			found := false
			for _, g := range m.set.globs {
				found = found || naive(g, []rune(text))
			}
			if found != m.set.has(text) {
				t.Fatalf("%q is in %v: %v", text, m.set.globs, !found)
			}
			if found != m.in {
				return false
			}
		}
		return true
	}
	w := newWork(context.Background(), 0)
	text, result := w.common(members)
	exact := false // there are no other texts
	for _, m := range simplified(members) {
		exact = exact || m.in && m.set.exact != nil
	}
	if !exact {
		if other, r := newWork(context.Background(), 0).product(members); r != result || r == possible && !in(other) {
			t.Fatalf("the product says %v %q, and not %v", r, other, result)
		}
	}
	if result == possible && !in(text) {
		t.Fatalf("%q is not where it has to be: %+v", text, members)
	}
	if result != possible {
		for _, s := range texts4 {
			if in(s) {
				t.Fatalf("%q is where it has to be, and yet %v: %+v", s, result, members)
			}
		}
	}
	return result
}

var texts4 = func() (all []string) {
	every(glyphs+beside, 3, func(s string) { all = append(all, s) })
	return all
}()

func TestProducts(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { checkProduct(t, rapidChooser{t}) })
	seen := map[outcome]int{}
	for i := range 10 * *cases {
		seen[checkProduct(t, &fastChooser{uint64(i)})]++
	}
	t.Log(seen)
	assert.Zero(t, seen[unknown])
	assert.Greater(t, seen[impossible], 2**cases)
	assert.Greater(t, seen[possible], *cases)
}

// All ways to write words in capitals and small letters.
func TestCases(t *testing.T) {
	t.Parallel()
	all, ok := newTextSet(inAnyCase("ab"), exactly("C")).cases()
	require.True(t, ok)
	var words []string
	for _, g := range all {
		text, _ := g.text()
		words = append(words, text)
	}
	assert.ElementsMatch(t, []string{"ab", "aB", "Ab", "AB", "C"}, words)
	all, ok = newTextSet(inAnyCase(strings.Repeat("a", 8))).cases()
	assert.True(t, ok)
	assert.Len(t, all, maxCases)
	for name, g := range map[string]glob{"too many": inAnyCase(strings.Repeat("a", 9)), "a wildcard": wild("a?", anyRune), "a run": wild("a*", anyRune), "no character": inAnyCase("a\ufffd")} {
		_, ok := newTextSet(g).cases()
		assert.False(t, ok, name)
	}
}

// A character that no glob names is in no class, however many are named.
func TestOther(t *testing.T) {
	t.Parallel()
	var named []rune
	for range 40 {
		r := other(named)
		require.NotContains(t, named, r)
		require.False(t, name.has(r) || r == ':' || hexadecimal.has(r))
		if len(named) >= 30 {
			require.True(t, unicode.IsLetter(r))
		}
		named = append(named, r)
	}
}

// Whatever goes beyond the budget is unknown, also where a text is looked for among few.
func TestBudgetOfProducts(t *testing.T) {
	t.Parallel()
	var words []glob
	for range 50 {
		words = append(words, exactly("word"))
	}
	among := []member{{newTextSet(words...), true}, {newTextSet(wild("w*x*", anyRune)), true}}
	hard := []member{{newTextSet(wild("*a?????????b*", anyRune)), true}, {newTextSet(wild("*b?????????a*", anyRune)), false}, {newTextSet(wild("*c*", anyRune)), true}, {newTextSet(wild("*c*", anyRune), wild("?", anyRune)), false}}
	long := []member{{newTextSet(wild(strings.Repeat("*ab", 400), anyRune)), true}, {newTextSet(wild("*c*", anyRune)), true}, {newTextSet(wild("*a*", anyRune)), false}}
	for name, members := range map[string][]member{"among": among, "hard": hard, "long": long} {
		for _, budget := range []int{1, 10, 40} {
			w := newWork(context.Background(), budget)
			_, result := w.common(members)
			assert.Equal(t, unknown, result, "%s %d", name, budget)
			assert.True(t, w.spent, name)
			assert.Equal(t, []string{"the budget is spent"}, w.reasons)
			assert.False(t, w.spend(0), "spent is spent")
		}
	}
}
