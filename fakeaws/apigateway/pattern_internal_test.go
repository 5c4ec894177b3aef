package apigateway

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A regular expression of an API matches the whole text, is one by itself, and is bounded.
func TestWholePattern(t *testing.T) {
	t.Parallel()
	for _, read := range []string{"", "(?s)"} {
		p, err := wholePattern(read, `4\d\d|b`)
		require.NoError(t, err)
		assert.True(t, p.MatchString("404"))
		assert.False(t, p.MatchString("404b"))
		for _, bad := range []string{"a)(b", "(", strings.Repeat("a", maxPattern+1)} {
			_, err = wholePattern(read, bad)
			assert.Error(t, err, "%.10s", bad)
		}
	}
}
