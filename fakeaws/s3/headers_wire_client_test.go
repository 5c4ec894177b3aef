package s3_test

import (
	"bytes"
	"context"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A heard connection keeps what its server said.
type heard struct {
	net.Conn
	mu   *sync.Mutex
	said *bytes.Buffer
}

func (c heard) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.said.Write(p[:n])
	return n, err
}

// TestHeaderNames: clients in other languages give user metadata the key that the header
// has on the wire, where net/http would write it with capitals.
func TestHeaderNames(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	server := httptest.NewServer(a.world.Door())
	t.Cleanup(server.Close)
	var mu sync.Mutex
	var said bytes.Buffer
	transport := &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := new(net.Dialer).DialContext(ctx, network, address)
		return heard{conn, &mu, &said}, err
	}}
	t.Cleanup(transport.CloseIdleConnections)
	// ask performs a call and returns the head of its answer.
	ask := func(call func(*awss3.Client) error) (head string, err error) {
		mu.Lock()
		said.Reset()
		mu.Unlock()
		err = call(awss3.New(a.root.Options(), func(o *awss3.Options) {
			o.HTTPClient, o.BaseEndpoint, o.UsePathStyle = &http.Client{Transport: transport}, &server.URL, true
		}))
		mu.Lock()
		defer mu.Unlock()
		head, _, _ = strings.Cut(said.String(), "\r\n\r\n")
		return head + "\r\n", err
	}
	a.bucket("bucket")
	name, key := aws.String("bucket"), aws.String("key")
	put, err := ask(func(c *awss3.Client) error {
		_, err := c.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: name, Key: key, Body: strings.NewReader("data"),
			Metadata: map[string]string{"Key": "v", "snake_case": "v", "x-amz-meta-2": "v"}})
		return err
	})
	require.NoError(t, err)
	get, err := ask(func(c *awss3.Client) error {
		out, err := c.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: name, Key: key, ChecksumMode: types.ChecksumModeEnabled})
		if err == nil {
			assert.Equal(t, map[string]string{"key": "v", "snake_case": "v", "x-amz-meta-2": "v"}, out.Metadata)
			_, err = new(bytes.Buffer).ReadFrom(out.Body)
		}
		return err
	})
	require.NoError(t, err)
	missing, err := ask(func(c *awss3.Client) error {
		_, err := c.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: name, Key: aws.String("missing")})
		return err
	})
	requireAPIError(t, err, "NoSuchKey", "")
	headMissing, err := ask(func(c *awss3.Client) error {
		_, err := c.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: name, Key: aws.String("missing")})
		return err
	})
	requireAPIError(t, err, "NotFound", "")
	headBucket, err := ask(func(c *awss3.Client) error {
		_, err := c.HeadBucket(t.Context(), &awss3.HeadBucketInput{Bucket: name})
		return err
	})
	require.NoError(t, err)
	for _, c := range []struct {
		head string
		want []string
	}{
		{put, []string{"ETag: ", "x-amz-server-side-encryption: AES256", "x-amz-checksum-crc32: "}},
		{get, []string{"ETag: ", "x-amz-meta-key: v", "x-amz-meta-snake_case: v", "x-amz-meta-x-amz-meta-2: v", "x-amz-checksum-crc32: ", "Last-Modified: ", "Accept-Ranges: bytes", "Content-Length: 4"}},
		{missing, []string{"Content-Type: application/xml"}},
		{headMissing, []string{"Content-Type: application/xml"}},
		{headBucket, []string{"Content-Type: application/xml", "x-amz-bucket-arn: arn:aws:s3:::bucket", "x-amz-bucket-region: us-east-1"}},
	} {
		for _, header := range append(c.want, "x-amz-request-id: ", "x-amz-id-2: ", "Server: AmazonS3", "Date: ") {
			assert.Contains(t, c.head, "\r\n"+header)
		}
		seen := make(map[string]int)
		for _, m := range regexp.MustCompile(`(?m)^([^:\r\n]+): `).FindAllStringSubmatch(c.head, -1) {
			seen[strings.ToLower(m[1])]++
			assert.NotRegexp(t, "^(?:X-Amz|Etag)", m[1])
		}
		assert.Equal(t, 1, slices.Max(slices.Collect(maps.Values(seen))), "each once: %s", c.head)
	}
}

// TestErrorElements: S3's errors name what they are about, and have no Resource.
func TestErrorElements(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		resp := a.get(a.address("missing", "key"))
		body := new(bytes.Buffer)
		_, err := body.ReadFrom(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		assert.Regexp(t, "<Error><Code>NoSuchBucket</Code><Message>[^<]+</Message><BucketName>missing</BucketName><RequestId>[0-9A-F]{16}</RequestId><HostId>[^<]+</HostId></Error>$", body)
		assert.Equal(t, "AmazonS3", resp.Header.Get("Server"))
	})
}

// get sends a request that no SDK made.
func (a *account) get(url string) *http.Response {
	a.t.Helper()
	r, err := http.NewRequestWithContext(a.t.Context(), http.MethodGet, url, http.NoBody)
	require.NoError(a.t, err)
	resp, err := a.http.Do(r)
	require.NoError(a.t, err)
	return resp
}

// TestBucketARNs: answers about general purpose buckets have their ARNs.
func TestBucketARNs(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx, name, arn := t.Context(), aws.String("bucket"), aws.String("arn:aws:s3:::bucket")
		for range 2 { // us-east-1 lets one make one's bucket again
			made, err := a.root.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: name})
			require.NoError(t, err)
			assert.Equal(t, arn, made.BucketArn)
		}
		head, err := a.root.HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: name})
		require.NoError(t, err)
		assert.Equal(t, arn, head.BucketArn)
		for prefix, region := range map[*string]*string{nil: nil, aws.String("b"): aws.String("us-east-1")} {
			list, err := a.root.ListBuckets(ctx, &awss3.ListBucketsInput{Prefix: prefix})
			require.NoError(t, err)
			require.Len(t, list.Buckets, 1)
			assert.Equal(t, arn, list.Buckets[0].BucketArn)
			assert.Equal(t, region, list.Buckets[0].BucketRegion)
		}
	})
}

// TestInitiatorNames: a user who began an upload is shown with its name, though owners
// have none any more.
func TestInitiatorNames(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx, name, key := t.Context(), aws.String("bucket"), aws.String("key")
		a.bucket("bucket")
		a.allow(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
		up, err := a.user.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: name, Key: key})
		require.NoError(t, err)
		parts, err := a.root.ListParts(ctx, &awss3.ListPartsInput{Bucket: name, Key: key, UploadId: up.UploadId})
		require.NoError(t, err)
		uploads, err := a.root.ListMultipartUploads(ctx, &awss3.ListMultipartUploadsInput{Bucket: name})
		require.NoError(t, err)
		require.Len(t, uploads.Uploads, 1)
		want := &types.Initiator{ID: aws.String("arn:aws:iam::" + owner + ":user/reader"), DisplayName: aws.String("reader")}
		assert.Equal(t, want, parts.Initiator)
		assert.Equal(t, want, uploads.Uploads[0].Initiator)
		assert.Nil(t, uploads.Uploads[0].Owner.DisplayName)
		assert.Nil(t, parts.Owner.DisplayName)
	})
}

// TestPutConfigurationStatus: what is configured by id answers 204.
func TestPutConfigurationStatus(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx, name, id := t.Context(), aws.String("bucket"), aws.String("id")
		a.bucket("bucket")
		rec := &recorder{HTTPClient: a.http}
		record := func(o *awss3.Options) { o.HTTPClient = rec }
		for operation, put := range map[string]func() error{
			"metrics": func() error {
				_, err := a.root.PutBucketMetricsConfiguration(ctx, &awss3.PutBucketMetricsConfigurationInput{Bucket: name, Id: id, MetricsConfiguration: &types.MetricsConfiguration{Id: id}}, record)
				return err
			},
			"analytics": func() error {
				_, err := a.root.PutBucketAnalyticsConfiguration(ctx, &awss3.PutBucketAnalyticsConfigurationInput{Bucket: name, Id: id,
					AnalyticsConfiguration: &types.AnalyticsConfiguration{Id: id, StorageClassAnalysis: &types.StorageClassAnalysis{}}}, record)
				return err
			},
			"inventory": func() error {
				cfg := inventoryOf("Size")
				_, err := a.root.PutBucketInventoryConfiguration(ctx, &awss3.PutBucketInventoryConfigurationInput{Bucket: name, Id: cfg.Id, InventoryConfiguration: cfg}, record)
				return err
			},
			"tiering": func() error {
				_, err := a.root.PutBucketIntelligentTieringConfiguration(ctx, &awss3.PutBucketIntelligentTieringConfigurationInput{Bucket: name, Id: id, IntelligentTieringConfiguration: &types.IntelligentTieringConfiguration{
					Id: id, Status: types.IntelligentTieringStatusEnabled, Tierings: []types.Tiering{{AccessTier: types.IntelligentTieringAccessTierArchiveAccess, Days: aws.Int32(90)}}}}, record)
				return err
			},
		} {
			require.NoError(t, put(), operation)
			assert.Equal(t, http.StatusNoContent, rec.last.StatusCode, operation)
		}
	})
}

// TestListBucketsOrder: S3 writes the owner before the buckets.
func TestListBucketsOrder(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.bucket("bucket")
	a.allow(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
	_, body, _ := a.do(userVersion2(a).signed(t, a, "GET", "https://s3.us-east-1.amazonaws.com/", "/", ""))
	assert.Regexp(t, "<ListAllMyBucketsResult[^>]*><Owner><ID>[0-9a-f]+</ID></Owner><Buckets><Bucket>", body)
}

// TestAnonymousTrailer: anonymous uploads may come in chunks that are not signed, with a
// checksum behind them.
func TestAnonymousTrailer(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.website(indexed(), `{"Effect":"Allow","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::site/*"}`)
		upload := func(sum string) (int, string) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, a.address("site", "key"),
				strings.NewReader("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:"+sum+"\r\n\r\n"))
			require.NoError(t, err)
			for name, value := range map[string]string{
				"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Trailer": "x-amz-checksum-crc32", "X-Amz-Decoded-Content-Length": "5",
				"Content-Encoding": "aws-chunked", "X-Amz-Sdk-Checksum-Algorithm": "CRC32",
			} {
				r.Header.Set(name, value)
			}
			status, body, _ := a.do(r)
			return status, body
		}
		status, body := upload("NhCmhg==")
		require.Equal(t, http.StatusOK, status, body)
		status, body = upload("AAAAAA==")
		assert.Equal(t, http.StatusBadRequest, status)
		assert.Contains(t, body, "<Code>BadDigest</Code>")
	})
}

// Checksums in the query of a presigned URL are ignored, those in headers are not: the
// JavaScript SDK has the one of an empty body in each URL of an upload.
func TestChecksumsInTheQueryAreIgnored(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		a.allow(`{"Effect":"Allow","Action":"s3:*","Resource":"*"}`)
		u, address, resource := userVersion2(a), a.address("bucket", "key"), "/bucket/key"
		url := u.presigned(a, "PUT", address, resource, time.Minute, "x-amz-checksum-crc32:AAAAAA==", "x-amz-sdk-checksum-algorithm:CRC32")
		status, body, _ := a.ask("PUT", url, "data")
		require.Equal(t, http.StatusOK, status, body)
		head, err := a.root.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), ChecksumMode: types.ChecksumModeEnabled})
		require.NoError(t, err)
		assert.Nil(t, head.ChecksumCRC32)
		assert.NotNil(t, head.ChecksumCRC64NVME, "as without one")

		_, body, _ = a.do(u.signed(t, a, "PUT", address, resource, "data", "x-amz-checksum-crc32:AAAAAA=="))
		assert.Contains(t, body, "<Code>BadDigest</Code>")

		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, address+"?X-Amz-Expires=60&x-amz-checksum-crc32=AAAAAA%3D%3D&x-amz-sdk-checksum-algorithm=CRC32", nil)
		require.NoError(t, err)
		url, _, err = v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }).PresignHTTP(t.Context(),
			aws.Credentials{AccessKeyID: u.key, SecretAccessKey: u.secret}, r, "UNSIGNED-PAYLOAD", "s3", "us-east-1", a.world.Clock().Now())
		require.NoError(t, err)
		status, body, _ = a.ask("PUT", url, "data")
		assert.Equal(t, http.StatusOK, status, body)
	})
}
