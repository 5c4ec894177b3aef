package s3

import (
	"slices"
	"strings"
	"testing"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Names of few letters meet often; some need more than a byte of UTF-8.
var (
	someKey       = rapid.StringOfN(rapid.SampledFrom([]rune("ab/é😀%")), 1, 6, -1)
	somePrefix    = rapid.StringOfN(rapid.SampledFrom([]rune("ab/é")), 0, 3, -1)
	someDelimiter = rapid.SampledFrom([]string{"", "/", "a", "é", "//", "ab"})
)

// merge puts keys and common prefixes of a page in order.
func merge(contents []types.Object, prefixes []types.CommonPrefix) []string {
	var lines []string
	for _, o := range contents {
		lines = append(lines, *o.Key)
	}
	for _, p := range prefixes {
		lines = append(lines, *p.Prefix+"\x00group")
	}
	slices.Sort(lines)
	return lines
}

// TestListPages compares the pages of the first list of objects, put together,
// with what a list without pages would be.
func TestListPages(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newLabOf(t)
		keys := rapid.SliceOfNDistinct(someKey, 0, 12, rapid.ID).Draw(t, "keys")
		for _, key := range keys {
			l.putIn(t, "bucket", key)
		}
		prefix, delimiter := somePrefix.Draw(t, "prefix"), someDelimiter.Draw(t, "delimiter")
		size := rapid.Int32Range(1, 4).Draw(t, "page")
		want := naiveList(keys, prefix, delimiter, "")

		var got []string
		marker := ""
		for {
			out, err := l.ListObjects(l.ctx, &awss3.ListObjectsInput{Bucket: ptr("bucket"), Prefix: &prefix, Delimiter: &delimiter, MaxKeys: &size, Marker: &marker})
			require.NoError(t, err)
			page := merge(out.Contents, out.CommonPrefixes)
			got = append(got, page...)
			if !*out.IsTruncated {
				break
			}
			marker = strings.TrimSuffix(page[len(page)-1], "\x00group")
			if out.NextMarker != nil {
				require.Equal(t, marker, *out.NextMarker)
			}
		}
		require.Equal(t, want, got)
	})
}

// newLabOf is a lab for a test of properties, with a bucket.
func newLabOf(t rapid.TB) *lab {
	l := newLabIn(t)
	_, err := l.CreateBucket(l.ctx, &awss3.CreateBucketInput{Bucket: ptr("bucket")})
	require.NoError(t, err)
	return l
}

func (l *lab) putIn(t rapid.TB, bucket, key string) {
	_, err := l.PutObject(l.ctx, &awss3.PutObjectInput{Bucket: &bucket, Key: &key, Body: strings.NewReader(key)})
	require.NoError(t, err)
}

// TestListVersionPages does the same for versions: also when what was listed is
// deleted between the pages.
func TestListVersionPages(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		l := newLabOf(t)
		for range rapid.IntRange(0, 20).Draw(t, "operations") {
			key := rapid.SampledFrom([]string{"a", "a/b", "a/c", "é", "b"}).Draw(t, "key")
			switch rapid.IntRange(0, 5).Draw(t, "operation") {
			case 0:
				status := rapid.SampledFrom([]types.BucketVersioningStatus{"Enabled", "Suspended"}).Draw(t, "versioning")
				_, err := l.PutBucketVersioning(l.ctx, &awss3.PutBucketVersioningInput{Bucket: ptr("bucket"), VersioningConfiguration: &types.VersioningConfiguration{Status: status}})
				require.NoError(t, err)
			case 1:
				_, err := l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: ptr("bucket"), Key: &key})
				require.NoError(t, err)
			default:
				l.putIn(t, "bucket", key)
			}
		}
		prefix, delimiter := rapid.SampledFrom([]string{"", "a", "a/"}).Draw(t, "prefix"), rapid.SampledFrom([]string{"", "/"}).Draw(t, "delimiter")
		size := rapid.Int32Range(1, 4).Draw(t, "page")
		deleting := rapid.Bool().Draw(t, "deleting")

		var want []string
		b, _ := l.fake.buckets.Get("bucket")
		b.objects.Scan(func(key string, h history) bool {
			rest, ok := strings.CutPrefix(key, prefix)
			if !ok {
				return true
			}
			if head, _, found := strings.Cut(rest, delimiter); found && delimiter != "" {
				want = append(want, prefix+head+delimiter)
				return true
			}
			for i := len(h) - 1; i >= 0; i-- {
				want = append(want, key+" "+h[i].version)
			}
			return true
		})
		want = slices.Compact(want)

		var got []string
		in := &awss3.ListObjectVersionsInput{Bucket: ptr("bucket"), Prefix: &prefix, Delimiter: &delimiter, MaxKeys: &size}
		for {
			out, err := l.ListObjectVersions(l.ctx, in)
			require.NoError(t, err)
			var page []string
			for _, p := range out.CommonPrefixes {
				page = append(page, *p.Prefix)
			}
			for _, v := range out.Versions {
				page = append(page, *v.Key+" "+*v.VersionId)
			}
			for _, v := range out.DeleteMarkers {
				page = append(page, *v.Key+" "+*v.VersionId)
			}
			require.LessOrEqual(t, len(page), int(size))
			got = append(got, page...)
			if deleting {
				for _, line := range page {
					if key, id, ok := strings.Cut(line, " "); ok {
						_, err := l.DeleteObject(l.ctx, &awss3.DeleteObjectInput{Bucket: ptr("bucket"), Key: &key, VersionId: &id})
						require.NoError(t, err)
					}
				}
			}
			if !*out.IsTruncated {
				break
			}
			in.KeyMarker, in.VersionIdMarker = out.NextKeyMarker, out.NextVersionIdMarker
		}
		// Within a page versions and delete markers come apart.
		slices.Sort(want)
		slices.Sort(got)
		require.Equal(t, want, got)
	})
}
