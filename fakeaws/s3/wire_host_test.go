package s3

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func TestEndpoint(t *testing.T) {
	t.Parallel()
	of := func(bucket, service, region, named string) fakeaws.Endpoint {
		return fakeaws.Endpoint{Bucket: bucket, Service: service, Region: region, Named: named, Shared: true}
	}
	for host, want := range map[string]fakeaws.Endpoint{
		"b.s3.us-east-1.amazonaws.com":                          of("b", "s3", "us-east-1", "us-east-1"),
		"b.s3.amazonaws.com":                                    of("b", "s3", "", globalEndpoint),
		"b.s3-eu-west-1.amazonaws.com":                          of("b", "s3", "eu-west-1", "eu-west-1"),
		"b.s3.dualstack.eu-west-1.amazonaws.com":                of("b", "s3", "eu-west-1", "eu-west-1"),
		"my.s3.bucket.s3.us-east-1.amazonaws.com":               of("my.s3.bucket", "s3", "us-east-1", "us-east-1"),
		"s3.us-east-1.amazonaws.com":                            of("", "s3", "us-east-1", "us-east-1"),
		"s3.amazonaws.com":                                      of("", "s3", "", globalEndpoint),
		"p-111122223333.s3-accesspoint.us-east-1.amazonaws.com": of("arn:aws:s3:us-east-1:111122223333:accesspoint/p", "s3", "us-east-1", "us-east-1"),
		"b.localhost":                                           of("b", "", "", ""),
		"b.s3.localhost":                                        of("b", "", "", ""),
	} {
		got, ok := endpoint(host)
		assert.True(t, ok, host)
		assert.Equal(t, want, got, host)
	}
	for _, host := range []string{"s3.localhost", "localhost", "127.0.0.1", "[::1]", "", "sqs.us-east-1.amazonaws.com"} {
		got, ok := endpoint(host)
		assert.False(t, ok, host)
		assert.Empty(t, got.Bucket, host)
	}
}
