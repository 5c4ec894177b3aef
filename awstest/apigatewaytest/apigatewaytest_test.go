package apigatewaytest_test

import (
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/apigatewaytest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
)

// order is the handler of a function behind an API.
func order(r events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	return events.APIGatewayProxyResponse{StatusCode: http.StatusOK, Body: r.HTTPMethod + " " + r.Path}, nil
}

// A function answers the requests to an API when its policy lets API Gateway invoke it.
func TestProxy(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With(), apigatewaytest.With())
	fn := lambdatest.Of(acct).Handle("orders", acct.NewRole("worker", lambdatest.Trust()), order)
	api := apigatewaytest.Of(acct).Proxy("shop", fn.ARN())
	_, err := awslambda.NewFromConfig(acct.Config()).AddPermission(t.Context(), &awslambda.AddPermissionInput{
		FunctionName: aws.String("orders"), StatementId: aws.String("api"), Action: aws.String("lambda:InvokeFunction"),
		Principal: aws.String("apigateway.amazonaws.com"), SourceArn: aws.String(api.ARN("GET", "*")),
	})
	require.NoError(t, err)

	assert.Equal(t, "GET /orders/7", api.Call(nil, http.MethodGet, "/orders/7", "").Body)
	assert.Equal(t, 500, api.Call(nil, http.MethodPost, "/orders", "{}").Status, "the policy of the function is for GET")
}

// With AWS_IAM a caller needs execute-api:Invoke.
func TestSignedCalls(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With(), apigatewaytest.With())
	fn := lambdatest.Of(acct).Handle("orders", acct.NewRole("worker", lambdatest.Trust()), order)
	invoker := acct.NewRole("invoker", apigatewaytest.Trust(), awstest.Allow("lambda:InvokeFunction").On(fn.ARN()))
	integration := apigatewaytest.LambdaProxy(fn.ARN())
	integration.Credentials = aws.String(invoker.ARN())
	api := apigatewaytest.Of(acct).New("shop")
	api.Method("GET", "/orders/{id}", awsapigateway.PutMethodInput{AuthorizationType: aws.String("AWS_IAM")}, integration).Deploy()

	reader := acct.NewRole("reader", awstest.Allow("execute-api:Invoke").On(api.ARN("GET", "orders/*")))
	assert.Equal(t, 200, api.Call(reader, http.MethodGet, "/orders/7", "").Status)
	assert.Equal(t, 403, api.Call(nil, http.MethodGet, "/orders/7", "").Status)
	assert.Equal(t, 403, api.Call(acct.NewRole("other"), http.MethodGet, "/orders/7", "").Status)
}
