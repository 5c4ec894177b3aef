package sqs

import (
	"encoding/base64"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Truth values of attributes count in any case, and are shown in lower case.
func TestTruthInAnyCase(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for name, attributes := range map[string]map[string]string{
		"a.fifo": {"FifoQueue": "True", "ContentBasedDeduplication": "TRUE", "SqsManagedSseEnabled": "False"},
		"b.fifo": {"FifoQueue": "TRUE", "ContentBasedDeduplication": "tRuE", "SqsManagedSseEnabled": "FALSE"},
	} {
		made, err := b.CreateQueue(b.ctx, &awssqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true", "SqsManagedSseEnabled": "false"},
			b.attributes(t, made.QueueUrl, "FifoQueue", "ContentBasedDeduplication", "SqsManagedSseEnabled"))
		_, err = b.CreateQueue(b.ctx, &awssqs.CreateQueueInput{QueueName: &name, Attributes: map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"}})
		require.NoError(t, err, "it is the same queue")
	}
	_, err := b.CreateQueue(b.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("jobs"), Attributes: map[string]string{"FifoQueue": "False"}})
	requireError(t, err, "InvalidAttributeName", "Unknown Attribute FifoQueue.")
}

// Which attributes a standard queue does not know, and which it knows of.
func TestFIFOAttributesOfStandardQueues(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	for attribute, text := range map[[2]string]string{
		{"FifoQueue", "true"}:                  "Unknown Attribute FifoQueue.",
		{"ContentBasedDeduplication", "false"}: "Unknown Attribute ContentBasedDeduplication.",
		{"DeduplicationScope", "queue"}:        "You can specify the DeduplicationScope only when FifoQueue is set to true.",
		{"FifoThroughputLimit", "perQueue"}:    "You can specify the FifoThroughputLimit only when FifoQueue is set to true.",
	} {
		requireError(t, b.set(url, attribute[0], attribute[1]), "InvalidAttributeName", text)
		if attribute[0] != "FifoQueue" {
			_, err := b.CreateQueue(b.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("more"), Attributes: map[string]string{attribute[0]: attribute[1]}})
			requireError(t, err, "InvalidAttributeName", text)
		}
	}
	requireError(t, b.set(b.fifo(t, "orders.fifo"), "FifoQueue", "false"), "InvalidAttributeValue",
		"Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.")
}

// What is not there is not in the answer.
func TestMembersLeftOut(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	got, err := b.GetQueueAttributes(b.ctx, &awssqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"Policy"}})
	require.NoError(t, err)
	assert.Nil(t, got.Attributes)
	_, err = b.TagQueue(b.ctx, &awssqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"a": "b"}})
	require.NoError(t, err)
	_, err = b.UntagQueue(b.ctx, &awssqs.UntagQueueInput{QueueUrl: url, TagKeys: []string{"a"}})
	require.NoError(t, err)
	tags, err := b.ListQueueTags(b.ctx, &awssqs.ListQueueTagsInput{QueueUrl: url})
	require.NoError(t, err)
	assert.Nil(t, tags.Tags)
}

// The name of a queue of the caller's stands for its URL. Another account's queue has to
// be named by its URL.
func TestQueueNamesInPlaceOfURLs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create(t, "jobs", "Policy", openPolicy)
	name := aws.String("jobs")
	_, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{QueueUrl: name, MessageBody: aws.String("x")})
	require.NoError(t, err)
	_, bodies := b.take(t, name, 1)
	assert.Equal(t, []string{"x"}, bodies)
	needs, err := needsOf(b.fake.sendMessage(b.as(other, b.root()), &awssqs.SendMessageInput{QueueUrl: name, MessageBody: aws.String("x")}))
	require.NoError(t, err)
	require.Len(t, needs, 1)
	assert.Equal(t, other, needs[0].ResourceAccount)
	assert.Same(t, noPolicy, needs[0].Policy)
}

// Names of message attributes may have letters that ASCII has not; a receive may ask for
// all in three ways.
func TestNamesOfMessageAttributes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs", "VisibilityTimeout", "0")
	value := types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String("x")}
	all := map[string]types.MessageAttributeValue{"øßä": value, "Prefix.one": value, "Prefixed": value}
	_, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x"), MessageAttributes: all})
	require.NoError(t, err)
	for pattern, want := range map[string][]string{
		"All": {"Prefix.one", "Prefixed", "øßä"}, "*": {"Prefix.one", "Prefixed", "øßä"}, ".*": {"Prefix.one", "Prefixed", "øßä"},
		"Prefix.*": {"Prefix.one", "Prefixed"}, "Prefix*": nil, "øßä": {"øßä"},
	} {
		got := b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: url, MessageAttributeNames: []string{pattern}})
		require.Len(t, got, 1)
		assert.Equal(t, want, sorted(got[0].MessageAttributes), pattern)
		assert.Equal(t, want == nil, got[0].MD5OfMessageAttributes == nil)
	}
}

// A task handle is one that SQS could have made, of a queue that is there, of a task that
// it has had: in that order.
func TestTaskHandles(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create(t, "jobs")
	handle := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, tc := range []struct{ handle, code, text string }{
		{"x", "InvalidParameterValue", "Value for parameter TaskHandle is invalid."},
		{handle("task of jobs"), "InvalidParameterValue", "Value for parameter TaskHandle is invalid."},
		{handle(`{"taskId":"1","sourceArn":"` + arn("none") + `"}`), "ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist."},
		{handle(`{"taskId":"1","sourceArn":"` + arn("jobs") + `"}`), "ResourceNotFoundException", "Task does not exist."},
	} {
		_, err := b.CancelMessageMoveTask(b.ctx, &awssqs.CancelMessageMoveTaskInput{TaskHandle: &tc.handle})
		requireError(t, err, tc.code, tc.text)
	}
}
