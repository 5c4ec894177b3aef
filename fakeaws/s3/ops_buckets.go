package s3

import (
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// bucketOps are the operations on buckets and their configurations.
func (s *Fake) bucketOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.BindMethod(s.ListBuckets, s.needListBuckets),
		fakeaws.BindMethod(s.CreateBucket, s.needCreateBucket),
		fakeaws.BindMethod(s.DeleteBucket, onBucket(s, "s3:DeleteBucket", func(in *awss3.DeleteBucketInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		fakeaws.BindMethod(s.HeadBucket, onBucket(s, "s3:ListBucket", func(in *awss3.HeadBucketInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		fakeaws.BindMethod(s.GetBucketLocation, s.needGetBucketLocation),

		fakeaws.BindMethod(s.PutBucketPolicy, onBucketPolicy(s, "s3:PutBucketPolicy", func(in *awss3.PutBucketPolicyInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		fakeaws.BindMethod(s.GetBucketPolicy, onBucketPolicy(s, "s3:GetBucketPolicy", func(in *awss3.GetBucketPolicyInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		fakeaws.BindMethod(s.DeleteBucketPolicy, onBucketPolicy(s, "s3:DeleteBucketPolicy", func(in *awss3.DeleteBucketPolicyInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		fakeaws.BindMethod(s.GetBucketPolicyStatus, onBucket(s, "s3:GetBucketPolicyStatus", refOf[awss3.GetBucketPolicyStatusInput])),

		fakeaws.BindMethod(s.PutPublicAccessBlock, s.needPutPublicAccessBlock),
		fakeaws.BindMethod(s.GetPublicAccessBlock, onBucket(s, "s3:GetBucketPublicAccessBlock", func(in *awss3.GetPublicAccessBlockInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		// There is no action of the name DeleteBucketPublicAccessBlock.
		fakeaws.BindMethod(s.DeletePublicAccessBlock, onBucket(s, "s3:PutBucketPublicAccessBlock", func(in *awss3.DeletePublicAccessBlockInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),

		fakeaws.BindMethod(s.PutBucketTagging, s.needPutBucketTagging),
		fakeaws.BindMethod(s.GetBucketTagging, onBucket(s, "s3:GetBucketTagging", func(in *awss3.GetBucketTaggingInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		// Nor one of the name DeleteBucketTagging.
		fakeaws.BindMethod(s.DeleteBucketTagging, onBucket(s, "s3:PutBucketTagging", func(in *awss3.DeleteBucketTaggingInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
	}
}
