package sqs

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const openPolicy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:*","Resource":"*"}]}`

func sendNeeds(b *bench, in *awssqs.SendMessageInput) ([]fakeaws.Need, error) {
	return needsOf(b.fake.sendMessage(b.as(account, b.root()), in))
}

func TestNeedOfAQueue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs", "Policy", openPolicy)
	_, err := b.TagQueue(b.ctx, &awssqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"team": "a"}})
	require.NoError(t, err)
	needs, err := sendNeeds(b, &awssqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
	require.NoError(t, err)
	require.Len(t, needs, 1)
	n := needs[0]
	assert.Equal(t, "sqs:SendMessage", n.Action)
	assert.Equal(t, arn("jobs"), n.Resource)
	assert.Equal(t, account, n.ResourceAccount)
	assert.JSONEq(t, openPolicy, n.Policy.Document())
	assert.Zero(t, n.Entry)
	assert.Equal(t, map[string]string{"aws:resourcetag/team": "a"}, keys(&n.Context))
}

func TestNeedOfAMissingQueue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	// rule 78: a queue is looked for after the caller was authorized
	needs, err := sendNeeds(b, &awssqs.SendMessageInput{QueueUrl: noURL, MessageBody: aws.String("x")})
	require.NoError(t, err)
	assert.Equal(t, arn("missing"), needs[0].Resource)
	assert.Equal(t, account, needs[0].ResourceAccount)
	assert.Same(t, noPolicy, needs[0].Policy)
}

func TestShapeBeforeAuthorization(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := sendNeeds(b, &awssqs.SendMessageInput{})
	requireError(t, err, "MissingParameter", "The request must contain the parameter QueueUrl.")
	_, err = sendNeeds(b, &awssqs.SendMessageInput{QueueUrl: noURL})
	requireError(t, err, "MissingParameter", "The request must contain the parameter MessageBody.")
	_, err = sendNeeds(b, &awssqs.SendMessageInput{QueueUrl: aws.String("x/y"), MessageBody: aws.String("x")})
	require.True(t, isA[*types.InvalidAddress](err))
	_, err = needsOf(b.fake.createQueue(b.as(account, b.root()), &awssqs.CreateQueueInput{}))
	requireError(t, err, "MissingParameter", "The request must contain the parameter QueueName.")
	_, err = needsOf(b.fake.getQueueURL(b.as(account, b.root()), &awssqs.GetQueueUrlInput{}))
	requireError(t, err, "MissingParameter", "The request must contain the parameter QueueName.")
}

func TestOwnerOnlyActions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs", "Policy", openPolicy)
	in := &awssqs.DeleteQueueInput{QueueUrl: url}
	for _, tc := range []struct {
		caller string
		reach  sharing
		policy bool
	}{
		// rule 59: the policy of the queue counts for its owner's principals only
		{account, ownerOnly, true},
		{account, shareable, true},
		{other, ownerOnly, false},
		{other, shareable, true},
		{"", ownerOnly, false},
		{"", shareable, true},
	} {
		call := b.as(tc.caller, enforce.Principal{})
		needs, err := needsOf(onQueue(b.fake, call, in.QueueUrl, "sqs:X", tc.reach, func(*queue) (*awssqs.DeleteQueueOutput, error) { return nil, nil }))
		require.NoError(t, err)
		assert.Equal(t, tc.policy, needs[0].Policy != noPolicy)
		assert.Equal(t, account, needs[0].ResourceAccount)
	}
}

func TestNeedsOfTagging(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tags := map[string]string{"team": "a", "env": "b"}
	want := map[string]string{"aws:requesttag/team": "a", "aws:requesttag/env": "b", "aws:tagkeys": "env,team"}

	// rule 2: to create with tags takes both permissions
	needs, err := needsOf(b.fake.createQueue(b.as(account, b.root()), &awssqs.CreateQueueInput{QueueName: aws.String("jobs"), Tags: tags}))
	require.NoError(t, err)
	require.Len(t, needs, 2)
	for i, action := range []string{"sqs:CreateQueue", "sqs:TagQueue"} {
		assert.Equal(t, action, needs[i].Action)
		assert.Equal(t, arn("jobs"), needs[i].Resource)
		assert.Equal(t, want, keys(&needs[i].Context))
	}
	needs, err = needsOf(b.fake.createQueue(b.as(account, b.root()), &awssqs.CreateQueueInput{QueueName: aws.String("jobs")}))
	require.NoError(t, err)
	require.Len(t, needs, 1)
	assert.Empty(t, keys(&needs[0].Context))

	url := b.create(t, "jobs")
	needs, err = needsOf(b.fake.tagQueue(b.as(account, b.root()), &awssqs.TagQueueInput{QueueUrl: url, Tags: tags}))
	require.NoError(t, err)
	assert.Equal(t, "sqs:TagQueue", needs[0].Action)
	assert.Equal(t, want, keys(&needs[0].Context))
	_, err = b.TagQueue(b.ctx, &awssqs.TagQueueInput{QueueUrl: url, Tags: tags})
	require.NoError(t, err)

	needs, err = needsOf(b.fake.untagQueue(b.as(account, b.root()), &awssqs.UntagQueueInput{QueueUrl: url, TagKeys: []string{"team", "x"}}))
	require.NoError(t, err)
	assert.Equal(t, "sqs:UntagQueue", needs[0].Action)
	assert.Equal(t, map[string]string{"aws:resourcetag/team": "a", "aws:resourcetag/env": "b", "aws:tagkeys": "team,x"}, keys(&needs[0].Context))
}

func TestNeedsOfNames(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	// rule 3: ListQueues is evaluated with the ARN of a queue without a name
	needs, err := needsOf(b.fake.listQueues(b.as(account, b.root()), &awssqs.ListQueuesInput{QueueNamePrefix: aws.String("x")}))
	require.NoError(t, err)
	assert.Equal(t, "sqs:ListQueues", needs[0].Action)
	assert.Equal(t, "arn:aws:sqs:us-east-1:111122223333:", needs[0].Resource)

	needs, err = needsOf(b.fake.getQueueURL(b.as(account, b.root()), &awssqs.GetQueueUrlInput{QueueName: aws.String("jobs"), QueueOwnerAWSAccountId: aws.String(other)}))
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:sqs:us-east-1:444455556666:jobs", needs[0].Resource)
	assert.Equal(t, other, needs[0].ResourceAccount)
}

func TestAnonymousCallers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	// rule 68: SQS names neither action nor resource to callers without a user or role
	const refusal = "Access to the resource https://sqs.us-east-1.amazonaws.com/ is denied."
	call := b.as("", enforce.Principal{Type: enforce.Anonymous})
	_, err := needsOf(b.fake.createQueue(call, &awssqs.CreateQueueInput{QueueName: aws.String("jobs")}))
	requireError(t, err, "AccessDenied", refusal)
	_, err = needsOf(b.fake.listQueues(call, &awssqs.ListQueuesInput{}))
	requireError(t, err, "AccessDenied", refusal)
	for _, p := range []enforce.PrincipalType{enforce.Anonymous, enforce.Service} {
		err := b.fake.Denied(b.as("", enforce.Principal{Type: p}), &fakeaws.Need{}, &enforce.Decision{})
		requireError(t, err, "AccessDenied", refusal)
	}
}

func TestOps(t *testing.T) {
	t.Parallel()
	var bound []string
	for _, op := range newBench(t).fake.Ops() {
		bound = append(bound, op.Name)
	}
	var all []string
	client := reflect.TypeFor[*awssqs.Client]()
	for i := range client.NumMethod() {
		if name := client.Method(i).Name; name != "Options" {
			all = append(all, name)
		}
	}
	assert.ElementsMatch(t, all, bound, "every operation of the SDK's client, once")
}
