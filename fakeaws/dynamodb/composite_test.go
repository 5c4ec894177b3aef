package dynamodb_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func keySchema(hashes, ranges []string) []types.KeySchemaElement {
	var all []types.KeySchemaElement
	for _, name := range hashes {
		all = append(all, types.KeySchemaElement{AttributeName: aws.String(name), KeyType: types.KeyTypeHash})
	}
	for _, name := range ranges {
		all = append(all, types.KeySchemaElement{AttributeName: aws.String(name), KeyType: types.KeyTypeRange})
	}
	return all
}

// matches is a table of matches with an index by two partition keys and three sort keys.
func (c *cloud) matches(t *testing.T) {
	t.Helper()
	in := &dynamodb.CreateTableInput{
		TableName: aws.String("matches"), BillingMode: types.BillingModePayPerRequest, KeySchema: keySchema([]string{"id"}, nil),
		GlobalSecondaryIndexes: []types.GlobalSecondaryIndex{{
			IndexName: aws.String("byRound"), Projection: &types.Projection{ProjectionType: types.ProjectionTypeAll},
			KeySchema: keySchema([]string{"cup", "region"}, []string{"round", "bracket", "number"}),
		}},
	}
	for name, kind := range map[string]types.ScalarAttributeType{"id": "S", "cup": "S", "region": "S", "round": "S", "bracket": "S", "number": "N"} {
		in.AttributeDefinitions = append(in.AttributeDefinitions, types.AttributeDefinition{AttributeName: aws.String(name), AttributeType: kind})
	}
	_, err := c.root().CreateTable(t.Context(), in)
	require.NoError(t, err)
	n := 0
	for _, cup := range []string{"winter", "summer"} {
		for _, region := range []string{"east", "west"} {
			for _, round := range []string{"final", "semi"} {
				for number := range 3 {
					n++
					_, err := c.root().PutItem(t.Context(), &dynamodb.PutItemInput{TableName: in.TableName, Item: attributes{
						"id": str(fmt.Sprint(n)), "song": str(fmt.Sprint(n)), "cup": str(cup), "region": str(region), "round": str(round), "bracket": str("upper"), "number": num(fmt.Sprint(number)),
					}})
					require.NoError(t, err)
				}
			}
		}
	}
	_, err = c.root().PutItem(t.Context(), &dynamodb.PutItemInput{TableName: in.TableName, Item: attributes{"id": str("sparse"), "cup": str("winter"), "round": str("semi")}})
	require.NoError(t, err)
}

// An index with several partition and sort keys is read by all of the first and, from the left,
// some of the others.
func TestMultiAttributeKeys(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.matches(t)
	values := attributes{":w": str("winter"), ":e": str("east"), ":s": str("semi"), ":u": str("upper")}
	query := func(condition string, limit int32) ([]string, error) {
		used := attributes{}
		for name, v := range values {
			if strings.Contains(condition, name) {
				used[name] = v
			}
		}
		in := &dynamodb.QueryInput{
			TableName: aws.String("matches"), IndexName: aws.String("byRound"), KeyConditionExpression: &condition, ExpressionAttributeValues: used, Limit: &limit,
			ExpressionAttributeNames: map[string]string{"#r": "region"},
		}
		var all []string
		for {
			out, err := c.root().Query(t.Context(), in)
			if err != nil {
				return nil, err
			}
			all = append(all, titles(out.Items)...)
			if in.ExclusiveStartKey = out.LastEvaluatedKey; out.LastEvaluatedKey == nil {
				return all, nil
			}
		}
	}
	for condition, want := range map[string][]string{
		"cup = :w AND #r = :e":                                             {"1", "2", "3", "4", "5", "6"},
		"#r = :e AND cup = :w AND round = :s":                              {"4", "5", "6"},
		"cup = :w AND #r = :e AND round < :s":                              {"1", "2", "3"},
		"cup = :w AND #r = :e AND round = :s AND begins_with(bracket, :u)": {"4", "5", "6"},
	} {
		for _, limit := range []int32{1, 100} {
			got, err := query(condition, limit)
			require.NoError(t, err, condition)
			assert.Equal(t, want, got, condition)
		}
	}
	got, err := query("cup = :w AND #r = :e AND round = :s AND bracket = :u", 2)
	require.NoError(t, err)
	assert.Equal(t, []string{"4", "5", "6"}, got)
	for condition, text := range map[string]string{
		"cup = :w":                              "Query condition missed key schema element: region",
		"cup = :w AND #r > :e":                  "Query key condition not supported",
		"cup = :w AND #r = :e AND bracket = :u": "Query condition missed key schema element: round",
		"cup = :w AND #r = :e AND round > :s AND bracket = :u": "Query key condition not supported",
	} {
		if !strings.Contains(condition, "#r") {
			_, err := c.root().Query(t.Context(), &dynamodb.QueryInput{TableName: aws.String("matches"), IndexName: aws.String("byRound"), KeyConditionExpression: &condition, ExpressionAttributeValues: attributes{":w": str("winter")}})
			worldtest.RequireError(t, err, "ValidationException", text)
			continue
		}
		_, err := query(condition, 10)
		worldtest.RequireError(t, err, "ValidationException", text)
	}
	assert.Equal(t, []string{"4"}, titles(c.mustQL(t, `SELECT * FROM "matches"."byRound" WHERE cup = 'winter' AND region = 'east' AND round = 'semi' AND bracket = 'upper' AND number < 1`)))
	assert.Equal(t, []string{"4", "5", "10", "11"}, titles(c.mustQL(t, `SELECT * FROM "matches"."byRound" WHERE cup = 'winter' AND region IN ['east', 'west'] AND round = 'semi' AND bracket = 'upper' AND number < 2`)))
	described, err := c.root().DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("matches")})
	require.NoError(t, err)
	assert.Len(t, described.Table.GlobalSecondaryIndexes[0].KeySchema, 5)
	assert.EqualValues(t, 24, *described.Table.GlobalSecondaryIndexes[0].ItemCount)

	_, err = c.root().CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("wrong"), BillingMode: types.BillingModePayPerRequest, KeySchema: keySchema([]string{"a", "b"}, nil),
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("a"), AttributeType: "S"}, {AttributeName: aws.String("b"), AttributeType: "S"}},
	})
	worldtest.RequireError(t, err, "ValidationException", "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type")
}

// Each partition key of an index has a condition key.
func TestMultiAttributeKeysDecide(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.matches(t)
	index := arnOf("matches") + "/index/byRound"
	for key, value := range map[string]string{"dynamodb:LeadingKeys": "winter", "dynamodb:FirstPartitionKeyValues": "winter", "dynamodb:SecondPartitionKeyValues": "east"} {
		user := c.client(c.users.Add(c.World.World, owner, key, allow([]string{"dynamodb:Query", "dynamodb:PartiQLSelect"}, index, object{"ForAllValues:StringEquals": object{key: value}})))
		for _, cup := range []string{"winter", "summer"} {
			for _, region := range []string{"east", "west"} {
				_, err := user.Query(t.Context(), &dynamodb.QueryInput{
					TableName: aws.String("matches"), IndexName: aws.String("byRound"), KeyConditionExpression: aws.String("cup = :c AND #r = :r"),
					ExpressionAttributeNames: map[string]string{"#r": "region"}, ExpressionAttributeValues: attributes{":c": str(cup), ":r": str(region)},
				})
				_, byStatement := user.ExecuteStatement(t.Context(), &dynamodb.ExecuteStatementInput{Statement: aws.String(`SELECT * FROM "matches"."byRound" WHERE cup = '` + cup + `' AND region = '` + region + `'`)})
				if cup == value || region == value {
					require.NoError(t, err)
					require.NoError(t, byStatement)
				} else {
					requireCode(t, err, "AccessDeniedException")
					requireCode(t, byStatement, "AccessDeniedException")
				}
			}
		}
	}
	// Without all partition keys it is a scan.
	user := c.client(c.users.Add(c.World.World, owner, "noscan", but(object{"Bool": object{"dynamodb:FullTableScan": "true"}})))
	_, err := user.ExecuteStatement(t.Context(), &dynamodb.ExecuteStatementInput{Statement: aws.String(`SELECT * FROM "matches"."byRound" WHERE cup = 'winter'`)})
	requireCode(t, err, "AccessDeniedException")
}
