package sqs

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReceiveRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	for _, tc := range []struct {
		in            awssqs.ReceiveMessageInput
		code, message string
	}{
		{awssqs.ReceiveMessageInput{MaxNumberOfMessages: 11}, "InvalidParameterValue", "Value 11 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."},
		{awssqs.ReceiveMessageInput{MaxNumberOfMessages: -1}, "InvalidParameterValue", "Value -1 for parameter MaxNumberOfMessages is invalid. Reason: Must be between 1 and 10, if provided."},
		{awssqs.ReceiveMessageInput{WaitTimeSeconds: 21}, "InvalidParameterValue", "Value 21 for parameter WaitTimeSeconds is invalid. Reason: Must be >= 0 and <= 20, if provided."},
		{awssqs.ReceiveMessageInput{VisibilityTimeout: 43201}, "InvalidParameterValue", "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be between 0 and 43200, if provided."},
		{awssqs.ReceiveMessageInput{ReceiveRequestAttemptId: aws.String("a")}, "InvalidParameterValue", "Value a for parameter ReceiveRequestAttemptId is invalid. Reason: The request include parameter that is not valid for this queue type."},
		{awssqs.ReceiveMessageInput{AttributeNames: []types.QueueAttributeName{"Policy"}}, "InvalidAttributeName", "Unknown Attribute Policy."},
		{awssqs.ReceiveMessageInput{MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All", "x"}}, "InvalidAttributeName", "Unknown Attribute x."},
	} {
		tc.in.QueueUrl = url
		_, err := b.ReceiveMessage(b.ctx, &tc.in)
		requireError(t, err, tc.code, tc.message)
	}
	_, err := b.ReceiveMessage(b.ctx, &awssqs.ReceiveMessageInput{QueueUrl: noURL, MaxNumberOfMessages: 11})
	require.True(t, isA[*types.QueueDoesNotExist](err))
}

func TestReceiveOrderAndLimit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	b.post(t, url, strings.Split("a b c d e f g h i j k l", " ")...)
	_, bodies := b.take(t, url, 0)
	assert.Equal(t, []string{"a"}, bodies, "one message unless the call asks for more")
	_, bodies = b.take(t, url, 10)
	assert.Equal(t, strings.Split("b c d e f g h i j k", " "), bodies)
	assert.Equal(t, [3]string{"1", "11", "0"}, b.counts(t, url))
	b.advance(30 * time.Second)
	_, bodies = b.take(t, url, 10)
	assert.Equal(t, strings.Split("a b c d e f g h i j", " "), bodies, "what comes back is oldest first")
}

func TestSystemAttributeNames(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs", "VisibilityTimeout", "0")
	b.post(t, url, "x")
	got := b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url})
	assert.Nil(t, got[0].Attributes)
	got = b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"ApproximateReceiveCount"}})
	assert.Equal(t, map[string]string{"ApproximateReceiveCount": "2"}, got[0].Attributes)
	got = b.receive(t, &awssqs.ReceiveMessageInput{
		QueueUrl:                    url,
		AttributeNames:              []types.QueueAttributeName{"All"},
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{"SenderId"},
	})
	assert.Len(t, got[0].Attributes, 4)
	got = b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"SequenceNumber"}})
	assert.Empty(t, got[0].Attributes)
}

func TestSenderID(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	for _, p := range []struct{ principal, want string }{{"AIDAEXAMPLE", "AIDAEXAMPLE"}, {"AROAEXAMPLE:job", "AROAEXAMPLE:job"}, {"", "anonymous"}} {
		caller := b.root()
		caller.UserID = p.principal
		if p.principal == "" {
			caller.Type = "Anonymous"
		}
		_, err := do(b.fake.sendMessage(b.as(account, caller), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")}))
		require.NoError(t, err)
		got := b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"SenderId"}})
		assert.Equal(t, map[string]string{"SenderId": p.want}, got[0].Attributes)
	}
}

func TestVisibilityTimeout(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs", "VisibilityTimeout", "10")
	b.post(t, url, "x")
	first, _ := b.take(t, url, 1)
	b.advance(9 * time.Second)
	again, _ := b.take(t, url, 1)
	require.Empty(t, again)
	b.advance(time.Second)
	again = b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url, VisibilityTimeout: 60})
	require.Len(t, again, 1)
	assert.NotEqual(t, first[0].ReceiptHandle, again[0].ReceiptHandle)
	assert.Equal(t, first[0].MessageId, again[0].MessageId)
	b.advance(59 * time.Second)
	assert.Equal(t, [3]string{"0", "1", "0"}, b.counts(t, url))
	b.advance(time.Second)
	assert.Equal(t, [3]string{"1", "0", "0"}, b.counts(t, url))
}

func TestInFlightLimit(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	q := b.fake.queues[queueID{account, region, "jobs"}]
	now := b.fake.now()
	for range maxInFlight + 2 {
		q.messages.add(&message{body: "x", sent: now}, "", now, now)
	}
	var handle *string
	for range maxInFlight / 10 {
		got, err := b.ReceiveMessage(b.ctx, &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10, VisibilityTimeout: 3600})
		require.NoError(t, err)
		handle = got.Messages[0].ReceiptHandle
	}
	require.Equal(t, [3]string{"2", "120000", "0"}, b.counts(t, url))
	_, err := b.ReceiveMessage(b.ctx, &awssqs.ReceiveMessageInput{QueueUrl: url})
	require.True(t, isA[*types.OverLimit](err))

	t.Run("a long poll waits for a place", func(t *testing.T) {
		got := make(chan int)
		go func() {
			out, err := b.ReceiveMessage(b.ctx, &awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20, MaxNumberOfMessages: 10})
			assert.NoError(t, err)
			got <- len(out.Messages)
		}()
		b.waitForPoller(t, q)
		_, err := b.DeleteMessage(b.ctx, &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: handle})
		require.NoError(t, err)
		assert.Equal(t, 1, <-got)
	})
}

// waitForPoller returns when a call waits for messages of the queue.
func (b *bench) waitForPoller(t tester, q *queue) {
	t.Helper()
	require.Eventually(t, func() bool {
		b.fake.mu.Lock()
		defer b.fake.mu.Unlock()
		return len(q.pollers.waiting) > 0
	}, 5*time.Second, 100*time.Microsecond)
}

func TestLongPoll(t *testing.T) {
	t.Parallel()
	poll := &awssqs.ReceiveMessageInput{WaitTimeSeconds: 20}
	// Each story happens while a call waits: what it receives, and after how long.
	for name, tc := range map[string]struct {
		before func(b *bench, t *testing.T, url *string)
		while  func(b *bench, t *testing.T, url *string)
		want   int
		after  time.Duration
	}{
		"nothing comes": {want: 0, after: 20 * time.Second},
		"a message comes": {
			while: func(b *bench, t *testing.T, url *string) { b.post(t, url, "x") },
			want:  1, after: 5 * time.Second,
		},
		"a delayed message comes": {
			while: func(b *bench, t *testing.T, url *string) {
				_, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x"), DelaySeconds: 3})
				require.NoError(t, err)
			},
			want: 1, after: 8 * time.Second,
		},
		"a message is delayed for too long": {
			while: func(b *bench, t *testing.T, url *string) {
				_, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x"), DelaySeconds: 30})
				require.NoError(t, err)
			},
			want: 0, after: 20 * time.Second,
		},
		"a message becomes visible": {
			before: func(b *bench, t *testing.T, url *string) {
				b.post(t, url, "x")
				b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url, VisibilityTimeout: 7})
			},
			want: 1, after: 7 * time.Second,
		},
		"the clock is advanced": {
			before: func(b *bench, t *testing.T, url *string) { b.post(t, url, "x"); b.take(t, url, 1) },
			while:  func(b *bench, t *testing.T, url *string) { b.advance(25 * time.Second) },
			want:   1, after: 30 * time.Second,
		},
		"the clock is advanced past the wait": {
			while: func(b *bench, t *testing.T, url *string) { b.advance(time.Hour) },
			want:  0, after: time.Hour + 5*time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				url := b.create(t, "jobs")
				if tc.before != nil {
					tc.before(b, t, url)
				}
				in := *poll
				in.QueueUrl = url
				start := b.fake.now()
				var (
					out   *awssqs.ReceiveMessageOutput
					err   error
					after time.Duration
					wg    sync.WaitGroup
				)
				wg.Go(func() {
					out, err = b.ReceiveMessage(b.ctx, &in)
					after = b.fake.now().sub(start)
				})
				if tc.while != nil {
					time.Sleep(5 * time.Second)
					tc.while(b, t, url)
				}
				wg.Wait()
				require.NoError(t, err)
				assert.Len(t, out.Messages, tc.want)
				assert.Equal(t, tc.after, after)
				assert.Empty(t, b.fake.queues[queueID{account, region, "jobs"}].pollers.waiting)
			})
		})
	}
}

func TestLongPollOfTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		url := b.create(t, "jobs", "ReceiveMessageWaitTimeSeconds", "10")
		start := b.fake.now()
		b.take(t, url, 1)
		assert.Equal(t, 10*time.Second, b.fake.now().sub(start))
	})
}

func TestLongPollEndsWithItsQueueOrCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		url := b.create(t, "jobs")
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := b.ReceiveMessage(b.ctx, &awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20})
			assert.True(t, isA[*types.QueueDoesNotExist](err))
		})
		synctest.Wait()

		ctx, cancel := context.WithCancel(context.Background())
		gone := b.create(t, "gone")
		wg.Go(func() {
			_, err := b.ReceiveMessage(ctx, &awssqs.ReceiveMessageInput{QueueUrl: gone, WaitTimeSeconds: 20})
			assert.ErrorIs(t, err, context.Canceled)
		})
		synctest.Wait()

		start := b.fake.now()
		_, err := b.DeleteQueue(b.ctx, &awssqs.DeleteQueueInput{QueueUrl: url})
		require.NoError(t, err)
		cancel()
		wg.Wait()
		assert.Zero(t, b.fake.now().sub(start))
		assert.Empty(t, b.fake.queues[queueID{account, region, "gone"}].pollers.waiting)
	})
}

// Each of many messages goes to exactly one of many competing consumers.
func TestCompetingConsumers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	const messages, consumers = 200, 8
	var mu sync.Mutex
	seen := make(map[string]int)
	var wg sync.WaitGroup
	for range consumers {
		wg.Go(func() {
			for {
				mu.Lock()
				done := len(seen) == messages
				mu.Unlock()
				if done {
					return
				}
				out, err := b.ReceiveMessage(b.ctx, &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 3, WaitTimeSeconds: 1})
				if err != nil {
					t.Error(err)
					return
				}
				for _, m := range out.Messages {
					mu.Lock()
					seen[*m.MessageId]++
					mu.Unlock()
					_, err := b.DeleteMessage(b.ctx, &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
					assert.NoError(t, err)
				}
			}
		})
	}
	for range messages {
		b.post(t, url, "x")
	}
	wg.Wait()
	for id, n := range seen {
		assert.Equal(t, 1, n, id)
	}
	assert.Equal(t, [3]string{"0", "0", "0"}, b.counts(t, url))
}
