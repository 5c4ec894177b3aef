package apigateway_test

import (
	"io"
	"net/http"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/apigatewaytest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
)

// The actions of the control plane are HTTP methods, on the paths of requests.
func TestControlPlaneActions(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	api := apigatewaytest.Of(acct).New("api")
	id, ctx := api.ID(), t.Context()
	at := "arn:aws:apigateway:us-east-1::/restapis/" + id
	reader := clientOf(acct.NewUser("reader", awstest.Allow("apigateway:GET").On(at+"/resources", at+"/stages/*")))
	_, err := reader.GetResources(ctx, &awsapigateway.GetResourcesInput{RestApiId: &id})
	require.NoError(t, err)
	_, err = reader.GetRestApi(ctx, &awsapigateway.GetRestApiInput{RestApiId: &id})
	requireCode(t, err, "AccessDeniedException", "is not authorized to perform: apigateway:GET on resource: "+at)
	_, err = reader.GetStage(ctx, &awsapigateway.GetStageInput{RestApiId: &id, StageName: aws.String("none")})
	requireCode(t, err, "NotFoundException", "Invalid stage identifier specified")
	root, err := client(acct).GetResources(ctx, &awsapigateway.GetResourcesInput{RestApiId: &id})
	require.NoError(t, err)
	writer := clientOf(acct.NewUser("writer", awstest.Allow("apigateway:PUT").On(at+"/resources/*/methods/GET")))
	_, err = writer.PutMethod(ctx, &awsapigateway.PutMethodInput{RestApiId: &id, ResourceId: root.Items[0].Id, HttpMethod: aws.String("GET"), AuthorizationType: aws.String("NONE")})
	require.NoError(t, err)
	_, err = writer.PutMethod(ctx, &awsapigateway.PutMethodInput{RestApiId: &id, ResourceId: root.Items[0].Id, HttpMethod: aws.String("POST"), AuthorizationType: aws.String("NONE")})
	awstest.RequireDenied(t, err, "apigateway:PUT")
	other := awsapigateway.NewFromConfig(acct.NewAccount().Config())
	_, err = other.GetRestApi(ctx, &awsapigateway.GetRestApiInput{RestApiId: &id})
	requireCode(t, err, "NotFoundException", "Invalid API identifier specified")
}

// The policy of an API takes a permission of its own.
func TestPolicyPermission(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	id := apigatewaytest.Of(acct).New("api").ID()
	patch := &awsapigateway.UpdateRestApiInput{RestApiId: &id, PatchOperations: []types.PatchOperation{{Op: types.OpReplace, Path: aws.String("/policy"), Value: aws.String(policyOf(statement("Allow", `"*"`, "")))}}}
	one := clientOf(acct.NewUser("one", awstest.Allow("apigateway:PATCH", "apigateway:POST")))
	_, err := one.UpdateRestApi(t.Context(), patch)
	awstest.RequireDenied(t, err, "apigateway:UpdateRestApiPolicy")
	_, err = one.CreateRestApi(t.Context(), &awsapigateway.CreateRestApiInput{Name: aws.String("x"), Policy: patch.PatchOperations[0].Value})
	awstest.RequireDenied(t, err, "apigateway:UpdateRestApiPolicy")
	both := clientOf(acct.NewUser("both", awstest.Allow("apigateway:PATCH", "apigateway:UpdateRestApiPolicy")))
	out, err := both.UpdateRestApi(t.Context(), patch)
	require.NoError(t, err)
	assert.Contains(t, *out.Policy, `{\"Version\":\"2012-10-17\"`)
	assert.Contains(t, *out.Policy, `arn:aws:execute-api:us-east-1:`+acct.ID()+`:`+id+`/*`)
}

// Roles are passed to API Gateway.
func TestPassRole(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	role := acct.NewRole("role", apigatewaytest.Trust())
	api := apigatewaytest.Of(acct).New("api").Method("GET", "/", awsapigateway.PutMethodInput{}, mock(`{"statusCode":200}`))
	id := api.ID()
	root, err := client(acct).GetResources(t.Context(), &awsapigateway.GetResourcesInput{RestApiId: &id})
	require.NoError(t, err)
	in := &awsapigateway.PutIntegrationInput{RestApiId: &id, ResourceId: root.Items[0].Id, HttpMethod: aws.String("GET"), Type: types.IntegrationTypeAws, IntegrationHttpMethod: aws.String("POST"),
		Uri: aws.String("arn:aws:apigateway:us-east-1:sqs:path/1/q"), Credentials: aws.String(role.ARN())}
	update := &awsapigateway.UpdateIntegrationInput{RestApiId: &id, ResourceId: root.Items[0].Id, HttpMethod: aws.String("GET"), PatchOperations: []types.PatchOperation{{Op: types.OpReplace, Path: aws.String("/credentials"), Value: aws.String(role.ARN())}}}
	one := clientOf(acct.NewUser("one", awstest.Allow("apigateway:*")))
	_, err = one.PutIntegration(t.Context(), in)
	awstest.RequireDenied(t, err, "iam:PassRole")
	_, err = one.UpdateIntegration(t.Context(), update)
	awstest.RequireDenied(t, err, "iam:PassRole")
	elsewhere := clientOf(acct.NewUser("elsewhere", awstest.Allow("apigateway:*"), awstest.Allow("iam:PassRole").If("StringEquals", "iam:PassedToService", "lambda.amazonaws.com")))
	_, err = elsewhere.PutIntegration(t.Context(), in)
	awstest.RequireDenied(t, err, "iam:PassRole")
	both := clientOf(acct.NewUser("both", awstest.Allow("apigateway:*"), awstest.Allow("iam:PassRole").On(role.ARN()).If("StringEquals", "iam:PassedToService", "apigateway.amazonaws.com")))
	_, err = both.PutIntegration(t.Context(), in)
	require.NoError(t, err)
	in.Credentials = aws.String("arn:aws:iam::*:user/*")
	_, err = one.PutIntegration(t.Context(), in)
	require.NoError(t, err, "the caller's own credentials are no role")
	all := clientOf(acct.NewUser("all", awstest.Allow("*")))
	in.Credentials = aws.String(acct.NewAccount().NewRole("theirs", apigatewaytest.Trust()).ARN())
	_, err = all.PutIntegration(t.Context(), in)
	requireCode(t, err, "AccessDeniedException", "Cross-account pass role is not allowed.")
}

// Tags of an API count for what is in it, and those of a stage stand above them.
func TestTags(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	api := apigatewaytest.Of(acct).New("api", awsapigateway.CreateRestApiInput{Tags: map[string]string{"team": "blue"}}).Method("GET", "/", awsapigateway.PutMethodInput{}, mock(`{"statusCode":200}`)).Deploy()
	id, ctx := api.ID(), t.Context()
	blue := clientOf(acct.NewUser("blue", awstest.Allow("apigateway:*").If("StringEquals", "aws:ResourceTag/team", "blue")))
	_, err := blue.GetResources(ctx, &awsapigateway.GetResourcesInput{RestApiId: &id})
	require.NoError(t, err)
	stage := &awsapigateway.GetStageInput{RestApiId: &id, StageName: aws.String(apigatewaytest.Stage)}
	_, err = blue.GetStage(ctx, stage)
	require.NoError(t, err)
	arn := "arn:aws:apigateway:us-east-1::/restapis/" + id + "/stages/" + apigatewaytest.Stage
	_, err = blue.TagResource(ctx, &awsapigateway.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"team": "red", "x": "y"}})
	require.NoError(t, err)
	_, err = blue.GetStage(ctx, stage)
	awstest.RequireDenied(t, err, "apigateway:GET")
	got, err := client(acct).GetTags(ctx, &awsapigateway.GetTagsInput{ResourceArn: &arn})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"team": "red", "x": "y"}, got.Tags)
	_, err = client(acct).UntagResource(ctx, &awsapigateway.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"team"}})
	require.NoError(t, err)
	_, err = blue.GetStage(ctx, stage)
	require.NoError(t, err)
	asks := clientOf(acct.NewUser("asks", awstest.Allow("apigateway:POST").If("StringEquals", "aws:RequestTag/team", "blue").If("ForAllValues:StringEquals", "aws:TagKeys", "team")))
	_, err = asks.CreateRestApi(ctx, &awsapigateway.CreateRestApiInput{Name: aws.String("x"), Tags: map[string]string{"team": "blue"}})
	require.NoError(t, err)
	_, err = asks.CreateRestApi(ctx, &awsapigateway.CreateRestApiInput{Name: aws.String("x"), Tags: map[string]string{"team": "red"}})
	awstest.RequireDenied(t, err, "apigateway:POST")
}

// Condition keys tell of what is asked for.
func TestConditionKeys(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	id, ctx := apigatewaytest.Of(acct).New("api").ID(), t.Context()
	root, err := client(acct).GetResources(ctx, &awsapigateway.GetResourcesInput{RestApiId: &id})
	require.NoError(t, err)
	careful := clientOf(acct.NewUser("careful", awstest.Allow("apigateway:*"), awstest.Deny("apigateway:*").If("ForAnyValue:StringEquals", "apigateway:Request/RouteAuthorizationType", "NONE"),
		awstest.Deny("apigateway:*").If("ForAnyValue:StringEquals", "apigateway:Request/EndpointType", "EDGE")))
	in := &awsapigateway.PutMethodInput{RestApiId: &id, ResourceId: root.Items[0].Id, HttpMethod: aws.String("GET"), AuthorizationType: aws.String("NONE")}
	_, err = careful.PutMethod(ctx, in)
	awstest.RequireDenied(t, err, "apigateway:PUT")
	in.AuthorizationType = aws.String("AWS_IAM")
	_, err = careful.PutMethod(ctx, in)
	require.NoError(t, err)
	_, err = careful.UpdateMethod(ctx, &awsapigateway.UpdateMethodInput{RestApiId: &id, ResourceId: root.Items[0].Id, HttpMethod: aws.String("GET"), PatchOperations: []types.PatchOperation{{Op: types.OpReplace, Path: aws.String("/authorizationType"), Value: aws.String("NONE")}}})
	awstest.RequireDenied(t, err, "apigateway:PATCH")
	_, err = careful.CreateRestApi(ctx, &awsapigateway.CreateRestApiInput{Name: aws.String("x"), EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{types.EndpointTypeEdge}}})
	awstest.RequireDenied(t, err, "apigateway:POST")
}

// A client of a socket reaches an API by its host.
func TestSocketHost(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	api := apigatewaytest.Of(acct).New("api").Method("GET", "/pets", awsapigateway.PutMethodInput{}, mock(`{"statusCode":200}`), fine).Deploy()
	u, err := url.Parse(api.URL("/pets"))
	require.NoError(t, err)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, acct.URL()+u.Path, nil)
	require.NoError(t, err)
	r.Host = u.Host
	r.Header.Set("Origin", "https://app.example.com") // as a page's script sends
	resp, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	http.DefaultClient.CloseIdleConnections()
	assert.Equal(t, 200, resp.StatusCode)
}

// A clone has the APIs, and changes of one are not those of the other.
func TestClone(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With(), lambdatest.With())
	api := apigatewaytest.Of(acct).New("api", awsapigateway.CreateRestApiInput{Policy: aws.String(policyOf(statement("Allow", `"*"`, "")))}).Method("GET", "/pets", awsapigateway.PutMethodInput{}, mock(`{"statusCode":200}`), fine).Deploy()
	assert.Equal(t, 200, api.Call(nil, http.MethodGet, "/pets", "").Status)
	clone := acct.Clone(t)
	id := api.ID()
	_, err := client(clone).DeleteRestApi(t.Context(), &awsapigateway.DeleteRestApiInput{RestApiId: &id})
	require.NoError(t, err)
	assert.Equal(t, 200, api.Call(nil, http.MethodGet, "/pets", "").Status)
	resp, err := clone.HTTPClient().Get(api.URL("/pets"))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, 403, resp.StatusCode)
}
