package dynamodb_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	ddb "github.com/leastpriv/leastpriv/fakeaws/dynamodb"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// Items are deleted when their time is over, by the World's clock, and the stream says by whom.
func TestTimeToLive(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, root := t.Context(), c.root()
	in := musicTable()
	in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeOldImage}
	made, err := root.CreateTable(ctx, in)
	require.NoError(t, err)
	expires := func(after time.Duration) attributes {
		item := song("a", after.String())
		item["expires"] = num(fmt.Sprint(c.Clock().Now().Add(after).Unix()))
		return item
	}
	c.put(t, expires(time.Hour))
	_, err = root.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{TableName: aws.String("music"), TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("expires"), Enabled: aws.Bool(true)}})
	require.NoError(t, err)
	c.put(t, expires(2*time.Hour))
	c.put(t, expires(-6*365*24*time.Hour)) // too long ago
	c.put(t, song("a", "forever"))
	c.Clock().Advance(59 * time.Minute)
	assert.NotEmpty(t, c.get(ctx, t, song("a", "1h0m0s")))
	c.Clock().Advance(time.Minute + time.Second)
	assert.Empty(t, c.get(ctx, t, song("a", "1h0m0s")))
	require.NoError(t, c.World.World.Advance(ctx, time.Hour)) // nobody looks
	records := c.records(t, made.TableDescription.LatestStreamArn)
	last := records[len(records)-1]
	assert.Equal(t, streamtypes.OperationTypeRemove, last.EventName)
	assert.Equal(t, "dynamodb.amazonaws.com", *last.UserIdentity.PrincipalId)
	assert.Equal(t, "Service", *last.UserIdentity.Type)
	assert.Equal(t, &streamtypes.AttributeValueMemberS{Value: "2h0m0s"}, last.Dynamodb.OldImage["song"])
	assert.Nil(t, last.Dynamodb.NewImage)
	out, err := root.Scan(ctx, &dynamodb.ScanInput{TableName: aws.String("music")})
	require.NoError(t, err)
	assert.Len(t, out.Items, 2)
}

// records reads a stream from its beginning.
func (c *cloud) records(t *testing.T, arn *string) []streamtypes.Record {
	t.Helper()
	described, err := c.streams().DescribeStream(t.Context(), &dynamodbstreams.DescribeStreamInput{StreamArn: arn})
	require.NoError(t, err)
	iterator, err := c.streams().GetShardIterator(t.Context(), &dynamodbstreams.GetShardIteratorInput{
		StreamArn: arn, ShardId: described.StreamDescription.Shards[0].ShardId, ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon,
	})
	require.NoError(t, err)
	out, err := c.streams().GetRecords(t.Context(), &dynamodbstreams.GetRecordsInput{ShardIterator: iterator.ShardIterator})
	require.NoError(t, err)
	return out.Records
}

// The sizes of records are those that DynamoDB answers, and records live a day.
func TestStreamRecords(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, root, name := t.Context(), c.root(), aws.String("ids")
	made, err := root.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: name, ProvisionedThroughput: &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(5), WriteCapacityUnits: aws.Int64(5)},
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
		StreamSpecification:  &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages},
	})
	require.NoError(t, err)
	arn := made.TableDescription.LatestStreamArn
	update := func(one, two string) {
		_, err := root.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: name, Key: attributes{"id": str("my-item-id")}, UpdateExpression: aws.String("SET attr1 = :1, attr2 = :2"),
			ExpressionAttributeValues: attributes{":1": str(one), ":2": str(two)},
		})
		require.NoError(t, err)
	}
	update("value1", "value2")
	update("value2", "value3")
	update("value2", "value3") // changes nothing
	records := c.records(t, arn)
	require.Len(t, records, 2)
	assert.EqualValues(t, 46, *records[0].Dynamodb.SizeBytes)
	assert.EqualValues(t, 80, *records[1].Dynamodb.SizeBytes)
	assert.Less(t, *records[0].Dynamodb.SequenceNumber, *records[1].Dynamodb.SequenceNumber)
	c.Clock().Advance(23 * time.Hour)
	update("value4", "value3")
	c.Clock().Advance(2 * time.Hour)
	assert.Len(t, c.records(t, arn), 1)
	_, err = root.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: name})
	require.NoError(t, err)
	assert.Len(t, c.records(t, arn), 1)
	c.Clock().Advance(25 * time.Hour)
	_, err = c.streams().DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: arn})
	requireCode(t, err, "ResourceNotFoundException")
}

// Indexes come and go, and have the items from before.
func TestUpdateTable(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	ctx, root, name := t.Context(), c.root(), aws.String("music")
	item := song("a", "1")
	item["year"] = num("1999")
	c.put(t, item)
	wrong := song("a", "2")
	wrong["year"] = str("unknown")
	c.put(t, wrong)
	_, err := root.UpdateTable(ctx, &dynamodb.UpdateTableInput{
		TableName: name, DeletionProtectionEnabled: aws.Bool(true),
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("year"), AttributeType: types.ScalarAttributeTypeN}},
		GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{{Create: &types.CreateGlobalSecondaryIndexAction{
			IndexName: aws.String("byYear"), KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("year"), KeyType: types.KeyTypeHash}},
			Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
		}}},
	})
	require.NoError(t, err)
	out, err := root.Scan(ctx, &dynamodb.ScanInput{TableName: name, IndexName: aws.String("byYear")})
	require.NoError(t, err)
	assert.Equal(t, []attributes{item}, out.Items)
	_, err = root.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: name})
	worldtest.RequireError(t, err, "ValidationException", "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.")
	_, err = root.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: name, DeletionProtectionEnabled: aws.Bool(false), GlobalSecondaryIndexUpdates: []types.GlobalSecondaryIndexUpdate{
		{Delete: &types.DeleteGlobalSecondaryIndexAction{IndexName: aws.String("byYear")}},
	}})
	require.NoError(t, err)
	described, err := root.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: name})
	require.NoError(t, err)
	assert.Len(t, described.Table.GlobalSecondaryIndexes, 1)
	assert.EqualValues(t, 2, *described.Table.ItemCount)
	assert.Len(t, described.Table.AttributeDefinitions, 4)
	_, err = root.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: name})
	require.NoError(t, err)
	listed, err := root.ListTables(ctx, &dynamodb.ListTablesInput{})
	require.NoError(t, err)
	assert.Empty(t, listed.TableNames)
}

// Items of a table with a KMS key take the permission on the key.
func TestEncryption(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, name := t.Context(), aws.String("music")
	key, err := c.Keys().Create(owner, region, fakeaws.DefaultKeyPolicy(owner))
	require.NoError(t, err)
	in := musicTable()
	in.SSESpecification = &types.SSESpecification{Enabled: aws.Bool(true), SSEType: types.SSETypeKms, KMSMasterKeyId: &key.ARN}
	user := c.users.Add(c.World.World, owner, "user", allow("dynamodb:*", "*", nil))
	_, err = c.client(user).CreateTable(ctx, in)
	requireCode(t, err, "AccessDeniedException")
	made, err := c.root().CreateTable(ctx, in)
	require.NoError(t, err)
	assert.Equal(t, key.ARN, *made.TableDescription.SSEDescription.KMSMasterKeyArn)
	_, err = c.client(user).PutItem(ctx, &dynamodb.PutItemInput{TableName: name, Item: song("a", "1")})
	requireCode(t, err, "AccessDeniedException")
	for tables, allowed := range map[string]bool{"music": true, "other": false} {
		c.users.SetPolicy(user, `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"dynamodb:*","Resource":"*"},
			{"Effect":"Allow","Action":"kms:Decrypt","Resource":"*","Condition":{"StringEquals":{"kms:ViaService":"dynamodb.us-east-1.amazonaws.com",
			"kms:EncryptionContext:aws:dynamodb:tableName":"`+tables+`","kms:EncryptionContext:aws:dynamodb:subscriberId":"`+owner+`"}}}]}`)
		_, err = c.client(user).PutItem(ctx, &dynamodb.PutItemInput{TableName: name, Item: song("a", "1")})
		if allowed {
			require.NoError(t, err)
		} else {
			requireCode(t, err, "AccessDeniedException")
		}
	}
}

// A clone has the items of its World, and neither sees what the other does then.
func TestClone(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	c.put(t, song("a", "1"))
	twin := &cloud{worldtest.Clone(t, c.World.World), c.users}
	c.put(t, song("a", "c"))
	twin.put(t, song("a", "twin"))
	_, err := twin.root().DeleteItem(t.Context(), &dynamodb.DeleteItemInput{TableName: aws.String("music"), Key: song("a", "1")})
	require.NoError(t, err)
	titles := func(c *cloud) (all []string) {
		for _, i := range ddb.Of(c.World.World).Items(owner, region, "music") {
			all = append(all, i["song"].(*types.AttributeValueMemberS).Value)
		}
		return all
	}
	assert.ElementsMatch(t, []string{"1", "c"}, titles(c))
	assert.ElementsMatch(t, []string{"twin"}, titles(twin))
}
