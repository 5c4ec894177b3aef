package constraint

import (
	"regexp"
	"regexp/syntax"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPatterns(t *testing.T) {
	t.Parallel()
	tests := []struct {
		pattern string
		yes, no []string
	}{
		{pattern: `[\w+=,.@-]+`, yes: []string{"a_B+=,.@-9"}, no: []string{"", "a b", "ä", "a\n"}},
		{pattern: `[\w+=,.@-]*`, yes: []string{""}, no: []string{"a:b"}},
		{pattern: `[\p{L}\p{Z}\p{N}_.:/=+\-@]+`, yes: []string{"Größe/x y_.:=+-@東京1"}, no: []string{"a*b", "a\tb", "\xff"}},
		{pattern: `[\u0009\u000A\u000D\u0020-\u00FF]+`, yes: []string{"\t\n\r é\x7f\u0085"}, no: []string{"\v", "\u0100", "\u2026"}},
		{pattern: `[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*`, yes: []string{"", "¡"}, no: []string{"\u00a0", "\x7f"}},
		{pattern: `(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`, yes: []string{"/", "/a/", "/a/b/"}, no: []string{"", "//", "a", "/a", "/a b/"}},
		{pattern: `\u002F[\u0021-\u007F]*`, yes: []string{"/", "/a"}, no: []string{"a", ""}},
		{pattern: `((/[A-Za-z0-9\.,\+@=_-]+)*)/`, yes: []string{"/", "/a/b/"}, no: []string{"/a", "//", "/a//"}},
		{pattern: `v[1-9][0-9]*(\.[A-Za-z0-9-]*)?`, yes: []string{"v1", "v10.a-"}, no: []string{"v0", "1", "v1 "}},
		{pattern: `^(?!\s*$).+`, yes: []string{"a", " a "}, no: []string{"", " ", "\t "}},
		{pattern: `^(?!aws:)[\p{L}:]*$`, yes: []string{"", "a:b", "awsé"}, no: []string{"aws:", "aws:a", "1"}},
		{pattern: `^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`, yes: []string{"abc", "a-b-c"}, no: []string{"ab", "a--b", "-ab", "ab-", "aBc"}},
		{pattern: `^o-[0-9a-z]{10,32}\/r-[0-9a-z]{4,32}[0-9a-z-\/]*`, yes: []string{"o-a1b2c3d4e5/r-f6g7/ou-1"}, no: []string{"o-1/r-f6g7", "o-a1b2c3d4e5/r-f6g7 "}},
		{pattern: `^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$`, yes: []string{"PROD", "1a", "1.", "-1"}, no: []string{"", "12", "a b", "a\n"}},
		{pattern: `\d{12}`, yes: []string{"111122223333"}, no: []string{"1111222233334"}},
	}
	for _, tc := range tests {
		match, err := compilePattern(tc.pattern)
		require.NoError(t, err, tc.pattern)
		for _, s := range tc.yes {
			assert.True(t, match(s), "%s %q", tc.pattern, s)
		}
		for _, s := range tc.no {
			assert.False(t, match(s), "%s %q", tc.pattern, s)
		}
	}
	_, err := compilePattern(`a(?!b)`)
	assert.Error(t, err, "an expression that cannot be translated is loud")
}

// A class that is compared without package regexp is what package regexp makes of it.
func TestRepeatedClasses(t *testing.T) {
	t.Parallel()
	texts := []string{"", "a", "b", "ab", "aab", "abcba", "é", "a é", "\n", "a\n", "\xff", "\u2028", "東京", strings.Repeat("a", 40)}
	for _, pattern := range []string{`^\S+$`, `\S*`, `^[ab]?$`, `[ab]{2,4}`, `[ab]{3}`, `^[ab]{2,}`, `[^a]$`, `^.*$`, `.{1,3}`, `(?s).{1,3}`, `(?s)^.+$`, `[a-z東]+`} {
		parsed, err := syntax.Parse(pattern, syntax.Perl)
		require.NoError(t, err)
		match := repeatedClass(parsed)
		require.NotNil(t, match, pattern)
		whole := regexp.MustCompile(`\A(?:` + pattern + `)\z`)
		for _, text := range texts {
			assert.Equal(t, whole.MatchString(text), match(text), "%s %q", pattern, text)
		}
	}
	for _, pattern := range []string{``, `^$`, `a+`, `[ab]+c`, `^^[ab]+`, `([ab]+)`, `[ab]+|c`, `(?m)^[ab]+$`} {
		parsed, err := syntax.Parse(pattern, syntax.Perl)
		require.NoError(t, err)
		assert.Nil(t, repeatedClass(parsed), pattern)
	}
}

// Patterns that are a repeated class, nearly all of them, need no regexp.
func TestPatternAllocatesNothing(t *testing.T) {
	p := patternOf(`[\p{L}\p{Z}\p{N}_.:/=+\-@]+`)
	assert.Zero(t, testing.AllocsPerRun(10, func() { p.Match("Größe 東京") }))
}
