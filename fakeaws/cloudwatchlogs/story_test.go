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

func TestStory(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		root, ctx := c.group(t), t.Context()
		out := mustPut(t, root, "web", c.batchAt(time.Minute, "GET /a 200", "GET /b 500"))
		assert.Regexp(t, `^\d{56}$`, *out.NextSequenceToken)
		assert.Nil(t, out.RejectedLogEventsInfo)
		stream(t, root, "api")
		mustPut(t, root, "api", c.batchAt(2*time.Minute, "POST /c 500"))
		messages, err := filter(t, root, "500")
		require.NoError(t, err)
		assert.Equal(t, []string{"POST /c 500", "GET /b 500"}, messages, "in the order of time")

		got, err := root.GetLogEvents(ctx, &awslogs.GetLogEventsInput{LogGroupIdentifier: aws.String(groupARN), LogStreamName: aws.String("web"), Limit: aws.Int32(1)})
		require.NoError(t, err)
		require.Len(t, got.Events, 1)
		assert.Equal(t, "GET /b 500", *got.Events[0].Message, "the latest without startFromHead")
		before, err := root.GetLogEvents(ctx, &awslogs.GetLogEventsInput{LogGroupName: aws.String("/app"), LogStreamName: aws.String("web"), NextToken: got.NextBackwardToken})
		require.NoError(t, err)
		require.Len(t, before.Events, 1)
		assert.Equal(t, "GET /a 200", *before.Events[0].Message)
		end, err := root.GetLogEvents(ctx, &awslogs.GetLogEventsInput{LogGroupName: aws.String("/app"), LogStreamName: aws.String("web"), NextToken: got.NextForwardToken, StartFromHead: aws.Bool(true)})
		require.NoError(t, err)
		assert.Empty(t, end.Events)
		assert.Equal(t, *got.NextForwardToken, *end.NextForwardToken, "the same token at the end")
		back, err := root.GetLogEvents(ctx, &awslogs.GetLogEventsInput{LogGroupName: aws.String("/app"), LogStreamName: aws.String("web"), NextToken: end.NextBackwardToken, Limit: aws.Int32(1)})
		require.NoError(t, err)
		assert.Equal(t, "GET /b 500", *back.Events[0].Message)

		groups, err := root.DescribeLogGroups(ctx, &awslogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("/a")})
		require.NoError(t, err)
		require.Len(t, groups.LogGroups, 1)
		g := groups.LogGroups[0]
		assert.Equal(t, []string{groupARN + ":*", groupARN, "STANDARD"}, []string{*g.Arn, *g.LogGroupArn, string(g.LogGroupClass)})
		assert.Equal(t, int64(len("GET /a 200GET /b 500POST /c 500")+3*26), *g.StoredBytes)
		assert.Nil(t, g.RetentionInDays)
		streams, err := root.DescribeLogStreams(ctx, &awslogs.DescribeLogStreamsInput{LogGroupName: aws.String("/app"), OrderBy: types.OrderByLastEventTime, Descending: aws.Bool(true)})
		require.NoError(t, err)
		require.Len(t, streams.LogStreams, 2)
		assert.Equal(t, groupARN+":log-stream:web", *streams.LogStreams[0].Arn)

		_, err = root.DeleteLogStream(ctx, &awslogs.DeleteLogStreamInput{LogGroupName: aws.String("/app"), LogStreamName: aws.String("api")})
		require.NoError(t, err)
		_, err = root.DeleteLogGroup(ctx, &awslogs.DeleteLogGroupInput{LogGroupName: aws.String("/app")})
		require.NoError(t, err)
		_, err = filter(t, root, "")
		worldtest.RequireError(t, err, "ResourceNotFoundException", "The specified log group does not exist.")
	})
}

// A policy for a log group needs ":*" behind its ARN, but for its tags.
func TestResources(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.group(t), t.Context()
	mustPut(t, root, "web", c.batch("x"))
	bare := c.user(owner, "bare", allow("logs:*", groupARN))
	whole := c.user(owner, "whole", allow("logs:*", groupARN+":*"))
	one := c.user(owner, "one", allow("logs:*", groupARN+":log-stream:web"))
	tags := func(client *awslogs.Client) error {
		_, err := client.ListTagsForResource(ctx, &awslogs.ListTagsForResourceInput{ResourceArn: aws.String(groupARN)})
		return err
	}
	_, err := filter(t, bare, "")
	requireDenied(t, err, "bare", "logs:FilterLogEvents", groupARN+":log-stream:", because("logs:FilterLogEvents"))
	require.NoError(t, tags(bare))
	_, err = filter(t, whole, "")
	require.NoError(t, err)
	requireDenied(t, tags(whole), "whole", "logs:ListTagsForResource", groupARN, because("logs:ListTagsForResource"))
	mustPut(t, whole, "web", c.batch("y"))
	mustPut(t, one, "web", c.batch("y"))
	_, err = put(t, one, "api", c.batch("y"))
	requireDenied(t, err, "one", "logs:PutLogEvents", groupARN+":log-stream:api", because("logs:PutLogEvents"))
	_, err = one.DescribeLogGroups(ctx, &awslogs.DescribeLogGroupsInput{})
	requireDenied(t, err, "one", "logs:DescribeLogGroups", "arn:aws:logs:us-east-1:"+owner+":log-group::log-stream:", because("logs:DescribeLogGroups"))
	_, err = put(t, whole, "nothing", c.batch("y"))
	worldtest.RequireError(t, err, "ResourceNotFoundException", "The specified log stream does not exist.")
	_, err = whole.PutRetentionPolicy(ctx, &awslogs.PutRetentionPolicyInput{LogGroupName: aws.String("/other"), RetentionInDays: aws.Int32(1)})
	requireDenied(t, err, "whole", "logs:PutRetentionPolicy", strings.Replace(groupARN, "/app", "/other", 1)+":log-stream:", because("logs:PutRetentionPolicy"))
}

// Tags of log groups count in conditions, and tags of requests.
func TestTags(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.group(t), t.Context()
	team := c.user(owner, "team", allow("logs:*", "*", condition("StringEquals", "aws:ResourceTag/team", "a")))
	_, err := filter(t, team, "")
	requireDenied(t, err, "team", "logs:FilterLogEvents", groupARN+":log-stream:", because("logs:FilterLogEvents"))
	_, err = root.TagResource(ctx, &awslogs.TagResourceInput{ResourceArn: aws.String(groupARN), Tags: map[string]string{"team": "a", "x": "y"}})
	require.NoError(t, err)
	_, err = filter(t, team, "")
	require.NoError(t, err)
	_, err = put(t, team, "web", c.batch("x"))
	require.NoError(t, err)
	_, err = root.UntagLogGroup(ctx, &awslogs.UntagLogGroupInput{LogGroupName: aws.String("/app"), Tags: []string{"x", "none"}}) //nolint:staticcheck // the older operations work too
	require.NoError(t, err)
	listed, err := root.ListTagsLogGroup(ctx, &awslogs.ListTagsLogGroupInput{LogGroupName: aws.String("/app")}) //nolint:staticcheck // the same
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"team": "a"}, listed.Tags)

	create := func(client *awslogs.Client, name string, tags map[string]string) error {
		_, err := client.CreateLogGroup(ctx, &awslogs.CreateLogGroupInput{LogGroupName: &name, Tags: tags})
		return err
	}
	tag := map[string]string{"team": "b"}
	maker := c.user(owner, "maker", allow("logs:CreateLogGroup", "*"))
	require.NoError(t, create(maker, "plain", nil))
	worldtest.RequireError(t, create(maker, "tagged", tag), "AccessDeniedException",
		"User with accountId: "+owner+` is not authorized to perform CreateLogGroup with Tags. An additional permission "logs:TagResource" is required.`)
	_, there := c.fake().Group(owner, region, "tagged")
	assert.False(t, there)
	require.NoError(t, create(c.user(owner, "a", allow("logs:CreateLogGroup", "*"), allow("logs:TagResource", "*")), "tagged", tag))
	require.NoError(t, create(c.user(owner, "b", allow("logs:CreateLogGroup", "*"), allow("logs:TagLogGroup", "*")), "tagged2", tag))
	only := c.user(owner, "c", allow("logs:*", "*", condition("StringEquals", "aws:RequestTag/team", "b")))
	require.NoError(t, create(only, "tagged3", tag))
	assert.Error(t, create(only, "tagged4", map[string]string{"team": "c"}))
	require.NoError(t, create(root, "many", many(50)))
	_, err = root.TagResource(ctx, &awslogs.TagResourceInput{ResourceArn: aws.String(strings.Replace(groupARN, "/app", "many", 1)), Tags: tag})
	worldtest.RequireError(t, err, "TooManyTagsException", "The resource can have no more than 50 tags.")
}

func many(n int) map[string]string {
	tags := make(map[string]string, n)
	for i := range n {
		tags[fmt.Sprint("key", i)] = "v"
	}
	return tags
}

// Services write by resource policies, and nobody else does.
func TestResourcePolicies(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.group(t), t.Context()
	rule := "arn:aws:events:us-east-1:" + owner + ":rule/all"
	deliver := func(principal, source string) error {
		_, err := c.Deliver(ctx, c.asService(principal, source), delivery(groupARN, "from-events", "event"))
		return err
	}
	require.Error(t, deliver("events.amazonaws.com", rule))
	policy := func(name string, statements ...string) error {
		_, err := root.PutResourcePolicy(ctx, &awslogs.PutResourcePolicyInput{PolicyName: &name, PolicyDocument: aws.String(document(statements...))})
		return err
	}
	require.NoError(t, policy("put", allow("logs:PutLogEvents", groupARN+":*", to("Service", "events.amazonaws.com"), condition("ArnEquals", "aws:SourceArn", rule))))
	require.Error(t, deliver("events.amazonaws.com", rule), "the stream is made by a call of its own")
	require.NoError(t, policy("create", allow("logs:CreateLogStream", groupARN+":*", to("Service", "events.amazonaws.com"))))
	require.NoError(t, deliver("events.amazonaws.com", rule))
	require.Error(t, deliver("events.amazonaws.com", rule+"2"))
	require.Error(t, deliver("delivery.logs.amazonaws.com", rule))
	events, ok := c.fake().Events(owner, region, "/app", "from-events")
	require.True(t, ok)
	require.Len(t, events, 1)
	assert.Equal(t, "event", events[0].Message)

	user := c.user(owner, "user")
	require.NoError(t, policy("user", allow("logs:FilterLogEvents", "*", to("AWS", "arn:aws:iam::"+owner+":user/user"))))
	_, err := filter(t, user, "")
	requireDenied(t, err, "user", "logs:FilterLogEvents", groupARN+":log-stream:", because("logs:FilterLogEvents"))
	_, err = root.PutResourcePolicy(ctx, &awslogs.PutResourcePolicyInput{ResourceArn: aws.String(groupARN),
		PolicyDocument: aws.String(document(allow("logs:FilterLogEvents", "*", to("AWS", "arn:aws:iam::"+owner+":user/user"))))})
	require.NoError(t, err)
	_, err = filter(t, user, "")
	require.NoError(t, err, "the policy of the log group itself is for all")

	listed, err := root.DescribeResourcePolicies(ctx, &awslogs.DescribeResourcePoliciesInput{Limit: aws.Int32(2)})
	require.NoError(t, err)
	require.Len(t, listed.ResourcePolicies, 2)
	assert.Equal(t, []string{"create", "put"}, []string{*listed.ResourcePolicies[0].PolicyName, *listed.ResourcePolicies[1].PolicyName})
	listed, err = root.DescribeResourcePolicies(ctx, &awslogs.DescribeResourcePoliciesInput{NextToken: listed.NextToken})
	require.NoError(t, err)
	require.Len(t, listed.ResourcePolicies, 1)
	_, err = root.DeleteResourcePolicy(ctx, &awslogs.DeleteResourcePolicyInput{PolicyName: aws.String("put")})
	require.NoError(t, err)
	require.Error(t, deliver("events.amazonaws.com", rule))
	for i := range 8 {
		require.NoError(t, policy(fmt.Sprint("more", i), allow("logs:PutLogEvents", "log_arn", to("Service", "route53.amazonaws.com"))))
	}
	worldtest.RequireError(t, policy("eleventh", allow("logs:PutLogEvents", "*", to("Service", "route53.amazonaws.com"))), "LimitExceededException", "Resource limit exceeded.")
	worldtest.RequireError(t, policy("more1", `{"Effect":"Maybe"}`), "InvalidParameterException", "The policy document is not valid.")
}
