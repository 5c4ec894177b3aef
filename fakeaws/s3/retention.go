package s3

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) needPutObjectRetention(ctx context.Context, in *awss3.PutObjectRetentionInput) ([]fakeaws.Need, error) {
	call := fakeaws.CallFrom(ctx)
	if err := checkRetention(in.Retention, call.Time); err != nil {
		return nil, err
	}
	needs, err := s.objectNeeds(call, objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, "s3:PutObjectRetention")
	if err != nil {
		return nil, err
	}
	keys := &needs[0].Context
	setEnum(keys, "s3:object-lock-mode", in.Retention.Mode)
	setRetention(keys, in.Retention.RetainUntilDate, call.Time)
	if aws.ToBool(in.BypassGovernanceRetention) {
		needs = append(needs, narrowed(needs[0], "s3:BypassGovernanceRetention"))
	}
	return needs, nil
}

func checkRetention(r *types.ObjectLockRetention, now time.Time) error {
	switch {
	case r == nil:
		return errMalformedXML.of()
	case r.EventHold != "":
		return notImplemented("EventHold")
	case r.EventHoldDuration != nil:
		return notImplemented("EventHoldDuration")
	case r.Mode == "" && r.RetainUntilDate == nil:
		return nil // the retention is to be removed
	case !known(r.Mode), r.RetainUntilDate == nil:
		return errMalformedXML.of()
	}
	return checkRetainUntil(*r.RetainUntilDate, now)
}

// PutObjectRetention sets the retention of a version, or removes it.
func (s *Fake) PutObjectRetention(ctx context.Context, in *awss3.PutObjectRetentionInput) (*awss3.PutObjectRetentionOutput, error) {
	err := s.relock(ctx, objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, func(l *lock, now time.Time) error {
		wanted := lock{mode: types.ObjectLockMode(in.Retention.Mode), until: aws.ToTime(in.Retention.RetainUntilDate), hold: l.hold}
		// A retention in force may be extended. To shorten it or to change its mode
		// takes a bypass, and in compliance mode cannot be done at all. That this
		// holds for the change from governance to compliance is unverified.
		weaker := wanted.mode != l.mode || wanted.until.Before(l.until)
		bypassed := aws.ToBool(in.BypassGovernanceRetention) && l.mode == types.ObjectLockModeGovernance
		if l.retained(now) && weaker && !bypassed {
			return errLocked.of()
		}
		*l = wanted
		return nil
	})
	if err != nil {
		return nil, err
	}
	return new(awss3.PutObjectRetentionOutput), nil
}

// relock changes the lock of a version.
func (s *Fake) relock(ctx context.Context, ref objectRef, change func(l *lock, now time.Time) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, o, err := s.lockable(ctx, ref, "PUT")
	if err != nil {
		return err
	}
	l := o.locked()
	if err := change(&l, s.world.Clock().Now()); err != nil {
		return err
	}
	changed := *o
	changed.lock = &l
	b.replace(&changed)
	return nil
}

// lockable finds a version in a bucket with Object Lock.
func (s *Fake) lockable(ctx context.Context, ref objectRef, method string) (*bucket, *object, error) {
	b, o, err := s.object(fakeaws.CallFrom(ctx), ref, method)
	if b != nil && !b.locking {
		return nil, nil, errInvalidRequest.says("Bucket is missing Object Lock Configuration")
	}
	return b, o, err
}

func (s *Fake) needGetObjectRetention(ctx context.Context, in *awss3.GetObjectRetentionInput) ([]fakeaws.Need, error) {
	return s.objectNeeds(fakeaws.CallFrom(ctx), objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, "s3:GetObjectRetention")
}

// GetObjectRetention returns the retention of a version that has one.
func (s *Fake) GetObjectRetention(ctx context.Context, in *awss3.GetObjectRetentionInput) (*awss3.GetObjectRetentionOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, o, err := s.lockable(ctx, objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, "GET")
	if err != nil {
		return nil, err
	}
	l := o.locked()
	if l.mode == "" {
		return nil, errNoObjectLock.of("Key", o.key)
	}
	return &awss3.GetObjectRetentionOutput{Retention: &types.ObjectLockRetention{Mode: types.ObjectLockRetentionMode(l.mode), RetainUntilDate: &l.until}}, nil
}

func (s *Fake) needPutObjectLegalHold(ctx context.Context, in *awss3.PutObjectLegalHoldInput) ([]fakeaws.Need, error) {
	if in.LegalHold == nil || !known(in.LegalHold.Status) {
		return nil, errMalformedXML.of()
	}
	needs, err := s.objectNeeds(fakeaws.CallFrom(ctx), objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, "s3:PutObjectLegalHold")
	if err != nil {
		return nil, err
	}
	setEnum(&needs[0].Context, "s3:object-lock-legal-hold", in.LegalHold.Status)
	return needs, nil
}

// PutObjectLegalHold sets or releases the legal hold of a version.
func (s *Fake) PutObjectLegalHold(ctx context.Context, in *awss3.PutObjectLegalHoldInput) (*awss3.PutObjectLegalHoldOutput, error) {
	err := s.relock(ctx, objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, func(l *lock, _ time.Time) error {
		l.hold = in.LegalHold.Status
		return nil
	})
	if err != nil {
		return nil, err
	}
	return new(awss3.PutObjectLegalHoldOutput), nil
}

func (s *Fake) needGetObjectLegalHold(ctx context.Context, in *awss3.GetObjectLegalHoldInput) ([]fakeaws.Need, error) {
	return s.objectNeeds(fakeaws.CallFrom(ctx), objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, "s3:GetObjectLegalHold")
}

// GetObjectLegalHold returns the legal hold of a version that ever had one.
func (s *Fake) GetObjectLegalHold(ctx context.Context, in *awss3.GetObjectLegalHoldInput) (*awss3.GetObjectLegalHoldOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, o, err := s.lockable(ctx, objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}, "GET")
	if err != nil {
		return nil, err
	}
	l := o.locked()
	if l.hold == "" {
		return nil, errNoObjectLock.of("Key", o.key)
	}
	return &awss3.GetObjectLegalHoldOutput{LegalHold: &types.ObjectLockLegalHold{Status: l.hold}}, nil
}
