package awstest_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/idp"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Centralized root access needs trusted access, and is the management account's.
func TestRootAccess(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		ctx := t.Context()
		acct := awstest.New(t, opts...)
		org := acct.NewOrganization()
		member, delegate := org.NewAccount(), org.NewAccount()
		root := iam.NewFromConfig(acct.Config())
		enable := func(c *iam.Client) error {
			_, err := c.EnableOrganizationsRootSessions(ctx, &iam.EnableOrganizationsRootSessionsInput{})
			return err
		}
		var untrusted *iamtypes.ServiceAccessNotEnabledException
		require.ErrorAs(t, enable(root), &untrusted)
		orgs := organizations.NewFromConfig(acct.Config())
		_, err := orgs.EnableAWSServiceAccess(ctx, &organizations.EnableAWSServiceAccessInput{ServicePrincipal: aws.String("iam.amazonaws.com")})
		require.NoError(t, err)
		require.NoError(t, enable(root))
		out, err := root.EnableOrganizationsRootCredentialsManagement(ctx, &iam.EnableOrganizationsRootCredentialsManagementInput{})
		require.NoError(t, err)
		assert.Equal(t, org.ID(), *out.OrganizationId)
		assert.Equal(t, []iamtypes.FeatureType{iamtypes.FeatureTypeRootCredentialsManagement, iamtypes.FeatureTypeRootSessions}, out.EnabledFeatures)
		assert.Equal(t, fakeaws.RootAccess{Credentials: true, Sessions: true}, acct.World().RootAccess(org.ID()))

		var neither *iamtypes.AccountNotManagementOrDelegatedAdministratorException
		require.ErrorAs(t, enable(iam.NewFromConfig(member.Config())), &neither)
		_, err = orgs.RegisterDelegatedAdministrator(ctx, &organizations.RegisterDelegatedAdministratorInput{AccountId: aws.String(delegate.ID()), ServicePrincipal: aws.String("iam.amazonaws.com")})
		require.NoError(t, err)
		var delegated *iamtypes.CallerIsNotManagementAccountException
		theirs := iam.NewFromConfig(delegate.Config())
		require.ErrorAs(t, enable(theirs), &delegated)
		_, err = theirs.DisableOrganizationsRootSessions(ctx, &iam.DisableOrganizationsRootSessionsInput{})
		require.NoError(t, err)
		_, err = root.DisableOrganizationsRootCredentialsManagement(ctx, &iam.DisableOrganizationsRootCredentialsManagementInput{})
		require.NoError(t, err)
		features, err := theirs.ListOrganizationsFeatures(ctx, &iam.ListOrganizationsFeaturesInput{})
		require.NoError(t, err)
		assert.Empty(t, features.EnabledFeatures)
		_, err = orgs.DisableAWSServiceAccess(ctx, &organizations.DisableAWSServiceAccessInput{ServicePrincipal: aws.String("iam.amazonaws.com")})
		require.NoError(t, err)
		require.ErrorAs(t, enable(root), &untrusted)
	})
}

// IAM's simulator evaluates the SCPs of the account.
func TestSimulatorMindsOrganizations(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	member := acct.NewOrganization().NewAccount().AttachSCP("no-s3", awstest.Deny("s3:*"))
	admin := member.NewUser("admin", everything)
	out, err := iam.NewFromConfig(member.Config()).SimulatePrincipalPolicy(t.Context(), &iam.SimulatePrincipalPolicyInput{
		PolicySourceArn: aws.String(admin.ARN()), ActionNames: []string{"s3:GetObject", "sqs:SendMessage"},
	})
	require.NoError(t, err)
	require.Len(t, out.EvaluationResults, 2)
	for i, allowed := range []bool{false, true} {
		assert.Equal(t, allowed, out.EvaluationResults[i].OrganizationsDecisionDetail.AllowedByOrganizations)
	}
}

// The confused deputy: a service sends for anybody; the queue's policy and the
// organization's RCPs say for whom it may, with aws:SourceArn, aws:SourceAccount,
// aws:SourceOrgID and aws:SourceOrgPaths.
func TestConfusedDeputy(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	org := acct.NewOrganization()
	ou := org.NewOU("workloads")
	owner, sibling, stranger := ou.NewAccount(), org.NewAccount(), acct.NewAccount()
	queue, err := sqs.NewFromConfig(owner.Config()).CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("events")})
	require.NoError(t, err)
	arn := fakeaws.ARN("sqs", "us-east-1", owner.ID(), "events")
	policy := func(statement awstest.Statement) {
		_, err := sqs.NewFromConfig(owner.Config()).SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{
			QueueUrl: queue.QueueUrl, Attributes: map[string]string{"Policy": awstest.Document(statement)},
		})
		require.NoError(t, err)
	}
	send := func(a *awstest.Account, bucket string) bool {
		_, err := fakeaws.Do[sqs.SendMessageOutput](t.Context(), acct.World(), fakeaws.ServiceCall{
			Principal: "s3.amazonaws.com", SourceARN: "arn:aws:s3:::" + bucket, SourceAccount: a.ID(), Region: "us-east-1",
		}.Actor(), &sqs.SendMessageInput{QueueUrl: queue.QueueUrl, MessageBody: aws.String("{}")})
		return err == nil
	}
	fromS3 := awstest.Allow("sqs:SendMessage").On(arn).By("s3.amazonaws.com")
	policy(fromS3)
	assert.True(t, send(stranger, "theirs"), "anybody's bucket")
	policy(fromS3.If("ArnLike", "aws:SourceArn", "arn:aws:s3:::ours"))
	assert.True(t, send(stranger, "ours"), "names of buckets say nothing of who has them")
	assert.False(t, send(stranger, "theirs"))
	policy(fromS3.If("ArnLike", "aws:SourceArn", "arn:aws:s3:::ours").If("StringEquals", "aws:SourceAccount", owner.ID()))
	assert.True(t, send(owner, "ours"))
	assert.False(t, send(stranger, "ours"))
	policy(fromS3.If("StringEquals", "aws:SourceOrgID", org.ID()))
	assert.True(t, send(sibling, "theirs"))
	assert.True(t, send(acct, "management"))
	assert.False(t, send(stranger, "theirs"))
	policy(fromS3.If("ForAnyValue:StringLike", "aws:SourceOrgPaths", ou.Path()+"*"))
	assert.True(t, send(owner, "ours"))
	assert.False(t, send(sibling, "theirs"))

	policy(fromS3)
	org.AttachRCP("own-sources", awstest.Deny("sqs:*").If("StringNotEqualsIfExists", "aws:SourceOrgID", org.ID()).If("Bool", "aws:PrincipalIsAWSService", "true"))
	assert.True(t, send(sibling, "theirs"))
	assert.False(t, send(stranger, "theirs"), "an RCP binds services too")
	org.AttachSCP("nothing", awstest.Deny("sqs:*"))
	assert.True(t, send(sibling, "theirs"), "an SCP does not")
}

func TestMistakesWithOrganizations(t *testing.T) {
	t.Parallel()
	for want, test := range map[string]func(acct *awstest.Account){
		"account 111111111111 is in no organization": func(acct *awstest.Account) { acct.NewAccount().AttachSCP("p", awstest.Deny("s3:*")) },
		"account 111111111111 is a member of the organization of account 000000000000": func(acct *awstest.Account) {
			acct.NewOrganization().NewAccount().Organization()
		},
		"account 000000000000 is in no organization: NewOrganization makes one": func(acct *awstest.Account) { acct.Organization() },
		"awstest: CreateOrganization of 000000000000: AlreadyInOrganizationException": func(acct *awstest.Account) {
			acct.NewOrganization()
			acct.NewOrganization()
		},
		"account 111111111111 is in the organization of account 222222222222": func(acct *awstest.Account) {
			member, other := acct.NewAccount(), acct.NewAccount()
			other.NewOrganization().Add(member)
			acct.NewOrganization().Add(member)
		},
		"the organization has another policy of that name": func(acct *awstest.Account) {
			acct.NewOrganization().AttachSCP("p", awstest.Deny("s3:*")).AttachSCP("p", awstest.Deny("sqs:*"))
		},
		"it is not attached; these are: FullAWSAccess, RCPFullAWSAccess": func(acct *awstest.Account) { acct.NewOrganization().Detach("p") },
		"You must have at least one attached at all times.":              func(acct *awstest.Account) { acct.NewOrganization().NewOU("x").Detach("FullAWSAccess") },
		`unknown condition operator "StringEqual"`: func(acct *awstest.Account) {
			acct.NewOrganization().AttachSCP("p", awstest.Deny("s3:*").If("StringEqual", "aws:PrincipalAccount", "1"))
		},
		"Allow is for RCPFullAWSAccess alone": func(acct *awstest.Account) { acct.NewOrganization().AttachRCP("p", awstest.Allow("s3:*")) },
		`Action "*" is for RCPFullAWSAccess alone; name the service, like s3:*`: func(acct *awstest.Account) {
			acct.NewOrganization().AttachRCP("p", awstest.Deny("*"))
		},
		"An OU with the same name already exists.": func(acct *awstest.Account) {
			org := acct.NewOrganization()
			org.NewOU("x")
			org.NewOU("x")
		},
	} {
		r := failing(t, func(tb awstest.TB) { test(awstest.New(tb)) })
		assert.True(t, r.fatal, want)
		assert.Contains(t, strings.Join(r.errors, "\n"), want)
	}
	org := awstest.New(t).NewOrganization()
	org.AttachSCP("p", awstest.Deny("s3:*"))
	org.NewOU("x").AttachSCP("p", awstest.Deny("s3:*")) // the very same: attached once more
	assert.Equal(t, org.ID(), awstest.New(t).NewOrganization().ID(), "ids follow from the test's name")
}

// Rules 39, 41 and 55: an RCP binds who comes with a token of another repository,
// whatever the roles of the accounts trust; an SCP does not, for the caller is in
// no account.
func TestRCPsBindWebIdentities(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		org := awstest.New(t, opts...).NewOrganization()
		member := org.NewAccount()
		github := idp.GitHub(member)
		role := member.NewRole("deploy", awstest.Trust(awstest.Allow("sts:AssumeRoleWithWebIdentity").By(github.ARN()).
			If("StringLike", "token.actions.githubusercontent.com:sub", "repo:*")))
		ours, theirs := idp.GitHubJob{Repository: "ours/app"}, idp.GitHubJob{Repository: "theirs/app"}
		assume := func(job idp.GitHubJob) error {
			_, err := github.AssumeRole(role, job)
			return err
		}
		awstest.AssertAllowed(t, assume(theirs))
		org.AttachSCP("nothing", awstest.Deny("sts:*"))
		awstest.AssertAllowed(t, assume(theirs))
		org.AttachRCP("our-repositories", awstest.Deny("sts:AssumeRoleWithWebIdentity").
			If("StringNotLike", "token.actions.githubusercontent.com:sub", "repo:ours@*/*"))
		awstest.AssertDenied(t, assume(theirs), "sts:AssumeRoleWithWebIdentity")
		awstest.AssertAllowed(t, assume(ours))
	})
}

// Rule 47: a bucket policy never locks the bucket owner's root user out of the
// policy itself; an SCP does.
func TestSCPsBindTheBucketOwnersRoot(t *testing.T) {
	t.Parallel()
	doors(t, func(t *testing.T, opts ...awstest.Option) {
		member := awstest.New(t, opts...).NewOrganization().NewAccount()
		bucket(t, member.Config(), "locked")
		guard(t, member.Config(), "locked", awstest.Deny("s3:*").On("arn:aws:s3:::locked", "arn:aws:s3:::locked/*").By("*"))
		awstest.AssertDenied(t, get("locked")(t.Context(), member.Config()), "s3:GetObject")
		unlock := func() error {
			_, err := s3.NewFromConfig(member.Config()).DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: aws.String("locked")})
			return err
		}
		member.AttachSCP("no-policies", awstest.Deny("s3:DeleteBucketPolicy"))
		awstest.AssertDenied(t, unlock(), "s3:DeleteBucketPolicy")
		member.Detach("no-policies")
		awstest.AssertAllowed(t, unlock())
	})
}

// Rule 41: an RCP reaches the customer's KMS keys, and not the key aws/s3 of the account.
func TestRCPsSpareKeysOfAWS(t *testing.T) {
	t.Parallel()
	member := awstest.New(t).NewOrganization().AttachRCP("no-keys", awstest.Deny("kms:*")).NewAccount()
	key := member.KMS().CreateKey("alias/app")
	member.S3().CreateBucket("vault")
	client := s3.NewFromConfig(member.NewUser("writer", everything).Config())
	put := func(id *string) error {
		_, err := client.PutObject(t.Context(), &s3.PutObjectInput{
			Bucket: aws.String("vault"), Key: aws.String("k"), Body: strings.NewReader("data"), ServerSideEncryption: "aws:kms", SSEKMSKeyId: id,
		})
		return err
	}
	awstest.AssertAllowed(t, put(nil))
	awstest.AssertDenied(t, put(aws.String(key.ARN())), "kms:GenerateDataKey")
}
