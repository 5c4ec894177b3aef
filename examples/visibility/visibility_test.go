// Package visibility tests with virtual time: in a testing/synctest bubble a
// visibility timeout of 30 s passes at once.
package visibility

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/require"
)

func TestMessageComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		acct := awstest.New(t)
		client := sqs.NewFromConfig(acct.Config())
		queue, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("jobs")})
		require.NoError(t, err)
		_, err = client.SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String("job")})
		require.NoError(t, err)

		receive := func(wait int32) []string {
			out, err := client.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, WaitTimeSeconds: wait, VisibilityTimeout: 30})
			require.NoError(t, err)
			var bodies []string
			for _, m := range out.Messages {
				bodies = append(bodies, *m.Body)
			}
			return bodies
		}

		require.Equal(t, []string{"job"}, receive(0))
		require.Empty(t, receive(0), "the message is in flight")

		// A long poll wakes the moment the message is visible again.
		start := time.Now()
		require.Empty(t, receive(20))
		require.Equal(t, []string{"job"}, receive(20))
		require.Equal(t, 30*time.Second, time.Since(start))
	})
}
