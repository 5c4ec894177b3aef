package sigv4

import (
	"maps"
	"net/http"
	"net/textproto"
	"strings"
)

// Hoisted returns the headers of a presigned request to Amazon S3 together with
// those that its signer put into the query: SDKs "hoist" x-amz-* headers there, so
// that whoever uses the URL need not send them. A header that the request has
// wins over its namesake in the query. The headers of r are not changed.
func Hoisted(r *http.Request) http.Header {
	header, cloned := r.Header, false
	var q presignedQuery
	for name, values := range r.URL.Query() {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		if !strings.HasPrefix(canonical, "X-Amz-") || q.field(name) != nil || header[canonical] != nil {
			continue
		}
		if !cloned {
			header, cloned = maps.Clone(r.Header), true
		}
		header[canonical] = values
	}
	return header
}
