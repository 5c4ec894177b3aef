package cloudwatchlogs

import (
	"container/heap"
	"maps"
	"time"
)

// An Event is a log event as Go code sees it that looks without a call: no policy is asked.
type Event struct {
	ID, Stream, Message string
	Time, Ingested      time.Time
}

// A Group is a log group as Go code sees it.
type Group struct {
	Name, ARN, KMSKey string
	// RetentionDays is 0 where events are kept for ever.
	RetentionDays int
	Tags          map[string]string
	// Streams are the names of the streams, in order.
	Streams []string
}

// Group returns a log group by its name; false where there is none.
func (s *Fake) Group(account, region, name string) (Group, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.find(groupID{account, region, name})
	if g == nil {
		return Group{}, false
	}
	return Group{Name: name, ARN: g.id.arn(), KMSKey: g.key, RetentionDays: int(g.retention), Tags: maps.Clone(g.tags), Streams: g.streams.Keys()}, true
}

// Groups returns the names of the log groups of an account in a region, in order.
func (s *Fake) Groups(account, region string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	there := s.at(place{account, region})
	return there.groups.Keys()
}

// Events returns the events of a log group in the order of their times, of one stream, or of
// all without a name; false where there is no such group or stream.
func (s *Fake) Events(account, region, name, only string) ([]Event, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.find(groupID{account, region, name})
	if g == nil {
		return nil, false
	}
	now := s.now()
	var all search
	found := only == ""
	g.streams.Scan(func(name string, x *stream) bool {
		if only == "" || only == name {
			found = true
			g.expireOf(x, now)
			if len(x.events) > 0 {
				all.streams = append(all.streams, cursor{name, x.events})
			}
		}
		return true
	})
	heap.Init(&all.streams)
	var events []Event
	for len(all.streams) > 0 {
		name, e := all.next()
		events = append(events, Event{e.id(), name, e.message, time.UnixMilli(e.at).UTC(), time.UnixMilli(e.ingested).UTC()})
	}
	return events, found
}
