package s3

import (
	"crypto/md5"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestObjectLockAnswers(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	_, err := l.CreateBucket(l.ctx, &awss3.CreateBucketInput{Bucket: ptr("locked"), ObjectLockEnabledForBucket: ptr(true)})
	require.NoError(t, err)
	l.bucketNamed(t, "plain")
	l.store(t, "locked", "key", "data")
	later := l.world.Clock().Now().Add(time.Hour)

	const both = "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied"
	_, err = l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("locked"), Key: ptr("key"), ObjectLockMode: "GOVERNANCE"})
	requireAnswer(t, err, "InvalidArgument", 400, both, "ArgumentName", "x-amz-object-lock-retain-until-date")
	_, err = l.CreateMultipartUpload(l.ctx, &awss3.CreateMultipartUploadInput{Bucket: ptr("locked"), Key: ptr("key"), ObjectLockRetainUntilDate: &later})
	requireAnswer(t, err, "InvalidArgument", 400, both, "ArgumentName", "x-amz-object-lock-mode")

	for past, shown := range map[time.Time]string{
		time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC): "Tue Dec 31 16:00:00 PST 2019",
		time.Date(2019, 7, 4, 0, 0, 0, 0, time.UTC): "Wed Jul 03 17:00:00 PDT 2019",
	} {
		_, err = l.PutObjectRetention(l.ctx, &awss3.PutObjectRetentionInput{Bucket: ptr("locked"), Key: ptr("key"), Retention: &types.ObjectLockRetention{Mode: "GOVERNANCE", RetainUntilDate: &past}})
		requireAnswer(t, err, "InvalidArgument", 400, "The retain until date must be in the future!", "ArgumentName", "RetainUntilDate", "ArgumentValue", shown)
	}
	_, err = l.GetObjectRetention(l.ctx, &awss3.GetObjectRetentionInput{Bucket: ptr("locked"), Key: ptr("key")})
	requireAnswer(t, err, "NoSuchObjectLockConfiguration", 404, "The specified object does not have a ObjectLock configuration")
	_, err = l.GetObjectLegalHold(l.ctx, &awss3.GetObjectLegalHoldInput{Bucket: ptr("locked"), Key: ptr("key")})
	requireAnswer(t, err, "NoSuchObjectLockConfiguration", 404, "The specified object does not have a ObjectLock configuration")

	const bypass = "x-amz-bypass-governance-retention is only applicable to Object Lock enabled buckets."
	for _, on := range []bool{false, true} {
		_, err = l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: ptr("plain"), Key: ptr("key"), BypassGovernanceRetention: &on})
		requireAnswer(t, err, "InvalidArgument", 400, bypass, "ArgumentName", "x-amz-bypass-governance-retention")
		_, err = l.DeleteObjects(l.ctx, &awss3.DeleteObjectsInput{Bucket: ptr("plain"), BypassGovernanceRetention: &on, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: ptr("key")}}}})
		requireAnswer(t, err, "InvalidArgument", 400, bypass, "ArgumentName", "x-amz-bypass-governance-retention")
		_, err = l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: ptr("locked"), Key: ptr("key"), BypassGovernanceRetention: &on})
		require.NoError(t, err)
	}
}

func tag(key, value *string) types.Tag { return types.Tag{Key: key, Value: value} }

func TestTagAnswers(t *testing.T) {
	t.Parallel()
	const malformed = "The XML you provided was not well-formed or did not validate against our published schema"
	for name, c := range map[string]struct {
		tags                    []types.Tag
		code                    string
		bucket, object, created string
		pairs, createdPairs     []string
		status                  int
	}{
		"no value": {[]types.Tag{tag(ptr("k"), nil)}, "MalformedXML", malformed, malformed, malformed, nil, nil, 400},
		"no key":   {[]types.Tag{tag(ptr("a"), ptr("b")), tag(nil, ptr("v"))}, "MalformedXML", malformed, malformed, malformed, nil, nil, 400},
		"system": {
			[]types.Tag{tag(ptr("aws:prefixed"), ptr("v"))}, "InvalidTag",
			"System tags cannot be added/updated by requester", "Your TagKey cannot be prefixed with aws:",
			`User-defined tag keys can't start with "aws:". This prefix is reserved for system tags. Remove "aws:" from your tag keys and try again.`,
			[]string{"TagKey", "aws:prefixed"}, nil, 400,
		},
		"comma": {
			[]types.Tag{tag(ptr("Key1"), ptr("Val1,Val2"))}, "InvalidTag", "The TagValue you have provided is invalid", "The TagValue you have provided is invalid", "The TagValue you have provided is invalid",
			[]string{"TagKey", "Key1", "TagValue", "Val1,Val2"}, []string{"TagKey", "Key1", "TagValue", "Val1,Val2"}, 400,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.bucketNamed(t, "bucket")
			l.store(t, "bucket", "key", "data")
			// The client refuses tags without a key or a value, so the plans are asked.
			_, err := l.fake.putBucketTagging(l.ctx, &awss3.PutBucketTaggingInput{Bucket: ptr("bucket"), Tagging: &types.Tagging{TagSet: c.tags}})
			requireAnswer(t, err, c.code, c.status, c.bucket, c.pairs...)
			_, err = l.fake.putObjectTagging(l.ctx, &awss3.PutObjectTaggingInput{Bucket: ptr("bucket"), Key: ptr("key"), Tagging: &types.Tagging{TagSet: c.tags}})
			requireAnswer(t, err, c.code, c.status, c.object, c.pairs...)
			_, err = l.fake.createBucket(l.ctx, &awss3.CreateBucketInput{Bucket: ptr("other"), CreateBucketConfiguration: &types.CreateBucketConfiguration{Tags: c.tags}})
			requireAnswer(t, err, c.code, c.status, c.created, c.createdPairs...)
		})
	}
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.store(t, "bucket", "key", "data")
	twice := []types.Tag{tag(ptr("k"), ptr("1")), tag(ptr("k"), ptr("2"))}
	_, err := l.CreateBucket(l.ctx, &awss3.CreateBucketInput{Bucket: ptr("other"), CreateBucketConfiguration: &types.CreateBucketConfiguration{Tags: twice}}, func(o *awss3.Options) { o.RetryMaxAttempts = 1 })
	requireAnswer(t, err, "InternalError", 500, "We encountered an internal error. Please try again.")
	_, err = l.PutBucketTagging(l.ctx, &awss3.PutBucketTaggingInput{Bucket: ptr("bucket"), Tagging: &types.Tagging{TagSet: twice}})
	requireAnswer(t, err, "InvalidTag", 400, "Cannot provide multiple Tags with the same key", "TagKey", "k")

	// Without a set there is to be no tag.
	_, err = l.PutObjectTagging(l.ctx, &awss3.PutObjectTaggingInput{Bucket: ptr("bucket"), Key: ptr("key"), Tagging: &types.Tagging{TagSet: []types.Tag{tag(ptr("k"), ptr("v"))}}})
	require.NoError(t, err)
	plan, err := l.fake.putObjectTagging(l.ctx, &awss3.PutObjectTaggingInput{Bucket: ptr("bucket"), Key: ptr("key"), Tagging: &types.Tagging{}})
	require.NoError(t, err)
	_, err = plan.Do()
	require.NoError(t, err)
	tags, err := l.GetObjectTagging(l.ctx, &awss3.GetObjectTaggingInput{Bucket: ptr("bucket"), Key: ptr("key")})
	require.NoError(t, err)
	assert.Empty(t, tags.TagSet)

	for _, header := range []string{"key1=val1,key2=val2", "a=b=c", "=", "=v", "a=1&a=2", "a=%2C", "a=%zz"} {
		_, err = l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("other"), Tagging: &header})
		requireAnswer(t, err, "InvalidArgument", 400, "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates.", "ArgumentName", "x-amz-tagging", "ArgumentValue", header)
	}
	_, err = l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("other"), Tagging: ptr("a=%3D&b&&c=d+e")})
	require.NoError(t, err)

	_, err = l.GetObjectTagging(l.ctx, &awss3.GetObjectTaggingInput{Bucket: ptr("bucket"), Key: ptr("none")})
	requireAnswer(t, err, "NoSuchKey", 404, "The specified key does not exist.", "Key", "bucket/none")
	_, err = l.DeleteObjectTagging(l.ctx, &awss3.DeleteObjectTaggingInput{Bucket: ptr("bucket"), Key: ptr("none")})
	requireAnswer(t, err, "NoSuchKey", 404, "The specified key does not exist.", "Key", "none")
}

func TestNothingBesideADeleteMarker(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	_, err := l.CreateBucket(l.ctx, &awss3.CreateBucketInput{Bucket: ptr("bucket"), ObjectOwnership: "ObjectWriter", ObjectLockEnabledForBucket: ptr(true)})
	require.NoError(t, err)
	l.store(t, "bucket", "key", "data")
	_, err = l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: ptr("bucket"), Key: ptr("key")})
	require.NoError(t, err)
	for name, c := range map[string]struct {
		method string
		do     func() error
	}{
		"PutObjectTagging": {"PUT", func() error {
			_, err := l.PutObjectTagging(l.ctx, &awss3.PutObjectTaggingInput{Bucket: ptr("bucket"), Key: ptr("key"), Tagging: &types.Tagging{TagSet: []types.Tag{}}})
			return err
		}},
		"GetObjectTagging": {"GET", func() error {
			_, err := l.GetObjectTagging(l.ctx, &awss3.GetObjectTaggingInput{Bucket: ptr("bucket"), Key: ptr("key")})
			return err
		}},
		"DeleteObjectTagging": {"DELETE", func() error {
			_, err := l.DeleteObjectTagging(l.ctx, &awss3.DeleteObjectTaggingInput{Bucket: ptr("bucket"), Key: ptr("key")})
			return err
		}},
		"PutObjectAcl": {"PUT", func() error {
			_, err := l.PutObjectAcl(l.ctx, &awss3.PutObjectAclInput{Bucket: ptr("bucket"), Key: ptr("key"), ACL: "private"})
			return err
		}},
		"PutObjectLegalHold": {"PUT", func() error {
			_, err := l.PutObjectLegalHold(l.ctx, &awss3.PutObjectLegalHoldInput{Bucket: ptr("bucket"), Key: ptr("key"), LegalHold: &types.ObjectLockLegalHold{Status: "ON"}})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			requireAnswer(t, c.do(), "MethodNotAllowed", 405, "The specified method is not allowed against this resource.", "Method", c.method, "ResourceType", "DeleteMarker")
		})
	}
	_, err = l.GetObjectAcl(l.ctx, &awss3.GetObjectAclInput{Bucket: ptr("bucket"), Key: ptr("key")})
	requireAnswer(t, err, "NoSuchKey", 404, "The specified key does not exist.", "Key", "key")
}

// sseC is a customer key of a size, and its MD5.
func sseC(letter string, size int) (key, sum *string) {
	raw := []byte(strings.Repeat(letter, size))
	digest := md5.Sum(raw)
	return ptr(base64.StdEncoding.EncodeToString(raw)), ptr(base64.StdEncoding.EncodeToString(digest[:]))
}

func TestCustomerKeyAnswers(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.allowCustomerKeys(t, "bucket")
	key, sum := sseC("k", 32)
	other, otherSum := sseC("o", 32)
	short, shortSum := sseC("s", 16)
	_, err := l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), Body: strings.NewReader("data"), SSECustomerAlgorithm: ptr("AES256"), SSECustomerKey: key, SSECustomerKeyMD5: sum})
	require.NoError(t, err)

	const requests = "Requests specifying Server Side Encryption with Customer provided keys must provide "
	name := []string{"ArgumentName", "x-amz-server-side-encryption"}
	for title, c := range map[string]struct {
		algorithm, key, md5 *string
		code, put, get      string
		putPairs, getPairs  []string
	}{
		"no algorithm":    {nil, key, sum, "InvalidArgument", requests + "a valid encryption algorithm.", requests + "a valid encryption algorithm.", name, name},
		"other algorithm": {ptr("KMS"), key, sum, "InvalidEncryptionAlgorithmError", "The Encryption request you specified is not valid. Supported value: AES256.", "The Encryption request you specified is not valid. Supported value: AES256.", append(name[:2:2], "ArgumentValue", "KMS"), append(name[:2:2], "ArgumentValue", "KMS")},
		"no key":          {ptr("AES256"), nil, sum, "InvalidArgument", requests + "an appropriate secret key.", requests + "an appropriate secret key.", name, name},
		"no MD5":          {ptr("AES256"), key, nil, "InvalidArgument", requests + "the client calculated MD5 of the secret key.", "", name, nil},
		"short":           {ptr("AES256"), short, shortSum, "InvalidArgument", "The secret key was invalid for the specified algorithm.", "The secret key was invalid for the specified algorithm.", name, name},
		"other MD5":       {ptr("AES256"), key, otherSum, "InvalidArgument", "The calculated MD5 hash of the key did not match the hash that was provided.", "The calculated MD5 hash of the key did not match the hash that was provided.", name, name},
	} {
		t.Run(title, func(t *testing.T) {
			_, err := l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("x"), SSECustomerAlgorithm: c.algorithm, SSECustomerKey: c.key, SSECustomerKeyMD5: c.md5})
			requireAnswer(t, err, c.code, 400, c.put, c.putPairs...)
			_, err = l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), SSECustomerAlgorithm: c.algorithm, SSECustomerKey: c.key, SSECustomerKeyMD5: c.md5})
			if c.get == "" {
				requireAnswer(t, err, "AccessDenied", 403, requests+"the correct secret key.")
				return
			}
			requireAnswer(t, err, c.code, 400, c.get, c.getPairs...)
		})
	}
	_, err = l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), SSECustomerAlgorithm: ptr("AES256"), SSECustomerKey: other, SSECustomerKeyMD5: otherSum})
	requireAnswer(t, err, "AccessDenied", 403, requests+"the correct secret key.")
	_, err = l.CopyObject(l.ctx, &awss3.CopyObjectInput{Bucket: ptr("bucket"), Key: ptr("copy"), CopySource: ptr("bucket/key"), CopySourceSSECustomerAlgorithm: ptr("AES256"), CopySourceSSECustomerKey: other, CopySourceSSECustomerKeyMD5: otherSum})
	requireAnswer(t, err, "AccessDenied", 403, requests+"the correct secret key.")
	_, err = l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("x"), ServerSideEncryption: "AES256", SSECustomerAlgorithm: ptr("AES256"), SSECustomerKey: key, SSECustomerKeyMD5: sum})
	requireAnswer(t, err, "InvalidArgument", 400, "Server Side Encryption with Customer provided key is incompatible with the encryption method specified", append(name[:2:2], "ArgumentValue", "AES256")...)

	const parts = "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters."
	plain := l.begin(t, awss3.CreateMultipartUploadInput{})
	_, err = l.UploadPart(l.ctx, &awss3.UploadPartInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: plain, PartNumber: ptr(int32(1)), SSECustomerAlgorithm: ptr("AES256"), SSECustomerKey: key, SSECustomerKeyMD5: sum})
	requireAnswer(t, err, "InvalidRequest", 400, parts)
	id := l.begin(t, awss3.CreateMultipartUploadInput{SSECustomerAlgorithm: ptr("AES256"), SSECustomerKey: key, SSECustomerKeyMD5: sum})
	_, err = l.UploadPart(l.ctx, &awss3.UploadPartInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id, PartNumber: ptr(int32(1))})
	requireAnswer(t, err, "InvalidRequest", 400, parts)
	part, err := l.UploadPart(l.ctx, &awss3.UploadPartInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id, PartNumber: ptr(int32(1)), Body: strings.NewReader("x"), SSECustomerAlgorithm: ptr("AES256"), SSECustomerKey: key, SSECustomerKeyMD5: sum})
	require.NoError(t, err)
	_, err = l.complete(id, awss3.CompleteMultipartUploadInput{}, types.CompletedPart{PartNumber: ptr(int32(1)), ETag: part.ETag})
	require.NoError(t, err, "to complete an upload takes no key")
}

func TestLocationConstraints(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ endpoint, constraint, code string }{
		"other region":       {"us-west-1", "us-east-2", "IllegalLocationConstraintException"},
		"us-east-1":          {"us-west-1", "us-east-1", "IllegalLocationConstraintException"},
		"no region":          {"eu-west-1", "bar", "IllegalLocationConstraintException"},
		"partition":          {"eu-west-1", "aws-global", "IllegalLocationConstraintException"},
		"EU":                 {"us-east-2", "EU", "IllegalLocationConstraintException"},
		"us-east-1, at home": {"us-east-1", "us-east-1", "InvalidLocationConstraint"},
		"no region, global":  {"us-east-1", "bar", "InvalidLocationConstraint"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			_, err := l.CreateBucket(l.as(owner, c.endpoint), &awss3.CreateBucketInput{Bucket: ptr("bucket"), CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(c.constraint)}})
			if c.code == "InvalidLocationConstraint" {
				requireAnswer(t, err, c.code, 400, "The specified location-constraint is not valid", "LocationConstraint", c.constraint)
				return
			}
			requireAnswer(t, err, c.code, 400, "The "+c.constraint+" location constraint is incompatible for the region specific endpoint this request was sent to.")
		})
	}
}
