// Package ingest is one of two whose tests use different parts of a policy.
package ingest

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/leastpriv/leastpriv/awstest"
)

func TestIngest(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("incoming")
	worker := acct.NewRole("worker", awstest.File("../worker.json"))

	put := func(ctx context.Context, cfg aws.Config) error {
		_, err := s3.NewFromConfig(cfg).PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("incoming"), Key: aws.String("raw/1"), Body: strings.NewReader("x")})
		return err
	}
	remove := func(ctx context.Context, cfg aws.Config) error {
		_, err := s3.NewFromConfig(cfg).DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("incoming"), Key: aws.String("raw/1")})
		return err
	}
	awstest.Cases{
		{Name: "writes", As: worker, Call: put, Want: awstest.WantAllowed()},
		{Name: "keeps what is raw", As: worker, Call: remove, Want: awstest.WantDenied("s3:DeleteObject")},
	}.Run(t)
}
