package all_test

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func init() {
	packages["dynamodb"] = "dynamodb"
	packages["kms"] = "kms"
	packages["dynamodbstreams"] = "dynamodb-streams"
	recordedServices["dynamodb"] = recordedService{schema: "dynamodb", folder: "dynamodb", scenarios: dynamodbScenarios}
	knownDifferences["dynamodb *.StartingSequenceNumber: *"] = "the recording has a placeholder there"
	knownDifferences["dynamodb *execute_statement_empy_parameter invalid-param-error no text *"] = "the scenario has the text: the code makes it of the model"
	knownDifferences["dynamodb *KMSDescription .KeyMetadata.Description: *"] = "the keys that services have are without a description"
	knownDifferences["dynamodb *.message: should be missing*"] = "boto3's model of some errors has no member for their text"
}

const dynamodbTests = "dynamodb::TestDynamoDB::test_"

// hashTable makes a table whose key is one text.
func hashTable(p *player, answer, name, key string, change func(*dynamodb.CreateTableInput)) {
	in := &dynamodb.CreateTableInput{
		TableName: &name, KeySchema: []types.KeySchemaElement{{AttributeName: &key, KeyType: types.KeyTypeHash}},
		AttributeDefinitions:  []types.AttributeDefinition{{AttributeName: &key, AttributeType: types.ScalarAttributeTypeS}},
		ProvisionedThroughput: &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(5), WriteCapacityUnits: aws.Int64(5)},
	}
	if change != nil {
		change(in)
	}
	p.answer(answer, in)
}

func streamed(in *dynamodb.CreateTableInput) {
	in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages}
}

type record = map[string]types.AttributeValue

func word(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func idOf(s string) record { return record{"id": word(s)} }

// said is an error as boto3 prints it.
func said(operation string, answer map[string]any) string {
	return fmt.Sprintf("An error occurred (%s) when calling the %s operation: %s", *text(answer, "Error.Code"), operation, *text(answer, "Error.Message"))
}

// readsStream reads the stream of a table to its end.
func readsStream(p *player, table string) {
	described := p.call(&dynamodb.DescribeTableInput{TableName: &table})
	stream := p.answer("describe-stream", &dynamodbstreams.DescribeStreamInput{StreamArn: text(described, "Table.LatestStreamArn")})
	iterator := p.answer("get-shard-iterator", &dynamodbstreams.GetShardIteratorInput{
		StreamArn: text(stream, "StreamDescription.StreamArn"), ShardId: text(stream, "StreamDescription.Shards.0.ShardId"), ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon,
	})
	records := p.call(&dynamodbstreams.GetRecordsInput{ShardIterator: text(iterator, "ShardIterator")})
	delete(records, "NextShardIterator") // the recorded test kept the records alone
	p.compare("get-records", records)
}

// dynamodbScenarios make the calls of recorded tests of DynamoDB.
var dynamodbScenarios = map[string]scenario{
	dynamodbTests + "batch_write_not_existing_table": func(p *player) {
		p.answer("exc-not-found-transact-write-items", &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{Put: &types.Put{TableName: aws.String("missing"), Item: idOf("a")}}}})
	},
	dynamodbTests + "batch_write_not_matching_schema": func(p *player) {
		hashTable(p, "", "table", "id", func(in *dynamodb.CreateTableInput) {
			in.KeySchema = append(in.KeySchema, types.KeySchemaElement{AttributeName: aws.String("sort"), KeyType: types.KeyTypeRange})
			in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String("sort"), AttributeType: types.ScalarAttributeTypeN})
		})
		got := p.call(&dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"table": {{PutRequest: &types.PutRequest{Item: record{"id": word("a"), "sort": word("b")}}}}}})
		p.compare("ValidationException", said("BatchWriteItem", got))
	},
	dynamodbTests + "create_duplicate_table": func(p *player) {
		hashTable(p, "", "table", "id", nil)
		got := p.call(&dynamodb.CreateTableInput{TableName: aws.String("table"), KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: types.KeyTypeHash}},
			AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: types.ScalarAttributeTypeS}}, BillingMode: types.BillingModePayPerRequest})
		p.compare("Error", said("CreateTable", got))
	},
	dynamodbTests + "dynamodb_create_table_with_partial_sse_specification": func(p *player) {
		hashTable(p, "", "table", "id", func(in *dynamodb.CreateTableInput) {
			in.SSESpecification = &types.SSESpecification{Enabled: aws.Bool(true)}
		})
		made := p.call(&dynamodb.DescribeTableInput{TableName: aws.String("table")})
		key := p.call(&kms.DescribeKeyInput{KeyId: text(made, "Table.SSEDescription.KMSMasterKeyArn")})
		p.compare("KMSDescription", key)
		p.compare("SSEDescription", at(made, "Table.SSEDescription"))
		changed := p.call(&dynamodb.UpdateTableInput{TableName: aws.String("table"), SSESpecification: &types.SSESpecification{Enabled: aws.Bool(false)}})
		p.compare("update-table-disable-sse-spec", at(changed, "TableDescription.SSEDescription"))
	},
	dynamodbTests + "dynamodb_describe_contributor_insights": func(p *player) {
		hashTable(p, "", "table", "id", nil)
		p.answer("describe-contributor-insights-disabled", &dynamodb.DescribeContributorInsightsInput{TableName: aws.String("table")})
	},
	dynamodbTests + "dynamodb_execute_statement_empy_parameter": func(p *player) {
		hashTable(p, "", "table", "id", nil)
		p.answer("invalid-param-error", &dynamodb.ExecuteStatementInput{Statement: aws.String(`SELECT * FROM "table"`), Parameters: []types.AttributeValue{}})
	},
	dynamodbTests + "dynamodb_get_batch_items": func(p *player) {
		hashTable(p, "", "table", "id", nil)
		got := p.call(&dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"table": {Keys: []map[string]types.AttributeValue{idOf("a")}}}})
		responses, _ := got["Responses"].(map[string]any)
		got["Responses"] = map[string]any{"<test-table>": responses["table"]} // the recording has a placeholder for the name
		p.compare("Response", got)
	},
	dynamodbTests + "dynamodb_idempotent_writing": func(p *player) {
		hashTable(p, "", "table", "id", nil)
		in := &dynamodb.TransactWriteItemsInput{ClientRequestToken: aws.String("token"), TransactItems: []types.TransactWriteItem{{Put: &types.Put{TableName: aws.String("table"), Item: idOf("a")}}}}
		p.answer("Response1", in)
		p.answer("Response2", in)
	},
	dynamodbTests + "dynamodb_partiql_missing": func(p *player) {
		hashTable(p, "", "users", "Username", nil)
		p.call(&dynamodb.PutItemInput{TableName: aws.String("users"), Item: record{"Username": word("Alice123"), "FirstName": word("Alice")}})
		p.call(&dynamodb.PutItemInput{TableName: aws.String("users"), Item: record{"Username": word("Bob123")}})
		got := p.call(&dynamodb.ExecuteStatementInput{Statement: aws.String(`SELECT * FROM users WHERE FirstName IS NOT MISSING`)})
		p.compare("FirstNameNotMissing", at(got, "Items"))
	},
	dynamodbTests + "dynamodb_stream_records_with_update_item": func(p *player) {
		hashTable(p, "create-table", "table", "id", streamed)
		for _, v := range [][2]string{{"value1", "value2"}, {"value2", "value3"}} {
			p.call(&dynamodb.UpdateItemInput{TableName: aws.String("table"), Key: idOf("my-item-id"), UpdateExpression: aws.String("SET attr1 = :a, attr2 = :b"), ExpressionAttributeValues: record{":a": word(v[0]), ":b": word(v[1])}})
		}
		readsStream(p, "table")
	},
	dynamodbTests + "empty_and_binary_values": func(p *player) {
		hashTable(p, "", "table", "id", nil)
		p.answer("PutFirstItem", &dynamodb.PutItemInput{TableName: aws.String("table"), Item: record{"id": word("a"), "data": word("")}})
		p.answer("PutSecondItem", &dynamodb.PutItemInput{TableName: aws.String("table"), Item: record{"id": word("b"), "data": &types.AttributeValueMemberB{Value: []byte{0x90}}}})
	},
	dynamodbTests + "gsi_with_billing_mode": func(p *player) {
		hashTable(p, "create-table-with-gsi", "table", "TID", func(in *dynamodb.CreateTableInput) {
			in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String("TRID"), AttributeType: types.ScalarAttributeTypeS})
			index := types.GlobalSecondaryIndex{
				IndexName: aws.String("TransactionRecordID"), KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("TRID"), KeyType: types.KeyTypeHash}},
				Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
			}
			in.BillingMode = types.BillingMode(p.param)
			if in.BillingMode == types.BillingModePayPerRequest {
				in.ProvisionedThroughput = nil
			} else {
				index.ProvisionedThroughput = &types.ProvisionedThroughput{ReadCapacityUnits: aws.Int64(1), WriteCapacityUnits: aws.Int64(1)}
			}
			in.GlobalSecondaryIndexes = []types.GlobalSecondaryIndex{index}
		})
		p.answer("describe-table", &dynamodb.DescribeTableInput{TableName: aws.String("table")})
	},
	dynamodbTests + "table_warm_throughput": func(p *player) {
		hashTable(p, "create-table", "table", "id", func(in *dynamodb.CreateTableInput) {
			in.WarmThroughput = &types.WarmThroughput{ReadUnitsPerSecond: aws.Int64(1000), WriteUnitsPerSecond: aws.Int64(1200)}
		})
		p.answer("describe-table", &dynamodb.DescribeTableInput{TableName: aws.String("table")})
	},
	dynamodbTests + "transact_get_items": func(p *player) {
		hashTable(p, "", "table", "id", nil)
		for _, name := range []string{"John", "Sarah"} {
			p.call(&dynamodb.PutItemInput{TableName: aws.String("table"), Item: idOf(name)})
		}
		get := func(table, name string) *dynamodb.TransactGetItemsInput {
			return &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{{Get: &types.Get{TableName: &table, Key: idOf(name)}}}}
		}
		p.answer("TransactGetItems", get("table", "John"))
		p.answer("TransactGetItems-with-TableArn", get("arn:aws:dynamodb:"+worldtest.Region+":"+worldtest.Account+":table/table", "Sarah"))
	},
	dynamodbTests + "transact_write_items_streaming": transactStreaming,
	dynamodbTests + "transact_write_items_streaming_for_different_tables": func(p *player) {
		hashTable(p, "create-table-stream", "table", "id", streamed)
		hashTable(p, "create-table-no-stream", "other", "id", nil)
		p.answer("transact-write-two-tables", &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: aws.String("other"), Item: idOf("NewKey")}}, {Put: &types.Put{TableName: aws.String("table"), Item: idOf("Fred")}},
		}})
		readsStream(p, "table")
	},
	dynamodbTests + "transaction_write_binary_data": func(p *player) {
		hashTable(p, "", "table", "id", nil)
		p.answer("WriteResponse", &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: aws.String("table"), Item: record{"id": word("someUser"), "binaryData": &types.AttributeValueMemberB{Value: []byte("foobar")}}}},
		}})
		got := p.call(&dynamodb.GetItemInput{TableName: aws.String("table"), Key: idOf("someUser")})
		p.compare("GetItem", at(got, "Item"))
	},
	dynamodbTests + "transaction_write_canceled": func(p *player) {
		hashTable(p, "", "table", "id", nil)
		got := p.call(&dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{ConditionCheck: &types.ConditionCheck{TableName: aws.String("table"), Key: idOf("a"), ConditionExpression: aws.String("attribute_exists(id)")}},
			{Put: &types.Put{TableName: aws.String("table"), Item: idOf("b")}},
		}})
		p.compare("Error", said("TransactWriteItems", got))
	},
	dynamodbTests + "transaction_write_items": func(p *player) {
		hashTable(p, "", "table", "id", nil)
		write := func(table string) *dynamodb.TransactWriteItemsInput {
			return &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{Put: &types.Put{TableName: &table, Item: idOf("a")}}}}
		}
		p.answer("Response", write("table"))
		p.answer("Response_using_table_arn", write("arn:aws:dynamodb:"+worldtest.Region+":"+worldtest.Account+":table/table"))
	},
	dynamodbTests + "valid_local_secondary_index": func(p *player) {
		hashTable(p, "", "table", "PK", func(in *dynamodb.CreateTableInput) {
			key := func(sort string) []types.KeySchemaElement {
				return []types.KeySchemaElement{{AttributeName: aws.String("PK"), KeyType: types.KeyTypeHash}, {AttributeName: &sort, KeyType: types.KeyTypeRange}}
			}
			in.KeySchema = key("SK")
			in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String("SK"), AttributeType: types.ScalarAttributeTypeS},
				types.AttributeDefinition{AttributeName: aws.String("LSI1SK"), AttributeType: types.ScalarAttributeTypeN})
			in.LocalSecondaryIndexes = []types.LocalSecondaryIndex{{IndexName: aws.String("LSI1"), KeySchema: key("LSI1SK"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll}}}
		})
		p.call(&dynamodb.PutItemInput{TableName: aws.String("table"), Item: record{"PK": word("test one"), "SK": word("hello"), "LSI1SK": &types.AttributeValueMemberN{Value: "123"}}})
		p.answer("Items", &dynamodb.QueryInput{TableName: aws.String("table"), IndexName: aws.String("LSI1"), KeyConditionExpression: aws.String("PK = :p"), ExpressionAttributeValues: record{":p": word("test one")}})
	},
}

// transactStreaming writes one table by transactions, and reads its stream. Neither a put that
// changes nothing nor a deletion of what is not there is in it.
func transactStreaming(p *player) {
	name := aws.String("table")
	hashTable(p, "create-table", *name, "id", streamed)
	p.answer("put-item-1", &dynamodb.PutItemInput{TableName: name, Item: idOf("Fred")})
	transact := func(answer string, items ...types.TransactWriteItem) {
		p.answer(answer, &dynamodb.TransactWriteItemsInput{ClientRequestToken: &answer, TransactItems: items})
	}
	put := func(item record) types.TransactWriteItem {
		return types.TransactWriteItem{Put: &types.Put{TableName: name, Item: item}}
	}
	set := func(id, update string, values record) types.TransactWriteItem {
		return types.TransactWriteItem{Update: &types.Update{TableName: name, Key: idOf(id), UpdateExpression: &update, ExpressionAttributeValues: values}}
	}
	transact("transact-write-response-overwrite", put(idOf("Fred")), put(idOf("NewKey")))
	transact("transact-write-update-insert", set("NewKey", "SET attr1 = :a, attr2 = :b", record{":a": word("value1"), ":b": word("value2")}))
	transact("transact-write-response-update", set("NonExistentKey", "SET attr1 = :a", record{":a": word("value1")}))
	transact("transact-write-response-delete", types.TransactWriteItem{Delete: &types.Delete{TableName: name, Key: idOf("NewKey")}})
	p.call(&dynamodb.PutItemInput{TableName: name, Item: record{"id": word("Fred"), "name": word("Fred")}})
	readsStream(p, *name)
}
