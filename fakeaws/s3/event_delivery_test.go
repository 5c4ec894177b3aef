package s3

import (
	"context"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A client that leaves does not stop the events that its own call caused, but those of
// many lifecycle rules are left to the next call.
func TestDeliveryEndsWithItsClient(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	_, err := l.PutBucketNotificationConfiguration(l.ctx, &awss3.PutBucketNotificationConfigurationInput{Bucket: ptr("bucket"), SkipDestinationValidation: ptr(true),
		NotificationConfiguration: &types.NotificationConfiguration{QueueConfigurations: []types.QueueConfiguration{
			{QueueArn: ptr("arn:aws:sqs:us-east-1:" + owner + ":q"), Events: []types.Event{"s3:LifecycleExpiration:*"}}}}})
	require.NoError(t, err)
	left, leave := context.WithCancel(t.Context())
	leave()
	happen := func(n int) {
		l.fake.mu.Lock()
		defer l.fake.mu.Unlock()
		b, err := l.fake.named("bucket")
		require.NoError(t, err)
		for range n {
			l.fake.notify(b, &object{key: "key"}, occurrence{event: types.EventS3LifecycleExpirationDelete})
		}
	}
	happen(maxUnwatched)
	l.fake.deliver(left)
	assert.Zero(t, l.fake.outbox.unsent.Load(), "what one call can cause is sent")
	happen(2*maxUnwatched + 1)
	l.fake.deliver(left)
	assert.EqualValues(t, maxUnwatched+1, l.fake.outbox.unsent.Load())
	_, err = l.HeadBucket(l.ctx, &awss3.HeadBucketInput{Bucket: ptr("bucket")})
	require.NoError(t, err)
	assert.Zero(t, l.fake.outbox.unsent.Load(), "the next call sends the rest")
	assert.Empty(t, l.fake.outbox.waiting)
}
