package fakeaws

import (
	"maps"
	"sync"
	"sync/atomic"
)

// watches are the queues and streams of which somebody wants to know when records come, by
// their ARNs, with how many do. Clones have them too.
type watches struct {
	some atomic.Bool // by has had something
	mu   sync.Mutex
	by   map[string]int
}

// Watch has the World wake whenever a source has something new: a queue or stream by its ARN.
// A [Worker] that waits for it finds it then with [World.Pending] or [StreamSource].
func (w *World) Watch(arn string) {
	s := &w.watches
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by == nil {
		s.by = make(map[string]int)
	}
	s.by[arn]++
	s.some.Store(true)
}

// Unwatch ends one Watch.
func (w *World) Unwatch(arn string) {
	s := &w.watches
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.by[arn]--; s.by[arn] <= 0 {
		delete(s.by, arn)
	}
	s.some.Store(len(s.by) > 0)
}

// Watches reports whether any source is watched. It is cheap, so that a source which nobody
// watches need not say what it is.
func (w *World) Watches() bool { return w.watches.some.Load() }

// Arrived says that a source may have something new. It may be called under a lock of its
// service.
func (w *World) Arrived(arn string) {
	if !w.Watches() {
		return
	}
	s := &w.watches
	s.mu.Lock()
	watched := s.by[arn] > 0
	s.mu.Unlock()
	if watched {
		w.Wake(w.clock.Now())
	}
}

func (s *watches) clone(from *watches) {
	from.mu.Lock()
	defer from.mu.Unlock()
	s.by = maps.Clone(from.by)
	s.some.Store(len(s.by) > 0)
}
