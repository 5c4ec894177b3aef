package awstest_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// work makes the calls of a job: it lists, reads and writes reports.
func work(t *testing.T, p *awstest.Principal) {
	t.Helper()
	client := s3.NewFromConfig(p.Config())
	_, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("reports"), Prefix: aws.String("2026/")})
	require.NoError(t, err)
	_, err = client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("reports"), Key: aws.String("2026/q3")})
	require.NoError(t, err)
	for _, key := range []string{"2026/q3", "2026/q4"} {
		_, err = client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("reports"), Key: aws.String(key), Body: strings.NewReader("x")})
		require.NoError(t, err)
	}
}

func TestLeastPrivilege(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("2026/q3", "x")
	role := acct.NewRole("job", awstest.File("testdata/job.json"))
	r := failing(t, func(tb awstest.TB) { awstest.RequireLeastPrivilege(tb, role) })
	require.True(t, r.fatal)
	assert.Equal(t, 4, strings.Count(r.errors[0], "the whole statement"), "nothing was called")

	work(t, role)
	_, err := sqs.NewFromConfig(role.Config()).ListQueues(t.Context(), &sqs.ListQueuesInput{})
	require.NoError(t, err)
	require.Error(t, del(t.Context(), role.Config()))
	r = failing(t, func(tb awstest.TB) { assert.False(t, awstest.AssertLeastPrivilege(tb, role)) })
	assert.Equal(t, []string{`want: every grant of arn:aws:iam::000000000000:role/job is used by its calls (6)
got:  grants that are not:
  testdata/job.json:4:5 Read: Action "s3:Get*" is wider than what was used: s3:GetObject
  testdata/job.json:4:5 Read: Resource "arn:aws:s3:::old/*"
  testdata/job.json:6:5 Audit: the whole statement
  testdata/job.json:7:5 Rest: NotAction grants all actions but "iam:*"
  testdata/job.json:7:5 Rest: NotResource grants all resources but "arn:aws:s3:::*"`}, r.errors)

	least := acct.NewRole("least", awstest.JSON(role.MinimalPolicy()))
	work(t, least)
	_, err = sqs.NewFromConfig(least.Config()).ListQueues(t.Context(), &sqs.ListQueuesInput{})
	require.NoError(t, err)
	assert.True(t, awstest.AssertLeastPrivilege(t, least), "the minimal policy is least privilege")
	awstest.RequireLeastPrivilege(t, least)
	r = failing(t, func(tb awstest.TB) { awstest.AssertLeastPrivilege(tb, awstest.New(tb).Root()) })
	assert.True(t, r.fatal)
}

func TestMinimalPolicy(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("2026/q3", "x")
	role := acct.NewRole("job", awstest.File("testdata/job.json"))
	work(t, role)
	require.Error(t, del(t.Context(), role.Config()))
	assert.Equal(t, `{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Used1",
      "Effect": "Allow",
      "Action": [
        "s3:GetObject",
        "s3:PutObject"
      ],
      "Resource": [
        "arn:aws:s3:::reports/2026/q3"
      ]
    },
    {
      "Sid": "Used2",
      "Effect": "Allow",
      "Action": [
        "s3:ListBucket"
      ],
      "Resource": [
        "arn:aws:s3:::reports"
      ],
      "Condition": {
        "StringLike": {
          "s3:prefix": "2026/*"
        }
      }
    },
    {
      "Sid": "Used3",
      "Effect": "Allow",
      "Action": [
        "s3:PutObject"
      ],
      "Resource": [
        "arn:aws:s3:::reports/2026/q4"
      ]
    }
  ]
}`, role.MinimalPolicy())

	soft := awstest.New(t, awstest.WithMode(awstest.Soft))
	soft.S3().CreateBucket("reports").Put("2026/q3", "x")
	first := soft.NewRole("new")
	work(t, first)
	role.Replace("job", awstest.JSON(first.MinimalPolicy()))
	work(t, role)
	assert.JSONEq(t, `{"Version":"2012-10-17","Statement":[]}`, acct.NewUser("idle").MinimalPolicy())
}

func TestMatrix(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("2025/q4", "x")
	admin, guest := acct.NewUser("admin", awstest.Managed("AdministratorAccess")), acct.NewUser("guest")
	reporter := acct.NewRole("reporter", awstest.File("testdata/reporter.json"))
	allowed, denied := awstest.WantAllowed(), awstest.WantDenied()
	m := awstest.Matrix{
		As: []*awstest.Principal{admin, reporter, guest},
		Rows: []awstest.Row{
			{Name: "reads a report", Call: reading("reports", "2025/q4"), Want: []awstest.Want{allowed, allowed, denied}},
			{Name: "writes final reports", Call: putting("2026/final/q1"), Want: []awstest.Want{allowed, denied, denied}},
		},
	}
	m.Cases().Run(t)
	assert.Equal(t, "reads a report as reporter", m.Cases()[1].Name)

	m.Rows[0].Want[1] = denied
	r := failing(t, func(tb awstest.TB) { m.Cases()[:3].Check(tb) })
	require.Len(t, r.errors, 1)
	assert.Regexp(t, `^the row at leastprivilege_test.go:\d+\nwant: denied`, r.errors[0])
	for name, rows := range map[string][]awstest.Row{
		"too few":  {{Name: "reads", Call: reading("reports", "k"), Want: []awstest.Want{allowed}}},
		"too many": {{Name: "reads", Call: reading("reports", "2025/q4"), Want: []awstest.Want{allowed, allowed, denied, denied}}},
	} {
		r := failing(t, func(tb awstest.TB) { awstest.Matrix{As: m.As, Rows: rows}.Cases().Check(tb) })
		assert.True(t, r.fatal, name)
	}
}

func TestTrace(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("2026/q3", "x")
	role := acct.NewRole("job", awstest.File("testdata/job.json"))
	work(t, role)
	require.Error(t, del(t.Context(), role.Config()))
	trace := acct.Trace()
	require.Len(t, trace, 5)
	assert.Equal(t, "s3:ListObjectsV2", trace[0].Operation)
	assert.Equal(t, "arn:aws:sts::000000000000:assumed-role/job/job", trace[0].Principal)
	assert.Equal(t, []string{"2026/"}, trace[0].Keys["s3:prefix"])
	assert.Contains(t, trace[0].String(), "ALLOW role/job s3:ListBucket arn:aws:s3:::reports  allowed by identity-based policy job, List (testdata/job.json:5:5)")
	assert.False(t, trace[4].Allowed)
	assert.Contains(t, trace[4].String(), "explicit deny in identity-based policy job, statement 5 (testdata/job.json:8:5)")
}
