package all_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A protocol is a call that asks for little, in one of the ways in which services
// word errors.
type protocol struct {
	service, method, target, body string
	header                        map[string]string
}

var protocols = map[string]protocol{
	"Query":           {service: "iam", method: "POST", target: "/", body: "Action=ListUsers&Version=2010-05-08", header: form},
	"SQS Query":       {service: "sqs", method: "POST", target: "/", body: "Action=ListQueues&Version=2012-11-05", header: form},
	"SQS JSON":        {service: "sqs", method: "POST", target: "/", body: "{}", header: json10("ListQueues")},
	"JSON":            {service: "organizations", method: "POST", target: "/", body: "{}", header: json11("AWSOrganizationsV20161128.ListRoots")},
	"KMS":             {service: "kms", method: "POST", target: "/", body: "{}", header: json11("TrentService.ListKeys")},
	"Secrets Manager": {service: "secretsmanager", method: "POST", target: "/", body: "{}", header: json11("secretsmanager.ListSecrets")},
	"SNS":             {service: "sns", method: "POST", target: "/", body: "Action=ListTopics&Version=2010-03-31", header: form},
	"REST-JSON":       {service: "lambda", method: "GET", target: "/2015-03-31/functions"},
	"S3":              {service: "s3", method: "GET", target: "/"},
}

// Credentials of the World that newSignedWorld makes.
var (
	activeKey   = aws.Credentials{AccessKeyID: key, SecretAccessKey: secret}
	inactiveKey = aws.Credentials{AccessKeyID: "AKIAINACTIVE", SecretAccessKey: secret}
	sessionKey  = aws.Credentials{AccessKeyID: "ASIASESSION", SecretAccessKey: secret, SessionToken: "token+/="}
	otherKey    = aws.Credentials{AccessKeyID: "ASIAOTHER", SecretAccessKey: secret, SessionToken: "another"}
	endedKey    = aws.Credentials{AccessKeyID: "ASIAENDED", SecretAccessKey: secret, SessionToken: "ended"}
)

func newSignedWorld(t testing.TB) *fakeaws.World {
	t.Helper()
	w := newWorld(t)
	root, ok := w.Account(account)
	require.True(t, ok)
	now := w.Clock().Now()
	for _, c := range []aws.Credentials{inactiveKey, sessionKey, otherKey, endedKey} {
		cred := &fakeaws.Credential{
			AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey, SessionToken: c.SessionToken,
			Inactive: c.AccessKeyID == inactiveKey.AccessKeyID, Caller: root.Root.Caller, Uses: new(fakeaws.Uses),
		}
		if c.SessionToken != "" {
			expires := now.Add(time.Hour)
			if c.AccessKeyID == endedKey.AccessKeyID {
				expires = now
			}
			cred.Caller = &fakeaws.Caller{Principal: enforce.Principal{Type: enforce.Root, ARN: root.Root.Caller.ARN, Account: account}, Session: &fakeaws.Session{Issued: now, Expires: expires, MFA: true}, Uses: new(fakeaws.Uses)}
		}
		w.SetCredential(cred)
	}
	return w
}

// A signing is how a request is signed; its zero value is as it should be.
type signing struct {
	creds   aws.Credentials
	service string
	region  string
	age     time.Duration
	presign time.Duration // valid for so long; zero signs in the header
	before  func(*http.Request)
	after   func(*http.Request)
	plain   bool // not signed
}

// request makes the request of a protocol, signed.
func (s signing) request(t testing.TB, base string, p protocol) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), p.method, base+p.target, strings.NewReader(p.body))
	require.NoError(t, err)
	for name, value := range p.header {
		r.Header.Set(name, value)
	}
	if s.before != nil {
		s.before(r)
	}
	if s.creds.AccessKeyID == "" {
		s.creds = activeKey
	}
	hash := hashOf(p.body)
	if p.service == "s3" && s.presign == 0 {
		r.Header.Set("X-Amz-Content-Sha256", cmp.Or(r.Header.Get("X-Amz-Content-Sha256"), hash))
	} else if p.service == "s3" {
		hash = cmp.Or(r.Header.Get("X-Amz-Content-Sha256"), "UNSIGNED-PAYLOAD")
	}
	hash = cmp.Or(r.Header.Get("X-Amz-Content-Sha256"), hash)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = p.service == "s3" })
	at, service, region := time.Now().Add(-s.age), cmp.Or(s.service, p.service), cmp.Or(s.region, "us-east-1")
	switch {
	case s.plain:
	case s.presign > 0:
		q := r.URL.Query()
		q.Set("X-Amz-Expires", "60")
		r.URL.RawQuery = q.Encode()
		signed, header, err := signer.PresignHTTP(context.Background(), s.creds, r, hash, service, region, at)
		require.NoError(t, err)
		out, err := http.NewRequestWithContext(context.Background(), p.method, signed, strings.NewReader(p.body))
		require.NoError(t, err)
		out.Header = header
		r = out
	default:
		require.NoError(t, signer.SignHTTP(context.Background(), s.creds, r, hash, service, region, at))
	}
	if s.after != nil {
		s.after(r)
	}
	return r
}

// An answered is what a client reads of an error.
type answered struct {
	status        int
	code, message string
}

var element = regexp.MustCompile(`(?s)<(Code|Message)>(.*?)</`)

// readAnswer reads an error in any of the protocols. Of SQS's JSON it takes the
// code from the header, as SDKs do.
func readAnswer(t testing.TB, resp *http.Response) (answered, string) {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	a := answered{status: resp.StatusCode}
	for _, m := range element.FindAllStringSubmatch(string(body), -1) {
		text := strings.NewReplacer("&#39;", "'", "&apos;", "'", "&#34;", `"`, "&quot;", `"`, "&lt;", "<", "&gt;", ">").Replace(m[2])
		if m[1] == "Code" {
			a.code = text
		} else {
			a.message = text
		}
	}
	var doc struct {
		Type    string `json:"__type"`
		Message string
	}
	if json.Unmarshal(body, &doc) == nil {
		_, a.code, _ = strings.Cut(doc.Type, "#")
		a.message = doc.Message
	}
	if v := resp.Header.Get("X-Amzn-Query-Error"); v != "" {
		a.code += " " + v
	}
	if v := resp.Header.Get("X-Amzn-Errortype"); v != "" {
		a.code = v
	}
	return a, string(body)
}

// through sends a request through both doors, which must answer alike.
func through(t testing.TB, w *fakeaws.World, build func(base string) *http.Request) (answered, string) {
	t.Helper()
	server := httptest.NewServer(w.Door())
	transport := &http.Transport{}
	defer server.Close()
	defer transport.CloseIdleConnections()
	resp, err := w.Door().RoundTrip(build("https://localhost"))
	require.NoError(t, err)
	inProcess, body := readAnswer(t, resp)
	resp, err = transport.RoundTrip(build(server.URL))
	require.NoError(t, err)
	bySocket, _ := readAnswer(t, resp)
	normal := func(a answered) answered { // texts that quote the request or the time differ
		if strings.Contains(a.message, "Signature=") || strings.Contains(a.message, "15 min") {
			a.message = a.message[:20]
		}
		return a
	}
	require.Equal(t, normal(inProcess), normal(bySocket), "the doors differ")
	return inProcess, body
}

const (
	invalidToken = "The security token included in the request is invalid."
	mismatched   = "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details."
	mismatchedS3 = "The request signature we calculated does not match the signature you provided. Check your key and signing method."
	expired      = "The security token included in the request is expired"
	unknownS3    = "The AWS Access Key Id you provided does not exist in our records."
	malformedS3  = "The provided token is malformed or otherwise invalid."
)

// everywhere is one failure as all protocols word it, from its code in the Query
// and its name in the JSON protocols.
func everywhere(status int, code, name, message string, s3 answered) map[string]answered {
	jsonStatus := status
	if status == 403 {
		jsonStatus = 400
	}
	return map[string]answered{
		"KMS": {jsonStatus, name, message}, "Secrets Manager": {jsonStatus, name, message}, "SNS": {status, code, message},
		"Query": {status, code, message}, "SQS Query": {status, code, message}, "S3": s3,
		"SQS JSON": {status, name + " " + code + ";Sender", message}, "JSON": {jsonStatus, name, message}, "REST-JSON": {status, name, message},
	}
}

func json11(target string) map[string]string {
	return map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

// authorization changes the Authorization header.
func authorization(old, with string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", regexp.MustCompile(old).ReplaceAllString(r.Header.Get("Authorization"), with))
	}
}

// rule 61: who cannot be authenticated is told so in the words of the service's
// protocol, in AWS's order.
func TestAuthenticationErrors(t *testing.T) {
	t.Parallel()
	malformed := func(reason string) answered {
		return answered{400, "AuthorizationHeaderMalformed", "The authorization header is malformed; " + reason}
	}
	for name, test := range map[string]struct {
		signing
		want map[string]answered
	}{
		"unsigned": {signing{plain: true}, map[string]answered{
			"Query": {403, "MissingAuthenticationToken", "Request is missing Authentication Token"},
			"JSON":  {400, "MissingAuthenticationTokenException", "Request is missing Authentication Token"},
			"S3":    {403, "AccessDenied", "Access Denied"},
		}},
		"unknown key": {signing{creds: aws.Credentials{AccessKeyID: "AKIAUNKNOWN", SecretAccessKey: secret}},
			everywhere(403, "InvalidClientTokenId", "UnrecognizedClientException", invalidToken, answered{403, "InvalidAccessKeyId", unknownS3})},
		"inactive key": {signing{creds: inactiveKey},
			everywhere(403, "InvalidClientTokenId", "UnrecognizedClientException", invalidToken, answered{403, "InvalidAccessKeyId", unknownS3})},
		"wrong secret": {signing{creds: aws.Credentials{AccessKeyID: key, SecretAccessKey: "wrong"}},
			everywhere(403, "SignatureDoesNotMatch", "InvalidSignatureException", mismatched, answered{403, "SignatureDoesNotMatch", mismatchedS3})},
		"wrong session token": {signing{creds: aws.Credentials{AccessKeyID: sessionKey.AccessKeyID, SecretAccessKey: secret, SessionToken: "token+/=x"}},
			everywhere(403, "InvalidClientTokenId", "UnrecognizedClientException", invalidToken, answered{400, "InvalidToken", malformedS3})},
		"another session's token": {signing{creds: aws.Credentials{AccessKeyID: sessionKey.AccessKeyID, SecretAccessKey: secret, SessionToken: otherKey.SessionToken}},
			everywhere(403, "InvalidClientTokenId", "UnrecognizedClientException", invalidToken, answered{400, "InvalidToken", malformedS3})},
		"a token for a long-term key": {signing{creds: aws.Credentials{AccessKeyID: key, SecretAccessKey: secret, SessionToken: "token"}},
			everywhere(403, "InvalidClientTokenId", "UnrecognizedClientException", invalidToken, answered{400, "InvalidToken", malformedS3})},
		"no session token": {signing{creds: aws.Credentials{AccessKeyID: sessionKey.AccessKeyID, SecretAccessKey: secret}},
			everywhere(403, "InvalidClientTokenId", "UnrecognizedClientException", invalidToken, answered{403, "InvalidAccessKeyId", unknownS3})},
		"ended session": {signing{creds: endedKey},
			everywhere(403, "ExpiredToken", "ExpiredTokenException", expired, answered{400, "ExpiredToken", "The provided token has expired."})},
		"wrong token before ended session": {signing{creds: aws.Credentials{AccessKeyID: endedKey.AccessKeyID, SecretAccessKey: secret, SessionToken: "x"}},
			everywhere(403, "InvalidClientTokenId", "UnrecognizedClientException", invalidToken, answered{400, "InvalidToken", malformedS3})},
		"ended session before clock and signature": {signing{creds: aws.Credentials{AccessKeyID: endedKey.AccessKeyID, SecretAccessKey: "x", SessionToken: endedKey.SessionToken}, age: time.Hour},
			everywhere(403, "ExpiredToken", "ExpiredTokenException", expired, answered{400, "ExpiredToken", "The provided token has expired."})},
		"unknown key before clock": {signing{creds: aws.Credentials{AccessKeyID: "AKIAUNKNOWN", SecretAccessKey: secret}, age: time.Hour},
			everywhere(403, "InvalidClientTokenId", "UnrecognizedClientException", invalidToken, answered{403, "InvalidAccessKeyId", unknownS3})},
		"other terminator": {signing{after: authorization("aws4_request", "aws5_request")},
			everywhere(403, "SignatureDoesNotMatch", "InvalidSignatureException", "Credential should be scoped with a valid terminator: 'aws4_request', not 'aws5_request'. ",
				malformed(`incorrect terminal "aws5_request". This endpoint uses "aws4_request".`))},
		"other body": {signing{after: func(r *http.Request) {
			if r.Method == "POST" {
				r.Body = io.NopCloser(strings.NewReader("x"))
				r.ContentLength = 1
			} else {
				r.URL.RawQuery += "acl"
			}
		}}, everywhere(403, "SignatureDoesNotMatch", "InvalidSignatureException", mismatched, answered{403, "SignatureDoesNotMatch", mismatchedS3})},
		"host not signed": {signing{after: authorization("host;", "")},
			everywhere(403, "SignatureDoesNotMatch", "InvalidSignatureException", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
				answered{403, "AccessDenied", "There were headers present in the request which were not signed"})},
		"host in other letters": {signing{after: authorization("host;", "HOST;")},
			everywhere(403, "SignatureDoesNotMatch", "InvalidSignatureException", "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
				answered{403, "AccessDenied", "There were headers present in the request which were not signed"})},
		"not a scheme of AWS": {signing{after: header("Authorization", "Bearer abc")}, map[string]answered{
			"Query": {403, "MissingAuthenticationToken", "Request is missing Authentication Token"},
			"JSON":  {400, "MissingAuthenticationTokenException", "Request is missing Authentication Token"},
			"S3":    {400, "InvalidArgument", "Unsupported Authorization Type"},
		}},
		"Signature Version 2": {signing{after: header("Authorization", "AWS AKID:c2ln")}, map[string]answered{
			"Query": {403, "MissingAuthenticationToken", "Request is missing Authentication Token"},
			"S3":    {403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."},
		}},
		"credential with too little": {signing{after: authorization("/us-east-1/", "/")}, map[string]answered{
			"S3": malformed(`the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".`),
		}},
		"SigV4A for another region": {signing{before: header("X-Amz-Region-Set", "eu-*"), after: authorization(`AWS4-HMAC-SHA256 Credential=(\w+/\w+)/us-east-1/`, "AWS4-ECDSA-P256-SHA256 Credential=$1/")},
			everywhere(403, "SignatureDoesNotMatch", "InvalidSignatureException", "Credential should be scoped to a valid region, not 'eu-*'. ",
				malformed("the region 'eu-*' is wrong; expecting 'us-east-1'"))},
		"SigV4A that is not": {signing{before: header("X-Amz-Region-Set", "*"), after: authorization(`AWS4-HMAC-SHA256 Credential=(\w+/\w+)/us-east-1/`, "AWS4-ECDSA-P256-SHA256 Credential=$1/")},
			everywhere(403, "SignatureDoesNotMatch", "InvalidSignatureException", mismatched, answered{403, "SignatureDoesNotMatch", mismatchedS3})},
	} {
		for style, want := range test.want {
			t.Run(name+"/"+style, func(t *testing.T) {
				t.Parallel()
				w := newSignedWorld(t)
				got, body := through(t, w, func(base string) *http.Request { return test.request(t, base, protocols[style]) })
				assert.Equal(t, want, got, body)
				events := w.Log().Events()
				require.Len(t, events, 2)
				assert.Empty(t, events[0].Caller, "nobody has called")
				if name != "unsigned" && name != "other terminator" && name != "not a scheme of AWS" && !strings.Contains(name, "too little") {
					assert.NotEmpty(t, events[0].Help, "a developer is told more")
				}
			})
		}
	}
}

// What is signed as it should be is let in, by every protocol.
func TestAuthenticated(t *testing.T) {
	t.Parallel()
	for style, p := range protocols {
		for name, s := range map[string]signing{
			"in the header":     {},
			"with a session":    {creds: sessionKey},
			"presigned":         {presign: time.Minute},
			"presigned session": {presign: time.Minute, creds: sessionKey},
			"14 minutes ago":    {age: 14 * time.Minute},
			"in 14 minutes":     {age: -14 * time.Minute},
		} {
			if s.presign == 0 || p.method == "GET" || p.service == "iam" {
				w := newSignedWorld(t)
				got, body := through(t, w, func(base string) *http.Request { return s.request(t, base, p) })
				allowed := got.status == 200 || got.status == 501 || strings.HasPrefix(got.code, "AWSOrganizationsNotInUse")
				assert.True(t, allowed, "%s, %s: %v %s", style, name, got, body)
				assert.NotEmpty(t, w.Log().Events()[1].Caller)
			}
		}
	}
}

func TestClockSkewWords(t *testing.T) {
	t.Parallel()
	for style, want := range everywhere(403, "SignatureDoesNotMatch", "InvalidSignatureException", "Signature ",
		answered{403, "RequestTimeTooSkewed", "The difference between the request time and the current time is too large."}) {
		for _, age := range []time.Duration{16 * time.Minute, -16 * time.Minute} {
			got, body := through(t, newSignedWorld(t), func(base string) *http.Request { return signing{age: age}.request(t, base, protocols[style]) })
			assert.Equal(t, want.status, got.status, body)
			assert.Equal(t, want.code, got.code)
			assert.Contains(t, got.message, want.message)
			if style != "S3" {
				assert.Regexp(t, `^Signature (expired: \w+ is now earlier than \w+ \(\w+ - 15 min\.\)|not yet current: \w+ is still later than \w+ \(\w+ \+ 15 min\.\))$`, got.message)
			}
		}
	}
}

func hashOf(body string) string {
	sum := sha256.Sum256([]byte(body))
	return hex.EncodeToString(sum[:])
}

// addHeader and addQuery change the requests of an SDK client before it signs them.
func addHeader(name, value string) func(*middleware.Stack) error {
	return beforeSigning(func(r *smithyhttp.Request) { r.Header.Set(name, value) })
}

func addQuery(name, value string) func(*middleware.Stack) error {
	return beforeSigning(func(r *smithyhttp.Request) {
		q := r.URL.Query()
		q.Set(name, value)
		r.URL.RawQuery = q.Encode()
	})
}

func beforeSigning(change func(*smithyhttp.Request)) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Build.Add(middleware.BuildMiddlewareFunc(fmt.Sprintf("change%p", change), func(ctx context.Context, in middleware.BuildInput, next middleware.BuildHandler) (middleware.BuildOutput, middleware.Metadata, error) {
			change(in.Request.(*smithyhttp.Request))
			return next.HandleBuild(ctx, in)
		}), middleware.After)
	}
}
