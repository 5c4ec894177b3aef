package lambda_test

import (
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
)

type versionOf = types.FunctionConfiguration

// number is that of a version; 0 is $LATEST.
func number(v versionOf) int {
	n, _ := strconv.Atoi(*v.Version)
	return n
}

// The second version of an alias gets its share of the invocations.
func TestAliasWeights(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	lambdatest.Of(acct).Handle("fn", acct.NewRole("worker", lambdatest.Trust()), nothing)
	c, fn := client(acct), aws.String("fn")
	for range 2 {
		_, err := c.PublishVersion(t.Context(), &awslambda.PublishVersionInput{FunctionName: fn})
		require.NoError(t, err)
		_, err = c.UpdateFunctionConfiguration(t.Context(), &awslambda.UpdateFunctionConfigurationInput{FunctionName: fn, MemorySize: aws.Int32(256)})
		require.NoError(t, err)
	}
	weights := func(w map[string]float64) *types.AliasRoutingConfiguration {
		return &types.AliasRoutingConfiguration{AdditionalVersionWeights: w}
	}
	for text, in := range map[string]*awslambda.CreateAliasInput{
		"Map value must satisfy constraint":                                     {FunctionVersion: aws.String("1"), RoutingConfig: weights(map[string]float64{"2": 2})},
		"Map keys must satisfy constraint":                                      {FunctionVersion: aws.String("1"), RoutingConfig: weights(map[string]float64{"$LATEST": 0.5})},
		"Number of items in AdditionalVersionWeights cannot be greater than 1":  {FunctionVersion: aws.String("1"), RoutingConfig: weights(map[string]float64{"2": 0.1, "3": 0.1})},
		"$LATEST is not supported for an alias pointing to more than 1 version": {FunctionVersion: aws.String("$LATEST"), RoutingConfig: weights(map[string]float64{"2": 0.1})},
		"Function version 1 is already included in routing configuration.":      {FunctionVersion: aws.String("1"), RoutingConfig: weights(map[string]float64{"1": 0.1})},
	} {
		in.FunctionName, in.Name = fn, aws.String("live")
		_, err := c.CreateAlias(t.Context(), in)
		require.ErrorContains(t, err, text)
	}
	_, err := c.CreateAlias(t.Context(), &awslambda.CreateAliasInput{FunctionName: fn, Name: aws.String("live"), FunctionVersion: aws.String("1"), RoutingConfig: weights(map[string]float64{"2": 0.2})})
	require.NoError(t, err)
	ran := map[string]int{}
	for range 20 {
		out, err := c.Invoke(t.Context(), &awslambda.InvokeInput{FunctionName: aws.String("fn:live")})
		require.NoError(t, err)
		ran[*out.ExecutedVersion]++
	}
	assert.Equal(t, map[string]int{"1": 16, "2": 4}, ran)
}

// Another account uses a layer when the policy of its version lets it.
func TestLayers(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		ctx, other, c := t.Context(), acct.NewAccount(), client(acct)
		made, err := c.PublishLayerVersion(ctx, &awslambda.PublishLayerVersionInput{LayerName: aws.String("lib"), Content: &types.LayerVersionContentInput{ZipFile: code(t)}})
		require.NoError(t, err)
		assert.Equal(t, int64(1), made.Version)
		user := other.NewUser("user", awstest.Allow("lambda:*", "iam:PassRole"))
		in := creation(t, "fn", other.NewRole("worker", lambdatest.Trust()).ARN())
		in.Layers = []string{*made.LayerVersionArn}
		_, err = clientOf(user).CreateFunction(ctx, in)
		awstest.RequireDenied(t, err, "lambda:GetLayerVersion")
		_, err = c.AddLayerVersionPermission(ctx, &awslambda.AddLayerVersionPermissionInput{
			LayerName: aws.String("lib"), VersionNumber: aws.Int64(1), StatementId: aws.String("s"), Action: aws.String("lambda:GetLayerVersion"), Principal: aws.String(other.ID()),
		})
		require.NoError(t, err)
		out, err := clientOf(user).CreateFunction(ctx, in)
		require.NoError(t, err)
		assert.Equal(t, *made.LayerVersionArn, *out.Layers[0].Arn)
		list, err := c.ListLayers(ctx, &awslambda.ListLayersInput{})
		require.NoError(t, err)
		assert.Len(t, list.Layers, 1)
		_, err = c.DeleteLayerVersion(ctx, &awslambda.DeleteLayerVersionInput{LayerName: aws.String("lib"), VersionNumber: aws.Int64(1)})
		require.NoError(t, err)
		_, err = c.GetLayerVersion(ctx, &awslambda.GetLayerVersionInput{LayerName: aws.String("lib"), VersionNumber: aws.Int64(1)})
		requireCode(t, err, "ResourceNotFoundException", "The resource you requested does not exist.")
	})
}

// Tags of functions decide about who may use them.
func TestTags(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		fn := lambdatest.Of(acct).Handle("fn", acct.NewRole("worker", lambdatest.Trust()), nothing)
		red := acct.NewUser("red", awstest.Allow("lambda:InvokeFunction").If("StringEquals", "aws:ResourceTag/team", "red"))
		in := &awslambda.InvokeInput{FunctionName: aws.String("fn")}
		_, err := clientOf(red).Invoke(t.Context(), in)
		awstest.RequireDenied(t, err, "lambda:InvokeFunction")
		_, err = client(acct).TagResource(t.Context(), &awslambda.TagResourceInput{Resource: aws.String(fn.ARN()), Tags: map[string]string{"team": "red"}})
		require.NoError(t, err)
		_, err = clientOf(red).Invoke(t.Context(), in)
		require.NoError(t, err)
		_, err = client(acct).TagResource(t.Context(), &awslambda.TagResourceInput{Resource: aws.String(fn.ARN() + ":1"), Tags: map[string]string{"a": "b"}})
		requireCode(t, err, "InvalidParameterValueException", "Tags on function aliases and versions are not supported.")
		_, err = client(acct).UntagResource(t.Context(), &awslambda.UntagResourceInput{Resource: aws.String(fn.ARN()), TagKeys: []string{"team"}})
		require.NoError(t, err)
		_, err = clientOf(red).Invoke(t.Context(), in)
		awstest.RequireDenied(t, err, "lambda:InvokeFunction")
	})
}

// A caller's revision must be the latest.
func TestRevisions(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	lambdatest.Of(acct).Handle("fn", acct.NewRole("worker", lambdatest.Trust()), nothing)
	c, fn := client(acct), aws.String("fn")
	_, err := c.UpdateFunctionConfiguration(t.Context(), &awslambda.UpdateFunctionConfigurationInput{FunctionName: fn, RevisionId: aws.String("wrong")})
	requireCode(t, err, "PreconditionFailedException", "Call the GetFunction/GetAlias API to retrieve the latest Revision Id")
	got, err := c.GetFunctionConfiguration(t.Context(), &awslambda.GetFunctionConfigurationInput{FunctionName: fn})
	require.NoError(t, err)
	out, err := c.UpdateFunctionCode(t.Context(), &awslambda.UpdateFunctionCodeInput{FunctionName: fn, RevisionId: got.RevisionId, ZipFile: code(t), Publish: true})
	require.NoError(t, err)
	assert.Equal(t, types.LastUpdateStatusInProgress, out.LastUpdateStatus)
	assert.Equal(t, "1", *out.Version)
}

// Who makes a function of an object must be allowed to read it.
func TestCodeOfS3(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, lambdatest.With())
	acct.S3().CreateBucket("code").Put("fn.zip", string(code(t)))
	role := acct.NewRole("worker", lambdatest.Trust())
	user := acct.NewUser("user", awstest.Allow("lambda:CreateFunction", "iam:PassRole"))
	in := creation(t, "fn", role.ARN())
	in.Code = &types.FunctionCode{S3Bucket: aws.String("code"), S3Key: aws.String("fn.zip")}
	_, err := clientOf(user).CreateFunction(t.Context(), in)
	requireCode(t, err, "AccessDeniedException", "Your access has been denied by S3, please make sure your request credentials have permission to GetObject for code/fn.zip. S3 Error Code: AccessDenied.")
	user.Attach(awstest.Allow("s3:GetObject").On("arn:aws:s3:::code/*"))
	_, err = clientOf(user).CreateFunction(t.Context(), in)
	require.NoError(t, err)
	in.FunctionName, in.Code.S3Key = aws.String("other"), aws.String("none.zip")
	_, err = client(acct).CreateFunction(t.Context(), in)
	requireCode(t, err, "InvalidParameterValueException", "Error occurred while GetObject. S3 Error Code: NoSuchKey.")
}
