package dlq

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A message that cannot be handled ends in the dead-letter queue, keeps nobody from
// the others, and comes back once the handler is mended. Minutes pass at once.
func TestPoisonMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		acct := awstest.New(t)
		jobs := acct.SQS().CreateQueue("jobs", map[string]string{"VisibilityTimeout": "60"})
		dead := acct.SQS().CreateQueue("dead", nil)
		jobs.DeadLettersTo(dead, 2)
		jobs.Send("good", "poison", "fine")

		worker := awssqs.NewFromConfig(acct.NewRole("worker",
			awstest.Allow("sqs:ReceiveMessage", "sqs:DeleteMessage").On(jobs.ARN())).Config())
		work := func(handle func(string) error) {
			require.NoError(t, Work(t.Context(), worker, jobs.URL(), handle))
		}
		broken := func(body string) error {
			if body == "poison" {
				return errors.New("cannot read this")
			}
			return nil
		}
		work(broken)
		time.Sleep(time.Minute)
		work(broken)
		time.Sleep(time.Minute)
		work(broken)
		if !assert.Equal(t, []string{"poison"}, dead.Bodies()) || !assert.Empty(t, jobs.Bodies()) {
			t.Log(acct.SQS().Dump())
		}
		assert.Equal(t, 2, dead.Messages()[0].ReceiveCount)

		redriver := awssqs.NewFromConfig(acct.NewRole("redriver",
			awstest.Allow("sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes").On(dead.ARN()),
			awstest.Allow("sqs:SendMessage").On(jobs.ARN())).Config())
		require.NoError(t, Redrive(t.Context(), redriver, dead.ARN()))
		work(func(string) error { return nil })
		assert.Empty(t, acct.SQS().Queue("jobs").Bodies())
	})
}

// The role that redrives can do that and nothing else.
func TestRedriveIsLeastPrivilege(t *testing.T) {
	acct := awstest.New(t)
	jobs, dead := acct.SQS().CreateQueue("jobs", nil), acct.SQS().CreateQueue("dead", nil)
	jobs.DeadLettersTo(dead, 1)
	onDead := awstest.Allow("sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes").On(dead.ARN())
	redrive := func(ctx context.Context, cfg aws.Config) error {
		return Redrive(ctx, awssqs.NewFromConfig(cfg), dead.ARN())
	}
	awstest.Cases{
		{Name: "redrives", As: acct.NewRole("redriver", onDead, awstest.Allow("sqs:SendMessage").On(jobs.ARN())), Call: redrive, Want: awstest.WantAllowed()},
		{Name: "must be able to send", As: acct.NewRole("reader", onDead), Call: redrive, Want: awstest.WantDenied("sqs:SendMessage")},
		{Name: "must be able to receive", As: acct.NewRole("starter", awstest.Allow("sqs:StartMessageMoveTask").On(dead.ARN())), Call: redrive, Want: awstest.WantDenied("sqs:ReceiveMessage")},
	}.Run(t)
}
