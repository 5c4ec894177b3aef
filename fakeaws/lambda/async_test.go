package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
)

// look is a handler that looks at a queue.
func look(url string) func(aws.Config) any {
	return func(cfg aws.Config) any {
		return func(ctx context.Context) error {
			_, err := sqs.NewFromConfig(cfg).GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: &url, AttributeNames: []sqstypes.QueueAttributeName{"All"}})
			return err
		}
	}
}

func event(t testing.TB, c *awslambda.Client, name, payload string) {
	t.Helper()
	out, err := c.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: &name, Payload: []byte(payload), InvocationType: types.InvocationTypeEvent})
	require.NoError(t, err)
	assert.Equal(t, int32(202), out.StatusCode)
	assert.Empty(t, out.Payload)
}

// An event whose function fails is tried again after one and two minutes, and then goes to
// the destination of failures and to the dead-letter queue, as the execution role.
func TestAsynchronousRetries(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	failed, dead := acct.SQS().CreateQueue("failed", nil), acct.SQS().CreateQueue("dead", nil)
	role := acct.NewRole("worker", lambdatest.Trust(), awstest.Allow("sqs:SendMessage").On(failed.ARN(), dead.ARN()))
	var at []time.Duration
	start := acct.Now()
	lambdatest.Of(acct).Handle("fn", role, func(context.Context) error {
		at = append(at, acct.Now().Sub(start).Round(time.Second))
		return errors.New("boom")
	}, lambdatest.DeadLetters(dead.ARN()))
	c := client(acct)
	_, err := c.PutFunctionEventInvokeConfig(t.Context(), &awslambda.PutFunctionEventInvokeConfigInput{
		FunctionName: aws.String("fn"), DestinationConfig: &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: aws.String(failed.ARN())}},
	})
	require.NoError(t, err)
	event(t, c, "fn", `{"n":1}`)
	acct.Settle()
	assert.Equal(t, []time.Duration{0}, at)
	acct.Advance(time.Hour)
	assert.Equal(t, []time.Duration{0, time.Minute, 3 * time.Minute}, at)

	require.Len(t, failed.Messages(), 1)
	var record struct {
		Version, Timestamp string
		RequestContext     struct {
			FunctionArn, Condition, RequestID string
			ApproximateInvokeCount            int
		}
		RequestPayload  json.RawMessage
		ResponseContext struct {
			StatusCode                     int
			ExecutedVersion, FunctionError string
		}
		ResponsePayload json.RawMessage
	}
	require.NoError(t, json.Unmarshal([]byte(failed.Messages()[0].Body), &record))
	assert.Equal(t, "1.0", record.Version)
	assert.Equal(t, "RetriesExhausted", record.RequestContext.Condition)
	assert.Equal(t, 3, record.RequestContext.ApproximateInvokeCount)
	assert.True(t, strings.HasSuffix(record.RequestContext.FunctionArn, ":function:fn:$LATEST"))
	assert.JSONEq(t, `{"n":1}`, string(record.RequestPayload))
	assert.Equal(t, "Unhandled", record.ResponseContext.FunctionError)
	assert.JSONEq(t, `{"errorMessage":"boom","errorType":"errorString"}`, string(record.ResponsePayload))
	letter := dead.Messages()
	require.Len(t, letter, 1)
	assert.Equal(t, `{"n":1}`, letter[0].Body)
	assert.Equal(t, "boom", *letter[0].Attributes["ErrorMessage"].StringValue)
	assert.Equal(t, "200", *letter[0].Attributes["ErrorCode"].StringValue)
	assert.Equal(t, record.RequestContext.RequestID, *letter[0].Attributes["RequestID"].StringValue)
}

// The record of a success goes to its destination; another role than the function's may not
// send it, and then it is dropped.
func TestDestinationOfSuccess(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	done := acct.SQS().CreateQueue("done", nil)
	role := acct.NewRole("worker", lambdatest.Trust())
	lambdatest.Of(acct).Handle("fn", role, func(n int) (int, error) { return 2 * n, nil })
	c := client(acct)
	in := &awslambda.PutFunctionEventInvokeConfigInput{
		FunctionName: aws.String("fn"), MaximumRetryAttempts: aws.Int32(0), DestinationConfig: &types.DestinationConfig{OnSuccess: &types.OnSuccess{Destination: aws.String(done.ARN())}},
	}
	_, err := c.PutFunctionEventInvokeConfig(t.Context(), in)
	requireCode(t, err, "InvalidParameterValueException", "The provided execution role does not have permissions to call SendMessage on SQS")
	role.Attach(awstest.Allow("sqs:SendMessage").On(done.ARN()))
	_, err = c.PutFunctionEventInvokeConfig(t.Context(), in)
	require.NoError(t, err)
	event(t, c, "fn", `21`)
	acct.Settle()
	require.Len(t, done.Messages(), 1)
	assert.Contains(t, done.Messages()[0].Body, `"condition":"Success"`)
	assert.Contains(t, done.Messages()[0].Body, `"responsePayload":42`)
	role.Detach("policy-1")
	event(t, c, "fn", `1`)
	acct.Settle()
	assert.Len(t, done.Messages(), 1)
	calls := acct.Calls().By(role)
	last := calls[len(calls)-1]
	assert.Equal(t, "SendMessage", last.Operation)
	assert.Equal(t, "AccessDenied", last.Code)
}

// An event that is too old is not tried again, and a function without concurrency is not
// tried at all.
func TestEventAge(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	failed := acct.SQS().CreateQueue("failed", nil)
	role := acct.NewRole("worker", lambdatest.Trust(), awstest.Allow("sqs:SendMessage").On(failed.ARN()))
	n := 0
	lambdatest.Of(acct).Handle("fn", role, func() error { n++; return errors.New("boom") })
	c := client(acct)
	_, err := c.PutFunctionEventInvokeConfig(t.Context(), &awslambda.PutFunctionEventInvokeConfigInput{
		FunctionName: aws.String("fn"), MaximumEventAgeInSeconds: aws.Int32(90),
		DestinationConfig: &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: aws.String(failed.ARN())}},
	})
	require.NoError(t, err)
	event(t, c, "fn", `{}`)
	acct.Advance(time.Hour)
	assert.Equal(t, 2, n)
	require.Len(t, failed.Messages(), 1)
	assert.Contains(t, failed.Messages()[0].Body, `"condition":"EventAgeExceeded","approximateInvokeCount":2`)
	_, err = c.PutFunctionConcurrency(t.Context(), &awslambda.PutFunctionConcurrencyInput{FunctionName: aws.String("fn"), ReservedConcurrentExecutions: aws.Int32(0)})
	require.NoError(t, err)
	event(t, c, "fn", `{}`)
	acct.Settle()
	assert.Equal(t, 2, n)
	assert.Len(t, failed.Messages(), 2)
}
