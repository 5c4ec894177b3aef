package lambda_test

import (
	"archive/zip"
	"bytes"
	"context"
	"flag"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
)

var scale = flag.Bool("scale", false, "run what goes around 100,000 times")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eachDoor tells a story twice: with clients that stay in the process, and with clients that
// use a socket.
func eachDoor(t *testing.T, story func(*testing.T, *awstest.Account)) {
	t.Helper()
	t.Run("process", func(t *testing.T) {
		t.Parallel()
		story(t, awstest.New(t, lambdatest.With()))
	})
	t.Run("socket", func(t *testing.T) {
		t.Parallel()
		story(t, awstest.New(t, lambdatest.With(), awstest.WithSocket()))
	})
}

// code is an archive, as functions are created with.
func code(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	_, err := w.Create("bootstrap")
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

// creation is the input that creates a function.
func creation(t testing.TB, name, role string) *awslambda.CreateFunctionInput {
	t.Helper()
	return &awslambda.CreateFunctionInput{
		FunctionName: &name, Role: &role, Runtime: types.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Code: &types.FunctionCode{ZipFile: code(t)},
	}
}

// client is a client with the credentials of the root user.
func client(a *awstest.Account) *awslambda.Client { return awslambda.NewFromConfig(a.Config()) }

// clientOf is a client of a principal.
func clientOf(p *awstest.Principal) *awslambda.Client { return awslambda.NewFromConfig(p.Config()) }

// requireCode requires AWS's error with that code, and a message that contains the text.
func requireCode(t testing.TB, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, code, api.ErrorCode(), api.ErrorMessage())
	assert.Contains(t, api.ErrorMessage(), text)
}

// nothing is a handler that answers nothing.
func nothing(context.Context) error { return nil }

func invokeNamed(ctx context.Context, c *awslambda.Client, name, payload string) (*awslambda.InvokeOutput, error) {
	return c.Invoke(ctx, &awslambda.InvokeInput{FunctionName: &name, Payload: []byte(payload), LogType: types.LogTypeTail})
}
