// Package worker is a small program as a team would have it, with the policy of
// its role beside it and a test that the role can do the job and nothing else.
package worker

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// A Worker announces the reports of a bucket on a queue.
type Worker struct {
	S3       *s3.Client
	SQS      *sqs.Client
	Bucket   string
	QueueURL string
}

// Announce sends one message for each report below a prefix, and returns how
// many there were.
func (w *Worker) Announce(ctx context.Context, prefix string) (int, error) {
	sent := 0
	pages := s3.NewListObjectsV2Paginator(w.S3, &s3.ListObjectsV2Input{Bucket: &w.Bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return sent, fmt.Errorf("list reports: %w", err)
		}
		for _, object := range page.Contents {
			report, err := w.S3.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &w.Bucket, Key: object.Key})
			if err != nil {
				return sent, fmt.Errorf("look at %s: %w", *object.Key, err)
			}
			_, err = w.SQS.SendMessage(ctx, &sqs.SendMessageInput{
				QueueUrl:    &w.QueueURL,
				MessageBody: aws.String(fmt.Sprintf("%s %d", *object.Key, *report.ContentLength)),
			})
			if err != nil {
				return sent, fmt.Errorf("announce %s: %w", *object.Key, err)
			}
			sent++
		}
	}
	return sent, nil
}
