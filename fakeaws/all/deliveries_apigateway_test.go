package all_test

import (
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/apigatewaytest"
	"github.com/leastpriv/leastpriv/awstest/dynamotest"
)

// What an API does in other services: its function is invoked by API Gateway itself, and all else
// by the role of the integration, by requests as clients of the services send them.
func init() {
	deliveryRows = append(deliveryRows,
		deliveryRow{"apigateway", "lambda", "lambda:InvokeFunction", "apigateway.amazonaws.com", func(l *deliveryLab, permitted bool) func() bool {
			function, arrived := l.function("apigateway.amazonaws.com", permitted)
			api := apigatewaytest.Of(l.Account).Proxy("source", function)
			want := http.StatusInternalServerError
			if permitted {
				want = http.StatusBadGateway // the function answers nothing
			}
			assert.Equal(l.t, want, api.Call(nil, http.MethodGet, "/", "").Status)
			return arrived
		}},
		deliveryRow{"apigateway", "sqs", "sqs:SendMessage", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
			queue, arrived := l.queue("", false)
			l.api("sqs:path/"+l.ID()+"/target", permitted, "sqs:SendMessage", queue, "Action=SendMessage&MessageBody=message", asForm)
			return arrived
		}},
		deliveryRow{"apigateway", "sns", "sns:Publish", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
			topic, arrived := l.topic("", false)
			l.api("sns:action/Publish", permitted, "sns:Publish", topic, "TopicArn=$util.urlEncode('"+topic+"')&Message=message", asForm)
			return arrived
		}},
		deliveryRow{"apigateway", "kinesis", "kinesis:PutRecord", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
			stream, arrived := l.stream()
			l.api("kinesis:action/PutRecord", permitted, "kinesis:PutRecord", stream, `{"StreamName":"target","Data":"$util.base64Encode('record')","PartitionKey":"key"}`, nil)
			return arrived
		}},
		deliveryRow{"apigateway", "states", "states:StartExecution", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
			machine, arrived := l.machine()
			l.api("states:action/StartExecution", permitted, "states:StartExecution", machine, `{"stateMachineArn":"`+machine+`","input":"{}"}`, nil)
			return arrived
		}},
		deliveryRow{"apigateway", "events", "events:PutEvents", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
			bus, arrived := l.bus()
			l.api("events:action/PutEvents", permitted, "events:PutEvents", bus, `{"Entries":[{"EventBusName":"target","Source":"api","DetailType":"call","Detail":"{}"}]}`, nil)
			return arrived
		}},
		deliveryRow{"apigateway", "s3", "s3:PutObject", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
			bucket := l.S3().CreateBucket("target")
			l.apiMethod("PUT", "s3:path/target/key", permitted, "s3:PutObject", bucket.ARN()+"/key", "data", nil)
			return func() bool { return len(bucket.Keys()) > 0 }
		}},
		deliveryRow{"apigateway", "dynamodb", "dynamodb:PutItem", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
			table := dynamotest.Of(l.Account).Create("target", "id")
			l.api("dynamodb:action/PutItem", permitted, "dynamodb:PutItem", table.ARN(), `{"TableName":"target","Item":{"id":{"S":"a"}}}`, nil)
			return func() bool { return len(table.Items()) > 0 }
		}},
		// A service without a fake is judged by the catalog, and then a stub answers, or nobody.
		deliveryRow{"apigateway", "appsync", "appsync:ListGraphqlApis", ":assumed-role/delivery/", func(l *deliveryLab, permitted bool) func() bool {
			l.apiMethod("GET", "appsync:path/v1/apis", permitted, "appsync:ListGraphqlApis", "*", "", nil)
			return func() bool {
				for _, e := range l.World().Log().Events() {
					for i := range e.Decisions {
						if d := &e.Decisions[i]; d.Request.Action == "appsync:ListGraphqlApis" && d.Allowed() {
							return true
						}
					}
				}
				return false
			}
		}},
	)
}

// asForm says that the body of a request is a form.
var asForm = map[string]string{"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"}

func (l *deliveryLab) api(uri string, permitted bool, action, resource, template string, parameters map[string]string) {
	l.apiMethod("POST", uri, permitted, action, resource, template, parameters)
}

// apiMethod makes an API with an integration, and calls it. What the service refuses, the API
// answers with its own status.
func (l *deliveryLab) apiMethod(method, uri string, permitted bool, action, resource, template string, parameters map[string]string) {
	l.t.Helper()
	role := l.role("apigateway.amazonaws.com", permitted, action, resource)
	var templates map[string]string
	if template != "" {
		templates = map[string]string{"application/json": template}
	}
	api := apigatewaytest.Of(l.Account).New("source")
	api.Method("POST", "/", apigateway.PutMethodInput{}, apigateway.PutIntegrationInput{
		Type: apitypes.IntegrationTypeAws, IntegrationHttpMethod: &method, Uri: aws.String("arn:aws:apigateway:" + l.Region() + ":" + uri), Credentials: &role,
		RequestTemplates: templates, RequestParameters: parameters,
	}, apigateway.PutIntegrationResponseInput{StatusCode: aws.String("200"), SelectionPattern: aws.String(`2\d\d`)}, apigateway.PutIntegrationResponseInput{StatusCode: aws.String("418")})
	resp := api.Deploy().Call(nil, http.MethodPost, "/", "{}")
	want := http.StatusTeapot
	if permitted && template != "" { // else nobody answers
		want = http.StatusOK
	}
	assert.Equal(l.t, want, resp.Status, resp.Body)
}

// The role of an integration must let API Gateway assume it.
func TestAPIRoleIsAssumed(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, apigatewaytest.With())
	role := acct.NewRole("role", awstest.Trust(awstest.Allow("sts:AssumeRole").By("lambda.amazonaws.com")), awstest.Allow("s3:*"))
	acct.S3().CreateBucket("target")
	api := apigatewaytest.Of(acct).New("api").Method("GET", "/", apigateway.PutMethodInput{}, apigateway.PutIntegrationInput{
		Type: apitypes.IntegrationTypeAws, IntegrationHttpMethod: aws.String("GET"), Uri: aws.String("arn:aws:apigateway:us-east-1:s3:path/target"), Credentials: aws.String(role.ARN()),
	}, apigateway.PutIntegrationResponseInput{StatusCode: aws.String("200")}).Deploy()
	assert.Equal(t, 500, api.Call(nil, http.MethodGet, "/", "").Status)
	denied := acct.Calls().Of("sts:AssumeRole")
	require.Len(t, denied, 1)
	assert.True(t, denied[0].Denied)
}
