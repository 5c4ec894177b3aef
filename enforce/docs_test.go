package enforce_test

import (
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// plain returns text without indentation and comment marks, so that an example's
// code and output can be found where they are quoted.
func plain(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "// ")) + "\n")
	}
	return b.String()
}

// Whoever imports the package to evaluate policies gets the standard library and the
// catalog, and nothing else.
func TestStandsAlone(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	for dependency := range strings.FieldsSeq(string(out)) {
		if ours, is := strings.CutPrefix(dependency, "github.com/leastpriv/leastpriv/"); is {
			assert.Contains(t, []string{"enforce", "internal/catalog"}, ours)
			continue
		}
		first, _, _ := strings.Cut(dependency, "/")
		assert.True(t, first == "vendor" || !strings.Contains(first, "."), "%s is not of the standard library", dependency)
	}
}

// The code and the outputs that docs/enforcement.md quotes are those of examples,
// which are run. What it shows of package awstest is that package's to check.
func TestDocsQuoteExamples(t *testing.T) {
	t.Parallel()
	doc, err := os.ReadFile("../docs/enforcement.md")
	require.NoError(t, err)
	var examples string
	for _, file := range []string{"example_test.go", "example_tools_test.go", "client/example_test.go", "lint/example_test.go"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		examples += plain(string(text))
	}
	quotes := regexp.MustCompile("(?s)```(?:go|text)\n(.*?)```").FindAllStringSubmatch(string(doc), -1)
	require.NotEmpty(t, quotes)
	for _, quote := range quotes {
		if strings.Contains(quote[1], "awstest.") {
			continue
		}
		assert.Contains(t, examples, plain(quote[1]))
	}
}
