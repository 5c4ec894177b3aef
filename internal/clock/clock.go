// Package clock is the one source of time of a World: the machine's clock plus
// an offset that a test moves.
package clock

import (
	"context"
	"sync"
	"time"
)

// A Clock tells the time of a World. The zero value runs with the machine's
// clock; in a testing/synctest bubble that is the bubble's clock.
type Clock struct {
	mu      sync.Mutex
	offset  time.Duration
	waiters map[chan struct{}]struct{}
}

// At returns a clock that reads start now.
func At(start time.Time) *Clock {
	return &Clock{offset: time.Until(start)}
}

// Copy returns a clock that reads the same now. Whoever moves one does not move the other.
func (c *Clock) Copy() *Clock { return &Clock{offset: c.Offset()} }

// Now returns the current time in UTC.
func (c *Clock) Now() time.Time {
	return time.Now().UTC().Round(0).Add(c.Offset())
}

// Offset returns how far this clock is ahead of the machine's.
func (c *Clock) Offset() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.offset
}

// Advance moves the clock and wakes everyone who waits for it.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
	for w := range c.waiters {
		close(w)
		delete(c.waiters, w)
	}
}

// Wait blocks until the clock reads t, wake delivers or is closed, the clock is
// advanced, or ctx is done, whichever comes first; it returns ctx's error in the last case.
// The caller looks again at what it waits for: a return promises no event.
// Sleeping and advancing agree, and nothing outlives the call.
func (c *Clock) Wait(ctx context.Context, t time.Time, wake <-chan struct{}) error {
	advanced := make(chan struct{})
	c.mu.Lock()
	left := t.Sub(time.Now().Add(c.offset))
	if left <= 0 {
		c.mu.Unlock()
		return ctx.Err()
	}
	if c.waiters == nil {
		c.waiters = make(map[chan struct{}]struct{})
	}
	c.waiters[advanced] = struct{}{}
	c.mu.Unlock()
	defer func() {
		c.mu.Lock()
		delete(c.waiters, advanced)
		c.mu.Unlock()
	}()
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-wake:
	case <-advanced:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}
