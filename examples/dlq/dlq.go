// Package dlq handles the messages of a queue, and brings those back that ended in
// its dead-letter queue.
package dlq

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// Work receives one batch of messages and deletes those that handle takes. The
// others come back when their visibility timeout is over.
func Work(ctx context.Context, client *sqs.Client, queueURL string, handle func(body string) error) error {
	batch, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queueURL, MaxNumberOfMessages: 10, WaitTimeSeconds: 20})
	if err != nil {
		return err
	}
	for _, m := range batch.Messages {
		if handle(*m.Body) != nil {
			continue
		}
		if _, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &queueURL, ReceiptHandle: m.ReceiptHandle}); err != nil {
			return err
		}
	}
	return nil
}

// Redrive sends the messages of a dead-letter queue back to where they came from.
func Redrive(ctx context.Context, client *sqs.Client, deadARN string) error {
	_, err := client.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: &deadARN, MaxNumberOfMessagesPerSecond: aws.Int32(10)})
	return err
}
