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

// Who may read an object is told of its tags, retention and legal hold only what else
// the caller may read, and no denial of it is on record.
func TestHeadersTellWhatTheCallerMayRead(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	bucket, key := aws.String("bucket"), aws.String("key")
	_, err := a.root.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: bucket, ObjectLockEnabledForBucket: aws.Bool(true)})
	require.NoError(t, err)
	until := a.world.Clock().Now().Add(24 * time.Hour)
	put, err := a.root.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("x"), Tagging: aws.String("a=1&b=2"),
		ObjectLockMode: types.ObjectLockModeGovernance, ObjectLockRetainUntilDate: &until, ObjectLockLegalHoldStatus: types.ObjectLockLegalHoldStatusOn})
	require.NoError(t, err)
	for _, c := range []struct {
		also            string
		version         *string
		tags            int32
		retained, onOff bool
	}{
		{also: "s3:ListBucket"},
		{also: "s3:GetObjectTagging", tags: 2},
		{also: "s3:GetObjectTagging", version: put.VersionId},
		{also: "s3:GetObjectVersionTagging", version: put.VersionId, tags: 2},
		{also: "s3:GetObjectRetention", retained: true},
		{also: "s3:GetObjectLegalHold", onOff: true},
		{also: "s3:*", tags: 2, retained: true, onOff: true},
	} {
		a.allow(`{"Effect":"Allow","Action":["s3:GetObject","s3:GetObjectVersion","` + c.also + `"],"Resource":"*"}`)
		head, err := a.user.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: bucket, Key: key, VersionId: c.version})
		require.NoError(t, err)
		assert.Equal(t, c.tags, aws.ToInt32(head.TagCount), c)
		assert.Equal(t, c.retained, head.ObjectLockMode != "", c)
		assert.Equal(t, c.retained, head.ObjectLockRetainUntilDate != nil, c)
		assert.Equal(t, c.onOff, head.ObjectLockLegalHoldStatus != "", c)
		got, err := a.user.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: bucket, Key: key, VersionId: c.version})
		require.NoError(t, err)
		assert.Equal(t, c.tags, aws.ToInt32(got.TagCount), c)
		events := a.world.Log().Events()
		last := events[len(events)-1]
		assert.False(t, last.Denied, c)
		assert.Len(t, last.Decisions, 1, c)
	}
}
