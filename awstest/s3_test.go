package awstest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestS3Inspection(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	reports := acct.S3().CreateBucket("reports")
	reports.Put("b", "second")
	reports.PutObject(&awss3.PutObjectInput{Key: aws.String("a"), Body: strings.NewReader("first"), StorageClass: "STANDARD_IA"})
	assert.Equal(t, []string{"a", "b"}, reports.Keys())
	assert.Equal(t, "first", reports.Body("a"))
	assert.Equal(t, "STANDARD_IA", reports.Objects()[0].StorageClass)
	assert.Equal(t, int64(6), reports.Objects()[1].Size)
	assert.WithinDuration(t, acct.Now(), reports.Objects()[1].LastModified, 2*1e9)

	// Clients see the same.
	out, err := awss3.NewFromConfig(acct.Config()).GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("reports"), Key: aws.String("b")})
	require.NoError(t, err)
	require.NoError(t, out.Body.Close())
	assert.Equal(t, *out.ETag, reports.Objects()[1].ETag)
	assert.Len(t, acct.Calls(), 1)

	acct.S3().CreateBucket("empty")
	acct.NewAccount().S3().CreateBucket("others")
	elsewhere := acct.S3().In("eu-west-1").CreateBucket("elsewhere")
	assert.Equal(t, "arn:aws:s3:::elsewhere", elsewhere.ARN())
	assert.Equal(t, []string{"empty", "reports"}, acct.S3().Names())
	assert.Equal(t, []string{"elsewhere"}, acct.S3().In("eu-west-1").Names())
	assert.Equal(t, "reports", acct.S3().Bucket("reports").Name())
	assert.Equal(t, "bucket empty in us-east-1, objects: 0\nbucket reports in us-east-1, objects: 2\n   1  a (5 bytes)\n   2  b (6 bytes)\n", acct.S3().Dump())
}

// Buckets of more objects than fit a page.
func TestS3Pages(t *testing.T) {
	t.Parallel()
	bucket := awstest.New(t).S3().CreateBucket("many")
	for i := range 1001 {
		bucket.Put(fmt.Sprintf("%04d", i), "")
	}
	assert.Len(t, bucket.Keys(), 1001)
}

// A bucket's policy is made of any Policy, and decisions name its file.
func TestBucketPolicies(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	bucket := acct.S3().CreateBucket("reports")
	bucket.Put("k", "body")
	user := acct.NewUser("alice")
	bucket.SetPolicy(awstest.Allow("s3:GetObject", "s3:ListBucket").By(user.ARN()))
	awstest.AssertAllowed(t, get("reports")(t.Context(), user.Config()))
	awstest.AssertDenied(t, get("reports")(t.Context(), acct.Anonymous().Config()))
	assert.Contains(t, bucket.Dump(), `policy: {"Version":"2012-10-17"`)

	bucket.AllowPublicAccess()
	bucket.SetPolicy(awstest.File("testdata/bucket.json"))
	err := get("reports")(t.Context(), user.Config())
	awstest.RequireDenied(t, err, "s3:GetObject")
	calls := acct.Calls()
	assert.Contains(t, calls[len(calls)-1].Decisions[0].Explain(), "testdata/bucket.json:4")
}

func TestS3MistakesEndTheTest(t *testing.T) {
	t.Parallel()
	for want, mistake := range map[string]func(*awstest.S3){
		"awstest: no bucket reprots in us-east-1 of 000000000000; there are: reports": func(s *awstest.S3) { s.Bucket("reprots") },
		"awstest: CreateBucket No: ":                              func(s *awstest.S3) { s.CreateBucket("No") },
		"awstest: GetObject reports/nope: ":                       func(s *awstest.S3) { s.Bucket("reports").Body("nope") },
		"; there are: 2026/q3.csv":                                func(s *awstest.S3) { s.Bucket("reports").Body("nope") },
		"awstest: PutBucketPolicy of reports: ":                   func(s *awstest.S3) { s.Bucket("reports").SetPolicy(awstest.JSON("{")) },
		"testdata/broken.json:5":                                  func(s *awstest.S3) { s.Bucket("reports").SetPolicy(awstest.File("testdata/broken.json")) },
		"awstest: bucket policy of reports: open nothing.json":    func(s *awstest.S3) { s.Bucket("reports").SetPolicy(awstest.File("nothing.json")) },
		"awstest: PutObject reports/" + strings.Repeat("x", 1025): func(s *awstest.S3) { s.Bucket("reports").Put(strings.Repeat("x", 1025), "") },
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			r := failing(t, func(tb awstest.TB) {
				acct := awstest.New(tb)
				acct.S3().CreateBucket("reports").Put("2026/q3.csv", "a,b")
				mistake(acct.S3())
			})
			require.True(t, r.fatal)
			assert.Contains(t, r.errors[0], want)
		})
	}
}
