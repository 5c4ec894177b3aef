package s3

import (
	"maps"
	"slices"
	"testing"
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// own drops the keys that every action has.
func own(n fakeaws.Need) map[string][]string {
	keys := keysOf(n)
	maps.DeleteFunc(keys, func(k string, _ []string) bool {
		return slices.Contains([]string{"s3:tlsversion", "s3:resourceaccount", "s3:authtype", "s3:signatureversion", "s3:x-amz-content-sha256"}, k)
	})
	return keys
}

func TestNeeds(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.store(t, "bucket", "key", hello)
	_, err := l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("tagged"), Tagging: ptr("team=blue")})
	require.NoError(t, err)
	b := ptr("bucket")
	ask := func(needs []fakeaws.Need, err error) func() ([]fakeaws.Need, error) {
		return func() ([]fakeaws.Need, error) { return needs, err }
	}
	for name, c := range map[string]struct {
		needs func() ([]fakeaws.Need, error)
		want  []string
		keys  map[string][]string // of the first permission but the common ones; nil is not looked at
	}{
		"rule 3: ListBuckets": {ask(needsOf(l.fake.listBuckets(l.ctx, &awss3.ListBucketsInput{}))), []string{"s3:ListAllMyBuckets arn:aws:s3:::*"}, map[string][]string{}},
		"rule 58: GetObject": {ask(needsOf(l.fake.getObject(l.ctx, &awss3.GetObjectInput{Bucket: b, Key: ptr("key")}))),
			[]string{"s3:GetObject arn:aws:s3:::bucket/key"}, map[string][]string{}},
		"rule 58: GetObject of a missing key": {ask(needsOf(l.fake.getObject(l.ctx, &awss3.GetObjectInput{Bucket: b, Key: ptr("none")}))),
			[]string{"s3:ListBucket arn:aws:s3:::bucket"}, map[string][]string{"s3:prefix": {"none"}}},
		"rule 58: HeadObject of a missing key": {ask(needsOf(l.fake.headObject(l.ctx, &awss3.HeadObjectInput{Bucket: b, Key: ptr("none")}))),
			[]string{"s3:ListBucket arn:aws:s3:::bucket"}, nil},
		"rule 2: GetObject of a version": {ask(needsOf(l.fake.getObject(l.ctx, &awss3.GetObjectInput{Bucket: b, Key: ptr("tagged"), VersionId: ptr("null")}))),
			[]string{"s3:GetObjectVersion arn:aws:s3:::bucket/tagged"},
			map[string][]string{"s3:versionid": {"null"}, "s3:existingobjecttag/team": {"blue"}}},
		"rule 57: ListObjectsV2": {ask(needsOf(l.fake.listObjectsV2(l.ctx, &awss3.ListObjectsV2Input{Bucket: b}))),
			[]string{"s3:ListBucket arn:aws:s3:::bucket"}, map[string][]string{"s3:max-keys": {"1000"}}},
		"rule 57: ListObjects with an empty prefix": {ask(needsOf(l.fake.listObjects(l.ctx, &awss3.ListObjectsInput{Bucket: b, Prefix: ptr(""), Delimiter: ptr("/"), MaxKeys: ptr(int32(2))}))),
			[]string{"s3:ListBucket arn:aws:s3:::bucket"}, map[string][]string{"s3:prefix": {""}, "s3:delimiter": {"/"}, "s3:max-keys": {"2"}}},
		"PutObject": {ask(needsOf(l.fake.putObject(l.ctx, &awss3.PutObjectInput{Bucket: b, Key: ptr("key")}))),
			[]string{"s3:PutObject arn:aws:s3:::bucket/key"}, map[string][]string{"s3:objectcreationoperation": {"true"}}},
		"rule 80: PutObject has no ExistingObjectTag": {ask(needsOf(l.fake.putObject(l.ctx, &awss3.PutObjectInput{Bucket: b, Key: ptr("tagged"), Tagging: ptr("a=1&b=2"), IfNoneMatch: ptr("*"),
			StorageClass: "STANDARD_IA", ServerSideEncryption: "AES256", ACL: "bucket-owner-full-control"}))),
			[]string{"s3:PutObject arn:aws:s3:::bucket/tagged", "s3:PutObjectTagging arn:aws:s3:::bucket/tagged", "s3:PutObjectAcl arn:aws:s3:::bucket/tagged"},
			map[string][]string{"s3:objectcreationoperation": {"true"}, "s3:requestobjecttag/a": {"1"}, "s3:requestobjecttag/b": {"2"},
				"s3:requestobjecttagkeys": {"a", "b"}, "s3:if-none-match": {"*"}, "s3:x-amz-storage-class": {"STANDARD_IA"},
				"s3:x-amz-server-side-encryption": {"AES256"}, "s3:x-amz-acl": {"bucket-owner-full-control"}}},
		"PutObject If-Match": {ask(needsOf(l.fake.putObject(l.ctx, &awss3.PutObjectInput{Bucket: b, Key: ptr("key"), IfMatch: ptr("x")}))),
			[]string{"s3:PutObject arn:aws:s3:::bucket/key", "s3:GetObject arn:aws:s3:::bucket/key"},
			map[string][]string{"s3:objectcreationoperation": {"true"}, "s3:if-match": {"x"}}},
		"rule 1: CopyObject": {ask(needsOf(l.fake.copyObject(l.ctx, &awss3.CopyObjectInput{Bucket: b, Key: ptr("copy"), CopySource: ptr("/bucket/key")}))),
			[]string{"s3:GetObject arn:aws:s3:::bucket/key", "s3:PutObject arn:aws:s3:::bucket/copy"}, nil},
		"rule 1: CopyObject with tags": {ask(needsOf(l.fake.copyObject(l.ctx, &awss3.CopyObjectInput{Bucket: b, Key: ptr("copy"), CopySource: ptr("bucket/tagged")}))),
			[]string{"s3:GetObject arn:aws:s3:::bucket/tagged", "s3:GetObjectTagging arn:aws:s3:::bucket/tagged", "s3:PutObject arn:aws:s3:::bucket/copy", "s3:PutObjectTagging arn:aws:s3:::bucket/copy"},
			map[string][]string{"s3:existingobjecttag/team": {"blue"}}},
		"rule 1: CopyObject with other tags": {ask(needsOf(l.fake.copyObject(l.ctx, &awss3.CopyObjectInput{Bucket: b, Key: ptr("copy"), CopySource: ptr("bucket/tagged"), TaggingDirective: "REPLACE", Tagging: ptr("n=1")}))),
			[]string{"s3:GetObject arn:aws:s3:::bucket/tagged", "s3:PutObject arn:aws:s3:::bucket/copy", "s3:PutObjectTagging arn:aws:s3:::bucket/copy"}, nil},
		"rule 1: CopyObject of a missing key": {ask(needsOf(l.fake.copyObject(l.ctx, &awss3.CopyObjectInput{Bucket: b, Key: ptr("copy"), CopySource: ptr("bucket/none")}))),
			[]string{"s3:ListBucket arn:aws:s3:::bucket", "s3:PutObject arn:aws:s3:::bucket/copy"}, nil},
		"rule 80: DeleteObject has no ExistingObjectTag": {ask(needsOf(l.fake.deleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: b, Key: ptr("tagged")}))),
			[]string{"s3:DeleteObject arn:aws:s3:::bucket/tagged"}, map[string][]string{}},
		"DeleteObject If-Match": {ask(needsOf(l.fake.deleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: b, Key: ptr("key"), VersionId: ptr("null"), IfMatch: ptr("x"), BypassGovernanceRetention: ptr(true)}))),
			[]string{"s3:DeleteObjectVersion arn:aws:s3:::bucket/key", "s3:BypassGovernanceRetention arn:aws:s3:::bucket/key", "s3:GetObject arn:aws:s3:::bucket/key"},
			map[string][]string{"s3:versionid": {"null"}}},
		"PutObjectTagging": {ask(needsOf(l.fake.putObjectTagging(l.ctx, &awss3.PutObjectTaggingInput{Bucket: b, Key: ptr("tagged"), Tagging: &types.Tagging{TagSet: []types.Tag{{Key: ptr("n"), Value: ptr("1")}}}}))),
			[]string{"s3:PutObjectTagging arn:aws:s3:::bucket/tagged"},
			map[string][]string{"s3:existingobjecttag/team": {"blue"}, "s3:requestobjecttag/n": {"1"}, "s3:requestobjecttagkeys": {"n"}}},
		"DeleteObjectTagging of a version": {ask(needsOf(l.fake.deleteObjectTagging(l.ctx, &awss3.DeleteObjectTaggingInput{Bucket: b, Key: ptr("key"), VersionId: ptr("null")}))),
			[]string{"s3:DeleteObjectVersionTagging arn:aws:s3:::bucket/key"}, nil},
		"CreateBucket": {ask(needsOf(l.fake.createBucket(l.ctx, &awss3.CreateBucketInput{Bucket: ptr("new"), ACL: "private", ObjectOwnership: "BucketOwnerEnforced",
			CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-west-1", Tags: []types.Tag{{Key: ptr("k"), Value: ptr("v")}}}}))),
			[]string{"s3:CreateBucket arn:aws:s3:::new", "s3:PutBucketAcl arn:aws:s3:::new", "s3:PutBucketOwnershipControls arn:aws:s3:::new", "s3:TagResource arn:aws:s3:::new"},
			map[string][]string{"s3:locationconstraint": {"eu-west-1"}, "s3:x-amz-acl": {"private"}, "s3:x-amz-object-ownership": {"BucketOwnerEnforced"}, "aws:requesttag/k": {"v"}, "aws:tagkeys": {"k"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			needs, err := c.needs()
			require.NoError(t, err)
			needs = slices.DeleteFunc(needs, func(n fakeaws.Need) bool { return n.Optional })
			assert.Equal(t, c.want, actionsOf(needs))
			for _, n := range needs {
				assert.Equal(t, owner, n.ResourceAccount)
				assert.Zero(t, n.Entry)
			}
			if c.keys != nil {
				assert.Equal(t, c.keys, own(needs[0]))
			}
		})
	}
	t.Run("rule 1: DeleteObjects asks per key", func(t *testing.T) {
		t.Parallel()
		needs, err := needsOf(l.fake.deleteObjects(l.ctx, &awss3.DeleteObjectsInput{Bucket: b, Delete: &types.Delete{Objects: []types.ObjectIdentifier{
			{Key: ptr("a")}, {Key: ptr("b"), VersionId: ptr("null")}, {Key: ptr("c"), ETag: ptr("x")}}}}))
		require.NoError(t, err)
		assert.Equal(t, []string{"s3:DeleteObject arn:aws:s3:::bucket/a", "s3:DeleteObjectVersion arn:aws:s3:::bucket/b", "s3:DeleteObject arn:aws:s3:::bucket/c", "s3:GetObject arn:aws:s3:::bucket/c"}, actionsOf(needs))
		var entries []int
		for _, n := range needs {
			entries = append(entries, n.Entry)
		}
		assert.Equal(t, []int{1, 2, 3, 3}, entries)
	})
}

func TestBucketActions(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	b := ptr("bucket")
	one := func(needs []fakeaws.Need, err error) string {
		require.NoError(t, err)
		require.Len(t, needs, 1)
		require.Equal(t, "arn:aws:s3:::bucket", needs[0].Resource)
		return needs[0].Action
	}
	assert.Equal(t, "s3:GetBucketLocation", one(needsOf(l.fake.getBucketLocation(l.ctx, &awss3.GetBucketLocationInput{Bucket: b}))))
	assert.Equal(t, "s3:PutBucketTagging", one(needsOf(l.fake.putBucketTagging(l.ctx, &awss3.PutBucketTaggingInput{Bucket: b, Tagging: &types.Tagging{TagSet: []types.Tag{}}}))))
	assert.Equal(t, "s3:PutBucketPublicAccessBlock", one(needsOf(l.fake.putPublicAccessBlock(l.ctx, &awss3.PutPublicAccessBlockInput{Bucket: b, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicAcls: ptr(true)}}))))
	_, err := needsOf(l.fake.putBucketTagging(l.ctx, &awss3.PutBucketTaggingInput{Bucket: b}))
	requireCode(t, err, "MalformedXML", 400)
	_, err = needsOf(l.fake.putPublicAccessBlock(l.ctx, &awss3.PutPublicAccessBlockInput{Bucket: b}))
	requireCode(t, err, "MalformedXML", 400)
	_, err = needsOf(l.fake.getBucketLocation(l.ctx, &awss3.GetBucketLocationInput{Bucket: ptr("missing")}))
	requireCode(t, err, "NoSuchBucket", 404)
}

func TestSignatureKeys(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	for name, c := range map[string]struct {
		signed fakeaws.Signed
		want   map[string][]string
	}{
		"rule 80: signed": {fakeaws.Signed{AuthType: "REST-HEADER", Version: "AWS4-HMAC-SHA256", ContentSHA256: "UNSIGNED-PAYLOAD"},
			map[string][]string{"s3:authtype": {"REST-HEADER"}, "s3:signatureversion": {"AWS4-HMAC-SHA256"}, "s3:x-amz-content-sha256": {"UNSIGNED-PAYLOAD"}}},
		"rule 80: presigned": {fakeaws.Signed{AuthType: "REST-QUERY-STRING", Version: "AWS4-HMAC-SHA256", Age: 1500 * time.Millisecond},
			map[string][]string{"s3:authtype": {"REST-QUERY-STRING"}, "s3:signatureversion": {"AWS4-HMAC-SHA256"}, "s3:signatureage": {"1500"}}},
		"rule 80: unsigned": {fakeaws.Signed{}, map[string][]string{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := l.as(owner, region)
			call.Signed = c.signed
			needs, err := needsOf(l.fake.getObject(call, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key")}))
			require.NoError(t, err)
			want := maps.Clone(c.want)
			want["s3:prefix"] = []string{"key"} // it is missing: the first permission is to list
			want["s3:tlsversion"], want["s3:resourceaccount"] = []string{"1.3"}, []string{owner}
			assert.Equal(t, want, keysOf(needs[0]))
		})
	}
}
