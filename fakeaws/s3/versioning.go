package s3

import (
	"context"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) needPutBucketVersioning(ctx context.Context, in *awss3.PutBucketVersioningInput) ([]fakeaws.Need, error) {
	if err := checkVersioning(in.VersioningConfiguration); err != nil {
		return nil, err
	}
	return s.bucketNeeds(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner}, "s3:PutBucketVersioning")
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

// PutBucketVersioning turns versioning of a bucket on, or suspends it.
func (s *Fake) PutBucketVersioning(ctx context.Context, in *awss3.PutBucketVersioningInput) (*awss3.PutBucketVersioningOutput, error) {
	call := fakeaws.CallFrom(ctx)
	cfg := in.VersioningConfiguration
	if err := checkVersioning(cfg); err != nil {
		return nil, err
	}
	shownBy, err := authenticateMFA(call, in.MFA)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(call, bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	// With MFA Delete on, every change of versioning needs a code (User Guide,
	// "Configuring MFA delete").
	enabling := cfg.MFADelete == types.MFADeleteEnabled
	if err := b.checkMFA(shownBy, enabling || b.mfaDelete == types.MFADeleteStatusEnabled); err != nil {
		return nil, err
	}
	if enabling && configured[lifecycle](b) != nil {
		return nil, errInvalidBucketState.says("Mfa Authentication is not supported on a bucket with lifecycle configuration. Delete lifecycle configuration before enabling Mfa Authentication.")
	}
	if cfg.Status == types.BucketVersioningStatusSuspended && b.locking {
		return nil, errInvalidBucketState.says("An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
	}
	b.versioning = cfg.Status
	if cfg.MFADelete != "" {
		b.mfaDelete = types.MFADeleteStatus(cfg.MFADelete)
	}
	return new(awss3.PutBucketVersioningOutput), nil
}

// GetBucketVersioning tells whether a bucket has versioning; a bucket that never
// had it has no status at all.
func (s *Fake) GetBucketVersioning(ctx context.Context, in *awss3.GetBucketVersioningInput) (*awss3.GetBucketVersioningOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	return &awss3.GetBucketVersioningOutput{Status: b.versioning, MFADelete: b.mfaDelete}, nil
}
