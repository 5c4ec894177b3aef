package cloudwatchlogs_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// What is wrong with a batch is refused as a whole; what is too old or too new of it is left
// out.
func TestBatches(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.group(t), t.Context()
	now := c.Clock().Now()
	at := func(ahead time.Duration, message string) types.InputLogEvent {
		return types.InputLogEvent{Timestamp: aws.Int64(now.Add(ahead).UnixMilli()), Message: &message}
	}
	const day = 24 * time.Hour
	for _, bad := range []struct {
		events []types.InputLogEvent
		text   string
	}{
		{[]types.InputLogEvent{at(0, "a"), at(-time.Second, "b")}, "Log events in a single PutLogEvents request must be in chronological order."},
		{[]types.InputLogEvent{at(-day-time.Minute, "a"), at(0, "b")}, "The batch of log events in a single PutLogEvents request cannot span more than 24 hours."},
		{[]types.InputLogEvent{at(0, strings.Repeat("x", 1<<20-26+1))}, "Upload too large: 1048577 bytes exceeds limit of 1048576"},
		{[]types.InputLogEvent{at(0, strings.Repeat("é", 300_000)), at(0, strings.Repeat("é", 300_000))}, "Upload too large: 1200052 bytes exceeds limit of 1048576"},
		{[]types.InputLogEvent{at(0, "")}, "1 validation error detected: Value '' at 'logEvents.1.member.message' failed to satisfy constraint: Member must have length greater than or equal to 1"},
		{nil, "1 validation error detected: Value null at 'logEvents' failed to satisfy constraint: Member must not be null"},
	} {
		_, err := put(t, root, "web", bad.events)
		worldtest.RequireError(t, err, "InvalidParameterException", bad.text)
	}
	var many []types.InputLogEvent
	for range 10_001 {
		many = append(many, at(0, "x"))
	}
	_, err := put(t, root, "web", many)
	require.ErrorContains(t, err, "at 'logEvents' failed to satisfy constraint: Member must have length less than or equal to 10000")
	mustPut(t, root, "web", many[:10_000])
	mustPut(t, root, "web", []types.InputLogEvent{at(0, strings.Repeat("x", 1<<20-26))})

	stream(t, root, "late")
	out := mustPut(t, root, "late", []types.InputLogEvent{at(-14*day-2*time.Hour, "too old"), at(-14*day-time.Hour, "too old"), at(-14*day+time.Hour, "old")})
	assert.Equal(t, &types.RejectedLogEventsInfo{TooOldLogEventEndIndex: aws.Int32(2)}, out.RejectedLogEventsInfo)
	out = mustPut(t, root, "late", []types.InputLogEvent{at(time.Hour, "soon"), at(3*time.Hour, "too new")})
	assert.Equal(t, &types.RejectedLogEventsInfo{TooNewLogEventStartIndex: aws.Int32(1)}, out.RejectedLogEventsInfo)
	_, err = root.PutRetentionPolicy(ctx, &awslogs.PutRetentionPolicyInput{LogGroupName: aws.String("/app"), RetentionInDays: aws.Int32(3)})
	require.NoError(t, err)
	out = mustPut(t, root, "late", []types.InputLogEvent{at(-3*day-time.Hour, "expired"), at(-3*day+time.Hour, "kept")})
	assert.Equal(t, &types.RejectedLogEventsInfo{ExpiredLogEventEndIndex: aws.Int32(1)}, out.RejectedLogEventsInfo)
	events, _ := c.fake().Events(owner, region, "/app", "late")
	var kept []string
	for _, e := range events {
		kept = append(kept, e.Message)
	}
	assert.Equal(t, []string{"kept", "soon"}, kept, "what is older than the retention is gone")
}

// Events end with the retention, by the World's clock.
func TestRetention(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.group(t), t.Context()
	mustPut(t, root, "web", c.batchAt(12*time.Hour, "old"))
	mustPut(t, root, "web", c.batch("new"))
	retain := func(days int32) error {
		_, err := root.PutRetentionPolicy(ctx, &awslogs.PutRetentionPolicyInput{LogGroupName: aws.String("/app"), RetentionInDays: &days})
		return err
	}
	worldtest.RequireError(t, retain(2), "InvalidParameterException", "Invalid retention value. Valid values are: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653.")
	require.NoError(t, retain(1))
	require.NoError(t, c.Advance(ctx, 13*time.Hour))
	messages, err := filter(t, root, "")
	require.NoError(t, err)
	assert.Equal(t, []string{"new"}, messages)
	groups, err := root.DescribeLogGroups(ctx, &awslogs.DescribeLogGroupsInput{})
	require.NoError(t, err)
	assert.Equal(t, []int64{29, 1}, []int64{*groups.LogGroups[0].StoredBytes, int64(*groups.LogGroups[0].RetentionInDays)})
	_, err = root.DeleteRetentionPolicy(ctx, &awslogs.DeleteRetentionPolicyInput{LogGroupName: aws.String("/app")})
	require.NoError(t, err)
	require.NoError(t, c.Advance(ctx, 1000*24*time.Hour))
	messages, err = filter(t, root, "")
	require.NoError(t, err)
	assert.Equal(t, []string{"new"}, messages, "for ever")
}

// Bad input has AWS's codes and texts.
func TestBadInput(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.group(t), t.Context()
	app, long := aws.String("/app"), aws.String(strings.Repeat("a", 513))
	web := aws.String("web")
	const pattern = `failed to satisfy constraint: Member must satisfy regular expression pattern: `
	for name, bad := range map[string]struct {
		call       func() error
		code, text string
	}{
		"long group": {func() error {
			_, err := root.CreateLogGroup(ctx, &awslogs.CreateLogGroupInput{LogGroupName: long})
			return err
		},
			"InvalidParameterException", "Invalid LogGroup or LogStream, both must have length less than or equal to 512."},
		"long stream": {func() error {
			_, err := root.CreateLogStream(ctx, &awslogs.CreateLogStreamInput{LogGroupName: app, LogStreamName: long})
			return err
		}, "InvalidParameterException", "Invalid LogGroup or LogStream, both must have length less than or equal to 512."},
		"name of a group": {func() error {
			_, err := root.CreateLogGroup(ctx, &awslogs.CreateLogGroupInput{LogGroupName: aws.String("a b")})
			return err
		}, "InvalidParameterException", "1 validation error detected: Value 'a b' at 'logGroupName' " + pattern + `[\.\-_/#A-Za-z0-9]+`},
		"ARN as a name": {func() error {
			_, err := root.CreateLogGroup(ctx, &awslogs.CreateLogGroupInput{LogGroupName: aws.String(groupARN)})
			return err
		}, "InvalidParameterException", "1 validation error detected: Value '" + groupARN + "' at 'logGroupName' " + pattern + `[\.\-_/#A-Za-z0-9]+`},
		"name of a stream": {func() error {
			_, err := root.CreateLogStream(ctx, &awslogs.CreateLogStreamInput{LogGroupName: app, LogStreamName: aws.String("a:b")})
			return err
		}, "InvalidParameterException", "1 validation error detected: Value 'a:b' at 'logStreamName' " + pattern + "[^:*]*"},
		"stream twice": {func() error {
			_, err := root.CreateLogStream(ctx, &awslogs.CreateLogStreamInput{LogGroupName: app, LogStreamName: web})
			return err
		}, "ResourceAlreadyExistsException", "The specified log stream already exists"},
		"group twice": {func() error {
			_, err := root.CreateLogGroup(ctx, &awslogs.CreateLogGroupInput{LogGroupName: app})
			return err
		},
			"ResourceAlreadyExistsException", "The specified log group already exists"},
		"class": {func() error {
			_, err := root.CreateLogGroup(ctx, &awslogs.CreateLogGroupInput{LogGroupName: aws.String("x"), LogGroupClass: "NONE"})
			return err
		}, "InvalidParameterException", "1 validation error detected: Value 'NONE' at 'logGroupClass' failed to satisfy constraint: Member must satisfy enum value set: [STANDARD, INFREQUENT_ACCESS, DELIVERY]"},
		"both identifiers": {func() error {
			_, err := root.DescribeLogStreams(ctx, &awslogs.DescribeLogStreamsInput{LogGroupName: app, LogGroupIdentifier: app})
			return err
		}, "ValidationException", "LogGroup name and LogGroup ARN are mutually exclusive parameters."},
		"no identifier": {func() error { _, err := root.FilterLogEvents(ctx, &awslogs.FilterLogEventsInput{}); return err },
			"InvalidParameterException", "Either LogGroup name or LogGroup ARN must be specified."},
		"identifier with an asterisk": {func() error {
			_, err := root.FilterLogEvents(ctx, &awslogs.FilterLogEventsInput{LogGroupIdentifier: aws.String(groupARN + ":log-stream:x")})
			return err
		}, "InvalidParameterException", "The specified log group identifier is invalid."},
		"identifier of another region": {func() error {
			_, err := root.FilterLogEvents(ctx, &awslogs.FilterLogEventsInput{LogGroupIdentifier: aws.String(strings.Replace(groupARN, region, "eu-west-1", 1))})
			return err
		}, "InvalidParameterException", "The specified log group identifier is invalid."},
		"order": {func() error {
			_, err := root.DescribeLogStreams(ctx, &awslogs.DescribeLogStreamsInput{LogGroupName: app, OrderBy: types.OrderByLastEventTime, LogStreamNamePrefix: web})
			return err
		}, "InvalidParameterException", "Cannot order by LastEventTime with a logStreamNamePrefix."},
		"names and prefix": {func() error {
			_, err := root.FilterLogEvents(ctx, &awslogs.FilterLogEventsInput{LogGroupName: app, LogStreamNames: []string{"web"}, LogStreamNamePrefix: web})
			return err
		}, "InvalidParameterException", "Only one of logStreamNames and logStreamNamePrefix can be specified."},
		"no stream": {func() error {
			_, err := root.FilterLogEvents(ctx, &awslogs.FilterLogEventsInput{LogGroupName: app, LogStreamNames: []string{"none"}})
			return err
		}, "ResourceNotFoundException", "The specified log stream does not exist."},
		"pattern": {func() error { _, err := filter(t, root, "a:b"); return err }, "InvalidParameterException", "Invalid character(s) in term 'a:b'"},
		"token of a list": {func() error {
			_, err := root.DescribeLogGroups(ctx, &awslogs.DescribeLogGroupsInput{NextToken: aws.String("x")})
			return err
		}, "InvalidParameterException", "The specified nextToken is invalid."},
		"token of events": {func() error {
			_, err := root.GetLogEvents(ctx, &awslogs.GetLogEventsInput{LogGroupName: app, LogStreamName: web, NextToken: aws.String("f/1/s")})
			return err
		}, "InvalidParameterException", "The specified nextToken is invalid."},
		"prefix and pattern": {func() error {
			_, err := root.DescribeLogGroups(ctx, &awslogs.DescribeLogGroupsInput{LogGroupNamePrefix: app, LogGroupNamePattern: app})
			return err
		}, "InvalidParameterException", "Only one of logGroupNamePrefix and logGroupNamePattern can be specified."},
		"destination": {func() error { return subscribe(ctx, root, "arn:aws:sqs:us-east-1:"+owner+":q") },
			"InvalidParameterException", "PutSubscriptionFilter operation cannot work with destinationArn for vendor sqs"},
		"destination that is none": {func() error { return subscribe(ctx, root, "arn:aws:logs:us-east-1:"+owner+":destination:none") },
			"ResourceNotFoundException", "The specified destination does not exist."},
		"aws tag": {func() error {
			_, err := root.TagResource(ctx, &awslogs.TagResourceInput{ResourceArn: aws.String(groupARN), Tags: map[string]string{"aws:x": "y"}})
			return err
		}, "InvalidParameterException", "Tag keys can't be empty, be longer than 128 characters, or begin with aws:."},
		"query": {func() error {
			_, err := root.StartQuery(ctx, &awslogs.StartQueryInput{LogGroupName: app, StartTime: aws.Int64(0), EndTime: aws.Int64(1), QueryString: aws.String("fields")})
			return err
		}, "MalformedQueryException", "unexpected symbol found <EOF> at line 1 and position 6"},
		"command of a query": {func() error {
			_, err := root.StartQuery(ctx, &awslogs.StartQueryInput{LogGroupName: app, StartTime: aws.Int64(0), EndTime: aws.Int64(1), QueryString: aws.String("pattern @message")})
			return err
		}, "NotImplemented", "logs: the command pattern of queries is not implemented by leastpriv."},
		"operation": {func() error { _, err := root.DescribeExportTasks(ctx, &awslogs.DescribeExportTasksInput{}); return err },
			"NotImplemented", "logs DescribeExportTasks is not implemented by leastpriv."},
	} {
		t.Run(name, func(t *testing.T) { worldtest.RequireError(t, bad.call(), bad.code, bad.text) })
	}
}

// Lists come in pages.
func TestPages(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.root(), t.Context()
	for i := range 120 {
		_, err := root.CreateLogGroup(ctx, &awslogs.CreateLogGroupInput{LogGroupName: aws.String(fmt.Sprintf("/app/%03d", i))})
		require.NoError(t, err)
		_, err = root.CreateLogStream(ctx, &awslogs.CreateLogStreamInput{LogGroupName: aws.String("/app/000"), LogStreamName: aws.String(fmt.Sprintf("s%03d", i))})
		require.NoError(t, err)
	}
	sizes, n := []int{}, 0
	for pages := awslogs.NewDescribeLogGroupsPaginator(root, &awslogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/app/")}); pages.HasMorePages(); {
		p, err := pages.NextPage(ctx)
		require.NoError(t, err)
		for _, g := range p.LogGroups {
			assert.Equal(t, fmt.Sprintf("/app/%03d", n), *g.LogGroupName)
			n++
		}
		sizes = append(sizes, len(p.LogGroups))
	}
	assert.Equal(t, []int{50, 50, 20}, sizes)
	for _, by := range []types.OrderBy{types.OrderByLogStreamName, types.OrderByLastEventTime} {
		n := 120
		for pages := awslogs.NewDescribeLogStreamsPaginator(root, &awslogs.DescribeLogStreamsInput{LogGroupName: aws.String("/app/000"), Descending: aws.Bool(true), OrderBy: by, Limit: aws.Int32(7)}); pages.HasMorePages(); {
			p, err := pages.NextPage(ctx)
			require.NoError(t, err)
			for _, s := range p.LogStreams {
				n--
				assert.Equal(t, fmt.Sprintf("s%03d", n), *s.LogStreamName)
			}
		}
		assert.Zero(t, n)
	}
	named, err := root.ListLogGroups(ctx, &awslogs.ListLogGroupsInput{LogGroupNamePattern: aws.String("^/app/00|119")})
	require.NoError(t, err)
	assert.Len(t, named.LogGroups, 11)
	like, err := root.DescribeLogGroups(ctx, &awslogs.DescribeLogGroupsInput{LogGroupNamePattern: aws.String("PP/11")})
	require.NoError(t, err)
	assert.Len(t, like.LogGroups, 10)
	assert.Nil(t, like.LogGroups[0].StoredBytes)
}
