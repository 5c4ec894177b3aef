package s3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) needPutPublicAccessBlock(ctx context.Context, in *awss3.PutPublicAccessBlockInput) ([]fakeaws.Need, error) {
	if in.PublicAccessBlockConfiguration == nil {
		return nil, errMalformedXML.of()
	}
	return s.bucketNeeds(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:PutBucketPublicAccessBlock")
}

// A block is Block Public Access as it is in force for a bucket.
type block struct{ blockACLs, ignoreACLs, blockPolicy, restrict bool }

// and adds the settings of another level: the most restrictive counts.
func (k *block) and(cfg *types.PublicAccessBlockConfiguration) {
	if cfg == nil {
		return
	}
	k.blockACLs = k.blockACLs || aws.ToBool(cfg.BlockPublicAcls)
	k.ignoreACLs = k.ignoreACLs || aws.ToBool(cfg.IgnorePublicAcls)
	k.blockPolicy = k.blockPolicy || aws.ToBool(cfg.BlockPublicPolicy)
	k.restrict = k.restrict || aws.ToBool(cfg.RestrictPublicBuckets)
}

// blockOf is Block Public Access of a bucket and of its owner's account.
func (s *Fake) blockOf(b *bucket) block {
	var k block
	k.and(b.block)
	k.and(s.accountBlocks[b.owner.ID])
	return k
}

// PutPublicAccessBlock sets Block Public Access of a bucket. A setting that is
// not sent is off.
func (s *Fake) PutPublicAccessBlock(ctx context.Context, in *awss3.PutPublicAccessBlockInput) (*awss3.PutPublicAccessBlockOutput, error) {
	cfg := in.PublicAccessBlockConfiguration
	if cfg == nil {
		return nil, errMalformedXML.of()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	b.block = completeBlock(cfg)
	return new(awss3.PutPublicAccessBlockOutput), nil
}

func completeBlock(cfg *types.PublicAccessBlockConfiguration) *types.PublicAccessBlockConfiguration {
	setting := func(v *bool) *bool { return aws.Bool(aws.ToBool(v)) }
	return &types.PublicAccessBlockConfiguration{
		BlockPublicAcls:       setting(cfg.BlockPublicAcls),
		IgnorePublicAcls:      setting(cfg.IgnorePublicAcls),
		BlockPublicPolicy:     setting(cfg.BlockPublicPolicy),
		RestrictPublicBuckets: setting(cfg.RestrictPublicBuckets),
	}
}

// GetPublicAccessBlock returns Block Public Access of a bucket that has it.
func (s *Fake) GetPublicAccessBlock(ctx context.Context, in *awss3.GetPublicAccessBlockInput) (*awss3.GetPublicAccessBlockOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	if b.block == nil {
		return nil, errNoPublicAccessBlock.of("BucketName", b.name)
	}
	return &awss3.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: completeBlock(b.block)}, nil
}

// DeletePublicAccessBlock takes Block Public Access off a bucket.
func (s *Fake) DeletePublicAccessBlock(ctx context.Context, in *awss3.DeletePublicAccessBlockInput) (*awss3.DeletePublicAccessBlockOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	b.block = nil
	return new(awss3.DeletePublicAccessBlockOutput), nil
}
