package s3

import (
	"strings"
	"testing"
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const lockedText = "Access Denied because object protected by object lock."

// lockedLab is a lab with a bucket that was made with Object Lock.
func lockedLab(t *testing.T) *lab {
	t.Helper()
	l := newLab(t)
	in := &awss3.CreateBucketInput{Bucket: ptr("bucket"), ObjectLockEnabledForBucket: ptr(true)}
	needs, err := needsOf(l.fake.createBucket(l.ctx, in))
	require.NoError(t, err)
	assert.Equal(t, []string{"s3:CreateBucket arn:aws:s3:::bucket", "s3:PutBucketObjectLockConfiguration arn:aws:s3:::bucket", "s3:PutBucketVersioning arn:aws:s3:::bucket"}, actionsOf(needs))
	_, err = l.CreateBucket(l.ctx, in)
	require.NoError(t, err)
	return l
}

func (l *lab) remove1(version *string, bypass bool) error {
	_, err := l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), VersionId: version, BypassGovernanceRetention: &bypass})
	return err
}

func TestRetention(t *testing.T) {
	t.Parallel()
	for _, mode := range []types.ObjectLockMode{types.ObjectLockModeGovernance, types.ObjectLockModeCompliance} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			l := lockedLab(t)
			until := l.world.Clock().Now().Add(48 * time.Hour)
			put, err := l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), Body: strings.NewReader(hello), ContentMD5: ptr(helloMD5), ObjectLockMode: mode, ObjectLockRetainUntilDate: &until})
			require.NoError(t, err)
			head, err := l.HeadObject(l.ctx, &awss3.HeadObjectInput{Bucket: ptr("bucket"), Key: ptr("key")})
			require.NoError(t, err)
			assert.Equal(t, mode, head.ObjectLockMode)
			assert.True(t, until.Equal(*head.ObjectLockRetainUntilDate))

			e := requireCode(t, l.remove1(put.VersionId, false), "AccessDenied", 403)
			assert.Equal(t, lockedText, e.Message)
			require.NoError(t, l.remove1(nil, false), "a delete marker hides a locked object")

			retain := func(r types.ObjectLockRetention, bypass bool) error {
				_, err := l.PutObjectRetention(l.ctx, &awss3.PutObjectRetentionInput{Bucket: ptr("bucket"), Key: ptr("key"), VersionId: put.VersionId, Retention: &r, BypassGovernanceRetention: &bypass})
				return err
			}
			longer, shorter := until.Add(time.Hour), until.Add(-time.Hour)
			same := types.ObjectLockRetentionMode(mode)
			require.NoError(t, retain(types.ObjectLockRetention{Mode: same, RetainUntilDate: &longer}, false), "longer is always possible")
			requireCode(t, retain(types.ObjectLockRetention{Mode: same, RetainUntilDate: &shorter}, false), "AccessDenied", 403)
			requireCode(t, retain(types.ObjectLockRetention{}, false), "AccessDenied", 403)
			if mode == types.ObjectLockModeCompliance {
				requireCode(t, retain(types.ObjectLockRetention{Mode: same, RetainUntilDate: &shorter}, true), "AccessDenied", 403)
				requireCode(t, retain(types.ObjectLockRetention{Mode: "GOVERNANCE", RetainUntilDate: &longer}, true), "AccessDenied", 403)
				requireCode(t, l.remove1(put.VersionId, true), "AccessDenied", 403)
				l.world.Clock().Advance(48 * time.Hour)
				requireCode(t, l.remove1(put.VersionId, false), "AccessDenied", 403)
				l.world.Clock().Advance(time.Hour)
				require.NoError(t, l.remove1(put.VersionId, false), "the retention has run out")
				return
			}
			require.NoError(t, retain(types.ObjectLockRetention{Mode: same, RetainUntilDate: &shorter}, true))
			require.NoError(t, retain(types.ObjectLockRetention{}, true))
			_, err = l.GetObjectRetention(l.ctx, &awss3.GetObjectRetentionInput{Bucket: ptr("bucket"), Key: ptr("key"), VersionId: put.VersionId})
			requireCode(t, err, "NoSuchObjectLockConfiguration", 404)
			require.NoError(t, retain(types.ObjectLockRetention{Mode: same, RetainUntilDate: &longer}, false))
			require.NoError(t, l.remove1(put.VersionId, true), "governance can be bypassed")
		})
	}
}

func TestLegalHold(t *testing.T) {
	t.Parallel()
	l := lockedLab(t)
	put := l.store(t, "bucket", "key", hello)
	hold := func(status types.ObjectLockLegalHoldStatus) {
		t.Helper()
		_, err := l.PutObjectLegalHold(l.ctx, &awss3.PutObjectLegalHoldInput{Bucket: ptr("bucket"), Key: ptr("key"), LegalHold: &types.ObjectLockLegalHold{Status: status}})
		require.NoError(t, err)
	}
	get := func() (*awss3.GetObjectLegalHoldOutput, error) {
		return l.GetObjectLegalHold(l.ctx, &awss3.GetObjectLegalHoldInput{Bucket: ptr("bucket"), Key: ptr("key")})
	}
	_, err := get()
	requireCode(t, err, "NoSuchObjectLockConfiguration", 404)
	hold(types.ObjectLockLegalHoldStatusOn)
	requireCode(t, l.remove1(put.VersionId, true), "AccessDenied", 403)
	hold(types.ObjectLockLegalHoldStatusOff)
	out, err := get()
	require.NoError(t, err)
	assert.Equal(t, types.ObjectLockLegalHoldStatusOff, out.LegalHold.Status)
	require.NoError(t, l.remove1(put.VersionId, false))
}

func TestObjectLockConfiguration(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	put := func(r *types.DefaultRetention) error {
		cfg := &types.ObjectLockConfiguration{ObjectLockEnabled: types.ObjectLockEnabledEnabled}
		if r != nil {
			cfg.Rule = &types.ObjectLockRule{DefaultRetention: r}
		}
		_, err := l.PutObjectLockConfiguration(l.ctx, &awss3.PutObjectLockConfigurationInput{Bucket: ptr("bucket"), ObjectLockConfiguration: cfg})
		return err
	}
	_, err := l.GetObjectLockConfiguration(l.ctx, &awss3.GetObjectLockConfigurationInput{Bucket: ptr("bucket")})
	requireCode(t, err, "ObjectLockConfigurationNotFoundError", 404)
	requireCode(t, put(nil), "InvalidBucketState", 409)
	requireCode(t, l.remove1(nil, true), "InvalidArgument", 400)
	_, err = l.GetObjectRetention(l.ctx, &awss3.GetObjectRetentionInput{Bucket: ptr("bucket"), Key: ptr("key")})
	requireCode(t, err, "InvalidRequest", 400)
	_, err = l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), Body: strings.NewReader(hello), ContentMD5: ptr(helloMD5), ObjectLockLegalHoldStatus: "ON"})
	e := requireCode(t, err, "InvalidRequest", 400)
	assert.Equal(t, "Bucket is missing Object Lock Configuration", e.Message)

	l.versioning(t, "bucket", types.BucketVersioningStatusEnabled)
	require.NoError(t, put(nil))
	for name, c := range map[string]struct {
		retention types.DefaultRetention
		code      string
	}{
		"no mode":    {types.DefaultRetention{Days: ptr(int32(1))}, "MalformedXML"},
		"no period":  {types.DefaultRetention{Mode: "GOVERNANCE"}, "MalformedXML"},
		"two":        {types.DefaultRetention{Mode: "GOVERNANCE", Days: ptr(int32(1)), Years: ptr(int32(1))}, "MalformedXML"},
		"no days":    {types.DefaultRetention{Mode: "GOVERNANCE", Days: ptr(int32(0))}, "InvalidArgument"},
		"many days":  {types.DefaultRetention{Mode: "GOVERNANCE", Days: ptr(int32(36501))}, "InvalidArgument"},
		"many years": {types.DefaultRetention{Mode: "GOVERNANCE", Years: ptr(int32(101))}, "InvalidArgument"},
	} {
		assert.Equal(t, c.code, failure(t, put(&c.retention)).Code, name)
	}
	require.NoError(t, put(&types.DefaultRetention{Mode: "COMPLIANCE", Days: ptr(int32(2))}))
	got, err := l.GetObjectLockConfiguration(l.ctx, &awss3.GetObjectLockConfigurationInput{Bucket: ptr("bucket")})
	require.NoError(t, err)
	assert.Equal(t, int32(2), *got.ObjectLockConfiguration.Rule.DefaultRetention.Days)
	stored := l.store(t, "bucket", "key", hello)
	retention, err := l.GetObjectRetention(l.ctx, &awss3.GetObjectRetentionInput{Bucket: ptr("bucket"), Key: ptr("key")})
	require.NoError(t, err)
	assert.Equal(t, types.ObjectLockRetentionModeCompliance, retention.Retention.Mode)
	assert.WithinDuration(t, l.world.Clock().Now().Add(48*time.Hour), *retention.Retention.RetainUntilDate, time.Minute)
	requireCode(t, l.remove1(stored.VersionId, true), "AccessDenied", 403)

	_, err = l.PutBucketVersioning(l.ctx, &awss3.PutBucketVersioningInput{Bucket: ptr("bucket"), VersioningConfiguration: &types.VersioningConfiguration{Status: "Suspended"}})
	e = requireCode(t, err, "InvalidBucketState", 409)
	assert.Contains(t, e.Message, "An Object Lock configuration is present on this bucket")
}

func TestLockNeeds(t *testing.T) {
	t.Parallel()
	l := lockedLab(t)
	until := l.as(owner, region).Time.Add(10 * 24 * time.Hour)
	l.ctx = l.as(owner, region)
	needs, err := needsOf(l.fake.putObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), ContentMD5: ptr(helloMD5), ACL: "private",
		ObjectLockMode: "GOVERNANCE", ObjectLockRetainUntilDate: &until, ObjectLockLegalHoldStatus: "ON"}))
	require.NoError(t, err)
	assert.Equal(t, []string{"s3:PutObject arn:aws:s3:::bucket/key", "s3:PutObjectAcl arn:aws:s3:::bucket/key", "s3:PutObjectRetention arn:aws:s3:::bucket/key", "s3:PutObjectLegalHold arn:aws:s3:::bucket/key"}, actionsOf(needs))
	put, acl, retention, hold := keysOf(needs[0]), keysOf(needs[1]), keysOf(needs[2]), keysOf(needs[3])
	assert.Equal(t, []string{"10"}, put["s3:object-lock-remaining-retention-days"])
	assert.Equal(t, []string{"GOVERNANCE"}, retention["s3:object-lock-mode"])
	assert.Equal(t, []string{until.UTC().Format(time.RFC3339)}, retention["s3:object-lock-retain-until-date"])
	assert.NotContains(t, retention, "s3:x-amz-acl", "an action sees its own keys only")
	assert.Equal(t, []string{"private"}, acl["s3:x-amz-acl"])
	assert.NotContains(t, acl, "s3:object-lock-mode")
	assert.Equal(t, []string{"ON"}, hold["s3:object-lock-legal-hold"])

	needs, err = needsOf(l.fake.putObjectRetention(l.ctx, &awss3.PutObjectRetentionInput{Bucket: ptr("bucket"), Key: ptr("key"), VersionId: ptr("null"), BypassGovernanceRetention: ptr(true),
		Retention: &types.ObjectLockRetention{Mode: "GOVERNANCE", RetainUntilDate: &until}}))
	require.NoError(t, err)
	assert.Equal(t, []string{"s3:PutObjectRetention arn:aws:s3:::bucket/key", "s3:BypassGovernanceRetention arn:aws:s3:::bucket/key"}, actionsOf(needs))
	assert.NotContains(t, keysOf(needs[0]), "s3:versionid")
}
