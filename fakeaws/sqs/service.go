// Package sqs is a fake of Amazon SQS: standard and FIFO queues with AWS's limits,
// texts and timing.
package sqs

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Fake has the queues of all accounts and regions of a World.
type Fake struct {
	world *fakeaws.World

	mu     fakeaws.Mutex // guards everything below, and all queues
	queues map[queueID]*queue
	// deleted says when queues were deleted whose names are not free yet.
	deleted map[queueID]timestamp
	// running are the move tasks at work.
	running []*moveTask
}

// Service is Amazon SQS, for a World to be made of.
var Service = fakeaws.Service{
	Name: "sqs", Anonymous: true, Faults: faults, Wire: ownWire,
	New: func(w *fakeaws.World) fakeaws.Fake { return newFake(w) },
}

// Of returns the Amazon SQS of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("sqs").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{
		world:   w,
		queues:  make(map[queueID]*queue),
		deleted: make(map[queueID]timestamp),
	}
}

// noPolicy stands for the policy of a queue that has none: cross-account
// callers are told that no resource-based policy allows them.
var noPolicy = enforce.Empty(enforce.QueuePolicy)

// A sharing says whether a queue's policy can grant an action to other accounts.
type sharing bool

// SQS never lets another account's principals perform an owner-only action,
// whatever the queue's policy says (developer guide, "Limitations of Amazon SQS
// custom policies").
const (
	ownerOnly sharing = false
	shareable sharing = true
)

// Ops implements [fakeaws.Fake].
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(s.queueOps(), s.attributeOps(), s.tagOps(), s.permissionOps(), s.redriveOps(), s.moveOps(), s.sendOps(), s.receiveOps(), s.inFlightOps())
}

// required refuses a call that lacks the queue's URL or another parameter, before it is
// authorized.
func required(url *string, name string, value *string) error {
	switch {
	case url == nil:
		return missingParameter("QueueUrl")
	case value == nil:
		return missingParameter(name)
	}
	return nil
}

// A contextKey adds condition keys of the request to a permission.
type contextKey func(*enforce.Context)

// requestTags are the keys of the tags that a call sends.
func requestTags(tags map[string]string) contextKey {
	return func(c *enforce.Context) { setRequestTags(c, tags) }
}

// tagKeys is the key of the tag keys that a call removes.
func tagKeys(keys []string) contextKey {
	return func(c *enforce.Context) { fakeaws.SetTagKeys(c, keys) }
}

// planOf begins the plan of a call that takes one permission. The two are allocated at
// once, because every message passes here three times.
func planOf[O any](need fakeaws.Need) *fakeaws.Plan[O] {
	p := &struct {
		fakeaws.Plan[O]
		need [1]fakeaws.Need
	}{need: [1]fakeaws.Need{need}}
	p.Needs = p.need[:]
	return &p.Plan
}

// queueAt reads a QueueUrl. SQS takes the name of a queue of the caller's too, and knows no
// queue at a host without a path.
func queueAt(url string, call *fakeaws.Call) (queueID, error) {
	_, host, ok := strings.Cut(url, "://")
	switch {
	case url != "" && !strings.Contains(url, "/"):
		return queueID{call.Account, call.Region, url}, nil
	case ok && host != "" && !strings.Contains(strings.TrimSuffix(host, "/"), "/"):
		return queueID{}, queueDoesNotExist()
	}
	return parseURL(url, call.Region)
}

// findQueue begins the plan of a call on the queue of a URL, which takes one permission
// on it. The queue is nil when there is none.
func findQueue[O any](s *Fake, call *fakeaws.Call, url *string, action string, r sharing) (*queue, *fakeaws.Plan[O], error) {
	if url == nil {
		return nil, nil, missingParameter("QueueUrl")
	}
	id, err := queueAt(*url, call)
	if err != nil {
		return nil, nil, err
	}
	q, need := s.lookUp(call, action, id, r)
	return q, planOf[O](need), nil
}

// onQueue plans an operation on one queue. It takes a single permission, also in the
// batch forms. The function do performs it under the lock on the queue that was judged:
// one that was deleted meanwhile does not exist, also if there is another of its name.
func onQueue[O any](s *Fake, call *fakeaws.Call, url *string, action string, r sharing, do func(*queue) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	q, plan, err := findQueue[O](s, call, url, action, r)
	if err != nil {
		return nil, err
	}
	for _, set := range keys {
		set(&plan.Needs[0].Context)
	}
	plan.Do = doOn(s, q, do)
	return plan, nil
}

// doOn performs an operation on the queue that was judged, under the lock.
func doOn[O any](s *Fake, q *queue, do func(*queue) (O, error)) func() (O, error) {
	return func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := q.exists(); err != nil {
			return none, err
		}
		if len(s.running) > 0 {
			s.runMoveTasks(s.now())
		}
		return do(q)
	}
}

// onMessages plans an operation on the messages of a queue: [onQueue], with the
// permission on the KMS key that encrypts them.
func onMessages[O any](s *Fake, call *fakeaws.Call, url *string, action, kms string, do func(*queue) (O, error)) (*fakeaws.Plan[O], error) {
	q, plan, err := findQueue[O](s, call, url, action, shareable)
	if err != nil {
		return nil, err
	}
	needs, kmsErr := s.kmsNeeds(call, q, kms)
	plan.Needs = append(plan.Needs, needs...)
	plan.Do = doOn(s, q, do)
	return plan.Refusing(kmsErr), nil
}

// exists returns the error of a queue that was not found, or was deleted since. The
// lock is held.
func (q *queue) exists() error {
	if q == nil || q.deleted {
		return queueDoesNotExist()
	}
	return nil
}

// lookUp finds a queue, nil when there is none, and makes the permission on it. A queue
// that does not exist is judged like one without a policy, so that only who may see it
// learns that it is missing.
func (s *Fake) lookUp(call *fakeaws.Call, action string, id queueID, r sharing) (*queue, fakeaws.Need) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := s.queues[id]
	return q, s.need(call, action, id, r)
}

// need is one permission on a queue. The lock is held.
func (s *Fake) need(call *fakeaws.Call, action string, id queueID, r sharing) fakeaws.Need {
	q, ok := s.queues[id]
	if !ok {
		return fakeaws.Need{Action: action, Resource: id.arn(), ResourceAccount: id.account, Policy: noPolicy}
	}
	need := q.need(action)
	if r == ownerOnly && call.Account != id.account {
		need.Policy = noPolicy
	}
	return need
}

// setRequestTags sets the condition keys of the tags that a call sends.
func setRequestTags(c *enforce.Context, tags map[string]string) {
	fakeaws.SetRequestTags(c, sorted(tags), func(name string) (key, value string) { return name, tags[name] })
}

// Denied implements [fakeaws.Fake]. SQS prints the action in lower case, and
// tells callers without a user or role only that they are refused.
func (s *Fake) Denied(call *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	if need.OfKMS() {
		return kmsDenied(call, d.Message(need.Style("kms")))
	}
	if call.Anonymous() || call.Caller.Type == enforce.Service {
		return refused(call)
	}
	return accessDenied(d.Message(need.Style("sqs")))
}

// refused is the answer to a caller whom SQS does not name: it has no user or
// role, and no account in which it could make or list queues. The resource is the
// URL that was asked, which older clients make of the queue's.
func refused(call *fakeaws.Call) error {
	return accessDenied("Access to the resource " + endpoint(call) + call.Path() + " is denied.")
}

func (s *Fake) now() timestamp { return timestampOf(s.world.Clock().Now()) }
