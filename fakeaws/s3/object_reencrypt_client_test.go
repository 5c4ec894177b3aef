package s3_test

import (
	"crypto/md5"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// kmsKey makes a KMS key of the owner's.
func kmsKey(t testing.TB, w *fakeaws.World) *fakeaws.Key {
	t.Helper()
	key, err := w.Keys().Create(owner, "us-east-1", nil)
	require.NoError(t, err)
	return key
}

// reencrypt calls UpdateObjectEncryption.
func reencrypt(t *testing.T, c *awss3.Client, bucket, key, kms string, set ...func(*awss3.UpdateObjectEncryptionInput)) error {
	t.Helper()
	in := &awss3.UpdateObjectEncryptionInput{Bucket: &bucket, Key: &key,
		ObjectEncryption: &types.ObjectEncryptionMemberSSEKMS{Value: types.SSEKMSEncryption{KMSKeyArn: &kms, BucketKeyEnabled: aws.Bool(true)}}}
	for _, f := range set {
		f(in)
	}
	_, err := c.UpdateObjectEncryption(t.Context(), in)
	return err
}

func TestUpdateObjectEncryption(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		kmsOfOwner := kmsKey(t, a.world).ARN
		ctx := t.Context()
		a.bucket("bucket")
		_, err := a.root.PutBucketVersioning(ctx, &awss3.PutBucketVersioningInput{Bucket: aws.String("bucket"), VersioningConfiguration: &types.VersioningConfiguration{Status: "Enabled"}})
		require.NoError(t, err)
		a.put("bucket", "key", "first")
		head := func(version *string) *awss3.HeadObjectOutput {
			out, err := a.root.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), VersionId: version, ChecksumMode: "ENABLED"})
			require.NoError(t, err)
			return out
		}
		first := head(nil)
		a.put("bucket", "key", "second")
		require.NoError(t, reencrypt(t, a.root, "bucket", "key", kmsOfOwner, func(in *awss3.UpdateObjectEncryptionInput) { in.VersionId = first.VersionId }))

		got, want := head(first.VersionId), *first
		want.ServerSideEncryption, want.SSEKMSKeyId, want.BucketKeyEnabled = "aws:kms", aws.String(kmsOfOwner), aws.Bool(true)
		assert.Equal(t, members(&want), members(got), "all else is as it was")
		assert.Equal(t, types.ServerSideEncryptionAes256, head(nil).ServerSideEncryption, "the other version is not touched")

		other := kmsKey(t, a.world).ARN
		require.NoError(t, reencrypt(t, a.root, "bucket", "key", other, func(in *awss3.UpdateObjectEncryptionInput) {
			in.VersionId = first.VersionId
			in.ObjectEncryption.(*types.ObjectEncryptionMemberSSEKMS).Value.BucketKeyEnabled = nil
		}))
		got = head(first.VersionId)
		assert.Equal(t, []any{other, (*bool)(nil)}, []any{*got.SSEKMSKeyId, got.BucketKeyEnabled}, "from one key to another")

		for name, c := range map[string]struct{ key, kms, code, says string }{
			"no key":          {"key", "", "InvalidRequest", "require an AWS KMS key Amazon Resource Name"},
			"an id":           {"key", "1234abcd-12ab-34cd-56ef-1234567890ab", "InvalidRequest", "require a valid AWS KMS key"},
			"an alias":        {"key", "arn:aws:kms:us-east-1:" + owner + ":alias/name", "InvalidRequest", "require a valid AWS KMS key"},
			"another account": {"key", strings.Replace(kmsOfOwner, owner, stranger, 1), "AccessDenied", "must be owned by the same account as the bucket"},
			"another region":  {"key", strings.Replace(kmsOfOwner, "us-east-1", "eu-west-1", 1), "KMS.NotFoundException", ""},
			"no object":       {"none", kmsOfOwner, "NoSuchKey", ""},
		} {
			err := reencrypt(t, a.root, "bucket", c.key, c.kms)
			requireAPIError(t, err, c.code, "")
			assert.ErrorContains(t, err, c.says, name)
		}
		err = reencrypt(t, a.anonymous(), "bucket", "key", kmsOfOwner)
		requireAPIError(t, err, "InvalidRequest", "")
		assert.ErrorContains(t, err, "Signature Version 4")
		assert.Equal(t, types.ServerSideEncryptionAes256, head(nil).ServerSideEncryption, "what is refused changes nothing")
	})
}

func TestUpdateObjectEncryptionIsPermitted(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		kmsOfOwner := kmsKey(t, a.world).ARN
		a.bucket("bucket")
		_, err := a.root.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("key"), Body: strings.NewReader("data"), Tagging: aws.String("team=blue")})
		require.NoError(t, err)
		for condition, allowed := range map[string]bool{
			`"StringEquals":{"s3:x-amz-server-side-encryption":"aws:kms"}`:                                   true,
			`"ArnEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"` + kmsOfOwner + `"}`:            true,
			`"ArnEquals":{"s3:x-amz-server-side-encryption-aws-kms-key-id":"` + kmsOfOwner + `0"}`:           false,
			`"StringEquals":{"s3:ExistingObjectTag/team":"blue"}`:                                            true,
			`"StringEquals":{"s3:ExistingObjectTag/team":"red"}`:                                             false,
			`"StringEquals":{"s3:x-amz-server-side-encryption":"AES256"}`:                                    false,
			`"Null":{"s3:ResourceAccount":"false","s3:x-amz-server-side-encryption-aws-kms-key-id":"false"}`: true,
		} {
			a.allow(`{"Effect":"Allow","Action":"s3:UpdateObjectEncryption","Resource":"arn:aws:s3:::bucket/key","Condition":{` + condition + `}},{"Effect":"Allow","Action":"kms:*","Resource":"*"}`)
			err := reencrypt(t, a.user, "bucket", "key", kmsOfOwner)
			if allowed {
				require.NoError(t, err, condition)
			} else {
				requireAPIError(t, err, "AccessDenied", "")
			}
		}
		a.allow(`{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}`)
		requireAPIError(t, reencrypt(t, a.user, "bucket", "key", kmsOfOwner), "AccessDenied", "")
	})
}

func TestObjectsThatCannotBeReencrypted(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		kmsOfOwner := kmsKey(t, a.world).ARN
		ctx := t.Context()
		_, err := a.root.CreateBucket(ctx, &awss3.CreateBucketInput{Bucket: aws.String("bucket"), ObjectLockEnabledForBucket: aws.Bool(true)})
		require.NoError(t, err)
		_, err = a.root.PutBucketEncryption(ctx, &awss3.PutBucketEncryptionInput{Bucket: aws.String("bucket"), ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{{BlockedEncryptionTypes: &types.BlockedEncryptionTypes{EncryptionType: []types.EncryptionType{"NONE"}}}}}})
		require.NoError(t, err)
		later := aws.Time(a.world.Clock().Now().Add(time.Hour))
		secret := strings.Repeat("k", 32)
		sum := md5.Sum([]byte(secret))
		for name, c := range map[string]struct {
			set        func(*awss3.PutObjectInput)
			code, says string
		}{
			"SSE-KMS":    {func(in *awss3.PutObjectInput) { in.ServerSideEncryption = "aws:kms" }, "", ""},
			"DSSE-KMS":   {func(in *awss3.PutObjectInput) { in.ServerSideEncryption = "aws:kms:dsse" }, "InvalidRequest", "DSSE-KMS or SSE-C"},
			"governance": {func(in *awss3.PutObjectInput) { in.ObjectLockMode, in.ObjectLockRetainUntilDate = "GOVERNANCE", later }, "AccessDenied", "Object Lock"},
			"compliance": {func(in *awss3.PutObjectInput) { in.ObjectLockMode, in.ObjectLockRetainUntilDate = "COMPLIANCE", later }, "AccessDenied", "Object Lock"},
			"legal hold": {func(in *awss3.PutObjectInput) { in.ObjectLockLegalHoldStatus = "ON" }, "AccessDenied", "Object Lock"},
			"archived":   {func(in *awss3.PutObjectInput) { in.StorageClass = "GLACIER" }, "", ""},
		} {
			in := &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: &name, Body: strings.NewReader("data")}
			c.set(in)
			_, err := a.root.PutObject(ctx, in)
			require.NoError(t, err, name)
			err = reencrypt(t, a.root, "bucket", name, kmsOfOwner)
			if c.code == "" {
				require.NoError(t, err, name)
				continue
			}
			requireAPIError(t, err, c.code, "")
			assert.ErrorContains(t, err, c.says, name)
		}
		_, err = a.root.PutObject(ctx, &awss3.PutObjectInput{Bucket: aws.String("bucket"), Key: aws.String("SSE-C"), Body: strings.NewReader("data"), SSECustomerAlgorithm: aws.String("AES256"),
			SSECustomerKey: aws.String(base64.StdEncoding.EncodeToString([]byte(secret))), SSECustomerKeyMD5: aws.String(base64.StdEncoding.EncodeToString(sum[:]))})
		require.NoError(t, err)
		requireAPIError(t, reencrypt(t, a.root, "bucket", "SSE-C", kmsOfOwner), "InvalidRequest", "")
	})
}
