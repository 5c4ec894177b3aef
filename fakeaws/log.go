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
// runs for days. Most calls take less than 1 KB.
const (
	// logSize is how many calls a World remembers.
	logSize = 4096
	// logBytes is about how many bytes they take together.
	logBytes = 32 << 20
)

// An Event is one call that reached a World.
type Event struct {
	Time      time.Time `json:"time"`
	RequestID string    `json:"requestId"`
	// Caller is the ARN of who called, or the name of an AWS service that called as
	// itself; empty when anonymous or unknown.
	Caller string `json:"caller"`
	// Service and Operation are empty when the request named none.
	Service   string `json:"service"`
	Operation string `json:"operation"`
	// Fixture reports whether the World's own hand made the call, to set a test up: no
	// policy was asked.
	Fixture bool `json:"fixture,omitempty"`
	// Decisions has one entry for each permission that was asked, in order.
	Decisions []enforce.Decision `json:"decisions"`
	// Denied reports whether any of them was denied, even if the call was let
	// pass (soft mode), or stopped only one entry of a batch.
	Denied bool `json:"denied"`
	// Settled reports whether a test has dealt with the outcome: expected it, or failed
	// because of it with an explanation.
	Settled bool `json:"settled,omitempty"`
	// Code is the code of the error that the caller got; empty on success.
	Code string `json:"code,omitempty"`
	// Message is the text of that error, cut where it is long.
	Message string `json:"message,omitempty"`
	// Help is what a developer may want to know of a failed call beyond AWS's text: what a
	// wrong signature is a signature of, and what it should be of; why a permission was
	// asked that was denied; which principal or resource of a policy is refused.
	Help string `json:"help,omitempty"`
	// Fault is the kind of the [Fault] that made the call fail, or that came with its
	// answer; empty where there was none.
	Fault string `json:"fault,omitempty"`
	// AuthorizationID is the id that the text of a denial gave, under which its details
	// are found; empty where it gave none. See [World.FindAuthorization].
	AuthorizationID string `json:"authorizationId,omitempty"`

	denial *denial // with the id
}

// maxMessage bounds what the log keeps of an error that quotes the request.
const maxMessage = 4096

// Log remembers the latest calls of a World. It is safe for concurrent use.
type Log struct {
	mu sync.Mutex
	// records is a ring of the calls: n of them from first on.
	records  []record
	first, n int
	added    int // how many there ever were
	bytes    int // of the records, their settings and the policies of these
	// recent are settings of the latest calls, for others to share; next is the place of
	// the one that is noted next.
	recent [16]*setting
	next   int
	// policies says how many settings of the records name each policy.
	policies map[*enforce.Policy]int
	// watches are those who follow the calls.
	watches []*Watch
}

// add remembers a call of a caller whose decisions were made some time after it arrived.
// What the request told about itself took size bytes.
func (l *Log) add(e *Event, by *Caller, waited time.Duration, size int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.record(e, by)
	r.waited = waited
	r.size += size
	l.bytes += r.size
	if l.n == len(l.records) {
		l.grow()
	}
	l.records[(l.first+l.n)%len(l.records)] = r
	l.n++
	l.added++
	for l.n > 1 && l.bytes > logBytes {
		l.forgetFirst()
	}
	l.wake()
}

// grow makes room for a call: one more, or that of the oldest.
func (l *Log) grow() {
	if l.n == logSize {
		l.forgetFirst()
		return
	}
	larger := make([]record, min(max(16, 2*l.n), logSize))
	copied := copy(larger, l.records[l.first:])
	copy(larger[copied:], l.records[:l.first])
	l.records, l.first = larger, 0
}

// forgetFirst forgets the oldest call.
func (l *Log) forgetFirst() {
	r := l.at(0)
	l.bytes -= r.size
	for i := range r.decisions {
		l.release(r.decisions[i].setting)
	}
	*r = record{}
	l.first = (l.first + 1) % len(l.records)
	l.n--
}

// at is the call with a number, counted from the oldest.
func (l *Log) at(i int) *record { return &l.records[(l.first+i)%len(l.records)] }

// Events returns the remembered calls, newest last.
func (l *Log) Events() []Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	events := make([]Event, l.n)
	for i := range events {
		events[i] = l.at(i).event()
	}
	return events
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
	from := min(max(0, n-(l.added-l.n)), l.n)
	events := make([]Event, l.n-from)
	for i := range events {
		events[i] = l.at(from + i).event()
	}
	return events
}

// Find returns the call with a request id, if it is remembered.
func (l *Log) Find(requestID string) (Event, bool) { return l.find(requestID, func(*record) {}) }

// Settle is Find by a test that deals with the call's outcome, and notes that.
func (l *Log) Settle(requestID string) (Event, bool) {
	return l.find(requestID, func(r *record) { r.settled = true })
}

// find looks from the newest call on: it is the likeliest.
func (l *Log) find(requestID string, found func(*record)) (Event, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := l.n - 1; i >= 0; i-- {
		if r := l.at(i); r.requestID == requestID {
			found(r)
			return r.event(), true
		}
	}
	return Event{}, false
}

// findAuthorization returns the call whose denial has an authorization id, if it is
// remembered. How long a comparison takes tells nothing of the ids.
func (l *Log) findAuthorization(id string) (Event, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := l.n - 1; i >= 0; i-- {
		r := l.at(i)
		if r.denial != nil && subtle.ConstantTimeCompare([]byte(r.denial.id), []byte(id)) == 1 {
			return r.event(), true
		}
	}
	return Event{}, false
}

// Reset forgets all calls.
func (l *Log) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.records, l.first, l.n, l.bytes, l.policies = nil, 0, 0, 0, nil
	l.recent, l.next = [len(l.recent)]*setting{}, 0
	for _, w := range l.watches {
		w.next = l.added
	}
}

// String returns the event in one line for each permission that was asked, or
// one line for a call that needed none. A call that met a fault has a line of that.
func (e *Event) String() string {
	if e.Fault != "" {
		return e.faulted()
	}
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
	return e.decided()
}

// decided has the decisions, each in a line.
func (e *Event) decided() string {
	s := ""
	for i := range e.Decisions {
		if i > 0 {
			s += "\n"
		}
		s += e.Decisions[i].String()
	}
	return s
}

// faulted has the decisions, and after them what a fault did to the call.
func (e *Event) faulted() string {
	s := e.decided()
	if s != "" {
		s += "\n"
	}
	s += "FAULT " + shortARN(e.Caller) + " " + e.Service + ":" + e.Operation + "  " + faultKinds[faultNamed(e.Fault)].text + " by the test"
	if e.Code != "" {
		s += "  " + e.Code + ": " + strconv.Quote(e.Message)
	}
	return s
}

// shortARN returns what tells callers apart in a list: "user/alice".
func shortARN(arn string) string {
	return cmp.Or(arn[strings.LastIndexByte(arn, ':')+1:], "anonymous")
}
