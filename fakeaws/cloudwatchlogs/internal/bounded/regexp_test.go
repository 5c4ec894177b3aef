package bounded_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs/internal/bounded"
)

func TestCompile(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		`\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}`: true,
		`[Ee]rror|[Ff]ail`:                   true,
		strings.Repeat("a", 999):             true,
		strings.Repeat("a", 1001):            false,
		".{999}":                             false,
		strings.Repeat(".{9}", 150):          false,
		"(a{10}){10}{10}":                    false,
		"(":                                  false,
	} {
		_, err := bounded.Compile(text)
		assert.Equal(t, ok, err == nil, text)
	}
	re, err := bounded.Compile("(?P<a>x+)y")
	require.NoError(t, err)
	assert.Equal(t, []string{"xxy", "xx"}, re.FindStringSubmatch("-xxy"))
	assert.Equal(t, []string{"", "a"}, re.SubexpNames())
}

// What is long and hard is not looked at as a whole: so no event takes seconds.
func TestTime(t *testing.T) {
	t.Parallel()
	re, err := bounded.Compile(".{480}x")
	require.NoError(t, err)
	began := time.Now()
	assert.False(t, re.MatchString(strings.Repeat("é", 1<<19)))
	assert.Less(t, time.Since(began), 20*time.Second)
	easy, err := bounded.Compile("é$")
	require.NoError(t, err)
	assert.True(t, easy.MatchString(strings.Repeat("é", 1<<19)), "all of 1 MiB")
}
