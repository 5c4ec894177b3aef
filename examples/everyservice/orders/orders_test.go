package orders_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/examples/everyservice/orders"
)

const topic = "arn:aws:sns:us-east-1:000000000000:orders"

// A shop is what AWS answers: a table, a topic and a secret.
type shop struct {
	kept      map[string]string
	announced []string
}

func open(acct *awstest.Account) *shop {
	s := &shop{kept: map[string]string{}}
	awstest.Stub(acct, func(_ context.Context, _ *secretsmanager.GetSecretValueInput) (*secretsmanager.GetSecretValueOutput, error) {
		return &secretsmanager.GetSecretValueOutput{SecretString: aws.String("hunter2")}, nil
	})
	awstest.Stub(acct, func(_ context.Context, in *dynamodb.PutItemInput) (*dynamodb.PutItemOutput, error) {
		id := in.Item["id"].(*types.AttributeValueMemberS).Value
		if _, there := s.kept[id]; there {
			return nil, &types.ConditionalCheckFailedException{Message: aws.String("The conditional request failed")}
		}
		s.kept[id] = in.Item["what"].(*types.AttributeValueMemberS).Value
		return &dynamodb.PutItemOutput{}, nil
	})
	awstest.Stub(acct, func(_ context.Context, in *sns.PublishInput) (*sns.PublishOutput, error) {
		s.announced = append(s.announced, *in.Message)
		return &sns.PublishOutput{MessageId: aws.String("1")}, nil
	})
	return s
}

// The role's policy lets the program do its work, and grants nothing that it does not use.
func TestPlace(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	s := open(acct)
	role := acct.NewRole("desk", awstest.File("policy.json"))
	desk := orders.NewFromConfig(role.Config(), "orders", topic, "orders-key")

	awstest.RequireAllowed(t, desk.Place(t.Context(), "1", "tea"))
	assert.Equal(t, map[string]string{"1": "tea"}, s.kept)
	assert.Len(t, s.announced, 1)

	err := desk.Place(t.Context(), "1", "milk")
	var there *types.ConditionalCheckFailedException
	assert.ErrorAs(t, err, &there, "the stub's error is the SDK's own type")
	assert.Len(t, s.announced, 1)

	awstest.AssertLeastPrivilege(t, role)
}

// The role can do nothing else: not read the orders, not write those of another table.
func TestNothingElse(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	s := open(acct)
	cfg := acct.NewRole("desk", awstest.File("policy.json")).Config()
	for action, desk := range map[string]*orders.Desk{
		"dynamodb:PutItem":              orders.NewFromConfig(cfg, "users", topic, "orders-key"),
		"sns:Publish":                   orders.NewFromConfig(cfg, "orders", "arn:aws:sns:us-east-1:000000000000:alarms", "orders-key"),
		"secretsmanager:GetSecretValue": orders.NewFromConfig(cfg, "orders", topic, "orders-key-of-tomorrow"),
	} {
		awstest.AssertDenied(t, desk.Place(t.Context(), "1", "tea"), action)
	}
	assert.Empty(t, s.announced, "what is denied does not happen")
	_, err := dynamodb.NewFromConfig(cfg).GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String("orders"), Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "1"}},
	})
	awstest.AssertDenied(t, err, "dynamodb:GetItem")
}
