package s3

import (
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// objectOps are the operations on objects and lists of them.
func (s *Service) objectOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.ListObjects, s.needListObjects),
		fakeaws.Bind(s.ListObjectsV2, s.needListObjectsV2),
		fakeaws.Bind(s.ListObjectVersions, s.needListObjectVersions),

		fakeaws.Bind(s.PutBucketVersioning, s.needPutBucketVersioning),
		fakeaws.Bind(s.GetBucketVersioning, onBucket(s, "s3:GetBucketVersioning", func(in *awss3.GetBucketVersioningInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),

		fakeaws.Bind(s.PutObjectLockConfiguration, s.needPutObjectLockConfiguration),
		fakeaws.Bind(s.GetObjectLockConfiguration, onBucket(s, "s3:GetBucketObjectLockConfiguration", func(in *awss3.GetObjectLockConfigurationInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		fakeaws.Bind(s.PutObjectRetention, s.needPutObjectRetention),
		fakeaws.Bind(s.GetObjectRetention, s.needGetObjectRetention),
		fakeaws.Bind(s.PutObjectLegalHold, s.needPutObjectLegalHold),
		fakeaws.Bind(s.GetObjectLegalHold, s.needGetObjectLegalHold),

		fakeaws.Bind(s.CreateMultipartUpload, s.needCreateMultipartUpload),
		fakeaws.Bind(s.UploadPart, s.needUploadPart),
		fakeaws.Bind(s.UploadPartCopy, s.needUploadPartCopy),
		fakeaws.Bind(s.CompleteMultipartUpload, s.needCompleteMultipartUpload),
		fakeaws.Bind(s.AbortMultipartUpload, s.needAbortMultipartUpload),
		fakeaws.Bind(s.ListParts, s.needListParts),
		fakeaws.Bind(s.ListMultipartUploads, s.needListMultipartUploads),

		fakeaws.Bind(s.PutObject, s.needPutObject),
		fakeaws.Bind(s.GetObject, s.needGetObject),
		fakeaws.Bind(s.HeadObject, s.needHeadObject),
		fakeaws.Bind(s.GetObjectAttributes, s.needGetObjectAttributes),
		fakeaws.Bind(s.RestoreObject, s.needRestoreObject),
		fakeaws.Bind(s.CopyObject, s.needCopyObject),
		fakeaws.Bind(s.DeleteObject, s.needDeleteObject),
		fakeaws.Bind(s.DeleteObjects, s.needDeleteObjects),
		fakeaws.Bind(s.UpdateObjectEncryption, s.needUpdateObjectEncryption),
		fakeaws.Bind(s.PutObjectTagging, s.needPutObjectTagging),
		fakeaws.Bind(s.GetObjectTagging, s.needGetObjectTagging),
		fakeaws.Bind(s.DeleteObjectTagging, s.needDeleteObjectTagging),
	}
}
