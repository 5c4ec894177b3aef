package enforce

import (
	"bytes"
	"math/bits"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func partOf(s string) characters { return charactersOf(s, int(anyRun), new(characters)) }

// textAndPart draws a text, which need not be UTF-8, and a part of a pattern, which is: it
// may occur in the text or nearly so.
func textAndPart(t *rapid.T, longest int) (text, part string) {
	letters := []string{"a", "a", "a", "b", "é", "\u00fe", "𝄞"}
	of := func(letters []string) *rapid.Generator[[]string] {
		return rapid.SliceOfN(rapid.SampledFrom(letters), 0, longest)
	}
	text = strings.Join(of(append(letters, "\xc3", "\xa9", "\xfe", "\xff", "\ufffd")).Draw(t, "text"), "")
	pieces := of(append(letters, "\ufffd", "\xff", "\xff")).Draw(t, "part")
	if valid := []rune(strings.ToValidUTF8(text, "")); len(valid) > 0 && rapid.Bool().Draw(t, "occurs") {
		from := rapid.IntRange(0, len(valid)-1).Draw(t, "from")
		pieces = pieces[:0]
		for _, r := range valid[from:rapid.IntRange(from+1, len(valid)).Draw(t, "to")] {
			if pieces = append(pieces, string(r)); rapid.IntRange(0, 9).Draw(t, "any") > 6 {
				pieces[len(pieces)-1] = "\xff"
			}
		}
	}
	return text, strings.Join(pieces, "")
}

// naiveFind is the first character of a text, from one on, where a part matches.
func naiveFind(text, part string, from int) int {
	place := 0
	for i := range text {
		if place >= from {
			if _, found := cutPrefix(text[i:], part); found == matched {
				return place
			}
		}
		place++
	}
	if part == "" {
		return place
	}
	return -1
}

func TestPartIsFoundByIndex(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, part := textAndPart(t, 200)
		x := newTextIndex(text)
		from := rapid.IntRange(0, x.len()).Draw(t, "start")
		p := partOf(part)
		want := naiveFind(text, part, from)
		if got := x.find(p, from, x.len()); got != want {
			t.Fatalf("part %q, text %q from %d: found at %d, want %d", part, text, from, got, want)
		}
		s := search{x: x, part: p, last: x.len() - p.len()}
		if p.len() == 0 || from > s.last {
			return
		}
		if got := s.transform(from); got != want {
			t.Fatalf("part %q, text %q from %d: transformation finds it at %d, want %d", part, text, from, got, want)
		}
	})
}

// nearlyEverywhere is a text and a part of a pattern that a few characters rule out at
// each place, each time others.
func nearlyEverywhere(random *rand.Rand, n, size int) (text, part []byte) {
	text, part = bytes.Repeat([]byte("a"), size), bytes.Repeat([]byte("a"), n)
	for gap, i := n/24, 0; i+gap <= size; i += gap {
		text[i+random.IntN(gap)] = 'b'
	}
	for i := range part {
		if random.IntN(2) == 0 {
			part[i] = anyChar
		}
	}
	return text, part
}

// A text is indexed when a part nearly matches at many places, and transformed when the
// part is long: the first match is found nevertheless.
func TestLongPartsAreFound(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	for n := minTransformed - 1; n < minTransformed+2; n++ {
		text, part := nearlyEverywhere(random, n, 12*n)
		pattern := anyRuns + string(part) + anyRuns
		require.False(t, new(texts).glob(pattern, string(text)))
		at := 9*n + random.IntN(2*n)
		for i, c := range part {
			if c == 'a' {
				text[at+i] = 'a'
			}
		}
		want := naiveFind(string(text), string(part), 0)
		require.Positive(t, want)
		x, p := newTextIndex(string(text)), partOf(string(part))
		s := search{x: x, part: p, last: x.len() - n}
		require.Equal(t, want, s.transform(0))
		require.Equal(t, want, x.find(p, 0, x.len()))
		require.Equal(t, -1, x.find(p, 0, want+n-1))
		require.Equal(t, want, x.find(p, 0, want+n))
		require.True(t, new(texts).glob(pattern, string(text)))
	}
}

// Characters of one class are not the same for it.
func TestClassesAreNotCharacters(t *testing.T) {
	t.Parallel()
	var same []rune // of one class
	for r := rune(0x100); len(same) < 2; r++ {
		if classOf(r) == classOf('é') {
			same = append(same, r)
		}
	}
	for _, other := range same {
		for _, c := range []struct {
			text, pattern string
			want          bool
		}{
			{"é", "*?é*", false}, {"xé", "*?é*", true}, {"x" + string(other), "*?é*", false},
			{string(other) + "é", "*?é*", true}, {"é" + string(other), "*?é*", false},
		} {
			pattern := wildcards.Replace(c.pattern)
			x := newTextIndex(c.text)
			assert.Equal(t, c.want, new(texts).search(pattern, c.text), "%q %q", c.text, c.pattern)
			part := partOf(pattern[1 : len(pattern)-1])
			s := search{x: x, part: part, last: x.len() - part.len()}
			assert.Equal(t, c.want, s.last >= 0 && s.transform(0) >= 0, "%q %q", c.text, c.pattern)
		}
	}
	for c := range 256 {
		class := classOf(rune(c) + utf8.RuneSelf)
		assert.True(t, class >= utf8.RuneSelf && class < anyRun)
	}
}

// Text that is all ASCII is its own classes, and so are wildcards of a pattern.
func TestIsPlain(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]bool{ // as text, as pattern
		"": {true, true}, "abc": {true, true}, "abcdefgh": {true, true}, "abcdefgh\x7f": {true, true},
		"\x80": {false, false}, "\xfd": {false, false}, "\xfe": {false, true}, "\xff": {false, true},
		"abcdefgé": {false, false}, "é1234567": {false, false}, "1234567\xffabc": {false, true}, "1234567\xffab\x80": {false, false},
	} {
		assert.Equal(t, want, [2]bool{isPlain([]byte(text), noWildcard), isPlain([]byte(text), int(anyRun))}, "%q", text)
	}
	assert.Equal(t, []rune{'é', notText + 0x80, 'a'}, charactersOf("é\x80a", noWildcard, new(characters)).runes)
}

// The index is of the text that is searched, not of the one before.
func TestTextsAreToldApart(t *testing.T) {
	t.Parallel()
	all, pattern := new(texts), anyRuns+"a"+anyRuns
	assert.True(t, all.search(pattern, "xa"))
	assert.False(t, all.search(pattern, "xb"))
	assert.True(t, all.search(pattern, "xa"))
}

// Each place is in one set, whatever the length of the text.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for n := range 200 {
		text := make([]byte, n)
		for i := range text {
			text[i] = "ab\x00\x7f\x80\x81\xfd"[i*i%7]
		}
		for c := range 256 {
			places := placesOf(text, byte(c))
			for i := range text {
				has := places[i/64]>>(i%64)&1 != 0
				if (text[i] == byte(c)) != has {
					t.Fatalf("class %d at %d of %d: %v", c, i, n, has)
				}
			}
			require.Equal(t, bytes.Count(text, []byte{byte(c)}), onesOf(places))
		}
	}
}

// The prime's arithmetic is that of big numbers, and both transformations are inverse.
func TestTransformation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(rapid.Uint32Range(0, 3), rapid.Uint32Range(prime-3, prime-1), rapid.Uint32Range(0, prime-1))
		a, b := number.Draw(t, "a"), number.Draw(t, "b")
		x, y := uint64(a), uint64(b)
		require.Equal(t, x*y%prime, uint64(times(a, b)))
		wide := rapid.Uint32().Draw(t, "wide")
		product := reduced(wide, b)
		require.Less(t, product, uint32(2*prime))
		require.Equal(t, uint64(wide)%prime*y%prime, uint64(reduced(product, montgomerySquare)%prime))
		sum := rapid.Uint32Range(0, 4*prime-1).Draw(t, "sum")
		require.Less(t, halved(sum), uint32(2*prime))
		require.Equal(t, sum%prime, halved(sum)%prime)
		if a != 0 {
			require.EqualValues(t, 1, times(a, inverse(a)))
		}
		numbers := make([]uint32, 1<<rapid.IntRange(0, 9).Draw(t, "size"))
		for i := range numbers {
			numbers[i] = number.Draw(t, "number")
		}
		again := slices.Clone(numbers)
		rootsOfUnity().forward(again)
		for i := range again {
			again[i] %= prime
		}
		rootsOfUnity().backward(again)
		for i := range again {
			require.Equal(t, times(numbers[i], uint32(len(numbers))), again[i]%prime)
		}
	})
}

func onesOf(places []uint64) (n int) {
	for _, word := range places {
		n += bits.OnesCount64(word)
	}
	return n
}

// A text that took long to search is indexed for the patterns of one decision, and for no
// other decision.
func TestIndexedTextsAreOfOneDecision(t *testing.T) {
	t.Parallel()
	p := identity(t, `{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringLike":{"aws:UserAgent":["*?bc?z*","*?bd?z*","*a?y"]}}}`)
	near := strings.Repeat("abcabd", 500)
	for agent, want := range map[string]Verdict{near: ImplicitDeny, near + "xbcxz": Allowed, near + "axy": Allowed, "": ImplicitDeny} {
		for range 2 {
			d := Evaluate(ask(userOf(account, "alice"), "s3:GetObject", bucketObject, "aws:UserAgent", agent), &PolicySet{Identity: []*Policy{p}})
			assert.Equal(t, want, d.Verdict, "%.20s of %d", agent, len(agent))
		}
	}
}
