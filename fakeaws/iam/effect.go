package iam

import (
	"maps"
	"slices"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// IAM is eventually consistent: what is changed takes a while until it counts everywhere
// (User Guide, "Changes that I make are not always immediately visible"). Here it counts at
// once, unless the test delays it ([fakeaws.Delay]). Then decisions see users, roles and
// access keys as they were: the answers of IAM itself are about what is, and the managed
// policies of sessions are those of the moment.

// A consistency has what decisions see while changes are delayed. Its zero value is that of
// an IAM whose changes all have counted at once.
type consistency struct {
	// views are what decisions see of users and roles, by unique id; nil while that is
	// what there is. newest are the views of what there is.
	views, newest map[string]*view
	// at is when the changes of the call under way come into force; zero is now.
	at time.Time
	// changes counts those that were made, and inForce has the number of the latest of
	// each thing that is in force: an earlier one must not undo it.
	changes uint64
	inForce map[string]uint64
}

// A view is what decisions see of a user or role. It is immutable.
type view struct {
	policies []*enforce.Policy
	boundary *enforce.Policy
	tags     []fakeaws.Tag
	arn      string
	isRole   bool
	role     fakeaws.Role // whose Trust is that of trust, as it is in force
	trust    *fakeaws.ResourcePolicy
}

func (v *view) equal(w *view) bool {
	return v.boundary == w.boundary && v.arn == w.arn && v.trust == w.trust && v.role.MaxSession == w.role.MaxSession &&
		slices.Equal(v.policies, w.policies) && slices.Equal(v.tags, w.tags)
}

func (e *entity) view() *view {
	g := e.gather()
	v := &view{policies: g.policies, boundary: g.boundary, tags: g.tags, arn: e.arn, isRole: e.kind == roleKind}
	if v.isRole {
		v.trust, v.role = e.role.trust, e.asRole()
	}
	return v
}

// asRole is the role as STS needs to know it.
func (e *entity) asRole() fakeaws.Role {
	return fakeaws.Role{
		ARN: e.arn, Name: e.name, ID: e.id, Account: e.account.id,
		Trust:      e.role.trust.Policy(),
		MaxSession: time.Duration(e.role.maxSession) * time.Second,
		Tags:       e.gather().tags,
		Uses:       e.uses,
	}
}

// begin prepares for the changes of a call. The lock is held.
func (s *Fake) begin(call *fakeaws.Call) {
	s.at = time.Time{}
	d := call.Delayed()
	if d == 0 {
		return
	}
	s.at = s.now().Add(d)
	if s.views == nil {
		s.views, s.inForce = s.look(), make(map[string]uint64)
		s.newest = maps.Clone(s.views)
	}
}

// look returns views of all users and roles.
func (s *Fake) look() map[string]*view {
	all := make(map[string]*view, len(s.byID))
	for id, e := range s.byID {
		all[id] = e.view()
	}
	return all
}

// end has what a call has changed of users and roles come into force. The lock is held.
func (s *Fake) end() {
	if s.views == nil {
		return
	}
	now := s.look()
	for id := range s.newest {
		if now[id] == nil {
			s.effect("view "+id, func() { delete(s.views, id) })
		}
	}
	for id, v := range now {
		if before := s.newest[id]; before == nil || !v.equal(before) {
			s.effect("view "+id, func() { s.views[id] = v })
		}
	}
	s.newest, s.at = now, time.Time{}
}

// effect makes a change of what decisions see of a thing when the changes of the call come
// into force, unless a later one of the thing is in force by then. The lock is held, also
// when the change is made.
func (s *Fake) effect(thing string, change func()) {
	if s.inForce == nil {
		change()
		return
	}
	s.changes++
	number := s.changes
	apply := func() {
		if s.inForce[thing] < number {
			s.inForce[thing] = number
			change()
		}
	}
	if s.at.IsZero() {
		apply()
		return
	}
	s.world.At(s.at, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		apply()
	})
}

// seen returns the view that decisions have of a role, while changes are delayed. The lock
// is held.
func (s *Fake) seen(arn string) *view {
	for _, v := range s.views {
		if v.isRole && v.arn == arn {
			return v
		}
	}
	return nil
}

// nameInForce has the ARN of a user or role be the one that policies find it by.
func (s *Fake) nameInForce(e *entity) {
	id, arn := e.id, e.arn
	s.effect("name "+id, func() { s.world.Principals().Set(id, arn) })
}
