package awstest_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/enforce/cover"
)

// profile reads the one profile that is in a folder.
func profile(t *testing.T, dir string) *cover.Profile {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	assert.Regexp(t, `^awstest-[0-9a-f]{8}\.json$`, filepath.Base(files[0]))
	f, err := os.Open(files[0])
	require.NoError(t, err)
	defer f.Close()
	p, err := cover.Read(f)
	require.NoError(t, err)
	return p
}

// covered runs tests with coverage and returns what they wrote.
func covered(t *testing.T, tests ...func(*testing.T)) *cover.Report {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "new", "folder")
	t.Setenv(awstest.CoverageDir, dir)
	for _, test := range tests {
		t.Run("", test)
	}
	return profile(t, dir).Report()
}

// names are those of the policies of a report, with their percentages.
func names(r *cover.Report) (list []string) {
	for _, p := range r.Policies {
		list = append(list, p.Kind+" "+p.Name+" "+p.PercentText())
	}
	slices.Sort(list)
	return list
}

// Policies of many Worlds are one, and files are named from the module's folder.
func TestCoverageOfWorlds(t *testing.T) {
	test := func(key string) func(t *testing.T) {
		return func(t *testing.T) {
			acct := awstest.New(t)
			acct.S3().CreateBucket("reports").Put("2026/q3", "x")
			role := acct.NewRole("reporter", awstest.File("testdata/reporter.json"))
			require.NoError(t, reading("reports", key)(t.Context(), role.Config()))
		}
	}
	r := covered(t, test("2026/q3"), test("2026/q3"))
	require.Len(t, r.Policies, 1)
	assert.Equal(t, "awstest/testdata/reporter.json", r.Policies[0].File)
	assert.Equal(t, []cover.Call{{Principal: "arn:aws:iam::000000000000:role/reporter", Action: "s3:GetObject", Outcome: 1}}, r.Calls)
	assert.Equal(t, map[string]cover.Outcome{"arn:aws:iam::000000000000:role/reporter": 1}, r.Policies[0].Principals)
}

// What no request met is there too, as it was stored; what was not stored is not, nor is
// what nobody wrote.
func TestCoverageOfWhatIsStored(t *testing.T) {
	r := covered(t, func(t *testing.T) {
		acct := awstest.New(t)
		acct.S3().CreateBucket("bucket").SetPolicy(awstest.Allow("s3:GetObject").By(acct.ID()))
		acct.SQS().CreateQueue("q", nil).SetPolicy(awstest.Allow("sqs:SendMessage").By("*"))
		acct.NewRole("idle", awstest.Allow("s3:PutObject"), awstest.Trust(awstest.Allow("sts:AssumeRole").By("ec2.amazonaws.com")))
		acct.NewRole("plain", awstest.Managed("ReadOnlyAccess"))
		acct.IAM().CreatePolicy("managed", awstest.Allow("sqs:*"))
		acct.KMS().CreateKey("alias/key")
		acct.KMS().CreateKey("alias/other").SetPolicy(awstest.Allow("kms:*").By("*"))
		user := acct.NewUser("user", awstest.Allow("iam:PutUserPolicy").On("arn:aws:iam::*:user/user"))
		put := func(name, document string) error {
			_, err := iam.NewFromConfig(user.Config()).PutUserPolicy(t.Context(), &iam.PutUserPolicyInput{UserName: &name, PolicyName: aws.String("put-" + name), PolicyDocument: &document})
			return err
		}
		require.NoError(t, put("user", awstest.Document(awstest.Allow("s3:ListAllMyBuckets"))))
		require.Error(t, put("other", awstest.Document(awstest.Allow("s3:*"))))
		require.Error(t, put("user", `{}`))
	})
	assert.Equal(t, []string{
		"bucket policy bucket policy on arn:aws:s3:::bucket 0.0%", "identity-based policy policy-1 0.0%",
		"identity-based policy policy-1 on arn:aws:iam::*:user/user 100.0%", "identity-based policy put-user 0.0%", "key policy key policy 0.0%",
		"managed policy managed 0.0%", "queue policy arn:aws:sqs:us-east-1:000000000000:q 0.0%", "role trust policy idle 0.0%",
	}, names(r))
}

// Mutants are the policies of nobody.
func TestCoverageIsNotOfMutants(t *testing.T) {
	r := covered(t, thorough)
	assert.Len(t, r.Policies, 1)
	assert.Equal(t, "100.0%", r.PercentText())
}

// What is used in clones is covered, with the policies of the World.
func TestCoverageOfClones(t *testing.T) {
	r := covered(t, func(t *testing.T) {
		acct := awstest.New(t)
		acct.S3().CreateBucket("reports").Put("q3", "x")
		role := acct.NewRole("r", awstest.Allow("s3:GetObject", "s3:PutObject").On("arn:aws:s3:::reports/*"))
		awstest.Cases{{Name: "reads", As: role, Call: reading("reports", "q3"), Want: awstest.WantAllowed()}}.RunParallel(t)
		t.Run("also of clones of clones", func(t *testing.T) {
			require.NoError(t, putting("q4")(t.Context(), role.In(acct.Clone(t).Clone(t)).Config()))
		})
	})
	assert.Len(t, r.Policies, 1)
	assert.Equal(t, "100.0%", r.PercentText())
}

// A profile that would say nothing new is not written again.
func TestProfileIsWrittenWhenItSaysMore(t *testing.T) {
	dir := t.TempDir()
	t.Setenv(awstest.CoverageDir, dir)
	test := func(bucket string) {
		t.Run("", func(t *testing.T) {
			acct := awstest.New(t)
			acct.NewUser("user", awstest.Allow("s3:CreateBucket").On("arn:aws:s3:::first", "arn:aws:s3:::second"))
			_, err := s3.NewFromConfig(acct.IAM().User("user").Config()).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket})
			require.NoError(t, err)
		})
	}
	test("first")
	assert.Equal(t, 2, profile(t, dir).Report().Used)
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	require.NoError(t, os.Remove(files[0]))
	test("first")
	left, err := filepath.Glob(filepath.Join(dir, "*"))
	require.NoError(t, err)
	assert.Empty(t, left)
	test("second")
	assert.Equal(t, 3, profile(t, dir).Report().Used)
}

// Where a profile cannot be written, the test says so.
func TestCoverageDirIsChecked(t *testing.T) {
	t.Setenv(awstest.CoverageDir, "relative")
	r := failing(t, func(tb awstest.TB) { awstest.New(tb) })
	assert.Equal(t, []string{"awstest.New: LEASTPRIV_COVERDIR=relative: want an absolute path, because each package's tests run in the folder of the package"}, r.errors)

	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	t.Setenv(awstest.CoverageDir, file)
	r = failing(t, func(tb awstest.TB) { awstest.New(tb).NewUser("user", awstest.Allow("s3:*")) })
	require.Len(t, r.errors, 1)
	assert.True(t, strings.HasPrefix(r.errors[0], "awstest: LEASTPRIV_COVERDIR: mkdir "), r.errors[0])
}
