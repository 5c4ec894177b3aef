package s3_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A client that goes away in mid-upload leaves nothing behind.
func TestDisconnectedUploads(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ctx := t.Context()
	a.bucket("bucket")
	bucket, object, parts := aws.String("bucket"), aws.String("object"), aws.String("parts")
	up, err := a.root.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: parts})
	require.NoError(t, err)
	served := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.world.Door().ServeHTTP(w, r)
		served <- struct{}{}
	}))
	defer server.Close()
	signer := awss3.NewPresignClient(a.root, awss3.WithPresignClientFromClientOptions(func(o *awss3.Options) {
		o.BaseEndpoint, o.UsePathStyle = &server.URL, true
	}))
	put, err := signer.PresignPutObject(ctx, &awss3.PutObjectInput{Bucket: bucket, Key: object})
	require.NoError(t, err)
	part, err := signer.PresignUploadPart(ctx, &awss3.UploadPartInput{Bucket: bucket, Key: parts, UploadId: up.UploadId, PartNumber: aws.Int32(1)})
	require.NoError(t, err)
	for _, r := range []*v4.PresignedHTTPRequest{put, part} {
		breakOff(t, r, "Content-Length: 1000000\r\n\r\n"+strings.Repeat("x", 100_000))
		<-served
		breakOff(t, r, "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
		<-served
	}
	whole, err := signer.PresignPutObject(ctx, &awss3.PutObjectInput{Bucket: bucket, Key: aws.String("whole")})
	require.NoError(t, err)
	breakOff(t, whole, "Content-Length: 5\r\n\r\nhello")
	<-served
	assert.Equal(t, "NotFound", code(second(a.root.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: bucket, Key: object}))))
	assert.NoError(t, second(a.root.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: bucket, Key: aws.String("whole")})), "a request of this kind is good")
	listed, err := a.root.ListParts(ctx, &awss3.ListPartsInput{Bucket: bucket, Key: parts, UploadId: up.UploadId})
	require.NoError(t, err)
	assert.Empty(t, listed.Parts)

	// In the process it is the body that breaks off.
	broken := func() io.Reader { return io.MultiReader(strings.NewReader("hello"), brokenBody{}) }
	_, err = a.root.PutObject(ctx, &awss3.PutObjectInput{Bucket: bucket, Key: object, Body: broken(), ContentLength: aws.Int64(10)}, awss3.WithAPIOptions(v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware))
	require.Error(t, err)
	assert.Equal(t, "NotFound", code(second(a.root.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: bucket, Key: object}))))
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// breakOff sends a presigned request with the beginning of a body, and hangs up.
func breakOff(t *testing.T, r *v4.PresignedHTTPRequest, rest string) {
	t.Helper()
	u, err := url.Parse(r.URL)
	require.NoError(t, err)
	conn, err := net.Dial("tcp", u.Host)
	require.NoError(t, err)
	head := r.Method + " " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host + "\r\n"
	for name, values := range r.SignedHeader {
		if http.CanonicalHeaderKey(name) != "Host" && http.CanonicalHeaderKey(name) != "Content-Length" {
			head += name + ": " + values[0] + "\r\n"
		}
	}
	_, err = io.WriteString(conn, head+rest)
	require.NoError(t, err)
	require.NoError(t, conn.Close())
}
