package everyservice

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/awstest"
)

// What depends on the tags of a resource is denied until somebody tells them: the test, or a
// call that sets them.
func TestTagsOfResources(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	orders, users := arn("dynamodb", "table/orders"), arn("dynamodb", "table/users")
	awstest.Stub(acct, func(context.Context, *dynamodb.DescribeTableInput) (*dynamodb.DescribeTableOutput, error) {
		return &dynamodb.DescribeTableOutput{}, nil
	})
	awstest.Stub(acct, func(context.Context, *dynamodb.TagResourceInput) (*dynamodb.TagResourceOutput, error) {
		return &dynamodb.TagResourceOutput{}, nil
	})
	awstest.Stub(acct, func(context.Context, *dynamodb.UntagResourceInput) (*dynamodb.UntagResourceOutput, error) {
		return &dynamodb.UntagResourceOutput{}, nil
	})
	c := dynamodb.NewFromConfig(acct.NewRole("dev", awstest.Allow("dynamodb:DescribeTable").On("*").If("StringEquals", "aws:ResourceTag/env", "dev")).Config())
	owner := dynamodb.NewFromConfig(acct.Config())
	describe := func(table string) error {
		_, err := c.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: &table})
		return err
	}

	awstest.RequireDenied(t, describe("orders"), "dynamodb:DescribeTable")
	acct.SetResourceTags(orders, map[string]string{"env": "prod"})
	awstest.RequireDenied(t, describe("orders"), "dynamodb:DescribeTable")
	acct.SetResourceTags(orders, map[string]string{"env": "dev"})
	awstest.RequireAllowed(t, describe("orders"))

	awstest.RequireDenied(t, describe("users"), "dynamodb:DescribeTable")
	_, err := owner.TagResource(t.Context(), &dynamodb.TagResourceInput{ResourceArn: &users, Tags: []types.Tag{{Key: aws.String("env"), Value: aws.String("dev")}}})
	awstest.RequireAllowed(t, err)
	awstest.RequireAllowed(t, describe("users"))
	_, err = owner.UntagResource(t.Context(), &dynamodb.UntagResourceInput{ResourceArn: &users, TagKeys: []string{"env"}})
	awstest.RequireAllowed(t, err)
	awstest.RequireDenied(t, describe("users"), "dynamodb:DescribeTable")
}

// A Deny on what is not known of a call applies: AWS might deny it. The explanation says what
// would have to be known.
func TestDenyOfTheUnknown(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	awstest.Stub(acct, func(context.Context, *dynamodb.DescribeTableInput) (*dynamodb.DescribeTableOutput, error) {
		return &dynamodb.DescribeTableOutput{}, nil
	})
	role := acct.NewRole("dev", awstest.Allow("dynamodb:*").On("*"), awstest.Deny("dynamodb:*").On("*").If("StringEquals", "aws:ResourceTag/env", "prod"))
	describe := func() error {
		_, err := dynamodb.NewFromConfig(role.Config()).DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("orders")})
		return err
	}
	awstest.RequireDenied(t, describe(), "dynamodb:DescribeTable")
	calls := acct.Calls()
	explanation := calls[len(calls)-1].Decisions[0].Explain()
	assert.Contains(t, explanation, "it cannot be allowed without knowing aws:ResourceTag/env")
	assert.NotContains(t, strings.ToLower(explanation), "to allow it, add", "no statement makes it known")

	acct.SetResourceTags(arn("dynamodb", "table/orders"), nil)
	awstest.RequireAllowed(t, describe())
}
