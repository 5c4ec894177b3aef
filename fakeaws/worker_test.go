package fakeaws

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/clock"
)

// tasks is a Worker that does what it is given at its time.
type tasks struct {
	world *World
	mu    sync.Mutex
	list  []task
	did   []time.Time
}

type task struct {
	at time.Time
	do func(context.Context)
}

func (s *tasks) Ops() []Op                                    { return nil }
func (s *tasks) Denied(*Call, *Need, *enforce.Decision) error { return nil }

func (s *tasks) add(at time.Time, do func(context.Context)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.list = append(s.list, task{at, do})
	s.world.Wake(at)
}

// note notes the time.
func (s *tasks) note(context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.did = append(s.did, s.world.clock.Now())
}

// noted returns what was noted since a time.
func (s *tasks) noted(start time.Time) (did []time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.did {
		did = append(did, t.Sub(start).Round(10*time.Millisecond))
	}
	return did
}

// first is the index of the first task; -1 for none.
func (s *tasks) first() int {
	first := -1
	for i, t := range s.list {
		if first < 0 || t.at.Before(s.list[first].at) {
			first = i
		}
	}
	return first
}

func (s *tasks) Next() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := s.first()
	if i < 0 {
		return time.Time{}, false
	}
	return s.list[i].at, true
}

func (s *tasks) Work(ctx context.Context) {
	s.mu.Lock()
	i := s.first()
	if i < 0 || s.list[i].at.After(s.world.clock.Now()) {
		s.mu.Unlock()
		return
	}
	do := s.list[i].do
	s.list = append(s.list[:i:i], s.list[i+1:]...)
	s.mu.Unlock()
	do(ctx)
}

func newTasks() (*World, *tasks) {
	w := NewWorld(Config{Clock: new(clock.Clock), Services: []Service{{Name: "sqs", New: func(w *World) Fake { return &tasks{world: w} }}}})
	return w, w.Fake("sqs").(*tasks)
}

// What is due at times is done at these times, in their order, also what that causes.
func TestAdvanceWorksAtTheTimes(t *testing.T) {
	t.Parallel()
	w, s := newTasks()
	defer w.Close()
	start := w.Clock().Now()
	s.add(start.Add(3*time.Hour), s.note)
	s.add(start.Add(time.Hour), func(ctx context.Context) {
		s.note(ctx)
		s.add(w.Clock().Now().Add(time.Hour), s.note)
		s.add(w.Clock().Now(), s.note)
	})
	require.NoError(t, w.Settle(t.Context()))
	assert.Empty(t, s.noted(start), "nothing is due")
	require.NoError(t, w.Advance(t.Context(), 2*time.Hour+time.Minute))
	assert.Equal(t, []time.Duration{time.Hour, time.Hour, 2 * time.Hour}, s.noted(start))
	assert.Equal(t, 2*time.Hour+time.Minute, w.Clock().Now().Sub(start).Round(time.Second))
	require.NoError(t, w.Advance(t.Context(), -time.Hour))
	assert.Equal(t, time.Hour+time.Minute, w.Clock().Now().Sub(start).Round(time.Second))
	require.NoError(t, w.Advance(t.Context(), 2*time.Hour))
	assert.Len(t, s.noted(start), 4)
}

// In a bubble time does it; the World may have been made outside.
func TestTimeWorks(t *testing.T) {
	t.Parallel()
	outside, _ := newTasks()
	for _, made := range []*World{outside, nil} {
		synctest.Test(t, func(t *testing.T) {
			w := made
			if w == nil {
				w, _ = newTasks()
				defer w.Close()
			}
			s, start := w.Fake("sqs").(*tasks), w.Clock().Now()
			s.add(start.Add(time.Hour), func(ctx context.Context) {
				s.note(ctx)
				s.add(w.Clock().Now().Add(time.Minute), s.note)
			})
			s.add(start, s.note)
			time.Sleep(selfWork)
			synctest.Wait()
			assert.Equal(t, []time.Duration{selfWork}, s.noted(start), "what nobody settles is done after a moment")
			time.Sleep(time.Hour)
			synctest.Wait()
			assert.Equal(t, []time.Duration{selfWork, time.Hour}, s.noted(start))
			require.NoError(t, w.Advance(t.Context(), 30*time.Second))
			time.Sleep(30*time.Second - selfWork)
			synctest.Wait()
			assert.Len(t, s.noted(start), 3, "a timer that was set before the clock was moved is set anew")
		})
	}
	outside.Close()
}

// Whoever settles waits for what is done already, and leaves with its context.
func TestSettleWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, s := newTasks()
		defer w.Close()
		var done atomic.Bool
		s.add(w.Clock().Now(), func(context.Context) {
			time.Sleep(time.Minute)
			done.Store(true)
		})
		time.Sleep(selfWork)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, w.Settle(ctx), context.DeadlineExceeded)
		assert.False(t, done.Load())
		require.NoError(t, w.Settle(t.Context()))
		assert.True(t, done.Load())
	})
}

func TestSettleEnds(t *testing.T) {
	t.Parallel()
	w, s := newTasks()
	defer w.Close()
	var again func(context.Context)
	again = func(context.Context) { s.add(w.Clock().Now(), again) }
	again(t.Context())
	require.ErrorIs(t, w.Settle(t.Context()), errEndless)
}

// Close ends the context of what the World does by itself, and waits for it.
func TestCloseEndsWork(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, s := newTasks()
		var done atomic.Bool
		s.add(w.Clock().Now(), func(ctx context.Context) {
			<-ctx.Done()
			time.Sleep(time.Second)
			done.Store(true)
		})
		time.Sleep(selfWork)
		synctest.Wait()
		w.Close()
		assert.True(t, done.Load())
		s.add(w.Clock().Now(), func(context.Context) { t.Error("a World that is closed works") })
		time.Sleep(time.Hour)
	})
}
