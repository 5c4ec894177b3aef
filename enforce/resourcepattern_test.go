package enforce

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestResourcePattern(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		pattern, resource string
		want              bool
	}{
		{"*", "arn:aws:s3:::reports", true},
		{"*", "*", true},
		{"arn:aws:s3:::reports/*", "arn:aws:s3:::reports/2026/q3.csv", true},
		{"arn:aws:s3:::reports/*", "arn:aws:s3:::reports", false},
		{"arn:aws:s3:::reports", "arn:aws:s3:::Reports", false},
		{"arn:aws:sqs:*:*:jobs", "arn:aws:sqs:us-east-1:000000000000:jobs", true},
		{"arn:aws:sqs:*:jobs", "arn:aws:sqs:us-east-1:000000000000:jobs", false},
		{"arn:aws:sqs:*:*:job?", "arn:aws:sqs:us-east-1:000000000000:jobs", true},
		{"arn:aws:sqs:*:*:jobs", "*", false},
		{"arn:aws:s3:::${aws:username}", "arn:aws:s3:::alice", false}, // a policy's variable is plain text here
	} {
		p, err := ParseResource(test.pattern)
		require.NoError(t, err, test.pattern)
		assert.Equal(t, test.want, p.Match(test.resource), "%s of %s", test.resource, test.pattern)
	}
	_, err := ParseResource("reports")
	assert.Error(t, err)
}
