package question

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// A request has values of a key's type alone.
func TestValuesOfConditionKeys(t *testing.T) {
	t.Parallel()
	action, ok := catalog.Find("s3:ListBucket")
	require.True(t, ok)
	for _, c := range []struct {
		key    string
		values []string
		multi  bool
		want   string
	}{
		{"aws:SecureTransport", []string{"True"}, false, ""},
		{"aws:SecureTransport", []string{"yes"}, false, `aws:SecureTransport is of type Bool, which "yes" is not`},
		{"s3:max-keys", []string{"10"}, false, ""},
		{"s3:max-keys", []string{"ten"}, false, `s3:max-keys is of type Numeric, which "ten" is not`},
		{"aws:SourceIp", []string{"::1"}, false, ""},
		{"aws:SourceIp", []string{"10.0.0.0/8"}, false, `aws:SourceIp is of type IPAddress, which "10.0.0.0/8" is not`},
		{"aws:SourceArn", []string{"arn:aws:s3:::b"}, false, ""},
		{"aws:SourceArn", []string{"b"}, false, `aws:SourceArn is of type ARN, which "b" is not`},
		{"aws:CurrentTime", []string{"2026-11-22T20:26:45Z"}, false, ""},
		{"aws:CurrentTime", []string{"1795379205"}, false, ""},
		{"aws:CurrentTime", []string{"tomorrow"}, false, `aws:CurrentTime is of type Date, which "tomorrow" is not`},
		{"aws:TagKeys", []string{"a"}, false, ""},
		{"aws:TagKeys", []string{}, true, ""},
		{"token.example.com:sub", []string{"a", "b"}, true, ""}, // a claim of an identity provider
		{"aws:username", nil, false, ""},
		{"aws:username", []string{}, false, ""},
		{"s3:prefixx", []string{"a"}, false, `Amazon S3 has no condition key "s3:prefixx"; did you mean "s3:prefix"?`},
	} {
		var keys enforce.Context
		err := SetKey(&keys, c.key, c.values, c.multi, action)
		if c.want != "" {
			require.EqualError(t, err, c.want)
			continue
		}
		require.NoError(t, err, c.key)
		got := map[string][]string{}
		for name, values := range keys.All() {
			got[name] = values
		}
		if c.values == nil || len(c.values) == 0 && !c.multi {
			assert.Empty(t, got)
		} else {
			assert.Equal(t, map[string][]string{c.key: c.values}, got)
		}
		assert.Equal(t, c.multi || c.key == "aws:TagKeys", keys.IsMulti(c.key), c.key)
	}
}

// What AWS does not have is named, and so is what an action never acts on.
func TestQuestionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ action, resource, want string }{
		{"s3:GetObject", "arn:aws:s3:::b/k", ""},
		{"s3:ListAllMyBuckets", "*", ""},
		{"s3:GetObjekt", "arn:aws:s3:::b/k", `Amazon S3 has no action "GetObjekt"; did you mean "s3:GetObject"?`},
		{"ss3:GetObject", "arn:aws:s3:::b/k", `no service has the prefix "ss3"`},
		{"s3:Get*", "arn:aws:s3:::b/k", `action "s3:Get*"; want a form like s3:GetObject`},
		{"GetObject", "arn:aws:s3:::b/k", `action "GetObject"; want a form like s3:GetObject`},
		{"s3:GetObject", "*", `s3:GetObject acts on a resource, and "*" is none; it acts on `},
		{"s3:GetObject", "arn:aws:s3:::b", `s3:GetObject never acts on arn:aws:s3:::b; it acts on `},
		{"s3:GetObject", "arn:aws:s3:::b/*", `resource "arn:aws:s3:::b/*": a question is about one resource, without wildcards`},
		{"ec2:DescribeInstances", "arn:aws:ec2:us-east-1:111122223333:instance/i-1", `ec2:DescribeInstances has no resource-level permissions: it is asked for on "*"`},
	} {
		_, err := Action(c.action, c.resource)
		if c.want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, c.want)
	}
	for text, want := range map[string]string{
		"*": "", "arn:aws:s3:::b": "", "arn:aws:iam::aws:policy/ReadOnlyAccess": "",
		"reports":                    `resource "reports"; want an ARN`,
		"arn:aws:sqs:us-east-1:12:q": `account "12" is none: it has 12 digits`,
	} {
		if err := Resource(text); want == "" {
			require.NoError(t, err)
		} else {
			require.ErrorContains(t, err, want)
		}
	}
}
