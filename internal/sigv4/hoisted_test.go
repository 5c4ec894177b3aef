package sigv4

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHoisted(t *testing.T) {
	t.Parallel()
	const signature = "?X-Amz-Algorithm=a&X-Amz-Credential=b&X-Amz-Date=c&X-Amz-Expires=5&X-Amz-SignedHeaders=host&X-Amz-Signature=d&X-Amz-Security-Token=e"
	for _, test := range []struct {
		name, query string
		sent, want  http.Header
	}{
		{"nothing", "&versionId=1", http.Header{}, http.Header{}},
		{"any case", "&x-amz-request-payer=requester&X-Amz-Expected-Bucket-Owner=1", http.Header{},
			http.Header{"X-Amz-Request-Payer": {"requester"}, "X-Amz-Expected-Bucket-Owner": {"1"}}},
		{"a header wins", "&x-amz-acl=public-read", http.Header{"X-Amz-Acl": {"private"}}, http.Header{"X-Amz-Acl": {"private"}}},
		{"preconditions", "&If-Match=a&if-none-match=b&if-modified-since=c&If-Unmodified-Since=d&content-type=e", http.Header{"If-Match": {"e"}},
			http.Header{"If-Match": {"e"}, "If-None-Match": {"b"}, "If-Modified-Since": {"c"}, "If-Unmodified-Since": {"d"}}},
		{"not of S3's own", "&range=bytes", http.Header{"Accept": {"a"}}, http.Header{"Accept": {"a"}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r, err := http.NewRequest(http.MethodGet, "http://b.s3.amazonaws.com/k"+signature+test.query, nil)
			require.NoError(t, err)
			r.Header = test.sent.Clone()
			assert.Equal(t, test.want, new(Signature).Hoisted(r))
			assert.Equal(t, test.sent, r.Header, "the request is not changed")
		})
	}
}
