package catalog

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write testdata/operations.txt anew")

// What is known of the operations of popular services was read through by hand; what changes
// is to be read again. No account of AWS was asked.
func TestFactsOfPopularOperations(t *testing.T) {
	t.Parallel()
	const file = "testdata/operations.txt"
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	var all strings.Builder
	// A block is an operation with the lines that begin with a space after it.
	blocks := strings.Split(strings.ReplaceAll(strings.TrimSuffix(string(want), "\n"), "\n ", "\r "), "\n")
	require.Greater(t, len(blocks), 60)
	for _, block := range blocks {
		name, operation, _ := strings.Cut(strings.FieldsFunc(block, unicode.IsSpace)[0], ".")
		a, ok := APIByPackage(name)
		require.True(t, ok, block)
		o, ok := a.Operation(operation)
		require.True(t, ok, block)
		got := describe(o)
		all.WriteString(got)
		if !*update {
			assert.Equal(t, strings.ReplaceAll(block, "\r", "\n")+"\n", got)
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(all.String()), 0o644))
	}
}

// describe writes an operation and, on lines that begin with a space, what is known of it.
func describe(o *Operation) string {
	var b strings.Builder
	b.WriteString(strings.TrimSpace(fmt.Sprintf("%s %s %s %s", o, o.Method, o.URI, strings.Join(o.Required, " "))) + "\n")
	f := o.Facts()
	for _, p := range f.Permissions {
		fmt.Fprintf(&b, " %s", p.Action)
		if p.Unknown {
			b.WriteString(" unknown")
		}
		if len(p.If) > 0 {
			fmt.Fprintf(&b, " if %s", strings.Join(p.If, " or "))
		}
		b.WriteString("\n")
		for _, r := range p.Resources {
			fmt.Fprintf(&b, "  on %s (%c)%s\n", r.Type, r.Class, binding(r))
		}
		describeKeys(&b, "  with", p.Keys)
	}
	describeKeys(&b, " key", f.Keys)
	if t := f.Tags; t != nil {
		fmt.Fprintf(&b, " tags %s\n", strings.Join(strings.Fields(strings.Join([]string{t.List, t.Key, t.Value, t.Type, t.Map, t.Query, t.Keys}, " ")), " "))
	}
	for _, r := range f.Roles {
		what := ""
		if r.InstanceProfile {
			what = "instance profile "
		}
		fmt.Fprintf(&b, " passes %s%s to %s\n", what, r.Role, r.Service)
	}
	if p := f.Policy; p != nil {
		fmt.Fprintf(&b, " policy %s\n", strings.Join(strings.Fields(strings.Join([]string{p.Do, p.Document, strings.Join(p.If, " "), p.NoPolicy, p.Created, p.SID, p.Action, p.Principal}, " ")), " "))
		for _, c := range slices.Sorted(maps.Keys(p.Conditions)) {
			fmt.Fprintf(&b, "  with %s %s\n", c, p.Conditions[c])
		}
	}
	return b.String()
}

func binding(r Binding) (text string) {
	if r.Optional {
		text += " optional"
	}
	if r.ARN != "" {
		text += " " + r.ARN
	}
	for _, v := range slices.Sorted(maps.Keys(r.Variables)) {
		text += " " + v + "=" + r.Variables[v]
	}
	return text
}

func describeKeys(b *strings.Builder, head string, keys []KeySource) {
	for _, k := range keys {
		fmt.Fprintf(b, "%s %s (%c) %s\n", head, k.Key, k.Class, k.Source)
	}
}
