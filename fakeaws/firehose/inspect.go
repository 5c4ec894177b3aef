package firehose

import (
	"bytes"
	"slices"
)

// A Stream is a Firehose stream as Go code sees it that looks without a call: no policy is
// asked and nothing changes.
type Stream struct {
	Name, ARN string
	// Waiting is the data of the records that are not delivered, in the order in which they
	// came.
	Waiting [][]byte
	// Failures are why deliveries failed, the latest last: those that were tried again too.
	Failures []string
}

// Stream returns a Firehose stream by its ARN; false where there is none.
func (s *Fake) Stream(arn string) (Stream, bool) {
	id, ok := parseARN(arn)
	if !ok {
		return Stream{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.streams[id]
	if x == nil {
		return Stream{}, false
	}
	out := Stream{Name: id.name, ARN: id.arn(), Failures: slices.Clone(x.failures)}
	for _, d := range x.pending {
		for _, r := range d.records {
			out.Waiting = append(out.Waiting, bytes.Clone(r.data))
		}
	}
	for _, r := range x.buffer {
		out.Waiting = append(out.Waiting, bytes.Clone(r.data))
	}
	return out, true
}
