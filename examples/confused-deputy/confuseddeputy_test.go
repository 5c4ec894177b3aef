// Package confuseddeputy proves that a queue takes events from the account's own
// buckets, and not from those of somebody who has found out the queue's ARN: S3 is the
// deputy of both.
package confuseddeputy

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/require"
)

func TestOnlyOurBucketsNotify(t *testing.T) {
	acct := awstest.New(t)
	stranger := acct.NewAccount()
	queue := acct.SQS().CreateQueue("events", nil)
	mayS3 := awstest.Allow("sqs:SendMessage").By("s3.amazonaws.com")

	queue.SetPolicy(mayS3.If("StringEquals", "aws:SourceAccount", acct.ID()))
	require.NoError(t, notify(t, acct, "ours", queue))
	require.ErrorContains(t, notify(t, stranger, "theirs", queue), "Unable to validate the following destination configurations")

	// Without the condition the queue is open to everybody who has a bucket.
	queue.SetPolicy(mayS3)
	require.NoError(t, notify(t, stranger, "theirs-too", queue))
}

// notify makes a bucket whose new objects the queue shall hear of.
func notify(t *testing.T, owner *awstest.Account, bucket string, queue *awstest.Queue) error {
	owner.S3().CreateBucket(bucket)
	_, err := s3.NewFromConfig(owner.Config()).PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{
		Bucket: &bucket,
		NotificationConfiguration: &types.NotificationConfiguration{QueueConfigurations: []types.QueueConfiguration{
			{QueueArn: aws.String(queue.ARN()), Events: []types.Event{"s3:ObjectCreated:*"}},
		}},
	})
	return err
}
