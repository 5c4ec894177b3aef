package sqs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// A way is one of the ways to SQS: a door and a protocol.
type way struct{ socket, query bool }

func (w way) String() string {
	return map[bool]string{false: "in process", true: "socket"}[w.socket] + ", " + map[bool]string{false: "JSON", true: "Query"}[w.query]
}

var ways = []way{{false, false}, {false, true}, {true, false}, {true, true}}

// A story is a run of a scenario on one way. What it sees is its trace; it must
// be the same on every way, and in virtual time.
type story struct {
	t     *testing.T
	cloud *cloud
	ctx   context.Context
	*awssqs.Client
	as    func(aws.CredentialsProvider) *awssqs.Client
	trace []string
}

func newStory(t *testing.T, w way) *story {
	t.Helper()
	door := worldtest.InProcess
	if w.socket {
		door = worldtest.Socket
	}
	c := newCloudBy(t, door)
	s := &story{t: t, cloud: c, ctx: t.Context()}
	s.as = func(provider aws.CredentialsProvider) *awssqs.Client {
		cfg := c.ConfigOf(provider)
		if w.query {
			cfg.HTTPClient = &queryClient{cfg.HTTPClient, provider}
		}
		return awssqs.NewFromConfig(cfg)
	}
	a, _ := c.Account(owner)
	s.Client = s.as(credentials.NewStaticCredentialsProvider(a.Root.AccessKeyID, a.Root.SecretAccessKey, ""))
	return s
}

func (s *story) note(format string, args ...any) {
	s.trace = append(s.trace, fmt.Sprintf(format, args...))
}

// fails notes the code and text of an error.
func (s *story) fails(err error) {
	var api smithy.APIError
	if !errors.As(err, &api) {
		s.note("no AWS error: %v", err)
		return
	}
	// The Query protocol says more of a missing queue: TestQueryErrors.
	s.note("%s: %s", api.ErrorCode(), strings.Replace(api.ErrorMessage(), " for this wsdl version", "", 1))
}

func (s *story) queue(name string, attributes map[string]string) *string {
	out, err := s.CreateQueue(s.ctx, &awssqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	require.NoError(s.t, err)
	return out.QueueUrl
}

func (s *story) send(url *string, body string, delay int32) {
	_, err := s.SendMessage(s.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body, DelaySeconds: delay})
	require.NoError(s.t, err)
}

// receive notes what it gets, and whether it took the given time at least.
func (s *story) receive(url *string, most, wait int32, after time.Duration) []types.Message {
	start := time.Now()
	out, err := s.ReceiveMessage(s.ctx, &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: most, WaitTimeSeconds: wait,
		MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}})
	require.NoError(s.t, err)
	took := time.Since(start)
	var got []string
	for _, m := range out.Messages {
		got = append(got, fmt.Sprintf("%s #%s %s%s", *m.Body, m.Attributes["ApproximateReceiveCount"], m.Attributes["MessageGroupId"], m.Attributes["DeadLetterQueueSourceArn"]))
	}
	s.note("received %q, after %v: %v", got, after, took >= after && took < after+10*time.Second)
	return out.Messages
}

func (s *story) counts(url *string) {
	out, err := s.GetQueueAttributes(s.ctx, &awssqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"All"}})
	require.NoError(s.t, err)
	a := out.Attributes
	s.note("visible %s, in flight %s, delayed %s", a["ApproximateNumberOfMessages"], a["ApproximateNumberOfMessagesNotVisible"], a["ApproximateNumberOfMessagesDelayed"])
}

func (s *story) drop(url *string, m types.Message) {
	_, err := s.DeleteMessage(s.ctx, &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: m.ReceiptHandle})
	require.NoError(s.t, err)
}

var stories = map[string]func(*story){
	"queues":   queuesStory,
	"messages": messagesStory,
	"batches":  batchesStory,
	"timing":   timingStory,
	"FIFO":     fifoStory,
	"redrive":  redriveStory,
	"access":   accessStory,
	"refusals": refusalsStory,
}

// waits has the stories that wait for seconds.
var waits = map[string]bool{"timing": true, "FIFO": true, "redrive": true}

// Every story leaves the same trace through both doors and over both protocols, in
// real time and in virtual time.
func TestStories(t *testing.T) {
	t.Parallel()
	for name, tell := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want []string
			synctest.Test(t, func(t *testing.T) {
				s := newStory(t, way{})
				tell(s)
				want = s.trace
			})
			require.NotEmpty(t, want)
			for _, entry := range want {
				assert.NotContains(t, entry, "no AWS error")
				assert.NotRegexp(t, "after .*: false", entry)
			}
			t.Run("in a bubble, Query", func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := newStory(t, way{query: true})
					tell(s)
					assert.Equal(t, want, s.trace)
				})
			})
			for _, w := range ways {
				t.Run(w.String(), func(t *testing.T) {
					if testing.Short() && w.socket && waits[name] {
						t.Skip("-short is set: the story, which waits in real time, is not told over a socket")
					}
					t.Parallel()
					s := newStory(t, w)
					tell(s)
					assert.Equal(t, want, s.trace)
				})
			}
		})
	}
}

func queuesStory(s *story) {
	url := s.queue("jobs", map[string]string{"DelaySeconds": "5", "Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"` + queueARN + `"}]}`})
	s.queue("jobs-2", nil)
	s.queue("orders.fifo", map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "true"})
	for _, prefix := range []string{"", "jobs", "none"} {
		list, err := s.ListQueues(s.ctx, &awssqs.ListQueuesInput{QueueNamePrefix: &prefix})
		require.NoError(s.t, err)
		var names []string
		for _, u := range list.QueueUrls {
			names = append(names, u[strings.LastIndexByte(u, '/')+1:])
		}
		s.note("queues %q", names)
	}
	page, err := s.ListQueues(s.ctx, &awssqs.ListQueuesInput{MaxResults: aws.Int32(2)})
	require.NoError(s.t, err)
	rest, err := s.ListQueues(s.ctx, &awssqs.ListQueuesInput{MaxResults: aws.Int32(2), NextToken: page.NextToken})
	require.NoError(s.t, err)
	s.note("pages of %d and %d", len(page.QueueUrls), len(rest.QueueUrls))
	_, err = s.SetQueueAttributes(s.ctx, &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"VisibilityTimeout": "7", "KmsMasterKeyId": "alias/aws/sqs"}})
	require.NoError(s.t, err)
	a, err := s.GetQueueAttributes(s.ctx, &awssqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"DelaySeconds", "VisibilityTimeout", "Policy", "KmsMasterKeyId", "SqsManagedSseEnabled", "QueueArn"}})
	require.NoError(s.t, err)
	s.note("attributes %v", a.Attributes)
	_, err = s.TagQueue(s.ctx, &awssqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"team": "a", "env": "test"}})
	require.NoError(s.t, err)
	_, err = s.UntagQueue(s.ctx, &awssqs.UntagQueueInput{QueueUrl: url, TagKeys: []string{"env", "none"}})
	require.NoError(s.t, err)
	tags, err := s.ListQueueTags(s.ctx, &awssqs.ListQueueTagsInput{QueueUrl: url})
	require.NoError(s.t, err)
	s.note("tags %v", tags.Tags)
	_, err = s.AddPermission(s.ctx, &awssqs.AddPermissionInput{QueueUrl: url, Label: aws.String("l"), AWSAccountIds: []string{stranger}, Actions: []string{"SendMessage", "ReceiveMessage"}})
	require.NoError(s.t, err)
	_, err = s.AddPermission(s.ctx, &awssqs.AddPermissionInput{QueueUrl: url, Label: aws.String("l"), AWSAccountIds: []string{stranger}, Actions: []string{"SendMessage"}})
	s.fails(err)
	_, err = s.RemovePermission(s.ctx, &awssqs.RemovePermissionInput{QueueUrl: url, Label: aws.String("l")})
	require.NoError(s.t, err)
	_, err = s.RemovePermission(s.ctx, &awssqs.RemovePermissionInput{QueueUrl: url, Label: aws.String("l")})
	s.fails(err)
	_, err = s.DeleteQueue(s.ctx, &awssqs.DeleteQueueInput{QueueUrl: url})
	require.NoError(s.t, err)
	_, err = s.CreateQueue(s.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("jobs")})
	s.fails(err)
	_, err = s.GetQueueUrl(s.ctx, &awssqs.GetQueueUrlInput{QueueName: aws.String("jobs")})
	s.fails(err)
}

func messagesStory(s *story) {
	url := s.queue("jobs", nil)
	out, err := s.SendMessage(s.ctx, &awssqs.SendMessageInput{
		QueueUrl: url, MessageBody: aws.String("<ä> & \"\n\t日本 \U0001f600"),
		MessageAttributes: map[string]types.MessageAttributeValue{
			"text": {DataType: aws.String("String.label"), StringValue: aws.String("käse & <x>")},
			"n":    {DataType: aws.String("Number"), StringValue: aws.String("1.5")},
		},
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String("Root=1")}},
	})
	require.NoError(s.t, err)
	s.note("%s %s %s", *out.MD5OfMessageBody, *out.MD5OfMessageAttributes, *out.MD5OfMessageSystemAttributes)
	got := s.receive(url, 10, 0, 0)[0]
	s.note("%q %s %s %s", *got.Body, *got.MD5OfBody, *got.MD5OfMessageAttributes, got.Attributes["AWSTraceHeader"])
	for _, name := range []string{"n", "text"} {
		s.note("%s %s", *got.MessageAttributes[name].DataType, *got.MessageAttributes[name].StringValue)
	}
	s.counts(url)
	s.drop(url, got)
	s.drop(url, got)
	s.counts(url)
	s.send(url, "x", 0)
	_, err = s.PurgeQueue(s.ctx, &awssqs.PurgeQueueInput{QueueUrl: url})
	require.NoError(s.t, err)
	s.counts(url)
	_, err = s.PurgeQueue(s.ctx, &awssqs.PurgeQueueInput{QueueUrl: url})
	s.fails(err)
	big := strings.Repeat("x", 1<<20)
	s.send(url, big, 0)
	got = s.cut(url)
	s.note("%d bytes", len(*got.Body))
	_, err = s.SendMessage(s.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String(big + "x")})
	s.fails(err)
}

// cut receives a message whose body is too long for a trace.
func (s *story) cut(url *string) types.Message {
	out, err := s.ReceiveMessage(s.ctx, &awssqs.ReceiveMessageInput{QueueUrl: url})
	require.NoError(s.t, err)
	require.Len(s.t, out.Messages, 1)
	return out.Messages[0]
}

func batchesStory(s *story) {
	url := s.queue("jobs", nil)
	entry := func(id, body string) types.SendMessageBatchRequestEntry {
		return types.SendMessageBatchRequestEntry{Id: &id, MessageBody: &body}
	}
	send := func(entries ...types.SendMessageBatchRequestEntry) {
		out, err := s.SendMessageBatch(s.ctx, &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: append([]types.SendMessageBatchRequestEntry{}, entries...)})
		if err != nil {
			s.fails(err)
			return
		}
		for _, e := range out.Successful {
			s.note("%s sent %s", *e.Id, *e.MD5OfMessageBody)
		}
		for _, e := range out.Failed {
			s.note("%s failed %s %s %v", *e.Id, *e.Code, *e.Message, e.SenderFault)
		}
	}
	send(entry("a", "1"), entry("b", "2"), entry("c", "\x00"), types.SendMessageBatchRequestEntry{Id: aws.String("d"), MessageBody: aws.String("4"), DelaySeconds: 901})
	send()
	send(entry("a", "1"), entry("a", "2"))
	send(entry("a b", "1"))
	send(slices.Repeat([]types.SendMessageBatchRequestEntry{entry("a", "1")}, 11)...)
	half := strings.Repeat("x", 600_000)
	send(entry("a", half), entry("b", half))
	got := s.receive(url, 10, 0, 0)
	hidden, err := s.ChangeMessageVisibilityBatch(s.ctx, &awssqs.ChangeMessageVisibilityBatchInput{QueueUrl: url, Entries: []types.ChangeMessageVisibilityBatchRequestEntry{
		{Id: aws.String("a"), ReceiptHandle: got[0].ReceiptHandle, VisibilityTimeout: 100}, {Id: aws.String("b"), ReceiptHandle: aws.String("x")},
	}})
	require.NoError(s.t, err)
	s.note("hidden %d, failed %s %s", len(hidden.Successful), *hidden.Failed[0].Id, *hidden.Failed[0].Code)
	dropped, err := s.DeleteMessageBatch(s.ctx, &awssqs.DeleteMessageBatchInput{QueueUrl: url, Entries: []types.DeleteMessageBatchRequestEntry{
		{Id: aws.String("a"), ReceiptHandle: got[0].ReceiptHandle}, {Id: aws.String("b"), ReceiptHandle: got[1].ReceiptHandle}, {Id: aws.String("c"), ReceiptHandle: aws.String("x")},
	}})
	require.NoError(s.t, err)
	s.note("deleted %d, failed %s %s", len(dropped.Successful), *dropped.Failed[0].Id, *dropped.Failed[0].Code)
	s.counts(url)
}

func timingStory(s *story) {
	url := s.queue("jobs", map[string]string{"VisibilityTimeout": "1"})
	s.send(url, "delayed", 2)
	s.receive(url, 1, 0, 0)
	s.counts(url)
	s.receive(url, 1, 20, time.Second)
	got := s.receive(url, 1, 20, time.Second/2)
	_, err := s.ChangeMessageVisibility(s.ctx, &awssqs.ChangeMessageVisibilityInput{QueueUrl: url, ReceiptHandle: got[0].ReceiptHandle})
	require.NoError(s.t, err)
	got = s.receive(url, 1, 0, 0)
	s.drop(url, got[0])
	s.receive(url, 1, 1, time.Second)
	later := make(chan struct{})
	go func() {
		defer close(later)
		time.Sleep(time.Second)
		s.send(url, "while it waits", 0)
	}()
	s.receive(url, 1, 20, time.Second/2)
	<-later
}

func fifoStory(s *story) {
	url := s.queue("orders.fifo", map[string]string{"FifoQueue": "true", "VisibilityTimeout": "2"})
	send := func(group, id, body string) {
		out, err := s.SendMessage(s.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: &body, MessageGroupId: &group, MessageDeduplicationId: &id})
		require.NoError(s.t, err)
		s.note("sent %s as %s", body, *out.SequenceNumber)
	}
	send("a", "1", "first")
	send("a", "2", "second")
	send("b", "3", "other")
	send("a", "1", "duplicate")
	got := s.receive(url, 1, 0, 0)
	s.drop(url, s.receive(url, 10, 0, 0)[0])
	s.drop(url, got[0])
	s.receive(url, 10, 0, 0)
	s.receive(url, 10, 20, time.Second)
	_, err := s.SendMessage(s.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x"), MessageGroupId: aws.String("a")})
	s.fails(err)
	_, err = s.DeleteMessage(s.ctx, &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: got[0].ReceiptHandle})
	require.NoError(s.t, err)
	again := &awssqs.ReceiveMessageInput{QueueUrl: url, ReceiveRequestAttemptId: aws.String("r"), WaitTimeSeconds: 20}
	one, err := s.ReceiveMessage(s.ctx, again)
	require.NoError(s.t, err)
	two, err := s.ReceiveMessage(s.ctx, again)
	require.NoError(s.t, err)
	s.note("repeated: %v", len(one.Messages) == 1 && *one.Messages[0].ReceiptHandle == *two.Messages[0].ReceiptHandle)
}

func redriveStory(s *story) {
	dead := s.queue("dead", map[string]string{"RedriveAllowPolicy": `{"redrivePermission":"byQueue","sourceQueueArns":["` + queueARN + `"]}`})
	policy := map[string]string{"VisibilityTimeout": "0", "RedrivePolicy": `{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111122223333:dead","maxReceiveCount":1}`}
	url := s.queue("jobs", policy)
	_, err := s.CreateQueue(s.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("uninvited"), Attributes: policy})
	s.fails(err)
	sources, err := s.ListDeadLetterSourceQueues(s.ctx, &awssqs.ListDeadLetterSourceQueuesInput{QueueUrl: dead})
	require.NoError(s.t, err)
	s.note("%d sources", len(sources.QueueUrls))
	s.send(url, "1", 0)
	s.send(url, "2", 0)
	s.receive(url, 2, 0, 0)
	s.receive(url, 2, 0, 0)
	s.counts(dead)
	_, err = s.SetQueueAttributes(s.ctx, &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"VisibilityTimeout": "30"}})
	require.NoError(s.t, err)
	source := aws.String("arn:aws:sqs:us-east-1:111122223333:dead")
	task, err := s.StartMessageMoveTask(s.ctx, &awssqs.StartMessageMoveTaskInput{SourceArn: source, MaxNumberOfMessagesPerSecond: aws.Int32(1)})
	require.NoError(s.t, err)
	list := func() {
		out, err := s.ListMessageMoveTasks(s.ctx, &awssqs.ListMessageMoveTasksInput{SourceArn: source, MaxResults: aws.Int32(10)})
		require.NoError(s.t, err)
		for _, r := range out.Results {
			s.note("%s moved %d of %d", *r.Status, r.ApproximateNumberOfMessagesMoved, *r.ApproximateNumberOfMessagesToMove)
		}
	}
	s.receive(url, 10, 20, 0)
	s.receive(url, 10, 20, time.Second/4)
	list()
	_, err = s.CancelMessageMoveTask(s.ctx, &awssqs.CancelMessageMoveTaskInput{TaskHandle: task.TaskHandle})
	s.fails(err)
	_, err = s.StartMessageMoveTask(s.ctx, &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(queueARN)})
	s.fails(err)
}

func accessStory(s *story) {
	url := s.queue("jobs", nil)
	user := func(account, name, policy string) *awssqs.Client { return s.as(s.cloud.userKey(account, name, policy)) }
	post := func(client *awssqs.Client) {
		_, err := client.SendMessage(s.ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
		if err != nil {
			s.fails(err)
			return
		}
		s.note("sent")
	}
	post(user(owner, "bob", ""))
	post(user(owner, "eve", allow("sqs:SendMessage", queueARN)))
	guest := user(stranger, "guest", allow("sqs:*", "*"))
	post(guest)
	_, err := s.AddPermission(s.ctx, &awssqs.AddPermissionInput{QueueUrl: url, Label: aws.String("guests"), AWSAccountIds: []string{stranger}, Actions: []string{"*"}})
	require.NoError(s.t, err)
	post(guest)
	found, err := guest.GetQueueUrl(s.ctx, &awssqs.GetQueueUrlInput{QueueName: aws.String("jobs"), QueueOwnerAWSAccountId: aws.String(owner)})
	require.NoError(s.t, err)
	s.note("found: %v", *found.QueueUrl == *url)
	// Never across accounts, whatever the queue's policy says.
	for _, call := range []func() error{
		func() error { _, err := guest.DeleteQueue(s.ctx, &awssqs.DeleteQueueInput{QueueUrl: url}); return err },
		func() error {
			_, err := guest.TagQueue(s.ctx, &awssqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"a": "b"}})
			return err
		},
		func() error {
			_, err := guest.ListQueueTags(s.ctx, &awssqs.ListQueueTagsInput{QueueUrl: url})
			return err
		},
		func() error {
			_, err := guest.UntagQueue(s.ctx, &awssqs.UntagQueueInput{QueueUrl: url, TagKeys: []string{"a"}})
			return err
		},
		func() error {
			_, err := guest.SetQueueAttributes(s.ctx, &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"DelaySeconds": "1"}})
			return err
		},
		func() error {
			_, err := guest.StartMessageMoveTask(s.ctx, &awssqs.StartMessageMoveTaskInput{SourceArn: aws.String(queueARN)})
			return err
		},
		func() error {
			_, err := guest.ListMessageMoveTasks(s.ctx, &awssqs.ListMessageMoveTasksInput{SourceArn: aws.String(queueARN)})
			return err
		},
		func() error {
			_, err := guest.AddPermission(s.ctx, &awssqs.AddPermissionInput{QueueUrl: url, Label: aws.String("x"), AWSAccountIds: []string{stranger}, Actions: []string{"*"}})
			return err
		},
		func() error {
			_, err := guest.RemovePermission(s.ctx, &awssqs.RemovePermissionInput{QueueUrl: url, Label: aws.String("guests")})
			return err
		},
	} {
		s.fails(call())
	}
	_, err = s.SetQueueAttributes(s.ctx, &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{
		"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"` + queueARN + `"}]}`,
	}})
	require.NoError(s.t, err)
	post(s.as(aws.AnonymousCredentials{}))
	s.counts(url)
}

func refusalsStory(s *story) {
	url := s.queue("jobs", nil)
	missing := aws.String(*url + "-missing")
	for _, in := range []awssqs.SendMessageInput{
		{QueueUrl: missing, MessageBody: aws.String("x")}, {QueueUrl: url, MessageBody: aws.String("\x01")},
		{QueueUrl: url, MessageBody: aws.String("x"), DelaySeconds: 901}, {QueueUrl: url, MessageBody: aws.String("x"), MessageDeduplicationId: aws.String("x")},
		{QueueUrl: url, MessageBody: aws.String("x"), MessageAttributes: map[string]types.MessageAttributeValue{"AWS.x": {DataType: aws.String("String"), StringValue: aws.String("x")}}},
	} {
		_, err := s.SendMessage(s.ctx, &in)
		s.fails(err)
	}
	for _, in := range []awssqs.ReceiveMessageInput{{QueueUrl: missing}, {QueueUrl: url, MaxNumberOfMessages: 11}, {QueueUrl: url, WaitTimeSeconds: 21}, {QueueUrl: url, VisibilityTimeout: -1}} {
		_, err := s.ReceiveMessage(s.ctx, &in)
		s.fails(err)
	}
	_, err := s.DeleteMessage(s.ctx, &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("x")})
	s.fails(err)
	for _, attributes := range []map[string]string{{"DelaySeconds": "901"}, {"Nope": "1"}, {"Policy": "x"}, {"RedrivePolicy": "x"}, {"FifoQueue": "true"}} {
		_, err := s.SetQueueAttributes(s.ctx, &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: attributes})
		s.fails(err)
	}
	_, err = s.CreateQueue(s.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("jobs"), Attributes: map[string]string{"DelaySeconds": "5"}})
	s.fails(err)
	_, err = s.CreateQueue(s.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("a.fifo")})
	s.fails(err)
}
