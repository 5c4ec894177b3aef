package s3

import (
	"sync"

	"github.com/tidwall/btree"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Service is Amazon S3 in one World: the buckets of all its accounts and
// regions, which share one namespace.
type Service struct {
	world *fakeaws.World
	// nothing is the policy of a bucket whose own one is out of force.
	nothing *enforce.Policy

	mu      sync.Mutex // guards buckets and all that they hold
	buckets btree.Map[string, *bucket]
}

// New returns S3 without buckets.
func New(w *fakeaws.World) *Service {
	return &Service{world: w, nothing: enforce.Empty(enforce.BucketPolicy)}
}

// Ops implements fakeaws.Service.
func (s *Service) Ops() []fakeaws.Op {
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

		fakeaws.Bind(s.ListObjects, s.needListObjects),
		fakeaws.Bind(s.ListObjectsV2, s.needListObjectsV2),

		fakeaws.Bind(s.PutObject, s.needPutObject),
		fakeaws.Bind(s.GetObject, s.needGetObject),
		fakeaws.Bind(s.HeadObject, s.needHeadObject),
		fakeaws.Bind(s.CopyObject, s.needCopyObject),
		fakeaws.Bind(s.DeleteObject, s.needDeleteObject),
		fakeaws.Bind(s.DeleteObjects, s.needDeleteObjects),
		fakeaws.Bind(s.PutObjectTagging, s.needPutObjectTagging),
		fakeaws.Bind(s.GetObjectTagging, s.needGetObjectTagging),
		fakeaws.Bind(s.DeleteObjectTagging, s.needDeleteObjectTagging),
	}
}

// Denied implements fakeaws.Service. S3 explains a denial only to callers of
// the account that owns the resource (User Guide, "Troubleshoot access denied
// (403 Forbidden) errors in Amazon S3"); it puts the resource in quotes.
func (s *Service) Denied(call *fakeaws.Call, need *enforce.Need, d *enforce.Decision) error {
	if call.Anonymous() || need.ResourceAccount != "" && need.ResourceAccount != call.Account {
		return errAccessDenied.of()
	}
	style := enforce.MessageStyle{QuoteResource: true, PolicyARN: true, Name: need.Name}
	return errAccessDenied.says(d.Message(style))
}
