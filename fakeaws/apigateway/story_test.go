package apigateway_test

import (
	"errors"
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
)

// An API is made by calls of the SDK, and answers when its function may be invoked by it.
func TestLambdaProxyStory(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		var got events.APIGatewayProxyRequest
		fn := function(acct, "orders", echo(&got))
		api := apigatewaytest.Of(acct).Proxy("shop", fn.ARN())
		resp := api.Call(nil, http.MethodGet, "/orders", "")
		assert.Equal(t, 500, resp.Status, "the function's policy does not let API Gateway invoke it")
		assert.JSONEq(t, `{"message":"Internal server error"}`, resp.Body)
		assert.Equal(t, "InternalServerErrorException", resp.Header.Get("X-Amzn-Errortype"))
		denied := acct.Calls().Of("lambda:InvokeFunction")
		require.NotEmpty(t, denied)
		assert.True(t, denied[len(denied)-1].Denied)

		permit(t, acct, "orders", api.ARN("*", "*"))
		resp = api.Call(nil, http.MethodPost, "/orders/7?b=2&a=1&a=0", `{"n":1}`, "X-Mine: me")
		assert.Equal(t, 201, resp.Status)
		assert.Equal(t, `made {"n":1}`, resp.Body)
		assert.Equal(t, "yes text/plain", resp.Header.Get("X-Own")+" "+resp.Header.Get("Content-Type"))
		assert.Equal(t, "POST /orders/7 /{proxy+}", got.HTTPMethod+" "+got.Path+" "+got.Resource)
		assert.Equal(t, map[string]string{"proxy": "orders/7"}, got.PathParameters)
		assert.Equal(t, map[string]string{"a": "0", "b": "2"}, got.QueryStringParameters)
		assert.Equal(t, []string{"1", "0"}, got.MultiValueQueryStringParameters["a"])
		assert.Equal(t, "me", got.Headers["X-Mine"])
		assert.Equal(t, "/test/orders/7", got.RequestContext.Path)
		assert.Equal(t, acct.ID(), got.RequestContext.AccountID)
		assert.Empty(t, got.RequestContext.Identity.UserArn)
	})
}

// The function's policy is compared with the ARN of the request.
func TestLambdaSourceARN(t *testing.T) {
	t.Parallel()
	acct := account(t)
	var got events.APIGatewayProxyRequest
	fn := function(acct, "orders", echo(&got))
	api := apigatewaytest.Of(acct).Proxy("shop", fn.ARN())
	permit(t, acct, "orders", api.ARN("GET", "*"))
	assert.Equal(t, 201, api.Call(nil, http.MethodGet, "/x", "").Status)
	assert.Equal(t, 500, api.Call(nil, http.MethodPost, "/x", "").Status)
	other := apigatewaytest.Of(acct).Proxy("other", fn.ARN())
	assert.Equal(t, 500, other.Call(nil, http.MethodGet, "/x", "").Status)
}

// What a function does wrong is 502, and a role for the integration takes the place of its policy.
func TestLambdaAnswers(t *testing.T) {
	t.Parallel()
	acct := account(t)
	answers := map[string]any{
		"/ok": map[string]any{"statusCode": 204}, "/text": "text", "/more": map[string]any{"statusCode": 200, "extra": 1}, "/none": map[string]any{"body": "x"},
		"/object": map[string]any{"statusCode": 200, "body": map[string]any{}},
	}
	fn := function(acct, "fn", func(r events.APIGatewayProxyRequest) (any, error) {
		if r.Path == "/fail" {
			return nil, errors.New("boom")
		}
		return answers[r.Path], nil
	})
	role := acct.NewRole("caller", apigatewaytest.Trust(), awstest.Allow("lambda:InvokeFunction").On(fn.ARN()))
	weak := acct.NewRole("weak", apigatewaytest.Trust())
	distrusts := acct.NewRole("distrusts", awstest.Trust(awstest.Allow("sts:AssumeRole").By("ec2.amazonaws.com")), awstest.Allow("lambda:InvokeFunction"))
	api := apigatewaytest.Of(acct).New("shop")
	with := func(path, arn string) {
		i := apigatewaytest.LambdaProxy(fn.ARN())
		i.Credentials = aws.String(arn)
		api.Method("GET", path, awsapigateway.PutMethodInput{}, i)
	}
	with("/{proxy+}", role.ARN())
	with("/weak", weak.ARN())
	with("/distrusts", distrusts.ARN())
	api.Deploy()
	for path, want := range map[string]int{"/ok": 204, "/text": 502, "/more": 502, "/none": 502, "/object": 502, "/fail": 502, "/weak": 500, "/distrusts": 500} {
		resp := api.Call(nil, http.MethodGet, path, "")
		assert.Equal(t, want, resp.Status, path)
		if want >= 500 {
			assert.JSONEq(t, `{"message":"Internal server error"}`, resp.Body, path)
		}
	}
}

// What there is not is answered as API Gateway does.
func TestNothingThere(t *testing.T) {
	t.Parallel()
	acct := account(t)
	api := apigatewaytest.Of(acct).New("shop").Method("GET", "/mock/{id}", awsapigateway.PutMethodInput{}, mock(`{"statusCode": 200}`), awsapigateway.PutIntegrationResponseInput{StatusCode: aws.String("200")}).Deploy()
	assert.Equal(t, 200, api.Call(nil, http.MethodGet, "/mock/1", "").Status)
	for _, path := range []string{"/", "/mock", "/mock/1/2", "/other"} {
		resp := api.Call(nil, http.MethodGet, path, "")
		assert.Equal(t, 403, resp.Status, path)
		assert.JSONEq(t, `{"message":"Missing Authentication Token"}`, resp.Body)
		assert.Equal(t, "MissingAuthenticationTokenException", resp.Header.Get("X-Amzn-Errortype"))
	}
	assert.Equal(t, 403, api.Call(nil, http.MethodPost, "/mock/1", "").Status)
	for _, url := range []string{"https://" + api.ID() + ".execute-api.us-east-1.amazonaws.com/prod/mock/1", "https://" + api.ID() + ".execute-api.eu-west-1.amazonaws.com/test/mock/1", "https://abcdefghij.execute-api.us-east-1.amazonaws.com/test/mock/1"} {
		resp, err := acct.HTTPClient().Get(url)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Equal(t, "403 ForbiddenException", resp.Status[:3]+" "+resp.Header.Get("X-Amzn-Errortype"), url)
	}
}

func mock(template string) awsapigateway.PutIntegrationInput {
	return awsapigateway.PutIntegrationInput{Type: types.IntegrationTypeMock, RequestTemplates: map[string]string{"application/json": template}}
}
