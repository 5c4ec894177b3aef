package s3

import (
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// bucketTaggingOps are the rows of the tags of buckets.
func (s *Fake) bucketTaggingOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.putBucketTagging),
		bind(s, s.getBucketTagging),
		bind(s, s.deleteBucketTagging),
	}
}

// checkTagging refuses the older operations on tags where attribute-based access
// control is enabled: there TagResource and UntagResource change them (API Reference,
// "PutBucketAbac"). With which error is unverified.
func (b *bucket) checkTagging() error {
	if b.abacEnabled() {
		return errTagsByResource.of("ResourceType", "BUCKET")
	}
	return nil
}

// putBucketTagging replaces all tags of a bucket.
func (s *Fake) putBucketTagging(call *fakeaws.Call, in *awss3.PutBucketTaggingInput) (*fakeaws.Plan[*awss3.PutBucketTaggingOutput], error) {
	tags, err := tagSet(in.Tagging)
	if err != nil {
		return nil, err
	}
	if err := checkTags(tags, bucketTags); err != nil {
		return nil, err
	}
	tags = cloneTags(tags)
	return onBucket(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:PutBucketTagging", func(b *bucket) (*awss3.PutBucketTaggingOutput, error) {
		if err := b.checkTagging(); err != nil {
			return nil, err
		}
		b.tags = tags
		return new(awss3.PutBucketTaggingOutput), nil
	})
}

// getBucketTagging returns the tags of a bucket that has some.
func (s *Fake) getBucketTagging(call *fakeaws.Call, in *awss3.GetBucketTaggingInput) (*fakeaws.Plan[*awss3.GetBucketTaggingOutput], error) {
	return onBucket(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:GetBucketTagging", func(b *bucket) (*awss3.GetBucketTaggingOutput, error) {
		if len(b.tags) == 0 {
			return nil, errNoSuchTagSet.of("BucketName", b.name)
		}
		return &awss3.GetBucketTaggingOutput{TagSet: cloneTags(b.tags)}, nil
	})
}

// deleteBucketTagging removes all tags of a bucket. There is no action of the name
// DeleteBucketTagging.
func (s *Fake) deleteBucketTagging(call *fakeaws.Call, in *awss3.DeleteBucketTaggingInput) (*fakeaws.Plan[*awss3.DeleteBucketTaggingOutput], error) {
	return onBucket(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:PutBucketTagging", func(b *bucket) (*awss3.DeleteBucketTaggingOutput, error) {
		if err := b.checkTagging(); err != nil {
			return nil, err
		}
		b.tags = nil
		return new(awss3.DeleteBucketTaggingOutput), nil
	})
}
