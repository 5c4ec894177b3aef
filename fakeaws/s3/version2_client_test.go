package s3_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// version2 signs for the account's user with Signature Version 2. No SDK for Go does.
type version2 struct{ key, secret, token string }

func userVersion2(a *account) version2 {
	return version2{key: a.reader.AccessKeyID, secret: a.reader.SecretAccessKey}
}

func (v version2) sign(text string) string {
	h := hmac.New(sha1.New, []byte(v.secret))
	h.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// amz are the lines of the string to sign that a session and other headers have.
func (v version2) amz(headers ...string) string {
	if v.token != "" {
		headers = append(headers, "x-amz-security-token:"+v.token)
	}
	return strings.Join(append(headers, ""), "\n")
}

// signed is a request that is signed in its header.
func (v version2) signed(t testing.TB, a *account, method, url, resource, body string, headers ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	date := a.world.Clock().Now().UTC().Format(http.TimeFormat)
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ":")
		r.Header.Set(name, value)
	}
	if v.token != "" {
		r.Header.Set("X-Amz-Security-Token", v.token)
	}
	r.Header.Set("Date", date)
	r.Header.Set("Authorization", "AWS "+v.key+":"+v.sign(method+"\n\n\n"+date+"\n"+v.amz(headers...)+resource))
	return r
}

// presigned is the address of a request that is signed in its query.
func (v version2) presigned(a *account, method, address, resource string, life time.Duration, headers ...string) string {
	expires := strconv.FormatInt(a.world.Clock().Now().Add(life).Unix(), 10)
	q := url.Values{"AWSAccessKeyId": {v.key}, "Expires": {expires}, "Signature": {v.sign(method + "\n\n\n" + expires + "\n" + v.amz(headers...) + resource)}}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ":")
		q.Set(name, value)
	}
	if v.token != "" {
		q.Set("x-amz-security-token", v.token)
	}
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + q.Encode()
}

// do sends a request and returns the status and the body of the answer.
func (a *account) do(r *http.Request) (int, string, http.Header) {
	a.t.Helper()
	resp, err := a.http.Do(r)
	require.NoError(a.t, err)
	body, err := io.ReadAll(resp.Body)
	require.NoError(a.t, err)
	require.NoError(a.t, resp.Body.Close())
	return resp.StatusCode, string(body), resp.Header
}

func (a *account) ask(method, url, body string) (int, string, http.Header) {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), method, url, strings.NewReader(body))
	require.NoError(a.t, err)
	return a.do(r)
}

// TestSignatureVersion2: requests are made as the user that signs them, and judged.
func TestSignatureVersion2(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		key, u := a.address("bucket", "a%20b"), userVersion2(a)
		const resource = "/bucket/a%20b"
		status, body, _ := a.do(u.signed(t, a, "PUT", key, resource, "data"))
		require.Equal(t, http.StatusForbidden, status, body)
		require.Contains(t, body, "arn:aws:iam::"+owner+":user/reader is not authorized to perform: s3:PutObject")

		a.allow(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"s3:signatureversion":"AWS","s3:authType":"REST-HEADER"},"Null":{"s3:signatureAge":"true"}}}`)
		status, body, _ = a.do(u.signed(t, a, "PUT", key, resource, "data", "x-amz-meta-a:b"))
		require.Equal(t, http.StatusOK, status, body)
		status, body, header := a.do(u.signed(t, a, "GET", key, resource, ""))
		require.Equal(t, http.StatusOK, status, body)
		assert.Equal(t, "data", body)
		assert.Equal(t, "b", header.Get("x-amz-meta-a"))
		status, _, _ = a.ask("GET", u.presigned(a, "GET", key, resource, time.Minute), "")
		require.Equal(t, http.StatusForbidden, status, "the policy wants it in the header")

		a.allow(`{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{"StringEquals":{"s3:signatureversion":"AWS","s3:authType":"REST-QUERY-STRING"},"Null":{"s3:signatureAge":"true"}}}`)
		status, body, _ = a.ask("GET", u.presigned(a, "GET", key, resource, time.Minute), "")
		require.Equal(t, http.StatusOK, status, body)
		status, body, header = a.ask("GET", u.presigned(a, "GET", key+"?response-content-type=text%2Fx+y", resource+"?response-content-type=text/x y", time.Minute), "")
		require.Equal(t, http.StatusOK, status, body)
		assert.Equal(t, "text/x y", header.Get("Content-Type"))
		// Headers that the signer put into the query count.
		status, body, _ = a.ask("PUT", u.presigned(a, "PUT", key, resource, time.Minute, "x-amz-meta-c:d"), "more")
		require.Equal(t, http.StatusOK, status, body)
		status, body, header = a.ask("HEAD", u.presigned(a, "HEAD", key, resource, time.Minute), "")
		require.Equal(t, http.StatusOK, status, body)
		assert.Equal(t, "d", header.Get("x-amz-meta-c"))

		for condition, want := range map[string]int{"If-None-Match=" + url.QueryEscape(header.Get("ETag")): http.StatusNotModified, "If-Match=x": http.StatusPreconditionFailed} {
			status, body, _ := a.ask("GET", u.presigned(a, "GET", key, resource, time.Minute)+"&"+condition, "")
			assert.Equal(t, want, status, "%s: %s", condition, body)
		}

		for name, c := range map[string]struct {
			url  string
			want []string
		}{
			"expired":         {u.presigned(a, "GET", key, resource, -time.Second), []string{"<Code>AccessDenied</Code><Message>Request has expired</Message><Expires>"}},
			"another method":  {u.presigned(a, "PUT", key, resource, time.Minute), []string{"<Code>SignatureDoesNotMatch</Code>", "<AWSAccessKeyId>" + u.key + "</AWSAccessKeyId><StringToSign>GET\n\n\n", "<StringToSignBytes>47 45 54 "}},
			"another key":     {strings.Replace(u.presigned(a, "GET", key, resource, time.Minute), "a%20b", "a%20c", 1), []string{"<Code>SignatureDoesNotMatch</Code>"}},
			"more":            {u.presigned(a, "GET", key, resource, time.Minute) + "&acl", []string{"<Code>SignatureDoesNotMatch</Code>"}},
			"a later one":     {u.presigned(a, "GET", key, resource, time.Minute) + "&attributes", []string{"<Code>SignatureDoesNotMatch</Code>"}},
			"no signature":    {key + "?AWSAccessKeyId=" + u.key + "&Expires=9999999999", []string{"<Code>AccessDenied</Code><Message>Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters</Message><RequestId>"}},
			"an unknown key":  {version2{key: "AKID", secret: "secret"}.presigned(a, "GET", key, resource, time.Minute), []string{"<Code>InvalidAccessKeyId</Code>", "<AWSAccessKeyId>AKID</AWSAccessKeyId>"}},
			"another secret":  {version2{key: u.key, secret: "other"}.presigned(a, "GET", key, resource, time.Minute), []string{"<Code>SignatureDoesNotMatch</Code>"}},
			"a strange token": {version2{key: u.key, secret: u.secret, token: "x"}.presigned(a, "GET", key, resource, time.Minute), []string{"<Code>InvalidToken</Code>"}},
		} {
			_, body, _ := a.ask("GET", c.url, "")
			for _, want := range c.want {
				assert.Contains(t, body, want, name)
			}
		}
		events := a.world.Log().Events()
		assert.NotEmpty(t, events[len(events)-1].Help)
	})
}

// TestSignatureVersion2Sessions: temporary credentials come with their token.
func TestSignatureVersion2Sessions(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		a.allow(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
		a.world.SetCredential(&fakeaws.Credential{AccessKeyID: "ASIASESSION", SecretAccessKey: "secret", SessionToken: "token", Caller: &fakeaws.Caller{EntityID: a.reader.Caller.EntityID,
			Principal: enforce.Principal{Type: enforce.AssumedRole, Account: owner, ARN: "arn:aws:sts::" + owner + ":assumed-role/role/session"},
			Session:   &fakeaws.Session{Name: "session", Expires: a.world.Clock().Now().Add(time.Hour)},
		}})
		session := version2{"ASIASESSION", "secret", "token"}
		url := a.address("bucket", "key")
		status, body, _ := a.do(session.signed(t, a, "PUT", url, "/bucket/key", "data"))
		require.Equal(t, http.StatusOK, status, body)
		status, body, _ = a.ask("GET", session.presigned(a, "GET", url, "/bucket/key", time.Minute), "")
		require.Equal(t, http.StatusOK, status, body)
		session.token = ""
		_, body, _ = a.ask("GET", session.presigned(a, "GET", url, "/bucket/key", time.Minute), "")
		assert.Contains(t, body, "<Code>InvalidAccessKeyId</Code>")
		session.token = "other"
		_, body, _ = a.ask("GET", session.presigned(a, "GET", url, "/bucket/key", time.Minute), "")
		assert.Contains(t, body, "<Code>InvalidToken</Code>")
	})
}

// TestSignatureVersion2Regions: regions that were opened after 2014 take Version 4 only,
// and so do KMS keys and S3's other API.
func TestSignatureVersion2Regions(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.allow(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
	const refused = "<Code>InvalidRequest</Code><Message>The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.</Message>"
	for region, takes := range map[string]bool{"eu-west-1": true, "us-west-2": true, "sa-east-1": true, "eu-central-1": false, "us-east-2": false, "ap-northeast-2": false} {
		name := "in-" + region
		_, err := a.root.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(region)}},
			func(o *awss3.Options) { o.Region = region })
		require.NoError(t, err)
		for _, host := range []string{name + ".s3." + region + ".amazonaws.com", name + ".s3.amazonaws.com"} {
			status, body, _ := a.do(userVersion2(a).signed(t, a, "GET", "https://"+host+"/", "/"+name+"/", ""))
			if takes {
				assert.Equal(t, http.StatusOK, status, "%s %s", host, body)
			} else {
				assert.Equal(t, http.StatusBadRequest, status, host)
				assert.Contains(t, body, refused, host)
			}
		}
	}
	a.bucket("bucket")
	_, body, _ := a.do(userVersion2(a).signed(t, a, "GET", "https://s3.eu-central-1.amazonaws.com/bucket/", "/bucket/", ""))
	assert.Contains(t, body, refused)
	r := userVersion2(a).signed(t, a, "GET", "https://"+owner+".s3-control.us-east-1.amazonaws.com/v20180820/accesspoint", "/v20180820/accesspoint", "", "x-amz-account-id:"+owner)
	_, body, _ = a.do(r)
	assert.Contains(t, body, refused)

	const kms = "<Code>InvalidArgument</Code><Message>Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4.</Message><ArgumentName>Authorization</ArgumentName><ArgumentValue>"
	_, body, _ = a.do(userVersion2(a).signed(t, a, "PUT", a.address("bucket", "key"), "/bucket/key", "data", "x-amz-server-side-encryption:aws:kms"))
	assert.Contains(t, body, kms+"AWS "+a.reader.AccessKeyID+":")
	_, err := a.root.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), Body: strings.NewReader("data"), ServerSideEncryption: types.ServerSideEncryptionAwsKms})
	require.NoError(t, err)
	_, body, _ = a.ask("GET", userVersion2(a).presigned(a, "GET", a.address("bucket", "key"), "/bucket/key", time.Minute), "")
	assert.Contains(t, body, kms+"null")
	_, body, _ = a.do(userVersion2(a).signed(t, a, "PUT", a.address("bucket", "copy"), "/bucket/copy", "", "x-amz-copy-source:/bucket/key"))
	assert.Contains(t, body, kms)
}

// TestSignatureVersion2Forms: forms whose policy is signed with Version 2.
func TestSignatureVersion2Forms(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		a.allow(`{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"StringEquals":{"s3:signatureversion":"AWS","s3:authType":"POST"}}}`)
		policy := base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"expiration":%q,"conditions":[{"bucket":"bucket"},["starts-with","$key","f/"]]}`,
			a.world.Clock().Now().Add(time.Minute).UTC().Format("2006-01-02T15:04:05Z")))
		post := func(fields ...string) (int, string) {
			var b bytes.Buffer
			w := multipart.NewWriter(&b)
			for i := 0; i < len(fields); i += 2 {
				require.NoError(t, w.WriteField(fields[i], fields[i+1]))
			}
			file, err := w.CreateFormFile("file", "name")
			require.NoError(t, err)
			_, err = file.Write([]byte("data"))
			require.NoError(t, err)
			require.NoError(t, w.Close())
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.address("bucket", ""), &b)
			require.NoError(t, err)
			r.Header.Set("Content-Type", w.FormDataContentType())
			status, body, _ := a.do(r)
			return status, body
		}
		status, body := post("key", "f/a", "AWSAccessKeyId", userVersion2(a).key, "policy", policy, "signature", userVersion2(a).sign(policy))
		require.Equal(t, http.StatusNoContent, status, body)
		got, err := a.root.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("f/a")})
		require.NoError(t, err)
		data, err := io.ReadAll(got.Body)
		require.NoError(t, err)
		assert.Equal(t, "data", string(data))
		_, body = post("key", "f/a", "AWSAccessKeyId", userVersion2(a).key, "policy", policy)
		assert.Contains(t, body, "<Code>InvalidArgument</Code><Message>Bucket POST must contain a field named 'Signature'.  If it is specified, please check the order of the fields.</Message><ArgumentName>Signature</ArgumentName>")
		_, body = post("key", "g/a", "AWSAccessKeyId", userVersion2(a).key, "policy", policy, "signature", userVersion2(a).sign(policy))
		assert.Contains(t, body, "Policy Condition failed")
		_, body = post("key", "f/a", "AWSAccessKeyId", userVersion2(a).key, "policy", policy, "signature", userVersion2(a).sign(policy+"x"))
		assert.Contains(t, body, "<Code>SignatureDoesNotMatch</Code>")
		a.allow(`{"Effect":"Allow","Action":"s3:PutObject","Resource":"*","Condition":{"StringEquals":{"s3:signatureversion":"AWS4-HMAC-SHA256"}}}`)
		status, body = post("key", "f/a", "AWSAccessKeyId", userVersion2(a).key, "policy", policy, "signature", userVersion2(a).sign(policy))
		assert.Equal(t, http.StatusForbidden, status, body)
	})
}
