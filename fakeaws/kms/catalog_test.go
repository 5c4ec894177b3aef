package kms_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// The permissions that operations take are those that the catalog has of AWS's Service
// Authorization Reference, but for those of the API reference's own.
func TestCatalogAgrees(t *testing.T) {
	t.Parallel()
	api, ok := catalog.APIByPackage("kms")
	require.True(t, ok)
	others := map[string][]string{"ReplicateKey": {"kms:CreateKey"}} // "Create multi-Region replica keys"
	for _, c := range newScene(t).calls() {
		op, ok := api.Operation(c.operation())
		require.True(t, ok, c.operation())
		var known []string
		for _, p := range op.Facts().Permissions {
			known = append(known, p.Action)
		}
		for _, action := range c.needs() {
			assert.True(t, slices.Contains(known, action) || slices.Contains(others[c.operation()], action), "%s: %s is none of %v", c.operation(), action, known)
		}
	}
}
