package sigv4

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/smithy-go/encoding/httpbinding"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// overTheWire returns the request as a server sees it that a client has sent it
// to over a socket.
func overTheWire(t testing.TB, r *http.Request) *http.Request {
	t.Helper()
	var b bytes.Buffer
	out := r.Clone(r.Context())
	require.NoError(t, out.Write(&b))
	in, err := http.ReadRequest(bufio.NewReader(&b))
	require.NoError(t, err)
	return in
}

// drawRequest draws a request of a service.
func drawRequest(t *rapid.T, service string) *http.Request {
	text := rapid.StringMatching(`[ -~äß€]{0,12}`)
	path := "/" + rapid.StringMatching(`[ -~ä€/]{0,20}`).Draw(t, "path")
	if service != "s3" {
		// The SDK does not normalize paths, services do.
		path = "/" + strings.NewReplacer("/", "-", ".", "-").Replace(path[1:])
	}
	u := &url.URL{Scheme: "https", Host: "bucket.example.amazonaws.com", Path: path, RawPath: httpbinding.EscapePath(path, false)}
	q := url.Values{}
	for range rapid.IntRange(0, 4).Draw(t, "parameters") {
		q.Add(rapid.StringMatching(`[a-z][ -~ä]{0,6}`).Draw(t, "parameter"), text.Draw(t, "value"))
	}
	u.RawQuery = q.Encode()
	r := &http.Request{
		Method: rapid.SampledFrom([]string{"GET", "PUT", "POST", "DELETE", "HEAD"}).Draw(t, "method"),
		URL:    u, Host: rapid.SampledFrom([]string{"", "other.example:4566"}).Draw(t, "host"), Header: http.Header{},
	}
	for range rapid.IntRange(0, 4).Draw(t, "headers") {
		name := rapid.SampledFrom([]string{"Content-Type", "X-Amz-Meta-A", "X-Amz-Acl", "Range", "X-Other", "X-Amz-Target"}).Draw(t, "header")
		r.Header.Add(name, strings.TrimSpace(text.Draw(t, "header value")))
	}
	if r.Method == "PUT" || r.Method == "POST" {
		r.ContentLength = int64(rapid.IntRange(1, 9).Draw(t, "length"))
		r.Body = io.NopCloser(strings.NewReader(strings.Repeat("x", int(r.ContentLength))))
	}
	return r
}

// Whatever the SDK signs verifies, in process and over a socket; with any part
// of it changed it does not.
func TestWhateverTheSDKSigns(t *testing.T) {
	t.Parallel()
	var v Verifier
	rapid.Check(t, func(rt *rapid.T) {
		service := rapid.SampledFrom([]string{"s3", "sqs", "lambda"}).Draw(rt, "service")
		r := drawRequest(rt, service)
		creds := testCreds
		if rapid.Bool().Draw(rt, "session") {
			creds.SessionToken = "FwoGZXIvYXdzE+/=="
		}
		hash := Hash([]byte("body"))
		if rapid.Bool().Draw(rt, "presigned") {
			if service == "s3" {
				hash = UnsignedPayload
			}
			signed := presign(t, r, creds, service, hash, time.Hour)
			// Request.URL of a received request has RawPath as it was sent.
			signed.Body, signed.ContentLength, signed.Host = r.Body, r.ContentLength, r.Host
			r = signed
		} else {
			if service == "s3" {
				r.Header.Set("X-Amz-Content-Sha256", hash)
			}
			sign(t, r, creds, service, hash)
		}
		check := func(r *http.Request, secret, hash string) error {
			s, err := Parse(r)
			if err == nil {
				err = s.CheckToken(creds.SessionToken)
			}
			if err == nil {
				err = v.Verify(r, s, secret, hash, exampleTime)
			}
			return err
		}
		wired := overTheWire(t, r)
		require.NoError(rt, check(r, exampleSecret, hash))
		require.NoError(rt, check(wired, exampleSecret, hash))

		require.Error(rt, check(wired, exampleSecret+"x", hash))
		if service != "s3" {
			require.Error(rt, check(wired, exampleSecret, Hash([]byte("Body"))))
		}
		what := rapid.SampledFrom(mutations).Draw(rt, "mutation")
		if changed := wired.Clone(t.Context()); what.change(rt, changed) {
			require.Error(rt, check(changed, exampleSecret, hash), what.name)
		}
	})
}

// mutations change one part of a request. They report false where there is
// nothing to change.
var mutations = []struct {
	name   string
	change func(*rapid.T, *http.Request) bool
}{
	{"method", func(_ *rapid.T, r *http.Request) bool { r.Method += "S"; return true }},
	{"path", func(t *rapid.T, r *http.Request) bool {
		i := rapid.IntRange(1, len(r.URL.Path)).Draw(t, "at")
		r.URL.Path, r.URL.RawPath = r.URL.Path[:i]+"x"+r.URL.Path[i:], ""
		return true
	}},
	{"host", func(_ *rapid.T, r *http.Request) bool { r.Host += "x"; return true }},
	{"length", func(_ *rapid.T, r *http.Request) bool {
		if r.ContentLength <= 0 || r.URL.Query().Has("X-Amz-Signature") && !strings.Contains(r.URL.RawQuery, "content-length") {
			return false
		}
		r.ContentLength++
		r.Header.Del("Content-Length")
		return true
	}},
	{"parameter added", func(_ *rapid.T, r *http.Request) bool { r.URL.RawQuery += "&acl"; return true }},
	{"parameter dropped", func(t *rapid.T, r *http.Request) bool {
		params := strings.Split(r.URL.RawQuery, "&")
		i := rapid.IntRange(0, len(params)-1).Draw(t, "parameter")
		if params[i] == "" {
			return false
		}
		r.URL.RawQuery = strings.Join(append(params[:i:i], params[i+1:]...), "&")
		return true
	}},
	{"parameter changed", func(t *rapid.T, r *http.Request) bool {
		params := strings.Split(r.URL.RawQuery, "&")
		i := rapid.IntRange(0, len(params)-1).Draw(t, "parameter")
		if params[i] == "" || strings.HasPrefix(params[i], "X-Amz-Expires=") {
			return false
		}
		params[i] += "0"
		r.URL.RawQuery = strings.Join(params, "&")
		return true
	}},
	{"signed header", func(t *rapid.T, r *http.Request) bool {
		names := make([]string, 0, len(r.Header))
		for name := range r.Header {
			if name != "User-Agent" {
				names = append(names, name)
			}
		}
		if len(names) == 0 {
			return false
		}
		name := rapid.SampledFrom(names).Draw(t, "signed header")
		r.Header[name][0] += "0"
		return true
	}},
	{"header added", func(_ *rapid.T, r *http.Request) bool {
		if strings.Contains(r.Header.Get("Authorization")+r.URL.RawQuery, "SignedHeaders=content-type") {
			r.Header.Add("Content-Type", "more")
			return true
		}
		return false
	}},
	{"region", func(_ *rapid.T, r *http.Request) bool {
		return replaceInSignature(r, "us-east-1", "us-east-2")
	}},
	{"terminator", func(_ *rapid.T, r *http.Request) bool {
		return replaceInSignature(r, "aws4_request", "aws5_request")
	}},
	{"later", func(_ *rapid.T, r *http.Request) bool {
		if r.Header.Get("X-Amz-Date") == "" {
			r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "T000000Z", "T000001Z", 1)
		} else {
			r.Header.Set("X-Amz-Date", "20130524T000001Z")
		}
		return true
	}},
	{"longer", func(_ *rapid.T, r *http.Request) bool {
		if !strings.Contains(r.URL.RawQuery, "X-Amz-Expires=3600") {
			return false
		}
		r.URL.RawQuery = strings.Replace(r.URL.RawQuery, "X-Amz-Expires=3600", "X-Amz-Expires=3601", 1)
		return true
	}},
}

// replaceInSignature changes the credential scope, wherever it is.
func replaceInSignature(r *http.Request, old, with string) bool {
	if h := r.Header["Authorization"]; h != nil {
		h[0] = strings.Replace(h[0], old, with, 1)
		return true
	}
	r.URL.RawQuery = strings.Replace(r.URL.RawQuery, old, with, 1)
	return true
}
