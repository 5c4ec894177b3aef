package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
)

// consuming are the permissions that a mapping of a queue takes.
func consuming(queue *awstest.Queue) awstest.Statement {
	return awstest.Allow("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes").On(queue.ARN())
}

// A consumer is a function that consumes a queue, and what it was given.
type consumer struct {
	acct    *awstest.Account
	queue   *awstest.Queue
	role    *awstest.Principal
	fn      *lambdatest.Function
	batches [][]string
}

// newConsumer makes a consumer whose handler answers a batch.
func newConsumer(t *testing.T, queue string, handle func(events.SQSEvent) (any, error), options ...lambdatest.MappingOption) *consumer {
	t.Helper()
	acct := awstest.New(t, lambdatest.With())
	c := &consumer{acct: acct, queue: acct.SQS().CreateQueue(queue, nil)}
	c.role = acct.NewRole("worker", lambdatest.Trust(), consuming(c.queue))
	c.fn = lambdatest.Of(acct).Handle("worker", c.role, func(_ context.Context, e events.SQSEvent) (any, error) {
		var bodies []string
		for _, r := range e.Records {
			bodies = append(bodies, r.Body)
		}
		c.batches = append(c.batches, bodies)
		return handle(e)
	})
	c.fn.Consume(c.queue.ARN(), options...)
	return c
}

func fine(events.SQSEvent) (any, error) { return nil, nil }

func (c *consumer) send(t *testing.T, bodies ...string) {
	t.Helper()
	for _, body := range bodies {
		in := &sqs.SendMessageInput{QueueUrl: aws.String(c.queue.URL()), MessageBody: &body}
		if strings.HasSuffix(c.queue.URL(), ".fifo") {
			in.MessageGroupId, in.MessageDeduplicationId = aws.String(body[:1]), &body
		}
		_, err := sqs.NewFromConfig(c.acct.Config()).SendMessage(t.Context(), in)
		require.NoError(t, err)
	}
}

// A function gets the messages of its queue in batches, and they are gone when it has
// handled them.
func TestQueueBatches(t *testing.T) {
	t.Parallel()
	var record events.SQSMessage
	c := newConsumer(t, "orders", func(e events.SQSEvent) (any, error) { record = e.Records[0]; return nil, nil }, lambdatest.BatchSize(2))
	c.send(t, "1", "2", "3")
	c.acct.Settle()
	assert.Equal(t, [][]string{{"1", "2"}, {"3"}}, c.batches)
	assert.Empty(t, c.queue.Messages())
	assert.Equal(t, "aws:sqs", record.EventSource)
	assert.Equal(t, c.queue.ARN(), record.EventSourceARN)
	assert.Equal(t, "1", record.Attributes["ApproximateReceiveCount"])
	assert.NotEmpty(t, record.ReceiptHandle)
	calls := c.acct.Calls().By(c.role)
	c.acct.Settle()
	assert.Len(t, c.acct.Calls().By(c.role), len(calls), "an empty queue costs no call")
}

// Messages whose function fails come again after their visibility timeout.
func TestQueueRetries(t *testing.T) {
	t.Parallel()
	fail := true
	c := newConsumer(t, "orders", func(events.SQSEvent) (any, error) {
		if fail {
			return nil, errors.New("boom")
		}
		return nil, nil
	})
	c.send(t, "1")
	c.acct.Settle()
	assert.Len(t, c.batches, 1)
	require.Len(t, c.queue.Messages(), 1)
	fail = false
	c.acct.Advance(29 * time.Second)
	assert.Len(t, c.batches, 1)
	c.acct.Advance(2 * time.Second)
	assert.Len(t, c.batches, 2)
	assert.Empty(t, c.queue.Messages())
}

// A function that reports which messages failed gets those alone again.
func TestPartialBatches(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer func(e events.SQSEvent) any
		left   []string
	}{
		"some": {func(e events.SQSEvent) any {
			return events.SQSEventResponse{BatchItemFailures: []events.SQSBatchItemFailure{{ItemIdentifier: e.Records[1].MessageId}}}
		}, []string{"2"}},
		"none":       {func(events.SQSEvent) any { return events.SQSEventResponse{} }, nil},
		"null":       {func(events.SQSEvent) any { return nil }, nil},
		"empty id":   {func(events.SQSEvent) any { return json.RawMessage(`{"batchItemFailures":[{"itemIdentifier":""}]}`) }, []string{"1", "2", "3"}},
		"null id":    {func(events.SQSEvent) any { return json.RawMessage(`{"batchItemFailures":[{"itemIdentifier":null}]}`) }, []string{"1", "2", "3"}},
		"bad key":    {func(events.SQSEvent) any { return json.RawMessage(`{"batchItemFailures":[{"id":"x"}]}`) }, []string{"1", "2", "3"}},
		"unknown id": {func(events.SQSEvent) any { return json.RawMessage(`{"batchItemFailures":[{"itemIdentifier":"x"}]}`) }, []string{"1", "2", "3"}},
		"no object":  {func(events.SQSEvent) any { return "text" }, []string{"1", "2", "3"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newConsumer(t, "orders", func(e events.SQSEvent) (any, error) { return tc.answer(e), nil }, lambdatest.ReportFailures())
			c.send(t, "1", "2", "3")
			c.acct.Settle()
			var left []string
			for _, m := range c.queue.Messages() {
				left = append(left, m.Body)
			}
			assert.Equal(t, tc.left, left)
		})
	}
}

// The groups of a FIFO queue are handled in order; one that fails holds back its group alone.
func TestFIFOQueue(t *testing.T) {
	t.Parallel()
	fail := true
	c := newConsumer(t, "orders.fifo", func(e events.SQSEvent) (any, error) {
		if fail && strings.HasPrefix(e.Records[0].Body, "a") {
			return nil, errors.New("boom")
		}
		return nil, nil
	}, lambdatest.BatchSize(1))
	c.send(t, "a1", "b1", "a2", "b2")
	c.acct.Settle()
	var flat []string
	for _, b := range c.batches {
		flat = append(flat, b...)
	}
	slices.Sort(flat)
	assert.Equal(t, []string{"a1", "b1", "b2"}, flat)
	fail = false
	c.acct.Advance(31 * time.Second)
	assert.Equal(t, [][]string{{"a1"}, {"a2"}}, c.batches[len(c.batches)-2:])
	assert.Empty(t, c.queue.Messages())
}

// A batch waits for its window, unless it is full before.
func TestBatchingWindow(t *testing.T) {
	t.Parallel()
	c := newConsumer(t, "orders", fine, lambdatest.BatchSize(3), lambdatest.Window(20*time.Second))
	c.send(t, "1")
	c.acct.Settle()
	assert.Empty(t, c.batches)
	c.acct.Advance(10 * time.Second)
	c.send(t, "2")
	c.acct.Settle()
	assert.Empty(t, c.batches)
	c.acct.Advance(10 * time.Second)
	assert.Equal(t, [][]string{{"1", "2"}}, c.batches)
	c.send(t, "3", "4", "5")
	c.acct.Settle()
	assert.Len(t, c.batches, 2)
}

// Messages that no filter wants are deleted, and the function does not see them.
func TestFilters(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string][]string{
		`{"body":{"kind":["a"]}}`:                                      {`{"kind":"a","n":1}`},
		`{"body":{"n":[{"numeric":[">",1,"<=",3]}]}}`:                  {`{"kind":"b","n":2}`, `{"list":["x","y"],"n":3}`},
		`{"body":{"list":["y"]}}`:                                      {`{"list":["x","y"],"n":3}`},
		`{"body":["plain"]}`:                                           {`plain`},
		`{"body":["{\"kind\":\"a\",\"n\":1}","plain"]}`:                {`plain`},
		`{"$or":[{"body":{"n":[3]}},{"body":{"kind":["a"]}}]}`:         {`{"kind":"a","n":1}`, `{"list":["x","y"],"n":3}`},
		`{"body":{"kind":[{"exists":false}]}}`:                         {`{"list":["x","y"],"n":3}`},
		`{"body":{"kind":[{"anything-but":["a"]}]}}`:                   {`{"kind":"b","n":2}`},
		`{"body":{"$or":[{"kind":[{"prefix":"b"}]},{"n":[3]}]}}`:       {`{"kind":"b","n":2}`, `{"list":["x","y"],"n":3}`},
		`{"body":{"kind":[{"equals-ignore-case":"A"}]}}`:               {`{"kind":"a","n":1}`},
		`{"body":{"kind":[{"suffix":"a"}]},"eventSource":["aws:sqs"]}`: {`{"kind":"a","n":1}`},
	} {
		t.Run(pattern, func(t *testing.T) {
			t.Parallel()
			c := newConsumer(t, "orders", fine, lambdatest.Filters(pattern))
			c.send(t, `{"kind":"a","n":1}`, `{"kind":"b","n":2}`, `{"list":["x","y"],"n":3}`, `plain`)
			c.acct.Settle()
			assert.Equal(t, want, slices.Concat(c.batches...))
			assert.Empty(t, c.queue.Messages())
		})
	}
}

// Filters have the pattern language of EventBridge without what Lambda does not take of it.
func TestFiltersRefused(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	queue := acct.SQS().CreateQueue("orders", nil)
	lambdatest.Of(acct).Handle("worker", acct.NewRole("worker", lambdatest.Trust(), consuming(queue)), nothing)
	for _, pattern := range []string{`{}`, `[]`, `{"body"`, `{"body":{}}`, `{"body":[]}`, `{"body":"x"}`, `{"body":[{"wildcard":"x*"}]}`, `{"body":[{"cidr":"10.0.0.0/8"}]}`,
		`{"body":[{"anything-but":{"prefix":"x"}}]}`, `{"body":[{"numeric":["<",1,">",0]}]}`, `{"body":[{"exists":"yes"}]}`, `{"body":[{"prefix":"x","suffix":"y"}]}`} {
		_, err := client(acct).CreateEventSourceMapping(t.Context(), &awslambda.CreateEventSourceMappingInput{FunctionName: aws.String("worker"), EventSourceArn: aws.String(queue.ARN()),
			FilterCriteria: &types.FilterCriteria{Filters: []types.Filter{{Pattern: &pattern}}}})
		requireCode(t, err, "InvalidParameterValueException", "Invalid filter pattern definition.")
	}
}

// The execution role must be allowed what polling takes, when the mapping is made and later.
func TestMappingPermissions(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	queue := acct.SQS().CreateQueue("orders", nil)
	c := client(acct)
	for i, action := range []string{"ReceiveMessage", "DeleteMessage", "GetQueueAttributes"} {
		rest := slices.DeleteFunc([]string{"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"}, func(a string) bool { return a == "sqs:"+action })
		name := string(rune('a'+i)) + "-worker"
		lambdatest.Of(acct).Handle(name, acct.NewRole(name, lambdatest.Trust(), awstest.Allow(rest...).On(queue.ARN())), nothing)
		_, err := c.CreateEventSourceMapping(t.Context(), &awslambda.CreateEventSourceMappingInput{FunctionName: &name, EventSourceArn: aws.String(queue.ARN())})
		requireCode(t, err, "InvalidParameterValueException", "The function execution role does not have permissions to call "+action+" on SQS")
	}
	cons := newConsumer(t, "orders", fine)
	cons.role.Detach("policy-1")
	cons.send(t, "1")
	cons.acct.Settle()
	assert.Empty(t, cons.batches)
	last := cons.acct.Calls().By(cons.role)
	assert.Equal(t, "AccessDenied", last[len(last)-1].Code)
	assert.Equal(t, "sqs:ReceiveMessage", last[len(last)-1].Decisions[0].Request.Action)
	cons.role.Attach(consuming(cons.queue))
	cons.acct.Advance(10 * time.Second)
	assert.Equal(t, [][]string{{"1"}}, cons.batches)
}

// What AWS refuses of mappings, and how their lives go.
func TestMappingLifecycle(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		ctx, c := t.Context(), client(acct)
		queue := acct.SQS().CreateQueue("orders", nil)
		role := acct.NewRole("worker", lambdatest.Trust(), consuming(queue))
		var got int
		lambdatest.Of(acct).Handle("worker", role, func(events.SQSEvent) error { got++; return nil })
		lambdatest.Of(acct).Handle("slow", role, nothing, lambdatest.Timeout(time.Minute))
		source := aws.String(queue.ARN())
		for _, tc := range []struct {
			in   awslambda.CreateEventSourceMappingInput
			text string
		}{
			{awslambda.CreateEventSourceMappingInput{FunctionName: aws.String("worker")}, "Unrecognized event source."},
			{awslambda.CreateEventSourceMappingInput{FunctionName: aws.String("none"), EventSourceArn: source}, "Function does not exist"},
			{awslambda.CreateEventSourceMappingInput{FunctionName: aws.String("slow"), EventSourceArn: source}, "Queue visibility timeout: 30 seconds is less than Function timeout: 60 seconds"},
			{awslambda.CreateEventSourceMappingInput{FunctionName: aws.String("worker"), EventSourceArn: source, BatchSize: aws.Int32(11)}, "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10"},
			{awslambda.CreateEventSourceMappingInput{FunctionName: aws.String("worker"), EventSourceArn: source, DestinationConfig: &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: source}}}, "Unsupported DestinationConfig parameter for given event source mapping type."},
		} {
			_, err := c.CreateEventSourceMapping(ctx, &tc.in)
			requireCode(t, err, "InvalidParameterValueException", tc.text)
		}
		in := &awslambda.CreateEventSourceMappingInput{FunctionName: aws.String("worker"), EventSourceArn: source, Enabled: aws.Bool(false), Tags: map[string]string{"a": "b"}}
		made, err := c.CreateEventSourceMapping(ctx, in)
		require.NoError(t, err)
		assert.Equal(t, "Creating", *made.State)
		assert.Equal(t, int32(10), *made.BatchSize)
		_, err = c.CreateEventSourceMapping(ctx, in)
		requireCode(t, err, "ResourceConflictException", "Please update or delete the existing mapping with UUID "+*made.UUID)
		acct.SQS().Queue("orders").Send("1")
		acct.Settle()
		assert.Zero(t, got, "it is disabled")
		_, err = c.UpdateEventSourceMapping(ctx, &awslambda.UpdateEventSourceMappingInput{UUID: made.UUID, Enabled: aws.Bool(true)})
		require.NoError(t, err)
		acct.Settle()
		assert.Equal(t, 1, got)
		state, err := c.GetEventSourceMapping(ctx, &awslambda.GetEventSourceMappingInput{UUID: made.UUID})
		require.NoError(t, err)
		assert.Equal(t, "Enabled OK", *state.State+" "+*state.LastProcessingResult)
		list, err := c.ListEventSourceMappings(ctx, &awslambda.ListEventSourceMappingsInput{FunctionName: aws.String("worker")})
		require.NoError(t, err)
		assert.Len(t, list.EventSourceMappings, 1)
		tags, err := c.ListTags(ctx, &awslambda.ListTagsInput{Resource: made.EventSourceMappingArn})
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"a": "b"}, tags.Tags)
		_, err = c.DeleteEventSourceMapping(ctx, &awslambda.DeleteEventSourceMappingInput{UUID: made.UUID})
		require.NoError(t, err)
		_, err = c.GetEventSourceMapping(ctx, &awslambda.GetEventSourceMappingInput{UUID: made.UUID})
		requireCode(t, err, "ResourceNotFoundException", "The resource you requested does not exist.")
	})
}

// A mapping of a stream is stored and its permissions are tried, but nothing polls it.
func TestStreamMapping(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	stream := aws.String("arn:aws:dynamodb:us-east-1:" + acct.ID() + ":table/t/stream/2025-01-01T00:00:00.000")
	role := acct.NewRole("worker", lambdatest.Trust())
	lambdatest.Of(acct).Handle("worker", role, nothing)
	in := &awslambda.CreateEventSourceMappingInput{FunctionName: aws.String("worker"), EventSourceArn: stream, StartingPosition: types.EventSourcePositionTrimHorizon}
	_, err := client(acct).CreateEventSourceMapping(t.Context(), in)
	requireCode(t, err, "InvalidParameterValueException", "Please ensure the role can perform the GetRecords, GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM.")
	role.Attach(awstest.Allow("dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream").On(*stream), awstest.Allow("dynamodb:ListStreams"))
	out, err := client(acct).CreateEventSourceMapping(t.Context(), in)
	require.NoError(t, err)
	assert.Equal(t, int32(100), *out.BatchSize)
	acct.Settle()
}

// Time alone has messages handled, also in a bubble.
func TestConsumerInBubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newConsumer(t, "orders", fine)
		c.send(t, "1")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		assert.Equal(t, [][]string{{"1"}}, c.batches)
		time.Sleep(time.Hour)
		c.send(t, "2")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		assert.Equal(t, [][]string{{"1"}, {"2"}}, c.batches)
	})
}

// A handler of a clone has the clone's config, and works on the clone's messages.
func TestConsumerInClone(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	in, out := acct.SQS().CreateQueue("in", nil), acct.SQS().CreateQueue("out", nil)
	role := acct.NewRole("worker", lambdatest.Trust(), consuming(in), awstest.Allow("sqs:SendMessage").On(out.ARN()))
	fn := lambdatest.Of(acct).HandleConfig("worker", role, func(cfg aws.Config) any {
		client := sqs.NewFromConfig(cfg)
		return func(ctx context.Context, e events.SQSEvent) error {
			_, err := client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(out.URL()), MessageBody: &e.Records[0].Body})
			return err
		}
	})
	fn.Consume(in.ARN())
	in.Send("first")
	acct.Settle()
	for _, name := range []string{"one", "two"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clone := acct.Clone(t)
			clone.SQS().Queue("in").Send(name)
			clone.Settle()
			var bodies []string
			for _, m := range clone.SQS().Queue("out").Messages() {
				bodies = append(bodies, m.Body)
			}
			assert.Equal(t, []string{"first", name}, bodies)
			assert.Len(t, out.Messages(), 1)
		})
	}
}

// A function that sends to its own queue has no end: Settle says so.
func TestRecursion(t *testing.T) {
	if !*scale {
		t.Skip("-scale is not set: a function that causes itself 100,000 times is not measured")
	}
	acct := awstest.New(t, lambdatest.With())
	queue := acct.SQS().CreateQueue("loop", nil)
	role := acct.NewRole("worker", lambdatest.Trust(), consuming(queue))
	n := 0
	fn := lambdatest.Of(acct).Handle("worker", role, func() error { n++; queue.Send("again"); return nil })
	fn.Consume(queue.ARN())
	queue.Send("once")
	require.ErrorContains(t, acct.World().Settle(t.Context()), "what is due has no end")
	assert.Equal(t, 100_000, n)
}
