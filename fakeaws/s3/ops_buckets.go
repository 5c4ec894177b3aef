package s3

import (
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// bucketOps are the operations on buckets and their configurations.
func (s *Service) bucketOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.ListBuckets, s.needListBuckets),
		fakeaws.Bind(s.CreateBucket, s.needCreateBucket),
		fakeaws.Bind(s.DeleteBucket, onBucket(s, "s3:DeleteBucket", func(in *awss3.DeleteBucketInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		fakeaws.Bind(s.HeadBucket, onBucket(s, "s3:ListBucket", func(in *awss3.HeadBucketInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		fakeaws.Bind(s.GetBucketLocation, s.needGetBucketLocation),

		fakeaws.Bind(s.PutBucketPolicy, onBucketPolicy(s, "s3:PutBucketPolicy", func(in *awss3.PutBucketPolicyInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		fakeaws.Bind(s.GetBucketPolicy, onBucketPolicy(s, "s3:GetBucketPolicy", func(in *awss3.GetBucketPolicyInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		fakeaws.Bind(s.DeleteBucketPolicy, onBucketPolicy(s, "s3:DeleteBucketPolicy", func(in *awss3.DeleteBucketPolicyInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		fakeaws.Bind(s.GetBucketPolicyStatus, onBucket(s, "s3:GetBucketPolicyStatus", refOf[awss3.GetBucketPolicyStatusInput])),

		fakeaws.Bind(s.PutPublicAccessBlock, s.needPutPublicAccessBlock),
		fakeaws.Bind(s.GetPublicAccessBlock, onBucket(s, "s3:GetBucketPublicAccessBlock", func(in *awss3.GetPublicAccessBlockInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		// There is no action of the name DeleteBucketPublicAccessBlock.
		fakeaws.Bind(s.DeletePublicAccessBlock, onBucket(s, "s3:PutBucketPublicAccessBlock", func(in *awss3.DeletePublicAccessBlockInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),

		fakeaws.Bind(s.PutBucketTagging, s.needPutBucketTagging),
		fakeaws.Bind(s.GetBucketTagging, onBucket(s, "s3:GetBucketTagging", func(in *awss3.GetBucketTaggingInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
		// Nor one of the name DeleteBucketTagging.
		fakeaws.Bind(s.DeleteBucketTagging, onBucket(s, "s3:PutBucketTagging", func(in *awss3.DeleteBucketTaggingInput) bucketRef {
			return bucketRef{in.Bucket, in.ExpectedBucketOwner}
		})),
	}
}
