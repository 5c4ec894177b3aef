package sqs

import (
	"reflect"
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

	"github.com/leastpriv/leastpriv/fakeaws"
)

// A stopped is a call that is planned, and performed later.
type stopped struct {
	operation string
	plan      func(*fakeaws.Call) (perform func() error, err error)
	// ends reports whether the call ends as it should.
	ends func(error) bool
}

func stop[I, O any](plan func(*fakeaws.Call, I) (*fakeaws.Plan[O], error), in I, ends func(error) bool) stopped {
	return stopped{
		operation: strings.TrimSuffix(reflect.TypeFor[I]().Elem().Name(), "Input"),
		ends:      ends,
		plan: func(call *fakeaws.Call) (func() error, error) {
			p, err := plan(call, in)
			return func() error {
				_, err := p.Do()
				return err
			}, err
		},
	}
}

// stoppedCalls has a call of every operation on the queue "jobs".
func stoppedCalls(s *Fake, task *string) []stopped {
	url, source := aws.String("https://sqs.us-east-1.amazonaws.com/"+account+"/jobs"), aws.String(arn("jobs"))
	jobs, x, theirs := aws.String("jobs"), aws.String("x"), aws.String("theirs")
	gone, noResource := isA[*types.QueueDoesNotExist], isA[*types.ResourceNotFoundException]
	done := func(err error) bool { return err == nil }
	return []stopped{
		stop(s.addPermission, &awssqs.AddPermissionInput{QueueUrl: url, Label: x, AWSAccountIds: []string{other}, Actions: []string{"*"}}, gone),
		stop(s.cancelMessageMoveTask, &awssqs.CancelMessageMoveTaskInput{TaskHandle: task}, noResource),
		stop(s.changeMessageVisibility, &awssqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: x}, gone),
		stop(s.changeMessageVisibilityBatch, &awssqs.ChangeMessageVisibilityBatchInput{QueueUrl: url, Entries: []types.ChangeMessageVisibilityBatchRequestEntry{{Id: x, ReceiptHandle: x}}}, gone),
		stop(s.createQueue, &awssqs.CreateQueueInput{QueueName: jobs, Tags: map[string]string{"theirs": "x"}}, done),
		stop(s.deleteMessage, &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: x}, gone),
		stop(s.deleteMessageBatch, &awssqs.DeleteMessageBatchInput{QueueUrl: url, Entries: []types.DeleteMessageBatchRequestEntry{{Id: x, ReceiptHandle: x}}}, gone),
		stop(s.deleteQueue, &awssqs.DeleteQueueInput{QueueUrl: url}, gone),
		stop(s.getQueueAttributes, &awssqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"All"}}, gone),
		stop(s.getQueueURL, &awssqs.GetQueueUrlInput{QueueName: jobs}, gone),
		stop(s.listDeadLetterSourceQueues, &awssqs.ListDeadLetterSourceQueuesInput{QueueUrl: url}, gone),
		stop(s.listMessageMoveTasks, &awssqs.ListMessageMoveTasksInput{SourceArn: source}, noResource),
		stop(s.listQueues, &awssqs.ListQueuesInput{}, done),
		stop(s.listQueueTags, &awssqs.ListQueueTagsInput{QueueUrl: url}, gone),
		stop(s.purgeQueue, &awssqs.PurgeQueueInput{QueueUrl: url}, gone),
		stop(s.receiveMessage, &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10, WaitTimeSeconds: 20}, gone),
		stop(s.removePermission, &awssqs.RemovePermissionInput{QueueUrl: url, Label: aws.String("kept")}, gone),
		stop(s.sendMessage, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: theirs}, gone),
		stop(s.sendMessageBatch, &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{{Id: x, MessageBody: theirs}}}, gone),
		stop(s.setQueueAttributes, &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"DelaySeconds": "9"}}, gone),
		stop(s.startMessageMoveTask, &awssqs.StartMessageMoveTaskInput{SourceArn: source}, noResource),
		stop(s.tagQueue, &awssqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"theirs": "x"}}, gone),
		stop(s.untagQueue, &awssqs.UntagQueueInput{QueueUrl: url, TagKeys: []string{"kept"}}, gone),
	}
}

// A queueState is all that a call could change in a queue.
type queueState struct {
	attributes, tags map[string]string
	messages         []Message
	tasks            int
	purged           bool
}

func (b *bench) state(t *testing.T, name string) queueState {
	t.Helper()
	b.fake.mu.Lock()
	q := b.fake.queues[queueID{account, region, name}]
	tasks, purged := len(q.tasks), q.purged != 0
	b.fake.mu.Unlock()
	url := aws.String(q.id.url(b.as(account, b.root())))
	tags, err := b.ListQueueTags(b.ctx, &awssqs.ListQueueTagsInput{QueueUrl: url})
	require.NoError(t, err)
	messages, err := b.fake.Messages(account, region, name)
	require.NoError(t, err)
	return queueState{b.attributes(t, url, "All"), tags.Tags, messages, tasks, purged}
}

// replace deletes a queue, and makes another one of its name as soon as AWS allows.
func (b *bench) replace(t *testing.T, url *string, attributes ...string) {
	t.Helper()
	_, err := b.DeleteQueue(b.ctx, &awssqs.DeleteQueueInput{QueueUrl: url})
	require.NoError(t, err)
	b.advance(nameBlocked)
	b.create(t, (*url)[strings.LastIndexByte(*url, '/')+1:], attributes...)
}

// A call that is stopped between its judgement and the change, while its queue is
// deleted and another one made of the same name, does nothing to the other.
func TestReplacedQueue(t *testing.T) {
	t.Parallel()
	var all, tested []string
	for _, op := range newBench(t).fake.Ops() {
		all = append(all, op.Name)
	}
	for i, c := range stoppedCalls(new(Fake), nil) {
		tested = append(tested, c.operation)
		t.Run(c.operation, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			url := b.create(t, "jobs")
			b.create(t, "origin", "RedrivePolicy", redrive("jobs", 1))
			b.create(t, "dead")
			b.post(t, url, "1", "2")
			task := b.move(t, "jobs", "origin", 1)
			perform, err := stoppedCalls(b.fake, task)[i].plan(b.as(account, b.root()))
			require.NoError(t, err)

			// One receive more would move the new queue's message to its dead-letter queue.
			b.replace(t, url, "VisibilityTimeout", "0", "RedrivePolicy", redrive("dead", 1))
			require.NoError(t, b.grant(url, "kept", []string{other}, "SendMessage"))
			_, err = b.TagQueue(b.ctx, &awssqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"kept": "yes"}})
			require.NoError(t, err)
			b.post(t, url, "ours")
			b.take(t, url, 1)

			before, dead := b.state(t, "jobs"), b.state(t, "dead")
			err = perform()
			assert.True(t, c.ends(err), "%v", err)
			assert.Equal(t, before, b.state(t, "jobs"))
			assert.Equal(t, dead, b.state(t, "dead"))
		})
	}
	assert.ElementsMatch(t, all, tested, "every operation, once")
}

// A call that was judged by a queue of the name does not make another one.
func TestCreateQueueWhileItIsDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	plan, err := b.fake.createQueue(b.as(account, b.root()), &awssqs.CreateQueueInput{QueueName: aws.String("jobs")})
	require.NoError(t, err)
	_, err = b.DeleteQueue(b.ctx, &awssqs.DeleteQueueInput{QueueUrl: url})
	require.NoError(t, err)
	b.advance(nameBlocked)
	_, err = plan.Do()
	require.True(t, isA[*types.QueueDeletedRecently](err))
	assert.Empty(t, b.fake.Names(account, region))
	b.create(t, "jobs")
}

// A long poll belongs to the queue that it began to wait for.
func TestLongPollOfAReplacedQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		url := b.create(t, "jobs")
		var wg sync.WaitGroup
		wg.Go(func() {
			_, err := b.ReceiveMessage(b.ctx, &awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20})
			assert.True(t, isA[*types.QueueDoesNotExist](err), "%v", err)
		})
		synctest.Wait()
		b.replace(t, url)
		b.post(t, url, "ours")
		wg.Wait()
		assert.Equal(t, [3]string{"1", "0", "0"}, b.counts(t, url))
	})
}

// A task moves messages only to the queues that its caller was allowed to send to.
func TestMoveToAReplacedQueue(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		target  string // "" to where the messages came from
		while   bool   // the task is at work when the target is replaced
		begins  bool
		failure string
	}{
		"the destination, before it begins": {target: "other"},
		"the destination, while it moves":   {"other", true, true, failureNoTarget},
		"the origin, before it begins":      {"", false, true, failureNoTarget},
		"the origin, while it moves":        {"", true, true, failureNoTarget},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			url, dead := b.deadLettered(t, 3)
			in := &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn("dead")), MaxNumberOfMessagesPerSecond: aws.Int32(1)}
			if tc.target != "" {
				url, in.DestinationArn = b.create(t, tc.target), aws.String(arn(tc.target))
			}
			plan, err := b.fake.startMessageMoveTask(b.as(account, b.root()), in)
			require.NoError(t, err)
			if tc.while {
				_, err = plan.Do()
				require.NoError(t, err)
			}
			b.replace(t, url, "RedrivePolicy", redrive("dead", 1))
			if !tc.while {
				_, err = plan.Do()
			}
			left := "3"
			if tc.while {
				left = "2" // the first moved at once
			}
			if tc.begins {
				require.NoError(t, err)
				failed := b.tasks(t, "dead", 1)[0]
				assert.Equal(t, [2]string{taskFailed, tc.failure}, [2]string{*failed.Status, *failed.FailureReason})
			} else {
				require.True(t, isA[*types.ResourceNotFoundException](err), "%v", err)
			}
			assert.Equal(t, [3]string{"0", "0", "0"}, b.counts(t, url))
			assert.Equal(t, [3]string{left, "0", "0"}, b.counts(t, dead))
		})
	}
}

// Messages go back to a queue whose dead-letter queue is another one by now. The caller
// must be allowed to send there too.
func TestMoveToAFormerSource(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	jobs, _ := b.deadLettered(t, 1)
	require.NoError(t, b.set(jobs, "RedrivePolicy", ""))
	b.create(t, "another", "RedrivePolicy", redrive("dead", 1))
	plan, err := b.fake.startMessageMoveTask(b.as(account, b.root()), &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn("dead"))})
	require.NoError(t, err)
	var targets []string
	for _, need := range plan.Needs {
		if need.Action == "sqs:SendMessage" {
			targets = append(targets, need.Resource)
		}
	}
	assert.Equal(t, []string{arn("another"), arn("jobs")}, targets)
	_, err = plan.Do()
	require.NoError(t, err)
	b.advance(time.Second)
	assert.Equal(t, [3]string{"1", "0", "0"}, b.counts(t, jobs))
}
