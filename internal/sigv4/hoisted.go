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
// wins over its namesake in the query. Preconditions count there as well, and for
// Signature Version 2 what else its string to sign has of headers. The headers of r are
// not changed.
func (s *Signature) Hoisted(r *http.Request) http.Header {
	header, cloned := r.Header, false
	var q presignedQuery
	for name, values := range r.URL.Query() {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		if !strings.HasPrefix(canonical, "X-Amz-") && !s.hoists(canonical) || q.field(name) != nil || header[canonical] != nil {
			continue
		}
		if !cloned {
			header, cloned = maps.Clone(r.Header), true
		}
		header[canonical] = values
	}
	return header
}

// hoists reports whether a header other than S3's own counts in the query.
func (s *Signature) hoists(canonical string) bool {
	switch canonical {
	case "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since":
		return true
	case "Content-Type", "Content-Md5":
		return s.Version2()
	}
	return false
}
