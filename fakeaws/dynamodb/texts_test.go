package dynamodb_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// What is wrong with a request is answered in DynamoDB's words.
func TestTexts(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	item := song("a", "1")
	item["s"], item["n"], item["list"], item["m"] = str("text"), num("1"), &types.AttributeValueMemberL{Value: []types.AttributeValue{num("1")}}, &types.AttributeValueMemberM{Value: attributes{}}
	c.put(t, item)
	name := aws.String("music")
	put := func(more attributes) *dynamodb.PutItemInput {
		all := song("a", "1")
		for k, v := range more {
			all[k] = v
		}
		return &dynamodb.PutItemInput{TableName: name, Item: all}
	}
	values := attributes{":s": str("x"), ":n": num("1"), ":l": &types.AttributeValueMemberL{}, ":ss": strs("a"), ":b": &types.AttributeValueMemberBOOL{Value: true}}
	used := func(text string) attributes {
		all := attributes{}
		for k, v := range values {
			if strings.Contains(text+" ", k+" ") || strings.Contains(text, k+",") || strings.Contains(text, k+")") {
				all[k] = v
			}
		}
		if len(all) == 0 {
			return nil
		}
		return all
	}
	condition := func(text string) *dynamodb.PutItemInput {
		in := put(nil)
		in.ConditionExpression, in.ExpressionAttributeValues = &text, used(text)
		return in
	}
	update := func(text string) *dynamodb.UpdateItemInput {
		return &dynamodb.UpdateItemInput{TableName: name, Key: song("a", "1"), UpdateExpression: &text, ExpressionAttributeValues: used(text)}
	}
	query := func(text string) *dynamodb.QueryInput {
		return &dynamodb.QueryInput{TableName: name, KeyConditionExpression: &text, ExpressionAttributeValues: used(text)}
	}
	projected := func(text string) *dynamodb.GetItemInput {
		return &dynamodb.GetItemInput{TableName: name, Key: song("a", "1"), ProjectionExpression: &text}
	}
	const cond, upd, proj, parameters = "Invalid ConditionExpression: ", "Invalid UpdateExpression: ", "Invalid ProjectionExpression: ", "One or more parameter values were invalid: "
	for _, tc := range []struct {
		in   any
		text string
	}{
		{condition(" "), cond + "The expression can not be empty;"},
		{condition("s = "), cond + `Syntax error; token: "<EOF>", near: "="`},
		{condition("s == :s"), cond + `Syntax error; token: "=", near: "== :s"`},
		{condition("hits : incr"), cond + `Syntax error; token: ":", near: "hits : incr"`},
		{condition("NOT s"), cond + `Syntax error; token: "<EOF>", near: "s"`},
		{condition("name = :s"), cond + "Attribute name is a reserved keyword; reserved keyword: name"},
		{condition("#x = :s"), cond + "An expression attribute name used in the document path is not defined; attribute name: #x"},
		{condition("s = :zz"), cond + "An expression attribute value used in expression is not defined; attribute value: :zz"},
		{condition("foo(s)"), cond + "Invalid function name; function: foo"},
		{condition("if_not_exists(s, :s)"), cond + "The function is not allowed in a condition expression; function: if_not_exists"},
		{condition("attribute_exists(s, n)"), cond + "Incorrect number of operands for operator or function; operator or function: attribute_exists, number of operands: 2"},
		{condition("begins_with(s, :n)"), cond + "Incorrect operand type for operator or function; operator or function: begins_with, operand type: N"},
		{condition("s < :b"), cond + "Incorrect operand type for operator or function; operator or function: <, operand type: BOOL"},
		{condition("s = s"), cond + "The first operand must be distinct from the remaining operands for this operator or function; operator: =, first operand: [s]"},
		{condition("contains(s, s)"), cond + "The first operand must be distinct from the remaining operands for this operator or function; operator: contains, first operand: [s]"},
		{condition("((s = :s))"), cond + "The expression has redundant parentheses;"},
		{condition("attribute_type(s, :s)"), cond + "Invalid attribute type name found; type: x, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
		{condition("s = " + strings.Repeat("x", 4097)), cond + "Expression size has exceeded the maximum allowed size; expression size: 4101"},
		{update("SET s = :s SET n = :n"), upd + `The "SET" section can only be used once in an update expression;`},
		{update("SET s = :s, s = :n"), upd + "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [s], path two: [s]"},
		{update("SET m.a = :s REMOVE m"), upd + "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [m, a], path two: [m]"},
		{update("SET m.a = :s, m[0] = :n"), upd + "Two document paths conflict with each other; must remove or rewrite one of these paths; path one: [m, a], path two: [m, [0]]"},
		{update("ADD n :s"), upd + "Incorrect operand type for operator or function; operator: ADD, operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND"},
		{update("DELETE n :n"), upd + "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND"},
		{update("SET n = n + :s"), upd + "Incorrect operand type for operator or function; operator or function: +, operand type: S"},
		{update("SET lst = list_append(lst, :s)"), upd + "Incorrect operand type for operator or function; operator or function: list_append, operand type: S"},
		{update("INVALID SYNTAX HERE"), upd + `Syntax error; token: "INVALID", near: "INVALID SYNTAX"`},
		{update("SET artist = :s"), parameters + "Cannot update attribute artist. This attribute is part of the key"},
		{update("SET n = nothing"), "The provided expression refers to an attribute that does not exist in the item"},
		{update("SET n = s + :n"), "An operand in the update expression has an incorrect data type"},
		{update("SET nothing.x = :n"), "The document path provided in the update expression is invalid for update"},
		{update("ADD s :n"), "An operand in the update expression has an incorrect data type"},
		{update("SET genre = :n"), parameters + "Type mismatch for Index Key genre Expected: S Actual: N IndexName: byGenre"},
		{projected("s, s"), proj + "Two document paths overlap with each other; must remove or rewrite one of these paths; path one: [s], path two: [s]"},
		{projected("s,"), proj + `Syntax error; token: "<EOF>", near: ","`},
		{query("song = :s"), "Query condition missed key schema element: artist"},
		{query("artist = :s AND n = :n"), "Query condition missed key schema element: song"},
		{query("artist > :s"), "Query key condition not supported"},
		{query("artist = :s OR song = :n"), "Invalid operator used in KeyConditionExpression: OR"},
		{query("artist = :s AND song = :n"), parameters + "Condition parameter type does not match schema type"},
		{query("artist = :s AND song > :s AND song < :s"), "KeyConditionExpressions must only contain one condition per key"},
		{&dynamodb.QueryInput{TableName: name}, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."},
		{&dynamodb.QueryInput{TableName: name, KeyConditionExpression: aws.String("artist = :s"), FilterExpression: aws.String("song = :s"), ExpressionAttributeValues: attributes{":s": str("x")}}, "Filter Expression can only contain non-primary key attributes: Primary key attribute: song"},
		{&dynamodb.QueryInput{TableName: name, IndexName: aws.String("none"), KeyConditionExpression: aws.String("artist = :s"), ExpressionAttributeValues: attributes{":s": str("x")}}, "The table does not have the specified index: none"},
		{&dynamodb.QueryInput{TableName: name, IndexName: aws.String("byGenre"), ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("genre = :s"), ExpressionAttributeValues: attributes{":s": str("x")}}, "Consistent reads are not supported on global secondary indexes"},
		{&dynamodb.PutItemInput{TableName: name, Item: song("a", "1"), ConditionExpression: aws.String("attribute_exists(s)"), ExpressionAttributeValues: attributes{":x": str("a")}}, "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}"},
		{&dynamodb.PutItemInput{TableName: name, Item: song("a", "1"), ExpressionAttributeValues: attributes{":x": str("a")}}, "ExpressionAttributeValues can only be specified when using expressions: ConditionExpression is null"},
		{&dynamodb.PutItemInput{TableName: name, Item: song("a", "1"), ExpressionAttributeNames: map[string]string{"#x": "a"}}, "ExpressionAttributeNames can only be specified when using expressions"},
		{&dynamodb.PutItemInput{TableName: name, Item: song("a", "1"), ConditionExpression: aws.String("attribute_exists(s)"), ExpressionAttributeNames: map[string]string{"x": "a"}}, `ExpressionAttributeNames contains invalid key: Syntax error; key: "x"`},
		{&dynamodb.PutItemInput{TableName: name, Item: attributes{"artist": str("a")}}, parameters + "Missing the key song in the item"},
		{&dynamodb.PutItemInput{TableName: name, Item: attributes{"artist": num("1"), "song": str("x")}}, parameters + "Type mismatch for key artist expected: S actual: N"},
		{&dynamodb.PutItemInput{TableName: name, Item: song("", "1")}, "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string value. Key: artist"},
		{&dynamodb.PutItemInput{TableName: name, Item: song(strings.Repeat("x", 2049), "1")}, parameters + "Size of hashkey has exceeded the maximum size limit of2048 bytes"},
		{&dynamodb.PutItemInput{TableName: name, Item: song("a", strings.Repeat("x", 1025))}, parameters + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"},
		{&dynamodb.GetItemInput{TableName: name, Key: attributes{"artist": str("a")}}, "The provided key element does not match the schema"},
		{put(attributes{"n": num("abc")}), "The parameter cannot be converted to a numeric value: abc"},
		{put(attributes{"n": num("")}), "The parameter cannot be converted to a numeric value"},
		{put(attributes{"n": num("1e126")}), "Number overflow. Attempting to store a number with magnitude larger than supported range"},
		{put(attributes{"n": num("1e-131")}), "Number underflow. Attempting to store a number with magnitude smaller than supported range"},
		{put(attributes{"n": num(strings.Repeat("1", 39))}), "Attempting to store more than 38 significant digits in a Number"},
		{put(attributes{"x": strs()}), parameters + "An string set  may not be empty"},
		{put(attributes{"x": strs("a", "a")}), parameters + "Input collection [a, a] contains duplicates."},
		{put(attributes{"x": &types.AttributeValueMemberNULL{}}), parameters + "Null attribute value types must have the value of true"},
		{put(attributes{"x": str(strings.Repeat("x", 400<<10))}), "Item size has exceeded the maximum allowed size"},
		{&dynamodb.PutItemInput{TableName: name, Item: song("a", "1"), ReturnValues: types.ReturnValueAllNew}, "Return values set to invalid value"},
		{&dynamodb.ScanInput{TableName: name, Segment: aws.Int32(2), TotalSegments: aws.Int32(2)}, "The Segment parameter is zero-based and must be less than parameter TotalSegments: Segment: 2 is not less than TotalSegments: 2"},
		{&dynamodb.DescribeTableInput{TableName: aws.String("x!")}, "Invalid table/index name.  Table/index names must be between 3 and 255 characters long, and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'"},
	} {
		err := send(t.Context(), c.root(), tc.in)
		worldtest.RequireError(t, err, "ValidationException", tc.text)
	}
	worldtest.RequireError(t, send(t.Context(), c.root(), musicTable()), "ResourceInUseException", "Table already exists: music")
	worldtest.RequireError(t, send(t.Context(), c.root(), &dynamodb.DescribeTableInput{TableName: aws.String("none")}), "ResourceNotFoundException", "Requested resource not found: Table: none not found")
	worldtest.RequireError(t, send(t.Context(), c.root(), &dynamodb.GetItemInput{TableName: aws.String("none"), Key: song("a", "1")}), "ResourceNotFoundException", "Requested resource not found")
	worldtest.RequireError(t, send(t.Context(), c.root(), &dynamodb.UpdateGlobalTableInput{GlobalTableName: aws.String("music"), ReplicaUpdates: []types.ReplicaUpdate{}}), "NotImplemented", "dynamodb UpdateGlobalTable is not implemented by leastpriv.")
}
