package dynamodb_test

import (
	"context"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// send calls an operation of a client by the type of its input.
func send(ctx context.Context, client, in any) error {
	method := reflect.ValueOf(client).MethodByName(strings.TrimSuffix(reflect.TypeOf(in).Elem().Name(), "Input"))
	out := method.Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(in)})
	err, _ := out[1].Interface().(error)
	return err
}

type object = map[string]any

// leading is a condition on partition keys, as the developer guide writes it.
func leading(values ...string) object {
	return object{"ForAllValues:StringEquals": object{"dynamodb:LeadingKeys": values}}
}

// Policies of the developer guide allow what they are for, and nothing beside it: however a
// request names keys and attributes.
func TestFineGrainedAccess(t *testing.T) {
	t.Parallel()
	name, index, local := aws.String("music"), aws.String("byGenre"), aws.String("byPlays")
	mine, theirs := song("me", "1"), song("you", "1")
	with := func(item attributes, more attributes) attributes {
		all := attributes{}
		for _, m := range []attributes{item, more} {
			for k, v := range m {
				all[k] = v
			}
		}
		return all
	}
	data := []string{"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem"}
	table := arnOf("music")
	own := allow(data, table, leading("me"))
	only := func(attributes ...string) object {
		return object{
			"ForAllValues:StringEquals": object{"dynamodb:Attributes": attributes},
			"StringEqualsIfExists":      object{"dynamodb:Select": "SPECIFIC_ATTRIBUTES", "dynamodb:ReturnValues": []string{"NONE", "UPDATED_OLD", "UPDATED_NEW"}},
		}
	}
	some := allow(append(data, "dynamodb:Scan"), []string{table, table + "/index/*"}, only("artist", "song", "plays"))
	first := allow(data, table, object{"ForAllValues:StringEquals": object{"dynamodb:FirstPartitionKeyValues": "me"}})
	silent := allow(data, table, object{"StringEquals": object{"dynamodb:ReturnValues": "NONE"}})
	transaction := func(write types.TransactWriteItem) *dynamodb.TransactWriteItemsInput {
		return &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{Put: &types.Put{TableName: name, Item: mine}}, write}}
	}
	for what, tc := range map[string]struct {
		policy  string
		in      any
		allowed bool
	}{
		"own item":      {own, &dynamodb.GetItemInput{TableName: name, Key: mine}, true},
		"other's item":  {own, &dynamodb.GetItemInput{TableName: name, Key: theirs}, false},
		"by ARN":        {own, &dynamodb.GetItemInput{TableName: &table, Key: theirs}, false},
		"put own":       {own, &dynamodb.PutItemInput{TableName: name, Item: mine}, true},
		"put other's":   {own, &dynamodb.PutItemInput{TableName: name, Item: theirs}, false},
		"update":        {own, &dynamodb.UpdateItemInput{TableName: name, Key: theirs, UpdateExpression: aws.String("SET x = :x"), ExpressionAttributeValues: attributes{":x": str("me")}}, false},
		"delete":        {own, &dynamodb.DeleteItemInput{TableName: name, Key: theirs}, false},
		"scan":          {own, &dynamodb.ScanInput{TableName: name}, false},
		"batch of own":  {own, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"music": {Keys: []map[string]types.AttributeValue{mine, song("me", "2")}}}}, true},
		"one of others": {own, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"music": {Keys: []map[string]types.AttributeValue{mine, theirs}}}}, false},
		"batch write":   {own, &dynamodb.BatchWriteItemInput{RequestItems: map[string][]types.WriteRequest{"music": {{PutRequest: &types.PutRequest{Item: mine}}, {DeleteRequest: &types.DeleteRequest{Key: theirs}}}}}, false},
		"query own":     {own, &dynamodb.QueryInput{TableName: name, KeyConditionExpression: aws.String("artist = :a"), ExpressionAttributeValues: attributes{":a": str("me")}}, true},
		"query other's": {own, &dynamodb.QueryInput{TableName: name, KeyConditionExpression: aws.String("artist = :a"), ExpressionAttributeValues: attributes{":a": str("you")}}, false},
		"query by placeholder, second": {own, &dynamodb.QueryInput{
			TableName: name, KeyConditionExpression: aws.String("(song = :me) AND (#k = :a)"), ExpressionAttributeNames: map[string]string{"#k": "artist"},
			ExpressionAttributeValues: attributes{":a": str("you"), ":me": str("me")},
		}, false},
		"query an index": {own, &dynamodb.QueryInput{TableName: name, IndexName: index, KeyConditionExpression: aws.String("genre = :a"), ExpressionAttributeValues: attributes{":a": str("me")}}, false},
		"index by another key": {allow("dynamodb:Query", table+"/index/*", leading("me")), &dynamodb.QueryInput{
			TableName: name, IndexName: index, KeyConditionExpression: aws.String("genre = :a"), ExpressionAttributeValues: attributes{":a": str("rock")},
		}, false},
		"index by its key": {allow("dynamodb:Query", table+"/index/byGenre", leading("rock")), &dynamodb.QueryInput{
			TableName: name, IndexName: index, KeyConditionExpression: aws.String("genre = :a"), ExpressionAttributeValues: attributes{":a": str("rock")},
		}, true},
		"a local index fetches of the table": {allow("dynamodb:Query", table+"/index/byPlays", nil), &dynamodb.QueryInput{
			TableName: name, IndexName: local, KeyConditionExpression: aws.String("artist = :a"), ExpressionAttributeValues: attributes{":a": str("me")},
			Select: types.SelectAllAttributes,
		}, false},
		"transaction of own":      {own, transaction(types.TransactWriteItem{Delete: &types.Delete{TableName: name, Key: song("me", "2")}}), true},
		"transaction of others":   {own, transaction(types.TransactWriteItem{Delete: &types.Delete{TableName: name, Key: theirs}}), false},
		"check of others":         {own, transaction(types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{TableName: name, Key: theirs, ConditionExpression: aws.String("attribute_not_exists(x)")}}), false},
		"transactional read":      {own, &dynamodb.TransactGetItemsInput{TransactItems: []types.TransactGetItem{{Get: &types.Get{TableName: name, Key: mine}}, {Get: &types.Get{TableName: name, Key: theirs}}}}, false},
		"only in transactions":    {allow("dynamodb:PutItem", table, object{"StringEquals": object{"dynamodb:EnclosingOperation": "TransactWriteItems"}}), &dynamodb.PutItemInput{TableName: name, Item: mine}, false},
		"in a transaction":        {allow("dynamodb:PutItem", table, object{"StringEquals": object{"dynamodb:EnclosingOperation": "TransactWriteItems"}}), &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{{Put: &types.Put{TableName: name, Item: mine}}}}, true},
		"all attributes":          {some, &dynamodb.GetItemInput{TableName: name, Key: mine}, false},
		"some attributes":         {some, &dynamodb.GetItemInput{TableName: name, Key: mine, ProjectionExpression: aws.String("plays, song")}, true},
		"another attribute":       {some, &dynamodb.GetItemInput{TableName: name, Key: mine, ProjectionExpression: aws.String("plays, secret")}, false},
		"a part of another":       {some, &dynamodb.GetItemInput{TableName: name, Key: mine, ProjectionExpression: aws.String("secret.plays[0]")}, false},
		"another by placeholder":  {some, &dynamodb.GetItemInput{TableName: name, Key: mine, ProjectionExpression: aws.String("#plays"), ExpressionAttributeNames: map[string]string{"#plays": "secret"}}, false},
		"a name with a dot":       {some, &dynamodb.GetItemInput{TableName: name, Key: mine, ProjectionExpression: aws.String("#p"), ExpressionAttributeNames: map[string]string{"#p": "plays.x"}}, false},
		"condition on another":    {some, &dynamodb.UpdateItemInput{TableName: name, Key: mine, UpdateExpression: aws.String("SET plays = :n"), ConditionExpression: aws.String("plays = :n OR NOT (contains(secret, :n))"), ExpressionAttributeValues: attributes{":n": num("1")}}, false},
		"copied from another":     {some, &dynamodb.UpdateItemInput{TableName: name, Key: mine, UpdateExpression: aws.String("SET plays = if_not_exists(plays, secret)")}, false},
		"set another":             {some, &dynamodb.UpdateItemInput{TableName: name, Key: mine, UpdateExpression: aws.String("SET secret = :n"), ExpressionAttributeValues: attributes{":n": num("1")}}, false},
		"set one":                 {some, &dynamodb.UpdateItemInput{TableName: name, Key: mine, UpdateExpression: aws.String("SET plays = :n"), ExpressionAttributeValues: attributes{":n": num("1")}}, true},
		"returns all":             {some, &dynamodb.UpdateItemInput{TableName: name, Key: mine, UpdateExpression: aws.String("SET plays = :n"), ExpressionAttributeValues: attributes{":n": num("1")}, ReturnValues: types.ReturnValueAllNew}, false},
		"returns all on failure":  {some, &dynamodb.PutItemInput{TableName: name, Item: mine, ConditionExpression: aws.String("attribute_not_exists(song)"), ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}, false},
		"put with another":        {some, &dynamodb.PutItemInput{TableName: name, Item: with(mine, attributes{"secret": str("x")})}, false},
		"first key, own":          {first, &dynamodb.GetItemInput{TableName: name, Key: mine}, true},
		"first key, other's":      {first, &dynamodb.GetItemInput{TableName: name, Key: theirs}, false},
		"returns nothing":         {silent, &dynamodb.UpdateItemInput{TableName: name, Key: mine, UpdateExpression: aws.String("REMOVE x")}, true},
		"returns something":       {silent, &dynamodb.UpdateItemInput{TableName: name, Key: mine, UpdateExpression: aws.String("REMOVE x"), ReturnValues: types.ReturnValueAllOld}, false},
		"scan of all":             {some, &dynamodb.ScanInput{TableName: name}, false},
		"scan of some":            {some, &dynamodb.ScanInput{TableName: name, ProjectionExpression: aws.String("plays")}, true},
		"filter by another":       {some, &dynamodb.ScanInput{TableName: name, ProjectionExpression: aws.String("plays"), FilterExpression: aws.String("attribute_exists(secret)")}, false},
		"count by another":        {some, &dynamodb.ScanInput{TableName: name, Select: types.SelectCount, FilterExpression: aws.String("attribute_exists(secret)")}, false},
		"index without its keys":  {some, &dynamodb.ScanInput{TableName: name, IndexName: index, ProjectionExpression: aws.String("plays")}, false},
		"batch of all attributes": {some, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"music": {Keys: []map[string]types.AttributeValue{mine}}}}, false},
		"batch of some": {some, &dynamodb.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{"music": {
			Keys: []map[string]types.AttributeValue{mine}, ProjectionExpression: aws.String("plays"),
		}}}, true},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			c.music(t)
			c.put(t, with(theirs, attributes{"secret": str("s"), "plays": num("3"), "genre": str("rock")}))
			user := c.users.Add(c.World.World, owner, "user", tc.policy)
			err := send(t.Context(), c.client(user), tc.in)
			if tc.allowed {
				require.NoError(t, err)
				return
			}
			requireCode(t, err, "AccessDeniedException")
		})
	}
}

// A binary and a number as partition keys are compared as they are written.
func TestLeadingKeysOfOtherTypes(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	_, err := c.root().CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("numbers"), BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String("n"), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String("n"), AttributeType: types.ScalarAttributeTypeN}},
	})
	require.NoError(t, err)
	user := c.users.Add(c.World.World, owner, "user", allow("dynamodb:GetItem", "*", leading("10")))
	for text, allowed := range map[string]bool{"10": true, "1e1": true, "10.0": true, "1": false, "100": false} {
		_, err := c.client(user).GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("numbers"), Key: attributes{"n": num(text)}})
		if allowed {
			assert.NoError(t, err, text)
		} else {
			requireCode(t, err, "AccessDeniedException")
		}
	}
}

// Another account reaches a table by its ARN, by the policies of both.
func TestOtherAccounts(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	c.put(t, song("a", "1"))
	ctx, root := t.Context(), c.root()
	arn := aws.String(arnOf("music"))
	foreign := c.users.Add(c.World.World, stranger, "foreign", allow("dynamodb:*", "*", nil))
	get := func(key attributes) error {
		_, err := c.client(foreign).GetItem(ctx, &dynamodb.GetItemInput{TableName: arn, Key: key})
		return err
	}
	requireCode(t, get(song("a", "1")), "AccessDeniedException")
	policy := func(action string, condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + foreign.Caller.ARN + `"},"Action":"` + action + `","Resource":"` + *arn + `"` + condition + `}]}`
	}
	_, err := root.GetResourcePolicy(ctx, &dynamodb.GetResourcePolicyInput{ResourceArn: arn})
	requireCode(t, err, "PolicyNotFoundException")
	put, err := root.PutResourcePolicy(ctx, &dynamodb.PutResourcePolicyInput{
		ResourceArn: arn, ExpectedRevisionId: aws.String("NO_POLICY"),
		Policy: aws.String(policy("dynamodb:GetItem", `,"Condition":{"ForAllValues:StringEquals":{"dynamodb:LeadingKeys":["a"]}}`)),
	})
	require.NoError(t, err)
	require.NoError(t, get(song("a", "1")))
	requireCode(t, get(song("b", "1")), "AccessDeniedException")
	c.users.SetPolicy(foreign, "")
	requireCode(t, get(song("a", "1")), "AccessDeniedException")
	// Without the ARN it is a table of the caller's own account.
	c.users.SetPolicy(foreign, allow("dynamodb:*", "*", nil))
	_, err = c.client(foreign).GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("music"), Key: song("a", "1")})
	requireCode(t, err, "ResourceNotFoundException")

	_, err = root.PutResourcePolicy(ctx, &dynamodb.PutResourcePolicyInput{ResourceArn: arn, ExpectedRevisionId: aws.String("0"), Policy: aws.String(policy("dynamodb:Scan", ""))})
	requireCode(t, err, "PolicyNotFoundException")
	again, err := root.PutResourcePolicy(ctx, &dynamodb.PutResourcePolicyInput{ResourceArn: arn, ExpectedRevisionId: put.RevisionId, Policy: aws.String(policy("dynamodb:Scan", ""))})
	require.NoError(t, err)
	assert.NotEqual(t, put.RevisionId, again.RevisionId)
	gone, err := root.DeleteResourcePolicy(ctx, &dynamodb.DeleteResourcePolicyInput{ResourceArn: arn, ExpectedRevisionId: again.RevisionId})
	require.NoError(t, err)
	assert.Equal(t, again.RevisionId, gone.RevisionId)
	requireCode(t, get(song("a", "1")), "AccessDeniedException")
	// A policy that locks its caller out has to be confirmed.
	lock := &dynamodb.PutResourcePolicyInput{ResourceArn: arn, Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"dynamodb:*","Resource":"` + *arn + `"}]}`)}
	_, err = root.PutResourcePolicy(ctx, lock)
	requireCode(t, err, "ValidationException")
	lock.ConfirmRemoveSelfResourceAccess = true
	_, err = root.PutResourcePolicy(ctx, lock)
	require.NoError(t, err)
	_, err = root.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: arn})
	requireCode(t, err, "AccessDeniedException")
}

// Tags of a table decide about it and its indexes, as they are when a call comes.
func TestTagsDecide(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.music(t)
	ctx, root, arn := t.Context(), c.root(), aws.String(arnOf("music"))
	user := c.users.Add(c.World.World, owner, "user", allow("dynamodb:*", "*", object{"StringEquals": object{"aws:ResourceTag/team": "a"}}))
	scan := func(index *string) error {
		_, err := c.client(user).Scan(ctx, &dynamodb.ScanInput{TableName: aws.String("music"), IndexName: index})
		return err
	}
	requireCode(t, scan(nil), "AccessDeniedException")
	_, err := root.TagResource(ctx, &dynamodb.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}}})
	require.NoError(t, err)
	require.NoError(t, scan(nil))
	require.NoError(t, scan(aws.String("byGenre")))
	listed, err := root.ListTagsOfResource(ctx, &dynamodb.ListTagsOfResourceInput{ResourceArn: arn})
	require.NoError(t, err)
	assert.Len(t, listed.Tags, 1)
	_, err = root.UntagResource(ctx, &dynamodb.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"team"}})
	require.NoError(t, err)
	requireCode(t, scan(nil), "AccessDeniedException")
	_, err = c.client(user).CreateTable(ctx, musicTable())
	requireCode(t, err, "AccessDeniedException")
}
