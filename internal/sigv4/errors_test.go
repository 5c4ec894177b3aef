package sigv4

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/internal/wire"
)

// words is an error on the wire, without the fields.
type words struct {
	status        int
	code, message string
}

func wordsOf(w *wire.Error) words { return words{w.Status, w.Code, w.Message} }

func field(w *wire.Error, name string) string {
	for _, f := range w.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

func testSignature() *Signature {
	return &Signature{AccessKeyID: "AKIDEXAMPLE", Date: "20240217", Region: "us-west-1", Service: "sqs", SessionToken: "token",
		SignedHeaders: "host", Time: time.Date(2024, 2, 17, 17, 13, 23, 0, time.UTC), stamp: "20240217T171323Z"}
}

// rule 61: codes and words of a failed authentication, by protocol.
func TestWords(t *testing.T) {
	t.Parallel()
	const (
		invalid  = "The security token included in the request is invalid."
		mismatch = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
		early    = "Signature expired: 20240217T171323Z is now earlier than 20240217T173539Z (20240217T175039Z - 15 min.)"
		late     = "Signature not yet current: 20240217T171323Z is still later than 20240217T170539Z (20240217T165039Z + 15 min.)"
	)
	s := testSignature()
	for _, c := range []struct {
		name   string
		err    *Error
		query  words
		json   string
		s3     words
		fields []string // of S3
	}{
		{"unsigned", NoSignature(), words{403, "MissingAuthenticationToken", "Request is missing Authentication Token"},
			"MissingAuthenticationTokenException", words{403, "AccessDenied", "Access Denied"}, nil},
		{"unknown key", s.UnknownKey(), words{403, "InvalidClientTokenId", invalid}, "UnrecognizedClientException",
			words{403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."}, []string{"AWSAccessKeyId=AKIDEXAMPLE"}},
		{"inactive key", s.InactiveKey(), words{403, "InvalidClientTokenId", invalid}, "UnrecognizedClientException",
			words{403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."}, []string{"AWSAccessKeyId=AKIDEXAMPLE"}},
		{"bad signature", s.mismatch("5f", "GET\n", "AWS4", ""), words{403, "SignatureDoesNotMatch", mismatch}, "InvalidSignatureException",
			words{403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. Check your key and signing method."},
			[]string{"AWSAccessKeyId=AKIDEXAMPLE", "StringToSign=AWS4", "SignatureProvided=5f", "StringToSignBytes=41 57 53 34", "CanonicalRequest=GET\n", "CanonicalRequestBytes=47 45 54 0a"}},
		{"session expired", s.ExpiredSession(), words{403, "ExpiredToken", "The security token included in the request is expired"}, "ExpiredTokenException",
			words{400, "ExpiredToken", "The provided token has expired."}, []string{"Token-0=token"}},
		{"bad token", s.CheckToken("other").(*Error), words{403, "InvalidClientTokenId", invalid}, "UnrecognizedClientException",
			words{400, "InvalidToken", "The provided token is malformed or otherwise invalid."}, []string{"Token-0=token"}},
		{"missing token", (&Signature{AccessKeyID: "ASIAEXAMPLE"}).CheckToken("token").(*Error), words{403, "InvalidClientTokenId", invalid}, "UnrecognizedClientException",
			words{403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."}, []string{"AWSAccessKeyId=ASIAEXAMPLE"}},
		{"too old", s.skew(time.Date(2024, 2, 17, 17, 50, 39, 0, time.UTC)), words{403, "SignatureDoesNotMatch", early}, "InvalidSignatureException",
			words{403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."},
			[]string{"RequestTime=20240217T171323Z", "ServerTime=2024-02-17T17:50:39Z", "MaxAllowedSkewMilliseconds=900000"}},
		{"too new", s.skew(time.Date(2024, 2, 17, 16, 50, 39, 0, time.UTC)), words{403, "SignatureDoesNotMatch", late}, "InvalidSignatureException",
			words{403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."},
			[]string{"RequestTime=20240217T171323Z", "ServerTime=2024-02-17T16:50:39Z", "MaxAllowedSkewMilliseconds=900000"}},
		{"wrong region", s.WrongRegion("eu-west-1"), words{403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region, not 'us-west-1'. "}, "InvalidSignatureException",
			words{400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the region 'us-west-1' is wrong; expecting 'eu-west-1'"}, []string{"Region=eu-west-1"}},
		{"wrong service", s.WrongService("s3"), words{403, "SignatureDoesNotMatch", "Credential should be scoped to correct service: 's3'. "}, "InvalidSignatureException",
			words{400, "AuthorizationHeaderMalformed", `The authorization header is malformed; incorrect service "sqs". This endpoint belongs to "s3".`}, nil},
		{"headers", unsignedHeaders([]string{"host", "x-amz-acl"}), words{403, "SignatureDoesNotMatch", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."}, "InvalidSignatureException",
			words{403, "AccessDenied", "There were headers present in the request which were not signed"}, []string{"HeadersNotSigned=host, x-amz-acl"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			assert.Equal(t, c.query, wordsOf(c.err.For(Query)))
			assert.Equal(t, words{c.query.status, c.json, c.query.message}, wordsOf(c.err.For(SQSJSON)))
			assert.Equal(t, words{400, c.json, c.query.message}, wordsOf(c.err.For(JSON)))
			assert.Equal(t, words{c.query.status, c.json, c.query.message}, wordsOf(c.err.For(RESTJSON)))
			s3 := c.err.For(S3)
			assert.Equal(t, c.s3, wordsOf(s3))
			var fields []string
			for _, f := range s3.Fields {
				fields = append(fields, f.Name+"="+f.Value)
			}
			assert.Equal(t, c.fields, fields)
			for _, style := range []Style{Query, SQSJSON, JSON, RESTJSON} {
				assert.Empty(t, c.err.For(style).Fields)
			}
			assert.Equal(t, "sigv4: "+c.s3.code+": "+c.s3.message, c.err.Error())
		})
	}
}

func TestEveryReasonHasCodes(t *testing.T) {
	t.Parallel()
	for r := MissingAuthentication; r <= TooSmall; r++ {
		c, ok := codesOf[r]
		require.True(t, ok, "reason %d", r)
		assert.NotEmpty(t, c.query)
		assert.NotEmpty(t, c.s3)
		assert.GreaterOrEqual(t, c.queryStatus, 400)
		assert.GreaterOrEqual(t, c.s3Status, 400)
	}
	assert.Len(t, codesOf, int(TooSmall))
}

func TestCheckToken(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sent, want string
		reason     Reason
	}{
		{"", "", 0},
		{"token", "token", 0},
		{"", "token", MissingToken},
		{"Token", "token", InvalidToken},
		{"token", "", InvalidToken}, // a long-term key has no token
	} {
		err := (&Signature{SessionToken: c.sent}).CheckToken(c.want)
		if c.reason == 0 {
			require.NoError(t, err)
			continue
		}
		assert.Equal(t, c.reason, reasonOf(t, err))
	}
}

func reasonOf(t testing.TB, err error) Reason {
	t.Helper()
	var e *Error
	require.ErrorAs(t, err, &e)
	return e.Reason
}

const goodHeader = "AWS4-HMAC-SHA256 Credential=AKID/20130524/us-east-1/SERVICE/aws4_request, SignedHeaders=host;x-amz-date, Signature=5f"

func TestParseHeader(t *testing.T) {
	t.Parallel()
	for _, sep := range []string{", ", ",", " ,  "} {
		r := newRequest(t, "GET", "https://sqs.us-east-1.amazonaws.com/", "X-Amz-Date:20130524T000000Z", "X-Amz-Security-Token:tok",
			"Authorization:"+strings.ReplaceAll(goodHeader, ", ", sep))
		s, err := Parse(r)
		require.NoError(t, err)
		assert.Equal(t, "AKID", s.AccessKeyID)
		assert.Equal(t, [3]string{"20130524", "us-east-1", "SERVICE"}, [3]string{s.Date, s.Region, s.Service})
		assert.Equal(t, "host;x-amz-date", s.SignedHeaders)
		assert.Equal(t, "5f", s.Signature)
		assert.Equal(t, exampleTime, s.Time)
		assert.Equal(t, "tok", s.SessionToken)
		assert.False(t, s.Presigned)
	}
}

func TestParseAnonymous(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"https://b.s3.amazonaws.com/k", "https://b.s3.amazonaws.com/k?X-Amz-Other=1&acl", "https://b.s3.amazonaws.com/?prefix=X-Amz-Algorithm=", "https://x/?Expires=1"} {
		s, err := Parse(newRequest(t, "GET", url))
		require.NoError(t, err, url)
		assert.Nil(t, s, url)
	}
}

// What is wrong with an Authorization header, as Amazon S3 and as the others
// say it.
func TestParseHeaderErrors(t *testing.T) {
	t.Parallel()
	const (
		three     = "The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature."
		malformed = `The authorization header is malformed; the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`
		oneSpace  = "Authorization header is invalid -- one and only one ' ' (space) required"
		needsDate = "AWS authentication requires a valid Date or x-amz-date header"
	)
	for _, c := range []struct {
		name, header, date string
		s3, query          words
	}{
		{"nothing", "AWS4-HMAC-SHA256", "", words{400, "InvalidArgument", oneSpace},
			words{400, "IncompleteSignature", "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256"}},
		{"credential only", "AWS4-HMAC-SHA256 Credential=ABCDEF", "20130524T000000Z", words{400, "AuthorizationHeaderMalformed", three},
			words{400, "IncompleteSignature", "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4-HMAC-SHA256 Credential=ABCDEF"}},
		{"no equal sign", "AWS4-HMAC-SHA256 Credential", "20130524T000000Z", words{400, "AuthorizationHeaderMalformed", three},
			words{400, "IncompleteSignature", "'Credential' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 Credential'."}},
		{"twice", goodHeader + ", Signature=5f", "20130524T000000Z", words{400, "AuthorizationHeaderMalformed", three},
			words{400, "IncompleteSignature", "Authorization=" + goodHeader + ", Signature=5f"}},
		{"slash in the key", strings.Replace(goodHeader, "AKID", "AK/ID", 1), "20130524T000000Z", words{400, "AuthorizationHeaderMalformed", malformed},
			words{400, "IncompleteSignature", "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AK/ID/20130524/us-east-1/SERVICE/aws4_request'"}},
		{"no key", strings.Replace(goodHeader, "AKID", "", 1), "20130524T000000Z", words{400, "AuthorizationHeaderMalformed", malformed},
			words{400, "IncompleteSignature", "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '/20130524/us-east-1/SERVICE/aws4_request'"}},
		{"terminator", strings.Replace(goodHeader, "aws4_request", "aws4", 1), "20130524T000000Z",
			words{400, "AuthorizationHeaderMalformed", `The authorization header is malformed; incorrect terminal "aws4". This endpoint uses "aws4_request".`},
			words{403, "SignatureDoesNotMatch", "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws4'. "}},
		{"other date", goodHeader, "20130525T000000Z",
			words{400, "AuthorizationHeaderMalformed", "The authorization header is malformed; Invalid credential date. Date is not the same as X-Amz-Date."},
			words{403, "SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '20130524' != '20130525', from '20130525T000000Z'."}},
		{"no date", goodHeader, "", words{403, "AccessDenied", needsDate},
			words{400, "IncompleteSignature", "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=" + goodHeader}},
		{"no such date", goodHeader, "20131324T000000Z", words{403, "AccessDenied", needsDate},
			words{400, "IncompleteSignature", "Date must be in ISO-8601 'basic format'. Got '20131324T000000Z'. See http://en.wikipedia.org/wiki/ISO_8601"}},
		{"version 2", "AWS AKID:c2lnbmF0dXJl", "", words{403, "AccessDenied", needsDate},
			words{403, "MissingAuthenticationToken", "Request is missing Authentication Token"}},
		{"version 2, a key with spaces", "AWS <$= ENV %>:x", "", words{400, "InvalidArgument", oneSpace},
			words{403, "MissingAuthenticationToken", "Request is missing Authentication Token"}},
		{"one word", "Bearer", "", words{400, "InvalidArgument", oneSpace},
			words{403, "MissingAuthenticationToken", "Request is missing Authentication Token"}},
		{"no date of a scope", strings.Replace(goodHeader, "20130524", "2013-05-24", 1), "20130524T000000Z",
			words{400, "AuthorizationHeaderMalformed", `The authorization header is malformed; incorrect date format "2013-05-24". This date in the credential must be in the format "yyyyMMdd".`},
			words{403, "SignatureDoesNotMatch", "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '2013-05-24' != '20130524', from '20130524T000000Z'."}},
		{"bearer", "Bearer abc", "", words{400, "InvalidArgument", "Unsupported Authorization Type"},
			words{403, "MissingAuthenticationToken", "Request is missing Authentication Token"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := newRequest(t, "GET", "https://sqs.us-east-1.amazonaws.com/", "Authorization:"+c.header)
			if c.date != "" {
				r.Header.Set("X-Amz-Date", c.date)
			}
			_, err := Parse(r)
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, c.s3, wordsOf(e.For(S3)))
			assert.Equal(t, c.query, wordsOf(e.For(Query)))
		})
	}
}

// presignedURL is a well-formed presigned URL; replacements come in pairs.
func presignedURL(replacements ...string) string {
	return strings.NewReplacer(replacements...).Replace("https://b.s3.amazonaws.com/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKID%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=5f")
}

func TestParsePresignedErrors(t *testing.T) {
	t.Parallel()
	const (
		code     = "AuthorizationQueryParametersError"
		required = "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."
		week     = "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds"
		scope    = "Error parsing the X-Amz-Credential parameter; "
	)
	const requires2 = "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters"
	for _, c := range []struct {
		name, url string
		s3        words
	}{
		{"no algorithm", presignedURL("X-Amz-Algorithm=AWS4-HMAC-SHA256&", ""), words{400, code, required}},
		{"no credential", presignedURL("X-Amz-Credential", "X-Amz-Cred"), words{400, code, required}},
		{"no signature", presignedURL("&X-Amz-Signature=5f", ""), words{400, code, required}},
		{"no date", presignedURL("&X-Amz-Date=20130524T000000Z", ""), words{400, code, required}},
		{"no expires", presignedURL("&X-Amz-Expires=60", ""), words{400, code, required}},
		{"no signed headers", presignedURL("&X-Amz-SignedHeaders=host", ""), words{400, code, required}},
		{"signature twice", presignedURL() + "&X-Amz-Signature=5e", words{400, code, required}},
		{"not encoded", presignedURL("%2F2013", "%2_2013"), words{400, code, required}},
		{"algorithm", presignedURL("SHA256", "SHA1"), words{400, code, `X-Amz-Algorithm only supports "AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256"`}},
		{"date", presignedURL("20130524T000000Z", "2013-05-24"), words{400, code, `X-Amz-Date must be in the ISO8601 Long Format "yyyyMMdd'T'HHmmss'Z'"`}},
		{"a second over a week", presignedURL("=60&", "=604801&"), words{400, code, week}},
		{"far over a week", presignedURL("=60&", "=99999999999999999999&"), words{400, code, week}},
		{"negative", presignedURL("=60&", "=-1&"), words{400, code, "X-Amz-Expires must be non-negative"}},
		{"not a number", presignedURL("=60&", "=1h&"), words{400, code, "X-Amz-Expires should be a number"}},
		{"credential", presignedURL("%2Faws4_request", ""), words{400, code, scope + `the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`}},
		{"other date", presignedURL("20130524T", "20130525T"), words{400, code, `Invalid credential date "20130524". This date is not the same as X-Amz-Date: "20130525".`}},
		{"version 2, no expires", "https://b.s3.amazonaws.com/k?AWSAccessKeyId=AKID&Signature=x", words{403, "AccessDenied", requires2}},
		{"version 2, no key", "https://b.s3.amazonaws.com/k?Signature=x&Expires=1", words{403, "AccessDenied", requires2}},
		{"version 2, no signature", "https://b.s3.amazonaws.com/k?AWSAccessKeyId=x&Expires=1", words{403, "AccessDenied", requires2}},
		{"version 2, two signatures", "https://b.s3.amazonaws.com/k?AWSAccessKeyId=x&Expires=1&Signature=x&Signature=y", words{403, "AccessDenied", requires2}},
		{"version 2, not encoded", "https://b.s3.amazonaws.com/k?AWSAccessKeyId=x&Expires=1&Signature=%zz", words{403, "AccessDenied", requires2}},
		{"version 2, a date", "https://b.s3.amazonaws.com/k?AWSAccessKeyId=x&Expires=soon&Signature=x", words{403, "AccessDenied", "Invalid date (should be seconds since epoch): soon"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(newRequest(t, "GET", c.url))
			var e *Error
			require.ErrorAs(t, err, &e)
			assert.Equal(t, c.s3, wordsOf(e.For(S3)))
		})
	}

	t.Run("words of the others", func(t *testing.T) {
		t.Parallel()
		_, err := Parse(newRequest(t, "GET", presignedURL("&X-Amz-Date=20130524T000000Z", "", "&X-Amz-Signature=5f", "")))
		var e *Error
		require.ErrorAs(t, err, &e)
		assert.Equal(t, words{400, "IncompleteSignature", "AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."},
			wordsOf(e.For(Query)))
	})
	t.Run("wrong region of a URL", func(t *testing.T) {
		t.Parallel()
		s, err := Parse(newRequest(t, "GET", presignedURL()))
		require.NoError(t, err)
		w := s.WrongRegion("eu-west-1").For(S3)
		assert.Equal(t, words{400, code, scope + "the region 'us-east-1' is wrong; expecting 'eu-west-1'"}, wordsOf(w))
		assert.Equal(t, "eu-west-1", field(w, "Region"))
	})
	for name, r := range map[string]*http.Request{
		"both":       newRequest(t, "GET", presignedURL(), "Authorization:"+goodHeader),
		"two":        newRequest(t, "GET", "https://b.s3.amazonaws.com/k", "Authorization:"+goodHeader, "Authorization:x"),
		"and v2":     newRequest(t, "GET", "https://b.s3.amazonaws.com/k?AWSAccessKeyId=AKID&Signature=x", "Authorization:"+goodHeader),
		"incomplete": newRequest(t, "GET", "https://b.s3.amazonaws.com/k?X-Amz-Algorithm=x", "Authorization:"+goodHeader),
	} {
		t.Run("one mechanism: "+name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(r)
			var e *Error
			require.ErrorAs(t, err, &e)
			w := e.For(S3)
			assert.Equal(t, words{400, "InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified"}, wordsOf(w))
			assert.Equal(t, "Authorization", field(w, "ArgumentName"))
			assert.Equal(t, goodHeader, field(w, "ArgumentValue"))
		})
	}
}
