package sqs_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What SQS answers where its documentation leaves it open, over both protocols.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, w := range []way{{}, {query: true}} {
		t.Run(w.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStory(t, w)
				attributeAnswers(s)
				messageAnswers(s)
				assert.Equal(t, []string{
					"InvalidAttributeName: You can specify the DeduplicationScope only when FifoQueue is set to true.",
					"InvalidAttributeName: Unknown Attribute ContentBasedDeduplication.",
					"InvalidAttributeValue: Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
					"InvalidAttributeName: You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.",
					"attributes map[FifoQueue:true SqsManagedSseEnabled:false]",
					"attributes map[], tags map[]",
					"AWS.SimpleQueueService.NonExistentQueue: The specified queue does not exist.",
					"InvalidParameterValue: Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF",
					"InvalidParameterValue: One or more parameters cannot be validated. Reason: Message must be shorter than 1024 bytes.",
					"InvalidParameterValue: Value for parameter TaskHandle is invalid.",
					`received ["foo #1 g" "bar #1 g" "baz #1 g"], after 0s: true`,
					`received ["foo #2 g" "bar #2 g"], after 0s: true`,
					`received ["first #1 "], after 0s: true`,
					`received ["first #2 "], after 0s: true`,
					`received ["first #3 "], after 0s: true`,
				}, s.trace)
			})
		})
	}
}

func attributeAnswers(s *story) {
	set := func(url *string, attributes map[string]string) {
		_, err := s.SetQueueAttributes(s.ctx, &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: attributes})
		s.fails(err)
	}
	url := s.queue("jobs", nil)
	for _, attributes := range []map[string]string{{"DeduplicationScope": "queue"}, {"ContentBasedDeduplication": "true"}} {
		_, err := s.CreateQueue(s.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("more"), Attributes: attributes})
		s.fails(err)
	}
	orders := s.queue("orders.fifo", map[string]string{"FifoQueue": "True", "SqsManagedSseEnabled": "FALSE"})
	set(orders, map[string]string{"FifoQueue": "False"})
	set(orders, map[string]string{"KmsMasterKeyId": "k", "SqsManagedSseEnabled": "True"})
	got, err := s.GetQueueAttributes(s.ctx, &awssqs.GetQueueAttributesInput{QueueUrl: orders, AttributeNames: []types.QueueAttributeName{"FifoQueue", "SqsManagedSseEnabled"}})
	require.NoError(s.t, err)
	s.note("attributes %v", got.Attributes)
	got, err = s.GetQueueAttributes(s.ctx, &awssqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"RedrivePolicy"}})
	require.NoError(s.t, err)
	tags, err := s.ListQueueTags(s.ctx, &awssqs.ListQueueTagsInput{QueueUrl: url})
	require.NoError(s.t, err)
	s.note("attributes %v, tags %v", got.Attributes, tags.Tags)
	_, err = s.GetQueueAttributes(s.ctx, &awssqs.GetQueueAttributesInput{QueueUrl: aws.String(strings.TrimSuffix(*url, "jobs") + "none")})
	s.fails(err)
}

func messageAnswers(s *story) {
	url := s.queue("small", map[string]string{"MaximumMessageSize": "1024"})
	_, err := s.SendMessage(s.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x"), MessageAttributes: map[string]types.MessageAttributeValue{
		"a": {DataType: aws.String("String"), StringValue: aws.String("a\x03b")},
	}})
	s.fails(err)
	batch, err := s.SendMessageBatch(s.ctx, &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{
		{Id: aws.String("1"), MessageBody: aws.String(strings.Repeat("x", 1025))},
	}})
	require.NoError(s.t, err)
	require.Len(s.t, batch.Failed, 1)
	s.note("%s: %s", *batch.Failed[0].Code, *batch.Failed[0].Message)
	_, err = s.CancelMessageMoveTask(s.ctx, &awssqs.CancelMessageMoveTaskInput{TaskHandle: aws.String("none")})
	s.fails(err)

	fifo := s.queue("groups.fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true", "VisibilityTimeout": "5"})
	for _, body := range []string{"foo", "bar", "baz"} {
		_, err := s.SendMessage(s.ctx, &awssqs.SendMessageInput{QueueUrl: fifo, MessageBody: &body, MessageGroupId: aws.String("g")})
		require.NoError(s.t, err)
	}
	all := s.receive(fifo, 10, 0, 0)
	s.hide(fifo, all[2], 60)
	time.Sleep(5 * time.Second)
	s.receive(fifo, 10, 0, 0)

	s.send(url, "first", 0)
	first := s.receive(url, 1, 0, 0)[0]
	s.hide(url, first, 0)
	s.receive(url, 1, 0, 0)
	s.hide(url, first, 0) // with the handle of the receive before
	s.receive(url, 1, 0, 0)
}

func (s *story) hide(url *string, m types.Message, seconds int32) {
	_, err := s.ChangeMessageVisibility(s.ctx, &awssqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle, VisibilityTimeout: seconds})
	require.NoError(s.t, err)
}
