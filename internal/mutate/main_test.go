package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const source = `package p

func f(a, b int, c bool) bool {
	switch a {
	case 1:
		return true
	case 2, 3:
		b++
	}
	switch {
	case a < b && !c:
	}
	return f(a, b, c)
}
`

func TestMutants(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "p.go"), []byte(source), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "p_test.go"), []byte("package p"), 0o600))
	mutants, err := mutantsOf(dir, []string{"*.go"})
	require.NoError(t, err)
	var names []string
	sources := make(map[string]string)
	for i := range mutants {
		names = append(names, mutants[i].name())
		sources[mutants[i].name()] = string(mutants[i].source())
	}
	assert.Equal(t, []string{
		"p.go f: `case 1:` -> ``",
		"p.go f: `case 2, 3:` -> `case 3:`",
		"p.go f: `case 2, 3:` -> `case 2:`",
		"p.go f: `return true` -> `return false`",
		"p.go f: `case a < b && !c:` -> `case !(a < b && !c):`",
		"p.go f: `a < b && !c` -> `a < b || !c`",
		"p.go f: `a < b` -> `a >= b`",
		"p.go f: `a < b` -> `a <= b`",
		"p.go f: `!c` -> `c`",
	}, names)
	assert.NotContains(t, sources[names[0]], "return true", "the body of a case goes with it")
	assert.Contains(t, sources[names[5]], "case a < b || !c:")
	assert.Contains(t, sources[names[8]], "case a < b && c:")

	_, err = mutantsOf(dir, []string{"q.go"})
	require.ErrorContains(t, err, `no file in `)
}

func TestReport(t *testing.T) {
	t.Parallel()
	mutants := []mutant{
		{path: "p.go", was: "a", result: killed}, {path: "p.go", was: "b", result: survived},
		{path: "p.go", was: "c", result: survived}, {path: "p.go", was: "d", result: killed},
		{path: "p.go", was: "e", result: unbuilt},
	}
	list := filepath.Join(t.TempDir(), "list")
	require.NoError(t, os.WriteFile(list, []byte("# a comment\n\n"+mutants[1].name()+" # same\n"+mutants[3].name()+" # no more\n"), 0o600))
	known, err := readKnown(list)
	require.NoError(t, err)
	assert.Equal(t, 2, report(mutants, known), "a survivor that is not listed, and one that is listed and was noticed")
	_, err = readKnown(list + "x")
	require.Error(t, err)
}
