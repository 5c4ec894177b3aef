package awstest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/cloudformation"
)

// mutated runs Mutate with a check of whether principals may read two keys, one of which a
// policy allows, and with one that looks at nothing.
func mutated(t *testing.T, acct *awstest.Account, check func(t awstest.T, acct *awstest.Account)) (survivors []string) {
	t.Helper()
	noticed := failing(t, func(tb awstest.TB) { awstest.Mutate(tb, acct, check) })
	assert.Empty(t, noticed.errors)
	unnoticed := failing(t, func(tb awstest.TB) { awstest.Mutate(tb, acct, func(awstest.T, *awstest.Account) {}) })
	require.Len(t, unnoticed.errors, 1)
	assert.Contains(t, unnoticed.errors[0], "Principal.In")
	for line := range strings.Lines(unnoticed.errors[0]) {
		if rest, ok := strings.CutPrefix(line, "  "); ok {
			_, what, _ := strings.Cut(strings.TrimSpace(rest), ": ")
			survivors = append(survivors, what)
		}
	}
	return survivors
}

// reads checks that a principal may read one object and not another.
func reads(t awstest.T, p *awstest.Principal) {
	awstest.AssertCan(t, p, "s3:GetObject", "arn:aws:s3:::reports/a")
	awstest.AssertCannot(t, p, "s3:GetObject", "arn:aws:s3:::reports/b")
	awstest.AssertCannot(t, p, "s3:PutObject", "arn:aws:s3:::reports/a")
}

// The mutants of a policy take its place in the clones, whatever has the policy.
func TestMutateReplacesPolicies(t *testing.T) {
	t.Parallel()
	narrow := awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/a")
	widened := []string{`Action "s3:GetObject" is "s3:*"`, `Resource "arn:aws:s3:::reports/a" is "*"`}
	for name, setUp := range map[string]func(acct *awstest.Account) *awstest.Principal{
		"an inline policy of a role": func(acct *awstest.Account) *awstest.Principal { return acct.NewRole("r", narrow) },
		"an inline policy of a user": func(acct *awstest.Account) *awstest.Principal { return acct.NewUser("u", narrow) },
		"an inline policy of a group": func(acct *awstest.Account) *awstest.Principal {
			u := acct.NewUser("u")
			acct.NewGroup("g", narrow).Add(u)
			return u
		},
		"a managed policy": func(acct *awstest.Account) *awstest.Principal {
			return acct.NewRole("r", acct.IAM().CreatePolicy("p", narrow))
		},
		"a managed policy of many versions": func(acct *awstest.Account) *awstest.Principal {
			p := acct.IAM().CreatePolicy("p", narrow)
			text := narrow.String()
			for range 4 {
				awstest.Do[awsiam.CreatePolicyVersionOutput](acct, &awsiam.CreatePolicyVersionInput{PolicyArn: aws.String(p.ARN()), PolicyDocument: &text})
			}
			return acct.NewRole("r", p)
		},
		"what the program has put in a policy's place": func(acct *awstest.Account) *awstest.Principal {
			r, text := acct.NewRole("r", awstest.Deny("sqs:*").On("arn:aws:sqs:*:*:a", "arn:aws:sqs:*:*:b")), narrow.String()
			awstest.Do[awsiam.PutRolePolicyOutput](acct, &awsiam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("policy-1"), PolicyDocument: &text})
			return r
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acct := awstest.New(t)
			acct.S3().CreateBucket("reports")
			p := setUp(acct)
			assert.Equal(t, widened, mutated(t, acct, func(t awstest.T, acct *awstest.Account) { reads(t, p.In(acct)) }))
		})
	}
	// These grant nothing alone: the principal's own policy allows everything, and has no
	// mutants that a check of these could notice.
	for name, setUp := range map[string]func(acct *awstest.Account) *awstest.Principal{
		"a permissions boundary": func(acct *awstest.Account) *awstest.Principal {
			return acct.NewRole("r", awstest.Managed("AdministratorAccess"), awstest.Boundary(narrow))
		},
		"a session policy": func(acct *awstest.Account) *awstest.Principal {
			return acct.NewRole("r", awstest.Managed("AdministratorAccess")).NewSession("s1", narrow)
		},
		"the policy of a VPC endpoint": func(acct *awstest.Account) *awstest.Principal {
			return acct.NewRole("r", awstest.Managed("AdministratorAccess")).Via(acct.NewVPCEndpoint(narrow.By("*")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			acct := awstest.New(t)
			acct.S3().CreateBucket("reports")
			p := setUp(acct)
			assert.Equal(t, widened, mutated(t, acct, func(t awstest.T, acct *awstest.Account) { reads(t, p.In(acct)) }))
		})
	}
}

// So do those of resources and organizations.
func TestMutateReplacesPoliciesOfResources(t *testing.T) {
	t.Parallel()
	t.Run("bucket", func(t *testing.T) {
		t.Parallel()
		acct := awstest.New(t)
		u, stranger := acct.NewUser("u"), acct.NewUser("stranger")
		acct.S3().CreateBucket("reports").SetPolicy(awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/a").By(u.ARN()))
		// S3 refuses one for everybody, because of Block Public Access, and one with a resource
		// that is not the bucket's: they are no mutants.
		assert.Equal(t, []string{`Action "s3:GetObject" is "s3:*"`}, mutated(t, acct, func(t awstest.T, acct *awstest.Account) {
			reads(t, u.In(acct))
			awstest.AssertCannot(t, stranger.In(acct), "s3:GetObject", "arn:aws:s3:::reports/a")
		}))
	})
	t.Run("queue", func(t *testing.T) {
		t.Parallel()
		acct := awstest.New(t)
		u := acct.NewUser("u", awstest.Managed("AdministratorAccess"))
		q := acct.SQS().CreateQueue("q", nil)
		q.SetPolicy(awstest.Deny("sqs:SendMessage", "sqs:ReceiveMessage").By("*"))
		assert.Equal(t, []string{`without Action "sqs:SendMessage"`, `without Action "sqs:ReceiveMessage"`}, mutated(t, acct, func(t awstest.T, acct *awstest.Account) {
			awstest.AssertCannot(t, u.In(acct), "sqs:SendMessage", q.ARN())
			_, err := sqs.NewFromConfig(u.In(acct).Config()).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(q.URL())})
			awstest.AssertDenied(t, err, "sqs:ReceiveMessage")
		}))
	})
	t.Run("key", func(t *testing.T) {
		t.Parallel()
		acct := awstest.New(t)
		u := acct.NewUser("u", awstest.Managed("AdministratorAccess"))
		key := acct.KMS().CreateKey("alias/a")
		key.SetPolicy(awstest.Statements(awstest.Allow("kms:*").By(acct.ID()), awstest.Deny("kms:Decrypt", "kms:Encrypt").By("*")))
		assert.Len(t, mutated(t, acct, func(t awstest.T, acct *awstest.Account) {
			awstest.AssertCannot(t, u.In(acct), "kms:Decrypt", key.ARN())
			awstest.AssertCannot(t, u.In(acct), "kms:Encrypt", key.ARN())
			awstest.AssertCan(t, u.In(acct), "kms:DescribeKey", key.ARN())
			awstest.AssertCannot(t, acct.NewAccount().NewUser("z", awstest.Managed("AdministratorAccess")), "kms:DescribeKey", key.ARN())
		}), 5)
	})
	t.Run("service without a fake", func(t *testing.T) {
		t.Parallel()
		acct := awstest.New(t)
		u := acct.NewUser("u", awstest.Managed("AdministratorAccess"))
		table := "arn:aws:dynamodb:us-east-1:" + acct.ID() + ":table/t"
		acct.SetResourcePolicy(table, awstest.Deny("dynamodb:GetItem", "dynamodb:PutItem").By("*"))
		acct.SetResourceTags(table, nil)
		assert.Len(t, mutated(t, acct, func(t awstest.T, acct *awstest.Account) {
			awstest.AssertCannot(t, u.In(acct), "dynamodb:GetItem", table)
			awstest.AssertCannot(t, u.In(acct), "dynamodb:PutItem", table)
		}), 2)
	})
	t.Run("organization", func(t *testing.T) {
		t.Parallel()
		acct := awstest.New(t)
		acct.NewOrganization()
		member := acct.Organization().NewAccount()
		member.S3().CreateBucket("reports")
		member.AttachSCP("no-a", awstest.Statements(awstest.Deny("s3:GetObject", "s3:PutObject").On("arn:aws:s3:::reports/a", "arn:aws:s3:::reports/b")))
		r := member.NewRole("r", awstest.Managed("AdministratorAccess"))
		assert.Len(t, mutated(t, acct, func(t awstest.T, acct *awstest.Account) {
			for _, action := range []string{"s3:GetObject", "s3:PutObject"} {
				awstest.AssertCannot(t, r.In(acct), action, "arn:aws:s3:::reports/a")
				awstest.AssertCannot(t, r.In(acct), action, "arn:aws:s3:::reports/b")
			}
		}), 4)
	})
	t.Run("trust", func(t *testing.T) {
		t.Parallel()
		acct := awstest.New(t)
		u, stranger := acct.NewUser("u"), acct.NewUser("stranger")
		r := acct.NewRole("r", awstest.Trust(awstest.Allow("sts:AssumeRole").By(u.ARN())))
		assert.Len(t, mutated(t, acct, func(t awstest.T, acct *awstest.Account) {
			awstest.AssertAssumable(t, r.In(acct), u.In(acct))
			awstest.AssertNotAssumable(t, r.In(acct), stranger.In(acct))
			awstest.AssertCannot(t, u.In(acct), "sts:TagSession", r.ARN())
		}), 2)
	})
}

// A policy that is taken away again has no mutants, and where there is none Mutate says so.
func TestMutateWithoutPolicies(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	p := acct.IAM().CreatePolicy("p", awstest.Allow("s3:*"))
	acct.NewRole("r", awstest.Allow("s3:*").On("arn:aws:s3:::a"))
	for _, in := range []any{
		&awsiam.DeletePolicyInput{PolicyArn: aws.String(p.ARN())},
		&awsiam.DeleteRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("policy-1")},
	} {
		_, err := acct.World().Do(context.Background(), acct.World().Fixture(acct.ID(), acct.Region()), in)
		require.NoError(t, err)
	}
	r := failing(t, func(tb awstest.TB) { awstest.Mutate(tb, acct, func(awstest.T, *awstest.Account) {}) })
	assert.Equal(t, []string{"awstest: Mutate: there is no policy to change: neither in the World of the account nor put in place by the check"}, r.errors)
}

// Mutate changes what was loaded from files too, and what the check puts in place itself.
func TestMutateOfLoadedPolicies(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.Load(cloudformation.Template("cloudformation/testdata/worker.yaml", map[string]string{"Stage": "prod"}))
	r := failing(t, func(tb awstest.TB) {
		awstest.Mutate(tb, acct, func(_ awstest.T, acct *awstest.Account) {
			acct.NewRole("own", awstest.Allow("sqs:SendMessage").On("arn:aws:sqs:us-east-1:000000000000:q"))
		})
	})
	require.Len(t, r.errors, 1)
	assert.Contains(t, r.errors[0], "cloudformation/testdata/worker.yaml:")
	assert.Contains(t, r.errors[0], `Action "sqs:SendMessage" is "sqs:*"`)
}
