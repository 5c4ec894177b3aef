package sqs_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/smithy-go"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	owner    = worldtest.Account
	stranger = worldtest.Other
	region   = worldtest.Region
	queueARN = "arn:aws:sqs:" + region + ":" + owner + ":jobs"
)

// A cloud is a World with SQS, reached through the SDK's clients.
type cloud struct {
	*worldtest.World
	users *worldtest.Users
}

func newCloud(t testing.TB) *cloud {
	t.Helper()
	return newCloudBy(t, worldtest.InProcess)
}

func newCloudBy(t testing.TB, door worldtest.Door) *cloud {
	t.Helper()
	users := worldtest.NewUsers()
	return &cloud{worldtest.New(t, door, sqs.Service, users.Service()), users}
}

func (c *cloud) client(provider aws.CredentialsProvider) *awssqs.Client {
	return awssqs.NewFromConfig(c.ConfigOf(provider))
}

// root is the root user of the account that owns the queues.
func (c *cloud) root() *awssqs.Client { return awssqs.NewFromConfig(c.RootConfig(owner)) }

// user makes an IAM user with a policy, which may be empty.
func (c *cloud) user(account, name, policy string) *awssqs.Client {
	return c.client(c.userKey(account, name, policy))
}

func (c *cloud) userKey(account, name, policy string) aws.CredentialsProvider {
	user := c.users.Add(c.World.World, account, name, policy)
	return credentials.NewStaticCredentialsProvider(user.AccessKeyID, user.SecretAccessKey, "")
}

func create(t *testing.T, client *awssqs.Client, attributes map[string]string) *string {
	t.Helper()
	out, err := client.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String("jobs"), Attributes: attributes})
	require.NoError(t, err)
	return out.QueueUrl
}

func requireDenied(t *testing.T, err error, message string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, "AccessDenied", api.ErrorCode())
	assert.Equal(t, message, api.ErrorMessage())
	var response *http.ResponseError
	require.ErrorAs(t, err, &response)
	assert.Equal(t, 403, response.HTTPStatusCode())
}

func send(ctx context.Context, client *awssqs.Client, url *string) error {
	_, err := client.SendMessage(ctx, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
	return err
}

func allow(action, resource string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"` + action + `","Resource":"` + resource + `"}]}`
}

// The SDK checks the MD5 of bodies itself, and reads errors as their types.
func TestThroughTheSDK(t *testing.T) {
	t.Parallel()
	client := newCloud(t).root()
	url := create(t, client, nil)
	assert.Equal(t, "https://sqs.us-east-1.amazonaws.com/111122223333/jobs", *url)
	attributes := map[string]types.MessageAttributeValue{
		"text": {DataType: aws.String("String"), StringValue: aws.String("käse")},
		"raw":  {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}},
	}
	_, err := client.SendMessage(t.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("<ä> \"\n"), MessageAttributes: attributes})
	require.NoError(t, err)
	got, err := client.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{
		QueueUrl: url, MessageAttributeNames: []string{"All"}, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"},
	})
	require.NoError(t, err)
	require.Len(t, got.Messages, 1)
	assert.Equal(t, "<ä> \"\n", *got.Messages[0].Body)
	assert.Equal(t, attributes, got.Messages[0].MessageAttributes)
	assert.Equal(t, owner, got.Messages[0].Attributes["SenderId"])
	_, err = client.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: got.Messages[0].ReceiptHandle})
	require.NoError(t, err)

	for name, tc := range map[string]struct {
		call   func() error
		target any
		code   string
		status int
	}{
		"missing queue": {func() error { return send(t.Context(), client, aws.String(*url+"x")) },
			new(*types.QueueDoesNotExist), "AWS.SimpleQueueService.NonExistentQueue", 400},
		"receipt handle": {func() error {
			_, err := client.DeleteMessage(t.Context(), &awssqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("x")})
			return err
		}, new(*types.ReceiptHandleIsInvalid), "ReceiptHandleIsInvalid", 404},
		"batch": {func() error {
			_, err := client.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{}})
			return err
		}, new(*types.EmptyBatchRequest), "AWS.SimpleQueueService.EmptyBatchRequest", 400},
		"value": {func() error {
			_, err := client.ReceiveMessage(t.Context(), &awssqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 11})
			return err
		}, new(smithy.APIError), "InvalidParameterValue", 400},
	} {
		t.Run(name, func(t *testing.T) {
			err := tc.call()
			require.ErrorAs(t, err, tc.target)
			var api smithy.APIError
			require.ErrorAs(t, err, &api)
			assert.Equal(t, tc.code, api.ErrorCode())
			var response *http.ResponseError
			require.ErrorAs(t, err, &response)
			assert.Equal(t, tc.status, response.HTTPStatusCode())
			assert.NotEmpty(t, response.ServiceRequestID())
		})
	}
}

func TestDenials(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	url := create(t, c.root(), nil)
	missing := aws.String(*url + "-missing")

	// rule 68: the action is printed in lower case
	const because = " because no identity-based policy allows the sqs:sendmessage action"
	const user = "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: sqs:sendmessage on resource: "
	bob := c.user(owner, "bob", "")
	requireDenied(t, send(t.Context(), bob, url), user+queueARN+because)
	_, err := bob.SendMessageBatch(t.Context(), &awssqs.SendMessageBatchInput{QueueUrl: url, Entries: []types.SendMessageBatchRequestEntry{{Id: aws.String("1"), MessageBody: aws.String("x")}}})
	requireDenied(t, err, user+queueARN+because)

	// rule 78: who may not see a queue does not learn that it is missing
	requireDenied(t, send(t.Context(), bob, missing), user+queueARN+"-missing"+because)
	var notFound *types.QueueDoesNotExist
	require.ErrorAs(t, send(t.Context(), c.user(owner, "ann", allow("sqs:SendMessage", "*")), missing), &notFound)

	require.NoError(t, send(t.Context(), c.user(owner, "eve", allow("sqs:SendMessage", queueARN)), url))

	_, err = bob.ListQueues(t.Context(), &awssqs.ListQueuesInput{})
	requireDenied(t, err, "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: sqs:listqueues on resource: arn:aws:sqs:us-east-1:111122223333: because no identity-based policy allows the sqs:listqueues action")
	_, err = c.user(owner, "lister", allow("sqs:ListQueues", "arn:aws:sqs:us-east-1:111122223333:*")).ListQueues(t.Context(), &awssqs.ListQueuesInput{})
	require.NoError(t, err)
}

func TestQueuePolicyDeny(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	url := create(t, c.root(), map[string]string{
		"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"sqs:SendMessage","Resource":"` + queueARN + `"}]}`,
	})
	requireDenied(t, send(t.Context(), c.user(owner, "bob", allow("sqs:*", "*")), url),
		"User: arn:aws:iam::111122223333:user/bob is not authorized to perform: sqs:sendmessage on resource: "+queueARN+" with an explicit deny in a resource-based policy")
}

func TestQueuePolicyGrants(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ownerRoot := c.root()
	url := create(t, ownerRoot, nil)
	ctx := t.Context()
	guest := c.user(stranger, "guest", allow("sqs:*", "*"))
	requireDenied(t, send(ctx, guest, url), "User: arn:aws:iam::444455556666:user/guest is not authorized to perform: sqs:sendmessage on resource: "+queueARN+" because no resource-based policy allows the sqs:sendmessage action")

	_, err := ownerRoot.AddPermission(ctx, &awssqs.AddPermissionInput{QueueUrl: url, Label: aws.String("guests"), AWSAccountIds: []string{stranger}, Actions: []string{"*"}})
	require.NoError(t, err)
	require.NoError(t, send(ctx, guest, url))
	// rule 65: a grant to the account alone leaves the principal to be named by the queue's policy
	requireDenied(t, send(ctx, c.user(stranger, "nobody", ""), url), "User: arn:aws:iam::444455556666:user/nobody is not authorized to perform: sqs:sendmessage on resource: "+queueARN+" because no resource-based policy allows the sqs:sendmessage action")

	// rule 59: no policy lets another account delete the queue
	_, err = guest.DeleteQueue(ctx, &awssqs.DeleteQueueInput{QueueUrl: url})
	requireDenied(t, err, "User: arn:aws:iam::444455556666:user/guest is not authorized to perform: sqs:deletequeue on resource: "+queueARN+" because no resource-based policy allows the sqs:deletequeue action")

	_, err = ownerRoot.RemovePermission(ctx, &awssqs.RemovePermissionInput{QueueUrl: url, Label: aws.String("guests")})
	require.NoError(t, err)
	require.Error(t, send(ctx, guest, url))
}

func TestAnonymousAccess(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	url := create(t, c.root(), nil)
	anybody := c.client(aws.AnonymousCredentials{})
	requireDenied(t, send(t.Context(), anybody, url), "Access to the resource https://sqs.us-east-1.amazonaws.com/ is denied.")
	_, err := c.root().SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{
		"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"` + queueARN + `"}]}`,
	}})
	require.NoError(t, err)
	require.NoError(t, send(t.Context(), anybody, url))
	_, err = anybody.CreateQueue(t.Context(), &awssqs.CreateQueueInput{QueueName: aws.String("mine")})
	requireDenied(t, err, "Access to the resource https://sqs.us-east-1.amazonaws.com/ is denied.")
}

func TestTagConditions(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	url := create(t, c.root(), nil)
	_, err := c.root().TagQueue(t.Context(), &awssqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"team": "a"}})
	require.NoError(t, err)
	condition := func(action, operator, key, value string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":` + action + `,"Resource":"*","Condition":{"` + operator + `":{"` + key + `":"` + value + `"}}}]}`
	}
	require.NoError(t, send(t.Context(), c.user(owner, "a", condition(`"sqs:SendMessage"`, "StringEquals", "aws:ResourceTag/team", "a")), url))
	require.Error(t, send(t.Context(), c.user(owner, "b", condition(`"sqs:SendMessage"`, "StringEquals", "aws:ResourceTag/team", "b")), url))

	tag := func(client *awssqs.Client, key string) error {
		_, err := client.TagQueue(t.Context(), &awssqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{key: "x"}})
		return err
	}
	tagger := c.user(owner, "tagger", condition(`"sqs:TagQueue"`, "ForAllValues:StringEquals", "aws:TagKeys", "env"))
	require.NoError(t, tag(tagger, "env"))
	require.Error(t, tag(tagger, "team"))

	// rule 2: tags at creation take sqs:TagQueue too
	newQueue := &awssqs.CreateQueueInput{QueueName: aws.String("new"), Tags: map[string]string{"env": "x"}}
	_, err = c.user(owner, "maker", allow("sqs:CreateQueue", "*")).CreateQueue(t.Context(), newQueue)
	requireDenied(t, err, "User: arn:aws:iam::111122223333:user/maker is not authorized to perform: sqs:tagqueue on resource: arn:aws:sqs:us-east-1:111122223333:new because no identity-based policy allows the sqs:tagqueue action")
	_, err = c.user(owner, "both", condition(`["sqs:CreateQueue","sqs:TagQueue"]`, "StringEquals", "aws:RequestTag/env", "x")).CreateQueue(t.Context(), newQueue)
	require.NoError(t, err)
}

func TestInvalidPolicy(t *testing.T) {
	t.Parallel()
	client := newCloud(t).root()
	url := create(t, client, nil)
	for _, policy := range []string{
		`x`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sqs:*","Resource":"*"}]}`,
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*","Condition":{"StringEqual":{"a":"b"}}}]}`,
	} {
		_, err := client.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{"Policy": policy}})
		var invalid *types.InvalidAttributeValue
		require.ErrorAs(t, err, &invalid, policy)
		// rule 75: SQS does not say what is wrong
		assert.Equal(t, "Invalid value for the parameter Policy.", invalid.ErrorMessage())
	}
}

// rule 75: a policy that names a role which does not exist is refused
func TestPolicyForAMissingRole(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	client := c.root()
	c.Principals().Set("AROAAAAAAAAAAAAAAAAAA", "arn:aws:iam::"+owner+":role/worker")
	url := create(t, client, nil)
	grant := func(principal string) error {
		_, err := client.SetQueueAttributes(t.Context(), &awssqs.SetQueueAttributesInput{QueueUrl: url, Attributes: map[string]string{
			"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"sqs:*","Resource":"*"}]}`,
		}})
		return err
	}
	var invalid *types.InvalidAttributeValue
	require.ErrorAs(t, grant("arn:aws:iam::"+owner+":role/missing"), &invalid)
	for _, principal := range []string{"arn:aws:iam::" + owner + ":role/worker", "arn:aws:iam::999999999999:role/unknown", stranger, "*"} {
		require.NoError(t, grant(principal), principal)
	}
}

func TestVisibilityTimeoutInABubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client := newCloud(t).root()
		url := create(t, client, nil)
		require.NoError(t, send(t.Context(), client, url))
		in := &awssqs.ReceiveMessageInput{QueueUrl: url, WaitTimeSeconds: 20}
		first, err := client.ReceiveMessage(t.Context(), in)
		require.NoError(t, err)
		require.Len(t, first.Messages, 1)
		time.Sleep(15 * time.Second)
		start := time.Now()
		second, err := client.ReceiveMessage(t.Context(), in)
		require.NoError(t, err)
		require.Len(t, second.Messages, 1)
		assert.Equal(t, 15*time.Second, time.Since(start), "the poll returns when the 30 seconds are over")
	})
}
