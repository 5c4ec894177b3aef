package s3

import (
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// objectOps are the operations on objects and lists of them.
func (s *Fake) objectOps() []fakeaws.Op {
	return []fakeaws.Op{
		bindMethod(s, s.ListObjects, s.needListObjects),
		bindMethod(s, s.ListObjectsV2, s.needListObjectsV2),
		bindMethod(s, s.ListObjectVersions, s.needListObjectVersions),

		bindMethod(s, s.PutBucketVersioning, s.needPutBucketVersioning),
		bindMethod(s, s.GetBucketVersioning, needOnBucket(s, "s3:GetBucketVersioning", func(in *awss3.GetBucketVersioningInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),

		bindMethod(s, s.PutObjectLockConfiguration, s.needPutObjectLockConfiguration),
		bindMethod(s, s.GetObjectLockConfiguration, needOnBucket(s, "s3:GetBucketObjectLockConfiguration", func(in *awss3.GetObjectLockConfigurationInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		bindMethod(s, s.PutObjectRetention, s.needPutObjectRetention),
		bindMethod(s, s.GetObjectRetention, s.needGetObjectRetention),
		bindMethod(s, s.PutObjectLegalHold, s.needPutObjectLegalHold),
		bindMethod(s, s.GetObjectLegalHold, s.needGetObjectLegalHold),

		bindMethod(s, s.CreateMultipartUpload, s.needCreateMultipartUpload),
		bindMethod(s, s.UploadPart, s.needUploadPart),
		bindMethod(s, s.UploadPartCopy, s.needUploadPartCopy),
		bindMethod(s, s.CompleteMultipartUpload, s.needCompleteMultipartUpload),
		bindMethod(s, s.AbortMultipartUpload, s.needAbortMultipartUpload),
		bindMethod(s, s.ListParts, s.needListParts),
		bindMethod(s, s.ListMultipartUploads, s.needListMultipartUploads),

		bindMethod(s, s.PutObject, s.needPutObject),
		bindMethod(s, s.GetObject, s.needGetObject),
		bindMethod(s, s.HeadObject, s.needHeadObject),
		bindMethod(s, s.GetObjectAttributes, s.needGetObjectAttributes),
		bindMethod(s, s.RestoreObject, s.needRestoreObject),
		bindMethod(s, s.CopyObject, s.needCopyObject),
		bindMethod(s, s.DeleteObject, s.needDeleteObject),
		bindMethod(s, s.DeleteObjects, s.needDeleteObjects),
		bindMethod(s, s.UpdateObjectEncryption, s.needUpdateObjectEncryption),
		bindMethod(s, s.PutObjectTagging, s.needPutObjectTagging),
		bindMethod(s, s.GetObjectTagging, s.needGetObjectTagging),
		bindMethod(s, s.DeleteObjectTagging, s.needDeleteObjectTagging),
	}
}
