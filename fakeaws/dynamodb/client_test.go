package dynamodb_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	ddb "github.com/leastpriv/leastpriv/fakeaws/dynamodb"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

const (
	owner    = worldtest.Account
	stranger = worldtest.Other
	region   = worldtest.Region
)

// A cloud is a World with DynamoDB.
type cloud struct {
	*worldtest.World
	users *worldtest.Users
}

func newCloud(t testing.TB) *cloud { return newCloudBy(t, worldtest.InProcess) }

func newCloudBy(t testing.TB, door worldtest.Door) *cloud {
	t.Helper()
	users := worldtest.NewUsers()
	return &cloud{worldtest.New(t, door, ddb.Service, ddb.StreamsService, users.Service()), users}
}

func (c *cloud) root() *dynamodb.Client { return dynamodb.NewFromConfig(c.RootConfig(owner)) }

func (c *cloud) client(user *fakeaws.Credential) *dynamodb.Client {
	return dynamodb.NewFromConfig(c.Config(user.AccessKeyID, user.SecretAccessKey, ""))
}

func (c *cloud) streams() *dynamodbstreams.Client {
	return dynamodbstreams.NewFromConfig(c.RootConfig(owner))
}

func arnOf(table string) string {
	return "arn:aws:dynamodb:" + region + ":" + owner + ":table/" + table
}

// musicTable is a table with a sort key, a global and a local index.
func musicTable() *dynamodb.CreateTableInput {
	key := func(hash, sort string) []types.KeySchemaElement {
		return []types.KeySchemaElement{{AttributeName: &hash, KeyType: types.KeyTypeHash}, {AttributeName: &sort, KeyType: types.KeyTypeRange}}
	}
	all := &types.Projection{ProjectionType: types.ProjectionTypeAll}
	return &dynamodb.CreateTableInput{
		TableName: aws.String("music"), BillingMode: types.BillingModePayPerRequest, KeySchema: key("artist", "song"),
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("artist"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("song"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("genre"), AttributeType: types.ScalarAttributeTypeS},
			{AttributeName: aws.String("plays"), AttributeType: types.ScalarAttributeTypeN},
		},
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{IndexName: aws.String("byGenre"), KeySchema: key("genre", "plays"), Projection: all}},
		LocalSecondaryIndexes: []types.LocalSecondaryIndex{{
			IndexName: aws.String("byPlays"), KeySchema: key("artist", "plays"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
		}},
	}
}

func (c *cloud) music(t testing.TB) {
	t.Helper()
	_, err := c.root().CreateTable(t.Context(), musicTable())
	require.NoError(t, err)
}

func str(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
func num(n string) types.AttributeValue { return &types.AttributeValueMemberN{Value: n} }
func strs(s ...string) *types.AttributeValueMemberSS {
	return &types.AttributeValueMemberSS{Value: s}
}

type attributes = map[string]types.AttributeValue

func song(artist, title string) attributes {
	return attributes{"artist": str(artist), "song": str(title)}
}

func (c *cloud) put(t testing.TB, item attributes) {
	t.Helper()
	_, err := c.root().PutItem(t.Context(), &dynamodb.PutItemInput{TableName: aws.String("music"), Item: item})
	require.NoError(t, err)
}

func (c *cloud) get(ctx context.Context, t testing.TB, key attributes) attributes {
	t.Helper()
	out, err := c.root().GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("music"), Key: key})
	require.NoError(t, err)
	return out.Item
}

// A tester is a test, or a property of one.
type tester interface {
	require.TestingT
	Helper()
}

func requireCode(t tester, err error, code string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, code, api.ErrorCode(), api.ErrorMessage())
}

func allow(action any, resource any, condition any) string {
	st := map[string]any{"Effect": "Allow", "Action": action, "Resource": resource}
	if condition != nil {
		st["Condition"] = condition
	}
	text, _ := json.Marshal(map[string]any{"Version": "2012-10-17", "Statement": st})
	return string(text)
}
