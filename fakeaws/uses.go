package fakeaws

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Uses records what a principal or an access key was used for, and when last. It
// is written by every authenticated call, allowed or denied, and costs it a look
// at a short list: nothing is locked or allocated but for what is used the first
// time. A nil Uses records nothing.
type Uses struct {
	mu   sync.Mutex // held to add to list
	list atomic.Pointer[[]*use]
}

type use struct {
	service, operation, region string
	last                       atomic.Int64 // Unix time in nanoseconds
}

// A Use is one operation in one region, and when it was called last.
type Use struct {
	Service, Operation, Region string
	Time                       time.Time
}

// maxUses bounds what is remembered of one principal: a caller that signs for
// ever other regions must not fill the memory. All operations of all services in
// one region are fewer.
const maxUses = 1024

// maxRegion is longer than the name of any region. A signature may be for any text.
const maxRegion = 64

func (u *Uses) record(c *Call) {
	if u == nil || len(c.Region) > maxRegion {
		return
	}
	now := c.Time.UnixNano()
	if found := u.find(c); found != nil {
		found.last.Store(now)
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	found := u.find(c)
	if found == nil {
		if len(u.uses()) >= maxUses {
			return
		}
		found = &use{service: c.Service, operation: c.Operation, region: c.Region}
		list := append(slices.Clip(u.uses()), found)
		u.list.Store(&list)
	}
	found.last.Store(now)
}

func (u *Uses) uses() []*use {
	if list := u.list.Load(); list != nil {
		return *list
	}
	return nil
}

func (u *Uses) find(c *Call) *use {
	for _, x := range u.uses() {
		if x.operation == c.Operation && x.service == c.Service && x.region == c.Region {
			return x
		}
	}
	return nil
}

// All returns every use, the latest first.
func (u *Uses) All() []Use {
	if u == nil {
		return nil
	}
	var all []Use
	for _, x := range u.uses() {
		all = append(all, Use{x.service, x.operation, x.region, time.Unix(0, x.last.Load()).UTC()})
	}
	slices.SortStableFunc(all, func(a, b Use) int {
		return cmp.Or(b.Time.Compare(a.Time), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Operation, b.Operation))
	})
	return all
}

// Last returns the latest use; false when there was none.
func (u *Uses) Last() (Use, bool) {
	all := u.All()
	if len(all) == 0 {
		return Use{}, false
	}
	return all[0], true
}
