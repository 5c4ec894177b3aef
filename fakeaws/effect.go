package fakeaws

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// effects are changes that are made and not in force yet: see [Delay]. A World without any
// pays the look at one number.
type effects struct {
	waiting atomic.Int32
	running sync.Mutex // held while they come into force
	mu      sync.Mutex // guards list; taken under the locks of services
	list    []effect   // by time
}

type effect struct {
	at    time.Time
	apply func()
}

// At has a change come into force at a time of the World's clock, before the first call
// after it. The change may take a service's lock, and must not call At.
func (w *World) At(t time.Time, change func()) {
	e := &w.effects
	e.mu.Lock()
	defer e.mu.Unlock()
	i := len(e.list)
	for i > 0 && e.list[i-1].at.After(t) {
		i--
	}
	e.list = slices.Insert(e.list, i, effect{t, change})
	e.waiting.Add(1)
}

// takeEffect brings what is due into force. No lock of a service is held.
func (w *World) takeEffect() {
	e := &w.effects
	if e.waiting.Load() == 0 {
		return
	}
	e.running.Lock()
	defer e.running.Unlock()
	for now := w.clock.Now(); ; e.waiting.Add(-1) {
		change := e.due(now)
		if change == nil {
			return
		}
		change()
	}
}

// due takes the first change that is due; nil when there is none.
func (e *effects) due(now time.Time) func() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.list) == 0 || now.Before(e.list[0].at) {
		return nil
	}
	change := e.list[0].apply
	e.list = slices.Delete(e.list, 0, 1)
	return change
}

// Delayed is how long after the call what it changes comes into force: the time of a
// [Delay] that it has met.
func (c *Call) Delayed() time.Duration {
	if c.fault == nil || c.fault.Kind != Delay {
		return 0
	}
	return c.fault.Delay
}
