package dynamodb_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// An opCall is a call of an operation, with what it needs besides the action of its own name.
type opCall struct {
	in      any
	actions []string // instead of the one of the operation's name
	code    string   // of the error when it is allowed
	own     bool     // it is about the caller's account
}

func (c *opCall) operation() string {
	return strings.TrimSuffix(reflect.TypeOf(c.in).Elem().Name(), "Input")
}

func (c *opCall) needs() []string {
	if c.actions != nil {
		return c.actions
	}
	return []string{"dynamodb:" + c.operation()}
}

// A scene is a table with a stream, an item and a policy.
type scene struct {
	*cloud
	stream, shard, iterator, backup *string
}

func newScene(t testing.TB) *scene {
	t.Helper()
	s := &scene{cloud: newCloud(t)}
	in := musicTable()
	in.StreamSpecification = &types.StreamSpecification{StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeKeysOnly}
	made, err := s.root().CreateTable(t.Context(), in)
	require.NoError(t, err)
	s.stream = made.TableDescription.LatestStreamArn
	s.put(t, song("a", "1"))
	described, err := s.streams().DescribeStream(t.Context(), &dynamodbstreams.DescribeStreamInput{StreamArn: s.stream})
	require.NoError(t, err)
	s.shard = described.StreamDescription.Shards[0].ShardId
	iterator, err := s.streams().GetShardIterator(t.Context(), &dynamodbstreams.GetShardIteratorInput{StreamArn: s.stream, ShardId: s.shard, ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon})
	require.NoError(t, err)
	s.iterator = iterator.ShardIterator
	_, err = s.root().UpdateContinuousBackups(t.Context(), &dynamodb.UpdateContinuousBackupsInput{TableName: in.TableName, PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)}})
	require.NoError(t, err)
	backup, err := s.root().CreateBackup(t.Context(), &dynamodb.CreateBackupInput{TableName: in.TableName, BackupName: aws.String("backup")})
	require.NoError(t, err)
	s.backup = backup.BackupDetails.BackupArn
	return s
}

func (s *scene) calls() []opCall {
	name, arn := aws.String(arnOf("music")), aws.String(arnOf("music"))
	made := musicTable()
	made.TableName, made.Tags = aws.String("other"), []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}}
	made.ResourcePolicy = aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + owner + `"},"Action":"dynamodb:GetItem","Resource":"*"}}`)
	key, kinesis := attributes{":a": str("a")}, aws.String("arn:aws:kinesis:"+region+":"+owner+":stream/changes")
	return []opCall{
		{in: made, actions: []string{"dynamodb:CreateTable", "dynamodb:TagResource", "dynamodb:PutResourcePolicy"}, own: true},
		{in: &dynamodb.DescribeTableInput{TableName: name}},
		{in: &dynamodb.DeleteTableInput{TableName: name}},
		{in: &dynamodb.ListTablesInput{}, own: true},
		{in: &dynamodb.UpdateTableInput{TableName: name, DeletionProtectionEnabled: aws.Bool(true)}},
		{in: &dynamodb.GetItemInput{TableName: name, Key: song("a", "1")}},
		{in: &dynamodb.PutItemInput{TableName: name, Item: song("a", "1")}},
		{in: &dynamodb.UpdateItemInput{TableName: name, Key: song("a", "1")}},
		{in: &dynamodb.DeleteItemInput{TableName: name, Key: song("a", "1")}},
		{in: &dynamodb.QueryInput{TableName: name, KeyConditionExpression: aws.String("artist = :a"), ExpressionAttributeValues: key}},
		{in: &dynamodb.ScanInput{TableName: name, IndexName: aws.String("byGenre")}},
		{in: &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{*name: {Keys: []map[string]types.AttributeValue{song("a", "1")}}}}},
		{in: &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{*name: {{PutRequest: &types.PutRequest{Item: song("a", "1")}}}}}},
		{in: &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{{Get: &types.Get{TableName: name, Key: song("a", "1")}}}}, actions: []string{"dynamodb:GetItem"}},
		{in: &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
			{Put: &types.Put{TableName: name, Item: song("a", "1")}}, {Update: &types.Update{TableName: name, Key: song("a", "2"), UpdateExpression: aws.String("REMOVE x")}},
			{Delete: &types.Delete{TableName: name, Key: song("a", "3")}}, {ConditionCheck: &types.ConditionCheck{TableName: name, Key: song("a", "4"), ConditionExpression: aws.String("attribute_not_exists(x)")}},
		}}, actions: []string{"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"}},
		{in: &dynamodb.ExecuteStatementInput{Statement: ql(`SELECT * FROM "` + *name + `" WHERE artist = 'a'`)}, actions: []string{"dynamodb:PartiQLSelect"}},
		{in: &dynamodb.BatchExecuteStatementInput{Statements: []types.BatchStatementRequest{{Statement: ql(`DELETE FROM "` + *name + `" WHERE artist = 'a' AND song = '1'`)}}}, actions: []string{"dynamodb:PartiQLDelete"}},
		{in: &dynamodb.ExecuteTransactionInput{TransactStatements: []types.ParameterizedStatement{
			{Statement: ql(`INSERT INTO "` + *name + `" VALUE {'artist':'a','song':'2'}`)}, {Statement: ql(`UPDATE "` + *name + `" REMOVE x WHERE artist = 'a' AND song = '1'`)},
			{Statement: ql(`DELETE FROM "` + *name + `" WHERE artist = 'a' AND song = '3'`)},
		}}, actions: []string{"dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"}},
		{in: &dynamodb.TagResourceInput{ResourceArn: arn, Tags: made.Tags}},
		{in: &dynamodb.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"a"}}},
		{in: &dynamodb.ListTagsOfResourceInput{ResourceArn: arn}},
		{in: &dynamodb.PutResourcePolicyInput{ResourceArn: s.stream, Policy: made.ResourcePolicy, ConfirmRemoveSelfResourceAccess: true}},
		{in: &dynamodb.GetResourcePolicyInput{ResourceArn: arn}, code: "PolicyNotFoundException"},
		{in: &dynamodb.DeleteResourcePolicyInput{ResourceArn: s.stream}},
		{in: &dynamodb.UpdateTimeToLiveInput{TableName: name, TimeToLiveSpecification: &types.TimeToLiveSpecification{AttributeName: aws.String("x"), Enabled: aws.Bool(true)}}},
		{in: &dynamodb.DescribeTimeToLiveInput{TableName: name}},
		{in: &dynamodb.UpdateContinuousBackupsInput{TableName: name, PointInTimeRecoverySpecification: &types.PointInTimeRecoverySpecification{PointInTimeRecoveryEnabled: aws.Bool(true)}}},
		{in: &dynamodb.EnableKinesisStreamingDestinationInput{TableName: name, StreamArn: kinesis}, code: "ResourceNotFoundException"},
		{in: &dynamodb.DisableKinesisStreamingDestinationInput{TableName: name, StreamArn: kinesis}, code: "ResourceInUseException"},
		{in: &dynamodb.UpdateKinesisStreamingDestinationInput{TableName: name, StreamArn: kinesis}, code: "ResourceInUseException"},
		{in: &dynamodb.DescribeKinesisStreamingDestinationInput{TableName: name}},
		{in: &dynamodb.CreateBackupInput{TableName: name, BackupName: aws.String("other")}},
		{in: &dynamodb.DescribeBackupInput{BackupArn: s.backup}},
		{in: &dynamodb.DeleteBackupInput{BackupArn: s.backup}},
		{in: &dynamodb.ListBackupsInput{}, own: true},
		{in: &dynamodb.RestoreTableFromBackupInput{BackupArn: s.backup, TargetTableName: aws.String("restored")}, actions: append([]string{"dynamodb:RestoreTableFromBackup"}, readAndWrite...)},
		{in: &dynamodb.RestoreTableToPointInTimeInput{SourceTableArn: name, TargetTableName: aws.String("restored"), UseLatestRestorableTime: aws.Bool(true)},
			actions: append([]string{"dynamodb:RestoreTableToPointInTime"}, readAndWrite...), own: true},
		{in: &dynamodb.DescribeContinuousBackupsInput{TableName: name}},
		{in: &dynamodb.UpdateContributorInsightsInput{TableName: name, ContributorInsightsAction: types.ContributorInsightsActionEnable}},
		{in: &dynamodb.DescribeContributorInsightsInput{TableName: name, IndexName: aws.String("byGenre")}},
		{in: &dynamodb.ListContributorInsightsInput{}, own: true},
		{in: &dynamodb.DescribeLimitsInput{}, own: true},
		{in: &dynamodb.DescribeEndpointsInput{}, own: true},
		{in: &dynamodbstreams.ListStreamsInput{}, own: true},
		{in: &dynamodbstreams.DescribeStreamInput{StreamArn: s.stream}},
		{in: &dynamodbstreams.GetShardIteratorInput{StreamArn: s.stream, ShardId: s.shard, ShardIteratorType: streamtypes.ShardIteratorTypeLatest}},
		{in: &dynamodbstreams.GetRecordsInput{ShardIterator: s.iterator}},
	}
}

// readAndWrite are the permissions on a table that is restored.
var readAndWrite = []string{
	"dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:Scan", "dynamodb:UpdateItem",
}

func ql(text string) *string { return &text }

// notImplemented are the operations that are answered so.
var notImplemented = []string{
	"CancelBulkOperation", "CreateGlobalTable", "DescribeBulkOperation",
	"DescribeExport", "DescribeGlobalTable", "DescribeGlobalTableSettings", "DescribeImport", "DescribeTableReplicaAutoScaling", "ExportTableToPointInTime", "ImportTable", "ListBulkOperations", "ListExports", "ListGlobalTables",
	"ListImports", "SearchVectors", "StartBulkPutItems", "UpdateGlobalTable",
	"UpdateGlobalTableSettings", "UpdateTableReplicaAutoScaling",
}

func (s *scene) send(t *testing.T, user *fakeaws.Credential, in any) error {
	t.Helper()
	if strings.HasSuffix(reflect.TypeOf(in).Elem().PkgPath(), "dynamodbstreams") {
		return send(t.Context(), dynamodbstreams.NewFromConfig(s.Config(user.AccessKeyID, user.SecretAccessKey, "")), in)
	}
	if batch, ok := in.(*dynamodb.BatchExecuteStatementInput); ok { // its statements have errors of their own
		out, err := s.client(user).BatchExecuteStatement(t.Context(), batch)
		for _, r := range out.Responses {
			if r.Error != nil {
				return &smithy.GenericAPIError{Code: string(r.Error.Code) + "Exception", Message: aws.ToString(r.Error.Message)}
			}
		}
		return err
	}
	return send(t.Context(), s.client(user), in)
}

// Each operation is refused without its permissions, with all but one of them, to another
// account, and by an explicit Deny; and performed with exactly them.
func TestEveryOperation(t *testing.T) {
	t.Parallel()
	var done []string
	for _, c := range newScene(t).calls() {
		done = append(done, c.operation())
	}
	for _, client := range []reflect.Type{reflect.TypeFor[*dynamodb.Client](), reflect.TypeFor[*dynamodbstreams.Client]()} {
		for i := range client.NumMethod() {
			if m := client.Method(i); m.Type.NumIn() == 4 && m.Type.NumOut() == 2 {
				assert.NotEqual(t, slices.Contains(done, m.Name), slices.Contains(notImplemented, m.Name), m.Name)
			}
		}
	}
	for i, op := range done {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			c := s.calls()[i]
			user := s.users.Add(s.World.World, owner, "user", "")
			foreign := s.users.Add(s.World.World, stranger, "foreign", allow("dynamodb:*", "*", nil))
			denied := func(policy string) {
				t.Helper()
				s.users.SetPolicy(user, policy)
				requireCode(t, s.send(t, user, c.in), "AccessDeniedException")
			}
			denied("")
			for without := range c.needs() {
				if rest := slices.Delete(slices.Clone(c.needs()), without, without+1); len(rest) > 0 {
					denied(allow(rest, "*", nil))
				}
			}
			denied(strings.Replace(allow(append([]string{"dynamodb:*"}, c.needs()...), "*", nil), `"Allow"`, `"Deny"`, 1))
			if !c.own {
				requireCode(t, s.send(t, foreign, c.in), "AccessDeniedException")
				denied(allow("dynamodb:*", arnOf("another")+"*", nil))
			}
			s.users.SetPolicy(user, allow(c.needs(), "*", nil))
			if err := s.send(t, user, c.in); c.code == "" {
				require.NoError(t, err)
			} else {
				requireCode(t, err, c.code)
			}
		})
	}
}

// A call that was allowed changes the table that it was allowed on, and no other one of its
// name: the table is replaced while the policies are asked.
func TestReplacedMeanwhile(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem", "TransactGetItems", "TransactWriteItems", "ExecuteStatement", "ExecuteTransaction", "DeleteTable", "TagResource", "UpdateTable"} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			user := s.users.Add(s.World.World, owner, "user", allow("dynamodb:*", "*", nil))
			asked := false
			s.users.Asked = func() {
				if asked {
					return
				}
				asked = true
				hand := s.Fixture(owner, region)
				_, err := fakeaws.Do[dynamodb.DeleteTableOutput](t.Context(), s.World.World, hand, &dynamodb.DeleteTableInput{TableName: aws.String("music")})
				assert.NoError(t, err)
				_, err = fakeaws.Do[dynamodb.CreateTableOutput](t.Context(), s.World.World, hand, musicTable())
				assert.NoError(t, err)
			}
			for _, c := range s.calls() {
				if c.operation() == op {
					requireCode(t, s.send(t, user, c.in), "ResourceNotFoundException")
				}
			}
		})
	}
}

// An item is not read with a key that was not asked for: the table is given one meanwhile.
func TestKeyChangedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	key, err := s.Keys().Create(owner, region, fakeaws.DefaultKeyPolicy(owner))
	require.NoError(t, err)
	user := s.users.Add(s.World.World, owner, "user", allow("dynamodb:*", "*", nil))
	asked := false
	s.users.Asked = func() {
		if !asked {
			asked = true
			_, err := fakeaws.Do[dynamodb.UpdateTableOutput](t.Context(), s.World.World, s.Fixture(owner, region), &dynamodb.UpdateTableInput{
				TableName: aws.String("music"), SSESpecification: &types.SSESpecification{Enabled: aws.Bool(true), KMSMasterKeyId: &key.ARN},
			})
			assert.NoError(t, err)
		}
	}
	get := &dynamodb.GetItemInput{TableName: aws.String("music"), Key: song("a", "1")}
	requireCode(t, s.send(t, user, get), "ResourceInUseException")
	requireCode(t, s.send(t, user, get), "AccessDeniedException")
}
