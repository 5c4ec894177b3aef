package all_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var (
	putKey  = protocol{service: "s3", method: "PUT", target: "/bucket/key", body: "hello"}
	getKey  = protocol{service: "s3", method: "GET", target: "/bucket/key"}
	getUser = protocol{service: "iam", method: "POST", target: "/", body: "Action=GetUser&Version=2010-05-08", header: form}
)

// query, raw and each change a request before or after it is signed.
func query(with string) func(*http.Request) {
	return func(r *http.Request) {
		if r.URL.RawQuery != "" {
			with = "&" + strings.TrimPrefix(with, "&")
		}
		r.URL.RawQuery += with
	}
}

func raw(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header[name] = values }
}

func each(changes ...func(*http.Request)) func(*http.Request) {
	return func(r *http.Request) {
		for _, change := range changes {
			change(r)
		}
	}
}

// No way around the judgement: each of these requests tries one, and is refused
// through both doors with nothing changed.
func TestNoWayAround(t *testing.T) {
	t.Parallel()
	minute := time.Minute
	only := answered{400, "InvalidArgument", "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the Authorization header should be specified"}
	incomplete := answered{400, "AuthorizationQueryParametersError", "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters."}
	unsigned := answered{403, "AccessDenied", "There were headers present in the request which were not signed"}
	badS3 := answered{403, "SignatureDoesNotMatch", mismatchedS3}
	bad := answered{403, "SignatureDoesNotMatch", mismatched}
	for name, test := range map[string]struct {
		protocol
		signing
		want answered
	}{
		// Two signatures.
		"presigned and a header":         {putKey, signing{presign: minute, after: header("Authorization", "AWS4-HMAC-SHA256 Credential=x")}, only},
		"presigned and another scheme":   {putKey, signing{presign: minute, after: header("Authorization", "Bearer x")}, only},
		"a header and a query":           {putKey, signing{after: query("X-Amz-Signature=00")}, only},
		"a header and an encoded query":  {putKey, signing{after: query("X-Amz%2DSignature=00")}, only},
		"two headers":                    {putKey, signing{after: func(r *http.Request) { r.Header.Add("Authorization", "x") }}, only},
		"two expiries":                   {putKey, signing{presign: minute, after: query("X-Amz-Expires=604800")}, incomplete},
		"two expiries, one encoded":      {putKey, signing{presign: minute, after: query("X-Amz%2DExpires=604800")}, incomplete},
		"two signatures":                 {putKey, signing{presign: minute, after: query("X-Amz-Signature=00")}, incomplete},
		"two credentials":                {putKey, signing{presign: minute, after: query("X-Amz-Credential=x")}, incomplete},
		"Signature Version 2 beside it":  {putKey, signing{after: query("AWSAccessKeyId=AKID&Signature=x&Expires=1")}, only},
		"a second credential, in header": {putKey, signing{after: authorization("SignedHeaders", "Credential=AKIAOTHER/20130524/us-east-1/s3/aws4_request, SignedHeaders")}, answered{400, "AuthorizationHeaderMalformed", "The authorization header is malformed; the authorization header requires three components: Credential, SignedHeaders, and Signature."}},
		// What is added to a request that somebody else signed.
		"a parameter":               {getKey, signing{presign: minute, after: query("acl")}, badS3},
		"a version":                 {getKey, signing{presign: minute, after: query("versionId=null")}, badS3},
		"an ACL":                    {putKey, signing{presign: minute, after: header("X-Amz-Acl", "public-read")}, unsigned},
		"an ACL in small letters":   {putKey, signing{presign: minute, after: raw("x-amz-acl", "public-read")}, unsigned},
		"a copy source":             {putKey, signing{presign: minute, after: header("X-Amz-Copy-Source", "/bucket/other")}, unsigned},
		"a session token":           {putKey, signing{presign: minute, after: header("X-Amz-Security-Token", "x")}, answered{400, "InvalidToken", malformedS3}},
		"metadata":                  {putKey, signing{after: header("X-Amz-Meta-A", "b")}, unsigned},
		"more of a signed header":   {putKey, signing{before: header("X-Amz-Meta-A", "b"), after: func(r *http.Request) { r.Header.Add("X-Amz-Meta-A", "c") }}, badS3},
		"the same in small letters": {putKey, signing{before: header("X-Amz-Meta-A", "b"), after: raw("x-amz-meta-a", "c")}, badS3},
		"another method":            {getKey, signing{presign: minute, after: func(r *http.Request) { r.Method = "DELETE" }}, badS3},
		"another key":               {getKey, signing{presign: minute, after: func(r *http.Request) { r.URL.Path = "/bucket/key2" }}, badS3},
		"another bucket":            {getKey, signing{presign: minute, after: func(r *http.Request) { r.URL.Path = "/bucket2/key" }}, badS3},
		"another host":              {getKey, signing{presign: minute, after: func(r *http.Request) { r.Host = "other.s3.amazonaws.com" }}, badS3},
		"a host for the map only":   {getKey, signing{presign: minute, after: each(func(r *http.Request) { r.Host = "other.example" }, raw("Host", "localhost"))}, badS3},
		// Bodies.
		"a body of another length": {putKey, signing{after: func(r *http.Request) {
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader("hello!")), 6
		}}, badS3},
		"another body": {putKey, signing{after: func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader("jello")) }},
			answered{400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."}},
		"the hash of an empty body": {putKey, signing{before: header("X-Amz-Content-Sha256", hashOf(""))},
			answered{400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."}},
		"an unsigned hash later":  {putKey, signing{presign: minute, after: header("X-Amz-Content-Sha256", hashOf("jello"))}, badS3},
		"unsigned after signing":  {putKey, signing{after: header("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")}, badS3},
		"chunks after presigning": {putKey, signing{presign: minute, after: each(header("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"), header("X-Amz-Decoded-Content-Length", "1"))}, unsigned},
		"chunks, hash alone":      {putKey, signing{presign: minute, after: header("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")}, badS3},
		"no signature of the chunks": {putKey, signing{before: each(header("X-Amz-Content-Sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"), header("X-Amz-Decoded-Content-Length", "5")),
			after: func(r *http.Request) {
				r.Body, r.ContentLength = io.NopCloser(strings.NewReader("5\r\nhello\r\n0\r\n\r\n")), 15
			}}, badS3},
		"an unsigned body elsewhere":  {getUser, signing{before: header("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")}, bad},
		"a streaming body elsewhere":  {getUser, signing{before: header("X-Amz-Content-Sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER")}, bad},
		"another Action in the query": {getUser, signing{after: query("Action=DeleteUser")}, bad},
		// Other scopes and credentials.
		"another service's scope":    {getUser, signing{after: authorization("/iam/", "/sts/")}, bad},
		"another key of the account": {getUser, signing{after: authorization("Credential="+key, "Credential="+otherKey.AccessKeyID)}, answered{403, "InvalidClientTokenId", invalidToken}},
		"another session's token":    {getUser, signing{creds: sessionKey, after: header("X-Amz-Security-Token", otherKey.SessionToken)}, answered{403, "InvalidClientTokenId", invalidToken}},
		"another session's key":      {getUser, signing{creds: sessionKey, after: authorization(sessionKey.AccessKeyID, otherKey.AccessKeyID)}, answered{403, "InvalidClientTokenId", invalidToken}},
		"another region's scope":     {getUser, signing{after: authorization("us-east-1", "us-east-2")}, bad},
		// The empty ones.
		"an empty signature":     {getUser, signing{after: authorization("Signature=.*", "Signature=")}, answered{400, "IncompleteSignature", ""}},
		"a short signature":      {getUser, signing{after: authorization("Signature=.*", "Signature=0")}, bad},
		"no signed headers":      {getUser, signing{after: authorization("SignedHeaders=[^,]*", "SignedHeaders=")}, answered{400, "IncompleteSignature", ""}},
		"a signature and a half": {getUser, signing{after: authorization("Signature=(.*)", "Signature=${1}00")}, bad},
		// Methods that only look like others.
		"an overridden method": {getKey, signing{presign: minute, before: func(r *http.Request) { r.Method = "GET" }, after: each(header("X-Http-Method-Override", "DELETE"), func(r *http.Request) { r.Method = "POST" })}, badS3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSignedWorld(t)
			send(t, w, request{method: http.MethodPut, url: "/bucket", service: "s3"})
			send(t, w, request{method: http.MethodPut, url: "/bucket/key", body: "before", service: "s3"})
			got, body := through(t, w, func(base string) *http.Request { return test.request(t, base, test.protocol) })
			if test.want.message == "" {
				got.message = ""
			}
			assert.Equal(t, test.want, got, body)
			resp, err := w.Door().RoundTrip(signing{}.request(t, "https://localhost", getKey))
			require.NoError(t, err)
			defer resp.Body.Close()
			kept, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			assert.Equal(t, "before", string(kept), "nothing is changed")
		})
	}
}

// What does not change the meaning of a request does not make it fail.
func TestHarmlessAdditions(t *testing.T) {
	t.Parallel()
	for name, s := range map[string]signing{
		"a header without meaning":    {presign: time.Minute, after: header("X-Other", "x")},
		"an override that S3 ignores": {presign: time.Minute, after: header("X-Http-Method-Override", "DELETE")},
		"a signed empty body":         {before: header("X-Amz-Content-Sha256", hashOf(""))},
	} {
		w := newSignedWorld(t)
		send(t, w, request{method: http.MethodPut, url: "/bucket", service: "s3"})
		send(t, w, request{method: http.MethodPut, url: "/bucket/key", body: "before", service: "s3"})
		got, body := through(t, w, func(base string) *http.Request { return s.request(t, base, getKey) })
		assert.Equal(t, 200, got.status, "%s: %s", name, body)
	}
}

// The endpoints of AWS tell service and region: a signature for others is refused
// even if it is right.
func TestScopeOfTheEndpoint(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		host, service, region string
		want                  answered
	}{
		{"sqs.us-east-1.amazonaws.com", "sqs", "us-east-1", answered{status: 200}},
		{"sqs.us-west-2.amazonaws.com", "sqs", "us-west-2", answered{status: 200}},
		{"sqs-fips.us-west-2.amazonaws.com", "sqs", "us-west-2", answered{status: 200}},
		{"sqs.us-west-2.api.aws", "sqs", "us-west-2", answered{status: 200}},
		{"sqs.cn-north-1.amazonaws.com.cn", "sqs", "cn-north-1", answered{status: 200}},
		{"queue.amazonaws.com", "sqs", "us-east-1", answered{status: 200}},
		{"us-west-2.queue.amazonaws.com", "sqs", "us-west-2", answered{status: 200}},
		{"localhost:4566", "sqs", "eu-west-3", answered{status: 200}},
		{"sqs.us-west-2.amazonaws.com", "sqs", "us-east-1", answered{403, "InvalidSignatureException SignatureDoesNotMatch;Sender", "Credential should be scoped to a valid region, not 'us-east-1'. "}},
		{"sqs.us-west-2.amazonaws.com:443", "s3", "us-west-2", answered{403, "InvalidSignatureException SignatureDoesNotMatch;Sender", "Credential should be scoped to correct service: 'sqs'. "}},
		{"sqs.us-west-2.amazonaws.com", "iam", "us-west-2", answered{403, "InvalidSignatureException SignatureDoesNotMatch;Sender", "Credential should be scoped to correct service: 'sqs'. "}},
	} {
		p := protocols["SQS JSON"]
		w := newSignedWorld(t)
		resp, err := w.Door().RoundTrip(signing{service: test.service, region: test.region}.request(t, "https://"+test.host, p))
		require.NoError(t, err)
		got, body := readAnswer(t, resp)
		got.code = strings.TrimSpace(got.code)
		assert.Equal(t, test.want, got, "%s for %s in %s: %s", test.host, test.service, test.region, body)
		if got.status == 200 {
			assert.Equal(t, "sqs", w.Log().Events()[0].Service)
		}
	}
	for host, want := range map[string]int{"iam.amazonaws.com": 403, "sts.amazonaws.com": 403, "sts.eu-west-1.amazonaws.com": 200, "localhost": 200} {
		p := protocol{service: "sts", method: "POST", target: "/", body: "Action=GetCallerIdentity&Version=2011-06-15", header: form}
		resp, err := newSignedWorld(t).Door().RoundTrip(signing{region: "eu-west-1"}.request(t, "https://"+host, p))
		require.NoError(t, err)
		got, body := readAnswer(t, resp)
		assert.Equal(t, want, got.status, "%s: %s", host, body)
	}
}

// The edges of the clock, to the second, on a World that was moved there.
func TestEdgesOfTheClock(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		protocol
		presign, later time.Duration
		ok             bool
	}{
		{protocols["SQS JSON"], 0, 15*time.Minute - time.Second, true},
		{protocols["SQS JSON"], 0, 15*time.Minute + 2*time.Second, false},
		{protocols["S3"], 0, 15*time.Minute - time.Second, true},
		{protocols["S3"], 0, 15*time.Minute + 2*time.Second, false},
		{protocols["S3"], time.Minute, time.Minute - 2*time.Second, true},
		{protocols["S3"], time.Minute, time.Minute, false},
	} {
		w := newSignedWorld(t)
		w.Clock().Advance(test.later)
		resp, err := w.Door().RoundTrip(signing{presign: test.presign}.request(t, "https://localhost", test.protocol))
		require.NoError(t, err)
		got, body := readAnswer(t, resp)
		assert.Equal(t, test.ok, got.status == 200, "%v: %s", test, body)
	}
}

// EKS tokens are presigned URLs of GetCallerIdentity with the cluster's name in a
// signed header; STS ignores their X-Amz-Expires of a minute.
func TestTokensOfEKS(t *testing.T) {
	t.Parallel()
	w := newSignedWorld(t)
	creds := sessionKey
	client := sts.NewPresignClient(sts.New(sts.Options{Region: "us-east-1", Credentials: credentials.NewStaticCredentialsProvider(creds.AccessKeyID, creds.SecretAccessKey, creds.SessionToken)}))
	signed, err := client.PresignGetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{}, func(o *sts.PresignOptions) {
		o.ClientOptions = append(o.ClientOptions, sts.WithAPIOptions(addHeader("x-k8s-aws-id", "cluster"), addQuery("X-Amz-Expires", "60")))
	})
	require.NoError(t, err)
	ask := func(cluster string) (answered, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, signed.URL, nil)
		require.NoError(t, err)
		r.Header.Set("X-K8s-Aws-Id", cluster)
		resp, err := w.Door().RoundTrip(r)
		require.NoError(t, err)
		return readAnswer(t, resp)
	}
	got, body := ask("cluster")
	assert.Equal(t, 200, got.status, body)
	assert.Contains(t, body, "<Arn>arn:aws:iam::"+account)
	got, _ = ask("other")
	assert.Equal(t, answered{403, "SignatureDoesNotMatch", mismatched}, got)
	w.Clock().Advance(14 * time.Minute)
	got, body = ask("cluster")
	assert.Equal(t, 200, got.status, body)
	w.Clock().Advance(2 * time.Minute)
	got, _ = ask("cluster")
	assert.Contains(t, got.message, "Signature expired")
}

// S3 clients that sign for a Multi-Region Access Point sign with SigV4A.
func TestAsymmetricClients(t *testing.T) {
	t.Parallel()
	w := newSignedWorld(t)
	ask := func(creds aws.Credentials) string {
		client := s3.New(s3.Options{Region: "us-east-1", HTTPClient: w.Door(), Retryer: aws.NopRetryer{}, Credentials: credentials.NewStaticCredentialsProvider(creds.AccessKeyID, creds.SecretAccessKey, creds.SessionToken)})
		_, err := client.GetObject(context.Background(), &s3.GetObjectInput{Bucket: aws.String("arn:aws:s3::" + account + ":accesspoint/mfzwi23gnjvgw.mrap"), Key: aws.String("k")})
		require.Error(t, err)
		return err.Error()
	}
	assert.NotContains(t, ask(activeKey), "Signature", "the access point does not exist")
	assert.NotContains(t, ask(sessionKey), "Signature")
	assert.Contains(t, ask(aws.Credentials{AccessKeyID: key, SecretAccessKey: "wrong"}), "SignatureDoesNotMatch")
	var caller string
	for _, e := range w.Log().Events() {
		caller = cmp.Or(caller, e.Caller)
	}
	assert.Equal(t, fakeaws.ARN("iam", "", account, "root"), caller)
}

// A failed test tells what a wrong signature is one of.
func TestWrongSignaturesAreExplained(t *testing.T) {
	t.Parallel()
	for want, test := range map[string]struct {
		protocol
		signing
	}{
		"it is signed for GET, and was sent as HEAD":                   {getKey, signing{presign: time.Minute, after: func(r *http.Request) { r.Method = "HEAD" }}},
		`it is signed for the host "localhost:443"`:                    {getKey, signing{before: func(r *http.Request) { r.Host = "localhost:443"; r.URL.Scheme = "http" }, after: func(r *http.Request) { r.Host = "localhost"; r.URL.Scheme = "https" }}},
		"it is signed for an empty body":                               {getUser, signing{before: header("X-Amz-Content-Sha256", hashOf(""))}},
		"it is signed for a body that is not signed":                   {getUser, signing{before: header("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD")}},
		"it is signed without the query string":                        {getKey, signing{after: query("x-id=GetObject")}},
		"the client has another secret":                                {getUser, signing{creds: aws.Credentials{AccessKeyID: key, SecretAccessKey: "x"}}},
		"headers that are signed are not in the request: content-type": {protocols["Query"], signing{after: func(r *http.Request) { r.Header.Del("Content-Type") }}},
		"headers were added after signing: x-amz-acl":                  {getKey, signing{after: header("X-Amz-Acl", "private")}},
	} {
		w := newSignedWorld(t)
		resp, err := w.Door().RoundTrip(test.request(t, "https://localhost", test.protocol))
		require.NoError(t, err)
		resp.Body.Close()
		assert.Contains(t, w.Log().Events()[0].Help, want)
	}
	w := newSignedWorld(t)
	resp, err := w.Door().RoundTrip(signing{after: func(r *http.Request) { r.URL.Path = "/" + url.PathEscape(strings.Repeat("x", 9000)) }}.request(t, "https://localhost", getKey))
	require.NoError(t, err)
	resp.Body.Close()
	assert.Less(t, len(fmt.Sprint(w.Log().Events()[0])), 10_000, "what the log keeps of a request is bounded")
}
