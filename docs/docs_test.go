// Package docs proves that the code which README and the documents quote is code that
// is compiled and run: each quotation is an excerpt of a file with tests or examples.
package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// quotations finds the quotations of a document in one language.
func quotations(t *testing.T, file, language string) []string {
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var found []string
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllSubmatch(text, -1) {
		found = append(found, string(m[1]))
	}
	return found
}

// lines is code without indentation, alignment and empty lines, which a quotation has
// otherwise than the file.
func lines(code string) []string {
	var plain []string
	for line := range strings.Lines(code) {
		if words := strings.Fields(line); len(words) > 0 {
			plain = append(plain, strings.Join(words, " "))
		}
	}
	return plain
}

// quotes reports whether all lines of a quotation are in a file, in their order; the
// file may have others between them.
func quotes(file, quotation []string) bool {
	for _, line := range file {
		if len(quotation) > 0 && line == quotation[0] {
			quotation = quotation[1:]
		}
	}
	return len(quotation) == 0
}

func TestQuotedCodeRuns(t *testing.T) {
	t.Parallel()
	// Users read what a test does, contributors what a fake does.
	const contributing = "../CONTRIBUTING.md"
	var tests, fakes [][]string
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".go" {
			return err
		}
		code, err := os.ReadFile(path)
		if strings.HasSuffix(path, "_test.go") {
			tests = append(tests, lines(string(code)))
		} else if strings.HasPrefix(path, "../fakeaws/") {
			fakes = append(fakes, lines(string(code)))
		}
		return err
	}))
	documents, err := filepath.Glob("*.md")
	require.NoError(t, err)
	quoted := 0
	for _, document := range append(documents, "../README.md", contributing) {
		for _, code := range quotations(t, document, "go") {
			quoted++
			runs, files := false, tests
			if document == contributing {
				files = fakes
			}
			for _, file := range files {
				runs = runs || quotes(file, lines(code))
			}
			assert.True(t, runs, "%s quotes code that no test has:\n%s", document, code)
		}
	}
	assert.NotZero(t, quoted)
}
