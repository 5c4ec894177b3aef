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

// TestListingStory walks every list of S3 by pages of two, over keys that URLs, XML and
// the order of bytes must get right.
func TestListingStory(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		ctx, bucket := t.Context(), aws.String("bucket")
		a.bucket("bucket")
		a.versioning("bucket")
		keys := []string{"a+b & <c>", "dir/1", "dir/2 %2F", "dir/sub/3", "é?x=1", "\U0001F600"} // in the order of their bytes
		for _, key := range keys {
			a.put("bucket", key, "data")
		}

		var v2, prefixes []string
		for p := awss3.NewListObjectsV2Paginator(a.root, &awss3.ListObjectsV2Input{Bucket: bucket, MaxKeys: aws.Int32(2), EncodingType: types.EncodingTypeUrl}); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			require.NoError(t, err)
			require.LessOrEqual(t, *page.KeyCount, int32(2))
			for _, o := range page.Contents {
				v2 = append(v2, *o.Key)
			}
		}
		assert.Equal(t, []string{"a%2Bb+%26+%3Cc%3E", "dir/1", "dir/2+%252F", "dir/sub/3", "%C3%A9%3Fx%3D1", "%F0%9F%98%80"}, v2)
		folded, err := a.root.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: bucket, Delimiter: aws.String("/"), StartAfter: aws.String("a+b & <c>"), FetchOwner: aws.Bool(true)})
		require.NoError(t, err)
		for _, p := range folded.CommonPrefixes {
			prefixes = append(prefixes, *p.Prefix)
		}
		assert.Equal(t, []string{"dir/"}, prefixes)
		assert.Equal(t, a.canonical(owner), *folded.Contents[0].Owner.ID)

		var v1 []string
		in := &awss3.ListObjectsInput{Bucket: bucket, MaxKeys: aws.Int32(2), Delimiter: aws.String("/")}
		for {
			page, err := a.root.ListObjects(ctx, in)
			require.NoError(t, err)
			for _, o := range page.Contents {
				v1 = append(v1, *o.Key)
			}
			for _, p := range page.CommonPrefixes {
				v1 = append(v1, *p.Prefix)
			}
			if !*page.IsTruncated {
				break
			}
			in.Marker = page.NextMarker
		}
		assert.Equal(t, []string{"a+b & <c>", "dir/", "é?x=1", "\U0001F600"}, v1)

		a.put("bucket", "dir/1", "again")
		_, err = a.root.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: bucket, Key: aws.String("dir/1")})
		require.NoError(t, err)
		var versions []string
		for p := awss3.NewListObjectVersionsPaginator(a.root, &awss3.ListObjectVersionsInput{Bucket: bucket, MaxKeys: aws.Int32(2), Prefix: aws.String("dir/")}); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			require.NoError(t, err)
			for _, m := range page.DeleteMarkers {
				versions = append(versions, *m.Key+" gone")
			}
			for _, v := range page.Versions {
				versions = append(versions, *v.Key)
			}
		}
		assert.Equal(t, []string{"dir/1 gone", "dir/1", "dir/1", "dir/2 %2F", "dir/sub/3"}, versions)

		for _, key := range keys {
			_, err := a.root.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: &key})
			require.NoError(t, err)
		}
		var uploads []string
		for p := awss3.NewListMultipartUploadsPaginator(a.root, &awss3.ListMultipartUploadsInput{Bucket: bucket, MaxUploads: aws.Int32(2)}); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			require.NoError(t, err)
			for _, u := range page.Uploads {
				uploads = append(uploads, *u.Key)
			}
		}
		assert.Equal(t, keys, uploads)
		begun, err := a.root.CreateMultipartUpload(ctx, &awss3.CreateMultipartUploadInput{Bucket: bucket, Key: &keys[4]})
		require.NoError(t, err)
		for _, number := range []int32{7, 1, 10000} {
			_, err := a.root.UploadPart(ctx, &awss3.UploadPartInput{Bucket: bucket, Key: &keys[4], UploadId: begun.UploadId, PartNumber: &number, Body: strings.NewReader("part")})
			require.NoError(t, err)
		}
		var parts []int32
		for p := awss3.NewListPartsPaginator(a.root, &awss3.ListPartsInput{Bucket: bucket, Key: &keys[4], UploadId: begun.UploadId, MaxParts: aws.Int32(2)}); p.HasMorePages(); {
			page, err := p.NextPage(ctx)
			require.NoError(t, err)
			for _, part := range page.Parts {
				parts = append(parts, *part.PartNumber)
			}
		}
		assert.Equal(t, []int32{1, 7, 10000}, parts)

		buckets, err := a.root.ListBuckets(ctx, &awss3.ListBucketsInput{Prefix: aws.String("buck")})
		require.NoError(t, err)
		assert.Len(t, buckets.Buckets, 1)
	})
}
