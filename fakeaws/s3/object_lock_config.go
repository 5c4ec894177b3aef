package s3

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// lockConfigurationOps are the rows of Object Lock of buckets.
func (s *Fake) lockConfigurationOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.putObjectLockConfiguration),
		bind(s, s.getObjectLockConfiguration),
	}
}

// Limits of a default retention (User Guide, "Amazon S3 Object Lock
// considerations": 100 years).
const (
	maxRetentionDays  = 36500
	maxRetentionYears = 100
)

func checkLockConfiguration(cfg *types.ObjectLockConfiguration) error {
	if cfg == nil {
		return errMissingRequestBody.of()
	}
	if cfg.ObjectLockEnabled != types.ObjectLockEnabledEnabled {
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
		return errInvalidArgument.withText("Default retention period must be a positive integer value.")
	case period > limit:
		return errInvalidArgument.withText("Default retention period too large.")
	}
	return nil
}

// putObjectLockConfiguration turns Object Lock of a bucket on, which cannot be
// undone, and sets what new objects get.
func (s *Fake) putObjectLockConfiguration(call *fakeaws.Call, in *awss3.PutObjectLockConfigurationInput) (*fakeaws.Plan[*awss3.PutObjectLockConfigurationOutput], error) {
	if err := checkLockConfiguration(in.ObjectLockConfiguration); err != nil {
		return nil, err
	}
	var retention *types.DefaultRetention
	if rule := in.ObjectLockConfiguration.Rule; rule != nil {
		r := *rule.DefaultRetention
		retention = &r
	}
	b, needs, err := s.askBucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:PutBucketObjectLockConfiguration")
	if err != nil {
		return nil, err
	}
	return withBucket(s, call, b, needs, func(b *bucket) (*awss3.PutObjectLockConfigurationOutput, error) {
		if !b.versioned() {
			return nil, errInvalidBucketState.withText("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
		}
		b.locking, b.retention = true, retention
		return new(awss3.PutObjectLockConfigurationOutput), nil
	}), nil
}

// getObjectLockConfiguration returns Object Lock of a bucket that has it.
func (s *Fake) getObjectLockConfiguration(call *fakeaws.Call, in *awss3.GetObjectLockConfigurationInput) (*fakeaws.Plan[*awss3.GetObjectLockConfigurationOutput], error) {
	b, needs, err := s.askBucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:GetBucketObjectLockConfiguration")
	if err != nil {
		return nil, err
	}
	return withBucket(s, call, b, needs, func(b *bucket) (*awss3.GetObjectLockConfigurationOutput, error) {
		if !b.locking {
			return nil, errNoLockConfiguration.of("BucketName", b.name)
		}
		cfg := &types.ObjectLockConfiguration{ObjectLockEnabled: types.ObjectLockEnabledEnabled}
		if b.retention != nil {
			r := *b.retention
			cfg.Rule = &types.ObjectLockRule{DefaultRetention: &r}
		}
		return &awss3.GetObjectLockConfigurationOutput{ObjectLockConfiguration: cfg}, nil
	}), nil
}
