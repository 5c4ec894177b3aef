package s3

import (
	"crypto/md5"
	"encoding/base64"
	"strings"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// customer is a key of SSE-C.
func customer(letter string) customerKey {
	key := strings.Repeat(letter, 32)
	sum := md5.Sum([]byte(key))
	return customerKey{ptr("AES256"), ptr(base64.StdEncoding.EncodeToString([]byte(key))), ptr(base64.StdEncoding.EncodeToString(sum[:]))}
}

func TestCustomerKeyIsChecked(t *testing.T) {
	t.Parallel()
	good, other := customer("a"), customer("b")
	for name, c := range map[string]struct {
		key  customerKey
		code string
		text string
	}{
		"none":             {},
		"good":             {key: good},
		"no algorithm":     {customerKey{nil, good.SSECustomerKey, good.SSECustomerKeyMD5}, "InvalidArgument", "a valid encryption algorithm."},
		"other algorithm":  {customerKey{ptr("DES"), good.SSECustomerKey, good.SSECustomerKeyMD5}, "InvalidEncryptionAlgorithmError", ""},
		"no key":           {customerKey{good.SSECustomerAlgorithm, nil, good.SSECustomerKeyMD5}, "InvalidArgument", "an appropriate secret key."},
		"no digest":        {customerKey{good.SSECustomerAlgorithm, good.SSECustomerKey, nil}, "InvalidArgument", "the client calculated MD5 of the secret key."},
		"short key":        {customerKey{good.SSECustomerAlgorithm, ptr("YWJj"), ptr("kAFQmDzST7DWlj99KOF/cg==")}, "InvalidArgument", "The secret key was invalid for the specified algorithm."},
		"short, no digest": {customerKey{good.SSECustomerAlgorithm, ptr("YWJj"), good.SSECustomerKeyMD5}, "InvalidArgument", "The calculated MD5 hash of the key did not match the hash that was provided."},
		"no base64":        {customerKey{good.SSECustomerAlgorithm, ptr("?"), good.SSECustomerKeyMD5}, "InvalidArgument", "The secret key was invalid for the specified algorithm."},
		"other digest":     {customerKey{good.SSECustomerAlgorithm, good.SSECustomerKey, other.SSECustomerKeyMD5}, "InvalidArgument", "The calculated MD5 hash of the key did not match the hash that was provided."},
	} {
		err := c.key.check()
		if c.code == "" {
			assert.NoError(t, err, name)
			continue
		}
		e := failure(t, err)
		assert.Equal(t, c.code, e.Code, name)
		assert.Contains(t, e.Message, c.text, name)
		for _, f := range e.Fields {
			assert.NotEqual(t, *good.SSECustomerKey, f.Value, "a key is not repeated")
		}
	}
}

func TestCustomerKeys(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	bucket, key := ptr("bucket"), ptr("key")
	good, other := customer("a"), customer("b")
	put := func() (*awss3.PutObjectOutput, error) {
		return l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader(hello),
			SSECustomerAlgorithm: good.SSECustomerAlgorithm, SSECustomerKey: good.SSECustomerKey, SSECustomerKeyMD5: good.SSECustomerKeyMD5})
	}
	_, err := put()
	requireCode(t, err, "AccessDenied", 403)
	l.allowCustomerKeys(t, "bucket")
	out, err := put()
	require.NoError(t, err)
	assert.Equal(t, good.SSECustomerKeyMD5, out.SSECustomerKeyMD5)
	assert.Empty(t, out.ServerSideEncryption)
	assert.NotEqual(t, `"5eb63bbbe01eeed093cb22bb8f5acdc3"`, *out.ETag, "no MD5 of the data")

	get := func(k customerKey) (*awss3.GetObjectOutput, error) {
		return l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: bucket, Key: key, SSECustomerAlgorithm: k.SSECustomerAlgorithm, SSECustomerKey: k.SSECustomerKey, SSECustomerKeyMD5: k.SSECustomerKeyMD5})
	}
	_, err = get(customerKey{})
	requireCode(t, err, "InvalidRequest", 400)
	_, err = get(other)
	requireCode(t, err, "AccessDenied", 403)
	got, err := get(good)
	require.NoError(t, err)
	assert.Equal(t, "AES256", *got.SSECustomerAlgorithm)

	copyIn := &awss3.CopyObjectInput{Bucket: bucket, Key: ptr("copy"), CopySource: ptr("bucket/key")}
	_, err = l.CopyObject(l.ctx, copyIn)
	requireCode(t, err, "InvalidRequest", 400)
	copyIn.CopySourceSSECustomerAlgorithm, copyIn.CopySourceSSECustomerKey, copyIn.CopySourceSSECustomerKeyMD5 = good.SSECustomerAlgorithm, good.SSECustomerKey, good.SSECustomerKeyMD5
	copied, err := l.CopyObject(l.ctx, copyIn)
	require.NoError(t, err)
	assert.Equal(t, types.ServerSideEncryptionAes256, copied.ServerSideEncryption)
	assert.Equal(t, hello, l.read(t, "bucket", "copy"))
	_, err = l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: bucket, Key: ptr("copy"), SSECustomerAlgorithm: good.SSECustomerAlgorithm, SSECustomerKey: good.SSECustomerKey, SSECustomerKeyMD5: good.SSECustomerKeyMD5})
	e := requireCode(t, err, "InvalidRequest", 400)
	assert.Equal(t, "The encryption parameters are not applicable to this object.", e.Message)
}

func TestKMSEncryption(t *testing.T) {
	t.Parallel()
	const missing = "1234abcd-12ab-34cd-56ef-1234567890ab"
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	mine := newKMSKey(t, l.world, "alias/mine")
	managed, err := l.world.Keys().Find(owner, region, "alias/aws/s3")
	require.NoError(t, err)
	for name, c := range map[string]struct {
		id   *string
		want *fakeaws.Key
		text string // of KMS.NotFoundException
	}{
		"AWS managed":           {want: managed},
		"alias of it":           {id: ptr("alias/aws/s3"), want: managed},
		"id":                    {id: ptr(mine.ID), want: mine},
		"alias":                 {id: ptr("alias/mine"), want: mine},
		"ARN of the alias":      {id: ptr("arn:aws:kms:us-east-1:" + owner + ":alias/mine"), want: mine},
		"ARN":                   {id: ptr(mine.ARN), want: mine},
		"elsewhere":             {id: ptr(strings.Replace(mine.ARN, "us-east-1", "eu-west-1", 1)), text: "Invalid arn eu-west-1"},
		"no key":                {id: ptr("arn:aws:s3:::bucket"), text: "Invalid arn arn:aws:s3:::bucket"},
		"no id":                 {id: ptr("mine"), text: "Invalid keyId 'mine'"},
		"an id of nothing":      {id: ptr(missing), text: "Key 'arn:aws:kms:us-east-1:" + owner + ":key/" + missing + "' does not exist"},
		"an alias of nothing":   {id: ptr("alias/other"), text: "Alias arn:aws:kms:us-east-1:" + owner + ":alias/other is not found."},
		"of another account":    {id: ptr(strings.Replace(mine.ARN, owner, stranger, 1)), text: "Key '" + strings.Replace(mine.ARN, owner, stranger, 1) + "' does not exist"},
		"of an unknown account": {id: ptr("arn:aws:kms:us-east-1:999999999999:alias/aws/s3"), text: "Alias arn:aws:kms:us-east-1:999999999999:alias/aws/s3 is not found."},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), Body: strings.NewReader(hello),
				ServerSideEncryption: "aws:kms", SSEKMSKeyId: c.id, BucketKeyEnabled: ptr(true), SSEKMSEncryptionContext: ptr("e30=")})
			if c.text != "" {
				assert.Equal(t, c.text, requireCode(t, err, "KMS.NotFoundException", 400).Message)
				return
			}
			require.NoError(t, err)
			assert.Equal(t, c.want.ARN, *out.SSEKMSKeyId)
			assert.Equal(t, "e30=", *out.SSEKMSEncryptionContext)
			head, err := l.HeadObject(l.ctx, &awss3.HeadObjectInput{Bucket: ptr("bucket"), Key: ptr("key")})
			require.NoError(t, err)
			assert.Equal(t, types.ServerSideEncryptionAwsKms, head.ServerSideEncryption)
			assert.Equal(t, out.SSEKMSKeyId, head.SSEKMSKeyId)
			assert.True(t, *head.BucketKeyEnabled)
			assert.Equal(t, out.ETag, head.ETag)
		})
	}
}

func (l *lab) encrypt(t testing.TB, bucket string, rule types.ServerSideEncryptionRule) {
	t.Helper()
	b, ok := l.fake.buckets.Get(bucket)
	require.True(t, ok)
	b.encryption = &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{rule}}
}

// allowCustomerKeys lets a bucket have objects with SSE-C.
func (l *lab) allowCustomerKeys(t testing.TB, bucket string) {
	t.Helper()
	l.encrypt(t, bucket, types.ServerSideEncryptionRule{BlockedEncryptionTypes: &types.BlockedEncryptionTypes{EncryptionType: []types.EncryptionType{types.EncryptionTypeNone}}})
}

func TestDefaultEncryption(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.encrypt(t, "bucket", types.ServerSideEncryptionRule{BucketKeyEnabled: ptr(true), ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
		SSEAlgorithm: types.ServerSideEncryptionAwsKms, KMSMasterKeyID: ptr("alias/mine")}})
	mine := newKMSKey(t, l.world, "alias/mine")
	out := l.store(t, "bucket", "key", hello)
	assert.Equal(t, types.ServerSideEncryptionAwsKms, out.ServerSideEncryption)
	assert.Equal(t, mine.ARN, *out.SSEKMSKeyId)
	assert.True(t, *out.BucketKeyEnabled)
	out, err := l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), ServerSideEncryption: "AES256"})
	require.NoError(t, err)
	assert.Equal(t, types.ServerSideEncryptionAes256, out.ServerSideEncryption, "the request outweighs the bucket")
	assert.Nil(t, out.BucketKeyEnabled)
}

// TestCustomerKeysOfUploads: S3 has no checksum of an upload with a customer key, unless the
// upload was begun with one.
func TestCustomerKeysOfUploads(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.allowCustomerKeys(t, "bucket")
	k := customer("k")
	id := l.begin(t, awss3.CreateMultipartUploadInput{SSECustomerAlgorithm: k.SSECustomerAlgorithm, SSECustomerKey: k.SSECustomerKey, SSECustomerKeyMD5: k.SSECustomerKeyMD5})
	part, err := l.UploadPart(l.ctx, &awss3.UploadPartInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id, PartNumber: ptr(int32(1)), Body: strings.NewReader("data"),
		SSECustomerAlgorithm: k.SSECustomerAlgorithm, SSECustomerKey: k.SSECustomerKey, SSECustomerKeyMD5: k.SSECustomerKeyMD5})
	require.NoError(t, err)
	done, err := l.complete(id, awss3.CompleteMultipartUploadInput{}, types.CompletedPart{PartNumber: ptr(int32(1)), ETag: part.ETag})
	require.NoError(t, err)
	assert.Empty(t, done.ChecksumType)
	assert.Nil(t, done.ChecksumCRC64NVME)
	got, err := l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), ChecksumMode: types.ChecksumModeEnabled,
		SSECustomerAlgorithm: k.SSECustomerAlgorithm, SSECustomerKey: k.SSECustomerKey, SSECustomerKeyMD5: k.SSECustomerKeyMD5})
	require.NoError(t, err)
	assert.Empty(t, got.ChecksumType)
	list, err := l.ListObjectsV2(l.ctx, &awss3.ListObjectsV2Input{Bucket: ptr("bucket")})
	require.NoError(t, err)
	assert.Empty(t, list.Contents[0].ChecksumAlgorithm)
	copied, err := l.CopyObject(l.ctx, &awss3.CopyObjectInput{Bucket: ptr("bucket"), Key: ptr("copy"), CopySource: ptr("bucket/key"),
		CopySourceSSECustomerAlgorithm: k.SSECustomerAlgorithm, CopySourceSSECustomerKey: k.SSECustomerKey, CopySourceSSECustomerKeyMD5: k.SSECustomerKeyMD5})
	require.NoError(t, err)
	assert.NotNil(t, copied.CopyObjectResult.ChecksumCRC64NVME)
}
