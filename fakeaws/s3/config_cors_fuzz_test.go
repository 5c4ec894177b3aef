package s3

import (
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// FuzzMatchesOneStar compares the matcher of CORS with path.Match, where that means
// the same.
func FuzzMatchesOneStar(f *testing.F) {
	for _, seed := range [][2]string{{"*", "x"}, {"a*a", "a"}, {"https://*.example.com", "https://www.example.com"}, {"ab", "ab"}, {"", ""}} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		got := matchesOneStar(pattern, text)
		if strings.Count(pattern, "*") > 1 || strings.ContainsAny(pattern, `?[]\`) || strings.Contains(pattern+text, "/") {
			return
		}
		want, err := path.Match(pattern, text)
		if err == nil {
			assert.Equal(t, want, got, "%q %q", pattern, text)
		}
	})
}
