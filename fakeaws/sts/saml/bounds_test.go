package saml

import (
	"strconv"
	"strings"
	"testing"

	"github.com/beevik/etree"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What canonical XML is made of is bounded: of each the most that is accepted, and one
// more.
func TestResponsesAreBounded(t *testing.T) {
	t.Parallel()
	many := func(attribute string, n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(" " + attribute + strconv.Itoa(i) + `="u"`)
		}
		return b.String()
	}
	namespaces := func(n int) string { return many("xmlns:n", n) }
	for name, test := range map[string]struct {
		most int
		text func(n int) string
	}{
		"elements":   {maxElements, func(n int) string { return "<a>" + strings.Repeat("<b/>", n-1) + "</a>" }},
		"depth":      {maxDepth + 1, func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }},
		"attributes": {maxAttributes, func(n int) string { return "<a" + many("b", n) + "/>" }},
		// The root, with 19 others, has all of them in scope.
		"namespaces": {maxScopes / 20, func(n int) string { return "<a" + namespaces(n) + ">" + strings.Repeat("<b/>", 19) + "</a>" }},
		// Twelve more at each level: 12 + 24 + … of 57 levels are 19,836.
		"namespaces of levels": {57, func(n int) string { return strings.Repeat("<a"+namespaces(12)+">", n) + strings.Repeat("</a>", n) }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for n, want := range map[int]bool{test.most: true, test.most + 1: false} {
				doc := etree.NewDocument()
				require.NoError(t, doc.ReadFromString(test.text(n)))
				assert.Equal(t, want, bounded(doc.Root()), n)
			}
		})
	}
}
