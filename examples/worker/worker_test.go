package worker

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/awstest"
)

func TestWorkerRoleIsLeastPrivilege(t *testing.T) {
	acct := awstest.New(t)
	queueURL := setUp(acct)
	role := acct.NewRole("worker", awstest.File("policy.json"))

	announce := func(prefix string) func(context.Context, aws.Config) error {
		return func(ctx context.Context, cfg aws.Config) error {
			w := &Worker{S3: s3.NewFromConfig(cfg), SQS: sqs.NewFromConfig(cfg), Bucket: "reports", QueueURL: queueURL}
			_, err := w.Announce(ctx, prefix)
			return err
		}
	}
	object := &s3.GetObjectInput{Bucket: aws.String("reports"), Key: aws.String("2026/q3.csv")}
	deleteReport := func(ctx context.Context, cfg aws.Config) error {
		_, err := s3.NewFromConfig(cfg).DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: object.Bucket, Key: object.Key})
		return err
	}

	awstest.Cases{
		{Name: "does its job", As: role, Call: announce("2026/"), Want: awstest.WantAllowed()},
		{Name: "not for other years", As: role, Call: announce("2025/"), Want: awstest.WantDenied("s3:ListBucket")},
		{Name: "cannot delete reports", As: role, Call: deleteReport, Want: awstest.WantDenied("s3:DeleteObject")},
		{Name: "cannot change reports", As: role, Want: awstest.WantDenied("s3:PutObject"),
			Call: func(ctx context.Context, cfg aws.Config) error {
				_, err := s3.NewFromConfig(cfg).PutObject(ctx, &s3.PutObjectInput{Bucket: object.Bucket, Key: object.Key, Body: strings.NewReader("forged")})
				return err
			}},
		{Name: "cannot read the queue", As: role, Want: awstest.WantDenied("sqs:ReceiveMessage"),
			Call: func(ctx context.Context, cfg aws.Config) error {
				_, err := sqs.NewFromConfig(cfg).ReceiveMessage(ctx, &sqs.ReceiveMessageInput{QueueUrl: &queueURL})
				return err
			}},
		{Name: "cannot give itself more", As: role, Want: awstest.WantDenied("iam:PutRolePolicy"),
			Call: func(ctx context.Context, cfg aws.Config) error {
				_, err := iam.NewFromConfig(cfg).PutRolePolicy(ctx, &iam.PutRolePolicyInput{
					RoleName: aws.String("worker"), PolicyName: aws.String("more"),
					PolicyDocument: aws.String(awstest.Document(awstest.Allow("*"))),
				})
				return err
			}},
	}.Run(t)
}

// setUp makes what the worker finds in production: the bucket with reports and
// the queue.
func setUp(acct *awstest.Account) (queueURL string) {
	reports := acct.S3().CreateBucket("reports")
	for _, key := range []string{"2026/q2.csv", "2026/q3.csv", "2025/q4.csv"} {
		reports.Put(key, "a,b,c")
	}
	return acct.SQS().CreateQueue("announcements", nil).URL()
}
