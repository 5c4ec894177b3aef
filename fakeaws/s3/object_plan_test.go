package s3

import (
	"bytes"
	"io"
	"reflect"
	"strings"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// handOver deletes all that is in the owner's bucket, and the bucket, and has the other
// account make it.
func (l *lab) handOver(t testing.TB) {
	t.Helper()
	listed, err := l.ListObjectVersions(l.ctx, &awss3.ListObjectVersionsInput{Bucket: ptr("bucket")})
	require.NoError(t, err)
	for _, v := range listed.Versions {
		_, err := l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: ptr("bucket"), Key: v.Key, VersionId: v.VersionId})
		require.NoError(t, err)
	}
	_, err = l.DeleteBucket(l.ctx, &awss3.DeleteBucketInput{Bucket: ptr("bucket")})
	require.NoError(t, err)
	_, err = l.CreateBucket(l.as(stranger, region), &awss3.CreateBucketInput{Bucket: ptr("bucket")})
	require.NoError(t, err)
}

// requireUntouched requires the other account's bucket to be as it was made.
func (l *lab) requireUntouched(t testing.TB) {
	t.Helper()
	b, ok := l.fake.buckets.Get("bucket")
	require.True(t, ok)
	require.Equal(t, stranger, b.owner.ID)
	assert.Zero(t, b.objects.Len())
	assert.Nil(t, b.uploads.running)
	assert.Empty(t, b.versioning)
	assert.False(t, b.locking)
}

// A slowBody does something while it is read.
type slowBody struct {
	io.Reader
	meanwhile func()
}

func (b *slowBody) Read(p []byte) (int, error) {
	if b.meanwhile != nil {
		b.meanwhile()
		b.meanwhile = nil
	}
	return b.Reader.Read(p)
}

// TestSlowBodies: while a body is on its way, the bucket is deleted and made again by
// another account, which must not get what the policies of the first one let in.
func TestSlowBodies(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(*lab, *slowBody, *string) error{
		"put": func(l *lab, body *slowBody, _ *string) error {
			_, err := l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), Body: body})
			return err
		},
		"part": func(l *lab, body *slowBody, upload *string) error {
			_, err := l.UploadPart(l.ctx, &awss3.UploadPartInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: upload, PartNumber: ptr(int32(1)), Body: body})
			return err
		},
		"annotation": func(l *lab, body *slowBody, _ *string) error {
			_, err := l.PutObjectAnnotation(l.ctx, &awss3.PutObjectAnnotationInput{Bucket: ptr("bucket"), Key: ptr("key"), AnnotationName: ptr("note"), AnnotationPayload: body})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.bucketNamed(t, "bucket")
			l.store(t, "bucket", "key", hello)
			upload := l.begin(t, awss3.CreateMultipartUploadInput{})
			err := send(l, &slowBody{strings.NewReader(hello), func() { l.handOver(t) }}, upload)
			e := requireCode(t, err, "NoSuchBucket", 404)
			assert.Equal(t, "bucket", field(e, "BucketName"))
			l.requireUntouched(t)
		})
	}
}

// later plans a call, and performs it when it is asked to.
func later[I, O any](plan func(*fakeaws.Call, I) (*fakeaws.Plan[O], error)) func(testing.TB, *fakeaws.Call, I) func() error {
	return func(t testing.TB, call *fakeaws.Call, in I) func() error {
		p, err := plan(call, in)
		require.NoError(t, err)
		return func() error {
			out, err := p.Do()
			assert.Equal(t, err != nil, reflect.ValueOf(out).IsNil())
			return err
		}
	}
}

// TestPlansKeepToTheirBucket: of each operation, what is done after its bucket was deleted
// and made again by another account.
func TestPlansKeepToTheirBucket(t *testing.T) {
	t.Parallel()
	bucket, key := ptr("bucket"), ptr("key")
	one := ptr(int32(1))
	until := ptr(newLab(t).world.Clock().Now().AddDate(1, 0, 0))
	for name, plan := range map[string]func(*lab, testing.TB, *string) func() error{
		"GetObject": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.getObject)(t, l.ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key})
		},
		"HeadObject": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.headObject)(t, l.ctx, &awss3.HeadObjectInput{Bucket: bucket, Key: key})
		},
		"GetObjectAttributes": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.getObjectAttributes)(t, l.ctx, &awss3.GetObjectAttributesInput{Bucket: bucket, Key: key, ObjectAttributes: []types.ObjectAttributes{"ETag"}})
		},
		"PutObject": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.putObject)(t, l.ctx, &awss3.PutObjectInput{Bucket: bucket, Key: key, Body: bytes.NewReader(nil)})
		},
		"CopyObject": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.copyObject)(t, l.ctx, &awss3.CopyObjectInput{Bucket: bucket, Key: key, CopySource: ptr("source/key")})
		},
		"CopyObject from it": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.copyObject)(t, l.ctx, &awss3.CopyObjectInput{Bucket: ptr("source"), Key: key, CopySource: ptr("bucket/key")})
		},
		"DeleteObject": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.deleteObject)(t, l.ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: key})
		},
		"DeleteObjects": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.deleteObjects)(t, l.ctx, &awss3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: key}}}})
		},
		"PutObjectTagging": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.putObjectTagging)(t, l.ctx, &awss3.PutObjectTaggingInput{Bucket: bucket, Key: key, Tagging: &types.Tagging{TagSet: []types.Tag{}}})
		},
		"GetObjectTagging": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.getObjectTagging)(t, l.ctx, &awss3.GetObjectTaggingInput{Bucket: bucket, Key: key})
		},
		"DeleteObjectTagging": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.deleteObjectTagging)(t, l.ctx, &awss3.DeleteObjectTaggingInput{Bucket: bucket, Key: key})
		},
		"PutObjectRetention": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.putObjectRetention)(t, l.ctx, &awss3.PutObjectRetentionInput{Bucket: bucket, Key: key, Retention: &types.ObjectLockRetention{Mode: "GOVERNANCE", RetainUntilDate: until}})
		},
		"GetObjectRetention": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.getObjectRetention)(t, l.ctx, &awss3.GetObjectRetentionInput{Bucket: bucket, Key: key})
		},
		"PutObjectLegalHold": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.putObjectLegalHold)(t, l.ctx, &awss3.PutObjectLegalHoldInput{Bucket: bucket, Key: key, LegalHold: &types.ObjectLockLegalHold{Status: "ON"}})
		},
		"GetObjectLegalHold": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.getObjectLegalHold)(t, l.ctx, &awss3.GetObjectLegalHoldInput{Bucket: bucket, Key: key})
		},
		"RestoreObject": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.restoreObject)(t, l.ctx, &awss3.RestoreObjectInput{Bucket: bucket, Key: key, RestoreRequest: &types.RestoreRequest{Days: one}})
		},
		"UpdateObjectEncryption": func(l *lab, t testing.TB, _ *string) func() error {
			kms := &types.ObjectEncryptionMemberSSEKMS{Value: types.SSEKMSEncryption{KMSKeyArn: &newKMSKey(t, l.world, "").ARN}}
			return later(l.fake.updateObjectEncryption)(t, l.ctx, &awss3.UpdateObjectEncryptionInput{Bucket: bucket, Key: key, ObjectEncryption: kms})
		},
		"PutObjectAnnotation": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.putObjectAnnotation)(t, l.ctx, &awss3.PutObjectAnnotationInput{Bucket: bucket, Key: key, AnnotationName: ptr("note"), AnnotationPayload: strings.NewReader(hello)})
		},
		"GetObjectAnnotation": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.getObjectAnnotation)(t, l.ctx, &awss3.GetObjectAnnotationInput{Bucket: bucket, Key: key, AnnotationName: ptr("note")})
		},
		"DeleteObjectAnnotation": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.deleteObjectAnnotation)(t, l.ctx, &awss3.DeleteObjectAnnotationInput{Bucket: bucket, Key: key, AnnotationName: ptr("note")})
		},
		"ListObjectAnnotations": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.listObjectAnnotations)(t, l.ctx, &awss3.ListObjectAnnotationsInput{Bucket: bucket, Key: key})
		},
		"PutObjectLockConfiguration": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.putObjectLockConfiguration)(t, l.ctx, &awss3.PutObjectLockConfigurationInput{Bucket: bucket, ObjectLockConfiguration: &types.ObjectLockConfiguration{ObjectLockEnabled: "Enabled"}})
		},
		"GetObjectLockConfiguration": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.getObjectLockConfiguration)(t, l.ctx, &awss3.GetObjectLockConfigurationInput{Bucket: bucket})
		},
		"PutBucketVersioning": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.putBucketVersioning)(t, l.ctx, &awss3.PutBucketVersioningInput{Bucket: bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: "Enabled"}})
		},
		"GetBucketVersioning": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.getBucketVersioning)(t, l.ctx, &awss3.GetBucketVersioningInput{Bucket: bucket})
		},
		"ListObjects": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.listObjects)(t, l.ctx, &awss3.ListObjectsInput{Bucket: bucket})
		},
		"ListObjectsV2": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.listObjectsV2)(t, l.ctx, &awss3.ListObjectsV2Input{Bucket: bucket})
		},
		"ListObjectVersions": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.listObjectVersions)(t, l.ctx, &awss3.ListObjectVersionsInput{Bucket: bucket})
		},
		"CreateMultipartUpload": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.createMultipartUpload)(t, l.ctx, &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
		},
		"UploadPart": func(l *lab, t testing.TB, upload *string) func() error {
			return later(l.fake.uploadPart)(t, l.ctx, &awss3.UploadPartInput{Bucket: bucket, Key: key, UploadId: upload, PartNumber: one, Body: bytes.NewReader(nil)})
		},
		"UploadPartCopy": func(l *lab, t testing.TB, upload *string) func() error {
			return later(l.fake.uploadPartCopy)(t, l.ctx, &awss3.UploadPartCopyInput{Bucket: bucket, Key: key, UploadId: upload, PartNumber: one, CopySource: ptr("source/key")})
		},
		"CompleteMultipartUpload": func(l *lab, t testing.TB, upload *string) func() error {
			return later(l.fake.completeMultipartUpload)(t, l.ctx, &awss3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: upload,
				MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{PartNumber: one, ETag: ptr("x")}}}})
		},
		"AbortMultipartUpload": func(l *lab, t testing.TB, upload *string) func() error {
			return later(l.fake.abortMultipartUpload)(t, l.ctx, &awss3.AbortMultipartUploadInput{Bucket: bucket, Key: key, UploadId: upload})
		},
		"ListParts": func(l *lab, t testing.TB, upload *string) func() error {
			return later(l.fake.listParts)(t, l.ctx, &awss3.ListPartsInput{Bucket: bucket, Key: key, UploadId: upload})
		},
		"ListMultipartUploads": func(l *lab, t testing.TB, _ *string) func() error {
			return later(l.fake.listMultipartUploads)(t, l.ctx, &awss3.ListMultipartUploadsInput{Bucket: bucket})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.bucketNamed(t, "source")
			l.store(t, "source", "key", hello)
			l.bucketNamed(t, "bucket")
			l.store(t, "bucket", "key", hello)
			perform := plan(l, t, l.begin(t, awss3.CreateMultipartUploadInput{}))
			l.handOver(t)
			requireCode(t, perform(), "NoSuchBucket", 404)
			l.requireUntouched(t)
			assert.Equal(t, hello, l.read(t, "source", "key"))
		})
	}
}

// TestChangesKeepToTheirVersion: what happens to a version between the plan of a change
// and the change.
func TestChangesKeepToTheirVersion(t *testing.T) {
	t.Parallel()
	tag := func(l *lab, t testing.TB, version *string) func() error {
		return later(l.fake.putObjectTagging)(t, l.ctx, &awss3.PutObjectTaggingInput{Bucket: ptr("bucket"), Key: ptr("key"), VersionId: version,
			Tagging: &types.Tagging{TagSet: []types.Tag{{Key: ptr("team"), Value: ptr("blue")}}}})
	}
	tags := func(l *lab, t testing.TB, version *string) int {
		out, err := l.GetObjectTagging(l.ctx, &awss3.GetObjectTaggingInput{Bucket: ptr("bucket"), Key: ptr("key"), VersionId: version})
		require.NoError(t, err)
		return len(out.TagSet)
	}
	t.Run("deleted", func(t *testing.T) {
		t.Parallel()
		l := newLab(t)
		l.bucketNamed(t, "bucket")
		l.store(t, "bucket", "key", hello)
		perform := tag(l, t, nil)
		_, err := l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: ptr("bucket"), Key: ptr("key")})
		require.NoError(t, err)
		requireCode(t, perform(), "NoSuchKey", 404)
	})
	t.Run("replaced", func(t *testing.T) {
		t.Parallel()
		l := newLab(t)
		l.bucketNamed(t, "bucket")
		l.store(t, "bucket", "key", hello)
		perform := tag(l, t, nil)
		l.store(t, "bucket", "key", "another")
		require.NoError(t, perform())
		assert.Zero(t, tags(l, t, nil), "nobody was asked about the new object")
		assert.Equal(t, "another", l.read(t, "bucket", "key"))
	})
	t.Run("no longer current", func(t *testing.T) {
		t.Parallel()
		l := newLab(t)
		l.bucketNamed(t, "bucket")
		l.versioning(t, "bucket", types.BucketVersioningStatusEnabled)
		first := l.store(t, "bucket", "key", hello)
		perform := tag(l, t, nil)
		second := l.store(t, "bucket", "key", "another")
		require.NoError(t, perform())
		assert.Equal(t, 1, tags(l, t, first.VersionId))
		assert.Zero(t, tags(l, t, second.VersionId))
	})
	t.Run("changed", func(t *testing.T) {
		t.Parallel()
		l := newLab(t)
		_, err := l.CreateBucket(l.ctx, &awss3.CreateBucketInput{Bucket: ptr("bucket"), ObjectLockEnabledForBucket: ptr(true)})
		require.NoError(t, err)
		l.store(t, "bucket", "key", hello)
		perform := tag(l, t, nil)
		_, err = l.PutObjectLegalHold(l.ctx, &awss3.PutObjectLegalHoldInput{Bucket: ptr("bucket"), Key: ptr("key"), LegalHold: &types.ObjectLockLegalHold{Status: "ON"}})
		require.NoError(t, err)
		require.NoError(t, perform())
		assert.Equal(t, 1, tags(l, t, nil))
		hold, err := l.GetObjectLegalHold(l.ctx, &awss3.GetObjectLegalHoldInput{Bucket: ptr("bucket"), Key: ptr("key")})
		require.NoError(t, err)
		assert.Equal(t, types.ObjectLockLegalHoldStatusOn, hold.LegalHold.Status, "the change of another call stays")
	})
}

// TestReadsAnswerWithWhatWasJudged: what takes the place of an object after a read of it
// was planned is not given out.
func TestReadsAnswerWithWhatWasJudged(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.store(t, "bucket", "key", hello)
	read, err := l.fake.getObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key")})
	require.NoError(t, err)
	missing, err := l.fake.getObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("new")})
	require.NoError(t, err)
	_, err = l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), Body: strings.NewReader("secret"), Tagging: ptr("secret=yes")})
	require.NoError(t, err)
	l.store(t, "bucket", "new", "secret")
	out, err := read.Do()
	require.NoError(t, err)
	data, err := io.ReadAll(out.Body)
	require.NoError(t, err)
	assert.Equal(t, hello, string(data))
	assert.Nil(t, out.TagCount)
	_, err = missing.Do()
	requireCode(t, err, "NoSuchKey", 404)
}
