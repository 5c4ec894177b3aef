package catalog

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// ambiguous has the requests that more than one operation of an API takes. The two of S3 have
// different hosts.
var ambiguous = map[string]string{"s3 GET / ": "ListBuckets ListDirectoryBuckets"}

// Method, path, query and what a request must have tell the operations of an API apart, but
// for those named here.
func TestRoutesAreUnique(t *testing.T) {
	t.Parallel()
	found := map[string][]string{}
	routes := 0
	for _, a := range APIs() {
		taken := map[string][]string{}
		for _, o := range a.Operations() {
			if o.Method == "" {
				continue
			}
			routes++
			taken[routeOf(o)] = append(taken[routeOf(o)], o.Name)
		}
		for route, names := range taken {
			if len(names) > 1 {
				found[a.Package+" "+route] = names
			}
		}
	}
	got := map[string]string{}
	for route, names := range found {
		got[route] = strings.Join(names, " ")
	}
	assert.Equal(t, ambiguous, got)
	assert.Greater(t, routes, 9000)
}

var label = regexp.MustCompile(`\{[^}]*?(\+?)\}`)

func routeOf(o *Operation) string {
	path, query, _ := strings.Cut(o.URI, "?")
	parts := append(strings.Split(query, "&"), o.Required...)
	slices.Sort(parts)
	return fmt.Sprintf("%s %s %s", o.Method, label.ReplaceAllString(path, "{$1}"), strings.TrimSpace(strings.Join(parts, " ")))
}

// Operations of several APIs that are signed for one name and take the same requests are
// about the same actions, but for those named here.
func TestRoutesOfOneSigningName(t *testing.T) {
	t.Parallel()
	var clashes []string
	names := map[string]bool{}
	for _, a := range APIs() {
		if names[a.SigningName] {
			continue
		}
		names[a.SigningName] = true
		taken := map[string]*Operation{}
		for _, sibling := range SignedFor(a.SigningName) {
			for _, o := range sibling.Operations() {
				route := o.Name + " " + sibling.Target + " " + sibling.Version
				if o.Method != "" {
					route = routeOf(o)
				}
				other, ok := taken[route]
				taken[route] = o
				if ok && other.API != sibling && other.Facts().Permissions[0].Action != o.Facts().Permissions[0].Action {
					clashes = append(clashes, other.String()+" "+o.String())
				}
			}
		}
	}
	slices.Sort(clashes)
	// The User-Agent tells the two versions of Lex apart.
	assert.Equal(t, []string{"lexmodelbuildingservice.GetImport lexmodelsv2.DescribeImport", "lexmodelbuildingservice.StartImport lexmodelsv2.ListImports"}, clashes)
}
