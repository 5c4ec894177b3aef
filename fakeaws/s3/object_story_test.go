package s3_test

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A shop is an account with one bucket of importance.
type shop struct{ *account }

func eachDoor(t *testing.T, story func(*testing.T, *shop)) {
	t.Helper()
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) { story(t, &shop{a}) })
}

func (s *shop) bucket(in awss3.CreateBucketInput) {
	s.t.Helper()
	in.Bucket = aws.String("bucket")
	_, err := s.root.CreateBucket(s.t.Context(), &in)
	require.NoError(s.t, err)
}

func (s *shop) versioning(status types.BucketVersioningStatus) {
	s.t.Helper()
	_, err := s.root.PutBucketVersioning(s.t.Context(), &awss3.PutBucketVersioningInput{Bucket: aws.String("bucket"), VersioningConfiguration: &types.VersioningConfiguration{Status: status}})
	require.NoError(s.t, err)
}

func (s *shop) put(in awss3.PutObjectInput) *awss3.PutObjectOutput {
	s.t.Helper()
	in.Bucket = aws.String("bucket")
	if in.Key == nil {
		in.Key = aws.String("key")
	}
	if in.Body == nil {
		in.Body = strings.NewReader("hello")
	}
	out, err := s.root.PutObject(s.t.Context(), &in)
	require.NoError(s.t, err)
	return out
}

// answer is the HTTP response behind an error.
func answer(t *testing.T, err error, code string, status int) *smithyhttp.Response {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, code, api.ErrorCode(), api.ErrorMessage())
	var response *smithyhttp.ResponseError
	require.ErrorAs(t, err, &response)
	assert.Equal(t, status, response.HTTPStatusCode())
	return response.Response
}

func TestVersionsStory(t *testing.T) {
	eachDoor(t, func(t *testing.T, s *shop) {
		ctx, bucket, key := t.Context(), aws.String("bucket"), aws.String("a/key with spaces+é")
		s.bucket(awss3.CreateBucketInput{})
		s.put(awss3.PutObjectInput{Key: key})
		s.versioning(types.BucketVersioningStatusEnabled)
		second := s.put(awss3.PutObjectInput{Key: key, Body: strings.NewReader("second")})
		gone, err := s.root.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: key})
		require.NoError(t, err)
		assert.True(t, *gone.DeleteMarker)

		_, err = s.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key})
		response := answer(t, err, "NoSuchKey", 404)
		assert.Equal(t, "true", response.Header.Get("x-amz-delete-marker"))
		assert.Equal(t, *gone.VersionId, response.Header.Get("x-amz-version-id"))
		_, err = s.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key, VersionId: gone.VersionId})
		response = answer(t, err, "MethodNotAllowed", 405)
		assert.Equal(t, "DELETE", response.Header.Get("Allow"))
		_, err = s.root.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: bucket, Key: key, VersionId: gone.VersionId})
		answer(t, err, "MethodNotAllowed", 405)

		var ids []string
		pages := awss3.NewListObjectVersionsPaginator(s.root, &awss3.ListObjectVersionsInput{Bucket: bucket, MaxKeys: aws.Int32(1)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			require.NoError(t, err)
			for _, v := range page.Versions {
				assert.Equal(t, *key, *v.Key)
				ids = append(ids, *v.VersionId)
			}
			for _, m := range page.DeleteMarkers {
				assert.True(t, *m.IsLatest)
				ids = append(ids, *m.VersionId)
			}
		}
		assert.Equal(t, []string{*gone.VersionId, *second.VersionId, "null"}, ids)

		out, err := s.root.DeleteObjects(ctx, &awss3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: []types.ObjectIdentifier{
			{Key: key, VersionId: gone.VersionId}, {Key: key, VersionId: aws.String("null")},
		}}})
		require.NoError(t, err)
		assert.Empty(t, out.Errors)
		got, err := s.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key})
		require.NoError(t, err)
		assert.Equal(t, second.VersionId, got.VersionId)
	})
}

func TestMultipartStory(t *testing.T) {
	eachDoor(t, func(t *testing.T, s *shop) {
		ctx, bucket, key := t.Context(), aws.String("bucket"), aws.String("key")
		s.bucket(awss3.CreateBucketInput{})
		begun, err := s.root.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: key, ChecksumAlgorithm: types.ChecksumAlgorithmCrc32})
		require.NoError(t, err)
		assert.Equal(t, types.ChecksumAlgorithmCrc32, begun.ChecksumAlgorithm)
		assert.Equal(t, types.ChecksumTypeComposite, begun.ChecksumType)
		var parts []types.CompletedPart
		for i, body := range []string{strings.Repeat("a", 5<<20), "the end"} {
			out, err := s.root.UploadPart(ctx, &awss3.UploadPartInput{Bucket: bucket, Key: key, UploadId: begun.UploadId, PartNumber: aws.Int32(int32(i + 1)), Body: strings.NewReader(body)})
			require.NoError(t, err)
			parts = append(parts, types.CompletedPart{PartNumber: aws.Int32(int32(i + 1)), ETag: out.ETag, ChecksumCRC32: out.ChecksumCRC32})
		}
		listed, err := s.root.ListMultipartUploads(ctx, &awss3.ListMultipartUploadsInput{Bucket: bucket})
		require.NoError(t, err)
		require.Len(t, listed.Uploads, 1)
		assert.Equal(t, begun.UploadId, listed.Uploads[0].UploadId)
		complete := &awss3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: begun.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}}
		done, err := s.root.CompleteMultipartUpload(ctx, complete)
		require.NoError(t, err)
		assert.Contains(t, *done.ETag, `-2"`)
		assert.Contains(t, *done.ChecksumCRC32, "-2")
		_, err = s.root.CompleteMultipartUpload(ctx, complete)
		require.NoError(t, err)

		got, err := s.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key})
		require.NoError(t, err)
		data, err := io.ReadAll(got.Body)
		require.NoError(t, err, "the SDK compares checksums")
		assert.Len(t, data, 5<<20+7)
		head, err := s.root.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: bucket, Key: key, PartNumber: aws.Int32(2)})
		require.NoError(t, err)
		assert.Equal(t, int32(2), *head.PartsCount)
		assert.Equal(t, int64(7), *head.ContentLength)
		part, err := s.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key, PartNumber: aws.Int32(2)})
		require.NoError(t, err)
		data, err = io.ReadAll(part.Body)
		require.NoError(t, err, "that of the part as well")
		assert.Equal(t, "the end", string(data))
		attributes, err := s.root.GetObjectAttributes(ctx, &awss3.GetObjectAttributesInput{Bucket: bucket, Key: key, ObjectAttributes: types.ObjectAttributesEtag.Values()})
		require.NoError(t, err)
		assert.Equal(t, int32(2), *attributes.ObjectParts.TotalPartsCount)
		assert.Len(t, attributes.ObjectParts.Parts, 2)
	})
}

// TestDefaultMultipartStory lets the SDK have its way: it says nothing of a
// checksum when an upload begins, and sends CRC32 with each part.
func TestDefaultMultipartStory(t *testing.T) {
	eachDoor(t, func(t *testing.T, s *shop) {
		ctx, bucket, key := t.Context(), aws.String("bucket"), aws.String("key")
		s.bucket(awss3.CreateBucketInput{})
		begun, err := s.root.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
		require.NoError(t, err)
		part, err := s.root.UploadPart(ctx, &awss3.UploadPartInput{Bucket: bucket, Key: key, UploadId: begun.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("hello")})
		require.NoError(t, err)
		assert.Equal(t, "NhCmhg==", *part.ChecksumCRC32)
		complete := func(sum string) (*awss3.CompleteMultipartUploadOutput, error) {
			return s.root.CompleteMultipartUpload(ctx, &awss3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: begun.UploadId,
				MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: part.ETag, ChecksumCRC32: &sum}}}})
		}
		_, err = complete("AAAAAA==")
		answer(t, err, "InvalidPart", 400)
		_, err = complete(*part.ChecksumCRC32)
		answer(t, err, "InvalidPart", 400) // the upload was begun without an algorithm
		out, err := s.root.CompleteMultipartUpload(ctx, &awss3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: begun.UploadId,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: part.ETag}}}})
		require.NoError(t, err)
		assert.NotEmpty(t, out.ChecksumCRC64NVME)
		assert.Equal(t, types.ChecksumTypeFullObject, out.ChecksumType)
		got, err := s.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key})
		require.NoError(t, err)
		data, err := io.ReadAll(got.Body)
		require.NoError(t, err)
		assert.Equal(t, "hello", string(data))
	})
}

// TestPresignedStory sends what was signed ahead with a client that knows nothing
// of AWS.
func TestPresignedStory(t *testing.T) {
	eachDoor(t, func(t *testing.T, s *shop) {
		ctx, bucket, key := t.Context(), aws.String("bucket"), aws.String("key")
		s.bucket(awss3.CreateBucketInput{})
		presigner := awss3.NewPresignClient(s.root)
		send := func(method, url string, signed http.Header, body string) *http.Response {
			t.Helper()
			r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
			require.NoError(t, err)
			for name, values := range signed {
				if name != "Host" && name != "Content-Length" {
					r.Header[name] = values
				}
			}
			resp, err := s.http.Do(r)
			require.NoError(t, err)
			text, err := io.ReadAll(resp.Body)
			require.NoError(t, err)
			require.NoError(t, resp.Body.Close())
			resp.Body = io.NopCloser(bytes.NewReader(text))
			return resp
		}
		put, err := presigner.PresignPutObject(ctx, &awss3.PutObjectInput{Bucket: bucket, Key: key})
		require.NoError(t, err)
		assert.Equal(t, 200, send(put.Method, put.URL, put.SignedHeader, "hello").StatusCode)
		get, err := presigner.PresignGetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key, ResponseContentType: aws.String("text/csv")})
		require.NoError(t, err)
		resp := send(get.Method, get.URL, get.SignedHeader, "")
		text, _ := io.ReadAll(resp.Body)
		assert.Equal(t, "hello", string(text))
		assert.Equal(t, "text/csv", resp.Header.Get("Content-Type"))

		// The presigner puts headers like this one into the query, where they count too.
		foreign, err := presigner.PresignGetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key, ExpectedBucketOwner: aws.String("999999999999")})
		require.NoError(t, err)
		require.NotContains(t, foreign.SignedHeader, "X-Amz-Expected-Bucket-Owner")
		resp = send(foreign.Method, foreign.URL, foreign.SignedHeader, "")
		assert.Equal(t, 403, resp.StatusCode, "the bucket is another account's than expected")

		begun, err := s.root.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: key, ChecksumAlgorithm: types.ChecksumAlgorithmCrc64nvme})
		require.NoError(t, err)
		part, err := presigner.PresignUploadPart(ctx, &awss3.UploadPartInput{Bucket: bucket, Key: key, UploadId: begun.UploadId, PartNumber: aws.Int32(1)})
		require.NoError(t, err)
		resp = send(part.Method, part.URL, part.SignedHeader, "in one part")
		require.Equal(t, 200, resp.StatusCode)
		_, err = s.root.CompleteMultipartUpload(ctx, &awss3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: begun.UploadId,
			MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: aws.String(resp.Header.Get("ETag"))}}}})
		require.NoError(t, err)
		text, _ = io.ReadAll(send(get.Method, get.URL, get.SignedHeader, "").Body)
		assert.Equal(t, "in one part", string(text))
	})
}

func TestObjectLockStory(t *testing.T) {
	eachDoor(t, func(t *testing.T, s *shop) {
		ctx, bucket, key := t.Context(), aws.String("bucket"), aws.String("key")
		s.bucket(awss3.CreateBucketInput{ObjectLockEnabledForBucket: aws.Bool(true)})
		until := time.Now().Add(24 * time.Hour)
		kept := s.put(awss3.PutObjectInput{ObjectLockMode: types.ObjectLockModeGovernance, ObjectLockRetainUntilDate: &until})
		remove := func(bypass bool) error {
			_, err := s.user.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: key, VersionId: kept.VersionId, BypassGovernanceRetention: &bypass})
			return err
		}
		s.allow(`{"Effect":"Allow","Action":"s3:DeleteObjectVersion","Resource":"*"}`)
		requireAPIError(t, remove(false), "AccessDenied", "Access Denied because object protected by object lock.")
		requireAPIError(t, remove(true), "AccessDenied", `User: arn:aws:iam::111122223333:user/reader is not authorized to perform: s3:BypassGovernanceRetention on resource: "arn:aws:s3:::bucket/key" because no identity-based policy allows the s3:BypassGovernanceRetention action`)
		out, err := s.user.DeleteObjects(ctx, &awss3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: key, VersionId: kept.VersionId}}}})
		require.NoError(t, err)
		require.Len(t, out.Errors, 1)
		assert.Equal(t, "AccessDenied", *out.Errors[0].Code)
		s.allow(`{"Effect":"Allow","Action":["s3:DeleteObjectVersion","s3:BypassGovernanceRetention"],"Resource":"*"}`)
		require.NoError(t, remove(true))

		// A policy that lets nobody keep an object for long.
		s.allow(`{"Effect":"Allow","Action":["s3:PutObject","s3:PutObjectRetention"],"Resource":"*"},
			{"Effect":"Deny","Action":"s3:PutObject","Resource":"*","Condition":{"NumericGreaterThan":{"s3:object-lock-remaining-retention-days":"10"}}}`)
		for days, code := range map[int]string{9: "", 12: "AccessDenied"} {
			until := time.Now().AddDate(0, 0, days)
			_, err := s.user.PutObject(ctx, &awss3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("x"), ObjectLockMode: types.ObjectLockModeGovernance, ObjectLockRetainUntilDate: &until})
			if code == "" {
				require.NoError(t, err)
				continue
			}
			requireAPIError(t, err, code, "")
		}
	})
}

func TestCustomerKeyStory(t *testing.T) {
	eachDoor(t, func(t *testing.T, s *shop) {
		ctx, bucket := t.Context(), aws.String("bucket")
		s.bucket(awss3.CreateBucketInput{})
		raw := []byte(strings.Repeat("k", 32))
		sum := md5.Sum(raw)
		key, digest := base64.StdEncoding.EncodeToString(raw), base64.StdEncoding.EncodeToString(sum[:])
		in := &awss3.PutObjectInput{Bucket: bucket, Key: aws.String("secret"), Body: strings.NewReader("hello"), SSECustomerAlgorithm: aws.String("AES256"), SSECustomerKey: &key, SSECustomerKeyMD5: &digest}
		_, err := s.root.PutObject(ctx, in)
		requireAPIError(t, err, "AccessDenied", "")
		_, err = s.root.PutBucketEncryption(ctx, &awss3.PutBucketEncryptionInput{Bucket: bucket, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{{BlockedEncryptionTypes: &types.BlockedEncryptionTypes{EncryptionType: []types.EncryptionType{types.EncryptionTypeNone}}}}}})
		require.NoError(t, err)
		in.Body = strings.NewReader("hello")
		_, err = s.root.PutObject(ctx, in)
		require.NoError(t, err)
		_, err = s.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: in.Key})
		answer(t, err, "InvalidRequest", 400)
		got, err := s.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: in.Key, SSECustomerAlgorithm: in.SSECustomerAlgorithm, SSECustomerKey: &key, SSECustomerKeyMD5: &digest})
		require.NoError(t, err)
		data, err := io.ReadAll(got.Body)
		require.NoError(t, err)
		assert.Equal(t, "hello", string(data))
	})
}

func TestRestoreStory(t *testing.T) {
	eachDoor(t, func(t *testing.T, s *shop) {
		ctx, bucket, key := t.Context(), aws.String("bucket"), aws.String("key")
		s.bucket(awss3.CreateBucketInput{})
		s.put(awss3.PutObjectInput{StorageClass: types.StorageClassGlacier})
		status := 0
		restore := func() error {
			_, err := s.root.RestoreObject(ctx, &awss3.RestoreObjectInput{Bucket: bucket, Key: key, RestoreRequest: &types.RestoreRequest{Days: aws.Int32(1)}}, func(o *awss3.Options) {
				inner := o.HTTPClient
				o.HTTPClient = doer(func(r *http.Request) (*http.Response, error) {
					resp, err := inner.Do(r)
					if err == nil {
						status = resp.StatusCode
					}
					return resp, err
				})
			})
			return err
		}
		_, err := s.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key})
		answer(t, err, "InvalidObjectState", 403)
		require.NoError(t, restore())
		assert.Equal(t, 202, status)
		answer(t, restore(), "RestoreAlreadyInProgress", 409)
		s.world.Clock().Advance(6 * time.Hour)
		require.NoError(t, restore())
		assert.Equal(t, 200, status)
		_, err = s.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key})
		require.NoError(t, err)
	})
}

type doer func(*http.Request) (*http.Response, error)

func (f doer) Do(r *http.Request) (*http.Response, error) { return f(r) }

// TestObjectActions asks each operation without permission, and with the one that
// it names.
func TestObjectActions(t *testing.T) {
	eachDoor(t, func(t *testing.T, s *shop) {
		bucket, key := aws.String("bucket"), aws.String("key")
		s.bucket(awss3.CreateBucketInput{ObjectLockEnabledForBucket: aws.Bool(true)})
		version := s.put(awss3.PutObjectInput{Tagging: aws.String("team=red")}).VersionId
		begun, err := s.root.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
		require.NoError(t, err)
		tags := &types.Tagging{TagSet: []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}}}
		red := `"Condition":{"StringEquals":{"s3:ExistingObjectTag/team":"red"}},`
		named := `"Condition":{"StringEquals":{"s3:versionid":"` + *version + `"}},`
		for _, c := range []struct {
			action, condition string
			call              func(ctx context.Context, c *awss3.Client) error
		}{
			{"s3:GetObject", red, of(func(ctx context.Context, c *awss3.Client) (*awss3.GetObjectOutput, error) {
				return c.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key})
			})},
			{"s3:GetObjectVersion", named, of(func(ctx context.Context, c *awss3.Client) (*awss3.GetObjectOutput, error) {
				return c.GetObject(ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key, VersionId: version})
			})},
			{"s3:GetObjectVersionTagging", red, of(func(ctx context.Context, c *awss3.Client) (*awss3.GetObjectTaggingOutput, error) {
				return c.GetObjectTagging(ctx, &awss3.GetObjectTaggingInput{Bucket: bucket, Key: key, VersionId: version})
			})},
			{"s3:PutObjectVersionTagging", named, of(func(ctx context.Context, c *awss3.Client) (*awss3.PutObjectTaggingOutput, error) {
				return c.PutObjectTagging(ctx, &awss3.PutObjectTaggingInput{Bucket: bucket, Key: key, VersionId: version, Tagging: tags})
			})},
			{"s3:ListBucketVersions", "", of(func(ctx context.Context, c *awss3.Client) (*awss3.ListObjectVersionsOutput, error) {
				return c.ListObjectVersions(ctx, &awss3.ListObjectVersionsInput{Bucket: bucket})
			})},
			{"s3:ListBucketMultipartUploads", "", of(func(ctx context.Context, c *awss3.Client) (*awss3.ListMultipartUploadsOutput, error) {
				return c.ListMultipartUploads(ctx, &awss3.ListMultipartUploadsInput{Bucket: bucket})
			})},
			{"s3:ListMultipartUploadParts", "", of(func(ctx context.Context, c *awss3.Client) (*awss3.ListPartsOutput, error) {
				return c.ListParts(ctx, &awss3.ListPartsInput{Bucket: bucket, Key: key, UploadId: begun.UploadId})
			})},
			{"s3:PutObject", `"Condition":{"Bool":{"s3:ObjectCreationOperation":"false"}},`, of(func(ctx context.Context, c *awss3.Client) (*awss3.UploadPartOutput, error) {
				return c.UploadPart(ctx, &awss3.UploadPartInput{Bucket: bucket, Key: key, UploadId: begun.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("x")})
			})},
			{"s3:AbortMultipartUpload", "", of(func(ctx context.Context, c *awss3.Client) (*awss3.AbortMultipartUploadOutput, error) {
				return c.AbortMultipartUpload(ctx, &awss3.AbortMultipartUploadInput{Bucket: bucket, Key: key, UploadId: begun.UploadId})
			})},
			{"s3:PutBucketVersioning", "", of(func(ctx context.Context, c *awss3.Client) (*awss3.PutBucketVersioningOutput, error) {
				return c.PutBucketVersioning(ctx, &awss3.PutBucketVersioningInput{Bucket: bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: "Enabled"}})
			})},
			{"s3:GetBucketVersioning", "", of(func(ctx context.Context, c *awss3.Client) (*awss3.GetBucketVersioningOutput, error) {
				return c.GetBucketVersioning(ctx, &awss3.GetBucketVersioningInput{Bucket: bucket})
			})},
			{"s3:GetBucketObjectLockConfiguration", "", of(func(ctx context.Context, c *awss3.Client) (*awss3.GetObjectLockConfigurationOutput, error) {
				return c.GetObjectLockConfiguration(ctx, &awss3.GetObjectLockConfigurationInput{Bucket: bucket})
			})},
			{"s3:PutBucketObjectLockConfiguration", "", of(func(ctx context.Context, c *awss3.Client) (*awss3.PutObjectLockConfigurationOutput, error) {
				return c.PutObjectLockConfiguration(ctx, &awss3.PutObjectLockConfigurationInput{Bucket: bucket, ObjectLockConfiguration: &types.ObjectLockConfiguration{ObjectLockEnabled: "Enabled"}})
			})},
			{"s3:PutObjectLegalHold", `"Condition":{"StringEquals":{"s3:object-lock-legal-hold":"ON"}},`, of(func(ctx context.Context, c *awss3.Client) (*awss3.PutObjectLegalHoldOutput, error) {
				return c.PutObjectLegalHold(ctx, &awss3.PutObjectLegalHoldInput{Bucket: bucket, Key: key, LegalHold: &types.ObjectLockLegalHold{Status: "ON"}})
			})},
			{"s3:GetObjectLegalHold", "", of(func(ctx context.Context, c *awss3.Client) (*awss3.GetObjectLegalHoldOutput, error) {
				return c.GetObjectLegalHold(ctx, &awss3.GetObjectLegalHoldInput{Bucket: bucket, Key: key})
			})},
			{"s3:PutObjectRetention", "", of(func(ctx context.Context, c *awss3.Client) (*awss3.PutObjectRetentionOutput, error) {
				return c.PutObjectRetention(ctx, &awss3.PutObjectRetentionInput{Bucket: bucket, Key: key, Retention: &types.ObjectLockRetention{Mode: "GOVERNANCE", RetainUntilDate: aws.Time(time.Now().Add(time.Hour))}})
			})},
			{"s3:GetObjectRetention", "", of(func(ctx context.Context, c *awss3.Client) (*awss3.GetObjectRetentionOutput, error) {
				return c.GetObjectRetention(ctx, &awss3.GetObjectRetentionInput{Bucket: bucket, Key: key})
			})},
			{"s3:DeleteObject", "", of(func(ctx context.Context, c *awss3.Client) (*awss3.DeleteObjectOutput, error) {
				return c.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: key})
			})},
		} {
			s.allow(`{"Effect":"Allow","Action":"s3:CreateBucket","Resource":"*"}`)
			err := c.call(t.Context(), s.user)
			requireAPIError(t, err, "AccessDenied", "")
			assert.ErrorContains(t, err, "is not authorized to perform: "+c.action+" on resource")
			s.allow(`{"Effect":"Allow",` + c.condition + `"Action":"` + c.action + `","Resource":"*"}`)
			require.NoError(t, c.call(t.Context(), s.user), c.action)
		}
		// Without s3:ListBucket a caller does not learn what is not there.
		s.allow(`{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjectVersion"],"Resource":"*"}`)
		_, err = s.user.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: bucket, Key: key})
		requireAPIError(t, err, "AccessDenied", "")
		assert.ErrorContains(t, err, "s3:ListBucket on resource", "a delete marker hides the object")
		marker, err := s.root.ListObjectVersions(t.Context(), &awss3.ListObjectVersionsInput{Bucket: bucket})
		require.NoError(t, err)
		_, err = s.user.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: bucket, Key: key, VersionId: marker.DeleteMarkers[0].VersionId})
		answer(t, err, "MethodNotAllowed", 405)
	})
}

func of[O any](f func(context.Context, *awss3.Client) (O, error)) func(context.Context, *awss3.Client) error {
	return func(ctx context.Context, c *awss3.Client) error {
		_, err := f(ctx, c)
		return err
	}
}
