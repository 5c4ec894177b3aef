package apigateway_test

import (
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/apigatewaytest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// through sends a request through a VPC endpoint and returns its status.
func through(t *testing.T, acct *awstest.Account, endpoint string, r *http.Request) int {
	t.Helper()
	door := acct.World().Door().Via(&fakeaws.VPCEndpoint{ID: endpoint, VPC: "vpc-1", Account: acct.ID(), Region: acct.Region(), SourceIP: "10.0.0.7"})
	resp, err := (&http.Client{Transport: door}).Do(r)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	return resp.StatusCode
}

func get(t *testing.T, api *apigatewaytest.API, header ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, api.URL("/pets"), nil)
	require.NoError(t, err)
	if len(header) > 0 {
		r.Header.Set("Authorization", header[0])
	}
	return r
}

// Requests reach a private API through VPC endpoints alone, and its resource policy must allow
// them: without one it cannot be deployed.
func TestPrivateAPI(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	policy := policyOf(statement("Allow", `"*"`, `{"StringEquals":{"aws:SourceVpce":"vpce-1"}}`))
	private := &types.EndpointConfiguration{Types: []types.EndpointType{types.EndpointTypePrivate}}
	api := apigatewaytest.Of(acct).New("api", awsapigateway.CreateRestApiInput{Policy: &policy, EndpointConfiguration: private})
	api.Method("GET", "/pets", awsapigateway.PutMethodInput{}, mock(`{"statusCode": 200}`), fine).Deploy()
	assert.Equal(t, http.StatusForbidden, api.Call(nil, http.MethodGet, "/pets", "").Status)
	assert.Equal(t, http.StatusOK, through(t, acct, "vpce-1", get(t, api)))
	assert.Equal(t, http.StatusForbidden, through(t, acct, "vpce-2", get(t, api)))

	id, c := api.ID(), client(acct)
	_, err := c.UpdateRestApi(t.Context(), &awsapigateway.UpdateRestApiInput{RestApiId: &id, PatchOperations: op(types.OpReplace, "/policy", "")})
	require.NoError(t, err)
	_, err = c.CreateDeployment(t.Context(), &awsapigateway.CreateDeploymentInput{RestApiId: &id, StageName: aws.String("other")})
	requireCode(t, err, "BadRequestException", "Private REST API doesn't have a resource policy attached to it")
}

// Of an API that was deployed without a policy and became private since, nobody is let in: neither
// by policies of the caller, nor by an authorizer.
func TestPrivateAPIWithoutPolicy(t *testing.T) {
	t.Parallel()
	acct := account(t)
	calls := 0
	api := custom(t, acct, "", 0, &calls)
	require.Equal(t, http.StatusOK, through(t, acct, "vpce-1", get(t, api, "allow")))
	id := api.ID()
	_, err := client(acct).UpdateRestApi(t.Context(), &awsapigateway.UpdateRestApiInput{RestApiId: &id, PatchOperations: op(types.OpReplace, "/endpointConfiguration/types/EDGE", "PRIVATE")})
	require.NoError(t, err)
	assert.Equal(t, http.StatusForbidden, through(t, acct, "vpce-1", get(t, api, "allow")))
}

// What comes through a VPC endpoint has no aws:SourceIp, also where the resource policy is asked
// before the authorizer.
func TestAuthorizerThroughVPCEndpoint(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With(), apigatewaytest.With(), awstest.WithSourceIP("203.0.113.7"))
	calls := 0
	api := custom(t, acct, policyOf(statement("Allow", `"*"`, ""), statement("Deny", `"*"`, here)), 0, &calls)
	assert.Equal(t, http.StatusOK, through(t, acct, "vpce-1", get(t, api, "allow")))
	assert.Equal(t, http.StatusForbidden, api.Call(nil, http.MethodGet, "/pets", "", "Authorization: allow").Status)
	assert.Equal(t, 1, calls)
}

// A call of a principal goes its way: through its VPC endpoint, whose policy counts.
func TestCallThroughVPCEndpoint(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	api := mocked(acct, "AWS_IAM", "")
	user := acct.NewUser("user", awstest.Allow("execute-api:Invoke"))
	open := acct.NewVPCEndpoint(nil)
	closed := acct.NewVPCEndpoint(awstest.Allow("s3:*").On("*").By("*"))
	assert.Equal(t, http.StatusOK, api.Call(user.Via(open), http.MethodGet, "/pets", "").Status)
	assert.Equal(t, http.StatusForbidden, api.Call(user.Via(closed), http.MethodGet, "/pets", "").Status)
}

// The caller's own credentials invoke the function of an integration, where the method has asked
// for them.
func TestCallerInvokesFunction(t *testing.T) {
	t.Parallel()
	acct := account(t)
	var got events.APIGatewayProxyRequest
	fn := function(acct, "fn", echo(&got))
	i := apigatewaytest.LambdaProxy(fn.ARN())
	i.Credentials = aws.String("arn:aws:iam::*:user/*")
	api := apigatewaytest.Of(acct).New("api")
	api.Method("GET", "/pets", awsapigateway.PutMethodInput{AuthorizationType: aws.String("AWS_IAM")}, i).Method("GET", "/open", awsapigateway.PutMethodInput{}, i).Deploy()
	may := acct.NewUser("may", awstest.Allow("execute-api:Invoke"), awstest.Allow("lambda:InvokeFunction"))
	mayNot := acct.NewUser("may-not", awstest.Allow("execute-api:Invoke"))
	assert.Equal(t, http.StatusCreated, api.Call(may, http.MethodGet, "/pets", "").Status)
	assert.Equal(t, http.StatusInternalServerError, api.Call(mayNot, http.MethodGet, "/pets", "").Status)
	assert.Equal(t, http.StatusInternalServerError, api.Call(may, http.MethodGet, "/open", "").Status, "the signature was not asked for")
	assert.Equal(t, http.StatusInternalServerError, api.Call(nil, http.MethodGet, "/open", "").Status)
}
