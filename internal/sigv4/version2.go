package sigv4

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/mail"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/internal/wire"
)

// Signature Version 2 is what Amazon S3 had before: the page "Signing and authenticating
// REST requests (AWS signature version 2)". It has no scope: one signature is good for
// every region that takes the version, and signs neither the body nor most parameters.

// algorithmV2 is the scheme of the Authorization header, and what s3:signatureversion has.
const algorithmV2 = "AWS"

// Version2 reports whether this is a signature of Version 2, which has no scope: Service
// and Region are empty.
func (s *Signature) Version2() bool { return s.algorithm == algorithmV2 }

// Unsupported is the error of a signature of Version 2 where it is not taken.
func (s *Signature) Unsupported() *Error { return signatureVersion2() }

// InBucket tells a signature of Version 2 which bucket the host of the request names:
// it signs the bucket's name, wherever the request has it.
func (s *Signature) InBucket(name string) { s.bucket = name }

// regionsOfVersion2 are the regions that take Signature Version 2: those that were opened
// before January 30, 2014, but for China.
var regionsOfVersion2 = []string{
	"us-east-1", "us-west-1", "us-west-2", "eu-west-1", "ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "sa-east-1", "us-gov-west-1",
}

// parseHeader2 reads "AWS AKIDEXAMPLE:signature".
func parseHeader2(r *http.Request, header, params string) (*Signature, error) {
	key, signature, ok := strings.Cut(params, ":")
	if !ok || key == "" || signature == "" || strings.Contains(signature, ":") {
		return nil, malformedVersion2(header)
	}
	s := &Signature{algorithm: algorithmV2, header: header, AccessKeyID: key, Signature: signature,
		SessionToken: first(r.Header, "X-Amz-Security-Token"), ContentSHA256: first(r.Header, "X-Amz-Content-Sha256")}
	sent, inDate := first(r.Header, "X-Amz-Date"), false
	if sent == "" {
		sent, inDate = first(r.Header, "Date"), true
	}
	t, ok := parseStamp(sent)
	if !ok {
		t, ok = parseHTTPDate(sent)
	}
	if !ok {
		return nil, badVersion2(IncompleteVersion2, dateRequiredS3)
	}
	s.Time, s.stamp = t, sent
	if inDate {
		s.date = sent
	}
	return s, nil
}

// parsePresigned2 reads the parameters of a URL that is signed with Version 2.
func parsePresigned2(r *http.Request) (*Signature, error) {
	s := &Signature{algorithm: algorithmV2, Presigned: true,
		SessionToken: first(r.Header, "X-Amz-Security-Token"), ContentSHA256: first(r.Header, "X-Amz-Content-Sha256")}
	token := ""
	for param := range strings.SplitSeq(r.URL.RawQuery, "&") {
		name, value, _ := strings.Cut(param, "=")
		var field *string
		switch name {
		case "AWSAccessKeyId":
			field = &s.AccessKeyID
		case "Signature":
			field = &s.Signature
		case "Expires":
			field = &s.date
		default:
			if !strings.EqualFold(name, "X-Amz-Security-Token") {
				continue
			}
			field = &token
		}
		decoded, err := url.QueryUnescape(value)
		if err != nil || *field != "" {
			return nil, incompleteVersion2() // unverified: that one which is there twice is as bad
		}
		*field = decoded
	}
	if s.AccessKeyID == "" || s.Signature == "" || s.date == "" {
		return nil, incompleteVersion2()
	}
	if s.SessionToken == "" {
		s.SessionToken = token
	}
	seconds, err := strconv.ParseInt(s.date, 10, 64)
	if err != nil {
		return nil, badVersion2(IncompleteVersion2, "Invalid date (should be seconds since epoch): "+s.date)
	}
	s.Time = time.Unix(min(seconds, maxEpoch), 0).UTC()
	return s, nil
}

// maxEpoch is the last second that RFC 3339 has a form for.
const maxEpoch = 253402300799

// parsePost2 reads the fields of a form whose policy is signed with Version 2.
func parsePost2(form *PostForm, policy string) (*Signature, error) {
	s := &Signature{algorithm: algorithmV2, post: form, policy: policy}
	s.AccessKeyID, _ = form.value("awsaccesskeyid")
	s.Signature, _ = form.value("signature")
	s.SessionToken, _ = form.value("x-amz-security-token")
	switch {
	case s.AccessKeyID == "":
		return nil, missingPostField("AWSAccessKeyId")
	case policy == "":
		return nil, missingPostField("policy")
	case s.Signature == "":
		return nil, missingPostField("Signature")
	}
	return s, nil
}

// parseHTTPDate reads a date of a header: one of HTTP's forms, or with a numeric zone as
// in e-mail, -0000 too.
func parseHTTPDate(sent string) (time.Time, bool) {
	t, err := http.ParseTime(sent)
	if err != nil {
		t, err = mail.ParseDate(sent)
	}
	return t.UTC(), err == nil
}

// verify2 compares a signature of Version 2 with that of the request.
func (s *Signature) verify2(r *http.Request, secret string, now time.Time) error {
	switch age := now.Sub(s.Time); {
	case s.Presigned && age >= 0:
		return both(URLExpired, requestExpired, s.expiryFields(s.Time, now)...)
	case !s.Presigned && (age > maxSkew || age < -maxSkew):
		return s.skew(now)
	}
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	paths := []string{path}
	if s.bucket == "" && strings.LastIndexByte(path, '/') == 0 && path != "/" {
		paths = append(paths, path+"/") // boto signs a bucket in the path so, and sends it without
	}
	for _, path := range paths {
		// Clients differ in whether a parameter without a value has an equals sign.
		if s.signs2(secret, s.stringToSign2(r, path, false)) || s.signs2(secret, s.stringToSign2(r, path, true)) {
			return nil
		}
	}
	if read := inLatin1(r); read != nil && s.signs2(secret, s.stringToSign2(read, path, false)) {
		return nil // as in Version 4
	}
	return s.mismatch(s.Signature, "", s.stringToSign2(r, path, false), s.otherSecret())
}

// signs2 compares the signature with that of a string to sign.
func (s *Signature) signs2(secret, toSign string) bool {
	h := hmac.New(sha1.New, []byte(secret))
	h.Write([]byte(toSign))
	want := base64.StdEncoding.EncodeToString(h.Sum(nil))
	return subtle.ConstantTimeCompare([]byte(s.Signature), []byte(want)) == 1
}

// stringToSign2 makes the string to sign of a request.
func (s *Signature) stringToSign2(r *http.Request, path string, equals bool) string {
	header := r.Header
	if s.Presigned {
		header = s.Hoisted(r)
	}
	var b strings.Builder
	b.WriteString(r.Method + "\n" + first(header, "Content-Md5") + "\n" + first(header, "Content-Type") + "\n" + s.date + "\n")
	names := make([]string, 0, len(header))
	for name := range header {
		if strings.HasPrefix(name, "X-Amz-") {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	for _, name := range names {
		b.WriteString(strings.ToLower(name) + ":")
		for i, value := range header[name] {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strings.TrimSpace(value))
		}
		b.WriteByte('\n')
	}
	if s.bucket != "" {
		b.WriteString("/" + s.bucket)
	}
	b.WriteString(path)
	writeSubresources(&b, r.URL.RawQuery, equals)
	return b.String()
}

// writeSubresources writes the parameters that are signed, decoded and in order.
func writeSubresources(b *strings.Builder, query string, equals bool) {
	var params []wire.Field
	for param := range strings.SplitSeq(query, "&") {
		name, value, hasValue := strings.Cut(param, "=")
		name, err := url.QueryUnescape(name)
		if err != nil || !signedParameters[name] {
			continue
		}
		if decoded, err := url.QueryUnescape(value); err == nil {
			value = decoded
		}
		if value != "" || hasValue && equals {
			value = "=" + value
		}
		params = append(params, wire.Field{Name: name, Value: value})
	}
	slices.SortStableFunc(params, func(a, b wire.Field) int { return strings.Compare(a.Name, b.Name) })
	for i, p := range params {
		if i == 0 {
			b.WriteByte('?')
		} else {
			b.WriteByte('&')
		}
		b.WriteString(p.Name + p.Value)
	}
}

// signedParameters are those that decide what a request does. The page names those of its
// time, and those that override headers of the answer; that each later one is signed as
// well is unverified, but that of none without it: who has a presigned URL must not make
// another operation of it.
var signedParameters = func() map[string]bool {
	set := make(map[string]bool)
	for _, name := range strings.Fields(`
		acl lifecycle location logging notification partNumber policy requestPayment torrent uploadId uploads versionId versioning versions website delete
		response-content-type response-content-language response-expires response-cache-control response-content-disposition response-content-encoding
		abac accelerate analytics annotation annotations attributes cors encryption intelligent-tiering inventory legal-hold metadataAnnotationTable
		metadataConfiguration metadataInventoryTable metadataJournalTable metadataTable metrics object-lock ownershipControls policyStatus
		publicAccessBlock renameObject replication restore retention select select-type session tagging`) {
		set[name] = true
	}
	return set
}()

// malformedVersion2 and incompleteVersion2 are errors of Signature Version 2 itself: other
// services see no signature at all.
func malformedVersion2(header string) *Error {
	e := badVersion2(InvalidVersion2, "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature")
	e.fields = []wire.Field{{Name: "ArgumentName", Value: "Authorization"}, {Name: "ArgumentValue", Value: header}}
	return e
}

func incompleteVersion2() *Error {
	return badVersion2(IncompleteVersion2, "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters")
}

func badVersion2(reason Reason, s3 string) *Error {
	e := NoSignature()
	e.Reason, e.s3Message = reason, s3
	return e
}
