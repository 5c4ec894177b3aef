package all_test

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A proof about all that a caller may do asks the fakes for the policies of their resources. One
// that has such policies and does not name them would make it hold where it does not.
func TestEveryFakeNamesItsPolicies(t *testing.T) {
	t.Parallel()
	dirs, err := filepath.Glob("../*/service.go")
	require.NoError(t, err)
	found := 0
	for _, service := range dirs {
		files, err := filepath.Glob(filepath.Join(filepath.Dir(service), "*.go"))
		require.NoError(t, err)
		has, names := false, false
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			has = has || strings.Contains(string(text), "*fakeaws.ResourcePolicy")
			names = names || strings.Contains(string(text), ") Guarded(")
		}
		if has {
			found++
			assert.True(t, names, "%s has resource-based policies, and is no fakeaws.PolicyHolder", filepath.Dir(service))
		}
	}
	assert.GreaterOrEqual(t, found, 13)
}

// Each policy of a resource can be replaced by the operation that its fake says, in the region
// and account that it says, and is there then.
func TestNamedPoliciesAreReplaced(t *testing.T) {
	t.Parallel()
	w := fillAll(t).World.World
	replaced := make(map[string]bool)
	for _, g := range w.Guarded(t.Context()) {
		p := g.Policy
		if g.Written != nil {
			p = g.Written
		}
		if g.Replace == nil || p == nil || len(p.Statements()) == 0 {
			continue
		}
		in := g.Replace(p.Document())
		replaced[strings.TrimPrefix(reflect.TypeOf(in).String(), "*")] = true
		_, err := w.Do(t.Context(), w.Fixture(g.Account, g.Region), in)
		require.NoError(t, err, g.Resources)
	}
	assert.Equal(t, []string{
		"cloudwatchlogs.PutResourcePolicyInput", "dynamodb.PutResourcePolicyInput", "eventbridge.PutPermissionInput", "iam.UpdateAssumeRolePolicyInput",
		"kinesis.PutResourcePolicyInput", "lambda.PutResourcePolicyInput", "organizations.PutResourcePolicyInput", "s3.PutBucketPolicyInput",
		"s3control.PutAccessPointPolicyInput", "secretsmanager.PutResourcePolicyInput", "ses.PutIdentityPolicyInput", "sns.SetTopicAttributesInput", "sqs.SetQueueAttributesInput",
	}, slices.Sorted(maps.Keys(replaced)))
}
