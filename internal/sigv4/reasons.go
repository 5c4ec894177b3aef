package sigv4

import (
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/internal/wire"
)

// both is an error with the same words everywhere.
func both(reason Reason, message string, fields ...wire.Field) *Error {
	return &Error{Reason: reason, message: message, s3Message: message, fields: fields}
}

// NoSignature is the error of an unsigned request to an operation that needs a
// signature.
func NoSignature() *Error {
	return &Error{Reason: MissingAuthentication, message: "Request is missing Authentication Token", s3Message: "Access Denied"}
}

// UnknownKey is the error of an access key that does not exist.
func (s *Signature) UnknownKey() *Error { return s.invalidKey(UnknownKey) }

// InactiveKey is the error of an access key that is switched off.
func (s *Signature) InactiveKey() *Error { return s.invalidKey(InactiveKey) }

const invalidTokenMessage = "The security token included in the request is invalid."

func (s *Signature) invalidKey(reason Reason) *Error {
	return &Error{
		Reason:    reason,
		message:   invalidTokenMessage,
		s3Message: "The AWS Access Key Id you provided does not exist in our records.",
		fields:    []wire.Field{{Name: "AWSAccessKeyId", Value: s.AccessKeyID}},
	}
}

// ExpiredSession is the error of credentials whose session has ended.
func (s *Signature) ExpiredSession() *Error {
	return &Error{
		Reason:    ExpiredSession,
		message:   "The security token included in the request is expired",
		s3Message: "The provided token has expired.",
		fields:    []wire.Field{{Name: "Token-0", Value: s.SessionToken}},
	}
}

// CheckToken compares the session token of the request with the one that
// belongs to its access key; that is empty for long-term keys.
func (s *Signature) CheckToken(want string) error {
	switch {
	case subtle.ConstantTimeCompare([]byte(s.SessionToken), []byte(want)) == 1:
		return nil
	case s.SessionToken == "":
		return s.invalidKey(MissingToken)
	}
	return &Error{
		Reason:    InvalidToken,
		message:   invalidTokenMessage,
		s3Message: "The provided token is malformed or otherwise invalid.",
		fields:    []wire.Field{{Name: "Token-0", Value: s.SessionToken}},
	}
}

func multipleMechanisms(header string) *Error {
	return both(MultipleMechanisms,
		"Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified",
		wire.Field{Name: "ArgumentName", Value: "Authorization"},
		wire.Field{Name: "ArgumentValue", Value: header})
}

func signatureVersion2() *Error {
	e := NoSignature()
	e.Reason = UnsupportedMechanism
	e.s3Message = "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256."
	return e
}

func unknownScheme(header string) *Error {
	return badScheme(header, "Unsupported Authorization Type")
}

// notOneSpace is the error of a header that has not the one space behind its scheme. Other
// services miss what should follow a scheme that they know.
func notOneSpace(header, scheme string, h http.Header) *Error {
	e := badScheme(header, "Authorization header is invalid -- one and only one ' ' (space) required")
	if scheme == algorithm || scheme == algorithmECDSA {
		s := &Signature{header: header}
		e.Reason, e.message = Malformed, s.incompleteHeader(headerMissing(s, "", h)).message
	}
	return e
}

func badScheme(header, s3 string) *Error {
	e := NoSignature()
	e.Reason = UnsupportedMechanism
	e.s3Code, e.s3Message = invalidArgument, s3
	e.fields = []wire.Field{{Name: "ArgumentName", Value: "Authorization"}, {Name: "ArgumentValue", Value: header}}
	return e
}

// unknownAlgorithm is the error of an X-Amz-Algorithm that AWS has not.
func unknownAlgorithm() *Error {
	return malformedQuery(`X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"`)
}

// unsupportedAlgorithm refuses what AWS has and this module has not.
func unsupportedAlgorithm(name string) *Error {
	return both(UnsupportedAlgorithm, name+" signatures are not implemented")
}

// malformed is an error of the signature itself: s3 continues Amazon S3's
// sentence about the Authorization header.
func malformed(reason Reason, message, s3 string) *Error {
	return &Error{Reason: reason, message: message, s3Message: "The authorization header is malformed; " + s3}
}

// malformedQuery is an error in the parameters of a presigned URL.
func malformedQuery(message string) *Error {
	e := both(Malformed, message)
	e.s3Code = queryParametersError
	return e
}

const (
	queryParametersError = "AuthorizationQueryParametersError"
	incompleteQueryS3    = "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
)

func incompleteQuery(missing []string) *Error {
	e := malformedQuery(incompleteQueryS3)
	var b strings.Builder
	for _, name := range missing {
		b.WriteString("AWS query-string parameters must include '" + name + "'. ")
	}
	e.message = b.String() + "Re-examine the query-string parameters."
	return e
}

func (s *Signature) incompleteHeader(missing []string) *Error {
	var b strings.Builder
	for _, name := range missing {
		if name == "Date" {
			b.WriteString(dateRequired)
			continue
		}
		b.WriteString("Authorization header requires '" + name + "' parameter. ")
	}
	return malformed(Malformed, b.String()+"Authorization="+s.header,
		"the authorization header requires three components: Credential, SignedHeaders, and Signature.")
}

const dateRequired = "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "

func notKeyValue(param, header string) *Error {
	return malformed(Malformed, "'"+param+"' not a valid key=value pair (missing equal-sign) in Authorization header: '"+header+"'.",
		"the authorization header requires three components: Credential, SignedHeaders, and Signature.")
}

func (s *Signature) missingDate() *Error {
	return &Error{Reason: MissingDate, message: dateRequired + "Authorization=" + s.header, s3Message: dateRequiredS3}
}

const dateRequiredS3 = "AWS authentication requires a valid Date or x-amz-date header"

func (s *Signature) badDate(sent string) *Error {
	e := &Error{
		Reason:    MissingDate,
		message:   "Date must be in ISO-8601 'basic format'. Got '" + sent + "'. See http://en.wikipedia.org/wiki/ISO_8601",
		s3Message: dateRequiredS3,
	}
	if s.inParameters() {
		e.Reason, e.s3Code = Malformed, queryParametersError
		e.s3Message = `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`
	}
	return e
}

// scopeError is a malformed or wrong credential; s3 says what is wrong with it.
func (s *Signature) scopeError(reason Reason, message, s3 string) *Error {
	e := malformed(reason, message, s3)
	if s.inParameters() {
		e.s3Code = queryParametersError
		e.s3Message = "Error parsing the X-Amz-Credential parameter; " + s3
	}
	return e
}

func numberField(name string, n int64) wire.Field {
	return wire.Field{Name: name, Value: strconv.FormatInt(n, 10)}
}

// inParameters reports whether the signature came in parameters, which Amazon S3
// words errors for. Unverified: that it words those of a form in the same way.
func (s *Signature) inParameters() bool { return s.Presigned || s.Posted() }

func (s *Signature) malformedCredential(credential string) *Error {
	if s.asymmetric() {
		// Unverified: AWS's words for SigV4A, whose scope has no region.
		return s.scopeError(Malformed,
			"Credential must have exactly 4 slash-delimited elements, e.g. keyid/date/service/term, got '"+credential+"'",
			`the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/SERVICE/aws4_request".`)
	}
	return s.scopeError(Malformed,
		"Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '"+credential+"'",
		`the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`)
}

// missingRegions is the error of a SigV4A signature without a signed region set.
// Unverified: AWS's words.
func (s *Signature) missingRegions() *Error {
	e := malformed(Malformed, "Authorization header requires existence of a signed 'X-Amz-Region-Set' header. Authorization="+s.header,
		"a valid X-Amz-Region-Set is required.")
	if s.Presigned {
		e = incompleteQuery([]string{"X-Amz-Region-Set"})
	}
	return e
}

func (s *Signature) wrongTerminator(got string) *Error {
	return s.scopeError(WrongScope,
		"Credential should be scoped with a valid terminator: '"+terminator+"', not '"+got+"'. ",
		`incorrect terminal "`+got+`". This endpoint uses "`+terminator+`".`)
}

// wrongDate is the error of a scope of another day than the signature's, or of no day.
func (s *Signature) wrongDate() *Error {
	date := s.Time.Format(dateLayout)
	message := "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" + s.Date + "' != '" + date + "', from '" + s.Time.Format(stampLayout) + "'."
	if len(s.Date) != len(dateLayout) || !isDigits(s.Date) {
		return s.scopeError(WrongScope, message, `incorrect date format "`+s.Date+`". This date in the credential must be in the format "yyyyMMdd".`)
	}
	e := s.scopeError(WrongScope, message, "Invalid credential date. Date is not the same as X-Amz-Date.")
	if s.inParameters() {
		e.s3Message = `Invalid credential date "` + s.Date + `". This date is not the same as X-Amz-Date: "` + date + `".`
	}
	return e
}

// WrongRegion is the error of a credential for another region than the one
// that the request reached, or that the bucket is in.
func (s *Signature) WrongRegion(want string) *Error {
	got := s.Region
	if s.asymmetric() {
		got = s.RegionSet // unverified: that AWS says the same of a region set
	}
	e := s.scopeError(WrongScope,
		"Credential should be scoped to a valid region, not '"+got+"'. ",
		"the region '"+got+"' is wrong; expecting '"+want+"'")
	e.fields = []wire.Field{{Name: "Region", Value: want}}
	return e
}

// WrongService is the error of a credential for another service.
func (s *Signature) WrongService(want string) *Error {
	return s.scopeError(WrongScope,
		"Credential should be scoped to correct service: '"+want+"'. ",
		`incorrect service "`+s.Service+`". This endpoint belongs to "`+want+`".`)
}

// StreamingRefused is the error of a chunked body for an operation that takes
// none; Amazon S3 takes them for PutObject and UploadPart.
func (s *Signature) StreamingRefused() *Error {
	e := both(InvalidContentHash, "The value of x-amz-content-sha256 header is invalid.")
	e.s3Code = invalidRequest
	return e
}

// skew words a signing time too far from now. The limits are printed as AWS
// does, with the time that the limit was reckoned from in brackets.
func (s *Signature) skew(now time.Time) *Error {
	sent, at := s.Time.Format(stampLayout), now.UTC().Format(stampLayout)
	message := "Signature expired: " + sent + " is now earlier than " + now.UTC().Add(-maxSkew).Format(stampLayout) + " (" + at + " - 15 min.)"
	if s.Time.After(now) {
		message = "Signature not yet current: " + sent + " is still later than " + now.UTC().Add(maxSkew).Format(stampLayout) + " (" + at + " + 15 min.)"
	}
	return &Error{
		Reason:    ClockSkew,
		message:   message,
		s3Message: "The difference between the request time and the current time is too large.",
		fields: []wire.Field{
			{Name: "RequestTime", Value: s.stamp},
			{Name: "ServerTime", Value: now.UTC().Format(time.RFC3339)},
			{Name: "MaxAllowedSkewMilliseconds", Value: strconv.FormatInt(maxSkew.Milliseconds(), 10)},
		},
	}
}

func (s *Signature) expired(now time.Time) *Error {
	return both(URLExpired, requestExpired, append([]wire.Field{
		{Name: "X-Amz-Expires", Value: strconv.FormatInt(int64(s.Expires/time.Second), 10)},
	}, s.expiryFields(s.Time.Add(s.Expires), now)...)...)
}

const requestExpired = "Request has expired"

// notYetValid is the error of a URL that was signed ahead of the clock. It tells the time
// of the signature in milliseconds.
func (s *Signature) notYetValid(now time.Time) *Error {
	return both(URLExpired, "Request is not yet valid", append([]wire.Field{
		numberField("X-Amz-Date", s.Time.UnixMilli()),
	}, s.expiryFields(s.Time.Add(s.Expires), now)...)...)
}

// expiryFields tell until when a URL is valid.
func (s *Signature) expiryFields(until, now time.Time) []wire.Field {
	return []wire.Field{
		{Name: "Expires", Value: until.Format(time.RFC3339)},
		{Name: "ServerTime", Value: now.UTC().Format(time.RFC3339)},
	}
}

func unsignedHeaders(names []string) *Error {
	return &Error{
		Reason:    UnsignedHeaders,
		message:   "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
		s3Message: "There were headers present in the request which were not signed",
		fields:    []wire.Field{{Name: "HeadersNotSigned", Value: strings.Join(names, ", ")}},
	}
}

// mismatch is the error of a wrong signature of a request, or with an empty
// canonical request, of a chunk.
func (s *Signature) mismatch(provided, canonical, toSign, hint string) *Error {
	e := &Error{
		Reason:           BadSignature,
		CanonicalRequest: canonical,
		StringToSign:     toSign,
		hint:             hint,
		message:          "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
		s3Message:        "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
		fields: []wire.Field{
			{Name: "AWSAccessKeyId", Value: s.AccessKeyID},
			{Name: "StringToSign", Value: toSign},
			{Name: "SignatureProvided", Value: provided},
			{Name: "StringToSignBytes", Value: spacedHex(toSign)},
		},
	}
	if canonical != "" {
		e.fields = append(e.fields,
			wire.Field{Name: "CanonicalRequest", Value: canonical},
			wire.Field{Name: "CanonicalRequestBytes", Value: spacedHex(canonical)})
	}
	return e
}

// spacedHex prints bytes as Amazon S3 does: "41 57 53 34".
func spacedHex(text string) string {
	var b strings.Builder
	b.Grow(3 * len(text))
	var pair [2]byte
	for i := range len(text) {
		if i > 0 {
			b.WriteByte(' ')
		}
		hex.Encode(pair[:], []byte{text[i]})
		b.Write(pair[:])
	}
	return b.String()
}
