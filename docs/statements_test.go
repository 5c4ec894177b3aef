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

// leastStatements is how many statements of AWS's pages statements.md has at least.
const leastStatements = 500

// A provenStatement is a row of statements.md.
type provenStatement struct {
	text string
	rule int
	test string
}

func statements(t *testing.T) (all []provenStatement) {
	t.Helper()
	text, err := os.ReadFile("statements.md")
	require.NoError(t, err)
	row := regexp.MustCompile("^\\| (.+) \\| (\\d+) \\| `([^`]+)` \\|$")
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		m := row.FindStringSubmatch(line)
		if m == nil {
			heading := line == "| Statement | Rule | Test |" || line == "|---|---|---|"
			assert.True(t, heading || !strings.HasPrefix(line, "|"), "no row: %s", line)
			continue
		}
		rule, err := strconv.Atoi(m[2])
		require.NoError(t, err)
		all = append(all, provenStatement{text: m[1], rule: rule, test: m[3]})
	}
	return all
}

// repositoryTests are the sources of the Go tests, by the names of the tests in them,
// and the titles of the cases of enforce's tables, in lower case.
func repositoryTests(t *testing.T) (sources map[string][]string, titles map[string]bool) {
	t.Helper()
	sources, titles = map[string][]string{}, map[string]bool{}
	test := regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	title := regexp.MustCompile(`(?m)^rule \d+: .*$`)
	require.NoError(t, filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != ".." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules"):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, "_test.go") && filepath.Ext(path) != ".txtar":
			return nil
		}
		source, err := os.ReadFile(path)
		if filepath.Ext(path) == ".txtar" {
			for _, line := range title.FindAllString(string(source), -1) {
				titles[strings.ToLower(line)] = true
			}
			return err
		}
		for _, m := range test.FindAllStringSubmatch(string(source), -1) {
			sources[m[1]] = append(sources[m[1]], string(source))
		}
		return err
	}))
	return sources, titles
}

// Each statement of AWS's pages belongs to a rule that is implemented, and the test that
// shows it is in the repository.
func TestStatementsAreShown(t *testing.T) {
	t.Parallel()
	all, rules := statements(t), rulesOf(t)
	sources, titles := repositoryTests(t)
	for _, s := range all {
		assert.True(t, rules[s.rule], "rule %d of %q is not implemented", s.rule, s.text)
		test, sub, _ := strings.Cut(s.test, "/")
		assert.Contains(t, sources, test, s.text)
		named := "rule " + strconv.Itoa(s.rule) + ": "
		switch {
		case s.test == "TestRules":
			assert.True(t, titles[strings.ToLower(named+s.text)], "no table has the case %q", named+s.text)
		case test == "TestRules":
			assert.True(t, titles[strings.ToLower(named+sub)], "no table has the case %q", named+sub)
		case sub != "":
			// A case may be named after another rule than the one that says most.
			name := regexp.MustCompile(`"(rule \d+: )?` + regexp.QuoteMeta(sub) + `"`)
			assert.True(t, slices.ContainsFunc(sources[test], name.MatchString), "%s has no case %q", test, sub)
		}
	}
	assert.GreaterOrEqual(t, len(all), leastStatements)
}

// Every page of statements.md has an address of AWS's and statements, and is there once.
func TestStatementsHavePages(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("statements.md")
	require.NoError(t, err)
	pages := map[string]bool{}
	for _, section := range strings.Split(string(text), "\n## ")[1:] {
		m := regexp.MustCompile(`^\[.+\]\((https://docs\.aws\.amazon\.com/\S+\.html)\)\n`).FindStringSubmatch(section)
		require.NotNil(t, m, section)
		assert.NotContains(t, pages, m[1])
		assert.GreaterOrEqual(t, strings.Count(section, "\n| ")-1, 3, "%s has hardly a statement", m[1])
		pages[m[1]] = true
	}
	assert.GreaterOrEqual(t, len(pages), 30)
}
