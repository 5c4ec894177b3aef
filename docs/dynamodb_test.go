package docs

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/dynamotest"
)

// TestDynamoDB is docs/dynamodb.md's.
func TestDynamoDB(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, dynamotest.With())
	orders := dynamotest.Of(acct).Create("orders", "customer", "id")
	orders.Put(dynamotest.Item{"customer": "c1", "id": "1", "total": 12.5})
	role := acct.NewRole("api", awstest.Allow("dynamodb:GetItem", "dynamodb:Query").On(orders.ARN()).
		If("ForAllValues:StringEquals", "dynamodb:LeadingKeys", "c1"))

	get := func(customer string) error {
		name := orders.Name()
		_, err := dynamodb.NewFromConfig(role.Config()).GetItem(t.Context(), &dynamodb.GetItemInput{TableName: &name, Key: map[string]types.AttributeValue{
			"customer": &types.AttributeValueMemberS{Value: customer}, "id": &types.AttributeValueMemberS{Value: "1"},
		}})
		return err
	}
	awstest.RequireAllowed(t, get("c1"))
	awstest.RequireDenied(t, get("c2"), "dynamodb:GetItem")

	partiqlReports(t, acct, orders)
}

// partiqlReports is the part of TestDynamoDB about PartiQL.
func partiqlReports(t *testing.T, acct *awstest.Account, orders *dynamotest.Table) {
	t.Helper()
	role := acct.NewRole("reports", awstest.Allow("dynamodb:PartiQLSelect").On(orders.ARN()),
		awstest.Deny("dynamodb:PartiQLSelect").On(orders.ARN()).If("Bool", "dynamodb:FullTableScan", "true"))

	run := func(statement string) error {
		_, err := dynamodb.NewFromConfig(role.Config()).ExecuteStatement(t.Context(), &dynamodb.ExecuteStatementInput{Statement: &statement})
		return err
	}
	awstest.RequireAllowed(t, run("SELECT * FROM orders WHERE customer = 'c1' AND total > 10"))
	awstest.RequireDenied(t, run("SELECT * FROM orders WHERE total > 10"), "dynamodb:PartiQLSelect")
}
