package awstest_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What AWS does not tell of a denial, a failed test does: that the object or the role is
// not there, which statement is misspelt, and what granted a call that should be denied.
func TestExplanations(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		test func(tb awstest.TB, acct *awstest.Account)
		want []string
	}{
		"a missing object": {func(tb awstest.TB, acct *awstest.Account) {
			acct.S3().CreateBucket("reports")
			user := acct.NewUser("alice", awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*"))
			awstest.AssertAllowed(tb, get("reports")(tb.Context(), user.Config()))
		}, []string{"the object does not exist, so s3:ListBucket was asked"}},
		"a missing role": {func(tb awstest.TB, acct *awstest.Account) {
			acct.NewRole("worker", awstest.Path("/jobs/"))
			acct.NewRole("other")
			user := acct.NewUser("alice", awstest.Allow("sts:AssumeRole").On("*"))
			_, err := sts.NewFromConfig(user.Config()).AssumeRole(tb.Context(), &sts.AssumeRoleInput{
				RoleArn: aws.String("arn:aws:iam::" + acct.ID() + ":role/worker"), RoleSessionName: aws.String("session")})
			awstest.AssertAllowed(tb, err)
		}, []string{"there is no role arn:aws:iam::000000000000:role/worker; did you mean arn:aws:iam::000000000000:role/jobs/worker?"}},
		"a misspelt action": {func(tb awstest.TB, acct *awstest.Account) {
			acct.S3().CreateBucket("reports").Put("k", "body")
			user := acct.NewUser("alice", awstest.Allow("s3:GetObjct").On("arn:aws:s3:::reports/*"))
			awstest.AssertAllowed(tb, get("reports")(tb.Context(), user.Config()))
		}, []string{"there is no action s3:GetObjct, did you mean s3:GetObject?"}},
		"a grant that is too wide": {func(tb awstest.TB, acct *awstest.Account) {
			acct.S3().CreateBucket("reports").Put("k", "body")
			user := acct.NewUser("alice", awstest.Allow("s3:*").On("*"))
			awstest.AssertDenied(tb, get("reports")(tb.Context(), user.Config()))
		}, []string{`granted by Action "s3:*" and Resource "*": narrow one of them, or remove the statement`}},
		"entries of a batch": {func(tb awstest.TB, acct *awstest.Account) {
			acct.S3().CreateBucket("reports")
			user := acct.NewUser("alice")
			objects := make([]types.ObjectIdentifier, 50)
			for i := range objects {
				objects[i].Key = aws.String(strings.Repeat("k", i+1))
			}
			_, err := s3.NewFromConfig(user.Config()).DeleteObjects(tb.Context(), &s3.DeleteObjectsInput{
				Bucket: aws.String("reports"), Delete: &types.Delete{Objects: objects}})
			if err == nil {
				tb.Errorf("it fails entry by entry") // and the denied call is explained
			}
		}, []string{"more permissions", "DENY user/alice s3:DeleteObject arn:aws:s3:::reports/k "}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := failing(t, func(tb awstest.TB) { c.test(tb, awstest.New(tb)) })
			text := strings.Join(append(r.errors, r.logs...), "\n")
			for _, want := range c.want {
				assert.Contains(t, text, want)
			}
			require.NotEmpty(t, r.errors)
			assert.LessOrEqual(t, strings.Count(r.errors[0], "\n"), 40, "%s", r.errors[0])
		})
	}
}

// AWS does not say which principal or resource of a policy it refuses; a failed test does,
// whether the policy is a fixture or a call's.
func TestRefusedPoliciesAreExplained(t *testing.T) {
	t.Parallel()
	const nobody = "arn:aws:iam::000000000000:user/nobody"
	statement := func(principal, action, resource string) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + principal + `"},"Action":"` + action + `","Resource":"` + resource + `"}}`
	}
	put := func(policy string) func(awstest.TB, *awstest.Account) error {
		return func(tb awstest.TB, acct *awstest.Account) error {
			acct.S3().CreateBucket("reports")
			_, err := s3.NewFromConfig(acct.Config()).PutBucketPolicy(tb.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String("reports"), Policy: &policy})
			return err
		}
	}
	set := func(policy string) func(awstest.TB, *awstest.Account) error {
		return func(tb awstest.TB, acct *awstest.Account) error {
			_, err := sqs.NewFromConfig(acct.Config()).CreateQueue(tb.Context(), &sqs.CreateQueueInput{QueueName: aws.String("q"), Attributes: map[string]string{"Policy": policy}})
			return err
		}
	}
	for name, c := range map[string]struct {
		call func(awstest.TB, *awstest.Account) error
		want string
	}{
		"a bucket's principal": {put(statement(nobody, "s3:GetObject", "arn:aws:s3:::reports/*")), "no such principal: " + nobody},
		"a bucket's resource":  {put(statement("000000000000", "s3:GetObject", "arn:aws:s3:::other/*")), `the resource "arn:aws:s3:::other/*" is neither the bucket reports nor its objects`},
		"a bucket's action":    {put(statement("000000000000", "s3:ListBucket", "arn:aws:s3:::reports/*")), "the action s3:ListBucket is for none of the statement's resources"},
		"a bucket's document":  {put(statement("alice", "s3:GetObject", "arn:aws:s3:::reports/*")), "policy:1:"},
		"a queue's principal":  {set(statement(nobody, "sqs:SendMessage", "*")), "no such principal: " + nobody},
		"a queue's document":   {set(`{"Statement":[{"Effect":"Perhaps"}]}`), `unknown Effect "Perhaps"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := failing(t, func(tb awstest.TB) {
				if err := c.call(tb, awstest.New(tb)); err != nil {
					tb.Errorf("%v", err)
				}
			})
			require.Len(t, r.errors, 1)
			assert.NotContains(t, r.errors[0], c.want, "AWS does not say it")
			require.Len(t, r.logs, 1)
			assert.Contains(t, r.logs[0], c.want)
		})
	}
	r := failing(t, func(tb awstest.TB) {
		acct := awstest.New(tb)
		acct.S3().CreateBucket("reports").SetPolicy(awstest.Allow("s3:GetObject").By(nobody))
	})
	require.Len(t, r.errors, 1)
	assert.Contains(t, r.errors[0], "no such principal: "+nobody)
}
