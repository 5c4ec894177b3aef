package awstest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// everything lets a principal do what no other policy forbids.
var everything = awstest.Allow("*")

// bucket makes a bucket with one object, k.
func bucket(t *testing.T, cfg aws.Config, name string) {
	t.Helper()
	client := s3.NewFromConfig(cfg)
	_, err := client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &name})
	require.NoError(t, err)
	_, err = client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &name, Key: aws.String("k"), Body: strings.NewReader("data")})
	require.NoError(t, err)
}

// get reads the object k of a bucket.
func get(bucket string) func(context.Context, aws.Config) error {
	return func(ctx context.Context, cfg aws.Config) error {
		_, err := s3.NewFromConfig(cfg).GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: aws.String("k")})
		return err
	}
}

// guard puts a policy on a bucket, and lets it be public.
func guard(t *testing.T, cfg aws.Config, bucket string, statements ...awstest.Statement) {
	t.Helper()
	client := s3.NewFromConfig(cfg)
	_, err := client.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: &bucket})
	require.NoError(t, err)
	_, err = client.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: aws.String(awstest.Document(statements...))})
	require.NoError(t, err)
}

func message(t *testing.T, err error) string {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	return api.ErrorMessage()
}

// Rules 39 and 40: an SCP limits, the levels of the tree intersect, and a level
// without an Allow allows nothing.
func TestServiceControlPolicies(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		org := acct.NewOrganization()
		outer := org.NewOU("workloads")
		inner := outer.NewOU("production")
		member := inner.NewAccount()
		admin := member.NewUser("admin", everything)
		bucket(t, admin.Config(), "data")
		read := func() error { return get("data")(t.Context(), admin.Config()) }
		const denied = `User: arn:aws:iam::111111111111:user/admin is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::data/k" `
		const implicitly = denied + "because no service control policy allows the s3:GetObject action"
		awstest.AssertAllowed(t, read())

		outer.AttachSCP("only-s3", awstest.Allow("s3:*"))
		awstest.AssertAllowed(t, read()) // FullAWSAccess is there too: policies of a level add up
		outer.Detach("FullAWSAccess")
		awstest.AssertAllowed(t, read())
		awstest.AssertDenied(t, listQueues(t.Context(), admin.Config()), "sqs:ListQueues")

		inner.AttachSCP("only-sqs", awstest.Allow("sqs:*")).Detach("FullAWSAccess")
		assert.Equal(t, implicitly, message(t, read())) // what both levels allow is nothing
		awstest.AssertDenied(t, listQueues(t.Context(), admin.Config()), "sqs:ListQueues")

		outer.Add(member)
		awstest.AssertAllowed(t, read())
		member.AttachSCP("nothing", awstest.Deny("s3:DeleteObject")).Detach("FullAWSAccess")
		assert.Equal(t, implicitly, message(t, read()))

		member.AttachSCP("FullAWSAccess", awstest.Allow("*")).AttachSCP("no-reading", awstest.Deny("s3:GetObject").On("arn:aws:s3:::data/*"))
		err := read()
		awstest.AssertDenied(t, err, "s3:GetObject")
		assert.Regexp(t, "^"+denied+`with an explicit deny in a service control policy: arn:aws:organizations::000000000000:policy/`+org.ID()+`/service_control_policy/p-[a-z0-9]{8}$`, message(t, err))
		member.Detach("no-reading")
		awstest.AssertAllowed(t, read())
	})
}

func listQueues(ctx context.Context, cfg aws.Config) error {
	_, err := sqs.NewFromConfig(cfg).ListQueues(ctx, &sqs.ListQueuesInput{})
	return err
}

// Rule 41: whom SCPs bind, and whom not.
func TestWhomServiceControlPoliciesBind(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		org := acct.NewOrganization()
		member, stranger := org.NewAccount(), acct.NewAccount()
		bucket(t, member.Config(), "theirs")
		bucket(t, acct.Config(), "ours")
		outsider := stranger.NewUser("outsider", everything)
		guard(t, member.Config(), "theirs", awstest.Allow("s3:GetObject").On("arn:aws:s3:::theirs/*").By("*"))
		guard(t, acct.Config(), "ours", awstest.Allow("s3:GetObject").On("arn:aws:s3:::ours/*").By(member.ID()))
		user, role := member.NewUser("user", everything), member.NewRole("role", everything)
		linked := serviceLinked(t, member)
		org.AttachSCP("no-reading", awstest.Deny("s3:GetObject"))

		for name, c := range map[string]struct {
			cfg    aws.Config
			bucket string
			denied bool
		}{
			"a user":                          {user.Config(), "theirs", true},
			"a role":                          {role.Config(), "theirs", true},
			"the root user":                   {member.Config(), "theirs", true},
			"resources elsewhere":             {user.Config(), "ours", true},
			"not the management account":      {acct.Config(), "ours", false},
			"not its principals, elsewhere":   {acct.NewUser("admin", everything).Config(), "theirs", false},
			"not another organization's":      {outsider.Config(), "theirs", false},
			"not anonymous callers":           {anonymously(member.Config()), "theirs", false},
			"not roles that AWS services use": {linked, "theirs", false},
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				err := get(c.bucket)(t.Context(), c.cfg)
				if c.denied {
					awstest.AssertDenied(t, err, "s3:GetObject")
				} else {
					awstest.AssertAllowed(t, err)
				}
			})
		}
	})
}

func anonymously(cfg aws.Config) aws.Config {
	cfg.Credentials = aws.AnonymousCredentials{}
	return cfg
}

// serviceLinked returns a config with a session of a service-linked role, as only
// AWS's own service gets one.
func serviceLinked(t *testing.T, a *awstest.Account) aws.Config {
	t.Helper()
	out, err := iam.NewFromConfig(a.Config()).CreateServiceLinkedRole(t.Context(), &iam.CreateServiceLinkedRoleInput{AWSServiceName: aws.String("cloudtrail.amazonaws.com")})
	require.NoError(t, err)
	w, arn := a.World(), *out.Role.Arn
	cred := &fakeaws.Credential{
		AccessKeyID: w.IDs().AccessKey("ASIA"), SecretAccessKey: w.IDs().Secret(), SessionToken: "token",
		Caller: &fakeaws.Caller{
			Principal: enforce.Principal{Type: enforce.AssumedRole, Account: a.ID(), IssuerARN: arn, ARN: fakeaws.ARN("sts", "", a.ID(), "assumed-role/AWSServiceRoleForCloudTrail/trail")},
			EntityID:  *out.Role.RoleId,
			Session:   &fakeaws.Session{Name: "trail", Issued: a.Now(), Expires: a.Now().Add(1e12)},
		},
	}
	w.SetCredential(cred)
	cfg := a.Config()
	cfg.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{AccessKeyID: cred.AccessKeyID, SecretAccessKey: cred.SecretAccessKey, SessionToken: "token"}, nil
	})
	return cfg
}

// Rule 41: an RCP binds everybody who asks for a resource of a member account.
func TestResourceControlPolicies(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		org := acct.NewOrganization()
		ou := org.NewOU("data")
		member, sibling, stranger := ou.NewAccount(), org.NewAccount(), acct.NewAccount()
		bucket(t, member.Config(), "guarded")
		bucket(t, acct.Config(), "ours")
		open := awstest.Allow("s3:GetObject").On("arn:aws:s3:::*/*").By("*")
		guard(t, member.Config(), "guarded", open.On("arn:aws:s3:::guarded/*"))
		guard(t, acct.Config(), "ours", open.On("arn:aws:s3:::ours/*"))
		outsider := stranger.NewUser("outsider", everything)
		colleague := sibling.NewUser("colleague", everything)
		owner := member.NewUser("owner", everything)
		linked := serviceLinked(t, member)
		perimeter := awstest.Deny("s3:*").If("StringNotEqualsIfExists", "aws:PrincipalOrgID", org.ID()).If("BoolIfExists", "aws:PrincipalIsAWSService", "false")
		awstest.AssertAllowed(t, get("guarded")(t.Context(), outsider.Config()))
		awstest.AssertAllowed(t, get("guarded")(t.Context(), anonymously(acct.Config())))

		ou.AttachRCP("perimeter", perimeter)
		awstest.AssertDenied(t, get("guarded")(t.Context(), outsider.Config()), "s3:GetObject")
		err := get("guarded")(t.Context(), anonymously(acct.Config()))
		assert.Equal(t, "Access Denied", message(t, err))
		awstest.AssertAllowed(t, get("guarded")(t.Context(), colleague.Config()))
		awstest.AssertAllowed(t, get("guarded")(t.Context(), owner.Config()))
		awstest.AssertAllowed(t, get("guarded")(t.Context(), acct.Config()))
		awstest.AssertAllowed(t, get("ours")(t.Context(), outsider.Config())) // not the management account's
		// Not what services without RCPs have, though the statement is about all.
		_, err = iam.NewFromConfig(owner.Config()).ListUsers(t.Context(), &iam.ListUsersInput{})
		awstest.AssertAllowed(t, err)

		member.AttachRCP("frozen", awstest.Deny("s3:GetObject"))
		err = get("guarded")(t.Context(), owner.Config())
		assert.Contains(t, message(t, err), "with an explicit deny in a resource control policy: arn:aws:organizations::000000000000:policy/"+org.ID()+"/resource_control_policy/p-")
		err = get("guarded")(t.Context(), colleague.Config())
		assert.Contains(t, message(t, err), "with an explicit deny in a resource control policy: arn:aws:organizations::000000000000:policy/", "the same organization is told the policy")
		assert.Equal(t, "Access Denied", message(t, get("guarded")(t.Context(), outsider.Config())), "others are not")
		awstest.AssertDenied(t, get("guarded")(t.Context(), member.Config()), "s3:GetObject") // the root user too
		awstest.AssertAllowed(t, get("guarded")(t.Context(), linked))                         // but not service-linked roles
		member.Detach("frozen")
		awstest.AssertAllowed(t, get("guarded")(t.Context(), owner.Config()))
	})
}

// The data perimeter: trusted identities, trusted resources, by SCP, RCP and
// bucket policy.
func TestDataPerimeter(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		org := acct.NewOrganization()
		prod, dev := org.NewOU("prod"), org.NewOU("dev")
		member, sibling, stranger := prod.NewAccount(), dev.NewAccount(), acct.NewAccount()
		other := stranger.NewOrganization()
		bucket(t, member.Config(), "inside")
		bucket(t, stranger.Config(), "outside")
		user, colleague, outsider := member.NewUser("user", everything), sibling.NewUser("colleague", everything), stranger.NewUser("outsider", everything)
		guard(t, stranger.Config(), "outside", awstest.Allow("s3:GetObject").On("arn:aws:s3:::outside/*").By("*"))
		call := func(p *awstest.Principal, bucket string) error { return get(bucket)(t.Context(), p.Config()) }

		// Only trusted resources: an SCP with aws:ResourceOrgID.
		awstest.AssertAllowed(t, call(user, "outside"))
		org.AttachSCP("own-resources", awstest.Deny("s3:*").If("StringNotEquals", "aws:ResourceOrgID", org.ID()))
		awstest.AssertDenied(t, call(user, "outside"), "s3:GetObject")
		awstest.AssertAllowed(t, call(user, "inside"))
		awstest.AssertAllowed(t, call(outsider, "outside"))

		// Only trusted identities: a bucket policy with aws:PrincipalOrgID.
		share := awstest.Allow("s3:GetObject").On("arn:aws:s3:::inside/*").By("*")
		guard(t, member.Config(), "inside", share.If("StringEquals", "aws:PrincipalOrgID", org.ID()))
		awstest.AssertAllowed(t, call(colleague, "inside"))
		awstest.AssertDenied(t, call(outsider, "inside"), "s3:GetObject")
		guard(t, member.Config(), "inside", share.If("ForAnyValue:StringLike", "aws:PrincipalOrgPaths", prod.Path()+"*"))
		awstest.AssertDenied(t, call(colleague, "inside"), "s3:GetObject")
		prod.Add(sibling)
		awstest.AssertAllowed(t, call(colleague, "inside"))
		guard(t, member.Config(), "inside", share.If("StringEquals", "aws:PrincipalOrgID", other.ID()))
		awstest.AssertAllowed(t, call(outsider, "inside"))
		prod.AttachRCP("own-identities", awstest.Deny("s3:*").If("StringNotEqualsIfExists", "aws:PrincipalOrgID", org.ID()))
		awstest.AssertDenied(t, call(outsider, "inside"), "s3:GetObject")

		// An account that leaves has the keys no more.
		guard(t, acct.Config(), ours(t, acct), awstest.Allow("s3:GetObject").On("arn:aws:s3:::ours/*").By("*").If("Null", "aws:PrincipalOrgID", "true"))
		awstest.AssertDenied(t, call(colleague, "ours"), "s3:GetObject")
		_, err := organizations.NewFromConfig(sibling.Config()).LeaveOrganization(t.Context(), &organizations.LeaveOrganizationInput{})
		require.NoError(t, err)
		awstest.AssertAllowed(t, call(colleague, "ours"))
	})
}

func ours(t *testing.T, acct *awstest.Account) string {
	t.Helper()
	bucket(t, acct.Config(), "ours")
	return "ours"
}

// An SCP that denies all regions but some, and a role that is exempt.
func TestRegions(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		member := acct.NewOrganization().AttachSCP("regions", awstest.JSON(`{"Version":"2012-10-17","Statement":{"Sid":"Regions","Effect":"Deny",
			"NotAction":["iam:*","organizations:*","sts:*"],"Resource":"*",
			"Condition":{"StringNotEquals":{"aws:RequestedRegion":["us-east-1"]},"ArnNotLike":{"aws:PrincipalArn":"arn:aws:iam::*:role/migration"}}}}`)).NewAccount()
		in := func(cfg aws.Config, region string) aws.Config {
			cfg.Region = region
			return cfg
		}
		admin, exempt := member.NewUser("admin", everything), member.NewRole("migration", everything)
		awstest.AssertAllowed(t, listQueues(t.Context(), in(admin.Config(), "us-east-1")))
		awstest.AssertDenied(t, listQueues(t.Context(), in(admin.Config(), "eu-west-1")), "sqs:ListQueues")
		awstest.AssertDenied(t, listQueues(t.Context(), in(member.Config(), "eu-west-1")), "sqs:ListQueues")
		awstest.AssertAllowed(t, listQueues(t.Context(), in(exempt.Config(), "eu-west-1")))
		_, err := iam.NewFromConfig(in(admin.Config(), "eu-west-1")).ListUsers(t.Context(), &iam.ListUsersInput{})
		awstest.AssertAllowed(t, err)
	})
}

// A role is assumed across accounts: both sides must agree, the organizations of
// both may forbid it, and an external id keeps the deputy from being confused.
func TestAssumeRoleAcrossAccounts(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		org := acct.NewOrganization()
		customer, vendor := org.NewAccount(), org.NewAccount()
		caller, eve := vendor.NewUser("caller"), vendor.NewUser("eve", awstest.Allow("sts:AssumeRole"))
		role := customer.NewRole("audit", awstest.Trust(awstest.Allow("sts:AssumeRole").By(caller.ARN()).If("StringEquals", "sts:ExternalId", "7f3a")))
		assume := func(p *awstest.Principal, externalID string) error {
			_, err := sts.NewFromConfig(p.Config()).AssumeRole(t.Context(), &sts.AssumeRoleInput{
				RoleArn: aws.String(role.ARN()), RoleSessionName: aws.String("audit"), ExternalId: aws.String(externalID),
			})
			return err
		}
		awstest.AssertDenied(t, assume(caller, "7f3a"), "sts:AssumeRole") // its own account does not let it
		caller.Attach(awstest.Allow("sts:AssumeRole"))
		awstest.AssertDenied(t, assume(caller, "1234"), "sts:AssumeRole")
		awstest.AssertDenied(t, assume(eve, "7f3a"), "sts:AssumeRole") // the role does not trust it
		awstest.AssertAllowed(t, assume(caller, "7f3a"))

		vendor.AttachSCP("no-roles", awstest.Deny("sts:AssumeRole"))
		assert.Contains(t, message(t, assume(caller, "7f3a")), "with an explicit deny in a service control policy")
		vendor.Detach("no-roles")
		customer.AttachRCP("own-identities", awstest.Deny("sts:AssumeRole").If("StringNotEquals", "aws:PrincipalAccount", customer.ID()))
		assert.Contains(t, message(t, assume(caller, "7f3a")), "with an explicit deny in a resource control policy")
	})
}

// A queue's policy lets another account in, if its own does too.
func TestQueueAcrossAccounts(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		acct := awstest.New(t, opts...)
		org := acct.NewOrganization()
		ou := org.NewOU("workloads")
		owner, sender := ou.NewAccount(), ou.NewAccount()
		queue, err := sqs.NewFromConfig(owner.Config()).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("jobs")})
		require.NoError(t, err)
		user := sender.NewUser("user")
		send := func() error {
			_, err := sqs.NewFromConfig(user.Config()).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String("x")})
			return err
		}
		arn := fakeaws.ARN("sqs", "us-east-1", owner.ID(), "jobs")
		awstest.AssertDenied(t, send(), "sqs:SendMessage")
		_, err = sqs.NewFromConfig(owner.Config()).SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: queue.QueueUrl, Attributes: map[string]string{
			"Policy": awstest.Document(awstest.Allow("sqs:SendMessage").On(arn).By("*").If("StringEquals", "aws:PrincipalOrgID", org.ID())),
		}})
		require.NoError(t, err)
		awstest.AssertDenied(t, send(), "sqs:SendMessage")
		user.Attach(awstest.Allow("sqs:SendMessage"))
		awstest.AssertAllowed(t, send())
		ou.AttachRCP("closed", awstest.Deny("sqs:SendMessage"))
		assert.Contains(t, message(t, send()), "with an explicit deny in a resource control policy")
	})
}
