package sqs

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func (b *bench) drop(url, handle *string) error {
	_, err := b.DeleteMessage(b.ctx, &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: handle})
	return err
}

func (b *bench) hide(url, handle *string, seconds int32) error {
	_, err := b.ChangeMessageVisibility(b.ctx, &awssqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: handle, VisibilityTimeout: seconds})
	return err
}

func TestDeleteMessage(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	b.post(t, url, "x")
	first, _ := b.take(t, url, 1)

	b.advance(30 * time.Second)
	second, _ := b.take(t, url, 1)
	require.NoError(t, b.drop(url, first[0].ReceiptHandle))
	assert.Equal(t, [3]string{"0", "1", "0"}, b.counts(t, url), "the handle of an older receive deletes nothing")

	b.advance(30 * time.Second)
	require.NoError(t, b.drop(url, second[0].ReceiptHandle))
	assert.Equal(t, [3]string{"0", "0", "0"}, b.counts(t, url), "the last handle deletes a message that is visible again")
	require.NoError(t, b.drop(url, second[0].ReceiptHandle), "deleting is idempotent")
}

func TestReceiptHandles(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url, elsewhere := b.create(t, "jobs"), b.create(t, "elsewhere")
	b.post(t, url, "x")
	b.post(t, elsewhere, "y")
	got, _ := b.take(t, elsewhere, 1)
	raw, err := base64.StdEncoding.DecodeString(*got[0].ReceiptHandle)
	require.NoError(t, err)
	raw[8]++
	for _, handle := range []string{"handle", "AQEB", *got[0].ReceiptHandle, base64.StdEncoding.EncodeToString(raw), *got[0].ReceiptHandle + "A"} {
		for _, err := range []error{b.drop(url, &handle), b.hide(url, &handle, 1)} {
			require.True(t, isA[*types.ReceiptHandleIsInvalid](err), handle)
			requireError(t, err, "ReceiptHandleIsInvalid", `The input receipt handle "`+handle+`" is not a valid receipt handle.`)
		}
	}
	for _, handle := range []*string{nil, aws.String("")} {
		requireError(t, b.drop(url, handle), "MissingParameter", "The request must contain the parameter ReceiptHandle.")
		requireError(t, b.hide(url, handle, 1), "MissingParameter", "The request must contain the parameter ReceiptHandle.")
	}
	assert.Equal(t, [3]string{"1", "0", "0"}, b.counts(t, url))
}

func TestChangeMessageVisibility(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	b.post(t, url, "x")
	first, _ := b.take(t, url, 1)
	handle := first[0].ReceiptHandle

	b.advance(29 * time.Second)
	require.NoError(t, b.hide(url, handle, 60))
	b.advance(59 * time.Second)
	assert.Equal(t, [3]string{"0", "1", "0"}, b.counts(t, url), "the timeout counts from the call")
	require.NoError(t, b.hide(url, handle, 0))
	assert.Equal(t, [3]string{"1", "0", "0"}, b.counts(t, url))

	require.NoError(t, b.hide(url, handle, 60), "a visible message stays visible")
	assert.Equal(t, [3]string{"1", "0", "0"}, b.counts(t, url))

	second, _ := b.take(t, url, 1)
	require.NoError(t, b.hide(url, handle, 0), "the handle of an older receive counts")
	assert.Equal(t, [3]string{"1", "0", "0"}, b.counts(t, url))

	for _, n := range []int32{-1, 43201} {
		requireError(t, b.hide(url, second[0].ReceiptHandle, n), "InvalidParameterValue",
			fmt.Sprintf("Value %d for parameter VisibilityTimeout is invalid. Reason: VisibilityTimeout must be an integer between 0 and 43200.", n))
	}
	require.NoError(t, b.drop(url, second[0].ReceiptHandle))
	requireError(t, b.hide(url, second[0].ReceiptHandle, 1), "InvalidParameterValue",
		"Value "+*second[0].ReceiptHandle+" for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for visibility timeout change.")
}

func TestTwelveHours(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	b.post(t, url, "x")
	got := b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url, VisibilityTimeout: 43200})
	b.advance(11 * time.Hour)
	require.NoError(t, b.hide(url, got[0].ReceiptHandle, 3500))
	requireError(t, b.hide(url, got[0].ReceiptHandle, 3601), "InvalidParameterValue",
		"Value 3601 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit [43200 seconds].")
	b.advance(3499 * time.Second)
	assert.Equal(t, [3]string{"0", "1", "0"}, b.counts(t, url))
	b.advance(time.Second)
	assert.Equal(t, [3]string{"1", "0", "0"}, b.counts(t, url))
}

func TestBatchesOfHandles(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	b.post(t, url, "a", "b")
	got, _ := b.take(t, url, 10)

	changed, err := b.ChangeMessageVisibilityBatch(b.ctx, &awssqs.ChangeMessageVisibilityBatchInput{QueueUrl: url, Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
		{Id: aws.String("1"), ReceiptHandle: got[0].ReceiptHandle},
		{Id: aws.String("2"), ReceiptHandle: got[1].ReceiptHandle, VisibilityTimeout: 43201},
		{Id: aws.String("3"), ReceiptHandle: aws.String("nonsense")},
	}})
	require.NoError(t, err)
	require.Len(t, changed.Successful, 1)
	assert.Equal(t, "1", *changed.Successful[0].Id)
	require.Len(t, changed.Failed, 2)
	assert.Equal(t, [2]string{"2", "InvalidParameterValue"}, [2]string{*changed.Failed[0].Id, *changed.Failed[0].Code})
	assert.Equal(t, [2]string{"3", "ReceiptHandleIsInvalid"}, [2]string{*changed.Failed[1].Id, *changed.Failed[1].Code})
	assert.Equal(t, [3]string{"1", "1", "0"}, b.counts(t, url))

	deleted, err := b.DeleteMessageBatch(b.ctx, &awssqs.DeleteMessageBatchInput{QueueUrl: url, Entries: []types.DeleteMessageBatchRequestEntry{
		{Id: aws.String("1"), ReceiptHandle: got[0].ReceiptHandle},
		{Id: aws.String("2"), ReceiptHandle: got[1].ReceiptHandle},
		{Id: aws.String("3")},
	}})
	require.NoError(t, err)
	assert.Len(t, deleted.Successful, 2)
	require.Len(t, deleted.Failed, 1)
	assert.Equal(t, "MissingParameter", *deleted.Failed[0].Code)
	assert.True(t, deleted.Failed[0].SenderFault)
	assert.Equal(t, [3]string{"0", "0", "0"}, b.counts(t, url))
}
