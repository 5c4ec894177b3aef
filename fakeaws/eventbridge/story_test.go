package eventbridge_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/eventbridge"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// An event goes from who puts it through a rule to a queue, whose policy lets EventBridge.
func TestStory(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		queue := c.queue(t, owner, "q", admit("arn:aws:sqs:"+region+":"+owner+":q", ordersRule))
		c.ordersTo(t, &types.Target{Arn: &queue})
		app := c.user(t, owner, allow("events:PutEvents", defaultBus))
		e := entry("shop", "Order <placed>", `{"id": 1, "note": "a & b"}`)
		e.Resources = []string{"arn:aws:s3:::b"}
		e.Time = aws.Time(time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC))
		out := put(t, app, e, entry("else", "x", `{}`))
		require.Len(t, out.Entries, 2)
		assert.Zero(t, out.FailedEntryCount)
		bodies := c.bodies(t, "q")
		require.Len(t, bodies, 1)
		assert.Equal(t, `{"version":"0","id":"`+*out.Entries[0].EventId+`","detail-type":"Order <placed>","source":"shop","account":"`+owner+
			`","time":"2026-11-30T08:00:00Z","region":"`+region+`","resources":["arn:aws:s3:::b"],"detail":{"id":1,"note":"a & b"}}`, bodies[0])
		assert.Equal(t, eventbridge.Delivered, c.last(t).Outcome)
		published := eventbridge.Published(c.World.World, defaultBus)
		require.Len(t, published, 2)
		assert.Equal(t, bodies[0], published[0].Document)
		assert.Len(t, published[0].Deliveries, 1)
		assert.Empty(t, published[1].Deliveries)

		_, err := app.DescribeRule(t.Context(), &eb.DescribeRuleInput{Name: aws.String("orders")})
		requireDenied(t, err)
	})
}

// Each entry is judged by itself; a call all of whose entries are denied is denied.
func TestPutEventsIsJudgedByEntry(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		app := c.user(t, owner, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"events:PutEvents","Resource":"*",`+
			`"Condition":{"StringEquals":{"events:source":"shop","events:eventBusInvocation":"false"}}}}`)
		out := put(t, app, entry("shop", "x", `{}`), entry("other", "x", `{}`))
		assert.EqualValues(t, 1, out.FailedEntryCount)
		assert.NotNil(t, out.Entries[0].EventId)
		assert.Equal(t, "AccessDeniedException", *out.Entries[1].ErrorCode)
		assert.Nil(t, out.Entries[1].EventId)
		_, err := app.PutEvents(t.Context(), &eb.PutEventsInput{Entries: []types.PutEventsRequestEntry{entry("other", "x", `{}`)}})
		requireDenied(t, err)
		assert.Len(t, eventbridge.Published(c.World.World, defaultBus), 1)
	})
}

func TestEntriesThatFail(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.Socket)
	out := put(t, c.root(), types.PutEventsRequestEntry{Source: aws.String("s"), DetailType: aws.String("t")},
		types.PutEventsRequestEntry{Source: aws.String("s"), Detail: aws.String("{}")}, entry("s", "t", "[]"), entry("s", "t", "{"), entry("aws.s3", "t", "{}"),
		types.PutEventsRequestEntry{})
	assert.EqualValues(t, 6, out.FailedEntryCount)
	for i, want := range [][2]string{
		{"InvalidArgument", "Parameter Detail is not valid. Reason: Detail is a required argument."},
		{"InvalidArgument", "Parameter DetailType is not valid. Reason: DetailType is a required argument."},
		{"MalformedDetail", "Detail is malformed."}, {"MalformedDetail", "Detail is malformed."},
		{"NotAuthorizedForSourceException", "Not authorized for the source."},
		{"InvalidArgument", "Parameter Source is not valid. Reason: Source is a required argument."},
	} {
		assert.Equal(t, want, [2]string{*out.Entries[i].ErrorCode, *out.Entries[i].ErrorMessage})
	}
	// On a bus that there is not an event is gone without a word.
	lost := entry("s", "t", "{}")
	lost.EventBusName = aws.String("missing")
	assert.NotNil(t, put(t, c.root(), lost).Entries[0].EventId)
}

// Who may send is decided by the policy of the queue, and by the role where there is one.
func TestDeliveriesAreJudged(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	dead := c.queue(t, owner, "dead", admit("arn:aws:sqs:"+region+":"+owner+":dead", ordersRule))
	closed := c.queue(t, owner, "closed", "")
	other := c.queue(t, owner, "other", admit("arn:aws:sqs:"+region+":"+owner+":other", ordersRule+"x"))
	for _, queue := range []string{closed, other} {
		c.ordersTo(t, &types.Target{Arn: &queue, DeadLetterConfig: &types.DeadLetterConfig{Arn: &dead}})
		put(t, c.root(), entry("shop", "x", `{}`))
		d := c.last(t)
		assert.Equal(t, eventbridge.DeadLettered, d.Outcome)
		assert.Equal(t, "NO_PERMISSIONS", d.Code)
	}
	letters := c.messages(t, owner, "dead")
	require.Len(t, letters, 2)
	assert.Equal(t, "shop", decoded(t, letters[0].Body)["source"])
	for name, want := range map[string]string{"RULE_ARN": ordersRule, "TARGET_ARN": closed, "ERROR_CODE": "NO_PERMISSIONS"} {
		assert.Equal(t, want, *letters[0].Attributes[name].StringValue, name)
	}
	assert.Contains(t, *letters[0].Attributes["ERROR_MESSAGE"].StringValue, "denied")

	// Without a dead-letter queue, and with one that is closed, the event is dropped.
	c.ordersTo(t, &types.Target{Arn: &closed})
	put(t, c.root(), entry("shop", "x", `{}`))
	assert.Equal(t, eventbridge.Dropped, c.last(t).Outcome)
	c.ordersTo(t, &types.Target{Arn: &closed, DeadLetterConfig: &types.DeadLetterConfig{Arn: &other}})
	put(t, c.root(), entry("shop", "x", `{}`))
	assert.Equal(t, eventbridge.Dropped, c.last(t).Outcome)
	assert.Contains(t, c.last(t).Reason, "and not to the dead-letter queue")

	// A role sends where the queue has no policy.
	sender := c.role(t, owner, "sender", "events.amazonaws.com", allow("sqs:SendMessage", closed))
	c.ordersTo(t, &types.Target{Arn: &closed, RoleArn: &sender})
	put(t, c.root(), entry("shop", "x", `{}`))
	assert.Equal(t, eventbridge.Delivered, c.last(t).Outcome, c.last(t).Reason)
	weak := c.role(t, owner, "weak", "events.amazonaws.com", "")
	c.ordersTo(t, &types.Target{Arn: &closed, RoleArn: &weak})
	put(t, c.root(), entry("shop", "x", `{}`))
	assert.Equal(t, "NO_PERMISSIONS", c.last(t).Code)

	gone := fakeaws.ARN("sqs", region, owner, "gone")
	c.ordersTo(t, &types.Target{Arn: &gone})
	put(t, c.root(), entry("shop", "x", `{}`))
	assert.Equal(t, eventbridge.Dropped, c.last(t).Outcome)
}

// To give a target a role is to pass it, and EventBridge must be able to assume it.
func TestPassRole(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.Socket)
	queue := c.queue(t, owner, "q", "")
	good := c.role(t, owner, "good", "events.amazonaws.com", "")
	lambda := c.role(t, owner, "lambda", "lambda.amazonaws.com", "")
	c.ordersTo(t, &types.Target{Arn: &queue})
	target := func(by *eb.Client, role string) error {
		_, err := by.PutTargets(t.Context(), &eb.PutTargetsInput{Rule: aws.String("orders"), Targets: []types.Target{{Id: aws.String("r"), Arn: &queue, RoleArn: &role}}})
		return err
	}
	requireDenied(t, target(c.user(t, owner, allow("events:PutTargets", ordersRule)), good))
	passes := c.user(t, owner, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"events:PutTargets","Resource":"*","Condition":{"ArnEquals":{"events:TargetArn":"`+queue+`"}}},`+
		`{"Effect":"Allow","Action":"iam:PassRole","Resource":"*","Condition":{"StringEquals":{"iam:PassedToService":"events.amazonaws.com"}}}]}`)
	require.NoError(t, target(passes, good))
	for _, role := range []string{lambda, "arn:aws:iam::" + owner + ":role/none"} {
		worldtest.RequireError(t, target(passes, role), "ValidationException", "Provided role '"+role+"' cannot be assumed by principal 'events.amazonaws.com'.")
	}
	_, err := passes.PutRule(t.Context(), &eb.PutRuleInput{Name: aws.String("orders"), EventPattern: aws.String(pattern)})
	requireDenied(t, err)
}

// A target in another account takes events by the policy of its bus, or by a role.
func TestOtherAccounts(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		theirs := fakeaws.ARN("events", region, stranger, "event-bus/default")
		c.ordersTo(t, &types.Target{Arn: &theirs})
		their := fakeaws.ARN("events", region, stranger, "rule/all")
		queue := c.queue(t, stranger, "q", admit("arn:aws:sqs:"+region+":"+stranger+":q", their))
		back := defaultBus
		for _, target := range []types.Target{{Id: aws.String("q"), Arn: &queue}, {Id: aws.String("back"), Arn: &back}} {
			_, err := c.of(stranger).PutRule(t.Context(), &eb.PutRuleInput{Name: aws.String("all"), EventPattern: aws.String(`{"account":["` + owner + `"]}`)})
			require.NoError(t, err)
			_, err = c.of(stranger).PutTargets(t.Context(), &eb.PutTargetsInput{Rule: aws.String("all"), Targets: []types.Target{target}})
			require.NoError(t, err)
		}
		put(t, c.root(), entry("shop", "x", `{}`))
		assert.Equal(t, "NO_PERMISSIONS", c.last(t).Code)
		direct := entry("shop", "x", `{}`)
		direct.EventBusName = &theirs
		_, err := c.root().PutEvents(t.Context(), &eb.PutEventsInput{Entries: []types.PutEventsRequestEntry{direct}})
		requireDenied(t, err)

		_, err = c.of(stranger).PutPermission(t.Context(), &eb.PutPermissionInput{
			Action: aws.String("events:PutEvents"), Principal: aws.String(owner), StatementId: aws.String("neighbour")})
		require.NoError(t, err)
		put(t, c.root(), entry("shop", "x", `{}`))
		assert.Equal(t, eventbridge.Delivered, c.last(t).Outcome, c.last(t).Reason)
		messages := c.messages(t, stranger, "q")
		require.Len(t, messages, 1)
		assert.Equal(t, owner, decoded(t, messages[0].Body)["account"])
		// An event that came from another bus is not sent on.
		sent := eventbridge.Deliveries(c.World.World, their)
		assert.Equal(t, "THIRD_ACCOUNT_HOP_DETECTED", sent[len(sent)-1].Code)

		put(t, c.root(), direct)
		messages = c.messages(t, stranger, "q")
		require.Len(t, messages, 2)
		assert.Equal(t, owner, decoded(t, messages[1].Body)["account"])
	})
}

// A bus of the same account is reached by a role, and keeps the event as it is.
func TestBusToBus(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	made, err := c.root().CreateEventBus(t.Context(), &eb.CreateEventBusInput{Name: aws.String("second")})
	require.NoError(t, err)
	c.ordersTo(t, &types.Target{Arn: made.EventBusArn})
	put(t, c.root(), entry("shop", "x", `{}`))
	assert.Equal(t, "NO_PERMISSIONS", c.last(t).Code)
	by := c.role(t, owner, "forwards", "events.amazonaws.com", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"events:PutEvents","Resource":"`+
		*made.EventBusArn+`","Condition":{"StringEquals":{"events:eventBusInvocation":"true"}}}}`)
	c.ordersTo(t, &types.Target{Arn: made.EventBusArn, RoleArn: &by})
	out := put(t, c.root(), entry("shop", "x", `{}`))
	require.Equal(t, eventbridge.Delivered, c.last(t).Outcome, c.last(t).Reason)
	second := eventbridge.Published(c.World.World, *made.EventBusArn)
	require.Len(t, second, 1)
	assert.Equal(t, *out.Entries[0].EventId, second[0].ID)
}

// Topics and functions take events by their policies, and streams by the role.
func TestOtherTargets(t *testing.T) {
	t.Parallel()
	c := newCloudOfAll(t)
	topic, err := awssns.NewFromConfig(c.RootConfig(owner)).CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("t"), Attributes: map[string]string{
		"Policy": `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"events.amazonaws.com"},"Action":"sns:Publish","Resource":"arn:aws:sns:` + region + `:` + owner + `:t"}}`}})
	require.NoError(t, err)
	c.ordersTo(t, &types.Target{Arn: topic.TopicArn, Input: aws.String(`{"fixed":true}`)})
	put(t, c.root(), entry("shop", "x", `{}`))
	assert.Equal(t, eventbridge.Delivered, c.last(t).Outcome, c.last(t).Reason)
	assert.Equal(t, `{"fixed":true}`, c.last(t).Input)

	stream := fakeaws.ARN("kinesis", region, owner, "stream/s")
	var keys []string
	c.Receive(stream, func(_ context.Context, d *fakeaws.Delivery) ([]byte, error) {
		keys = append(keys, d.PartitionKey)
		return nil, nil
	})
	_, err = c.root().PutTargets(t.Context(), &eb.PutTargetsInput{Rule: aws.String("orders"), Targets: []types.Target{{Id: aws.String("s"), Arn: &stream}}})
	worldtest.RequireError(t, err, "ValidationException", "RoleArn is required for target "+stream+".")
	by := c.role(t, owner, "streams", "events.amazonaws.com", allow("kinesis:PutRecord", stream))
	c.ordersTo(t, &types.Target{Arn: &stream, RoleArn: &by, KinesisParameters: &types.KinesisParameters{PartitionKeyPath: aws.String("$.detail.id")}})
	put(t, c.root(), entry("shop", "x", `{"id":"k"}`))
	require.Equal(t, eventbridge.Delivered, c.last(t).Outcome, c.last(t).Reason)
	assert.Equal(t, []string{"k"}, keys)
}

// What fails for a reason that may pass is tried again on the World's clock, as the retry
// policy of the target says.
func TestRetries(t *testing.T) {
	t.Parallel()
	c := newCloudOfAll(t)
	stream := fakeaws.ARN("firehose", region, owner, "deliverystream/s")
	by := c.role(t, owner, "streams", "events.amazonaws.com", allow("firehose:PutRecord", stream))
	dead := c.queue(t, owner, "dead", admit("arn:aws:sqs:"+region+":"+owner+":dead", ordersRule))
	calls, works := 0, 3
	c.Receive(stream, func(context.Context, *fakeaws.Delivery) ([]byte, error) {
		if calls++; calls == works {
			return nil, nil
		}
		return nil, errors.New("not now")
	})
	c.ordersTo(t, &types.Target{Arn: &stream, RoleArn: &by})
	put(t, c.root(), entry("shop", "x", `{}`))
	assert.Equal(t, eventbridge.Retrying, c.last(t).Outcome)
	require.NoError(t, c.Advance(t.Context(), time.Minute))
	assert.Equal(t, eventbridge.Delivered, c.last(t).Outcome)
	assert.Equal(t, 3, calls)

	calls, works = 0, -1
	c.ordersTo(t, &types.Target{Arn: &stream, RoleArn: &by, DeadLetterConfig: &types.DeadLetterConfig{Arn: &dead},
		RetryPolicy: &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(2)}})
	put(t, c.root(), entry("shop", "x", `{}`))
	require.NoError(t, c.Advance(t.Context(), time.Hour))
	assert.Equal(t, 3, calls)
	letters := c.messages(t, owner, "dead")
	require.Len(t, letters, 1)
	assert.Equal(t, "MaximumRetryAttempts", *letters[0].Attributes["EXHAUSTED_RETRY_CONDITION"].StringValue)
	assert.Equal(t, "2", *letters[0].Attributes["RETRY_ATTEMPTS"].StringValue)

	calls = 0
	c.ordersTo(t, &types.Target{Arn: &stream, RoleArn: &by, DeadLetterConfig: &types.DeadLetterConfig{Arn: &dead},
		RetryPolicy: &types.RetryPolicy{MaximumEventAgeInSeconds: aws.Int32(60)}})
	put(t, c.root(), entry("shop", "x", `{}`))
	// A clone has what waits, and tries it by itself.
	clone := &cloud{worldtest.Clone(t, c.World.World)}
	defer clone.Close()
	require.NoError(t, clone.Advance(t.Context(), time.Hour))
	assert.Len(t, clone.messages(t, owner, "dead"), 2)
	assert.Len(t, c.messages(t, owner, "dead"), 1)
	assert.Equal(t, eventbridge.Retrying, c.last(t).Outcome)
	require.NoError(t, c.Advance(t.Context(), time.Hour))
	assert.Equal(t, "MaximumEventAgeInSeconds", *c.messages(t, owner, "dead")[1].Attributes["EXHAUSTED_RETRY_CONDITION"].StringValue)
}
