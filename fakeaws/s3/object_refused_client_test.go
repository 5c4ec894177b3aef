package s3_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestRefusedOnObjects has the operations refused that S3 has for other buckets, or has no
// more.
func TestRefusedOnObjects(t *testing.T) {
	t.Parallel()
	throughDoors(t, func(t *testing.T, a *account) {
		const refused = "The specified method is not allowed against this resource."
		a.bucket("bucket")
		a.put("bucket", "key", "hello")
		rename := func(c *awss3.Client, bucket string) error {
			return second(c.RenameObject(t.Context(), &awss3.RenameObjectInput{Bucket: &bucket, Key: aws.String("new"), RenameSource: aws.String("key")}))
		}
		torrent := func(c *awss3.Client, bucket string) error {
			return second(c.GetObjectTorrent(t.Context(), &awss3.GetObjectTorrentInput{Bucket: &bucket, Key: aws.String("key")}))
		}
		requireAPIError(t, rename(a.root, "bucket"), "MethodNotAllowed", refused)
		requireAPIError(t, rename(a.root, "missing"), "NoSuchBucket", "")
		requireAPIError(t, torrent(a.root, "bucket"), "MethodNotAllowed", refused)
		requireAPIError(t, torrent(a.root, "missing"), "NoSuchBucket", "")

		a.allow(`{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}`)
		requireAPIError(t, torrent(a.user, "bucket"), "AccessDenied", "")
		a.allow(`{"Effect":"Allow","Action":"s3:GetObjectTorrent","Resource":"*"}`)
		requireAPIError(t, torrent(a.user, "bucket"), "MethodNotAllowed", refused)
	})
}
