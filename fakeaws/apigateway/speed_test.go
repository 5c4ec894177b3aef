package apigateway_test

import (
	"flag"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/apigatewaytest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
)

var speed = flag.Bool("speed", false, "measure calls of an API")

// cpu is the time that the process has used the processor, where the system tells.
var cpu = func() time.Duration { return time.Duration(time.Now().UnixNano()) }

// maxSpeedRatio is how many times as long as an invocation by the SDK a call of an API may take
// that invokes the same function.
const maxSpeedRatio = 2

// A call of an API with a Lambda function takes not much longer than an invocation of the function.
func TestSpeedOfCalls(t *testing.T) {
	if !*speed {
		t.Skip("-speed is not set: a call of an API is not measured against an invocation")
	}
	acct := awstest.New(t, lambdatest.With(), apigatewaytest.With())
	function(acct, "fn", func(events.APIGatewayProxyRequest) (events.APIGatewayProxyResponse, error) {
		return events.APIGatewayProxyResponse{StatusCode: http.StatusOK, Body: "ok"}, nil
	})
	api := apigatewaytest.Of(acct).Proxy("api", lambdatest.Of(acct).Function("fn").ARN())
	permit(t, acct, "fn", api.ARN("*", "*"))
	client, url := acct.HTTPClient(), api.URL("/orders/7")
	sdk := awslambda.NewFromConfig(acct.Config())
	called := func() {
		resp, err := client.Get(url)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode)
	}
	invoked := func() {
		_, err := sdk.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("fn"), Payload: []byte(`{"httpMethod":"GET","path":"/orders/7"}`)})
		require.NoError(t, err)
	}
	const rounds, each = 20, 200
	best := func(f func()) time.Duration { // of the process's time, which others on the machine do not change
		least := time.Hour
		for range rounds {
			began := cpu()
			for range each {
				f()
			}
			least = min(least, (cpu()-began)/each)
		}
		return least
	}
	best(called) // warm
	call, lambda := best(called), best(invoked)
	t.Logf("a call of the API %v, an invocation %v: %.2f times", call, lambda, float64(call)/float64(lambda))
	assert.Less(t, float64(call)/float64(lambda), float64(maxSpeedRatio))
}
