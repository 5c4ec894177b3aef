package kinesis

import (
	"context"
	"slices"
	"strings"
	"time"
)

// A Watcher is a fake that is told when records have come to a stream, by the stream's ARN. It
// then reads them with calls of its own. No lock of Kinesis is held.
type Watcher interface {
	Arrived(streamARN string)
}

// Watch has a service's fake, a [Watcher], be told when records come to a stream.
func (s *Fake) Watch(streamARN, service string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.byARN(streamARN); x != nil && !slices.Contains(x.watchers, service) {
		x.watchers = append(x.watchers, service)
	}
}

// Next implements [fakeaws.Worker]: what is to be done is to tell the watchers.
func (s *Fake) Next() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.untold()
	if x == nil {
		return time.Time{}, false
	}
	return x.arrived, true
}

// untold is the stream to which records came first of which the watchers do not know. The
// lock is held.
func (s *Fake) untold() (first *stream) {
	for _, x := range s.streams {
		if x.arrived.IsZero() {
			continue
		}
		if first == nil || x.arrived.Before(first.arrived) || x.arrived.Equal(first.arrived) && strings.Compare(x.id.arn(), first.id.arn()) < 0 {
			first = x
		}
	}
	return first
}

// Work implements [fakeaws.Worker].
func (s *Fake) Work(context.Context) {
	s.mu.Lock()
	x := s.untold()
	if x == nil {
		s.mu.Unlock()
		return
	}
	x.arrived = time.Time{}
	watchers := slices.Clone(x.watchers)
	s.mu.Unlock()
	for _, service := range watchers {
		if w, ok := s.world.Fake(service).(Watcher); ok {
			w.Arrived(x.id.arn())
		}
	}
}
