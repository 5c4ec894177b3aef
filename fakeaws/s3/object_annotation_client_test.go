package s3_test

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// noted are the operations on annotations of one key.
type noted struct {
	t           testing.TB
	client      *awss3.Client
	bucket, key string
}

func (n noted) put(name, text string, change ...func(*awss3.PutObjectAnnotationInput)) (*awss3.PutObjectAnnotationOutput, error) {
	in := &awss3.PutObjectAnnotationInput{Bucket: &n.bucket, Key: &n.key, AnnotationName: &name, AnnotationPayload: strings.NewReader(text)}
	for _, c := range change {
		c(in)
	}
	return n.client.PutObjectAnnotation(n.t.Context(), in)
}

func (n noted) mustPut(name, text string, change ...func(*awss3.PutObjectAnnotationInput)) *awss3.PutObjectAnnotationOutput {
	n.t.Helper()
	out, err := n.put(name, text, change...)
	require.NoError(n.t, err)
	return out
}

// get returns the text of an annotation, or the code of the error.
func (n noted) get(name string, version *string) string {
	n.t.Helper()
	out, err := n.client.GetObjectAnnotation(n.t.Context(), &awss3.GetObjectAnnotationInput{Bucket: &n.bucket, Key: &n.key, AnnotationName: &name, VersionId: version})
	if err != nil {
		return code(err)
	}
	text, err := io.ReadAll(out.AnnotationPayload)
	require.NoError(n.t, err)
	assert.Equal(n.t, int64(len(text)), *out.ContentLength)
	return string(text)
}

func (n noted) remove(name string, change ...func(*awss3.DeleteObjectAnnotationInput)) error {
	in := &awss3.DeleteObjectAnnotationInput{Bucket: &n.bucket, Key: &n.key, AnnotationName: &name}
	for _, c := range change {
		c(in)
	}
	_, err := n.client.DeleteObjectAnnotation(n.t.Context(), in)
	return err
}

func (n noted) names(prefix string) (names []string) {
	n.t.Helper()
	out, err := n.client.ListObjectAnnotations(n.t.Context(), &awss3.ListObjectAnnotationsInput{Bucket: &n.bucket, Key: &n.key, AnnotationPrefix: &prefix})
	require.NoError(n.t, err)
	assert.Equal(n.t, int32(len(out.Annotations)), *out.AnnotationCount)
	for _, a := range out.Annotations {
		names = append(names, *a.AnnotationName)
	}
	return names
}

func (n noted) at(key string) noted { n.key = key; return n }

func TestAnnotations(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("notes")
		a.put("notes", "key", "data")
		n := noted{t, a.root, "notes", "key"}
		head := func() *awss3.HeadObjectOutput {
			out, err := a.root.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("notes"), Key: aws.String("key")})
			require.NoError(t, err)
			return out
		}
		before := head()

		out := n.mustPut("ml.label", `{"cat": "Zoë"}`)
		sum := md5.Sum([]byte(`{"cat": "Zoë"}`))
		assert.Equal(t, `"`+hex.EncodeToString(sum[:])+`"`, *out.ETag)
		assert.Equal(t, "ml.label", *out.AnnotationName)
		assert.Equal(t, "key", *out.Key)
		assert.Nil(t, out.ObjectVersionId)
		assert.Equal(t, types.ServerSideEncryptionAes256, out.ServerSideEncryption)
		assert.Equal(t, types.ChecksumTypeFullObject, out.ChecksumType)
		assert.NotNil(t, out.ChecksumCRC32, "the SDK's default")
		a.world.Clock().Advance(time.Hour)
		n.mustPut("ml.label", "dog", func(in *awss3.PutObjectAnnotationInput) { in.ChecksumAlgorithm = types.ChecksumAlgorithmSha256 })
		n.mustPut("größe", "1")
		n.mustPut("ml", "2")

		got, err := a.root.GetObjectAnnotation(t.Context(), &awss3.GetObjectAnnotationInput{Bucket: aws.String("notes"), Key: aws.String("key"), AnnotationName: aws.String("ml.label"), ChecksumMode: types.ChecksumModeEnabled})
		require.NoError(t, err)
		text, err := io.ReadAll(got.AnnotationPayload)
		require.NoError(t, err)
		assert.Equal(t, "dog", string(text))
		assert.NotNil(t, got.ChecksumSHA256)
		assert.Nil(t, got.ChecksumCRC32)
		assert.WithinDuration(t, before.LastModified.Add(time.Hour), *got.LastModified, time.Minute)
		assert.Equal(t, types.ServerSideEncryptionAes256, got.ServerSideEncryption)

		assert.Equal(t, []string{"größe", "ml", "ml.label"}, n.names(""))
		assert.Equal(t, []string{"ml", "ml.label"}, n.names("ml"))
		assert.Empty(t, n.names("x"))
		assert.Equal(t, before.ETag, head().ETag)
		assert.Equal(t, before.LastModified, head().LastModified)

		require.NoError(t, n.remove("ml"))
		require.NoError(t, n.remove("ml"))
		assert.Equal(t, []string{"größe", "ml.label"}, n.names(""))
		_, err = a.root.GetObjectAnnotation(t.Context(), &awss3.GetObjectAnnotationInput{Bucket: aws.String("notes"), Key: aws.String("key"), AnnotationName: aws.String("ml")})
		requireAPIError(t, err, "NoSuchAnnotation", "The specified annotation does not exist on this object.")
		var absent *types.NoSuchAnnotation
		require.ErrorAs(t, err, &absent)
		assert.Equal(t, "NoSuchKey", n.at("other").get("ml", nil))
		requireAPIError(t, n.at("other").remove("ml"), "NoSuchKey", "")

		a.put("notes", "key", "other data")
		assert.Empty(t, n.names(""), "overwritten with the object")
	})
}

func TestAnnotationsBelongToVersions(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("notes")
		a.put("notes", "key", "first")
		n := noted{t, a.root, "notes", "key"}
		n.mustPut("who", "null")
		_, err := a.root.PutBucketVersioning(t.Context(), &awss3.PutBucketVersioningInput{Bucket: aws.String("notes"), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
		require.NoError(t, err)
		a.put("notes", "key", "second")
		assert.Empty(t, n.names(""))
		second := n.mustPut("who", "second").ObjectVersionId
		require.NotNil(t, second)
		null := aws.String("null")
		assert.Equal(t, "null", n.get("who", null))
		assert.Equal(t, "second", n.get("who", second))
		out := n.mustPut("who", "first", func(in *awss3.PutObjectAnnotationInput) { in.VersionId = null })
		assert.Equal(t, "null", *out.ObjectVersionId)
		assert.Equal(t, "first", n.get("who", null))

		marker, err := a.root.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("notes"), Key: aws.String("key")})
		require.NoError(t, err)
		assert.Equal(t, "NoSuchKey", n.get("who", nil))
		assert.Equal(t, "MethodNotAllowed", n.get("who", marker.VersionId))
		assert.Equal(t, "second", n.get("who", second), "a delete marker leaves it")
		_, err = a.root.DeleteObject(t.Context(), &awss3.DeleteObjectInput{Bucket: aws.String("notes"), Key: aws.String("key"), VersionId: second})
		require.NoError(t, err)
		assert.Equal(t, "NoSuchVersion", n.get("who", second))
		require.NoError(t, n.remove("who", func(in *awss3.DeleteObjectAnnotationInput) { in.VersionId = null }))
		assert.Equal(t, "NoSuchAnnotation", n.get("who", null))
	})
}

func TestAnnotationsAreCopied(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("notes")
		a.put("notes", "key", "data")
		n := noted{t, a.root, "notes", "key"}
		n.mustPut("a", "1", func(in *awss3.PutObjectAnnotationInput) { in.ChecksumAlgorithm = types.ChecksumAlgorithmSha1 })
		copied := func(to string, change func(*awss3.CopyObjectInput)) error {
			in := &awss3.CopyObjectInput{Bucket: aws.String("notes"), Key: &to, CopySource: aws.String("notes/key")}
			change(in)
			_, err := a.root.CopyObject(t.Context(), in)
			return err
		}
		algorithm := func(key string) types.ChecksumAlgorithm {
			out, err := a.root.ListObjectAnnotations(t.Context(), &awss3.ListObjectAnnotationsInput{Bucket: aws.String("notes"), Key: &key})
			require.NoError(t, err)
			require.Len(t, out.Annotations, 1)
			return out.Annotations[0].ChecksumAlgorithm[0]
		}
		require.NoError(t, copied("default", func(*awss3.CopyObjectInput) {}))
		assert.Equal(t, types.ChecksumAlgorithmSha1, algorithm("default"))
		require.NoError(t, copied("copy", func(in *awss3.CopyObjectInput) {
			in.AnnotationDirective, in.ChecksumAlgorithm = types.AnnotationDirectiveCopy, types.ChecksumAlgorithmSha256
		}))
		assert.Equal(t, types.ChecksumAlgorithmSha256, algorithm("copy"))
		require.NoError(t, copied("exclude", func(in *awss3.CopyObjectInput) { in.AnnotationDirective = types.AnnotationDirectiveExclude }))
		assert.Empty(t, n.at("exclude").names(""))
		requireAPIError(t, copied("bad", func(in *awss3.CopyObjectInput) { in.AnnotationDirective = "MOVE" }), "InvalidArgument", "")

		require.NoError(t, copied("kms", func(in *awss3.CopyObjectInput) { in.ServerSideEncryption = types.ServerSideEncryptionAwsKms }))
		kms, err := a.root.GetObjectAnnotation(t.Context(), &awss3.GetObjectAnnotationInput{Bucket: aws.String("notes"), Key: aws.String("kms"), AnnotationName: aws.String("a")})
		require.NoError(t, err)
		assert.Equal(t, types.ServerSideEncryptionAwsKms, kms.ServerSideEncryption, "as the object is encrypted")
		sum := md5.Sum([]byte("1"))
		assert.NotContains(t, *kms.ETag, hex.EncodeToString(sum[:]))
		require.NoError(t, n.remove("a"))
		assert.Equal(t, "1", n.at("default").get("a", nil), "a copy is its own")
	})
}

func TestAnnotationPermissions(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		a.bucket("notes")
		a.put("notes", "key", "data")
		root, n := noted{t, a.root, "notes", "key"}, noted{t, a.user, "notes", "key"}
		root.mustPut("ml.a", "1")
		copied := func() error {
			_, err := a.user.CopyObject(t.Context(), &awss3.CopyObjectInput{Bucket: aws.String("notes"), Key: aws.String("copy"), CopySource: aws.String("notes/key")})
			return err
		}
		list := func(prefix *string) error {
			_, err := a.user.ListObjectAnnotations(t.Context(), &awss3.ListObjectAnnotationsInput{Bucket: aws.String("notes"), Key: aws.String("key"), AnnotationPrefix: prefix, MaxAnnotationResults: aws.Int32(5)})
			return err
		}
		const object = `"Resource":"arn:aws:s3:::notes/*"}`
		a.allow(`{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],` + object)
		for what, err := range map[string]error{"put": second(n.put("b", "2")), "delete": n.remove("ml.a"), "list": list(nil), "copy": copied()} {
			requireAPIError(t, err, "AccessDenied", "")
			assert.Contains(t, err.Error(), "Annotation", what)
		}
		assert.Equal(t, "AccessDenied", n.get("ml.a", nil))

		a.allow(`{"Effect":"Allow","Action":["s3:GetObject","s3:PutObject","s3:GetObjectAnnotation","s3:PutObjectAnnotation"],` + object)
		require.NoError(t, copied())
		assert.Equal(t, "1", n.get("ml.a", nil))
		n.mustPut("b", "2")
		assert.Equal(t, "AccessDenied", n.get("ml.a", aws.String("null")), "a version takes another permission")
		a.allow(`{"Effect":"Allow","Action":"s3:GetObjectVersionAnnotation","Condition":{"StringEquals":{"s3:versionid":"null"}},` + object)
		assert.Equal(t, "1", n.get("ml.a", aws.String("null")))

		a.allow(`{"Effect":"Allow","Action":"s3:ListObjectAnnotations","Condition":{"StringEquals":{"s3:annotation-prefix":"ml."},"NumericLessThan":{"s3:max-annotation-results":6}},` + object)
		require.NoError(t, list(aws.String("ml.")))
		requireAPIError(t, list(nil), "AccessDenied", "")

		a.allow(`{"Effect":"Allow","Action":["s3:PutObjectAnnotation","s3:DeleteObjectAnnotation"],"Condition":{"Null":{"s3:x-amz-object-if-match":"false"}},` + object)
		etag, err := a.root.HeadObject(t.Context(), &awss3.HeadObjectInput{Bucket: aws.String("notes"), Key: aws.String("key")})
		require.NoError(t, err)
		requireAPIError(t, n.remove("b"), "AccessDenied", "")
		requireAPIError(t, n.remove("b", func(in *awss3.DeleteObjectAnnotationInput) { in.ObjectIfMatch = aws.String(`"other"`) }), "PreconditionFailed", "")
		n.mustPut("b", "3", func(in *awss3.PutObjectAnnotationInput) { in.ObjectIfMatch = etag.ETag })
		_, err = n.put("b", "4", func(in *awss3.PutObjectAnnotationInput) { in.ObjectIfMatch = aws.String("x") })
		requireAPIError(t, err, "PreconditionFailed", "")
		assert.Equal(t, "3", root.get("b", nil))
		require.NoError(t, n.remove("b", func(in *awss3.DeleteObjectAnnotationInput) { in.ObjectIfMatch = etag.ETag }))
	})
}

// second is the error of a call whose answer does not matter.
func second[T any](_ T, err error) error { return err }

func TestAnnotationLimits(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	a.bucket("notes")
	a.put("notes", "key", "data")
	n := noted{t, a.root, "notes", "key"}
	for name, want := range map[string]string{
		"":                        "InvalidAnnotationName",
		"aws":                     "InvalidAnnotationName",
		"Aws-label":               "InvalidAnnotationName",
		"S3.label":                "InvalidAnnotationName",
		"a b":                     "InvalidAnnotationName",
		"a/b":                     "InvalidAnnotationName",
		"a\u0661":                 "InvalidAnnotationName",
		"\u540d\u524d_1":          "",
		"हिन्दी":                  "",
		"-.":                      "",
		strings.Repeat("x", 512):  "",
		strings.Repeat("ü", 257):  "AnnotationNameTooLong",
		strings.Repeat("x", 1025): "AnnotationNameTooLong",
	} {
		if _, err := n.put(name, "text"); want != "" {
			require.Error(t, err, name)
			if name != "" { // the SDK does not send it
				requireAPIError(t, err, want, "")
			}
		} else {
			require.NoError(t, err, name)
		}
	}
	for what, c := range map[string]struct{ text, code string }{
		"empty":    {"", "InvalidRequest"},
		"largest":  {strings.Repeat("x", 1<<20), ""},
		"larger":   {strings.Repeat("x", 1<<20+1), "EntityTooLarge"},
		"no UTF-8": {"a\xff", "UnsupportedMediaType"},
	} {
		if _, err := n.put("size", c.text); c.code == "" {
			require.NoError(t, err, what)
		} else {
			requireAPIError(t, err, c.code, "")
		}
	}
	assert.Equal(t, strings.Repeat("x", 1<<20), n.get("size", nil), "what was refused changed nothing")
	_, err := n.put("sum", "text", func(in *awss3.PutObjectAnnotationInput) { in.ChecksumCRC32 = aws.String("AAAAAA==") })
	requireAPIError(t, err, "BadDigest", "")
	assert.Equal(t, "NoSuchAnnotation", n.get("sum", nil))

	list := func(prefix string, size int32) error {
		_, err := a.root.ListObjectAnnotations(t.Context(), &awss3.ListObjectAnnotationsInput{Bucket: aws.String("notes"), Key: aws.String("key"), AnnotationPrefix: &prefix, MaxAnnotationResults: &size})
		return err
	}
	requireAPIError(t, list("a b", 1), "InvalidPrefix", "The annotation prefix you provided is invalid.")
	requireAPIError(t, list("", 0), "InvalidArgument", "")
	requireAPIError(t, list("", 1001), "InvalidArgument", "")
	_, err = a.root.ListObjectAnnotations(t.Context(), &awss3.ListObjectAnnotationsInput{Bucket: aws.String("notes"), Key: aws.String("key"), ContinuationToken: aws.String("x")})
	requireAPIError(t, err, "InvalidArgument", "The continuation token provided is incorrect")

	a.put("notes", "many", "data")
	n = n.at("many")
	for i := range 1000 {
		n.mustPut(fmt.Sprintf("n%03d", i), "text")
	}
	_, err = n.put("n", "one more")
	requireAPIError(t, err, "AnnotationLimitExceeded", "The request would exceed the maximum number of annotations allowed per object.")
	n.mustPut("n999", "replaced")
	for _, prefix := range []string{"", "n", "n5", "o", "m"} {
		var paged []string
		pages := awss3.NewListObjectAnnotationsPaginator(a.root, &awss3.ListObjectAnnotationsInput{Bucket: aws.String("notes"), Key: aws.String("many"), AnnotationPrefix: &prefix, MaxAnnotationResults: aws.Int32(30)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(context.Background())
			require.NoError(t, err)
			for _, e := range page.Annotations {
				paged = append(paged, *e.AnnotationName)
			}
		}
		assert.Equal(t, n.names(prefix), paged, prefix)
	}
}

func TestAnnotationsOfProtectedObjects(t *testing.T) {
	t.Parallel()
	a := newAccount(t)
	_, err := a.root.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: aws.String("notes"), ObjectLockEnabledForBucket: aws.Bool(true)})
	require.NoError(t, err)
	until := a.world.Clock().Now().Add(time.Hour)
	_, err = a.root.PutObject(t.Context(), &awss3.PutObjectInput{Bucket: aws.String("notes"), Key: aws.String("key"), Body: strings.NewReader("x"), StorageClass: types.StorageClassDeepArchive,
		ObjectLockMode: types.ObjectLockModeGovernance, ObjectLockRetainUntilDate: &until})
	require.NoError(t, err)
	n := noted{t, a.root, "notes", "key"}
	n.mustPut("a", "1")
	assert.Equal(t, "1", n.get("a", nil), "archived objects need no restore")
	requireAPIError(t, n.remove("a"), "AccessDenied", "Access Denied because object protected by object lock.")
	a.world.Clock().Advance(time.Hour)
	require.NoError(t, n.remove("a"))
}
