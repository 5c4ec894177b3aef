package fakeaws

import (
	"time"
	"unsafe"

	"github.com/leastpriv/leastpriv/enforce"
)

// A record is what the log keeps of a call: its [Event], without what the calls of one
// client have in common, which they share, and without what can be made again.
type record struct {
	time                                  time.Time
	waited                                time.Duration // from time until the decisions were made
	requestID, caller, service, operation string
	fixture, denied, settled              bool
	fault                                 FaultKind // beside the flags, where it takes no more room
	failure                               *failure  // nil on success
	denial                                *denial   // nil but of a denial with details
	decisions                             []decided
	size                                  int // in bytes, without the settings
}

// A failure is what an Event tells of an error.
type failure struct{ code, message, help string }

// A decided is a decision that was made about a call.
type decided struct {
	setting                   *setting
	verdict                   enforce.Verdict
	layer                     enforce.Layer
	policy                    *enforce.Policy
	statement                 *enforce.Statement
	action, resource, account string
	keys                      enforce.Context // those of the permission alone
	unknown                   *enforce.Unknown
}

// A setting is what decisions are made in: who calls, the policies, and the condition
// keys that are not of the permission or the time. It is the same for all calls of a
// client of one operation on like resources, while nobody changes a policy.
type setting struct {
	caller   *Caller
	policies enforce.PolicySet
	keys     enforce.Context

	uses   int // by the decisions of records
	size   int // in bytes, without the policies
	latest decided
}

// record makes the record of a call; the lock is held.
func (l *Log) record(e *Event, by *Caller) record {
	r := record{
		time: e.Time, requestID: e.RequestID, caller: e.Caller, service: e.Service, operation: e.Operation,
		fixture: e.Fixture, denied: e.Denied, settled: e.Settled, fault: faultNamed(e.Fault),
		size: int(unsafe.Sizeof(record{})) + len(e.RequestID),
	}
	if e.Code != "" || e.Message != "" || e.Help != "" {
		r.failure = &failure{e.Code, e.Message, e.Help}
		r.size += int(unsafe.Sizeof(failure{})) + len(e.Code) + len(e.Message) + len(e.Help)
	}
	if r.denial = e.denial; r.denial != nil {
		r.size += int(unsafe.Sizeof(denial{})) + len(r.denial.id) + r.denial.global.Bytes()
	}
	if len(e.Decisions) == 0 {
		return r
	}
	r.decisions = make([]decided, len(e.Decisions))
	for i := range e.Decisions {
		r.size += r.decisions[i].of(&e.Decisions[i], l.settingOf(&e.Decisions[i], by))
	}
	return r
}

// of keeps a decision, and returns how many bytes that takes without the setting. Like
// decisions often follow each other, on the same resource with the same keys, and share
// them.
func (k *decided) of(d *enforce.Decision, s *setting) int {
	q := d.Request
	*k = decided{
		setting: s, verdict: d.Verdict, layer: d.Layer, policy: d.Policy, statement: d.Statement,
		action: q.Action, resource: q.Resource, account: q.ResourceAccount, keys: q.Context, unknown: q.Unknown,
	}
	size := int(unsafe.Sizeof(*k))
	if k.resource == s.latest.resource {
		k.resource = s.latest.resource
	} else {
		size += len(k.resource)
	}
	if k.keys.Base = nil; k.keys.Equal(&s.latest.keys) {
		k.keys = s.latest.keys
	} else {
		k.keys.Clip()
		size += k.keys.Bytes()
	}
	s.latest.resource, s.latest.keys = k.resource, k.keys
	return size
}

// settingOf finds the setting of a decision among those of the latest calls, or notes a
// new one; the lock is held.
func (l *Log) settingOf(d *enforce.Decision, by *Caller) *setting {
	keys := d.Request.Context.Base.Base // beneath those of the time
	for _, s := range l.recent {
		if s != nil && s.caller.same(by) && s.policies.Equal(d.Policies) && s.keys.Equal(keys) {
			s.uses++
			return s
		}
	}
	s := &setting{caller: by, policies: *d.Policies, keys: *keys, uses: 1, size: int(unsafe.Sizeof(setting{}))}
	for at := keys; at != nil; at = at.Base {
		s.size += at.Bytes()
	}
	l.recent[l.next] = s
	l.next = (l.next + 1) % len(l.recent)
	l.bytes += s.size
	if l.policies == nil {
		l.policies = make(map[*enforce.Policy]int)
	}
	for p := range s.policies.All() {
		if l.policies[p]++; l.policies[p] == 1 {
			l.bytes += p.Bytes()
		}
	}
	return s
}

// release ends a use of a setting; the lock is held.
func (l *Log) release(s *setting) {
	if s.uses--; s.uses > 0 {
		return
	}
	l.bytes -= s.size
	for p := range s.policies.All() {
		if l.policies[p]--; l.policies[p] == 0 {
			delete(l.policies, p)
			l.bytes -= p.Bytes()
		}
	}
	for i := range l.recent {
		if l.recent[i] == s {
			l.recent[i] = nil
		}
	}
}

// same reports whether two callers are the same to every decision: a service that calls
// as itself has a new one for each call.
func (c *Caller) same(other *Caller) bool {
	return c == other || c.Principal == other.Principal && c.Session == other.Session
}

// event makes the Event of a record again.
func (r *record) event() Event {
	e := Event{
		Time: r.time, RequestID: r.requestID, Caller: r.caller, Service: r.service, Operation: r.operation,
		Fixture: r.fixture, Denied: r.denied, Settled: r.settled, Fault: r.fault.String(),
	}
	if f := r.failure; f != nil {
		e.Code, e.Message, e.Help = f.code, f.message, f.help
	}
	if e.denial = r.denial; e.denial != nil {
		e.AuthorizationID = e.denial.id
	}
	if len(r.decisions) == 0 {
		return e
	}
	e.Decisions = make([]enforce.Decision, len(r.decisions))
	for i := range r.decisions {
		k := &r.decisions[i]
		q := &enforce.Request{
			Principal: k.setting.caller.Principal, Action: k.action,
			Resource: k.resource, ResourceAccount: k.account, Context: k.keys, Unknown: k.unknown,
		}
		q.Context.Base = k.setting.caller.at(r.time.Add(r.waited), &k.setting.keys)
		e.Decisions[i] = enforce.Decision{
			Verdict: k.verdict, Layer: k.layer, Policy: k.policy, Statement: k.statement,
			Request: q, Policies: &k.setting.policies,
		}
	}
	return e
}
