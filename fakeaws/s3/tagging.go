package s3

import (
	"context"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) needPutBucketTagging(ctx context.Context, in *awss3.PutBucketTaggingInput) ([]enforce.Need, error) {
	tags, err := tagSet(in.Tagging)
	if err != nil {
		return nil, err
	}
	if err := checkTags(tags, bucketTags); err != nil {
		return nil, err
	}
	return s.bucketNeeds(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:PutBucketTagging")
}

// PutBucketTagging replaces all tags of a bucket.
func (s *Fake) PutBucketTagging(ctx context.Context, in *awss3.PutBucketTaggingInput) (*awss3.PutBucketTaggingOutput, error) {
	tags, err := tagSet(in.Tagging)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	if err := b.checkTagging(); err != nil {
		return nil, err
	}
	b.tags = cloneTags(tags)
	return new(awss3.PutBucketTaggingOutput), nil
}

// checkTagging refuses the older operations on tags where attribute-based access
// control is enabled: there TagResource and UntagResource change them (API Reference,
// "PutBucketAbac"). With which error is unverified.
func (b *bucket) checkTagging() error {
	if b.abac() {
		return errTagsByResource.of("ResourceType", "BUCKET")
	}
	return nil
}

// GetBucketTagging returns the tags of a bucket that has some.
func (s *Fake) GetBucketTagging(ctx context.Context, in *awss3.GetBucketTaggingInput) (*awss3.GetBucketTaggingOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	if len(b.tags) == 0 {
		return nil, errNoSuchTagSet.of("BucketName", b.name)
	}
	return &awss3.GetBucketTaggingOutput{TagSet: cloneTags(b.tags)}, nil
}

// DeleteBucketTagging removes all tags of a bucket.
func (s *Fake) DeleteBucketTagging(ctx context.Context, in *awss3.DeleteBucketTaggingInput) (*awss3.DeleteBucketTaggingOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	if err := b.checkTagging(); err != nil {
		return nil, err
	}
	b.tags = nil
	return new(awss3.DeleteBucketTaggingOutput), nil
}
