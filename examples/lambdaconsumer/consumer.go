// Package lambdaconsumer is a Lambda function as a team would have it: it stores the orders
// of a queue in a bucket. The policy of its execution role is beside it, and a test that the
// role can do the job and nothing else.
package lambdaconsumer

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"strings"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// A Consumer stores orders in a bucket.
type Consumer struct {
	S3     *s3.Client
	Bucket string
}

// New makes a Consumer of a config. In AWS, main is
//
//	lambda.Start(lambdaconsumer.New(cfg, os.Getenv("BUCKET")).Handle)
func New(cfg aws.Config, bucket string) *Consumer { return &Consumer{s3.NewFromConfig(cfg), bucket} }

// Handle stores the orders of a batch, and answers which of them it could not.
func (c *Consumer) Handle(ctx context.Context, batch events.SQSEvent) (events.SQSEventResponse, error) {
	var failed events.SQSEventResponse
	for _, m := range batch.Records {
		if err := c.store(ctx, m.Body); err != nil {
			log.Printf("message %s: %v", m.MessageId, err)
			failed.BatchItemFailures = append(failed.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return failed, nil
}

func (c *Consumer) store(ctx context.Context, body string) error {
	var order struct{ ID string }
	if err := json.Unmarshal([]byte(body), &order); err != nil {
		return err
	}
	if order.ID == "" {
		return errors.New("the order has no id")
	}
	_, err := c.S3.PutObject(ctx, &s3.PutObjectInput{Bucket: &c.Bucket, Key: aws.String("orders/" + order.ID + ".json"), Body: strings.NewReader(body)})
	return err
}
