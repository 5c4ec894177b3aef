package s3

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// requireAnswer requires an error with exactly these members. Pairs are names and values
// by turns.
func requireAnswer(t testing.TB, err error, code string, status int, text string, pairs ...string) {
	t.Helper()
	e := requireCode(t, err, code, status)
	require.Equal(t, text, e.Message)
	want, got := make(map[string]string), make(map[string]string)
	for i := 0; i < len(pairs); i += 2 {
		want[pairs[i]] = pairs[i+1]
	}
	for _, f := range e.Fields {
		got[f.Name] = f.Value
	}
	require.Equal(t, want, got)
}

// otherVersionID is the id of a version that is deleted for good.
func (l *lab) otherVersionID(t testing.TB, bucket string) *string {
	t.Helper()
	id := l.store(t, bucket, "gone", "x").VersionId
	_, err := l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: &bucket, Key: ptr("gone"), VersionId: id})
	require.NoError(t, err)
	return id
}

func TestChecksumsOfParts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		algorithm types.ChecksumAlgorithm
		kind      types.ChecksumType
		parts     bool
	}{
		"none":        {},
		"CRC64NVME":   {algorithm: types.ChecksumAlgorithmCrc64nvme},
		"full object": {types.ChecksumAlgorithmCrc32c, types.ChecksumTypeFullObject, false},
		"composite":   {types.ChecksumAlgorithmCrc32c, types.ChecksumTypeComposite, true},
		"SHA256":      {types.ChecksumAlgorithmSha256, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.bucketNamed(t, "bucket")
			id := l.begin(t, awss3.CreateMultipartUploadInput{ChecksumAlgorithm: c.algorithm, ChecksumType: c.kind})
			in := &awss3.UploadPartInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id, PartNumber: ptr(int32(1)), Body: strings.NewReader("part")}
			switch c.algorithm {
			case types.ChecksumAlgorithmCrc32c:
				in.ChecksumCRC32C = ptr(sumOf(t, "CRC32C", "part").value)
			case types.ChecksumAlgorithmSha256:
				in.ChecksumSHA256 = ptr(sumOf(t, "SHA256", "part").value)
			}
			out, err := l.UploadPart(l.ctx, in)
			require.NoError(t, err)
			part := types.CompletedPart{PartNumber: ptr(int32(1)), ETag: out.ETag}
			if c.parts {
				part.ChecksumCRC32C, part.ChecksumSHA256 = out.ChecksumCRC32C, out.ChecksumSHA256
			}
			done, err := l.complete(id, awss3.CompleteMultipartUploadInput{}, part)
			require.NoError(t, err)
			attrs, err := l.GetObjectAttributes(l.ctx, &awss3.GetObjectAttributesInput{Bucket: ptr("bucket"), Key: ptr("key"),
				ObjectAttributes: []types.ObjectAttributes{types.ObjectAttributesChecksum, types.ObjectAttributesObjectParts}})
			require.NoError(t, err)
			got, err := l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), PartNumber: ptr(int32(1)), ChecksumMode: types.ChecksumModeEnabled})
			require.NoError(t, err)
			assert.EqualValues(t, 1, *attrs.ObjectParts.TotalPartsCount)
			if !c.parts {
				assert.Equal(t, &types.GetObjectAttributesParts{TotalPartsCount: ptr(int32(1))}, attrs.ObjectParts)
				assert.Equal(t, done.ChecksumCRC32C, attrs.Checksum.ChecksumCRC32C)
				assert.Empty(t, got.ChecksumType)
				assert.Nil(t, got.ChecksumCRC64NVME)
				assert.Nil(t, got.ChecksumCRC32C)
				return
			}
			require.Len(t, attrs.ObjectParts.Parts, 1)
			assert.Equal(t, out.ChecksumCRC32C, attrs.ObjectParts.Parts[0].ChecksumCRC32C)
			whole := aws.ToString(done.ChecksumCRC32C) + aws.ToString(done.ChecksumSHA256)
			assert.Equal(t, whole, aws.ToString(attrs.Checksum.ChecksumCRC32C)+aws.ToString(attrs.Checksum.ChecksumSHA256)+"-1")
			assert.Equal(t, out.ChecksumCRC32C, got.ChecksumCRC32C)
			assert.Equal(t, out.ChecksumSHA256, got.ChecksumSHA256)
			assert.Equal(t, types.ChecksumTypeComposite, got.ChecksumType)
		})
	}
}

func TestUnreadableVersionIDs(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "versioned")
	l.versioning(t, "versioned", types.BucketVersioningStatusEnabled)
	made := *l.store(t, "versioned", "key", "data").VersionId
	other := *l.otherVersionID(t, "versioned")
	l.bucketNamed(t, "plain")
	l.store(t, "plain", "key", "data")

	changed := map[string]string{
		"short": "abc",
		"other": strings.Repeat("A", versionIDLength),
		"tail":  made[:len(made)-4] + "ABCD",
		"head":  string(made[0]^3) + made[1:],
	}
	for name, id := range changed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, bucket := range []string{"plain", "versioned"} {
				text, pairs := "Invalid version id specified", []string{"ArgumentName", "versionId", "ArgumentValue", id}
				_, err := l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: &bucket, Key: ptr("key"), VersionId: &id})
				requireAnswer(t, err, "InvalidArgument", 400, text, pairs...)
				_, err = l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: &bucket, Key: ptr("key"), VersionId: &id})
				requireAnswer(t, err, "InvalidArgument", 400, text, pairs...)
				_, err = l.PutObjectTagging(l.ctx, &awss3.PutObjectTaggingInput{Bucket: &bucket, Key: ptr("key"), VersionId: &id, Tagging: &types.Tagging{TagSet: []types.Tag{}}})
				requireAnswer(t, err, "InvalidArgument", 400, text, pairs...)
				out, err := l.DeleteObjects(l.ctx, &awss3.DeleteObjectsInput{Bucket: &bucket, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: ptr("key"), VersionId: &id}}}})
				require.NoError(t, err)
				assert.Empty(t, out.Deleted)
				assert.Equal(t, []types.Error{{Key: ptr("key"), VersionId: &id, Code: ptr("NoSuchVersion"), Message: ptr("The specified version does not exist.")}}, out.Errors)
			}
		})
	}

	// A bucket that never had versioning has no ids but null.
	_, err := l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("plain"), Key: ptr("key"), VersionId: &made})
	requireAnswer(t, err, "InvalidArgument", 400, "Invalid version id specified", "ArgumentName", "versionId", "ArgumentValue", made)
	_, err = l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: ptr("plain"), Key: ptr("key"), VersionId: &made})
	requireAnswer(t, err, "InvalidArgument", 400, "Invalid version id specified", "ArgumentName", "versionId", "ArgumentValue", made)
	_, err = l.CopyObject(l.ctx, &awss3.CopyObjectInput{Bucket: ptr("plain"), Key: ptr("copy"), CopySource: ptr("plain/key?versionId=" + made)})
	requireAnswer(t, err, "InvalidArgument", 400, "Invalid version id specified", "ArgumentName", "versionId", "ArgumentValue", made)
	_, err = l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("plain"), Key: ptr("key"), VersionId: ptr("null")})
	require.NoError(t, err)

	// With versioning, an id of S3's that the key does not have is no such version.
	_, err = l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("versioned"), Key: ptr("key"), VersionId: &other})
	requireAnswer(t, err, "NoSuchVersion", 404, "The specified version does not exist.", "Key", "key", "VersionId", other)
	_, err = l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: ptr("versioned"), Key: ptr("key"), VersionId: &other})
	require.NoError(t, err)
}

func TestVersionIDsOfSuspendedVersioning(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.versioning(t, "bucket", types.BucketVersioningStatusEnabled)
	l.versioning(t, "bucket", types.BucketVersioningStatusSuspended)
	assert.Nil(t, l.store(t, "bucket", "key", "data").VersionId)
	got, err := l.HeadObject(l.ctx, &awss3.HeadObjectInput{Bucket: ptr("bucket"), Key: ptr("key")})
	require.NoError(t, err)
	assert.Equal(t, "null", *got.VersionId)
	copied, err := l.CopyObject(l.ctx, &awss3.CopyObjectInput{Bucket: ptr("bucket"), Key: ptr("copy"), CopySource: ptr("bucket/key")})
	require.NoError(t, err)
	assert.Equal(t, "null", *copied.VersionId)
	assert.Nil(t, copied.CopySourceVersionId)
	l.versioning(t, "bucket", types.BucketVersioningStatusEnabled)
	id := l.store(t, "bucket", "key", "data").VersionId
	copied, err = l.CopyObject(l.ctx, &awss3.CopyObjectInput{Bucket: ptr("bucket"), Key: ptr("copy"), CopySource: ptr("bucket/key")})
	require.NoError(t, err)
	assert.Equal(t, *id, *copied.CopySourceVersionId)
}

func TestWriteConditionsThatAreNotAccepted(t *testing.T) {
	t.Parallel()
	const text = "A header you provided implies functionality that is not implemented"
	for name, c := range map[string]struct {
		match, noneMatch   *string
		header, additional string
	}{
		"If-Match *":     {ptr("*"), nil, "If-Match", "We don't accept the provided value of If-Match header for this API"},
		"If-None-Match":  {nil, ptr(`"etag"`), "If-None-Match", "We don't accept the provided value of If-None-Match header for this API"},
		"both":           {ptr(`"etag"`), ptr("*"), "If-Match,If-None-Match", "Multiple conditional request headers present in the request"},
		"both, unusable": {ptr("*"), ptr("etag"), "If-Match,If-None-Match", "Multiple conditional request headers present in the request"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.bucketNamed(t, "bucket")
			l.store(t, "bucket", "src", "data")
			_, err := l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), IfMatch: c.match, IfNoneMatch: c.noneMatch})
			requireAnswer(t, err, "NotImplemented", 501, text, "Header", c.header, "additionalMessage", c.additional)
			_, err = l.CopyObject(l.ctx, &awss3.CopyObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), CopySource: ptr("bucket/src"), IfMatch: c.match, IfNoneMatch: c.noneMatch})
			requireAnswer(t, err, "NotImplemented", 501, text, "Header", c.header, "additionalMessage", c.additional)
			id := l.begin(t, awss3.CreateMultipartUploadInput{})
			_, err = l.complete(id, awss3.CompleteMultipartUploadInput{IfMatch: c.match, IfNoneMatch: c.noneMatch}, l.part(t, id, 1, "x"))
			requireAnswer(t, err, "NotImplemented", 501, text, "Header", c.header, "additionalMessage", c.additional)
		})
	}
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	_, err := l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), IfMatchSize: ptr(int64(1))})
	requireAnswer(t, err, "NotImplemented", 501, text, "Header", "x-amz-if-match-size")
	_, err = l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), IfMatchLastModifiedTime: ptr(time.Unix(0, 0))})
	requireAnswer(t, err, "NotImplemented", 501, text, "Header", "x-amz-if-match-last-modified-time")
}

func TestConditionalCompleteConflicts(t *testing.T) {
	t.Parallel()
	const conflict = "The conditional request cannot succeed due to a conflicting operation against this resource."
	const failed = "At least one of the pre-conditions you specified did not hold"
	for _, versioned := range []bool{false, true} {
		l := newLab(t)
		l.bucketNamed(t, "bucket")
		if versioned {
			l.versioning(t, "bucket", types.BucketVersioningStatusEnabled)
		}
		first := l.store(t, "bucket", "key", "first").ETag
		id := l.begin(t, awss3.CreateMultipartUploadInput{})
		part := l.part(t, id, 1, "x")
		l.store(t, "bucket", "other", "x")
		second := l.store(t, "bucket", "key", "second").ETag
		_, err := l.complete(id, awss3.CompleteMultipartUploadInput{IfMatch: first}, part)
		requireAnswer(t, err, "PreconditionFailed", http.StatusPreconditionFailed, failed, "Condition", "If-Match")
		_, err = l.complete(id, awss3.CompleteMultipartUploadInput{IfMatch: second}, part)
		requireAnswer(t, err, "ConditionalRequestConflict", http.StatusConflict, conflict, "Condition", "If-Match", "Key", "key")
		_, err = l.complete(id, awss3.CompleteMultipartUploadInput{IfNoneMatch: ptr("*")}, part)
		requireAnswer(t, err, "PreconditionFailed", http.StatusPreconditionFailed, failed, "Condition", "If-None-Match")
		again := l.begin(t, awss3.CreateMultipartUploadInput{})
		_, err = l.complete(again, awss3.CompleteMultipartUploadInput{IfMatch: second}, l.part(t, again, 1, "x"))
		require.NoError(t, err, "what was begun after the last change")
		_, err = l.complete(id, awss3.CompleteMultipartUploadInput{}, part)
		require.NoError(t, err, "without a condition")

		id = l.begin(t, awss3.CreateMultipartUploadInput{})
		part = l.part(t, id, 1, "x")
		_, err = l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: ptr("bucket"), Key: ptr("key")})
		require.NoError(t, err)
		_, err = l.complete(id, awss3.CompleteMultipartUploadInput{IfMatch: second}, part)
		requireAnswer(t, err, "NoSuchKey", http.StatusNotFound, "The specified key does not exist.", "Key", "key")
		_, err = l.complete(id, awss3.CompleteMultipartUploadInput{IfNoneMatch: ptr("*")}, part)
		requireAnswer(t, err, "ConditionalRequestConflict", http.StatusConflict, conflict, "Condition", "If-None-Match", "Key", "key")
		again = l.begin(t, awss3.CreateMultipartUploadInput{})
		_, err = l.complete(again, awss3.CompleteMultipartUploadInput{IfNoneMatch: ptr("*")}, l.part(t, again, 1, "x"))
		require.NoError(t, err)
	}
}

func TestModifiedSinceTheFuture(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.store(t, "bucket", "key", "data")
	future := l.world.Clock().Now().Add(time.Hour)
	_, err := l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), IfModifiedSince: &future})
	require.NoError(t, err)
	_, err = l.HeadObject(l.ctx, &awss3.HeadObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), IfModifiedSince: &future})
	require.NoError(t, err)
	_, err = l.CopyObject(l.ctx, &awss3.CopyObjectInput{Bucket: ptr("bucket"), Key: ptr("copy"), CopySource: ptr("bucket/key"), CopySourceIfModifiedSince: &future})
	require.NoError(t, err)
	id := l.begin(t, awss3.CreateMultipartUploadInput{})
	_, err = l.UploadPartCopy(l.ctx, &awss3.UploadPartCopyInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id, PartNumber: ptr(int32(1)), CopySource: ptr("bucket/key"), CopySourceIfModifiedSince: &future})
	require.NoError(t, err)
	now := l.world.Clock().Now()
	_, err = l.CopyObject(l.ctx, &awss3.CopyObjectInput{Bucket: ptr("bucket"), Key: ptr("copy"), CopySource: ptr("bucket/key"), CopySourceIfModifiedSince: &now})
	requireAnswer(t, err, "PreconditionFailed", 412, "At least one of the pre-conditions you specified did not hold", "Condition", "x-amz-copy-source-If-Modified-Since")
}
