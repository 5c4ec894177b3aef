// Package readonly gives a user an inline policy through the IAM API, as a
// deployment would: the user reads and lists, and cannot delete.
package readonly

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/require"
)

const policy = `{
  "Version": "2012-10-17",
  "Statement": [{
    "Effect": "Allow",
    "Action": ["s3:GetObject", "s3:ListBucket"],
    "Resource": [
      "arn:aws:s3:::my-bucket",
      "arn:aws:s3:::my-bucket/*"
    ]
  }]
}`

func TestDevReadsAndCannotDelete(t *testing.T) {
	ctx := t.Context()
	acct := awstest.New(t)

	acct.S3().CreateBucket("my-bucket").Put("file.txt", "hello")

	// What a deployment does.
	admin := iam.NewFromConfig(acct.Config())
	_, err := admin.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("dev")})
	require.NoError(t, err)
	_, err = admin.PutUserPolicy(ctx, &iam.PutUserPolicyInput{
		UserName: aws.String("dev"), PolicyName: aws.String("s3-read"), PolicyDocument: aws.String(policy),
	})
	require.NoError(t, err)

	// What the user that it made can do.
	dev := s3.NewFromConfig(acct.IAM().User("dev").Config())

	list, err := dev.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("my-bucket")})
	awstest.RequireAllowed(t, err)
	require.Len(t, list.Contents, 1)
	require.Equal(t, "file.txt", *list.Contents[0].Key)

	_, err = dev.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("my-bucket"), Key: aws.String("file.txt")})
	awstest.AssertDenied(t, err, "s3:DeleteObject")
	require.ErrorContains(t, err, `User: arn:aws:iam::000000000000:user/dev is not authorized to perform: s3:DeleteObject on resource: "arn:aws:s3:::my-bucket/file.txt" because no identity-based policy allows the s3:DeleteObject action`)
}
