package s3

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

func TestPolicyForBucket(t *testing.T) {
	t.Parallel()
	const mismatch, invalid = "Action does not apply to any resource(s) in statement", "Policy has invalid resource"
	check := func(t *testing.T, statement string) error {
		doc, _ := enforce.ReadDocument(`{"Version":"2012-10-17","Statement":`+statement+`}`, enforce.BucketPolicy, enforce.Source{})
		require.NotNil(t, doc)
		_, err := checkBucket(doc, "b")
		return err
	}
	for _, c := range []struct{ name, action, resource, want string }{
		{"rule 74: object action, objects", "s3:GetObject", "arn:aws:s3:::b/*", ""},
		{"rule 74: object action, bucket", "s3:GetObject", "arn:aws:s3:::b", mismatch},
		{"rule 74: bucket action, bucket", "s3:ListBucket", "arn:aws:s3:::b", ""},
		{"rule 74: bucket action, objects", "s3:ListBucket", "arn:aws:s3:::b/*", mismatch},
		{"rule 74: both, bucket", "s3:*", "arn:aws:s3:::b", ""},
		{"rule 74: everything, objects", "*", "arn:aws:s3:::b/*", ""},
		{"rule 74: wildcard, objects", "s3:Get*", "arn:aws:s3:::b/x", ""},
		{"rule 74: one character", "s3:?etObject", "arn:aws:s3:::b/x", ""},
		{"rule 74: any case", "S3:getobject", "arn:aws:s3:::b/x", ""},
		{"rule 74: wildcard, no such action", "s3:Nothing*", "arn:aws:s3:::b/x", mismatch},
		{"rule 74: another bucket", "s3:GetObject", "arn:aws:s3:::c/*", invalid},
		{"rule 74: longer name", "s3:GetObject", "arn:aws:s3:::bb/*", invalid},
		{"rule 74: another service", "s3:GetObject", "arn:aws:sqs:us-east-1:111122223333:b", invalid},
		{"rule 74: bucket and objects in one", "s3:GetObject", "arn:aws:s3:::b*", ""},
		{"rule 74: everything", "s3:ListBucket", "*", invalid},
		{"rule 74: any bucket", "s3:ListBucket", "arn:aws:s3:::*", invalid},
		{"rule 74: action on the account", "s3:ListAllMyBuckets", "arn:aws:s3:::b", mismatch},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			err := check(t, `{"Effect":"Allow","Principal":"*","Action":"`+c.action+`","Resource":"`+c.resource+`"}`)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			assert.Equal(t, c.want, requireCode(t, err, "MalformedPolicy", 400).Message)
		})
	}
	require.NoError(t, check(t, `{"Effect":"Deny","Principal":"*","Action":"s3:ListBucket","NotResource":"arn:aws:s3:::b/*"}`))
	second := check(t, `[{"Effect":"Allow","Principal":"*","Action":"s3:ListBucket","Resource":"arn:aws:s3:::b"},{"Effect":"Allow","Principal":"*","Action":["s3:GetObject"],"Resource":["arn:aws:s3:::b/*","arn:aws:s3:::c/*"]}]`)
	assert.Equal(t, invalid, requireCode(t, second, "MalformedPolicy", 400).Message)
}

// rule 74: what of a bucket a resource means.
func TestResourcesOfPolicy(t *testing.T) {
	t.Parallel()
	for resource, want := range map[string]resourceSet{
		"arn:aws:s3:::b": bucketItself, "arn:aws:s3:::b/k": objectsOfBucket, "arn:aws:s3:::b*": bucketItself | objectsOfBucket, "arn:aws:s3:::c": 0,
		"arn:aws:s3:us-east-1::b": 0, "arn:aws:s3::" + owner + ":b": 0, "arn:aws:sqs:::b": 0, "arn:aws:sqs:us-east-1:" + owner + ":b": 0,
		"arn:aws:s3:::b/${aws:username}/*": objectsOfBucket,
	} {
		assert.Equal(t, want, resourcesOf(resource, "b"), resource)
	}
}
