package main

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestScripts runs the stories in testdata. In them "exits CODE simulate …" runs
// the command, which must end with that code; "env STDIN=FILE" gives it a standard input.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": func(ts *testscript.TestScript, neg bool, args []string) {
				if neg || len(args) < 2 {
					ts.Fatalf("usage: exits CODE COMMAND ...")
				}
				for i, arg := range args {
					args[i] = inFolder(ts, arg)
				}
				stdin := ""
				if file := ts.Getenv("STDIN"); file != "" {
					stdin = ts.ReadFile(file)
				}
				code := runWith(t.Context(), args[1:], strings.NewReader(stdin), ts.Stdout(), ts.Stderr())
				if want := args[0]; strconv.Itoa(code) != want {
					ts.Fatalf("exit code %d, want %s", code, want)
				}
			},
		},
	})
}

// inFolder makes the names of files in an argument absolute: a script has a
// folder of its own.
func inFolder(ts *testscript.TestScript, arg string) string {
	files := strings.Split(arg, ",")
	for i, file := range files {
		if (slices.Contains([]string{".json", ".yaml"}, filepath.Ext(file)) || strings.HasSuffix(file, "/")) && !strings.Contains(file, "=") {
			files[i] = ts.MkAbs(file)
		}
	}
	return strings.Join(files, ",")
}
