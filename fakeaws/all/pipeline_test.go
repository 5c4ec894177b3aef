package all_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/all"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	account = "111122223333"
	key     = "AKIAIOSFODNN7EXAMPLE"
	secret  = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

func newWorld(t testing.TB) *fakeaws.World {
	t.Helper()
	w := all.NewWorld(fakeaws.Config{Services: all.OptIn()})
	_, err := w.AddAccount(account, key, secret)
	require.NoError(t, err)
	return w
}

// A request is one that no SDK would make, or not so easily.
type request struct {
	method, url, body string
	header            map[string]string
	service           string        // signed for; empty: unsigned
	age               time.Duration // of the signature
	secret            string
}

// build makes the HTTP request, signed.
func (q request) build(t testing.TB, base string) *http.Request {
	t.Helper()
	if q.method == "" {
		q.method = http.MethodPost
	}
	r, err := http.NewRequestWithContext(context.Background(), q.method, base+q.url, strings.NewReader(q.body))
	require.NoError(t, err)
	for name, value := range q.header {
		r.Header.Set(name, value)
	}
	if q.service == "" {
		return r
	}
	sum := sha256.Sum256([]byte(q.body))
	hash := hex.EncodeToString(sum[:])
	if q.service == "s3" && r.Header.Get("X-Amz-Content-Sha256") == "" {
		r.Header.Set("X-Amz-Content-Sha256", hash)
	}
	if v := r.Header.Get("X-Amz-Content-Sha256"); v != "" {
		hash = v
	}
	if q.secret == "" {
		q.secret = secret
	}
	creds := aws.Credentials{AccessKeyID: key, SecretAccessKey: q.secret}
	err = v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = q.service == "s3" }).
		SignHTTP(t.Context(), creds, r, hash, q.service, "us-east-1", time.Now().Add(-q.age))
	require.NoError(t, err)
	return r
}

// send sends a request through both doors and returns the answers, which must
// be alike but for their ids.
func send(t *testing.T, w *fakeaws.World, q request) (status int, header http.Header, body string) {
	t.Helper()
	server := httptest.NewServer(w.Door())
	transport := &http.Transport{}
	defer server.Close()
	defer transport.CloseIdleConnections()
	for _, door := range []struct {
		name string
		base string
		http.RoundTripper
	}{{"in process", "https://localhost", w.Door()}, {"socket", server.URL, transport}} {
		resp, err := door.RoundTrip(q.build(t, door.base))
		require.NoError(t, err, door.name)
		b, err := io.ReadAll(resp.Body)
		require.NoError(t, err, door.name)
		require.NoError(t, resp.Body.Close())
		if door.name == "socket" {
			assert.Equal(t, status, resp.StatusCode, "the doors differ: %s", b)
		}
		status, header, body = resp.StatusCode, resp.Header, string(b)
	}
	assert.NotEmpty(t, header.Get("Date"))
	return status, header, body
}

var (
	form   = map[string]string{"Content-Type": "application/x-www-form-urlencoded"}
	json10 = func(op string) map[string]string {
		return map[string]string{"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS." + op}
	}
)

func TestBadRequests(t *testing.T) {
	t.Parallel()
	identity := "Action=GetCallerIdentity&Version=2011-06-15"
	deep := strings.Repeat(`{"a":`, 100_000)
	for name, test := range map[string]struct {
		request
		status int
		want   []string
	}{
		// Authentication.
		"unsigned STS":          {request{url: "/", header: form, body: identity}, 403, []string{"<Code>MissingAuthenticationToken</Code>", "<Message>Request is missing Authentication Token</Message>"}},
		"unsigned S3":           {request{method: "GET", url: "/bucket/key"}, 404, []string{"<Code>NoSuchBucket</Code>"}},
		"unsigned ListBucket":   {request{method: "GET", url: "/"}, 403, []string{"<Code>AccessDenied</Code>"}},
		"unsigned SQS":          {request{url: "/", header: json10("ListQueues"), body: "{}"}, 403, []string{"AccessDenied"}},
		"wrong secret, STS":     {request{url: "/", header: form, body: identity, service: "sts", secret: "x"}, 403, []string{"<Code>SignatureDoesNotMatch</Code>"}},
		"wrong secret, S3":      {request{method: "GET", url: "/bucket", service: "s3", secret: "x"}, 403, []string{"<Code>SignatureDoesNotMatch</Code>", "<StringToSign>AWS4-HMAC-SHA256"}},
		"wrong secret, SQS":     {request{url: "/", header: json10("ListQueues"), body: "{}", service: "sqs", secret: "x"}, 403, []string{"InvalidSignatureException"}},
		"old, STS":              {request{url: "/", header: form, body: identity, service: "sts", age: time.Hour}, 403, []string{"<Code>SignatureDoesNotMatch</Code>", "Signature expired: ", "- 15 min.)"}},
		"ahead, STS":            {request{url: "/", header: form, body: identity, service: "sts", age: -time.Hour}, 403, []string{"Signature not yet current: ", "+ 15 min.)"}},
		"old, S3":               {request{method: "GET", url: "/", service: "s3", age: time.Hour}, 403, []string{"<Code>RequestTimeTooSkewed</Code>", "<MaxAllowedSkewMilliseconds>900000</MaxAllowedSkewMilliseconds>"}},
		"half a header, STS":    {request{url: "/", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded", "Authorization": "AWS4-HMAC-SHA256 Credential=x"}, body: identity}, 400, []string{"<Code>IncompleteSignature</Code>"}},
		"half a header, S3":     {request{method: "GET", url: "/", header: map[string]string{"Authorization": "AWS4-HMAC-SHA256 Credential=x"}}, 400, []string{"<Code>AuthorizationHeaderMalformed</Code>"}},
		"half a header, SigV4A": {request{method: "GET", url: "/", header: map[string]string{"Authorization": "AWS4-ECDSA-P256-SHA256 Credential=x"}}, 400, []string{"<Code>AuthorizationHeaderMalformed</Code>"}},
		// Routing.
		"unknown action":       {request{url: "/", header: form, body: "Action=Frobnicate&Version=2010-05-08", service: "iam"}, 400, []string{"<Code>InvalidAction</Code>", "Frobnicate"}},
		"no action":            {request{url: "/", header: form, body: "Version=2010-05-08", service: "iam"}, 400, []string{"<Code>MissingAction</Code>"}},
		"unknown target":       {request{url: "/", header: json10("Frobnicate"), body: "{}", service: "sqs"}, 400, nil},
		"S3 without fake":      {request{method: "GET", url: "/bucket?session", service: "s3"}, 501, []string{"<Code>NotImplemented</Code>", "s3 CreateSession"}},
		"nothing to select":    {request{method: "POST", url: "/bucket/key?select&select-type=2", service: "s3"}, 400, []string{"<Code>EmptyRequestBody</Code>"}},
		"service without fake": {request{url: "/", header: map[string]string{"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "AWSGlue.ListJobs"}, body: "{}", service: "glue"}, 501, []string{"NotImplemented", "ListJobs"}},
		"unknown service":      {request{url: "/", header: form, body: "Action=X", service: "teleport"}, 501, []string{"NotImplemented", "teleport"}},
		"another service's":    {request{url: "/", header: form, body: identity, service: "sqs"}, 400, []string{"InvalidAction"}},
		// Bodies.
		"no JSON":            {request{url: "/", header: json10("CreateQueue"), body: "<xml/>", service: "sqs"}, 400, []string{"SerializationException"}},
		"cut JSON":           {request{url: "/", header: json10("CreateQueue"), body: `{"QueueName":"q`, service: "sqs"}, 400, []string{"SerializationException"}},
		"wrong type":         {request{url: "/", header: json10("CreateQueue"), body: `{"QueueName":7}`, service: "sqs"}, 400, []string{"SerializationException"}},
		"deep JSON":          {request{url: "/", header: json10("CreateQueue"), body: deep, service: "sqs"}, 400, []string{"SerializationException"}},
		"duplicate form":     {request{url: "/", header: form, body: "Action=GetUser&Action=CreateUser&Version=2010-05-08&UserName=x", service: "iam"}, 400, nil},
		"bad escape":         {request{url: "/", header: form, body: "Action=GetUser&Version=2010-05-08&UserName=%zz", service: "iam"}, 400, nil},
		"huge list index":    {request{url: "/", header: form, body: "Action=CreateUser&Version=2010-05-08&UserName=x&Tags.member.999999999.Key=a", service: "iam"}, 400, nil},
		"no XML":             {request{url: "/bucket?delete", body: "{}", header: map[string]string{"Content-MD5": "mZFLkyvTelC5g8XnyQrpOw=="}, service: "s3"}, 400, []string{"<Code>MalformedXML</Code>"}},
		"no digest":          {request{url: "/bucket?delete", body: "{}", service: "s3"}, 400, []string{"<Code>InvalidRequest</Code>", "Content-MD5 OR x-amz-checksum-*"}},
		"wrong digest":       {request{url: "/bucket?delete", body: "{} ", header: map[string]string{"Content-MD5": "mZFLkyvTelC5g8XnyQrpOw=="}, service: "s3"}, 400, []string{"<Code>BadDigest</Code>"}},
		"oversize form":      {request{url: "/", header: form, body: "Action=GetUser&x=" + strings.Repeat("x", 2<<20), service: "iam"}, 400, []string{"MaxMessageLengthExceeded"}},
		"oversize message":   {request{url: "/", header: json10("SendMessage"), body: strings.Repeat("x", 9<<20), service: "sqs"}, 400, []string{"MaxMessageLengthExceeded"}},
		"oversize XML":       {request{url: "/bucket?delete", body: strings.Repeat("x", 3<<20), service: "s3"}, 400, []string{"MaxMessageLengthExceeded"}},
		"body not as hashed": {request{method: "PUT", url: "/bucket/key", body: "hello", header: map[string]string{"X-Amz-Content-Sha256": strings.Repeat("0", 64)}, service: "s3"}, 400, []string{"<Code>XAmzContentSHA256Mismatch</Code>"}},
		"broken chunks":      {request{method: "PUT", url: "/bucket/key", body: "zz\r\nhello\r\n0\r\n\r\n", header: map[string]string{"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Decoded-Content-Length": "5", "Content-Encoding": "aws-chunked"}, service: "s3"}, 400, []string{"<Code>IncompleteBody</Code>"}},
		// The older protocol of SQS, with its own codes and words.
		"missing queue, Query": {request{url: "/", header: form, body: "Action=GetQueueUrl&Version=2012-11-05&QueueName=none", service: "sqs"}, 400, []string{"<Code>AWS.SimpleQueueService.NonExistentQueue</Code><Message>The specified queue does not exist for this wsdl version.</Message><Detail/>"}},
		"missing queue, JSON":  {request{url: "/", header: json10("GetQueueUrl"), body: `{"QueueName":"none"}`, service: "sqs"}, 400, []string{`"com.amazonaws.sqs#QueueDoesNotExist"`, "The specified queue does not exist."}},
		// Names.
		"bucket name":    {request{method: "PUT", url: "/Bad_Bucket", service: "s3"}, 400, []string{"<Code>InvalidBucketName</Code>"}},
		"queue name":     {request{url: "/", header: json10("CreateQueue"), body: `{"QueueName":"a b"}`, service: "sqs"}, 400, []string{"Can only include alphanumeric characters, hyphens, or underscores"}},
		"user name":      {request{url: "/", header: form, body: "Action=CreateUser&Version=2010-05-08&UserName=a%20b", service: "iam"}, 400, []string{"ValidationError"}},
		"policy":         {request{url: "/", header: form, body: "Action=CreatePolicy&Version=2010-05-08&PolicyName=p&PolicyDocument=%7B%7D", service: "iam"}, 400, []string{"<Code>MalformedPolicyDocument</Code>"}},
		"ARN":            {request{url: "/", header: form, body: "Action=GetPolicy&Version=2010-05-08&PolicyArn=arn:aws:iam::aws", service: "iam"}, 400, []string{"ValidationError"}},
		"role ARN":       {request{url: "/", header: form, body: "Action=AssumeRole&Version=2011-06-15&RoleArn=arn:aws:iam::111122223333:user&RoleSessionName=session", service: "sts"}, 400, []string{"ValidationError", "is invalid"}},
		"bucket policy":  {request{method: "PUT", url: "/bucket?policy", body: "[]", service: "s3"}, 400, []string{"<Code>MalformedPolicy</Code>", "Policies must be valid JSON and the first byte must be '{'"}},
		"header too big": {request{method: "GET", url: "/", header: map[string]string{"X-Amz-Meta-X": strings.Repeat("x", 3<<10)}, service: "s3"}, 200, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			status, _, _ := send(t, w, request{method: http.MethodPut, url: "/bucket", service: "s3"})
			require.Equal(t, http.StatusOK, status)
			if strings.HasPrefix(name, "unsigned S3") {
				w = newWorld(t)
			}
			status, header, body := send(t, w, test.request)
			assert.Equal(t, test.status, status, body)
			for _, want := range test.want {
				assert.Contains(t, body, want)
			}
			id := header.Get("X-Amzn-Requestid") + header.Get("X-Amz-Request-Id")
			assert.NotEmpty(t, id)
			event, ok := w.Log().Find(id)
			require.True(t, ok, "the log has every call")
			assert.Equal(t, test.status >= 400, event.Code != "")
		})
	}
}

func TestNothingIsChangedByARefusedCall(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	send(t, w, request{method: http.MethodPut, url: "/bucket", service: "s3"})
	for _, q := range []request{
		{method: http.MethodPut, url: "/bucket/key", body: "hello", header: map[string]string{"X-Amz-Content-Sha256": strings.Repeat("0", 64)}, service: "s3"},
		{method: http.MethodPut, url: "/bucket/key", body: "hello", service: "s3", secret: "x"},
		{method: http.MethodPut, url: "/bucket/key", body: "hello"},
		{method: http.MethodPut, url: "/bucket/key", body: "hello", header: map[string]string{"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}, service: "s3"},
	} {
		status, _, body := send(t, w, q)
		assert.GreaterOrEqual(t, status, 400, body)
	}
	status, _, _ := send(t, w, request{method: http.MethodGet, url: "/bucket/key", service: "s3"})
	assert.Equal(t, http.StatusNotFound, status)
}

// What the SDK for Go never sends, other clients do: a zero that is not the
// default.
func TestZeroIsAValue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ask := func(op, body string) string {
		t.Helper()
		resp, err := w.Door().RoundTrip(request{url: "/", header: json10(op), body: body, service: "sqs"}.build(t, "https://localhost"))
		require.NoError(t, err)
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		return string(answer)
	}
	const url = `"QueueUrl":"https://localhost/111122223333/q"`
	ask("CreateQueue", `{"QueueName":"q","Attributes":{"DelaySeconds":"900","ReceiveMessageWaitTimeSeconds":"20"}}`)
	ask("SendMessage", `{`+url+`,"MessageBody":"hello","DelaySeconds":0}`)
	for range 2 {
		assert.Contains(t, ask("ReceiveMessage", `{`+url+`,"VisibilityTimeout":0}`), "hello", "it never was hidden")
	}
	assert.Contains(t, ask("ReceiveMessage", `{`+url+`}`), "hello")
	assert.NotContains(t, ask("ReceiveMessage", `{`+url+`,"WaitTimeSeconds":0}`), "hello", "it is hidden, and nobody waits")
	assert.Contains(t, ask("ReceiveMessage", `{`+url+`,"MaxNumberOfMessages":0}`), "Must be between 1 and 10, if provided.")
}

func TestVirtualHostsAndPaths(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	send(t, w, request{method: http.MethodPut, url: "/bucket", service: "s3"})
	send(t, w, request{method: http.MethodPut, url: "/bucket/a/b", body: "hello", service: "s3"})
	for _, url := range []string{
		"https://bucket.s3.us-east-1.amazonaws.com/a/b",
		"https://bucket.s3.amazonaws.com/a/b",
		"https://bucket.s3-us-east-1.amazonaws.com/a/b",
		"https://bucket.s3.dualstack.us-east-1.amazonaws.com/a/b",
		"http://bucket.localhost:4566/a/b",
		"http://bucket.s3.localhost:4566/a/b",
		"https://s3.us-east-1.amazonaws.com/bucket/a/b",
		"http://s3.localhost:4566/bucket/a/b",
		"http://127.0.0.1:4566/bucket/a/b",
		"http://localhost:4566/bucket/a/b",
		"http://[::1]:4566/bucket/a/b",
	} {
		resp, err := w.Door().RoundTrip(request{method: http.MethodGet, service: "s3"}.build(t, url))
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		assert.Equal(t, "hello", string(body), url)
	}
}

func TestWorldRemembersALimitedNumberOfCalls(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const calls = 5000
	for range calls {
		resp, err := w.Door().RoundTrip(request{url: "/", header: form, body: "Action=X"}.build(t, "https://sts.amazonaws.com"))
		require.NoError(t, err)
		require.Equal(t, http.StatusForbidden, resp.StatusCode)
	}
	events := w.Log().Events()
	assert.Len(t, events, 4096)
	for i := 1; i < len(events); i++ {
		require.False(t, events[i].Time.Before(events[i-1].Time), "newest last")
	}
	w.Log().Reset()
	assert.Empty(t, w.Log().Events())
}

// FuzzPipeline sends anything at all to a World: it must answer, and with an
// error of AWS's form, unless it is a request that may succeed.
func FuzzPipeline(f *testing.F) {
	f.Add("POST", "/", "Action=GetCallerIdentity&Version=2011-06-15", "application/x-www-form-urlencoded", "", "sts")
	f.Add("POST", "/", `{"QueueName":"q"}`, "application/x-amz-json-1.0", "AmazonSQS.CreateQueue", "sqs")
	f.Add("PUT", "/bucket/key?tagging", "<Tagging/>", "application/xml", "", "s3")
	f.Add("GET", "/bucket?list-type=2&max-keys=-1", "", "", "", "s3")
	f.Add("POST", "/", "Action=CreateRole&RoleName=r&AssumeRolePolicyDocument=%7B%7D", "application/x-www-form-urlencoded", "", "iam")
	f.Add("POST", "/", `{"KeyId":"alias/aws/s3","Plaintext":"aGk="}`, "application/x-amz-json-1.1", "TrentService.Encrypt", "kms")
	f.Add("POST", "/", `{"Name":"n","KmsKeyId":"k"}`, "application/x-amz-json-1.1", "secretsmanager.CreateSecret", "secretsmanager")
	f.Add("POST", "/", "Action=CreateTopic&Version=2010-03-31&Name=t&Attributes.entry.1.key=Policy&Attributes.entry.1.value=%7B%7D", "application/x-www-form-urlencoded", "", "sns")
	f.Fuzz(func(t *testing.T, method, target, body, contentType, amzTarget, service string) {
		r, err := http.NewRequestWithContext(t.Context(), method, "https://localhost", bytes.NewReader([]byte(body)))
		if err != nil {
			t.Skip("no HTTP method")
		}
		if strings.ContainsAny(contentType+amzTarget+service, "\r\n") {
			t.Skip("no client sends such a header")
		}
		if r.URL, err = r.URL.Parse("/" + strings.TrimLeft(target, "/")); err != nil {
			t.Skip("no URL")
		}
		r.URL.Scheme, r.URL.Host = "https", "localhost"
		q := request{method: method, body: body, service: service, header: map[string]string{}}
		if contentType != "" {
			q.header["Content-Type"] = contentType
		}
		if amzTarget != "" {
			q.header["X-Amz-Target"] = amzTarget
		}
		signed := q.build(t, r.URL.String())
		resp, err := newWorld(t).Door().RoundTrip(signed)
		if err != nil {
			t.Fatalf("no answer: %v", err)
		}
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode == http.StatusInternalServerError || strings.Contains(string(answer), "InternalFailure") {
			t.Fatalf("internal failure: %s", answer)
		}
	})
}

func ExampleNewWorld() {
	w := all.NewWorld(fakeaws.Config{Region: "eu-west-1"})
	acct, err := w.AddAccount("111122223333", "", "")
	fmt.Println(acct.ID, err)
	// Output: 111122223333 <nil>
}

// A client that waits for "100 Continue" gets it also when it has nothing to send:
// the AWS CLI takes another first answer for the end of the connection.
func TestContinueWithoutBody(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(newWorld(t).Door())
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, "PUT /bucket/empty HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n")
	require.NoError(t, err)
	answers := bufio.NewReader(conn)
	first, err := answers.ReadString('\n')
	require.NoError(t, err)
	assert.Equal(t, "HTTP/1.1 100 Continue\r\n", first)
	_, err = answers.ReadString('\n')
	require.NoError(t, err)
	resp, err := http.ReadResponse(answers, nil)
	require.NoError(t, err)
	defer resp.Body.Close()
	assert.Equal(t, http.StatusNotFound, resp.StatusCode)
}
