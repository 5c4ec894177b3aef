package s3

import (
	"strings"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/internal/ids"
)

func (l *lab) versioning(t testing.TB, bucket string, status types.BucketVersioningStatus) {
	t.Helper()
	_, err := l.PutBucketVersioning(l.ctx, &awss3.PutBucketVersioningInput{Bucket: &bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: status}})
	require.NoError(t, err)
}

// versions are those of a key, newest first, as "id=body" or "id deleted", ids
// by the names that the test gave them.
func (l *lab) versions(t testing.TB, bucket, key string, names map[string]string) []string {
	t.Helper()
	var out []string
	b, ok := l.fake.buckets.Get(bucket)
	require.True(t, ok)
	h := b.history(key)
	for i := len(h) - 1; i >= 0; i-- {
		name := h[i].version
		if n, ok := names[name]; ok {
			name = n
		}
		if h[i].marker {
			out = append(out, name+" deleted")
			continue
		}
		var body strings.Builder
		for _, piece := range h[i].data {
			body.Write(piece)
		}
		out = append(out, name+"="+body.String())
	}
	return out
}

func TestVersions(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	bucket, key := ptr("bucket"), ptr("key")
	names := make(map[string]string)
	status, err := l.GetBucketVersioning(l.ctx, &awss3.GetBucketVersioningInput{Bucket: bucket})
	require.NoError(t, err)
	assert.Empty(t, status.Status, "never enabled")

	assert.Nil(t, l.store(t, "bucket", "key", "before").VersionId, "no word of versions without versioning")
	l.versioning(t, "bucket", types.BucketVersioningStatusEnabled)
	first := l.store(t, "bucket", "key", "first")
	require.Len(t, *first.VersionId, versionIDLength)
	names[*first.VersionId] = "v1"
	gone, err := l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: key})
	require.NoError(t, err)
	assert.True(t, *gone.DeleteMarker)
	names[*gone.VersionId] = "d1"
	second := l.store(t, "bucket", "key", "second")
	names[*second.VersionId] = "v2"
	assert.Equal(t, []string{"v2=second", "d1 deleted", "v1=first", "null=before"}, l.versions(t, "bucket", "key", names))

	l.versioning(t, "bucket", types.BucketVersioningStatusSuspended)
	assert.Nil(t, l.store(t, "bucket", "key", "suspended").VersionId)
	assert.Equal(t, []string{"null=suspended", "v2=second", "d1 deleted", "v1=first"}, l.versions(t, "bucket", "key", names))
	l.store(t, "bucket", "key", "again")
	assert.Equal(t, []string{"null=again", "v2=second", "d1 deleted", "v1=first"}, l.versions(t, "bucket", "key", names))
	gone, err = l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: key})
	require.NoError(t, err)
	assert.Equal(t, "null", *gone.VersionId)
	assert.Equal(t, []string{"null deleted", "v2=second", "d1 deleted", "v1=first"}, l.versions(t, "bucket", "key", names))

	_, err = l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key})
	e := requireCode(t, err, "NoSuchKey", 404)
	assert.Equal(t, "true", e.Header.Get("x-amz-delete-marker"))
	assert.Equal(t, "null", e.Header.Get("x-amz-version-id"))
	_, err = l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key, VersionId: ptr("null")})
	e = requireCode(t, err, "MethodNotAllowed", 405)
	assert.Equal(t, "true", e.Header.Get("x-amz-delete-marker"))
	assert.Equal(t, "DELETE", e.Header.Get("Allow"))
	assert.Equal(t, "DeleteMarker", field(e, "ResourceType"))
	old, err := l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key, VersionId: first.VersionId})
	require.NoError(t, err)
	assert.Equal(t, first.VersionId, old.VersionId)
	_, err = l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key, VersionId: ptr(strings.Repeat("x", versionIDLength))})
	requireCode(t, err, "InvalidArgument", 400)

	// To delete the delete marker brings the object back.
	gone, err = l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: key, VersionId: ptr("null")})
	require.NoError(t, err)
	assert.True(t, *gone.DeleteMarker)
	assert.Equal(t, "second", l.read(t, "bucket", "key"))
	_, err = l.DeleteBucket(l.ctx, &awss3.DeleteBucketInput{Bucket: bucket})
	e = requireCode(t, err, "BucketNotEmpty", 409)
	assert.Contains(t, e.Message, "You must delete all versions in the bucket.")

	deleted, err := l.DeleteObjects(l.ctx, &awss3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: []types.ObjectIdentifier{
		{Key: key, VersionId: second.VersionId}, {Key: key, VersionId: first.VersionId}, {Key: key}, {Key: ptr("other"), VersionId: ptr("short")},
	}}})
	require.NoError(t, err)
	require.Len(t, deleted.Deleted, 3)
	assert.Equal(t, second.VersionId, deleted.Deleted[0].VersionId)
	assert.Nil(t, deleted.Deleted[0].DeleteMarker)
	assert.True(t, *deleted.Deleted[2].DeleteMarker)
	assert.Equal(t, "null", *deleted.Deleted[2].DeleteMarkerVersionId)
	require.Len(t, deleted.Errors, 1)
	assert.Equal(t, []string{"null deleted", "d1 deleted"}, l.versions(t, "bucket", "key", names))
}

func TestVersioningIsRefused(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	for name, c := range map[string]struct {
		cfg  *types.VersioningConfiguration
		code string
	}{
		"nothing":       {nil, "MalformedXML"},
		"no status":     {&types.VersioningConfiguration{}, "IllegalVersioningConfigurationException"},
		"other status":  {&types.VersioningConfiguration{Status: "On"}, "MalformedXML"},
		"MFA unknown":   {&types.VersioningConfiguration{Status: "Enabled", MFADelete: "Yes"}, "MalformedXML"},
		"MFA, no code":  {&types.VersioningConfiguration{Status: "Enabled", MFADelete: "Enabled"}, "AccessDenied"},
		"MFA left out":  {&types.VersioningConfiguration{Status: "Enabled", MFADelete: "Disabled"}, ""},
		"plain enabled": {&types.VersioningConfiguration{Status: "Enabled"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := l.PutBucketVersioning(l.ctx, &awss3.PutBucketVersioningInput{Bucket: ptr("bucket"), VersioningConfiguration: c.cfg})
			if c.code == "" {
				require.NoError(t, err)
				return
			}
			assert.Equal(t, c.code, failure(t, err).Code)
		})
	}
}

func TestOrderedID(t *testing.T) {
	t.Parallel()
	source := ids.New(1)
	seen := make(map[string]bool)
	for _, place := range []uint64{1, 2, 3, 61, 62, 1 << 32, 1<<64 - 1} {
		id := orderedID(source, versionIDLength, place)
		assert.Len(t, id, versionIDLength)
		assert.Equal(t, place, placeOf(id))
		assert.False(t, seen[id[versionIDLength-3:]], "neighbours look different")
		seen[id[versionIDLength-3:]] = true
	}
}
