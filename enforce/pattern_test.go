package enforce

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// naiveMatch is the definition of the wildcards, character by character.
func naiveMatch(p, s []rune) bool {
	// row[j] says whether the pattern so far matches s[:j].
	row := make([]bool, len(s)+1)
	row[0] = true
	for _, c := range p {
		next := make([]bool, len(s)+1)
		next[0] = c == '*' && row[0]
		for j := 1; j <= len(s); j++ {
			switch c {
			case '*':
				next[j] = row[j] || next[j-1]
			case '?':
				next[j] = row[j-1]
			default:
				next[j] = row[j-1] && s[j-1] == c
			}
		}
		row = next
	}
	return row[len(s)]
}

// matchBoth asks both matchers, which must agree.
func matchBoth(t interface{ Fatalf(string, ...any) }, p, s string) bool {
	text := wildcards.Replace(p)
	compiled := newPattern(text)
	want := new(texts).glob(text, s)
	if got := compiled.match(s); got != want {
		t.Fatalf("pattern %q, text %q: compiled says %v, glob %v", p, s, got, want)
	}
	if strings.IndexByte(text, anyRun) >= 0 {
		if got := new(texts).search(text, s); got != want {
			t.Fatalf("pattern %q, text %q: index says %v, glob %v", p, s, got, want)
		}
	}
	return want
}

// Each character is read as package utf8 does, and each byte that is no text as one.
func TestDecode(t *testing.T) {
	t.Parallel()
	for a := utf8.RuneSelf; a < 0x100; a++ {
		for b := range 0x100 {
			for _, s := range []string{string([]byte{byte(a)}), string([]byte{byte(a), byte(b)}), string([]byte{byte(a), byte(b), 0x80})} {
				want, width := utf8.DecodeRuneInString(s)
				if width == 1 {
					want = notText + rune(a)
				}
				if got, n := decode(s); got != want || n != width {
					t.Fatalf("%q: %x of %d bytes; want %x of %d", s, got, n, want, width)
				}
			}
		}
	}
}

func TestPattern(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"*", "", true}, {"*", "anything", true}, {"?", "", false},
		{"?", "a", true}, {"?", "é", true}, {"??", "é", false}, {"a*", "a", true}, {"a*b", "ab", true},
		{"a*b", "aab", true}, {"a*a", "a", false}, {"*a", "ba", true}, {"*ab*cd*", "xxabyycdzz", true},
		{"*ab*ab*", "ab", false}, {"a?c*", "abcd", true}, {"*?x", "éx", true}, {"*??x", "éx", false},
		{"*?x*", "ab", false}, {"*?x*b", "axb", true}, {"?a*", "b", false}, {"*?a", "b", false},
		{"ab*bc", "abc", false}, {"ab*", "a", false}, {"*ab", "b", false}, {"ab*bc", "abbc", true},
		{"*?", "a", true}, {"*?", "", false}, {"a?*?", "abc", true}, {"a?*?", "ab", false},
		{"a**b", "ab", true}, {"[ab]", "a", false}, {`\*`, "*", false}, {"A", "a", false},
	} {
		assert.Equal(t, c.want, matchBoth(t, c.pattern, c.text), "%q %q", c.pattern, c.text)
	}
}

// A pattern of many wildcards over a text that nearly matches is where a matcher
// that goes back takes for ever, and the test with it.
func TestPatternIsLinear(t *testing.T) {
	t.Parallel()
	text := strings.Repeat("a", 1<<16)
	for _, pattern := range []string{
		strings.Repeat("a*", 1<<14) + "b",
		strings.Repeat("*", 1<<14) + "b",
		"*" + strings.Repeat("a", 1<<10) + "*b",
		strings.Repeat("?*", 1<<10) + "b",
		"*" + strings.Repeat("a?", 1<<13) + "b*",
		"*?" + strings.Repeat("a", 1<<13) + "b*",
		"*" + strings.Repeat("?", 1<<13) + "b*",
		strings.Repeat("*?"+strings.Repeat("a", 30)+"b", 1<<10) + "*",
	} {
		assert.False(t, matchBoth(t, pattern, text), pattern[:4])
	}
}

func TestPatternAgreesWithDefinition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.StringOfN(rapid.SampledFrom([]rune("ab*?é:")), 0, 8, -1).Draw(t, "pattern")
		s := rapid.StringOfN(rapid.SampledFrom([]rune("abé:*")), 0, 10, -1).Draw(t, "text")
		if want := naiveMatch([]rune(p), []rune(s)); matchBoth(t, p, s) != want {
			t.Fatalf("pattern %q, text %q: want %v", p, s, want)
		}
	})
}

func FuzzPattern(f *testing.F) {
	f.Add("a*a*a*", "aaab")
	f.Add("*?é*", "xéé")
	f.Add("s3:Get*", "s3:GetObject")
	f.Fuzz(func(t *testing.T, p, s string) {
		if !utf8.ValidString(p) || !utf8.ValidString(s) || len(p)*len(s) > 1<<16 {
			t.Skip("not text, or too much for the naive matcher")
		}
		if want := naiveMatch([]rune(p), []rune(s)); matchBoth(t, p, s) != want {
			t.Fatalf("pattern %q, text %q: want %v", p, s, want)
		}
	})
}
