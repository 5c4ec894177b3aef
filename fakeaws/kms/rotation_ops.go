package kms

import (
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// The rotation period that EnableKeyRotation gives, and how often a key can be rotated on
// demand ("Rotate AWS KMS keys").
const (
	defaultPeriod = 365
	maxOnDemand   = 25
)

// A rotation is the automatic rotation of a key, and how often it was rotated on demand.
type rotation struct {
	period   int32 // in days; 0 is off
	next     time.Time
	onDemand int
}

func (s *Fake) rotationOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s.enableKeyRotation), bind(s.disableKeyRotation), bind(s.getKeyRotationStatus), bind(s.rotateKeyOnDemand), bind(s.listKeyRotations),
	}
}

// due reports whether a key is to be rotated.
func (r *record) due(now time.Time) bool { return r.period > 0 && !now.Before(r.next) }

// rotateDue does the rotations that are due, each at its time. A key that is disabled or
// pending deletion then is not rotated: KMS does it when it is enabled again, if it is due
// ("Rotate AWS KMS keys").
func (s *Fake) rotateDue(key *fakeaws.Key, r *record, now time.Time) *record {
	if key.State != string(types.KeyStateEnabled) || primaryOf(key) != key {
		return r
	}
	changed := *r
	changed.versions = append([]version(nil), r.versions...)
	for changed.due(now) {
		changed.add(s.newVersion(key, nil), changed.next, types.RotationTypeAutomatic)
		changed.next = changed.next.Add(time.Duration(changed.period) * day)
	}
	return &changed
}

func (r *record) add(v version, at time.Time, by types.RotationType) {
	v.rotated, v.by = at, by
	r.versions = append(r.versions, v)
}

// onRotation plans an operation that changes the rotation of a key, of a primary one if it
// has replicas.
func onRotation[O any](s *Fake, call *fakeaws.Call, u *use, do func(*fakeaws.Key, time.Time) (O, error)) (*fakeaws.Plan[O], error) {
	return changeKey(s, call, u, rotating, func(key *fakeaws.Key, now time.Time) (none O, _ error) {
		if primaryOf(key) != key {
			return none, unsupported(key.ARN + textPrimaryOnly)
		}
		return do(key, now)
	})
}

func (s *Fake) enableKeyRotation(call *fakeaws.Call, in *awskms.EnableKeyRotationInput) (*fakeaws.Plan[*awskms.EnableKeyRotationOutput], error) {
	period := int32(defaultPeriod)
	if in.RotationPeriodInDays != nil {
		period = *in.RotationPeriodInDays
	}
	u := &use{id: in.KeyId, action: "kms:EnableKeyRotation", set: func(c *enforce.Context) {
		c.Set("kms:RotationPeriodInDays", strconv.Itoa(int(period)))
	}}
	return onRotation(s, call, u, func(key *fakeaws.Key, now time.Time) (*awskms.EnableKeyRotationOutput, error) {
		s.change(key, now, func(r *record) { r.period, r.next = period, now.Add(time.Duration(period)*day) })
		return &awskms.EnableKeyRotationOutput{}, nil
	})
}

func (s *Fake) disableKeyRotation(call *fakeaws.Call, in *awskms.DisableKeyRotationInput) (*fakeaws.Plan[*awskms.DisableKeyRotationOutput], error) {
	u := &use{id: in.KeyId, action: "kms:DisableKeyRotation"}
	return onRotation(s, call, u, func(key *fakeaws.Key, now time.Time) (*awskms.DisableKeyRotationOutput, error) {
		s.change(key, now, func(r *record) { r.period, r.next = 0, time.Time{} })
		return &awskms.DisableKeyRotationOutput{}, nil
	})
}

func (s *Fake) getKeyRotationStatus(call *fakeaws.Call, in *awskms.GetKeyRotationStatusInput) (*fakeaws.Plan[*awskms.GetKeyRotationStatusOutput], error) {
	u := &use{id: in.KeyId, action: "kms:GetKeyRotationStatus", noAlias: true}
	return onKey(s, call, u, rotationShown, func(key *fakeaws.Key, now time.Time) (*awskms.GetKeyRotationStatusOutput, error) {
		out := &awskms.GetKeyRotationStatusOutput{KeyId: &key.ARN}
		if key.Managed() { // each year, and nobody can change that
			out.KeyRotationEnabled, out.RotationPeriodInDays = true, aws.Int32(defaultPeriod)
			return out, nil
		}
		if r := s.recordOf(key, now); r.period > 0 && pendingDeletion(key) == nil {
			out.KeyRotationEnabled, out.RotationPeriodInDays, out.NextRotationDate = true, aws.Int32(r.period), aws.Time(r.next)
		}
		return out, nil
	})
}

// rotateKeyOnDemand rotates a key at once, which leaves its automatic rotation as it is.
// KMS takes a moment for it.
func (s *Fake) rotateKeyOnDemand(call *fakeaws.Call, in *awskms.RotateKeyOnDemandInput) (*fakeaws.Plan[*awskms.RotateKeyOnDemandOutput], error) {
	u := &use{id: in.KeyId, action: "kms:RotateKeyOnDemand"}
	return onRotation(s, call, u, func(key *fakeaws.Key, now time.Time) (*awskms.RotateKeyOnDemandOutput, error) {
		if s.recordOf(key, now).onDemand >= maxOnDemand {
			return nil, limitExceeded(textRotations)
		}
		s.change(key, now, func(r *record) {
			r.onDemand++
			r.add(s.newVersion(key, nil), now, types.RotationTypeOnDemand)
		})
		return &awskms.RotateKeyOnDemandOutput{KeyId: &key.ARN}, nil
	})
}

// listKeyRotations lists the rotations of a key, or all its materials, the newest last.
func (s *Fake) listKeyRotations(call *fakeaws.Call, in *awskms.ListKeyRotationsInput) (*fakeaws.Plan[*awskms.ListKeyRotationsOutput], error) {
	u := &use{id: in.KeyId, action: "kms:ListKeyRotations", noAlias: true}
	return onKey(s, call, u, anyState, func(key *fakeaws.Key, now time.Time) (*awskms.ListKeyRotationsOutput, error) {
		if !isSymmetric(key) {
			return nil, unsupported(key.ARN + " key spec is " + key.Spec + " which is not valid for this operation.")
		}
		all := s.recordOf(key, now).versions
		current := len(all) - 1
		numbered := make([]int, 0, len(all))
		for i, v := range all {
			if !v.rotated.IsZero() || in.IncludeKeyMaterial == types.IncludeKeyMaterialAllKeyMaterial {
				numbered = append(numbered, i)
			}
		}
		p, err := pageOf(numbered, func(i int) string { return strconv.Itoa(10_000_000 + i) }, in.Limit, in.Marker, pageKeys, mostKeys, func(i int) types.RotationsListEntry {
			e := types.RotationsListEntry{KeyId: &key.ID, KeyMaterialId: &all[i].id, KeyMaterialState: types.KeyMaterialStateNonCurrent, RotationType: all[i].by}
			if i == current {
				e.KeyMaterialState = types.KeyMaterialStateCurrent
			}
			if !all[i].rotated.IsZero() {
				e.RotationDate = aws.Time(all[i].rotated)
			}
			return e
		})
		if err != nil {
			return nil, err
		}
		return &awskms.ListKeyRotationsOutput{Rotations: p.Items, NextMarker: p.Next, Truncated: p.Truncated()}, nil
	})
}
