package sigv4

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/leastpriv/leastpriv/internal/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// upload is a PUT whose body is announced by the headers.
func upload(t testing.TB, body string, headers ...string) *http.Request {
	r := newRequest(t, "PUT", "https://b.s3.amazonaws.com/k", headers...)
	r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
	return r
}

func readBody(r *http.Request, s *Signature) (string, *Body, error) {
	b, err := NewBody(r, s)
	if err != nil {
		return "", nil, err
	}
	got, err := io.ReadAll(b)
	return string(got), b, err
}

func TestPlainBody(t *testing.T) {
	t.Parallel()
	hello := Hash([]byte("hello"))
	for _, c := range []struct {
		name, hash, body string
		length           int64
		want             Reason
	}{
		{"unsigned", UnsignedPayload, "hello", 5, 0},
		{"anonymous", "", "hello", 5, 0},
		{"signed", hello, "hello", 5, 0},
		{"upper case", strings.ToUpper(hello), "hello", 5, 0},
		{"length unknown", hello, "hello", -1, 0},
		{"empty", EmptyHash, "", 0, 0},
		{"empty, length unknown", EmptyHash, "", -1, 0},
		{"other body", hello, "Hello", 5, BodyHashMismatch},
		{"other body, length unknown", hello, "Hello", -1, BodyHashMismatch},
		{"not empty", hello, "", 0, BodyHashMismatch},
		{"too short", hello, "hell", 5, IncompleteBody},
		{"too short, unsigned", UnsignedPayload, "hell", 5, IncompleteBody},
		{"too long", hello, "hello!", 5, 0}, // no socket would deliver more
		{"no such hash", "x", "hello", 5, InvalidContentHash},
	} {
		for name, wrap := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "data and EOF": iotest.DataErrReader} {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				r := upload(t, "")
				if c.hash != "" {
					r.Header.Set("X-Amz-Content-Sha256", c.hash)
				}
				r.Body, r.ContentLength = io.NopCloser(wrap(strings.NewReader(c.body))), c.length
				got, b, err := readBody(r, nil)
				if c.want != 0 {
					assert.Equal(t, c.want, reasonOf(t, err))
					return
				}
				require.NoError(t, err)
				assert.Equal(t, strings.TrimSuffix(c.body, "!"), got)
				assert.Equal(t, c.length, b.Length)
				assert.Nil(t, b.Trailer())
				require.NoError(t, b.Close())
			})
		}
	}
}

// A reader of exactly the announced length cannot miss that the body is forged.
func TestLastBytesAreVerified(t *testing.T) {
	t.Parallel()
	chunked := []string{"X-Amz-Content-Sha256:" + StreamingUnsignedTrailer, "X-Amz-Decoded-Content-Length:5"}
	for name, r := range map[string]*http.Request{
		"hash":        upload(t, "Hello", "X-Amz-Content-Sha256:"+Hash([]byte("hello"))),
		"no end":      upload(t, "5\r\nHello\r\n", chunked...),
		"more chunks": upload(t, "5\r\nHello\r\n5\r\nHello\r\n0\r\n\r\n", chunked...),
		"trailer":     upload(t, "5\r\nHello\r\n0\r\nx-amz-checksum-crc32:x\r\n\r\n", chunked...),
	} {
		b, err := NewBody(r, nil)
		require.NoError(t, err)
		_, err = io.ReadFull(b, make([]byte, 5))
		require.Error(t, err, name)
		_, again := b.Read(make([]byte, 5))
		assert.Equal(t, err, again, "%s: the error stays", name)
	}
}

func TestBodyHashMismatchWords(t *testing.T) {
	t.Parallel()
	_, _, err := readBody(upload(t, "x", "X-Amz-Content-Sha256:"+EmptyHash), nil)
	require.Equal(t, BodyHashMismatch, reasonOf(t, err))
	w := err.(*Error).For(S3)
	assert.Equal(t, words{400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed."}, wordsOf(w))
	assert.Equal(t, EmptyHash, field(w, "ClientComputedContentSHA256"))
	assert.Equal(t, Hash([]byte("x")), field(w, "S3ComputedContentSHA256"))
}

func TestSourceErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, hash := range []string{UnsignedPayload, StreamingUnsignedTrailer} {
		r := upload(t, "", "X-Amz-Content-Sha256:"+hash, "X-Amz-Decoded-Content-Length:5")
		r.Body, r.ContentLength = io.NopCloser(iotest.ErrReader(broken)), 5
		_, _, err := readBody(r, nil)
		require.ErrorIs(t, err, broken, "the error of the connection, not of the request")

		r.Body, r.ContentLength = io.NopCloser(iotest.ErrReader(io.ErrUnexpectedEOF)), -1
		_, _, err = readBody(r, nil)
		assert.Equal(t, IncompleteBody, reasonOf(t, err))
	}
	r := upload(t, "", "X-Amz-Content-Sha256:"+StreamingUnsignedTrailer, "X-Amz-Decoded-Content-Length:0")
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader("0\r\n\r\n"), iotest.ErrReader(broken)))
	_, _, err := readBody(r, nil)
	require.ErrorIs(t, err, broken, "behind the end")

	r = upload(t, "", "X-Amz-Content-Sha256:"+EmptyHash)
	r.Body, r.ContentLength = nil, 0
	got, b, err := readBody(r, nil)
	require.NoError(t, err)
	assert.Empty(t, got)
	require.NoError(t, b.Close())
}

func TestUnsignedChunks(t *testing.T) {
	t.Parallel()
	const (
		crc       = "x-amz-checksum-crc32:NhCmhg=="
		announced = "x-amz-checksum-crc32"
		end       = "The request body terminated unexpectedly"
		length    = "You did not provide the number of bytes specified by the Content-Length HTTP header"
		trailer   = "The request contained trailing data that was not well-formed or did not conform to our published schema."
		small     = "Only the last chunk is allowed to have a size less than 8192 bytes"
	)
	big := strings.Repeat("b", minChunk)
	for _, c := range []struct {
		name, decoded, trailer, body string
		want                         words  // zero when the body is good
		fields                       string // of the error
	}{
		{name: "one chunk", decoded: "5", trailer: announced, body: "5\r\nhello\r\n0\r\n" + crc + "\r\n\r\n"},
		{name: "spaces", decoded: "5", trailer: " X-Amz-Checksum-Crc32 , ", body: "5\r\nhello\r\n0\r\nX-Amz-Checksum-CRC32: NhCmhg== \r\n\r\n"},
		{name: "bare line feeds", decoded: "5", trailer: announced, body: "5\nhello\n0\n" + crc + "\n\n"},
		{name: "no trailer", decoded: "5", body: "5\r\nhello\r\n0\r\n\r\n"},
		{name: "empty", decoded: "0", body: "0\r\n\r\n"},
		{name: "upper case hexadecimal", decoded: "10", body: "000A\r\nhellohello\r\n0\r\n\r\n"},
		{name: "several chunks", decoded: "8195", body: "2000\r\n" + big + "\r\n3\r\nend\r\n0\r\n\r\n"},
		{name: "no body", decoded: "5", body: "", want: words{400, "IncompleteBody", end}},
		{name: "cut in a chunk", decoded: "5", body: "5\r\nhel", want: words{400, "IncompleteBody", end}},
		{name: "cut behind a chunk", decoded: "5", body: "5\r\nhello", want: words{400, "IncompleteBody", end}},
		{name: "cut before the trailer", decoded: "5", body: "5\r\nhello\r\n0\r\n", want: words{400, "IncompleteBody", end}},
		{name: "cut in the trailer", decoded: "5", trailer: announced, body: "5\r\nhello\r\n0\r\n" + crc + "\r\n", want: words{400, "IncompleteBody", end}},
		{name: "more behind it", decoded: "5", body: "5\r\nhello\r\n0\r\n\r\n0\r\n\r\n", want: words{400, "IncompleteBody", end}},
		{name: "size not hexadecimal", decoded: "5", body: "g\r\nhello\r\n0\r\n\r\n", want: words{400, "IncompleteBody", end}},
		{name: "size with a sign", decoded: "5", body: "+5\r\nhello\r\n0\r\n\r\n", want: words{400, "IncompleteBody", end}},
		{name: "no size", decoded: "5", body: "\r\nhello\r\n0\r\n\r\n", want: words{400, "IncompleteBody", end}},
		{name: "size too large for a number", decoded: "5", body: "ffffffffffffffff\r\nhello\r\n0\r\n\r\n", want: words{400, "IncompleteBody", end}},
		{name: "signature where none belongs", decoded: "5", body: "5;chunk-signature=00\r\nhello\r\n0\r\n\r\n", want: words{400, "IncompleteBody", end}},
		{name: "wrong chunk size", decoded: "5", body: "3\r\nhello\r\n0\r\n\r\n", want: words{400, "IncompleteBody", end}},
		{name: "line without end", decoded: "5", body: strings.Repeat("0", 2*maxLine), want: words{400, "IncompleteBody", end}},
		{name: "fewer bytes than announced", decoded: "6", body: "5\r\nhello\r\n0\r\n\r\n", want: words{400, "IncompleteBody", length}, fields: "6 5"},
		{name: "more bytes than announced", decoded: "3", body: "5\r\nhello\r\n0\r\n\r\n", want: words{400, "IncompleteBody", length}, fields: "3 5"},
		{name: "more chunks than announced", decoded: "5", body: "5\r\nhello\r\n3\r\nend\r\n0\r\n\r\n", want: words{400, "IncompleteBody", length}, fields: "5 8"},
		{name: "small chunk first", decoded: "5", body: "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n", want: words{403, "InvalidChunkSizeError", small}, fields: "2 3"},
		{name: "small chunk between", decoded: "8200", body: "2000\r\n" + big + "\r\n3\r\nend\r\n5\r\nhello\r\n0\r\n\r\n", want: words{403, "InvalidChunkSizeError", small}, fields: "3 3"},
		{name: "trailer missing", decoded: "5", trailer: announced, body: "5\r\nhello\r\n0\r\n\r\n", want: words{400, "MalformedTrailerError", trailer}},
		{name: "trailer not announced", decoded: "5", body: "5\r\nhello\r\n0\r\n" + crc + "\r\n\r\n", want: words{400, "MalformedTrailerError", trailer}},
		{name: "another trailer", decoded: "5", trailer: announced, body: "5\r\nhello\r\n0\r\nx-amz-checksum-sha1:x\r\n\r\n", want: words{400, "MalformedTrailerError", trailer}},
		{name: "trailer twice", decoded: "5", trailer: announced, body: "5\r\nhello\r\n0\r\n" + crc + "\r\n" + crc + "\r\n\r\n", want: words{400, "MalformedTrailerError", trailer}},
		{name: "trailer without colon", decoded: "5", trailer: announced, body: "5\r\nhello\r\n0\r\nx-amz-checksum-crc32\r\n\r\n", want: words{400, "MalformedTrailerError", trailer}},
		{name: "trailer without name", decoded: "5", trailer: announced, body: "5\r\nhello\r\n0\r\n:NhCmhg==\r\n\r\n", want: words{400, "MalformedTrailerError", trailer}},
		{name: "unknown trailer announced", decoded: "5", trailer: "x-amz-meta-a", body: "", want: words{400, "InvalidRequest", "The value specified in the x-amz-trailer header is not supported"}},
		{name: "no length", decoded: "", body: "0\r\n\r\n", want: words{411, "MissingContentLength", "You must provide the Content-Length HTTP header."}},
		{name: "negative length", decoded: "-1", body: "0\r\n\r\n", want: words{400, "InvalidArgument", "Invalid x-amz-decoded-content-length"}, fields: "x-amz-decoded-content-length -1"},
	} {
		for name, wrap := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader} {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				t.Parallel()
				r := upload(t, "", "X-Amz-Content-Sha256:"+StreamingUnsignedTrailer)
				r.Body = io.NopCloser(wrap(strings.NewReader(c.body)))
				if c.decoded != "" {
					r.Header.Set("X-Amz-Decoded-Content-Length", c.decoded)
				}
				if c.trailer != "" {
					r.Header.Set("X-Amz-Trailer", c.trailer)
				}
				got, b, err := readBody(r, nil)
				if c.want != (words{}) {
					require.Error(t, err)
					w := err.(*Error).For(S3)
					assert.Equal(t, c.want, wordsOf(w))
					var fields []string
					for _, f := range w.Fields {
						fields = append(fields, f.Value)
					}
					assert.Equal(t, c.fields, strings.Join(fields, " "))
					if b != nil {
						for _, f := range b.Trailer() {
							assert.Empty(t, f.Value, "%s was not verified", f.Name)
						}
					}
					return
				}
				require.NoError(t, err)
				assert.Equal(t, c.decoded, strconv.Itoa(len(got)))
				assert.Equal(t, c.decoded, fmt.Sprint(b.Length))
				if c.trailer != "" {
					assert.Equal(t, []wire.Field{{Name: "x-amz-checksum-crc32", Value: "NhCmhg=="}}, b.Trailer())
				}
				require.NoError(t, b.Close())
			})
		}
	}
}

// signChunks signs data with the SDK's own signer of streams, whose formula for
// an event without headers is that of a chunk.
func signChunks(t testing.TB, r *http.Request, chunks ...string) string {
	s, err := Parse(r)
	require.NoError(t, err)
	seed, err := hex.DecodeString(s.Signature)
	require.NoError(t, err)
	signer := v4.NewStreamSigner(testCreds, "s3", "us-east-1", seed)
	var b strings.Builder
	for _, chunk := range append(chunks, "") {
		sum, err := signer.GetSignature(context.Background(), nil, []byte(chunk), exampleTime)
		require.NoError(t, err)
		fmt.Fprintf(&b, "%x;chunk-signature=%x\r\n%s\r\n", len(chunk), sum, chunk)
	}
	return b.String()
}

// Whatever the SDK signs chunk by chunk verifies; with one byte changed it does
// not.
func TestSignedChunks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var chunks []string
		for range rapid.IntRange(0, 3).Draw(rt, "full chunks") {
			chunks = append(chunks, strings.Repeat("a", minChunk+rapid.IntRange(0, 9).Draw(rt, "more")))
		}
		if last := rapid.StringN(0, 20, 40).Draw(rt, "last"); last != "" {
			chunks = append(chunks, last)
		}
		data := strings.Join(chunks, "")
		r := upload(t, "", "X-Amz-Content-Sha256:"+StreamingSigned, "X-Amz-Decoded-Content-Length:"+strconv.Itoa(len(data)))
		r.ContentLength = 0
		sign(t, r, testCreds, "s3", StreamingSigned)
		body := []byte(signChunks(t, r, chunks...))
		got, _, err := readStream(r, body)
		require.NoError(rt, err)
		require.Equal(rt, data, string(got))

		body[rapid.IntRange(0, len(body)-1).Draw(rt, "at")] ^= 0x55
		_, _, err = readStream(r, body)
		var e *Error
		require.ErrorAs(rt, err, &e)
		require.Contains(rt, []Reason{BadSignature, IncompleteBody, InvalidChunkSize}, e.Reason)
	})
}

// The same for a trailer behind the chunks, whose signature ends the chain.
func TestSignedTrailers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		data := rapid.StringN(0, 20, 40).Draw(rt, "data")
		r := upload(t, "", "X-Amz-Content-Sha256:"+StreamingSignedTrailer, "X-Amz-Decoded-Content-Length:"+strconv.Itoa(len(data)), "X-Amz-Trailer:x-amz-checksum-crc32")
		r.ContentLength = 0
		sign(t, r, testCreds, "s3", StreamingSignedTrailer)
		var chunks []string
		if data != "" {
			chunks = append(chunks, data)
		}
		body := strings.TrimSuffix(signChunks(t, r, chunks...), "\r\n")
		last := body[strings.LastIndex(body, "=")+1 : len(body)-2]
		const trailer = "x-amz-checksum-crc32:NhCmhg=="
		toSign := "AWS4-HMAC-SHA256-TRAILER\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n" + last + "\n" + Hash([]byte(trailer+"\n"))
		body += trailer + "\r\nx-amz-trailer-signature:" + hex.EncodeToString(plainHMAC(plainKey(exampleSecret, "20130524", "us-east-1", "s3"), toSign)) + "\r\n\r\n"
		got, b, err := readStream(r, []byte(body))
		require.NoError(rt, err)
		require.Equal(rt, data, string(got))
		require.Equal(rt, []wire.Field{{Name: "x-amz-checksum-crc32", Value: "NhCmhg=="}}, b.Trailer())

		changed := changeByte(rt, body)
		got, b, err = readStream(r, []byte(changed))
		if err == nil { // written otherwise, it is the same: a name in other letters
			require.Equal(rt, data, string(got))
			require.Equal(rt, []wire.Field{{Name: "x-amz-checksum-crc32", Value: "NhCmhg=="}}, b.Trailer())
			require.True(rt, strings.EqualFold(body, changed))
		}
	})
}

func TestSignedChunkErrors(t *testing.T) {
	t.Parallel()
	big := strings.Repeat("b", minChunk)
	r := upload(t, "", "X-Amz-Content-Sha256:"+StreamingSigned, "X-Amz-Decoded-Content-Length:16384")
	r.ContentLength = 0
	sign(t, r, testCreds, "s3", StreamingSigned)
	body := signChunks(t, r, big, strings.ToUpper(big))
	_, _, err := readStream(r, []byte(body))
	require.NoError(t, err)
	half := strings.Index(body[1:], "2000;") + 1
	last := strings.Index(body, "\r\n0;") + 2
	for name, c := range map[string]struct {
		body string
		want Reason
	}{
		"chunks swapped":       {body[half:last] + body[:half] + body[last:], BadSignature},
		"chunk twice":          {body[:half] + body[:half] + body[last:], BadSignature},
		"chunk dropped":        {body[:half] + body[last:], IncompleteBody},
		"signature missing":    {strings.Replace(body, ";chunk-signature=", ";chunk-sig=", 1), IncompleteBody},
		"no extension":         {body[:4] + body[strings.Index(body, "\r\n"):], IncompleteBody},
		"signature cut":        {body[:30] + body[31:], BadSignature},
		"data in between":      {strings.Replace(body, "\r\n2000;", "x\r\n2000;", 1), IncompleteBody},
		"trailer not foreseen": {strings.TrimSuffix(body, "\r\n") + "x-amz-checksum-crc32:NhCmhg==\r\n\r\n", IncompleteBody},
	} {
		_, _, err := readStream(r, []byte(c.body))
		require.Equal(t, c.want, reasonOf(t, err), name)
		if c.want == BadSignature {
			e := err.(*Error)
			assert.True(t, strings.HasPrefix(e.StringToSign, "AWS4-HMAC-SHA256-PAYLOAD\n20130524T000000Z\n20130524/us-east-1/s3/aws4_request\n"), name)
			assert.Empty(t, e.CanonicalRequest)
			assert.Empty(t, field(e.For(S3), "CanonicalRequest"))
		}
	}

	// Nobody signed the chunks of an anonymous request.
	_, err = NewBody(r, nil)
	assert.Equal(t, MissingAuthentication, reasonOf(t, err))
}

func TestSignedTrailerErrors(t *testing.T) {
	t.Parallel()
	_, body := streamingExample(t, true)
	for _, c := range []struct {
		name, old, new string
		want           Reason
	}{
		{"as published", "", "", 0},
		{"empty line before the signature", "/Q==\r\n", "/Q==\n\r\n", 0},
		{"changed", "sOO8", "sOO9", BadSignature},
		{"signature changed", "fe2e435", "fe2e436", BadSignature},
		{"signature missing", "x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n", "\r\n", MalformedTrailer},
		{"more behind the signature", "fe2e435\r\n", "fe2e435\r\nx-amz-checksum-crc32c:sOO8/Q==\r\n", MalformedTrailer},
		{"cut", "fe2e435\r\n\r\n", "fe2e435\r\n", IncompleteBody},
		{"trailer missing", "x-amz-checksum-crc32c:sOO8/Q==\r\n", "", BadSignature},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, _ := streamingExample(t, true)
			_, _, err := readStream(r, bytes.Replace(body, []byte(c.old), []byte(c.new), 1))
			if c.want == 0 {
				require.NoError(t, err)
				return
			}
			assert.Equal(t, c.want, reasonOf(t, err))
		})
	}
}

func TestBodyReadAfterClose(t *testing.T) {
	t.Parallel()
	b, err := NewBody(upload(t, "5\r\nhello\r\n0\r\n\r\n", "X-Amz-Content-Sha256:"+StreamingUnsignedTrailer, "X-Amz-Decoded-Content-Length:5"), nil)
	require.NoError(t, err)
	n, err := b.Read(make([]byte, 2))
	require.NoError(t, err)
	assert.Equal(t, 2, n)
	n, err = b.Read(nil)
	require.NoError(t, err)
	assert.Zero(t, n)
	require.NoError(t, b.Close())
	require.NoError(t, b.Close())
	_, err = b.Read(make([]byte, 2))
	assert.ErrorIs(t, err, http.ErrBodyReadAfterClose)
}
