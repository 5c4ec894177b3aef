// Package dataperimeter keeps an organization's data inside: its principals reach
// only its own resources, and its resources only its own principals.
package dataperimeter

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/leastpriv/leastpriv/awstest"
)

func TestDataPerimeter(t *testing.T) {
	management := awstest.New(t)
	org := management.NewOrganization()
	ours, stranger := org.NewOU("workloads").NewAccount(), management.NewAccount()

	// Both buckets are open to everybody who may read buckets at all.
	shared(ours, "our-data")
	shared(stranger, "their-data")
	employee := ours.NewUser("employee", awstest.Allow("s3:*"))
	outsider := stranger.NewUser("outsider", awstest.Allow("s3:*"))

	org.AttachSCP("our-resources-only", awstest.Deny("s3:*").If("StringNotEquals", "aws:ResourceOrgID", org.ID()))
	org.AttachRCP("our-identities-only", awstest.Deny("s3:*").
		If("StringNotEqualsIfExists", "aws:PrincipalOrgID", org.ID()).
		If("BoolIfExists", "aws:PrincipalIsAWSService", "false"))

	awstest.Cases{
		{Name: "our data, our people", As: employee, Call: read("our-data"), Want: awstest.WantAllowed()},
		{Name: "nobody else reads it", As: outsider, Call: read("our-data"), Want: awstest.WantDenied("s3:GetObject")},
		{Name: "nor do we read elsewhere", As: employee, Call: read("their-data"), Want: awstest.WantDenied("s3:GetObject")},
		{Name: "others are not our business", As: outsider, Call: read("their-data"), Want: awstest.WantAllowed()},
	}.Run(t)
}

func read(bucket string) func(context.Context, aws.Config) error {
	return func(ctx context.Context, cfg aws.Config) error {
		_, err := s3.NewFromConfig(cfg).GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("report")})
		return err
	}
}

// shared makes a bucket whose policy lets everybody read.
func shared(acct *awstest.Account, name string) {
	bucket := acct.S3().CreateBucket(name)
	bucket.Put("report", "figures")
	bucket.AllowPublicAccess()
	bucket.SetPolicy(awstest.Allow("s3:GetObject").On(bucket.ARN() + "/*").By("*"))
}
