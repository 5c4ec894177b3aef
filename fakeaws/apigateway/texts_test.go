package apigateway_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/apigatewaytest"
)

func op(op types.Op, path, value string) []types.PatchOperation {
	return []types.PatchOperation{{Op: op, Path: &path, Value: &value}}
}

// What is wrong with a resource is answered in AWS's words.
func TestResourceTexts(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	c, ctx := client(acct), t.Context()
	api, err := c.CreateRestApi(ctx, &awsapigateway.CreateRestApiInput{Name: aws.String("api")})
	require.NoError(t, err)
	create := func(parent *string, part string) *string {
		out, err := c.CreateResource(ctx, &awsapigateway.CreateResourceInput{RestApiId: api.Id, ParentId: parent, PathPart: &part})
		require.NoError(t, err)
		return out.Id
	}
	pets := create(api.RootResourceId, "pets")
	sub := create(pets, "subpets")
	below := create(sub, "pets")
	update := func(id *string, ops []types.PatchOperation) error {
		_, err := c.UpdateResource(ctx, &awsapigateway.UpdateResourceInput{RestApiId: api.Id, ResourceId: id, PatchOperations: ops})
		return err
	}
	for _, row := range []struct {
		err        error
		code, text string
	}{
		{update(sub, op(types.OpReplace, "/invalid", "x")), "BadRequestException", "Invalid patch path  '/invalid' specified for op 'replace'. Must be one of: [/parentId, /pathPart]"},
		{update(sub, op(types.OpAdd, "/pathPart", "x")), "BadRequestException", "Invalid patch path  '/pathPart' specified for op 'add'. Please choose supported operations"},
		{update(sub, op("wrong", "/pathPart", "x")), "ValidationException", "1 validation error detected: Value 'wrong' at 'updateResourceInput.patchOperations.1.member.op' failed to satisfy constraint: Member must satisfy enum value set: [add, remove, move, test, replace, copy]"},
		{update(aws.String("none"), op(types.OpReplace, "/pathPart", "x")), "NotFoundException", "Invalid Resource identifier specified"},
		{update(sub, op(types.OpReplace, "/parentId", "none")), "NotFoundException", "Invalid Resource identifier specified"},
		{update(sub, op(types.OpReplace, "/parentId", *below)), "BadRequestException", "Resources cannot be cyclical."},
		{update(api.RootResourceId, op(types.OpReplace, "/pathPart", "x")), "BadRequestException", "Root resource cannot update its pathPart."},
		{update(api.RootResourceId, op(types.OpReplace, "/parentId", *sub)), "BadRequestException", "Root resource cannot update its parentId."},
		{update(below, op(types.OpReplace, "/parentId", *api.RootResourceId)), "ConflictException", "Another resource with the same parent already has this name: pets"},
	} {
		requireCode(t, row.err, row.code, row.text)
	}
	require.NoError(t, update(sub, op(types.OpReplace, "/parentId", *api.RootResourceId)))
	got, err := c.GetResource(ctx, &awsapigateway.GetResourceInput{RestApiId: api.Id, ResourceId: below})
	require.NoError(t, err)
	assert.Equal(t, "/subpets/pets", *got.Path)
	_, err = c.DeleteResource(ctx, &awsapigateway.DeleteResourceInput{RestApiId: api.Id, ResourceId: sub})
	require.NoError(t, err)
	_, err = c.GetResource(ctx, &awsapigateway.GetResourceInput{RestApiId: api.Id, ResourceId: below})
	requireCode(t, err, "NotFoundException", "Invalid Resource identifier specified")
}

// What is wrong with a method, its integration or a model.
func TestMethodTexts(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	c, ctx := client(acct), t.Context()
	api := apigatewaytest.Of(acct).New("api").Method("GET", "/", awsapigateway.PutMethodInput{}, mock(`{"statusCode":200}`), fine)
	id := api.ID()
	all, err := c.GetResources(ctx, &awsapigateway.GetResourcesInput{RestApiId: &id})
	require.NoError(t, err)
	root := all.Items[0].Id
	update := func(ops []types.PatchOperation) error {
		_, err := c.UpdateMethod(ctx, &awsapigateway.UpdateMethodInput{RestApiId: &id, ResourceId: root, HttpMethod: aws.String("GET"), PatchOperations: ops})
		return err
	}
	put := func(kind types.IntegrationType, method, uri string) error {
		in := &awsapigateway.PutIntegrationInput{RestApiId: &id, ResourceId: root, HttpMethod: aws.String("GET"), Type: kind, Uri: &uri}
		if method != "" {
			in.IntegrationHttpMethod = &method
		}
		_, err := c.PutIntegration(ctx, in)
		return err
	}
	model := func(ops []types.PatchOperation) error {
		_, err := c.UpdateModel(ctx, &awsapigateway.UpdateModelInput{RestApiId: &id, ModelName: aws.String("Empty"), PatchOperations: ops})
		return err
	}
	const needsAuthorizer = "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer."
	for _, row := range []struct {
		err        error
		code, text string
	}{
		{update(op(types.OpReplace, "/httpMethod", "POST")), "BadRequestException", "Invalid patch path /httpMethod"},
		{update(op(types.OpAdd, "/operationName", "x")), "BadRequestException", "Invalid patch operation specified. Must be one of: [replace]"},
		{update(op(types.OpAdd, "/requestParameters", "x")), "BadRequestException", "Invalid patch path /requestParameters"},
		{update(op(types.OpAdd, "/requestModels/application/json", "Empty")), "BadRequestException", "Invalid patch path /requestModels/application/json"},
		{update(op(types.OpReplace, "/authorizationType", "CUSTOM")), "BadRequestException", needsAuthorizer},
		{update(op(types.OpReplace, "/requestValidatorId", "none")), "BadRequestException", "Invalid Request Validator identifier specified"},
		{put(types.IntegrationTypeAws, "", "arn:aws:apigateway:us-east-1:s3:path/b/k"), "BadRequestException", "Enumeration value for HttpMethod must be non-empty"},
		{put(types.IntegrationTypeHttp, "POST", "not-a-url"), "BadRequestException", "Invalid HTTP endpoint specified for URI"},
		{put(types.IntegrationTypeAws, "POST", "not-an-arn"), "BadRequestException", "Invalid ARN specified in the request"},
		{put(types.IntegrationTypeAws, "POST", "arn:aws:iam::1:role/x"), "BadRequestException", "AWS ARN for integration must contain path or action"},
		{put(types.IntegrationTypeAwsProxy, "POST", "arn:aws:apigateway:us-east-1:s3:path/b/k"), "BadRequestException", "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations."},
		{model(op(types.OpReplace, "/name", "x")), "BadRequestException", "Invalid patch path  '/name' specified for op 'replace'. Must be one of: [/description, /schema]"},
		{model(op(types.OpAdd, "/wrong-path", "x")), "BadRequestException", "Invalid patch path  '/wrong-path' specified for op 'add'. Please choose supported operations"},
		{model(op(types.OpReplace, "/schema", "")), "BadRequestException", "Model schema must have at least 1 property or array items defined"},
		{model(op(types.OpReplace, "/schema", "{}")), "BadRequestException", "Model schema must have at least 1 property or array items defined"},
	} {
		requireCode(t, row.err, row.code, row.text)
	}
	require.NoError(t, update(op(types.OpAdd, "/requestParameters/method.request.querystring.q", "true")))
	require.NoError(t, update(op(types.OpAdd, "/requestModels/application~1json", "Empty")))
	got, err := c.GetMethod(ctx, &awsapigateway.GetMethodInput{RestApiId: &id, ResourceId: root, HttpMethod: aws.String("GET")})
	require.NoError(t, err)
	assert.Equal(t, map[string]bool{"method.request.querystring.q": true}, got.RequestParameters)
	assert.Equal(t, map[string]string{"application/json": "Empty"}, got.RequestModels)
	_, err = c.GetIntegrationResponse(ctx, &awsapigateway.GetIntegrationResponseInput{RestApiId: &id, ResourceId: root, HttpMethod: aws.String("GET"), StatusCode: aws.String("201")})
	requireCode(t, err, "NotFoundException", "Invalid Response status code specified")
}

// Stages with their canaries and access logs.
func TestStageTexts(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	c, ctx := client(acct), t.Context()
	api := apigatewaytest.Of(acct).New("api").Method("GET", "/", awsapigateway.PutMethodInput{}, mock(`{"statusCode":200}`), fine).Deploy()
	id, name := api.ID(), aws.String(apigatewaytest.Stage)
	update := func(ops ...types.PatchOperation) (*awsapigateway.UpdateStageOutput, error) {
		return c.UpdateStage(ctx, &awsapigateway.UpdateStageInput{RestApiId: &id, StageName: name, PatchOperations: ops})
	}
	fails := func(text string, ops ...types.PatchOperation) {
		t.Helper()
		_, err := update(ops...)
		requireCode(t, err, "BadRequestException", text)
	}
	const paths = "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]"
	fails(paths, op(types.OpAdd, "/accessLogSettings/randomValue", "x")...)
	fails(paths, op(types.OpReplace, "/accessLogSettings", "x")...)
	fails("Cannot remove method setting accessLogSettings/randomValue because there is no method setting for this method ", op(types.OpRemove, "/accessLogSettings/randomValue", "")...)
	fails("Access Log value must not be empty", op(types.OpReplace, "/accessLogSettings/format", "")...)
	promotes := types.PatchOperation{Op: types.OpCopy, From: aws.String("/canarySettings/stageVariableOverrides"), Path: aws.String("/variables")}
	fails("Promotion not available. Canary does not exist.", promotes)
	fails("Invalid copy operation with path: /canarySettings/stageVariableOverrides and from /variables. Valid copy:path are [/deploymentId, /variables] and valid copy:from are [/canarySettings/deploymentId, /canarySettings/stageVariableOverrides]",
		types.PatchOperation{Op: types.OpCopy, From: aws.String("/variables"), Path: aws.String("/canarySettings/stageVariableOverrides")})
	_, err := c.CreateDeployment(ctx, &awsapigateway.CreateDeploymentInput{RestApiId: &id, StageName: aws.String("none"), CanarySettings: &types.DeploymentCanarySettings{}})
	requireCode(t, err, "BadRequestException", "Invalid deployment content specified.Stage none must already be created before making a canary release deployment")
	canary, err := c.CreateDeployment(ctx, &awsapigateway.CreateDeploymentInput{RestApiId: &id, StageName: name, CanarySettings: &types.DeploymentCanarySettings{PercentTraffic: 50, StageVariableOverrides: map[string]string{"v": "canary"}}})
	require.NoError(t, err)
	out, err := update(op(types.OpReplace, "/variables/other", "1")[0], types.PatchOperation{Op: types.OpCopy, From: aws.String("/canarySettings/deploymentId"), Path: aws.String("/deploymentId")}, promotes)
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"other": "1", "v": "canary"}, out.Variables)
	assert.Equal(t, canary.Id, out.DeploymentId)
	out, err = update(op(types.OpRemove, "/canarySettings", "")...)
	require.NoError(t, err)
	assert.Nil(t, out.CanarySettings)
	_, err = c.DeleteDeployment(ctx, &awsapigateway.DeleteDeploymentInput{RestApiId: &id, DeploymentId: canary.Id})
	requireCode(t, err, "BadRequestException", "Active stages pointing to this deployment must be moved or deleted")
}

// A canary answers its part of the requests.
func TestCanary(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	c, ctx := client(acct), t.Context()
	r := fine
	r.ResponseTemplates = map[string]string{"application/json": `$stageVariables.v`}
	api := apigatewaytest.Of(acct).New("api").Method("GET", "/", awsapigateway.PutMethodInput{}, mock(`{"statusCode":200}`), r).Deploy()
	id, name := api.ID(), aws.String(apigatewaytest.Stage)
	_, err := c.CreateDeployment(ctx, &awsapigateway.CreateDeploymentInput{RestApiId: &id, StageName: name, CanarySettings: &types.DeploymentCanarySettings{PercentTraffic: 100, StageVariableOverrides: map[string]string{"v": "canary"}}})
	require.NoError(t, err)
	assert.Equal(t, "canary", api.Call(nil, "GET", "/", "").Body)
	_, err = c.UpdateStage(ctx, &awsapigateway.UpdateStageInput{RestApiId: &id, StageName: name, PatchOperations: op(types.OpReplace, "/canarySettings/percentTraffic", "0")})
	require.NoError(t, err)
	assert.Empty(t, api.Call(nil, "GET", "/", "").Body)
}

// APIs and keys with what they cannot be.
func TestCreationTexts(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	c, ctx := client(acct), t.Context()
	create := func(in *awsapigateway.CreateRestApiInput) error {
		in.Name = aws.String("api")
		_, err := c.CreateRestApi(ctx, in)
		return err
	}
	of := func(ip types.IpAddressType, kinds ...types.EndpointType) *types.EndpointConfiguration {
		return &types.EndpointConfiguration{IpAddressType: ip, Types: kinds}
	}
	const wrongType = "Value '[wrong]' at 'createRestApiInput.endpointConfiguration.types' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [PRIVATE, EDGE, REGIONAL]]"
	const wrongIP = "Value 'wrong' at 'createRestApiInput.endpointConfiguration.ipAddressType' failed to satisfy constraint: Member must satisfy enum value set: [ipv4, dualstack]"
	for _, row := range []struct {
		in         *awsapigateway.CreateRestApiInput
		code, text string
	}{
		{&awsapigateway.CreateRestApiInput{Description: aws.String("")}, "BadRequestException", "Description cannot be an empty string"},
		{&awsapigateway.CreateRestApiInput{MinimumCompressionSize: aws.Int32(-1)}, "BadRequestException", "Invalid minimum compression size, must be between 0 and 10485760"},
		{&awsapigateway.CreateRestApiInput{EndpointConfiguration: of("", types.EndpointTypeEdge, types.EndpointTypeRegional)}, "BadRequestException", "Cannot create an api with multiple Endpoint Types."},
		{&awsapigateway.CreateRestApiInput{EndpointConfiguration: of("ipv4", types.EndpointTypePrivate)}, "BadRequestException", "Only dualstack ipAddressType is supported for Private APIs."},
		{&awsapigateway.CreateRestApiInput{EndpointConfiguration: of("wrong", "wrong")}, "ValidationException", "2 validation errors detected: " + wrongType + "; " + wrongIP},
		{&awsapigateway.CreateRestApiInput{EndpointConfiguration: of("wrong"), Description: aws.String("x")}, "ValidationException", "1 validation error detected: " + wrongIP},
		{&awsapigateway.CreateRestApiInput{Policy: aws.String("{")}, "BadRequestException", "Invalid policy document"},
	} {
		requireCode(t, create(row.in), row.code, row.text)
	}
	_, err := c.CreateVpcLink(ctx, &awsapigateway.CreateVpcLinkInput{Name: aws.String("link"), TargetArns: []string{"invalid-arn"}})
	requireCode(t, err, "BadRequestException", "Invalid ARN. ARN is not well formed invalid-arn")
	key, err := c.CreateApiKey(ctx, &awsapigateway.CreateApiKeyInput{Name: aws.String("key")})
	require.NoError(t, err)
	_, err = c.UpdateApiKey(ctx, &awsapigateway.UpdateApiKeyInput{ApiKey: key.Id, PatchOperations: op(types.OpReplace, "/id", "x")})
	requireCode(t, err, "BadRequestException", "Invalid patch path  '/id' specified for op 'replace'. Must be one of: [/description, /enabled, /name, /customerId]")
	none := aws.String("none")
	_, err = c.GetAuthorizers(ctx, &awsapigateway.GetAuthorizersInput{RestApiId: none})
	requireCode(t, err, "NotFoundException", "Invalid API identifier specified "+acct.ID()+":none")
	_, err = c.CreateRequestValidator(ctx, &awsapigateway.CreateRequestValidatorInput{RestApiId: none})
	requireCode(t, err, "BadRequestException", "Invalid REST API identifier specified")
	_, err = c.ImportRestApi(ctx, &awsapigateway.ImportRestApiInput{Body: []byte("{}")})
	requireCode(t, err, "NotImplemented", "ImportRestApi is not implemented")
}

// TestInvokeMethod needs no deployment and no authorization, and what it does is judged.
func TestTestInvokeMethod(t *testing.T) {
	t.Parallel()
	acct := account(t)
	c, ctx := client(acct), t.Context()
	fn := function(acct, "fn", func(r map[string]any) (map[string]any, error) {
		return map[string]any{"statusCode": 200, "body": r["path"]}, nil
	})
	api := apigatewaytest.Of(acct).New("api")
	api.Method("GET", "/pets/{id}", awsapigateway.PutMethodInput{AuthorizationType: aws.String("AWS_IAM"), ApiKeyRequired: true}, apigatewaytest.LambdaProxy(fn.ARN()))
	id := api.ID()
	all, err := c.GetResources(ctx, &awsapigateway.GetResourcesInput{RestApiId: &id})
	require.NoError(t, err)
	in := &awsapigateway.TestInvokeMethodInput{RestApiId: &id, ResourceId: all.Items[2].Id, HttpMethod: aws.String("GET"), PathWithQueryString: aws.String("/pets/7?q=1")}
	out, err := c.TestInvokeMethod(ctx, in)
	require.NoError(t, err)
	assert.Equal(t, int32(500), out.Status)
	permit(t, acct, "fn", "arn:aws:execute-api:us-east-1:"+acct.ID()+":"+id+"/test-invoke-stage/GET/*")
	out, err = c.TestInvokeMethod(ctx, in)
	require.NoError(t, err)
	assert.Equal(t, int32(200), out.Status)
	assert.Equal(t, "/pets/7", *out.Body)
	assert.Contains(t, *out.Log, "Method request path: {id=7}")
	_, err = clientOf(acct.NewUser("none")).TestInvokeMethod(ctx, in)
	awstest.RequireDenied(t, err, "apigateway:POST")
}
