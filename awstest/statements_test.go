package awstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/awstest"
)

// Several statements are a policy of every kind: of identities, of trust, and of
// organizations.
func TestStatements(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, acct *awstest.Account) {
		org := acct.NewOrganization()
		member := org.NewAccount()
		user := member.NewUser("u", awstest.Statements(awstest.Allow("s3:*"), awstest.Allow("sqs:*")))
		buckets := func() error {
			_, err := s3.NewFromConfig(user.Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
			return err
		}
		create := func() error {
			_, err := sqs.NewFromConfig(user.Config()).GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &[]string{"q"}[0]})
			return err
		}
		member.SQS().CreateQueue("q", nil)
		awstest.AssertAllowed(t, buckets())
		awstest.AssertAllowed(t, create())
		org.AttachRCP("two", awstest.Statements(awstest.Deny("sqs:GetQueueUrl"), awstest.Deny("s3:GetObject")))
		awstest.AssertDenied(t, create(), "sqs:GetQueueUrl")
		org.AttachSCP("two", awstest.Statements(awstest.Deny("s3:ListAllMyBuckets"), awstest.Deny("iam:*")))
		awstest.AssertDenied(t, buckets(), "s3:ListAllMyBuckets")
	})
}
