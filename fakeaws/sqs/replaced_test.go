package sqs

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// planOn plans an operation and returns what performs it.
func planOn[I, O any](plan func(*fakeaws.Call, I) (*fakeaws.Plan[O], error), in I) func(*fakeaws.Call) (func() error, error) {
	return func(call *fakeaws.Call) (func() error, error) {
		p, err := plan(call, in)
		if err != nil {
			return nil, err
		}
		return func() error {
			_, err := p.Do()
			return err
		}, nil
	}
}

// A call that is stopped between its judgement and the change, while its queue is
// deleted and another one made of the same name, does nothing to the other.
func TestReplacedQueue(t *testing.T) {
	t.Parallel()
	for name, plan := range map[string]func(b *bench, url *string) func(*fakeaws.Call) (func() error, error){
		"AddPermission": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.addPermission, &awssqs.AddPermissionInput{QueueUrl: url, Label: aws.String("l"), AWSAccountIds: []string{other}, Actions: []string{"*"}})
		},
		"RemovePermission": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.removePermission, &awssqs.RemovePermissionInput{QueueUrl: url, Label: aws.String("l")})
		},
		"ChangeMessageVisibility": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.changeMessageVisibility, &awssqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: aws.String("x")})
		},
		"ChangeMessageVisibilityBatch": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.changeMessageVisibilityBatch, &awssqs.ChangeMessageVisibilityBatchInput{QueueUrl: url})
		},
		"DeleteMessage": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.deleteMessage, &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("x")})
		},
		"DeleteMessageBatch": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.deleteMessageBatch, &awssqs.DeleteMessageBatchInput{QueueUrl: url})
		},
		"DeleteQueue": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.deleteQueue, &awssqs.DeleteQueueInput{QueueUrl: url})
		},
		"GetQueueAttributes": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.getQueueAttributes, &awssqs.GetQueueAttributesInput{QueueUrl: url})
		},
		"GetQueueUrl": func(b *bench, _ *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.getQueueURL, &awssqs.GetQueueUrlInput{QueueName: aws.String("jobs")})
		},
		"ListDeadLetterSourceQueues": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.listDeadLetterSourceQueues, &awssqs.ListDeadLetterSourceQueuesInput{QueueUrl: url})
		},
		"ListQueueTags": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.listQueueTags, &awssqs.ListQueueTagsInput{QueueUrl: url})
		},
		"PurgeQueue": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.purgeQueue, &awssqs.PurgeQueueInput{QueueUrl: url})
		},
		"ReceiveMessage": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.receiveMessage, &awssqs.ReceiveMessageInput{QueueUrl: url})
		},
		"SendMessage": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.sendMessage, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("theirs")})
		},
		"SendMessageBatch": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.sendMessageBatch, &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{{Id: aws.String("a"), MessageBody: aws.String("theirs")}}})
		},
		"SetQueueAttributes": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.setQueueAttributes, &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"DelaySeconds": "9"}})
		},
		"TagQueue": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.tagQueue, &awssqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"a": "b"}})
		},
		"UntagQueue": func(b *bench, url *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.untagQueue, &awssqs.UntagQueueInput{QueueUrl: url, TagKeys: []string{"kept"}})
		},
		"ListMessageMoveTasks": func(b *bench, _ *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.listMessageMoveTasks, &awssqs.ListMessageMoveTasksInput{SourceArn: aws.String(arn("jobs"))})
		},
		"StartMessageMoveTask": func(b *bench, _ *string) func(*fakeaws.Call) (func() error, error) {
			return planOn(b.fake.startMessageMoveTask, &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn("jobs"))})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			url := b.create(t, "jobs")
			do, err := plan(b, url)(b.as(account, b.root()))
			require.NoError(t, err)

			_, err = b.DeleteQueue(b.ctx, &awssqs.DeleteQueueInput{QueueUrl: url})
			require.NoError(t, err)
			b.world.Clock().Advance(nameBlocked + time.Second)
			b.create(t, "jobs")
			b.post(t, url, "ours")
			_, err = b.TagQueue(b.ctx, &awssqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"kept": "yes"}})
			require.NoError(t, err)

			err = do()
			assert.True(t, isA[*types.QueueDoesNotExist](err) || isA[*types.ResourceNotFoundException](err), "%v", err)
			messages, err := b.fake.Messages(account, region, "jobs")
			require.NoError(t, err)
			require.Len(t, messages, 1)
			assert.Equal(t, "ours", messages[0].Body)
			assert.Zero(t, messages[0].ReceiveCount)
			tags, err := b.ListQueueTags(b.ctx, &awssqs.ListQueueTagsInput{QueueUrl: url})
			require.NoError(t, err)
			assert.Equal(t, map[string]string{"kept": "yes"}, tags.Tags)
			got := b.attributes(t, url, "All")
			assert.Equal(t, "0", got["DelaySeconds"])
			assert.Empty(t, got["Policy"])
		})
	}
}
