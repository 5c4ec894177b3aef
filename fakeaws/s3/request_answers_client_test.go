package s3_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// sending adds a header to the requests of a call, which signs it.
func sending(name, value string) func(*awss3.Options) {
	return awss3.WithAPIOptions(smithyhttp.AddHeaderValue(name, value))
}

func TestHeadersThatReadsDoNotHave(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		a.put("bucket", "key", "data")
		const text = "x-amz-server-side-encryption header is not supported for this operation."
		encrypted := sending("X-Amz-Server-Side-Encryption", "AES256")
		_, err := a.root.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")}, encrypted)
		requireAPIError(t, err, "InvalidArgument", text)
		_, err = a.root.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: aws.String("bucket")}, encrypted)
		requireAPIError(t, err, "InvalidArgument", text)
		_, err = a.root.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")}, encrypted)
		requireAPIError(t, err, "BadRequest", "")
		_, err = a.root.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), ServerSideEncryption: types.ServerSideEncryptionAes256})
		require.NoError(t, err)
	})
}

// TestExpiresAsSent: S3 keeps the header whatever it says.
func TestExpiresAsSent(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("bucket")
		for _, text := range []string{"0", "Mon, 01 Dec 2026 12:00:00 GMT", "Tue, 01 Dec 2026 12:00:00 GMT"} {
			_, err := a.root.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key")}, sending("Expires", text))
			require.NoError(t, err)
			_, err = a.root.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: aws.String("bucket"), Key: aws.String("copy"), CopySource: aws.String("bucket/key")})
			require.NoError(t, err)
			for _, key := range []string{"key", "copy"} {
				out, err := a.root.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("bucket"), Key: &key})
				require.NoError(t, err)
				assert.Equal(t, text, aws.ToString(out.ExpiresString), key)
			}
		}
		resp, err := a.http.Do((&formUpload{file: "x", fields: a.signed(a.root, `{"bucket":"bucket"},{"key":"form"}`, "key", "form", "Expires", "never")}).request(t, a.address("bucket", "")))
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusNoContent, resp.StatusCode)
		out, err := a.root.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("form")})
		require.NoError(t, err)
		assert.Equal(t, "never", aws.ToString(out.ExpiresString))
	})
}

// TestChecksumsInAnyCase: what names an algorithm or a type has no case.
func TestChecksumsInAnyCase(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.bucket("bucket")
	begun, err := a.root.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("key"), ChecksumAlgorithm: "crc32c", ChecksumType: "Full_Object"})
	require.NoError(t, err)
	assert.Equal(t, types.ChecksumAlgorithmCrc32c, begun.ChecksumAlgorithm)
	assert.Equal(t, types.ChecksumTypeFullObject, begun.ChecksumType)
	_, err = a.root.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), Body: strings.NewReader("data"), ChecksumCRC32: aws.String("rfPzYw==")},
		sending("X-Amz-Sdk-Checksum-Algorithm", "crc32"), awss3.WithAPIOptions(v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware))
	require.NoError(t, err)
}

// TestUploadsOfOtherAccounts: who began an upload in another account's bucket may list and
// abort it, and is named as the owner of what it would make. What the bucket's owner denies
// stays denied, and nobody else may.
func TestUploadsOfOtherAccounts(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.open("bucket", types.ObjectOwnershipObjectWriter)
	other, client := a.stranger()
	policy := func(statements string) {
		_, err := a.root.PutBucketPolicy(t.Context(), &awss3.PutBucketPolicyInput{Bucket: aws.String("bucket"), Policy: aws.String(`{"Version":"2012-10-17","Statement":[` + statements + `]}`)})
		require.NoError(t, err)
	}
	const put = `{"Effect":"Allow","Principal":{"AWS":"` + stranger + `"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::bucket/*"}`
	policy(put)
	begun, err := client.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
	require.NoError(t, err)
	parts := func(c *awss3.Client, id *string) (*awss3.ListPartsOutput, error) {
		return c.ListParts(t.Context(), &awss3.ListPartsInput{Bucket: aws.String("bucket"), Key: aws.String("key"), UploadId: id})
	}
	abort := func(c *awss3.Client, id *string) error {
		_, err := c.AbortMultipartUpload(t.Context(), &awss3.AbortMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("key"), UploadId: id})
		return err
	}
	out, err := parts(client, begun.UploadId)
	require.NoError(t, err)
	assert.Equal(t, other.CanonicalUser, *out.Owner.ID)
	uploads, err := a.root.ListMultipartUploads(t.Context(), &awss3.ListMultipartUploadsInput{Bucket: aws.String("bucket")})
	require.NoError(t, err)
	assert.Equal(t, other.CanonicalUser, *uploads.Uploads[0].Owner.ID)

	owners, err := a.root.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
	require.NoError(t, err)
	_, err = parts(client, owners.UploadId)
	requireAPIError(t, err, "AccessDenied", "")
	requireAPIError(t, abort(client, owners.UploadId), "AccessDenied", "")
	_, err = parts(a.anonymous(), begun.UploadId)
	requireAPIError(t, err, "AccessDenied", "")

	policy(put + `,{"Effect":"Deny","Principal":"*","Action":"s3:AbortMultipartUpload","Resource":"arn:aws:s3:::bucket/*"}`)
	requireAPIError(t, abort(client, begun.UploadId), "AccessDenied", "")
	policy(put)
	require.NoError(t, abort(client, begun.UploadId))
}

// TestAbortAgain: to abort an upload that was aborted or completed is no error; one that
// never was is none.
func TestAbortAgain(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.bucket("bucket")
	begin := func() *string {
		out, err := a.root.CreateMultipartUpload(t.Context(), &awss3.CreateMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
		require.NoError(t, err)
		return out.UploadId
	}
	abort := func(key string, id *string) error {
		_, err := a.root.AbortMultipartUpload(t.Context(), &awss3.AbortMultipartUploadInput{Bucket: aws.String("bucket"), Key: &key, UploadId: id})
		return err
	}
	id := begin()
	requireAPIError(t, abort("other", id), "NoSuchUpload", "")
	require.NoError(t, abort("key", id))
	require.NoError(t, abort("key", id))
	requireAPIError(t, abort("other", id), "NoSuchUpload", "")
	requireAPIError(t, abort("key", aws.String("none")), "NoSuchUpload", "")
	id = begin()
	part, err := a.root.UploadPart(t.Context(), &awss3.UploadPartInput{Bucket: aws.String("bucket"), Key: aws.String("key"), UploadId: id, PartNumber: aws.Int32(1), Body: strings.NewReader("data")})
	require.NoError(t, err)
	_, err = a.root.CompleteMultipartUpload(t.Context(), &awss3.CompleteMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("key"), UploadId: id,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: aws.Int32(1), ETag: part.ETag}}}})
	require.NoError(t, err)
	require.NoError(t, abort("key", id))
	require.NoError(t, get(t.Context(), a.root, "bucket", "key"), "the object stays")
}

// TestWhatDeletesExpect: sizes are for directory buckets alone.
func TestWhatDeletesExpect(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.bucket("bucket")
	a.put("bucket", "a", "data")
	a.put("bucket", "b", "data")
	out, err := a.root.DeleteObjects(t.Context(), &awss3.DeleteObjectsInput{Bucket: aws.String("bucket"), Delete: &types.Delete{Objects: []types.ObjectIdentifier{
		{Key: aws.String("a"), Size: aws.Int64(99)}, {Key: aws.String("b"), ETag: aws.String(`"x"`)}}}})
	require.NoError(t, err)
	require.Len(t, out.Deleted, 1)
	assert.Equal(t, "a", *out.Deleted[0].Key)
	require.Len(t, out.Errors, 1)
	assert.Equal(t, []string{"PreconditionFailed", "At least one of the preconditions you specified did not hold."}, []string{*out.Errors[0].Code, *out.Errors[0].Message})
}

// TestWhatAttributesAndCORSRefuse: S3 speaks of an allowed header also where it is exposed.
func TestWhatAttributesAndCORSRefuse(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.bucket("bucket")
	a.put("bucket", "key", "data")
	_, err := a.root.PutBucketCors(t.Context(), &awss3.PutBucketCorsInput{Bucket: aws.String("bucket"), CORSConfiguration: &types.CORSConfiguration{CORSRules: []types.CORSRule{
		{AllowedMethods: []string{"GET"}, AllowedOrigins: []string{"*"}, AllowedHeaders: []string{"a b"}, ExposeHeaders: []string{"a b"}}}}})
	requireAPIError(t, err, "InvalidRequest", `AllowedHeader "a b" contains invalid character.`)
	_, err = a.root.GetObjectAttributes(t.Context(), &awss3.GetObjectAttributesInput{Bucket: aws.String("bucket"), Key: aws.String("key"), ObjectAttributes: []types.ObjectAttributes{}})
	requireAPIError(t, err, "InvalidRequest", "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty")
}
