package cloudwatchlogs_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/logstest"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/cloudwatchlogs"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func subscribe(ctx context.Context, client *awslogs.Client, destination string) error {
	_, err := client.PutSubscriptionFilter(ctx, &awslogs.PutSubscriptionFilterInput{
		LogGroupName: aws.String("/app"), FilterName: aws.String("all"), FilterPattern: aws.String(""), DestinationArn: &destination,
	})
	return err
}

// CloudWatch Logs uses a key as itself, for the log group alone, by the policy of the key.
func TestKeys(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.group(t), t.Context()
	key, err := c.Keys().Create(owner, region, nil)
	require.NoError(t, err)
	associate := func() error {
		_, err := root.AssociateKmsKey(ctx, &awslogs.AssociateKmsKeyInput{LogGroupName: aws.String("/app"), KmsKeyId: &key.ARN})
		return err
	}
	const denied = "The specified KMS key does not exist or is not allowed to be used with Arn '" + groupARN + "'"
	worldtest.RequireError(t, associate(), "AccessDeniedException", denied)
	grant := func(group string) {
		require.NoError(t, key.SetPolicy(enforce.MustParse(document(allow("kms:*", "*", to("Service", "logs.us-east-1.amazonaws.com"),
			condition("ArnEquals", "kms:EncryptionContext:aws:logs:arn", group))), enforce.KeyPolicy)))
	}
	grant(groupARN + "2")
	worldtest.RequireError(t, associate(), "AccessDeniedException", denied)
	grant(groupARN)
	require.NoError(t, associate())
	mustPut(t, root, "web", c.batch("secret"))
	_, err = filter(t, root, "")
	require.NoError(t, err)
	grant(groupARN + "2")
	_, err = put(t, root, "web", c.batch("x"))
	worldtest.RequireError(t, err, "AccessDeniedException", denied)
	_, err = filter(t, root, "")
	worldtest.RequireError(t, err, "AccessDeniedException", denied)
	_, err = root.GetLogEvents(ctx, &awslogs.GetLogEventsInput{LogGroupName: aws.String("/app"), LogStreamName: aws.String("web")})
	worldtest.RequireError(t, err, "AccessDeniedException", denied)
	_, err = root.DisassociateKmsKey(ctx, &awslogs.DisassociateKmsKeyInput{ResourceIdentifier: aws.String(groupARN)})
	require.NoError(t, err)
	_, err = filter(t, root, "")
	require.NoError(t, err)
	_, err = root.CreateLogGroup(ctx, &awslogs.CreateLogGroupInput{LogGroupName: aws.String("/other"), KmsKeyId: &key.ARN})
	require.ErrorContains(t, err, "log-group:/other'")
	_, err = filter(t, c.user(owner, "nobody"), "")
	requireDenied(t, err, "nobody", "logs:FilterLogEvents", groupARN+":log-stream:", because("logs:FilterLogEvents"))
}

// Another account reads log groups only if it monitors the account, and its users only with
// permissions.
func TestLinks(t *testing.T) {
	t.Parallel()
	source := awstest.New(t, logstest.With())
	monitor, ctx := source.NewAccount(), t.Context()
	group := logstest.Of(source).Create("/app")
	group.Put("web", "x")
	client := awslogs.NewFromConfig(monitor.Config())
	read := func(client *awslogs.Client) error {
		_, err := client.FilterLogEvents(ctx, &awslogs.FilterLogEventsInput{LogGroupIdentifier: aws.String(group.ARN())})
		return err
	}
	awstest.RequireDenied(t, read(client), "logs:FilterLogEvents")
	logstest.Of(monitor).Monitor(source)
	require.NoError(t, read(client))
	awstest.RequireDenied(t, read(awslogs.NewFromConfig(monitor.NewUser("nobody").Config())), "logs:FilterLogEvents")
	require.NoError(t, read(awslogs.NewFromConfig(monitor.NewUser("reader", awstest.Allow("logs:FilterLogEvents").On(group.ARN()+":*")).Config())))
	_, err := client.PutLogGroupDeletionProtection(ctx, &awslogs.PutLogGroupDeletionProtectionInput{LogGroupIdentifier: aws.String(group.ARN()), DeletionProtectionEnabled: aws.Bool(true)})
	awstest.RequireDenied(t, err, "logs:PutLogGroupDeletionProtection")
	listed, err := client.DescribeLogGroups(ctx, &awslogs.DescribeLogGroupsInput{IncludeLinkedAccounts: aws.Bool(true)})
	require.NoError(t, err)
	require.Len(t, listed.LogGroups, 1)
	assert.Equal(t, group.ARN(), *listed.LogGroups[0].LogGroupArn)
	listed, err = client.DescribeLogGroups(ctx, &awslogs.DescribeLogGroupsInput{})
	require.NoError(t, err)
	assert.Empty(t, listed.LogGroups)
}

// A query reads log groups, and each of them takes a permission.
func TestQueries(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		root, ctx := c.group(t), t.Context()
		mustPut(t, root, "web", c.batchAt(time.Minute, `{"level":"ERROR","ms":10}`, `{"level":"INFO","ms":20}`, `{"level":"ERROR","ms":30}`))
		now := c.Clock().Now().Unix()
		start := func(client *awslogs.Client, text string) (*string, error) {
			out, err := client.StartQuery(ctx, &awslogs.StartQueryInput{LogGroupIdentifiers: []string{groupARN}, StartTime: aws.Int64(now - 3600), EndTime: aws.Int64(now), QueryString: &text})
			if err != nil {
				return nil, err
			}
			return out.QueryId, nil
		}
		id, err := start(root, `filter level = "ERROR" | stats count(*) as n, max(ms) as slowest by level`)
		require.NoError(t, err)
		out, err := root.GetQueryResults(ctx, &awslogs.GetQueryResultsInput{QueryId: id})
		require.NoError(t, err)
		assert.Equal(t, types.QueryStatusComplete, out.Status)
		require.Len(t, out.Results, 1)
		values := map[string]string{}
		for _, f := range out.Results[0] {
			values[*f.Field] = *f.Value
		}
		assert.Equal(t, map[string]string{"level": "ERROR", "n": "2", "slowest": "30"}, values)
		assert.Equal(t, []float64{2, 3}, []float64{out.Statistics.RecordsMatched, out.Statistics.RecordsScanned})
		id, err = start(root, "fields @message, @ptr | sort ms | limit 1")
		require.NoError(t, err)
		out, err = root.GetQueryResults(ctx, &awslogs.GetQueryResultsInput{QueryId: id})
		require.NoError(t, err)
		record, err := root.GetLogRecord(ctx, &awslogs.GetLogRecordInput{LogRecordPointer: out.Results[0][1].Value})
		require.NoError(t, err)
		assert.Equal(t, "10", record.LogRecord["ms"])
		_, err = start(c.user(owner, "reader", allow("logs:StartQuery", "arn:aws:logs:*:*:log-group:/other:*")), "fields @message")
		requireDenied(t, err, "reader", "logs:StartQuery", groupARN+":log-stream:", because("logs:StartQuery"))
		_, err = c.user(owner, "other", allow("logs:StartQuery", "*")).GetQueryResults(ctx, &awslogs.GetQueryResultsInput{QueryId: id})
		requireDenied(t, err, "other", "logs:GetQueryResults", groupARN+":log-stream:", because("logs:GetQueryResults"))
		listed, err := root.DescribeQueries(ctx, &awslogs.DescribeQueriesInput{LogGroupName: aws.String("/app"), MaxResults: aws.Int32(1)})
		require.NoError(t, err)
		require.Len(t, listed.Queries, 1)
		assert.Equal(t, *id, *listed.Queries[0].QueryId)
	})
}

// Metric filters are tried on messages, and kept.
func TestMetricFilters(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.group(t), t.Context()
	tried, err := root.TestMetricFilter(ctx, &awslogs.TestMetricFilterInput{FilterPattern: aws.String("[ip, status=4*]"), LogEventMessages: []string{"1.1.1.1 200", "1.1.1.2 404"}})
	require.NoError(t, err)
	assert.Equal(t, []types.MetricFilterMatchRecord{{EventNumber: 2, EventMessage: aws.String("1.1.1.2 404"), ExtractedValues: map[string]string{"$ip": "1.1.1.2", "$status": "404"}}}, tried.Matches)
	put := func(name, pattern string) error {
		_, err := root.PutMetricFilter(ctx, &awslogs.PutMetricFilterInput{LogGroupName: aws.String("/app"), FilterName: &name, FilterPattern: &pattern,
			MetricTransformations: []types.MetricTransformation{{MetricName: aws.String("errors"), MetricNamespace: aws.String("app"), MetricValue: aws.String("1")}}})
		return err
	}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		require.NoError(t, put(name, "%"+name+"+%"))
	}
	worldtest.RequireError(t, put("f", "%f%"), "LimitExceededException", "Resource limit exceeded.")
	require.NoError(t, put("e", "%e%"))
	listed, err := root.DescribeMetricFilters(ctx, &awslogs.DescribeMetricFiltersInput{MetricName: aws.String("errors"), MetricNamespace: aws.String("app"), Limit: aws.Int32(2)})
	require.NoError(t, err)
	require.Len(t, listed.MetricFilters, 2)
	require.NotNil(t, listed.NextToken)
	_, err = root.DeleteMetricFilter(ctx, &awslogs.DeleteMetricFilterInput{LogGroupName: aws.String("/app"), FilterName: aws.String("x")})
	worldtest.RequireError(t, err, "ResourceNotFoundException", "The specified metric filter does not exist.")
}

// Protected groups and account policies.
func TestProtectionAndAccountPolicies(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.group(t), t.Context()
	protect := func(on bool) {
		_, err := root.PutLogGroupDeletionProtection(ctx, &awslogs.PutLogGroupDeletionProtectionInput{LogGroupIdentifier: aws.String("/app"), DeletionProtectionEnabled: &on})
		require.NoError(t, err)
	}
	remove := func() error {
		_, err := root.DeleteLogGroup(ctx, &awslogs.DeleteLogGroupInput{LogGroupName: aws.String("/app")})
		return err
	}
	protect(true)
	worldtest.RequireError(t, remove(), "ValidationException", "The log group is deletion protected. Disable deletion protection and try again.")
	protect(false)
	require.NoError(t, remove())

	put := func(client *awslogs.Client, name string, kind types.PolicyType) error {
		_, err := client.PutAccountPolicy(ctx, &awslogs.PutAccountPolicyInput{PolicyName: &name, PolicyType: kind, PolicyDocument: aws.String(`{"Fields":["a"]}`)})
		return err
	}
	require.NoError(t, put(root, "one", types.PolicyTypeFieldIndexPolicy))
	awstest.RequireDenied(t, put(c.user(owner, "half", allow("logs:PutAccountPolicy", "*")), "two", types.PolicyTypeFieldIndexPolicy), "logs:PutIndexPolicy")
	worldtest.RequireError(t, put(root, "two", types.PolicyTypeDataProtectionPolicy), "NotImplemented",
		"logs: the masking of events by a policy of the type DATA_PROTECTION_POLICY is not implemented by leastpriv.")
	listed, err := root.DescribeAccountPolicies(ctx, &awslogs.DescribeAccountPoliciesInput{PolicyType: types.PolicyTypeFieldIndexPolicy})
	require.NoError(t, err)
	require.Len(t, listed.AccountPolicies, 1)
	assert.Equal(t, []string{owner, "one", "ALL"}, []string{*listed.AccountPolicies[0].AccountId, *listed.AccountPolicies[0].PolicyName, string(listed.AccountPolicies[0].Scope)})
	_, err = root.DeleteAccountPolicy(ctx, &awslogs.DeleteAccountPolicyInput{PolicyName: aws.String("one"), PolicyType: types.PolicyTypeFieldIndexPolicy})
	require.NoError(t, err)
}

// A policy of the account subscribes to all log groups but those that it leaves out.
func TestAccountSubscriptions(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, logstest.With())
	arn := "arn:aws:lambda:" + acct.Region() + ":" + acct.ID() + ":function:digest"
	got := 0
	acct.World().Receive(arn, func(context.Context, *fakeaws.Delivery) ([]byte, error) { got++; return nil, nil })
	client := awslogs.NewFromConfig(acct.Config())
	put := func(name string) error {
		_, err := client.PutAccountPolicy(t.Context(), &awslogs.PutAccountPolicyInput{PolicyName: &name, PolicyType: types.PolicyTypeSubscriptionFilterPolicy,
			SelectionCriteria: aws.String(`LogGroupName NOT IN ["/quiet"]`), PolicyDocument: aws.String(`{"DestinationArn":"` + arn + `","FilterPattern":"ERROR"}`)})
		return err
	}
	worldtest.RequireError(t, put("all"), "InvalidParameterException", "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute your function.")
	acct.SetResourcePolicy(arn, awstest.Allow("lambda:InvokeFunction").By("logs.amazonaws.com").If("ArnLike", "aws:SourceArn", "arn:aws:logs:*:*:log-group:*"))
	require.NoError(t, put("all"))
	require.NoError(t, put("all"))
	worldtest.RequireError(t, put("more"), "LimitExceededException", "Resource limit exceeded.")
	logs := logstest.Of(acct)
	logs.Create("/app").Put("web", "ERROR", "INFO")
	logs.Create("/quiet").Put("web", "ERROR")
	acct.Settle()
	assert.Equal(t, 1, got)
}

// A clone has the events and what waits to be delivered, and shares nothing that changes.
func TestClone(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, logstest.With())
	arn := "arn:aws:lambda:" + acct.Region() + ":" + acct.ID() + ":function:digest"
	acct.SetResourcePolicy(arn, awstest.Allow("lambda:InvokeFunction").By("logs.amazonaws.com"))
	var mu sync.Mutex
	got := 0
	acct.World().Receive(arn, func(context.Context, *fakeaws.Delivery) ([]byte, error) {
		mu.Lock()
		defer mu.Unlock()
		got++
		return nil, nil
	})
	group := logstest.Of(acct).Create("/app")
	group.Put("web", "one")
	require.NoError(t, subscribe(t.Context(), awslogs.NewFromConfig(acct.Config()), arn))
	group.Put("web", "two")
	clone := acct.Clone(t)
	acct.Settle()
	clone.Settle()
	assert.Equal(t, 2, got, "both deliver")
	other := logstest.Of(clone).Group("/app")
	other.Put("web", "three")
	group.Put("api", "four")
	assert.Equal(t, []string{"one", "two", "three"}, other.Messages())
	assert.Equal(t, []string{"one", "two", "four"}, group.Messages())
}

// Many write, read and subscribe at once.
func TestRace(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.group(t), t.Context()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			name := string(rune('a' + i%4))
			_, _ = root.CreateLogStream(ctx, &awslogs.CreateLogStreamInput{LogGroupName: aws.String("/app"), LogStreamName: &name})
			for range 20 {
				_, err := put(t, root, name, c.batch("x", "y"))
				assert.NoError(t, err)
				_, err = filter(t, root, "x")
				assert.NoError(t, err)
				_, err = root.DescribeLogStreams(ctx, &awslogs.DescribeLogStreamsInput{LogGroupName: aws.String("/app")})
				assert.NoError(t, err)
			}
			_, err := c.Clone()
			assert.NoError(t, err)
		})
	}
	all.Wait()
	events, ok := cloudwatchlogs.Of(c.World.World).Events(owner, region, "/app", "")
	require.True(t, ok)
	assert.Len(t, events, 8*20*2)
}
