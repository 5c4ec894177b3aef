package lambda

import (
	"bytes"
	"slices"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws/internal/recent"
)

// An Invoked is an invocation that ran, as Go code sees it.
type Invoked struct {
	RequestID, Version string
	Payload            []byte
	// Answer is what the function answered; Failed says that it is the document of an error.
	Answer []byte
	Failed bool
	Log    string
	At     time.Time
}

// maxInvoked is how many invocations of a function are kept for Go code to look at.
const maxInvoked = 100

// keep remembers an invocation.
func (s *Fake) keep(o order, r *result, at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.functions[o.ref.id]
	if f == nil {
		return
	}
	f.invoked = recent.Add(f.invoked, Invoked{o.requestID, r.version, o.payload, r.payload, r.failed, string(r.log), at}, maxInvoked)
}

// Invocations returns the latest hundred invocations of a function, the first first.
func (s *Fake) Invocations(account, region, name string) []Invoked {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.functions[functionID{account, region, name}]
	if f == nil {
		return nil
	}
	all := slices.Clone(recent.Of(f.invoked, maxInvoked))
	for i := range all {
		all[i].Payload, all[i].Answer = bytes.Clone(all[i].Payload), bytes.Clone(all[i].Answer)
	}
	return all
}
