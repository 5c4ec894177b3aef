package lambda

import (
	"cmp"
	"container/heap"
	"context"
	"errors"
	"time"

	"github.com/aws/smithy-go"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// An event is an asynchronous invocation that waits for its time.
type event struct {
	order
	number   int
	accepted time.Time
	due      time.Time
	// invoked counts the times that the function ran, delayed those that it could not.
	invoked, delayed int
	last             *result // of the latest time that it ran; nil before
}

// How Lambda tries again ("Error handling for asynchronous invocation" of the developer
// guide): "a one-minute wait between the first two attempts, and two minutes between the
// second and third attempts"; where there is no room it waits "from 1 second after the first
// attempt to a maximum of 5 minutes".
const (
	firstWait    = time.Minute
	secondWait   = 2 * time.Minute
	shortestWait = time.Second
	longestWait  = 5 * time.Minute
)

// enqueue has a function run later.
func (s *Fake) enqueue(t *target, o order) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.runtimes[t.ref.id].Runtime == nil {
		return noCode(t.ref.id)
	}
	now := s.world.Clock().Now()
	s.sequence++
	s.wait(&event{order: o, number: s.sequence, accepted: now, due: now})
	return nil
}

// wait has an event wait for its time. The lock is held.
func (s *Fake) wait(e *event) {
	heap.Push(&s.queue, e)
	s.world.Wake(e.due)
}

// Next implements [fakeaws.Worker].
func (s *Fake) Next() (time.Time, bool) {
	s.mu.Lock()
	e := s.firstEvent()
	s.mu.Unlock()
	at, ok := s.nextPoll()
	if e != nil && (!ok || !at.Before(e.due)) {
		return e.due, true
	}
	return at, ok
}

// An eventQueue is a heap of events, of which the first is due first. Those that are due at
// the same time are in the order in which they came.
type eventQueue []*event

func (q eventQueue) Len() int      { return len(q) }
func (q eventQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

func (q eventQueue) Less(i, j int) bool {
	return cmp.Or(q[i].due.Compare(q[j].due), cmp.Compare(q[i].number, q[j].number)) < 0
}

// Push and Pop are for package heap.
func (q *eventQueue) Push(e any) { *q = append(*q, e.(*event)) }

func (q *eventQueue) Pop() any {
	last := len(*q) - 1
	e := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return e
}

// firstEvent is the event that is due first; nil when none waits. The lock is held.
func (s *Fake) firstEvent() *event {
	if len(s.queue) == 0 {
		return nil
	}
	return s.queue[0]
}

// Work implements [fakeaws.Worker]: it runs an event whose time has come, or polls for one
// event source mapping.
func (s *Fake) Work(ctx context.Context) {
	at, ok := s.nextPoll()
	now := s.world.Clock().Now()
	s.mu.Lock()
	e := s.firstEvent()
	poll := ok && !at.After(now) && (e == nil || at.Before(e.due))
	s.mu.Unlock()
	if poll {
		s.poll(ctx)
	} else if e := s.takeEvent(now); e != nil {
		s.runEvent(ctx, e)
	}
}

// takeEvent takes the first event out of the queue; nil when its time has not come.
func (s *Fake) takeEvent(now time.Time) *event {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.firstEvent(); e == nil || e.due.After(now) {
		return nil
	}
	return heap.Pop(&s.queue).(*event)
}

// runEvent runs an event once, and decides what becomes of it.
func (s *Fake) runEvent(ctx context.Context, e *event) {
	cfg, ok := s.configFor(e.ref)
	if !ok {
		return // the function was deleted, and with it what waited
	}
	now := s.world.Clock().Now()
	if age := now.Sub(e.accepted); e.invoked+e.delayed > 0 && age > cfg.age() {
		s.discard(ctx, e, cfg, eventAgeExceeded)
		return
	}
	r, err := s.run(ctx, e.order)
	switch {
	case ctx.Err() != nil:
		s.again(e, now)
	case err != nil && cfg.stopped:
		s.discard(ctx, e, cfg, retriesExhausted)
	case err != nil && isThrottled(err):
		e.delayed++
		s.later(ctx, e, cfg, min(shortestWait<<min(e.delayed-1, 10), longestWait))
	case err != nil:
		e.last = &result{version: latestVersion, payload: document(textOf(err), codeOf(err)), failed: true}
		s.discard(ctx, e, cfg, retriesExhausted)
	case !r.failed:
		e.invoked, e.last = e.invoked+1, r
		s.report(ctx, e, cfg, cfg.onSuccess(), succeeded)
	default:
		e.invoked, e.last = e.invoked+1, r
		if e.invoked > cfg.retries() {
			s.discard(ctx, e, cfg, retriesExhausted)
			return
		}
		wait := firstWait
		if e.invoked > 1 {
			wait = secondWait
		}
		s.later(ctx, e, cfg, wait)
	}
}

// later has an event run again after a time, unless it is too old then.
func (s *Fake) later(ctx context.Context, e *event, cfg *eventSettings, wait time.Duration) {
	at := s.world.Clock().Now().Add(wait)
	if at.Sub(e.accepted) > cfg.age() {
		s.discard(ctx, e, cfg, eventAgeExceeded)
		return
	}
	s.again(e, at)
}

func (s *Fake) again(e *event, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.due = at
	s.wait(e)
}

func isThrottled(err error) bool { return codeOf(err) == "TooManyRequestsException" }

func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return "InternalFailure"
}

func textOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorMessage()
	}
	return err.Error()
}

var _ fakeaws.Worker = (*Fake)(nil)
