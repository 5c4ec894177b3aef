package s3

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// blockOps are the rows of Block Public Access of buckets.
func (s *Fake) blockOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.putPublicAccessBlock),
		bind(s, s.getPublicAccessBlock),
		bind(s, s.deletePublicAccessBlock),
	}
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

// blockAll is what every new bucket and access point has.
func blockAll() *types.PublicAccessBlockConfiguration {
	on := true
	return &types.PublicAccessBlockConfiguration{BlockPublicAcls: &on, IgnorePublicAcls: &on, BlockPublicPolicy: &on, RestrictPublicBuckets: &on}
}

// completeBlock is a configuration with all settings. One that was not sent is off.
func completeBlock(cfg *types.PublicAccessBlockConfiguration) *types.PublicAccessBlockConfiguration {
	setting := func(v *bool) *bool { return aws.Bool(aws.ToBool(v)) }
	return &types.PublicAccessBlockConfiguration{
		BlockPublicAcls:       setting(cfg.BlockPublicAcls),
		IgnorePublicAcls:      setting(cfg.IgnorePublicAcls),
		BlockPublicPolicy:     setting(cfg.BlockPublicPolicy),
		RestrictPublicBuckets: setting(cfg.RestrictPublicBuckets),
	}
}

// checkBlock refuses settings of which none is given.
func checkBlock(cfg *types.PublicAccessBlockConfiguration) error {
	switch {
	case cfg == nil:
		return errMalformedXML.of()
	case cfg.BlockPublicAcls == nil && cfg.IgnorePublicAcls == nil && cfg.BlockPublicPolicy == nil && cfg.RestrictPublicBuckets == nil:
		return errInvalidRequest.withText("Must specify at least one configuration.")
	}
	return nil
}

// putPublicAccessBlock sets Block Public Access of a bucket.
func (s *Fake) putPublicAccessBlock(call *fakeaws.Call, in *awss3.PutPublicAccessBlockInput) (*fakeaws.Plan[*awss3.PutPublicAccessBlockOutput], error) {
	if err := checkBlock(in.PublicAccessBlockConfiguration); err != nil {
		return nil, err
	}
	cfg := completeBlock(in.PublicAccessBlockConfiguration)
	return onBucket(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:PutBucketPublicAccessBlock", func(b *bucket) (*awss3.PutPublicAccessBlockOutput, error) {
		b.block = cfg
		return new(awss3.PutPublicAccessBlockOutput), nil
	})
}

// getPublicAccessBlock returns Block Public Access of a bucket that has it.
func (s *Fake) getPublicAccessBlock(call *fakeaws.Call, in *awss3.GetPublicAccessBlockInput) (*fakeaws.Plan[*awss3.GetPublicAccessBlockOutput], error) {
	return onBucket(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:GetBucketPublicAccessBlock", func(b *bucket) (*awss3.GetPublicAccessBlockOutput, error) {
		if b.block == nil {
			return nil, errNoPublicAccessBlock.of("BucketName", b.name)
		}
		return &awss3.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: completeBlock(b.block)}, nil
	})
}

// deletePublicAccessBlock takes Block Public Access off a bucket. There is no action of
// the name DeleteBucketPublicAccessBlock.
func (s *Fake) deletePublicAccessBlock(call *fakeaws.Call, in *awss3.DeletePublicAccessBlockInput) (*fakeaws.Plan[*awss3.DeletePublicAccessBlockOutput], error) {
	return onBucket(s, call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:PutBucketPublicAccessBlock", func(b *bucket) (*awss3.DeletePublicAccessBlockOutput, error) {
		b.block = nil
		return new(awss3.DeletePublicAccessBlockOutput), nil
	})
}
