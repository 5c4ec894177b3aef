package s3_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestAccessPointsAreTheirBucket has the bucket behind an access point looked at
// as if it had been named.
func TestAccessPointsAreTheirBucket(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ctx := t.Context()
	a.bucket("bucket")
	a.put("bucket", "key", "data")
	made := a.point("point", "bucket")
	for _, name := range []*string{made.AccessPointArn, made.Alias} {
		_, err := a.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: name, Key: aws.String("key"), ExpectedBucketOwner: aws.String(owner)})
		require.NoError(t, err)
		_, err = a.root.GetObject(ctx, &awss3.GetObjectInput{Bucket: name, Key: aws.String("key"), ExpectedBucketOwner: aws.String(stranger)})
		requireAPIError(t, err, "AccessDenied", "Access Denied")
	}

	for name, alias := range map[string]bool{"bucket": false, *made.AccessPointArn: false, *made.Alias: true} {
		head, err := a.root.HeadBucket(ctx, &awss3.HeadBucketInput{Bucket: &name})
		require.NoError(t, err)
		assert.Equal(t, alias, aws.ToBool(head.AccessPointAlias), name)
	}

	a.lifecycle("bucket", types.LifecycleRule{Expiration: &types.LifecycleExpiration{Days: aws.Int32(1)}})
	a.world.Clock().Advance(5 * days)
	requireAPIError(t, get(ctx, a.root, *made.Alias, "key"), "NoSuchKey", "")
}

// TestUploadsAreTheirInitiators: whoever completes an upload, its owner and ACL are
// those that it was begun with (API Reference, "ListParts": Owner).
func TestUploadsAreTheirInitiators(t *testing.T) {
	t.Parallel()
	a, ctx := newAccount(t), t.Context()
	other := a.shared("bucket", "s3:*")
	bucket, key := aws.String("bucket"), aws.String("key")
	for name, c := range map[string]struct {
		initiator, completer *awss3.Client
		owner                string
		grants               int
	}{
		"begun by another account": {other, a.root, stranger, 2},
		"begun by the owner":       {a.root, other, owner, 1},
	} {
		t.Run(name, func(t *testing.T) {
			up, err := c.initiator.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: key, ACL: types.ObjectCannedACLBucketOwnerFullControl})
			require.NoError(t, err)
			part, err := c.completer.UploadPart(ctx, &awss3.UploadPartInput{Bucket: bucket, Key: key, UploadId: up.UploadId, PartNumber: aws.Int32(1), Body: strings.NewReader("x")})
			require.NoError(t, err)
			_, err = c.completer.CompleteMultipartUpload(ctx, &awss3.CompleteMultipartUploadInput{Bucket: bucket, Key: key, UploadId: up.UploadId,
				MultipartUpload: &types.CompletedMultipartUpload{Parts: []types.CompletedPart{{ETag: part.ETag, PartNumber: aws.Int32(1)}}}})
			require.NoError(t, err)
			acl, err := c.initiator.GetObjectAcl(ctx, &awss3.GetObjectAclInput{Bucket: bucket, Key: key})
			require.NoError(t, err)
			assert.Equal(t, a.canonical(c.owner), *acl.Owner.ID)
			require.Len(t, acl.Grants, c.grants)
			assert.Equal(t, a.canonical(c.owner), *acl.Grants[0].Grantee.ID)
		})
	}
}

// TestUploadsBelowAnotherAccountsObject: what is under the key of an upload does not
// keep the bucket's owner from listing and ending it.
func TestUploadsBelowAnotherAccountsObject(t *testing.T) {
	t.Parallel()
	a, ctx := newAccount(t), t.Context()
	other := a.shared("bucket", "s3:PutObject")
	bucket, key := aws.String("bucket"), aws.String("key")
	require.NoError(t, putAs(ctx, other, "bucket", "key"))
	requireAPIError(t, get(ctx, a.root, "bucket", "key"), "AccessDenied", "")
	up, err := a.root.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: key})
	require.NoError(t, err)
	_, err = a.root.ListParts(ctx, &awss3.ListPartsInput{Bucket: bucket, Key: key, UploadId: up.UploadId})
	require.NoError(t, err)
	_, err = a.root.AbortMultipartUpload(ctx, &awss3.AbortMultipartUploadInput{Bucket: bucket, Key: key, UploadId: up.UploadId})
	require.NoError(t, err)
}

// TestObjectsOfOthersBehindAccessPoints: an access point opens no object that its
// owner's ACL keeps from the bucket's owner.
func TestObjectsOfOthersBehindAccessPoints(t *testing.T) {
	t.Parallel()
	a, ctx := newAccount(t), t.Context()
	other := a.shared("bucket", "s3:PutObject*")
	name := a.name(a.point("point", "bucket"))
	require.NoError(t, putAs(ctx, other, "bucket", "theirs"))
	require.NoError(t, putAs(ctx, a.root, "bucket", "ours"))
	requireAPIError(t, get(ctx, a.root, "bucket", "theirs"), "AccessDenied", "")
	requireAPIError(t, get(ctx, a.root, name, "theirs"), "AccessDenied", "")
	require.NoError(t, get(ctx, a.root, name, "ours"))
	require.NoError(t, putAs(ctx, other, "bucket", "given", func(in *awss3.PutObjectInput) { in.ACL = types.ObjectCannedACLBucketOwnerRead }))
	require.NoError(t, get(ctx, a.root, name, "given"))
}

// TestAccessPointsAsCopySource: an access point is read through for copies as well,
// with the permissions that it asks.
func TestAccessPointsAsCopySource(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	ctx := t.Context()
	a.bucket("bucket")
	a.bucket("other")
	a.put("bucket", "dir/key", "data")
	point := a.point("point", "bucket")
	copied := func(c *awss3.Client, source, bucket, key string) error {
		_, err := c.CopyObject(ctx, &awss3.CopyObjectInput{Bucket: &bucket, Key: &key, CopySource: &source})
		return err
	}
	byARN, byAlias := *point.AccessPointArn+"/object/dir/key", *point.Alias+"/dir/key"
	for _, source := range []string{byARN, byAlias} {
		require.NoError(t, copied(a.root, source, "other", "copy"))
		require.NoError(t, get(ctx, a.root, "other", "copy"))
		requireAPIError(t, copied(a.root, source, "bucket", "dir/key"), "InvalidRequest", "")
		up, err := a.root.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: aws.String("other"), Key: aws.String("parts")})
		require.NoError(t, err)
		_, err = a.root.UploadPartCopy(ctx, &awss3.UploadPartCopyInput{Bucket: aws.String("other"), Key: aws.String("parts"), UploadId: up.UploadId, PartNumber: aws.Int32(1), CopySource: &source})
		require.NoError(t, err)
	}
	a.allow(`{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::other/*","arn:aws:s3:::bucket/*"]}`)
	requireAPIError(t, copied(a.user, byARN, "other", "copy"), "AccessDenied", "")
	a.allow(`{"Effect":"Allow","Action":"s3:*","Resource":["arn:aws:s3:::other/*","arn:aws:s3:::bucket/*","` + *point.AccessPointArn + `/object/*"]}`)
	require.NoError(t, copied(a.user, byARN, "other", "copy"))
	requireAPIError(t, copied(a.root, "arn:aws:s3:us-east-1:"+owner+":accesspoint/none/object/k", "other", "copy"), "NoSuchAccessPoint", "")
}

// shared makes a bucket in which the objects of another account are its own, and the
// client of that account, which the bucket's policy allows an action.
func (a *account) shared(bucket, action string) *awss3.Client {
	a.t.Helper()
	_, other := a.stranger()
	a.open(bucket, types.ObjectOwnershipObjectWriter)
	_, err := a.root.PutBucketPolicy(a.t.Context(), &awss3.PutBucketPolicyInput{Bucket: &bucket, Policy: aws.String(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"AWS":"` + stranger + `"},"Action":"` + action + `","Resource":"arn:aws:s3:::` + bucket + `/*"}]}`)})
	require.NoError(a.t, err)
	return other
}
