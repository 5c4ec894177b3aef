package sigv4

import (
	"net/http"
	"net/url"
	"strings"
)

// maxExpires is the longest life of a presigned Amazon S3 URL, in seconds: the
// page "Authenticating Requests: Using Query Parameters".
const maxExpires = 7 * 24 * 60 * 60

// presignedQuery holds the query parameters of a presigned URL, decoded.
type presignedQuery struct {
	present bool // one of the parameters that only a presigned URL has is there
	v2      bool // a parameter of Signature Version 2 is there
	// v2Signature says that it is the signature.
	v2Signature bool
	lists       bool // X-Amz-SignedHeaders is there; it may be empty

	algorithm, credential, date, expires, signedHeaders, signature, token, contentSHA256, regions string
}

// parseQuery collects the parameters of a presigned URL. They are
// case-sensitive. A request that has none costs one search.
func parseQuery(raw string) (presignedQuery, error) {
	var q presignedQuery
	q.v2, q.v2Signature = isVersion2(raw)
	if !strings.Contains(raw, "X-Amz") && !strings.Contains(raw, "%") {
		return q, nil
	}
	for more := true; more; {
		var param string
		param, raw, more = strings.Cut(raw, "&")
		name, value, _ := strings.Cut(param, "=")
		if strings.Contains(name, "%") {
			// As the canonical query has it.
			name = string(appendQueryPart(nil, name))
		}
		field := q.field(name)
		if field == nil {
			continue
		}
		decoded, err := url.QueryUnescape(value)
		if err != nil || *field != "" {
			return q, malformedQuery(incompleteQueryS3)
		}
		*field = decoded
		q.lists = q.lists || field == &q.signedHeaders
	}
	q.present = q.algorithm != "" || q.credential != "" || q.signature != ""
	return q, nil
}

func (q *presignedQuery) field(name string) *string {
	switch name {
	case "X-Amz-Algorithm":
		return &q.algorithm
	case "X-Amz-Credential":
		return &q.credential
	case "X-Amz-Date":
		return &q.date
	case "X-Amz-Expires":
		return &q.expires
	case "X-Amz-SignedHeaders":
		return &q.signedHeaders
	case "X-Amz-Signature":
		return &q.signature
	case "X-Amz-Security-Token":
		return &q.token
	case "X-Amz-Content-Sha256":
		return &q.contentSHA256
	case "X-Amz-Region-Set":
		return &q.regions
	}
	return nil
}

// isVersion2 recognizes the query string authentication that Amazon S3 had
// before Signature Version 4, complete or not.
func isVersion2(raw string) (some, signature bool) {
	for more := raw != ""; more; {
		var param string
		param, raw, more = strings.Cut(raw, "&")
		signature = signature || strings.HasPrefix(param, "Signature=")
		some = some || signature || strings.HasPrefix(param, "AWSAccessKeyId=")
	}
	return some, signature
}

func parsePresigned(r *http.Request, q *presignedQuery) (*Signature, error) {
	switch q.algorithm {
	case algorithm, algorithmECDSA, "":
	default:
		return nil, unknownAlgorithm()
	}
	s := &Signature{
		algorithm:     q.algorithm,
		Presigned:     true,
		SignedHeaders: q.signedHeaders,
		Signature:     q.signature,
		SessionToken:  q.token,
		ContentSHA256: first(r.Header, "X-Amz-Content-Sha256"),
	}
	if s.SessionToken == "" {
		s.SessionToken = first(r.Header, "X-Amz-Security-Token")
	}
	if missing := q.missing(); missing != nil {
		return nil, incompleteQuery(missing)
	}
	t, ok := parseStamp(q.date)
	if !ok {
		return nil, s.badDate(q.date)
	}
	s.Time, s.stamp = t, q.date
	if err := s.setScope(q.credential); err != nil {
		return s, err
	}
	if s.asymmetric() {
		if err := s.setRegions(q.regions); err != nil {
			return s, err
		}
	}
	if !s.s3() {
		// Other services ignore X-Amz-Expires: their presigned requests live as
		// long as the clock skew allows. (aws-iam-authenticator, whose tokens
		// are presigned STS URLs, documents that.)
		return s, nil
	}
	if q.expires == "" {
		return nil, incompleteQuery([]string{"X-Amz-Expires"})
	}
	if s.ContentSHA256 == "" {
		s.ContentSHA256 = q.contentSHA256
	}
	if s.ContentSHA256 == "" {
		s.ContentSHA256 = UnsignedPayload
	}
	return s, s.expiry(q.expires)
}

// missing names the parameters that every presigned URL must have and this one
// has not.
func (q *presignedQuery) missing() []string {
	var names []string
	for _, p := range [...]struct {
		name string
		ok   bool
	}{
		{"X-Amz-Algorithm", q.algorithm != ""},
		{"X-Amz-Credential", q.credential != ""},
		{"X-Amz-Signature", q.signature != ""},
		{"X-Amz-Date", q.date != ""},
		{"X-Amz-SignedHeaders", q.lists},
	} {
		if !p.ok {
			names = append(names, p.name)
		}
	}
	return names
}
