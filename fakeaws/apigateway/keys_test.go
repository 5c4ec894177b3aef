package apigateway_test

import (
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/apigatewaytest"
)

// Another spelling of a path does not hide the tags of what it is about.
func TestTagsOfEscapedPath(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	api := apigatewaytest.Of(acct).New("api", awsapigateway.CreateRestApiInput{Tags: map[string]string{"locked": "api"}}).Method("GET", "/", awsapigateway.PutMethodInput{}, mock(`{"statusCode":200}`)).Deploy()
	prefix := "arn:aws:apigateway:us-east-1::"
	root := client(acct)
	_, err := root.TagResource(t.Context(), &awsapigateway.TagResourceInput{ResourceArn: aws.String(prefix + "/restapis/" + api.ID() + "/stages/" + apigatewaytest.Stage), Tags: map[string]string{"locked": "stage"}})
	require.NoError(t, err)
	for i, x := range []struct{ path, locked string }{
		{"/restapis/" + api.ID(), "api"},
		{"restapis/" + api.ID(), "api"},
		{"/%72estapis/" + api.ID(), "api"},
		{"/restapis/" + api.ID() + "/stages/" + apigatewaytest.Stage, "stage"},
		{"/restapis/" + api.ID() + "/%73tages/" + apigatewaytest.Stage, "stage"},
		{"/restapis/" + api.ID() + "/stages/%74est", "stage"},
	} {
		by := clientOf(acct.NewUser("by-"+strconv.Itoa(i), awstest.Allow("apigateway:*"), awstest.Deny("apigateway:*").If("StringEquals", "aws:ResourceTag/locked", x.locked)))
		_, err := by.TagResource(t.Context(), &awsapigateway.TagResourceInput{ResourceArn: aws.String(prefix + x.path), Tags: map[string]string{"x": "y"}})
		awstest.RequireDenied(t, err, "apigateway:PUT")
	}
}

// Condition keys tell what a patch operation makes of a thing, however it is written.
func TestConditionKeysOfPatches(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	api := apigatewaytest.Of(acct).New("api", awsapigateway.CreateRestApiInput{EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{types.EndpointTypeRegional}}})
	api.Method("GET", "/", awsapigateway.PutMethodInput{ApiKeyRequired: true}, mock(`{"statusCode":200}`))
	id := api.ID()
	resources, err := client(acct).GetResources(t.Context(), &awsapigateway.GetResourcesInput{RestApiId: &id})
	require.NoError(t, err)
	careful := clientOf(acct.NewUser("careful", awstest.Allow("apigateway:*"),
		awstest.Deny("apigateway:*").If("ForAnyValue:StringEquals", "apigateway:Request/EndpointType", "EDGE"),
		awstest.Deny("apigateway:*").If("Bool", "apigateway:Request/DisableExecuteApiEndpoint", "false"),
		awstest.Deny("apigateway:*").If("ForAnyValue:Bool", "apigateway:Request/ApiKeyRequired", "false")))
	update := func(path, value string) error {
		_, err := careful.UpdateRestApi(t.Context(), &awsapigateway.UpdateRestApiInput{RestApiId: &id, PatchOperations: op(types.OpReplace, path, value)})
		return err
	}
	awstest.RequireDenied(t, update("/endpointConfiguration/types/REGIONAL", "EDGE"), "apigateway:PATCH")
	require.NoError(t, update("/endpointConfiguration/types/REGIONAL", "PRIVATE"))
	for _, value := range []string{"false", "False", "no", ""} {
		awstest.RequireDenied(t, update("/disableExecuteApiEndpoint", value), "apigateway:PATCH")
		_, err := careful.UpdateMethod(t.Context(), &awsapigateway.UpdateMethodInput{RestApiId: &id, ResourceId: resources.Items[0].Id, HttpMethod: aws.String("GET"), PatchOperations: op(types.OpReplace, "/apiKeyRequired", value)})
		awstest.RequireDenied(t, err, "apigateway:PATCH")
	}
	require.NoError(t, update("/disableExecuteApiEndpoint", "True"))
}
