package docs

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stretchr/testify/suite"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/cloudformation"
	"github.com/leastpriv/leastpriv/awstest/secretstest"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/sns"
)

// acct is shared by the tests that say so.
var acct *awstest.Account

func TestMain(m *testing.M) {
	awstest.Main(m, func(t awstest.TB) { acct = awstest.New(t) })
}

func TestCookbook(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	bucket := acct.S3().CreateBucket("reports")
	role := acct.NewRole("reporter", awstest.File("testdata/reporter.json"))

	put := func(ctx context.Context, cfg aws.Config) error {
		_, err := s3.NewFromConfig(cfg).PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("reports"), Key: aws.String("2026/q3.csv")})
		return err
	}
	remove := func(ctx context.Context, cfg aws.Config) error {
		_, err := s3.NewFromConfig(cfg).DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("reports"), Key: aws.String("2026/q3.csv")})
		return err
	}
	awstest.Cases{
		{Name: "writes reports", As: role, Call: put, Want: awstest.WantAllowed()},
		{Name: "never deletes them", As: role, Call: remove, Want: awstest.WantDenied("s3:DeleteObject")},
	}.Run(t)
	assert.Equal(t, []string{"2026/q3.csv"}, bucket.Keys())
	awstest.AssertLeastPrivilege(t, role)
	diff := role.PolicyDiff()
	t.Log(diff) // unused: …, missing: …
	assert.True(t, diff.Empty())

	require.Error(t, remove(t.Context(), role.Config()))
	calls := acct.Calls().By(role).Denied()
	assert.Len(t, calls, 2)
	acct.RequireDenied(t, "s3:DeleteObject")

	bucket.Put("q3.csv", "a,b")
	url, err := s3.NewPresignClient(s3.NewFromConfig(acct.Config())).PresignGetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("reports"), Key: aws.String("q3.csv")})
	require.NoError(t, err)
	resp, err := acct.HTTPClient().Get(url.URL)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, "a,b", string(body))
}

func TestCookbookCan(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	bucket := acct.S3().CreateBucket("reports")
	role := acct.NewRole("reporter", awstest.File("testdata/reporter.json"))
	guest := acct.NewUser("guest", awstest.Allow("s3:ListBucket").On(bucket.ARN()).If("StringEquals", "s3:prefix", "2026/"))

	answer := role.Can("s3:GetObject", bucket.ARN()+"/2026/q3.csv")
	assert.False(t, answer.Allowed)
	assert.Contains(t, answer.Explain(), "no identity-based policy allows it")

	allowed, denied := awstest.WantAllowed(), awstest.WantDenied()
	awstest.Matrix{
		As: []*awstest.Principal{role, guest},
		Rows: []awstest.Row{
			{Action: "s3:PutObject", Resource: bucket.ARN() + "/2026/q3.csv", Want: []awstest.Want{allowed, denied}},
			{Action: "s3:ListBucket", Resource: bucket.ARN(), Keys: []awstest.ContextEntry{awstest.ContextKey("s3:prefix", "2026/")}, Want: []awstest.Want{denied, allowed}},
		},
	}.Cases().Run(t)
}

func TestCookbookDelay(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	bucket := acct.S3().CreateBucket("reports")
	worker := acct.NewRole("worker")
	document := awstest.Document(awstest.Allow("s3:PutObject").On(bucket.ARN() + "/*"))

	acct.Fail("iam:*", awstest.Delay(5*time.Second))
	admin := iam.NewFromConfig(acct.Config())
	_, err := admin.PutRolePolicy(t.Context(), &iam.PutRolePolicyInput{RoleName: aws.String("worker"), PolicyName: aws.String("write"), PolicyDocument: &document})
	require.NoError(t, err)
	awstest.AssertCannot(t, worker, "s3:PutObject", bucket.ARN()+"/q3.csv")
	acct.Advance(5 * time.Second)
	awstest.AssertCan(t, worker, "s3:PutObject", bucket.ARN()+"/q3.csv")
}

func TestCookbookLoad(t *testing.T) {
	acct := awstest.New(t)
	t.Chdir("../awstest/cloudformation")
	stack := acct.Load(cloudformation.Template("testdata/worker.yaml", map[string]string{"Stage": "prod"}))
	worker := stack.Role("WorkerRole")
	_, err := awssqs.NewFromConfig(worker.Config()).PurgeQueue(t.Context(), &awssqs.PurgeQueueInput{QueueUrl: aws.String(stack.Output("QueueUrl"))})
	awstest.AssertDenied(t, err, "sqs:PurgeQueue")
}

func TestCookbookMutate(t *testing.T) {
	t.Parallel()
	put := func(t awstest.T, p *awstest.Principal, key string) error {
		_, err := s3.NewFromConfig(p.Config()).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("reports"), Key: &key})
		return err
	}
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports")
	role := acct.NewRole("reporter", awstest.File("testdata/reporter.json"))
	awstest.Mutate(t, acct, func(t awstest.T, acct *awstest.Account) {
		role := role.In(acct)
		awstest.RequireAllowed(t, put(t, role, "2026/q3.csv"))
		awstest.RequireDenied(t, put(t, role, "2025/q3.csv"), "s3:PutObject")
		_, err := s3.NewFromConfig(role.Config()).DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("reports"), Key: aws.String("2026/q3.csv")})
		awstest.RequireDenied(t, err, "s3:DeleteObject")
	})
}

func TestCookbookRoles(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	pipeline, stranger := acct.NewRole("pipeline", awstest.Allow("sts:AssumeRole")), acct.NewUser("stranger")
	task := acct.NewRole("task", awstest.Trust(awstest.Statements(
		awstest.Allow("sts:AssumeRole").By("ecs-tasks.amazonaws.com"), awstest.Allow("sts:AssumeRole").By(pipeline.ARN()))))
	awstest.AssertAssumable(t, task, "ecs-tasks.amazonaws.com", pipeline)
	awstest.AssertNotAssumable(t, task, "ec2.amazonaws.com", stranger)

	role := acct.NewRole("worker", awstest.Trust(awstest.Allow("sts:AssumeRole", "sts:TagSession").By(acct.ID())))
	blue := role.NewSession("job-7", awstest.Tags(map[string]string{"team": "blue"}))
	assert.Equal(t, "arn:aws:sts::000000000000:assumed-role/worker/job-7", blue.ARN())

	prod := acct.NewAccount(awstest.WithAccountID("210987654321"), awstest.WithRegion("eu-central-1"))
	assert.Equal(t, "210987654321", prod.ID())
}

func TestCookbookFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // the retries wait in virtual time
		acct := awstest.New(t, awstest.WithRetries())
		acct.S3().CreateBucket("reports")
		role := acct.NewRole("reporter", awstest.File("testdata/reporter.json"))
		put := func(ctx context.Context, cfg aws.Config) error {
			_, err := s3.NewFromConfig(cfg).PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("reports"), Key: aws.String("2026/q3.csv")})
			return err
		}
		fault := acct.Fail("s3:PutObject", awstest.Throttle(2).By(role).On("arn:aws:s3:::reports/2026/*"))
		require.NoError(t, put(t.Context(), role.Config()))
		assert.Len(t, acct.Calls().By(role), 3) // two were throttled
		fault.Stop()
		assert.Equal(t, "Throttle", acct.Calls()[0].Fault)
	})
}

// TestShared has the account of TestMain.
func TestShared(t *testing.T) {
	t.Parallel()
	acct := acct.For(t)
	bucket := acct.S3().CreateBucket("shared")
	bucket.Put("k", "v")
	assert.Equal(t, []string{"k"}, bucket.Keys())
}

// reports is a suite whose tests share an account.
type reports struct {
	suite.Suite
	acct *awstest.Account
}

func TestSuite(t *testing.T) {
	t.Parallel()
	suite.Run(t, new(reports))
}

func (s *reports) SetupSuite() {
	s.acct = awstest.New(s.T())
	s.acct.S3().CreateBucket("reports")
}

func (s *reports) TestFirst() {
	s.acct.For(s.T()).S3().Bucket("reports").Put("first", "1")
}

func (s *reports) TestSecond() {
	s.Equal([]string{"first"}, s.acct.For(s.T()).S3().Bucket("reports").Keys())
}

func TestCookbookClones(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("q3", "x")
	worker := acct.NewRole("worker", awstest.Allow("s3:GetObject", "s3:DeleteObject").On("arn:aws:s3:::reports/*"))
	get := func(ctx context.Context, cfg aws.Config) error {
		_, err := s3.NewFromConfig(cfg).GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("reports"), Key: aws.String("q3")})
		return err
	}
	remove := func(ctx context.Context, cfg aws.Config) error {
		_, err := s3.NewFromConfig(cfg).DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("reports"), Key: aws.String("q3")})
		return err
	}
	awstest.Cases{
		{Name: "deletes a report", As: worker, Call: remove, Want: awstest.WantAllowed()},
		{Name: "reads it", As: worker, Call: get, Want: awstest.WantAllowed()},
		{Name: "not when it is locked", As: worker, Call: remove, Want: awstest.WantDenied("s3:DeleteObject"),
			Setup: func(acct *awstest.Account) {
				acct.S3().Bucket("reports").SetPolicy(awstest.Deny("s3:DeleteObject").By("*").On("arn:aws:s3:::reports/*"))
			}},
	}.RunParallel(t)
	t.Run("a worker who is dismissed", func(t *testing.T) {
		t.Parallel()
		acct := acct.Clone(t)
		worker := worker.In(acct)
		worker.Attach(awstest.Deny("*"))
		awstest.AssertDenied(t, get(t.Context(), worker.Config()))
		acct.Advance(24 * time.Hour) // the clone's clock
	})
}

func TestCookbookSecrets(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, secretstest.With())
	key := acct.KMS().CreateKey("alias/app")
	db := secretstest.Of(acct).CreateSecret(&secretsmanager.CreateSecretInput{
		Name: aws.String("prod/db"), SecretString: aws.String("hunter2"), KmsKeyId: aws.String("alias/app"),
	})
	read := awstest.Allow("secretsmanager:GetSecretValue").On("arn:aws:secretsmanager:*:*:secret:prod/db-??????")
	forgot := acct.NewRole("api", read)
	api := acct.NewRole("api-with-key", awstest.Statements(read, awstest.Allow("kms:Decrypt").On(key.ARN())))
	get := func(role *awstest.Principal, name string) error {
		_, err := secretsmanager.NewFromConfig(role.Config()).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: &name})
		return err
	}

	require.NoError(t, get(api, "prod/db"))
	awstest.RequireDenied(t, get(forgot, "prod/db"), "kms:Decrypt")                   // "Access to KMS is not allowed"
	awstest.RequireDenied(t, get(api, "prod/queue"), "secretsmanager:GetSecretValue") // also where there is none

	db.Set("correct horse")
	assert.Equal(t, "correct horse", db.Value())
	assert.Equal(t, "hunter2", db.Labeled("AWSPREVIOUS").String)
}

func TestCookbookTopics(t *testing.T) {
	t.Parallel()
	shop := awstest.New(t, awstest.With(sns.Service))
	warehouse := shop.NewAccount()
	topic := fakeaws.ARN("sns", "us-east-1", shop.ID(), "orders")
	queue := warehouse.SQS().CreateQueue("picking", nil)
	queue.SetPolicy(awstest.Allow("sqs:SendMessage").By("sns.amazonaws.com").If("ArnEquals", "aws:SourceArn", topic))

	owner, picker := awssns.NewFromConfig(shop.Config()), awssns.NewFromConfig(warehouse.Config())
	_, err := owner.CreateTopic(t.Context(), &awssns.CreateTopicInput{Name: aws.String("orders")})
	require.NoError(t, err)
	_, err = owner.AddPermission(t.Context(), &awssns.AddPermissionInput{
		TopicArn: &topic, Label: aws.String("warehouse"), AWSAccountId: []string{warehouse.ID()}, ActionName: []string{"Subscribe"},
	})
	require.NoError(t, err)
	_, err = picker.Subscribe(t.Context(), &awssns.SubscribeInput{TopicArn: &topic, Protocol: aws.String("sqs"), Endpoint: aws.String(queue.ARN())})
	require.NoError(t, err)

	publisher := shop.NewRole("publisher", awstest.Allow("sns:Publish").On(topic))
	publish := func(ctx context.Context, cfg aws.Config) error {
		_, err := awssns.NewFromConfig(cfg).Publish(ctx, &awssns.PublishInput{TopicArn: &topic, Message: aws.String("order 1")})
		return err
	}
	require.NoError(t, publish(t.Context(), publisher.Config()))
	require.Len(t, queue.Bodies(), 1)

	queue.SetPolicy(awstest.Deny("sqs:*").By("*").If("Bool", "aws:SecureTransport", "false"))
	require.NoError(t, publish(t.Context(), publisher.Config())) // SNS has the message
	assert.Len(t, queue.Bodies(), 1)                             // and could not deliver it
	lost := sns.Published(shop.World(), topic)[1].Deliveries[0]
	t.Log(lost.Outcome, lost.Reason) // dropped … AccessDenied
	assert.Equal(t, sns.Dropped, lost.Outcome)
	assert.Contains(t, lost.Reason, "AccessDenied")
}
