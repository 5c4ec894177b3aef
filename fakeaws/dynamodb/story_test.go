package dynamodb_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// Items are written, read, changed under conditions and deleted, through both doors.
func TestItems(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		c.music(t)
		ctx, root, name := t.Context(), c.root(), aws.String("music")
		key := song("Acme Band", "Happy Day")
		item := attributes{
			"artist": str("Acme Band"), "song": str("Happy Day"), "plays": num("10"), "tags": strs("b", "a"),
			"raw": &types.AttributeValueMemberB{Value: []byte{0, 1, 255}}, "nothing": &types.AttributeValueMemberNULL{Value: true},
			"ok": &types.AttributeValueMemberBOOL{Value: true}, "numbers": &types.AttributeValueMemberNS{Value: []string{"2", "1.50"}},
			"doc": &types.AttributeValueMemberM{Value: attributes{"list": &types.AttributeValueMemberL{Value: []types.AttributeValue{num("1"), str("x")}}}},
		}
		c.put(t, item)
		got := c.get(ctx, t, key)
		assert.Equal(t, strs("a", "b"), got["tags"])
		assert.Equal(t, &types.AttributeValueMemberNS{Value: []string{"1.5", "2"}}, got["numbers"])
		assert.Equal(t, item["doc"], got["doc"])
		assert.Equal(t, item["raw"], got["raw"])

		_, err := root.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: name, Item: key, ConditionExpression: aws.String("attribute_not_exists(artist)"),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		})
		var failed *types.ConditionalCheckFailedException
		require.ErrorAs(t, err, &failed)
		assert.Equal(t, "The conditional request failed", failed.ErrorMessage())
		assert.Equal(t, num("10"), failed.Item["plays"])

		_, err = root.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: name, Key: key, ReturnValues: types.ReturnValueUpdatedNew,
			UpdateExpression:         aws.String("SET plays = plays + :one, doc.#l[0] = :x, doc.#l[7] = :one, absent = if_not_exists(absent, plays) REMOVE ok ADD tags :tags DELETE numbers :two"),
			ExpressionAttributeNames: map[string]string{"#l": "list"},
			ExpressionAttributeValues: attributes{
				":one": num("1"), ":x": str("X"), ":tags": strs("c"), ":two": &types.AttributeValueMemberNS{Value: []string{"2.0"}},
			},
			ConditionExpression: aws.String("begins_with(song, :x) OR plays BETWEEN :one AND plays AND size(tags) > :one"),
		})
		worldtest.RequireError(t, err, "ValidationException", "Invalid ConditionExpression: The first operand must be distinct from the remaining operands for this operator or function; operator: BETWEEN, first operand: [plays]")
		out, err := root.UpdateItem(ctx, &dynamodb.UpdateItemInput{
			TableName: name, Key: key, ReturnValues: types.ReturnValueUpdatedNew,
			UpdateExpression:         aws.String("SET plays = plays + :one, doc.#l[0] = :x, doc.#l[7] = :one, absent = if_not_exists(absent, plays) REMOVE ok ADD tags :tags DELETE numbers :two"),
			ExpressionAttributeNames: map[string]string{"#l": "list"},
			ExpressionAttributeValues: attributes{
				":one": num("1"), ":x": str("X"), ":tags": strs("c"), ":two": &types.AttributeValueMemberNS{Value: []string{"2.0"}},
			},
			ConditionExpression: aws.String("begins_with(song, :x) OR plays >= :one AND size(tags) > :one"),
		})
		require.NoError(t, err)
		assert.Equal(t, attributes{
			"plays": num("11"), "absent": num("10"), "tags": strs("a", "b", "c"), "numbers": &types.AttributeValueMemberNS{Value: []string{"1.5"}},
			"doc": &types.AttributeValueMemberM{Value: attributes{"list": &types.AttributeValueMemberL{Value: []types.AttributeValue{str("X")}}}},
		}, out.Attributes)
		part, err := root.GetItem(ctx, &dynamodb.GetItemInput{
			TableName: name, Key: key, ProjectionExpression: aws.String("doc.#l[2], ok, plays"), ExpressionAttributeNames: map[string]string{"#l": "list"},
			ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		})
		require.NoError(t, err)
		assert.Equal(t, attributes{
			"plays": num("11"), "doc": &types.AttributeValueMemberM{Value: attributes{"list": &types.AttributeValueMemberL{Value: []types.AttributeValue{num("1")}}}},
		}, part.Item)
		assert.InDelta(t, 0.5, *part.ConsumedCapacity.CapacityUnits, 0)

		gone, err := root.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: name, Key: key, ReturnValues: types.ReturnValueAllOld})
		require.NoError(t, err)
		assert.Equal(t, num("11"), gone.Attributes["plays"])
		assert.Empty(t, c.get(ctx, t, key))
	})
}

// Queries and scans read pages of tables and indexes in order.
func TestQueries(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		c.music(t)
		ctx, root, name := t.Context(), c.root(), aws.String("music")
		for i := range 30 {
			item := song(fmt.Sprintf("artist-%d", i%3), fmt.Sprintf("song-%02d", i))
			item["plays"], item["genre"] = num(fmt.Sprint(100-i*3)), str([]string{"rock", "jazz"}[i%2])
			c.put(t, item)
		}
		titles := func(items []attributes) (all []string) {
			for _, i := range items {
				all = append(all, i["song"].(*types.AttributeValueMemberS).Value)
			}
			return all
		}
		out, err := root.Query(ctx, &dynamodb.QueryInput{
			TableName: name, KeyConditionExpression: aws.String("artist = :a AND song BETWEEN :from AND :to"),
			ExpressionAttributeValues: attributes{":a": str("artist-1"), ":from": str("song-05"), ":to": str("song-13")},
		})
		require.NoError(t, err)
		assert.Equal(t, []string{"song-07", "song-10", "song-13"}, titles(out.Items))
		assert.EqualValues(t, 3, out.Count)

		pages := dynamodb.NewQueryPaginator(root, &dynamodb.QueryInput{
			TableName: name, IndexName: aws.String("byGenre"), KeyConditionExpression: aws.String("genre = :g AND plays > :n"), ScanIndexForward: aws.Bool(false),
			FilterExpression: aws.String("artist <> :a"), ExpressionAttributeValues: attributes{":g": str("rock"), ":n": num("40"), ":a": str("artist-0")}, Limit: aws.Int32(4),
		})
		var found []string
		scanned := 0
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			require.NoError(t, err)
			found = append(found, titles(page.Items)...)
			scanned += int(page.ScannedCount)
		}
		assert.Equal(t, []string{"song-02", "song-04", "song-08", "song-10", "song-14", "song-16"}, found)
		assert.Equal(t, 10, scanned)

		local, err := root.Query(ctx, &dynamodb.QueryInput{
			TableName: name, IndexName: aws.String("byPlays"), KeyConditionExpression: aws.String("artist = :a AND plays < :n"), ConsistentRead: aws.Bool(true),
			ExpressionAttributeValues: attributes{":a": str("artist-0"), ":n": num("50")},
		})
		require.NoError(t, err)
		assert.Equal(t, []string{"song-27", "song-24", "song-21", "song-18"}, titles(local.Items))
		assert.NotContains(t, local.Items[0], "genre")

		seen := map[string]bool{}
		for segment := range int32(4) {
			scans := dynamodb.NewScanPaginator(root, &dynamodb.ScanInput{TableName: name, Segment: &segment, TotalSegments: aws.Int32(4), Limit: aws.Int32(3)})
			for scans.HasMorePages() {
				page, err := scans.NextPage(ctx)
				require.NoError(t, err)
				for _, title := range titles(page.Items) {
					assert.False(t, seen[title], title)
					seen[title] = true
				}
			}
		}
		assert.Len(t, seen, 30)
		count, err := root.Scan(ctx, &dynamodb.ScanInput{TableName: name, Select: types.SelectCount, FilterExpression: aws.String("genre = :g"), ExpressionAttributeValues: attributes{":g": str("jazz")}})
		require.NoError(t, err)
		assert.Nil(t, count.Items)
		assert.EqualValues(t, 15, count.Count)
		assert.EqualValues(t, 30, count.ScannedCount)
	})
}

// Batches and transactions are written through both doors; a stream tells of all.
func TestTransactionsAndStreams(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		ctx, root, name := t.Context(), c.root(), aws.String("music")
		in := musicTable()
		in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages}
		made, err := root.CreateTable(ctx, in)
		require.NoError(t, err)
		arn := made.TableDescription.LatestStreamArn
		_, err = root.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"music": {
			{PutRequest: &types.PutRequest{Item: song("a", "1")}}, {DeleteRequest: &types.DeleteRequest{Key: song("a", "2")}},
		}}})
		require.NoError(t, err)
		write := &dynamodb.TransactWriteItemsInput{ClientRequestToken: aws.String("token"), TransactItems: []types.TransactWriteItem{
			{Update: &types.Update{TableName: name, Key: song("a", "1"), UpdateExpression: aws.String("ADD plays :n"), ExpressionAttributeValues: attributes{":n": num("5")}}},
			{Put: &types.Put{TableName: aws.String(arnOf("music")), Item: song("b", "1"), ConditionExpression: aws.String("attribute_not_exists(artist)")}},
			{ConditionCheck: &types.ConditionCheck{TableName: name, Key: song("a", "9"), ConditionExpression: aws.String("attribute_not_exists(song)")}},
		}}
		_, err = root.TransactWriteItems(ctx, write)
		require.NoError(t, err)
		_, err = root.TransactWriteItems(ctx, write) // the token has it done once
		require.NoError(t, err)
		write.ClientRequestToken = aws.String("another")
		_, err = root.TransactWriteItems(ctx, write)
		var cancelled *types.TransactionCanceledException
		require.ErrorAs(t, err, &cancelled)
		assert.Equal(t, "Transaction cancelled, please refer cancellation reasons for specific reasons [None, ConditionalCheckFailed, None]", cancelled.ErrorMessage())
		assert.Equal(t, "The conditional request failed", *cancelled.CancellationReasons[1].Message)
		got, err := root.TransactGetItems(ctx, &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{
			{Get: &types.Get{TableName: name, Key: song("a", "1")}}, {Get: &types.Get{TableName: name, Key: song("none", "1")}},
		}})
		require.NoError(t, err)
		assert.Equal(t, num("5"), got.Responses[0].Item["plays"])
		assert.Nil(t, got.Responses[1].Item)
		batch, err := root.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"music": {Keys: []map[string]types.AttributeValue{song("b", "1"), song("none", "1")}}}})
		require.NoError(t, err)
		assert.Equal(t, []attributes{song("b", "1")}, batch.Responses["music"])

		streams := c.streams()
		described, err := streams.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: arn})
		require.NoError(t, err)
		iterator, err := streams.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{
			StreamArn: arn, ShardId: described.StreamDescription.Shards[0].ShardId, ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon,
		})
		require.NoError(t, err)
		records, err := streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: iterator.ShardIterator})
		require.NoError(t, err)
		var names []streamtypes.OperationType
		for _, r := range records.Records {
			names = append(names, r.EventName)
		}
		assert.Equal(t, []streamtypes.OperationType{"INSERT", "MODIFY", "INSERT"}, names)
		assert.Equal(t, &streamtypes.AttributeValueMemberN{Value: "5"}, records.Records[1].Dynamodb.NewImage["plays"])
		more, err := streams.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: records.NextShardIterator})
		require.NoError(t, err)
		assert.Empty(t, more.Records)
	})
}
