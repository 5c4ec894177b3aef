package awstest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A scene has principals whom policies of every layer limit, and resources with policies.
type canScene struct {
	acct, other *awstest.Account
	bucket      *awstest.Bucket
	queue       *awstest.Queue
	target      *awstest.Principal
	callers     []*awstest.Principal
}

func newCanScene(t awstest.TB) *canScene {
	acct := awstest.New(t)
	org := acct.NewOrganization()
	member, other := org.NewAccount(), acct.NewAccount()
	member.AttachSCP("no-purge", awstest.Deny("sqs:PurgeQueue"))
	member.AttachRCP("no-tags", awstest.Deny("s3:GetObjectTagging").By("*"))
	s := &canScene{acct: member, other: other}
	s.bucket = member.S3().CreateBucket("reports")
	s.bucket.PutObject(&s3.PutObjectInput{Bucket: aws.String("reports"), Key: aws.String("q3.csv"), Body: strings.NewReader("x"), Tagging: aws.String("class=open")})
	s.bucket.Put("secret.csv", "y")
	s.queue = member.SQS().CreateQueue("jobs", nil)
	s.target = member.NewRole("target", awstest.Trust(awstest.Allow("sts:AssumeRole").By(other.ID())), awstest.Tags(map[string]string{"team": "blue"}))

	all := awstest.Allow("s3:*", "sqs:*", "sts:*", "iam:GetRole")
	reader := member.NewUser("reader", awstest.Allow("s3:GetObject", "s3:ListBucket").On(s.bucket.ARN(), s.bucket.ARN()+"/*").If("StringEquals", "s3:ExistingObjectTag/class", "open"))
	bounded := member.NewUser("bounded", all, awstest.Boundary(awstest.Allow("sqs:*")))
	worker := member.NewRole("worker", all)
	session := worker.NewSession("job", awstest.Allow("sqs:SendMessage", "s3:GetObject").On("*"))
	foreign := other.NewUser("foreign", all)
	nobody := other.NewUser("nobody")
	s.bucket.SetPolicy(awstest.Statements(
		awstest.Allow("s3:GetObject").By(foreign.ARN(), nobody.ARN()).On(s.bucket.ARN()+"/q3.csv"),
		awstest.Deny("s3:*").By("*").On(s.bucket.ARN()+"/secret.csv"),
	))
	s.queue.SetPolicy(awstest.Allow("sqs:*").By(foreign.ARN()))
	s.callers = []*awstest.Principal{reader, bounded, worker, session, foreign, nobody, member.Root(), member.Anonymous()}
	return s
}

// calls are calls of all services, which need one permission each.
func (s *canScene) calls() map[string]func(ctx context.Context, cfg aws.Config) error {
	get := func(key string) func(ctx context.Context, cfg aws.Config) error {
		return func(ctx context.Context, cfg aws.Config) error {
			_, err := s3.NewFromConfig(cfg).GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("reports"), Key: &key})
			return err
		}
	}
	url := aws.String(s.queue.URL())
	return map[string]func(ctx context.Context, cfg aws.Config) error{
		"get": get("q3.csv"), "get secret": get("secret.csv"),
		"list": func(ctx context.Context, cfg aws.Config) error {
			_, err := s3.NewFromConfig(cfg).ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("reports")})
			return err
		},
		"tagging": func(ctx context.Context, cfg aws.Config) error {
			_, err := s3.NewFromConfig(cfg).GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: aws.String("reports"), Key: aws.String("q3.csv")})
			return err
		},
		"send": func(ctx context.Context, cfg aws.Config) error {
			_, err := sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("x")})
			return err
		},
		"purge": func(ctx context.Context, cfg aws.Config) error {
			_, err := sqs.NewFromConfig(cfg).PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url})
			return err
		},
		"tag queue": func(ctx context.Context, cfg aws.Config) error {
			_, err := sqs.NewFromConfig(cfg).ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: url})
			return err
		},
		"assume": func(ctx context.Context, cfg aws.Config) error {
			_, err := sts.NewFromConfig(cfg).AssumeRole(ctx, &sts.AssumeRoleInput{RoleArn: aws.String(s.target.ARN()), RoleSessionName: aws.String("x1")})
			return err
		},
		"get role": func(ctx context.Context, cfg aws.Config) error {
			_, err := iam.NewFromConfig(cfg).GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("target")})
			return err
		},
	}
}

// What a call is told, Can says without it: for each permission that the calls of all
// principals needed, the verdict and the layer that decided.
func TestCanIsTheJudgementOfCalls(t *testing.T) {
	t.Parallel()
	s := newCanScene(t)
	verdicts := map[bool]int{}
	for _, p := range s.callers {
		for name, call := range s.calls() {
			first := len(s.acct.Calls())
			_ = call(t.Context(), p.Config())
			made := s.acct.Calls()[first:]
			require.Len(t, made, 1)
			for _, d := range made[0].Decisions {
				got := p.Can(d.Request.Action, d.Request.Resource)
				assert.Equal(t, d.Verdict, got.Decision.Verdict, "%s as %s: %s\n%s", name, p.ARN(), d.String(), got.Explain())
				assert.Equal(t, d.Layer, got.Decision.Layer, "%s as %s", name, p.ARN())
				verdicts[got.Allowed]++
			}
			assert.Len(t, s.acct.Calls(), first+1, "a question is no call")
		}
	}
	assert.Greater(t, verdicts[true], 10)
	assert.Greater(t, verdicts[false], 20)
}

// Condition keys are those that are given, over those of the World.
func TestCanTakesConditionKeys(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	bucket := acct.S3().CreateBucket("reports")
	role := acct.NewRole("lister", awstest.Statements(
		awstest.Allow("s3:ListBucket").On(bucket.ARN()).If("StringLike", "s3:prefix", "public/*"),
		awstest.Allow("s3:GetBucketLocation").On(bucket.ARN()).If("Bool", "aws:SecureTransport", "true"),
		awstest.Allow("s3:PutBucketTagging").On(bucket.ARN()).If("ForAllValues:StringEquals", "aws:TagKeys", "team", "stage"),
	))
	awstest.AssertCannot(t, role, "s3:ListBucket", bucket.ARN())
	awstest.AssertCan(t, role, "s3:ListBucket", bucket.ARN(), awstest.ContextKey("s3:prefix", "public/a"))
	awstest.AssertCannot(t, role, "s3:ListBucket", bucket.ARN(), awstest.ContextKey("s3:prefix", "private/a"))
	awstest.AssertCan(t, role, "s3:GetBucketLocation", bucket.ARN())
	awstest.AssertCan(t, role, "s3:getbucketlocation", bucket.ARN())
	awstest.AssertCannot(t, role, "s3:GetBucketLocation", bucket.ARN(), awstest.ContextKey("aws:SecureTransport", "false"))
	awstest.AssertCannot(t, role, "s3:GetBucketLocation", bucket.ARN(), awstest.ContextKey("aws:SecureTransport"))
	awstest.RequireCan(t, role, "s3:PutBucketTagging", bucket.ARN(), awstest.ContextKey("aws:TagKeys", "team", "stage"))
	awstest.RequireCannot(t, role, "s3:PutBucketTagging", bucket.ARN(), awstest.ContextKey("aws:TagKeys", "team", "owner"))

	got := role.Can("s3:ListBucket", bucket.ARN(), awstest.ContextKey("s3:prefix", "private/a"))
	assert.False(t, got.Allowed)
	assert.Equal(t, []string{"private/a"}, got.Keys["s3:prefix"])
	assert.Contains(t, got.Explain(), `StringLike s3:prefix`)
	assert.Contains(t, got.String(), "DENY role/lister s3:ListBucket")
}

// A question that makes no sense fails the test, by name; it is never "denied".
func TestCanRefusesWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	key := awstest.ContextKey
	for name, test := range map[string]struct {
		ask  func(s *canScene)
		want string
	}{
		"action":   {func(s *canScene) { s.callers[0].Can("s3:GetObjekt", s.bucket.ARN()+"/k") }, `has no action "GetObjekt"; did you mean "s3:GetObject"?`},
		"service":  {func(s *canScene) { s.callers[0].Can("s33:GetObject", s.bucket.ARN()+"/k") }, `no service has the prefix "s33"`},
		"wildcard": {func(s *canScene) { s.callers[0].Can("s3:Get*", s.bucket.ARN()+"/k") }, `want a form like s3:GetObject`},
		"no ARN":   {func(s *canScene) { s.callers[0].Can("s3:GetObject", "reports/k") }, `resource "reports/k"; want an ARN`},
		"form":     {func(s *canScene) { s.callers[0].Can("s3:GetObject", s.bucket.ARN()) }, "s3:GetObject never acts on arn:aws:s3:::reports"},
		"no one":   {func(s *canScene) { s.callers[0].Can("s3:GetObject", "*") }, "s3:GetObject acts on a resource"},
		"account":  {func(s *canScene) { s.callers[0].Can("sqs:SendMessage", "arn:aws:sqs:us-east-1:12:jobs") }, `account "12" is none`},
		"key":      {func(s *canScene) { s.callers[0].Can("s3:ListBucket", s.bucket.ARN(), key("s3:prefixx", "a")) }, `has no condition key "s3:prefixx"`},
		"value":    {func(s *canScene) { s.callers[0].Can("s3:ListBucket", s.bucket.ARN(), key("aws:SourceIp", "a")) }, `aws:SourceIp is of type IPAddress, which "a" is not`},
		"values":   {func(s *canScene) { s.callers[0].Can("s3:ListBucket", s.bucket.ARN(), key("s3:prefix", "a", "b")) }, `s3:prefix has one value, not a list`},
		"point": {func(s *canScene) {
			s.callers[0].Can("s3:GetAccessPointPolicy", "arn:aws:s3:us-east-1:111111111111:accesspoint/a")
		}, "only a call can ask"},
		"fake":       {func(s *canScene) { s.callers[0].Can("organizations:DescribeOrganization", "*") }, "only a call of organizations can ask"},
		"proof":      {func(s *canScene) { s.callers[0].Can("sts:AssumeRoleWithSAML", s.target.ARN()) }, "only a call can ask"},
		"unsigned":   {func(s *canScene) { s.acct.Anonymous().Can("iam:GetRole", s.target.ARN()) }, "iam takes no calls without credentials"},
		"assert can": {func(s *canScene) { awstest.AssertCannot(s.acct.TB(), s.callers[0], "s3:GetObjekt", "*") }, "want: denied\ngot:  no answer: "},
		"expired":    {func(s *canScene) { s.acct.Advance(2 * time.Hour); s.callers[3].Can("sqs:SendMessage", s.queue.ARN()) }, "have expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s *canScene
			r := failing(t, func(tb awstest.TB) {
				s = newCanScene(tb)
				test.ask(s)
			})
			require.Len(t, r.errors, 1)
			assert.Contains(t, r.errors[0], test.want)
		})
	}
}

// What Can did not find it says, whatever the verdict.
func TestCanSaysWhatItDidNotFind(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	bucket := acct.S3().CreateBucket("reports")
	admin := acct.NewRole("admin", awstest.Allow("*"))
	for _, c := range []struct {
		action, resource, note string
		allowed                bool
	}{
		{"s3:GetObject", "arn:aws:s3:::reprots/k", "there is no bucket reprots", true},
		{"s3:GetObject", bucket.ARN() + "/k", "there is no object k in reports", true},
		{"s3:PutObject", bucket.ARN() + "/k", "", true},
		{"s3:CreateBucket", "arn:aws:s3:::other", "", true},
		{"sqs:SendMessage", "arn:aws:sqs:us-east-1:000000000000:jbos", "there is no queue arn:aws:sqs:us-east-1:000000000000:jbos", true},
		{"iam:GetRole", "arn:aws:iam::000000000000:role/amdin", "there is no arn:aws:iam::000000000000:role/amdin", true},
		{"iam:CreateRole", "arn:aws:iam::000000000000:role/new", "", true},
		{"sts:AssumeRole", "arn:aws:iam::000000000000:role/amdin", "there is no role arn:aws:iam::000000000000:role/amdin; did you mean arn:aws:iam::000000000000:role/admin?", false},
		{"kms:Decrypt", "arn:aws:kms:us-east-1:000000000000:key/11111111-1111-1111-1111-111111111111", "there is no key ", false},
		{"dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:000000000000:table/orders", "nobody has told this World the policy and the tags", true},
		{"s3:ListAllMyBuckets", "*", "", true},
		{"sqs:ListQueues", "*", "", true},
		{"iam:PassRole", admin.ARN(), "", true},
		{"sts:GetCallerIdentity", "*", "", true},
	} {
		got := admin.Can(c.action, c.resource)
		assert.Equal(t, c.allowed, got.Allowed, "%s %s: %s", c.action, c.resource, got.Explain())
		if assert.Contains(t, got.Note, c.note); c.note == "" {
			assert.Empty(t, got.Note, c.action)
		} else {
			assert.Contains(t, got.Explain(), c.note)
		}
	}
}

// The policy of a KMS key decides about it, as in calls of S3.
func TestCanOfKeys(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	key := acct.KMS().CreateKey("alias/app")
	role := acct.NewRole("crypto", awstest.Allow("kms:Decrypt").On("*"))
	awstest.AssertCan(t, role, "kms:Decrypt", key.ARN())
	awstest.AssertCannot(t, role, "kms:Encrypt", key.ARN())
	key.SetPolicy(awstest.Allow("kms:*").By(role.ARN()).If("StringEquals", "kms:ViaService", "s3.us-east-1.amazonaws.com"))
	awstest.AssertCannot(t, role, "kms:Decrypt", key.ARN())
	awstest.AssertCan(t, role, "kms:Decrypt", key.ARN(), awstest.ContextKey("kms:ViaService", "s3.us-east-1.amazonaws.com"))
}

// An ACL grants as it does to a call, and an object's owner is the one whom it tells.
func TestCanSeesACLs(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	_, err := s3.NewFromConfig(acct.Config()).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("shared"), ObjectOwnership: s3types.ObjectOwnershipObjectWriter})
	require.NoError(t, err)
	bucket := acct.S3().Bucket("shared")
	bucket.AllowPublicAccess()
	bucket.PutObject(&s3.PutObjectInput{Bucket: aws.String("shared"), Key: aws.String("open"), ACL: s3types.ObjectCannedACLPublicRead, Body: strings.NewReader("x")})
	bucket.Put("closed", "x")
	awstest.AssertCan(t, acct.Anonymous(), "s3:GetObject", bucket.ARN()+"/open")
	awstest.AssertCannot(t, acct.Anonymous(), "s3:GetObject", bucket.ARN()+"/closed")
	awstest.AssertCannot(t, acct.Anonymous(), "s3:PutObject", bucket.ARN()+"/open")
}

// A table has calls and questions in one; a row without a name is named by its question.
func TestMatrixOfQuestions(t *testing.T) {
	t.Parallel()
	s := newCanScene(t)
	allowed, denied := awstest.WantAllowed(), awstest.WantDenied()
	matrix := awstest.Matrix{
		As: []*awstest.Principal{s.callers[0], s.callers[2], s.callers[4]},
		Rows: []awstest.Row{
			{Action: "s3:GetObject", Resource: s.bucket.ARN() + "/q3.csv", Want: []awstest.Want{allowed, allowed, allowed}},
			{Name: "sends", Action: "sqs:SendMessage", Resource: s.queue.ARN(), Want: []awstest.Want{denied, allowed, allowed}},
			{Name: "purges", Call: s.calls()["purge"], Want: []awstest.Want{denied, awstest.WantDenied("sqs:PurgeQueue"), allowed}},
			{Name: "lists as a prefix", Action: "s3:ListBucket", Resource: s.bucket.ARN(), Keys: []awstest.ContextEntry{awstest.ContextKey("s3:prefix", "a")},
				Want: []awstest.Want{denied, allowed, awstest.WantDenied("s3:ListBucket")}},
		},
	}
	matrix.Cases().Run(t)
	assert.Equal(t, "s3:GetObject arn:aws:s3:::reports/q3.csv as reader", matrix.Cases()[0].Name)

	for name, test := range map[string]struct {
		Case awstest.Case
		want string
	}{
		"wrong":  {awstest.Case{Name: "wrong", As: s.callers[0], Action: "sqs:SendMessage", Resource: s.queue.ARN(), Want: allowed}, "want: allowed\ngot:  DENY"},
		"other":  {awstest.Case{Name: "other", As: s.callers[0], Action: "sqs:SendMessage", Resource: s.queue.ARN(), Want: awstest.WantDenied("sqs:PurgeQueue")}, "want: denied for lack of sqs:PurgeQueue\ngot:  "},
		"error":  {awstest.Case{Name: "error", As: s.callers[0], Action: "sqs:SendMessage", Resource: s.queue.ARN(), Want: awstest.WantError("NoSuchKey")}, "errors are of calls: set Call"},
		"typo":   {awstest.Case{Name: "typo", As: s.callers[0], Action: "sqs:SendMesage", Resource: s.queue.ARN(), Want: denied}, `has no action "SendMesage"`},
		"both":   {awstest.Case{Name: "both", As: s.callers[0], Action: "sqs:SendMessage", Call: s.calls()["send"], Want: denied}, "either Call, or Action and Resource"},
		"none":   {awstest.Case{Name: "none", As: s.callers[0], Want: denied}, "either Call, or Action and Resource"},
		"action": {awstest.Case{Name: "action", As: s.callers[0], Resource: s.queue.ARN(), Want: denied}, `action ""`},
	} {
		r := failing(t, func(tb awstest.TB) { awstest.Cases{test.Case}.Check(tb) })
		require.Len(t, r.errors, 1, name)
		assert.Contains(t, r.errors[0], test.want, name)
	}
}

// What a row sets up is there for its question, as for a call.
func TestCasesSetUpForQuestions(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports")
	role := acct.NewRole("worker", awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*"))
	const object = "arn:aws:s3:::reports/q3"
	t.Run("rows", func(t *testing.T) {
		awstest.Cases{
			{Name: "reads", As: role, Action: "s3:GetObject", Resource: object, Want: awstest.WantAllowed()},
			{Name: "is shut out", As: role, Action: "s3:GetObject", Resource: object, Want: awstest.WantDenied("s3:GetObject"),
				Setup: func(a *awstest.Account) {
					a.S3().Bucket("reports").SetPolicy(awstest.Deny("s3:GetObject").By("*").On("arn:aws:s3:::reports/*"))
				}},
		}.RunParallel(t)
	})
}
