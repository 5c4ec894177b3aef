package apigateway_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsapigateway "github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/apigatewaytest"
	"github.com/leastpriv/leastpriv/awstest/dynamotest"
	"github.com/leastpriv/leastpriv/awstest/lambdatest"
)

// action is an integration with a service of AWS.
func action(uri, role, method string, templates map[string]string, parameters map[string]string) awsapigateway.PutIntegrationInput {
	return awsapigateway.PutIntegrationInput{
		Type: types.IntegrationTypeAws, IntegrationHttpMethod: &method, Uri: aws.String("arn:aws:apigateway:us-east-1:" + uri), Credentials: &role, RequestTemplates: templates, RequestParameters: parameters,
	}
}

// passed are integration responses by status, with the body as it came.
func passed() []awsapigateway.PutIntegrationResponseInput {
	return []awsapigateway.PutIntegrationResponseInput{{StatusCode: aws.String("200")}, {StatusCode: aws.String("400"), SelectionPattern: aws.String(`4\d\d`)}}
}

// A request becomes a PutItem of DynamoDB, as the role of the integration.
func TestDynamoDBIntegration(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With(), dynamotest.With())
	table, err := dynamodb.NewFromConfig(acct.Config()).CreateTable(t.Context(), &dynamodb.CreateTableInput{
		TableName: aws.String("pets"), BillingMode: dbtypes.BillingModePayPerRequest,
		AttributeDefinitions: []dbtypes.AttributeDefinition{{AttributeName: aws.String("id"), AttributeType: dbtypes.ScalarAttributeTypeS}},
		KeySchema:            []dbtypes.KeySchemaElement{{AttributeName: aws.String("id"), KeyType: dbtypes.KeyTypeHash}},
	})
	require.NoError(t, err)
	role := acct.NewRole("writer", apigatewaytest.Trust(), awstest.Allow("dynamodb:PutItem").On(*table.TableDescription.TableArn))
	weak := acct.NewRole("weak", apigatewaytest.Trust(), awstest.Allow("dynamodb:GetItem"))
	template := map[string]string{"application/json": `{"TableName":"pets","Item":{"id":{"S":$input.json('$.id')},"by":{"S":"$context.identity.sourceIp"}}}`}
	api := apigatewaytest.Of(acct).New("api")
	api.Method("POST", "/pets", awsapigateway.PutMethodInput{}, action("dynamodb:action/PutItem", role.ARN(), "POST", template, nil), passed()...)
	api.Method("POST", "/weak", awsapigateway.PutMethodInput{}, action("dynamodb:action/PutItem", weak.ARN(), "POST", template, nil), passed()...)
	api.Deploy()
	resp := api.Call(nil, http.MethodPost, "/pets", `{"id":"a"}`)
	assert.Equal(t, 200, resp.Status)
	assert.Equal(t, "{}", resp.Body)
	item, err := dynamodb.NewFromConfig(acct.Config()).GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("pets"), Key: map[string]dbtypes.AttributeValue{"id": &dbtypes.AttributeValueMemberS{Value: "a"}}})
	require.NoError(t, err)
	assert.Equal(t, &dbtypes.AttributeValueMemberS{Value: "127.0.0.1"}, item.Item["by"])
	resp = api.Call(nil, http.MethodPost, "/weak", `{"id":"b"}`)
	assert.Equal(t, 400, resp.Status)
	assert.Contains(t, resp.Body, "assumed-role/weak/BackplaneAssumeRoleSession is not authorized to perform: dynamodb:PutItem")
	resp = api.Call(nil, http.MethodPost, "/pets", `{"id":7}`)
	assert.Equal(t, 400, resp.Status)
	assert.Contains(t, resp.Body, "SerializationException")
}

// A request becomes a message, by SQS's Query protocol on the path of the queue, and an object of
// S3 by its path.
func TestQueueAndBucketIntegration(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With(), awstest.WithSourceIP("203.0.113.7"))
	queue := acct.SQS().CreateQueue("orders", nil)
	bucket := acct.S3().CreateBucket("files")
	role := acct.NewRole("writer", apigatewaytest.Trust(), awstest.Allow("sqs:SendMessage").On(queue.ARN()), awstest.Allow("s3:PutObject", "s3:GetObject").On(bucket.ARN()+"/*"))
	fromClient := acct.NewRole("from-client", apigatewaytest.Trust(), awstest.Allow("s3:GetObject").If("IpAddress", "aws:SourceIp", "203.0.113.7"))
	api := apigatewaytest.Of(acct).New("api")
	send := action("sqs:path/"+acct.ID()+"/orders", role.ARN(), "POST", map[string]string{"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
		map[string]string{"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"})
	answer := awsapigateway.PutIntegrationResponseInput{StatusCode: aws.String("200"), ResponseTemplates: map[string]string{"application/json": `$input.path('$.SendMessageResponse.SendMessageResult.MD5OfMessageBody')`}}
	api.Method("POST", "/orders", awsapigateway.PutMethodInput{}, send, answer)
	path := map[string]string{"integration.request.path.key": "method.request.path.key"}
	asked := awsapigateway.PutMethodInput{RequestParameters: map[string]bool{"method.request.path.key": true}}
	api.Method("PUT", "/files/{key}", asked, action("s3:path/files/{key}", role.ARN(), "PUT", nil, path), passed()...)
	api.Method("GET", "/files/{key}", asked, action("s3:path/files/{key}", role.ARN(), "GET", nil, path), passed()...)
	api.Method("GET", "/mine/{key}", asked, action("s3:path/files/{key}", fromClient.ARN(), "GET", nil, path), passed()...)
	api.Deploy()
	resp := api.Call(nil, http.MethodPost, "/orders", `{"a":"b & c"}`)
	require.Equal(t, 200, resp.Status, resp.Body)
	require.Len(t, queue.Messages(), 1)
	assert.Equal(t, `{"a":"b & c"}`, queue.Messages()[0].Body)
	assert.Len(t, resp.Body, 32)
	assert.Equal(t, 200, api.Call(nil, http.MethodPut, "/files/a%20b", `{"x":1}`).Status)
	resp = api.Call(nil, http.MethodGet, "/files/a%20b", "")
	assert.Equal(t, `{"x":1}`, resp.Body)
	assert.Equal(t, 400, api.Call(nil, http.MethodGet, "/mine/a%20b", "").Status, "API Gateway's requests do not come from the address of the client")
}

// The caller's own credentials make the request of an integration.
func TestCallerCredentials(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	acct.S3().CreateBucket("files")
	may := acct.NewUser("may", awstest.Allow("execute-api:Invoke"), awstest.Allow("s3:ListBucket"))
	mayNot := acct.NewUser("may-not", awstest.Allow("execute-api:Invoke"))
	api := apigatewaytest.Of(acct).New("api")
	api.Method("GET", "/", awsapigateway.PutMethodInput{AuthorizationType: aws.String("AWS_IAM")}, action("s3:path/files", "arn:aws:iam::*:user/*", "GET", nil, nil), passed()...)
	api.Method("GET", "/open", awsapigateway.PutMethodInput{}, action("s3:path/files", "arn:aws:iam::*:user/*", "GET", nil, nil), passed()...)
	api.Deploy()
	assert.Equal(t, 200, api.Call(may, http.MethodGet, "/", "").Status)
	assert.Equal(t, 400, api.Call(mayNot, http.MethodGet, "/", "").Status)
	assert.Equal(t, 500, api.Call(nil, http.MethodGet, "/open", "").Status)
	assert.Equal(t, 500, api.Call(may, http.MethodGet, "/open", "").Status, "the signature was not asked for")
}

// HTTP integrations reach Go code, and no network.
func TestHTTPIntegration(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	apigatewaytest.HTTP(acct, "backend.example.com", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Backend", "yes")
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusAccepted)
		_ = json.NewEncoder(w).Encode(map[string]any{"method": r.Method, "url": r.URL.String(), "body": string(body), "token": r.Header.Get("X-Token"), "extra": r.Header.Get("X-Extra")})
	}))
	api := apigatewaytest.Of(acct).New("api")
	to := func(kind types.IntegrationType, uri string) awsapigateway.PutIntegrationInput {
		return awsapigateway.PutIntegrationInput{Type: kind, IntegrationHttpMethod: aws.String("POST"), Uri: &uri, RequestParameters: map[string]string{
			"integration.request.path.id": "method.request.path.id", "integration.request.header.X-Token": "'secret'", "integration.request.querystring.q": "method.request.querystring.query",
		}}
	}
	asked := awsapigateway.PutMethodInput{RequestParameters: map[string]bool{"method.request.path.id": true, "method.request.querystring.query": false}}
	api.Method("POST", "/proxy/{id}", asked, to(types.IntegrationTypeHttpProxy, "https://backend.example.com/things/{id}"))
	api.Method("POST", "/http/{id}", asked, to(types.IntegrationTypeHttp, "https://backend.example.com/things/{id}"), passed()...)
	api.Method("POST", "/none/{id}", asked, to(types.IntegrationTypeHttp, "https://elsewhere.example.com/{id}"), passed()...)
	api.Deploy()
	resp := api.Call(nil, http.MethodPost, "/proxy/7?query=x&other=y", "hello", "X-Extra: e")
	assert.Equal(t, 202, resp.Status)
	assert.JSONEq(t, `{"method":"POST","url":"https://backend.example.com/things/7?other=y&q=x&query=x","body":"hello","token":"secret","extra":"e"}`, resp.Body)
	assert.Equal(t, "yes close", resp.Header.Get("X-Backend")+" "+resp.Header.Get("X-Amzn-Remapped-Connection"))
	resp = api.Call(nil, http.MethodPost, "/http/7?query=x&other=y", "hello", "X-Extra: e")
	assert.Equal(t, 200, resp.Status)
	assert.JSONEq(t, `{"method":"POST","url":"https://backend.example.com/things/7?q=x","body":"hello","token":"secret","extra":""}`, resp.Body)
	resp = api.Call(nil, http.MethodPost, "/none/7", "")
	assert.Equal(t, 504, resp.Status)
	assert.Equal(t, `{"message":"Network error communicating with endpoint"}`, resp.Body)
}

// A function's error chooses the answer by its text.
func TestLambdaMapping(t *testing.T) {
	t.Parallel()
	acct := account(t)
	fn := function(acct, "fn", func(_ context.Context, in map[string]string) (map[string]string, error) {
		if in["name"] == "bad" {
			return nil, textError("Bad Request: " + in["name"])
		}
		return map[string]string{"hello": in["name"]}, nil
	})
	api := apigatewaytest.Of(acct).New("api")
	i := apigatewaytest.LambdaProxy(fn.ARN())
	i.Type, i.RequestTemplates, i.PassthroughBehavior = types.IntegrationTypeAws, map[string]string{"application/json": `{"name": "$input.params('name')"}`}, aws.String("NEVER")
	api.Method("POST", "/", awsapigateway.PutMethodInput{RequestParameters: map[string]bool{"method.request.querystring.name": true}}, i,
		awsapigateway.PutIntegrationResponseInput{StatusCode: aws.String("200"), ResponseParameters: map[string]string{"method.response.header.X-Hello": "integration.response.body.hello"}},
		awsapigateway.PutIntegrationResponseInput{StatusCode: aws.String("400"), SelectionPattern: aws.String("Bad Request.*"), ResponseTemplates: map[string]string{"application/json": `{"problem": $input.json('$.errorMessage')}`}},
		awsapigateway.PutIntegrationResponseInput{StatusCode: aws.String("418"), SelectionPattern: aws.String("Teapot")})
	api.Deploy()
	permit(t, acct, "fn", api.ARN("*", "*"))
	resp := api.Call(nil, http.MethodPost, "/?name=ann", "{}")
	assert.Equal(t, 200, resp.Status)
	assert.Equal(t, `{"hello":"ann"} ann`, resp.Body+" "+resp.Header.Get("X-Hello"))
	resp = api.Call(nil, http.MethodPost, "/?name=bad", "{}")
	assert.Equal(t, 400, resp.Status)
	assert.Equal(t, `{"problem": "Bad Request: bad"}`, resp.Body)
	resp = api.Call(nil, http.MethodPost, "/?name=ann", "<a/>", "Content-Type: text/xml")
	assert.Equal(t, 415, resp.Status)
	assert.Equal(t, `{"message":"Unsupported Media Type"}`, resp.Body)
}

type textError string

func (e textError) Error() string { return string(e) }

// Request validators look at parameters and, by JSON schemas of draft 4, at bodies.
func TestRequestValidator(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	c, ctx := client(acct), t.Context()
	api := apigatewaytest.Of(acct).New("api")
	id := api.ID()
	validator, err := c.CreateRequestValidator(ctx, &awsapigateway.CreateRequestValidatorInput{RestApiId: &id, Name: aws.String("all"), ValidateRequestBody: true, ValidateRequestParameters: true})
	require.NoError(t, err)
	for _, m := range []struct{ name, schema string }{
		{"Name", `{"type":"string","minLength":2}`},
		{"Pet", `{"$schema":"http://json-schema.org/draft-04/schema#","type":"object","required":["name"],"properties":{"name":{"$ref":"https://apigateway.amazonaws.com/restapis/` + id + `/models/Name"},"age":{"type":"integer","minimum":0,"exclusiveMinimum":true}}}`},
	} {
		_, err = c.CreateModel(ctx, &awsapigateway.CreateModelInput{RestApiId: &id, Name: &m.name, ContentType: aws.String("application/json"), Schema: &m.schema})
		require.NoError(t, err)
	}
	api.Method("POST", "/pets", awsapigateway.PutMethodInput{
		RequestValidatorId: validator.Id, RequestModels: map[string]string{"application/json": "Pet"}, RequestParameters: map[string]bool{"method.request.header.X-A": true, "method.request.querystring.q": true, "method.request.querystring.r": false},
	}, mock(`{"statusCode": 200}`), fine).Deploy()
	post := func(path, body string, header ...string) string {
		resp := api.Call(nil, http.MethodPost, path, body, header...)
		if resp.Status == 200 {
			return "ok"
		}
		assert.Equal(t, 400, resp.Status)
		assert.Equal(t, "BadRequestException", resp.Header.Get("X-Amzn-Errortype"))
		return resp.Body
	}
	assert.Equal(t, "ok", post("/pets?q=1", `{"name":"rex","age":1}`, "X-A: 1"))
	assert.Equal(t, `{"message":"Missing required request parameters: [X-A, q]"}`, post("/pets", `{}`))
	for _, bad := range []string{``, `{}`, `{"name":"x"}`, `{"name":"rex","age":0}`, `[]`, `{`} {
		assert.Equal(t, `{"message":"Invalid request body"}`, post("/pets?q=1", bad, "X-A: 1"), bad)
	}
	assert.Equal(t, "ok", post("/pets?q=1", `{"statusCode":200}`, "X-A: 1", "Content-Type: text/plain"), "there is no model of texts, and the body passes")
}

// What API Gateway answers itself, gateway responses word.
func TestGatewayResponses(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	c, ctx := client(acct), t.Context()
	api := apigatewaytest.Of(acct).New("api").Method("GET", "/", awsapigateway.PutMethodInput{AuthorizationType: aws.String("AWS_IAM")}, mock(`{"statusCode": 200}`), fine)
	id := api.ID()
	_, err := c.PutGatewayResponse(ctx, &awsapigateway.PutGatewayResponseInput{RestApiId: &id, ResponseType: types.GatewayResponseTypeDefault4xx, ResponseParameters: map[string]string{"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"}})
	require.NoError(t, err)
	_, err = c.PutGatewayResponse(ctx, &awsapigateway.PutGatewayResponseInput{RestApiId: &id, ResponseType: types.GatewayResponseTypeMissingAuthenticationToken, StatusCode: aws.String("404"),
		ResponseTemplates: map[string]string{"application/json": `{"m":$context.error.messageString,"t":"$context.error.responseType","s":"$context.stage"}`}})
	require.NoError(t, err)
	api.Deploy()
	resp := api.Call(nil, http.MethodGet, "/", "")
	assert.Equal(t, 404, resp.Status)
	assert.Equal(t, `{"m":"Missing Authentication Token","t":"MISSING_AUTHENTICATION_TOKEN","s":"test"}`, resp.Body)
	resp = api.Call(acct.NewUser("may-not"), http.MethodGet, "/", "")
	assert.Equal(t, 403, resp.Status)
	assert.Equal(t, "*", resp.Header.Get("Access-Control-Allow-Origin"))
	assert.Contains(t, resp.Body, `{"message":"User: arn`)
}

// Bodies of binary media types pass as bytes.
func TestBinary(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With(), lambdatest.With())
	bytes := "\x1f\x8b\x00\xff"
	fn := function(acct, "fn", func(_ context.Context, r map[string]any) (map[string]any, error) {
		return map[string]any{"statusCode": 200, "body": r["body"], "isBase64Encoded": r["isBase64Encoded"], "headers": map[string]string{"Content-Type": "image/png"}}, nil
	})
	api := apigatewaytest.Of(acct).New("api", awsapigateway.CreateRestApiInput{BinaryMediaTypes: []string{"image/png"}})
	api.Lambda("POST", "/", fn.ARN()).Deploy()
	permit(t, acct, "fn", api.ARN("*", "*"))
	resp := api.Call(nil, http.MethodPost, "/", bytes, "Content-Type: image/png", "Accept: image/png")
	assert.Equal(t, bytes, resp.Body)
	resp = api.Call(nil, http.MethodPost, "/", bytes, "Content-Type: image/png")
	assert.Equal(t, "H4sA/w==", resp.Body)
}
