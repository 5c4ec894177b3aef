package sqs

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func (b *bench) grant(url *string, label string, accounts []string, actions ...string) error {
	_, err := b.AddPermission(b.ctx, &awssqs.AddPermissionInput{QueueUrl: url, Label: &label, AWSAccountIds: accounts, Actions: actions})
	return err
}

func (b *bench) revoke(url *string, label string) error {
	_, err := b.RemovePermission(b.ctx, &awssqs.RemovePermissionInput{QueueUrl: url, Label: &label})
	return err
}

func TestAddPermission(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	require.NoError(t, b.grant(url, "one", []string{other}, "ReceiveMessage"))
	// rule 59: the statement that SQS writes
	assert.JSONEq(t, `{"Version":"2008-10-17","Id":"arn:aws:sqs:us-east-1:111122223333:jobs/SQSDefaultPolicy","Statement":[`+
		`{"Sid":"one","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"SQS:ReceiveMessage","Resource":"arn:aws:sqs:us-east-1:111122223333:jobs"}]}`,
		b.attributes(t, url, "Policy")["Policy"])

	require.NoError(t, b.grant(url, "two", []string{other, account}, "SendMessage", "*"))
	assert.Contains(t, b.attributes(t, url, "Policy")["Policy"],
		`{"Sid":"two","Effect":"Allow","Principal":{"AWS":["arn:aws:iam::444455556666:root","arn:aws:iam::111122223333:root"]},"Action":["SQS:SendMessage","SQS:*"],`)

	// rule 75: a label is used once
	requireError(t, b.grant(url, "one", []string{other}, "SendMessage"), "InvalidParameterValue", "Value one for parameter Label is invalid. Reason: Already exists.")
	requireError(t, b.revoke(url, "three"), "InvalidParameterValue", "Value three for parameter Label is invalid. Reason: can't find label.")

	require.NoError(t, b.revoke(url, "one"))
	policy := b.attributes(t, url, "Policy")["Policy"]
	assert.NotContains(t, policy, `"one"`)
	assert.Contains(t, policy, `"two"`)
	require.NoError(t, b.revoke(url, "two"))
	assert.NotContains(t, b.attributes(t, url, "All"), "Policy")
}

func TestPermissionsBesideAPolicy(t *testing.T) {
	t.Parallel()
	for name, statement := range map[string]string{
		"a list":             `[{"Sid":"own","Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}]`,
		"a single statement": `{"Sid":"own","Effect":"Deny","Principal":"*","Action":"sqs:*","Resource":"*"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			url := b.create(t, "jobs", "Policy", `{"Version":"2012-10-17","Statement":`+statement+`}`)
			require.NoError(t, b.grant(url, "one", []string{other}, "SendMessage"))
			policy := b.attributes(t, url, "Policy")["Policy"]
			assert.True(t, strings.HasPrefix(policy, `{"Version":"2012-10-17","Statement":[{"Sid":"own","Effect":"Deny",`), policy)
			require.NoError(t, b.revoke(url, "own"))
			assert.NotContains(t, b.attributes(t, url, "Policy")["Policy"], "Deny")
		})
	}
}

func TestAddPermissionRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	somebody := []string{other}
	for _, tc := range []struct {
		label         string
		accounts      []string
		actions       []string
		code, message string
	}{
		{"", somebody, []string{"SendMessage"}, "MissingParameter", "The request must contain the parameter Label."},
		{"a b", somebody, []string{"SendMessage"}, "InvalidParameterValue", "Value a b for parameter Label is invalid. Reason: " + textQueueName},
		{"l", somebody, nil, "MissingParameter", "The request must contain the parameter Actions."},
		{"l", somebody, make([]string, 8), "OverLimit", "8 Actions were found, maximum allowed is 7."},
		{"l", nil, []string{"SendMessage"}, "InvalidParameterValue", "Value [] for parameter PrincipalId is invalid. Reason: Unable to verify."},
		{"l", []string{other, "1"}, []string{"SendMessage"}, "InvalidParameterValue", "Value [444455556666, 1] for parameter PrincipalId is invalid. Reason: Unable to verify."},
		{"l", somebody, []string{"SendMessage", "RemovePermission"}, "InvalidParameterValue", "Value SQS:RemovePermission for parameter ActionName is invalid. Reason: Only the queue owner is allowed to invoke this action."},
		{"l", somebody, []string{"Dance"}, "InvalidParameterValue", "Value SQS:Dance for parameter ActionName is invalid. Reason: Please refer to the appropriate WSDL for a list of valid actions."},
	} {
		requireError(t, b.grant(url, tc.label, tc.accounts, tc.actions...), tc.code, tc.message)
	}
	assert.NotContains(t, b.attributes(t, url, "All"), "Policy")
	require.True(t, isA[*types.QueueDoesNotExist](b.grant(noURL, "l", somebody, "SendMessage")))
	require.True(t, isA[*types.QueueDoesNotExist](b.revoke(noURL, "l")))
	_, err := b.RemovePermission(b.ctx, &awssqs.RemovePermissionInput{QueueUrl: url})
	requireError(t, err, "MissingParameter", "The request must contain the parameter Label.")
}

func TestTags(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	created, err := b.CreateQueue(b.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("jobs"), Tags: map[string]string{"team": "a", "Team": "b"}})
	require.NoError(t, err)
	url := created.QueueUrl
	tags := func() map[string]string {
		out, err := b.ListQueueTags(b.ctx, &awssqs.ListQueueTagsInput{QueueUrl: url})
		require.NoError(t, err)
		return out.Tags
	}
	tag := func(tags map[string]string) error {
		_, err := b.TagQueue(b.ctx, &awssqs.TagQueueInput{QueueUrl: url, Tags: tags})
		return err
	}
	assert.Equal(t, map[string]string{"team": "a", "Team": "b"}, tags())
	require.NoError(t, tag(map[string]string{"team": "c", "empty": "", "unicode": "käse +-=._:/@"}))
	assert.Equal(t, map[string]string{"team": "c", "Team": "b", "empty": "", "unicode": "käse +-=._:/@"}, tags())
	_, err = b.UntagQueue(b.ctx, &awssqs.UntagQueueInput{QueueUrl: url, TagKeys: []string{"Team", "empty", "unicode", "none"}})
	require.NoError(t, err)
	assert.Equal(t, map[string]string{"team": "c"}, tags())

	many := make(map[string]string)
	for i := range 50 {
		many[strings.Repeat("k", i+1)] = ""
	}
	for _, tc := range []struct {
		tags          map[string]string
		code, message string
	}{
		{nil, "MissingParameter", "The request must contain the parameter Tags."},
		{map[string]string{"": "x"}, "InvalidParameterValue", textTagKey},
		{map[string]string{strings.Repeat("k", 129): "x"}, "InvalidParameterValue", textTagKey},
		{map[string]string{"k": strings.Repeat("v", 257)}, "InvalidParameterValue", textTagValue},
		{map[string]string{"AWS:k": "v"}, "InvalidParameterValue", textTagReserved},
		{map[string]string{"k": "a*"}, "InvalidParameterValue", textTagCharacters},
		{many, "InvalidParameterValue", "Too many tags added for queue jobs."},
	} {
		requireError(t, tag(tc.tags), tc.code, tc.message)
	}
	assert.Equal(t, map[string]string{"team": "c"}, tags())
	_, err = b.UntagQueue(b.ctx, &awssqs.UntagQueueInput{QueueUrl: url})
	requireError(t, err, "MissingParameter", "The request must contain the parameter TagKeys.")
	_, err = b.CreateQueue(b.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("bad"), Tags: map[string]string{"": ""}})
	requireError(t, err, "InvalidParameterValue", textTagKey)
	assert.Len(t, b.fake.queues, 1)
}

// A permission for more accounts than fit into a policy is refused as the policy is.
func TestPermissionForManyAccounts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	permit := func(label string, accounts int) error {
		return b.grant(url, label, slices.Repeat([]string{account}, accounts), "SendMessage")
	}
	for _, accounts := range []int{maxPermitted, maxPermitted + 1, 70_000} {
		requireError(t, permit("many", accounts), "InvalidAttributeValue", "Invalid value for the parameter Policy.")
	}
	require.NoError(t, permit("some", maxPermitted/2))
}
