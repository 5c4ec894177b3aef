package dynamodb_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

type (
	expected   = map[string]types.ExpectedAttributeValue
	conditions = map[string]types.Condition
	updates    = map[string]types.AttributeValueUpdate
)

func condition(operator types.ComparisonOperator, values ...types.AttributeValue) types.Condition {
	return types.Condition{ComparisonOperator: operator, AttributeValueList: values}
}

// Legacy parameters do what expressions do, through both doors.
func TestLegacyParameters(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		c.music(t)
		c.songs(t)
		ctx, root, name := t.Context(), c.root(), aws.String("music")
		got, err := root.GetItem(ctx, &dynamodb.GetItemInput{TableName: name, Key: song("a", "1"), AttributesToGet: []string{"plays", "absent"}})
		require.NoError(t, err)
		assert.Equal(t, attributes{"plays": num("10")}, got.Item)
		many, err := root.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"music": {Keys: []map[string]types.AttributeValue{song("a", "1")}, AttributesToGet: []string{"plays"}}}})
		require.NoError(t, err)
		assert.Equal(t, []attributes{{"plays": num("10")}}, many.Responses["music"])

		for what, tc := range map[string]struct {
			of       expected
			operator types.ConditionalOperator
			holds    bool
		}{
			"a value":         {expected{"plays": {Value: num("10")}}, "", true},
			"another value":   {expected{"plays": {Value: num("11"), Exists: aws.Bool(true)}}, "", false},
			"is not there":    {expected{"tags": {Exists: aws.Bool(false)}}, "", true},
			"is there":        {expected{"plays": {Exists: aws.Bool(false)}}, "", false},
			"by operator":     {expected{"plays": {ComparisonOperator: "GT", Value: num("9")}}, "", true},
			"between":         {expected{"plays": {ComparisonOperator: "BETWEEN", AttributeValueList: []types.AttributeValue{num("11"), num("12")}}}, "", false},
			"both":            {expected{"plays": {Value: num("10")}, "genre": {Value: str("jazz")}}, "", false},
			"either":          {expected{"plays": {Value: num("10")}, "genre": {Value: str("jazz")}}, types.ConditionalOperatorOr, true},
			"does not hold":   {expected{"genre": {ComparisonOperator: "NOT_CONTAINS", Value: str("oc")}}, "", false},
			"null, not null":  {expected{"genre": {ComparisonOperator: "NOT_NULL"}, "tags": {ComparisonOperator: "NULL"}}, types.ConditionalOperatorAnd, true},
			"one of":          {expected{"genre": {ComparisonOperator: "IN", AttributeValueList: []types.AttributeValue{str("rock"), str("jazz")}}}, "", true},
			"begins with":     {expected{"genre": {ComparisonOperator: "BEGINS_WITH", Value: str("ro")}}, "", true},
			"not equal":       {expected{"genre": {ComparisonOperator: "NE", Value: str("rock")}}, "", false},
			"less or equal":   {expected{"plays": {ComparisonOperator: "LE", Value: num("10")}}, "", true},
			"other type less": {expected{"plays": {ComparisonOperator: "LT", Value: str("10")}}, "", false},
		} {
			_, err := root.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: name, Key: song("a", "1"), Expected: tc.of, ConditionalOperator: tc.operator})
			if tc.holds {
				assert.NoError(t, err, what)
			} else {
				worldtest.RequireError(t, err, "ConditionalCheckFailedException", "The conditional request failed")
			}
		}
		_, err = root.DeleteItem(ctx, &dynamodb.DeleteItemInput{TableName: name, Key: song("a", "1"), Expected: expected{"plays": {Value: num("11")}}})
		requireCode(t, err, "ConditionalCheckFailedException")
		_, err = root.PutItem(ctx, &dynamodb.PutItemInput{TableName: name, Item: song("a", "1"), Expected: expected{"song": {Exists: aws.Bool(false)}}})
		requireCode(t, err, "ConditionalCheckFailedException")

		updated, err := root.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: name, Key: song("a", "2"), ReturnValues: types.ReturnValueUpdatedNew, AttributeUpdates: updates{
			"plays": {Action: types.AttributeActionAdd, Value: num("26")}, "tags": {Action: types.AttributeActionDelete, Value: strs("x")}, "new": {Value: str("n")},
			"ok": {Action: types.AttributeActionDelete},
		}})
		require.NoError(t, err)
		assert.Equal(t, attributes{"plays": num("1"), "tags": strs("y"), "new": str("n")}, updated.Attributes)
		_, err = root.UpdateItem(ctx, &dynamodb.UpdateItemInput{TableName: name, Key: song("a", "none"), AttributeUpdates: updates{"x": {Action: types.AttributeActionDelete}}})
		require.NoError(t, err)
		assert.Nil(t, c.get(ctx, t, song("a", "none")), "what only deletes makes no item")
	})
}

// Queries and scans take legacy conditions and filters.
func TestLegacyQueries(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	c.songs(t)
	ctx, root, name := t.Context(), c.root(), aws.String("music")
	for _, tc := range []struct {
		keys, filter conditions
		operator     types.ConditionalOperator
		index        string
		want         []string
	}{
		{conditions{"artist": condition("EQ", str("a"))}, nil, "", "", []string{"1", "2"}},
		{conditions{"artist": condition("EQ", str("a")), "song": condition("GT", str("1"))}, nil, "", "", []string{"2"}},
		{conditions{"artist": condition("EQ", str("a")), "song": condition("BEGINS_WITH", str("1"))}, nil, "", "", []string{"1"}},
		{conditions{"artist": condition("EQ", str("a"))}, conditions{"genre": condition("EQ", str("jazz"))}, "", "", []string{"2"}},
		{conditions{"artist": condition("EQ", str("a"))}, conditions{"genre": condition("EQ", str("jazz")), "plays": condition("EQ", num("10"))}, "OR", "", []string{"1", "2"}},
		{conditions{"genre": condition("EQ", str("rock")), "plays": condition("BETWEEN", num("1"), num("9"))}, nil, "", "byGenre", []string{"it's"}},
	} {
		in := &dynamodb.QueryInput{TableName: name, KeyConditions: tc.keys, QueryFilter: tc.filter, ConditionalOperator: tc.operator}
		if tc.index != "" {
			in.IndexName = &tc.index
		}
		out, err := root.Query(ctx, in)
		require.NoError(t, err)
		assert.Equal(t, tc.want, titles(out.Items))
	}
	scanned, err := root.Scan(ctx, &dynamodb.ScanInput{TableName: name, AttributesToGet: []string{"song"}, ScanFilter: conditions{"tags": condition("NOT_NULL")}})
	require.NoError(t, err)
	assert.Equal(t, []attributes{{"song": str("2")}}, scanned.Items)
}

// What is wrong with legacy parameters is told in DynamoDB's words; and they are not mixed with
// expressions.
func TestLegacyErrors(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	name := aws.String("music")
	put := func(of expected) *dynamodb.PutItemInput {
		return &dynamodb.PutItemInput{TableName: name, Item: song("a", "1"), Expected: of}
	}
	update := func(of updates) *dynamodb.UpdateItemInput {
		return &dynamodb.UpdateItemInput{TableName: name, Key: song("a", "1"), AttributeUpdates: of}
	}
	const parameters, both = "One or more parameter values were invalid: ", "Can not use both expression and non-expression parameters in the same request: "
	mixed := put(expected{"x": {Exists: aws.Bool(false)}})
	mixed.ConditionExpression = aws.String("attribute_exists(x)")
	either := put(expected{"x": {Exists: aws.Bool(false)}})
	either.ConditionalOperator = types.ConditionalOperatorOr
	for _, tc := range []struct {
		in   any
		text string
	}{
		{mixed, both + "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}"},
		{&dynamodb.UpdateItemInput{TableName: name, Key: song("a", "1"), AttributeUpdates: updates{"x": {Value: num("1")}}, UpdateExpression: aws.String("REMOVE x")}, both + "Non-expression parameters: {AttributeUpdates} Expression parameters: {UpdateExpression}"},
		{&dynamodb.GetItemInput{TableName: name, Key: song("a", "1"), AttributesToGet: []string{"x"}, ProjectionExpression: aws.String("x")}, both + "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}"},
		{&dynamodb.QueryInput{TableName: name, KeyConditions: conditions{"artist": condition("EQ", str("a"))}, FilterExpression: aws.String("x = y")}, both + "Non-expression parameters: {KeyConditions} Expression parameters: {FilterExpression}"},
		{&dynamodb.ScanInput{TableName: name, ScanFilter: conditions{"x": condition("NULL")}, ProjectionExpression: aws.String("x")}, both + "Non-expression parameters: {ScanFilter} Expression parameters: {ProjectionExpression}"},
		{either, "ConditionalOperator can only be used when Filter or Expected has two or more elements"},
		{&dynamodb.DeleteItemInput{TableName: name, Key: song("a", "1"), ConditionalOperator: "AND"}, "ConditionalOperator cannot be used without Filter or Expected"},
		{put(expected{"x": {}}), parameters + "Value must be provided when Exists is null for Attribute: x"},
		{put(expected{"x": {Exists: aws.Bool(true)}}), parameters + "Value must be provided when Exists is true for Attribute: x"},
		{put(expected{"x": {Exists: aws.Bool(false), Value: num("1")}}), parameters + "Value cannot be used when Exists is false for Attribute: x"},
		{put(expected{"x": {ComparisonOperator: "EQ"}}), parameters + "Invalid number of argument(s) for the EQ ComparisonOperator"},
		{put(expected{"x": {ComparisonOperator: "LT", Value: strs("a")}}), parameters + "ComparisonOperator LT is not valid for SS AttributeValue type"},
		{put(expected{"x": {ComparisonOperator: "BETWEEN", AttributeValueList: []types.AttributeValue{num("2"), num("1")}}}), "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"},
		{put(expected{"x": {ComparisonOperator: "BETWEEN", AttributeValueList: []types.AttributeValue{num("2"), str("1")}}}), parameters + "AttributeValues inside AttributeValueList must be of same type for the BETWEEN ComparisonOperator"},
		{update(updates{"x": {}}), parameters + "Only DELETE action is allowed when no attribute value is specified"},
		{update(updates{"x": {Action: "DELETE", Value: num("1")}}), parameters + "DELETE action with value is not supported for the type N"},
		{update(updates{"x": {Action: "ADD", Value: str("1")}}), parameters + "ADD action is not supported for the type S"},
		{update(updates{"song": {Value: str("1")}}), parameters + "Cannot update attribute song. This attribute is part of the key"},
		{&dynamodb.QueryInput{TableName: name, KeyConditions: conditions{"song": condition("EQ", str("a"))}}, "Query condition missed key schema element: artist"},
		{&dynamodb.QueryInput{TableName: name, KeyConditions: conditions{"artist": condition("GT", str("a"))}}, "Query key condition not supported"},
		{&dynamodb.ScanInput{TableName: name, Select: types.SelectCount, AttributesToGet: []string{"x"}}, "Cannot specify the AttributesToGet when choosing to get COUNT"},
		{&dynamodb.GetItemInput{TableName: name, Key: song("a", "1"), AttributesToGet: []string{"x", "x"}}, parameters + "Duplicate value in attribute name: x"},
	} {
		worldtest.RequireError(t, send(t.Context(), c.root(), tc.in), "ValidationException", tc.text)
	}
}

// The attributes and keys of legacy parameters are those that condition keys are asked about.
func TestLegacyAccess(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	c.songs(t)
	only := object{
		"ForAllValues:StringEquals": object{"dynamodb:Attributes": []string{"artist", "song", "plays"}, "dynamodb:LeadingKeys": "a"},
		"StringEqualsIfExists":      object{"dynamodb:Select": "SPECIFIC_ATTRIBUTES"},
	}
	user, name := c.users.Add(c.World.World, owner, "user", allow("dynamodb:*", "*", only)), aws.String("music")
	artist := func(a string) conditions { return conditions{"artist": condition("EQ", str(a))} }
	for _, tc := range []struct {
		in      any
		allowed bool
	}{
		{&dynamodb.GetItemInput{TableName: name, Key: song("a", "1"), AttributesToGet: []string{"plays"}}, true},
		{&dynamodb.GetItemInput{TableName: name, Key: song("a", "1"), AttributesToGet: []string{"doc"}}, false},
		{&dynamodb.PutItemInput{TableName: name, Item: song("a", "9"), Expected: expected{"doc": {Exists: aws.Bool(false)}}}, false},
		{&dynamodb.UpdateItemInput{TableName: name, Key: song("a", "1"), AttributeUpdates: updates{"doc": {Value: num("1")}}}, false},
		{&dynamodb.UpdateItemInput{TableName: name, Key: song("a", "1"), AttributeUpdates: updates{"plays": {Value: num("1")}}}, true},
		{&dynamodb.QueryInput{TableName: name, KeyConditions: artist("a"), AttributesToGet: []string{"plays"}}, true},
		{&dynamodb.QueryInput{TableName: name, KeyConditions: artist("b"), AttributesToGet: []string{"plays"}}, false},
		{&dynamodb.QueryInput{TableName: name, KeyConditions: artist("a"), AttributesToGet: []string{"plays"}, QueryFilter: conditions{"genre": condition("NULL")}}, false},
		{&dynamodb.QueryInput{TableName: name, KeyConditions: artist("a")}, false},
		{&dynamodb.ScanInput{TableName: name, AttributesToGet: []string{"plays"}, ScanFilter: conditions{"genre": condition("NULL")}}, false},
	} {
		err := send(t.Context(), c.client(user), tc.in)
		if tc.allowed {
			assert.NoError(t, err)
		} else {
			requireCode(t, err, "AccessDeniedException")
		}
	}
}
