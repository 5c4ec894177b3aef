package wire

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestServiceOfTarget(t *testing.T) {
	t.Parallel()
	for prefix, want := range map[string]string{
		"AmazonSQS": "sqs", "DynamoDB_20120810": "dynamodb", "TrentService": "kms", "Logs_20140328": "logs", "secretsmanager": "secretsmanager", "AWSEvents": "events",
		"AWSOrganizationsV20161128": "organizations",
	} {
		name, ok := ServiceOfTarget(prefix)
		assert.True(t, ok)
		assert.Equal(t, want, name)
	}
	_, ok := ServiceOfTarget("Nowhere")
	assert.False(t, ok)
}
