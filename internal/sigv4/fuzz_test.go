package sigv4

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// FuzzParse: whatever a request says of its signature, it is an error, nobody's
// request, or a signature that verifies with no secret but the right one.
func FuzzParse(f *testing.F) {
	f.Add("GET", "/", presignedURL()[len("https://b.s3.amazonaws.com/k?"):], "", "", "")
	f.Add("POST", "/", "", goodHeader, "20130524T000000Z", "")
	f.Add("PUT", "/a%20b", "acl", strings.Replace(goodHeader, "SERVICE", "s3", 1), "20130524T000000Z", EmptyHash)
	f.Add("PUT", "/a/../b", "b=1&a=%zz", strings.Replace(goodHeader, algorithm, algorithmECDSA, 1), "Fri, 24 May 2013 00:00:00 GMT", UnsignedPayload)
	f.Add("GET", "//", "X-Amz-Signature=&X-Amz-Algorithm", "AWS4-HMAC-SHA256 Credential=////,Signature=,=", "x", "x")
	f.Fuzz(func(t *testing.T, method, path, query, authorization, date, hash string) {
		r := &http.Request{Method: method, URL: &url.URL{Host: "h", Path: path, RawQuery: query}, Header: http.Header{
			"Authorization": {authorization}, "X-Amz-Date": {date}, "X-Amz-Content-Sha256": {hash},
		}}
		s, err := Parse(r)
		if err != nil {
			checkWords(t, err)
			return
		}
		if s == nil {
			return
		}
		if s.AccessKeyID == "" || s.Date == "" || s.Region == "" || s.Service == "" || s.Time.IsZero() {
			t.Fatalf("incomplete: %+v", s)
		}
		err = new(Verifier).Verify(r, s, "secret", EmptyHash, s.Time)
		if err == nil {
			t.Fatalf("forged: %+v", s)
		}
		checkWords(t, err)
	})
}

// checkWords insists that an error can be told in every style.
func checkWords(t *testing.T, err error) {
	e, ok := err.(*Error)
	if !ok {
		t.Fatalf("%T: %v", err, err)
	}
	for style := Query; style <= S3; style++ {
		if w := e.For(style); w.Code == "" || w.Message == "" || w.Status < 400 {
			t.Fatalf("style %d of %v: %+v", style, e, w)
		}
	}
}

// FuzzChunked: a chunked body is decoded to exactly the announced bytes, or an
// error; where chunks are signed, only to the signed ones.
func FuzzChunked(f *testing.F) {
	signed := upload(f, "", "X-Amz-Content-Sha256:"+StreamingSigned, "X-Amz-Decoded-Content-Length:5")
	signed.ContentLength = 0
	sign(f, signed, testCreds, "s3", StreamingSigned)
	hello := signChunks(f, signed, "hello")
	s, err := Parse(signed)
	if err == nil {
		err = new(Verifier).Verify(signed, s, exampleSecret, "", exampleTime)
	}
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"), int64(5), "x-amz-checksum-crc32", StreamingUnsignedTrailer)
	f.Add([]byte("0\r\n\r\n"), int64(0), "", StreamingUnsignedTrailer)
	f.Add([]byte("2000\r\n"+strings.Repeat("x", minChunk)+"\r\n1\r\ny\r\n0\r\n\r\n"), int64(minChunk+1), "", StreamingUnsignedTrailer)
	f.Add([]byte(hello), int64(5), "", StreamingSigned)
	f.Add([]byte(hello[:len(hello)-2]+"x-amz-checksum-crc32:NhCmhg==\r\nx-amz-trailer-signature:00\r\n\r\n"), int64(5), "x-amz-checksum-crc32", StreamingSignedTrailer)
	f.Fuzz(func(t *testing.T, body []byte, length int64, trailer, kind string) {
		r := &http.Request{Header: http.Header{
			"X-Amz-Decoded-Content-Length": {strconv.FormatInt(length, 10)}, "X-Amz-Trailer": {trailer},
		}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}
		s := *s
		s.ContentSHA256 = kind
		b, err := NewBody(r, &s)
		if err != nil {
			checkWords(t, err)
			return
		}
		defer b.Close()
		got, err := io.ReadAll(b)
		if err != nil {
			checkWords(t, err)
			return
		}
		if int64(len(got)) != b.Length || len(got) > len(body) {
			t.Fatalf("%d bytes, announced %d", len(got), b.Length)
		}
		if (kind == StreamingSigned || kind == StreamingSignedTrailer) && len(got) > 0 && string(got) != "hello" {
			t.Fatalf("forged: %q", got)
		}
	})
}
