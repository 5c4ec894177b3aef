package awstest_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

// A clone has what its World had, and the principals of one are those of the other.
func TestClone(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("q3", "x")
	role := acct.NewRole("worker", awstest.Allow("s3:GetObject", "s3:PutObject").On("arn:aws:s3:::reports/*"))
	user := acct.NewUser("alice", awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*"))
	group := acct.NewGroup("people")
	session := role.NewSession("night")
	require.NoError(t, reading("reports", "q3")(t.Context(), role.Config()))

	clone := acct.Clone(t)
	assert.Equal(t, acct.ID(), clone.ID())
	for _, p := range []*awstest.Principal{acct.Root(), role, user, session} {
		there := p.In(clone)
		assert.Equal(t, p.ARN(), there.ARN())
		assert.Equal(t, p.Credentials(), there.Credentials())
		require.NoError(t, reading("reports", "q3")(t.Context(), there.Config()))
		awstest.AssertDenied(t, reading("reports", "q3")(t.Context(), acct.Anonymous().In(clone).Config()), "s3:GetObject")
	}
	require.NoError(t, putting("only in the clone")(t.Context(), role.In(clone).Config()))
	require.NoError(t, putting("only in the World")(t.Context(), role.Config()))
	assert.Equal(t, []string{"only in the clone", "q3"}, clone.S3().Bucket("reports").Keys())
	assert.Equal(t, []string{"only in the World", "q3"}, acct.S3().Bucket("reports").Keys())

	role.In(clone).Attach(awstest.Deny("*"))
	group.In(clone).Add(user.In(clone))
	awstest.RequireDenied(t, reading("reports", "q3")(t.Context(), role.In(clone).Config()), "s3:GetObject")
	require.NoError(t, reading("reports", "q3")(t.Context(), role.Config()))
	assert.Len(t, acct.IAM().Groups(), 1)

	// What was made later the clone has not: it makes a key and a session of its own.
	bob := acct.NewUser("bob")
	again := clone.NewUser("bob", awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*"))
	assert.Equal(t, again.ARN(), bob.In(clone).ARN())
	require.NoError(t, reading("reports", "q3")(t.Context(), bob.In(clone).Config()))
	acct.Advance(2 * time.Hour)
	require.NoError(t, reading("reports", "q3")(t.Context(), role.Config()), "with a new session")
	other := acct.Clone(t)
	require.NoError(t, reading("reports", "q3")(t.Context(), role.In(other).Config()))
	_, err := sts.NewFromConfig(role.In(clone).Config()).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	require.NoError(t, err)
	assert.Equal(t, 2*time.Hour, acct.Now().Sub(clone.Now()).Round(time.Minute))
}

// All accounts of a World are in its clone.
func TestCloneOfSeveralAccounts(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	other := acct.NewAccount(awstest.WithRegion("eu-west-1"))
	acct.NewOrganization().Add(other).AttachSCP("no-deletions", awstest.Deny("s3:DeleteObject"))
	other.S3().CreateBucket("reports").Put("q3", "x")
	role := other.NewRole("worker", awstest.Allow("s3:*").On("*"))

	clone := acct.Clone(t)
	there := other.In(clone)
	assert.Equal(t, other.ID(), there.ID())
	assert.Equal(t, "eu-west-1", there.Region())
	assert.Equal(t, "x", there.S3().Bucket("reports").Body("q3"))
	_, err := s3.NewFromConfig(role.In(clone).Config()).DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("reports"), Key: aws.String("q3")})
	awstest.AssertDenied(t, err, "s3:DeleteObject")
	clone.Organization().Detach("no-deletions")
	_, err = s3.NewFromConfig(role.In(clone).Config()).DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("reports"), Key: aws.String("q3")})
	require.NoError(t, err)
	assert.Equal(t, []string{"q3"}, other.S3().Bucket("reports").Keys())
	assert.NotEqual(t, acct.NewAccount().ID(), other.ID())
	assert.Equal(t, "222222222222", clone.NewAccount().ID())

	failed := &recordingT{TB: t}
	stranger := awstest.New(failed)
	assert.Panics(t, func() { role.In(stranger) })
	assert.Contains(t, failed.text, "is no clone of the World of account")
}

// recordingT is a test whose failures another one looks at.
type recordingT struct {
	testing.TB
	text string
}

func (t *recordingT) Fatalf(format string, args ...any) {
	t.text += fmt.Sprintf(format, args...)
	panic(t)
}

// The socket of a clone is its own.
func TestCloneWithSocket(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, awstest.WithSocket())
	acct.SQS().CreateQueue("jobs", nil)
	clone := acct.Clone(t)
	assert.NotEqual(t, acct.URL(), clone.URL())
	send := func(a *awstest.Account, body string) {
		_, err := sqs.NewFromConfig(acct.Root().In(a).Config()).SendMessage(t.Context(), &sqs.SendMessageInput{
			QueueUrl: aws.String(a.SQS().Queue("jobs").URL()), MessageBody: &body})
		require.NoError(t, err)
	}
	send(acct, "one")
	send(clone, "two")
	assert.Equal(t, []string{"one"}, acct.SQS().Queue("jobs").Bodies())
	assert.Equal(t, []string{"two"}, clone.SQS().Queue("jobs").Bodies())
}

// A clone works in a bubble, with the bubble's time.
func TestCloneInBubble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		acct := awstest.New(t)
		queue := acct.SQS().CreateQueue("jobs", map[string]string{"DelaySeconds": "60"})
		queue.Send("one")
		clone := acct.Clone(t)
		clone.Advance(time.Minute)
		receive := func(a *awstest.Account) int {
			out, err := sqs.NewFromConfig(a.Config()).ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: aws.String(queue.URL())})
			require.NoError(t, err)
			return len(out.Messages)
		}
		assert.Equal(t, 1, receive(clone))
		assert.Zero(t, receive(acct))
		time.Sleep(time.Minute)
		assert.Equal(t, 1, receive(acct))
		assert.Equal(t, time.Minute, clone.Now().Sub(acct.Now()))
	})
}

// deleting deletes a key of the bucket "reports".
func deleting(key string) func(context.Context, aws.Config) error {
	return func(ctx context.Context, cfg aws.Config) error {
		_, err := s3.NewFromConfig(cfg).DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("reports"), Key: &key})
		return err
	}
}

// Each row has a World of its own: one may delete what another one reads.
func TestCasesRunParallel(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("q3", "x")
	role := acct.NewRole("worker", awstest.Allow("s3:GetObject", "s3:DeleteObject").On("arn:aws:s3:::reports/*"))
	t.Run("rows", func(t *testing.T) {
		awstest.Cases{
			{Name: "deletes", As: role, Call: deleting("q3"), Want: awstest.WantAllowed()},
			{Name: "reads", As: role, Call: reading("reports", "q3"), Want: awstest.WantAllowed()},
			{Name: "reads more", As: role, Call: reading("reports", "q4"), Want: awstest.WantAllowed(),
				Setup: func(a *awstest.Account) { a.S3().Bucket("reports").Put("q4", "x") }},
			{Name: "writes", As: role, Call: putting("q5"), Want: awstest.WantDenied("s3:PutObject")},
			{Name: "is throttled", As: role, Call: reading("reports", "q3"), Want: awstest.WantError("SlowDown"),
				Setup: func(a *awstest.Account) { a.Fail("s3:GetObject", awstest.Throttle(1)) }},
		}.RunParallel(t)
	})
	assert.Equal(t, []string{"q3"}, acct.S3().Bucket("reports").Keys())
	assert.Empty(t, acct.Calls(), "the calls are in the clones")
}

// A row that fails points to its line, and explains its own call.
func TestCasesRunParallelFails(t *testing.T) {
	const run = "AWSTEST_PARALLEL_ROWS"
	if os.Getenv(run) != "" {
		acct := awstest.New(t)
		acct.S3().CreateBucket("reports").Put("q3", "x")
		role := acct.NewRole("worker", awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*"))
		awstest.Cases{
			{Name: "reads q3", As: role, Call: reading("reports", "q3"), Want: awstest.WantAllowed()},
			{Name: "must not fail", As: role, Call: deleting("q3"), Want: awstest.WantAllowed()},
			{Name: "must not pass", As: role, Call: reading("reports", "q3"), Want: awstest.WantDenied("s3:GetObject")},
		}.RunParallel(t)
		return
	}
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCasesRunParallelFails$")
	cmd.Env = append(os.Environ(), run+"=1")
	out, err := cmd.CombinedOutput()
	text := string(out)
	require.Error(t, err, text)
	source, err := os.ReadFile("clone_test.go")
	require.NoError(t, err)
	for _, name := range []string{"must not fail", "must not pass"} {
		before, _, _ := strings.Cut(string(source), `{Name: "`+name)
		assert.Contains(t, text, fmt.Sprintf("the row at clone_test.go:%d", strings.Count(before, "\n")+1))
	}
	assert.Contains(t, text, "DENY role/worker s3:DeleteObject arn:aws:s3:::reports/q3  no identity-based policy allows it")
	assert.NotContains(t, text, "FAIL: TestCasesRunParallelFails/reads_q3")
}

var cloneSpeed = flag.Bool("speed", false, "measure clones: TestSpeedOfClones")

// A thousand rows on clones, each with a call of S3 and one of SQS.
func TestSpeedOfClones(t *testing.T) {
	if !*cloneSpeed {
		t.Skip("-speed is not set: the time of a thousand rows on clones is not measured")
	}
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("q3", "x")
	queue := acct.SQS().CreateQueue("jobs", nil)
	role := acct.NewRole("worker", awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*"), awstest.Allow("sqs:SendMessage").On(queue.ARN()))
	start := time.Now()
	t.Run("rows", func(t *testing.T) {
		var cases awstest.Cases
		for i := range 1000 {
			cases = append(cases, awstest.Case{Name: fmt.Sprint(i), As: role, Want: awstest.WantAllowed(), Call: func(ctx context.Context, cfg aws.Config) error {
				if err := reading("reports", "q3")(ctx, cfg); err != nil {
					return err
				}
				_, err := sqs.NewFromConfig(cfg).SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(queue.URL()), MessageBody: aws.String("x")})
				return err
			}})
		}
		cases.RunParallel(t)
	})
	took := time.Since(start)
	t.Logf("1,000 rows took %v", took)
	assert.Less(t, took, 10*time.Second)
	assert.Equal(t, []string{"q3"}, acct.S3().Bucket("reports").Keys())
	assert.Empty(t, queue.Bodies())
}
