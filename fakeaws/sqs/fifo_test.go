package sqs

import (
	"crypto/sha256"
	"encoding/hex"
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

func TestDeduplication(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	send := func(url *string, group, id, body string) *awssqs.SendMessageOutput {
		in := &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageGroupId: &group}
		if id != "" {
			in.MessageDeduplicationId = &id
		}
		out, err := b.SendMessage(b.ctx, in)
		require.NoError(t, err)
		return out
	}
	t.Run("by id", func(t *testing.T) {
		url := b.fifo(t, "id.fifo")
		first := send(url, "a", "x", "1")
		again := send(url, "b", "x", "2")
		assert.Equal(t, first.MessageId, again.MessageId)
		assert.Equal(t, first.SequenceNumber, again.SequenceNumber)
		assert.NotEqual(t, first.MD5OfMessageBody, again.MD5OfMessageBody)
		got, bodies := b.take(t, url, 10)
		assert.Equal(t, []string{"1"}, bodies)
		require.NoError(t, b.drop(url, got[0].ReceiptHandle))
		b.advance(5*time.Minute - time.Second)
		send(url, "a", "x", "3")
		_, bodies = b.take(t, url, 10)
		assert.Empty(t, bodies, "remembered after it was deleted, and not longer because of duplicates")
		b.advance(time.Second)
		assert.NotEqual(t, first.MessageId, send(url, "a", "x", "4").MessageId)
		_, bodies = b.take(t, url, 10)
		assert.Equal(t, []string{"4"}, bodies)
	})
	t.Run("by content", func(t *testing.T) {
		url := b.fifo(t, "content.fifo", "ContentBasedDeduplication", "true")
		send(url, "a", "", "same")
		send(url, "b", "", "same")
		send(url, "b", "own", "same")
		sum := sha256.Sum256([]byte("same"))
		send(url, "b", hex.EncodeToString(sum[:]), "other")
		got := b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"MessageDeduplicationId", "MessageGroupId"}})
		require.Len(t, got, 2)
		assert.Equal(t, map[string]string{"MessageDeduplicationId": hex.EncodeToString(sum[:]), "MessageGroupId": "a"}, got[0].Attributes)
		assert.Equal(t, map[string]string{"MessageDeduplicationId": "own", "MessageGroupId": "b"}, got[1].Attributes)
	})
	t.Run("within a group", func(t *testing.T) {
		url := b.fifo(t, "group.fifo", "DeduplicationScope", "messageGroup")
		send(url, "a", "x", "1")
		send(url, "b", "x", "2")
		send(url, "a", "x", "3")
		_, bodies := b.take(t, url, 10)
		assert.Equal(t, []string{"1", "2"}, bodies)
	})
	t.Run("a refused message is not remembered", func(t *testing.T) {
		url := b.fifo(t, "refused.fifo")
		_, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("\x00"), MessageGroupId: aws.String("a"), MessageDeduplicationId: aws.String("x")})
		require.Error(t, err)
		send(url, "a", "x", "1")
		_, bodies := b.take(t, url, 10)
		assert.Equal(t, []string{"1"}, bodies)
	})
	t.Run("in a batch", func(t *testing.T) {
		url := b.fifo(t, "batch.fifo", "ContentBasedDeduplication", "true")
		out, err := b.SendMessageBatch(b.ctx, &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{
			{Id: aws.String("1"), MessageBody: aws.String("x"), MessageGroupId: aws.String("a")},
			{Id: aws.String("2"), MessageBody: aws.String("x"), MessageGroupId: aws.String("a")},
			{Id: aws.String("3"), MessageBody: aws.String("x")},
		}})
		require.NoError(t, err)
		require.Len(t, out.Successful, 2)
		assert.Equal(t, out.Successful[0].MessageId, out.Successful[1].MessageId)
		require.Len(t, out.Failed, 1)
		assert.Equal(t, "MissingParameter", *out.Failed[0].Code)
	})
}

func TestSequenceNumbers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.fifo(t, "orders.fifo", "ContentBasedDeduplication", "true")
	last := ""
	for _, body := range strings.Split("abcdefghijkl", "") {
		out, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageGroupId: &body})
		require.NoError(t, err)
		assert.Regexp(t, `^\d{20}$`, *out.SequenceNumber)
		assert.Greater(t, *out.SequenceNumber, last)
		last = *out.SequenceNumber
		got := b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"SequenceNumber"}})
		assert.Equal(t, map[string]string{"SequenceNumber": last}, got[0].Attributes)
	}
}

// Parameters that only one kind of queue takes.
func TestQueueTypeRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	urls := map[bool]*string{true: b.fifo(t, "orders.fifo"), false: b.create(t, "jobs")}
	const code, wrong = "InvalidParameterValue", "The request include parameter that is not valid for this queue type."
	const characters = " can only include alphanumeric and punctuation characters. 1 to 128 in length."
	long := strings.Repeat("x", 129)
	for name, tc := range map[string]struct {
		fifo          bool
		in            awssqs.SendMessageInput
		code, message string
	}{
		"no group":        {true, awssqs.SendMessageInput{MessageDeduplicationId: aws.String("x")}, "MissingParameter", "The request must contain the parameter MessageGroupId."},
		"no id":           {true, awssqs.SendMessageInput{MessageGroupId: aws.String("x")}, code, "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"},
		"delay":           {true, awssqs.SendMessageInput{DelaySeconds: 5, MessageGroupId: aws.String("x")}, code, "Value 5 for parameter DelaySeconds is invalid. Reason: " + wrong},
		"group's letters": {true, awssqs.SendMessageInput{MessageGroupId: aws.String("a b")}, code, "Value a b for parameter MessageGroupId is invalid. Reason: MessageGroupId" + characters},
		"group's length":  {true, awssqs.SendMessageInput{MessageGroupId: &long}, code, "Value " + long + " for parameter MessageGroupId is invalid. Reason: MessageGroupId" + characters},
		"id's letters":    {true, awssqs.SendMessageInput{MessageGroupId: aws.String("a"), MessageDeduplicationId: aws.String("ä")}, code, "Value ä for parameter MessageDeduplicationId is invalid. Reason: MessageDeduplicationId" + characters},
		"id, standard":    {false, awssqs.SendMessageInput{MessageDeduplicationId: aws.String("x")}, code, "Value x for parameter MessageDeduplicationId is invalid. Reason: " + wrong},
		"group, standard": {false, awssqs.SendMessageInput{MessageGroupId: aws.String("")}, code, "Value  for parameter MessageGroupId is invalid. Reason: MessageGroupId" + characters},
	} {
		t.Run(name, func(t *testing.T) {
			tc.in.QueueUrl, tc.in.MessageBody = urls[tc.fifo], aws.String("x")
			_, err := b.SendMessage(b.ctx, &tc.in)
			requireError(t, err, tc.code, tc.message)
		})
	}
	_, err := b.ReceiveMessage(b.ctx, &awssqs.ReceiveMessageInput{QueueUrl: urls[true], ReceiveRequestAttemptId: aws.String("a b")})
	requireError(t, err, code, "Value a b for parameter ReceiveRequestAttemptId is invalid. Reason: ReceiveRequestAttemptId"+characters)
}

// A standard queue shows the group of a message, and keeps no order for it.
func TestFairQueues(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	for range 2 {
		_, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x"), MessageGroupId: aws.String("tenant")})
		require.NoError(t, err)
	}
	for range 2 {
		got := b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"MessageGroupId", "SequenceNumber"}})
		require.Len(t, got, 1, "a message in flight blocks none of its group")
		assert.Equal(t, map[string]string{"MessageGroupId": "tenant"}, got[0].Attributes)
	}
}

func TestDelayOfAFIFOQueueIsRetroactive(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.fifo(t, "orders.fifo", "DelaySeconds", "60")
	b.order(t, url, "a:1", "b:2")
	assert.Equal(t, [3]string{"0", "0", "2"}, b.counts(t, url))
	b.advance(20 * time.Second)
	require.NoError(t, b.set(url, "DelaySeconds", "30"))
	assert.Equal(t, [3]string{"0", "0", "2"}, b.counts(t, url))
	b.advance(10 * time.Second)
	_, bodies := b.take(t, url, 10)
	assert.Equal(t, []string{"1", "2"}, bodies)

	standard := b.create(t, "jobs", "DelaySeconds", "60")
	b.post(t, standard, "x")
	require.NoError(t, b.set(standard, "DelaySeconds", "0"))
	assert.Equal(t, [3]string{"0", "0", "1"}, b.counts(t, standard))
}

func TestExpiredHandlesOfFIFOQueues(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.fifo(t, "orders.fifo")
	b.order(t, url, "a:1")
	first, _ := b.take(t, url, 1)
	handle := *first[0].ReceiptHandle
	expired := func() {
		t.Helper()
		requireError(t, b.drop(url, &handle), "InvalidParameterValue", "Value "+handle+" for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.")
		requireError(t, b.hide(url, &handle, 5), "InvalidParameterValue", "Value "+handle+" for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.")
		out, err := b.DeleteMessageBatch(b.ctx, &awssqs.DeleteMessageBatchInput{QueueUrl: url, Entries: []types.DeleteMessageBatchRequestEntry{{Id: aws.String("1"), ReceiptHandle: &handle}}})
		require.NoError(t, err)
		assert.Equal(t, []types.BatchResultErrorEntry{{Id: aws.String("1"), SenderFault: true, Code: aws.String("ReceiptHandleIsInvalid"), Message: aws.String("The receipt handle has expired")}}, out.Failed)
	}
	b.advance(30 * time.Second)
	expired()
	second, _ := b.take(t, url, 1)
	expired()
	require.NoError(t, b.drop(url, second[0].ReceiptHandle))
	require.NoError(t, b.drop(url, second[0].ReceiptHandle), "deleting is idempotent")
}

func TestHandlesExpireAfter12Hours(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	b.post(t, url, "x")
	got, _ := b.take(t, url, 1)
	b.advance(12*time.Hour - time.Second)
	require.NoError(t, b.hide(url, got[0].ReceiptHandle, 0))
	b.advance(time.Second)
	requireError(t, b.drop(url, got[0].ReceiptHandle), "InvalidParameterValue", "Value "+*got[0].ReceiptHandle+" for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.")
	assert.Equal(t, [3]string{"1", "0", "0"}, b.counts(t, url))
}

func TestReceiveRequestAttemptID(t *testing.T) {
	t.Parallel()
	setUp := func(t *testing.T) (*bench, *string, func(id string) []types.Message) {
		b := newBench(t)
		url := b.fifo(t, "orders.fifo", "VisibilityTimeout", "60")
		b.order(t, url, "a:1", "a:2", "b:3", "b:4")
		return b, url, func(id string) []types.Message {
			return b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 2, ReceiveRequestAttemptId: &id, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"ApproximateReceiveCount"}})
		}
	}
	t.Run("repeats the receive and hides anew", func(t *testing.T) {
		t.Parallel()
		b, url, receive := setUp(t)
		first := receive("x")
		require.Len(t, first, 2)
		b.advance(50 * time.Second)
		assert.Equal(t, first, receive("x"))
		b.advance(50 * time.Second)
		assert.Equal(t, [3]string{"2", "2", "0"}, b.counts(t, url))
		require.NoError(t, b.drop(url, first[0].ReceiptHandle))
		other := receive("y")
		assert.Equal(t, "3", *other[0].Body)
	})
	t.Run("not when a message was deleted", func(t *testing.T) {
		t.Parallel()
		b, url, receive := setUp(t)
		first := receive("x")
		require.NoError(t, b.drop(url, first[1].ReceiptHandle))
		assert.Equal(t, "3", *receive("x")[0].Body)
	})
	t.Run("not when a timeout was changed", func(t *testing.T) {
		t.Parallel()
		b, url, receive := setUp(t)
		first := receive("x")
		require.NoError(t, b.hide(url, first[1].ReceiptHandle, 100))
		assert.Equal(t, "3", *receive("x")[0].Body)
	})
	t.Run("not when the timeout is over", func(t *testing.T) {
		t.Parallel()
		b, _, receive := setUp(t)
		first := receive("x")
		b.advance(time.Minute)
		assert.Equal(t, "3", *receive("x")[0].Body, "b has its turn")
		again := receive("y")
		assert.Equal(t, first[0].Body, again[0].Body)
		assert.NotEqual(t, first[0].ReceiptHandle, again[0].ReceiptHandle)
		assert.Equal(t, "2", again[0].Attributes["ApproximateReceiveCount"])
	})
	t.Run("not after five minutes", func(t *testing.T) {
		t.Parallel()
		b, url, receive := setUp(t)
		require.NoError(t, b.set(url, "VisibilityTimeout", "600"))
		receive("x")
		b.advance(5 * time.Minute)
		assert.Equal(t, "3", *receive("x")[0].Body)
	})
	t.Run("not after a purge", func(t *testing.T) {
		t.Parallel()
		b, url, receive := setUp(t)
		receive("x")
		_, err := b.PurgeQueue(b.ctx, &awssqs.PurgeQueueInput{QueueUrl: url})
		require.NoError(t, err)
		assert.Empty(t, receive("x"))
	})
}

func TestDeadLettersOfFIFOQueues(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	dead := b.fifo(t, "dead.fifo", "MessageRetentionPeriod", "120")
	standard := b.create(t, "dead")
	url := b.fifo(t, "orders.fifo", "VisibilityTimeout", "0", "RedrivePolicy", redrive("dead.fifo", 1))
	for name, target := range map[*string]string{url: "dead", standard: "dead.fifo"} {
		requireError(t, b.set(name, "RedrivePolicy", redrive(target, 1)), "InvalidParameterValue",
			"Value "+redrive(target, 1)+" for parameter RedrivePolicy is invalid. Reason: Dead-letter queue must be same type of queue as the source.")
	}
	b.order(t, url, "a:1", "a:2", "b:3")
	b.take(t, url, 1)
	b.advance(100 * time.Second)
	_, bodies := b.take(t, url, 1)
	assert.Equal(t, []string{"3"}, bodies, "a has had its turn")
	_, bodies = b.take(t, url, 1)
	assert.Equal(t, []string{"2"}, bodies, "1 leaves the way free for 2")
	b.advance(100 * time.Second)
	got := b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: dead, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}})
	require.Len(t, got, 1, "its age begins anew")
	assert.Equal(t, "1", *got[0].Body)
	assert.Equal(t, *got[0].MessageId, got[0].Attributes["MessageDeduplicationId"])
	assert.Equal(t, "a", got[0].Attributes["MessageGroupId"])
	assert.Equal(t, arn("orders.fifo"), got[0].Attributes["DeadLetterQueueSourceArn"])
}

func TestLongPollOfAFIFOQueue(t *testing.T) {
	t.Parallel()
	// What unblocks the group while a call waits, and after how long.
	for name, tc := range map[string]struct {
		unblock func(b *bench, t *testing.T, url, handle *string)
		after   time.Duration
	}{
		"a delete":             {func(b *bench, t *testing.T, url, handle *string) { require.NoError(t, b.drop(url, handle)) }, time.Second},
		"the timeout":          {func(*bench, *testing.T, *string, *string) {}, 10 * time.Second},
		"a shorter timeout":    {func(b *bench, t *testing.T, url, handle *string) { require.NoError(t, b.hide(url, handle, 2)) }, 3 * time.Second},
		"the end of retention": {func(b *bench, t *testing.T, url, handle *string) { require.NoError(t, b.hide(url, handle, 3600)) }, 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				url := b.fifo(t, "orders.fifo", "VisibilityTimeout", "10", "MessageRetentionPeriod", "60")
				b.order(t, url, "a:1")
				time.Sleep(45 * time.Second)
				b.order(t, url, "a:2")
				got, _ := b.take(t, url, 1)
				start := b.fake.now()
				var wg sync.WaitGroup
				wg.Go(func() {
					out, err := b.ReceiveMessage(b.ctx, &awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20})
					if assert.NoError(t, err) {
						assert.Len(t, out.Messages, 1)
					}
					assert.Equal(t, tc.after, b.fake.now().sub(start))
				})
				time.Sleep(time.Second)
				tc.unblock(b, t, url, got[0].ReceiptHandle)
				wg.Wait()
			})
		})
	}
}
