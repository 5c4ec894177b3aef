package awstest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
)

// The calls that rows make on clones count for the principals of the first World.
func TestLeastPrivilegeOfClones(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("q3", "x")
	role := acct.NewRole("worker", awstest.Allow("s3:GetObject", "s3:PutObject").On("arn:aws:s3:::reports/*"))
	unused := failing(t, func(tb awstest.TB) { awstest.AssertLeastPrivilege(tb, role) })
	require.Len(t, unused.errors, 1)
	assert.Contains(t, unused.errors[0], "used by its calls (0)")
	t.Run("rows", func(t *testing.T) {
		awstest.Cases{
			{Name: "reads", As: role, Call: reading("reports", "q3"), Want: awstest.WantAllowed()},
			{Name: "writes", As: role, Call: putting("q4"), Want: awstest.WantAllowed()},
		}.RunParallel(t)
		t.Cleanup(func() { awstest.AssertLeastPrivilege(t, role) })
	})
	assert.Empty(t, acct.Calls(), "the World's own")
	awstest.RequireLeastPrivilege(t, role)
	assert.True(t, role.PolicyDiff().Empty(), role.PolicyDiff())
	assert.Contains(t, role.MinimalPolicy(), "arn:aws:s3:::reports/q3")
	assert.Contains(t, role.MinimalPolicy(), "arn:aws:s3:::reports/q4")
	var actions []string
	for _, p := range acct.Trace() {
		actions = append(actions, p.Action)
	}
	assert.ElementsMatch(t, []string{"s3:GetObject", "s3:PutObject"}, actions)
}

// So do those of clones that have not ended, and of clones of clones; those of one clone do
// not count for another, and those of the first World not for its clones.
func TestLeastPrivilegeOfClonesOfClones(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("q3", "x")
	role := acct.NewRole("worker", awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*"))
	clone, sibling := acct.Clone(t), acct.Clone(t)
	t.Run("", func(t *testing.T) {
		require.NoError(t, reading("reports", "q3")(t.Context(), role.In(clone.Clone(t)).Config()))
		assert.Len(t, acct.Trace(), 1)
	})
	assert.Len(t, acct.Trace(), 1)
	assert.Len(t, clone.Trace(), 1)
	assert.Empty(t, sibling.Trace())
	awstest.AssertLeastPrivilege(t, role)
	awstest.AssertLeastPrivilege(t, role.In(clone))
	require.NoError(t, reading("reports", "q3")(t.Context(), role.Config()))
	assert.Len(t, clone.Trace(), 1)
	assert.Len(t, acct.Trace(), 2)
}

// The calls of mutants count for nobody, those of the check without a mutant do.
func TestLeastPrivilegeOfMutants(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t)
	acct.S3().CreateBucket("reports").Put("2025/q4", "x")
	acct.S3().CreateBucket("others").Put("k", "x")
	role := acct.NewRole("reporter", awstest.Allow("s3:GetObject").On("arn:aws:s3:::reports/*"))
	awstest.Mutate(t, acct, func(t awstest.T, acct *awstest.Account) { checkThoroughly(t, role.In(acct)) })
	assert.Len(t, acct.Trace(), 3)
	awstest.AssertLeastPrivilege(t, role)
}
