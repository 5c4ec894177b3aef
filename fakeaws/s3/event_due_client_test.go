package s3_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// look makes S3 do what is due in a bucket.
func (a *account) look(bucket string) {
	a.t.Helper()
	_, err := a.root.HeadBucket(a.t.Context(), &awss3.HeadBucketInput{Bucket: &bucket})
	require.NoError(a.t, err)
}

func TestEventsOfRestores(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx := t.Context()
		a.bucket("bucket")
		require.NoError(t, putAs(ctx, a.root, "bucket", "cold", func(in *awss3.PutObjectInput) { in.StorageClass = "GLACIER" }))
		q := a.inbox("events", "bucket", nil)
		a.notifying("bucket", q, nil, allEvents...)
		restore := func(days int32) {
			must(t)(a.root.RestoreObject(ctx, &awss3.RestoreObjectInput{Bucket: aws.String("bucket"), Key: aws.String("cold"), RestoreRequest: &types.RestoreRequest{Days: &days, Tier: "Expedited"}}))
		}
		restore(1)
		asked := a.world.Clock().Now()
		assert.Equal(t, []string{"2.1 ObjectRestore:Post cold size eTag sequencer"}, told(q.events()))
		a.world.Clock().Advance(4 * time.Minute)
		a.look("bucket")
		assert.Empty(t, q.events(), "not ready")
		a.world.Clock().Advance(time.Hour)
		restore(2) // stays longer; and S3 finds that it was ready
		events := q.events()
		require.Equal(t, []string{"2.1 ObjectRestore:Completed cold size eTag sequencer"}, told(events))
		done := events[0]
		ready, err := time.Parse(time.RFC3339, done.EventTime)
		require.NoError(t, err)
		assert.WithinDuration(t, asked.Add(5*time.Minute), ready, time.Minute)
		assert.Equal(t, "AmazonCustomer:"+done.S3.Bucket.OwnerIdentity.PrincipalID, done.UserIdentity.PrincipalID)
		data := done.GlacierEventData["restoreEventData"]
		assert.Equal(t, "GLACIER", data["lifecycleRestoreStorageClass"])
		assert.Regexp(t, `^\d{4}-\d\d-\d\dT00:00:00\.000Z$`, data["lifecycleRestorationExpiryTime"])
		a.world.Clock().Advance(2 * 24 * time.Hour)
		a.look("bucket")
		a.world.Clock().Advance(2 * 24 * time.Hour)
		a.look("bucket")
		a.look("bucket")
		events = q.events()
		assert.Equal(t, []string{"2.3 ObjectRestore:Delete cold size eTag sequencer"}, told(events))
		assert.Equal(t, "s3.amazonaws.com", events[0].UserIdentity.PrincipalID)
	})
}

// A copy that nobody saw becoming ready and expiring has both events, and one whose object
// is gone none.
func TestEventsOfRestoresAtOnce(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ctx := t.Context()
	a.bucket("bucket")
	for _, key := range []string{"a", "b", "gone"} {
		require.NoError(t, putAs(ctx, a.root, "bucket", key, func(in *awss3.PutObjectInput) { in.StorageClass = "DEEP_ARCHIVE" }))
		must(t)(a.root.RestoreObject(ctx, &awss3.RestoreObjectInput{Bucket: aws.String("bucket"), Key: &key, RestoreRequest: &types.RestoreRequest{Days: aws.Int32(1)}}))
	}
	must(t)(a.root.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: aws.String("bucket"), Key: aws.String("gone")}))
	q := a.inbox("events", "bucket", nil)
	a.notifying("bucket", q, nil, "s3:ObjectRestore:*")
	a.world.Clock().Advance(7 * 24 * time.Hour)
	a.look("bucket")
	var names []string
	for _, e := range q.events() {
		names = append(names, e.EventName+" "+e.S3.Object["key"].(string))
	}
	assert.Equal(t, []string{"ObjectRestore:Completed a", "ObjectRestore:Delete a", "ObjectRestore:Completed b", "ObjectRestore:Delete b"}, names)
}

func TestEventsOfLifecycle(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		expire := types.LifecycleRule{Filter: &types.LifecycleRuleFilter{Prefix: aws.String("log/")}, Expiration: &types.LifecycleExpiration{Days: aws.Int32(1)}}
		move := types.LifecycleRule{Filter: &types.LifecycleRuleFilter{Prefix: aws.String("cold/")}, Transitions: []types.Transition{{Days: aws.Int32(1), StorageClass: "GLACIER"}}}
		old := types.LifecycleRule{Filter: &types.LifecycleRuleFilter{Prefix: aws.String("log/")}, NoncurrentVersionExpiration: &types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(1)}}
		q := make(map[string]*inbox)
		for _, bucket := range []string{"plain", "versioned"} {
			a.bucket(bucket)
			if bucket == "versioned" {
				a.versioning(bucket)
			}
			a.put(bucket, "log/a", "1")
			a.put(bucket, "cold/a", string(make([]byte, 200<<10)))
			a.lifecycle(bucket, expire, move, old)
			q[bucket] = a.inbox(bucket, bucket, nil)
			a.notifying(bucket, q[bucket], nil, allEvents...)
		}
		a.world.Clock().Advance(3 * 24 * time.Hour)
		a.look("plain")
		a.look("versioned")
		events := q["plain"].events()
		require.ElementsMatch(t, []string{"2.3 LifecycleTransition cold/a size eTag", "2.3 LifecycleExpiration:Delete log/a sequencer"}, told(events))
		for _, e := range events {
			assert.Equal(t, []string{"s3.amazonaws.com", "s3.amazonaws.com"}, []string{e.UserIdentity.PrincipalID, e.RequestParameters.SourceIPAddress})
			assert.Len(t, e.ResponseElements["x-amz-request-id"], 16)
			if e.EventName == "LifecycleTransition" {
				assert.Equal(t, map[string]map[string]string{"transitionEventData": {"destinationStorageClass": "GLACIER"}}, e.LifecycleEventData)
			}
		}
		assert.ElementsMatch(t, []string{"2.3 LifecycleTransition cold/a size eTag versionId", "2.3 LifecycleExpiration:DeleteMarkerCreated log/a eTag versionId sequencer"}, told(q["versioned"].events()))
		a.world.Clock().Advance(3 * 24 * time.Hour)
		a.look("versioned")
		const expired = "2.3 LifecycleExpiration:Delete log/a versionId sequencer"
		assert.Equal(t, []string{expired, expired}, told(q["versioned"].events()), "the version, and then the delete marker")
	})
}
