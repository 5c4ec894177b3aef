package secretstest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/awstest/dynamotest"
	"github.com/leastpriv/leastpriv/awstest/secretstest"
)

// failed is a test of which the failures are kept.
type failed struct {
	*testing.T
	errors []string
}

func (f *failed) Errorf(format string, args ...any) {
	for _, a := range args {
		if text, ok := a.(string); ok {
			f.errors = append(f.errors, text)
		}
	}
}

// The policies of secrets and tables are mutated as those of buckets are: a check that only
// asks what is allowed does not notice a wider principal, and one that asks nothing notices
// nothing.
func TestMutateReachesTheirPolicies(t *testing.T) {
	t.Parallel()
	acct := awstest.New(t, secretstest.With(), dynamotest.With())
	reader, other := acct.NewRole("reader"), acct.NewRole("other")
	secret := secretstest.Of(acct).Create("db", "x")
	secret.SetPolicy(awstest.Allow("secretsmanager:GetSecretValue").By(reader.ARN()))
	table := dynamotest.Of(acct).Create("orders", "id")
	table.SetPolicy(awstest.Document(awstest.Allow("dynamodb:GetItem").By(reader.ARN())))
	allowed := func(t awstest.T, acct *awstest.Account) {
		require.True(t, reader.In(acct).Can("secretsmanager:GetSecretValue", secret.ARN()).Allowed)
		require.True(t, reader.In(acct).Can("dynamodb:GetItem", table.ARN()).Allowed)
	}
	r := &failed{T: t}
	awstest.Mutate(r, acct, allowed)
	text := strings.Join(r.errors, "\n")
	for _, want := range []string{
		secret.ARN() + ":1:38 statement 1: Principal", secret.ARN() + `:1:38 statement 1: Action "secretsmanager:GetSecretValue" is "secretsmanager:*"`,
		table.ARN() + ":1:38 statement 1: Principal",
	} {
		assert.Contains(t, text, want)
	}
	assert.NotContains(t, text, "without the statement", "the check notices that")

	awstest.Mutate(t, acct, func(t awstest.T, acct *awstest.Account) {
		allowed(t, acct)
		for _, action := range []string{"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"} {
			require.False(t, other.In(acct).Can(action, secret.ARN()).Allowed)
		}
		require.False(t, reader.In(acct).Can("secretsmanager:PutSecretValue", secret.ARN()).Allowed)
		require.False(t, other.In(acct).Can("dynamodb:GetItem", table.ARN()).Allowed)
		require.False(t, reader.In(acct).Can("dynamodb:PutItem", table.ARN()).Allowed)
	})
}
