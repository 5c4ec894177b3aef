package sigv4

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsv4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/leastpriv/leastpriv/internal/wire"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A capture is an HTTP client that verifies what it is to send, as it is and as
// it would come out of a socket, and reads the bodies of S3 requests.
type capture struct {
	t     *testing.T
	v     Verifier
	token string
	calls int
	body  string // of the last S3 request
	sha   string // its X-Amz-Content-Sha256
	tail  []wire.Field
}

func (c *capture) Do(r *http.Request) (*http.Response, error) {
	c.calls++
	var raw []byte
	if r.Body != nil {
		var err error
		raw, err = io.ReadAll(r.Body)
		require.NoError(c.t, err)
	}
	r.Body = io.NopCloser(bytes.NewReader(raw))
	wired := r
	if r.URL.Scheme != "" {
		wired = overTheWire(c.t, r)
	}
	for _, r := range []*http.Request{r, wired} {
		r.Body = io.NopCloser(bytes.NewReader(raw))
		s, err := Parse(r)
		require.NoError(c.t, err)
		require.NotNil(c.t, s, "signed")
		require.NoError(c.t, s.CheckToken(c.token))
		err = c.v.Verify(r, s, exampleSecret, Hash(raw), time.Now())
		require.NoError(c.t, err)
		assert.Equal(c.t, "eu-central-1", s.Region)
		if s.Service == "s3" {
			b, err := NewBody(r, s)
			require.NoError(c.t, err)
			got, err := io.ReadAll(b)
			require.NoError(c.t, err)
			c.body, c.sha, c.tail = string(got), s.ContentSHA256, b.Trailer()
			require.NoError(c.t, b.Close())
		}
	}
	return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

func newCapture(t *testing.T, token string) (*capture, aws.Config) {
	c := &capture{t: t, token: token}
	return c, aws.Config{
		Region: "eu-central-1", HTTPClient: c, Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider(exampleKey, exampleSecret, token),
		// What config.LoadDefaultConfig sets.
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported, ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
	}
}

// oddKeys are object keys that clients and servers escape.
var oddKeys = []string{"key", "a b", "a+b", "100%", "%41", "ü/€/日本", "//double//", "../up/./here", "?query=1&b#c", "a:b@c,d;e=f!g$h'(i)*j", "tab\tnew", `"<>\^{}|` + "`", "trailing/", "~-._"}

func TestS3Clients(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"", "FwoGZXIvYXdzEJr//////////wEaDK+="} {
		for _, key := range oddKeys {
			for _, pathStyle := range []bool{false, true} {
				for _, scheme := range []string{"https", "http"} {
					c, cfg := newCapture(t, token)
					client := s3.NewFromConfig(cfg, func(o *s3.Options) {
						o.UsePathStyle = pathStyle
						if scheme == "http" {
							o.BaseEndpoint = aws.String("http://127.0.0.1:4566")
							o.UsePathStyle = true
						}
					})
					ctx := context.Background()
					_, _ = client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: &key, Range: aws.String("bytes=0-1"), ResponseContentType: aws.String("text/plain; a=b+c")})
					_, _ = client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: &key, Body: strings.NewReader("body of " + key),
						Metadata: map[string]string{"Some-Key": "a   b", "other": " x "}, Tagging: aws.String("a=b&c=d%20e")})
					assert.Equal(t, "body of "+key, c.body)
					if scheme == "https" {
						assert.Equal(t, StreamingUnsignedTrailer, c.sha)
					} else {
						assert.Equal(t, Hash([]byte("body of "+key)), c.sha)
					}
					_, _ = client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("bucket"), Prefix: &key, Delimiter: aws.String("/"), StartAfter: aws.String("a b+c%")})
					_, _ = client.CopyObject(ctx, &s3.CopyObjectInput{Bucket: aws.String("bucket"), Key: &key, CopySource: aws.String("other/a%20b")})
					_, _ = client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: aws.String("bucket"), Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: &key}}}})
					_, _ = client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{Bucket: aws.String("bucket"), Key: &key, Tagging: &types.Tagging{TagSet: []types.Tag{}}})
					assert.Equal(t, 6, c.calls, "every call was sent")
				}
			}
		}
	}
}

// unseekable is a body that the SDK can read once, so that it must send the
// checksum in a trailer.
type unseekable struct{ io.Reader }

func TestUnseekableBodies(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 5, minChunk, 64 << 10, 64<<10 + 1, 200_000} {
		data := strings.Repeat("0123456789", size/10+1)[:size]
		c, cfg := newCapture(t, "")
		_, err := s3.NewFromConfig(cfg).PutObject(context.Background(), &s3.PutObjectInput{
			Bucket: aws.String("bucket"), Key: aws.String("key"), Body: unseekable{strings.NewReader(data)}, ContentLength: aws.Int64(int64(size))})
		require.NoError(t, err)
		assert.Equal(t, 1, c.calls)
		assert.Equal(t, StreamingUnsignedTrailer, c.sha)
		assert.Equal(t, data, c.body)
		sum := binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE([]byte(data)))
		assert.Equal(t, []wire.Field{{Name: "x-amz-checksum-crc32", Value: base64.StdEncoding.EncodeToString(sum)}}, c.tail)
	}
}

// The SDK sends a body of unknown length without X-Amz-Decoded-Content-Length;
// Amazon S3 does not take it.
func TestUnknownLength(t *testing.T) {
	t.Parallel()
	var failed error
	_, cfg := newCapture(t, "")
	cfg.HTTPClient = doFunc(func(r *http.Request) (*http.Response, error) {
		s, err := Parse(r)
		require.NoError(t, err)
		require.NoError(t, new(Verifier).Verify(r, s, exampleSecret, "", time.Now()))
		_, failed = NewBody(r, s)
		return &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
	})
	_, _ = s3.NewFromConfig(cfg).PutObject(context.Background(), &s3.PutObjectInput{
		Bucket: aws.String("bucket"), Key: aws.String("key"), Body: unseekable{strings.NewReader("hello")}})
	assert.Equal(t, MissingLength, reasonOf(t, failed))
}

type doFunc func(*http.Request) (*http.Response, error)

func (f doFunc) Do(r *http.Request) (*http.Response, error) { return f(r) }

func TestPresignedClients(t *testing.T) {
	t.Parallel()
	for _, token := range []string{"", "FwoGZXIvYXdzEJr//////////wEaDK+="} {
		for _, key := range oddKeys {
			c, cfg := newCapture(t, token)
			presigner := s3.NewPresignClient(s3.NewFromConfig(cfg))
			ctx := context.Background()
			get, err := presigner.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("bucket"), Key: &key, ExpectedBucketOwner: aws.String("000000000000")})
			require.NoError(t, err)
			put, err := presigner.PresignPutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("bucket"), Key: &key, ACL: types.ObjectCannedACLPrivate,
				ContentType: aws.String("text/plain"), Metadata: map[string]string{"a": "b"}}, s3.WithPresignExpires(time.Hour))
			require.NoError(t, err)
			for _, p := range []*awsv4.PresignedHTTPRequest{get, put} {
				r, err := http.NewRequest(p.Method, p.URL, strings.NewReader("any body"))
				require.NoError(t, err)
				for name, values := range p.SignedHeader {
					if name != "Host" {
						r.Header[name] = values
					}
				}
				_, err = c.Do(r)
				require.NoError(t, err)
				assert.Equal(t, UnsignedPayload, c.sha)
				assert.Equal(t, "any body", c.body)
			}
		}
		c, cfg := newCapture(t, token)
		p, err := sts.NewPresignClient(sts.NewFromConfig(cfg)).PresignGetCallerIdentity(context.Background(), &sts.GetCallerIdentityInput{})
		require.NoError(t, err)
		r, err := http.NewRequest(p.Method, p.URL, nil)
		require.NoError(t, err)
		_, err = c.Do(r)
		require.NoError(t, err)
	}
}

func TestOtherClients(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []*string{nil, aws.String("http://127.0.0.1:4566"), aws.String("http://localhost:80"), aws.String("https://[::1]:8443/prefix")} {
		c, cfg := newCapture(t, "token")
		cfg.BaseEndpoint = endpoint
		ctx := context.Background()
		q := sqs.NewFromConfig(cfg, func(o *sqs.Options) { o.DisableMessageChecksumValidation = true })
		_, _ = q.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String("https://sqs.eu-central-1.amazonaws.com/000000000000/q"), MessageBody: aws.String("größe \x01")})
		_, _ = q.ListQueues(ctx, &sqs.ListQueuesInput{})
		_, _ = sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		assert.Equal(t, 3, c.calls)
		if endpoint != nil {
			_, _ = iam.NewFromConfig(cfg).ListUsers(ctx, &iam.ListUsersInput{PathPrefix: aws.String("/a b/")})
			assert.Equal(t, 4, c.calls)
		}
	}
}
