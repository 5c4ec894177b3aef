package lambda_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
)

// Who creates a function must be allowed to pass its role, and Lambda to assume it.
func TestCreateFunction(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		ctx := t.Context()
		role, other := acct.NewRole("worker", lambdatest.Trust()), acct.NewRole("untrusted")
		maker := acct.NewUser("maker", awstest.Allow("lambda:*"))
		in := creation(t, "worker", role.ARN())
		_, err := clientOf(maker).CreateFunction(ctx, in)
		awstest.RequireDenied(t, err, "iam:PassRole")
		requireCode(t, err, "AccessDeniedException", "User: "+maker.ARN()+" is not authorized to perform: iam:PassRole on resource: "+role.ARN())

		maker.Attach(awstest.Allow("iam:PassRole").If("StringEquals", "iam:PassedToService", "lambda.amazonaws.com"))
		_, err = clientOf(maker).CreateFunction(ctx, creation(t, "worker", other.ARN()))
		requireCode(t, err, "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda.")
		_, err = clientOf(maker).CreateFunction(ctx, creation(t, "worker", role.ARN()+"-missing"))
		requireCode(t, err, "InvalidParameterValueException", "cannot be assumed by Lambda.")

		out, err := clientOf(maker).CreateFunction(ctx, in)
		require.NoError(t, err)
		arn := "arn:aws:lambda:us-east-1:" + acct.ID() + ":function:worker"
		assert.Equal(t, arn, *out.FunctionArn)
		assert.Equal(t, types.StatePending, out.State)
		got, err := client(acct).GetFunction(ctx, &awslambda.GetFunctionInput{FunctionName: &arn})
		require.NoError(t, err)
		assert.Equal(t, types.StateActive, got.Configuration.State)
		assert.Equal(t, int32(3), *got.Configuration.Timeout)
		assert.Equal(t, *out.CodeSha256, *got.Configuration.CodeSha256)
		assert.NotEqual(t, *out.RevisionId, *got.Configuration.RevisionId)
		_, err = clientOf(maker).CreateFunction(ctx, in)
		requireCode(t, err, "ResourceConflictException", "Function already exist: worker")

		_, err = client(acct).Invoke(ctx, &awslambda.InvokeInput{FunctionName: &arn})
		requireCode(t, err, "NotImplemented", "lambdatest.Of(acct).Handle")
		_, err = client(acct).DeleteFunction(ctx, &awslambda.DeleteFunctionInput{FunctionName: aws.String("worker")})
		require.NoError(t, err)
		_, err = client(acct).GetFunction(ctx, &awslambda.GetFunctionInput{FunctionName: aws.String("worker")})
		requireCode(t, err, "ResourceNotFoundException", "Function not found: "+arn)
	})
}

type order struct {
	ID string `json:"id"`
}

// A handler runs with the permissions of the execution role, and no others.
func TestHandlerRunsAsItsRole(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		queue := acct.SQS().CreateQueue("orders", nil)
		role := acct.NewRole("worker", lambdatest.Trust(), awstest.Allow("sqs:SendMessage").On(queue.ARN()))
		lambdatest.Of(acct).HandleConfig("worker", role, func(cfg aws.Config) any {
			client := sqs.NewFromConfig(cfg)
			return func(ctx context.Context, o order) (map[string]string, error) {
				lambdatest.Logger(ctx).Info("order", "id", o.ID)
				_, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(queue.URL()), MessageBody: &o.ID})
				return map[string]string{"sent": o.ID}, err
			}
		})
		out, err := invokeNamed(t.Context(), client(acct), "worker", `{"id":"o-1"}`)
		require.NoError(t, err)
		assert.JSONEq(t, `{"sent":"o-1"}`, string(out.Payload))
		assert.Equal(t, "$LATEST", *out.ExecutedVersion)
		log, err := base64.StdEncoding.DecodeString(*out.LogResult)
		require.NoError(t, err)
		assert.Regexp(t, `(?s)^START RequestId: \S+ Version: \$LATEST\n.*msg=order id=o-1\nEND RequestId: .*\nREPORT RequestId: `, string(log))
		assert.Len(t, queue.Messages(), 1)
		calls := acct.Calls().By(role)
		require.NotEmpty(t, calls)

		role.Detach("policy-1")
		out, err = invokeNamed(t.Context(), client(acct), "worker", `{"id":"o-2"}`)
		require.NoError(t, err)
		assert.Equal(t, "Unhandled", aws.ToString(out.FunctionError))
		assert.Contains(t, string(out.Payload), "is not authorized to perform: sqs:sendmessage")
	})
}

// The ways in which a function fails are answered as AWS answers them.
func TestFunctionErrors(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	role := acct.NewRole("worker", lambdatest.Trust())
	functions := lambdatest.Of(acct)
	for name, tc := range map[string]struct {
		handler     any
		kind, wants string
	}{
		"error": {func(context.Context) error { return errors.New("boom") }, "errorString", "boom"},
		"panic": {func() { panic("boom") }, "string", "boom"},
		"exit":  {func() { runtime.Goexit() }, "Runtime.ExitError", "Runtime exited without providing a reason"},
		"input": {func(context.Context, int) error { return nil }, "UnmarshalTypeError", "cannot unmarshal"},
		"long":  {func() (string, error) { return strings.Repeat("x", 7<<20), nil }, "Function.ResponseSizeTooLarge", "(6291556 bytes)"},
		"kind":  {"no function", "errorString", "handler kind string is not func"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acct := acct.Clone(t)
			lambdatest.Of(acct).Handle(name, role.In(acct), tc.handler)
			out, err := invokeNamed(t.Context(), client(acct), name, `{}`)
			require.NoError(t, err)
			assert.Equal(t, "Unhandled", aws.ToString(out.FunctionError))
			var document struct{ ErrorMessage, ErrorType string }
			require.NoError(t, json.Unmarshal(out.Payload, &document))
			assert.Equal(t, tc.kind, document.ErrorType)
			assert.Contains(t, document.ErrorMessage, tc.wants)
		})
	}
	assert.Empty(t, functions.Function("error").Invocations())
}

// A handler that does not return is answered when its time is over by the World's clock.
func TestTimeout(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	role := acct.NewRole("worker", lambdatest.Trust())
	began := make(chan struct{})
	lambdatest.Of(acct).Handle("slow", role, func(ctx context.Context) error {
		close(began)
		<-ctx.Done()
		return ctx.Err()
	}, lambdatest.Timeout(time.Minute))
	answered := make(chan *awslambda.InvokeOutput)
	go func() {
		out, _ := invokeNamed(t.Context(), client(acct), "slow", `{}`)
		answered <- out
	}()
	<-began
	acct.Advance(time.Minute)
	out := <-answered
	require.NotNil(t, out)
	assert.Regexp(t, `^\{"errorMessage":"RequestId: [0-9a-f-]{36} Error: Task timed out after 60.00 seconds","errorType":"Sandbox.Timedout"\}$`, string(out.Payload))
}

// What a handler finds in its context.
func TestHandlerContext(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	role := acct.NewRole("worker", lambdatest.Trust())
	var about *lambdacontext.LambdaContext
	var left time.Duration
	lambdatest.Of(acct).Handle("worker", role, func(ctx context.Context) (string, error) {
		about, _ = lambdacontext.FromContext(ctx)
		deadline, _ := ctx.Deadline()
		left = time.Until(deadline)
		return lambdatest.Getenv(ctx, "AWS_LAMBDA_FUNCTION_NAME") + " " + lambdatest.Getenv(ctx, "STAGE"), nil
	}, lambdatest.Environment(map[string]string{"STAGE": "test"}), lambdatest.Timeout(10*time.Second))
	custom := base64.StdEncoding.EncodeToString([]byte(`{"custom":{"a":"b"}}`))
	out, err := client(acct).Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String(acct.ID() + ":function:worker"), ClientContext: &custom})
	require.NoError(t, err)
	assert.Equal(t, `"worker test"`, string(out.Payload))
	assert.Equal(t, "arn:aws:lambda:us-east-1:"+acct.ID()+":function:worker", about.InvokedFunctionArn)
	assert.Equal(t, map[string]string{"a": "b"}, about.ClientContext.Custom)
	assert.InDelta(t, 10, left.Seconds(), 9)
}

// Which names of functions Invoke takes, and what it answers to others.
func TestInvokeNames(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	role := acct.NewRole("worker", lambdatest.Trust())
	lambdatest.Of(acct).Handle("f", role, nothing)
	c := client(acct)
	_, err := c.PublishVersion(t.Context(), &awslambda.PublishVersionInput{FunctionName: aws.String("f")})
	require.NoError(t, err)
	arn := "arn:aws:lambda:us-east-1:" + acct.ID() + ":function:f"
	for name, wants := range map[string][2]string{
		"f": {}, "f:1": {}, "f:$LATEST": {}, arn: {}, arn + ":1": {}, acct.ID() + ":f": {}, "function:f": {},
		"g":                                   {"ResourceNotFoundException", "Function not found: " + strings.TrimSuffix(arn, "f") + "g:$LATEST"},
		"f:2":                                 {"ResourceNotFoundException", "Function not found: " + arn + ":2"},
		"f:live":                              {"ResourceNotFoundException", "Function not found: " + arn + ":live"},
		"f!":                                  {"ValidationException", "Value 'f!' at 'functionName' failed to satisfy constraint: Member must satisfy regular expression pattern: (arn:(aws[a-zA-Z-]*)?:lambda:)?((eusc-)?"},
		strings.Replace(arn, "us-", "eu-", 1): {"ResourceNotFoundException", "Functions from 'eu-east-1' are not reachable in this region ('us-east-1')"},
	} {
		_, err := c.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String(name)})
		if wants[0] == "" {
			require.NoError(t, err, name)
			continue
		}
		requireCode(t, err, wants[0], wants[1])
	}
	_, err = c.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("f:1"), Qualifier: aws.String("2")})
	requireCode(t, err, "InvalidParameterValueException", "The derived qualifier from the function name does not match the specified qualifier.")
	_, err = c.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("f"), Payload: []byte("no json")})
	requireCode(t, err, "InvalidRequestContentException", "Could not parse request body into json")
	_, err = c.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("f"), Payload: []byte(`"` + strings.Repeat("x", 6<<20) + `"`)})
	requireCode(t, err, "RequestTooLargeException", "Request must be smaller than 6291456 bytes for the InvokeFunction operation")
	out, err := c.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("f"), InvocationType: types.InvocationTypeDryRun})
	require.NoError(t, err)
	assert.Equal(t, int32(204), out.StatusCode)
}

// A function with no execution reserved is throttled.
func TestReservedConcurrency(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	lambdatest.Of(acct).Handle("f", acct.NewRole("worker", lambdatest.Trust()), nothing)
	c := client(acct)
	_, err := c.PutFunctionConcurrency(t.Context(), &awslambda.PutFunctionConcurrencyInput{FunctionName: aws.String("f"), ReservedConcurrentExecutions: aws.Int32(0)})
	require.NoError(t, err)
	_, err = invokeNamed(t.Context(), c, "f", `{}`)
	var throttled *types.TooManyRequestsException
	require.ErrorAs(t, err, &throttled)
	assert.Equal(t, types.ThrottleReasonReservedFunctionConcurrentInvocationLimitExceeded, throttled.Reason)
	_, err = c.DeleteFunctionConcurrency(t.Context(), &awslambda.DeleteFunctionConcurrencyInput{FunctionName: aws.String("f")})
	require.NoError(t, err)
	_, err = invokeNamed(t.Context(), c, "f", `{}`)
	require.NoError(t, err)
}
