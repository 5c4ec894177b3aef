package dynamodb_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/feature/dynamodb/expression"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The expressions that the SDK's builder writes are read.
func TestBuilder(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	ctx, root, name := t.Context(), c.root(), aws.String("music")
	size := expression.Name("tags").Size()
	e, err := expression.NewBuilder().
		WithUpdate(expression.Set(expression.Name("plays"), expression.Plus(expression.IfNotExists(expression.Name("plays"), expression.Value(1)), expression.Value(2))).
			Set(expression.Name("doc.list"), expression.Name("other")).Remove(expression.Name("old")).
			Add(expression.Name("tags"), expression.Value(&types.AttributeValueMemberSS{Value: []string{"b"}}))).
		WithCondition(expression.And(
			expression.Not(expression.Name("plays").In(expression.Value(7), expression.Value(8))),
			expression.Or(expression.AttributeNotExists(expression.Name("tags")), size.GreaterThanEqual(expression.Value(1))),
			expression.Name("song").BeginsWith("so"), expression.Name("other").AttributeType(expression.String),
			expression.Name("song").Between(expression.Value("a"), expression.Value("z")),
		)).Build()
	require.NoError(t, err)
	item := song("a", "song")
	item["doc"], item["other"] = &types.AttributeValueMemberM{Value: attributes{}}, str("o")
	c.put(t, item)
	out, err := root.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: name, Key: song("a", "song"), UpdateExpression: e.Update(), ConditionExpression: e.Condition(),
		ExpressionAttributeNames: e.Names(), ExpressionAttributeValues: e.Values(), ReturnValues: types.ReturnValueAllNew,
	})
	require.NoError(t, err)
	assert.Equal(t, num("3"), out.Attributes["plays"])
	assert.Equal(t, &types.AttributeValueMemberM{Value: attributes{"list": str("o")}}, out.Attributes["doc"])

	e, err = expression.NewBuilder().
		WithKeyCondition(expression.KeyAnd(expression.Key("artist").Equal(expression.Value("a")), expression.Key("song").BeginsWith("s"))).
		WithFilter(expression.Name("doc.list").Equal(expression.Value("o"))).
		WithProjection(expression.NamesList(expression.Name("song"), expression.Name("doc.list"))).Build()
	require.NoError(t, err)
	found, err := root.Query(ctx, &dynamodb.QueryInput{
		TableName: name, KeyConditionExpression: e.KeyCondition(), FilterExpression: e.Filter(), ProjectionExpression: e.Projection(),
		ExpressionAttributeNames: e.Names(), ExpressionAttributeValues: e.Values(),
	})
	require.NoError(t, err)
	assert.Equal(t, []attributes{{"song": str("song"), "doc": &types.AttributeValueMemberM{Value: attributes{"list": str("o")}}}}, found.Items)
}
