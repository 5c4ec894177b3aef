package kinesis_test

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/kinesis"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	owner    = worldtest.Account
	stranger = worldtest.Other
	region   = worldtest.Region
	arnOf    = "arn:aws:kinesis:" + region + ":" + owner + ":stream/"
)

// A cloud is a World with Kinesis, reached through the SDK's clients.
type cloud struct {
	*worldtest.World
	users *worldtest.Users
}

func newCloud(t testing.TB, door worldtest.Door) *cloud {
	t.Helper()
	users := worldtest.NewUsers()
	return &cloud{worldtest.New(t, door, kinesis.Service, users.Service()), users}
}

// root is the root user of the account that owns the streams.
func (c *cloud) root() *awskinesis.Client { return awskinesis.NewFromConfig(c.RootConfig(owner)) }

// user makes an IAM user with a policy, which may be empty.
func (c *cloud) user(account, name, policy string) *awskinesis.Client {
	user := c.users.Add(c.World.World, account, name, policy)
	return awskinesis.NewFromConfig(c.Config(user.AccessKeyID, user.SecretAccessKey, ""))
}

func statements(all ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(all, ",") + `]}`
}

func allow(action, resource string, more ...string) string {
	return `{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"` + strings.Join(append([]string{""}, more...), ",") + `}`
}

func condition(operator, key, value string) string {
	return `"Condition":{"` + operator + `":{"` + key + `":"` + value + `"}}`
}

func create(t testing.TB, client *awskinesis.Client, name string, shards int32) {
	t.Helper()
	_, err := client.CreateStream(t.Context(), &awskinesis.CreateStreamInput{StreamName: &name, ShardCount: &shards})
	require.NoError(t, err)
}

func put(t testing.TB, client *awskinesis.Client, name, key, data string) *awskinesis.PutRecordOutput {
	t.Helper()
	out, err := client.PutRecord(t.Context(), &awskinesis.PutRecordInput{StreamName: &name, PartitionKey: &key, Data: []byte(data)})
	require.NoError(t, err)
	return out
}

func iterator(t testing.TB, client *awskinesis.Client, in awskinesis.GetShardIteratorInput) *string {
	t.Helper()
	out, err := client.GetShardIterator(t.Context(), &in)
	require.NoError(t, err)
	return out.ShardIterator
}

func get(t testing.TB, client *awskinesis.Client, it *string) *awskinesis.GetRecordsOutput {
	t.Helper()
	out, err := client.GetRecords(t.Context(), &awskinesis.GetRecordsInput{ShardIterator: it})
	require.NoError(t, err)
	return out
}

func texts(records []types.Record) []string {
	all := []string{}
	for _, r := range records {
		all = append(all, string(r.Data))
	}
	return all
}

func horizon(name, shard string) awskinesis.GetShardIteratorInput {
	return awskinesis.GetShardIteratorInput{StreamName: &name, ShardId: &shard, ShardIteratorType: types.ShardIteratorTypeTrimHorizon}
}

func TestStory(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		root, ctx := c.root(), t.Context()
		create(t, root, "orders", 3)
		described, err := root.DescribeStream(ctx, &awskinesis.DescribeStreamInput{StreamName: aws.String("orders")})
		require.NoError(t, err)
		d := described.StreamDescription
		assert.Equal(t, types.StreamStatusActive, d.StreamStatus)
		assert.Equal(t, arnOf+"orders", *d.StreamARN)
		assert.Equal(t, int32(24), *d.RetentionPeriodHours)
		assert.Equal(t, types.EncryptionTypeNone, d.EncryptionType)
		var ranges [][2]string
		for _, s := range d.Shards {
			ranges = append(ranges, [2]string{*s.HashKeyRange.StartingHashKey, *s.HashKeyRange.EndingHashKey})
		}
		assert.Equal(t, [][2]string{ // as AWS divides the hash keys among three shards
			{"0", "113427455640312821154458202477256070484"},
			{"113427455640312821154458202477256070485", "226854911280625642308916404954512140969"},
			{"226854911280625642308916404954512140970", "340282366920938463463374607431768211455"},
		}, ranges)

		// The MD5 of "a" begins with 0x0c: the first shard.
		one := put(t, root, "orders", "a", "one")
		assert.Equal(t, "shardId-000000000000", *one.ShardId)
		assert.Regexp(t, `^49\d{54}$`, *one.SequenceNumber)
		explicit, err := root.PutRecord(ctx, &awskinesis.PutRecordInput{
			StreamARN: aws.String(arnOf + "orders"), PartitionKey: aws.String("a"), ExplicitHashKey: d.Shards[2].HashKeyRange.EndingHashKey, Data: []byte("last"),
		})
		require.NoError(t, err)
		assert.Equal(t, "shardId-000000000002", *explicit.ShardId)
		many, err := root.PutRecords(ctx, &awskinesis.PutRecordsInput{StreamName: aws.String("orders"), Records: []types.PutRecordsRequestEntry{
			{PartitionKey: aws.String("a"), Data: []byte("two")}, {PartitionKey: aws.String("a"), Data: []byte("three")},
		}})
		require.NoError(t, err)
		assert.Equal(t, int32(0), *many.FailedRecordCount)
		assert.Negative(t, number(t, *one.SequenceNumber).Cmp(number(t, *many.Records[0].SequenceNumber)))

		first := get(t, root, iterator(t, root, horizon("orders", "shardId-000000000000")))
		assert.Equal(t, []string{"one", "two", "three"}, texts(first.Records))
		assert.Zero(t, *first.MillisBehindLatest)
		assert.Empty(t, get(t, root, first.NextShardIterator).Records)
		put(t, root, "orders", "a", "four")
		assert.Equal(t, []string{"four"}, texts(get(t, root, first.NextShardIterator).Records))

		after := horizon("orders", "shardId-000000000000")
		after.ShardIteratorType, after.StartingSequenceNumber = types.ShardIteratorTypeAfterSequenceNumber, many.Records[0].SequenceNumber
		assert.Equal(t, []string{"three", "four"}, texts(get(t, root, iterator(t, root, after)).Records))
		after.ShardIteratorType = types.ShardIteratorTypeAtSequenceNumber
		limited, err := root.GetRecords(ctx, &awskinesis.GetRecordsInput{ShardIterator: iterator(t, root, after), Limit: aws.Int32(1)})
		require.NoError(t, err)
		assert.Equal(t, []string{"two"}, texts(limited.Records))
		latest := horizon("orders", "shardId-000000000000")
		latest.ShardIteratorType = types.ShardIteratorTypeLatest
		assert.Empty(t, get(t, root, iterator(t, root, latest)).Records)

		_, err = root.DeleteStream(ctx, &awskinesis.DeleteStreamInput{StreamName: aws.String("orders")})
		require.NoError(t, err)
		_, err = root.GetRecords(ctx, &awskinesis.GetRecordsInput{ShardIterator: first.NextShardIterator})
		worldtest.RequireError(t, err, "ResourceNotFoundException", "Stream orders under account "+owner+" not found.")
	})
}

func number(t testing.TB, text string) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(text, 10)
	require.True(t, ok)
	return n
}

// Records and iterators age by the World's clock.
func TestTime(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	root, ctx := c.root(), t.Context()
	create(t, root, "orders", 1)
	put(t, root, "orders", "a", "old")
	start := c.Clock().Now()
	it := iterator(t, root, horizon("orders", "shardId-000000000000"))
	c.Clock().Advance(5*time.Minute + time.Second)
	_, err := root.GetRecords(ctx, &awskinesis.GetRecordsInput{ShardIterator: it})
	var expired *types.ExpiredIteratorException
	require.ErrorAs(t, err, &expired)
	assert.Regexp(t, `^Iterator expired\. The iterator was created at time .* while right now it is .* which is further in the future than the tolerated delay of 300000 milliseconds\.$`, expired.ErrorMessage())
	put(t, root, "orders", "a", "new")
	both := horizon("orders", "shardId-000000000000")
	one, err := root.GetRecords(ctx, &awskinesis.GetRecordsInput{ShardIterator: iterator(t, root, both), Limit: aws.Int32(1)})
	require.NoError(t, err)
	assert.Less(t, *one.MillisBehindLatest, int64(60_000), "the next record has just come")
	c.Clock().Advance(time.Minute)
	one, err = root.GetRecords(ctx, &awskinesis.GetRecordsInput{ShardIterator: iterator(t, root, both), Limit: aws.Int32(1)})
	require.NoError(t, err)
	assert.GreaterOrEqual(t, *one.MillisBehindLatest, int64(60_000))
	at := both
	at.ShardIteratorType, at.Timestamp = types.ShardIteratorTypeAtTimestamp, aws.Time(start.Add(time.Minute))
	assert.Equal(t, []string{"new"}, texts(get(t, root, iterator(t, root, at)).Records))
	at.Timestamp = aws.Time(c.Clock().Now().Add(time.Hour))
	_, err = root.GetShardIterator(ctx, &at)
	require.ErrorContains(t, err, "The timestampInMillis parameter cannot be greater than the currentTimestampInMillis.")

	c.Clock().Advance(24*time.Hour - time.Minute)
	assert.Equal(t, []string{}, texts(get(t, root, iterator(t, root, both)).Records), "24 hours of retention are over")
	_, err = root.IncreaseStreamRetentionPeriod(ctx, &awskinesis.IncreaseStreamRetentionPeriodInput{StreamName: aws.String("orders"), RetentionPeriodHours: aws.Int32(48)})
	require.NoError(t, err)
	put(t, root, "orders", "a", "kept")
	c.Clock().Advance(47 * time.Hour)
	assert.Equal(t, []string{"kept"}, texts(get(t, root, iterator(t, root, both)).Records))
}

// Shards that split and merge are read to their end, and name their children.
func TestReshard(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		root, ctx, name := c.root(), t.Context(), aws.String("orders")
		create(t, root, *name, 1)
		put(t, root, *name, "a", "before")
		_, err := root.SplitShard(ctx, &awskinesis.SplitShardInput{
			StreamName: name, ShardToSplit: aws.String("shardId-000000000000"), NewStartingHashKey: aws.String("170141183460469231731687303715884105728"),
		})
		require.NoError(t, err)
		assert.Equal(t, "shardId-000000000001", *put(t, root, *name, "a", "after").ShardId)
		parent := get(t, root, iterator(t, root, horizon(*name, "shardId-000000000000")))
		assert.Equal(t, []string{"before"}, texts(parent.Records))
		assert.Nil(t, parent.NextShardIterator)
		require.Len(t, parent.ChildShards, 2)
		assert.Equal(t, "shardId-000000000001", *parent.ChildShards[0].ShardId)
		assert.Equal(t, []string{"shardId-000000000000"}, parent.ChildShards[1].ParentShards)
		assert.Equal(t, "170141183460469231731687303715884105728", *parent.ChildShards[1].HashKeyRange.StartingHashKey)

		_, err = root.MergeShards(ctx, &awskinesis.MergeShardsInput{
			StreamName: name, ShardToMerge: aws.String("shardId-000000000001"), AdjacentShardToMerge: aws.String("shardId-000000000001"),
		})
		worldtest.RequireError(t, err, "InvalidArgumentException",
			"Shards shardId-000000000001 and shardId-000000000001 in stream orders under account "+owner+" are not an adjacent pair of shards eligible for merging")
		_, err = root.MergeShards(ctx, &awskinesis.MergeShardsInput{
			StreamName: name, ShardToMerge: aws.String("shardId-000000000002"), AdjacentShardToMerge: aws.String("shardId-000000000001"),
		})
		require.NoError(t, err)
		all, err := root.ListShards(ctx, &awskinesis.ListShardsInput{StreamName: name})
		require.NoError(t, err)
		require.Len(t, all.Shards, 4)
		merged := all.Shards[3]
		assert.Equal(t, "shardId-000000000002", *merged.ParentShardId)
		assert.Equal(t, "shardId-000000000001", *merged.AdjacentParentShardId)
		assert.Nil(t, merged.SequenceNumberRange.EndingSequenceNumber)
		assert.NotNil(t, all.Shards[1].SequenceNumberRange.EndingSequenceNumber)

		scaled, err := root.UpdateShardCount(ctx, &awskinesis.UpdateShardCountInput{StreamName: name, TargetShardCount: aws.Int32(2), ScalingType: types.ScalingTypeUniformScaling})
		require.NoError(t, err)
		assert.Equal(t, int32(1), *scaled.CurrentShardCount)
		_, err = root.UpdateShardCount(ctx, &awskinesis.UpdateShardCountInput{StreamName: name, TargetShardCount: aws.Int32(3), ScalingType: types.ScalingTypeUniformScaling})
		require.NoError(t, err)
		open, err := root.ListShards(ctx, &awskinesis.ListShardsInput{StreamName: name, ShardFilter: &types.ShardFilter{Type: types.ShardFilterTypeAtLatest}})
		require.NoError(t, err)
		require.Len(t, open.Shards, 3)
		_, err = root.UpdateShardCount(ctx, &awskinesis.UpdateShardCountInput{StreamName: name, TargetShardCount: aws.Int32(7), ScalingType: types.ScalingTypeUniformScaling})
		require.Error(t, err)
	})
}

// events reads the events of a subscription until there are n records, or the stream ends.
func events(t testing.TB, stream *awskinesis.SubscribeToShardEventStream, n int) (records []types.Record, last *types.SubscribeToShardEvent) {
	t.Helper()
	for len(records) < n {
		e, ok := <-stream.Events()
		if !ok {
			return records, last
		}
		event := e.(*types.SubscribeToShardEventStreamMemberSubscribeToShardEvent)
		records, last = append(records, event.Value.Records...), &event.Value
	}
	return records, last
}

// register makes a consumer of a stream.
func register(t testing.TB, client *awskinesis.Client, stream, name string) string {
	t.Helper()
	out, err := client.RegisterStreamConsumer(t.Context(), &awskinesis.RegisterStreamConsumerInput{StreamARN: aws.String(arnOf + stream), ConsumerName: &name})
	require.NoError(t, err)
	return *out.Consumer.ConsumerARN
}

func TestSubscribe(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloud(t, door)
		root, ctx := c.root(), t.Context()
		create(t, root, "orders", 1)
		arn := register(t, root, "orders", "billing")
		put(t, root, "orders", "a", "one")
		in := &awskinesis.SubscribeToShardInput{
			ConsumerARN: &arn, ShardId: aws.String("shardId-000000000000"), StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeTrimHorizon},
		}
		out, err := c.root().SubscribeToShard(ctx, in) // streams of one client share a buffer: each has its own
		require.NoError(t, err)
		stream := out.GetStream()
		records, last := events(t, stream, 1)
		assert.Equal(t, []string{"one"}, texts(records))
		assert.Equal(t, *records[0].SequenceNumber, *last.ContinuationSequenceNumber)
		_, err = c.root().SubscribeToShard(ctx, in)
		var busy *types.ResourceInUseException
		require.ErrorAs(t, err, &busy)
		put(t, root, "orders", "a", "two")
		records, _ = events(t, stream, 1)
		assert.Equal(t, []string{"two"}, texts(records))

		// A later call takes the subscription over.
		c.Clock().Advance(6 * time.Second)
		in.StartingPosition = &types.StartingPosition{Type: types.ShardIteratorTypeAfterSequenceNumber, SequenceNumber: records[0].SequenceNumber}
		next, err := c.root().SubscribeToShard(ctx, in)
		require.NoError(t, err)
		records, _ = events(t, stream, 1)
		assert.Empty(t, records)
		require.ErrorAs(t, stream.Err(), &busy)
		require.ErrorAs(t, stream.Close(), &busy)

		// A shard that is closed ends the stream with its children.
		_, err = root.UpdateShardCount(ctx, &awskinesis.UpdateShardCountInput{StreamName: aws.String("orders"), TargetShardCount: aws.Int32(2), ScalingType: types.ScalingTypeUniformScaling})
		require.NoError(t, err)
		records, last = events(t, next.GetStream(), 1)
		assert.Empty(t, records)
		require.NotNil(t, last)
		assert.Len(t, last.ChildShards, 2)
		require.NoError(t, next.GetStream().Err())
		require.NoError(t, next.GetStream().Close())

		// Five minutes end a subscription.
		in.ShardId, in.StartingPosition = aws.String("shardId-000000000001"), &types.StartingPosition{Type: types.ShardIteratorTypeLatest}
		quiet, err := c.root().SubscribeToShard(ctx, in)
		require.NoError(t, err)
		c.Clock().Advance(5*time.Minute + time.Second)
		records, _ = events(t, quiet.GetStream(), 1)
		assert.Empty(t, records)
		require.NoError(t, quiet.GetStream().Err())
		require.NoError(t, quiet.GetStream().Close())

		// Who closes the stream does not wait.
		c.Clock().Advance(6 * time.Second)
		left, err := c.root().SubscribeToShard(ctx, in)
		require.NoError(t, err)
		require.NoError(t, left.GetStream().Close())
	})
}

// A caller who is shut out while it waits gets nothing more.
func TestSubscriberIsShutOut(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess)
	root := c.root()
	create(t, root, "orders", 1)
	arn := register(t, root, "orders", "billing")
	user := c.users.Add(c.World.World, owner, "billing", statements(allow("kinesis:SubscribeToShard", arn)))
	client := awskinesis.NewFromConfig(c.Config(user.AccessKeyID, user.SecretAccessKey, ""))
	out, err := client.SubscribeToShard(t.Context(), &awskinesis.SubscribeToShardInput{
		ConsumerARN: &arn, ShardId: aws.String("shardId-000000000000"), StartingPosition: &types.StartingPosition{Type: types.ShardIteratorTypeLatest},
	})
	require.NoError(t, err)
	put(t, root, "orders", "a", "one")
	records, _ := events(t, out.GetStream(), 1)
	assert.Equal(t, []string{"one"}, texts(records))
	c.users.SetPolicy(user, "")
	put(t, root, "orders", "a", "two")
	records, _ = events(t, out.GetStream(), 1)
	assert.Empty(t, records)
	require.ErrorContains(t, out.GetStream().Err(), "kinesis:SubscribeToShard")
	require.Error(t, out.GetStream().Close())
}

// fixture is the World's own hand.
func (c *cloud) fixture() fakeaws.Actor { return c.Fixture(owner, region) }
