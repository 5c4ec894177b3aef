package everyservice

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/awstest"
)

// Who creates a function hands a role to Lambda: that needs iam:PassRole on the role, and the
// role must trust Lambda.
func TestPassRole(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	created := 0
	awstest.Stub(acct, func(_ context.Context, in *lambda.CreateFunctionInput) (*lambda.CreateFunctionOutput, error) {
		created++
		return &lambda.CreateFunctionOutput{FunctionName: in.FunctionName, Role: in.Role}, nil
	})
	trusting := acct.NewRole("bill", awstest.Trust(awstest.Allow("sts:AssumeRole").By("lambda.amazonaws.com")))
	other := acct.NewRole("ship", awstest.Trust(awstest.Allow("sts:AssumeRole").By("ecs-tasks.amazonaws.com")))
	create := func(deployer, role *awstest.Principal) error {
		_, err := lambda.NewFromConfig(deployer.Config()).CreateFunction(t.Context(), &lambda.CreateFunctionInput{
			FunctionName: aws.String("f"), Role: aws.String(role.ARN()), Code: &types.FunctionCode{ZipFile: []byte("zip")},
		})
		return err
	}
	functions := awstest.Allow("lambda:CreateFunction").On(arn("lambda", "function:f"))
	passing := awstest.Allow("iam:PassRole").On("*")

	err := create(acct.NewRole("no-pass", functions), trusting)
	awstest.RequireDenied(t, err, "iam:PassRole")
	assert.ErrorContains(t, err, "iam:PassRole on resource: "+trusting.ARN()+" because")

	toECS := passing.If("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com")
	awstest.RequireDenied(t, create(acct.NewRole("to-ecs", functions, toECS), trusting), "iam:PassRole")

	toLambda := passing.If("StringEquals", "iam:PassedToService", "lambda.amazonaws.com")
	deployer := acct.NewRole("deployer", functions, toLambda)
	err = create(deployer, other)
	awstest.RequireError(t, err, "InvalidParameterValueException")
	assert.ErrorContains(t, err, "The role defined for the function cannot be assumed by Lambda.")
	assert.Zero(t, created)

	awstest.RequireAllowed(t, create(deployer, trusting))
	assert.Equal(t, 1, created)
}
