package sigv4

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/stretchr/testify/require"
)

// signedRequest is a request like those that the SDK's SQS and S3 clients make.
func signedRequest(t testing.TB, service, url string) *http.Request {
	r := newRequest(t, "POST", url, "Content-Type:application/x-amz-json-1.0", "X-Amz-Target:AmazonSQS.SendMessage",
		"Amz-Sdk-Invocation-Id:0f6b1ad4-4f8c-4c7e-9e55-6f0f9e5a9d5e", "Amz-Sdk-Request:attempt=1; max=3",
		"User-Agent:aws-sdk-go-v2/1.47.7 os/linux lang/go#1.26 md/GOOS#linux md/GOARCH#amd64 api/sqs#1.52.10", "X-Amz-Content-Sha256:"+EmptyHash)
	creds := aws.Credentials{AccessKeyID: exampleKey, SecretAccessKey: exampleSecret}
	require.NoError(t, v4.NewSigner().SignHTTP(context.Background(), creds, r, EmptyHash, service, "us-east-1", exampleTime,
		func(o *v4.SignerOptions) { o.DisableURIPathEscaping = service == "s3" }))
	return r
}

func BenchmarkVerify(b *testing.B) {
	for _, c := range []struct{ name, service, url string }{
		{"sqs", "sqs", "https://sqs.us-east-1.amazonaws.com/"},
		{"s3", "s3", "https://bucket.s3.us-east-1.amazonaws.com/folder/key?x-id=PutObject"},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := signedRequest(b, c.service, c.url)
			var v Verifier
			b.ReportAllocs()
			for b.Loop() {
				s, err := Parse(r)
				if err == nil {
					err = v.Verify(r, s, exampleSecret, EmptyHash, exampleTime)
				}
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerifyNewKey(b *testing.B) {
	r := signedRequest(b, "sqs", "https://sqs.us-east-1.amazonaws.com/")
	s, err := Parse(r)
	require.NoError(b, err)
	b.ReportAllocs()
	for b.Loop() {
		if err := new(Verifier).Verify(r, s, exampleSecret, EmptyHash, exampleTime); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkBody reads 8 MiB; what the floor of a kind costs is the hash of the
// data alone.
func BenchmarkBody(b *testing.B) {
	data := make([]byte, 8<<20)
	var chunked bytes.Buffer
	for rest := data; len(rest) > 0; rest = rest[64<<10:] {
		chunked.WriteString("10000\r\n")
		chunked.Write(rest[:64<<10])
		chunked.WriteString("\r\n")
	}
	chunked.WriteString("0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n")
	for _, c := range []struct {
		kind string
		body []byte
	}{
		{UnsignedPayload, data},
		{Hash(data), data},
		{StreamingUnsignedTrailer, chunked.Bytes()},
	} {
		name := c.kind
		if !strings.Contains(name, "-") {
			name = "SHA-256"
		}
		b.Run(name, func(b *testing.B) {
			r := newRequest(b, "PUT", "https://bucket.s3.amazonaws.com/key", "X-Amz-Content-Sha256:"+c.kind,
				"X-Amz-Decoded-Content-Length:"+strconv.Itoa(len(data)), "X-Amz-Trailer:x-amz-checksum-crc32")
			buf := make([]byte, len(data))
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(c.body)), int64(len(c.body))
				body, err := NewBody(r, nil)
				if err == nil {
					_, err = io.ReadFull(body, buf)
				}
				if err != nil {
					b.Fatal(err)
				}
				body.Close()
			}
		})
	}
}

func BenchmarkParse(b *testing.B) {
	r := signedRequest(b, "sqs", "https://sqs.us-east-1.amazonaws.com/")
	now := time.Now()
	b.ReportAllocs()
	for b.Loop() {
		if s, err := Parse(r); err != nil || s.Time.After(now) {
			b.Fatal(s, err)
		}
	}
}
