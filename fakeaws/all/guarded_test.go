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

	"github.com/leastpriv/leastpriv/fakeaws"
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

// What has no policy is decided as all else that there is, but for what is another account's
// and does not say so in its ARN: to leave anything else out would make a proof hold where it
// does not.
func TestResourcesWithoutPoliciesAreDecided(t *testing.T) {
	t.Parallel()
	w := fillAll(t).World.World
	_, scopes, err := w.Scopes(t.Context(), "", nil, true)
	require.NoError(t, err)
	except := scopes[len(scopes)-1].Except
	own := make(map[string]bool)
	for i := range scopes[:len(scopes)-1] {
		for _, pattern := range scopes[i].Resources {
			own[pattern] = true
		}
	}
	bare := make(map[string]bool)
	for _, g := range w.Guarded(t.Context()) {
		for _, pattern := range g.Resources {
			if own[pattern] {
				continue
			}
			bare[g.Type] = true
			if strings.HasPrefix(pattern, "arn:aws:s3:::") {
				assert.Contains(t, except, pattern)
			} else {
				assert.NotContains(t, except, pattern)
			}
		}
	}
	assert.NotEmpty(t, bare)
	for _, pattern := range except {
		assert.True(t, own[pattern] || strings.HasPrefix(pattern, "arn:aws:s3:::"), "nobody decides about %s", pattern)
	}
}

// A resource with a type is one, of an account that the World knows, and is described once.
func TestListedResourcesAreDescribed(t *testing.T) {
	t.Parallel()
	w := fillAll(t).World.World
	listed := make(map[string]bool)
	types := make(map[string]bool)
	for _, g := range w.Guarded(t.Context()) {
		if g.Type == "" {
			continue
		}
		assert.NotContains(t, g.Resources[0], "*", g.Type)
		_, ok := w.Account(g.Account)
		assert.True(t, ok, g.Resources)
		types[g.Type] = true
		if g.Type != fakeaws.RoleType {
			listed[g.Resources[0]] = true
		}
	}
	assert.Equal(t, []string{
		"AWS::DynamoDB::Stream", "AWS::DynamoDB::Table", "AWS::Events::EventBus", "AWS::IAM::Role", "AWS::KMS::Key", "AWS::Kinesis::Stream",
		"AWS::Kinesis::StreamConsumer", "AWS::Lambda::Alias", "AWS::Lambda::Function", "AWS::Lambda::LayerVersion", "AWS::Lambda::Version", "AWS::Logs::LogGroup",
		"AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::SecretsManager::Secret",
	}, slices.Sorted(maps.Keys(types)))
	var ids []string
	for _, a := range w.Accounts() {
		ids = append(ids, a.ID)
	}
	accounts, _ := w.Describe(ids...)
	described := make(map[string]bool)
	for _, a := range accounts {
		for _, r := range a.Resources {
			assert.False(t, described[r.ARN], "%s is described twice", r.ARN)
			described[r.ARN] = true
		}
	}
	assert.Equal(t, slices.Sorted(maps.Keys(listed)), slices.Sorted(maps.Keys(described)))
}
