package sqs

import (
	"math"
	"time"
)

// Pending implements [fakeaws.Source]: the visible messages of a queue, and when one that is
// hidden may become visible.
func (s *Fake) Pending(arn string) (now int, next time.Time) {
	id, ok := parseARN(arn)
	if !ok {
		return 0, time.Time{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q, err := s.queueNamed(id.account, id.region, id.name)
	if err != nil {
		return 0, time.Time{}
	}
	if q.messages.ready.first(nil) != nil { // else all groups of a FIFO queue wait
		now = q.messages.ready.len()
	}
	if at := q.next(math.MaxInt64); at < math.MaxInt64 {
		next = at.time()
	}
	return now, next
}
