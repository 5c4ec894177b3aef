package s3

import (
	"io"
	"strings"
	"testing"
	"time"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestGetObjectReturnsWhatWasPut(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	expires := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	_, err := l.PutObject(l.ctx, &awss3.PutObjectInput{
		Bucket: ptr("bucket"), Key: ptr("key"), Body: strings.NewReader(hello),
		CacheControl: ptr("no-cache"), ContentDisposition: ptr("inline"), ContentEncoding: ptr("identity"),
		ContentLanguage: ptr("en"), ContentType: ptr("text/plain"), Expires: &expires,
		WebsiteRedirectLocation: ptr("/there"), StorageClass: types.StorageClassStandardIa,
		Metadata: map[string]string{"a": "b"}, Tagging: ptr("k=v&empty="),
	})
	require.NoError(t, err)
	out, err := l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), ChecksumMode: types.ChecksumModeEnabled})
	require.NoError(t, err)
	data, err := io.ReadAll(out.Body)
	require.NoError(t, err)
	assert.Equal(t, hello, string(data))
	assert.Equal(t, "no-cache", *out.CacheControl)
	assert.Equal(t, "inline", *out.ContentDisposition)
	assert.Equal(t, "identity", *out.ContentEncoding)
	assert.Equal(t, "en", *out.ContentLanguage)
	assert.Equal(t, "text/plain", *out.ContentType)
	assert.Equal(t, expires, *out.Expires)
	assert.Equal(t, "/there", *out.WebsiteRedirectLocation)
	assert.Equal(t, types.StorageClassStandardIa, out.StorageClass)
	assert.Equal(t, map[string]string{"a": "b"}, out.Metadata)
	assert.Equal(t, int32(2), *out.TagCount)
	assert.Equal(t, int64(len(hello)), *out.ContentLength)
	assert.NotNil(t, out.ChecksumCRC64NVME)
	assert.Zero(t, out.LastModified.Nanosecond())
	assert.Equal(t, "bytes", *out.AcceptRanges)

	head, err := l.HeadObject(l.ctx, &awss3.HeadObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), ResponseContentType: ptr("text/html")})
	require.NoError(t, err)
	assert.Equal(t, "text/html", *head.ContentType, "response-content-type")
	assert.Nil(t, head.ChecksumCRC64NVME, "only in checksum mode")
	assert.Equal(t, out.Metadata, head.Metadata)
	assert.Equal(t, out.ETag, head.ETag)
}

func TestDefaultsOfAnObject(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.store(t, "bucket", "key", "")
	out, err := l.HeadObject(l.ctx, &awss3.HeadObjectInput{Bucket: ptr("bucket"), Key: ptr("key")})
	require.NoError(t, err)
	assert.Equal(t, "binary/octet-stream", *out.ContentType)
	assert.Empty(t, out.StorageClass, "STANDARD is not told")
	assert.Equal(t, `"d41d8cd98f00b204e9800998ecf8427e"`, *out.ETag)
	assert.Zero(t, *out.ContentLength)
	assert.Nil(t, out.TagCount)
}

func TestUnsatisfiableRange(t *testing.T) {
	t.Parallel()
	for _, header := range []string{"bytes=10-", "bytes=10-12", "bytes=-0", "bytes=99999999999999999999-"} {
		_, err := parseRange(header, 10)
		e := requireCode(t, err, "InvalidRange", 416)
		assert.Equal(t, header, field(e, "RangeRequested"))
		assert.Equal(t, "10", field(e, "ActualObjectSize"))
	}
	_, err := parseRange("bytes=0-", 0)
	requireCode(t, err, "InvalidRange", 416)
}

func TestGetRange(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.store(t, "bucket", "key", hello)
	out, err := l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), Range: ptr("bytes=6-8"), ChecksumMode: types.ChecksumModeEnabled})
	require.NoError(t, err)
	data, err := io.ReadAll(out.Body)
	require.NoError(t, err)
	assert.Equal(t, "wor", string(data))
	assert.Equal(t, "bytes 6-8/11", *out.ContentRange)
	assert.Equal(t, int64(3), *out.ContentLength)
	assert.Nil(t, out.ChecksumCRC64NVME, "it is the whole object's")

	out, err = l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), PartNumber: ptr(int32(1))})
	require.NoError(t, err)
	assert.Equal(t, "bytes 0-10/11", *out.ContentRange)
	_, err = l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), PartNumber: ptr(int32(2))})
	requireCode(t, err, "InvalidPartNumber", 416)
}

func TestConditionalReads(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	tag := *l.store(t, "bucket", "key", hello).ETag
	head, err := l.HeadObject(l.ctx, &awss3.HeadObjectInput{Bucket: ptr("bucket"), Key: ptr("key")})
	require.NoError(t, err)
	at := *head.LastModified
	before, after := at.Add(-time.Second), at.Add(time.Second)
	for name, c := range map[string]struct {
		in   awss3.GetObjectInput
		want string // the failing condition, "304", or none
	}{
		"match":                          {awss3.GetObjectInput{IfMatch: &tag}, ""},
		"match one of":                   {awss3.GetObjectInput{IfMatch: ptr(`"x", ` + tag)}, ""},
		"match any":                      {awss3.GetObjectInput{IfMatch: ptr("*")}, ""},
		"match another":                  {awss3.GetObjectInput{IfMatch: ptr(`"x"`)}, "If-Match"},
		"none match":                     {awss3.GetObjectInput{IfNoneMatch: ptr(`"x"`)}, ""},
		"none match the same":            {awss3.GetObjectInput{IfNoneMatch: &tag}, "304"},
		"modified since before":          {awss3.GetObjectInput{IfModifiedSince: &before}, ""},
		"modified since then":            {awss3.GetObjectInput{IfModifiedSince: &at}, "304"},
		"unmodified since then":          {awss3.GetObjectInput{IfUnmodifiedSince: &at}, ""},
		"unmodified since before":        {awss3.GetObjectInput{IfUnmodifiedSince: &before}, "If-Unmodified-Since"},
		"match outweighs unmodified":     {awss3.GetObjectInput{IfMatch: &tag, IfUnmodifiedSince: &before}, ""},
		"none match outweighs modified":  {awss3.GetObjectInput{IfNoneMatch: ptr(`"x"`), IfModifiedSince: &after}, ""},
		"none match fails, modified not": {awss3.GetObjectInput{IfNoneMatch: &tag, IfModifiedSince: &before}, "304"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := c.in
			in.Bucket, in.Key = ptr("bucket"), ptr("key")
			_, err := l.GetObject(l.ctx, &in)
			switch c.want {
			case "":
				require.NoError(t, err)
			case "304":
				requireCode(t, err, "NotModified", 304)
			default:
				e := requireCode(t, err, "PreconditionFailed", 412)
				assert.Equal(t, c.want, field(e, "Condition"))
				assert.Equal(t, "At least one of the pre-conditions you specified did not hold", e.Message)
			}
		})
	}
}

func TestReadsAreRefused(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	l.store(t, "bucket", "key", hello)
	for name, c := range map[string]struct {
		in   awss3.GetObjectInput
		code string
	}{
		"version":          {awss3.GetObjectInput{VersionId: ptr("v1")}, "InvalidArgument"},
		"half a key":       {awss3.GetObjectInput{SSECustomerAlgorithm: ptr("AES256")}, "InvalidArgument"},
		"part 0":           {awss3.GetObjectInput{PartNumber: ptr(int32(0))}, "InvalidArgument"},
		"part and range":   {awss3.GetObjectInput{PartNumber: ptr(int32(1)), Range: ptr("bytes=0-")}, "InvalidRequest"},
		"too long a key":   {awss3.GetObjectInput{Key: ptr(strings.Repeat("é", 513))}, "KeyTooLongError"},
		"key not in UTF-8": {awss3.GetObjectInput{Key: ptr("\xff")}, "InvalidArgument"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := c.in
			in.Bucket = ptr("bucket")
			if in.Key == nil {
				in.Key = ptr("key")
			}
			_, err := needsOf(l.fake.getObject(l.ctx, &in))
			assert.Equal(t, c.code, failure(t, err).Code)
		})
	}
	t.Run("response headers of anonymous", func(t *testing.T) {
		t.Parallel()
		_, err := needsOf(l.fake.getObject(l.anonymous(), &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), ResponseContentType: ptr("text/html")}))
		e := requireCode(t, err, "InvalidRequest", 400)
		assert.Equal(t, "Request specific response headers cannot be used for anonymous GET requests.", e.Message)
	})
	t.Run("versions", func(t *testing.T) {
		t.Parallel()
		_, err := l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), VersionId: ptr("null")})
		require.NoError(t, err, "null is the version of an unversioned bucket")
		_, err = l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("key"), VersionId: ptr(strings.Repeat("x", 32))})
		requireCode(t, err, "InvalidArgument", 400)
	})
	t.Run("archived", func(t *testing.T) {
		t.Parallel()
		_, err := l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: ptr("bucket"), Key: ptr("ice"), StorageClass: types.StorageClassGlacier})
		require.NoError(t, err)
		_, err = l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("ice")})
		e := requireCode(t, err, "InvalidObjectState", 403)
		assert.Equal(t, "GLACIER", field(e, "StorageClass"))
		_, err = l.HeadObject(l.ctx, &awss3.HeadObjectInput{Bucket: ptr("bucket"), Key: ptr("ice")})
		require.NoError(t, err)
	})
	t.Run("missing", func(t *testing.T) {
		t.Parallel()
		_, err := l.GetObject(l.ctx, &awss3.GetObjectInput{Bucket: ptr("bucket"), Key: ptr("none")})
		e := requireCode(t, err, "NoSuchKey", 404)
		assert.Equal(t, "none", field(e, "Key"))
		assert.Equal(t, "The specified key does not exist.", e.Message)
	})
}
