package s3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Limits of a default retention (User Guide, "Amazon S3 Object Lock
// considerations": 100 years).
const (
	maxRetentionDays  = 36500
	maxRetentionYears = 100
)

func (s *Fake) needPutObjectLockConfiguration(ctx context.Context, in *awss3.PutObjectLockConfigurationInput) ([]fakeaws.Need, error) {
	if err := checkLockConfiguration(in.ObjectLockConfiguration); err != nil {
		return nil, err
	}
	return s.bucketNeeds(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:PutBucketObjectLockConfiguration")
}

func checkLockConfiguration(cfg *types.ObjectLockConfiguration) error {
	if cfg == nil || cfg.ObjectLockEnabled != types.ObjectLockEnabledEnabled {
		return errMalformedXML.of()
	}
	if cfg.Rule == nil {
		return nil
	}
	r := cfg.Rule.DefaultRetention
	switch {
	case r == nil:
		return errMalformedXML.of()
	case r.DefaultEventHold != nil:
		return notImplemented("DefaultEventHold")
	case !known(r.Mode), (r.Days == nil) == (r.Years == nil):
		return errMalformedXML.of()
	}
	period, limit := aws.ToInt32(r.Days), int32(maxRetentionDays)
	if r.Years != nil {
		period, limit = *r.Years, maxRetentionYears
	}
	switch {
	case period <= 0:
		return errInvalidArgument.says("Default retention period must be a positive integer value.")
	case period > limit:
		return errInvalidArgument.says("Default retention period too large.")
	}
	return nil
}

// PutObjectLockConfiguration turns Object Lock of a bucket on, which cannot be
// undone, and sets what new objects get.
func (s *Fake) PutObjectLockConfiguration(ctx context.Context, in *awss3.PutObjectLockConfigurationInput) (*awss3.PutObjectLockConfigurationOutput, error) {
	if err := checkLockConfiguration(in.ObjectLockConfiguration); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	if !b.versioned() {
		return nil, errInvalidBucketState.says("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
	}
	b.locking, b.retention = true, nil
	if rule := in.ObjectLockConfiguration.Rule; rule != nil {
		r := *rule.DefaultRetention
		b.retention = &r
	}
	return new(awss3.PutObjectLockConfigurationOutput), nil
}

// GetObjectLockConfiguration returns Object Lock of a bucket that has it.
func (s *Fake) GetObjectLockConfiguration(ctx context.Context, in *awss3.GetObjectLockConfigurationInput) (*awss3.GetObjectLockConfigurationOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	if !b.locking {
		return nil, errNoLockConfiguration.of("BucketName", b.name)
	}
	cfg := &types.ObjectLockConfiguration{ObjectLockEnabled: types.ObjectLockEnabledEnabled}
	if b.retention != nil {
		r := *b.retention
		cfg.Rule = &types.ObjectLockRule{DefaultRetention: &r}
	}
	return &awss3.GetObjectLockConfigurationOutput{ObjectLockConfiguration: cfg}, nil
}
