package terraform

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/leastpriv/leastpriv/awstest/deploy"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const allowAll = `"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":\"*\",\"Action\":\"*\",\"Resource\":\"*\"}]}"`

// stateOf is a state with resources: pairs of address and values.
func stateOf(t *testing.T, pairs ...string) deploy.Source {
	t.Helper()
	var resources []string
	for i := 0; i < len(pairs); i += 2 {
		kind, name, _ := strings.Cut(pairs[i], ".")
		resources = append(resources, `{"address":"`+pairs[i]+`","mode":"managed","type":"`+kind+`","name":"`+name+`","values":`+pairs[i+1]+`}`)
	}
	path := filepath.Join(t.TempDir(), "state.json")
	require.NoError(t, os.WriteFile(path, []byte(`{"format_version":"1.0","values":{"root_module":{"resources":[`+"\n"+strings.Join(resources, ",\n")+"\n]}}}"), 0o600))
	return Plan(path)
}

// What a state shows of a bucket and a queue are its settings too, where they are no
// resources of their own.
func TestSettingsInState(t *testing.T) {
	t.Parallel()
	bucket := `{"bucket":"b","arn":"arn:aws:s3:::b","policy":` + allowAll + `,"versioning":[{"enabled":true}],
		"server_side_encryption_configuration":[{"rule":[{"bucket_key_enabled":false,"apply_server_side_encryption_by_default":[{"sse_algorithm":"aws:kms","kms_master_key_id":"k"}]}]}]}`
	stack := resourcesOf(t, stateOf(t, "aws_s3_bucket.b", bucket, "aws_sqs_queue.q", `{"name":"q","url":"https://sqs.eu-west-1.amazonaws.com/1/q","policy":`+allowAll+`}`))
	b := stack["aws_s3_bucket.b"]
	assert.Equal(t, map[string]any{"Status": "Enabled"}, b.Properties["VersioningConfiguration"])
	assert.JSONEq(t, `{"ServerSideEncryptionConfiguration":[{"BucketKeyEnabled":false,"ServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms","KMSMasterKeyID":"k"}}]}`, jsonOf(b.Properties["BucketEncryption"]))
	assert.Equal(t, "AWS::S3::BucketPolicy", stack["aws_s3_bucket.b.policy"].Type)
	assert.Equal(t, "AWS::SQS::QueuePolicy", stack["aws_sqs_queue.q.policy"].Type)
	assert.Equal(t, 2, b.Position.Line, "a file of several lines has lines")

	own := resourcesOf(t, stateOf(t, "aws_s3_bucket.b", bucket, "aws_s3_bucket_policy.b", `{"bucket":"b","policy":`+allowAll+`}`,
		"aws_s3_bucket_versioning.b", `{"bucket":"b","versioning_configuration":[{"status":"Suspended"}]}`))
	assert.NotContains(t, own, "aws_s3_bucket.b.policy", "it is a resource of its own")
	assert.NotContains(t, own, "aws_s3_bucket_versioning.b", "it is a property of the bucket")
	assert.Equal(t, map[string]any{"Status": "Suspended"}, own["aws_s3_bucket.b"].Properties["VersioningConfiguration"])
}

func TestInlinePoliciesInState(t *testing.T) {
	t.Parallel()
	role := `{"name":"r","arn":"arn:aws:iam::123456789012:role/r","assume_role_policy":` + allowAll + `,"inline_policy":[{"name":"own","policy":` + allowAll + `},{"name":"other","policy":` + allowAll + `}]}`
	stack := resourcesOf(t, stateOf(t, "aws_iam_role.r", role, "aws_iam_role_policy.own", `{"name":"own","role":"r","policy":`+allowAll+`}`))
	policies, ok := stack["aws_iam_role.r"].Properties["Policies"].([]any)
	require.True(t, ok)
	require.Len(t, policies, 1)
	assert.Equal(t, "other", policies[0].(map[string]any)["PolicyName"])
	assert.Equal(t, "arn:aws:iam::111122223333:role/r", stack["aws_iam_role.r"].ARN, "the account is the test's")
}

func TestAccountIsReplaced(t *testing.T) {
	t.Parallel()
	w := &world{account: "123456789012", target: target("111122223333")}
	for text, want := range map[string]string{
		"arn:aws:iam::123456789012:root": "arn:aws:iam::111122223333:root",
		"123456789012 123456789012":      "111122223333 111122223333",
		"1234567890123":                  "1234567890123",
		"0123456789012":                  "0123456789012",
		"arn:aws:iam::210987654321:root": "arn:aws:iam::210987654321:root",
		"logs-123456789012-eu":           "logs-111122223333-eu",
		"123456789012123456789012":       "123456789012123456789012",
	} {
		assert.Equal(t, want, w.movedText(text), text)
	}
}

// What grants or denies and is not understood is a problem, or listed as not made.
func TestNotUnderstood(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []string{`state.json:2: aws_s3_bucket_versioning.b: the bucket none is not in the file`},
		texts(t, stateOf(t, "aws_s3_bucket_versioning.b", `{"bucket":"none","versioning_configuration":[{"status":"Enabled"}]}`)))
	assert.Equal(t, []string{`state.json:2: aws_sqs_queue.q: it is in the region us-west-2, and the account's is eu-west-1: LeaveOut("aws_sqs_queue.q") leaves it out`},
		texts(t, stateOf(t, "aws_sqs_queue.q", `{"name":"q","region":"us-west-2"}`, "aws_kms_key.k", `{"key_id":"k","arn":"arn:aws:kms:eu-west-1:123456789012:key/k"}`)))
	stack := resourcesOf(t, stateOf(t, "aws_s3_bucket.b", `{"bucket":"b"}`, "aws_s3_bucket_acl.b", `{"bucket":"b","acl":"public-read"}`,
		"aws_s3_bucket_object_lock_configuration.b", `{"bucket":"b","rule":[{"default_retention":[{"days":1}]}]}`, "aws_organizations_policy.p", `{"id":"p-1","arn":"a"}`))
	assert.Equal(t, "public-read", stack["aws_s3_bucket.b"].Properties["AccessControl"], "which Load refuses")
	assert.NotNil(t, stack["aws_s3_bucket.b"].Properties["ObjectLockConfiguration"].(map[string]any)["Rule"], "which Load refuses")
	assert.Equal(t, deploy.Resource{Address: "aws_organizations_policy.p", Type: "aws_organizations_policy", Name: "p-1", ARN: "a", Position: stack["aws_organizations_policy.p"].Position, Properties: map[string]any{}}, stack["aws_organizations_policy.p"])

	for text, want := range map[string]string{
		strings.Replace(small, `"terraform_version"`, `"errored":true,"terraform_version"`, 1):                                                                                                            "it is a plan that failed",
		strings.Replace(small, `"terraform_version"`, `"deferred_changes":[{"reason":"resource_config_unknown","resource_change":{"address":"aws_iam_role.r","mode":"managed"}}],"terraform_version"`, 1): "aws_iam_role.r is left to a later plan (resource_config_unknown)",
	} {
		_, err := (&file{path: "none/plan.json"}).read([]byte(text), target("111122223333"))
		require.ErrorContains(t, err, want)
	}
}

// Every type whose attributes are made has an id that is, and what its formats name.
func TestComputed(t *testing.T) {
	t.Parallel()
	require.Greater(t, len(computed), 60)
	for kind, attributes := range computed {
		values := map[string]any{}
		in := &instance{address: kind + ".x", mode: "managed", kind: kind, name: "x", values: values, unknown: map[string]any{}}
		for _, template := range attributes {
			for _, field := range strings.Split(template, "{")[1:] {
				name, _, _ := strings.Cut(field, "}")
				if attributes[name] == "" && !strings.ContainsAny(name, ":|") {
					values[name] = "v"
				}
			}
		}
		for _, name := range []string{"name", "url", "cluster"} {
			if attributes[name] == "" {
				values[name] = "https://v"
			}
		}
		for name := range attributes {
			in.unknown[name] = true
		}
		for name := range attributes {
			w := newWorld(&file{bound: map[string]string{}}, emptyState(t), nil, target("111122223333"))
			in.scope = w.root
			text, ok := in.text(name)
			assert.True(t, ok, "%s.%s %v", kind, name, w.missing)
			assert.NotEmpty(t, text)
			assert.NotContains(t, text, "{", "%s.%s", kind, name)
		}
	}
}

func emptyState(t *testing.T) *shown {
	t.Helper()
	s, err := parse([]byte(`{"format_version":"1.0","values":{"root_module":{}}}`))
	require.NoError(t, err)
	return s
}
