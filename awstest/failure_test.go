package awstest_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/leastpriv/leastpriv/awstest"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recorder is a test whose failures can be looked at.
type recorder struct {
	name     string
	errors   []string
	logs     []string
	fatal    bool
	cleanups []func()
}

func (r *recorder) Helper()                  {}
func (r *recorder) Name() string             { return r.name }
func (r *recorder) Context() context.Context { return context.Background() }
func (r *recorder) Cleanup(f func())         { r.cleanups = append(r.cleanups, f) }
func (r *recorder) Failed() bool             { return len(r.errors) > 0 }
func (r *recorder) Logf(format string, args ...any) {
	r.logs = append(r.logs, fmt.Sprintf(format, args...))
}
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

// stop is what Fatalf panics with, for a test that it ends must not go on.
type stop struct{}

func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	r.fatal = true
	panic(stop{})
}

func (r *recorder) end() {
	for _, f := range slices.Backward(r.cleanups) {
		f()
	}
}

// failing runs a test and returns what it printed.
func failing(t *testing.T, test func(tb awstest.TB)) *recorder {
	t.Helper()
	r := &recorder{name: t.Name()}
	func() {
		defer func() {
			if p := recover(); p != nil && p != (stop{}) {
				panic(p)
			}
		}()
		test(r)
	}()
	r.end()
	return r
}

func TestFailureExplainsItself(t *testing.T) {
	t.Parallel()
	r := failing(t, func(tb awstest.TB) {
		acct := awstest.New(tb)
		_, err := s3.NewFromConfig(acct.Config()).CreateBucket(tb.Context(), &s3.CreateBucketInput{Bucket: aws.String("reports")})
		require.NoError(t, err)
		role := acct.NewRole("reader", awstest.File("testdata/list.json"))
		_, err = s3.NewFromConfig(role.Config()).PutObject(tb.Context(), &s3.PutObjectInput{
			Bucket: aws.String("reports"), Key: aws.String("q3.csv"), Body: strings.NewReader("x"),
		})
		awstest.AssertAllowed(tb, err)
	})
	require.Len(t, r.errors, 1)
	assert.Contains(t, r.errors[0], "want: allowed")
	assert.Contains(t, r.errors[0], "AccessDenied: User: arn:aws:sts::000000000000:assumed-role/reader/reader is not authorized to perform: s3:PutObject")
	assert.Contains(t, r.errors[0], `"s3:PutObject"`, "the statement that would allow it")
	assert.Contains(t, r.errors[0], `"arn:aws:s3:::reports/q3.csv"`)
	require.Len(t, r.logs, 1)
	assert.Contains(t, r.logs[0], "AWS calls of this test, newest last:")
	assert.Contains(t, r.logs[0], "DENY")
	assert.Less(t, strings.Count(r.errors[0]+r.logs[0], "\n"), 40, "one screen:\n%s\n%s", r.errors[0], r.logs[0])
}

// Only a denial that no assertion has looked at is explained with the calls: what a test
// expects, or an assertion has explained, would lead away from the fault.
func TestUnexpectedDenialIsExplained(t *testing.T) {
	t.Parallel()
	const explained = "the last denied call that no assertion has looked at:\nDENY user/unexpected"
	for name, test := range map[string]struct {
		end  func(awstest.TB, error)
		want bool
	}{
		"nobody looks":   {func(tb awstest.TB, _ error) { tb.Errorf("failed") }, true},
		"it is expected": {func(tb awstest.TB, err error) { awstest.AssertDenied(tb, err); tb.Errorf("failed") }, false},
		"for this permission": {func(tb awstest.TB, err error) {
			awstest.AssertDenied(tb, err, "s3:ListAllMyBuckets")
			tb.Errorf("failed")
		}, false},
		"for another":          {func(tb awstest.TB, err error) { awstest.AssertDenied(tb, err, "s3:PutObject") }, false},
		"it should be allowed": {func(tb awstest.TB, err error) { awstest.AssertAllowed(tb, err) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := failing(t, func(tb awstest.TB) {
				acct := awstest.New(tb)
				err := list(tb.Context(), acct.NewUser("unexpected").Config())
				awstest.AssertDenied(tb, list(tb.Context(), acct.NewUser("expected").Config()))
				test.end(tb, err)
			})
			require.Len(t, r.logs, 1)
			assert.Equal(t, test.want, strings.Contains(r.logs[0], explained), r.logs[0])
			assert.NotContains(t, r.logs[0], "looked at:\nDENY user/expected")
		})
	}
}

func TestDeciderIsNamedWithItsFile(t *testing.T) {
	t.Parallel()
	r := failing(t, func(tb awstest.TB) {
		acct := awstest.New(tb)
		role := acct.NewRole("reader", awstest.File("testdata/deny.json"))
		awstest.AssertAllowed(tb, list(tb.Context(), role.Config()))
	})
	require.Len(t, r.errors, 1)
	assert.Contains(t, r.errors[0], "testdata/deny.json:10")
	assert.Contains(t, r.errors[0], "NoBuckets")
}

func TestAssertDenied(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	denied := list(t.Context(), acct.NewUser("alice").Config())
	_, missing := s3.NewFromConfig(acct.Config()).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("nothing-here")})
	for name, test := range map[string]struct {
		err     error
		actions []string
		want    string
	}{
		"denied":         {denied, nil, ""},
		"denied for it":  {denied, []string{"s3:ListAllMyBuckets"}, ""},
		"in lower case":  {denied, []string{"s3:listallmybuckets"}, ""},
		"one of several": {denied, []string{"s3:GetObject", "s3:ListAllMyBuckets"}, ""},
		"other action":   {denied, []string{"s3:GetObject"}, "denied for lack of s3:ListAllMyBuckets"},
		"allowed":        {nil, nil, "the call was allowed"},
		"other error":    {missing, nil, "another error"},
		"no AWS error":   {errPlain, nil, "another error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := failing(t, func(tb awstest.TB) {
				assert.Equal(t, test.want == "", awstest.AssertDenied(tb, test.err, test.actions...))
			})
			assert.False(t, r.fatal)
			if test.want == "" {
				assert.Empty(t, r.errors)
				return
			}
			require.Len(t, r.errors, 1)
			assert.Contains(t, r.errors[0], test.want)

			r = failing(t, func(tb awstest.TB) { awstest.RequireDenied(tb, test.err, test.actions...) })
			assert.True(t, r.fatal)
		})
	}
}

func TestHeadIsDeniedWithoutABody(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	_, err := s3.NewFromConfig(acct.Config()).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("bucket")})
	require.NoError(t, err)
	_, err = s3.NewFromConfig(acct.NewUser("alice").Config()).HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("bucket")})
	awstest.AssertDenied(t, err, "s3:ListBucket")
}

func TestMistakesEndTheTest(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		make func(tb awstest.TB)
		want string
	}{
		"account id":       {func(tb awstest.TB) { awstest.New(tb, awstest.WithAccountID("12")) }, "12 digits"},
		"no such file":     {func(tb awstest.TB) { awstest.New(tb).NewUser("a", awstest.File("nothing.json")) }, "nothing.json"},
		"unknown operator": {func(tb awstest.TB) { awstest.New(tb).NewUser("a", awstest.Allow("*").If("StringEqual", "aws:x", "y")) }, "StringEqual"},
		"broken file":      {func(tb awstest.TB) { awstest.New(tb).NewUser("a", awstest.File("testdata/broken.json")) }, "testdata/broken.json:5"},
		"user twice":       {func(tb awstest.TB) { a := awstest.New(tb); a.NewUser("a"); a.NewUser("a") }, "already exists"},
		"root's policies":  {func(tb awstest.TB) { awstest.New(tb).Root().Detach("p") }, "root takes no policies"},
		"policy of root":   {func(tb awstest.TB) { awstest.New(tb).Root().Attach(awstest.Deny("*")) }, "root takes no policies"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := failing(t, test.make)
			require.Len(t, r.errors, 1)
			assert.True(t, r.fatal)
			assert.Contains(t, r.errors[0], test.want)
		})
	}
}

// What a user, role or group cannot have does not compile: the option is of another type.
func TestOptionsAreOfTheirIdentities(t *testing.T) {
	t.Parallel()
	policy := awstest.Allow("*")
	for name, test := range map[string]struct {
		option              any
		users, roles, group bool
	}{
		"Trust":      {awstest.Trust(policy), false, true, false},
		"InGroup":    {awstest.InGroup(nil), true, false, false},
		"Boundary":   {awstest.Boundary(policy), true, true, false},
		"Tags":       {awstest.Tags(nil), true, true, false},
		"Path":       {awstest.Path("/"), true, true, true},
		"Statement":  {policy, true, true, true},
		"Statements": {awstest.Statements(policy), true, true, true},
		"JSON":       {awstest.JSON("{}"), true, true, true},
		"Managed":    {awstest.Managed("AdministratorAccess"), true, true, true},
	} {
		_, user := test.option.(awstest.UserOption)
		assert.Equal(t, test.users, user, "%s of a user", name)
		_, role := test.option.(awstest.RoleOption)
		assert.Equal(t, test.roles, role, "%s of a role", name)
		_, group := test.option.(awstest.GroupOption)
		assert.Equal(t, test.group, group, "%s of a group", name)
	}
}

func TestPassingTestIsSilent(t *testing.T) {
	t.Parallel()
	r := failing(t, func(tb awstest.TB) {
		acct := awstest.New(tb)
		awstest.AssertDenied(tb, list(tb.Context(), acct.NewUser("alice").Config()))
	})
	assert.Empty(t, r.errors)
	assert.Empty(t, r.logs)
}
