package lambda_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb"
	"github.com/leastpriv/leastpriv/fakeaws/kinesis"
)

// reading are the permissions that a mapping of a Kinesis stream takes.
func reading(stream string) awstest.Statement {
	return awstest.Allow("kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream", "kinesis:ListShards").On(stream)
}

// A reader is a function that reads a Kinesis stream, and what it was given.
type reader struct {
	acct    *awstest.Account
	arn     string
	role    *awstest.Principal
	fn      *lambdatest.Function
	uuid    string
	mu      sync.Mutex
	handled []string // the data of each batch, with spaces
	last    events.KinesisEvent
}

// newStream makes a stream with a function that nothing invokes yet.
func newStream(t *testing.T, shards int32, handle func(events.KinesisEvent) (any, error)) *reader {
	t.Helper()
	r := &reader{acct: awstest.New(t, lambdatest.With(), awstest.With(kinesis.Service))}
	_, err := r.client().CreateStream(t.Context(), &awskinesis.CreateStreamInput{StreamName: aws.String("s"), ShardCount: &shards})
	require.NoError(t, err)
	r.arn = "arn:aws:kinesis:us-east-1:" + r.acct.ID() + ":stream/s"
	r.role = r.acct.NewRole("worker", lambdatest.Trust(), reading(r.arn))
	r.role.Attach(awstest.Allow("kinesis:ListStreams"))
	r.fn = lambdatest.Of(r.acct).Handle("worker", r.role, func(_ context.Context, e events.KinesisEvent) (any, error) {
		var data []string
		for _, record := range e.Records {
			data = append(data, string(record.Kinesis.Data))
		}
		r.mu.Lock()
		r.handled, r.last = append(r.handled, strings.Join(data, " ")), e
		r.mu.Unlock()
		return handle(e)
	})
	return r
}

// newReader makes one that reads from the oldest record on.
func newReader(t *testing.T, handle func(events.KinesisEvent) (any, error), options ...lambdatest.MappingOption) *reader {
	t.Helper()
	r := newStream(t, 1, handle)
	r.uuid = r.fn.Consume(r.arn, append(options, lambdatest.From(types.EventSourcePositionTrimHorizon))...)
	return r
}

func (r *reader) client() *awskinesis.Client { return awskinesis.NewFromConfig(r.acct.Config()) }

// put puts records with one partition key.
func (r *reader) put(t *testing.T, all ...string) {
	t.Helper()
	for _, data := range all {
		_, err := r.client().PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamARN: &r.arn, Data: []byte(data), PartitionKey: aws.String("key")})
		require.NoError(t, err)
	}
}

// batches are those that the function got.
func (r *reader) batches() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.handled)
}

func (r *reader) latest() string {
	all := r.batches()
	return all[len(all)-1]
}

func good(events.KinesisEvent) (any, error) { return nil, nil }

// failing fails for batches that have a record.
func failing(data string) func(events.KinesisEvent) (any, error) {
	return func(e events.KinesisEvent) (any, error) {
		for _, record := range e.Records {
			if string(record.Kinesis.Data) == data {
				return nil, errors.New("boom")
			}
		}
		return nil, nil
	}
}

func (r *reader) result(t *testing.T) string {
	t.Helper()
	out, err := client(r.acct).GetEventSourceMapping(t.Context(), &awslambda.GetEventSourceMappingInput{UUID: &r.uuid})
	require.NoError(t, err)
	return *out.LastProcessingResult
}

// A function gets the records of a shard in batches and in order, each once.
func TestStreamBatches(t *testing.T) {
	t.Parallel()
	r := newReader(t, good, lambdatest.BatchSize(2))
	r.put(t, "1", "2", "3")
	r.acct.Settle()
	assert.Equal(t, []string{"1 2", "3"}, r.batches())
	assert.Equal(t, "OK", r.result(t))
	record := r.last.Records[0]
	assert.Equal(t, []string{"aws:kinesis", "aws:kinesis:record", "1.0", r.arn, "us-east-1", r.role.ARN(), "key", "1.0"}, []string{
		record.EventSource, record.EventName, record.EventVersion, record.EventSourceArn, record.AwsRegion, record.InvokeIdentityArn,
		record.Kinesis.PartitionKey, record.Kinesis.KinesisSchemaVersion,
	})
	assert.Equal(t, "shardId-000000000000:"+record.Kinesis.SequenceNumber, record.EventID)
	assert.WithinDuration(t, r.acct.World().Clock().Now(), record.Kinesis.ApproximateArrivalTimestamp.Time, time.Minute)
	calls := r.acct.Calls().By(r.role)
	r.acct.Settle()
	assert.Len(t, r.acct.Calls().By(r.role), len(calls), "an empty stream costs no call")
	assert.Empty(t, calls.Denied())
}

// Where a mapping begins decides which records the function gets.
func TestStartingPositions(t *testing.T) {
	t.Parallel()
	for position, want := range map[types.EventSourcePosition][]string{
		types.EventSourcePositionTrimHorizon: {"old middle", "new"}, types.EventSourcePositionLatest: {"new"}, types.EventSourcePositionAtTimestamp: {"middle", "new"},
	} {
		t.Run(string(position), func(t *testing.T) {
			t.Parallel()
			r := newStream(t, 1, good)
			r.put(t, "old")
			r.acct.Advance(time.Minute)
			at := r.acct.World().Clock().Now().Truncate(time.Second)
			r.put(t, "middle")
			r.fn.Consume(r.arn, lambdatest.From(position), func(in *awslambda.CreateEventSourceMappingInput) {
				if position == types.EventSourcePositionAtTimestamp {
					in.StartingPositionTimestamp = &at
				}
			})
			r.acct.Settle()
			r.put(t, "new")
			r.acct.Settle()
			assert.Equal(t, want, r.batches())
		})
	}
}

// What AWS refuses of mappings of streams, and what is not there.
func TestStreamMappingRefused(t *testing.T) {
	t.Parallel()
	r := newStream(t, 1, good)
	for text, set := range map[string]func(*awslambda.CreateEventSourceMappingInput){
		"startingPosition": func(in *awslambda.CreateEventSourceMappingInput) { in.StartingPosition = "" },
		"StartingPositionTimestamp": func(in *awslambda.CreateEventSourceMappingInput) {
			in.StartingPosition = types.EventSourcePositionAtTimestamp
		},
	} {
		in := &awslambda.CreateEventSourceMappingInput{FunctionName: aws.String("worker"), EventSourceArn: &r.arn, StartingPosition: types.EventSourcePositionLatest}
		set(in)
		_, err := client(r.acct).CreateEventSourceMapping(t.Context(), in)
		requireCode(t, err, "InvalidParameterValueException", text)
	}
	in := &awslambda.CreateEventSourceMappingInput{FunctionName: aws.String("worker"), EventSourceArn: &r.arn, StartingPosition: types.EventSourcePositionLatest, TumblingWindowInSeconds: aws.Int32(10)}
	_, err := client(r.acct).CreateEventSourceMapping(t.Context(), in)
	requireCode(t, err, "NotImplemented", "TumblingWindowInSeconds")
	other := r.arn + "-none"
	r.role.Attach(reading(other))
	in = &awslambda.CreateEventSourceMappingInput{FunctionName: aws.String("worker"), EventSourceArn: &other, StartingPosition: types.EventSourcePositionLatest}
	_, err = client(r.acct).CreateEventSourceMapping(t.Context(), in)
	requireCode(t, err, "InvalidParameterValueException", "Stream not found: "+other)
}

// A batch waits for its window, unless it is full before.
func TestStreamWindow(t *testing.T) {
	t.Parallel()
	r := newReader(t, good, lambdatest.BatchSize(3), lambdatest.Window(20*time.Second))
	r.put(t, "1")
	r.acct.Settle()
	r.acct.Advance(10 * time.Second)
	r.put(t, "2")
	r.acct.Settle()
	assert.Empty(t, r.batches())
	r.acct.Advance(10 * time.Second)
	assert.Equal(t, []string{"1 2"}, r.batches())
	r.put(t, "3", "4", "5")
	r.acct.Settle()
	assert.Equal(t, []string{"1 2", "3 4 5"}, r.batches())
}

// A batch that fails holds back its shard, and is discarded after the retries.
func TestStreamRetries(t *testing.T) {
	t.Parallel()
	var failures *awstest.Queue
	r := newStream(t, 1, failing("bad"))
	failures = r.acct.SQS().CreateQueue("failures", nil)
	r.role.Attach(awstest.Allow("sqs:SendMessage").On(failures.ARN()))
	r.fn.Consume(r.arn, lambdatest.BatchSize(2), lambdatest.From(types.EventSourcePositionTrimHorizon), func(in *awslambda.CreateEventSourceMappingInput) {
		in.MaximumRetryAttempts = aws.Int32(2)
		in.DestinationConfig = &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: aws.String(failures.ARN())}}
	})
	r.put(t, "1", "bad", "2")
	r.acct.Settle()
	assert.Equal(t, []string{"1 bad"}, r.batches())
	r.acct.Advance(time.Minute)
	assert.Equal(t, []string{"1 bad", "1 bad", "1 bad", "2"}, r.batches())
	require.Len(t, failures.Messages(), 1)
	var d struct {
		RequestContext struct {
			RequestID, FunctionARN, Condition string
			ApproximateInvokeCount            int
		}
		ResponseContext  struct{ FunctionError string }
		KinesisBatchInfo struct {
			ShardID, StartSequenceNumber, EndSequenceNumber, StreamARN string
			BatchSize                                                  int
		}
	}
	require.NoError(t, json.Unmarshal([]byte(failures.Messages()[0].Body), &d))
	assert.Equal(t, "RetryAttemptsExhausted", d.RequestContext.Condition)
	assert.Equal(t, r.fn.ARN(), d.RequestContext.FunctionARN)
	assert.Equal(t, 3, d.RequestContext.ApproximateInvokeCount)
	assert.Equal(t, "Unhandled", d.ResponseContext.FunctionError)
	records := kinesis.Of(r.acct.World()).Records(r.arn, "", "")
	info := d.KinesisBatchInfo
	assert.Equal(t, []string{"shardId-000000000000", records[0].SequenceNumber, records[1].SequenceNumber, r.arn}, []string{info.ShardID, info.StartSequenceNumber, info.EndSequenceNumber, info.StreamARN})
	assert.Equal(t, 2, info.BatchSize)
}

// A failed batch is tried in halves, so that one bad record alone is discarded.
func TestBisect(t *testing.T) {
	t.Parallel()
	r := newReader(t, failing("bad"), func(in *awslambda.CreateEventSourceMappingInput) {
		in.MaximumRetryAttempts, in.BisectBatchOnFunctionError = aws.Int32(0), aws.Bool(true)
	})
	r.put(t, "1", "2", "bad", "4")
	r.acct.Settle()
	r.acct.Advance(10 * time.Minute)
	assert.Equal(t, []string{"1 2 bad 4", "1 2", "bad 4", "bad", "4"}, r.batches())
}

// Records that are too old are discarded, and those that follow are handled.
func TestRecordAge(t *testing.T) {
	t.Parallel()
	r := newReader(t, failing("bad"), func(in *awslambda.CreateEventSourceMappingInput) { in.MaximumRecordAgeInSeconds = aws.Int32(60) })
	r.put(t, "bad")
	r.acct.Settle()
	r.acct.Advance(50 * time.Second)
	r.put(t, "good")
	r.acct.Settle()
	assert.NotContains(t, r.batches(), "good")
	r.acct.Advance(time.Minute)
	assert.Equal(t, "good", r.latest())
}

// Without bounds a batch is tried until the stream has its records no more.
func TestRecordsExpire(t *testing.T) {
	t.Parallel()
	r := newReader(t, failing("bad"))
	r.put(t, "bad")
	r.acct.Settle()
	r.acct.Advance(23 * time.Hour)
	r.put(t, "good")
	r.acct.Settle()
	assert.Equal(t, "bad", r.latest())
	r.acct.Advance(2 * time.Hour)
	assert.Equal(t, "good", r.latest())
}

// A function that reports which record failed gets that one and those after it again.
func TestStreamPartialBatches(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		answer func(sequence string) any
		want   []string
	}{
		"some": {func(s string) any {
			return map[string]any{"batchItemFailures": []any{map[string]any{"itemIdentifier": s}}}
		}, []string{"1 2 3", "2 3"}},
		"none": {func(string) any { return map[string]any{"batchItemFailures": []any{}} }, []string{"1 2 3"}},
		"null": {func(string) any { return nil }, []string{"1 2 3"}},
		"unknown": {func(string) any {
			return map[string]any{"batchItemFailures": []any{map[string]any{"itemIdentifier": "9"}}}
		}, []string{"1 2 3", "1 2 3"}},
		"empty": {func(string) any {
			return map[string]any{"batchItemFailures": []any{map[string]any{"itemIdentifier": ""}}}
		}, []string{"1 2 3", "1 2 3"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := false
			r := newReader(t, func(e events.KinesisEvent) (any, error) {
				if asked {
					return nil, nil
				}
				asked = true
				return tc.answer(e.Records[1].Kinesis.SequenceNumber), nil
			}, lambdatest.ReportFailures())
			r.put(t, "1", "2", "3")
			r.acct.Settle()
			r.acct.Advance(time.Minute)
			assert.Equal(t, tc.want, r.batches())
		})
	}
}

// Records that no filter wants are passed over.
func TestStreamFilters(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string][]string{
		`{"data":{"kind":["a"]}}`:                     {`{"kind":"a"}`},
		`{"data":["plain"]}`:                          {`plain`},
		`{"partitionKey":["key"],"data":{"n":[1.0]}}`: {`{"n":1}`},
		`{"partitionKey":["other"]}`:                  nil,
	} {
		t.Run(pattern, func(t *testing.T) {
			t.Parallel()
			r := newReader(t, good, lambdatest.Filters(pattern))
			r.put(t, `{"kind":"a"}`, `{"n":1}`, `plain`)
			r.acct.Settle()
			assert.Equal(t, want, r.batches())
		})
	}
}

// The execution role must be allowed what reading takes, when the mapping is made and later.
func TestStreamPermissions(t *testing.T) {
	t.Parallel()
	for _, action := range []string{"kinesis:ListShards", "kinesis:GetShardIterator", "kinesis:GetRecords"} {
		t.Run(action, func(t *testing.T) {
			t.Parallel()
			r := newReader(t, good)
			rest := slices.DeleteFunc([]string{"kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:DescribeStream", "kinesis:ListShards"}, func(a string) bool { return a == action })
			r.role.Replace("policy-1", awstest.Allow(rest...).On(r.arn))
			r.put(t, "1")
			r.acct.Settle()
			assert.Empty(t, r.batches())
			denied := r.acct.Calls().By(r.role).Denied()
			require.Len(t, denied, 1)
			assert.Equal(t, action, denied[0].Decisions[0].Request.Action)
			assert.Contains(t, r.result(t), "PROBLEM: Cannot access stream "+r.arn)
			r.role.Replace("policy-1", reading(r.arn))
			r.acct.Advance(10 * time.Second)
			assert.Equal(t, []string{"1"}, r.batches())
			in := &awslambda.CreateEventSourceMappingInput{FunctionName: aws.String("second"), EventSourceArn: &r.arn, StartingPosition: types.EventSourcePositionLatest}
			lambdatest.Of(r.acct).Handle("second", r.acct.NewRole("second", lambdatest.Trust(), awstest.Allow(rest...).On(r.arn)), nothing)
			_, err := client(r.acct).CreateEventSourceMapping(t.Context(), in)
			requireCode(t, err, "InvalidParameterValueException", "Cannot access stream "+r.arn)
		})
	}
}

// The shards of a stream do not wait for each other, but children do for their parents.
func TestShards(t *testing.T) {
	t.Parallel()
	r := newStream(t, 2, failing("bad"))
	r.fn.Consume(r.arn, lambdatest.From(types.EventSourcePositionLatest))
	put := func(data, hash string) {
		_, err := r.client().PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamARN: &r.arn, Data: []byte(data), PartitionKey: aws.String("k"), ExplicitHashKey: &hash})
		require.NoError(t, err)
	}
	const high = "340282366920938463463374607431768211455"
	put("bad", "0")
	put("good", high)
	r.acct.Settle()
	assert.ElementsMatch(t, []string{"bad", "good"}, r.batches())
	_, err := r.client().SplitShard(t.Context(), &awskinesis.SplitShardInput{StreamARN: &r.arn, ShardToSplit: aws.String("shardId-000000000000"), NewStartingHashKey: aws.String("10")})
	require.NoError(t, err)
	put("child", "0")
	r.acct.Advance(time.Hour)
	assert.NotContains(t, r.batches(), "child")
	r.acct.Advance(24 * time.Hour)
	put("late", "0")
	r.acct.Settle()
	assert.Equal(t, "late", r.latest())
}

// A mapping that is disabled goes on where it was.
func TestStreamDisabled(t *testing.T) {
	t.Parallel()
	r := newReader(t, good)
	enable := func(on bool) {
		_, err := client(r.acct).UpdateEventSourceMapping(t.Context(), &awslambda.UpdateEventSourceMappingInput{UUID: &r.uuid, Enabled: &on})
		require.NoError(t, err)
	}
	r.put(t, "1")
	r.acct.Settle()
	enable(false)
	r.put(t, "2")
	r.acct.Settle()
	assert.Equal(t, []string{"1"}, r.batches())
	enable(true)
	r.acct.Settle()
	assert.Equal(t, []string{"1", "2"}, r.batches())
}

// Time alone has records handled, at once and when the mapping tries again.
func TestReaderInBubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		r := newReader(t, func(events.KinesisEvent) (any, error) {
			if tries++; tries == 1 {
				return nil, errors.New("boom")
			}
			return nil, nil
		})
		time.Sleep(time.Hour)
		r.put(t, "1")
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		assert.Equal(t, []string{"1"}, r.batches())
		time.Sleep(2 * time.Second)
		synctest.Wait()
		assert.Equal(t, []string{"1", "1"}, r.batches())
	})
}

// A send to a queue wakes the World: nobody looks each second.
func TestQueueWakes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newConsumer(t, "orders", fine)
		time.Sleep(time.Hour)
		c.send(t, "1")
		time.Sleep(150 * time.Millisecond)
		synctest.Wait()
		assert.Equal(t, [][]string{{"1"}}, c.batches)
	})
}

// Messages that are hidden wake the World when they are visible again: those whose function
// failed, and those that somebody else received.
func TestHiddenMessagesWake(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		c := newConsumer(t, "orders", func(events.SQSEvent) (any, error) {
			if tries++; tries == 1 {
				return nil, errors.New("boom")
			}
			return nil, nil
		})
		c.send(t, "1")
		time.Sleep(31 * time.Second)
		synctest.Wait()
		assert.Equal(t, [][]string{{"1"}, {"1"}}, c.batches)
		c.send(t, "2")
		received, err := sqs.NewFromConfig(c.acct.Config()).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(c.queue.URL())})
		require.NoError(t, err)
		require.Len(t, received.Messages, 1)
		time.Sleep(29 * time.Second)
		synctest.Wait()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		assert.Equal(t, []string{"2"}, c.batches[2])
	})
}

// A clone has the positions of the mapping, and reads its own records.
func TestReaderInClone(t *testing.T) {
	t.Parallel()
	r := newStream(t, 1, good)
	var got []string
	copier := lambdatest.Of(r.acct).HandleConfig("copier", r.role, func(cfg aws.Config) any {
		client := awskinesis.NewFromConfig(cfg)
		return func(ctx context.Context, e events.KinesisEvent) error {
			_, err := client.PutRecord(ctx, &awskinesis.PutRecordInput{StreamName: aws.String("out"), Data: e.Records[0].Kinesis.Data, PartitionKey: aws.String("k")})
			return err
		}
	})
	_, err := r.client().CreateStream(t.Context(), &awskinesis.CreateStreamInput{StreamName: aws.String("out"), ShardCount: aws.Int32(1)})
	require.NoError(t, err)
	out := strings.TrimSuffix(r.arn, "s") + "out"
	r.role.Attach(awstest.Allow("kinesis:PutRecord").On(out))
	copier.Consume(r.arn, lambdatest.From(types.EventSourcePositionTrimHorizon))
	r.put(t, "first")
	r.acct.Settle()
	clone := r.acct.Clone(t)
	_, err = awskinesis.NewFromConfig(clone.Config()).PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamARN: &r.arn, Data: []byte("second"), PartitionKey: aws.String("k")})
	require.NoError(t, err)
	clone.Settle()
	for _, record := range kinesis.Of(clone.World()).Records(out, "", "") {
		got = append(got, string(record.Data))
	}
	assert.Equal(t, []string{"first", "second"}, got)
	assert.Len(t, kinesis.Of(r.acct.World()).Records(out, "", ""), 1)
}

// A function gets the changes of a table, and retries and filters as for Kinesis.
func TestTableStream(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With(), awstest.With(dynamodb.Service, dynamodb.StreamsService))
	ctx, db := t.Context(), awsdynamodb.NewFromConfig(acct.Config())
	made, err := db.CreateTable(ctx, &awsdynamodb.CreateTableInput{
		TableName: aws.String("table"), BillingMode: dbtypes.BillingModePayPerRequest,
		AttributeDefinitions: []dbtypes.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: dbtypes.ScalarAttributeTypeS}},
		KeySchema:            []dbtypes.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: dbtypes.KeyTypeHash}},
		StreamSpecification:  &dbtypes.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: dbtypes.StreamViewTypeNewImage},
	})
	require.NoError(t, err)
	stream := *made.TableDescription.LatestStreamArn
	failures := acct.SQS().CreateQueue("failures", nil)
	role := acct.NewRole("worker", lambdatest.Trust(), awstest.Allow("dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:DescribeStream").On(stream))
	role.Attach(awstest.Allow("dynamodb:ListStreams"), awstest.Allow("sqs:SendMessage").On(failures.ARN()))
	var got []string
	fn := lambdatest.Of(acct).Handle("worker", role, func(_ context.Context, e events.DynamoDBEvent) error {
		for _, r := range e.Records {
			id := r.Change.Keys["id"].String()
			got = append(got, fmt.Sprint(r.EventName, " ", id, " ", r.EventSourceArn == stream))
			if id == "bad" {
				return errors.New("boom")
			}
		}
		return nil
	})
	put := func(id string, n int) {
		_, err := db.PutItem(ctx, &awsdynamodb.PutItemInput{TableName: aws.String("table"), Item: map[string]dbtypes.AttributeValue{
			"id": &dbtypes.AttributeValueMemberS{Value: id}, "n": &dbtypes.AttributeValueMemberN{Value: fmt.Sprint(n)},
		}})
		require.NoError(t, err)
	}
	put("before", 1)
	fn.Consume(stream, lambdatest.From(types.EventSourcePositionLatest), lambdatest.Filters(`{"dynamodb":{"NewImage":{"n":{"N":["1"]}}}}`), func(in *awslambda.CreateEventSourceMappingInput) {
		in.MaximumRetryAttempts = aws.Int32(0)
		in.DestinationConfig = &types.DestinationConfig{OnFailure: &types.OnFailure{Destination: aws.String(failures.ARN())}}
	})
	put("a", 1)
	put("b", 2)
	acct.Settle()
	assert.Equal(t, []string{"INSERT a true"}, got)
	put("bad", 1)
	acct.Settle()
	put("c", 1)
	acct.Settle()
	assert.Equal(t, []string{"INSERT a true", "INSERT bad true", "INSERT c true"}, got)
	require.Len(t, failures.Messages(), 1)
	assert.Contains(t, failures.Messages()[0].Body, `"DDBStreamBatchInfo":{"shardId":"shardId-`)
	in := &awslambda.CreateEventSourceMappingInput{FunctionName: aws.String("worker"), EventSourceArn: &stream, StartingPosition: types.EventSourcePositionAtTimestamp, StartingPositionTimestamp: aws.Time(time.Now())}
	_, err = client(acct).CreateEventSourceMapping(ctx, in)
	requireCode(t, err, "InvalidParameterValueException", "AT_TIMESTAMP")
}

// Events that wait are run in the order in which they came.
func TestManyEvents(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	var got []int
	lambdatest.Of(acct).Handle("f", acct.NewRole("f", lambdatest.Trust()), func(_ context.Context, n int) error { got = append(got, n); return nil })
	const many = 2000
	for i := range many {
		_, err := client(acct).Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("f"), InvocationType: types.InvocationTypeEvent, Payload: []byte(fmt.Sprint(i))})
		require.NoError(t, err)
	}
	acct.Settle()
	assert.Len(t, got, many)
	assert.True(t, slices.IsSorted(got))
}
