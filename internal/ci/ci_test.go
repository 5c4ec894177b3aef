// Package ci proves that the scripts of .ci leave nothing out: no fuzz target, no slow
// proof, no part of the week.
package ci

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const root = "../.."

// script runs a script of .ci and returns the lines that it prints.
func script(t *testing.T, name string, args ...string) []string {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no program bash in PATH: apt-get install bash")
	}
	out, err := exec.CommandContext(t.Context(), "bash", append([]string{filepath.Join(root, ".ci", name)}, args...)...).Output()
	require.NoError(t, err, "%s %v", name, args)
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// testFiles parses every file of tests; visit gets its path from the root.
func testFiles(t *testing.T, visit func(path string, file *ast.File)) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules"):
			return filepath.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		path, err = filepath.Rel(root, path)
		visit(filepath.ToSlash(path), file)
		return err
	}))
}

func TestEveryFuzzTargetIsFuzzed(t *testing.T) {
	t.Parallel()
	var want []string
	testFiles(t, func(path string, file *ast.File) {
		for _, decl := range file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv == nil && strings.HasPrefix(f.Name.Name, "Fuzz") {
				want = append(want, path+" "+f.Name.Name)
			}
		}
	})
	require.NotEmpty(t, want)
	assert.ElementsMatch(t, want, script(t, "fuzz", "--list"))
	var inParts []string
	for n := range 7 {
		inParts = append(inParts, script(t, "fuzz", "--list", strconv.Itoa(n+1)+"/7")...)
	}
	assert.ElementsMatch(t, want, inParts, "each is in one part")
}

// Whichever seven days follow each other, all proofs run on them.
func TestEveryProofRunsInAWeek(t *testing.T) {
	t.Parallel()
	all := script(t, "proofs", "--list")
	for _, first := range []int{0, 20_787} {
		var week []string
		for day := first; day < first+7; day++ {
			part := script(t, "proofs", "--part", strconv.Itoa(day))
			require.Len(t, part, 1)
			week = append(week, script(t, "proofs", "--list", part[0])...)
		}
		assert.ElementsMatch(t, all, week)
	}
}

// What is split into parts has all of them among the proofs.
func TestPartsAreWhole(t *testing.T) {
	t.Parallel()
	found := map[string][]string{}
	for _, line := range script(t, "proofs", "--list") {
		_, command, _ := strings.Cut(line, " ")
		words := strings.Fields(command)
		last := strings.TrimPrefix(words[len(words)-1], "PART=")
		if n, of, ok := strings.Cut(last, "/"); ok && len(n) == 1 && n != "." {
			name := strings.Join(words[:len(words)-1], " ") + " of " + of
			found[name] = append(found[name], n)
		}
	}
	assert.ElementsMatch(t, []string{"make mutate of 3", ".ci/fuzz 5s of 7"}, slices.Collect(maps.Keys(found)))
	for name, parts := range found {
		_, of, _ := strings.Cut(name, " of ")
		var want []string
		for n, _ := strconv.Atoi(of); n > 0; n-- {
			want = append(want, strconv.Itoa(n))
		}
		assert.ElementsMatch(t, want, parts, name)
	}
}

// A test that takes long, by a flag that asks for it, for a time or for a number, is a proof.
func TestEveryFlagIsGiven(t *testing.T) {
	t.Parallel()
	proofs := script(t, "proofs", "--list")
	flags := 0
	testFiles(t, func(path string, file *ast.File) {
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || len(call.Args) == 0 {
				return true
			}
			f, ok := call.Fun.(*ast.SelectorExpr)
			name, isName := call.Args[0].(*ast.BasicLit)
			if !ok || !isName || !slices.Contains([]string{"Bool", "Int", "Duration"}, f.Sel.Name) || !isPackage(f.X, "flag") || name.Value == `"update"` {
				return true
			}
			flags++
			folder, flag := filepath.ToSlash(filepath.Dir(path)), "-"+strings.Trim(name.Value, `"`)
			assert.True(t, slices.ContainsFunc(proofs, func(line string) bool {
				words := strings.Fields(line)
				return slices.Contains(words, "./"+folder) && slices.ContainsFunc(words, func(word string) bool {
					given, _, _ := strings.Cut(word, "=")
					return given == flag
				})
			}), "%s defines %s, and no proof is given it", path, flag)
			return true
		})
	})
	assert.NotZero(t, flags)
}

func isPackage(x ast.Expr, name string) bool {
	ident, ok := x.(*ast.Ident)
	return ok && ident.Name == name
}

// A test that is skipped says what is missing: the flag, and what is not proved without
// it; or the program, and what installs it.
func TestSkippedTestsSayWhatIsMissing(t *testing.T) {
	t.Parallel()
	aboutFlag, aboutProgram := regexp.MustCompile(`(^|\s)-[a-z]`), regexp.MustCompile(`\bPATH\b|install`)
	flag := regexp.MustCompile(`^-[a-z]+ is (not )?set[^:]*: .*\b(is|are) not [a-z]+`)
	program := regexp.MustCompile(`^there is no program .* in PATH: (apt-get|pip) install |cannot be installed: `)
	found := 0
	testFiles(t, func(path string, file *ast.File) {
		for node := range ast.Preorder(file) {
			call, ok := node.(*ast.CallExpr)
			if !ok {
				continue
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); !ok || f.Sel.Name != "Skip" && f.Sel.Name != "Skipf" && f.Sel.Name != "SkipNow" {
				continue
			}
			found++
			if !assert.NotEmpty(t, call.Args, "%s: a test is skipped without a text", path) {
				continue
			}
			text := ""
			for part := range ast.Preorder(call.Args[0]) {
				if literal, ok := part.(*ast.BasicLit); ok {
					words, err := strconv.Unquote(literal.Value)
					require.NoError(t, err, path)
					text += words
				}
			}
			switch {
			case aboutProgram.MatchString(text):
				assert.Regexp(t, program, text, path)
			case aboutFlag.MatchString(text):
				assert.Regexp(t, flag, text, path)
			}
		}
	})
	assert.Greater(t, found, 30)
}
