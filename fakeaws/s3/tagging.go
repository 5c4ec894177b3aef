package s3

import (
	"context"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) needPutBucketTagging(ctx context.Context, in *awss3.PutBucketTaggingInput) ([]fakeaws.Need, error) {
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

func (s *Fake) needPutObjectTagging(ctx context.Context, in *awss3.PutObjectTaggingInput) ([]fakeaws.Need, error) {
	tags, err := tagSet(in.Tagging)
	if err != nil {
		return nil, err
	}
	if err := checkTags(tags, objectTags); err != nil {
		return nil, err
	}
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	need, err := s.objectNeeds(fakeaws.CallFrom(ctx), ref, byVersion(in.VersionId, "s3:PutObjectTagging", "s3:PutObjectVersionTagging"))
	if err != nil {
		return nil, err
	}
	setRequestTags(&need[0].Context, tags)
	return need, nil
}

func (s *Fake) needGetObjectTagging(ctx context.Context, in *awss3.GetObjectTaggingInput) ([]fakeaws.Need, error) {
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	return s.objectNeeds(fakeaws.CallFrom(ctx), ref, byVersion(in.VersionId, "s3:GetObjectTagging", "s3:GetObjectVersionTagging"))
}

func (s *Fake) needDeleteObjectTagging(ctx context.Context, in *awss3.DeleteObjectTaggingInput) ([]fakeaws.Need, error) {
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	return s.objectNeeds(fakeaws.CallFrom(ctx), ref, byVersion(in.VersionId, "s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging"))
}

// PutObjectTagging replaces all tags of an object.
func (s *Fake) PutObjectTagging(ctx context.Context, in *awss3.PutObjectTaggingInput) (*awss3.PutObjectTaggingOutput, error) {
	tags, err := tagSet(in.Tagging)
	if err != nil {
		return nil, err
	}
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	version, err := s.retag(ctx, ref, cloneTags(tags), "PUT")
	if err != nil {
		return nil, err
	}
	return &awss3.PutObjectTaggingOutput{VersionId: version}, nil
}

// DeleteObjectTagging removes all tags of an object.
func (s *Fake) DeleteObjectTagging(ctx context.Context, in *awss3.DeleteObjectTaggingInput) (*awss3.DeleteObjectTaggingOutput, error) {
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	version, err := s.retag(ctx, ref, nil, "DELETE")
	if err != nil {
		return nil, err
	}
	return &awss3.DeleteObjectTaggingOutput{VersionId: version}, nil
}

// retag gives other tags to an object, and returns its version.
func (s *Fake) retag(ctx context.Context, ref objectRef, tags []types.Tag, method string) (*string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, o, err := s.object(fakeaws.CallFrom(ctx), ref, method)
	if err != nil {
		return nil, err
	}
	retagged := *o
	retagged.tags = tags
	b.replace(&retagged)
	return b.shown(o), nil
}

// GetObjectTagging returns the tags of an object.
func (s *Fake) GetObjectTagging(ctx context.Context, in *awss3.GetObjectTaggingInput) (*awss3.GetObjectTaggingOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, o, err := s.object(fakeaws.CallFrom(ctx), objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, "GET")
	if err != nil {
		return nil, err
	}
	return &awss3.GetObjectTaggingOutput{TagSet: cloneTags(o.tags), VersionId: b.shown(o)}, nil
}
