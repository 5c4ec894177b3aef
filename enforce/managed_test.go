package enforce_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/managed"
)

func parseManaged(t *testing.T, name string) *enforce.Policy {
	t.Helper()
	m, ok := managed.Get(name)
	require.True(t, ok, name)
	p, err := enforce.Parse(m.Document(), enforce.ManagedPolicy, enforce.Source{ARN: m.ARN()})
	require.NoError(t, err, name)
	return p
}

// managedNames returns the names of all managed policies; of some with -short.
func managedNames() []string {
	names := managed.Names()
	if !testing.Short() {
		return names
	}
	var some []string
	for i := 0; i < len(names); i += 40 {
		some = append(some, names[i])
	}
	return some
}

// Every managed policy of AWS is taken, and means the same when it was printed.
func TestManagedPoliciesParse(t *testing.T) {
	t.Parallel()
	for _, name := range managedNames() {
		p := parseManaged(t, name)
		again, err := enforce.Parse(p.String(), enforce.ManagedPolicy, p.Source())
		require.NoError(t, err, name)
		assert.Equal(t, p.String(), again.String(), name)
		require.Len(t, again.Statements(), len(p.Statements()), name)
		for i, s := range p.Statements() {
			assert.Equal(t, s.Sid()+s.Effect(), again.Statements()[i].Sid()+again.Statements()[i].Effect(), name)
		}
	}
}

// allowedBy returns which actions a managed policy allows, on a resource that
// names nothing in particular.
func allowedBy(t *testing.T, policy string, actions []string) (allowed []string) {
	t.Helper()
	decisions, err := enforce.Simulate(&enforce.Simulation{
		Principal: alice(), Policies: enforce.PolicySet{Identity: []*enforce.Policy{parseManaged(t, policy)}}, Actions: actions,
	})
	require.NoError(t, err)
	for i := range decisions {
		if decisions[i].Allowed() {
			allowed = append(allowed, decisions[i].Request.Action)
		}
	}
	return allowed
}

// actionsOf returns every action that there is, of the given access levels.
func actionsOf(t *testing.T, levels ...catalog.Access) (all []string) {
	t.Helper()
	for _, prefix := range catalog.Prefixes() {
		s, _ := catalog.Lookup(prefix)
		for _, a := range s.Actions() {
			for _, level := range levels {
				if a.Access == level {
					all = append(all, a.String())
				}
			}
		}
	}
	require.NotEmpty(t, all)
	return all
}

func TestAdministratorAccessAllowsEverything(t *testing.T) {
	t.Parallel()
	all := actionsOf(t, catalog.List, catalog.Read, catalog.Write, catalog.Tagging, catalog.PermissionsManagement)
	assert.Equal(t, all, allowedBy(t, "AdministratorAccess", all))
}

func TestReadOnlyAccessOnlyReads(t *testing.T) {
	t.Parallel()
	assert.Empty(t, allowedBy(t, "ReadOnlyAccess", []string{
		"s3:PutObject", "s3:DeleteObject", "s3:CreateBucket", "s3:PutBucketPolicy", "iam:CreateUser", "iam:PassRole",
		"iam:AttachRolePolicy", "sts:AssumeRole", "sqs:SendMessage", "sqs:DeleteMessage", "dynamodb:PutItem",
		"ec2:RunInstances", "ec2:TerminateInstances", "lambda:InvokeFunction", "kms:Decrypt", "kms:CreateGrant",
		"secretsmanager:GetSecretValue", "sns:Publish",
	}))
	reads := []string{"s3:GetObject", "s3:ListAllMyBuckets", "iam:GetUser", "iam:ListRoles", "ec2:DescribeInstances", "sqs:ListQueues"}
	assert.Equal(t, reads, allowedBy(t, "ReadOnlyAccess", reads))

	// Of all actions that AWS calls writing it allows the few that are called so
	// though they only get or list.
	writes := allowedBy(t, "ReadOnlyAccess", actionsOf(t, catalog.Write, catalog.Tagging, catalog.PermissionsManagement))
	assert.Less(t, len(writes), 10)
	for _, action := range writes {
		assert.Regexp(t, `^[a-z-]+:(Get|List)`, action)
	}
}
