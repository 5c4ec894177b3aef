package escalation_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce/prove/escalation"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

var update = flag.Bool("update", false, "write the table of docs/escalation.md")

// The table of docs/escalation.md has all ways, and all of their actions exist.
func TestTableOfWays(t *testing.T) {
	t.Parallel()
	const file, begin, end = "../../../docs/escalation.md", "-update -->\n", "<!-- end of ways -->"
	var b strings.Builder
	b.WriteString("| calls | what they give |\n|---|---|\n")
	seen := map[string]bool{}
	for _, w := range escalation.Ways() {
		assert.False(t, seen[w.Name], w.Name)
		seen[w.Name] = true
		fmt.Fprintf(&b, "| %s | %s |\n", w.Name, w.Gain)
		for _, action := range w.Calls {
			_, ok := catalog.Find(action)
			assert.True(t, ok, action)
		}
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	before, rest, _ := strings.Cut(string(text), begin)
	_, after, found := strings.Cut(rest, end)
	require.True(t, found)
	want := before + begin + b.String() + end + after
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(want), 0o644))
		return
	}
	assert.Equal(t, want, string(text), "go test ./enforce/prove/escalation -update")
}
