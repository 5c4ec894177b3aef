// Package quickstart is the main job in one test: a call is denied with AWS's
// own words, the policy is fixed, the call is allowed.
package quickstart

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/leastpriv/leastpriv/awstest"
)

func TestQuickstart(t *testing.T) {
	acct := awstest.New(t)
	user := acct.NewUser("test")
	client := s3.NewFromConfig(user.Config())

	_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("mybucket")})
	awstest.RequireDenied(t, err, "s3:CreateBucket")
	var denied smithy.APIError
	errors.As(err, &denied)
	t.Logf("%s: %s", denied.ErrorCode(), denied.ErrorMessage())

	user.Attach(awstest.Allow("s3:CreateBucket").On("arn:aws:s3:::mybucket"))

	_, err = client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("mybucket")})
	awstest.RequireAllowed(t, err)
	t.Logf("allowed: %s made mybucket", user.ARN())
}
