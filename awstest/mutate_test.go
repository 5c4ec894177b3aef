package awstest_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// putting and reading are calls on a key of the bucket "reports".
func putting(key string) func(context.Context, aws.Config) error {
	return func(ctx context.Context, cfg aws.Config) error {
		_, err := s3.NewFromConfig(cfg).PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("reports"), Key: &key, Body: strings.NewReader("x")})
		return err
	}
}

func reading(bucket, key string) func(context.Context, aws.Config) error {
	return func(ctx context.Context, cfg aws.Config) error {
		_, err := s3.NewFromConfig(cfg).GetObject(ctx, &s3.GetObjectInput{Bucket: &bucket, Key: &key})
		return err
	}
}

// reporter looks at a role and leaves holes: it never deletes, reads no other bucket, and
// does not write the final reports.
func reporter(t *testing.T) {
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("2025/q4", "x")
	role := acct.NewRole("reporter", awstest.File("testdata/reporter.json"))
	cases := awstest.Cases{
		{Name: "writes", As: role, Call: putting("2026/q3"), Want: awstest.WantAllowed()},
		{Name: "not for other years", As: role, Call: putting("2025/q3"), Want: awstest.WantDenied("s3:PutObject")},
		{Name: "reads", As: role, Call: reading("reports", "2025/q4"), Want: awstest.WantAllowed()},
	}
	awstest.Mutate(t, acct, func(t awstest.T, acct *awstest.Account) { cases.In(acct).Check(t) })
	assert.Equal(t, []string{"2025/q4"}, acct.S3().Bucket("reports").Keys())
}

// thorough has no holes.
func thorough(t *testing.T) {
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("2025/q4", "x")
	acct.S3().CreateBucket("others").Put("k", "x")
	role := acct.NewRole("reporter", awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*"))
	awstest.Mutate(t, acct, func(t awstest.T, acct *awstest.Account) { checkThoroughly(t, role.In(acct)) })
}

func checkThoroughly(t awstest.T, role *awstest.Principal) {
	_, err := s3.NewFromConfig(role.Config()).DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("reports"), Key: aws.String("2025/q4")})
	awstest.RequireDenied(t, err, "s3:DeleteObject")
	require.NoError(t, reading("reports", "2025/q4")(t.Context(), role.Config()))
	awstest.RequireDenied(t, reading("others", "k")(t.Context(), role.Config()), "s3:GetObject")
}

// Mutate fails a test of its own, which this one runs in another process.
func TestMutate(t *testing.T) {
	const run = "AWSTEST_MUTATE"
	if os.Getenv(run) != "" {
		reporter(t)
		return
	}
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMutate$")
	cmd.Env = append(os.Environ(), run+"=1")
	out, err := cmd.CombinedOutput()
	text := string(out)
	require.Error(t, err, text)
	_, list, ok := strings.Cut(text, "mutants:\n")
	require.True(t, ok, text)
	list, _, _ = strings.Cut(list, "FAIL")
	var survivors []string
	for line := range strings.Lines(list) {
		survivors = append(survivors, strings.TrimSpace(line))
	}
	assert.Contains(t, text, "no assertion notices 4 of 10 mutants")
	assert.Equal(t, []string{
		`testdata/reporter.json:4:5 Write: Action "s3:PutObject" is "s3:*"`,
		`testdata/reporter.json:5:5 Read: without Action "s3:GetObjectTagging"`,
		`testdata/reporter.json:5:5 Read: Resource "arn:aws:s3:::reports/*" is "*"`,
		`testdata/reporter.json:6:5 Never: without the statement, Deny`,
	}, survivors)
}

// doubled has grants that are written twice, and a condition that another one implies: no
// test notices what is changed of them.
func doubled(t *testing.T) {
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("q4", "x")
	acct.S3().CreateBucket("others").Put("k", "x")
	role := acct.NewRole("reporter", awstest.Statements(
		awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*"),
		awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/q4").Sid("Again"),
		awstest.Allow("s3:ListBucket").On("arn:aws:s3:::reports").If("StringEquals", "s3:prefix", "a").If("StringLike", "s3:prefix", "a*"),
	))
	awstest.Mutate(t, acct, func(t awstest.T, acct *awstest.Account) {
		role := role.In(acct)
		awstest.AssertCan(t, role, "s3:GetObject", "arn:aws:s3:::reports/q4")
		awstest.AssertCan(t, role, "s3:GetObject", "arn:aws:s3:::reports/q3")
		awstest.AssertCannot(t, role, "s3:GetObject", "arn:aws:s3:::others/k")
		awstest.AssertCannot(t, role, "s3:PutObject", "arn:aws:s3:::reports/q4")
		awstest.AssertCan(t, role, "s3:ListBucket", "arn:aws:s3:::reports", awstest.ContextKey("s3:prefix", "a"))
		awstest.AssertCannot(t, role, "s3:ListBucket", "arn:aws:s3:::reports", awstest.ContextKey("s3:prefix", "ab"))
		awstest.AssertCannot(t, role, "s3:ListBucket", "arn:aws:s3:::others", awstest.ContextKey("s3:prefix", "a"))
		awstest.AssertCannot(t, role, "s3:GetBucketPolicy", "arn:aws:s3:::reports", awstest.ContextKey("s3:prefix", "a"))
	})
}

// Mutants that mean what the policy means are told apart: they are logged, and do not fail.
func TestMutateTellsEquivalentMutantsApart(t *testing.T) {
	const run = "AWSTEST_MUTATE_EQUIVALENT"
	if os.Getenv(run) != "" {
		doubled(t)
		return
	}
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMutateTellsEquivalentMutantsApart$", "-test.v")
	cmd.Env = append(os.Environ(), run+"=1")
	out, err := cmd.CombinedOutput()
	text := string(out)
	require.NoError(t, err, text)
	assert.Contains(t, text, `2 mutants are equivalent, and mean what the policy means:
          identity-based policy:1:121 Again: without the statement, Allow
          identity-based policy:1:219 statement 3: without StringLike s3:prefix`)
}

func TestMutateFindsNothing(t *testing.T) {
	t.Parallel()
	thorough(t)
}

// What a check cleans up may end itself as the check may: that is noticed, and the other
// mutants are tried.
func TestMutateNoticesWhatCleanUpsSay(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	role := acct.NewRole("reporter", awstest.Allow("s3:ListAllMyBuckets", "sqs:ListQueues").On("*"))
	awstest.Mutate(t, acct, func(t awstest.T, acct *awstest.Account) {
		role := role.In(acct)
		t.Cleanup(func() {
			require.True(t, role.Can("s3:ListAllMyBuckets", "*").Allowed)
			require.True(t, role.Can("sqs:ListQueues", "*").Allowed)
			require.False(t, role.Can("sqs:CreateQueue", "arn:aws:sqs:us-east-1:"+acct.ID()+":jobs").Allowed)
			require.False(t, role.Can("s3:DeleteBucket", "arn:aws:s3:::reports").Allowed)
		})
	})
}
