package s3_test

import (
	"bytes"
	"crypto/rand"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestClientStoresAndReads(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		body := make([]byte, 300<<10)
		_, err := rand.Read(body)
		require.NoError(t, err)
		for name, c := range map[string]struct {
			body      io.Reader
			algorithm types.ChecksumAlgorithm
		}{
			"seekable":             {bytes.NewReader(body), ""},
			"not seekable":         {io.MultiReader(bytes.NewReader(body)), ""},
			"SHA256":               {bytes.NewReader(body), types.ChecksumAlgorithmSha256},
			"SHA256, not seekable": {io.MultiReader(bytes.NewReader(body)), types.ChecksumAlgorithmSha256},
			"CRC64NVME":            {bytes.NewReader(body), types.ChecksumAlgorithmCrc64nvme},
			"CRC32C":               {io.MultiReader(bytes.NewReader(body)), types.ChecksumAlgorithmCrc32c},
		} {
			if _, seekable := c.body.(io.Seeker); !seekable && !a.secure() {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				key := "dir/" + name + " +%é"
				_, err := a.root.PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: &key, Body: c.body,
					ContentLength: aws.Int64(int64(len(body))), ChecksumAlgorithm: c.algorithm, Metadata: map[string]string{"name": "v"}})
				require.NoError(t, err)
				out, err := a.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("bucket"), Key: &key})
				require.NoError(t, err)
				got, err := io.ReadAll(out.Body)
				require.NoError(t, err, "the client verifies the checksum")
				assert.True(t, bytes.Equal(body, got))
				assert.Equal(t, map[string]string{"name": "v"}, out.Metadata)
			})
		}
	})
}

func TestClientGetsModeledErrors(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		_, err := a.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("none")})
		var noKey *types.NoSuchKey
		require.ErrorAs(t, err, &noKey)
		_, err = a.root.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: aws.String("missing")})
		var noBucket *types.NoSuchBucket
		require.ErrorAs(t, err, &noBucket)
		_, err = a.root.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("none")})
		var notFound *types.NotFound
		require.ErrorAs(t, err, &notFound)
	})
}

func TestClientReadsRangesAndConditions(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		a.put("bucket", "key", "hello world")
		out, err := a.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), Range: aws.String("bytes=6-")})
		require.NoError(t, err)
		got, err := io.ReadAll(out.Body)
		require.NoError(t, err)
		assert.Equal(t, "world", string(got))
		assert.Equal(t, "bytes 6-10/11", *out.ContentRange)

		_, err = a.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), Range: aws.String("bytes=11-")})
		requireAPIError(t, err, "InvalidRange", "The requested range is not satisfiable")
		_, err = a.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), IfMatch: aws.String("x")})
		requireAPIError(t, err, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
		_, err = a.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), IfNoneMatch: aws.String("*")})
		var status interface{ HTTPStatusCode() int }
		require.ErrorAs(t, err, &status)
		assert.Equal(t, http.StatusNotModified, status.HTTPStatusCode())
	})
}

func TestClientIsDenied(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		a.put("bucket", "key", "secret")
		get := func(c *awss3.Client, key string) error {
			_, err := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("bucket"), Key: &key})
			return err
		}
		const reader = "User: arn:aws:iam::111122223333:user/reader is not authorized to perform: "
		requireAPIError(t, get(a.user, "key"), "AccessDenied", reader+`s3:GetObject on resource: "arn:aws:s3:::bucket/key" because no identity-based policy allows the s3:GetObject action`)
		requireAPIError(t, get(a.user, "none"), "AccessDenied", reader+`s3:ListBucket on resource: "arn:aws:s3:::bucket" because no identity-based policy allows the s3:ListBucket action`)
		_, err := a.user.ListBuckets(ctx, &awss3.ListBucketsInput{})
		requireAPIError(t, err, "AccessDenied", reader+"s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action")
		requireAPIError(t, get(a.anonymous(), "key"), "AccessDenied", "Access Denied")

		a.allow(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}`)
		require.NoError(t, get(a.user, "key"))
		requireAPIError(t, get(a.user, "none"), "AccessDenied", "")
		a.allow(`{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":"*"}`)
		requireAPIError(t, get(a.user, "none"), "NoSuchKey", "")
		_, err = a.user.ListBuckets(ctx, &awss3.ListBucketsInput{})
		requireAPIError(t, err, "AccessDenied", "")
		a.allow(`{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"arn:aws:s3:::*"}`)
		_, err = a.user.ListBuckets(ctx, &awss3.ListBucketsInput{})
		require.NoError(t, err, "rule 3")
	})
}

func TestClientDeletesWhatItMay(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		a.put("bucket", "mine/1", "")
		a.put("bucket", "theirs/1", "")
		a.allow(`{"Effect":"Allow","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::bucket/mine/*"}`)
		out, err := a.user.DeleteObjects(ctx, &awss3.DeleteObjectsInput{Bucket: aws.String("bucket"), Delete: &types.Delete{
			Objects: []types.ObjectIdentifier{{Key: aws.String("theirs/1")}, {Key: aws.String("mine/1")}}}})
		require.NoError(t, err, "rule 1: denied keys come back one by one")
		require.Len(t, out.Deleted, 1)
		assert.Equal(t, "mine/1", *out.Deleted[0].Key)
		require.Len(t, out.Errors, 1)
		assert.Equal(t, types.Error{Key: aws.String("theirs/1"), Code: aws.String("AccessDenied"), Message: aws.String("Access Denied")}, out.Errors[0])
		list, err := a.root.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: aws.String("bucket")})
		require.NoError(t, err)
		assert.Len(t, list.Contents, 1)
	})
}

func TestClientIsConfinedByConditions(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		_, err := a.root.PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("blue"), Tagging: aws.String("team=blue")})
		require.NoError(t, err)
		a.put("bucket", "none", "")
		a.allow(`{"Effect":"Allow","Action":"s3:ListBucket","Resource":"arn:aws:s3:::bucket","Condition":{"StringLike":{"s3:prefix":"home/*"}}},
		{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"s3:ExistingObjectTag/team":"blue"}}},
		{"Effect":"Allow","Action":["s3:PutObject","s3:PutObjectTagging"],"Resource":"*","Condition":{"StringEquals":{"s3:RequestObjectTag/team":"blue"}}}`)
		list := func(prefix *string) error {
			_, err := a.user.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: aws.String("bucket"), Prefix: prefix})
			return err
		}
		get := func(key string) error {
			_, err := a.user.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("bucket"), Key: &key})
			return err
		}
		put := func(tags *string) error {
			_, err := a.user.PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("new"), Tagging: tags})
			return err
		}
		require.NoError(t, list(aws.String("home/me")))
		requireAPIError(t, list(nil), "AccessDenied", "")
		requireAPIError(t, list(aws.String("")), "AccessDenied", "")
		require.NoError(t, get("blue"))
		requireAPIError(t, get("none"), "AccessDenied", "")
		require.NoError(t, put(aws.String("team=blue")))
		requireAPIError(t, put(nil), "AccessDenied", "")
	})
}

func TestPublicBucket(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		a.put("bucket", "key", "news")
		other, err := a.world.AddAccount(stranger, "", "")
		require.NoError(t, err)
		abroad := a.client(other.Root)
		policy := &awss3.PutBucketPolicyInput{Bucket: aws.String("bucket"), Policy: aws.String(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}]}`)}
		get := func(c *awss3.Client) error {
			_, err := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
			return err
		}
		_, err = a.root.PutBucketPolicy(ctx, policy)
		requireAPIError(t, err, "AccessDenied", "")
		_, err = a.root.DeletePublicAccessBlock(ctx, &awss3.DeletePublicAccessBlockInput{Bucket: aws.String("bucket")})
		require.NoError(t, err)
		requireAPIError(t, get(a.anonymous()), "AccessDenied", "Access Denied")
		_, err = a.root.PutBucketPolicy(ctx, policy)
		require.NoError(t, err)
		require.NoError(t, get(a.anonymous()), "rule 46")
		require.NoError(t, get(abroad), "rule 44: root of another account")
		require.NoError(t, get(a.user), "rule 33: * is enough in the same account")
		_, err = abroad.PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("x")})
		requireAPIError(t, err, "AccessDenied", "Access Denied")
		_, err = a.root.PutPublicAccessBlock(ctx, &awss3.PutPublicAccessBlockInput{Bucket: aws.String("bucket"),
			PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{RestrictPublicBuckets: aws.Bool(true)}})
		require.NoError(t, err)
		requireAPIError(t, get(a.anonymous()), "AccessDenied", "Access Denied")
		requireAPIError(t, get(abroad), "AccessDenied", "Access Denied")
	})
}

func TestPresigned(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		a.put("bucket", "a key", "data")
		a.allow(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Condition":{"StringEquals":{"s3:authType":"REST-QUERY-STRING"},"NumericLessThan":{"s3:signatureAge":"60000"}}}`)
		in := &awss3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("a key")}
		signed, err := awss3.NewPresignClient(a.user).PresignGetObject(ctx, in)
		require.NoError(t, err)
		req, err := http.NewRequestWithContext(ctx, signed.Method, signed.URL, nil)
		require.NoError(t, err)
		resp, err := a.http.Do(req)
		require.NoError(t, err)
		defer resp.Body.Close()
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.Equal(t, http.StatusOK, resp.StatusCode, string(body))
		assert.Equal(t, "data", string(body))
		_, err = a.user.GetObject(ctx, in)
		requireAPIError(t, err, "AccessDenied", "")
	})
}

func TestPaginator(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		for _, k := range []string{"a", "b/1", "b/2", "c", "d/1"} {
			a.put("bucket", k, "")
		}
		p := awss3.NewListObjectsV2Paginator(a.root, &awss3.ListObjectsV2Input{Bucket: aws.String("bucket"), Delimiter: aws.String("/"), MaxKeys: aws.Int32(2)})
		var got []string
		for p.HasMorePages() {
			page, err := p.NextPage(t.Context())
			require.NoError(t, err)
			for _, o := range page.Contents {
				got = append(got, *o.Key)
			}
			for _, c := range page.CommonPrefixes {
				got = append(got, *c.Prefix)
			}
		}
		assert.ElementsMatch(t, []string{"a", "b/", "c", "d/"}, got)
	})
}

func TestPolicyOfNobody(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		_, err := a.root.PutBucketPolicy(t.Context(), &awss3.PutBucketPolicyInput{Bucket: aws.String("bucket"), Policy: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + owner + `:role/none"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/*"}]}`)})
		requireAPIError(t, err, "MalformedPolicy", "Invalid principal in policy")
	})
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for j := range 10 {
					key := aws.String(strconv.Itoa((i + j) % 5))
					_, err := a.root.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: key, Body: strings.NewReader("data")})
					assert.NoError(t, err)
					_, err = a.root.PutObjectTagging(t.Context(), &awss3.PutObjectTaggingInput{Bucket: aws.String("bucket"), Key: key,
						Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}})
					assert.NoError(t, err)
					out, err := a.root.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("bucket"), Key: key})
					if assert.NoError(t, err) {
						got, err := io.ReadAll(out.Body)
						assert.NoError(t, err)
						assert.Equal(t, "data", string(got))
					}
					_, err = a.root.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String("bucket")})
					assert.NoError(t, err)
				}
			})
		}
		wg.Wait()
	})
}

func TestCopyNeedsBothSides(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("source")
		a.bucket("target")
		a.put("source", "a key", "data")
		dup := func() error {
			_, err := a.user.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: aws.String("target"), Key: aws.String("copy"), CopySource: aws.String("source/a%20key")})
			return err
		}
		const put = `{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::target/*"}`
		const get = `{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::source/*"}`
		const reader = "User: arn:aws:iam::111122223333:user/reader is not authorized to perform: "
		a.allow(put)
		requireAPIError(t, dup(), "AccessDenied", reader+`s3:GetObject on resource: "arn:aws:s3:::source/a key" because no identity-based policy allows the s3:GetObject action`)
		a.allow(get)
		requireAPIError(t, dup(), "AccessDenied", reader+`s3:PutObject on resource: "arn:aws:s3:::target/copy" because no identity-based policy allows the s3:PutObject action`)
		a.allow(get + "," + put)
		require.NoError(t, dup())
	})
}

// A recorder keeps the last answer that passed.
type recorder struct {
	aws.HTTPClient
	last *http.Response
}

func (r *recorder) Do(req *http.Request) (*http.Response, error) {
	resp, err := r.HTTPClient.Do(req)
	r.last = resp
	return resp, err
}

func TestStatusesAndHeaders(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		rec := &recorder{HTTPClient: a.http}
		options := a.root.Options()
		options.HTTPClient = rec
		c := awss3.New(options)
		bucket, key := aws.String("bucket"), aws.String("key")
		var err error
		expect := func(status int, headers ...string) {
			t.Helper()
			require.Equal(t, status, rec.last.StatusCode, "%v", err)
			for i := 0; i < len(headers); i += 2 {
				assert.Equal(t, headers[i+1], rec.last.Header.Get(headers[i]), headers[i])
			}
		}
		_, err = c.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: bucket})
		expect(http.StatusOK, "Location", "/bucket")
		_, err = c.HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: bucket})
		expect(http.StatusOK, "X-Amz-Bucket-Region", "us-east-1")
		_, err = c.PutObject(ctx, &awss3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("hello world")})
		expect(http.StatusOK, "Etag", `"5eb63bbbe01eeed093cb22bb8f5acdc3"`, "X-Amz-Checksum-Crc32", "DUoRhQ==", "X-Amz-Checksum-Type", "FULL_OBJECT", "X-Amz-Server-Side-Encryption", "AES256")
		_, err = c.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key, Range: aws.String("bytes=0-0")})
		expect(http.StatusPartialContent, "Content-Range", "bytes 0-0/11", "Content-Length", "1", "Accept-Ranges", "bytes", "Content-Type", "application/octet-stream")
		_, err = c.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: bucket, Key: key, Range: aws.String("bytes=0-0")})
		expect(http.StatusPartialContent, "Content-Length", "1")
		_, err = c.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: bucket, Key: aws.String("none")})
		expect(http.StatusNotFound)
		assert.LessOrEqual(t, rec.last.ContentLength, int64(0), "an answer to HEAD has no body")
		_, err = c.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key, IfNoneMatch: aws.String("*")})
		expect(http.StatusNotModified)
		assert.Zero(t, rec.last.ContentLength, "nor has 304")
		_, err = c.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: key})
		expect(http.StatusNoContent)
		_, err = c.PutBucketPolicy(ctx, &awss3.PutBucketPolicyInput{Bucket: bucket, Policy: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket/*"}]}`)})
		expect(http.StatusNoContent)
		out, err := c.GetBucketPolicy(ctx, &awss3.GetBucketPolicyInput{Bucket: bucket})
		expect(http.StatusOK)
		assert.Contains(t, *out.Policy, `"Deny"`)
		_, err = c.DeleteBucketPolicy(ctx, &awss3.DeleteBucketPolicyInput{Bucket: bucket})
		expect(http.StatusNoContent)
		location, err := c.GetBucketLocation(ctx, &awss3.GetBucketLocationInput{Bucket: bucket})
		expect(http.StatusOK)
		assert.Empty(t, location.LocationConstraint)
		_, err = c.DeleteBucket(ctx, &awss3.DeleteBucketInput{Bucket: bucket})
		expect(http.StatusNoContent)
		_, err = c.ListObjects(ctx, &awss3.ListObjectsInput{Bucket: bucket})
		expect(http.StatusNotFound)
	})
}
