package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Whatever a file says, it is read without a panic; one without problems has checks that
// say as whom and what.
func FuzzCheckFile(f *testing.F) {
	script, err := os.ReadFile(filepath.Join("testdata", "check.txtar"))
	require.NoError(f, err)
	for _, part := range strings.Split(string(script), "\n-- ")[1:] {
		_, text, _ := strings.Cut(part, "--\n")
		f.Add(text)
	}
	f.Add("a: &a [*a]\nchecks: *a")
	f.Add("principals: &p {p: *p}\nchecks: [*p]")
	f.Fuzz(func(t *testing.T, text string) {
		file := readCheckFile("check.yaml", []byte(text))
		for _, p := range file.problems {
			if p.at.Line < 1 || p.at.Column < 1 || p.text == "" {
				t.Fatalf("%q: %+v", text, p)
			}
		}
		if len(file.problems) > 0 {
			return
		}
		for _, c := range file.checks {
			if c.as == "" || len(c.can)+len(c.cannot) == 0 || len(c.on) == 0 {
				t.Fatalf("%q: %+v", text, c)
			}
		}
	})
}
