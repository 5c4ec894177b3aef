package accessanalyzer_test

import (
	"archive/zip"
	"bytes"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	aa "github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	awssm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/kinesis"
	"github.com/leastpriv/leastpriv/fakeaws/kms"
	"github.com/leastpriv/leastpriv/fakeaws/lambda"
	"github.com/leastpriv/leastpriv/fakeaws/secretsmanager"
)

// The resources of every service that has policies are looked at, also of those without a fake.
func TestResourcesOfServices(t *testing.T) {
	t.Parallel()
	c := newCloud(t, worldtest.InProcess, kms.Service, secretsmanager.Service, dynamodb.Service, lambda.Service, kinesis.Service)
	ctx, config := t.Context(), c.RootConfig(owner)
	arn := c.analyzer(t, types.TypeAccount)
	account := `{"AWS":"` + other + `"}`

	keys := awskms.NewFromConfig(config)
	key, err := keys.CreateKey(ctx, &awskms.CreateKeyInput{})
	require.NoError(t, err)
	assert.Empty(t, c.findings(t, arn, nil), "the default policy of a key is for its account")
	_, err = keys.CreateGrant(ctx, &awskms.CreateGrantInput{KeyId: key.KeyMetadata.Arn, GranteePrincipal: aws.String("arn:aws:iam::" + other + ":root"), Operations: []kmstypes.GrantOperation{"Decrypt"}})
	require.NoError(t, err)

	secrets := awssm.NewFromConfig(config)
	_, err = secrets.CreateSecret(ctx, &awssm.CreateSecretInput{Name: aws.String("shared"), SecretString: aws.String("x")})
	require.NoError(t, err)
	_, err = secrets.PutResourcePolicy(ctx, &awssm.PutResourcePolicyInput{SecretId: aws.String("shared"), ResourcePolicy: aws.String(allow(account, `"secretsmanager:GetSecretValue"`, "*", ""))})
	require.NoError(t, err)

	tables := awsdynamodb.NewFromConfig(config)
	table, err := tables.CreateTable(ctx, &awsdynamodb.CreateTableInput{TableName: aws.String("shared"), BillingMode: ddbtypes.BillingModePayPerRequest,
		AttributeDefinitions: []ddbtypes.AttributeDefinition{{AttributeName: aws.String("k"), AttributeType: "S"}}, KeySchema: []ddbtypes.KeySchemaElement{{AttributeName: aws.String("k"), KeyType: "HASH"}}})
	require.NoError(t, err)
	_, err = tables.PutResourcePolicy(ctx, &awsdynamodb.PutResourcePolicyInput{ResourceArn: table.TableDescription.TableArn, Policy: aws.String(allow(account, `"dynamodb:GetItem"`, *table.TableDescription.TableArn, ""))})
	require.NoError(t, err)

	trust := allow(`{"Service":"lambda.amazonaws.com"}`, `"sts:AssumeRole"`, "", "")
	role, err := awsiam.NewFromConfig(config).CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: aws.String("function"), AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)
	var code bytes.Buffer
	require.NoError(t, zip.NewWriter(&code).Close())
	functions := awslambda.NewFromConfig(config)
	_, err = functions.CreateFunction(ctx, &awslambda.CreateFunctionInput{FunctionName: aws.String("shared"), Role: role.Role.Arn, Runtime: lambdatypes.RuntimePython312, Handler: aws.String("h.h"),
		Code: &lambdatypes.FunctionCode{ZipFile: code.Bytes()}})
	require.NoError(t, err)
	_, err = functions.AddPermission(ctx, &awslambda.AddPermissionInput{FunctionName: aws.String("shared"), StatementId: aws.String("s"), Action: aws.String("lambda:InvokeFunction"), Principal: aws.String(other)})
	require.NoError(t, err)

	// Access Analyzer does not look at streams ("Supported resource types" of the User Guide).
	streams := awskinesis.NewFromConfig(config)
	_, err = streams.CreateStream(ctx, &awskinesis.CreateStreamInput{StreamName: aws.String("shared"), ShardCount: aws.Int32(1)})
	require.NoError(t, err)
	stream := "arn:aws:kinesis:" + region + ":" + owner + ":stream/shared"
	_, err = streams.PutResourcePolicy(ctx, &awskinesis.PutResourcePolicyInput{ResourceARN: &stream, Policy: aws.String(allow(account, `"kinesis:GetRecords"`, stream, ""))})
	require.NoError(t, err)

	repository := "arn:aws:ecr:" + region + ":" + owner + ":repository/shared"
	ecr, ok := c.Other("ecr")
	require.True(t, ok)
	policy, err := c.Bind(enforce.MustParse(allow(account, `"ecr:BatchGetImage"`, "", ""), enforce.ResourcePolicy))
	require.NoError(t, err)
	ecr.(*anyservice.Fake).SetPolicy(repository, policy)

	preview, err := c.root().CreateAccessPreview(ctx, &aa.CreateAccessPreviewInput{AnalyzerArn: arn, Configurations: map[string]types.Configuration{
		*key.KeyMetadata.Arn: &types.ConfigurationMemberKmsKey{Value: types.KmsKeyConfiguration{KeyPolicies: map[string]string{"default": allow(`{"AWS":"`+owner+`"}`, `"kms:*"`, "*", "")}}}}})
	require.NoError(t, err)
	previewed, err := c.root().ListAccessPreviewFindings(ctx, &aa.ListAccessPreviewFindingsInput{AnalyzerArn: arn, AccessPreviewId: preview.Id})
	require.NoError(t, err)
	require.Len(t, previewed.Findings, 1)
	assert.Equal(t, types.FindingChangeTypeUnchanged, previewed.Findings[0].ChangeType, "the grant stays")

	found := map[types.ResourceType][]string{}
	for _, f := range c.findings(t, arn, nil) {
		assert.Equal(t, map[string]string{"AWS": other}, f.Principal)
		found[f.ResourceType] = f.Action
	}
	assert.Equal(t, map[types.ResourceType][]string{
		types.ResourceTypeAwsKmsKey: {"kms:Decrypt"}, types.ResourceTypeAwsSecretsmanagerSecret: {"secretsmanager:GetSecretValue"},
		types.ResourceTypeAwsDynamodbTable: {"dynamodb:GetItem"}, types.ResourceTypeAwsLambdaFunction: {"lambda:InvokeFunction"}, types.ResourceTypeAwsEcrRepository: {"ecr:BatchGetImage"},
	}, found)
}
