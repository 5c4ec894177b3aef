package fakeaws

import (
	"cmp"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
)

// logSize is how many calls a World remembers: enough for any test, and a bound
// for a server that runs for days.
const logSize = 4096

// An Event is one call that reached a World.
type Event struct {
	Time      time.Time
	RequestID string
	// Caller is the ARN of who called, or the name of an AWS service that called as
	// itself; empty when anonymous or unknown.
	Caller string
	// Service and Operation are empty when the request named none.
	Service, Operation string
	// Fixture reports whether the World's own hand made the call, to set a test up: no
	// policy was asked.
	Fixture bool
	// Decisions has one entry for each permission that was asked, in order.
	Decisions []enforce.Decision
	// Denied reports whether any of them was denied, even if the call was let
	// pass (soft mode), or stopped only one entry of a batch.
	Denied bool
	// Settled reports whether a test has dealt with the outcome: expected it, or failed
	// because of it with an explanation.
	Settled bool
	// Code is the code of the error that the caller got; empty on success.
	Code string
	// Message is the text of that error, cut where it is long.
	Message string
	// Help is what a developer may want to know of a failed authentication beyond
	// the text: what a wrong signature is a signature of, and what it should be of.
	Help string
}

// maxMessage bounds what the log keeps of an error that quotes the request.
const maxMessage = 4096

// Log remembers the latest calls of a World. It is safe for concurrent use.
type Log struct {
	mu     sync.Mutex
	events []Event // a ring once it is full
	next   int     // where the next event goes in a full ring
}

func (l *Log) add(e Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.events) < logSize {
		l.events = append(l.events, e)
		return
	}
	l.events[l.next] = e
	l.next = (l.next + 1) % logSize
}

// Events returns the remembered calls, newest last.
func (l *Log) Events() []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := make([]Event, 0, len(l.events))
	out = append(out, l.events[l.next:]...)
	return append(out, l.events[:l.next]...)
}

// Find returns the call with a request id, if it is remembered.
func (l *Log) Find(requestID string) (Event, bool) { return l.find(requestID, func(*Event) {}) }

// Settle is Find by a test that deals with the call's outcome, and notes that.
func (l *Log) Settle(requestID string) (Event, bool) {
	return l.find(requestID, func(e *Event) { e.Settled = true })
}

// find looks from the newest call on, which stands before next: it is the likeliest.
func (l *Log) find(requestID string, found func(*Event)) (Event, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(l.events)
	for i := range n {
		if e := &l.events[(l.next-1-i+2*n)%n]; e.RequestID == requestID {
			found(e)
			return *e, true
		}
	}
	return Event{}, false
}

// Reset forgets all calls.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events, l.next = nil, 0
}

// String returns the event in one line for each permission that was asked, or
// one line for a call that needed none.
func (e *Event) String() string {
	if len(e.Decisions) == 0 {
		verdict := "PASS"
		switch {
		case e.Code != "":
			verdict = "FAIL"
		case e.Fixture:
			verdict = "FIXTURE"
		}
		s := verdict + " " + shortARN(e.Caller) + " " + e.Service + ":" + e.Operation
		if e.Code != "" {
			s += "  " + e.Code + ": " + strconv.Quote(e.Message)
		}
		return s
	}
	s := ""
	for i := range e.Decisions {
		if i > 0 {
			s += "\n"
		}
		s += e.Decisions[i].String()
	}
	return s
}

// shortARN returns what tells callers apart in a list: "user/alice".
func shortARN(arn string) string {
	return cmp.Or(arn[strings.LastIndexByte(arn, ':')+1:], "anonymous")
}
