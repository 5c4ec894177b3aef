package docs

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	awsorganizations "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	smtypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/idp"
	"github.com/leastpriv/leastpriv/awstest/secretstest"
	"github.com/leastpriv/leastpriv/fakeaws/iamtoolbox"
	fakesm "github.com/leastpriv/leastpriv/fakeaws/secretsmanager"
	"github.com/leastpriv/leastpriv/fakeaws/sqs"
)

// TestOrganization is README's.
func TestOrganization(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	org := acct.NewOrganization() // acct is its management account
	ou := org.NewOU("workloads").AttachSCP("no-s3", awstest.Deny("s3:*"))
	member := ou.NewAccount()
	org.AttachRCP("ours", awstest.Deny("sqs:*").If("StringNotEquals", "aws:PrincipalOrgID", org.ID()))

	_, err := s3.NewFromConfig(member.Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
	awstest.RequireDenied(t, err, "s3:ListAllMyBuckets")
	_, err = s3.NewFromConfig(acct.Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
	awstest.RequireAllowed(t, err)
	_, err = awssqs.NewFromConfig(member.Config()).ListQueues(t.Context(), &awssqs.ListQueuesInput{})
	awstest.RequireAllowed(t, err)
}

// TestLevels is docs/enforcement.md's.
func TestLevels(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.WithRegion("eu-west-1"))
	org := acct.NewOrganization() // the root; acct is the management account
	ou := org.NewOU("workloads")
	member := ou.NewOU("production").NewAccount()                   // or ou.Add(an account that exists)
	org.AttachSCP("regions", awstest.File("testdata/regions.json")) // for every member account
	ou.AttachSCP("no-s3", awstest.Deny("s3:*"))                     // for what is in the OU, however deep
	member.AttachRCP("ours", awstest.Deny("s3:*").If("StringNotEquals", "aws:PrincipalOrgID", org.ID()))
	ou.AttachSCP("only-sqs", awstest.Allow("sqs:*")).Detach("FullAWSAccess")

	queues := awssqs.NewFromConfig(member.Config())
	_, err := queues.ListQueues(t.Context(), &awssqs.ListQueuesInput{})
	awstest.RequireAllowed(t, err)
	_, err = queues.ListQueues(t.Context(), &awssqs.ListQueuesInput{}, func(o *awssqs.Options) { o.Region = "us-west-2" })
	awstest.RequireDenied(t, err, "sqs:ListQueues")
	_, err = s3.NewFromConfig(member.Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
	awstest.RequireDenied(t, err, "s3:ListAllMyBuckets")
	_, err = awsorganizations.NewFromConfig(member.Config()).DescribeOrganization(t.Context(), &awsorganizations.DescribeOrganizationInput{})
	awstest.RequireDenied(t, err, "organizations:DescribeOrganization")
}

// TestAuthorizationDetails is docs/enforcement.md's: rule 84.
func TestAuthorizationDetails(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.WithAuthorizationDetails())
	_, err := s3.NewFromConfig(acct.NewUser("alice").Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
	awstest.RequireDenied(t, err, "s3:ListAllMyBuckets")
	id := acct.Calls()[0].AuthorizationID // the end of the error's text
	assert.ErrorContains(t, err, "because no identity-based policy allows the s3:ListAllMyBuckets action. Go to https://us-east-1.console.aws.amazon.com/iam/home?region=us-east-1#/authorization-details/"+
		id+" for complete details, or call the GetRequestAuthorizationDetails API with the following authorization id: "+id)
	details, err := iamtoolbox.NewFromConfig(acct.Config()).GetRequestAuthorizationDetails(t.Context(),
		&iamtoolbox.GetRequestAuthorizationDetailsInput{AuthorizationId: &id})
	require.NoError(t, err)
	require.Len(t, details.Evaluations, 1)
	assert.Equal(t, "s3:ListAllMyBuckets", *details.Evaluations[0].Action)
	assert.Equal(t, iamtoolbox.EvaluatedEffectImplicitDeny, details.Evaluations[0].EvaluatedEffect)
}

// TestIAM is docs/iam.md's.
func TestIAM(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	trust := awstest.TrustDocument(awstest.Allow("sts:AssumeRole").By("ec2.amazonaws.com"))
	_, err := awsiam.NewFromConfig(acct.Config()).CreateRole(t.Context(), &awsiam.CreateRoleInput{RoleName: aws.String("web"), AssumeRolePolicyDocument: &trust})
	require.NoError(t, err)

	role := acct.IAM().Role("web")    // what a deployment made, with a session of it
	role.Attach(awstest.Deny("s3:*")) // Detach takes policies away, by name
	acct.IAM().Roles()                // with trust policies, policies, boundaries, tags
	acct.IAM().CreatePolicy("list", awstest.Allow("s3:ListAllMyBuckets"))
	t.Log(acct.IAM().Dump()) // every user, group, role and policy

	_, err = s3.NewFromConfig(role.Config()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
	awstest.RequireDenied(t, err, "s3:ListAllMyBuckets")
	acct.IAM().AddHardwareToken("GAHT12345678", []byte("a seed of twenty bytes"))
}

// TestBuckets is docs/s3.md's.
func TestBuckets(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	reader := acct.NewRole("reader")
	reports := acct.S3().CreateBucket("reports")
	reports.Put("2026/q3.csv", "a,b,c")
	reports.SetPolicy(awstest.Allow("s3:GetObject").By(reader.ARN())) // for the bucket and its objects

	reports.Keys()              // of all objects; Objects has sizes and times
	reports.Body("2026/q3.csv") // "a,b,c"
	t.Log(acct.S3().Dump())     // every bucket, one object in a line

	assert.Equal(t, []string{"2026/q3.csv"}, reports.Keys())
	assert.Equal(t, "a,b,c", reports.Body("2026/q3.csv"))
}

// TestEventNotifications is docs/s3.md's.
func TestEventNotifications(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	client := s3.NewFromConfig(acct.Config())
	uploads, jobs := acct.S3().CreateBucket("uploads"), acct.SQS().CreateQueue("jobs", nil)
	jobs.SetPolicy(awstest.Allow("sqs:SendMessage").By("s3.amazonaws.com").
		If("ArnEquals", "aws:SourceArn", uploads.ARN()))
	_, err := client.PutBucketNotificationConfiguration(t.Context(), &s3.PutBucketNotificationConfigurationInput{
		Bucket: aws.String("uploads"),
		NotificationConfiguration: &types.NotificationConfiguration{QueueConfigurations: []types.QueueConfiguration{
			{QueueArn: aws.String(jobs.ARN()), Events: []types.Event{"s3:ObjectCreated:*"}},
		}},
	})
	awstest.RequireAllowed(t, err)
	uploads.Put("red flower.jpg", "…") // jobs has the test event, and then this one's

	bodies := jobs.Bodies()
	require.Len(t, bodies, 2)
	assert.Contains(t, bodies[0], `"Event":"s3:TestEvent"`)
	assert.Contains(t, bodies[1], `"eventName":"ObjectCreated:Put"`)
	assert.Contains(t, bodies[1], `"key":"red+flower.jpg"`)
}

// TestQueues is docs/queues.md's.
func TestQueues(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	jobs := acct.SQS().CreateQueue("jobs", nil)
	dead := acct.SQS().CreateQueue("dead", nil)
	jobs.DeadLettersTo(dead, 3)
	jobs.Send("one", "two")

	jobs.Bodies()             // of all messages
	jobs.Bodies(sqs.InFlight) // of those in a state: Visible, Blocked, Delayed, InFlight
	jobs.Messages()           // with state, times, receive count, attributes
	t.Log(acct.SQS().Dump())  // every queue, one message in a line

	assert.ElementsMatch(t, []string{"one", "two"}, jobs.Bodies())
	assert.Empty(t, jobs.Bodies(sqs.InFlight))
	assert.Len(t, jobs.Messages(), 2)
	assert.Empty(t, dead.Messages())
}

// TestSecrets is docs/secretsmanager.md's.
func TestSecrets(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, secretstest.With())
	secrets := secretstest.Of(acct)
	db := secrets.Create("prod/db", "hunter2")
	db.Set("correct horse")
	db.Value()                // of AWSCURRENT
	db.Labeled("AWSPREVIOUS") // the version before
	db.State()                // ARN, versions, labels, tags, policy
	db.SetPolicy(awstest.Allow("secretsmanager:GetSecretValue").By("444455556666"))
	db.SetTag("team", "red")

	assert.Equal(t, "correct horse", db.Value())
	assert.Equal(t, []string{"prod/db"}, secrets.Names())
	assert.Empty(t, secrets.In("eu-west-1").Names())
	assert.Equal(t, map[string]string{"team": "red"}, db.State().Tags)

	function := "arn:aws:lambda:us-east-1:" + acct.ID() + ":function:rotate"
	client := secretsmanager.NewFromConfig(acct.Config())
	secrets.RotateWith(function, func(ctx context.Context, e fakesm.RotationEvent) error {
		if e.Step != fakesm.CreateSecret {
			return nil
		}
		_, err := client.PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &e.SecretID,
			ClientRequestToken: &e.ClientRequestToken, SecretString: aws.String("new")})
		return err
	})
	acct.SetResourcePolicy(function, awstest.Allow("lambda:InvokeFunction").By("secretsmanager.amazonaws.com").
		If("StringEquals", "aws:SourceAccount", acct.ID()))
	_, err := client.RotateSecret(t.Context(), &secretsmanager.RotateSecretInput{SecretId: aws.String("prod/db"),
		RotationLambdaARN: &function, RotationRules: &smtypes.RotationRulesType{AutomaticallyAfterDays: aws.Int64(30)}})
	awstest.RequireAllowed(t, err)
	assert.Equal(t, "new", db.Value())
	assert.NoError(t, db.State().RotationError)
}

// TestEncryptedSAML is docs/federation.md's.
func TestEncryptedSAML(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	corp := idp.SAML(acct, "corp")
	role := acct.NewRole("staff", awstest.Trust(awstest.Allow("sts:AssumeRoleWithSAML").By(corp.ARN()).
		If("StringEquals", "saml:aud", "https://signin.aws.amazon.com/saml")))
	corp.EncryptAssertions() // from now on plain ones are refused
	session, err := corp.AssumeRole(role, idp.SAMLUser{Name: "alice"})
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:sts::000000000000:assumed-role/staff/alice", session.ARN())
}
