package s3

import (
	"slices"
	"strings"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// naiveList lists keys the slow way: roll up, sort, cut.
func naiveList(keys []string, prefix, delimiter, after string) []string {
	var out []string
	for _, k := range keys {
		if !strings.HasPrefix(k, prefix) || k <= after {
			continue
		}
		if delimiter != "" {
			if i := strings.Index(k[len(prefix):], delimiter); i >= 0 {
				k = k[:len(prefix)+i+len(delimiter)] + "\x00group"
				if strings.TrimSuffix(k, "\x00group") == after {
					continue
				}
			}
		}
		out = append(out, k)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// pages reads a list to its end, page by page.
func pages(t require.TestingT, l *lab, in awss3.ListObjectsV2Input) []string {
	var got []string
	for {
		out, err := l.ListObjectsV2(l.ctx, &in)
		require.NoError(t, err)
		require.LessOrEqual(t, int(*out.KeyCount), int(*out.MaxKeys))
		require.Equal(t, len(out.Contents)+len(out.CommonPrefixes), int(*out.KeyCount))
		for _, o := range out.Contents {
			got = append(got, *o.Key)
		}
		for _, p := range out.CommonPrefixes {
			got = append(got, *p.Prefix+"\x00group")
		}
		require.Equal(t, *out.IsTruncated, out.NextContinuationToken != nil)
		if !*out.IsTruncated {
			slices.Sort(got)
			return got
		}
		in.ContinuationToken = out.NextContinuationToken
	}
}

func TestListObjectsIsTheNaiveList(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		l := newLab(t)
		l.bucketNamed(t, "bucket")
		keys := rapid.SliceOfNDistinct(rapid.StringMatching(`[ab/é]{1,5}`), 0, 25, rapid.ID).Draw(r, "keys")
		for _, k := range keys {
			l.store(t, "bucket", k, "")
		}
		prefix := rapid.StringMatching(`[ab/]{0,3}`).Draw(r, "prefix")
		delimiter := rapid.SampledFrom([]string{"", "/", "b/", "é"}).Draw(r, "delimiter")
		after := rapid.StringMatching(`([ab/]{0,4})`).Draw(r, "after")
		size := rapid.Int32Range(1, 9).Draw(r, "size")
		got := pages(r, l, awss3.ListObjectsV2Input{Bucket: ptr("bucket"), Prefix: &prefix, Delimiter: &delimiter, StartAfter: &after, MaxKeys: &size})
		want := naiveList(keys, prefix, delimiter, after)
		require.Equal(r, want, slices.Clip(got))
	})
}

// A group is listed for what comes after the key that the list starts after.
func TestStartInsideOfAGroup(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	from := func() []string {
		return pages(t, l, awss3.ListObjectsV2Input{Bucket: ptr("bucket"), Delimiter: ptr("/"), StartAfter: ptr("a/b"), MaxKeys: ptr(int32(1))})
	}
	l.store(t, "bucket", "a/b", "")
	assert.Empty(t, from())
	l.store(t, "bucket", "a/c", "")
	assert.Equal(t, []string{"a/\x00group"}, from())
}

func TestListObjectsV2(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	for _, k := range []string{"a b", "dir/1", "dir/2", "é", "z"} {
		l.store(t, "bucket", k, hello)
	}
	out, err := l.ListObjectsV2(l.ctx, &awss3.ListObjectsV2Input{Bucket: ptr("bucket"), Delimiter: ptr("/"), EncodingType: types.EncodingTypeUrl, FetchOwner: ptr(true)})
	require.NoError(t, err)
	var keys []string
	for _, o := range out.Contents {
		keys = append(keys, *o.Key)
	}
	assert.Equal(t, []string{"a+b", "z", "%C3%A9"}, keys)
	assert.Equal(t, []types.CommonPrefix{{Prefix: ptr("dir/")}}, out.CommonPrefixes)
	assert.Equal(t, "/", *out.Delimiter, "a slash stays")
	first := out.Contents[0]
	assert.Equal(t, `"5eb63bbbe01eeed093cb22bb8f5acdc3"`, *first.ETag)
	assert.Equal(t, int64(11), *first.Size)
	assert.Equal(t, types.ObjectStorageClassStandard, first.StorageClass)
	assert.Equal(t, []types.ChecksumAlgorithm{"CRC64NVME"}, first.ChecksumAlgorithm)
	assert.Len(t, *first.Owner.ID, 64)
	assert.Equal(t, int32(1000), *out.MaxKeys)
	assert.Empty(t, *out.Prefix)
	assert.Nil(t, out.StartAfter)

	out, err = l.ListObjectsV2(l.ctx, &awss3.ListObjectsV2Input{Bucket: ptr("bucket"), MaxKeys: ptr(int32(0))})
	require.NoError(t, err)
	assert.Zero(t, *out.KeyCount)
	assert.False(t, *out.IsTruncated)
	out, err = l.ListObjectsV2(l.ctx, &awss3.ListObjectsV2Input{Bucket: ptr("bucket"), MaxKeys: ptr(int32(5000)), StartAfter: ptr("dir/1")})
	require.NoError(t, err)
	assert.Equal(t, int32(1000), *out.MaxKeys)
	assert.Equal(t, "dir/2", *out.Contents[0].Key)
	assert.Nil(t, out.Contents[0].Owner)
}

func TestListIsRefused(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	for name, c := range map[string]struct {
		in                awss3.ListObjectsV2Input
		text, arg, argVal string
	}{
		"max-keys": {awss3.ListObjectsV2Input{MaxKeys: ptr(int32(-1))}, "Argument maxKeys must be an integer between 0 and 2147483647", "maxKeys", "-1"},
		"encoding": {awss3.ListObjectsV2Input{EncodingType: "base64"}, "Invalid Encoding Method specified in Request", "encoding-type", "base64"},
		"token":    {awss3.ListObjectsV2Input{ContinuationToken: ptr("made-up")}, "The continuation token provided is incorrect", "continuation-token", "made-up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in := c.in
			in.Bucket = ptr("bucket")
			_, err := needsOf(l.fake.listObjectsV2(l.ctx, &in))
			e := requireCode(t, err, "InvalidArgument", 400)
			assert.Equal(t, c.text, e.Message)
			assert.Equal(t, c.arg, field(e, "ArgumentName"))
			assert.Equal(t, c.argVal, field(e, "ArgumentValue"))
		})
	}
}

func TestListObjectsV1(t *testing.T) {
	t.Parallel()
	l := newLab(t)
	l.bucketNamed(t, "bucket")
	for _, k := range []string{"a/1", "a/2", "b/1", "c"} {
		l.store(t, "bucket", k, "")
	}
	in := &awss3.ListObjectsInput{Bucket: ptr("bucket"), MaxKeys: ptr(int32(1)), Delimiter: ptr("/")}
	var got []string
	for range 3 {
		out, err := l.ListObjects(l.ctx, in)
		require.NoError(t, err)
		for _, p := range out.CommonPrefixes {
			got = append(got, *p.Prefix)
		}
		for _, o := range out.Contents {
			got = append(got, *o.Key)
			assert.NotNil(t, o.Owner)
		}
		in.Marker = out.NextMarker
	}
	assert.Equal(t, []string{"a/", "b/", "c"}, got)
	out, err := l.ListObjects(l.ctx, &awss3.ListObjectsInput{Bucket: ptr("bucket"), MaxKeys: ptr(int32(1))})
	require.NoError(t, err)
	assert.True(t, *out.IsTruncated)
	assert.Nil(t, out.NextMarker, "only with a delimiter")
	assert.Empty(t, *out.Marker)
}

func FuzzListToken(f *testing.F) {
	f.Add("")
	f.Add(*page.Token("key"))
	f.Add("MS8=")
	f.Add("!!")
	f.Fuzz(func(t *testing.T, token string) {
		last, err := afterToken(&token)
		if err != nil {
			requireCode(t, err, "InvalidArgument", 400)
			return
		}
		again, err := afterToken(page.Token(last))
		require.NoError(t, err)
		require.Equal(t, last, again)
	})
}
