package all_test

import (
	"maps"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func init() {
	clientsOf["dynamodb-streams"] = func(c aws.Config) any { return dynamodbstreams.NewFromConfig(c) }
	register("dynamodb", tablesClient, tableValues("value"), func(f *filled, t testing.TB, c aws.Config) {
		maps.Copy(f.values, tableValues("value")) // of their own: hostile inputs are written into them
		f.fillDynamoDB(t, dynamodb.NewFromConfig(c), dynamodbstreams.NewFromConfig(c))
	})
}

const tableARN = "arn:aws:dynamodb:" + worldtest.Region + ":" + worldtest.Account + ":table/target"

// attributes is an item of a table of newFilled: its key, and another attribute if it has one.
func attributes(data string) map[string]types.AttributeValue {
	item := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "target"}}
	if data != "" {
		item["content"] = &types.AttributeValueMemberS{Value: data}
	}
	return item
}

// tableValues are the values of the members of inputs of DynamoDB. They name the table by its
// ARN, so that strangers reach it.
func tableValues(data string) map[string]any {
	arn := aws.String(tableARN)
	statement := `SELECT * FROM "` + tableARN + `" WHERE id = `
	id := map[string]types.AttributeValue{":id": &types.AttributeValueMemberS{Value: "target"}}
	return map[string]any{
		"dynamodb.TableName": tableARN, "CreateTable.TableName": "value", "dynamodb.ResourceArn": tableARN, "PutResourcePolicy.Policy": toRoot,
		"dynamodb.Key": attributes(""), "dynamodb.Item": attributes(data),
		"BatchGetItem.RequestItems":        map[string]types.KeysAndAttributes{tableARN: {Keys: []map[string]types.AttributeValue{attributes("")}}},
		"BatchWriteItem.RequestItems":      map[string][]types.WriteRequest{tableARN: {{PutRequest: &types.PutRequest{Item: attributes(data)}}}},
		"TransactGetItems.TransactItems":   []types.TransactGetItem{{Get: &types.Get{TableName: arn, Key: attributes("")}}},
		"TransactWriteItems.TransactItems": []types.TransactWriteItem{{Put: &types.Put{TableName: arn, Item: attributes(data)}}},
		"Query.KeyConditionExpression":     "id = :id", "Query.ExpressionAttributeValues": id,
		"UpdateItem.UpdateExpression": "SET content = :id", "UpdateItem.ExpressionAttributeValues": id,
		"CreateTable.KeySchema":            []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
		"CreateTable.AttributeDefinitions": []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}},
		"CreateTable.BillingMode":          types.BillingModePayPerRequest,
		"UpdateTable.TableClass":           types.TableClassStandardInfrequentAccess,
		"dynamodb.Tags":                    []types.Tag{{Key: aws.String("value"), Value: aws.String("value")}},
		"ExecuteStatement.Statement":       statement + "?", "ExecuteStatement.Parameters": []types.AttributeValue{&types.AttributeValueMemberS{Value: "target"}},
		"BatchExecuteStatement.Statements": []types.BatchStatementRequest{{Statement: aws.String(statement + "'target'")}},
		"TransactStatements":               []types.ParameterizedStatement{{Statement: aws.String(statement + "'target'")}},
		"CreateBackup.BackupName":          "value", "TargetTableName": "restored", "RestoreTableToPointInTime.SourceTableArn": tableARN, "RestoreTableToPointInTime.UseLatestRestorableTime": true,
		"dynamodb.StreamArn":      "arn:aws:kinesis:" + worldtest.Region + ":" + worldtest.Account + ":stream/target",
		"TimeToLiveSpecification": &types.TimeToLiveSpecification{AttributeName: aws.String("expires"), Enabled: aws.Bool(true)},
	}
}

func (f *filled) fillDynamoDB(t testing.TB, client *dynamodb.Client, streams *dynamodbstreams.Client) {
	t.Helper()
	ctx := t.Context()
	made, err := client.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: aws.String("target"), BillingMode: types.BillingModePayPerRequest,
		KeySchema:            f.values["CreateTable.KeySchema"].([]types.KeySchemaElement),
		AttributeDefinitions: f.values["CreateTable.AttributeDefinitions"].([]types.AttributeDefinition),
		StreamSpecification:  &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages},
	})
	require.NoError(t, err)
	_, err = client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String("target"), Item: attributes("data")})
	require.NoError(t, err)
	_, err = client.UpdateContinuousBackups(ctx, &dynamodb.UpdateContinuousBackupsInput{TableName: aws.String("target"), PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)}})
	require.NoError(t, err)
	backup, err := client.CreateBackup(ctx, &dynamodb.CreateBackupInput{TableName: aws.String("target"), BackupName: aws.String("backup")})
	require.NoError(t, err)
	f.values["dynamodb.BackupArn"] = *backup.BackupDetails.BackupArn
	stream := made.TableDescription.LatestStreamArn
	described, err := streams.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: stream})
	require.NoError(t, err)
	shard := described.StreamDescription.Shards[0].ShardId
	iterator, err := streams.GetShardIterator(ctx, &dynamodbstreams.GetShardIteratorInput{StreamArn: stream, ShardId: shard, ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon})
	require.NoError(t, err)
	f.values["dynamodb-streams.StreamArn"], f.values["dynamodb-streams.ShardId"], f.values["dynamodb-streams.ShardIterator"] = *stream, *shard, *iterator.ShardIterator
}
