package eventstest_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/eventstest"
	"github.com/leastpriv/leastpriv/fakeaws/eventbridge"
)

// An event that Go code puts goes to a queue as one of a program does.
func TestEvents(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, eventstest.With())
	queue := acct.SQS().CreateQueue("jobs", nil)
	client := eb.NewFromConfig(acct.Config())
	rule, err := client.PutRule(t.Context(), &eb.PutRuleInput{Name: aws.String("orders"), EventPattern: aws.String(`{"source":["shop"],"detail":{"total":[{"numeric":[">",100]}]}}`)})
	require.NoError(t, err)
	_, err = client.PutTargets(t.Context(), &eb.PutTargetsInput{Rule: aws.String("orders"), Targets: []types.Target{{Id: aws.String("jobs"), Arn: aws.String(queue.ARN())}}})
	require.NoError(t, err)

	bus := eventstest.Of(acct)
	small := bus.Put("shop", "Order Placed", map[string]any{"total": 5})
	assert.Empty(t, small.Deliveries)
	large := bus.Put("shop", "Order Placed", map[string]any{"total": 500})
	require.Len(t, large.Deliveries, 1)
	assert.Equal(t, eventbridge.Dropped, large.Deliveries[0].Outcome)
	assert.Equal(t, "NO_PERMISSIONS", large.Deliveries[0].Code)

	queue.SetPolicy(awstest.Allow("sqs:SendMessage").By("events.amazonaws.com").If("ArnEquals", "aws:SourceArn", *rule.RuleArn))
	large = bus.Put("shop", "Order Placed", map[string]any{"total": 500})
	assert.Equal(t, eventbridge.Delivered, large.Deliveries[0].Outcome, large.Deliveries[0].Reason)
	assert.Equal(t, []string{large.Document}, queue.Bodies())
	assert.Len(t, bus.Events(), 3)
	assert.Len(t, bus.Deliveries("orders"), 2)
	assert.Equal(t, []string{"orders"}, bus.Rules())
	assert.Equal(t, "aws.s3", bus.Put("aws.s3", "Object Created", map[string]any{}).Source)
	assert.Empty(t, bus.In("eu-west-1").Events())

	clone := acct.Clone(t)
	eventstest.Of(clone).Put("shop", "Order Placed", map[string]any{"total": 500})
	assert.Len(t, bus.Events(), 4)
}

// A rule with a schedule runs when the account's time goes on.
func TestSchedule(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, eventstest.With())
	client := eb.NewFromConfig(acct.Config())
	_, err := client.PutRule(t.Context(), &eb.PutRuleInput{Name: aws.String("nightly"), ScheduleExpression: aws.String("rate(1 day)")})
	require.NoError(t, err)
	acct.Advance(3*24*time.Hour + time.Minute)
	events := eventstest.Of(acct).Events()
	require.Len(t, events, 3)
	assert.Equal(t, "Scheduled Event", events[0].DetailType)
}
