package kinesis_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// Bad inputs have AWS's codes and texts.
func TestBadInputs(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	root, name, arn, shard := c.root(), aws.String("orders"), aws.String(arnOf+"orders"), aws.String("shardId-000000000000")
	create(t, root, "orders", 2)
	create(t, root, "others", 1)
	foreign := put(t, root, "others", "a", "x").SequenceNumber
	const in = " in stream orders under account " + owner
	for _, tc := range []struct {
		name, code, text string
		perform          func(*awskinesis.Client) error
	}{
		{"no stream", "ResourceNotFoundException", "Stream none under account " + owner + " not found.", func(c *awskinesis.Client) error {
			_, err := c.DescribeStream(t.Context(), &awskinesis.DescribeStreamInput{StreamName: aws.String("none")})
			return err
		}},
		{"twice", "ResourceInUseException", "Stream orders under account " + owner + " already exists.", func(c *awskinesis.Client) error {
			_, err := c.CreateStream(t.Context(), &awskinesis.CreateStreamInput{StreamName: name, ShardCount: aws.Int32(1)})
			return err
		}},
		{"a name that is none", "ValidationException", "1 validation error detected: Value 'a b' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+", func(c *awskinesis.Client) error {
			_, err := c.CreateStream(t.Context(), &awskinesis.CreateStreamInput{StreamName: aws.String("a b"), ShardCount: aws.Int32(1)})
			return err
		}},
		{"too many shards", "LimitExceededException", "This request would exceed the shard limit for the account " + owner + " in us-east-1. Current shard count for the account: 3. Limit: 20000. Number of additional shards that would have resulted from this request: 20000. Refer to the AWS Service Limits page (https://docs.aws.amazon.com/general/latest/gr/aws_service_limits.html) for current limits and how to request higher limits.", func(c *awskinesis.Client) error {
			_, err := c.CreateStream(t.Context(), &awskinesis.CreateStreamInput{StreamName: aws.String("new"), ShardCount: aws.Int32(20_000)})
			return err
		}},
		{"two names", "InvalidArgumentException", "StreamARN and StreamName name different streams.", func(c *awskinesis.Client) error {
			_, err := c.DescribeStream(t.Context(), &awskinesis.DescribeStreamInput{StreamName: aws.String("others"), StreamARN: arn})
			return err
		}},
		{"no name", "InvalidArgumentException", "Either StreamARN or StreamName must be provided.", func(c *awskinesis.Client) error {
			_, err := c.DescribeStreamSummary(t.Context(), &awskinesis.DescribeStreamSummaryInput{})
			return err
		}},
		{"another region", "InvalidArgumentException", "StreamARN arn:aws:kinesis:eu-west-1:" + owner + ":stream/orders is not the ARN of a stream in this Region.", func(c *awskinesis.Client) error {
			_, err := c.DescribeStreamSummary(t.Context(), &awskinesis.DescribeStreamSummaryInput{StreamARN: aws.String("arn:aws:kinesis:eu-west-1:" + owner + ":stream/orders")}, func(o *awskinesis.Options) { o.BaseEndpoint = aws.String("https://kinesis.us-east-1.amazonaws.com") })
			return err
		}},
		{"no shard", "ResourceNotFoundException", "Shard shardId-000000000009" + in + " does not exist", func(c *awskinesis.Client) error {
			_, err := c.GetShardIterator(t.Context(), &awskinesis.GetShardIteratorInput{StreamName: name, ShardId: aws.String("shardId-000000000009"), ShardIteratorType: types.ShardIteratorTypeLatest})
			return err
		}},
		{"a number of another stream", "InvalidArgumentException", "StartingSequenceNumber " + *foreign + " used in GetShardIterator on shard shardId-000000000000" + in + " is invalid because it did not come from this stream.", func(c *awskinesis.Client) error {
			_, err := c.GetShardIterator(t.Context(), &awskinesis.GetShardIteratorInput{StreamName: name, ShardId: shard, ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber, StartingSequenceNumber: foreign})
			return err
		}},
		{"a number without a type", "InvalidArgumentException", "Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER iterator type and StartingSequenceNumber parameter or (2) TRIM_HORIZON or LATEST iterator type and no StartingSequenceNumber parameter. Request specified AT_SEQUENCE_NUMBER iterator type and no StartingSequenceNumber parameter.", func(c *awskinesis.Client) error {
			_, err := c.GetShardIterator(t.Context(), &awskinesis.GetShardIteratorInput{StreamName: name, ShardId: shard, ShardIteratorType: types.ShardIteratorTypeAtSequenceNumber})
			return err
		}},
		{"no iterator", "InvalidArgumentException", "Invalid ShardIterator.", func(c *awskinesis.Client) error {
			_, err := c.GetRecords(t.Context(), &awskinesis.GetRecordsInput{ShardIterator: aws.String("AAAA")})
			return err
		}},
		{"a hash key too large", "InvalidArgumentException", "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was 340282366920938463463374607431768211456", func(c *awskinesis.Client) error {
			_, err := c.PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamName: name, PartitionKey: name, Data: []byte("x"), ExplicitHashKey: aws.String("340282366920938463463374607431768211456")})
			return err
		}},
		{"no partition key", "ValidationException", "1 validation error detected: Value null at 'partitionKey' failed to satisfy constraint: Member must not be null", func(c *awskinesis.Client) error {
			_, err := c.PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamName: name, Data: []byte("x")})
			return err
		}},
		{"a record too long", "ValidationException", "The record with its partition key is longer than the maximum record size of the stream, 1024 KiB.", func(c *awskinesis.Client) error {
			_, err := c.PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamName: name, PartitionKey: aws.String("k"), Data: make([]byte, 1<<20)})
			return err
		}},
		{"a split at the edge", "InvalidArgumentException", "NewStartingHashKey 1 used in SplitShard() on shard shardId-000000000000" + in + " is not both greater than one plus the shard's StartingHashKey 0 and less than the shard's EndingHashKey 170141183460469231731687303715884105727.", func(c *awskinesis.Client) error {
			_, err := c.SplitShard(t.Context(), &awskinesis.SplitShardInput{StreamName: name, ShardToSplit: shard, NewStartingHashKey: aws.String("1")})
			return err
		}},
		{"a split of nothing", "ResourceNotFoundException", "Could not find shard shardId-000000000007" + in + ".", func(c *awskinesis.Client) error {
			_, err := c.SplitShard(t.Context(), &awskinesis.SplitShardInput{StreamName: name, ShardToSplit: aws.String("shardId-000000000007"), NewStartingHashKey: aws.String("10")})
			return err
		}},
		{"retention too short", "InvalidArgumentException", "Minimum allowed retention period is 24 hours. Requested retention period (23 hours) is too short.", func(c *awskinesis.Client) error {
			_, err := c.DecreaseStreamRetentionPeriod(t.Context(), &awskinesis.DecreaseStreamRetentionPeriodInput{StreamName: name, RetentionPeriodHours: aws.Int32(23)})
			return err
		}},
		{"retention too long", "InvalidArgumentException", "Maximum allowed retention period is 8760 hours. Requested retention period (8761 hours) is too long.", func(c *awskinesis.Client) error {
			_, err := c.IncreaseStreamRetentionPeriod(t.Context(), &awskinesis.IncreaseStreamRetentionPeriodInput{StreamName: name, RetentionPeriodHours: aws.Int32(8761)})
			return err
		}},
		{"a decrease that is none", "InvalidArgumentException", "Requested retention period (25 hours) for stream orders can not be longer than existing retention period (24 hours). Use IncreaseRetentionPeriod API.", func(c *awskinesis.Client) error {
			_, err := c.DecreaseStreamRetentionPeriod(t.Context(), &awskinesis.DecreaseStreamRetentionPeriodInput{StreamName: name, RetentionPeriodHours: aws.Int32(25)})
			return err
		}},
		{"a token with a name", "InvalidArgumentException", "NextToken and StreamName cannot be provided together.", func(c *awskinesis.Client) error {
			_, err := c.ListShards(t.Context(), &awskinesis.ListShardsInput{StreamName: name, NextToken: aws.String("x")})
			return err
		}},
	} {
		t.Run(tc.name, func(t *testing.T) { worldtest.RequireError(t, tc.perform(root), tc.code, tc.text) })
	}
}

// A dry run says that the call would succeed, and does nothing; who may not make the call is
// denied.
func TestDryRun(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	create(t, c.root(), "orders", 1)
	in := &awskinesis.PutRecordInput{StreamName: aws.String("orders"), PartitionKey: aws.String("a"), Data: []byte("x"), DryRun: aws.Bool(true)}
	var dry *types.DryRunOperationException
	_, err := c.root().PutRecord(t.Context(), in)
	require.ErrorAs(t, err, &dry)
	assert.Empty(t, get(t, c.root(), iterator(t, c.root(), horizon("orders", "shardId-000000000000"))).Records)
	var denied *types.AccessDeniedException
	_, err = c.user(owner, "dev", "").PutRecord(t.Context(), in)
	require.ErrorAs(t, err, &denied)
}

// Lists come in pages, whose tokens expire.
func TestPages(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	root, ctx, name := c.root(), t.Context(), aws.String("orders")
	create(t, root, "orders", 5)
	create(t, root, "others", 1)
	var ids []string
	page := &awskinesis.ListShardsInput{StreamName: name, MaxResults: aws.Int32(2), ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}}
	for {
		out, err := root.ListShards(ctx, page)
		require.NoError(t, err)
		for _, s := range out.Shards {
			ids = append(ids, *s.ShardId)
		}
		if out.NextToken == nil {
			break
		}
		page = &awskinesis.ListShardsInput{NextToken: out.NextToken, MaxResults: aws.Int32(2)}
	}
	assert.Len(t, ids, 5)
	first, err := root.ListShards(ctx, &awskinesis.ListShardsInput{StreamName: name, MaxResults: aws.Int32(1)})
	require.NoError(t, err)
	var denied *types.AccessDeniedException
	_, err = c.user(owner, "dev", statements(allow("kinesis:ListShards", arnOf+"others"))).ListShards(ctx, &awskinesis.ListShardsInput{NextToken: first.NextToken})
	require.ErrorAs(t, err, &denied, "a token gives no permission")
	c.Clock().Advance(301 * time.Second)
	var expired *types.ExpiredNextTokenException
	_, err = root.ListShards(ctx, &awskinesis.ListShardsInput{NextToken: first.NextToken})
	require.ErrorAs(t, err, &expired)

	streams, err := root.ListStreams(ctx, &awskinesis.ListStreamsInput{Limit: aws.Int32(1)})
	require.NoError(t, err)
	assert.True(t, *streams.HasMoreStreams)
	more, err := root.ListStreams(ctx, &awskinesis.ListStreamsInput{NextToken: streams.NextToken})
	require.NoError(t, err)
	assert.Equal(t, []string{"orders", "others"}, append(streams.StreamNames, more.StreamNames...))
	described, err := root.DescribeStream(ctx, &awskinesis.DescribeStreamInput{StreamName: name, Limit: aws.Int32(3), ExclusiveStartShardId: aws.String("shardId-000000000000")})
	require.NoError(t, err)
	assert.Len(t, described.StreamDescription.Shards, 3)
	assert.True(t, *described.StreamDescription.HasMoreShards)
}

// Shards are filtered by what was open when.
func TestShardFilters(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	root, name := c.root(), aws.String("orders")
	create(t, root, "orders", 1)
	c.Clock().Advance(time.Hour)
	before := c.Clock().Now()
	c.Clock().Advance(time.Hour)
	_, err := root.UpdateShardCount(t.Context(), &awskinesis.UpdateShardCountInput{StreamName: name, TargetShardCount: aws.Int32(2), ScalingType: types.ScalingTypeUniformScaling})
	require.NoError(t, err)
	c.Clock().Advance(time.Hour)
	list := func(f *types.ShardFilter) string {
		out, err := root.ListShards(t.Context(), &awskinesis.ListShardsInput{StreamName: name, ShardFilter: f})
		require.NoError(t, err)
		var ids []string
		for _, s := range out.Shards {
			ids = append(ids, (*s.ShardId)[len(*s.ShardId)-1:])
		}
		return strings.Join(ids, "")
	}
	assert.Equal(t, "012", list(nil))
	assert.Equal(t, "12", list(&types.ShardFilter{Type: types.ShardFilterTypeAtLatest}))
	assert.Equal(t, "0", list(&types.ShardFilter{Type: types.ShardFilterTypeAtTrimHorizon}))
	assert.Equal(t, "012", list(&types.ShardFilter{Type: types.ShardFilterTypeFromTrimHorizon}))
	assert.Equal(t, "0", list(&types.ShardFilter{Type: types.ShardFilterTypeAtTimestamp, Timestamp: &before}))
	now := c.Clock().Now()
	assert.Equal(t, "12", list(&types.ShardFilter{Type: types.ShardFilterTypeAtTimestamp, Timestamp: &now}))
	assert.Equal(t, "12", list(&types.ShardFilter{Type: types.ShardFilterTypeFromTimestamp, Timestamp: &now}))
	assert.Equal(t, "012", list(&types.ShardFilter{Type: types.ShardFilterTypeFromTimestamp, Timestamp: &before}))
	assert.Equal(t, "2", list(&types.ShardFilter{Type: types.ShardFilterTypeAfterShardId, ShardId: aws.String("shardId-000000000001")}))
	c.Clock().Advance(24 * time.Hour)
	assert.Equal(t, "12", list(nil), "the closed shard has expired with its records")
}

// A clone has the streams, and goes on by itself.
func TestClone(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	root := c.root()
	create(t, root, "orders", 1)
	put(t, root, "orders", "a", "one")
	register(t, root, "orders", "billing")
	other := &cloud{worldtest.Clone(t, c.World.World), c.users}
	put(t, other.root(), "orders", "a", "two")
	_, err := other.root().UpdateShardCount(t.Context(), &awskinesis.UpdateShardCountInput{StreamName: aws.String("orders"), TargetShardCount: aws.Int32(2), ScalingType: types.ScalingTypeUniformScaling})
	require.NoError(t, err)
	read := func(c *cloud) []string {
		return texts(get(t, c.root(), iterator(t, c.root(), horizon("orders", "shardId-000000000000"))).Records)
	}
	assert.Equal(t, []string{"one"}, read(c))
	assert.Equal(t, []string{"one", "two"}, read(other))
	assert.Equal(t, "shardId-000000000000", *put(t, root, "orders", "a", "three").ShardId)
	list, err := other.root().ListStreamConsumers(t.Context(), &awskinesis.ListStreamConsumersInput{StreamARN: aws.String(arnOf + "orders")})
	require.NoError(t, err)
	assert.Len(t, list.Consumers, 1)
}
