// Package sigv4 verifies requests that are signed with AWS Signature Version 4, its
// asymmetric variant SigV4A, or Amazon S3's Signature Version 2: in the Authorization header, in a presigned URL,
// chunk by chunk in an aws-chunked body, or by the policy of a form.
//
// A caller does it in AWS's order: [Parse] (or [ParsePost]), look the access key
// up, [Signature.CheckToken], [Verifier.Verify], and for a service that streams
// (Amazon S3) [NewBody]. Every failure is an [*Error], which knows how each of
// AWS's protocols words it, and what helps a developer.
//
// Requests are as a server of net/http has them: names in the header map are in
// canonical form, and Host is the field.
package sigv4

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm      = "AWS4-HMAC-SHA256"
	algorithmECDSA = "AWS4-ECDSA-P256-SHA256" // SigV4A
	terminator     = "aws4_request"
	stampLayout    = "20060102T150405Z"
	dateLayout     = "20060102"
)

// A Signature is what a request says about its signature. [Parse] makes it;
// it is true only once [Verifier.Verify] has said so.
type Signature struct {
	AccessKeyID string
	// Date, Region and Service are the credential scope. The scope of SigV4A has
	// no region: Region is empty then, unless RegionSet has just one.
	Date, Region, Service string
	// RegionSet lists the regions of a SigV4A signature as sent: "us-*,eu-west-1".
	RegionSet string
	// SignedHeaders lists the signed headers as sent: "host;x-amz-date".
	SignedHeaders string
	// Signature is the hexadecimal signature as sent.
	Signature string
	// Time is when the request was signed.
	Time time.Time
	// Presigned says that the signature came in the query string.
	Presigned bool
	// Expires is how long a presigned URL is valid. Zero where it does not say.
	Expires time.Duration
	// SessionToken is the X-Amz-Security-Token as sent, empty without one.
	SessionToken string
	// ContentSHA256 is X-Amz-Content-Sha256: a hexadecimal hash or one of the
	// literal values such as [UnsignedPayload]. A presigned Amazon S3 request
	// that does not say has UnsignedPayload.
	ContentSHA256 string

	stamp     string // the signing time as it stands in the string to sign
	header    string // the Authorization header
	algorithm string // of the string to sign
	key       *signingKey
	signed    map[string]struct{} // the signed headers, only of a long list

	post   *PostForm // nil for all but a form upload
	policy string    // of the form, in base64
	sizes  []sizeRange

	// Of Version 2: the bucket that the host names, and what its string to sign has in
	// the place of the date.
	bucket, date string
}

// Parse finds the signature of a request. It returns nil and no error for an
// anonymous request. Errors are of type [*Error]; with one, the signature may be
// there as far as it could be read, to tell which service words the error.
func Parse(r *http.Request) (*Signature, error) {
	headers := r.Header["Authorization"]
	if len(headers) == 1 && headers[0] == "" {
		headers = nil
	}
	query, err := parseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	var s *Signature
	switch {
	case len(headers) > 1, len(headers) == 1 && (query.present || query.v2Signature):
		err = multipleMechanisms(headers[0])
	case len(headers) == 1:
		s, err = parseHeader(r, headers[0])
	case query.present:
		s, err = parsePresigned(r, &query)
	case query.v2:
		s, err = parsePresigned2(r)
	}
	if err != nil && s != nil && s.Service == "" {
		s = nil // it does not tell the service either
	}
	return s, err
}

// signs reports whether a header, in lower case, is one of the signed ones. The
// names in the list must be in lower case too: the canonical request has them as
// they stand there.
func (s *Signature) signs(name string) bool {
	var space [64]byte
	return s.signsBytes(append(space[:0], name...))
}

func (s *Signature) signsBytes(name []byte) bool {
	if s.signed != nil {
		_, ok := s.signed[string(name)]
		return ok
	}
	for list := s.SignedHeaders; ; {
		end := strings.IndexByte(list, ';')
		if end < 0 {
			return list == string(name)
		}
		if list[:end] == string(name) {
			return true
		}
		list = list[end+1:]
	}
}

// indexSigned makes a set of the signed headers when the list is too long to be
// searched for each header of the request. Those of SDKs are not.
func (s *Signature) indexSigned() {
	const searched = 4096
	if len(s.SignedHeaders) <= searched || s.signed != nil {
		return
	}
	s.signed = make(map[string]struct{})
	for name := range strings.SplitSeq(s.SignedHeaders, ";") {
		s.signed[name] = struct{}{}
	}
}

// s3 reports whether the signature is for Amazon S3 or one of its relatives,
// which sign the path as it is and take the hash of the body from a header.
func (s *Signature) s3() bool {
	switch s.Service {
	case "s3", "s3express", "s3-outposts", "s3-object-lambda":
		return true
	}
	return false
}

// readParams reads the parameters of the header, and returns the credential.
func (s *Signature) readParams(params string) (credential string, err error) {
	for more := true; more; {
		var param string
		param, params, more = strings.Cut(params, ",")
		if param = strings.TrimSpace(param); param == "" {
			continue
		}
		name, value, ok := strings.Cut(param, "=")
		if !ok {
			return "", notKeyValue(param, s.header)
		}
		var field *string
		switch name {
		case "Credential":
			field = &credential
		case "SignedHeaders":
			field = &s.SignedHeaders
		case "Signature":
			field = &s.Signature
		}
		if field == nil || *field != "" {
			return "", s.incompleteHeader(nil)
		}
		*field = value
	}
	return credential, nil
}

// parseHeader reads "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…".
func parseHeader(r *http.Request, header string) (*Signature, error) {
	scheme, params, spaced := strings.Cut(header, " ")
	switch {
	case !spaced || scheme == algorithmV2 && strings.Contains(params, " "):
		return nil, notOneSpace(header, scheme, r.Header)
	case scheme == algorithmV2:
		return parseHeader2(r, header, params)
	case scheme != algorithm && scheme != algorithmECDSA:
		return nil, unknownScheme(header)
	}
	// What a signature was made with is kept for long, and must not keep the header.
	known := algorithm
	if scheme == algorithmECDSA {
		known = algorithmECDSA
	}
	s := &Signature{algorithm: known, header: header, SessionToken: first(r.Header, "X-Amz-Security-Token"), ContentSHA256: first(r.Header, "X-Amz-Content-Sha256")}
	credential, err := s.readParams(params)
	if err != nil {
		return nil, err
	}
	if missing := headerMissing(s, credential, r.Header); missing != nil {
		return nil, s.incompleteHeader(missing)
	}
	if err := s.setTime(r.Header); err != nil {
		return nil, err
	}
	if err := s.setScope(credential); err != nil {
		return s, err
	}
	if s.asymmetric() {
		return s, s.setRegions(first(r.Header, "X-Amz-Region-Set"))
	}
	return s, nil
}

// headerMissing names what an Authorization header lacks, in the order in which
// AWS enumerates it.
func headerMissing(s *Signature, credential string, h http.Header) []string {
	var missing []string
	if credential == "" {
		missing = append(missing, "Credential")
	}
	if s.Signature == "" {
		missing = append(missing, "Signature")
	}
	if s.SignedHeaders == "" {
		missing = append(missing, "SignedHeaders")
	}
	if missing != nil && first(h, "X-Amz-Date") == "" && first(h, "Date") == "" {
		missing = append(missing, "Date")
	}
	return missing
}

// setTime takes the signing time from X-Amz-Date or else from Date, as the page
// "Elements of an AWS API request signature" has it.
func (s *Signature) setTime(h http.Header) error {
	sent := first(h, "X-Amz-Date")
	if sent != "" {
		t, ok := parseStamp(sent)
		if !ok {
			return s.badDate(sent)
		}
		s.Time, s.stamp = t, sent
		return nil
	}
	if sent = first(h, "Date"); sent == "" {
		return s.missingDate()
	}
	if t, ok := parseStamp(sent); ok {
		s.Time, s.stamp = t, sent
		return nil
	}
	t, ok := parseHTTPDate(sent)
	if !ok {
		return s.badDate(sent)
	}
	s.Time, s.stamp = t, sent
	return nil
}

// setScope takes a credential apart: key/date/region/service/aws4_request, without
// the region for SigV4A.
func (s *Signature) setScope(credential string) error {
	parts := 5
	if s.asymmetric() {
		parts = 4
	}
	if strings.Count(credential, "/") != parts-1 {
		return s.malformedCredential(credential)
	}
	var rest, term string
	s.AccessKeyID, rest, _ = strings.Cut(credential, "/")
	s.Date, rest, _ = strings.Cut(rest, "/")
	if !s.asymmetric() {
		s.Region, rest, _ = strings.Cut(rest, "/")
	}
	s.Service, term, _ = strings.Cut(rest, "/")
	date := s.stamp[:len(dateLayout)]
	if len(s.stamp) != len(stampLayout) {
		// The request has a Date in the form of HTTP. Amazon S3 puts it into
		// the string to sign as it is (seen in its SignatureDoesNotMatch
		// answers); the documentation has everybody else rewrite it.
		date = s.Time.Format(dateLayout)
		if !s.s3() {
			s.stamp = s.Time.Format(stampLayout)
		}
	}
	switch {
	case s.AccessKeyID == "" || s.Date == "" || s.Region == "" && !s.asymmetric() || s.Service == "":
		return s.malformedCredential(credential)
	case term != terminator:
		return s.wrongTerminator(term)
	case s.Date != date:
		return s.wrongDate()
	}
	return nil
}

// parseStamp reads the only date format that the string to sign has: what
// [time.Parse] does with [stampLayout], on the path of every request.
func parseStamp(v string) (time.Time, bool) {
	if len(v) != len(stampLayout) || v[8] != 'T' || v[15] != 'Z' || !isDigits(v[:8]) || !isDigits(v[9:15]) {
		return time.Time{}, false
	}
	two := func(i int) int { return int(v[i]-'0')*10 + int(v[i+1]-'0') }
	year, month, day := two(0)*100+two(2), time.Month(two(4)), two(6)
	hour, minute, second := two(9), two(11), two(13)
	t := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	// A month or day that does not exist makes another one.
	return t, t.Day() == day && t.Month() == month && hour < 24 && minute < 60 && second < 60
}

// first is http.Header.Get for a name that is already canonical.
func first(h http.Header, name string) string {
	if v := h[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// expiry reads X-Amz-Expires; Amazon S3 limits it to a week.
func (s *Signature) expiry(v string) error {
	n, err := strconv.ParseInt(v, 10, 64)
	switch {
	case err != nil && !isDigits(strings.TrimPrefix(v, "-")):
		return malformedQuery("X-Amz-Expires should be a number")
	case strings.HasPrefix(v, "-"):
		return malformedQuery("X-Amz-Expires must be non-negative")
	case err != nil || n > maxExpires:
		return malformedQuery("X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds")
	}
	s.Expires = time.Duration(n) * time.Second
	return nil
}

func isDigits(v string) bool {
	for i := range len(v) {
		if v[i] < '0' || v[i] > '9' {
			return false
		}
	}
	return v != ""
}
