package awstest_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func listReports(ctx context.Context, p *awstest.Principal) error {
	_, err := s3.NewFromConfig(p.Config()).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("reports")})
	return err
}

func TestPolicyDiff(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.WithMode(awstest.Soft))
	bucket := acct.S3().CreateBucket("reports")
	queue := acct.SQS().CreateQueue("jobs", nil)
	role := acct.NewRole("worker", awstest.Statements(
		awstest.Allow("s3:List*", "s3:GetObject").On(bucket.ARN(), bucket.ARN()+"/*").Sid("Read"),
		awstest.Allow("sqs:ReceiveMessage").On(queue.ARN()),
		awstest.Deny("s3:DeleteBucket"),
	))
	require.NoError(t, listReports(t.Context(), role))
	for range 2 {
		_, err := sqs.NewFromConfig(role.Config()).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(queue.URL()), MessageBody: aws.String("x")})
		require.NoError(t, err)
	}
	diff := role.PolicyDiff()
	assert.Equal(t, `unused: policy-1:1:38 Read: Action "s3:List*" is wider than what was used: s3:ListBucket
unused: policy-1:1:38 Read: Action "s3:GetObject"
unused: policy-1:1:38 Read: Resource "arn:aws:s3:::reports/*"
unused: policy-1:1:168 statement 2: the whole statement
missing: sqs:SendMessage on arn:aws:sqs:us-east-1:000000000000:jobs, granted by {"Effect":"Allow","Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:000000000000:jobs"}`, diff.String())
	assert.False(t, diff.Empty())
	assert.Equal(t, "Action", diff.Unused[0].Element)
	assert.Equal(t, []string{"s3:ListBucket"}, diff.Unused[0].Used)
	assert.Equal(t, "sqs:SendMessage", diff.Missing[0].Action)

	// With the minimal policy in force there is no difference.
	minimal := role.MinimalPolicy()
	role.Detach("policy-1")
	role.Attach(awstest.JSON(minimal))
	require.NoError(t, listReports(t.Context(), role))
	_, err := sqs.NewFromConfig(role.Config()).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: aws.String(queue.URL()), MessageBody: aws.String("x")})
	require.NoError(t, err)
	assert.True(t, role.PolicyDiff().Empty(), role.PolicyDiff().String())
	assert.Empty(t, role.PolicyDiff().String())
}

// What was granted when it was used, and is not any more, is missing; what a Deny or another
// layer stands in the way of has no statement that would grant it. Denied calls count in
// Soft mode alone.
func TestPolicyDiffMissing(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	bucket := acct.S3().CreateBucket("reports")
	grant := awstest.Allow("s3:ListBucket").On(bucket.ARN())
	role := acct.NewRole("worker", grant)
	guest := acct.NewUser("guest")
	require.NoError(t, listReports(t.Context(), role))
	require.Error(t, listReports(t.Context(), guest))
	assert.True(t, role.PolicyDiff().Empty())
	assert.True(t, guest.PolicyDiff().Empty(), "it is denied, and the test may want that")
	role.Replace("policy-1", awstest.Deny("s3:ListBucket"))
	diff := role.PolicyDiff()
	require.Len(t, diff.Missing, 1)
	assert.Empty(t, diff.Missing[0].Add)
	assert.Contains(t, diff.String(), "missing: s3:ListBucket on arn:aws:s3:::reports: to allow it, change the call so that the deny in identity-based policy")
	role.Replace("policy-1", awstest.Allow("sqs:ListQueues"))
	assert.Equal(t, `{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::reports"}`, role.PolicyDiff().Missing[0].Add)
	r := failing(t, func(tb awstest.TB) { acct.For(tb).Root().PolicyDiff() })
	require.Len(t, r.errors, 1)
	assert.Contains(t, r.errors[0], "root takes no policies")
}
