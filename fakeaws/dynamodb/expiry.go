package dynamodb

import (
	"context"
	"encoding/binary"
	"math/big"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

var _ fakeaws.Worker = (*Fake)(nil)

// maxAge is how long ago an item may have expired to be deleted ("five years or older").
const maxAge = 5 * 365 * 24 * time.Hour

// expiresAt is when an item expires: false when its attribute is no number of seconds that a
// time can be.
func (t *table) expiresAt(i *item) (int64, bool) {
	v, ok := i.attributes()[t.ttl]
	if !ok || v.Kind() != value.N {
		return 0, false
	}
	const latest = 1 << 40
	f, ok := new(big.Rat).SetString(v.Text())
	if !ok || f.Sign() < 0 {
		return 0, false
	}
	seconds := new(big.Int).Quo(f.Num(), f.Denom())
	if !seconds.IsInt64() || seconds.Int64() > latest {
		return 0, false
	}
	return seconds.Int64(), true
}

// expiry is the place of an item among those that expire.
func expiry(at int64, key string) string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(at))) + key //nolint:gosec // it is positive
}

// reexpire keeps the items that expire in order, but those that did too long ago, which are
// never deleted. The lock is held.
func (t *table) reexpire(old, to *item, now time.Time) {
	if old != nil {
		if at, ok := t.expiresAt(old); ok {
			t.expiring.Delete(expiry(at, old.key))
		}
	}
	if to != nil {
		if at, ok := t.expiresAt(to); ok && at >= now.Add(-maxAge).Unix() {
			t.expiring.Set(expiry(at, to.key), to)
		}
	}
}

// fillExpiring finds the items of a table that expire. The lock is held.
func (t *table) fillExpiring(call *fakeaws.Call, now time.Time) error {
	t.expiring.Clear()
	done := 0
	var left error
	t.items.Scan(func(_ string, i *item) bool {
		if done++; done%1024 == 0 {
			if left = call.Err(); left != nil {
				return false
			}
		}
		t.reexpire(nil, i, now)
		return true
	})
	if left != nil {
		t.ttl = ""
		t.expiring.Clear()
	}
	return left
}

// next is when the first item of a table is to be deleted. The lock is held.
func (t *table) next() (at time.Time, first *item, ok bool) {
	place, first, ok := t.expiring.Min()
	if !ok {
		return time.Time{}, nil, false
	}
	return time.Unix(int64(binary.BigEndian.Uint64([]byte(place[:8]))), 0), first, true //nolint:gosec // see expiry
}

// expire deletes the items of a table whose time is over. DynamoDB does so within days; here
// it is done at once, when the table is looked at or by Work. The lock is held.
func (s *Fake) expire(t *table) {
	now := s.now()
	for {
		at, i, ok := t.next()
		if !ok || at.After(now) {
			return
		}
		s.commit(t, outcome{old: i}, deletedByTTL)
	}
}

// wake has Work run when the next item of a table expires. The lock is held.
func (s *Fake) wake(t *table) {
	if at, _, ok := t.next(); ok {
		s.world.Wake(at)
	}
}

// Next implements [fakeaws.Worker].
func (s *Fake) Next() (first time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.tables {
		if at, _, some := t.next(); some && (!ok || at.Before(first)) {
			first, ok = at, true
		}
	}
	if len(s.forwards) > 0 && (!ok || s.forwards[0].due.Before(first)) {
		first, ok = s.forwards[0].due, true
	}
	return first, ok
}

// Work implements [fakeaws.Worker]: it deletes what has expired, and sends a change to a Kinesis
// stream.
func (s *Fake) Work(ctx context.Context) {
	s.mu.Lock()
	for _, t := range s.tables {
		s.expire(t)
	}
	s.mu.Unlock()
	s.send(ctx)
}
