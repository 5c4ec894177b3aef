package apigateway_test

import (
	"net/http"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/apigatewaytest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eachDoor tells a story twice: with clients that stay in the process, and with clients that use a
// socket.
func eachDoor(t *testing.T, story func(*testing.T, *awstest.Account)) {
	t.Helper()
	t.Run("process", func(t *testing.T) {
		t.Parallel()
		story(t, awstest.New(t, lambdatest.With(), apigatewaytest.With()))
	})
	t.Run("socket", func(t *testing.T) {
		t.Parallel()
		story(t, awstest.New(t, lambdatest.With(), apigatewaytest.With(), awstest.WithSocket()))
	})
}

func account(t *testing.T) *awstest.Account {
	t.Helper()
	return awstest.New(t, lambdatest.With(), apigatewaytest.With())
}

func client(a *awstest.Account) *awsapigateway.Client { return awsapigateway.NewFromConfig(a.Config()) }

func clientOf(p *awstest.Principal) *awsapigateway.Client {
	return awsapigateway.NewFromConfig(p.Config())
}

func requireCode(t testing.TB, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, code, api.ErrorCode(), api.ErrorMessage())
	assert.Contains(t, api.ErrorMessage(), text)
}

// function makes a function of a handler, which API Gateway may invoke for an API if permitted.
func function(a *awstest.Account, name string, handle any) *lambdatest.Function {
	return lambdatest.Of(a).Handle(name, a.NewRole("run-"+name, lambdatest.Trust()), handle)
}

// permit has the function's policy let API Gateway invoke it for an ARN.
func permit(t testing.TB, a *awstest.Account, name, source string) {
	t.Helper()
	_, err := awslambda.NewFromConfig(a.Config()).AddPermission(t.Context(), &awslambda.AddPermissionInput{
		FunctionName: &name, StatementId: aws.String("api"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("apigateway.amazonaws.com"), SourceArn: &source,
	})
	require.NoError(t, err)
}

// echo answers with what it got.
func echo(got *events.APIGatewayProxyRequest) func(events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
	return func(r events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
		*got = r
		return events.APIGatewayProxyResponse{StatusCode: http.StatusCreated, Headers: map[string]string{"X-Own": "yes", "Content-Type": "text/plain"}, Body: "made " + r.Body}, nil
	}
}
