package main

import (
	"go/format"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const code = `package p

const two = 1 + 1

func f(a, b int, c bool) bool {
	switch a {
	case 1:
		return true
	case two, 3:
		b++
	}
	switch {
	case a < b && !c:
	case a == 9:
	}
	switch a++; b {
	case 7:
	}
	return f(a, b, c) || a != b
}
`

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestMutants(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "p.go", code)
	write(t, dir, "p_test.go", "package p")
	sources, err := mutate(dir, []string{"*.go"})
	require.NoError(t, err)
	require.Len(t, sources, 1)
	var names []string
	for i, m := range sources[0].mutants {
		assert.Equal(t, i+1, m.number)
		names = append(names, m.name())
	}
	assert.Equal(t, []string{
		"p.go f: `case 1:` -> ``",
		"p.go f: `case two, 3:` -> `case 3:`",
		"p.go f: `case two, 3:` -> `case two:`",
		"p.go f: `return true` -> `return false`",
		"p.go f: `case a < b && !c:` -> `case !(a < b && !c):`",
		"p.go f: `a < b && !c` -> `a < b || !c`",
		"p.go f: `a < b` -> `a >= b`",
		"p.go f: `a < b` -> `a <= b`",
		"p.go f: `!c` -> `c`",
		"p.go f: `a == 9` -> `a != 9`",
		"p.go f: `case 7:` -> ``",
		"p.go f: `f(a, b, c) || a != b` -> `f(a, b, c) && a != b`",
		"p.go f: `a != b` -> `a == b`",
	}, names)
	_, err = format.Source([]byte(sources[0].text))
	require.NoError(t, err, sources[0].text)

	_, err = mutate(dir, []string{"q.go"})
	require.ErrorContains(t, err, `no file in `)
}

// Mutants are told from each other by tests that are known to notice some.
func TestCheck(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "go.mod", "module p\n\ngo 1.25\n")
	write(t, dir, "p.go", `package p

func grows(a, b int) bool { return a < b }

func kind(a int) string {
	switch a {
	case 1:
		return "one"
	case 2:
		return "two"
	}
	for a < 0 {
		a++
	}
	return "many"
}

func both(a, b bool) bool { return a && b }
`)
	write(t, dir, "p_test.go", `package p

import "testing"

func TestGrows(t *testing.T) {
	if !grows(1, 2) || grows(2, 1) {
		t.Fatal()
	}
}

func TestKind(t *testing.T) {
	t.Parallel()
	if kind(1) != "one" || kind(5) != "many" {
		t.Fatal()
	}
}

func TestBoth(t *testing.T) {
	if both(false, true) || !both(true, true) || both(true, false) {
		t.Fatal()
	}
}
`)
	list := write(t, dir, "list", "p.go kind: `a < 0` -> `a <= 0` # no test asks for 0\n"+
		"p.go both: `a && b` -> `a || b` # wrong\np.go gone: `a` -> `b` # gone\n")
	findings, err := check(dir, []string{"*.go"}, list, part{}, 2, nil)
	require.NoError(t, err)
	// a < b -> a <= b and case 2 survive; a && b is listed and does not; the last
	// of the list is no mutant.
	assert.Equal(t, 4, findings)
	inParts := 0
	for n := range 3 {
		findings, err = check(dir, []string{"*.go"}, list, part{n + 1, 3}, 2, nil)
		require.NoError(t, err)
		inParts += findings - 1 // each part tells of what is no mutant
	}
	assert.Equal(t, 3, inParts)

	write(t, dir, "q_test.go", "package p\n\nimport \"testing\"\n\nfunc TestFails(t *testing.T) { t.Fatal(1) }\n")
	_, err = check(dir, []string{"*.go"}, list, part{}, 2, nil)
	require.ErrorContains(t, err, "TestFails fails without a change")
	write(t, dir, "q_test.go", "package q")
	_, err = check(dir, []string{"*.go"}, list, part{}, 2, nil)
	require.Error(t, err, "it does not compile")
	_, err = check(dir, []string{"*.go"}, list+"x", part{}, 2, nil)
	require.Error(t, err, "there is no such list")
}

func TestParts(t *testing.T) {
	t.Parallel()
	var p part
	require.NoError(t, p.parse("2/3"))
	assert.Equal(t, part{2, 3}, p)
	for _, text := range []string{"", "2", "0/3", "4/3", "1/3x", "-1/3", "a/b"} {
		assert.Error(t, p.parse(text), text)
	}
	for number := range 12 {
		in := 0
		for n := range 3 {
			if (part{n + 1, 3}).has(&mutant{number: number}) {
				in++
			}
		}
		assert.Equal(t, 1, in, "each mutant is in one part")
		assert.True(t, part{}.has(&mutant{number: number}))
	}
}
