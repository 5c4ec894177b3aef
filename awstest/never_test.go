package awstest_test

import (
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/fakeaws/kms"
)

// TestNeverFails is what README and docs/proofs.md show of a failure.
func TestNeverFails(t *testing.T) {
	t.Parallel()
	r := failing(t, func(t awstest.TB) {
		acct := awstest.New(t)
		role := acct.NewRole("cleaner", awstest.File("testdata/cleaner.json"))
		awstest.AssertNever(t, role, "s3:Delete*", awstest.On("arn:aws:s3:::prod-*/*"))
	})
	require.Len(t, r.errors, 1)
	for _, file := range []string{"../README.md", "../docs/proofs.md"} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Contains(t, string(text), "```text\n"+r.errors[0]+"\n```")
	}
}

// A claim holds or fails by each layer that decides in a World.
func TestNever(t *testing.T) {
	t.Parallel()
	const objects = "arn:aws:s3:::prod-*/*"
	everything := awstest.Allow("*").On("*")
	never := func(tb awstest.TB, p *awstest.Principal) {
		awstest.AssertNever(tb, p, "s3:Delete*", awstest.On(objects))
	}
	for name, c := range map[string]struct {
		test func(tb awstest.TB, acct *awstest.Account)
		want string // in the failure; "" where the claim holds
	}{
		"a Deny": {func(tb awstest.TB, acct *awstest.Account) {
			never(tb, acct.NewRole("r", everything, awstest.Deny("s3:Delete*").On("arn:aws:s3:::prod-*")))
		}, ""},
		"a queue without a policy": {func(tb awstest.TB, acct *awstest.Account) {
			q := acct.SQS().CreateQueue("q", nil)
			awstest.AssertNever(tb, acct.NewRole("r", everything), "sqs:SendMessage", awstest.On(q.ARN()))
		}, "sqs:SendMessage"},
		"a bucket without a policy": {func(tb awstest.TB, acct *awstest.Account) {
			b := acct.S3().CreateBucket("plain")
			awstest.AssertNever(tb, acct.NewRole("r", everything), "s3:GetObject", awstest.On(b.ARN()+"/*"))
		}, "s3:GetObject"},
		"another account's bucket without a policy": {func(tb awstest.TB, acct *awstest.Account) {
			b := acct.NewAccount().S3().CreateBucket("plain")
			awstest.AssertNever(tb, acct.NewRole("r", everything), "s3:GetObject", awstest.On(b.ARN()+"/*"))
		}, ""},
		"a Deny that leaves something": {func(tb awstest.TB, acct *awstest.Account) {
			never(tb, acct.NewRole("r", everything, awstest.Deny("s3:DeleteObject").On("arn:aws:s3:::prod-*")))
		}, "s3:DeleteObject"},
		"a Deny under a condition": {func(tb awstest.TB, acct *awstest.Account) {
			denied := awstest.Deny("s3:*").On("*").If("Bool", "aws:SecureTransport", "false")
			t := tb
			awstest.AssertNever(t, acct.NewRole("r", everything, denied), "s3:*", awstest.If("Bool", "aws:SecureTransport", "false"))
		}, ""},
		"without the condition": {func(tb awstest.TB, acct *awstest.Account) {
			never(tb, acct.NewRole("r", everything, awstest.Deny("s3:Delete*").On("*").If("Bool", "aws:SecureTransport", "false")))
		}, "let through by"},
		"a boundary": {func(tb awstest.TB, acct *awstest.Account) {
			never(tb, acct.NewRole("r", everything, awstest.Boundary(awstest.Allow("s3:Get*"))))
		}, ""},
		"a session policy": {func(tb awstest.TB, acct *awstest.Account) {
			never(tb, acct.NewRole("r", everything).NewSession("session", awstest.Allow("s3:Get*")))
		}, ""},
		"no session policy": {func(tb awstest.TB, acct *awstest.Account) {
			never(tb, acct.NewRole("r", everything).NewSession("session"))
		}, "assumed-role/r/session"},
		"a user":              {func(tb awstest.TB, acct *awstest.Account) { never(tb, acct.NewUser("u", everything)) }, "user/u"},
		"the root user":       {func(tb awstest.TB, acct *awstest.Account) { never(tb, acct.Root()) }, "no change of one policy was found"},
		"an anonymous caller": {func(tb awstest.TB, acct *awstest.Account) { never(tb, acct.Anonymous()) }, ""},
		"a public bucket": {func(tb awstest.TB, acct *awstest.Account) {
			b := acct.S3().CreateBucket("prod-a")
			b.AllowPublicAccess()
			b.SetPolicy(awstest.Allow("s3:DeleteObject").On("arn:aws:s3:::prod-a/*").By("*"))
			never(tb, acct.Anonymous())
		}, "prod-a/"},
		"an SCP": {func(tb awstest.TB, acct *awstest.Account) {
			member := acct.NewOrganization().NewOU("ou").AttachSCP("deny", awstest.Deny("s3:Delete*").On("*")).NewAccount()
			never(tb, member.NewRole("r", everything))
		}, ""},
		"an SCP of another OU": {func(tb awstest.TB, acct *awstest.Account) {
			org := acct.NewOrganization()
			org.NewOU("ou").AttachSCP("deny", awstest.Deny("s3:Delete*").On("*"))
			never(tb, org.NewAccount().NewRole("r", everything))
		}, "s3:DeleteObject"},
		"an RCP": {func(tb awstest.TB, acct *awstest.Account) {
			member := acct.NewOrganization().AttachRCP("deny", awstest.Deny("s3:Delete*").On("*")).NewAccount()
			never(tb, member.NewRole("r", everything))
		}, ""},
		"a VPC endpoint": {func(tb awstest.TB, acct *awstest.Account) {
			e := acct.NewVPCEndpoint(awstest.Allow("s3:Get*").On("*").By("*"))
			never(tb, acct.NewRole("r", everything).Via(e))
		}, ""},
		"a Deny outside of the VPC endpoint": {func(tb awstest.TB, acct *awstest.Account) {
			e := acct.NewVPCEndpoint(nil)
			role := acct.NewRole("r", everything, awstest.Deny("s3:Delete*").On("*").If("StringEquals", "aws:SourceVpce", e.ID()))
			never(tb, role.Via(e))
			assert.False(t, awstest.AssertNever(&recorder{}, role, "s3:Delete*"), "from elsewhere")
		}, ""},
		"a policy of the bucket": {func(tb awstest.TB, acct *awstest.Account) {
			acct.S3().CreateBucket("prod-a").SetPolicy(awstest.Deny("s3:Delete*").On("arn:aws:s3:::prod-a/*").By("*"))
			awstest.AssertNever(tb, acct.NewRole("r", everything), "s3:Delete*", awstest.On("arn:aws:s3:::prod-a/*"))
		}, ""},
		"but other buckets": {func(tb awstest.TB, acct *awstest.Account) {
			acct.S3().CreateBucket("prod-a").SetPolicy(awstest.Deny("s3:Delete*").On("arn:aws:s3:::prod-a/*").By("*"))
			never(tb, acct.NewRole("r", everything))
		}, "s3:DeleteObject"},
		"a bucket of another account": {func(tb awstest.TB, acct *awstest.Account) {
			acct.NewAccount().S3().CreateBucket("prod-a")
			awstest.AssertNever(tb, acct.NewRole("r", everything), "s3:Delete*", awstest.On("arn:aws:s3:::prod-a/*"))
		}, ""},
		"which lets the role in": {func(tb awstest.TB, acct *awstest.Account) {
			role := acct.NewRole("r", everything)
			acct.NewAccount().S3().CreateBucket("prod-a").SetPolicy(awstest.Allow("s3:*").On("arn:aws:s3:::prod-a/*").By(role.ARN()))
			awstest.AssertNever(tb, role, "s3:Delete*", awstest.On("arn:aws:s3:::prod-a/*"))
		}, "owner"},
		"a bucket that grants what the role's policies do not": {func(tb awstest.TB, acct *awstest.Account) {
			role := acct.NewRole("r")
			acct.S3().CreateBucket("prod-a").SetPolicy(awstest.Allow("s3:DeleteObject").On("arn:aws:s3:::prod-a/*").By(role.ARN()))
			never(tb, role)
		}, `"AWS":["arn:aws:iam::000000000000:role/r"]`},
		"ACLs": {func(tb awstest.TB, acct *awstest.Account) {
			_, err := s3.NewFromConfig(acct.Config()).CreateBucket(tb.Context(), &s3.CreateBucketInput{Bucket: aws.String("prod-a"), ObjectOwnership: s3types.ObjectOwnershipObjectWriter})
			require.NoError(t, err)
			never(tb, acct.NewRole("r"))
		}, "it is not known, because of\n  the ACLs of the objects in prod-a"},
		"ACLs of another bucket": {func(tb awstest.TB, acct *awstest.Account) {
			_, err := s3.NewFromConfig(acct.Config()).CreateBucket(tb.Context(), &s3.CreateBucketInput{Bucket: aws.String("stage"), ObjectOwnership: s3types.ObjectOwnershipObjectWriter})
			require.NoError(t, err)
			never(tb, acct.NewRole("r"))
		}, ""},
		"a trust policy": {func(tb awstest.TB, acct *awstest.Account) {
			role := acct.NewRole("r")
			acct.NewRole("admin", everything, awstest.Trust(awstest.Allow("sts:AssumeRole").By(role.ARN())))
			awstest.AssertNever(tb, role, "sts:AssumeRole")
		}, "role/admin"},
		"a trust policy for others": {func(tb awstest.TB, acct *awstest.Account) {
			acct.NewRole("admin", everything, awstest.Trust(awstest.Allow("sts:AssumeRole").By("lambda.amazonaws.com")))
			awstest.AssertNever(tb, acct.NewRole("r", everything, awstest.Trust(awstest.Allow("sts:AssumeRole").By("lambda.amazonaws.com"))), "sts:AssumeRole")
		}, ""},
		"what IAM does with a role": {func(tb awstest.TB, acct *awstest.Account) {
			acct.NewRole("admin", awstest.Trust(awstest.Allow("sts:AssumeRole").By("lambda.amazonaws.com")))
			awstest.AssertNever(tb, acct.NewRole("r", everything), "iam:DeleteRole", awstest.On("arn:aws:iam::*:role/admin"))
		}, "iam:DeleteRole"},
		"a tag of the role": {func(tb awstest.TB, acct *awstest.Account) {
			role := acct.NewRole("r", awstest.Allow("s3:*").On("*").If("StringEquals", "aws:PrincipalTag/team", "blue"), awstest.Tags(map[string]string{"team": "red"}))
			never(tb, role)
		}, ""},
		"no tag at all": {func(tb awstest.TB, acct *awstest.Account) {
			never(tb, acct.NewUser("u", awstest.Allow("s3:*").On("*").If("StringEquals", "aws:PrincipalTag/team", "blue")))
		}, ""},
		"a tag that sessions may bring": {func(tb awstest.TB, acct *awstest.Account) {
			never(tb, acct.NewRole("r", awstest.Allow("s3:*").On("*").If("StringEquals", "aws:PrincipalTag/team", "blue"),
				awstest.Trust(awstest.Allow("sts:AssumeRole", "sts:TagSession").By(acct.ID()))))
		}, `aws:PrincipalTag/team = "blue"`},
		"an organization that it is not in": {func(tb awstest.TB, acct *awstest.Account) {
			never(tb, acct.NewRole("r", awstest.Allow("s3:*").On("*").If("StringLike", "aws:PrincipalOrgID", "o-*")))
		}, ""},
		"an organization that it is in": {func(tb awstest.TB, acct *awstest.Account) {
			acct.NewOrganization()
			never(tb, acct.NewRole("r", awstest.Allow("s3:*").On("*").If("StringLike", "aws:PrincipalOrgID", "o-*")))
		}, "aws:PrincipalOrgID"},
		"an unknown operator": {func(tb awstest.TB, acct *awstest.Account) {
			awstest.AssertNever(tb, acct.NewRole("r"), "s3:*", awstest.If("StringEqual", "aws:x", "y"))
		}, `no answer: condition 1: unknown condition operator "StringEqual"`},
		"an action that is none": {func(tb awstest.TB, acct *awstest.Account) { awstest.AssertNever(tb, acct.NewRole("r"), "s3") }, "no answer: action 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := failing(t, func(tb awstest.TB) { c.test(tb, awstest.New(tb)) })
			if c.want == "" {
				assert.Empty(t, r.errors)
				return
			}
			require.Len(t, r.errors, 1)
			assert.Contains(t, r.errors[0], c.want)
			assert.LessOrEqual(t, strings.Count(r.errors[0], "\n"), 36, "one screen")
		})
	}
}

// Grants of KMS keys count, and what they are constrained to.
func TestNeverWithGrants(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.With(kms.Service))
	key := acct.KMS().CreateKey("alias/k")
	role := acct.NewRole("r")
	awstest.AssertNever(t, role, "kms:Decrypt")
	_, err := awskms.NewFromConfig(acct.Config()).CreateGrant(t.Context(), &awskms.CreateGrantInput{
		KeyId: aws.String(key.ARN()), GranteePrincipal: aws.String(role.ARN()), Operations: []kmstypes.GrantOperation{kmstypes.GrantOperationDecrypt},
		Constraints: &kmstypes.GrantConstraints{EncryptionContextSubset: map[string]string{"tenant": "a"}},
	})
	require.NoError(t, err)
	r := &recorder{}
	assert.False(t, awstest.AssertNever(r, role, "kms:Decrypt"))
	require.Len(t, r.errors, 1)
	assert.Contains(t, r.errors[0], `kms:EncryptionContext:tenant = "a"`)
	awstest.AssertNever(t, role, "kms:Encrypt")
	awstest.AssertNever(t, role, "kms:Decrypt", awstest.If("StringEquals", "kms:EncryptionContext:tenant", "b"))
}

func TestNoMoreThan(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	role := acct.NewRole("reader", awstest.Allow("s3:GetObject", "s3:ListBucket").On("arn:aws:s3:::reports", "arn:aws:s3:::reports/*"))
	awstest.AssertNoMoreThan(t, role, awstest.Allow("s3:Get*", "s3:List*").On("arn:aws:s3:::reports*"))
	awstest.AssertNoMoreThan(t, role, awstest.Managed("AmazonS3ReadOnlyAccess"))

	r := &recorder{}
	assert.False(t, awstest.AssertNoMoreThan(r, role, awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*")))
	require.Len(t, r.errors, 1)
	assert.Contains(t, r.errors[0], "action     s3:ListBucket")
	assert.Contains(t, r.errors[0], `give the caller the policy as its permissions boundary`)

	// What a resource's policy grants is the role's too.
	acct.NewAccount().S3().CreateBucket("theirs").SetPolicy(awstest.Allow("s3:GetObject").On("arn:aws:s3:::theirs/*").By(role.ARN()))
	awstest.AssertNoMoreThan(t, role, awstest.Allow("s3:*").On("arn:aws:s3:::reports*")) // it has no policy for that bucket
	role.Attach(awstest.Allow("s3:GetObject").On("*"))
	r = &recorder{}
	assert.False(t, awstest.AssertNoMoreThan(r, role, awstest.Allow("s3:*").On("arn:aws:s3:::reports*")))
	assert.False(t, awstest.AssertNoMoreThan(r, acct.Anonymous(), awstest.Allow("s3:*")))
	require.Len(t, r.errors, 2)
	assert.Contains(t, r.errors[1], "no policy can say")
}

// A statement that has one action too many loses that action.
func TestNeverSaysTheSmallestChange(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy awstest.Policy
		want   string
	}{
		"an action":   {awstest.Allow("s3:GetObject", "s3:DeleteObject").On("arn:aws:s3:::prod-a/*"), `remove the action "s3:DeleteObject" from statement 1`},
		"a resource":  {awstest.Allow("s3:DeleteObject").On("arn:aws:s3:::stage/*", "arn:aws:s3:::prod-a/*"), `remove the resource "arn:aws:s3:::prod-a/*" from statement 1`},
		"a statement": {awstest.Allow("s3:DeleteObject").On("arn:aws:s3:::prod-a/*"), `remove statement 1`},
		"more":        {awstest.Allow("s3:DeleteObject").On("*"), `{"Effect":"Deny","Action":"s3:Delete*","Resource":"arn:aws:s3:::prod-*"}`},
	} {
		acct := awstest.New(t)
		r := &recorder{}
		awstest.AssertNever(r, acct.NewRole("r", c.policy), "s3:Delete*", awstest.On("arn:aws:s3:::prod-*"))
		require.Len(t, r.errors, 1, name)
		assert.Contains(t, r.errors[0], c.want, name)
	}
}

func TestNotPublic(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	bucket := acct.S3().CreateBucket("reports")
	awstest.AssertNotPublic(t, acct, bucket.ARN())
	bucket.AllowPublicAccess()
	bucket.SetPolicy(awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*").By("*"))
	r := &recorder{}
	assert.False(t, awstest.AssertNotPublic(r, acct, bucket.ARN()))
	require.Len(t, r.errors, 1)
	for _, want := range []string{
		"want: arn:aws:s3:::reports is not public\ngot:  this request is allowed:\n  principal  anonymous", "let through by statement 1",
		`name "arn:aws:iam::000000000000:root" as the principal of statement 1`,
	} {
		assert.Contains(t, r.errors[0], want)
	}
	bucket.SetPolicy(awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*").By("*").If("IpAddress", "aws:SourceIp", "192.0.2.0/24"))
	awstest.AssertNotPublic(t, acct, bucket.ARN())
	queue := acct.SQS().CreateQueue("q", nil)
	awstest.AssertNotPublic(t, acct, queue.ARN())
	r = &recorder{}
	assert.False(t, awstest.AssertNotPublic(r, acct, "arn:aws:s3:::misspelt"))
	assert.Contains(t, r.errors[0], "there is no bucket misspelt")
}

// What the organization does not let strangers do is not open to them.
func TestNotPublicByRCP(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	org := acct.NewOrganization()
	member := org.NewAccount()
	bucket := member.S3().CreateBucket("reports")
	bucket.AllowPublicAccess()
	bucket.SetPolicy(awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*").By("*"))
	r := &recorder{}
	assert.False(t, awstest.AssertNotPublic(r, member, bucket.ARN()))
	org.AttachRCP("perimeter", awstest.Deny("s3:*").On("*").If("StringNotEquals", "aws:PrincipalOrgID", "o-a"))
	awstest.AssertNotPublic(t, member, bucket.ARN())
}
