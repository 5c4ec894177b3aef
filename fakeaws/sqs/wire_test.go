package sqs

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestFirstHosts(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]bool{
		"queue.amazonaws.com": true, "us-west-2.queue.amazonaws.com": true, "cn-north-1.queue.amazonaws.com.cn": true,
		"xqueue.amazonaws.com": false, "a.b.queue.amazonaws.com": false, "sqs.us-east-1.amazonaws.com": false, "": false,
	} {
		_, ok := endpointOf(host)
		assert.Equal(t, want, ok, host)
	}
}
