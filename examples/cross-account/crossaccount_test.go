// Package crossaccount follows a deployment from one account of an organization
// into another: both accounts must agree, and the organization has the last word.
package crossaccount

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/leastpriv/leastpriv/awstest"
)

func TestCrossAccount(t *testing.T) {
	org := awstest.New(t).NewOrganization() // of the management account
	tools := org.NewOU("tools").NewAccount()
	production := org.NewOU("production")
	prod := production.NewAccount()

	pipeline := tools.NewRole("pipeline")
	deploy := prod.NewRole("deploy",
		awstest.Trust(awstest.Allow("sts:AssumeRole").By(pipeline.ARN())),
		awstest.Allow("s3:CreateBucket", "s3:PutObject", "s3:DeleteBucket"),
	)

	// inProd is the pipeline's config in the other account, as a program makes it.
	inProd := pipeline.Config()
	inProd.Credentials = aws.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(pipeline.Config()), deploy.ARN()))
	client := s3.NewFromConfig(inProd)
	release := func(ctx context.Context) error {
		if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("releases")}); err != nil {
			return err
		}
		_, err := client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: aws.String("releases"), Key: aws.String("v1"), Body: strings.NewReader("binary"),
		})
		return err
	}

	// The role trusts the pipeline, but the pipeline's own account does not let it.
	awstest.AssertDenied(t, release(t.Context()), "sts:AssumeRole")
	pipeline.Attach(awstest.Allow("sts:AssumeRole").On(deploy.ARN()))
	awstest.AssertAllowed(t, release(t.Context()))

	// An SCP limits what the role may do, whatever its own policies say.
	production.AttachSCP("keep-data", awstest.Deny("s3:DeleteBucket", "s3:DeleteObject"))
	_, err := client.DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String("releases")})
	awstest.AssertDenied(t, err, "s3:DeleteBucket")

	// It binds the root user of the account too.
	_, err = s3.NewFromConfig(prod.Config()).DeleteBucket(t.Context(), &s3.DeleteBucketInput{Bucket: aws.String("releases")})
	awstest.AssertDenied(t, err, "s3:DeleteBucket")
}
