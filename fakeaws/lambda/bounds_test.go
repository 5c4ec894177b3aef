package lambda_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
)

// More than a function may have is refused, little of it by what it is and much by its size.
func TestTooMuchIsRefused(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	role := acct.NewRole("role", lambdatest.Trust())
	c, ctx := client(acct), t.Context()
	_, err := c.CreateFunction(ctx, creation(t, "f", role.ARN()))
	require.NoError(t, err)
	many := func(n int, value string) map[string]string {
		all := make(map[string]string, n)
		for i := range n {
			all[fmt.Sprintf("k%d", i)] = value
		}
		return all
	}
	environment := func(variables map[string]string) error {
		_, err := c.UpdateFunctionConfiguration(ctx, &awslambda.UpdateFunctionConfigurationInput{FunctionName: aws.String("f"), Environment: &types.Environment{Variables: variables}})
		return err
	}
	const exceeded = "provided exceeded the 4KB limit."
	require.NoError(t, environment(many(3, "value")))
	require.ErrorContains(t, environment(many(1, strings.Repeat("v", 5000))), exceeded+` String measured: {"k0":"vvv`)
	err = environment(many(10, strings.Repeat("v", 10_000)))
	require.ErrorContains(t, err, exceeded)
	assert.NotContains(t, err.Error(), "String measured")

	out, err := c.GetFunction(ctx, &awslambda.GetFunctionInput{FunctionName: aws.String("f")})
	require.NoError(t, err)
	tags := &awslambda.TagResourceInput{Resource: out.Configuration.FunctionArn, Tags: many(51, "value")}
	_, err = c.TagResource(ctx, tags)
	require.ErrorContains(t, err, "Number of tags exceeds resource tag limit.")
	_, err = clientOf(acct.NewUser("user", awstest.Allow("lambda:TagResource").If("StringEquals", "aws:RequestTag/k0", "value"))).TagResource(ctx, tags)
	awstest.AssertDenied(t, err, "lambda:TagResource")

	_, err = c.PublishVersion(ctx, &awslambda.PublishVersionInput{FunctionName: aws.String("f")})
	require.NoError(t, err)
	for _, n := range []int{2, 200} {
		weights := make(map[string]float64, n)
		for i := range n {
			weights[fmt.Sprint(i+2)] = 0.1
		}
		_, err = c.CreateAlias(ctx, &awslambda.CreateAliasInput{FunctionName: aws.String("f"), Name: aws.String("live"), FunctionVersion: aws.String("1"),
			RoutingConfig: &types.AliasRoutingConfiguration{AdditionalVersionWeights: weights}})
		require.ErrorContains(t, err, "Number of items in AdditionalVersionWeights cannot be greater than 1")
	}
}
