package dynamotest_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/dynamotest"
)

// What Go code seeds, clients see, and the log of calls does not.
func TestTables(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, dynamotest.With())
	tables := dynamotest.Of(acct)
	orders := tables.Create("orders", "customer", "id")
	item := dynamotest.Item{
		"customer": "c1", "id": "1", "total": 12.5, "count": 3, "paid": true, "note": nil, "raw": []byte{1}, "tags": []string{"a", "b"},
		"lines": []any{map[string]any{"sku": "x"}},
	}
	orders.Put(item)
	assert.Empty(t, acct.Calls())
	item["total"], item["count"] = json.Number("12.5"), json.Number("3")
	assert.Equal(t, item, orders.Get(dynamotest.Item{"customer": "c1", "id": "1"}))
	assert.Nil(t, orders.Get(dynamotest.Item{"customer": "c1", "id": "2"}))
	assert.Equal(t, []dynamotest.Item{item}, orders.Items())
	assert.Equal(t, []string{"orders"}, tables.Names())
	assert.Empty(t, tables.In("eu-west-1").Names())
	stream := orders.EnableStream(types.StreamViewTypeKeysOnly)
	assert.Contains(t, stream, orders.ARN()+"/stream/")
	assert.Equal(t, stream, orders.StreamARN())
	assert.Equal(t, orders.ARN()+"/index/byTotal", orders.IndexARN("byTotal"))

	role := acct.NewRole("api", awstest.Allow("dynamodb:GetItem").If("StringEquals", "aws:ResourceTag/team", "red"))
	get := func() error {
		name := orders.Name()
		_, err := dynamodb.NewFromConfig(role.Config()).GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &name, Key: map[string]types.AttributeValue{
			"customer": &types.AttributeValueMemberS{Value: "c1"}, "id": &types.AttributeValueMemberS{Value: "1"},
		}})
		return err
	}
	awstest.RequireDenied(t, get(), "dynamodb:GetItem")
	orders.SetTag("team", "red")
	awstest.RequireAllowed(t, get())
	orders.SetPolicy(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"dynamodb:GetItem","Resource":"*"}}`)
	awstest.RequireDenied(t, get(), "dynamodb:GetItem")
	clone := acct.Clone(t)
	dynamotest.Of(clone).Table("orders").Put(dynamotest.Item{"customer": "c2", "id": "1"})
	assert.Len(t, orders.Items(), 1)
}
