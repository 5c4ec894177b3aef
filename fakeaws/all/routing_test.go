package all_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/all"
)

// A request that neither its host nor its signature names a service for is S3's, but for
// what the Query protocol has: a form that is sent by POST. HTTP clients such as curl and
// Python's urllib call every body such a form that they are not told the type of.
func TestServiceOfRequestsThatNameNone(t *testing.T) {
	t.Parallel()
	w := all.NewWorld(fakeaws.Config{})
	const presigned = "?AWSAccessKeyId=AKIAUNKNOWN&Expires=9999999999&Signature=c2ln"
	for _, test := range []struct {
		method, target, authorization, want string
	}{
		{http.MethodPut, "/bucket/key", "", "<Code>NoSuchBucket</Code>"},
		{http.MethodPut, "/bucket/key" + presigned, "", "<Code>InvalidAccessKeyId</Code>"},
		{http.MethodPut, "/bucket/key", "AWS AKIAUNKNOWN:c2ln", "<Code>InvalidAccessKeyId</Code>"},
		{http.MethodPost, "/bucket/key" + presigned + "&uploads", "", "<Code>InvalidAccessKeyId</Code>"},
		{http.MethodPost, "/bucket/key?uploads", "AWS AKIAUNKNOWN:c2ln", "<Code>InvalidAccessKeyId</Code>"},
		{http.MethodPost, "/000000000000/queue", "", "http://queue.amazonaws.com/doc/2012-11-05/"},
		{http.MethodPost, "/", "", "https://sts.amazonaws.com/doc/2011-06-15/"},
	} {
		r, err := http.NewRequestWithContext(t.Context(), test.method, "http://127.0.0.1:4566"+test.target, strings.NewReader("Action=Unknown"))
		require.NoError(t, err)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if test.authorization != "" {
			r.Header.Set("Authorization", test.authorization)
			r.Header.Set("X-Amz-Date", w.Clock().Now().UTC().Format("20060102T150405Z"))
		}
		resp, err := w.Door().RoundTrip(r)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Contains(t, string(body), test.want, "%s %s %s", test.method, test.target, test.authorization)
	}
}
