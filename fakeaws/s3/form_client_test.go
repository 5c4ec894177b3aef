package s3_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A formUpload is a form as a browser posts it: pairs of names and values, and the
// file at the end.
type formUpload struct {
	fields   []string
	file     string
	filename string
	noFile   bool
}

func (f *formUpload) request(t testing.TB, url string) *http.Request {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(f.fields); i += 2 {
		require.NoError(t, w.WriteField(f.fields[i], f.fields[i+1]))
	}
	if !f.noFile {
		part, err := w.CreateFormFile("file", f.filename)
		require.NoError(t, err)
		_, err = io.WriteString(part, f.file)
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, &body)
	require.NoError(t, err)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return r
}

// signed adds a policy of conditions, which leaves the fields but the key free, and
// its signature.
func (a *account) signed(c *awss3.Client, conditions string, fields ...string) []string {
	a.t.Helper()
	cred, err := c.Options().Credentials.Retrieve(a.t.Context())
	require.NoError(a.t, err)
	for i := 0; i < len(fields); i += 2 {
		if fields[i] != "key" {
			conditions += `,["starts-with","$` + fields[i] + `",""]`
		}
	}
	now := a.world.Clock().Now().UTC()
	date := now.Format("20060102")
	scope := cred.AccessKeyID + "/" + date + "/us-east-1/s3/aws4_request"
	stamp := now.Format("20060102T150405Z")
	policy := base64.StdEncoding.EncodeToString([]byte(`{"expiration":"` + now.Add(time.Hour).Format("2006-01-02T15:04:05.000Z") + `","conditions":[` +
		conditions + `,{"x-amz-credential":"` + scope + `"},{"x-amz-algorithm":"AWS4-HMAC-SHA256"},{"x-amz-date":"` + stamp + `"}]}`))
	mac := func(key []byte, text string) []byte {
		h := hmac.New(sha256.New, key)
		h.Write([]byte(text))
		return h.Sum(nil)
	}
	key := mac(mac(mac(mac([]byte("AWS4"+cred.SecretAccessKey), date), "us-east-1"), "s3"), "aws4_request")
	return append(fields, "policy", policy, "x-amz-credential", scope, "x-amz-algorithm", "AWS4-HMAC-SHA256", "x-amz-date", stamp,
		"x-amz-signature", hex.EncodeToString(mac(key, policy)))
}

func errorCode(t testing.TB, resp *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	var e struct{ Code, Message string }
	require.NoError(t, xml.Unmarshal(body, &e), string(body))
	return e.Code
}

func TestFormUpload(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		const conditions = `{"bucket":"bucket"},["starts-with","$key","user/"],["content-length-range",1,10]`
		post := func(f formUpload) *http.Response {
			resp, err := a.http.Do(f.request(t, a.address("bucket", "")))
			require.NoError(t, err)
			return resp
		}
		resp := post(formUpload{filename: `C:\pictures\a b.txt`, file: "hello", fields: a.signed(a.root, conditions,
			"key", "user/${filename}", "Content-Type", "text/plain", "x-amz-meta-name", "v",
			"tagging", "<Tagging><TagSet><Tag><Key>k</Key><Value>a b</Value></Tag></TagSet></Tagging>")})
		text, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusNoContent, resp.StatusCode, string(text))
		assert.NotEmpty(t, resp.Header.Get("ETag"))
		out, err := a.root.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("user/a b.txt")})
		require.NoError(t, err)
		data, err := io.ReadAll(out.Body)
		require.NoError(t, err)
		assert.Equal(t, "hello", string(data))
		assert.Equal(t, "text/plain", *out.ContentType)
		assert.Equal(t, map[string]string{"name": "v"}, out.Metadata)
		tags, err := a.root.GetObjectTagging(t.Context(), &awss3.GetObjectTaggingInput{Bucket: aws.String("bucket"), Key: aws.String("user/a b.txt")})
		require.NoError(t, err)
		assert.Equal(t, "a b", *tags.TagSet[0].Value)

		resp = post(formUpload{file: "x", fields: a.signed(a.root, conditions, "key", "user/k", "success_action_status", "201")})
		assert.Equal(t, http.StatusCreated, resp.StatusCode)
		var made struct{ Location, Bucket, Key, ETag string }
		require.NoError(t, xml.NewDecoder(resp.Body).Decode(&made))
		assert.Equal(t, []string{"bucket", "user/k", resp.Header.Get("ETag")}, []string{made.Bucket, made.Key, made.ETag})
		assert.True(t, strings.HasSuffix(made.Location, "/user/k"), made.Location)

		resp = post(formUpload{file: "x", fields: a.signed(a.root, conditions, "key", "user/k", "success_action_redirect", "https://example.com/done?a=1")})
		assert.Equal(t, http.StatusSeeOther, resp.StatusCode)
		assert.Contains(t, resp.Header.Get("Location"), "https://example.com/done?a=1&bucket=bucket&etag=%22")

		for want, f := range map[string]formUpload{
			"EntityTooLarge":        {file: "12345678901", fields: a.signed(a.root, conditions, "key", "user/large")},
			"EntityTooSmall":        {file: "", fields: a.signed(a.root, conditions, "key", "user/small")},
			"InvalidArgument":       {file: "x", fields: a.signed(a.root, conditions)},
			"MalformedXML":          {file: "x", fields: a.signed(a.root, conditions, "key", "user/k", "tagging", "no")},
			"InvalidAccessKeyId":    {file: "x", fields: replaced(a.signed(a.root, conditions, "key", "user/k"), "x-amz-credential", "AKIANOBODY")},
			"SignatureDoesNotMatch": {file: "x", fields: replaced(a.signed(a.root, conditions, "key", "user/k"), "x-amz-signature", strings.Repeat("0", 64))},
		} {
			assert.Equal(t, want, errorCode(t, post(f)))
		}
		resp = post(formUpload{file: "x", fields: a.signed(a.root, conditions, "key", "other/k")})
		assert.Equal(t, http.StatusForbidden, resp.StatusCode, "the key is not what the policy allows")
		require.NoError(t, resp.Body.Close())
		resp = post(formUpload{noFile: true, fields: a.signed(a.root, conditions, "key", "user/k")})
		assert.Equal(t, "InvalidArgument", errorCode(t, resp))
		for _, key := range []string{"user/large", "user/small", "other/k"} {
			requireAPIError(t, get(t.Context(), a.root, "bucket", key), "NoSuchKey", "")
		}
	})
}

// TestFormWithoutNames: a file without a name is no value for ${filename}, and metadata that
// is not ASCII comes back encoded.
func TestFormWithoutNames(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		resp, err := a.http.Do((&formUpload{file: "x", fields: a.signed(a.root, `{"bucket":"bucket"},["starts-with","$key",""]`,
			"key", "files/${filename}", "x-amz-meta-name", "Ä€")}).request(t, a.address("bucket", "")))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusNoContent, resp.StatusCode)
		out, err := a.root.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("files/${filename}")})
		require.NoError(t, err)
		assert.Equal(t, map[string]string{"name": "=?UTF-8?B?w4Tigqw=?="}, out.Metadata)
	})
}

// replaced replaces the beginning of a field's value, or all of it.
func replaced(fields []string, name, value string) []string {
	for i := 0; i < len(fields); i += 2 {
		if fields[i] == name {
			_, rest, _ := strings.Cut(fields[i+1], "/")
			if rest != "" {
				value += "/" + rest
			}
			fields[i+1] = value
		}
	}
	return fields
}

// TestFormUploadIsJudged: the permission is the signer's, of s3:PutObject, and its
// conditions see a form.
func TestFormUploadIsJudged(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		post := func(f formUpload) *http.Response {
			resp, err := a.http.Do(f.request(t, a.address("bucket", "")))
			require.NoError(t, err)
			return resp
		}
		upload := func() *http.Response {
			return post(formUpload{file: "x", fields: a.signed(a.user, `{"bucket":"bucket"},{"key":"k"}`, "key", "k")})
		}
		assert.Equal(t, "AccessDenied", errorCode(t, upload()))
		a.allow(`{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket/k","Condition":{"StringEquals":{"s3:authType":"REST-HEADER"}}}`)
		assert.Equal(t, "AccessDenied", errorCode(t, upload()))
		a.allow(`{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket/k","Condition":{"StringEquals":{"s3:authType":"POST","s3:signatureversion":"AWS4-HMAC-SHA256"},"Null":{"s3:signatureAge":"true"}}}`)
		assert.Equal(t, http.StatusNoContent, upload().StatusCode)
		last := a.world.Log().Events()[len(a.world.Log().Events())-1]
		assert.Equal(t, "PutObject", last.Operation)

		assert.Equal(t, "AccessDenied", errorCode(t, post(formUpload{file: "x", fields: []string{"key", "anonymous"}})))
		_, err := a.root.DeletePublicAccessBlock(t.Context(), &awss3.DeletePublicAccessBlockInput{Bucket: aws.String("bucket")})
		require.NoError(t, err)
		_, err = a.root.PutBucketPolicy(t.Context(), &awss3.PutBucketPolicyInput{Bucket: aws.String("bucket"), Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket/*"}]}`)})
		require.NoError(t, err)
		assert.Equal(t, http.StatusNoContent, post(formUpload{file: "x", fields: []string{"key", "anonymous"}}).StatusCode)
	})
}

func FuzzForm(f *testing.F) {
	f.Add("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=\"key\"\r\n\r\nk\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"x\"\r\n\r\ndata\r\n--b--\r\n"))
	f.Add("multipart/form-data", []byte("--"))
	f.Add("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=\"policy\"\r\n\r\ne30=\r\n--b--"))
	a := newAccount(f)
	a.bucket("bucket")
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		r := httptest.NewRequest(http.MethodPost, "https://bucket.s3.us-east-1.amazonaws.com/", bytes.NewReader(body))
		r.Header.Set("Content-Type", contentType)
		resp, err := a.world.Door().RoundTrip(r)
		require.NoError(t, err)
		assert.GreaterOrEqual(t, resp.StatusCode, 400, "nobody may write unsigned")
		assert.Less(t, resp.StatusCode, 500)
		_ = resp.Body.Close()
	})
}
