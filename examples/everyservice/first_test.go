package everyservice

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

func TestFirst(t *testing.T) {
	for _, opts := range [][]awstest.Option{nil, {awstest.WithSocket()}} {
		acct := awstest.New(t, opts...)
		awstest.Stub(acct, func(ctx context.Context, in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
			if *in.TableName == "none" {
				return nil, &types.ResourceNotFoundException{Message: aws.String("no table")}
			}
			return &dynamodb.GetItemOutput{Item: map[string]types.AttributeValue{"a": &types.AttributeValueMemberS{Value: "x"}}}, nil
		})
		role := acct.NewRole("r", awstest.Allow("dynamodb:GetItem").On("arn:aws:dynamodb:*:*:table/orders", "arn:aws:dynamodb:*:*:table/none"), awstest.Allow("sns:Publish").On("*"))
		c := dynamodb.NewFromConfig(role.Config())
		key := map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "1"}}
		out, err := c.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("orders"), Key: key})
		require.NoError(t, err)
		require.Len(t, out.Item, 1)
		_, err = c.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("none"), Key: key})
		t.Log(err)
		_, err = c.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("other"), Key: key})
		awstest.AssertDenied(t, err, "dynamodb:GetItem")
		t.Log(err)
		_, err = sns.NewFromConfig(role.Config()).Publish(t.Context(), &sns.PublishInput{TopicArn: aws.String("arn:aws:sns:us-east-1:000000000000:t"), Message: aws.String("x")})
		t.Log(err)
		_, err = secretsmanager.NewFromConfig(role.Config()).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: aws.String("db")})
		t.Log(err)
	}
}
