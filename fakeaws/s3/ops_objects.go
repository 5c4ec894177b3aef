package s3

import (
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// objectOps are the operations on objects and lists of them.
func (s *Fake) objectOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.BindMethod(s.ListObjects, s.needListObjects),
		fakeaws.BindMethod(s.ListObjectsV2, s.needListObjectsV2),
		fakeaws.BindMethod(s.ListObjectVersions, s.needListObjectVersions),

		fakeaws.BindMethod(s.PutBucketVersioning, s.needPutBucketVersioning),
		fakeaws.BindMethod(s.GetBucketVersioning, needOnBucket(s, "s3:GetBucketVersioning", func(in *awss3.GetBucketVersioningInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),

		fakeaws.BindMethod(s.PutObjectLockConfiguration, s.needPutObjectLockConfiguration),
		fakeaws.BindMethod(s.GetObjectLockConfiguration, needOnBucket(s, "s3:GetBucketObjectLockConfiguration", func(in *awss3.GetObjectLockConfigurationInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		fakeaws.BindMethod(s.PutObjectRetention, s.needPutObjectRetention),
		fakeaws.BindMethod(s.GetObjectRetention, s.needGetObjectRetention),
		fakeaws.BindMethod(s.PutObjectLegalHold, s.needPutObjectLegalHold),
		fakeaws.BindMethod(s.GetObjectLegalHold, s.needGetObjectLegalHold),

		fakeaws.BindMethod(s.CreateMultipartUpload, s.needCreateMultipartUpload),
		fakeaws.BindMethod(s.UploadPart, s.needUploadPart),
		fakeaws.BindMethod(s.UploadPartCopy, s.needUploadPartCopy),
		fakeaws.BindMethod(s.CompleteMultipartUpload, s.needCompleteMultipartUpload),
		fakeaws.BindMethod(s.AbortMultipartUpload, s.needAbortMultipartUpload),
		fakeaws.BindMethod(s.ListParts, s.needListParts),
		fakeaws.BindMethod(s.ListMultipartUploads, s.needListMultipartUploads),

		fakeaws.BindMethod(s.PutObject, s.needPutObject),
		fakeaws.BindMethod(s.GetObject, s.needGetObject),
		fakeaws.BindMethod(s.HeadObject, s.needHeadObject),
		fakeaws.BindMethod(s.GetObjectAttributes, s.needGetObjectAttributes),
		fakeaws.BindMethod(s.RestoreObject, s.needRestoreObject),
		fakeaws.BindMethod(s.CopyObject, s.needCopyObject),
		fakeaws.BindMethod(s.DeleteObject, s.needDeleteObject),
		fakeaws.BindMethod(s.DeleteObjects, s.needDeleteObjects),
		fakeaws.BindMethod(s.UpdateObjectEncryption, s.needUpdateObjectEncryption),
		fakeaws.BindMethod(s.PutObjectTagging, s.needPutObjectTagging),
		fakeaws.BindMethod(s.GetObjectTagging, s.needGetObjectTagging),
		fakeaws.BindMethod(s.DeleteObjectTagging, s.needDeleteObjectTagging),
	}
}
