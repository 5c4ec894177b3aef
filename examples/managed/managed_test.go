// Package managed shows a policy of AWS's own, with its real document, and how
// much it allows.
package managed

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/leastpriv/leastpriv/awstest"
)

func TestReadOnlyAccessReadsEveryBucket(t *testing.T) {
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports")
	acct.S3().CreateBucket("salaries")
	client := s3.NewFromConfig(acct.NewRole("reporter", awstest.Managed("AmazonS3ReadOnlyAccess")).Config())

	_, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("reports")})
	awstest.RequireAllowed(t, err)
	_, err = client.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String("reports")})
	awstest.RequireDenied(t, err, "s3:DeleteBucket")

	// More than a reporter needs: a policy of one's own names the bucket.
	_, err = client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("salaries")})
	awstest.RequireAllowed(t, err)
}
