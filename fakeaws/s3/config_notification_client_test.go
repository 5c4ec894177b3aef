package s3_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestNotifications(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		queues := sqs.New(sqs.Options{Region: "us-east-1", Credentials: a.root.Options().Credentials, HTTPClient: a.world.Door(), Retryer: aws.NopRetryer{}})
		queue, err := queues.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("events")})
		require.NoError(t, err)
		const arn = "arn:aws:sqs:us-east-1:111122223333:events"
		put := func(in types.NotificationConfiguration, skip bool) error {
			_, err := a.root.PutBucketNotificationConfiguration(ctx, &awss3.PutBucketNotificationConfigurationInput{Bucket: aws.String("bucket"), NotificationConfiguration: &in, SkipDestinationValidation: &skip})
			return err
		}
		to := func(arns ...string) types.NotificationConfiguration {
			var n types.NotificationConfiguration
			for _, arn := range arns {
				n.QueueConfigurations = append(n.QueueConfigurations, types.QueueConfiguration{QueueArn: &arn, Events: []types.Event{"s3:ObjectCreated:*"}})
			}
			return n
		}
		admit := func(condition string) {
			_, err := queues.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: queue.QueueUrl, Attributes: map[string]string{"Policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
			"Principal":{"Service":"s3.amazonaws.com"},"Action":"sqs:SendMessage","Resource":"` + arn + `","Condition":` + condition + `}]}`}})
			require.NoError(t, err)
		}
		empty, err := a.root.GetBucketNotificationConfiguration(ctx, &awss3.GetBucketNotificationConfigurationInput{Bucket: aws.String("bucket")})
		require.NoError(t, err)
		assert.Empty(t, members(empty))

		requireAPIError(t, put(to("events"), false), "InvalidArgument", "The ARN could not be parsed")
		const (
			unable       = "InvalidArgument Unable to validate the following destination configurations"
			noQueue      = "The destination queue does not exist"
			noPermission = "Permissions on the destination queue do not allow S3 to publish notifications from this bucket"
		)
		assert.Equal(t, unable+" ArgumentName1="+arn+"-missing ArgumentValue1="+noQueue, a.refusal("bucket", to(arn+"-missing")))
		assert.Equal(t, unable+" ArgumentName1="+arn+" ArgumentValue1="+noPermission, a.refusal("bucket", to(arn)))
		several := to(arn, arn+"-missing")
		several.QueueConfigurations[1].Events = []types.Event{"s3:ObjectRemoved:*"}
		assert.Equal(t, unable+" ArgumentName1="+arn+" ArgumentValue1="+noPermission+" ArgumentName2="+arn+"-missing ArgumentValue2="+noQueue, a.refusal("bucket", several))
		assert.Equal(t, unable+" ArgumentName1=arn:aws:sqs:us-east-1:999988887777:q ArgumentValue1="+noQueue, a.refusal("bucket", to("arn:aws:sqs:us-east-1:999988887777:q")), "no such account")
		admit(`{"ArnEquals":{"aws:SourceArn":"arn:aws:s3:::other"}}`)
		requireAPIError(t, put(to(arn), false), "InvalidArgument", "")
		const topic = "arn:aws:sns:us-east-1:111122223333:t"
		assert.Equal(t, unable+" ArgumentName1="+topic+" ArgumentValue1=The destination topic does not exist", a.refusal("bucket", types.NotificationConfiguration{
			TopicConfigurations: []types.TopicConfiguration{{TopicArn: aws.String(topic), Events: []types.Event{"s3:ObjectCreated:*"}}},
		}), "a World without SNS has no topics")
		requireAPIError(t, put(to(arn, arn), false), "InvalidArgument", "Configurations overlap. Configurations on the same bucket cannot share a common event type.")
		bad := to(arn)
		bad.QueueConfigurations[0].Events = []types.Event{"s3:Nothing"}
		requireAPIError(t, put(bad, false), "MalformedXML", "")
		got, err := a.root.GetBucketNotificationConfiguration(ctx, &awss3.GetBucketNotificationConfigurationInput{Bucket: aws.String("bucket")})
		require.NoError(t, err)
		assert.Empty(t, members(got), "what was refused changed nothing")

		admit(`{"ArnEquals":{"aws:SourceArn":"arn:aws:s3:::bucket"},"StringEquals":{"aws:SourceAccount":"111122223333"}}`)
		require.NoError(t, put(to(arn), false))
		got, err = a.root.GetBucketNotificationConfiguration(ctx, &awss3.GetBucketNotificationConfigurationInput{Bucket: aws.String("bucket")})
		require.NoError(t, err)
		require.Len(t, got.QueueConfigurations, 1)
		assert.Equal(t, arn, *got.QueueConfigurations[0].QueueArn)
		assert.NotEmpty(t, *got.QueueConfigurations[0].Id)
		received, err := queues.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl})
		require.NoError(t, err)
		require.Len(t, received.Messages, 1)
		var event map[string]string
		require.NoError(t, json.Unmarshal([]byte(*received.Messages[0].Body), &event))
		assert.Equal(t, []string{"Amazon S3", "s3:TestEvent", "bucket"}, []string{event["Service"], event["Event"], event["Bucket"]})
		require.NoError(t, put(to(arn+"-missing"), true), "unless the client asks not to look")
	})
}

func TestReplication(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("source")
		a.bucket("target")
		const role = "arn:aws:iam::111122223333:role/copier"
		config := func(set func(*types.ReplicationConfiguration)) *types.ReplicationConfiguration {
			cfg := &types.ReplicationConfiguration{Role: aws.String(role), Rules: []types.ReplicationRule{{Status: "Enabled", Priority: aws.Int32(1), Filter: &types.ReplicationRuleFilter{Prefix: aws.String("")},
				DeleteMarkerReplication: &types.DeleteMarkerReplication{Status: "Disabled"}, Destination: &types.Destination{Bucket: aws.String("arn:aws:s3:::target")}}}}
			set(cfg)
			return cfg
		}
		put := func(c *awss3.Client, cfg *types.ReplicationConfiguration) error {
			_, err := c.PutBucketReplication(ctx, &awss3.PutBucketReplicationInput{Bucket: aws.String("source"), ReplicationConfiguration: cfg})
			return err
		}
		whole := config(func(*types.ReplicationConfiguration) {})
		_, err := a.root.GetBucketReplication(ctx, &awss3.GetBucketReplicationInput{Bucket: aws.String("source")})
		requireAPIError(t, err, "ReplicationConfigurationNotFoundError", "The replication configuration was not found")
		requireAPIError(t, put(a.root, whole), "InvalidRequest", "Versioning must be 'Enabled' on the bucket to apply a replication configuration")
		a.versioning("source")
		requireAPIError(t, put(a.root, whole), "InvalidRequest", "Destination bucket must have versioning enabled.")
		a.versioning("target")
		require.NoError(t, put(a.root, whole))
		got, err := a.root.GetBucketReplication(ctx, &awss3.GetBucketReplicationInput{Bucket: aws.String("source")})
		require.NoError(t, err)
		assert.Equal(t, whole, got.ReplicationConfiguration)

		requireAPIError(t, put(a.root, config(func(c *types.ReplicationConfiguration) { c.Role = aws.String("copier") })), "InvalidArgument", "Invalid Role specified in replication configuration")
		requireAPIError(t, put(a.root, config(func(c *types.ReplicationConfiguration) { c.Rules[0].Priority = nil })), "InvalidRequest", "")
		requireAPIError(t, put(a.root, config(func(c *types.ReplicationConfiguration) { c.Rules[0].DeleteMarkerReplication = nil })), "InvalidRequest", "")
		requireAPIError(t, put(a.root, config(func(c *types.ReplicationConfiguration) { c.Rules = append(c.Rules, c.Rules[0]) })), "InvalidRequest", "Found duplicate priority 1. Priority must be unique.")
		requireAPIError(t, put(a.root, config(func(c *types.ReplicationConfiguration) { c.Rules[0].Destination.Bucket = aws.String("to") })), "InvalidArgument", "Invalid bucket ARN")
		requireAPIError(t, put(a.root, config(func(c *types.ReplicationConfiguration) {
			c.Rules[0].Destination.Bucket = aws.String("arn:aws:s3:::none")
		})), "InvalidRequest", "Destination bucket must exist.")

		a.allow(`{"Effect":"Allow","Action":"s3:PutReplicationConfiguration","Resource":"*"}`)
		requireAPIError(t, put(a.user, whole), "AccessDenied", `User: arn:aws:iam::111122223333:user/reader is not authorized to perform: iam:PassRole on resource: "`+role+`" because no identity-based policy allows the iam:PassRole action`)
		a.allow(`{"Effect":"Allow","Action":"s3:PutReplicationConfiguration","Resource":"*"},{"Effect":"Allow","Action":"iam:PassRole","Resource":"` + role + `","Condition":{"StringEquals":{"iam:PassedToService":"s3.amazonaws.com"}}}`)
		require.NoError(t, put(a.user, whole))
	})
}
