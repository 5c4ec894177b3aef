package kms

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

const day = 24 * time.Hour

// The waiting period of a deletion, in days.
const (
	minWindow     = 7
	maxWindow     = 30
	defaultWindow = 30
)

func (s *Fake) deletionOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s.scheduleKeyDeletion), bind(s.cancelKeyDeletion)}
}

// scheduleKeyDeletion has a key deleted after a waiting period. That of a primary key with
// replicas begins when the last one is deleted.
func (s *Fake) scheduleKeyDeletion(call *fakeaws.Call, in *awskms.ScheduleKeyDeletionInput) (*fakeaws.Plan[*awskms.ScheduleKeyDeletionOutput], error) {
	days := int32(defaultWindow)
	if in.PendingWindowInDays != nil {
		days = *in.PendingWindowInDays
	}
	if days < minWindow || days > maxWindow {
		return nil, invalid(textWindow)
	}
	u := &use{id: in.KeyId, action: "kms:ScheduleKeyDeletion", set: func(c *enforce.Context) {
		c.Set("kms:ScheduleKeyDeletionPendingWindowInDays", itoa(days))
	}}
	return changeKey(s, call, u, notPending, func(key *fakeaws.Key, now time.Time) (*awskms.ScheduleKeyDeletionOutput, error) {
		key.Window = time.Duration(days) * day
		out := &awskms.ScheduleKeyDeletionOutput{KeyId: &key.ARN, PendingWindowInDays: &days}
		if r := key.MultiRegion; r != nil && r.Primary == key && len(r.Replicas) > 0 {
			key.State = string(types.KeyStatePendingReplicaDeletion)
		} else {
			key.State, key.DeleteAt = string(types.KeyStatePendingDeletion), now.Add(key.Window).Truncate(time.Millisecond)
			out.DeletionDate = aws.Time(key.DeleteAt)
		}
		out.KeyState = types.KeyState(key.State)
		return out, nil
	})
}

// cancelKeyDeletion leaves the key disabled, or without its material if it has none.
func (s *Fake) cancelKeyDeletion(call *fakeaws.Call, in *awskms.CancelKeyDeletionInput) (*fakeaws.Plan[*awskms.CancelKeyDeletionOutput], error) {
	u := &use{id: in.KeyId, action: "kms:CancelKeyDeletion"}
	return changeKey(s, call, u, onlyPending, func(key *fakeaws.Key, now time.Time) (*awskms.CancelKeyDeletionOutput, error) {
		key.State, key.DeleteAt, key.Window = string(types.KeyStateDisabled), time.Time{}, 0
		if r := s.recordOf(key, now); r.private == nil && (len(r.versions) == 0 || r.current().secret == nil) {
			key.State = string(types.KeyStatePendingImport)
		}
		return &awskms.CancelKeyDeletionOutput{KeyId: &key.ARN}, nil
	})
}
