package sqs_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/internal/sigv4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A raw request to SQS, signed as the owner's root user unless it is anonymous.
func (c *cloud) raw(t *testing.T, path, contentType, target, body string, anonymous bool, accept ...string) (*http.Response, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "https://sqs.us-east-1.amazonaws.com"+path, strings.NewReader(body))
	r.RequestURI = ""
	r.Header.Set("Content-Type", contentType)
	if len(accept) > 0 {
		r.Header["Accept"] = accept
	}
	if target != "" {
		r.Header.Set("X-Amz-Target", "AmazonSQS."+target)
	}
	if !anonymous {
		a, _ := c.Account(owner)
		key := aws.Credentials{AccessKeyID: a.Root.AccessKeyID, SecretAccessKey: a.Root.SecretAccessKey}
		require.NoError(t, v4.NewSigner().SignHTTP(t.Context(), key, r, sigv4.Hash([]byte(body)), "sqs", region, time.Now()))
	}
	resp, err := c.Door().RoundTrip(r)
	require.NoError(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(b)
}

const (
	asForm = "application/x-www-form-urlencoded"
	asJSON = "application/x-amz-json-1.0"
)

// rule 75, rule 76: the bodies of errors in both protocols.
func TestErrorBodies(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	create(t, c.root(), nil)
	for name, tc := range map[string]struct {
		path, contentType, target, body string
		anonymous                       bool
		status                          int
		want, header                    string
	}{
		"missing queue, Query": {"/111122223333/none", asForm, "", "Action=SendMessage&MessageBody=x&Version=2012-11-05", false, 400,
			`<ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Type>Sender</Type><Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified queue does not exist for this wsdl version.</Message><Detail/></Error><RequestId>ID</RequestId></ErrorResponse>`, ""},
		"missing queue, JSON": {"/", asJSON, "SendMessage", `{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/111122223333/none","MessageBody":"x"}`, false, 400,
			`{"__type":"com.amazonaws.sqs#QueueDoesNotExist","message":"The specified queue does not exist."}`, "AWS.SimpleQueueService.NonExistentQueue;Sender"},
		"denied, Query": {"/111122223333/jobs", asForm, "", "Action=SendMessage&MessageBody=x&Version=2012-11-05", true, 403,
			`<ErrorResponse xmlns="http://queue.amazonaws.com/doc/2012-11-05/"><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>Access to the resource https://sqs.us-east-1.amazonaws.com/111122223333/jobs is denied.</Message><Detail/></Error><RequestId>ID</RequestId></ErrorResponse>`, ""},
		"denied, JSON": {"/", asJSON, "SendMessage", `{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/111122223333/jobs","MessageBody":"x"}`, true, 403,
			`{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"Access to the resource https://sqs.us-east-1.amazonaws.com/ is denied."}`, "AccessDenied;Sender"},
	} {
		t.Run(name, func(t *testing.T) {
			resp, body := c.raw(t, tc.path, tc.contentType, tc.target, tc.body, tc.anonymous)
			assert.Equal(t, tc.status, resp.StatusCode)
			id := resp.Header.Get("X-Amzn-Requestid")
			assert.NotEmpty(t, id)
			assert.Equal(t, tc.want, strings.TrimPrefix(strings.ReplaceAll(body, id, "ID"), `<?xml version="1.0"?>`))
			assert.Equal(t, tc.header, resp.Header.Get("X-Amzn-Query-Error"))
		})
	}
}

// The URL of a queue has the actions that are about a queue, and no others.
func TestActionsOfAQueueURL(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	create(t, c.root(), nil)
	for path, actions := range map[string]map[string]string{
		"/111122223333/jobs": {
			"ReceiveMessage": "<ReceiveMessageResult/>", "GetQueueAttributes": "<GetQueueAttributesResult/>", "ListQueueTags": "<ListQueueTagsResult/>",
			"CreateQueue": "not valid", "ListQueues": "not valid", "GetQueueUrl": "not valid", "FooBar": "not valid",
		},
		"/": {
			"CreateQueue": "<QueueUrl>https://sqs.us-east-1.amazonaws.com/111122223333/jobs</QueueUrl>", "ListQueues": "<QueueUrl>",
			"FooBar": "<Code>InvalidAction</Code><Message>Could not find operation FooBar for version 2012-11-05</Message>",
		},
	} {
		for action, want := range actions {
			resp, body := c.raw(t, path, asForm, "", "Action="+action+"&QueueName=jobs&Version=2012-11-05", false)
			if want == "not valid" {
				assert.Equal(t, 400, resp.StatusCode)
				want = "<Type>Sender</Type><Code>InvalidAction</Code><Message>The action " + action + " is not valid for this endpoint.</Message>"
			}
			assert.Contains(t, body, want)
		}
	}
	// In the JSON protocol the header names the operation, whatever the path is.
	resp, _ := c.raw(t, "/111122223333/jobs", asJSON, "ListQueues", "{}", false)
	assert.Equal(t, 200, resp.StatusCode)
	// At the endpoint itself the queue is named, by its URL or its name.
	for _, queue := range []string{"jobs", "https%3A%2F%2Fsqs.us-east-1.amazonaws.com%2F111122223333%2Fjobs"} {
		_, body := c.raw(t, "/", asForm, "", "Action=SendMessage&MessageBody=x&Version=2012-11-05&QueueUrl="+queue, false)
		assert.Contains(t, body, "<SendMessageResult>")
	}
}

// The Query protocol answers in JSON who accepts that, errors too.
func TestQueryInJSON(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	create(t, c.root(), nil)
	const as = "application/json"
	for _, tc := range []struct{ path, form, want string }{
		{"/", "Action=ListQueues", `{"ListQueuesResponse":{"ListQueuesResult":{"queueUrls":["https://sqs.us-east-1.amazonaws.com/111122223333/jobs"]},"ResponseMetadata":{"RequestId":"ID"}}}`},
		{"/111122223333/jobs", "Action=GetQueueAttributes&AttributeName.1=VisibilityTimeout", `{"GetQueueAttributesResponse":{"GetQueueAttributesResult":{"Attributes":[{"Name":"VisibilityTimeout","Value":"30"}]},"ResponseMetadata":{"RequestId":"ID"}}}`},
		{"/111122223333/none", "Action=PurgeQueue", `{"Error":{"Type":"Sender","Code":"AWS.SimpleQueueService.NonExistentQueue","Message":"The specified queue does not exist for this wsdl version.","Detail":null},"RequestId":"ID"}`},
		{"/111122223333/jobs", "Action=Fly", `{"Error":{"Type":"Sender","Code":"InvalidAction","Message":"The action Fly is not valid for this endpoint.","Detail":null},"RequestId":"ID"}`},
	} {
		resp, body := c.raw(t, tc.path, asForm, "", tc.form+"&Version=2012-11-05", false, as)
		assert.Equal(t, as, resp.Header.Get("Content-Type"))
		assert.JSONEq(t, tc.want, strings.ReplaceAll(body, resp.Header.Get("X-Amzn-Requestid"), "ID"))
	}
}

// A zero that a client sends is a delay, other than one that it does not send: in
// both protocols, for a message and for an entry of a batch.
func TestSentZeroDelay(t *testing.T) {
	t.Parallel()
	const url = "https://sqs.us-east-1.amazonaws.com/111122223333/jobs"
	for name, tc := range map[string]struct {
		contentType, target, body string
		delayed                   string
	}{
		"JSON, zero":        {asJSON, "SendMessage", `{"QueueUrl":"` + url + `","MessageBody":"x","DelaySeconds":0}`, "0"},
		"JSON, none":        {asJSON, "SendMessage", `{"QueueUrl":"` + url + `","MessageBody":"x"}`, "1"},
		"JSON batch":        {asJSON, "SendMessageBatch", `{"QueueUrl":"` + url + `","Entries":[{"Id":"a","MessageBody":"x","DelaySeconds":0},{"Id":"b","MessageBody":"x"},{"Id":"c","MessageBody":"x","DelaySeconds":0}]}`, "1"},
		"Query, zero":       {asForm, "", "Action=SendMessage&MessageBody=x&DelaySeconds=0", "0"},
		"Query, none":       {asForm, "", "Action=SendMessage&MessageBody=x", "1"},
		"Query batch":       {asForm, "", "Action=SendMessageBatch&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=x&SendMessageBatchRequestEntry.1.DelaySeconds=0&SendMessageBatchRequestEntry.2.Id=b&SendMessageBatchRequestEntry.2.MessageBody=x", "1"},
		"Query batch, none": {asForm, "", "Action=SendMessageBatch&SendMessageBatchRequestEntry.1.Id=a&SendMessageBatchRequestEntry.1.MessageBody=x&SendMessageBatchRequestEntry.2.Id=b&SendMessageBatchRequestEntry.2.MessageBody=x", "2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			create(t, c.root(), map[string]string{"DelaySeconds": "60"})
			path := "/"
			if tc.contentType == asForm {
				path = "/111122223333/jobs"
			}
			resp, body := c.raw(t, path, tc.contentType, tc.target, tc.body, false)
			require.Equal(t, 200, resp.StatusCode, body)
			out, err := c.root().GetQueueAttributes(t.Context(), &awssqs.GetQueueAttributesInput{QueueUrl: aws.String(url), AttributeNames: []types.QueueAttributeName{"ApproximateNumberOfMessagesDelayed"}})
			require.NoError(t, err)
			assert.Equal(t, tc.delayed, out.Attributes["ApproximateNumberOfMessagesDelayed"])
		})
	}
}

// The hosts that queue URLs have had, and what becomes of another region's.
func TestQueueURLHosts(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	create(t, c.root(), nil)
	send := func(host string) error {
		_, err := c.root().SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: aws.String(host + "/111122223333/jobs"), MessageBody: aws.String("x")})
		return err
	}
	for _, host := range []string{
		"https://sqs.us-east-1.amazonaws.com", "https://us-east-1.queue.amazonaws.com", "https://queue.amazonaws.com", "https://sqs-fips.us-east-1.amazonaws.com",
		"https://vpce-1-x.sqs.us-east-1.vpce.amazonaws.com", "http://127.0.0.1:4566", "http://localhost:4566/queue", "http://sqs.example.com",
	} {
		require.NoError(t, send(host), host)
	}
	for _, host := range []string{"https://sqs.eu-west-1.amazonaws.com", "https://eu-west-1.queue.amazonaws.com"} {
		var invalid *types.InvalidAddress
		require.ErrorAs(t, send(host), &invalid)
		assert.Equal(t, "The address "+host+"/ is not valid for this endpoint.", invalid.ErrorMessage())
	}
	west := func(o *awssqs.Options) { o.Region = "eu-west-1" }
	_, err := c.root().SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: aws.String("https://queue.amazonaws.com/111122223333/jobs"), MessageBody: aws.String("x")}, west)
	var invalid *types.InvalidAddress
	require.ErrorAs(t, err, &invalid)
	data, err := json.Marshal(invalid.ErrorMessage())
	require.NoError(t, err)
	assert.Contains(t, string(data), "https://queue.amazonaws.com/ is not valid")
}
