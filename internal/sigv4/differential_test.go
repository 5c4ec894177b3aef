package sigv4

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/smithy-go/encoding/httpbinding"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// overTheWire returns the request as a server sees it that a client has sent it
// to over a socket.
func overTheWire(t require.TestingT, r *http.Request) *http.Request {
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
	path := "/" + rapid.StringMatching(`[ -~ä€/.]{0,20}`).Draw(t, "path")
	u := &url.URL{Scheme: "https", Host: "bucket.example.amazonaws.com", Path: path, RawPath: httpbinding.EscapePath(path, false)}
	q := url.Values{}
	for range rapid.IntRange(0, 4).Draw(t, "parameters") {
		q.Add(rapid.StringMatching(`[a-z][ -~ä]{0,6}`).Draw(t, "parameter"), text.Draw(t, "value"))
	}
	u.RawQuery = q.Encode()
	r := &http.Request{
		Method: rapid.SampledFrom([]string{"GET", "PUT", "POST", "DELETE", "HEAD"}).Draw(t, "method"),
		URL:    u, Host: rapid.SampledFrom([]string{"", "other.example:4566", "other.example:443"}).Draw(t, "host"), Header: http.Header{},
	}
	for range rapid.IntRange(0, 4).Draw(t, "headers") {
		name := rapid.SampledFrom([]string{"Content-Type", "X-Amz-Meta-A", "X-Amz-Acl", "Range", "X-Other", "X-Amz-Target", "X-Amz-Checksum-Crc32"}).Draw(t, "header")
		r.Header.Add(name, strings.TrimSpace(text.Draw(t, "header value")))
	}
	if r.Method == "PUT" || r.Method == "POST" {
		r.ContentLength = int64(rapid.IntRange(1, 9).Draw(t, "length"))
		r.Body = io.NopCloser(strings.NewReader(strings.Repeat("x", int(r.ContentLength))))
	}
	return r
}

// An sdkRequest is one that the SDK signed, and what its service knows of it.
type sdkRequest struct {
	r           *http.Request
	token, hash string
	at          time.Time
}

// drawSigned draws a request that the SDK signed, in the header or in the query
// string.
func drawSigned(t *rapid.T) sdkRequest {
	service := rapid.SampledFrom([]string{"s3", "sqs", "lambda"}).Draw(t, "service")
	s := sdkRequest{r: drawRequest(t, service), hash: Hash([]byte("body")), at: exampleTime}
	creds := testCreds
	if rapid.Bool().Draw(t, "session") {
		creds.SessionToken = "FwoGZXIvYXdzE+/=="
		s.token = creds.SessionToken
	}
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" })
	if !rapid.Bool().Draw(t, "presigned") {
		if service == "s3" {
			s.r.Header.Set("X-Amz-Content-Sha256", s.hash)
		}
		require.NoError(t, signer.SignHTTP(context.Background(), creds, s.r, s.hash, service, "us-east-1", s.at))
		return s
	}
	if service == "s3" {
		s.hash = UnsignedPayload
	}
	q := s.r.URL.Query()
	q.Set("X-Amz-Expires", "3600")
	s.r.URL.RawQuery = q.Encode()
	signed, header, err := signer.PresignHTTP(context.Background(), creds, s.r, s.hash, service, "us-east-1", s.at)
	require.NoError(t, err)
	out, err := http.NewRequest(s.r.Method, signed, nil)
	require.NoError(t, err)
	for name, values := range header {
		if name != "Host" && name != "Content-Length" {
			out.Header[name] = values
		}
	}
	out.Body, out.ContentLength, out.Host = s.r.Body, s.r.ContentLength, header.Get("Host")
	s.r = out
	return s
}

// check authenticates the request as a service does. Who is anonymous has not
// signed.
func (s *sdkRequest) check(v *Verifier, secret string) error {
	sig, err := Parse(s.r)
	if err == nil && sig == nil {
		return NoSignature()
	}
	if err == nil {
		err = sig.CheckToken(s.token)
	}
	if err == nil {
		err = v.Verify(s.r, sig, secret, s.hash, s.at)
	}
	return err
}

// whateverTheSDKSigns verifies, in process and over a socket; with any byte of it
// changed it does not.
func whateverTheSDKSigns(t *rapid.T) {
	var v Verifier
	signed := drawSigned(t)
	require.NoError(t, signed.check(&v, exampleSecret))
	signed.r = overTheWire(t, signed.r)
	require.NoError(t, signed.check(&v, exampleSecret))
	require.Error(t, signed.check(&v, exampleSecret+"x"))

	what := rapid.SampledFrom(mutations).Draw(t, "mutation")
	changed := signed
	changed.r = signed.r.Clone(context.Background())
	if what.change(t, &changed) {
		require.Error(t, changed.check(&v, exampleSecret), what.name)
	}
}

func TestWhateverTheSDKSigns(t *testing.T) {
	t.Parallel()
	rapid.Check(t, whateverTheSDKSigns)
}

func FuzzWhateverTheSDKSigns(f *testing.F) { f.Fuzz(neverEnding(whateverTheSDKSigns)) }

// neverEnding makes a fuzz target of a property that no input is too short for: rapid skips
// one that runs out while the property draws. What follows an input follows from it.
func neverEnding(property func(*rapid.T)) func(*testing.T, []byte) {
	run := rapid.MakeFuzz(property)
	return func(t *testing.T, input []byte) {
		more := make([]byte, draws*8)
		_, _ = rand.NewChaCha8(sha256.Sum256(input)).Read(more)
		run(t, append(slices.Clip(input), more...))
	}
}

// draws is more than a property draws.
const draws = 4096

func TestNeverEnding(t *testing.T) {
	t.Parallel()
	for _, property := range []func(*rapid.T){whateverTheSDKSigns, whateverTheSDKSignsAsymmetrically} {
		for _, input := range []string{"", "0", "\x01\x02\x03", strings.Repeat("\xff", 100)} {
			t.Run("", func(t *testing.T) {
				defer func() { assert.False(t, t.Skipped(), "%q is too short to mean anything", input) }()
				neverEnding(property)(t, []byte(input))
			})
		}
	}
}

// changeByte replaces one byte of a text, which must not be empty.
func changeByte(t *rapid.T, text string) string {
	i := rapid.IntRange(0, len(text)-1).Draw(t, "at")
	ch := byte(rapid.IntRange('!', '~').Filter(func(ch int) bool { return byte(ch) != text[i] }).Draw(t, "byte"))
	return text[:i] + string(ch) + text[i+1:]
}

// mutations change one part of a request. They report false where nothing is
// changed, or nothing but the way it is written.
var mutations = []struct {
	name   string
	change func(*rapid.T, *sdkRequest) bool
}{
	{"method", func(t *rapid.T, s *sdkRequest) bool { s.r.Method = changeByte(t, s.r.Method); return true }},
	{"path", func(t *rapid.T, s *sdkRequest) bool {
		path := s.r.URL.EscapedPath()
		changed := path[:1] + changeByte(t, path+"x")[1:]
		u, err := url.ParseRequestURI(changed)
		if err != nil || u.RawQuery != "" || u.Path == s.r.URL.Path || normalize(u.EscapedPath()) == normalize(path) {
			return false
		}
		s.r.URL.Path, s.r.URL.RawPath = u.Path, u.RawPath
		return true
	}},
	{"query", func(t *rapid.T, s *sdkRequest) bool {
		if s.r.URL.RawQuery == "" {
			s.r.URL.RawQuery = "acl"
			return true
		}
		before, _ := url.ParseQuery(s.r.URL.RawQuery)
		s.r.URL.RawQuery = changeByte(t, s.r.URL.RawQuery)
		after, err := url.ParseQuery(s.r.URL.RawQuery)
		return err != nil || !reflect.DeepEqual(before, after)
	}},
	{"parameter added", func(_ *rapid.T, s *sdkRequest) bool { s.r.URL.RawQuery += "&acl"; return true }},
	{"parameter twice", func(t *rapid.T, s *sdkRequest) bool {
		params := strings.Split(s.r.URL.RawQuery, "&")
		s.r.URL.RawQuery += "&" + rapid.SampledFrom(params).Draw(t, "parameter")
		return params[0] != ""
	}},
	{"signature again, encoded", func(_ *rapid.T, s *sdkRequest) bool {
		s.r.URL.RawQuery += "&X-Amz%2DSignature=00"
		return strings.Contains(s.r.URL.RawQuery, "X-Amz-Signature")
	}},
	{"parameter dropped", func(t *rapid.T, s *sdkRequest) bool {
		params := strings.Split(s.r.URL.RawQuery, "&")
		i := rapid.IntRange(0, len(params)-1).Draw(t, "parameter")
		s.r.URL.RawQuery = strings.Join(append(params[:i:i], params[i+1:]...), "&")
		return params[i] != ""
	}},
	{"host", func(t *rapid.T, s *sdkRequest) bool { s.r.Host = changeByte(t, s.r.Host); return true }},
	{"length", func(_ *rapid.T, s *sdkRequest) bool {
		s.r.ContentLength++
		return strings.Contains(s.r.Header.Get("Authorization")+s.r.URL.RawQuery, "content-length")
	}},
	{"signed header", func(t *rapid.T, s *sdkRequest) bool {
		name, ok := drawHeader(t, s.r)
		if !ok {
			return false
		}
		values := s.r.Header[name]
		i := rapid.IntRange(0, len(values)-1).Draw(t, "value")
		before := string(appendTrimmed(nil, values[i]))
		values[i] = changeByte(t, values[i]+" ")
		return string(appendTrimmed(nil, values[i])) != before
	}},
	{"header again", func(t *rapid.T, s *sdkRequest) bool {
		name, ok := drawHeader(t, s.r)
		if ok {
			s.r.Header.Add(name, "more")
		}
		return ok && name != "X-Amz-Content-Sha256" // of which the first counts, see below
	}},
	{"header dropped", func(t *rapid.T, s *sdkRequest) bool {
		name, ok := drawHeader(t, s.r)
		values := s.r.Header[name]
		s.r.Header.Del(name)
		return ok && len(values[0]) > 0
	}},
	{"signature", func(t *rapid.T, s *sdkRequest) bool {
		old := s.signature(t)
		return s.replace(old, changeByte(t, old))
	}},
	{"body", func(_ *rapid.T, s *sdkRequest) bool {
		s.hash = Hash([]byte("Body"))
		return !strings.Contains(s.r.Header.Get("Authorization")+s.r.URL.RawQuery, "s3") // whose body is read later
	}},
	{"token", func(t *rapid.T, s *sdkRequest) bool { s.token = changeByte(t, s.token+"x"); return true }},
	{"region", func(_ *rapid.T, s *sdkRequest) bool { return s.replace("us-east-1", "us-east-2") }},
	{"terminator", func(_ *rapid.T, s *sdkRequest) bool { return s.replace("aws4_request", "aws5_request") }},
	{"later", func(_ *rapid.T, s *sdkRequest) bool {
		old := s.r.Header.Get("X-Amz-Date")
		if old == "" {
			old = s.r.URL.Query().Get("X-Amz-Date")
			return s.replace("X-Amz-Date="+old, "X-Amz-Date="+old[:14]+"9Z") && old[14] != '9'
		}
		s.r.Header.Set("X-Amz-Date", old[:14]+"9Z")
		return old[14] != '9'
	}},
	{"longer", func(_ *rapid.T, s *sdkRequest) bool { return s.replace("X-Amz-Expires=3600", "X-Amz-Expires=3601") }},
}

// drawHeader draws a signed header that is in the map.
func drawHeader(t *rapid.T, r *http.Request) (string, bool) {
	sig, err := Parse(r)
	require.NoError(t, err)
	var names []string
	for name := range r.Header {
		// Of Content-Length the field of the request counts.
		if name != "Content-Length" && sig.signs(strings.ToLower(name)) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return "", false
	}
	slices.Sort(names)
	return rapid.SampledFrom(names).Draw(t, "header"), true
}

func (s *sdkRequest) signature(t *rapid.T) string {
	sig, err := Parse(s.r)
	require.NoError(t, err)
	return sig.Signature
}

// replace changes a text where the signature is: in the header or in the query
// string.
func (s *sdkRequest) replace(old, with string) bool {
	at := &s.r.URL.RawQuery
	if h := s.r.Header["Authorization"]; h != nil {
		at = &h[0]
	}
	before := *at
	*at = strings.Replace(before, old, with, 1)
	return *at != before
}
