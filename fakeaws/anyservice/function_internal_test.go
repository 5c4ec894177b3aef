package anyservice

import (
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// A function has several names, and one ARN with each of its versions and aliases.
func TestFunctionARN(t *testing.T) {
	t.Parallel()
	const own, other = "arn:aws:lambda:us-east-1:111122223333:function:bill", "arn:aws:lambda:us-east-1:444455556666:function:bill"
	api, ok := catalog.APIByPackage("lambda")
	require.True(t, ok)
	all := api.Operations()
	invoke := all[slices.IndexFunc(all, func(o *catalog.Operation) bool { return o.Name == "Invoke" })]
	for _, c := range []struct{ name, query, want string }{
		{"bill", "", own},
		{"bill", "Qualifier=live", own + ":live"},
		{"bill:live", "", own + ":live"},
		{"bill:live", "Qualifier=live", own + ":live"},
		{"bill", "Qualifier=%24LATEST", own + ":$LATEST"},
		{own, "", own},
		{own, "Qualifier=2", own + ":2"},
		{own + ":2", "", own + ":2"},
		{other, "Qualifier=2", other + ":2"},
		{"444455556666:function:bill", "", other},
		{"444455556666:function:bill:live", "", other + ":live"},
		{"444455556666:function:bill", "Qualifier=live", other + ":live"},
	} {
		sent := &wire.Request{Method: http.MethodPost, Path: "/2015-03-31/functions/" + url.PathEscape(c.name) + "/invocations", RawQuery: c.query, Header: http.Header{}}
		op, protocol, err := modelOf(api)().Match(sent)
		require.NoError(t, err)
		r := &request{call: &fakeaws.Call{Service: "lambda", Account: "111122223333", Region: "us-east-1"}, msg: &fakeaws.Message{Request: sent, Operation: op, Protocol: protocol}}
		require.NoError(t, r.findOwner())
		needs, err := new(Fake).needs(r, operationOf(invoke)())
		require.NoError(t, err)
		require.Len(t, needs, 1)
		assert.Equal(t, c.want, needs[0].Resource, "%s %s", c.name, c.query)
	}
}
