package scheduler_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/fakeaws/eventbridge"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/scheduler"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
	"github.com/leastpriv/leastpriv/internal/clock"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	owner  = worldtest.Account
	region = worldtest.Region
	hourly = "arn:aws:scheduler:" + region + ":" + owner + ":schedule/default/hourly"
)

// start is a Monday.
var start = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

type cloud struct{ *worldtest.World }

func services() []fakeaws.Service {
	return []fakeaws.Service{scheduler.Service, eventbridge.Service, sqs.Service, iam.Service, sts.Service}
}

// newCloud is a World whose clock reads start, with clients that stay in the process.
func newCloud(t testing.TB) *cloud {
	t.Helper()
	w := worldtest.NewWorld(t, fakeaws.Config{Region: region, Clock: clock.At(start), Others: anyservice.Services{}, Services: services()})
	c := &cloud{worldtest.Clone(t, w)}
	t.Cleanup(c.Close)
	return c
}

func (c *cloud) root() *awsscheduler.Client {
	return awsscheduler.NewFromConfig(c.RootConfig(owner))
}

func (c *cloud) user(t testing.TB, policy string) *awsscheduler.Client {
	t.Helper()
	as := awsiam.NewFromConfig(c.RootConfig(owner))
	name := aws.String("user-" + c.IDs().Name(8))
	_, err := as.CreateUser(t.Context(), &awsiam.CreateUserInput{UserName: name})
	require.NoError(t, err)
	_, err = as.PutUserPolicy(t.Context(), &awsiam.PutUserPolicyInput{UserName: name, PolicyName: aws.String("p"), PolicyDocument: &policy})
	require.NoError(t, err)
	key, err := as.CreateAccessKey(t.Context(), &awsiam.CreateAccessKeyInput{UserName: name})
	require.NoError(t, err)
	return awsscheduler.NewFromConfig(c.ConfigOf(credentials.NewStaticCredentialsProvider(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, "")))
}

// role makes a role that a service may assume for the default group.
func (c *cloud) role(t testing.TB, name, service, action, resource string) *string {
	t.Helper()
	as := awsiam.NewFromConfig(c.RootConfig(owner))
	out, err := as.CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: &name,
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"` + service + `"},"Action":"sts:AssumeRole",` +
			`"Condition":{"ArnEquals":{"aws:SourceArn":"arn:aws:scheduler:` + region + `:` + owner + `:schedule-group/default"},"StringEquals":{"aws:SourceAccount":"` + owner + `"}}}}`)})
	require.NoError(t, err)
	if action != "" {
		_, err = as.PutRolePolicy(t.Context(), &awsiam.PutRolePolicyInput{RoleName: &name, PolicyName: aws.String("p"),
			PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}}`)})
		require.NoError(t, err)
	}
	return out.Role.Arn
}

func (c *cloud) queue(t testing.TB, name string) *string {
	t.Helper()
	_, err := awssqs.NewFromConfig(c.RootConfig(owner)).CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: &name})
	require.NoError(t, err)
	return aws.String(fakeaws.ARN("sqs", region, owner, name))
}

func (c *cloud) messages(t testing.TB, name string) []sqs.Message {
	t.Helper()
	messages, err := sqs.Of(c.World.World).Messages(owner, region, name)
	require.NoError(t, err)
	return messages
}

// every is a schedule of the name hourly.
func every(expression string, target types.Target) *awsscheduler.CreateScheduleInput {
	return &awsscheduler.CreateScheduleInput{Name: aws.String("hourly"), ScheduleExpression: &expression, Target: &target,
		FlexibleTimeWindow: &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff}}
}

// times are when the schedule ran, from its start on.
func (c *cloud) times(arn string) (times []string) {
	for _, i := range scheduler.Invocations(c.World.World, arn) {
		times = append(times, i.Scheduled.Format("2006-01-02 15:04"))
	}
	return times
}

// A schedule sends with its role, which its creator must pass and the service assume.
func TestStory(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := &cloud{worldtest.New(t, door, services()...)}
		t.Cleanup(c.Close)
		queue := c.queue(t, "q")
		sender := c.role(t, "sender", "scheduler.amazonaws.com", "sqs:SendMessage", *queue)
		in := every("rate(1 hour)", types.Target{Arn: queue, RoleArn: sender})
		_, err := c.user(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"scheduler:*","Resource":"*"}}`).CreateSchedule(t.Context(), in)
		requireError(t, err, "AccessDeniedException", "iam:PassRole")
		passes := c.user(t, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"scheduler:CreateSchedule","Resource":"`+hourly+`"},`+
			`{"Effect":"Allow","Action":"iam:PassRole","Resource":"`+*sender+`","Condition":{"StringEquals":{"iam:PassedToService":"scheduler.amazonaws.com"}}}]}`)
		made, err := passes.CreateSchedule(t.Context(), in)
		require.NoError(t, err)
		assert.Equal(t, hourly, *made.ScheduleArn)
		require.NoError(t, c.Settle(t.Context()))
		messages := c.messages(t, "q")
		require.Len(t, messages, 1, "a rate begins at once")
		var e map[string]any
		require.NoError(t, json.Unmarshal([]byte(messages[0].Body), &e))
		assert.Equal(t, "aws.scheduler", e["source"])
		assert.Equal(t, "{}", e["detail"])
		assert.Equal(t, []any{hourly}, e["resources"])
		require.NoError(t, c.Advance(t.Context(), 2*time.Hour+time.Minute))
		assert.Len(t, c.messages(t, "q"), 3)

		_, err = passes.GetSchedule(t.Context(), &awsscheduler.GetScheduleInput{Name: in.Name})
		requireError(t, err, "AccessDeniedException", "scheduler:GetSchedule")
		got, err := c.root().GetSchedule(t.Context(), &awsscheduler.GetScheduleInput{Name: in.Name})
		require.NoError(t, err)
		assert.Equal(t, "UTC", *got.ScheduleExpressionTimezone)
		assert.EqualValues(t, 185, *got.Target.RetryPolicy.MaximumRetryAttempts)
		_, err = c.root().DeleteSchedule(t.Context(), &awsscheduler.DeleteScheduleInput{Name: in.Name})
		require.NoError(t, err)
		require.NoError(t, c.Advance(t.Context(), 2*time.Hour))
		assert.Len(t, c.messages(t, "q"), 3)
		_, err = c.root().GetSchedule(t.Context(), &awsscheduler.GetScheduleInput{Name: in.Name})
		requireError(t, err, "ResourceNotFoundException", "Schedule hourly does not exist.")
	})
}

func requireError(t testing.TB, err error, code, text string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, code, api.ErrorCode())
	assert.Contains(t, api.ErrorMessage(), text)
}

func TestTimes(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(*awsscheduler.CreateScheduleInput)
		want   []string // in the first two days
	}{
		"rate(12 hours)": {nil, []string{"2026-11-30 08:00", "2026-11-30 20:00", "2026-12-01 08:00", "2026-12-01 20:00", "2026-12-02 08:00"}},
		"rate(1 day)": {func(in *awsscheduler.CreateScheduleInput) {
			in.StartDate, in.EndDate = aws.Time(start.Add(time.Hour)), aws.Time(start.Add(30*time.Hour))
		}, []string{"2026-11-30 09:00", "2026-12-01 09:00"}},
		"cron(0 9 * * ? *)": {func(in *awsscheduler.CreateScheduleInput) { in.ScheduleExpressionTimezone = aws.String("Asia/Tokyo") },
			[]string{"2026-12-01 00:00", "2026-12-02 00:00"}},
		"cron(30 8 * * ? *)": {nil, []string{"2026-11-30 08:30", "2026-12-01 08:30"}},
		"at(2026-12-01T10:30:15)": {func(in *awsscheduler.CreateScheduleInput) {
			in.ScheduleExpressionTimezone = aws.String("Europe/Berlin")
			in.FlexibleTimeWindow = &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeFlexible, MaximumWindowInMinutes: aws.Int32(15)}
		}, []string{"2026-12-01 09:30"}},
		"at(2026-11-29T10:00:00)": {nil, nil},
		"rate(1 hour)":            {func(in *awsscheduler.CreateScheduleInput) { in.State = types.ScheduleStateDisabled }, nil},
	}
	for expression, test := range cases {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			queue := c.queue(t, "q")
			in := every(expression, types.Target{Arn: queue, RoleArn: c.role(t, "sender", "scheduler.amazonaws.com", "sqs:SendMessage", *queue)})
			if test.change != nil {
				test.change(in)
			}
			_, err := c.root().CreateSchedule(t.Context(), in)
			require.NoError(t, err)
			clone := &cloud{worldtest.Clone(t, c.World.World)}
			defer clone.Close()
			require.NoError(t, c.Advance(t.Context(), 48*time.Hour))
			assert.Equal(t, test.want, c.times(hourly))
			assert.Len(t, c.messages(t, "q"), len(test.want))
			// A clone does the same by itself.
			assert.Empty(t, clone.messages(t, "q"))
			require.NoError(t, clone.Advance(t.Context(), 48*time.Hour))
			assert.Equal(t, test.want, clone.times(hourly))
		})
	}
}

// A schedule that is complete goes, if it is to; attributes of the context are filled in.
func TestCompletion(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	queue := c.queue(t, "q")
	in := every("at(2026-11-30T09:00:00)", types.Target{Arn: queue, RoleArn: c.role(t, "sender", "scheduler.amazonaws.com", "sqs:SendMessage", *queue),
		Input: aws.String("<aws.scheduler.schedule-arn> <aws.scheduler.scheduled-time> <aws.scheduler.attempt-number>")})
	in.ActionAfterCompletion = types.ActionAfterCompletionDelete
	_, err := c.root().CreateSchedule(t.Context(), in)
	require.NoError(t, err)
	next, ok := scheduler.Next(c.World.World, hourly)
	assert.True(t, ok)
	assert.Equal(t, start.Add(time.Hour), next)
	require.NoError(t, c.Advance(t.Context(), time.Hour))
	messages := c.messages(t, "q")
	require.Len(t, messages, 1)
	assert.Equal(t, hourly+" 2026-11-30T09:00:00Z 1", messages[0].Body)
	_, err = c.root().GetSchedule(t.Context(), &awsscheduler.GetScheduleInput{Name: in.Name})
	requireError(t, err, "ResourceNotFoundException", "Schedule hourly does not exist.")
}

// What fails goes to the dead-letter queue with the role, after retries where AWS makes any.
func TestFailures(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	queue, dead := c.queue(t, "q"), c.queue(t, "dead")
	in := every("rate(1 day)", types.Target{Arn: queue, RoleArn: c.role(t, "weak", "scheduler.amazonaws.com", "sqs:SendMessage", *dead),
		DeadLetterConfig: &types.DeadLetterConfig{Arn: dead}, Input: aws.String("data")})
	_, err := c.root().CreateSchedule(t.Context(), in)
	require.NoError(t, err)
	require.NoError(t, c.Settle(t.Context()))
	letters := c.messages(t, "dead")
	require.Len(t, letters, 1)
	assert.Equal(t, "data", letters[0].Body)
	assert.Equal(t, hourly, *letters[0].Attributes["SCHEDULE_ARN"].StringValue)
	assert.Equal(t, "0", *letters[0].Attributes["RETRY_ATTEMPTS"].StringValue)
	assert.Equal(t, scheduler.DeadLettered, scheduler.Invocations(c.World.World, hourly)[0].Outcome)

	function := fakeaws.ARN("lambda", region, owner, "function:f")
	calls := 0
	c.Receive(function, func(context.Context, *fakeaws.Delivery) ([]byte, error) {
		calls++
		return nil, errors.New("not now")
	})
	caller := c.role(t, "caller", "scheduler.amazonaws.com", "lambda:InvokeFunction", function)
	_, err = c.root().UpdateSchedule(t.Context(), &awsscheduler.UpdateScheduleInput{Name: in.Name, ScheduleExpression: in.ScheduleExpression,
		FlexibleTimeWindow: in.FlexibleTimeWindow, Target: &types.Target{Arn: &function, RoleArn: caller, RetryPolicy: &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(3)}}})
	require.NoError(t, err)
	require.NoError(t, c.Advance(t.Context(), time.Hour))
	assert.Equal(t, 4, calls)
	all := scheduler.Invocations(c.World.World, hourly)
	last := all[len(all)-1]
	assert.Equal(t, scheduler.Dropped, last.Outcome)
	assert.Equal(t, 4, last.Attempts)
}

// An event bus is a target by its policy and the role.
func TestEventBus(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	bus := fakeaws.ARN("events", region, owner, "event-bus/default")
	in := every("rate(1 day)", types.Target{Arn: &bus, RoleArn: c.role(t, "sender", "scheduler.amazonaws.com", "events:PutEvents", bus), Input: aws.String(`{"a":1}`),
		EventBridgeParameters: &types.EventBridgeParameters{Source: aws.String("shop"), DetailType: aws.String("Tick")}})
	_, err := c.root().CreateSchedule(t.Context(), in)
	require.NoError(t, err)
	require.NoError(t, c.Settle(t.Context()))
	events := eventbridge.Published(c.World.World, bus)
	require.Len(t, events, 1)
	assert.Equal(t, "shop Tick "+`{"a":1}`, events[0].Source+" "+events[0].DetailType+" "+events[0].Detail)
	_, err = eb.NewFromConfig(c.RootConfig(owner)).DescribeEventBus(t.Context(), &eb.DescribeEventBusInput{})
	require.NoError(t, err)
}

func TestRefused(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	queue := c.queue(t, "q")
	sender := c.role(t, "sender", "scheduler.amazonaws.com", "", "")
	lambda := c.role(t, "lambda", "lambda.amazonaws.com", "", "")
	good := types.Target{Arn: queue, RoleArn: sender}
	for text, change := range map[string]func(*awsscheduler.CreateScheduleInput){
		"Invalid Schedule Expression rate(1 hours).":                                              func(in *awsscheduler.CreateScheduleInput) { in.ScheduleExpression = aws.String("rate(1 hours)") },
		"The execution role you provide must allow AWS EventBridge Scheduler to assume the role.": func(in *awsscheduler.CreateScheduleInput) { in.Target.RoleArn = lambda },
		"Provided Arn is not in correct format.":                                                  func(in *awsscheduler.CreateScheduleInput) { in.Target.Arn = aws.String("queue") },
		"The StartDate you specify cannot be earlier than 5 minutes ago.":                         func(in *awsscheduler.CreateScheduleInput) { in.StartDate = aws.Time(start.Add(-time.Hour)) },
		"Invalid Schedule Expression Timezone Mars/Olympus.":                                      func(in *awsscheduler.CreateScheduleInput) { in.ScheduleExpressionTimezone = aws.String("Mars/Olympus") },
		"Member must satisfy regular expression pattern: ^[0-9a-zA-Z-_.]+$":                       func(in *awsscheduler.CreateScheduleInput) { in.Name = aws.String("a b") },
		"Schedule group none does not exist.":                                                     func(in *awsscheduler.CreateScheduleInput) { in.GroupName = aws.String("none") },
		"the universal target sqs:sendMessage is not called by leastpriv.": func(in *awsscheduler.CreateScheduleInput) {
			in.Target.Arn = aws.String("arn:aws:scheduler:::aws-sdk:sqs:sendMessage")
		},
		"MaximumWindowInMinutes must be specified for a flexible time window, and for no other.": func(in *awsscheduler.CreateScheduleInput) {
			in.FlexibleTimeWindow = &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeFlexible}
		},
		"KinesisParameters must be specified for target arn:aws:kinesis:us-east-1:111122223333:stream/s": func(in *awsscheduler.CreateScheduleInput) {
			in.Target.Arn = aws.String("arn:aws:kinesis:us-east-1:111122223333:stream/s")
		},
	} {
		target := good
		in := every("rate(1 hour)", target)
		change(in)
		_, err := c.root().CreateSchedule(t.Context(), in)
		var api smithy.APIError
		if assert.ErrorAs(t, err, &api, text) {
			assert.Contains(t, api.ErrorMessage(), text)
		}
	}
	_, err := c.root().CreateSchedule(t.Context(), every("rate(1 hour)", good))
	require.NoError(t, err)
	_, err = c.root().CreateSchedule(t.Context(), every("rate(1 hour)", good))
	requireError(t, err, "ConflictException", "Schedule hourly already exists.")
}

func TestGroups(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	queue := c.queue(t, "q")
	tags := []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}}
	made, err := c.root().CreateScheduleGroup(t.Context(), &awsscheduler.CreateScheduleGroupInput{Name: aws.String("team-a"), Tags: tags})
	require.NoError(t, err)
	in := every("rate(1 hour)", types.Target{Arn: queue, RoleArn: aws.String("arn:aws:iam::" + worldtest.Other + "x:role/r")})
	_, err = c.root().CreateSchedule(t.Context(), in)
	requireError(t, err, "ValidationException", "roleArn")

	sender := c.role(t, "sender", "scheduler.amazonaws.com", "", "")
	in = every("rate(1 hour)", types.Target{Arn: queue, RoleArn: sender})
	in.GroupName, in.State = aws.String("team-a"), types.ScheduleStateDisabled
	_, err = c.root().CreateSchedule(t.Context(), in)
	requireError(t, err, "ValidationException", "must allow AWS EventBridge Scheduler to assume the role") // it trusts for the default group
	in.GroupName = nil
	_, err = c.root().CreateSchedule(t.Context(), in)
	require.NoError(t, err)

	ofTeam := c.user(t, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"scheduler:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"a"}}}}`)
	_, err = ofTeam.GetScheduleGroup(t.Context(), &awsscheduler.GetScheduleGroupInput{Name: aws.String("team-a")})
	require.NoError(t, err)
	_, err = ofTeam.GetScheduleGroup(t.Context(), &awsscheduler.GetScheduleGroupInput{Name: aws.String("default")})
	requireError(t, err, "AccessDeniedException", "scheduler:GetScheduleGroup")
	listed, err := ofTeam.ListTagsForResource(t.Context(), &awsscheduler.ListTagsForResourceInput{ResourceArn: made.ScheduleGroupArn})
	require.NoError(t, err)
	assert.Equal(t, tags, listed.Tags)
	_, err = ofTeam.UntagResource(t.Context(), &awsscheduler.UntagResourceInput{ResourceArn: made.ScheduleGroupArn, TagKeys: []string{"team"}})
	require.NoError(t, err)
	_, err = ofTeam.GetScheduleGroup(t.Context(), &awsscheduler.GetScheduleGroupInput{Name: aws.String("team-a")})
	requireError(t, err, "AccessDeniedException", "scheduler:GetScheduleGroup")

	groups, err := c.root().ListScheduleGroups(t.Context(), &awsscheduler.ListScheduleGroupsInput{MaxResults: aws.Int32(1)})
	require.NoError(t, err)
	require.Len(t, groups.ScheduleGroups, 1)
	assert.Equal(t, "default", *groups.ScheduleGroups[0].Name)
	groups, err = c.root().ListScheduleGroups(t.Context(), &awsscheduler.ListScheduleGroupsInput{NextToken: groups.NextToken})
	require.NoError(t, err)
	assert.Equal(t, "team-a", *groups.ScheduleGroups[0].Name)
	schedules, err := c.root().ListSchedules(t.Context(), &awsscheduler.ListSchedulesInput{State: types.ScheduleStateDisabled})
	require.NoError(t, err)
	assert.Len(t, schedules.Schedules, 1)
	_, err = c.root().DeleteScheduleGroup(t.Context(), &awsscheduler.DeleteScheduleGroupInput{Name: aws.String("team-a")})
	require.NoError(t, err)
	_, err = c.root().GetScheduleGroup(t.Context(), &awsscheduler.GetScheduleGroupInput{Name: aws.String("team-a")})
	requireError(t, err, "ResourceNotFoundException", "Schedule group team-a does not exist.")
}
