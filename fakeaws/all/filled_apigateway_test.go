package all_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func init() {
	register("apigateway", func(c aws.Config) any { return apigateway.NewFromConfig(c) }, apiValues, func(f *filled, t testing.TB, c aws.Config) {
		f.fillAPIGateway(t, apigateway.NewFromConfig(c))
	})
}

// fillAPIGateway makes an API with one of each thing that an API has, and what there is beside APIs.
func (f *filled) fillAPIGateway(t testing.TB, client *apigateway.Client) {
	t.Helper()
	ctx := t.Context()
	api, err := client.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("target")})
	require.NoError(t, err)
	set := func(member string, value *string) { f.values["apigateway."+member] = *value }
	set("RestApiId", api.Id)
	set("ParentId", api.RootResourceId)
	resource, err := client.CreateResource(ctx, &apigateway.CreateResourceInput{RestApiId: api.Id, ParentId: api.RootResourceId, PathPart: aws.String("target")})
	require.NoError(t, err)
	set("ResourceId", resource.Id)
	_, err = client.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: api.Id, ResourceId: resource.Id, HttpMethod: aws.String("GET"), AuthorizationType: aws.String("NONE")})
	require.NoError(t, err)
	_, err = client.PutMethodResponse(ctx, &apigateway.PutMethodResponseInput{RestApiId: api.Id, ResourceId: resource.Id, HttpMethod: aws.String("GET"), StatusCode: aws.String("200")})
	require.NoError(t, err)
	_, err = client.PutIntegration(ctx, &apigateway.PutIntegrationInput{RestApiId: api.Id, ResourceId: resource.Id, HttpMethod: aws.String("GET"), Type: apitypes.IntegrationTypeMock,
		RequestTemplates: map[string]string{"application/json": `{"statusCode":200}`}})
	require.NoError(t, err)
	_, err = client.PutIntegrationResponse(ctx, &apigateway.PutIntegrationResponseInput{RestApiId: api.Id, ResourceId: resource.Id, HttpMethod: aws.String("GET"), StatusCode: aws.String("200")})
	require.NoError(t, err)
	deployment, err := client.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: api.Id, StageName: aws.String("target")})
	require.NoError(t, err)
	set("DeploymentId", deployment.Id)
	_, err = client.CreateModel(ctx, &apigateway.CreateModelInput{RestApiId: api.Id, Name: aws.String("target"), ContentType: aws.String("application/json")})
	require.NoError(t, err)
	validator, err := client.CreateRequestValidator(ctx, &apigateway.CreateRequestValidatorInput{RestApiId: api.Id})
	require.NoError(t, err)
	set("RequestValidatorId", validator.Id)
	authorizer, err := client.CreateAuthorizer(ctx, &apigateway.CreateAuthorizerInput{RestApiId: api.Id, Name: aws.String("target"), Type: apitypes.AuthorizerTypeToken,
		AuthorizerUri: aws.String(apiFunction), IdentitySource: aws.String("method.request.header.Authorization")})
	require.NoError(t, err)
	set("AuthorizerId", authorizer.Id)
	_, err = client.PutGatewayResponse(ctx, &apigateway.PutGatewayResponseInput{RestApiId: api.Id, ResponseType: apitypes.GatewayResponseTypeAccessDenied})
	require.NoError(t, err)
	part, err := client.CreateDocumentationPart(ctx, &apigateway.CreateDocumentationPartInput{RestApiId: api.Id, Location: &apitypes.DocumentationPartLocation{Type: apitypes.DocumentationPartTypeApi}, Properties: aws.String("{}")})
	require.NoError(t, err)
	set("DocumentationPartId", part.Id)
	_, err = client.CreateDocumentationVersion(ctx, &apigateway.CreateDocumentationVersionInput{RestApiId: api.Id, DocumentationVersion: aws.String("target")})
	require.NoError(t, err)
	f.fillAPIKeys(t, client)
	_, err = client.CreateDomainName(ctx, &apigateway.CreateDomainNameInput{DomainName: aws.String("target.example.com")})
	require.NoError(t, err)
	_, err = client.CreateBasePathMapping(ctx, &apigateway.CreateBasePathMappingInput{DomainName: aws.String("target.example.com"), RestApiId: api.Id, BasePath: aws.String("target")})
	require.NoError(t, err)
	link, err := client.CreateVpcLink(ctx, &apigateway.CreateVpcLinkInput{Name: aws.String("target"), TargetArns: []string{apiFunction}})
	require.NoError(t, err)
	set("VpcLinkId", link.Id)
	certificate, err := client.GenerateClientCertificate(ctx, &apigateway.GenerateClientCertificateInput{})
	require.NoError(t, err)
	set("ClientCertificateId", certificate.ClientCertificateId)
	f.values["apigateway.ResourceArn"] = "arn:aws:apigateway:" + worldtest.Region + "::/restapis/" + *api.Id
}

// fillAPIKeys makes an API key and usage plans.
func (f *filled) fillAPIKeys(t testing.TB, client *apigateway.Client) {
	t.Helper()
	ctx := t.Context()
	key, err := client.CreateApiKey(ctx, &apigateway.CreateApiKeyInput{Name: aws.String("target")})
	require.NoError(t, err)
	other, err := client.CreateApiKey(ctx, &apigateway.CreateApiKeyInput{Name: aws.String("other")})
	require.NoError(t, err)
	plan, err := client.CreateUsagePlan(ctx, &apigateway.CreateUsagePlanInput{Name: aws.String("target"), Quota: &apitypes.QuotaSettings{Limit: 9, Period: apitypes.QuotaPeriodTypeDay}})
	require.NoError(t, err)
	_, err = client.CreateUsagePlanKey(ctx, &apigateway.CreateUsagePlanKeyInput{UsagePlanId: plan.Id, KeyId: key.Id, KeyType: aws.String("API_KEY")})
	require.NoError(t, err)
	f.values["ApiKey"], f.values["apigateway.KeyId"], f.values["CreateUsagePlanKey.KeyId"], f.values["UsagePlanId"] = *key.Id, *key.Id, *other.Id, *plan.Id
}

// apiFunction is the URI of a function.
const apiFunction = "arn:aws:apigateway:" + worldtest.Region + ":lambda:path/2015-03-31/functions/arn:aws:lambda:" + worldtest.Region + ":" + worldtest.Account + ":function:target/invocations"

// apiValues are the values of members of API Gateway.
var apiValues = map[string]any{
	"HttpMethod": "GET", "PutMethod.HttpMethod": "POST", "AuthorizationType": "NONE", "StageName": "target", "CreateStage.StageName": "another", "StatusCode": "200", "PutMethodResponse.StatusCode": "201",
	"apigateway.ModelName": "target", "CreateModel.Name": "another", "ContentType": "application/json", "apigateway.DomainName": "target.example.com", "CreateDomainName.DomainName": "another.example.com",
	"apigateway.BasePath": "target", "CreateBasePathMapping.BasePath": "another", "DocumentationVersion": "target", "CreateDocumentationVersion.DocumentationVersion": "another", "KeyType": "API_KEY",
	"CreateAuthorizer.Type": apitypes.AuthorizerTypeToken, "CreateAuthorizer.AuthorizerUri": apiFunction, "CreateAuthorizer.IdentitySource": "method.request.header.Authorization",
	"PutIntegration.Type": apitypes.IntegrationTypeMock, "apigateway.ResponseType": apitypes.GatewayResponseTypeAccessDenied, "CreateDocumentationPart.Properties": "{}",
	"CreateDocumentationPart.Location": &apitypes.DocumentationPartLocation{Type: apitypes.DocumentationPartTypeApi}, "TargetArns": []string{apiFunction},
	"apigateway.StartDate": "2026-01-01", "apigateway.EndDate": "2026-01-02", "apigateway.PathPart": "another", "apigateway.PatchOperations": []apitypes.PatchOperation{}, "apigateway.Tags": map[string]string{"value": "value"},
	"apigateway.TagKeys": []string{"value"}, "apigateway.Quota": &apitypes.QuotaSettings{Limit: 9, Period: apitypes.QuotaPeriodTypeDay},
}
