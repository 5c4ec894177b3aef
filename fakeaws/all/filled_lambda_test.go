package all_test

import (
	"archive/zip"
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

const trustLambda = `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`

func lambdaClient(c aws.Config) any { return lambda.NewFromConfig(c) }

// fillLambda makes a function that consumes the queue target, with a version, an alias, a URL
// and all else that operations are about. No Go code stands for it.
func init() { register("lambda", lambdaClient, lambdaValues, (*filled).fillLambda) }

func (f *filled) fillLambda(t testing.TB, config aws.Config) {
	t.Helper()
	ctx, client, roles := t.Context(), lambda.NewFromConfig(config), iam.NewFromConfig(config)
	role, err := roles.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("function"), AssumeRolePolicyDocument: aws.String(trustLambda)})
	require.NoError(t, err)
	_, err = roles.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("function"), PolicyName: aws.String("all"), PolicyDocument: aws.String(worldtest.AllowAll)})
	require.NoError(t, err)
	zipped := archive(t)
	f.values["lambda.Role"], f.values["ZipFile"], f.values["CreateFunction.Code"] = *role.Role.Arn, zipped, &types.FunctionCode{ZipFile: zipped}
	f.values["UpdateFunctionCode.ZipFile"], f.values["PublishLayerVersion.Content"] = zipped, &types.LayerVersionContentInput{ZipFile: zipped}
	name := aws.String("target")
	made, err := client.CreateFunction(ctx, &lambda.CreateFunctionInput{
		FunctionName: name, Role: role.Role.Arn, Runtime: types.RuntimePython312, Handler: aws.String("h.h"), Code: &types.FunctionCode{ZipFile: zipped}, Publish: true,
	})
	require.NoError(t, err)
	f.values["lambda.Resource"], f.values["lambda.ResourceArn"] = f.arn("function:target"), f.arn("function:target")
	require.Equal(t, f.arn("function:target:1"), *made.FunctionArn)
	// What is made of the same code at the same time has these too: they are no secrets.
	f.values["lambda.CodeSha256"], f.values["lambda.LastModified"] = *made.CodeSha256, *made.LastModified
	_, err = client.CreateAlias(ctx, &lambda.CreateAliasInput{FunctionName: name, Name: name, FunctionVersion: aws.String("1")})
	require.NoError(t, err)
	_, err = client.CreateFunctionUrlConfig(ctx, &lambda.CreateFunctionUrlConfigInput{FunctionName: name, AuthType: types.FunctionUrlAuthTypeAwsIam})
	require.NoError(t, err)
	_, err = client.PutFunctionEventInvokeConfig(ctx, &lambda.PutFunctionEventInvokeConfigInput{FunctionName: name, MaximumRetryAttempts: aws.Int32(0)})
	require.NoError(t, err)
	_, err = client.PutProvisionedConcurrencyConfig(ctx, &lambda.PutProvisionedConcurrencyConfigInput{FunctionName: name, Qualifier: name, ProvisionedConcurrentExecutions: aws.Int32(1)})
	require.NoError(t, err)
	_, err = client.AddPermission(ctx, &lambda.AddPermissionInput{FunctionName: name, StatementId: name, Action: aws.String("lambda:InvokeFunction"), Principal: aws.String(worldtest.Account)})
	require.NoError(t, err)
	source := aws.String("arn:aws:sqs:" + worldtest.Region + ":" + worldtest.Account + ":target")
	mapping, err := client.CreateEventSourceMapping(ctx, &lambda.CreateEventSourceMappingInput{FunctionName: name, EventSourceArn: source, Enabled: aws.Bool(false)})
	require.NoError(t, err)
	f.values["UUID"] = *mapping.UUID
	signing, err := client.CreateCodeSigningConfig(ctx, &lambda.CreateCodeSigningConfigInput{AllowedPublishers: publishers()})
	require.NoError(t, err)
	f.values["CodeSigningConfigArn"] = *signing.CodeSigningConfig.CodeSigningConfigArn
	layer, err := client.PublishLayerVersion(ctx, &lambda.PublishLayerVersionInput{LayerName: name, Content: &types.LayerVersionContentInput{ZipFile: zipped}})
	require.NoError(t, err)
	f.values["GetLayerVersionByArn.Arn"] = *layer.LayerVersionArn
	_, err = client.AddLayerVersionPermission(ctx, &lambda.AddLayerVersionPermissionInput{
		LayerName: name, VersionNumber: aws.Int64(1), StatementId: name, Action: aws.String("lambda:GetLayerVersion"), Principal: aws.String(worldtest.Account),
	})
	require.NoError(t, err)
}

// arn is the ARN of something of Lambda's.
func (f *filled) arn(resource string) string {
	return "arn:aws:lambda:" + worldtest.Region + ":" + worldtest.Account + ":" + resource
}

func archive(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	_, err := w.Create("bootstrap")
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return b.Bytes()
}

func publishers() *types.AllowedPublishers {
	return &types.AllowedPublishers{SigningProfileVersionArns: []string{"arn:aws:signer:us-east-1:" + worldtest.Account + ":/signing-profiles/p/abcdefghij"}}
}

// lambdaValues are those of plainValues that are members of Lambda's inputs.
var lambdaValues = map[string]any{
	"FunctionName": "target", "CreateFunction.FunctionName": "value", "CreateFunction.Runtime": types.RuntimePython312, "CreateFunction.Handler": "h.h",
	"lambda.Name": "target", "CreateAlias.Name": "value", "FunctionVersion": "1", "lambda.AuthType": types.FunctionUrlAuthTypeNone, "lambda.StatementId": "target",
	"AddPermission.StatementId": "value", "AddLayerVersionPermission.StatementId": "value", "AddPermission.Action": "lambda:InvokeFunction",
	"AddLayerVersionPermission.Action": "lambda:GetLayerVersion", "lambda.Principal": worldtest.Account, "LayerName": "target", "VersionNumber": aws.Int64(1),
	"CreateEventSourceMapping.EventSourceArn": "arn:aws:sqs:" + worldtest.Region + ":" + worldtest.Account + ":source",
	"CreateFunctionUrlConfig.Qualifier":       "target", "PutProvisionedConcurrencyConfig.Qualifier": "target", "lambda.Qualifier": "target",
	"ProvisionedConcurrentExecutions": aws.Int32(1), "ReservedConcurrentExecutions": aws.Int32(1), "RecursiveLoop": types.RecursiveLoopAllow,
	"UpdateRuntimeOn": types.UpdateRuntimeOnAuto, "lambda.Tags": map[string]string{"value": "value"}, "AllowedPublishers": publishers(),
	"InvokeArgs": "{}",
	"PutFunctionEventInvokeConfig.MaximumRetryAttempts": aws.Int32(1), "UpdateFunctionEventInvokeConfig.MaximumRetryAttempts": aws.Int32(1),
	"lambda.Policy": `{"Version":"2012-10-17","Statement":{"Sid":"value","Effect":"Allow","Principal":{"AWS":"` + worldtest.Account + `"},"Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:` +
		worldtest.Region + `:` + worldtest.Account + `:function:target"}}`,
}
