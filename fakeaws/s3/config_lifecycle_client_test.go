package s3_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func (a *account) lifecycle(bucket string, rules ...types.LifecycleRule) {
	a.t.Helper()
	for i := range rules {
		rules[i].Status = "Enabled"
		if rules[i].Filter == nil {
			rules[i].Filter = &types.LifecycleRuleFilter{Prefix: aws.String("")}
		}
	}
	_, err := a.root.PutBucketLifecycleConfiguration(a.t.Context(), &awss3.PutBucketLifecycleConfigurationInput{Bucket: &bucket,
		LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: rules}})
	require.NoError(a.t, err)
}

func (a *account) versioning(bucket string) {
	a.t.Helper()
	_, err := a.root.PutBucketVersioning(a.t.Context(), &awss3.PutBucketVersioningInput{Bucket: &bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: "Enabled"}})
	require.NoError(a.t, err)
}

// kept are the versions of a bucket, "key class" each, delete markers as "key -".
func (a *account) kept(bucket string) []string {
	a.t.Helper()
	out, err := a.root.ListObjectVersions(a.t.Context(), &awss3.ListObjectVersionsInput{Bucket: &bucket})
	require.NoError(a.t, err)
	kept := []string{}
	for _, v := range out.Versions {
		kept = append(kept, *v.Key+" "+string(v.StorageClass))
	}
	for _, m := range out.DeleteMarkers {
		kept = append(kept, *m.Key+" -")
	}
	return kept
}

const days = 24 * time.Hour

func TestLifecycleExpires(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		a.put("bucket", "log/a", "1")
		a.put("bucket", "keep/a", "1")
		a.put("bucket", "big", strings.Repeat("x", 2000))
		require.NoError(t, putAs(ctx, a.root, "bucket", "tagged", func(in *awss3.PutObjectInput) { in.Tagging = aws.String("temp=yes") }))
		a.lifecycle("bucket",
			types.LifecycleRule{ID: aws.String("logs & more"), Filter: &types.LifecycleRuleFilter{Prefix: aws.String("log/")}, Expiration: &types.LifecycleExpiration{Days: aws.Int32(3)}},
			types.LifecycleRule{Filter: &types.LifecycleRuleFilter{Tag: &types.Tag{Key: aws.String("temp"), Value: aws.String("yes")}}, Expiration: &types.LifecycleExpiration{Days: aws.Int32(1)}},
			types.LifecycleRule{Filter: &types.LifecycleRuleFilter{ObjectSizeGreaterThan: aws.Int64(1000)}, Expiration: &types.LifecycleExpiration{Days: aws.Int32(5)}},
		)
		out, err := a.root.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("log/a")})
		require.NoError(t, err)
		assert.Regexp(t, `^expiry-date="\w{3}, \d\d \w{3} \d{4} 00:00:00 GMT", rule-id="logs\+%26\+more"$`, *out.Expiration)
		out, err = a.root.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("keep/a")})
		require.NoError(t, err)
		assert.Nil(t, out.Expiration)

		require.Len(t, a.kept("bucket"), 4)
		a.world.Clock().Advance(2 * days)
		assert.Equal(t, []string{"big STANDARD", "keep/a STANDARD", "log/a STANDARD"}, a.kept("bucket"))
		a.world.Clock().Advance(2 * days)
		requireAPIError(t, get(ctx, a.root, "bucket", "log/a"), "NoSuchKey", "")
		a.world.Clock().Advance(2 * days)
		assert.Equal(t, []string{"keep/a STANDARD"}, a.kept("bucket"))
	})
}

func TestLifecycleOfVersions(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.bucket("bucket")
	a.versioning("bucket")
	for range 3 {
		a.put("bucket", "key", "v")
	}
	a.lifecycle("bucket", types.LifecycleRule{
		Expiration:                  &types.LifecycleExpiration{Days: aws.Int32(10)},
		NoncurrentVersionExpiration: &types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(2), NewerNoncurrentVersions: aws.Int32(1)},
	})
	assert.Equal(t, []string{"key STANDARD", "key STANDARD", "key STANDARD"}, a.kept("bucket"))
	a.world.Clock().Advance(4 * days)
	assert.Equal(t, []string{"key STANDARD", "key STANDARD"}, a.kept("bucket"), "one noncurrent version is kept")
	a.world.Clock().Advance(7 * days)
	assert.Equal(t, []string{"key STANDARD", "key STANDARD", "key -"}, a.kept("bucket"), "the object expires behind a delete marker")

	a.lifecycle("bucket", types.LifecycleRule{
		Expiration:                  &types.LifecycleExpiration{ExpiredObjectDeleteMarker: aws.Bool(true)},
		NoncurrentVersionExpiration: &types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(1)},
	})
	assert.Equal(t, []string{"key STANDARD", "key -"}, a.kept("bucket"), "the older one was noncurrent for long")
	a.world.Clock().Advance(3 * days)
	assert.Empty(t, a.kept("bucket"), "and a delete marker without versions goes as well")
}

func TestLifecycleTransitions(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ctx := t.Context()
	a.bucket("bucket")
	a.put("bucket", "large", strings.Repeat("x", 128<<10))
	a.put("bucket", "small", "x")
	a.lifecycle("bucket", types.LifecycleRule{Transitions: []types.Transition{
		{Days: aws.Int32(30), StorageClass: "STANDARD_IA"}, {Days: aws.Int32(60), StorageClass: "GLACIER"}}})
	a.world.Clock().Advance(32 * days)
	assert.Equal(t, []string{"large STANDARD_IA", "small STANDARD"}, a.kept("bucket"))
	a.world.Clock().Advance(30 * days)
	assert.Equal(t, []string{"large GLACIER", "small STANDARD"}, a.kept("bucket"))
	requireAPIError(t, get(ctx, a.root, "bucket", "large"), "InvalidObjectState", "")
}

// S3 refused transitions to the infrequent access classes before 30 days until July 2026.
func TestLifecycleTransitionsToInfrequentAccessAfterADay(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.bucket("bucket")
	a.versioning("bucket")
	for range 2 {
		a.put("bucket", "key", strings.Repeat("x", 128<<10))
	}
	a.lifecycle("bucket", types.LifecycleRule{
		Transitions:                  []types.Transition{{Days: aws.Int32(1), StorageClass: "STANDARD_IA"}},
		NoncurrentVersionTransitions: []types.NoncurrentVersionTransition{{NoncurrentDays: aws.Int32(1), StorageClass: "ONEZONE_IA"}},
	})
	a.world.Clock().Advance(3 * days)
	assert.Equal(t, []string{"key STANDARD_IA", "key ONEZONE_IA"}, a.kept("bucket"))
}

func TestLifecycleAbortsUploads(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ctx := t.Context()
	a.bucket("bucket")
	up, err := a.root.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: aws.String("bucket"), Key: aws.String("key")})
	require.NoError(t, err)
	a.lifecycle("bucket", types.LifecycleRule{AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(1)}})
	_, err = a.root.ListParts(ctx, &awss3.ListPartsInput{Bucket: aws.String("bucket"), Key: aws.String("key"), UploadId: up.UploadId})
	require.NoError(t, err)
	a.world.Clock().Advance(3 * days)
	_, err = a.root.ListParts(ctx, &awss3.ListPartsInput{Bucket: aws.String("bucket"), Key: aws.String("key"), UploadId: up.UploadId})
	requireAPIError(t, err, "NoSuchUpload", "")
}

func TestLifecycleByDate(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.bucket("bucket")
	a.put("bucket", "old/a", "1")
	a.put("bucket", "warm/a", strings.Repeat("x", 128<<10))
	date := aws.Time(a.world.Clock().Now().UTC().Truncate(days).Add(5 * days))
	a.lifecycle("bucket",
		types.LifecycleRule{Filter: &types.LifecycleRuleFilter{Prefix: aws.String("old/")}, Expiration: &types.LifecycleExpiration{Date: date}},
		types.LifecycleRule{Filter: &types.LifecycleRuleFilter{Prefix: aws.String("warm/")}, Transitions: []types.Transition{{Date: date, StorageClass: "GLACIER_IR"}}},
	)
	a.world.Clock().Advance(3 * days)
	assert.Equal(t, []string{"old/a STANDARD", "warm/a STANDARD"}, a.kept("bucket"))
	a.world.Clock().Advance(2 * days)
	assert.Equal(t, []string{"warm/a GLACIER_IR"}, a.kept("bucket"))
	a.put("bucket", "old/b", "1")
	a.world.Clock().Advance(days)
	assert.Equal(t, []string{"warm/a GLACIER_IR"}, a.kept("bucket"), "a date that has passed still counts for what is put later")
}

func TestLifecycleMovesNoncurrentVersions(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.bucket("bucket")
	a.versioning("bucket")
	for range 3 {
		a.put("bucket", "key", strings.Repeat("x", 128<<10))
	}
	a.lifecycle("bucket", types.LifecycleRule{NoncurrentVersionTransitions: []types.NoncurrentVersionTransition{
		{NoncurrentDays: aws.Int32(30), StorageClass: "STANDARD_IA", NewerNoncurrentVersions: aws.Int32(1)}}})
	a.world.Clock().Advance(29 * days)
	assert.Equal(t, []string{"key STANDARD", "key STANDARD", "key STANDARD"}, a.kept("bucket"))
	a.world.Clock().Advance(2 * days)
	assert.Equal(t, []string{"key STANDARD", "key STANDARD", "key STANDARD_IA"}, a.kept("bucket"), "the newer of the noncurrent versions stays")
}

func TestLifecycleLeavesLockedVersions(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ctx := t.Context()
	_, err := a.root.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("bucket"), ObjectLockEnabledForBucket: aws.Bool(true)})
	require.NoError(t, err)
	until := a.world.Clock().Now().Add(10 * days)
	for _, key := range []string{"held", "kept"} {
		require.NoError(t, putAs(ctx, a.root, "bucket", key, func(in *awss3.PutObjectInput) {
			if key == "held" {
				in.ObjectLockLegalHoldStatus = "ON"
				return
			}
			in.ObjectLockMode, in.ObjectLockRetainUntilDate = "COMPLIANCE", &until
		}))
		a.put("bucket", key, "newer")
	}
	a.lifecycle("bucket", types.LifecycleRule{NoncurrentVersionExpiration: &types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(1)}})
	a.world.Clock().Advance(5 * days)
	assert.Len(t, a.kept("bucket"), 4)
	a.world.Clock().Advance(7 * days)
	assert.Equal(t, []string{"held STANDARD", "held STANDARD", "kept STANDARD"}, a.kept("bucket"), "the retention has ended, the hold has not")
}

// TestLifecycleOfSuspendedBuckets: the null version expires for good behind a delete
// marker that takes its place; other versions are hidden.
func TestLifecycleOfSuspendedBuckets(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ctx := t.Context()
	a.bucket("bucket")
	a.put("bucket", "null", "1")
	a.versioning("bucket")
	a.put("bucket", "version", "1")
	_, err := a.root.PutBucketVersioning(ctx, &awss3.PutBucketVersioningInput{Bucket: aws.String("bucket"), VersioningConfiguration: &types.VersioningConfiguration{Status: "Suspended"}})
	require.NoError(t, err)
	a.lifecycle("bucket", types.LifecycleRule{Expiration: &types.LifecycleExpiration{Days: aws.Int32(1)}})
	a.world.Clock().Advance(2*days + time.Hour)
	assert.Equal(t, []string{"version STANDARD", "null -", "version -"}, a.kept("bucket"))
	markers, err := a.root.ListObjectVersions(ctx, &awss3.ListObjectVersionsInput{Bucket: aws.String("bucket")})
	require.NoError(t, err)
	for _, m := range markers.DeleteMarkers {
		assert.Equal(t, "null", *m.VersionId)
	}
}
