package apigateway_test

import (
	"net/http"
	"strings"
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
	"github.com/leastpriv/leastpriv/awstest/idp"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
)

// fine is the response of a mock integration that answers 200.
var fine = awsapigateway.PutIntegrationResponseInput{StatusCode: aws.String("200")}

// mocked makes an API with one method, of a type of authorization, and a resource policy.
func mocked(acct *awstest.Account, authorization, policy string) *apigatewaytest.API {
	settings := awsapigateway.CreateRestApiInput{}
	if policy != "" {
		settings.Policy = &policy
	}
	api := apigatewaytest.Of(acct).New("api", settings)
	return api.Method("GET", "/pets", awsapigateway.PutMethodInput{AuthorizationType: &authorization}, mock(`{"statusCode": 200}`), fine).Deploy()
}

func statement(effect, principal, condition string) string {
	if condition != "" {
		condition = `,"Condition":` + condition
	}
	return `{"Effect":"` + effect + `","Principal":` + principal + `,"Action":"execute-api:Invoke","Resource":"execute-api:/*"` + condition + `}`
}

func policyOf(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

const (
	here      = `{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}`
	elsewhere = `{"IpAddress":{"aws:SourceIp":"198.51.100.0/24"}}`
)

// Without authorization the resource policy must allow, if there is one.
func TestResourcePolicyOnly(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, policy string
		want         int
	}{
		{"none", "", 200},
		{"allows", policyOf(statement("Allow", `"*"`, here)), 200},
		{"allows others", policyOf(statement("Allow", `"*"`, elsewhere)), 403},
		{"denies", policyOf(statement("Allow", `"*"`, ""), statement("Deny", `"*"`, here)), 403},
		{"denies others", policyOf(statement("Allow", `"*"`, ""), statement("Deny", `"*"`, elsewhere)), 200},
		{"denies others alone", policyOf(statement("Deny", `"*"`, elsewhere)), 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acct := awstest.New(t, apigatewaytest.With(), awstest.WithSourceIP("203.0.113.7"))
			api := mocked(acct, "NONE", c.policy)
			resp := api.Call(nil, http.MethodGet, "/pets", "")
			require.Equal(t, c.want, resp.Status)
			calls := acct.Calls().Of("execute-api:Invoke")
			require.Len(t, calls, 1)
			assert.Equal(t, c.want != 200, calls[0].Denied)
			if c.want != 200 {
				assert.Equal(t, "AccessDeniedException", resp.Header.Get("X-Amzn-Errortype"))
				assert.Contains(t, resp.Body, `{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********`+acct.ID()[8:]+`:`+api.ID()+`/test/GET/pets`)
			}
		})
	}
}

// The policy counts as it was deployed.
func TestPolicyIsDeployed(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	api := mocked(acct, "NONE", "")
	id := api.ID()
	_, err := client(acct).UpdateRestApi(t.Context(), &awsapigateway.UpdateRestApiInput{RestApiId: &id, PatchOperations: []types.PatchOperation{
		{Op: types.OpReplace, Path: aws.String("/policy"), Value: aws.String(policyOf(statement("Deny", `"*"`, "")))},
	}})
	require.NoError(t, err)
	assert.Equal(t, 200, api.Call(nil, http.MethodGet, "/pets", "").Status)
	api.Deploy()
	assert.Equal(t, 403, api.Call(nil, http.MethodGet, "/pets", "").Status)
}

// With IAM the policies of the caller and of the API count as anywhere.
func TestIAMAuthorization(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	may := acct.NewUser("may", awstest.Allow("execute-api:Invoke"))
	mayNot := acct.NewUser("may-not")
	other := acct.NewAccount()
	stranger := other.NewUser("stranger", awstest.Allow("execute-api:Invoke"))
	api := mocked(acct, "AWS_IAM", "")
	assert.Equal(t, 200, api.Call(may, http.MethodGet, "/pets", "").Status)
	resp := api.Call(mayNot, http.MethodGet, "/pets", "")
	assert.Equal(t, 403, resp.Status)
	assert.Contains(t, resp.Body, `{"Message":"User: `+mayNot.ARN()+` is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:us-east-1:********`)
	assert.Equal(t, 403, api.Call(stranger, http.MethodGet, "/pets", "").Status)
	resp = api.Call(nil, http.MethodGet, "/pets", "")
	assert.Equal(t, `403 {"message":"Missing Authentication Token"}`, "403 "+resp.Body)
	resp = api.Call(may.WrongSecret(), http.MethodGet, "/pets", "")
	assert.Equal(t, 403, resp.Status)
	assert.Equal(t, "InvalidSignatureException", resp.Header.Get("X-Amzn-Errortype"))
	assert.Contains(t, resp.Body, `{"message":"The request signature we calculated does not match`)

	only := acct.NewUser("only", awstest.Allow("execute-api:Invoke").On(api.ARN("POST", "pets")))
	assert.Equal(t, 403, api.Call(only, http.MethodGet, "/pets", "").Status)

	named := mocked(acct, "AWS_IAM", policyOf(statement("Allow", `{"AWS":["`+stranger.ARN()+`","`+mayNot.ARN()+`"]}`, "")))
	assert.Equal(t, 200, named.Call(stranger, http.MethodGet, "/pets", "").Status)
	assert.Equal(t, 200, named.Call(mayNot, http.MethodGet, "/pets", "").Status, "the resource policy allows it in one account")
	assert.Equal(t, 200, named.Call(may, http.MethodGet, "/pets", "").Status)
	weak := other.NewUser("weak")
	both := mocked(acct, "AWS_IAM", policyOf(statement("Allow", `{"AWS":"`+weak.ARN()+`"}`, "")))
	assert.Equal(t, 403, both.Call(weak, http.MethodGet, "/pets", "").Status, "across accounts both must allow")
}

// answer is what an authorizer answers.
func answer(effect, resource string) map[string]any {
	return map[string]any{
		"principalId": "alice", "context": map[string]any{"team": "blue", "n": 7},
		"policyDocument": map[string]any{"Version": "2012-10-17", "Statement": []any{map[string]any{"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource}}},
	}
}

// custom makes an API with a Lambda authorizer whose function answers by the token.
func custom(t *testing.T, acct *awstest.Account, policy string, ttl int32, calls *int) *apigatewaytest.API {
	t.Helper()
	fn := function(acct, "auth", func(r events.APIGatewayCustomAuthorizerRequest) (map[string]any, error) {
		*calls++
		switch r.AuthorizationToken {
		case "allow":
			return answer("Allow", r.MethodArn), nil
		case "other":
			return answer("Allow", strings.Replace(r.MethodArn, "/GET/", "/POST/", 1)), nil
		case "deny":
			return answer("Deny", "*"), nil
		case "nonsense":
			return map[string]any{"hello": "world"}, nil
		case "unknown":
			return nil, unauthorizedError{}
		}
		return nil, assert.AnError
	})
	var settings awsapigateway.CreateRestApiInput
	if policy != "" {
		settings.Policy = &policy
	}
	api := apigatewaytest.Of(acct).New("api", settings)
	id := api.Authorizer(awsapigateway.CreateAuthorizerInput{
		Name: aws.String("auth"), Type: types.AuthorizerTypeToken, AuthorizerUri: aws.String(apigatewaytest.FunctionURI(fn.ARN())), IdentitySource: aws.String("method.request.header.Authorization"),
		AuthorizerResultTtlInSeconds: &ttl, IdentityValidationExpression: aws.String("[a-z]+"),
	})
	permit(t, acct, "auth", "arn:aws:execute-api:us-east-1:"+acct.ID()+":"+api.ID()+"/authorizers/"+id)
	i := mock(`{"statusCode": 200}`)
	r := fine
	r.ResponseTemplates = map[string]string{"application/json": `$context.authorizer.principalId/$context.authorizer.team/$context.authorizer.n`}
	return api.Method("GET", "/pets", awsapigateway.PutMethodInput{AuthorizationType: aws.String("CUSTOM"), AuthorizerId: &id}, i, r).Deploy()
}

type unauthorizedError struct{}

func (unauthorizedError) Error() string { return "Unauthorized" }

// A Lambda authorizer answers with a policy, which counts beside that of the API: table A of "How
// API Gateway resource policies affect authorization workflow".
func TestLambdaAuthorizer(t *testing.T) {
	t.Parallel()
	allows, denies := policyOf(statement("Allow", `"*"`, "")), policyOf(statement("Deny", `"*"`, ""))
	silent := policyOf(statement("Allow", `"*"`, elsewhere))
	for _, c := range []struct {
		name, policy, token string
		want                int
		body                string
		calls               int
	}{
		{"allow", "", "allow", 200, "alice/blue/7", 1},
		{"allow, policy silent", silent, "allow", 200, "alice/blue/7", 1},
		{"allow, policy allows", allows, "allow", 200, "alice/blue/7", 1},
		{"allow, policy denies", denies, "allow", 403, `{"Message":"User is not authorized to access this resource with an explicit deny"}`, 0},
		{"silent", "", "other", 403, `{"Message":"User is not authorized to access this resource"}`, 1},
		{"silent, policy allows", allows, "other", 200, "alice/blue/7", 1},
		{"silent, policy silent", silent, "other", 403, `{"Message":"User is not authorized to access this resource"}`, 1},
		{"deny", "", "deny", 403, `{"Message":"User is not authorized to access this resource with an explicit deny"}`, 1},
		{"deny, policy allows", allows, "deny", 403, `{"Message":"User is not authorized to access this resource with an explicit deny"}`, 1},
		{"no token", "", "", 401, `{"message":"Unauthorized"}`, 0},
		{"another form", "", "A1", 401, `{"message":"Unauthorized"}`, 0},
		{"unknown", "", "unknown", 401, `{"message":"Unauthorized"}`, 1},
		{"nonsense", "", "nonsense", 500, `{"message":null}`, 1},
		{"fails", "", "fails", 500, `{"message":null}`, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			acct := awstest.New(t, lambdatest.With(), apigatewaytest.With(), awstest.WithSourceIP("203.0.113.7"))
			calls := 0
			api := custom(t, acct, c.policy, 0, &calls)
			header := "X-None: 1"
			if c.token != "" {
				header = "Authorization: " + c.token
			}
			resp := api.Call(nil, http.MethodGet, "/pets", "", header)
			assert.Equal(t, c.want, resp.Status)
			assert.Equal(t, c.body, resp.Body)
			assert.Equal(t, c.calls, calls)
		})
	}
}

// What an authorizer has answered is used again for its time to live.
func TestAuthorizerCache(t *testing.T) {
	t.Parallel()
	acct := account(t)
	calls := 0
	api := custom(t, acct, "", 60, &calls)
	get := func(token string) int {
		return api.Call(nil, http.MethodGet, "/pets", "", "Authorization: "+token).Status
	}
	assert.Equal(t, []int{200, 200, 403, 403}, []int{get("allow"), get("allow"), get("deny"), get("deny")})
	assert.Equal(t, 2, calls)
	acct.Advance(59 * time.Second)
	get("allow")
	assert.Equal(t, 2, calls)
	acct.Advance(time.Second)
	get("allow")
	assert.Equal(t, 3, calls)
	id := api.ID()
	_, err := client(acct).FlushStageAuthorizersCache(t.Context(), &awsapigateway.FlushStageAuthorizersCacheInput{RestApiId: &id, StageName: aws.String(apigatewaytest.Stage)})
	require.NoError(t, err)
	get("allow")
	assert.Equal(t, 4, calls)
}

// Without the permission the function of an authorizer is not invoked, and nobody comes in.
func TestAuthorizerWithoutPermission(t *testing.T) {
	t.Parallel()
	acct := account(t)
	fn := function(acct, "auth", func() (map[string]any, error) { return answer("Allow", "*"), nil })
	api := apigatewaytest.Of(acct).New("api")
	id := api.Authorizer(awsapigateway.CreateAuthorizerInput{
		Name: aws.String("auth"), Type: types.AuthorizerTypeRequest, AuthorizerUri: aws.String(apigatewaytest.FunctionURI(fn.ARN())), IdentitySource: aws.String("method.request.header.X-User, method.request.querystring.q"),
	})
	api.Method("GET", "/pets", awsapigateway.PutMethodInput{AuthorizationType: aws.String("CUSTOM"), AuthorizerId: &id}, mock(`{"statusCode": 200}`), fine).Deploy()
	resp := api.Call(nil, http.MethodGet, "/pets?q=1", "", "X-User: a")
	assert.Equal(t, 500, resp.Status)
	assert.Equal(t, `{"message":null}`, resp.Body)
	assert.Equal(t, "AuthorizerConfigurationException", resp.Header.Get("X-Amzn-Errortype"))
	denied := acct.Calls().Of("lambda:InvokeFunction")
	require.Len(t, denied, 1)
	assert.True(t, denied[0].Denied)
	permit(t, acct, "auth", "arn:aws:execute-api:us-east-1:"+acct.ID()+":"+api.ID()+"/*")
	assert.Equal(t, 200, api.Call(nil, http.MethodGet, "/pets?q=1", "", "X-User: a").Status)
	assert.Equal(t, 401, api.Call(nil, http.MethodGet, "/pets", "", "X-User: a").Status)
}

const pool = "us-east-1_Pool"

// pooled makes an API with the authorizer of a Cognito user pool.
func pooled(acct *awstest.Account, policy string, scopes ...string) *apigatewaytest.API {
	var settings awsapigateway.CreateRestApiInput
	if policy != "" {
		settings.Policy = &policy
	}
	api := apigatewaytest.Of(acct).New("api", settings)
	id := api.Authorizer(awsapigateway.CreateAuthorizerInput{
		Name: aws.String("pool"), Type: types.AuthorizerTypeCognitoUserPools, IdentitySource: aws.String("method.request.header.Authorization"),
		ProviderARNs: []string{"arn:aws:cognito-idp:us-east-1:" + acct.ID() + ":userpool/" + pool},
	})
	r := fine
	r.ResponseTemplates = map[string]string{"application/json": `$context.authorizer.claims.sub`}
	return api.Method("GET", "/pets", awsapigateway.PutMethodInput{AuthorizationType: aws.String("COGNITO_USER_POOLS"), AuthorizerId: &id, AuthorizationScopes: scopes}, mock(`{"statusCode": 200}`), r).Deploy()
}

// The tokens of a user pool are verified by the issuer that the World has.
func TestUserPool(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With(), awstest.WithSourceIP("203.0.113.7"))
	users := idp.OIDC(acct, "https://cognito-idp.us-east-1.amazonaws.com/"+pool, idp.NotInIAM(), idp.ClientIDs("app"), idp.RS256())
	others := idp.OIDC(acct, "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Other", idp.NotInIAM(), idp.ClientIDs("app"))
	api := pooled(acct, "")
	get := func(api *apigatewaytest.API, token string) *apigatewaytest.Response {
		return api.Call(nil, http.MethodGet, "/pets", "", "Authorization: "+token)
	}
	token := users.Token(idp.Claims{"sub": "alice", "token_use": "id"})
	resp := get(api, token)
	assert.Equal(t, "200 alice", "200 "+resp.Body)
	assert.Equal(t, 200, get(api, "Bearer "+token).Status)
	access := users.Token(idp.Claims{"sub": "alice", "token_use": "access", "scope": "shop/read shop/write"})
	for name, bad := range map[string]string{
		"none": "", "of another pool": others.Token(idp.Claims{"token_use": "id"}), "changed": token[:len(token)-8] + "AAAAAAAA", "no token": "x", "access token": access,
	} {
		assert.Equal(t, 401, get(api, bad).Status, name)
	}
	scoped := pooled(acct, "", "shop/read")
	assert.Equal(t, 200, get(scoped, access).Status)
	assert.Equal(t, 401, get(scoped, token).Status)
	assert.Equal(t, 401, get(scoped, users.Token(idp.Claims{"sub": "alice", "token_use": "id", "scope": "shop/read"})).Status, "scopes are those of access tokens")
	assert.Equal(t, 401, get(pooled(acct, "", "shop/admin"), access).Status)
	assert.Equal(t, 403, get(pooled(acct, policyOf(statement("Allow", `"*"`, elsewhere))), token).Status, "the resource policy must allow it too")
	assert.Equal(t, 200, get(pooled(acct, policyOf(statement("Allow", `"*"`, here))), token).Status)
	acct.Advance(2 * time.Hour)
	resp = get(api, token)
	assert.Equal(t, 401, resp.Status)
	assert.Equal(t, `{"message":"The incoming token has expired"}`, resp.Body)
}

// A slash at the end of a path opens nothing that is closed without it.
func TestSlashAtTheEnd(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	api := mocked(acct, "AWS_IAM", "")
	all := acct.NewUser("all", awstest.Allow("execute-api:Invoke"))
	but := acct.NewUser("but", awstest.Allow("execute-api:Invoke"), awstest.Deny("execute-api:Invoke").On(api.ARN("GET", "pets")))
	assert.Equal(t, 200, api.Call(all, http.MethodGet, "/pets/", "").Status)
	assert.Equal(t, 403, api.Call(but, http.MethodGet, "/pets/", "").Status)
	assert.Equal(t, 403, api.Call(but, http.MethodGet, "/%70ets", "").Status)
}

// An API that calls itself has an end.
func TestAPIsThatCallThemselves(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	role := acct.NewRole("role", apigatewaytest.Trust(), awstest.Allow("execute-api:Invoke"))
	api := apigatewaytest.Of(acct).New("api")
	api.Method("GET", "/", awsapigateway.PutMethodInput{}, action(api.ID()+".execute-api:path/"+apigatewaytest.Stage+"/", role.ARN(), "GET", nil, nil), passed()...).Deploy()
	assert.Equal(t, 200, api.Call(nil, http.MethodGet, "/", "").Status, "each passes on what the next has answered")
	assert.Greater(t, len(acct.Calls().Of("execute-api:Invoke")), 5)
}

// A resource policy that denies by what the request says of itself does not keep the authorizer
// from being asked about others.
func TestPolicyBeforeAuthorizer(t *testing.T) {
	t.Parallel()
	acct := account(t)
	calls := 0
	api := custom(t, acct, policyOf(statement("Allow", `"*"`, ""), statement("Deny", `"*"`, `{"StringNotEquals":{"aws:UserAgent":"good"}}`)), 0, &calls)
	get := func(agent, token string) int {
		return api.Call(nil, http.MethodGet, "/pets", "", "User-Agent: "+agent, "Authorization: "+token).Status
	}
	assert.Equal(t, []int{200, 403, 403, 403}, []int{get("good", "allow"), get("good", "deny"), get("bad", "allow"), get("bad", "deny")})
	assert.Equal(t, 2, calls)
}
