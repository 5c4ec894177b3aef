package awstest

import (
	"flag"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
)

func TestMinCoverage(t *testing.T) {
	t.Setenv(CoverageDir, "")
	for _, name := range []string{"test.run", "test.short"} { // those of the run that this is part of
		f := flag.Lookup(name)
		before := f.Value.String()
		assert.NoError(t, f.Value.Set(f.DefValue))
		t.Cleanup(func() { assert.NoError(t, f.Value.Set(before)) })
	}
	half := func(tb TB) {
		user := New(tb).NewUser("user", Allow("s3:ListAllMyBuckets", "s3:CreateBucket"), Deny("sqs:*"))
		_, err := s3.NewFromConfig(user.Config()).ListBuckets(tb.Context(), &s3.ListBucketsInput{})
		assert.NoError(t, err)
	}
	code := func(least float64, tests int) int {
		covering.always = nil
		defer func() { covering.always = nil }()
		return run(half, func() int { return tests }, MinCoverage(least))
	}
	assert.Equal(t, 0, code(0, 0))
	assert.Equal(t, 0, code(40, 0))
	assert.Equal(t, 1, code(41, 0))
	assert.Equal(t, 3, code(41, 3), "that of the tests")

	covering.always = new(coverage)
	defer func() { covering.always = nil }()
	run(half, func() int { return 0 })
	printed := func(least float64) (string, int) {
		var b strings.Builder
		code := (&mainOptions{least: least}).cover(&b)
		return b.String(), code
	}
	const summary = "policy coverage: 40.0% of the grants of 2 policies (2 of 5 used, 0 only denied)\n"
	text, exit := printed(40)
	assert.Equal(t, summary, text)
	assert.Zero(t, exit)
	text, exit = printed(95.5)
	assert.Equal(t, summary+"awstest: 95.5% is wanted; leastpriv cover lists what is not used\n", text)
	assert.Equal(t, 1, exit)
	assert.NoError(t, flag.Set("test.run", "TestMinCoverage"))
	text, exit = printed(95.5)
	assert.Equal(t, summary+"awstest: 95.5% is wanted of a run of all tests\n", text)
	assert.Zero(t, exit)

	t.Setenv(CoverageDir, "relative")
	text, exit = printed(0)
	assert.Contains(t, text, "want an absolute path")
	assert.Equal(t, 1, exit)
}

func TestMainWithoutSetUp(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 0, run(nil, func() int { return 0 }))
}

// What clones hand back is bounded.
func TestHandedCallsAreBounded(t *testing.T) {
	t.Parallel()
	acct := New(t)
	acct.shared.handed = make(Calls, maxHanded-1)
	t.Run("", func(t *testing.T) {
		clone := acct.Clone(t)
		for range 3 {
			if _, err := s3.NewFromConfig(clone.Config()).ListBuckets(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
		}
	})
	if n := len(acct.shared.handed); n != maxHanded || acct.shared.handed[n-3].Operation != "ListBuckets" {
		t.Errorf("%d calls", n)
	}
	if len(acct.shared.clones) != 0 {
		t.Error("a clone that has ended is kept")
	}
}
