package enforce_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/enforce"
)

// rule 27: dates are read as the Date operators do.
func TestParseDate(t *testing.T) {
	t.Parallel()
	at, ok := enforce.ParseDate("2026-01-01T01:00+01:00")
	assert.True(t, ok)
	assert.True(t, at.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
	_, ok = enforce.ParseDate("today")
	assert.False(t, ok)
}

// rule 41: a resource control policy takes the actions of these services, and of no others.
func TestRCPServices(t *testing.T) {
	t.Parallel()
	services := enforce.RCPServices()
	assert.True(t, slices.IsSorted(services))
	for _, service := range []string{"s3", "sqs", "kms", "ec2", "iam"} {
		_, err := enforce.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"`+service+`:*","Resource":"*"}}`, enforce.ResourceControlPolicy, enforce.Source{})
		assert.Equal(t, slices.Contains(services, service), err == nil, service)
	}
}
