package s3_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestElsewhere has what S3's API reaches besides general purpose buckets and their
// access points answered by name: nothing is done with a bucket in its place.
func TestElsewhere(t *testing.T) {
	t.Parallel()
	const (
		mrap     = "arn:aws:s3::" + owner + ":accesspoint/mfzwi23gnjvgw.mrap"
		outposts = "arn:aws:s3-outposts:us-east-1:" + owner + ":outpost/op-01234567890123456/accesspoint/reports"
		lambda   = "arn:aws:s3-object-lambda:us-east-1:" + owner + ":accesspoint/reports"
		fake     = "The parameter Bucket, for a Multi-Region Access Point, is not implemented by this fake of Amazon S3."
	)
	a := newAccount(t)
	a.bucket("bucket")
	get := func(bucket string) error {
		_, err := a.root.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: &bucket, Key: aws.String("key")})
		return err
	}
	list := func(bucket string) error {
		_, err := a.root.ListObjectsV2(t.Context(), &awss3.ListObjectsV2Input{Bucket: &bucket})
		return err
	}
	create := func(bucket string) error {
		_, err := a.root.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: &bucket})
		return err
	}
	const directory = "reports--use1-az4--x-s3"
	for name, c := range map[string]struct {
		err  error
		text string
	}{
		"session":          {second(a.root.CreateSession(t.Context(), &awss3.CreateSessionInput{Bucket: aws.String(directory)})), "s3express CreateSession is not implemented by leastpriv."},
		"directory":        {get(directory), "s3express CreateSession is not implemented by leastpriv."},
		"new directory":    {create(directory), "s3express CreateBucket is not implemented by leastpriv."},
		"directories":      {second(a.root.ListDirectoryBuckets(t.Context(), &awss3.ListDirectoryBucketsInput{})), "s3express ListDirectoryBuckets is not implemented by leastpriv."},
		"outposts":         {get(outposts), "s3-outposts GetObject is not implemented by leastpriv."},
		"list of outposts": {list(outposts), "s3-outposts ListObjectsV2 is not implemented by leastpriv."},
		"lambda":           {get(lambda), "s3-object-lambda GetObject is not implemented by leastpriv."},
		"mrap":             {get(mrap), fake},
		"list of mrap":     {list(mrap), fake},
		"new mrap":         {create(mrap), fake},
	} {
		// The SDK wraps what CreateSession answers in a text.
		assert.ErrorContains(t, c.err, "api error NotImplemented: "+c.text, name)
	}
	all, err := a.root.ListBuckets(t.Context(), &awss3.ListBucketsInput{})
	require.NoError(t, err)
	assert.Len(t, all.Buckets, 1)
}

// TestElsewhereByPath has those names refused where they are part of a path and the
// request is signed for S3, as of clients that do not know them.
func TestElsewhereByPath(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		for _, name := range []string{"reports--use1-az4--x-s3", "mfzwi23gnjvgw.mrap"} {
			client := awss3.New(a.root.Options(), func(o *awss3.Options) { o.DisableS3ExpressSessionAuth = aws.Bool(true) })
			_, err := client.CreateBucket(t.Context(), &awss3.CreateBucketInput{Bucket: &name})
			requireAPIError(t, err, "NotImplemented", "")
			_, err = client.GetObject(t.Context(), &awss3.GetObjectInput{Bucket: &name, Key: aws.String("key")})
			requireAPIError(t, err, "NotImplemented", "")
		}
	})
}
