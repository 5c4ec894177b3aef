package docs

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rulesOf returns the rules of rules.md: whether each is implemented, by its number.
func rulesOf(t *testing.T) map[int]bool {
	t.Helper()
	text, err := os.ReadFile("rules.md")
	require.NoError(t, err)
	starts := regexp.MustCompile(`(?m)^(\d+)\. `).FindAllSubmatchIndex(text, -1)
	rules := map[int]bool{}
	for i, at := range starts {
		end := len(text)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		number, err := strconv.Atoi(string(text[at[2]:at[3]]))
		require.NoError(t, err)
		assert.NotContains(t, rules, number, "a rule is there once")
		rules[number] = !strings.Contains(string(text[at[0]:end]), "Not implemented.")
	}
	return rules
}

// citations finds the numbers in "rule 8", "rules 17 and 32", "rules 40, 42, 43, 49"
// and "rules 33 to 38".
func citations(text string) (numbers []int) {
	lists := regexp.MustCompile(`\b[Rr]ules? (\d+(?:(?:, (?:and )?| and | to )\d+)*)`)
	number := regexp.MustCompile(`\d+`)
	for _, list := range lists.FindAllStringSubmatch(text, -1) {
		from := 0
		for i, at := range number.FindAllStringIndex(list[1], -1) {
			n, _ := strconv.Atoi(list[1][at[0]:at[1]]) // of digits
			if i > 0 && strings.HasSuffix(list[1][:at[0]], " to ") {
				for between := from + 1; between < n; between++ {
					numbers = append(numbers, between)
				}
			}
			numbers, from = append(numbers, n), n
		}
	}
	return numbers
}

func TestCitations(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]int{
		"rule 8: x":                      {8},
		"// (rule 8, with rule 3 for it": {8, 3},
		"rules 17 and 32":                {17, 32},
		"Rules 39, 41 and 55: x":         {39, 41, 55},
		"rules 40, 42, 43, 49: x":        {40, 42, 43, 49},
		"rules 33 to 36.":                {33, 34, 35, 36},
		"the rules of S3":                nil,
		"unruled 8":                      nil,
	} {
		assert.Equal(t, want, citations(text), text)
	}
}

// Each rule of rules.md that is implemented has a test that names it, and no test names
// another. This file and the Go files that are not tests do not count.
func TestEveryRuleIsNamed(t *testing.T) {
	t.Parallel()
	rules, named := rulesOf(t), map[int]string{}
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != ".." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules"):
			return filepath.SkipDir
		case entry.IsDir() || path == filepath.Join("..", "docs", "rules_test.go") || !strings.HasSuffix(path, "_test.go") && !strings.HasSuffix(path, ".txtar"):
			return nil
		}
		text, err := os.ReadFile(path)
		for _, number := range citations(string(text)) {
			named[number] = path
		}
		return err
	}))
	for number, path := range named {
		implemented, is := rules[number]
		assert.True(t, is, "%s names rule %d, which docs/rules.md does not have", path, number)
		assert.True(t, implemented || !is, "%s tests rule %d, of which docs/rules.md says that it is not implemented", path, number)
	}
	var unnamed []int
	for number, implemented := range rules {
		if implemented && named[number] == "" {
			unnamed = append(unnamed, number)
		}
	}
	slices.Sort(unnamed)
	assert.Empty(t, unnamed, "rules that no test names")
	for number := range len(rules) {
		assert.Contains(t, rules, number+1, "rules are numbered without a gap")
	}
	assert.NotEmpty(t, rules)
}

// Every page that rules.md refers to has an address, and no address is left over.
func TestRulesReferToPages(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("rules.md")
	require.NoError(t, err)
	pages := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\[([^]]+)\]: https://docs\.aws\.amazon\.com/\S+$`).FindAllSubmatch(text, -1) {
		pages[string(m[1])] = false
	}
	for _, m := range regexp.MustCompile(`\[([A-Z][A-Za-z0-9 -]+)\](?:[^:(]|: [^h])`).FindAllSubmatch(text, -1) {
		page := strings.Join(strings.Fields(string(m[1])), " ")
		assert.Contains(t, pages, page)
		pages[page] = true
	}
	for page, used := range pages {
		assert.True(t, used, "no rule refers to %s", page)
	}
}
