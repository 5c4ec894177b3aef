package s3

import (
	"strings"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParseCopySource(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]struct{ bucket, key, version, code string }{
		"bucket/key":                {"bucket", "key", "", ""},
		"/bucket/key":               {"bucket", "key", "", ""},
		"bucket/a/b%20c%2Bd":        {"bucket", "a/b c+d", "", ""},
		"bucket/a+b":                {"bucket", "a b", "", ""},
		"bucket%2Fkey":              {"bucket", "key", "", ""},
		"bucket/key?versionId=null": {"bucket", "key", "null", ""},
		"bucket/a%3Fb":              {"bucket", "a?b", "", ""},
		"bucket":                    {code: "InvalidArgument"},
		"bucket/":                   {code: "InvalidArgument"},
		"":                          {code: "InvalidArgument"},
		"B_/key":                    {code: "InvalidArgument"},
		"bucket/%zz":                {code: "InvalidArgument"},
		"bucket/key?versionId=x":    {code: "InvalidArgument"},
		"bucket/key?x=y":            {code: "InvalidArgument"},
		"arn:aws:s3:us-east-1:111122223333:accesspoint/a/object/k/l":               {"arn:aws:s3:us-east-1:111122223333:accesspoint/a", "k/l", "", ""},
		"arn%3Aaws%3As3%3Aus-east-1%3A111122223333%3Aaccesspoint%2Fa%2Fobject%2Fk": {"arn:aws:s3:us-east-1:111122223333:accesspoint/a", "k", "", ""},
		"arn:aws:s3:us-east-1:111122223333:accesspoint/a/k":                        {code: "InvalidArgument"},
		"arn:aws:s3:us-east-1:111122223333:accesspoint/a/object/":                  {code: "InvalidArgument"},
	} {
		ref, err := parseCopySource(header)
		if want.code != "" {
			assert.Equal(t, want.code, failure(t, err).Code, header)
			continue
		}
		require.NoError(t, err, header)
		assert.Equal(t, want.bucket, *ref.name, header)
		assert.Equal(t, want.key, *ref.key, header)
		if want.version == "" {
			assert.Nil(t, ref.version, header)
		} else {
			assert.Equal(t, want.version, *ref.version, header)
		}
	}
}

func FuzzParseCopySource(f *testing.F) {
	for _, s := range []string{"bucket/key", "/bucket/a%20b?versionId=null", "%", "arn:aws:s3", "?versionId="} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		ref, err := parseCopySource(header)
		if err == nil {
			require.True(t, validBucketName(*ref.name) || isAccessPoint(*ref.name))
			require.NotEmpty(t, *ref.key)
		}
	})
}

func TestCopyObject(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "from")
	l.bucketNamed(t, "dest")
	_, err := l.PutObject(l.ctx, &awss3.PutObjectInput{
		Bucket: ptr("from"), Key: ptr("a b"), Body: strings.NewReader(hello), ContentType: ptr("text/plain"),
		Metadata: map[string]string{"k": "v"}, Tagging: ptr("t=1"), StorageClass: types.StorageClassStandardIa, WebsiteRedirectLocation: ptr("/x"),
	})
	require.NoError(t, err)
	source := ptr("from/a%20b")
	head := func(key string) *awss3.HeadObjectOutput {
		out, err := l.HeadObject(l.ctx, &awss3.HeadObjectInput{Bucket: ptr("dest"), Key: &key})
		require.NoError(t, err)
		return out
	}

	t.Run("copies", func(t *testing.T) {
		t.Parallel()
		out, err := l.CopyObject(l.ctx, &awss3.CopyObjectInput{Bucket: ptr("dest"), Key: ptr("copy"), CopySource: source})
		require.NoError(t, err)
		assert.Equal(t, `"5eb63bbbe01eeed093cb22bb8f5acdc3"`, *out.CopyObjectResult.ETag)
		assert.NotNil(t, out.CopyObjectResult.ChecksumCRC64NVME)
		h := head("copy")
		assert.Equal(t, "text/plain", *h.ContentType)
		assert.Equal(t, map[string]string{"k": "v"}, h.Metadata)
		assert.Equal(t, int32(1), *h.TagCount)
		assert.Empty(t, h.StorageClass, "never copied")
		assert.Nil(t, h.WebsiteRedirectLocation, "never copied")
		assert.Equal(t, hello, l.read(t, "dest", "copy"))
	})
	t.Run("replaces", func(t *testing.T) {
		t.Parallel()
		out, err := l.CopyObject(l.ctx, &awss3.CopyObjectInput{
			Bucket: ptr("dest"), Key: ptr("replaced"), CopySource: source,
			MetadataDirective: types.MetadataDirectiveReplace, Metadata: map[string]string{"n": "w"},
			TaggingDirective: types.TaggingDirectiveReplace, ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
		})
		require.NoError(t, err)
		assert.Equal(t, helloSHA256, *out.CopyObjectResult.ChecksumSHA256)
		h := head("replaced")
		assert.Equal(t, "binary/octet-stream", *h.ContentType)
		assert.Equal(t, map[string]string{"n": "w"}, h.Metadata)
		assert.Nil(t, h.TagCount)
	})
	for name, c := range map[string]struct {
		in        awss3.CopyObjectInput
		code      string
		condition string
	}{
		"to itself":         {awss3.CopyObjectInput{Bucket: ptr("from"), Key: ptr("a b"), CopySource: source, MetadataDirective: "COPY"}, "InvalidRequest", ""},
		"missing key":       {awss3.CopyObjectInput{Bucket: ptr("dest"), Key: ptr("x"), CopySource: ptr("from/none")}, "NoSuchKey", ""},
		"missing bucket":    {awss3.CopyObjectInput{Bucket: ptr("dest"), Key: ptr("x"), CopySource: ptr("none/key")}, "NoSuchBucket", ""},
		"source match":      {awss3.CopyObjectInput{Bucket: ptr("dest"), Key: ptr("x"), CopySource: source, CopySourceIfMatch: ptr("0")}, "PreconditionFailed", "x-amz-copy-source-If-Match"},
		"source none match": {awss3.CopyObjectInput{Bucket: ptr("dest"), Key: ptr("x"), CopySource: source, CopySourceIfNoneMatch: ptr("*")}, "PreconditionFailed", "x-amz-copy-source-If-None-Match"},
		"directive":         {awss3.CopyObjectInput{Bucket: ptr("dest"), Key: ptr("x"), CopySource: source, MetadataDirective: "MERGE"}, "InvalidArgument", ""},
		"tag directive":     {awss3.CopyObjectInput{Bucket: ptr("dest"), Key: ptr("x"), CopySource: source, TaggingDirective: "MERGE"}, "InvalidArgument", ""},
		"not the expected":  {awss3.CopyObjectInput{Bucket: ptr("dest"), Key: ptr("x"), CopySource: source, ExpectedSourceBucketOwner: ptr(stranger)}, "AccessDenied", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := l.CopyObject(l.ctx, &c.in)
			e := failure(t, err)
			assert.Equal(t, c.code, e.Code, e.Message)
			assert.Equal(t, c.condition, field(e, "Condition"))
		})
	}
}

func TestDeleteObject(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	remove := func(in awss3.DeleteObjectInput) error {
		in.Bucket, in.Key = ptr("bucket"), ptr("key")
		_, err := l.DeleteObject(l.ctx, &in)
		return err
	}
	require.NoError(t, remove(awss3.DeleteObjectInput{}), "rule 58: to delete what is not there succeeds")
	requireCode(t, remove(awss3.DeleteObjectInput{IfMatch: ptr("*")}), "NoSuchKey", 404)
	requireCode(t, remove(awss3.DeleteObjectInput{IfMatch: ptr("*"), VersionId: ptr("null")}), "NotImplemented", 501)
	tag := l.store(t, "bucket", "key", hello).ETag
	requireCode(t, remove(awss3.DeleteObjectInput{IfMatch: ptr("x")}), "PreconditionFailed", 412)
	requireCode(t, remove(awss3.DeleteObjectInput{BypassGovernanceRetention: ptr(true)}), "InvalidArgument", 400)
	assert.Equal(t, hello, l.read(t, "bucket", "key"))
	require.NoError(t, remove(awss3.DeleteObjectInput{IfMatch: tag}))
	_, err := l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key")})
	requireCode(t, err, "NoSuchKey", 404)
}

func TestDeleteObjects(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.store(t, "bucket", "a", "1")
	l.store(t, "bucket", "b", "2")
	in := &awss3.DeleteObjectsInput{Bucket: ptr("bucket"), Delete: &types.Delete{Objects: []types.ObjectIdentifier{
		{Key: ptr("a")}, {Key: ptr("missing")}, {Key: ptr("b"), ETag: ptr("wrong")}, {Key: ptr(strings.Repeat("k", 1025))},
	}}}
	out, err := l.DeleteObjects(l.ctx, in)
	require.NoError(t, err)
	assert.Equal(t, []types.DeletedObject{{Key: ptr("a")}, {Key: ptr("missing")}}, out.Deleted)
	require.Len(t, out.Errors, 2)
	assert.Equal(t, "PreconditionFailed", *out.Errors[0].Code)
	assert.Equal(t, "b", *out.Errors[0].Key)
	assert.Equal(t, "KeyTooLongError", *out.Errors[1].Code)

	in.Delete.Quiet = ptr(true)
	out, err = l.DeleteObjects(l.ctx, in)
	require.NoError(t, err)
	assert.Empty(t, out.Deleted)
	assert.Len(t, out.Errors, 2)

	for _, bad := range []*types.Delete{nil, {}, {Objects: make([]types.ObjectIdentifier, 1001)}, {Objects: []types.ObjectIdentifier{{}}}} {
		_, err := needsOf(l.fake.deleteObjects(l.ctx, &awss3.DeleteObjectsInput{Bucket: ptr("bucket"), Delete: bad}))
		requireCode(t, err, "MalformedXML", 400)
	}
}

func TestObjectTagging(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.store(t, "bucket", "key", hello)
	get := func() []types.Tag {
		out, err := l.GetObjectTagging(l.ctx, &awss3.GetObjectTaggingInput{Bucket: ptr("bucket"), Key: ptr("key")})
		require.NoError(t, err)
		return out.TagSet
	}
	assert.Empty(t, get())
	tags := []types.Tag{{Key: ptr("k"), Value: ptr("v")}, {Key: ptr("K"), Value: ptr("")}}
	_, err := l.PutObjectTagging(l.ctx, &awss3.PutObjectTaggingInput{Bucket: ptr("bucket"), Key: ptr("key"), Tagging: &types.Tagging{TagSet: tags}})
	require.NoError(t, err)
	assert.Equal(t, tags, get())
	_, err = l.DeleteObjectTagging(l.ctx, &awss3.DeleteObjectTaggingInput{Bucket: ptr("bucket"), Key: ptr("key")})
	require.NoError(t, err)
	assert.Empty(t, get())
	_, err = l.GetObjectTagging(l.ctx, &awss3.GetObjectTaggingInput{Bucket: ptr("bucket"), Key: ptr("none")})
	requireCode(t, err, "NoSuchKey", 404)
}

func TestParseTagging(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]struct {
		tags []string
		text string
	}{
		"":                              {},
		"&":                             {},
		"k":                             {tags: []string{"k", ""}},
		"k=":                            {tags: []string{"k", ""}},
		"a=1&b=2":                       {tags: []string{"a", "1", "b", "2"}},
		"a%20b=c+d":                     {tags: []string{"a b", "c d"}},
		"k=a%3Db":                       {tags: []string{"k", "a=b"}},
		"ключ=значение":                 {tags: []string{"ключ", "значение"}},
		"k=%zz":                         {text: "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates."},
		"k=%ff":                         {text: "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates."},
		"a%26b=":                        {text: "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates."},
		"=v":                            {text: "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates."},
		"k=a,b":                         {text: "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates."},
		strings.Repeat("k", 129) + "=":  {text: "The TagKey you have provided is invalid"},
		"k=" + strings.Repeat("v", 257): {text: "The TagValue you have provided is invalid"},
		"aws:k=v":                       {text: "Your TagKey cannot be prefixed with aws:"},
	} {
		tags, err := parseTagging(&header)
		if want.text != "" {
			assert.Equal(t, want.text, failure(t, err).Message, header)
			continue
		}
		require.NoError(t, err, header)
		var got []string
		for _, tag := range tags {
			got = append(got, *tag.Key, *tag.Value)
		}
		assert.Equal(t, want.tags, got, header)
	}
	err := checkTags([]types.Tag{{Key: ptr("a"), Value: ptr("")}, {Key: ptr("a"), Value: ptr("")}}, bucketTags)
	assert.Equal(t, "Cannot provide multiple Tags with the same key", failure(t, err).Message)
}

func FuzzParseTagging(f *testing.F) {
	for _, s := range []string{"a=1&b=2", "k", "&", "a%20b=c+d", "k=%zz", "a=1&a=2"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		tags, err := parseTagging(&header)
		if err == nil {
			require.NoError(t, checkTags(tags, objectTags))
		}
	})
}
