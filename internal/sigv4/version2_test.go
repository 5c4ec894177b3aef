package sigv4

import (
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// The examples of the page "Signing and authenticating REST requests (AWS signature
// version 2)", whose secret is exampleSecret.
func TestPublishedVersion2Examples(t *testing.T) {
	t.Parallel()
	const key, bucket = exampleKey, "johnsmith"
	for name, c := range map[string]struct {
		method, url, bucket string
		headers             []string
		toSign              string
		signature           string // as printed; empty where the page prints another than that of its string to sign
	}{
		"object GET": {"GET", "https://h/photos/puppy.jpg", bucket, []string{"Date:Tue, 27 Mar 2007 19:36:42 +0000"},
			"GET\n\n\nTue, 27 Mar 2007 19:36:42 +0000\n/johnsmith/photos/puppy.jpg", "bWq2s1WEIj+Ydj0vQ697zp+IXMU="},
		"object PUT": {"PUT", "https://h/photos/puppy.jpg", bucket, []string{"Content-Type:image/jpeg", "Date:Tue, 27 Mar 2007 21:15:45 +0000"},
			"PUT\n\nimage/jpeg\nTue, 27 Mar 2007 21:15:45 +0000\n/johnsmith/photos/puppy.jpg", "MyyxeRY7whkBe+bq8fHCL/2kKUg="},
		"list": {"GET", "https://h/?prefix=photos&max-keys=50&marker=puppy", bucket, []string{"Date:Tue, 27 Mar 2007 19:42:41 +0000"},
			"GET\n\n\nTue, 27 Mar 2007 19:42:41 +0000\n/johnsmith/", "htDYFYduRNen8P9ZfE/s9SuKy0U="},
		"fetch": {"GET", "https://h/?acl", bucket, []string{"Date:Tue, 27 Mar 2007 19:44:46 +0000"},
			"GET\n\n\nTue, 27 Mar 2007 19:44:46 +0000\n/johnsmith/?acl", "c2WLPFtWHVgbEmeEG93a4cG37dM="},
		"delete with x-amz-date": {"DELETE", "https://h/johnsmith/photos/puppy.jpg", "", []string{"Date:Tue, 27 Mar 2007 21:20:27 +0000", "X-Amz-Date:Tue, 27 Mar 2007 21:20:26 +0000"},
			"DELETE\n\n\n\nx-amz-date:Tue, 27 Mar 2007 21:20:26 +0000\n/johnsmith/photos/puppy.jpg", ""},
		"upload": {"PUT", "https://h/db-backup.dat.gz", "static.johnsmith.net", []string{"Date:Tue, 27 Mar 2007 21:06:08 +0000", "X-Amz-Acl:public-read", "Content-Type:application/x-download",
			"Content-Md5:4gJE4saaMU4BqNR0kLY+lw==", "X-Amz-Meta-ReviewedBy:joe@johnsmith.net", "X-Amz-Meta-Reviewedby:jane@johnsmith.net",
			"X-Amz-Meta-FileChecksum:0x02661779", "X-Amz-Meta-ChecksumAlgorithm:crc32", "Content-Encoding:gzip"},
			"PUT\n4gJE4saaMU4BqNR0kLY+lw==\napplication/x-download\nTue, 27 Mar 2007 21:06:08 +0000\nx-amz-acl:public-read\nx-amz-meta-checksumalgorithm:crc32\n" +
				"x-amz-meta-filechecksum:0x02661779\nx-amz-meta-reviewedby:joe@johnsmith.net,jane@johnsmith.net\n/static.johnsmith.net/db-backup.dat.gz", "ilyl83RwaSoYIEdixDQcA4OnAnc="},
		"bucket in the path": {"GET", "https://h/johnsmith?acl", "", []string{"Date:Tue, 27 Mar 2007 19:44:46 +0000"},
			"GET\n\n\nTue, 27 Mar 2007 19:44:46 +0000\n/johnsmith?acl", ""},
		"list all buckets": {"GET", "https://h/", "", []string{"Date:Wed, 28 Mar 2007 01:29:59 +0000"}, "GET\n\n\nWed, 28 Mar 2007 01:29:59 +0000\n/", "qGdzdERIC03wnaRNKh6OqZehG9s="},
		"unicode keys": {"GET", "https://h/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re", "", []string{"Date:Wed, 28 Mar 2007 01:49:49 +0000"},
			"GET\n\n\nWed, 28 Mar 2007 01:49:49 +0000\n/dictionary/fran%C3%A7ais/pr%c3%a9f%c3%a8re", "DNEZGsoieTZ92F3bUfSPQcbGmlM="},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRequest(t, c.method, c.url, c.headers...)
			signature := hmac1(exampleSecret, c.toSign)
			if c.signature != "" {
				assert.Equal(t, c.signature, signature)
			}
			r.Header.Set("Authorization", "AWS "+key+":"+signature)
			s, err := Parse(r)
			require.NoError(t, err)
			s.InBucket(c.bucket)
			require.NoError(t, new(Verifier).Verify(r, s, exampleSecret, "", s.Time.Add(14*time.Minute)))
			assert.Equal(t, []string{key, "AWS", "REST-HEADER", ""}, []string{s.AccessKeyID, s.Version(), s.AuthType(), s.Service})
			err = new(Verifier).Verify(r, s, "x", "", s.Time)
			require.Equal(t, BadSignature, reasonOf(t, err))
			assert.Equal(t, c.toSign, err.(*Error).StringToSign)
			assert.Equal(t, ClockSkew, reasonOf(t, new(Verifier).Verify(r, s, exampleSecret, "", s.Time.Add(16*time.Minute))))
			assert.Equal(t, ClockSkew, reasonOf(t, new(Verifier).Verify(r, s, exampleSecret, "", s.Time.Add(-16*time.Minute))))
		})
	}
}

// boto signs a bucket in the path with a slash that it does not send.
func TestVersion2Slash(t *testing.T) {
	t.Parallel()
	const date = "Tue, 27 Mar 2007 19:44:46 +0000"
	for path, ok := range map[string]bool{"/bucket": true, "/bucket/": true, "/bucket/key": false, "/other": false} {
		r := newRequest(t, "GET", "https://h"+path+"?acl", "Date:"+date)
		r.Header.Set("Authorization", "AWS AKID:"+hmac1(exampleSecret, "GET\n\n\n"+date+"\n/bucket/?acl"))
		s, err := Parse(r)
		require.NoError(t, err)
		assert.Equal(t, ok, new(Verifier).Verify(r, s, exampleSecret, "", s.Time) == nil, path)
	}
}

func hmac1(secret, text string) string {
	h := hmac.New(sha1.New, []byte(secret))
	h.Write([]byte(text))
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// A plainRequest is a request in its parts, of which plainVersion2 makes the string to
// sign by the page, in another way than this package: from what the client knows, not
// from what arrives.
type plainRequest struct {
	method, bucket, path string // the path in the form that is sent
	virtual              bool
	headers              map[string][]string // by names in lower case
	subresources         map[string]string
	ignored              url.Values
	date                 string
}

func (p *plainRequest) toSign() string {
	lines := []string{p.method, strings.Join(p.headers["content-md5"], ","), strings.Join(p.headers["content-type"], ","), p.date}
	var amz, sub []string
	for _, name := range slices.Sorted(maps.Keys(p.headers)) {
		if strings.HasPrefix(name, "x-amz-") {
			amz = append(amz, name+":"+strings.Join(p.headers[name], ","))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.subresources)) {
		if value := p.subresources[name]; value != "" {
			name += "=" + value
		}
		sub = append(sub, name)
	}
	resource := "/" + p.bucket + p.path
	if len(sub) > 0 {
		resource += "?" + strings.Join(sub, "&")
	}
	return strings.Join(append(append(lines, amz...), resource), "\n")
}

// request is what the client sends, but for the signature.
func (p *plainRequest) request(t require.TestingT) *http.Request {
	target := "https://s3.amazonaws.com/" + p.bucket + p.path
	if p.virtual {
		target = "https://" + p.bucket + ".s3.amazonaws.com" + p.path
	}
	var query []string
	for name, value := range p.subresources {
		if value != "" {
			name += "=" + url.QueryEscape(value)
		}
		query = append(query, name)
	}
	if more := p.ignored.Encode(); more != "" {
		query = append(query, more)
	}
	r, err := http.NewRequest(p.method, target+"?"+strings.Join(query, "&"), http.NoBody)
	require.NoError(t, err)
	for name, values := range p.headers {
		for _, value := range values {
			r.Header.Add(name, " "+value+" ")
		}
	}
	return r
}

func drawPlain(t *rapid.T) *plainRequest {
	text := rapid.StringMatching(`[!-~]([ -~]{0,8}[!-~])?`)
	p := &plainRequest{
		method: rapid.SampledFrom([]string{"GET", "PUT", "POST", "DELETE", "HEAD"}).Draw(t, "method"), bucket: "bucket",
		path:    "/" + rapid.StringMatching(`([a-z0-9/.]|%20|%2F|%C3%A4|~|\+){0,12}`).Draw(t, "path"),
		virtual: rapid.Bool().Draw(t, "virtual"), headers: map[string][]string{}, subresources: map[string]string{}, ignored: url.Values{},
	}
	for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"content-type", "content-md5", "x-amz-acl", "x-amz-meta-b", "x-amz-meta-a", "x-amz-meta-b-c", "range", "if-match"}), rapid.ID).Draw(t, "headers") {
		p.headers[name] = []string{text.Draw(t, name)}
		if strings.HasPrefix(name, "x-amz-meta") && rapid.Bool().Draw(t, "twice") {
			p.headers[name] = append(p.headers[name], text.Draw(t, name))
		}
	}
	for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"acl", "uploads", "versionId", "partNumber", "response-content-type", "response-expires", "tagging", "encryption"}), 0, 3, rapid.ID).Draw(t, "subresources") {
		p.subresources[name] = rapid.OneOf(rapid.Just(""), text).Draw(t, name)
	}
	for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom([]string{"prefix", "max-keys", "list-type", "x-id"}), rapid.ID).Draw(t, "ignored") {
		p.ignored.Set(name, text.Draw(t, name))
	}
	return p
}

// What an independent signer signs is verified, and nothing that was changed afterwards.
func TestVersion2AgainstAnotherSigner(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawPlain(t)
		now := exampleTime
		secret := rapid.StringMatching(`[A-Za-z0-9/+]{1,40}`).Draw(t, "secret")
		var r *http.Request
		if rapid.Bool().Draw(t, "presigned") {
			p.date = strconv.FormatInt(now.Unix()+60, 10)
			r = p.request(t)
			q := url.Values{"AWSAccessKeyId": {"AKID"}, "Expires": {p.date}, "Signature": {hmac1(secret, p.toSign())}}
			r.URL.RawQuery = strings.TrimPrefix(r.URL.RawQuery+"&"+q.Encode(), "&")
			hoist(t, r)
		} else {
			p.date = now.Format(http.TimeFormat)
			r = p.request(t)
			r.Header.Set("Date", p.date)
			if rapid.Bool().Draw(t, "x-amz-date") {
				p.headers["x-amz-date"], p.date = []string{p.date}, ""
				r.Header.Set("X-Amz-Date", p.headers["x-amz-date"][0])
			}
			r.Header.Set("Authorization", "AWS AKID:"+hmac1(secret, p.toSign()))
		}
		r = overTheWire(t, r)
		verify := func(secret string) error {
			s, err := Parse(r)
			require.NoError(t, err)
			if p.virtual {
				s.InBucket(p.bucket)
			}
			return new(Verifier).Verify(r, s, secret, "", now)
		}
		require.NoError(t, verify(secret), p.toSign())
		require.Error(t, verify(secret+"x"))
		change(t, r)
		var bad *Error
		require.ErrorAs(t, verify(secret), &bad)
		require.Equal(t, BadSignature, bad.Reason)
	})
}

// hoist moves headers of a presigned request into its query, as signers of Version 2 do.
func hoist(t *rapid.T, r *http.Request) {
	for name, values := range r.Header {
		own := strings.HasPrefix(name, "X-Amz-") || strings.HasPrefix(name, "Content-")
		if own && len(values) == 1 && rapid.Bool().Draw(t, "hoist "+name) {
			r.URL.RawQuery += "&" + strings.ToLower(name) + "=" + url.QueryEscape(strings.TrimSpace(values[0]))
			delete(r.Header, name)
		}
	}
}

// change changes one part of a request that its signature covers.
func change(t *rapid.T, r *http.Request) {
	switch rapid.IntRange(0, 5).Draw(t, "change") {
	case 0:
		r.Method += "X"
	case 1:
		r.URL.RawQuery += "&policy"
	case 2:
		r.Header.Add("X-Amz-Grant-Read", "id=x")
	case 3:
		r.URL.Path, r.URL.RawPath = r.URL.Path+"x", ""
	case 4:
		r.Header.Set("Content-Type", "changed/type")
	case 5:
		r.URL.RawQuery += "&encryption=x"
	}
}

// Whoever has a presigned URL must not make a request for another operation of it: all
// parameters that S3's operations differ by are signed.
func TestVersion2SignsWhatTellsOperations(t *testing.T) {
	t.Parallel()
	file, err := os.Open("../wire/schemas/s3.json.gz")
	require.NoError(t, err)
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	require.NoError(t, err)
	var model struct {
		Operations []struct{ Name, URI string }
	}
	require.NoError(t, json.NewDecoder(unzipped).Decode(&model))
	require.NotEmpty(t, model.Operations)
	found := 0
	for _, o := range model.Operations {
		_, query, _ := strings.Cut(o.URI, "?")
		for param := range strings.SplitSeq(query, "&") {
			name, _, _ := strings.Cut(param, "=")
			if name == "" || name == "x-id" || name == "list-type" {
				continue // they tell no operations of different permissions apart
			}
			found++
			assert.True(t, signedParameters[name], "%s of %s", name, o.Name)
		}
	}
	assert.Greater(t, found, 50)
}

func TestVersion2Headers(t *testing.T) {
	t.Parallel()
	date := "Date:" + exampleTime.Format(http.TimeFormat)
	const invalid = "AWS authorization header is invalid.  Expected AwsAccessKeyId:signature"
	for name, c := range map[string]struct {
		headers []string
		want    words
	}{
		"no colon":     {[]string{"Authorization:AWS AKID", date}, words{400, "InvalidArgument", invalid}},
		"two colons":   {[]string{"Authorization:AWS AKID:x:y", date}, words{400, "InvalidArgument", invalid}},
		"nothing":      {[]string{"Authorization:AWS ", date}, words{400, "InvalidArgument", invalid}},
		"no date":      {[]string{"Authorization:AWS AKID:x"}, words{403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header"}},
		"no such date": {[]string{"Authorization:AWS AKID:x", "Date:yesterday"}, words{403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header"}},
		"x-amz-date counts first": {[]string{"Authorization:AWS AKID:x", date, "X-Amz-Date:yesterday"},
			words{403, "AccessDenied", "AWS authentication requires a valid Date or x-amz-date header"}},
	} {
		_, err := Parse(newRequest(t, "GET", "https://b.s3.amazonaws.com/k", c.headers...))
		var e *Error
		require.ErrorAs(t, err, &e, name)
		assert.Equal(t, c.want, wordsOf(e.For(S3)), name)
		assert.GreaterOrEqual(t, e.For(Query).Status, 400)
	}
	for _, zone := range []string{"-0000", "+0000", "GMT"} {
		s, err := Parse(newRequest(t, "GET", "https://b.s3.amazonaws.com/k", "Authorization:AWS AKID:x", "Date:Fri, 24 May 2013 00:00:00 "+zone))
		require.NoError(t, err)
		assert.Equal(t, exampleTime, s.Time, zone)
		assert.True(t, s.Covers("us-east-1"))
		assert.False(t, s.Covers("eu-central-1"))
	}
}

func TestVersion2Expiry(t *testing.T) {
	t.Parallel()
	p := &plainRequest{method: "GET", bucket: "b", path: "/k", date: strconv.FormatInt(exampleTime.Unix(), 10)}
	r := p.request(t)
	r.URL.RawQuery += url.Values{"AWSAccessKeyId": {"AKID"}, "Expires": {p.date}, "Signature": {hmac1(exampleSecret, p.toSign())}}.Encode()
	s, err := Parse(r)
	require.NoError(t, err)
	require.NoError(t, new(Verifier).Verify(r, s, exampleSecret, "", exampleTime.Add(-time.Second)))
	require.NoError(t, new(Verifier).Verify(r, s, exampleSecret, "", exampleTime.AddDate(-9, 0, 0)), "Version 2 has no longest life")
	err = new(Verifier).Verify(r, s, exampleSecret, "", exampleTime)
	require.Equal(t, URLExpired, reasonOf(t, err))
	w := err.(*Error).For(S3)
	assert.Equal(t, words{403, "AccessDenied", "Request has expired"}, wordsOf(w))
	assert.Equal(t, "2013-05-24T00:00:00Z", field(w, "Expires"))
	assert.Equal(t, "2013-05-24T00:00:00Z", field(w, "ServerTime"))
	assert.Len(t, w.Fields, 2)
}

// A form of Signature Version 2 names its fields otherwise, and they need no condition.
func TestVersion2Form(t *testing.T) {
	t.Parallel()
	form := func(conditions string) *PostForm {
		policy := base64.StdEncoding.EncodeToString([]byte(`{"expiration":"2013-05-25T00:00:00Z","conditions":[{"bucket":"b"},["starts-with","$key",""]` + conditions + `]}`))
		return &PostForm{Bucket: "b", Fields: []PostField{{"key", "k"}, {"AWSAccessKeyId", "AKID"}, {"Policy", policy}, {"signature", hmac1(exampleSecret, policy)}}}
	}
	s, err := verifyForm(form(`,["content-length-range",1,9]`), exampleSecret, exampleTime)
	require.NoError(t, err)
	assert.Equal(t, []string{"AKID", "AWS", "POST"}, []string{s.AccessKeyID, s.Version(), s.AuthType()})
	assert.EqualValues(t, 9, s.MaxLength())
	_, err = verifyForm(form(""), exampleSecret+"x", exampleTime)
	assert.Equal(t, BadSignature, reasonOf(t, err))
	_, err = verifyForm(form(`,{"acl":"private"}`), exampleSecret, exampleTime)
	assert.Equal(t, PolicyViolated, reasonOf(t, err))
	_, err = verifyForm(form(""), exampleSecret, exampleTime.AddDate(0, 0, 2))
	assert.Equal(t, PolicyViolated, reasonOf(t, err))
	f := form("")
	f.set("x-amz-signature", "x")
	_, err = verifyForm(f, exampleSecret, exampleTime)
	assert.Equal(t, PolicyViolated, reasonOf(t, err), "it is a field as any other")
	f = form("")
	f.set("x-amz-security-token", "token")
	_, err = verifyForm(f, exampleSecret, exampleTime)
	assert.Equal(t, PolicyViolated, reasonOf(t, err))
}

// FuzzVersion2: a request that says it is signed with Signature Version 2 is an error, or
// verifies with the signature of what it is and with no other.
func FuzzVersion2(f *testing.F) {
	f.Add("GET", "/k", "acl&prefix=a", "AWS AKID:x", "Fri, 24 May 2013 00:00:00 GMT", "text/plain")
	f.Add("PUT", "/%C3%A4//b", "Signature=x&Expires=1369353600&AWSAccessKeyId=AKID&x-amz-meta-a=b", "", "", "")
	f.Add("GET", "", "uploadId=%2B+&response-expires=&acl=", "AWS A:B=", "Fri, 24 May 2013 00:00:00 -0000", "")
	f.Fuzz(func(t *testing.T, method, path, query, authorization, date, kind string) {
		r := &http.Request{Method: method, URL: &url.URL{Host: "h", Path: path, RawQuery: query}, Header: http.Header{
			"Authorization": {authorization}, "Date": {date}, "Content-Type": {kind},
		}}
		s, err := Parse(r)
		if err != nil {
			checkWords(t, err)
			return
		}
		if s == nil || !s.Version2() {
			return
		}
		now := s.Time
		if s.Presigned {
			now = now.Add(-time.Second)
		}
		err = new(Verifier).Verify(r, s, "secret", EmptyHash, now)
		if err == nil {
			t.Fatalf("forged: %+v", s)
		}
		checkWords(t, err)
		s.Signature = hmac1("secret", err.(*Error).StringToSign)
		if err := new(Verifier).Verify(r, s, "secret", EmptyHash, now); err != nil {
			t.Fatalf("not verified: %v", err)
		}
		s.InBucket("other")
		if err := new(Verifier).Verify(r, s, "secret", EmptyHash, now); err == nil {
			t.Fatalf("the bucket is not signed: %+v", s)
		}
	})
}
