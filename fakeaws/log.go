package fakeaws

import (
	"cmp"
	"crypto/subtle"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
)

// A World remembers the latest calls: enough for any test, and a bound for a server that
// runs for days. Most calls take less than 2 KB.
const (
	// logSize is how many calls a World remembers.
	logSize = 4096
	// logBytes is about how many bytes they take together.
	logBytes = 32 << 20
)

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
	// Help is what a developer may want to know of a failed call beyond AWS's text: what a
	// wrong signature is a signature of, and what it should be of; why a permission was
	// asked that was denied; which principal or resource of a policy is refused.
	Help string
	// AuthorizationID is the id that the text of a denial gave, under which its details
	// are found; empty where it gave none. See [World.FindAuthorization].
	AuthorizationID string `json:",omitempty"`

	// What details of a denial are found by, and their shared condition keys: the account
	// and organization of the caller, and the region.
	account, region string
	membership      *Membership
	global          *enforce.Context

	size int // in bytes, without the policies of the decisions
}

// maxMessage bounds what the log keeps of an error that quotes the request.
const maxMessage = 4096

// Log remembers the latest calls of a World. It is safe for concurrent use.
type Log struct {
	mu     sync.Mutex
	events []Event // those before first are forgotten
	first  int
	added  int // how many there ever were
	bytes  int // of the events and the policies of their decisions
	// policies says how often the decisions of the events name each policy.
	policies map[*enforce.Policy]int
}

func (l *Log) add(e Event) {
	e.size += e.bytes()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.policies == nil {
		l.policies = make(map[*enforce.Policy]int)
	}
	l.bytes += e.size
	for p := range e.policies {
		if l.policies[p]++; l.policies[p] == 1 {
			l.bytes += p.Bytes()
		}
	}
	l.events = append(l.events, e)
	l.added++
	for n := len(l.events) - l.first; n > logSize || n > 1 && l.bytes > logBytes; n-- {
		l.forgetFirst()
	}
}

// forgetFirst forgets the oldest call.
func (l *Log) forgetFirst() {
	e := &l.events[l.first]
	l.bytes -= e.size
	for p := range e.policies {
		if l.policies[p]--; l.policies[p] == 0 {
			delete(l.policies, p)
			l.bytes -= p.Bytes()
		}
	}
	*e = Event{}
	if l.first++; l.first >= logSize/2 {
		n := copy(l.events, l.events[l.first:])
		clear(l.events[n:])
		l.events, l.first = l.events[:n], 0
	}
}

// Events returns the remembered calls, newest last.
func (l *Log) Events() []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append(make([]Event, 0, len(l.events)-l.first), l.events[l.first:]...)
}

// Count returns how many calls there were, those that are forgotten among them.
func (l *Log) Count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.added
}

// Since returns the remembered calls that came after the first n, newest last.
func (l *Log) Since(n int) []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	remembered := l.events[l.first:]
	from := max(0, n-(l.added-len(remembered)))
	return append([]Event(nil), remembered[min(from, len(remembered)):]...)
}

// Find returns the call with a request id, if it is remembered.
func (l *Log) Find(requestID string) (Event, bool) { return l.find(requestID, func(*Event) {}) }

// Settle is Find by a test that deals with the call's outcome, and notes that.
func (l *Log) Settle(requestID string) (Event, bool) {
	return l.find(requestID, func(e *Event) { e.Settled = true })
}

// find looks from the newest call on: it is the likeliest.
func (l *Log) find(requestID string, found func(*Event)) (Event, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.events) - 1; i >= l.first; i-- {
		if e := &l.events[i]; e.RequestID == requestID {
			found(e)
			return *e, true
		}
	}
	return Event{}, false
}

// findAuthorization returns the call whose denial has an authorization id, if it is
// remembered. How long a comparison takes tells nothing of the ids.
func (l *Log) findAuthorization(id string) (Event, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := len(l.events) - 1; i >= l.first; i-- {
		e := &l.events[i]
		if e.AuthorizationID != "" && subtle.ConstantTimeCompare([]byte(e.AuthorizationID), []byte(id)) == 1 {
			return *e, true
		}
	}
	return Event{}, false
}

// Reset forgets all calls.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events, l.first, l.bytes, l.policies = nil, 0, 0, nil
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
