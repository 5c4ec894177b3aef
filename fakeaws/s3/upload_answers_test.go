package s3

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const invalidPart = "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag."

func TestCompletionsThatAreRefused(t *testing.T) {
	t.Parallel()
	type parts = []types.CompletedPart
	crc, sha := sumOf(t, "CRC32C", "data").value, sumOf(t, "SHA256", "data").value
	for name, c := range map[string]struct {
		algorithm types.ChecksumAlgorithm
		kind      types.ChecksumType
		in        awss3.CompleteMultipartUploadInput
		part      types.CompletedPart
		code      string
		text      string
		pairs     []string // besides UploadId
	}{
		"checksum without algorithm":    {"", "", awss3.CompleteMultipartUploadInput{}, types.CompletedPart{ChecksumCRC32C: &crc}, "InvalidPart", invalidPart, []string{"PartNumber", "1", "ETag", "8d777f385d3dfec8815d20f7496026dc"}},
		"composite without algorithm":   {"", "", awss3.CompleteMultipartUploadInput{ChecksumType: "COMPOSITE"}, types.CompletedPart{}, "InvalidRequest", "The upload was created using the null checksum mode. The complete request must use the same checksum mode.", nil},
		"full object without algorithm": {"", "", awss3.CompleteMultipartUploadInput{ChecksumType: "FULL_OBJECT"}, types.CompletedPart{}, "InvalidRequest", "The upload was created using the null checksum mode. The complete request must use the same checksum mode.", nil},
		"full object of composite":      {"CRC32C", "COMPOSITE", awss3.CompleteMultipartUploadInput{ChecksumType: "FULL_OBJECT"}, types.CompletedPart{}, "InvalidRequest", "The upload was created using the COMPOSITE checksum mode. The complete request must use the same checksum mode.", nil},
		"composite of full object":      {"CRC32C", "FULL_OBJECT", awss3.CompleteMultipartUploadInput{ChecksumType: "COMPOSITE"}, types.CompletedPart{}, "InvalidRequest", "The upload was created using the FULL_OBJECT checksum mode. The complete request must use the same checksum mode.", nil},
		"other algorithm of a part":     {"CRC32C", "COMPOSITE", awss3.CompleteMultipartUploadInput{}, types.CompletedPart{ChecksumSHA256: &sha}, "BadDigest", "The sha256 you specified for part 1 did not match what we received.", nil},
		"other algorithm, full object":  {"CRC32C", "FULL_OBJECT", awss3.CompleteMultipartUploadInput{}, types.CompletedPart{ChecksumSHA256: &sha}, "BadDigest", "The sha256 you specified for part 1 did not match what we received.", nil},
		"no checksum of a part":         {"CRC32C", "COMPOSITE", awss3.CompleteMultipartUploadInput{}, types.CompletedPart{}, "InvalidRequest", "The upload was created using a crc32c checksum. The complete request must include the checksum for each part. It was missing for part 1 in the request.", nil},
		"checksum of the whole alone":   {"CRC32C", "COMPOSITE", awss3.CompleteMultipartUploadInput{ChecksumCRC32C: &crc}, types.CompletedPart{}, "BadDigest", "The crc32c you specified did not match the calculated checksum.", nil},
		"another checksum of a part":    {"CRC32C", "COMPOSITE", awss3.CompleteMultipartUploadInput{}, types.CompletedPart{ChecksumCRC32C: ptr("AAAAAA==")}, "InvalidPart", invalidPart, []string{"PartNumber", "1", "ETag", "8d777f385d3dfec8815d20f7496026dc"}},
		"part that is not there":        {"", "", awss3.CompleteMultipartUploadInput{}, types.CompletedPart{PartNumber: ptr(int32(2))}, "InvalidPart", invalidPart, []string{"PartNumber", "2", "ETag", "8d777f385d3dfec8815d20f7496026dc"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t)
			l.bucketNamed(t, "bucket")
			id := l.begin(t, awss3.CreateMultipartUploadInput{ChecksumAlgorithm: c.algorithm, ChecksumType: c.kind})
			in := &awss3.UploadPartInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id, PartNumber: ptr(int32(1)), Body: strings.NewReader("data"), ChecksumCRC32C: &crc}
			out, err := l.UploadPart(l.ctx, in)
			require.NoError(t, err)
			c.part.ETag = out.ETag
			if c.part.PartNumber == nil {
				c.part.PartNumber = ptr(int32(1))
			}
			_, err = l.complete(id, c.in, c.part)
			if c.pairs != nil {
				c.pairs = append(c.pairs, "UploadId", *id)
			}
			requireAnswer(t, err, c.code, 400, c.text, c.pairs...)
		})
	}

	l := newLab(t)
	l.bucketNamed(t, "bucket")
	id := l.begin(t, awss3.CreateMultipartUploadInput{})
	one, two := l.part(t, id, 1, "a"), l.part(t, id, 2, "b")
	_, err := l.complete(id, awss3.CompleteMultipartUploadInput{}, two, one)
	requireAnswer(t, err, "InvalidPartOrder", 400, "The list of parts was not in ascending order. Parts must be ordered by part number.", "UploadId", *id)
	_, err = l.complete(id, awss3.CompleteMultipartUploadInput{}, parts{}...)
	requireAnswer(t, err, "InvalidRequest", 400, "You must specify at least one part")
	_, err = l.complete(ptr("none"), awss3.CompleteMultipartUploadInput{}, parts{}...)
	requireAnswer(t, err, "NoSuchUpload", 404, errNoSuchUpload.text, "UploadId", "none")
}

func TestDigestOfAPart(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	const text = "The Content-MD5 you specified did not match what we received."
	sent := "CYketZBSTjX8czcs3cXVlg=="
	_, err := l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), ContentMD5: &sent, Body: strings.NewReader("something")})
	requireAnswer(t, err, "BadDigest", 400, text, "ExpectedDigest", "09891eb590524e35fc73372cddc5d596", "CalculatedDigest", "Q3uTDbhLgHnC3YBKcZNrXw==")
	id := l.begin(t, awss3.CreateMultipartUploadInput{})
	_, err = l.UploadPart(l.ctx, &awss3.UploadPartInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id, PartNumber: ptr(int32(1)), ContentMD5: &sent, Body: strings.NewReader("something")})
	requireAnswer(t, err, "BadDigest", 400, text, "ExpectedDigest", sent, "CalculatedDigest", "Q3uTDbhLgHnC3YBKcZNrXw==")
}

func TestCopySourceAnswers(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.store(t, "bucket", "a b", "space")
	l.store(t, "bucket", "a+b", "plus")
	for source, want := range map[string]string{
		"bucket/a+b":                              "space",
		"bucket/a%20b":                            "space",
		"/bucket/a%2Bb":                           "plus",
		"https://s3.amazonaws.com/bucket/a+b":     "space",
		"https%3A//s3.amazonaws.com/bucket/a%2Bb": "plus",
	} {
		_, err := l.CopyObject(l.ctx, &awss3.CopyObjectInput{Bucket: ptr("bucket"), Key: ptr("copy"), CopySource: &source})
		require.NoError(t, err, source)
		assert.Equal(t, want, l.read(t, "bucket", "copy"), source)
	}
	_, err := l.CopyObject(l.ctx, &awss3.CopyObjectInput{Bucket: ptr("bucket"), Key: ptr("copy"), CopySource: ptr("wrongformat")})
	requireAnswer(t, err, "InvalidArgument", 400, "Invalid copy source object key", "ArgumentName", "x-amz-copy-source", "ArgumentValue", "x-amz-copy-source")

	id := l.begin(t, awss3.CreateMultipartUploadInput{})
	l.store(t, "bucket", "ten", "0123456789")
	copyRange := func(r string) error {
		_, err := l.UploadPartCopy(l.ctx, &awss3.UploadPartCopyInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id, PartNumber: ptr(int32(1)), CopySource: ptr("bucket/ten"), CopySourceRange: &r})
		return err
	}
	require.NoError(t, copyRange("bytes=0-9"))
	requireAnswer(t, copyRange("bytes=0-100"), "InvalidArgument", 400, "Range specified is not valid for source object of size: 10", "ArgumentName", "x-amz-copy-source-range", "ArgumentValue", "bytes=0-100")
	requireAnswer(t, copyRange("bytes=10-20"), "InvalidRequest", 400, "The specified copy range is invalid for the source object size")
}

func TestCopyOntoItself(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.store(t, "bucket", "key", "data")
	itself := func(in awss3.CopyObjectInput) error {
		in.Bucket, in.Key, in.CopySource = ptr("bucket"), ptr("key"), ptr("bucket/key")
		_, err := l.CopyObject(l.ctx, &in)
		return err
	}
	const text = "This copy request is illegal because it is trying to copy an object to itself without changing the object's metadata, storage class, website redirect location or encryption attributes."
	requireAnswer(t, itself(awss3.CopyObjectInput{}), "InvalidRequest", 400, text)
	requireAnswer(t, itself(awss3.CopyObjectInput{MetadataDirective: "COPY"}), "InvalidRequest", 400, text)
	require.NoError(t, itself(awss3.CopyObjectInput{StorageClass: "STANDARD"}))
	require.NoError(t, itself(awss3.CopyObjectInput{StorageClass: "STANDARD", MetadataDirective: "COPY"}))
	l.encrypt(t, "bucket", types.ServerSideEncryptionRule{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: "AES256"}})
	require.NoError(t, itself(awss3.CopyObjectInput{}), "a bucket that was given an encryption")
}

func TestMarkersInsideACommonPrefix(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	ids := make(map[string]*string)
	for _, key := range []string{"folder/aSubfolder/subFile1", "folder/aSubfolder/subFile2", "folder/file1", "folder/file2"} {
		l.store(t, "bucket", key, "data")
		out, err := l.CreateMultipartUpload(l.ctx, &awss3.CreateMultipartUploadInput{Bucket: ptr("bucket"), Key: &key})
		require.NoError(t, err)
		ids[key] = out.UploadId
	}
	prefix, delimiter, one := ptr("folder/"), ptr("/"), ptr(int32(1))
	for _, marker := range []string{"folder/aSubfolder/subFile1", "folder/aSubfolder/", "folder/aSubfolder/z"} {
		list, err := l.ListObjects(l.ctx, &awss3.ListObjectsInput{Bucket: ptr("bucket"), Prefix: prefix, Delimiter: delimiter, Marker: &marker, MaxKeys: one})
		require.NoError(t, err)
		assert.Empty(t, list.CommonPrefixes)
		assert.Equal(t, "folder/file1", *list.NextMarker)
		versions, err := l.ListObjectVersions(l.ctx, &awss3.ListObjectVersionsInput{Bucket: ptr("bucket"), Prefix: prefix, Delimiter: delimiter, KeyMarker: &marker, MaxKeys: one})
		require.NoError(t, err)
		assert.Empty(t, versions.CommonPrefixes)
		assert.Equal(t, "folder/file1", *versions.NextKeyMarker)
		uploads, err := l.ListMultipartUploads(l.ctx, &awss3.ListMultipartUploadsInput{Bucket: ptr("bucket"), Prefix: prefix, Delimiter: delimiter, KeyMarker: &marker, MaxUploads: one})
		require.NoError(t, err)
		assert.Empty(t, uploads.CommonPrefixes)
		assert.Equal(t, "folder/file1", *uploads.NextKeyMarker)
		assert.Equal(t, *ids["folder/file1"], *uploads.NextUploadIdMarker)
	}
	uploads, err := l.ListMultipartUploads(l.ctx, &awss3.ListMultipartUploadsInput{Bucket: ptr("bucket"), Prefix: prefix, Delimiter: delimiter, MaxUploads: one})
	require.NoError(t, err)
	assert.True(t, *uploads.IsTruncated)
	assert.Equal(t, []types.CommonPrefix{{Prefix: ptr("folder/aSubfolder/")}}, uploads.CommonPrefixes)
	assert.Empty(t, *uploads.NextKeyMarker)
	assert.Empty(t, *uploads.NextUploadIdMarker)
	uploads, err = l.ListMultipartUploads(l.ctx, &awss3.ListMultipartUploadsInput{Bucket: ptr("bucket")})
	require.NoError(t, err)
	assert.False(t, *uploads.IsTruncated)
	assert.Equal(t, "folder/file2", *uploads.NextKeyMarker, "also of the last page")

	list := func(key string, id *string) error {
		_, err := l.ListMultipartUploads(l.ctx, &awss3.ListMultipartUploadsInput{Bucket: ptr("bucket"), KeyMarker: &key, UploadIdMarker: id})
		return err
	}
	for _, id := range []*string{ids["folder/file2"], ptr("abc")} {
		requireAnswer(t, list("folder/file1", id), "InvalidArgument", 400, "Invalid uploadId marker", "ArgumentName", "upload-id-marker", "ArgumentValue", *id)
		require.NoError(t, list("", id), "without a key it is ignored")
	}
	require.NoError(t, list("folder/file1", ids["folder/file1"]))
	_, err = l.AbortMultipartUpload(l.ctx, &awss3.AbortMultipartUploadInput{Bucket: ptr("bucket"), Key: ptr("folder/file1"), UploadId: ids["folder/file1"]})
	require.NoError(t, err)
	require.NoError(t, list("folder/file1", ids["folder/file1"]), "an upload that ended since the last page")
}

func TestPagesOfParts(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	id := l.begin(t, awss3.CreateMultipartUploadInput{})
	l.part(t, id, 1, "a")
	for marker, want := range map[string]string{"": "1", "0": "1", "10": "0", "1": "0"} {
		out, err := l.ListParts(l.ctx, &awss3.ListPartsInput{Bucket: ptr("bucket"), Key: ptr("key"), UploadId: id, PartNumberMarker: &marker})
		require.NoError(t, err)
		assert.Equal(t, want, *out.NextPartNumberMarker, marker)
	}
}

func TestListAnswers(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.store(t, "bucket", "a", "1")
	l.store(t, "bucket", "b", "2")
	first, err := l.ListObjectsV2(l.ctx, &awss3.ListObjectsV2Input{Bucket: ptr("bucket"), StartAfter: ptr("0"), MaxKeys: ptr(int32(1))})
	require.NoError(t, err)
	assert.Equal(t, "0", *first.StartAfter)
	second, err := l.ListObjectsV2(l.ctx, &awss3.ListObjectsV2Input{Bucket: ptr("bucket"), StartAfter: ptr("0"), ContinuationToken: first.NextContinuationToken})
	require.NoError(t, err)
	assert.Nil(t, second.StartAfter)
	_, err = l.ListObjectsV2(l.ctx, &awss3.ListObjectsV2Input{Bucket: ptr("bucket"), ContinuationToken: ptr("")})
	requireAnswer(t, err, "InvalidArgument", 400, "The continuation token provided is incorrect", "ArgumentName", "continuation-token")
	buckets, err := l.ListBuckets(l.ctx, &awss3.ListBucketsInput{ContinuationToken: ptr("")})
	require.NoError(t, err)
	assert.Len(t, buckets.Buckets, 1)
	_, err = l.ListBuckets(l.ctx, &awss3.ListBucketsInput{BucketRegion: ptr("eu-east-1")})
	requireAnswer(t, err, "InvalidArgument", 400, "Argument value eu-east-1 is not a valid AWS Region", "ArgumentName", "bucket-region")
	for _, known := range []string{"us-east-1", "eu-west-1"} {
		_, err = l.ListBuckets(l.ctx, &awss3.ListBucketsInput{BucketRegion: &known})
		require.NoError(t, err)
	}
}

func TestBucketAnswers(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	create := func(name, constraint string, tags ...types.Tag) error {
		cfg := &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(constraint), Tags: tags}
		_, err := l.CreateBucket(l.ctx, &awss3.CreateBucketInput{Bucket: &name, CreateBucketConfiguration: cfg})
		return err
	}
	require.NoError(t, create("here", ""))
	require.NoError(t, create("here", ""), "us-east-1 makes it again")
	require.NoError(t, create("west", "us-west-1"))
	for _, again := range []error{create("west", ""), create("west", "us-west-1"), create("here", "us-west-1"), create("here", "", tag(ptr("k"), ptr("v")))} {
		e := requireCode(t, again, "BucketAlreadyOwnedByYou", 409)
		assert.NotEmpty(t, field(e, "BucketName"))
	}

	logTo := func(region, bucket, target string) error {
		_, err := l.PutBucketLogging(l.as(owner, region), &awss3.PutBucketLoggingInput{Bucket: &bucket, BucketLoggingStatus: &types.BucketLoggingStatus{LoggingEnabled: &types.LoggingEnabled{TargetBucket: &target, TargetPrefix: ptr("")}}})
		return err
	}
	requireAnswer(t, logTo("us-east-1", "here", "west"), "CrossLocationLoggingProhibitted", 403, "Cross S3 location logging not allowed. ", "TargetBucketLocation", "us-west-1")
	requireAnswer(t, logTo("us-west-1", "west", "here"), "CrossLocationLoggingProhibitted", 403, "Cross S3 location logging not allowed. ", "SourceBucketLocation", "us-west-1", "TargetBucketLocation", "us-east-1")

	_, err := l.PutBucketEncryption(l.ctx, &awss3.PutBucketEncryptionInput{Bucket: ptr("none"), ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{}}})
	requireAnswer(t, err, "NoSuchBucket", 404, "The specified bucket does not exist", "BucketName", "none")
	_, err = l.PutBucketEncryption(l.ctx, &awss3.PutBucketEncryptionInput{Bucket: ptr("here"), ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{
		{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: "AES256", KMSMasterKeyID: ptr("key")}}}}})
	requireAnswer(t, err, "InvalidArgument", 400, "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse", "ArgumentName", "ApplyServerSideEncryptionByDefault")

	rules := &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{{ID: ptr("rule"), Status: "Enabled", Filter: &types.LifecycleRuleFilter{Prefix: ptr("")}, Expiration: &types.LifecycleExpiration{Days: ptr(int32(7))}}}}
	_, err = l.PutBucketLifecycleConfiguration(l.ctx, &awss3.PutBucketLifecycleConfigurationInput{Bucket: ptr("here"), TransitionDefaultMinimumObjectSize: "value", LifecycleConfiguration: rules})
	requireAnswer(t, err, "InvalidRequest", 400, "Invalid TransitionDefaultMinimumObjectSize found: value")
	_, err = l.PutBucketLifecycleConfiguration(l.ctx, &awss3.PutBucketLifecycleConfigurationInput{Bucket: ptr("here"), LifecycleConfiguration: rules})
	require.NoError(t, err)
	l.store(t, "here", "key", "data")
	head, err := l.HeadObject(l.ctx, &awss3.HeadObjectInput{Bucket: ptr("here"), Key: ptr("key")})
	require.NoError(t, err)
	assert.NotEmpty(t, aws.ToString(head.Expiration))
	head, err = l.HeadObject(l.ctx, &awss3.HeadObjectInput{Bucket: ptr("here"), Key: ptr("key"), VersionId: ptr("null")})
	require.NoError(t, err)
	assert.Nil(t, head.Expiration)
}

// TestWhatListsOfUploadsRepeat: a prefix that was not sent is no member of the answer, and a
// marker that is ignored is empty.
func TestWhatListsOfUploadsRepeat(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	id := l.begin(t, awss3.CreateMultipartUploadInput{})
	list := func(prefix, key *string) *awss3.ListMultipartUploadsOutput {
		out, err := l.ListMultipartUploads(l.ctx, &awss3.ListMultipartUploadsInput{Bucket: ptr("bucket"), Prefix: prefix, KeyMarker: key, UploadIdMarker: id})
		require.NoError(t, err)
		return out
	}
	out := list(nil, nil)
	assert.Nil(t, out.Prefix)
	assert.Empty(t, *out.KeyMarker)
	assert.Empty(t, *out.UploadIdMarker)
	require.Len(t, out.Uploads, 1)
	out = list(ptr("k"), ptr("key"))
	assert.Equal(t, "k", *out.Prefix)
	assert.Equal(t, *id, *out.UploadIdMarker)
	assert.Empty(t, out.Uploads)
}
