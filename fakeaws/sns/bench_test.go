package sns_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// BenchmarkPublish reports what a message to one queue takes as a ratio to SendMessage by
// the same client, through the door of the process: delivered raw, and in a document whose
// signature alone takes an RSA operation of 2048 bits.
func BenchmarkPublish(b *testing.B) {
	for _, raw := range []string{"true", "false"} {
		b.Run("raw="+raw, func(b *testing.B) {
			c := newCloudBy(b, worldtest.InProcess)
			topic := c.topic(b, "orders")
			c.queue(b, owner, "q", topicARN).subscribe(b, c.root(), topic, "RawMessageDelivery", raw)
			c.queue(b, owner, "floor", "")
			topics, queues := c.root(), awssqs.NewFromConfig(c.RootConfig(owner))
			url := aws.String("https://sqs." + region + ".amazonaws.com/" + owner + "/floor")
			body := aws.String("a message")
			var published, sent time.Duration
			for b.Loop() {
				start := time.Now()
				_, err := topics.Publish(b.Context(), &awssns.PublishInput{TopicArn: topic, Message: body})
				published += time.Since(start)
				require.NoError(b, err)
				start = time.Now()
				_, err = queues.SendMessage(b.Context(), &awssqs.SendMessageInput{QueueUrl: url, MessageBody: body})
				sent += time.Since(start)
				require.NoError(b, err)
			}
			b.ReportMetric(float64(published)/float64(sent), "x/SendMessage")
			b.ReportMetric(float64(published.Nanoseconds())/float64(b.N), "ns/publish")
		})
	}
}
