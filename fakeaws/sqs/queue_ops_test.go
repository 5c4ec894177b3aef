package sqs

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCreateQueue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs", "VisibilityTimeout", "10")
	assert.Equal(t, "https://sqs.us-east-1.amazonaws.com/111122223333/jobs", *url)

	t.Run("the same attributes answer the same queue", func(t *testing.T) {
		assert.Equal(t, url, b.create(t, "jobs", "VisibilityTimeout", "10"))
	})
	t.Run("attributes that are not given do not matter", func(t *testing.T) {
		assert.Equal(t, url, b.create(t, "jobs"))
	})
	t.Run("another value is refused", func(t *testing.T) {
		_, err := b.CreateQueue(b.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("jobs"), Attributes: map[string]string{"VisibilityTimeout": "11"}})
		require.True(t, isA[*types.QueueNameExists](err))
		requireError(t, err, "QueueNameExists", "A queue already exists with the same name and a different value for attribute VisibilityTimeout")
		assert.Equal(t, "10", b.attributes(t, url, "VisibilityTimeout")["VisibilityTimeout"])
	})
	t.Run("names are per account and region", func(t *testing.T) {
		b.post(t, url, "here")
		for _, ctx := range []struct{ account, region string }{{other, region}, {account, "eu-west-1"}} {
			out, err := b.in(ctx.account, ctx.region).CreateQueue(b.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("jobs")})
			require.NoError(t, err)
			assert.Equal(t, "https://sqs."+ctx.region+".amazonaws.com/"+ctx.account+"/jobs", *out.QueueUrl)
			got, err := b.in(ctx.account, ctx.region).ReceiveMessage(b.ctx, &awssqs.ReceiveMessageInput{QueueUrl: out.QueueUrl})
			require.NoError(t, err)
			assert.Empty(t, got.Messages)
		}
	})
	t.Run("the endpoint of the call is in the URL", func(t *testing.T) {
		call := b.as(account, b.root())
		call.Endpoint = "http://127.0.0.1:4566"
		out, err := do(b.fake.createQueue(call, &awssqs.CreateQueueInput{QueueName: aws.String("jobs")}))
		require.NoError(t, err)
		assert.Equal(t, "http://127.0.0.1:4566/111122223333/jobs", *out.QueueUrl)
	})
}

func TestCreateQueueName(t *testing.T) {
	t.Parallel()
	const fifoName = "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."
	for _, tc := range []struct {
		name, fifo    string
		code, message string
	}{
		{name: "a"},
		{name: "Ab_9-" + strings.Repeat("x", 75)},
		{name: "", code: "MissingParameter", message: "The request must contain the parameter QueueName."},
		{name: strings.Repeat("x", 81), code: "InvalidParameterValue", message: textQueueName},
		{name: "a b", code: "InvalidParameterValue", message: textQueueName},
		{name: "ä", code: "InvalidParameterValue", message: textQueueName},
		{name: "a/b", code: "InvalidParameterValue", message: textQueueName},
		{name: "orders.fifo", code: "InvalidParameterValue", message: textQueueName},
		{name: "orders", fifo: "true", code: "InvalidParameterValue", message: fifoName},
		{name: ".fifo", fifo: "true", code: "InvalidParameterValue", message: fifoName},
		{name: strings.Repeat("x", 76) + ".fifo", fifo: "true", code: "InvalidParameterValue", message: fifoName},
		{name: "orders.fifo", fifo: "true"},
		{name: "or.ders.fifo", fifo: "true", code: "InvalidParameterValue", message: fifoName},
		{name: "orders", fifo: "false", code: "InvalidAttributeName", message: "Unknown Attribute FifoQueue."},
	} {
		t.Run(tc.name+tc.fifo, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			in := &awssqs.CreateQueueInput{QueueName: &tc.name}
			if tc.fifo != "" {
				in.Attributes = map[string]string{"FifoQueue": tc.fifo}
			}
			_, err := b.CreateQueue(b.ctx, in)
			if tc.code == "" {
				require.NoError(t, err)
				return
			}
			requireError(t, err, tc.code, tc.message)
			assert.Empty(t, b.fake.queues)
		})
	}
}

func TestDeleteQueue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	b.post(t, url, "lost")
	_, err := b.DeleteQueue(b.ctx, &awssqs.DeleteQueueInput{QueueUrl: url})
	require.NoError(t, err)

	_, err = b.DeleteQueue(b.ctx, &awssqs.DeleteQueueInput{QueueUrl: url})
	require.True(t, isA[*types.QueueDoesNotExist](err))
	requireError(t, err, "QueueDoesNotExist", "The specified queue does not exist.")

	b.advance(59 * time.Second)
	_, err = b.CreateQueue(b.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("jobs")})
	require.True(t, isA[*types.QueueDeletedRecently](err))
	requireError(t, err, "QueueDeletedRecently", "You must wait 60 seconds after deleting a queue before you can create another with the same name.")

	b.advance(time.Second)
	url = b.create(t, "jobs")
	assert.Equal(t, [3]string{"0", "0", "0"}, b.counts(t, url))
}

func TestQueueURL(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create(t, "jobs")
	for _, url := range []string{
		"https://sqs.us-east-1.amazonaws.com/111122223333/jobs",
		"https://queue.amazonaws.com/111122223333/jobs",
		"http://127.0.0.1:1/some/prefix/111122223333/jobs",
		"111122223333/jobs",
		"jobs", // the name of a queue of the caller's
	} {
		_, err := b.GetQueueAttributes(b.ctx, &awssqs.GetQueueAttributesInput{QueueUrl: &url})
		require.NoError(t, err, url)
	}
	for _, url := range []string{"", "/", "https://h/jobs", "https://h/12345678901/jobs", "https://h/12345678901x/jobs", "https://h/111122223333/"} {
		_, err := b.GetQueueAttributes(b.ctx, &awssqs.GetQueueAttributesInput{QueueUrl: &url})
		require.True(t, isA[*types.InvalidAddress](err), url)
		requireError(t, err, "InvalidAddress", "The address "+url+" is not valid for this endpoint.")
	}
	for _, url := range []string{"none", "https://queue.amazonaws.com/", "http://example.com"} {
		_, err := b.GetQueueAttributes(b.ctx, &awssqs.GetQueueAttributesInput{QueueUrl: &url})
		require.True(t, isA[*types.QueueDoesNotExist](err), url)
	}
	_, err := b.GetQueueAttributes(b.ctx, &awssqs.GetQueueAttributesInput{})
	requireError(t, err, "MissingParameter", "The request must contain the parameter QueueUrl.")
}

func TestGetQueueUrl(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	for _, tc := range []struct {
		caller string
		owner  *string
		found  bool
	}{
		{account, nil, true},
		{account, aws.String(account), true},
		{other, nil, false},
		{other, aws.String(account), true},
	} {
		out, err := b.in(tc.caller, region).GetQueueUrl(b.ctx, &awssqs.GetQueueUrlInput{QueueName: aws.String("jobs"), QueueOwnerAWSAccountId: tc.owner})
		if !tc.found {
			require.True(t, isA[*types.QueueDoesNotExist](err))
			continue
		}
		require.NoError(t, err)
		assert.Equal(t, url, out.QueueUrl)
	}
	_, err := b.GetQueueUrl(b.ctx, &awssqs.GetQueueUrlInput{})
	requireError(t, err, "MissingParameter", "The request must contain the parameter QueueName.")
}

func TestListQueues(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	list := func(in *awssqs.ListQueuesInput) (names []string, token *string) {
		out, err := b.ListQueues(b.ctx, in)
		require.NoError(t, err)
		for _, url := range out.QueueUrls {
			_, name := cutLast(url)
			names = append(names, name)
		}
		return names, out.NextToken
	}
	for _, name := range []string{"jobs-3", "jobs-1", "mail", "jobs-2"} {
		b.create(t, name)
	}
	_, err := b.in(other, region).CreateQueue(b.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("jobs-x")})
	require.NoError(t, err)

	names, token := list(&awssqs.ListQueuesInput{})
	assert.Equal(t, []string{"jobs-1", "jobs-2", "jobs-3", "mail"}, names)
	assert.Nil(t, token)

	names, token = list(&awssqs.ListQueuesInput{QueueNamePrefix: aws.String("jobs-"), MaxResults: aws.Int32(2)})
	assert.Equal(t, []string{"jobs-1", "jobs-2"}, names)
	require.NotNil(t, token)
	names, token = list(&awssqs.ListQueuesInput{QueueNamePrefix: aws.String("jobs-"), MaxResults: aws.Int32(2), NextToken: token})
	assert.Equal(t, []string{"jobs-3"}, names)
	assert.Nil(t, token)

	for _, n := range []int32{0, -1, 1001} {
		_, err := b.ListQueues(b.ctx, &awssqs.ListQueuesInput{MaxResults: &n})
		requireError(t, err, "InvalidParameterValue", fmt.Sprintf("Value %d for parameter MaxResults is invalid. Reason: MaxResults must be an integer between 1 and 1000.", n))
	}
	_, err = b.ListQueues(b.ctx, &awssqs.ListQueuesInput{MaxResults: aws.Int32(1), NextToken: aws.String("?")})
	requireError(t, err, "InvalidParameterValue", textNextToken)
}

func TestListQueuesAnswersAThousandAtMost(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 1003 {
		b.create(t, fmt.Sprintf("q%04d", i))
	}
	out, err := b.ListQueues(b.ctx, &awssqs.ListQueuesInput{})
	require.NoError(t, err)
	assert.Len(t, out.QueueUrls, 1000)
	assert.Nil(t, out.NextToken, "only a caller that sets MaxResults gets a token")

	out, err = b.ListQueues(b.ctx, &awssqs.ListQueuesInput{MaxResults: aws.Int32(1000)})
	require.NoError(t, err)
	out, err = b.ListQueues(b.ctx, &awssqs.ListQueuesInput{MaxResults: aws.Int32(1000), NextToken: out.NextToken})
	require.NoError(t, err)
	assert.Len(t, out.QueueUrls, 3)
}

func TestPurgeQueue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	b.post(t, url, "visible", "in flight")
	_, err := b.SendMessage(b.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("delayed"), DelaySeconds: 60})
	require.NoError(t, err)
	got, _ := b.take(t, url, 1)
	require.Equal(t, [3]string{"1", "1", "1"}, b.counts(t, url))

	_, err = b.PurgeQueue(b.ctx, &awssqs.PurgeQueueInput{QueueUrl: url})
	require.NoError(t, err)
	assert.Equal(t, [3]string{"0", "0", "0"}, b.counts(t, url))

	_, err = b.PurgeQueue(b.ctx, &awssqs.PurgeQueueInput{QueueUrl: url})
	require.True(t, isA[*types.PurgeQueueInProgress](err))
	requireError(t, err, "PurgeQueueInProgress", "Only one PurgeQueue operation on jobs is allowed every 60 seconds.")

	t.Run("handles of purged messages name no later message", func(t *testing.T) {
		b.post(t, url, "later")
		_, err := b.DeleteMessage(b.ctx, &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: got[0].ReceiptHandle})
		require.NoError(t, err)
		assert.Equal(t, [3]string{"1", "0", "0"}, b.counts(t, url))
	})
	b.advance(time.Minute)
	_, err = b.PurgeQueue(b.ctx, &awssqs.PurgeQueueInput{QueueUrl: url})
	require.NoError(t, err)
}
