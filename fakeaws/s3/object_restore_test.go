package s3

import (
	"testing"
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRestoreObject(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	_, err := l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), StorageClass: "GLACIER"})
	require.NoError(t, err)
	restore := func(days int32, tier types.Tier) error {
		_, err := l.RestoreObject(l.as(owner, region), &awss3.RestoreObjectInput{Bucket: ptr("bucket"), Key: ptr("key"),
			RestoreRequest: &types.RestoreRequest{Days: &days, GlacierJobParameters: &types.GlacierJobParameters{Tier: tier}}})
		return err
	}
	read := func() error {
		_, err := l.GetObject(l.as(owner, region), &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key")})
		return err
	}
	header := func() string {
		out, err := l.HeadObject(l.as(owner, region), &awss3.HeadObjectInput{Bucket: ptr("bucket"), Key: ptr("key")})
		require.NoError(t, err)
		if out.Restore == nil {
			return ""
		}
		return *out.Restore
	}
	requireCode(t, read(), "InvalidObjectState", 403)
	assert.Empty(t, header())
	require.NoError(t, restore(1, "Bulk"))
	assert.Equal(t, `ongoing-request="true"`, header())
	requireCode(t, restore(1, "Bulk"), "RestoreAlreadyInProgress", 409)
	requireCode(t, read(), "InvalidObjectState", 403)
	require.NoError(t, restore(1, "Expedited"), "a faster tier speeds it up")
	listed, err := l.ListObjectsV2(l.as(owner, region), &awss3.ListObjectsV2Input{Bucket: ptr("bucket"), OptionalObjectAttributes: []types.OptionalObjectAttributes{"RestoreStatus"}})
	require.NoError(t, err)
	assert.True(t, *listed.Contents[0].RestoreStatus.IsRestoreInProgress)

	l.world.Clock().Advance(6 * time.Minute)
	require.NoError(t, read())
	assert.Contains(t, header(), `ongoing-request="false", expiry-date="`)
	require.NoError(t, restore(5, "Standard"), "again, for longer")
	l.world.Clock().Advance(3 * 24 * time.Hour)
	require.NoError(t, read())
	l.world.Clock().Advance(4 * 24 * time.Hour)
	requireCode(t, read(), "InvalidObjectState", 403)
	assert.Empty(t, header())
}

func TestRestoreIsRefused(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.store(t, "bucket", "key", hello)
	one := ptr(int32(1))
	for name, c := range map[string]struct {
		request *types.RestoreRequest
		code    string
	}{
		"nothing":       {nil, "MalformedXML"},
		"no days":       {&types.RestoreRequest{}, "MalformedXML"},
		"zero days":     {&types.RestoreRequest{Days: ptr(int32(0))}, "InvalidArgument"},
		"tier":          {&types.RestoreRequest{Days: one, Tier: "Fast"}, "MalformedXML"},
		"select":        {&types.RestoreRequest{Days: one, Type: "SELECT"}, "NotImplemented"},
		"storage class": {&types.RestoreRequest{Days: one}, "InvalidObjectState"},
	} {
		in := &awss3.RestoreObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), RestoreRequest: c.request}
		_, err := needsOf(l.fake.restoreObject(l.ctx, in))
		if err == nil {
			_, err = l.RestoreObject(l.ctx, in)
		}
		assert.Equal(t, c.code, failure(t, err).Code, name)
	}
	_, err := l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("deep"), StorageClass: "DEEP_ARCHIVE"})
	require.NoError(t, err)
	_, err = l.RestoreObject(l.ctx, &awss3.RestoreObjectInput{Bucket: ptr("bucket"), Key: ptr("deep"), RestoreRequest: &types.RestoreRequest{Days: one, Tier: "Expedited"}})
	requireCode(t, err, "InvalidArgument", 400)
}
