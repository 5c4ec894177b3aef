package s3

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// objectRetentionOps are the rows of the retention and the legal hold of objects.
func (s *Fake) objectRetentionOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.putObjectRetention),
		bind(s, s.getObjectRetention),
		bind(s, s.putObjectLegalHold),
		bind(s, s.getObjectLegalHold),
	}
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

// admitLocks refuses a bucket without Object Lock.
func admitLocks(b *bucket) error {
	if !b.locking {
		return errInvalidRequest.withText("Bucket is missing Object Lock Configuration")
	}
	return nil
}

// putObjectRetention sets the retention of a version, or removes it.
func (s *Fake) putObjectRetention(call *fakeaws.Call, in *awss3.PutObjectRetentionInput) (*fakeaws.Plan[*awss3.PutObjectRetentionOutput], error) {
	if err := checkRetention(in.Retention, call.Time); err != nil {
		return nil, err
	}
	wanted := objectLock{mode: types.ObjectLockMode(in.Retention.Mode), until: aws.ToTime(in.Retention.RetainUntilDate)}
	bypass := aws.ToBool(in.BypassGovernanceRetention)
	plan, err := changeObject(s, call, versionChange[*awss3.PutObjectRetentionOutput]{
		ref:    objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId},
		action: "s3:PutObjectRetention", method: "PUT", admit: admitLocks,
		change: func(b *bucket, o *object) (*awss3.PutObjectRetentionOutput, error) {
			l := o.locked()
			if l.retained(s.world.Clock().Now()) && l.weakenedBy(wanted) && !(bypass && l.mode == types.ObjectLockModeGovernance) {
				return nil, errLocked.of()
			}
			o.lock = &objectLock{mode: wanted.mode, until: wanted.until, hold: l.hold}
			s.notify(b, o, occurrence{event: types.EventS3ObjectRetentionPut, call: call})
			return new(awss3.PutObjectRetentionOutput), nil
		},
	})
	if err != nil {
		return nil, err
	}
	keys := &plan.Needs[0].Context
	setEnum(keys, "s3:object-lock-mode", in.Retention.Mode)
	setRetention(keys, in.Retention.RetainUntilDate, call.Time)
	if bypass {
		plan.Needs = append(plan.Needs, narrowed(plan.Needs[0], "s3:BypassGovernanceRetention"))
	}
	return plan, nil
}

// weakenedBy reports whether another retention takes away from the one of a lock. A
// retention in force may be extended. To shorten it or to change its mode takes a bypass,
// and in compliance mode cannot be done at all. That this holds for the change from
// governance to compliance is unverified.
func (l objectLock) weakenedBy(other objectLock) bool {
	return other.mode != l.mode || other.until.Before(l.until)
}

// getObjectRetention returns the retention of a version that has one.
func (s *Fake) getObjectRetention(call *fakeaws.Call, in *awss3.GetObjectRetentionInput) (*fakeaws.Plan[*awss3.GetObjectRetentionOutput], error) {
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	return onObject(s, call, ref, "s3:GetObjectRetention", admitLocks, func(_ *bucket, o *object) (*awss3.GetObjectRetentionOutput, error) {
		l := o.locked()
		if l.mode == "" {
			return nil, errNoObjectLock.of()
		}
		return &awss3.GetObjectRetentionOutput{Retention: &types.ObjectLockRetention{Mode: types.ObjectLockRetentionMode(l.mode), RetainUntilDate: &l.until}}, nil
	})
}

// putObjectLegalHold sets or releases the legal hold of a version.
func (s *Fake) putObjectLegalHold(call *fakeaws.Call, in *awss3.PutObjectLegalHoldInput) (*fakeaws.Plan[*awss3.PutObjectLegalHoldOutput], error) {
	if in.LegalHold == nil || !known(in.LegalHold.Status) {
		return nil, errMalformedXML.of()
	}
	plan, err := changeObject(s, call, versionChange[*awss3.PutObjectLegalHoldOutput]{
		ref:    objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId},
		action: "s3:PutObjectLegalHold", method: "PUT", admit: admitLocks,
		change: func(_ *bucket, o *object) (*awss3.PutObjectLegalHoldOutput, error) {
			l := o.locked()
			l.hold = in.LegalHold.Status
			o.lock = &l
			return new(awss3.PutObjectLegalHoldOutput), nil
		},
	})
	if err != nil {
		return nil, err
	}
	setEnum(&plan.Needs[0].Context, "s3:object-lock-legal-hold", in.LegalHold.Status)
	return plan, nil
}

// getObjectLegalHold returns the legal hold of a version that was ever given one.
func (s *Fake) getObjectLegalHold(call *fakeaws.Call, in *awss3.GetObjectLegalHoldInput) (*fakeaws.Plan[*awss3.GetObjectLegalHoldOutput], error) {
	ref := objectRef{bucketRef{in.Bucket, in.ExpectedBucketOwner}, in.Key, in.VersionId}
	return onObject(s, call, ref, "s3:GetObjectLegalHold", admitLocks, func(_ *bucket, o *object) (*awss3.GetObjectLegalHoldOutput, error) {
		l := o.locked()
		if l.hold == "" {
			return nil, errNoObjectLock.of()
		}
		return &awss3.GetObjectLegalHoldOutput{LegalHold: &types.ObjectLockLegalHold{Status: l.hold}}, nil
	})
}
