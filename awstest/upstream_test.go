package awstest_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/awstest"
)

// An upstream that cannot answer is a mistake of the test, and said at once.
func TestUpstreamMistakes(t *testing.T) {
	t.Parallel()
	for service, address := range map[string]string{"dynamodb": "localhost:8000", "nothing": "http://localhost:8000", "s3": "http://localhost:9000"} {
		r := failing(t, func(t awstest.TB) { awstest.New(t, awstest.WithUpstream(service, address)) })
		assert.True(t, r.fatal, service)
		assert.Contains(t, r.errors[0], "awstest.New: WithUpstream: ")
	}
}
