package lambda_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
)

// get requests a URL, signed by a principal unless it is nil.
func get(t *testing.T, acct *awstest.Account, by *awstest.Principal, url, body string) (status int, text string, header http.Header) {
	t.Helper()
	method := http.MethodGet
	if body != "" {
		method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	r.Header.Set("Content-Type", "application/json")
	if by != nil {
		sum := sha256.Sum256([]byte(body))
		require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), by.Credentials(), r, hex.EncodeToString(sum[:]), "lambda", "us-east-1", acct.Now()))
	}
	resp, err := acct.HTTPClient().Do(r)
	require.NoError(t, err)
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, string(content), resp.Header
}

func permit(t *testing.T, c *awslambda.Client, in *awslambda.AddPermissionInput) {
	t.Helper()
	in.FunctionName, in.StatementId = aws.String("web"), aws.String(strings.ReplaceAll(*in.Action, ":", "-"))
	_, err := c.AddPermission(t.Context(), in)
	require.NoError(t, err)
}

// A public URL needs both permissions, the second through the URL alone.
func TestPublicURL(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	var got events.LambdaFunctionURLRequest
	lambdatest.Of(acct).Handle("web", acct.NewRole("worker", lambdatest.Trust()), func(_ context.Context, r events.LambdaFunctionURLRequest) (events.LambdaFunctionURLResponse, error) {
		got = r
		if r.RawPath == "/fail" {
			return events.LambdaFunctionURLResponse{}, errors.New("boom")
		}
		return events.LambdaFunctionURLResponse{StatusCode: 201, Headers: map[string]string{"X-Own": "yes"}, Cookies: []string{"a=b"}, Body: "made " + r.Body}, nil
	})
	c := client(acct)
	made, err := c.CreateFunctionUrlConfig(t.Context(), &awslambda.CreateFunctionUrlConfigInput{FunctionName: aws.String("web"), AuthType: types.FunctionUrlAuthTypeNone})
	require.NoError(t, err)
	require.Regexp(t, `^https://[a-z0-9]{32}\.lambda-url\.us-east-1\.on\.aws/$`, *made.FunctionUrl)
	status, text, header := get(t, acct, nil, *made.FunctionUrl, "")
	assert.Equal(t, 403, status)
	assert.Contains(t, text, `{"Message":"Forbidden`)
	assert.Equal(t, "AccessDeniedException", header.Get("X-Amzn-Errortype"))
	permit(t, c, &awslambda.AddPermissionInput{Action: aws.String("lambda:InvokeFunctionUrl"), Principal: aws.String("*"), FunctionUrlAuthType: types.FunctionUrlAuthTypeNone})
	status, _, _ = get(t, acct, nil, *made.FunctionUrl, "")
	assert.Equal(t, 403, status, "lambda:InvokeFunction is needed too")
	permit(t, c, &awslambda.AddPermissionInput{Action: aws.String("lambda:InvokeFunction"), Principal: aws.String("*"), InvokedViaFunctionUrl: aws.Bool(true)})

	status, text, header = get(t, acct, nil, *made.FunctionUrl+"orders?id=1", `{"n":1}`)
	assert.Equal(t, 201, status)
	assert.Equal(t, `made {"n":1}`, text)
	assert.Equal(t, "yes a=b", header.Get("X-Own")+" "+header.Get("Set-Cookie"))
	assert.Equal(t, "2.0", got.Version)
	assert.Equal(t, "POST /orders", got.RequestContext.HTTP.Method+" "+got.RequestContext.HTTP.Path)
	assert.Equal(t, map[string]string{"id": "1"}, got.QueryStringParameters)
	assert.Equal(t, "anonymous", got.RequestContext.AccountID)
	status, _, _ = get(t, acct, nil, *made.FunctionUrl+"fail", "")
	assert.Equal(t, 502, status)
	_, err = clientOf(acct.NewUser("user")).Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("web")})
	awstest.RequireDenied(t, err, "lambda:InvokeFunction")
	status, _, _ = get(t, acct, nil, strings.Replace(*made.FunctionUrl, "https://", "https://x", 1), "")
	assert.Equal(t, 404, status)
	_, err = c.DeleteFunctionUrlConfig(t.Context(), &awslambda.DeleteFunctionUrlConfigInput{FunctionName: aws.String("web")})
	require.NoError(t, err)
	status, _, _ = get(t, acct, nil, *made.FunctionUrl, "")
	assert.Equal(t, 404, status)
}

// A URL with AWS_IAM takes requests of who may use it.
func TestSignedURL(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	var got events.LambdaFunctionURLRequest
	lambdatest.Of(acct).Handle("web", acct.NewRole("worker", lambdatest.Trust()), func(r events.LambdaFunctionURLRequest) (map[string]string, error) {
		got = r
		return map[string]string{"hello": "world"}, nil
	})
	made, err := client(acct).CreateFunctionUrlConfig(t.Context(), &awslambda.CreateFunctionUrlConfigInput{FunctionName: aws.String("web"), AuthType: types.FunctionUrlAuthTypeAwsIam})
	require.NoError(t, err)
	both := acct.NewUser("both", awstest.Allow("lambda:InvokeFunctionUrl").If("StringEquals", "lambda:FunctionUrlAuthType", "AWS_IAM"),
		awstest.Allow("lambda:InvokeFunction").If("Bool", "lambda:InvokedViaFunctionUrl", "true"))
	one := acct.NewUser("one", awstest.Allow("lambda:InvokeFunctionUrl"))
	status, text, header := get(t, acct, both, *made.FunctionUrl, "")
	assert.Equal(t, 200, status)
	assert.Equal(t, `{"hello":"world"}`, text)
	assert.Equal(t, "application/json", header.Get("Content-Type"))
	assert.Equal(t, both.ARN(), got.RequestContext.Authorizer.IAM.UserARN)
	for _, by := range []*awstest.Principal{one, nil, both.WrongSecret()} {
		status, _, _ := get(t, acct, by, *made.FunctionUrl, "")
		assert.Equal(t, 403, status)
	}
	_, err = clientOf(both).Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("web")})
	awstest.RequireDenied(t, err, "lambda:InvokeFunction")
}
