package sqs

import (
	"encoding/base64"
	"fmt"
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

// deadLettered makes queues "jobs" and "dead" and n messages 1, 2, … that went from one
// to the other.
func (b *bench) deadLettered(t tester, n int) (jobs, dead *string) {
	t.Helper()
	dead = b.create(t, "dead")
	jobs = b.create(t, "jobs", "VisibilityTimeout", "0", "RedrivePolicy", redrive("dead", 1))
	for i := range n {
		b.post(t, jobs, fmt.Sprint(i+1))
		b.take(t, jobs, 1)
	}
	b.take(t, jobs, 1)
	require.Equal(t, [3]string{fmt.Sprint(n), "0", "0"}, b.counts(t, dead))
	require.NoError(t, b.set(jobs, "VisibilityTimeout", "30"))
	return jobs, dead
}

func (b *bench) move(t tester, source, target string, rate int32) *string {
	t.Helper()
	in := &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn(source))}
	if target != "" {
		in.DestinationArn = aws.String(arn(target))
	}
	if rate > 0 {
		in.MaxNumberOfMessagesPerSecond = &rate
	}
	out, err := b.StartMessageMoveTask(b.ctx, in)
	require.NoError(t, err)
	return out.TaskHandle
}

func (b *bench) tasks(t tester, source string, limit int32) []types.ListMessageMoveTasksResultEntry {
	t.Helper()
	out, err := b.ListMessageMoveTasks(b.ctx, &awssqs.ListMessageMoveTasksInput{SourceArn: aws.String(arn(source)), MaxResults: &limit})
	require.NoError(t, err)
	return out.Results
}

func TestMoveTask(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	jobs, dead := b.deadLettered(t, 5)
	started := b.fake.now().time().UnixMilli()
	handle := b.move(t, "dead", "", 1)

	assert.Equal(t, [3]string{"1", "0", "0"}, b.counts(t, jobs), "the first at once")
	b.advance(500 * time.Millisecond)
	assert.Equal(t, [3]string{"1", "0", "0"}, b.counts(t, jobs))
	b.advance(2 * time.Second)
	assert.Equal(t, [3]string{"3", "0", "0"}, b.counts(t, jobs))
	assert.Equal(t, [3]string{"2", "0", "0"}, b.counts(t, dead))
	running := b.tasks(t, "dead", 1)
	require.Len(t, running, 1)
	assert.InDelta(t, started, running[0].StartedTimestamp, 1000)
	running[0].StartedTimestamp = 0
	assert.Equal(t, []types.ListMessageMoveTasksResultEntry{{
		SourceArn: aws.String(arn("dead")), Status: aws.String("RUNNING"), TaskHandle: handle, MaxNumberOfMessagesPerSecond: aws.Int32(1),
		ApproximateNumberOfMessagesMoved: 3, ApproximateNumberOfMessagesToMove: aws.Int64(5),
	}}, running)

	b.advance(time.Hour)
	done := b.tasks(t, "dead", 1)[0]
	assert.Equal(t, "COMPLETED", *done.Status)
	assert.Nil(t, done.TaskHandle)
	assert.Equal(t, int64(5), done.ApproximateNumberOfMessagesMoved)
	_, bodies := b.take(t, jobs, 10)
	assert.Equal(t, []string{"1", "2", "3", "4", "5"}, bodies)
	assert.Equal(t, [3]string{"0", "0", "0"}, b.counts(t, dead))
}

func TestMovedMessagesAreNew(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	jobs, dead := b.deadLettered(t, 1)
	all := []types.MessageSystemAttributeName{"All"}
	before := b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: dead, MessageSystemAttributeNames: all})
	require.NoError(t, b.hide(dead, before[0].ReceiptHandle, 0))
	b.advance(time.Hour)
	b.move(t, "dead", "", 0)
	after := b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: jobs, MessageSystemAttributeNames: all})
	require.Len(t, after, 1)
	assert.NotEqual(t, before[0].MessageId, after[0].MessageId)
	assert.Greater(t, after[0].Attributes["SentTimestamp"], before[0].Attributes["SentTimestamp"])
	assert.Equal(t, "1", after[0].Attributes["ApproximateReceiveCount"])
	assert.NotContains(t, after[0].Attributes, "DeadLetterQueueSourceArn")
	assert.Equal(t, account, after[0].Attributes["SenderId"])
}

func TestMoveToAnotherQueue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, dead := b.deadLettered(t, 3)
	b.post(t, dead, "sent here")
	other := b.create(t, "other", "DelaySeconds", "10")
	b.move(t, "dead", "other", 500)
	b.advance(time.Second)
	assert.Equal(t, [3]string{"0", "0", "4"}, b.counts(t, other), "they wait as new messages do")
	b.advance(10 * time.Second)
	_, bodies := b.take(t, other, 10)
	assert.Equal(t, []string{"1", "2", "3", "sent here"}, bodies)
	assert.Equal(t, arn("other"), *b.tasks(t, "dead", 1)[0].DestinationArn)
}

func TestMoveTasksThatFail(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	jobs, dead := b.deadLettered(t, 1)
	b.post(t, dead, "sent here")
	b.move(t, "dead", "", 0)
	b.advance(time.Second)
	failed := b.tasks(t, "dead", 1)[0]
	assert.Equal(t, [2]string{"FAILED", "CouldNotDetermineMessageSource"}, [2]string{*failed.Status, *failed.FailureReason})
	assert.Equal(t, [3]string{"1", "0", "0"}, b.counts(t, jobs))

	other := b.create(t, "other")
	b.post(t, dead, "1", "2")
	b.move(t, "dead", "other", 1)
	_, err := b.DeleteQueue(b.ctx, &awssqs.DeleteQueueInput{QueueUrl: other})
	require.NoError(t, err)
	b.advance(time.Second)
	failed = b.tasks(t, "dead", 1)[0]
	assert.Equal(t, "AWS.SimpleQueueService.NonExistentQueue", *failed.FailureReason)

	for range 5 {
		b.post(t, dead, "x")
	}
	b.create(t, "third")
	q := b.fake.queues[queueID{account, region, "dead"}]
	require.NoError(t, b.set(dead, "MessageRetentionPeriod", "1209600"))
	b.move(t, "dead", "third", 1)
	q.tasks[len(q.tasks)-1].interval = 35 * time.Hour // as if it had that many to move
	b.advance(80 * time.Hour)
	assert.Equal(t, "FAILED", *b.tasks(t, "dead", 1)[0].Status)
}

func TestMoveTaskLeavesWhatIsTaken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	jobs, dead := b.deadLettered(t, 3)
	b.move(t, "dead", "", 1)
	b.take(t, dead, 1)
	b.advance(10 * time.Second)
	done := b.tasks(t, "dead", 1)[0]
	assert.Equal(t, "COMPLETED", *done.Status)
	assert.Equal(t, int64(2), done.ApproximateNumberOfMessagesMoved)
	assert.Equal(t, [3]string{"2", "0", "0"}, b.counts(t, jobs))
	assert.Equal(t, [3]string{"0", "1", "0"}, b.counts(t, dead))
}

func TestCancelMoveTask(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	jobs, dead := b.deadLettered(t, 5)
	handle := b.move(t, "dead", "", 1)
	b.advance(2500 * time.Millisecond)
	out, err := b.CancelMessageMoveTask(b.ctx, &awssqs.CancelMessageMoveTaskInput{TaskHandle: handle})
	require.NoError(t, err)
	assert.Equal(t, int64(3), out.ApproximateNumberOfMessagesMoved)
	b.advance(time.Hour)
	assert.Equal(t, [3]string{"3", "0", "0"}, b.counts(t, jobs))
	assert.Equal(t, [3]string{"2", "0", "0"}, b.counts(t, dead))
	assert.Equal(t, "CANCELLED", *b.tasks(t, "dead", 1)[0].Status)

	b.move(t, "dead", "", 0)
	b.advance(time.Second)
	list := b.tasks(t, "dead", 10)
	require.Len(t, list, 2)
	assert.Equal(t, []string{"COMPLETED", "CANCELLED"}, []string{*list[0].Status, *list[1].Status}, "the latest first")
	assert.Len(t, b.tasks(t, "dead", 1), 1)

	_, err = b.CancelMessageMoveTask(b.ctx, &awssqs.CancelMessageMoveTaskInput{TaskHandle: handle})
	requireError(t, err, "InvalidParameterValue", textNotRunning)
	unknownTask := base64.StdEncoding.EncodeToString([]byte(`{"taskId":"x","sourceArn":"` + arn("dead") + `"}`))
	missing := base64.StdEncoding.EncodeToString([]byte(`{"taskId":"x","sourceArn":"` + arn("none") + `"}`))
	for _, handle := range []string{unknownTask, missing} {
		_, err = b.CancelMessageMoveTask(b.ctx, &awssqs.CancelMessageMoveTaskInput{TaskHandle: &handle})
		require.True(t, isA[*types.ResourceNotFoundException](err))
	}
	for _, handle := range []string{"x", "{}", base64.StdEncoding.EncodeToString([]byte(`{"sourceArn":"x"}`))} {
		_, err = b.CancelMessageMoveTask(b.ctx, &awssqs.CancelMessageMoveTaskInput{TaskHandle: &handle})
		requireError(t, err, "InvalidParameterValue", textTaskHandle)
	}
}

func TestMoveTaskRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.deadLettered(t, 3)
	b.fifo(t, "orders.fifo")
	for name, tc := range map[string]struct {
		source, target string
		rate           int32
		code, message  string
	}{
		"no source":       {"", "", 0, "MissingParameter", "The request must contain the parameter SourceArn."},
		"not an ARN":      {"dead", "", 0, "InvalidParameterValue", "You must use this format to specify the SourceArn: arn:<partition>:<service>:<region>:<account-id>:<resource-id>"},
		"no queue":        {arn("none"), "", 0, "ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist."},
		"no target":       {arn("dead"), arn("none"), 0, "ResourceNotFoundException", "The resource that you specified for the DestinationArn parameter doesn't exist."},
		"another region":  {strings.Replace(arn("dead"), region, "eu-west-1", 1), "", 0, "ResourceNotFoundException", "The resource that you specified for the SourceArn parameter doesn't exist."},
		"not for letters": {arn("jobs"), "", 0, "InvalidParameterValue", textMoveSource},
		"to itself":       {arn("dead"), arn("dead"), 0, "InvalidParameterValue", textMoveToItself},
		"to a FIFO queue": {arn("dead"), arn("orders.fifo"), 0, "InvalidParameterValue", textMoveType},
		"too slow":        {arn("dead"), "", -1, "InvalidParameterValue", "Value -1 for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: " + textMoveRate},
		"too fast":        {arn("dead"), "", 501, "InvalidParameterValue", "Value 501 for parameter MaxNumberOfMessagesPerSecond is invalid. Reason: " + textMoveRate},
	} {
		in := &awssqs.StartMessageMoveTaskInput{SourceArn: &tc.source}
		if tc.target != "" {
			in.DestinationArn = &tc.target
		}
		if tc.rate != 0 {
			in.MaxNumberOfMessagesPerSecond = &tc.rate
		}
		_, err := b.StartMessageMoveTask(b.ctx, in)
		t.Run(name, func(t *testing.T) { requireError(t, err, tc.code, tc.message) })
	}
	b.move(t, "dead", "", 1)
	_, err := b.StartMessageMoveTask(b.ctx, &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn("dead"))})
	requireError(t, err, "InvalidParameterValue", textMoveRunning)
	for _, n := range []int32{0, 11} {
		_, err := b.ListMessageMoveTasks(b.ctx, &awssqs.ListMessageMoveTasksInput{SourceArn: aws.String(arn("dead")), MaxResults: &n})
		requireError(t, err, "InvalidParameterValue", fmt.Sprintf("Value %d for parameter MaxResults is invalid. Reason: %s", n, textTasksListed))
	}
}

func TestMoveTasksPerAccount(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range maxMoveTasks + 1 {
		dead, jobs := fmt.Sprintf("dead%d", i), fmt.Sprintf("jobs%d", i)
		url := b.create(t, dead)
		b.create(t, jobs, "RedrivePolicy", redrive(dead, 1))
		b.post(t, url, "1", "2")
		in := &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn(dead)), DestinationArn: aws.String(arn(jobs)), MaxNumberOfMessagesPerSecond: aws.Int32(1)}
		_, err := b.StartMessageMoveTask(b.ctx, in)
		if i < maxMoveTasks {
			require.NoError(t, err)
		} else {
			require.True(t, isA[*types.OverLimit](err))
		}
	}
}

func TestMoveOfFIFOQueues(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fifo(t, "dead.fifo")
	url := b.fifo(t, "orders.fifo", "VisibilityTimeout", "0", "RedrivePolicy", redrive("dead.fifo", 1))
	b.order(t, url, "a:1", "b:2", "a:3")
	for range 4 {
		b.take(t, url, 10)
	}
	require.NoError(t, b.set(url, "VisibilityTimeout", "30"))
	b.order(t, url, "a:new")
	b.move(t, "dead.fifo", "", 0)
	b.advance(time.Second)
	_, bodies := b.take(t, url, 10)
	assert.Equal(t, []string{"new", "1", "3", "2"}, bodies, "behind what is there, in their groups")
}

func TestMovedMessageWakesAPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		jobs, _ := b.deadLettered(t, 4)
		start := b.fake.now()
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				out, err := b.ReceiveMessage(b.ctx, &awssqs.ReceiveMessageInput{QueueUrl: jobs, WaitTimeSeconds: 20})
				if assert.NoError(t, err) && assert.Len(t, out.Messages, 1) {
					// 1 at 5 s, 2 at 7 s, 3 at 9 s: one every two seconds.
					n := time.Duration((*out.Messages[0].Body)[0] - '1')
					assert.Equal(t, (5+2*n)*time.Second, b.fake.now().sub(start))
				}
			})
		}
		time.Sleep(5 * time.Second)
		b.move(t, "dead", "", 1)
		b.fake.mu.Lock()
		b.fake.queues[queueID{account, region, "dead"}].tasks[0].interval = 2 * time.Second
		b.fake.mu.Unlock()
		wg.Wait()
	})
}

// Moving takes the permissions that the task uses.
func TestMoveTaskNeeds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.deadLettered(t, 3)
	b.create(t, "another", "RedrivePolicy", redrive("dead", 1))
	handle := b.move(t, "dead", "", 1)
	start := func(in *awssqs.StartMessageMoveTaskInput) []string {
		in.SourceArn = aws.String(arn("dead"))
		needs, err := needsOf(b.fake.startMessageMoveTask(b.as(account, b.root()), in))
		require.NoError(t, err)
		var asked []string
		for _, need := range needs {
			asked = append(asked, strings.TrimPrefix(need.Action, "sqs:")+" "+need.Resource[strings.LastIndex(need.Resource, ":")+1:])
		}
		return asked
	}
	uses := []string{"StartMessageMoveTask dead", "ReceiveMessage dead", "DeleteMessage dead", "GetQueueAttributes dead"}
	assert.Equal(t, append(uses[:4:4], "SendMessage another", "SendMessage jobs"), start(&awssqs.StartMessageMoveTaskInput{}))
	assert.Equal(t, append(uses[:4:4], "SendMessage target"), start(&awssqs.StartMessageMoveTaskInput{DestinationArn: aws.String(arn("target"))}))
	needs, err := needsOf(b.fake.cancelMessageMoveTask(b.as(account, b.root()), &awssqs.CancelMessageMoveTaskInput{TaskHandle: handle}))
	require.NoError(t, err)
	assert.Len(t, needs, 4)
	assert.Equal(t, "sqs:CancelMessageMoveTask", needs[0].Action)
	needs, err = needsOf(b.fake.listMessageMoveTasks(b.as(account, b.root()), &awssqs.ListMessageMoveTasksInput{SourceArn: aws.String(arn("dead"))}))
	require.NoError(t, err)
	assert.Len(t, needs, 4)
	assert.Equal(t, "sqs:ListMessageMoveTasks", needs[0].Action)
}
