package stepfunctions

import (
	"container/heap"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"github.com/leastpriv/leastpriv/fakeaws/stepfunctions/internal/asl"
)

// An agenda is what is to be done, by time. That of the World is done by [Fake.Work], that of
// a synchronous execution by the call.
type agenda struct {
	entries []entry
	number  uint64
	// private: nobody else does what is on it.
	private bool
}

// An entry is a thread that goes on, or, without one, the end of an execution's time.
type entry struct {
	at     time.Time
	number uint64 // in the order in which they were made
	run    *execution
	thread *thread
	turn   uint64 // of the thread when the entry was made: another turn makes it void
}

func (a *agenda) Len() int { return len(a.entries) }

func (a *agenda) Less(i, j int) bool {
	x, y := &a.entries[i], &a.entries[j]
	if c := x.at.Compare(y.at); c != 0 {
		return c < 0
	}
	return x.number < y.number
}

func (a *agenda) Swap(i, j int) { a.entries[i], a.entries[j] = a.entries[j], a.entries[i] }

func (a *agenda) Push(x any) { a.entries = append(a.entries, x.(entry)) }

func (a *agenda) Pop() any {
	last := len(a.entries) - 1
	e := a.entries[last]
	a.entries[last] = entry{}
	a.entries = a.entries[:last]
	return e
}

// valid reports whether what an entry says is still to be done.
func (e *entry) valid() bool {
	if !e.run.running() {
		return false
	}
	if e.thread == nil {
		return e.run.timeout.Equal(e.at)
	}
	return e.thread.turn == e.turn
}

// first is what is to be done next; nil for nothing.
func (a *agenda) first() *entry {
	for len(a.entries) > 0 {
		if e := &a.entries[0]; e.valid() {
			return e
		}
		heap.Pop(a)
	}
	return nil
}

// enter adds an entry.
func (s *Fake) enter(a *agenda, e entry) {
	a.number++
	e.number = a.number
	heap.Push(a, e)
	if !a.private {
		s.world.Wake(e.at)
	}
}

// schedule has a thread go on at a time, and at no other.
func (s *Fake) schedule(t *thread, at time.Time) {
	t.turn++
	s.enter(t.run.agenda, entry{at: at, run: t.run, thread: t, turn: t.turn})
}

// Next implements [fakeaws.Worker].
func (s *Fake) Next() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.due.first(); e != nil {
		return e.at, true
	}
	return time.Time{}, false
}

// Work implements [fakeaws.Worker].
func (s *Fake) Work(ctx context.Context) { s.work(ctx, s.due) }

// maxTurns is how many threads go on while the lock is held.
const maxTurns = 20

// work does what is due on an agenda, up to the first call of another service, and that.
func (s *Fake) work(ctx context.Context, a *agenda) {
	e, j := s.turns(a)
	if j == nil {
		return
	}
	done := s.perform(ctx, j)
	if ctx.Err() != nil {
		return // who works next does it again
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if e.valid() {
		s.performed(e.thread, j, done)
		s.overflow(e.run)
	}
}

// turns has threads go on until one calls another service.
func (s *Fake) turns(a *agenda) (entry, *job) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.world.Clock().Now()
	for range maxTurns {
		e := a.first()
		if e == nil || e.at.After(now) {
			break
		}
		if e.thread == nil {
			x := e.run
			limit := int(x.timeout.Sub(x.started).Seconds())
			s.end(x, types.ExecutionStatusTimedOut, "", &asl.Error{Name: asl.ErrTimeout, Cause: *text(textTimedOut, []any{limit})}, x.root.last)
			continue
		}
		if e.thread.phase == calling {
			return *e, e.thread.job
		}
		t := e.thread
		t.turn++
		s.proceed(t)
		s.overflow(t.run)
	}
	return entry{}, nil
}

// overflow ends an execution whose history is full.
func (s *Fake) overflow(x *execution) {
	if x.full && x.running() {
		s.end(x, types.ExecutionStatusFailed, "", &asl.Error{Name: asl.ErrRuntime, Cause: textHistoryFull}, int64(len(x.history)))
	}
}
