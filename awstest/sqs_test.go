package awstest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSQSInspection(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.WithTime(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)))
	jobs := acct.SQS().CreateQueue("jobs", map[string]string{"VisibilityTimeout": "60"})
	dead := acct.SQS().CreateQueue("dead", nil)
	jobs.DeadLettersTo(dead, 1)
	jobs.Send("first", "second")
	id := jobs.SendMessage(&awssqs.SendMessageInput{
		MessageBody: aws.String(strings.Repeat("x", 300)), DelaySeconds: 30,
		MessageAttributes: map[string]types.MessageAttributeValue{"kind": {DataType: aws.String("String"), StringValue: aws.String("k")}},
	})

	client := awssqs.NewFromConfig(acct.Config())
	receive := func() {
		_, err := client.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: aws.String(jobs.URL())})
		require.NoError(t, err)
	}
	receive()
	var states []sqs.State
	for _, m := range jobs.Messages() {
		states = append(states, m.State)
	}
	assert.Equal(t, []sqs.State{sqs.InFlight, sqs.Visible, sqs.Delayed}, states)
	assert.Equal(t, []string{"second"}, jobs.Bodies(sqs.Visible))
	assert.Equal(t, 1, jobs.Messages()[0].ReceiveCount)
	assert.False(t, jobs.Messages()[0].FirstReceived.IsZero())
	assert.Equal(t, id, jobs.Messages()[2].ID)
	assert.Contains(t, jobs.Messages()[2].Attributes, "kind")

	acct.Advance(time.Minute)
	receive()
	require.Equal(t, []string{"first"}, dead.Bodies())
	letter := dead.Messages()[0]
	assert.Equal(t, jobs.ARN(), letter.DeadLetterSource)
	assert.Regexp(t, `^visible, received 1x, dead letter of jobs: "first"$`, letter.String())
	assert.Equal(t, "dead", acct.SQS().Queue("dead").Name())

	dump := acct.SQS().Dump()
	assert.Regexp(t, `^queue dead in us-east-1, messages: 1\n   1  visible, received 1x, dead letter of jobs: "first"\nqueue jobs in us-east-1, messages: 2\n   1  in flight until 03:06:\d\d\.\d{3}, received 1x: "second"\n   2  visible, attributes kind: "x{200}"… \(300 bytes\)\n$`, dump)

	jobs.Purge()
	jobs.Purge()
	assert.Empty(t, jobs.Bodies())
	assert.Equal(t, []string{"dead", "jobs"}, acct.SQS().Names())
}

func TestSQSInspectionOfFIFOQueues(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	orders := acct.SQS().CreateQueue("orders.fifo", nil)
	orders.Send("1", "1", "2")
	client := awssqs.NewFromConfig(acct.Config())
	_, err := client.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: aws.String(orders.URL())})
	require.NoError(t, err)
	assert.Equal(t, []string{"1", "2"}, orders.Bodies(sqs.Blocked))
	m := orders.Messages()[1]
	assert.Equal(t, "test", m.GroupID)
	assert.NotEmpty(t, m.DeduplicationID)
	assert.Len(t, m.SequenceNumber, 20)
	assert.Equal(t, `blocked, group test: "1"`, m.String())
}

func TestQueuePolicies(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	queue, user := acct.SQS().CreateQueue("jobs", nil), acct.NewUser("alice")
	queue.SetPolicy(awstest.Allow("sqs:SendMessage").By(user.ARN()))
	_, err := awssqs.NewFromConfig(user.Config()).SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: aws.String(queue.URL()), MessageBody: aws.String("job")})
	awstest.AssertAllowed(t, err)
	assert.Equal(t, []string{"job"}, queue.Bodies())
}

// The same name in two regions is two queues.
func TestSQSRegions(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	here, there := acct.SQS().CreateQueue("jobs", nil), acct.SQS().In("eu-west-1").CreateQueue("jobs", nil)
	assert.NotEqual(t, here.URL(), there.URL())
	there.Send("x")
	cfg := acct.Config()
	for region, want := range map[string]int{"us-east-1": 0, "eu-west-1": 1} {
		cfg.Region = region
		client := awssqs.NewFromConfig(cfg)
		url, err := client.GetQueueUrl(t.Context(), &awssqs.GetQueueUrlInput{QueueName: aws.String("jobs")})
		require.NoError(t, err)
		assert.Equal(t, "https://sqs."+region+".amazonaws.com/"+acct.ID()+"/jobs", *url.QueueUrl)
		got, err := client.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url.QueueUrl})
		require.NoError(t, err)
		assert.Len(t, got.Messages, want)
	}
}

func TestSQSMistakesEndTheTest(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		mistake func(*awstest.SQS)
		says    string
	}{
		"no such queue":   {func(s *awstest.SQS) { s.Queue("jbos") }, "awstest: no queue jbos in us-east-1 of 000000000000; there are: jobs"},
		"a bad name":      {func(s *awstest.SQS) { s.CreateQueue("a b", nil) }, "awstest: CreateQueue a b: "},
		"a bad attribute": {func(s *awstest.SQS) { s.Queue("jobs").SetAttributes(map[string]string{"Nope": "1"}) }, "Unknown Attribute Nope."},
		"a bad message":   {func(s *awstest.SQS) { s.Queue("jobs").Send("\x00") }, "awstest: SendMessage to jobs: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := failing(t, func(tb awstest.TB) {
				acct := awstest.New(tb)
				acct.SQS().CreateQueue("jobs", nil)
				tc.mistake(acct.SQS())
			})
			require.True(t, r.fatal)
			assert.Contains(t, r.errors[0], tc.says)
		})
	}
}
