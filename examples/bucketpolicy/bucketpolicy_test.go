// Package bucketpolicy shares a bucket's objects through its bucket policy:
// within the account the policy alone is enough; to another account it is one
// of two permissions.
package bucketpolicy

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/leastpriv/leastpriv/awstest"
)

func TestBucketPolicy(t *testing.T) {
	acct := awstest.New(t)
	reader := acct.NewUser("reader") // no policy of its own
	stranger := acct.NewUser("stranger")
	partner := acct.NewAccount().NewUser("partner")

	bucket := acct.S3().CreateBucket("shared-data")
	bucket.Put("q3.csv", "a,b")
	bucket.SetPolicy(awstest.Allow("s3:GetObject").On("arn:aws:s3:::shared-data/*").By(reader.ARN(), partner.ARN()))

	get := func(p *awstest.Principal) error {
		_, err := s3.NewFromConfig(p.Config()).GetObject(t.Context(), &s3.GetObjectInput{
			Bucket: aws.String("shared-data"), Key: aws.String("q3.csv"),
		})
		return err
	}
	awstest.AssertAllowed(t, get(reader))
	awstest.AssertDenied(t, get(stranger), "s3:GetObject")

	// Across accounts the caller's own account must allow it too.
	awstest.AssertDenied(t, get(partner), "s3:GetObject")
	partner.Attach(awstest.Allow("s3:GetObject").On("arn:aws:s3:::shared-data/*"))
	awstest.AssertAllowed(t, get(partner))
}
