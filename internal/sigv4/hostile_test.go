package sigv4

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// allocated returns the bytes that a function allocates. Other tests must not run
// beside it.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// names makes a list of n names.
func names(n int, separator string) string {
	var b strings.Builder
	for i := range n {
		if i > 0 {
			b.WriteString(separator)
		}
		fmt.Fprintf(&b, "x-amz-meta-%d", i)
	}
	return b.String()
}

// What is huge in a request costs memory in proportion, and no time that grows
// with its square: these would take hours.
func TestHugeRequests(t *testing.T) {
	if testing.Short() {
		t.Skip("-short is set: the memory that huge requests take is not measured")
	}
	const perByte = 64 // bytes of memory for one of the request
	const header = "AWS4-HMAC-SHA256 Credential=AKID/20130524/us-east-1/%s/aws4_request, SignedHeaders=%s, Signature=" + EmptyHash
	signed := func(service, list string) http.Header {
		return http.Header{"X-Amz-Date": {"20130524T000000Z"}, "X-Amz-Content-Sha256": {EmptyHash}, "Authorization": {fmt.Sprintf(header, service, list)}}
	}
	many := func(h http.Header, n int) http.Header {
		for i := range n {
			h[fmt.Sprintf("X-Amz-Meta-%d", i)] = []string{"x"}
		}
		return h
	}
	spread := func(h http.Header, n int) http.Header {
		h["X-Other"] = make([]string, n)
		return h
	}
	long := names(200_000, ";")
	for _, c := range []struct {
		name  string
		size  int
		head  http.Header
		query string
		path  string
	}{
		{"signed headers", len(long), signed("sqs", "host;"+long), "", "/"},
		{"signed headers of S3", len(long), signed("s3", "host;"+long), "", "/"},
		{"headers", 500_000, many(signed("s3", "host"), 25_000), "", "/"},
		{"both", len(long), many(signed("s3", "host;"+long), 25_000), "", "/"},
		{"values", 200_000, spread(signed("s3", "host;x-other"), 200_000), "", "/"},
		{"commas", 200_000, http.Header{"Authorization": {"AWS4-HMAC-SHA256 " + strings.Repeat(",", 200_000)}}, "", "/"},
		{"parameters", len(long), signed("s3", "host"), names(200_000, "&"), "/"},
		{"parameters in reverse", 1_200_000, signed("s3", "host"), strings.Repeat("b=1&a=2&", 150_000), "/"},
		{"encoded names", 600_000, signed("s3", "host"), strings.Repeat("%41&", 150_000), "/"},
		{"path", 600_000, signed("sqs", "host"), "", "/" + strings.Repeat("../", 200_000)},
		{"path of S3", 600_000, signed("s3", "host"), "", "/" + strings.Repeat("€", 200_000)},
		{"presigned", len(long), http.Header{}, presignedURL()[len("https://b.s3.amazonaws.com/k?"):] + "&" + names(200_000, "&"), "/"},
		{"regions", 200_000, http.Header{"X-Amz-Date": {"20130524T000000Z"}, "X-Amz-Region-Set": {strings.Repeat("*a", 100_000)},
			"Authorization": {strings.Replace(fmt.Sprintf(header, "sqs", "host;x-amz-region-set"), "HMAC-SHA256 Credential=AKID/20130524/us-east-1", "ECDSA-P256-SHA256 Credential=AKID/20130524", 1)}}, "", "/"},
	} {
		r := newRequest(t, "GET", "https://b.s3.amazonaws.com")
		r.URL.Path, r.URL.RawQuery, r.Header = c.path, c.query, c.head
		used := allocated(func() { require.Error(t, verify(r, exampleSecret, EmptyHash, exampleTime), c.name) })
		assert.Less(t, used, uint64(perByte*c.size), c.name)
	}
}

// endless repeats a text for ever, and counts what was read of it.
type endless struct {
	text string
	n    int
}

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = e.text[e.n%len(e.text)]
		e.n++
	}
	return len(p), nil
}

// A body that never ends where it must is given up early.
func TestEndlessBodies(t *testing.T) {
	for name, c := range map[string]struct{ start, repeated, kind string }{
		"a size":               {"", "0", StreamingUnsignedTrailer},
		"a size of zeros":      {"", "0000000000000001", StreamingUnsignedTrailer},
		"an extension":         {"5;", "a=b;", StreamingUnsignedTrailer},
		"a chunk's signature":  {"5;chunk-signature=", "0", StreamingSigned},
		"an end of a chunk":    {"5\r\nhello", " ", StreamingUnsignedTrailer},
		"a trailer's name":     {"5\r\nhello\r\n0\r\n", "x", StreamingUnsignedTrailer},
		"trailers":             {"5\r\nhello\r\n0\r\n", "x-amz-checksum-crc32:NhCmhg==\r\n", StreamingUnsignedTrailer},
		"what follows the end": {"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n", "\r\n", StreamingUnsignedTrailer},
		"more data":            {"5\r\nhello\r\n", "2000\r\n" + strings.Repeat("x", minChunk) + "\r\n", StreamingUnsignedTrailer},
		"small chunks":         {"", "1\r\nx\r\n", StreamingUnsignedTrailer},
	} {
		r := upload(t, "", "X-Amz-Content-Sha256:"+c.kind, "X-Amz-Decoded-Content-Length:5", "X-Amz-Trailer:x-amz-checksum-crc32")
		r.ContentLength = -1
		sign(t, r, testCreds, "s3", c.kind)
		s, err := Parse(r)
		require.NoError(t, err)
		require.NoError(t, new(Verifier).Verify(r, s, exampleSecret, "", exampleTime))
		tail := &endless{text: c.repeated}
		r.Body = io.NopCloser(io.MultiReader(strings.NewReader(c.start), tail))
		b, err := NewBody(r, s)
		require.NoError(t, err)
		_, err = io.ReadAll(b)
		var e *Error
		require.ErrorAs(t, err, &e, name)
		assert.LessOrEqual(t, tail.n, 4*maxLine, name)
		require.NoError(t, b.Close())
	}
}

func TestHugeTrailersAndForms(t *testing.T) {
	r := upload(t, "", "X-Amz-Content-Sha256:"+StreamingUnsignedTrailer, "X-Amz-Decoded-Content-Length:0", "X-Amz-Trailer:"+strings.ReplaceAll(names(200_000, ","), "meta", "checksum"))
	sign(t, r, testCreds, "s3", StreamingUnsignedTrailer)
	_, _, err := readStream(r, nil)
	assert.Equal(t, InvalidTrailer, reasonOf(t, err))

	// Conditions and fields are matched one with the other: S3 has a form of 20 KB
	// at most, which bounds that.
	for _, policy := range []string{strings.Repeat("[", 200_000), strings.Repeat(`{"a":`, 100_000), `{"expiration":"` + strings.Repeat("x", 200_000) + `"}`} {
		used := allocated(func() {
			_, err := parsePostPolicy(base64.StdEncoding.EncodeToString([]byte(policy)))
			assert.Equal(t, InvalidPolicy, reasonOf(t, err))
		})
		assert.Less(t, used, uint64(64*len(policy)))
	}
	form := smallForm()
	for range 1000 {
		form.Fields = append(form.Fields, PostField{Name: "x-amz-meta-a", Value: strings.Repeat("x", 21)})
	}
	_, err = verifyForm(signForm(form, "{}"), exampleSecret, exampleTime)
	assert.Equal(t, TooManyFields, reasonOf(t, err))
}
