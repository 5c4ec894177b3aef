package all_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	schedulertypes "github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func init() {
	register("events", func(c aws.Config) any { return eventbridge.NewFromConfig(c) }, eventValues, (*filled).fillEvents)
	clientsOf["scheduler"] = func(c aws.Config) any {
		return scheduler.NewFromConfig(c, func(o *scheduler.Options) { o.IdempotencyTokenProvider = sameToken{} })
	}
	apiPackages["events"] = "eventbridge"
	perWorld["fakeaws.World"]["workers"] = "are timers of the World, and who waits for it"
	maps.Copy(storedValues, map[string]any{
		"CreateEventBus.Name": hidden, "PutRule.Name": hidden, "CreateArchive.ArchiveName": hidden, "CreateConnection.Name": hidden,
		"CreateApiDestination.Name": hidden, "StartReplay.ReplayName": hidden, "CreateSchedule.Name": hidden, "CreateScheduleGroup.Name": hidden,
		"events.Tags":    []ebtypes.Tag{{Key: aws.String(hidden), Value: aws.String(hidden)}},
		"scheduler.Tags": []schedulertypes.Tag{{Key: aws.String(hidden), Value: aws.String(hidden)}},
	})
}

const (
	ofEvents    = "arn:aws:events:" + worldtest.Region + ":" + worldtest.Account + ":"
	ofScheduler = "arn:aws:scheduler:" + worldtest.Region + ":" + worldtest.Account + ":"
)

// eventValues are those of plainValues that are members of EventBridge and EventBridge
// Scheduler.
var eventValues = map[string]any{
	"events.Name": "target", "events.Rule": "target", "events.ArchiveName": "target", "events.ReplayName": "target",
	"CreateEventBus.Name": "value", "PutRule.Name": "value", "CreateArchive.ArchiveName": "value", "CreateConnection.Name": "value",
	"CreateApiDestination.Name": "value", "StartReplay.ReplayName": "value", "PutRule.EventPattern": `{"source":["value"]}`,
	"events.ResourceARN": ofEvents + "event-bus/target", "events.Tags": []ebtypes.Tag{{Key: aws.String("value"), Value: aws.String("value")}},
	"events.TargetArn":              "arn:aws:sqs:" + worldtest.Region + ":" + worldtest.Account + ":target",
	"PutTargets.Targets":            []ebtypes.Target{{Id: aws.String("value"), Arn: aws.String("arn:aws:sqs:" + worldtest.Region + ":" + worldtest.Account + ":target")}},
	"PutEvents.Entries":             []ebtypes.PutEventsRequestEntry{{Source: aws.String("value"), DetailType: aws.String("value"), Detail: aws.String("{}")}},
	"TestEventPattern.Event":        `{"id":"1","account":"` + worldtest.Account + `","source":"s","time":"2026-11-30T08:00:00Z","region":"us-east-1","resources":[],"detail-type":"t"}`,
	"TestEventPattern.EventPattern": `{"source":["value"]}`,
	"CreateArchive.EventSourceArn":  ofEvents + "event-bus/target", "StartReplay.EventSourceArn": ofEvents + "archive/target",
	"StartReplay.EventStartTime": aws.Time(time.Unix(0, 0)), "StartReplay.EventEndTime": aws.Time(time.Unix(1, 0)),
	"StartReplay.Destination": &ebtypes.ReplayDestination{Arn: aws.String(ofEvents + "event-bus/target")},
	"PutPermission.Policy":    toRoot, "RemovePermission.RemoveAllPermissions": true,
	"CreateConnection.AuthorizationType": ebtypes.ConnectionAuthorizationTypeBasic,
	"CreateConnection.AuthParameters": &ebtypes.CreateConnectionAuthRequestParameters{BasicAuthParameters: &ebtypes.CreateConnectionBasicAuthRequestParameters{
		Username: aws.String("value"), Password: aws.String("value")}},
	"CreateApiDestination.HttpMethod": ebtypes.ApiDestinationHttpMethodPost, "InvocationEndpoint": "https://target.example.com/",

	"scheduler.Name": "target", "CreateSchedule.Name": "value", "CreateScheduleGroup.Name": "value",
	"FlexibleTimeWindow":           &schedulertypes.FlexibleTimeWindow{Mode: schedulertypes.FlexibleTimeWindowModeOff},
	"scheduler.ScheduleExpression": "rate(1 day)",
	"CreateSchedule.State":         schedulertypes.ScheduleStateDisabled, "UpdateSchedule.State": schedulertypes.ScheduleStateDisabled,
	"scheduler.Target":      scheduled,
	"scheduler.ResourceArn": ofScheduler + "schedule-group/target",
	"scheduler.Tags":        []schedulertypes.Tag{{Key: aws.String("value"), Value: aws.String("value")}},
}

// scheduled is the target of schedules.
var scheduled = &schedulertypes.Target{
	Arn:     aws.String("arn:aws:sqs:" + worldtest.Region + ":" + worldtest.Account + ":target"),
	RoleArn: aws.String("arn:aws:iam::" + worldtest.Account + ":role/target"),
}

// fillEvents makes a bus with an archive that is replayed, a rule, an API destination, and a
// schedule that does not run.
func (f *filled) fillEvents(t testing.TB, config aws.Config) {
	t.Helper()
	ctx, name := t.Context(), aws.String("target")
	events := eventbridge.NewFromConfig(config)
	bus, err := events.CreateEventBus(ctx, &eventbridge.CreateEventBusInput{Name: name})
	require.NoError(t, err)
	_, err = events.PutRule(ctx, &eventbridge.PutRuleInput{Name: name, EventPattern: aws.String(`{"source":["value"]}`)})
	require.NoError(t, err)
	archive, err := events.CreateArchive(ctx, &eventbridge.CreateArchiveInput{ArchiveName: name, EventSourceArn: bus.EventBusArn})
	require.NoError(t, err)
	_, err = events.StartReplay(ctx, &eventbridge.StartReplayInput{ReplayName: name, EventSourceArn: archive.ArchiveArn, EventStartTime: aws.Time(time.Unix(0, 0)),
		EventEndTime: aws.Time(time.Unix(1, 0)), Destination: &ebtypes.ReplayDestination{Arn: bus.EventBusArn}})
	require.NoError(t, err)
	connection, err := events.CreateConnection(ctx, &eventbridge.CreateConnectionInput{Name: name, AuthorizationType: ebtypes.ConnectionAuthorizationTypeBasic,
		AuthParameters: eventValues["CreateConnection.AuthParameters"].(*ebtypes.CreateConnectionAuthRequestParameters)})
	require.NoError(t, err)
	f.values["CreateApiDestination.ConnectionArn"] = *connection.ConnectionArn
	_, err = events.CreateApiDestination(ctx, &eventbridge.CreateApiDestinationInput{Name: name, ConnectionArn: connection.ConnectionArn,
		HttpMethod: ebtypes.ApiDestinationHttpMethodPost, InvocationEndpoint: aws.String("https://target.example.com/")})
	require.NoError(t, err)

	// The role trusts the scheduler while the schedule is made.
	trust := func(document string) {
		_, err := iam.NewFromConfig(config).UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: &document})
		require.NoError(t, err)
	}
	trust(strings.Replace(trustEC2, "ec2.amazonaws.com", "scheduler.amazonaws.com", 1))
	defer trust(trustEC2)
	schedules := scheduler.NewFromConfig(config)
	_, err = schedules.CreateScheduleGroup(ctx, &scheduler.CreateScheduleGroupInput{Name: name})
	require.NoError(t, err)
	_, err = schedules.CreateSchedule(ctx, &scheduler.CreateScheduleInput{Name: name, ScheduleExpression: aws.String("rate(1 day)"), Target: scheduled,
		FlexibleTimeWindow: &schedulertypes.FlexibleTimeWindow{Mode: schedulertypes.FlexibleTimeWindowModeOff}, State: schedulertypes.ScheduleStateDisabled})
	require.NoError(t, err)
}
