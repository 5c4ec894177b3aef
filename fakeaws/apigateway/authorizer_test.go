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

	"github.com/leastpriv/leastpriv/awstest/apigatewaytest"
)

// An authorizer whose answers are kept has an identity source: else the answer for one caller
// would be that for all.
func TestIdentitySourceOfCache(t *testing.T) {
	t.Parallel()
	acct := account(t)
	id := apigatewaytest.Of(acct).New("api").ID()
	in := &awsapigateway.CreateAuthorizerInput{
		RestApiId: &id, Name: aws.String("auth"), Type: types.AuthorizerTypeRequest, AuthorizerUri: aws.String(apigatewaytest.FunctionURI("arn:aws:lambda:us-east-1:" + acct.ID() + ":function:auth")),
	}
	c := client(acct)
	for _, source := range []string{"", " ", ",", " , ,"} {
		in.IdentitySource = &source
		_, err := c.CreateAuthorizer(t.Context(), in)
		requireCode(t, err, "BadRequestException", "Identity source is required for REQUEST authorizer when caching is enabled")
	}
	in.AuthorizerResultTtlInSeconds = aws.Int32(0)
	made, err := c.CreateAuthorizer(t.Context(), in)
	require.NoError(t, err)
	_, err = c.UpdateAuthorizer(t.Context(), &awsapigateway.UpdateAuthorizerInput{RestApiId: &id, AuthorizerId: made.Id, PatchOperations: op(types.OpReplace, "/authorizerResultTtlInSeconds", "60")})
	requireCode(t, err, "BadRequestException", "Identity source is required")
}

// A policy that an authorizer answers is about the caller: one that names principals is not taken
// for everybody's.
func TestAuthorizerNamesNoPrincipal(t *testing.T) {
	t.Parallel()
	for _, element := range []string{"Principal", "NotPrincipal"} {
		t.Run(element, func(t *testing.T) {
			t.Parallel()
			acct := account(t)
			fn := function(acct, "auth", func(r events.APIGatewayCustomAuthorizerRequest) (map[string]any, error) {
				return map[string]any{"principalId": "alice", "policyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{
					map[string]any{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*", element: map[string]any{"AWS": "arn:aws:iam::111122223333:root"}},
				}}}, nil
			})
			api := apigatewaytest.Of(acct).New("api")
			id := api.Authorizer(awsapigateway.CreateAuthorizerInput{
				Name: aws.String("auth"), Type: types.AuthorizerTypeToken, AuthorizerUri: aws.String(apigatewaytest.FunctionURI(fn.ARN())), IdentitySource: aws.String("method.request.header.Authorization"),
			})
			permit(t, acct, "auth", "arn:aws:execute-api:us-east-1:"+acct.ID()+":"+api.ID()+"/authorizers/"+id)
			api.Method("GET", "/pets", awsapigateway.PutMethodInput{AuthorizationType: aws.String("CUSTOM"), AuthorizerId: &id}, mock(`{"statusCode": 200}`), fine).Deploy()
			assert.Equal(t, http.StatusInternalServerError, api.Call(nil, http.MethodGet, "/pets", "", "Authorization: a").Status)
		})
	}
}

// What an authorizer has answered for a stage ends with the stage: another of its name asks anew.
func TestAuthorizerCacheOfDeletedStage(t *testing.T) {
	t.Parallel()
	acct := account(t)
	calls := 0
	api := custom(t, acct, "", 3600, &calls)
	id := api.ID()
	require.Equal(t, http.StatusOK, api.Call(nil, http.MethodGet, "/pets", "", "Authorization: allow").Status)
	_, err := client(acct).DeleteStage(t.Context(), &awsapigateway.DeleteStageInput{RestApiId: &id, StageName: aws.String(apigatewaytest.Stage)})
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, api.Deploy().Call(nil, http.MethodGet, "/pets", "", "Authorization: allow").Status)
	assert.Equal(t, 2, calls)
}

// An answer is used again for the same authorizer and all of its identity sources alone.
func TestKeyOfAuthorizerCache(t *testing.T) {
	t.Parallel()
	acct := account(t)
	calls := map[string]int{}
	api := apigatewaytest.Of(acct).New("api")
	for _, name := range []string{"one", "two"} {
		fn := function(acct, name, func(r events.APIGatewayCustomAuthorizerRequestTypeRequest) (map[string]any, error) {
			calls[name]++
			effect := "Deny"
			if name == "one" && r.QueryStringParameters["q"] == "1" {
				effect = "Allow"
			}
			return answer(effect, "*"), nil
		})
		id := api.Authorizer(awsapigateway.CreateAuthorizerInput{
			Name: &name, Type: types.AuthorizerTypeRequest, AuthorizerUri: aws.String(apigatewaytest.FunctionURI(fn.ARN())), IdentitySource: aws.String("method.request.header.X-User, method.request.querystring.q"),
		})
		permit(t, acct, name, "arn:aws:execute-api:us-east-1:"+acct.ID()+":"+api.ID()+"/authorizers/"+id)
		api.Method("GET", "/"+name, awsapigateway.PutMethodInput{AuthorizationType: aws.String("CUSTOM"), AuthorizerId: &id}, mock(`{"statusCode": 200}`), fine)
	}
	api.Deploy()
	get := func(path string) int { return api.Call(nil, http.MethodGet, path, "", "X-User: a").Status }
	assert.Equal(t, []int{200, 403, 403, 200}, []int{get("/one?q=1"), get("/one?q=2"), get("/two?q=1"), get("/one?q=1")})
	assert.Equal(t, map[string]int{"one": 2, "two": 1}, calls)
}
