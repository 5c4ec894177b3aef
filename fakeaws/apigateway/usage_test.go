package apigateway_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/apigatewaytest"
)

// A method that requires an API key takes one of a usage plan with the stage, as often as the plan
// lets it.
func TestAPIKeys(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	c, ctx := client(acct), t.Context()
	api := apigatewaytest.Of(acct).New("api").Method("GET", "/pets", awsapigateway.PutMethodInput{ApiKeyRequired: true}, mock(`{"statusCode": 200}`), fine).Deploy()
	get := func(key string) *apigatewaytest.Response {
		return api.Call(nil, http.MethodGet, "/pets", "", "X-Api-Key: "+key)
	}
	forbidden := func(key, why string) {
		t.Helper()
		resp := get(key)
		assert.Equal(t, 403, resp.Status, why)
		assert.Equal(t, `{"message":"Forbidden"}`, resp.Body)
		assert.Equal(t, "ForbiddenException", resp.Header.Get("X-Amzn-Errortype"))
	}
	forbidden("", "no key")
	key, err := c.CreateApiKey(ctx, &awsapigateway.CreateApiKeyInput{Name: aws.String("key"), Enabled: true})
	require.NoError(t, err)
	forbidden(*key.Value, "a key without a plan")
	plan, err := c.CreateUsagePlan(ctx, &awsapigateway.CreateUsagePlanInput{Name: aws.String("plan"), Throttle: &types.ThrottleSettings{BurstLimit: 2, RateLimit: 1}, Quota: &types.QuotaSettings{Limit: 4, Period: types.QuotaPeriodTypeDay}})
	require.NoError(t, err)
	_, err = c.CreateUsagePlanKey(ctx, &awsapigateway.CreateUsagePlanKeyInput{UsagePlanId: plan.Id, KeyId: key.Id, KeyType: aws.String("API_KEY")})
	require.NoError(t, err)
	forbidden(*key.Value, "a plan without the stage")
	_, err = c.UpdateUsagePlan(ctx, &awsapigateway.UpdateUsagePlanInput{UsagePlanId: plan.Id, PatchOperations: []types.PatchOperation{{Op: types.OpAdd, Path: aws.String("/apiStages"), Value: aws.String(api.ID() + ":" + apigatewaytest.Stage)}}})
	require.NoError(t, err)
	assert.Equal(t, []int{200, 200, 429}, []int{get(*key.Value).Status, get(*key.Value).Status, get(*key.Value).Status})
	resp := get(*key.Value)
	assert.Equal(t, `{"message":"Too Many Requests"}`, resp.Body)
	acct.Advance(2 * time.Second)
	assert.Equal(t, []int{200, 200}, []int{get(*key.Value).Status, get(*key.Value).Status})
	acct.Advance(2 * time.Second)
	resp = get(*key.Value)
	assert.Equal(t, 429, resp.Status)
	assert.Equal(t, `{"message":"Limit Exceeded"}`, resp.Body)
	assert.Equal(t, "LimitExceededException", resp.Header.Get("X-Amzn-Errortype"))
	today := acct.Now().Format(time.DateOnly)
	usage, err := c.GetUsage(ctx, &awsapigateway.GetUsageInput{UsagePlanId: plan.Id, StartDate: &today, EndDate: &today})
	require.NoError(t, err)
	assert.Equal(t, map[string][][]int64{*key.Id: {{4, 0}}}, usage.Items)
	acct.Advance(24 * time.Hour)
	assert.Equal(t, 200, get(*key.Value).Status)
	_, err = c.UpdateApiKey(ctx, &awsapigateway.UpdateApiKeyInput{ApiKey: key.Id, PatchOperations: []types.PatchOperation{{Op: types.OpReplace, Path: aws.String("/enabled"), Value: aws.String("false")}}})
	require.NoError(t, err)
	forbidden(*key.Value, "a key that is disabled")
}

// The throttle of a stage holds for all.
func TestStageThrottle(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	api := apigatewaytest.Of(acct).New("api").Method("GET", "/pets", awsapigateway.PutMethodInput{}, mock(`{"statusCode": 200}`), fine).Deploy()
	id := api.ID()
	set := func(path, value string) types.PatchOperation {
		return types.PatchOperation{Op: types.OpReplace, Path: aws.String("/*/*/throttling/" + path), Value: &value}
	}
	out, err := client(acct).UpdateStage(t.Context(), &awsapigateway.UpdateStageInput{RestApiId: &id, StageName: aws.String(apigatewaytest.Stage), PatchOperations: []types.PatchOperation{set("burstLimit", "1"), set("rateLimit", "1")}})
	require.NoError(t, err)
	assert.Equal(t, int32(1), out.MethodSettings["*/*"].ThrottlingBurstLimit)
	get := func() int { return api.Call(nil, http.MethodGet, "/pets", "").Status }
	assert.Equal(t, []int{200, 429}, []int{get(), get()})
	acct.Advance(time.Second)
	assert.Equal(t, 200, get())
}

// A key opens the stages of its plans alone.
func TestKeyOfAnotherStage(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	c, ctx := client(acct), t.Context()
	made := func(name string) *apigatewaytest.API {
		return apigatewaytest.Of(acct).New(name).Method("GET", "/pets", awsapigateway.PutMethodInput{ApiKeyRequired: true}, mock(`{"statusCode": 200}`), fine).Deploy()
	}
	mine, other := made("mine"), made("other")
	id := mine.ID()
	_, err := c.CreateDeployment(ctx, &awsapigateway.CreateDeploymentInput{RestApiId: &id, StageName: aws.String("later")})
	require.NoError(t, err)
	planned := func(name, stage string) string {
		key, err := c.CreateApiKey(ctx, &awsapigateway.CreateApiKeyInput{Name: &name, Enabled: true})
		require.NoError(t, err)
		plan, err := c.CreateUsagePlan(ctx, &awsapigateway.CreateUsagePlanInput{Name: &name, ApiStages: []types.ApiStage{{ApiId: &id, Stage: &stage}}})
		require.NoError(t, err)
		_, err = c.CreateUsagePlanKey(ctx, &awsapigateway.CreateUsagePlanKeyInput{UsagePlanId: plan.Id, KeyId: key.Id, KeyType: aws.String("API_KEY")})
		require.NoError(t, err)
		return "X-Api-Key: " + *key.Value
	}
	now, later := planned("now", apigatewaytest.Stage), planned("later", "later")
	assert.Equal(t, 200, mine.Call(nil, http.MethodGet, "/pets", "", now).Status)
	assert.Equal(t, 403, mine.Call(nil, http.MethodGet, "/pets", "", later).Status, "another stage")
	assert.Equal(t, 403, other.Call(nil, http.MethodGet, "/pets", "", now).Status, "another API")
}

// The key of an API whose keys come from its authorizers is the one that they answer, and not that
// of a header.
func TestKeyOfAuthorizer(t *testing.T) {
	t.Parallel()
	acct := account(t)
	c, ctx := client(acct), t.Context()
	given := ""
	fn := function(acct, "auth", func(events.APIGatewayCustomAuthorizerRequest) (map[string]any, error) {
		a := answer("Allow", "*")
		a["usageIdentifierKey"] = given
		return a, nil
	})
	api := apigatewaytest.Of(acct).New("api", awsapigateway.CreateRestApiInput{ApiKeySource: types.ApiKeySourceTypeAuthorizer})
	apiID := api.ID()
	id := api.Authorizer(awsapigateway.CreateAuthorizerInput{
		Name: aws.String("auth"), Type: types.AuthorizerTypeToken, AuthorizerUri: aws.String(apigatewaytest.FunctionURI(fn.ARN())), IdentitySource: aws.String("method.request.header.Authorization"), AuthorizerResultTtlInSeconds: aws.Int32(0),
	})
	permit(t, acct, "auth", "arn:aws:execute-api:us-east-1:"+acct.ID()+":"+apiID+"/authorizers/"+id)
	api.Method("GET", "/pets", awsapigateway.PutMethodInput{ApiKeyRequired: true, AuthorizationType: aws.String("CUSTOM"), AuthorizerId: &id}, mock(`{"statusCode": 200}`), fine).Deploy()
	key, err := c.CreateApiKey(ctx, &awsapigateway.CreateApiKeyInput{Name: aws.String("key"), Enabled: true})
	require.NoError(t, err)
	plan, err := c.CreateUsagePlan(ctx, &awsapigateway.CreateUsagePlanInput{Name: aws.String("plan"), ApiStages: []types.ApiStage{{ApiId: &apiID, Stage: aws.String(apigatewaytest.Stage)}}})
	require.NoError(t, err)
	_, err = c.CreateUsagePlanKey(ctx, &awsapigateway.CreateUsagePlanKeyInput{UsagePlanId: plan.Id, KeyId: key.Id, KeyType: aws.String("API_KEY")})
	require.NoError(t, err)
	get := func() int {
		return api.Call(nil, http.MethodGet, "/pets", "", "Authorization: a", "X-Api-Key: "+*key.Value).Status
	}
	assert.Equal(t, http.StatusForbidden, get(), "the header does not count")
	given = *key.Value
	assert.Equal(t, http.StatusOK, get())
}
