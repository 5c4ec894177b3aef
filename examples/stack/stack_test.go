// Package stack deploys an application as it is deployed in production: CloudFormation makes
// what a SAM template says with a deployment role. Both the role that deploys and the role of
// the function are tested, and proved to have no permission too many.
package stack

import (
	"context"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/dynamotest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
	"github.com/leastpriv/leastpriv/awstest/stacktest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// store is the code of the function Store.
func store(ctx context.Context, batch events.SQSEvent) error {
	client := dynamodb.NewFromConfig(lambdatest.Config(ctx))
	for _, m := range batch.Records {
		_, err := client.PutItem(ctx, &dynamodb.PutItemInput{TableName: aws.String(lambdatest.Getenv(ctx, "TABLE")), Item: map[string]types.AttributeValue{
			"id": &types.AttributeValueMemberS{Value: m.Body},
		}})
		if err != nil {
			return err
		}
	}
	return nil
}

// newAccount is an account in which the code of the function is known before the stack is there.
func newAccount(t *testing.T) *awstest.Account {
	t.Helper()
	acct := awstest.New(t, stacktest.With(), lambdatest.With(), dynamotest.With())
	lambdatest.Of(acct).Run("store", store)
	return acct
}

// order sends an order to the queue of the stack.
func order(t *testing.T, acct *awstest.Account, shop *stacktest.Stack, id string) {
	t.Helper()
	_, err := sqs.NewFromConfig(acct.Config()).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(shop.Output("OrdersUrl")), MessageBody: &id})
	require.NoError(t, err)
	acct.Settle()
}

func TestDeploy(t *testing.T) {
	acct := newAccount(t)
	deployer := acct.NewRole("deployer", stacktest.Trust(), awstest.File("deployer.json"))
	shop := stacktest.Of(acct).Deploy("shop", "template.yaml", stacktest.Role(deployer))
	order(t, acct, shop, "order-1")
	assert.Len(t, dynamotest.Of(acct).Table(shop.Output("TableName")).Items(), 1)

	awstest.AssertLeastPrivilege(t, acct.Role(shop.Resource("StoreRole")))
	shop.Delete(stacktest.Role(deployer))
	awstest.AssertLeastPrivilege(t, deployer)
}

// Without dynamodb:PutItem the stack is deployed, nothing is stored, and the log says why.
func TestWithoutPutItem(t *testing.T) {
	acct := newAccount(t)
	template, err := os.ReadFile("template.yaml")
	require.NoError(t, err)
	path := t.TempDir() + "/template.yaml"
	require.NoError(t, os.WriteFile(path, []byte(strings.Replace(string(template), "dynamodb:PutItem", "dynamodb:GetItem", 1)), 0o600))
	shop := stacktest.Of(acct).Deploy("shop", path)
	order(t, acct, shop, "order-1")
	assert.Empty(t, dynamotest.Of(acct).Table(shop.Output("TableName")).Items())
	acct.AssertDenied(t, "dynamodb:PutItem")
	denied := acct.Calls().By(acct.Role(shop.Resource("StoreRole"))).Denied()
	require.Len(t, denied, 1)
	assert.Equal(t, "DENY role/"+shop.Resource("StoreRole")+" dynamodb:PutItem arn:aws:dynamodb:us-east-1:"+acct.ID()+":table/"+shop.Output("TableName")+
		"  no identity-based policy allows it", denied[0].Decisions[0].String())
}

// A deployment role that may not make the table has the stack rolled back, and the event of
// the table has the denial.
func TestWithoutCreateTable(t *testing.T) {
	acct := newAccount(t)
	policy, err := os.ReadFile("deployer.json")
	require.NoError(t, err)
	deployer := acct.NewRole("deployer", stacktest.Trust(), awstest.JSON(strings.Replace(string(policy), `"dynamodb:CreateTable", `, "", 1)))
	shop, err := stacktest.Of(acct).TryDeploy("shop", "template.yaml", stacktest.Role(deployer))
	require.Error(t, err)
	assert.Equal(t, "ROLLBACK_COMPLETE", shop.Status())
	user := "arn:aws:sts::" + acct.ID() + ":assumed-role/deployer/AWSCloudFormation"
	assert.Contains(t, err.Error(), `CREATE_FAILED Table (AWS::DynamoDB::Table): Resource handler returned message: "User: `+user+
		` is not authorized to perform: dynamodb:CreateTable on resource: arn:aws:dynamodb:us-east-1:`+acct.ID()+`:table/shop-Table-`)
	assert.Contains(t, err.Error(), `HandlerErrorCode: AccessDenied)`)
	var all []string
	for _, e := range shop.Events() {
		if e.Resource == "shop" {
			all = append(all, e.Status+": "+e.Reason)
		}
	}
	assert.Equal(t, []string{
		"CREATE_IN_PROGRESS: User Initiated",
		"ROLLBACK_IN_PROGRESS: The following resource(s) failed to create: [Table]. Rollback requested by user.",
		"ROLLBACK_COMPLETE: ",
	}, all)
}
