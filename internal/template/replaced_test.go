package template

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/internal/deploy"
)

var replaceAll = flag.Bool("scale", false, "replace every value of every template, not each twentieth")

// Whatever stands in place of a value of a template, of any other kind, is read or refused
// with problems.
func TestReplacedValues(t *testing.T) {
	t.Parallel()
	every := 20
	if *replaceAll {
		every = 1
	}
	replacements := []*node{{}, {kind: stringNode, text: "x"}, {kind: numberNode, text: "1"}, {kind: listNode}, {kind: objectNode}, {kind: listNode, items: []*node{{}}}, {kind: objectNode, keys: []string{"Ref"}, items: []*node{{kind: stringNode, text: "AWS::NoValue"}}}}
	for _, file := range []string{"../../awstest/cloudformation/testdata/worker.yaml", "../../awstest/cloudformation/testdata/sam.yaml", "../../awstest/cloudformation/testdata/fleet.json", "../../awstest/cloudformation/testdata/cdk.out/DataStack.template.json"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var p problems
		root := read(file, text, &p)
		require.Empty(t, p.list)
		var all []*node
		var walk func(*node)
		walk = func(n *node) {
			all = append(all, n)
			for _, item := range n.items {
				walk(item)
			}
		}
		walk(root)
		for i := 0; i < len(all); i += every {
			original := *all[i]
			for _, r := range replacements {
				*all[i] = *r
				all[i].line, all[i].col, all[i].file = original.line, original.col, original.file
				evaluateRoot(t, file, root)
			}
			*all[i] = original
		}
	}
}

func evaluateRoot(t *testing.T, file string, root *node) {
	t.Helper()
	target := deploy.Target{Account: "111122223333", Region: "eu-west-1", ID: func(_ string, n int) string { return strings.Repeat("Z", n) }}
	l := newLoad(target, newConfig(nil))
	s := newStack(l, file, "app", nil)
	s.read(root)
	l.roots = append(l.roots, s)
	if _, err := l.finish(); err != nil {
		require.ErrorAs(t, err, &deploy.Errors{})
	}
}

// Each form can be filled, whatever resource it is of.
func TestForms(t *testing.T) {
	t.Parallel()
	require.Greater(t, len(forms), 150)
	for kind, f := range forms {
		at := &node{kind: objectNode}
		root := at.newObject("Resources", at.newObject("R", at.newObject("Type", kind)))
		s := newStack(newLoad(deploy.Target{Account: "111122223333", Region: "eu-west-1", ID: func(_ string, n int) string { return strings.Repeat("Z", n) }}, newConfig(nil)), "t.yaml", "app", nil)
		s.read(root)
		require.NotContains(t, s.ref(at, "R"), "{", kind)
		for name := range f.attrs {
			require.NotContains(t, s.attribute(at, "R", name), "{", "%s.%s", kind, name)
		}
		if f.arn != "" {
			require.Regexp(t, `^arn:aws:[a-z0-9-]+:`, s.attribute(at, "R", "Arn"), kind)
		}
	}
}
