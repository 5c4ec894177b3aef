package eventbridge_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/eventbridge"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
	"github.com/leastpriv/leastpriv/internal/clock"
)

const detail = `{"command":"update-account","payload":{"acc_id":"0a787ecb-4015","sf_id":"baz"},"one":["HIGH"],"two":["ACTIVE","INACTIVE"],"valid":true,"n":1,"quote":"a \"b\""}`

// What a target gets, as AWS answered it.
func TestInputs(t *testing.T) {
	t.Parallel()
	paths := map[string]string{"userId": "$.detail.payload.acc_id", "payload": "$.detail.payload", "one": "$.detail.one", "two": "$.detail.two",
		"none": "$.detail.awsAccountId", "valid": "$.detail.valid", "first": "$.detail['two'][0]", "n": "$.detail.n", "quote": "$.detail.quote"}
	template := func(text string) *types.Target {
		return &types.Target{InputTransformer: &types.InputTransformer{InputPathsMap: paths, InputTemplate: &text}}
	}
	cases := []struct {
		target *types.Target
		want   string // "" is an input that is not JSON
	}{
		{&types.Target{InputPath: aws.String("$.detail.payload")}, `{"acc_id":"0a787ecb-4015","sf_id":"baz"}`},
		{&types.Target{InputPath: aws.String("$.detail-type")}, `"x"`},
		{&types.Target{InputPath: aws.String("$.detail.two[1]")}, `"INACTIVE"`},
		{&types.Target{Input: aws.String(`{"a": 1}`)}, `{"a": 1}`},
		{template(`"<two> multiple list items"`), `"[ACTIVE,INACTIVE] multiple list items"`},
		{template(`"<one> single list item"` + "\n" + `"<none> system account id"` + "\n" + `"<payload> payload"`),
			`"[HIGH] single list item"` + "\n" + `" system account id"` + "\n" + `"{acc_id:0a787ecb-4015,sf_id:baz} payload"`},
		{template(`"Command is <valid>!"`), `"Command is true!"`},
		{template(`"Payload of <payload> with path users/<userId> and <userId>"`), `"Payload of {acc_id:0a787ecb-4015,sf_id:baz} with path users/0a787ecb-4015 and 0a787ecb-4015"`},
		{template(`{"id" : <userId>}`), `{"id" : "0a787ecb-4015"}`},
		{template(`{"id" : "<userId>"}`), `{"id" : "0a787ecb-4015"}`},
		{template(`{"method": "PUT", "path": "users/<userId>", "bod": [<userId>, "hardcoded"], "p": <payload>}`),
			`{"method": "PUT", "path": "users/0a787ecb-4015", "bod": ["0a787ecb-4015", "hardcoded"], "p": {"acc_id":"0a787ecb-4015","sf_id":"baz"}}`},
		{template(`{"multi_replacement": "users/<userId>/second/<userId>"}`), `{"multi_replacement": "users/0a787ecb-4015/second/0a787ecb-4015"}`},
		{template(`{"singlelistitem": <one>}`), `{"singlelistitem": ["HIGH"]}`},
		{template(`{"singlelistitem": "<one>"}`), ""},
		{template(`<one> single list item`), ""},
		{template(`{"first": <first>, "n": "<n>", "not": "<unknown>", "quote": "<quote>"}`), `{"first": "ACTIVE", "n": "1", "not": "<unknown>", "quote": "a \"b\""}`},
		{template(`{"rule": <aws.events.rule-arn>, "name": "<aws.events.rule-name>"}`), `{"rule": "` + ordersRule + `", "name": "orders"}`},
	}
	c := newCloud(t, worldtest.InProcess)
	queue := c.queue(t, owner, "q", admit("arn:aws:sqs:"+region+":"+owner+":q", ordersRule))
	for _, test := range cases {
		test.target.Arn = &queue
		c.ordersTo(t, test.target)
		put(t, c.root(), entry("shop", "x", detail))
		d := c.last(t)
		if test.want == "" {
			assert.Equal(t, []any{eventbridge.Dropped, "INVALID_JSON"}, []any{d.Outcome, d.Code})
			continue
		}
		assert.Equal(t, eventbridge.Delivered, d.Outcome, d.Reason)
		assert.Equal(t, test.want, d.Input)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.Socket)
	root := c.root()
	queue := c.queue(t, owner, "q", "")
	c.ordersTo(t, &types.Target{Arn: &queue})
	name := aws.String("orders")
	_, err := root.CreateEventBus(t.Context(), &eb.CreateEventBusInput{Name: aws.String("own")})
	require.NoError(t, err)
	rule := func(change func(*eb.PutRuleInput)) func() error {
		in := &eb.PutRuleInput{Name: name, EventPattern: aws.String(pattern)}
		change(in)
		return func() error { _, err := root.PutRule(t.Context(), in); return err }
	}
	target := func(target types.Target) func() error {
		if target.Arn == nil {
			target.Arn = &queue
		}
		if target.Id == nil {
			target.Id = aws.String("foo")
		}
		return func() error {
			_, err := root.PutTargets(t.Context(), &eb.PutTargetsInput{Rule: name, Targets: []types.Target{target}})
			return err
		}
	}
	const invalid = "ValidationException"
	for _, test := range []struct {
		code, text string
		call       func() error
	}{
		{"ResourceNotFoundException", "Event bus none does not exist.", func() error {
			_, err := root.DescribeEventBus(t.Context(), &eb.DescribeEventBusInput{Name: aws.String("none")})
			return err
		}},
		{"ResourceNotFoundException", "Event bus none does not exist.", func() error {
			_, err := root.DeleteEventBus(t.Context(), &eb.DeleteEventBusInput{Name: aws.String("none")})
			return err
		}},
		{"ResourceAlreadyExistsException", "Event bus own already exists.", func() error {
			_, err := root.CreateEventBus(t.Context(), &eb.CreateEventBusInput{Name: aws.String("own")})
			return err
		}},
		{invalid, "Cannot delete event bus default.", func() error {
			_, err := root.DeleteEventBus(t.Context(), &eb.DeleteEventBusInput{Name: aws.String("default")})
			return err
		}},
		{"ResourceNotFoundException", "Statement with the provided id does not exist.", func() error {
			_, err := root.RemovePermission(t.Context(), &eb.RemovePermissionInput{StatementId: aws.String("none")})
			return err
		}},
		{"ResourceNotFoundException", "Event bus none does not exist.", func() error {
			_, err := root.PutPermission(t.Context(), &eb.PutPermissionInput{EventBusName: aws.String("none"), Action: aws.String("events:PutEvents"), Principal: aws.String("*"), StatementId: aws.String("s")})
			return err
		}},
		{"ResourceNotFoundException", "Rule none does not exist on EventBus default.", func() error {
			_, err := root.DescribeRule(t.Context(), &eb.DescribeRuleInput{Name: aws.String("none")})
			return err
		}},
		{"ResourceNotFoundException", "Rule none does not exist on EventBus own.", func() error {
			_, err := root.ListTagsForResource(t.Context(), &eb.ListTagsForResourceInput{ResourceARN: aws.String("arn:aws:events:" + region + ":" + owner + ":rule/own/none")})
			return err
		}},
		{invalid, "Rule can't be deleted since it has targets.", func() error {
			_, err := root.DeleteRule(t.Context(), &eb.DeleteRuleInput{Name: name})
			return err
		}},
		{invalid, "Parameter(s) EventPattern or ScheduleExpression must be specified.", rule(func(in *eb.PutRuleInput) { in.EventPattern = nil })},
		{invalid, "Parameter ScheduleExpression is not valid.", rule(func(in *eb.PutRuleInput) { in.ScheduleExpression = aws.String("cron(0 1 * * * *)") })},
		{invalid, "ScheduleExpression is supported only on the default event bus.", rule(func(in *eb.PutRuleInput) {
			in.EventBusName, in.ScheduleExpression = aws.String("own"), aws.String("rate(1 hour)")
		})},
		{"InvalidEventPatternException", "Event pattern is not valid. Reason: Empty arrays are not allowed\n at [Source: (String)\"{\"resources\": []}\"; line: 1, column: 17]",
			rule(func(in *eb.PutRuleInput) { in.EventPattern = aws.String(`{"resources": []}`) })},
		{invalid, "1 validation error detected: Value '!@#$@!#$' at 'targets.1.member.id' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+",
			target(types.Target{Id: aws.String("!@#$@!#$")})},
		{invalid, "Only one of Input, InputPath, or InputTransformer must be provided for target foo.", target(types.Target{Input: aws.String("{}"), InputPath: aws.String("$.detail")})},
		{invalid, "Parameter x is not valid. Reason: Provided Arn is not in correct format.", target(types.Target{Arn: aws.String("x")})},
		{invalid, "Parameter(s) SqsParameters must be specified for target: foo.", target(types.Target{Arn: aws.String(queue + ".fifo")})},
		{invalid, "Parameter Event is not valid.", func() error {
			_, err := root.TestEventPattern(t.Context(), &eb.TestEventPatternInput{Event: aws.String("text"), EventPattern: aws.String(pattern)})
			return err
		}},
		{"LimitExceededException", "The requested resource exceeds the maximum number allowed.", func() (err error) {
			for i := range 5 {
				err = target(types.Target{Id: aws.String(fmt.Sprint("t", i))})()
			}
			return err
		}},
		{invalid, "1 validation error detected: Value 'INVALID_AUTH_TYPE' at 'authorizationType' failed to satisfy constraint: Member must satisfy enum value set: [BASIC, OAUTH_CLIENT_CREDENTIALS, API_KEY]", func() error {
			_, err := root.CreateConnection(t.Context(), &eb.CreateConnectionInput{Name: aws.String("c"), AuthorizationType: "INVALID_AUTH_TYPE",
				AuthParameters: &types.CreateConnectionAuthRequestParameters{BasicAuthParameters: &types.CreateConnectionBasicAuthRequestParameters{Username: aws.String("u"), Password: aws.String("p")}}})
			return err
		}},
		{"ResourceNotFoundException", "Failed to describe the api-destination(s). An api-destination 'none' does not exist.", func() error {
			_, err := root.DescribeApiDestination(t.Context(), &eb.DescribeApiDestinationInput{Name: aws.String("none")})
			return err
		}},
		{"ResourceNotFoundException", "Replay none does not exist.", func() error {
			_, err := root.DescribeReplay(t.Context(), &eb.DescribeReplayInput{ReplayName: aws.String("none")})
			return err
		}},
		{invalid, "Parameter EventSourceArn is not valid. Reason: Archive none does not exist.", func() error {
			_, err := root.StartReplay(t.Context(), &eb.StartReplayInput{ReplayName: aws.String("r"), EventSourceArn: aws.String("arn:aws:events:" + region + ":" + owner + ":archive/none"),
				EventStartTime: aws.Time(time.Unix(1, 0)), EventEndTime: aws.Time(time.Unix(2, 0)), Destination: &types.ReplayDestination{Arn: aws.String(defaultBus)}})
			return err
		}},
	} {
		worldtest.RequireError(t, test.call(), test.code, test.text)
	}
	_, err = root.PutEvents(t.Context(), &eb.PutEventsInput{Entries: []types.PutEventsRequestEntry{entry("shop", "x", `{"a":"`+strings.Repeat("x", 1<<20)+`"}`)}})
	worldtest.RequireError(t, err, invalid, "Total size of the entries in the request is over the limit.")
	_, err = root.DeleteRule(t.Context(), &eb.DeleteRuleInput{Name: aws.String("none")})
	require.NoError(t, err, "a rule that there is not is deleted")
}

// A rule with a schedule runs on the World's clock, and in a bubble with its time.
func TestSchedules(t *testing.T) {
	t.Parallel()
	w := worldtest.NewWorld(t, fakeaws.Config{Region: region, Clock: clock.At(time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)), Services: []fakeaws.Service{eventbridge.Service, sqs.Service}})
	c := &cloud{worldtest.Clone(t, w)}
	defer c.Close()
	queue := c.queue(t, owner, "q", admit("arn:aws:sqs:"+region+":"+owner+":q", ordersRule))
	schedule := func(expression string) {
		_, err := c.root().PutRule(t.Context(), &eb.PutRuleInput{Name: aws.String("orders"), ScheduleExpression: &expression})
		require.NoError(t, err)
	}
	schedule("cron(15 10 ? * MON *)")
	_, err := c.root().PutTargets(t.Context(), &eb.PutTargetsInput{Rule: aws.String("orders"), Targets: []types.Target{{Id: aws.String("q"), Arn: &queue}}})
	require.NoError(t, err)
	assert.Equal(t, "2026-11-30 10:15:00", eventbridge.Rules(c.World.World, defaultBus)[0].Next.Format(time.DateTime))
	require.NoError(t, c.Advance(t.Context(), 8*24*time.Hour))
	require.Len(t, eventbridge.Deliveries(c.World.World, ordersRule), 2)
	bodies := c.bodies(t, "q")
	require.Len(t, bodies, 1, "a queue keeps messages for four days")
	e := decoded(t, bodies[0])
	assert.Equal(t, []any{"Scheduled Event", "aws.events", "2026-12-07T10:15:00Z", []any{ordersRule}, map[string]any{}},
		[]any{e["detail-type"], e["source"], e["time"], e["resources"], e["detail"]})

	schedule("rate(1 hour)")
	require.NoError(t, c.Advance(t.Context(), 3*time.Hour+time.Minute))
	assert.Len(t, c.bodies(t, "q"), 4)
	_, err = c.root().DisableRule(t.Context(), &eb.DisableRuleInput{Name: aws.String("orders")})
	require.NoError(t, err)
	require.NoError(t, c.Advance(t.Context(), 24*time.Hour))
	assert.Len(t, c.bodies(t, "q"), 4)
	_, err = c.root().EnableRule(t.Context(), &eb.EnableRuleInput{Name: aws.String("orders")})
	require.NoError(t, err)
	clone := &cloud{worldtest.Clone(t, c.World.World)}
	defer clone.Close()
	require.NoError(t, clone.Advance(t.Context(), time.Hour+time.Minute))
	assert.Len(t, clone.bodies(t, "q"), 5)
	assert.Len(t, c.bodies(t, "q"), 4)
}

func TestScheduleInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := worldtest.NewWorld(t, fakeaws.Config{Region: region, Services: []fakeaws.Service{eventbridge.Service, sqs.Service}})
		defer w.Close()
		as := w.Fixture(owner, region)
		_, err := fakeaws.Do[eb.PutRuleOutput](t.Context(), w, as, &eb.PutRuleInput{Name: aws.String("orders"), ScheduleExpression: aws.String("rate(5 minutes)")})
		require.NoError(t, err)
		time.Sleep(16 * time.Minute)
		synctest.Wait()
		assert.Len(t, eventbridge.Published(w, defaultBus), 3)
	})
}

// An archive keeps what matches, and a replay puts it on the bus again.
func TestArchive(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		queue := c.queue(t, owner, "q", admit("arn:aws:sqs:"+region+":"+owner+":q", ordersRule))
		c.ordersTo(t, &types.Target{Arn: &queue})
		archive, err := c.root().CreateArchive(t.Context(), &eb.CreateArchiveInput{ArchiveName: aws.String("a"), EventSourceArn: aws.String(defaultBus),
			EventPattern: aws.String(`{"detail-type":["keep"]}`), RetentionDays: aws.Int32(1)})
		require.NoError(t, err)
		put(t, c.root(), entry("shop", "keep", `{"n":1}`), entry("shop", "lose", `{}`))
		described, err := c.root().DescribeArchive(t.Context(), &eb.DescribeArchiveInput{ArchiveName: aws.String("a")})
		require.NoError(t, err)
		assert.EqualValues(t, 1, described.EventCount)
		start := &eb.StartReplayInput{ReplayName: aws.String("r"), EventSourceArn: archive.ArchiveArn, EventStartTime: aws.Time(c.Clock().Now().Add(-time.Hour)),
			EventEndTime: aws.Time(c.Clock().Now().Add(time.Hour)), Destination: &types.ReplayDestination{Arn: aws.String(defaultBus), FilterArns: []string{ordersRule}}}
		app := c.user(t, owner, allow("events:StartReplay", "arn:aws:events:*:*:replay/*"))
		_, err = app.StartReplay(t.Context(), start)
		requireDenied(t, err)
		started, err := c.root().StartReplay(t.Context(), start)
		require.NoError(t, err)
		assert.Equal(t, types.ReplayStateStarting, started.State)
		_, err = c.root().StartReplay(t.Context(), start)
		worldtest.RequireError(t, err, "ResourceAlreadyExistsException", "Replay r already exists.")
		require.NoError(t, c.Advance(t.Context(), time.Minute))
		bodies := c.bodies(t, "q")
		require.Len(t, bodies, 3)
		assert.Equal(t, "r", decoded(t, bodies[2])["replay-name"])
		replay, err := c.root().DescribeReplay(t.Context(), &eb.DescribeReplayInput{ReplayName: aws.String("r")})
		require.NoError(t, err)
		assert.Equal(t, types.ReplayStateCompleted, replay.State)
		assert.NotNil(t, replay.EventLastReplayedTime)
		start.ReplayName = aws.String("r2")
		_, err = c.root().StartReplay(t.Context(), start)
		require.NoError(t, err)
		cancelled, err := c.root().CancelReplay(t.Context(), &eb.CancelReplayInput{ReplayName: aws.String("r2")})
		require.NoError(t, err)
		assert.Equal(t, types.ReplayStateCancelling, cancelled.State)
		require.NoError(t, c.Advance(t.Context(), 48*time.Hour))
		assert.Len(t, c.bodies(t, "q"), 3)
		archives, err := c.root().ListArchives(t.Context(), &eb.ListArchivesInput{EventSourceArn: aws.String(defaultBus)})
		require.NoError(t, err)
		assert.EqualValues(t, 0, archives.Archives[0].EventCount, "their retention is over")
	})
}

// Tags decide: those of the resource, and those of the request.
func TestTags(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.Socket)
	tags := []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}}
	bus, err := c.root().CreateEventBus(t.Context(), &eb.CreateEventBusInput{Name: aws.String("b"), Tags: tags})
	require.NoError(t, err)
	rule, err := c.root().PutRule(t.Context(), &eb.PutRuleInput{Name: aws.String("r"), EventBusName: aws.String("b"), EventPattern: aws.String(pattern), Tags: tags})
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:events:"+region+":"+owner+":rule/b/r", *rule.RuleArn)
	of := c.user(t, owner, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"events:*","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"a"}}}}`)
	for _, arn := range []*string{bus.EventBusArn, rule.RuleArn} {
		listed, err := of.ListTagsForResource(t.Context(), &eb.ListTagsForResourceInput{ResourceARN: arn})
		require.NoError(t, err)
		assert.Equal(t, tags, listed.Tags)
		_, err = of.TagResource(t.Context(), &eb.TagResourceInput{ResourceARN: arn, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("b")}}})
		require.NoError(t, err)
		_, err = of.UntagResource(t.Context(), &eb.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"team"}})
		requireDenied(t, err)
	}
	makes := c.user(t, owner, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["events:PutRule","events:TagResource"],"Resource":"*",`+
		`"Condition":{"StringEquals":{"aws:RequestTag/team":"a","events:creatorAccount":"`+owner+`","events:source":"shop"}}}}`)
	in := &eb.PutRuleInput{Name: aws.String("new"), EventPattern: aws.String(pattern)}
	_, err = makes.PutRule(t.Context(), in)
	requireDenied(t, err)
	in.Tags = tags
	_, err = makes.PutRule(t.Context(), in)
	require.NoError(t, err)
	in.EventPattern = aws.String(`{"source":["shop","else"]}`)
	_, err = makes.PutRule(t.Context(), in)
	requireDenied(t, err)
}

// The policy of a bus guards its rules as well, and says what it is.
func TestPolicies(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	rules := "arn:aws:events:" + region + ":" + owner + ":rule/default/*"
	_, err := c.root().PutPermission(t.Context(), &eb.PutPermissionInput{Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Sid":"rules","Effect":"Allow","Principal":{"AWS":"` + stranger +
		`"},"Action":["events:PutRule","events:DescribeRule"],"Resource":["` + rules + `","arn:aws:events:` + region + `:` + owner + `:rule/*"],"Condition":{"StringEquals":{"events:creatorAccount":"${aws:PrincipalAccount}"}}}]}`)})
	require.NoError(t, err)
	theirs := &eb.PutRuleInput{Name: aws.String("theirs"), EventBusName: aws.String(defaultBus), EventPattern: aws.String(pattern)}
	_, err = c.of(stranger).PutRule(t.Context(), theirs)
	require.NoError(t, err)
	described, err := c.of(stranger).DescribeRule(t.Context(), &eb.DescribeRuleInput{Name: theirs.Name, EventBusName: theirs.EventBusName})
	require.NoError(t, err)
	assert.Equal(t, stranger, *described.CreatedBy)
	c.ordersTo(t, &types.Target{Arn: aws.String(fakeaws.ARN("sqs", region, owner, "q"))})
	_, err = c.of(stranger).DescribeRule(t.Context(), &eb.DescribeRuleInput{Name: aws.String("orders"), EventBusName: theirs.EventBusName})
	requireDenied(t, err)
	_, err = c.root().PutPermission(t.Context(), &eb.PutPermissionInput{StatementId: aws.String("org"), Action: aws.String("events:PutEvents"), Principal: aws.String("*"),
		Condition: &types.Condition{Type: aws.String("StringEquals"), Key: aws.String("aws:PrincipalOrgID"), Value: aws.String("o-1234567890")}})
	require.NoError(t, err)
	bus, err := c.root().DescribeEventBus(t.Context(), &eb.DescribeEventBusInput{})
	require.NoError(t, err)
	assert.Contains(t, *bus.Policy, `{"Sid":"org","Effect":"Allow","Principal":"*","Action":"events:PutEvents","Resource":"`+defaultBus+`","Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1234567890"}}}`)
	_, err = c.root().RemovePermission(t.Context(), &eb.RemovePermissionInput{RemoveAllPermissions: true})
	require.NoError(t, err)
	_, err = c.of(stranger).PutRule(t.Context(), theirs)
	requireDenied(t, err)
	for account, allowed := range map[string]bool{owner: true, stranger: false} {
		of, _ := c.Account(account)
		answer, err := c.Ask(t.Context(), &fakeaws.Question{AccessKeyID: of.Root.AccessKeyID, Action: "events:PutEvents", Resource: defaultBus})
		require.NoError(t, err)
		assert.Equal(t, allowed, answer.Allowed(), account)
	}
}

// A service puts its events on the default bus without a permission.
func TestServiceEvents(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	require.True(t, c.PutServiceEvent(t.Context(), &fakeaws.ServiceEvent{Account: owner, Region: region, Source: "aws.s3", DetailType: "Object Created",
		Resources: []string{"arn:aws:s3:::b"}, Detail: []byte(`{"bucket":{"name":"b"}}`)}))
	events := eventbridge.Published(c.World.World, defaultBus)
	require.Len(t, events, 1)
	assert.Equal(t, "aws.s3", events[0].Source)
}

// Rules are found by the source and the type of an event, whatever their order.
func TestManyRules(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	queue := c.queue(t, owner, "q", "")
	var want []string
	for i := range 290 {
		p := fmt.Sprintf(`{"source":["s%d"]}`, i)
		name := fmt.Sprintf("r%03d", i)
		switch i % 5 {
		case 1:
			p = fmt.Sprintf(`{"detail-type":["t%d"]}`, i)
		case 2:
			p = fmt.Sprintf(`{"source":["s%d","s0"],"detail-type":["t0","t1"]}`, i)
		case 3:
			p = fmt.Sprintf(`{"source":[{"prefix":"s%d"}]}`, i)
		}
		switch i {
		case 100, 101, 102, 103, 104:
			p = []string{`{"source":["x","x"]}`, `{"detail-type":["y"]}`, `{"source":["x","z"],"detail-type":["y"]}`, `{"detail":{"a":[1]}}`, `{"$or":[{"source":["x"]},{"source":["z"]}]}`}[i-100]
			want = append(want, name)
		}
		_, err := c.root().PutRule(t.Context(), &eb.PutRuleInput{Name: &name, EventPattern: &p})
		require.NoError(t, err)
		_, err = c.root().PutTargets(t.Context(), &eb.PutTargetsInput{Rule: &name, Targets: []types.Target{{Id: aws.String("q"), Arn: &queue}}})
		require.NoError(t, err)
	}
	put(t, c.root(), entry("x", "y", `{"a":1}`))
	events := eventbridge.Published(c.World.World, defaultBus)
	var got []string
	for _, d := range events[0].Deliveries {
		got = append(got, d.RuleARN[len(d.RuleARN)-4:])
	}
	assert.Equal(t, want, got)
	listed, err := c.root().ListRules(t.Context(), &eb.ListRulesInput{NamePrefix: aws.String("r1"), Limit: aws.Int32(60)})
	require.NoError(t, err)
	require.Len(t, listed.Rules, 60)
	listed, err = c.root().ListRules(t.Context(), &eb.ListRulesInput{NamePrefix: aws.String("r1"), NextToken: listed.NextToken})
	require.NoError(t, err)
	assert.Len(t, listed.Rules, 40)
	names, err := c.root().ListRuleNamesByTarget(t.Context(), &eb.ListRuleNamesByTargetInput{TargetArn: &queue, Limit: aws.Int32(1)})
	require.NoError(t, err)
	assert.Equal(t, []string{"r000"}, names.RuleNames)
	for i := range 10 {
		_, err = c.root().PutRule(t.Context(), &eb.PutRuleInput{Name: aws.String(fmt.Sprint("more", i)), EventPattern: aws.String(pattern)})
		require.NoError(t, err)
	}
	_, err = c.root().PutRule(t.Context(), &eb.PutRuleInput{Name: aws.String("most"), EventPattern: aws.String(pattern)})
	worldtest.RequireError(t, err, "LimitExceededException", "The requested resource exceeds the maximum number allowed.")
}

// Many use it at once.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	queue := c.queue(t, owner, "q", admit("arn:aws:sqs:"+region+":"+owner+":q", ordersRule))
	c.ordersTo(t, &types.Target{Arn: &queue})
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 10 {
				put(t, c.root(), entry("shop", "x", `{}`))
				name := aws.String(fmt.Sprint("r", i))
				_, err := c.root().PutRule(t.Context(), &eb.PutRuleInput{Name: name, EventPattern: aws.String(pattern), ScheduleExpression: aws.String("rate(1 minute)")})
				assert.NoError(t, err)
				if j%3 == 0 {
					assert.NoError(t, c.Advance(t.Context(), time.Minute))
				}
				_, err = c.root().DeleteRule(t.Context(), &eb.DeleteRuleInput{Name: name})
				assert.NoError(t, err)
				clone, err := c.Clone()
				if assert.NoError(t, err) {
					clone.Close()
				}
				eventbridge.Published(c.World.World, defaultBus)
			}
		})
	}
	all.Wait()
	assert.Len(t, c.bodies(t, "q"), 80)
}

// Connections and API destinations are kept as they were answered.
func TestConnections(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.Socket)
	made, err := c.root().CreateConnection(t.Context(), &eb.CreateConnectionInput{Name: aws.String("c"), AuthorizationType: types.ConnectionAuthorizationTypeApiKey,
		AuthParameters: &types.CreateConnectionAuthRequestParameters{ApiKeyAuthParameters: &types.CreateConnectionApiKeyAuthRequestParameters{ApiKeyName: aws.String("ApiKey"), ApiKeyValue: aws.String("secret")}}})
	require.NoError(t, err)
	assert.Equal(t, types.ConnectionStateAuthorized, made.ConnectionState)
	described, err := c.root().DescribeConnection(t.Context(), &eb.DescribeConnectionInput{Name: aws.String("c")})
	require.NoError(t, err)
	assert.Equal(t, "ApiKey", *described.AuthParameters.ApiKeyAuthParameters.ApiKeyName)
	assert.Contains(t, *described.SecretArn, ":secret:events!connection/c/")
	api, err := c.root().CreateApiDestination(t.Context(), &eb.CreateApiDestinationInput{Name: aws.String("d"), ConnectionArn: made.ConnectionArn,
		HttpMethod: types.ApiDestinationHttpMethodPost, InvocationEndpoint: aws.String("https://example.com/api")})
	require.NoError(t, err)
	assert.Equal(t, types.ApiDestinationStateActive, api.ApiDestinationState)
	destination, err := c.root().DescribeApiDestination(t.Context(), &eb.DescribeApiDestinationInput{Name: aws.String("d")})
	require.NoError(t, err)
	assert.EqualValues(t, 300, *destination.InvocationRateLimitPerSecond)
	_, err = c.root().DeleteConnection(t.Context(), &eb.DeleteConnectionInput{Name: aws.String("c")})
	worldtest.RequireError(t, err, "ValidationException", "Connection c is in use by an api-destination.")
	_, err = c.root().DeleteApiDestination(t.Context(), &eb.DeleteApiDestinationInput{Name: aws.String("d")})
	require.NoError(t, err)
	_, err = c.root().DeleteConnection(t.Context(), &eb.DeleteConnectionInput{Name: aws.String("c")})
	require.NoError(t, err)
}
