package main

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The commands that docs/enforcement.md and docs/proofs.md show print what these say.
func TestDocsShowWhatIsPrinted(t *testing.T) {
	t.Chdir("../..")
	for _, file := range []string{"docs/enforcement.md", "docs/proofs.md"} {
		doc, err := os.ReadFile(file)
		require.NoError(t, err)
		sessions := regexp.MustCompile("(?s)```console\n\\$ leastpriv (.*?)\n(.*?)```").FindAllStringSubmatch(string(doc), -1)
		require.NotEmpty(t, sessions, file)
		for _, session := range sessions {
			var stdout, stderr bytes.Buffer
			run(t.Context(), strings.Fields(session[1]), &stdout, &stderr)
			assert.Equal(t, session[2], stdout.String()+stderr.String(), session[1])
		}
	}
}
