package fakeaws

import (
	"context"
	"errors"
	"sync"
	"time"
	"weak"
)

// A Worker is a fake that does something by itself when its time has come: it invokes a
// function, runs a schedule, tries a delivery again. What is to be done is part of its
// state, so that a clone of its World does it too.
type Worker interface {
	Fake
	// Next returns when the fake has something to do next, by the World's clock; false when
	// there is nothing.
	Next() (time.Time, bool)
	// Work does the first thing whose time has come, and nothing if there is none. No lock
	// of the fake is held while it calls others. The context ends with the World, or with
	// who waits in Settle.
	Work(ctx context.Context)
}

// workers is who does the work of a World. One thing is done at a time, in the order of the
// times at which it is due, so that tests find the same order in every run.
type workers struct {
	mu sync.Mutex
	// working is set while somebody works; waiting are those who want to, each with a
	// channel of its own: one that was made outside of a synctest bubble stops its time.
	working bool
	waiting []chan struct{}
	// timers counts the timers that were set. The last is set for at; zero when none is.
	timers uint64
	at     time.Time
	// context is that of work which a timer begins; closed ends it.
	context context.Context
	cancel  context.CancelFunc
	closed  bool
}

// selfWork is how long, by the machine's clock, what is due waits for somebody who calls
// Settle before the World does it by itself. So a test that sends ten messages and settles
// has them handled together, and a program that only waits is served as well.
const selfWork = 100 * time.Millisecond

// maxWork is how many things Settle does while the clock stands still.
const maxWork = 100_000

// errEndless is why Settle gives up.
var errEndless = errors.New("fakeaws: what is due has no end: does a function or a rule cause itself?")

// Wake says that a [Worker] of the World has something to do at a time of the World's clock.
// It may be called under the lock of the Worker.
func (w *World) Wake(at time.Time) {
	s := &w.workers
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || !s.at.IsZero() && !at.Before(s.at) {
		return
	}
	wait := max(at.Sub(w.clock.Now()), selfWork)
	s.at = at
	s.timers++
	number, world := s.timers, weak.Make(w)
	// A timer is not stopped, because one of a synctest bubble can only be stopped there.
	// It keeps no World, and one that is not the last does nothing.
	time.AfterFunc(wait, func() {
		if w := world.Value(); w != nil {
			w.ring(number)
		}
	})
}

// ring does what is due when a timer ends.
func (w *World) ring(number uint64) {
	s := &w.workers
	s.mu.Lock()
	if s.closed || number != s.timers {
		s.mu.Unlock()
		return
	}
	// While it rings, at stays in the past: no timer is set.
	if s.context == nil {
		s.context, s.cancel = context.WithCancel(context.Background())
	}
	ctx := s.context
	s.mu.Unlock()
	if s.begin(ctx) != nil {
		return
	}
	defer s.end()     // who closes the World waits for the look at what is next too
	_ = w.settle(ctx) // what has no end goes on with the next timer
	w.rewake()
}

// rewake sets a timer for what is to be done next, in place of the one that is set.
func (w *World) rewake() {
	w.workers.forget()
	if worker, at := w.nextWorker(); worker != nil {
		w.Wake(at)
	}
}

// forget leaves the timer that is set to itself.
func (s *workers) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = time.Time{}
	s.timers++
}

// Settle does all that is due by now, also what that causes, and returns when nothing is
// left: asynchronous invocations of functions, event source mappings, schedules, retries.
// Whoever calls it waits for what others do already. It must not be called by what is done,
// a Lambda function for one, which would wait for itself.
func (w *World) Settle(ctx context.Context) error {
	if err := w.workers.begin(ctx); err != nil {
		return err
	}
	defer w.workers.end()
	return w.settle(ctx)
}

// settle is [World.Settle] for who works already.
func (w *World) settle(ctx context.Context) error {
	for range maxWork {
		if err := ctx.Err(); err != nil {
			return err
		}
		worker, at := w.nextWorker()
		if worker == nil || at.After(w.clock.Now()) {
			return nil
		}
		worker.Work(ctx)
	}
	return errEndless
}

// Advance moves the World's clock on. What becomes due on the way is done when the clock
// reads its time, in order; then all is settled. To move it back settles nothing.
func (w *World) Advance(ctx context.Context, d time.Duration) error {
	end := w.clock.Now().Add(d)
	for d > 0 {
		if err := w.Settle(ctx); err != nil {
			return err
		}
		worker, at := w.nextWorker()
		if worker == nil || !at.Before(end) {
			break
		}
		if step := at.Sub(w.clock.Now()); step > 0 {
			w.clock.Advance(step)
		}
	}
	if rest := end.Sub(w.clock.Now()); rest > 0 || d < 0 {
		w.clock.Advance(rest)
	}
	if d < 0 {
		return nil
	}
	err := w.Settle(ctx)
	w.rewake() // timers were set before the clock was moved
	return err
}

// Close ends what the World does by itself, and waits for what is under way.
func (w *World) Close() {
	s := &w.workers
	s.mu.Lock()
	s.closed = true
	if s.cancel != nil {
		s.cancel()
	}
	s.mu.Unlock()
	if s.begin(context.Background()) == nil {
		s.end()
	}
}

// nextWorker finds the Worker whose work is due first, and when. Of several it is the one
// whose service comes first.
func (w *World) nextWorker() (first Worker, at time.Time) {
	for i := range w.services {
		r := w.rooms[w.services[i].Name]
		if !r.there.Load() && (w.origin == nil || w.origin.from.fakes[r.index] == nil) {
			continue
		}
		worker, ok := r.fake().(Worker)
		if !ok {
			continue
		}
		if next, ok := worker.Next(); ok && (first == nil || next.Before(at)) {
			first, at = worker, next
		}
	}
	return first, at
}

// begin waits until nobody else works.
func (s *workers) begin(ctx context.Context) error {
	for {
		s.mu.Lock()
		if !s.working {
			s.working = true
			s.mu.Unlock()
			return nil
		}
		wake := make(chan struct{})
		s.waiting = append(s.waiting, wake)
		s.mu.Unlock()
		select {
		case <-wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// end lets the others work.
func (s *workers) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.working = false
	for _, wake := range s.waiting {
		close(wake)
	}
	s.waiting = nil
}
