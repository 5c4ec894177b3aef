package sqs

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func arn(name string) string { return queueID{account, region, name}.arn() }

func redrive(target string, limit any) string {
	return fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%v}`, arn(target), limit)
}

func TestRedrivePolicyRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.create(t, "dead")
	url := b.create(t, "jobs")
	foreign := strings.Replace(redrive("dead", 3), account, other, 1)
	for document, reason := range map[string]string{
		`x`:                       "Redrive policy is not a valid JSON map.",
		`[]`:                      "Redrive policy is not a valid JSON map.",
		`null`:                    "Redrive policy is not a valid JSON map.",
		`{}]`:                     "Redrive policy is not a valid JSON map.",
		`{}{}`:                    "Redrive policy is not a valid JSON map.",
		`{}`:                      "Redrive policy does not contain mandatory attribute: maxReceiveCount.",
		`{"maxReceiveCount":1}`:   "Redrive policy does not contain mandatory attribute: deadLetterTargetArn.",
		redrive("dead", 0):        "Invalid value for maxReceiveCount: 0, valid values are from 1 to 1000 both inclusive.",
		redrive("dead", 1001):     "Invalid value for maxReceiveCount: 1001, valid values are from 1 to 1000 both inclusive.",
		redrive("dead", `"many"`): "Invalid value for maxReceiveCount: many, valid values are from 1 to 1000 both inclusive.",
		redrive("nobody", 3):      "Dead letter target does not exist.",
		foreign:                   "Dead letter target does not exist.",
		`{"deadLetterTargetArn":1,"maxReceiveCount":1}`:        "Dead letter target does not exist.",
		strings.Replace(redrive("dead", 3), "}", `,"x":1}`, 1): "Only following attributes are supported: [deadLetterTargetArn, maxReceiveCount].",
	} {
		requireError(t, b.set(url, "RedrivePolicy", document), "InvalidParameterValue",
			"Value "+document+" for parameter RedrivePolicy is invalid. Reason: "+reason)
	}
	assert.NotContains(t, b.attributes(t, url, "All"), "RedrivePolicy")
}

func TestRedriveAllowPolicy(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	dead, url := b.create(t, "dead"), b.create(t, "jobs")
	for _, bad := range []string{`x`, `[]`, `{}`, `{"redrivePermission":"some"}`, `{"redrivePermission":"byQueue","sourceQueueArns":["1","2","3","4","5","6","7","8","9","10","11"]}`} {
		requireError(t, b.set(dead, "RedriveAllowPolicy", bad), "InvalidAttributeValue", "Invalid value for the parameter RedriveAllowPolicy.")
	}
	const only = `{"redrivePermission":"byQueue"}`
	requireError(t, b.set(dead, "RedriveAllowPolicy", only), "InvalidParameterValue",
		"Value "+only+" for parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't create the redrive allow policy. When you specify the byQueue permission type, you must also specify one or more sourceQueueArns values.")
	listed := `{"redrivePermission":"denyAll","sourceQueueArns":["` + arn("jobs") + `"]}`
	requireError(t, b.set(dead, "RedriveAllowPolicy", listed), "InvalidParameterValue",
		"Value "+listed+" for parameter RedriveAllowPolicy is invalid. Reason: Amazon SQS can't create the redrive allow policy. To specify one or more source queue ARNs, you must set redrivePermission to byQueue.")

	for _, tc := range []struct {
		policy  string
		allowed bool
	}{
		{`{"redrivePermission":"denyAll"}`, false},
		{`{"redrivePermission":"byQueue","sourceQueueArns":["` + arn("others") + `"]}`, false},
		{`{"redrivePermission":"byQueue","sourceQueueArns":["` + arn("jobs") + `"]}`, true},
		{`{"redrivePermission":"allowAll"}`, true},
		{"", true},
	} {
		require.NoError(t, b.set(dead, "RedriveAllowPolicy", tc.policy))
		err := b.set(url, "RedrivePolicy", redrive("dead", 3))
		if tc.allowed {
			require.NoError(t, err)
			assert.JSONEq(t, redrive("dead", 3), b.attributes(t, url, "RedrivePolicy")["RedrivePolicy"])
		} else {
			requireError(t, err, "InvalidParameterValue", "Value "+redrive("dead", 3)+" for parameter RedrivePolicy is invalid. Reason: "+textRedriveNotAllowed)
		}
		require.NoError(t, b.set(url, "RedrivePolicy", ""))
	}
}

func TestDeadLetterQueue(t *testing.T) {
	t.Parallel()
	for _, limit := range []string{`2`, `"2"`} {
		b := newBench(t)
		dead := b.create(t, "dead")
		url := b.create(t, "jobs", "VisibilityTimeout", "0", "RedrivePolicy", redrive("dead", limit))
		b.post(t, url, "bad", "good")
		sent, _ := b.take(t, url, 1)
		b.take(t, url, 1)
		_, bodies := b.take(t, url, 10)
		assert.Equal(t, []string{"good"}, bodies, "a third receive moves the message")

		got := b.receive(t, &awssqs.ReceiveMessageInput{QueueUrl: dead, MessageSystemAttributeNames: []types.MessageSystemAttributeName{"All"}})
		require.Len(t, got, 1)
		assert.Equal(t, "bad", *got[0].Body)
		assert.Equal(t, sent[0].MessageId, got[0].MessageId)
		assert.Equal(t, arn("jobs"), got[0].Attributes["DeadLetterQueueSourceArn"])
		assert.Equal(t, "3", got[0].Attributes["ApproximateReceiveCount"])
		require.NoError(t, b.drop(url, sent[0].ReceiptHandle))
		assert.Equal(t, [3]string{"0", "1", "0"}, b.counts(t, dead))
	}
}

func TestDeadLettersKeepTheirAge(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	dead := b.create(t, "dead", "MessageRetentionPeriod", "120")
	url := b.create(t, "jobs", "VisibilityTimeout", "0", "RedrivePolicy", redrive("dead", 1))
	b.post(t, url, "x")
	b.advance(100 * time.Second)
	b.post(t, dead, "young")
	b.take(t, url, 1)
	b.take(t, url, 1)
	assert.Equal(t, [3]string{"2", "0", "0"}, b.counts(t, dead))
	b.advance(20 * time.Second)
	_, bodies := b.take(t, dead, 10)
	assert.Equal(t, []string{"young"}, bodies)
}

func TestDeadLetterQueueWakesItsPoller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		dead := b.create(t, "dead")
		url := b.create(t, "jobs", "VisibilityTimeout", "0", "RedrivePolicy", redrive("dead", 1))
		b.post(t, url, "x")
		start := b.fake.now()
		var wg sync.WaitGroup
		wg.Go(func() {
			out, err := b.ReceiveMessage(b.ctx, &awssqs.ReceiveMessageInput{QueueUrl: dead, WaitTimeSeconds: 20})
			if assert.NoError(t, err) {
				assert.Len(t, out.Messages, 1)
			}
		})
		time.Sleep(time.Second)
		b.take(t, url, 1)
		b.take(t, url, 1)
		wg.Wait()
		assert.Equal(t, time.Second, b.fake.now().sub(start))
	})
}

func TestDeletedDeadLetterQueue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	dead := b.create(t, "dead")
	url := b.create(t, "jobs", "VisibilityTimeout", "0", "RedrivePolicy", redrive("dead", 1))
	b.post(t, url, "x")
	_, err := b.DeleteQueue(b.ctx, &awssqs.DeleteQueueInput{QueueUrl: dead})
	require.NoError(t, err)
	for range 3 {
		_, bodies := b.take(t, url, 1)
		assert.Equal(t, []string{"x"}, bodies)
	}
}

func TestListDeadLetterSourceQueues(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	dead := b.create(t, "dead")
	list := func(in awssqs.ListDeadLetterSourceQueuesInput) *awssqs.ListDeadLetterSourceQueuesOutput {
		in.QueueUrl = dead
		out, err := b.ListDeadLetterSourceQueues(b.ctx, &in)
		require.NoError(t, err)
		return out
	}
	assert.Equal(t, []string{}, list(awssqs.ListDeadLetterSourceQueuesInput{}).QueueUrls)
	second := b.create(t, "b", "RedrivePolicy", redrive("dead", 1))
	first := b.create(t, "a", "RedrivePolicy", redrive("dead", 1))
	b.create(t, "c")
	assert.Equal(t, []string{*first, *second}, list(awssqs.ListDeadLetterSourceQueuesInput{}).QueueUrls)
	page := list(awssqs.ListDeadLetterSourceQueuesInput{MaxResults: aws.Int32(1)})
	assert.Equal(t, []string{*first}, page.QueueUrls)
	page = list(awssqs.ListDeadLetterSourceQueuesInput{MaxResults: aws.Int32(1), NextToken: page.NextToken})
	assert.Equal(t, []string{*second}, page.QueueUrls)
	assert.Nil(t, page.NextToken)
}
