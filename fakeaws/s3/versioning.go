package s3

import (
	"context"
	"strings"

	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Service) needPutBucketVersioning(ctx context.Context, in *awss3.PutBucketVersioningInput) ([]enforce.Need, error) {
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
func (s *Service) PutBucketVersioning(ctx context.Context, in *awss3.PutBucketVersioningInput) (*awss3.PutBucketVersioningOutput, error) {
	call := fakeaws.CallFrom(ctx)
	cfg := in.VersioningConfiguration
	if err := checkVersioning(cfg); err != nil {
		return nil, err
	}
	mfa, err := authenticateMFA(call, in.MFA)
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
	if !mfa && (b.mfaDelete == types.MFADeleteStatusEnabled || cfg.MFADelete == types.MFADeleteEnabled) {
		return nil, errMFARequired.of()
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

// authenticateMFA checks the code of the x-amz-mfa header, a serial number and a
// code, of the bucket owner's root user: nobody else can use MFA Delete (User
// Guide, "Configuring MFA delete"). It reports whether there was one.
func authenticateMFA(call *fakeaws.Call, header *string) (bool, error) {
	if header == nil {
		return false, nil
	}
	if call.Caller.Type != enforce.Root {
		return false, errAccessDenied.says("This operation may only be performed by the bucket owner")
	}
	serial, code, _ := strings.Cut(*header, " ")
	switch call.World.Directory().MFACode(call.Caller, serial, code, true) {
	case fakeaws.MFAPassed:
		return true, nil
	case fakeaws.MFAUnknownDevice:
		return false, errNotDeviceOwner.of()
	}
	return false, errMFAInvalid.of()
}

// GetBucketVersioning tells whether a bucket has versioning; a bucket that never
// had it has no status at all.
func (s *Service) GetBucketVersioning(ctx context.Context, in *awss3.GetBucketVersioningInput) (*awss3.GetBucketVersioningOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, err := s.bucket(fakeaws.CallFrom(ctx), bucketRef{in.Bucket, in.ExpectedBucketOwner})
	if err != nil {
		return nil, err
	}
	return &awss3.GetBucketVersioningOutput{Status: b.versioning, MFADelete: b.mfaDelete}, nil
}

// checkMFADelete refuses to remove a version without a code where the bucket
// wants one.
func (b *bucket) checkMFADelete(version *string, mfa bool) error {
	if version != nil && b.mfaDelete == types.MFADeleteStatusEnabled && !mfa {
		return errMFARequired.of()
	}
	return nil
}
