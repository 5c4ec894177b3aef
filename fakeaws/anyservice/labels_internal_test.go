package anyservice

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// Labels in the form of an ARN are what the path has in their place; variables are left.
func TestLabelsInARNs(t *testing.T) {
	t.Parallel()
	api, ok := catalog.APIByPackage("apigateway")
	require.True(t, ok)
	const begin = "arn:${Partition}:apigateway:${Region}::"
	for _, c := range []struct{ method, path, form, want string }{
		{"GET", "/restapis", "/restapis", "/restapis"},
		{"GET", "/restapis/a1b2c3", "/restapis/{restApiId}", "/restapis/a1b2c3"},
		{"GET", "/restapis/a1b2c3/resources/r1", "/restapis/{restApiId}/resources/{resourceId}", "/restapis/a1b2c3/resources/r1"},
		{"GET", "/restapis/*", "/restapis/{restApiId}", "/restapis/%2A"},
		{"GET", "/tags/arn%3Aaws%3Aapigateway", "/tags/{resourceArn}", "/tags/arn%3Aaws%3Aapigateway"},
		{"GET", "/restapis/a%2Fb", "/restapis/{restApiId}", "/restapis/a%2Fb"},
		{"GET", "/restapis/a1b2c3", "/restapis/{restApiId", "/restapis/{restApiId"},
	} {
		sent := &wire.Request{Method: c.method, Path: c.path, Header: http.Header{}}
		op, protocol, err := modelOf(api)().Match(sent)
		require.NoError(t, err, c.path)
		r := &request{msg: &fakeaws.Message{Request: sent, Operation: op, Protocol: protocol}}
		assert.Equal(t, begin+c.want, r.withLabels(begin+c.form))
	}
}
