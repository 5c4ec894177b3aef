package all_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/all"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// TestServices keeps docs/services.md true: how each operation of each service is judged.
func TestServices(t *testing.T) {
	path := filepath.Join(root, "docs", "services.md")
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	counts, list := services()
	got := replace(t, replace(t, string(text), "counts", counts), "services", list)
	if *update {
		require.NoError(t, os.WriteFile(path, []byte(got), 0o644))
		return
	}
	if string(text) != got {
		t.Error("docs/services.md is out of date; run: go test ./fakeaws/all -run TestServices -update")
	}
}

// The ways in which operations are judged.
const (
	byFake    = iota
	notInFake // which the fake of its service does not have
	exactly
	byRule
	inPart
	unresolved
	ways
)

var wayNames = [ways]string{"fake", "missing", "exact", "by rule", "partial", "unresolved"}

// wayOf returns how an operation without a fake is judged: by the worst of the resources of
// its first permission.
func wayOf(op *catalog.Operation) int {
	p := &op.Facts().Permissions[0]
	if p.Unknown {
		return unresolved
	}
	way := exactly
	for _, b := range p.Resources {
		switch b.Class {
		case catalog.ByHand, catalog.Fixed, catalog.ARN, catalog.Exact:
		case catalog.Partial:
			way = max(way, inPart)
		case catalog.None:
			way = max(way, unresolved)
		default:
			way = max(way, byRule)
		}
	}
	return way
}

// services makes the counts and the list of docs/services.md.
func services() (counts, list string) {
	w := all.NewWorld(fakeaws.Config{Services: all.OptIn()})
	fakes := map[string]map[string]bool{} // the operations that they have
	for _, s := range slices.Concat(all.Services(), all.OptIn()) {
		ops := map[string]bool{}
		for _, op := range w.Fake(s.Name).Ops() {
			ops[op.Name] = true
		}
		fakes[cmp.Or(s.SDK, s.Name)], fakes[s.Name] = ops, ops
	}
	var total [ways]int
	var b strings.Builder
	for _, api := range catalog.APIs() {
		var of [ways]int
		var some [ways][]string
		for _, op := range api.Operations() {
			way := byFake
			if ops := fakes[api.Package]; ops == nil {
				way = wayOf(op)
			} else if !ops[op.Name] {
				way = notInFake
			}
			of[way]++
			total[way]++
			some[way] = append(some[way], op.Name)
		}
		fmt.Fprintf(&b, "| %s (`%s`) |", api.ID, api.Prefix)
		for _, n := range of {
			b.WriteString(" ")
			if n > 0 {
				fmt.Fprint(&b, n)
			}
			b.WriteString(" |")
		}
		fmt.Fprintf(&b, " %s |\n", strings.Join(slices.Concat(some[inPart], some[unresolved]), ", "))
	}
	head := "| service and prefix |"
	line := "|---|"
	for _, name := range wayNames {
		head += " " + name + " |"
		line += "---|"
	}
	list = head + " partial and unresolved ones |\n" + line + "---|\n" + b.String()
	var c strings.Builder
	sum := 0
	for _, n := range total {
		sum += n
	}
	fmt.Fprintf(&c, "%d services, %d operations:\n\n| | operations | |\n|---|---|---|\n", len(catalog.APIs()), sum)
	for way, name := range wayNames {
		fmt.Fprintf(&c, "| %s | %d | %.1f %% |\n", name, total[way], 100*float64(total[way])/float64(sum))
	}
	return c.String(), list
}
