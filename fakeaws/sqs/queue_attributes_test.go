package sqs

import (
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAttributesOfANewQueue(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	now := strconv.FormatInt(b.fake.queues[queueID{account, region, "jobs"}].created.time().Unix(), 10)
	assert.Equal(t, map[string]string{
		"ApproximateNumberOfMessages":           "0",
		"ApproximateNumberOfMessagesDelayed":    "0",
		"ApproximateNumberOfMessagesNotVisible": "0",
		"CreatedTimestamp":                      now,
		"DelaySeconds":                          "0",
		"LastModifiedTimestamp":                 now,
		"MaximumMessageSize":                    "1048576",
		"MessageRetentionPeriod":                "345600",
		"QueueArn":                              "arn:aws:sqs:us-east-1:111122223333:jobs",
		"ReceiveMessageWaitTimeSeconds":         "0",
		"SqsManagedSseEnabled":                  "true",
		"VisibilityTimeout":                     "30",
	}, b.attributes(t, url, types.QueueAttributeNameAll))
	assert.Empty(t, b.attributes(t, url))
	assert.Equal(t, map[string]string{"QueueArn": "arn:aws:sqs:us-east-1:111122223333:jobs"}, b.attributes(t, url, "QueueArn", "Policy"))

	for _, name := range []types.QueueAttributeName{"Nope", "FifoQueue", "queuearn"} {
		_, err := b.GetQueueAttributes(b.ctx, &awssqs.GetQueueAttributesInput{QueueUrl: url, AttributeNames: []types.QueueAttributeName{"All", name}})
		require.True(t, isA[*types.InvalidAttributeName](err))
		requireError(t, err, "InvalidAttributeName", "Unknown Attribute "+string(name)+".")
	}
}

func TestSetQueueAttributes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	for _, tc := range []struct {
		name string
		good []string
		bad  []string
	}{
		{"DelaySeconds", []string{"0", "900"}, []string{"-1", "901", "", "x", "1.5"}},
		{"MaximumMessageSize", []string{"1024", "1048576"}, []string{"1023", "1048577"}},
		{"MessageRetentionPeriod", []string{"60", "1209600"}, []string{"59", "1209601"}},
		{"ReceiveMessageWaitTimeSeconds", []string{"0", "20"}, []string{"-1", "21"}},
		{"VisibilityTimeout", []string{"0", "43200"}, []string{"-1", "43201", "99999999999999999999"}},
		{"SqsManagedSseEnabled", []string{"false", "true"}, []string{"", "yes"}},
		{"KmsDataKeyReusePeriodSeconds", []string{"60", "86400"}, []string{"59", "86401"}},
		{"Policy", nil, []string{"{", "[]x"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, value := range tc.good {
				require.NoError(t, b.set(url, tc.name, value))
				assert.Equal(t, value, b.attributes(t, url, types.QueueAttributeName(tc.name))[tc.name])
			}
			before := b.attributes(t, url, "All")
			for _, value := range tc.bad {
				err := b.set(url, tc.name, value)
				require.True(t, isA[*types.InvalidAttributeValue](err), value)
				requireError(t, err, "InvalidAttributeValue", "Invalid value for the parameter "+tc.name+".")
			}
			assert.Equal(t, before, b.attributes(t, url, "All"))
		})
	}
}

func TestSetQueueAttributesRefusals(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	for _, name := range []string{"All", "QueueArn", "CreatedTimestamp", "ApproximateNumberOfMessages", "FifoQueue", "ContentBasedDeduplication", "Nope"} {
		requireError(t, b.set(url, name, "true"), "InvalidAttributeName", "Unknown Attribute "+name+".")
	}
	requireError(t, b.set(url), "MissingParameter", "The request must contain the parameter Attributes.")
	require.True(t, isA[*types.QueueDoesNotExist](b.set(noURL, "DelaySeconds", "1")))

	t.Run("all or nothing", func(t *testing.T) {
		require.Error(t, b.set(url, "DelaySeconds", "5", "VisibilityTimeout", "-1"))
		assert.Equal(t, "0", b.attributes(t, url, "DelaySeconds")["DelaySeconds"])
	})
}

func TestEncryption(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	names := []types.QueueAttributeName{"SqsManagedSseEnabled", "KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds"}
	steps := []struct {
		set  []string
		want map[string]string
	}{
		{nil, map[string]string{"SqsManagedSseEnabled": "true"}},
		{[]string{"KmsMasterKeyId", "alias/aws/sqs"}, map[string]string{"SqsManagedSseEnabled": "false", "KmsMasterKeyId": "alias/aws/sqs", "KmsDataKeyReusePeriodSeconds": "300"}},
		{[]string{"KmsDataKeyReusePeriodSeconds", "600"}, map[string]string{"SqsManagedSseEnabled": "false", "KmsMasterKeyId": "alias/aws/sqs", "KmsDataKeyReusePeriodSeconds": "600"}},
		{[]string{"KmsMasterKeyId", "k", "SqsManagedSseEnabled", "false"}, map[string]string{"SqsManagedSseEnabled": "false", "KmsMasterKeyId": "k", "KmsDataKeyReusePeriodSeconds": "600"}},
		{[]string{"KmsMasterKeyId", ""}, map[string]string{"SqsManagedSseEnabled": "false", "KmsDataKeyReusePeriodSeconds": "600"}},
		{[]string{"KmsMasterKeyId", "k"}, map[string]string{"SqsManagedSseEnabled": "false", "KmsMasterKeyId": "k", "KmsDataKeyReusePeriodSeconds": "600"}},
		{[]string{"SqsManagedSseEnabled", "true"}, map[string]string{"SqsManagedSseEnabled": "true", "KmsDataKeyReusePeriodSeconds": "600"}},
	}
	for _, step := range steps {
		if step.set != nil {
			require.NoError(t, b.set(url, step.set...))
		}
		assert.Equal(t, step.want, b.attributes(t, url, names...), step.set)
	}
	const both = "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE."
	requireError(t, b.set(url, "KmsMasterKeyId", "k", "SqsManagedSseEnabled", "True"), "InvalidAttributeName", both)
	_, err := b.CreateQueue(b.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("both"), Attributes: map[string]string{"KmsMasterKeyId": "k", "SqsManagedSseEnabled": "true"}})
	requireError(t, err, "InvalidAttributeName", both)
}

func TestFIFOAttributes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.fifo(t, "orders.fifo")
	names := []types.QueueAttributeName{"FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"}
	want := map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "false", "DeduplicationScope": "queue", "FifoThroughputLimit": "perQueue"}
	assert.Equal(t, want, b.attributes(t, url, names...))
	for name, value := range want {
		assert.Equal(t, value, b.attributes(t, url, "All")[name])
	}

	const alone = "Value perMessageGroupId for parameter FifoThroughputLimit is invalid. Reason: The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup."
	requireError(t, b.set(url, "FifoThroughputLimit", "perMessageGroupId"), "InvalidParameterValue", alone)
	require.NoError(t, b.set(url, "DeduplicationScope", "messageGroup"))
	require.NoError(t, b.set(url, "FifoThroughputLimit", "perMessageGroupId"))
	requireError(t, b.set(url, "DeduplicationScope", "queue"), "InvalidParameterValue", alone)
	require.NoError(t, b.set(url, "DeduplicationScope", "queue", "FifoThroughputLimit", "perQueue"))
	require.NoError(t, b.set(url, "ContentBasedDeduplication", "true", "FifoQueue", "true"))
	for name, value := range map[string]string{"ContentBasedDeduplication": "yes", "DeduplicationScope": "group", "FifoThroughputLimit": ""} {
		requireError(t, b.set(url, name, value), "InvalidAttributeValue", "Invalid value for the parameter "+name+".")
	}
	for _, name := range names {
		_, err := b.GetQueueAttributes(b.ctx, &awssqs.GetQueueAttributesInput{QueueUrl: b.create(t, "standard"), AttributeNames: []types.QueueAttributeName{name}})
		requireError(t, err, "InvalidAttributeName", "Unknown Attribute "+string(name)+".")
	}
	b.fifo(t, "orders.fifo", "ContentBasedDeduplication", "true")
	_, err := b.CreateQueue(b.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("orders.fifo"), Attributes: map[string]string{"FifoQueue": "true", "ContentBasedDeduplication": "false"}})
	require.True(t, isA[*types.QueueNameExists](err))
}

func TestLastModified(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	url := b.create(t, "jobs")
	b.advance(time.Hour)
	require.NoError(t, b.set(url, "DelaySeconds", "1"))
	a := b.attributes(t, url, "All")
	created, err := strconv.Atoi(a["CreatedTimestamp"])
	require.NoError(t, err)
	modified, err := strconv.Atoi(a["LastModifiedTimestamp"])
	require.NoError(t, err)
	assert.InDelta(t, 3600, modified-created, 1)
}

func TestPolicyAttribute(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const policy = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:111122223333:jobs"}]}`
	url := b.create(t, "jobs", "Policy", policy)
	assert.JSONEq(t, policy, b.attributes(t, url, "Policy")["Policy"])
	b.create(t, "jobs", "Policy", policy)

	require.NoError(t, b.set(url, "Policy", ""))
	assert.NotContains(t, b.attributes(t, url, "All"), "Policy")
	_, err := b.CreateQueue(b.ctx, &awssqs.CreateQueueInput{QueueName: aws.String("jobs"), Attributes: map[string]string{"Policy": policy}})
	require.True(t, isA[*types.QueueNameExists](err))
}
