// Package bucketpolicy shares a bucket's objects through its bucket policy:
// within the account the policy alone is enough; to another account it is one
// of two permissions.
package bucketpolicy

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/require"
)

func TestBucketPolicy(t *testing.T) {
	acct := awstest.New(t)
	root := s3.NewFromConfig(acct.Config())
	reader := acct.NewUser("reader") // no policy of its own
	stranger := acct.NewUser("stranger")
	partner := acct.NewAccount().NewUser("partner")

	_, err := root.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("shared-data")})
	require.NoError(t, err)
	_, err = root.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("shared-data"), Key: aws.String("q3.csv"), Body: strings.NewReader("a,b"),
	})
	require.NoError(t, err)
	_, err = root.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{
		Bucket: aws.String("shared-data"),
		Policy: aws.String(awstest.Document(
			awstest.Allow("s3:GetObject").On("arn:aws:s3:::shared-data/*").By(reader.ARN(), partner.ARN()),
		)),
	})
	require.NoError(t, err)

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
