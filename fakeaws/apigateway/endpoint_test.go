package apigateway_test

import (
	"net/http"
	"testing"
	"time"

	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/apigatewaytest"
)

// An API whose own endpoint is disabled answers nobody there.
func TestDisabledEndpoint(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	api := mocked(acct, "NONE", "")
	id := api.ID()
	require.Equal(t, http.StatusOK, api.Call(nil, http.MethodGet, "/pets", "").Status)
	_, err := client(acct).UpdateRestApi(t.Context(), &awsapigateway.UpdateRestApiInput{RestApiId: &id, PatchOperations: op(types.OpReplace, "/disableExecuteApiEndpoint", "true")})
	require.NoError(t, err)
	resp := api.Call(nil, http.MethodGet, "/pets", "")
	assert.Equal(t, http.StatusForbidden, resp.Status)
	assert.JSONEq(t, `{"message":"Forbidden"}`, resp.Body)
}

// A World may begin at any time.
func TestTraceIDLongAgo(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With(), awstest.WithTime(time.Unix(1, 0)))
	resp := mocked(acct, "NONE", "").Call(nil, http.MethodGet, "/pets", "")
	assert.Equal(t, http.StatusOK, resp.Status)
	assert.Regexp(t, `^Root=1-00000001-[0-9a-f]{24}$`, resp.Header.Get("X-Amzn-Trace-Id"))
}
