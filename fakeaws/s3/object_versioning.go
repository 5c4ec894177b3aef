package s3

import (
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// versioningOps are the rows of versioning of buckets.
func (s *Fake) versioningOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.putBucketVersioning),
		bind(s, s.getBucketVersioning),
	}
}

func checkVersioning(cfg *types.VersioningConfiguration) error {
	switch {
	case cfg == nil:
		return errMalformedXML.of()
	case cfg.Status == "":
		return errIllegalVersioning.of()
	case cfg.Status != types.BucketVersioningStatusEnabled && cfg.Status != types.BucketVersioningStatusSuspended,
		cfg.MFADelete != "" && cfg.MFADelete != types.MFADeleteEnabled && cfg.MFADelete != types.MFADeleteDisabled:
		return errMalformedXML.of()
	}
	return nil
}

// putBucketVersioning turns versioning of a bucket on, or suspends it.
func (s *Fake) putBucketVersioning(call *fakeaws.Call, in *awss3.PutBucketVersioningInput) (*fakeaws.Plan[*awss3.PutBucketVersioningOutput], error) {
	cfg := in.VersioningConfiguration
	if err := checkVersioning(cfg); err != nil {
		return nil, err
	}
	b, needs, err := s.askBucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:PutBucketVersioning")
	if err != nil {
		return nil, err
	}
	return withMFA(s, call, b, needs, in.MFA, func(shownBy string) (*awss3.PutBucketVersioningOutput, error) {
		if err := b.setVersioning(cfg, shownBy); err != nil {
			return nil, err
		}
		return new(awss3.PutBucketVersioningOutput), nil
	}), nil
}

// setVersioning sets versioning of a bucket. shownBy is the account whose root user showed
// a code, or "".
func (b *bucket) setVersioning(cfg *types.VersioningConfiguration, shownBy string) error {
	// With MFA Delete on, every change of versioning needs a code (User Guide,
	// "Configuring MFA delete").
	enabling := cfg.MFADelete == types.MFADeleteEnabled
	if err := b.checkMFA(shownBy, enabling || b.mfaDelete == types.MFADeleteStatusEnabled); err != nil {
		return err
	}
	if enabling && b.lifecycle != nil {
		return errInvalidBucketState.withText("Mfa Authentication is not supported on a bucket with lifecycle configuration. Delete lifecycle configuration before enabling Mfa Authentication.")
	}
	if cfg.Status == types.BucketVersioningStatusSuspended && b.locking {
		return errInvalidBucketState.withText("An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
	}
	b.versioning = cfg.Status
	if cfg.MFADelete != "" {
		b.mfaDelete = types.MFADeleteStatus(cfg.MFADelete)
	}
	return nil
}

// getBucketVersioning tells whether a bucket has versioning; a bucket that never
// had it has no status at all.
func (s *Fake) getBucketVersioning(call *fakeaws.Call, in *awss3.GetBucketVersioningInput) (*fakeaws.Plan[*awss3.GetBucketVersioningOutput], error) {
	b, needs, err := s.askBucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:GetBucketVersioning")
	if err != nil {
		return nil, err
	}
	return withBucket(s, call, b, needs, func(b *bucket) (*awss3.GetBucketVersioningOutput, error) {
		return &awss3.GetBucketVersioningOutput{Status: b.versioning, MFADelete: b.mfaDelete}, nil
	}), nil
}
