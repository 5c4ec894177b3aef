package all_test

import (
	"flag"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/all"
	"github.com/leastpriv/leastpriv/internal/wire"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/fidelity.md")

const root = "../.."

// TestFidelity keeps docs/fidelity.md true: the operations of the tables and
// the choices that the code calls unverified.
func TestFidelity(t *testing.T) {
	path := filepath.Join(root, "docs", "fidelity.md")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	got := replace(t, string(text), "operations", operations(t))
	got = replace(t, got, "unverified", unverified(t))
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		return
	}
	if string(text) != got {
		t.Error("docs/fidelity.md is out of date; run: go test ./fakeaws/all -update")
	}
}

// replace puts text between the markers of a generated part.
func replace(t *testing.T, doc, part, text string) string {
	t.Helper()
	re := regexp.MustCompile(`(?s)(<!-- generated: ` + part + ` -->\n).*(<!-- end: ` + part + ` -->)`)
	require.Regexp(t, re, doc)
	return re.ReplaceAllStringFunc(doc, func(old string) string {
		m := re.FindStringSubmatch(old)
		return m[1] + text + m[2]
	})
}

// operations lists, by service, which operations work.
func operations(t *testing.T) string {
	w := all.NewWorld(fakeaws.Config{Services: slices.Concat(all.Previews(), all.OptIn())})
	var b strings.Builder
	for _, name := range []string{"access-analyzer", "apigateway", "cloudformation", "dynamodb", "dynamodb-streams", "events", "firehose", "iam", "iam-toolbox", "kinesis", "kms", "lambda", "logs", "organizations", "s3", "s3-control", "scheduler", "secretsmanager", "sns", "sqs", "states", "sts"} {
		model, ok := wire.Load(name)
		require.True(t, ok)
		var have []string
		for _, op := range w.Fake(name).Ops() {
			have = append(have, op.Name)
		}
		slices.Sort(have)
		fmt.Fprintf(&b, "### %s: %d of %d operations\n\n%s.\n\n", name, len(have), len(model.Operations()), strings.Join(have, ", "))
	}
	return b.String()
}

// unverified lists what the code's comments call unverified.
func unverified(t *testing.T) string {
	var b strings.Builder
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "bin"):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		files := token.NewFileSet()
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(files, path, source, parser.ParseComments)
		if err != nil {
			return err
		}
		lines := strings.Split(string(source), "\n")
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		for _, group := range file.Comments {
			text := strings.Join(strings.Fields(group.Text()), " ")
			if !strings.Contains(strings.ToLower(text), "unverified") {
				continue
			}
			// A remark at the end of a line is about that line.
			if at := files.Position(group.Pos()); at.Column > 1 {
				if code, _, _ := strings.Cut(strings.TrimSpace(lines[at.Line-1]), "//"); code != "" {
					text += ": `" + strings.TrimSpace(code) + "`"
				}
			}
			fmt.Fprintf(&b, "- `%s`: %s\n", filepath.ToSlash(rel), text)
		}
		return nil
	})
	require.NoError(t, err)
	return b.String()
}
