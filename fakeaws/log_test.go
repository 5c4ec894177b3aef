package fakeaws

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

// someone is who makes the calls of these tests.
var someone = &Caller{Principal: enforce.Principal{Type: enforce.User, ARN: "arn:aws:iam::000000000000:user/someone"}}

// judged makes a call that was decided by a policy and two condition keys: one of the
// client and one of the permission.
func judged(n int, userAgent, prefix string, p *enforce.Policy) Event {
	global := new(enforce.Context)
	global.Set("aws:UserAgent", userAgent)
	request := &enforce.Request{Principal: someone.Principal, Action: "s3:ListBucket", Resource: "*"}
	request.Context.Set("s3:prefix", prefix)
	request.Context.Base = someone.at(time.Time{}, global)
	d := enforce.Evaluate(request, &enforce.PolicySet{Identity: []*enforce.Policy{p}})
	return Event{RequestID: strconv.Itoa(n), Decisions: []enforce.Decision{d, d}}
}

// What the log keeps is bounded in bytes too: of calls with long values, and of policies
// that have been replaced since, it remembers fewer.
func TestLogIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	long := func(n int) string {
		return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::` + strings.Repeat("a", 5000) + strconv.Itoa(n) + `"}}`
	}
	parse := func(doc string) *enforce.Policy {
		p, err := enforce.Parse(doc, enforce.IdentityPolicy, enforce.Source{})
		require.NoError(t, err)
		return p
	}
	shared := parse(long(0))
	for name, test := range map[string]struct {
		event    func(n int) Event
		size     int
		min, max int
	}{
		"short":               {func(n int) Event { return judged(n, "agent", "", shared) }, 0, logSize, logSize},
		"long and shared":     {func(n int) Event { return judged(n, strings.Repeat("a", 60<<10), "", shared) }, 0, logSize, logSize},
		"long values":         {func(n int) Event { return judged(n, strings.Repeat("a", 60<<10)+strconv.Itoa(n), "", shared) }, 0, 400, logBytes / (60 << 10)},
		"long keys":           {func(n int) Event { return judged(n, "agent", strings.Repeat("a", 60<<10)+strconv.Itoa(n), shared) }, 0, 400, logBytes / (60 << 10)},
		"policies of its own": {func(n int) Event { return judged(n, "agent", "", parse(long(n))) }, 0, 400, logBytes / 60_000},
		"long paths":          {func(n int) Event { return Event{RequestID: strconv.Itoa(n)} }, 60 << 10, 400, logBytes / (60 << 10)},
		"one over all":        {func(n int) Event { return Event{RequestID: strconv.Itoa(n)} }, 2 * logBytes, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := new(Log)
			const calls = logSize + 404
			for n := range calls {
				e := test.event(n)
				log.add(&e, someone, 0, test.size)
			}
			got := len(log.Events())
			assert.True(t, test.min <= got && got <= test.max, "%d calls are remembered", got)
			assert.True(t, got == 1 || log.bytes <= logBytes)
			_, ok := log.Find(strconv.Itoa(calls - 1))
			assert.True(t, ok, "the latest")
			_, ok = log.Find(strconv.Itoa(calls - got - 1))
			assert.False(t, ok, "the one before the oldest")
			for range got {
				log.forgetFirst()
			}
			assert.Zero(t, log.bytes)
			assert.Empty(t, log.policies)
			assert.Zero(t, log.recent)
		})
	}
}

func TestLogSince(t *testing.T) {
	t.Parallel()
	log := new(Log)
	const calls = logSize + 10
	for n := range calls {
		log.add(&Event{RequestID: strconv.Itoa(n)}, someone, 0, 0)
	}
	require.Equal(t, calls, log.Count())
	for n, want := range map[int]int{0: logSize, 10: logSize, 11: logSize - 1, calls - 2: 2, calls: 0, calls + 1: 0} {
		events := log.Since(n)
		require.Len(t, events, want, "after the first %d", n)
		if want > 0 {
			assert.Equal(t, strconv.Itoa(calls-want), events[0].RequestID)
		}
	}
	log.Reset()
	assert.Empty(t, log.Since(0))
	log.add(&Event{RequestID: "after"}, someone, 0, 0)
	assert.Len(t, log.Since(calls), 1)
	assert.Equal(t, calls+1, log.Count())
}

func TestLogFindsCalls(t *testing.T) {
	t.Parallel()
	log := new(Log)
	for n := range 2*logSize + 10 {
		if n == 3 || n == logSize || n == 2*logSize+9 {
			oldest := max(0, n-logSize)
			for _, id := range []int{oldest, (oldest + n) / 2, n - 1} {
				e, ok := log.Find(strconv.Itoa(id))
				assert.True(t, ok, "%d of %d", id, n)
				assert.False(t, e.Settled)
			}
			_, ok := log.Find(strconv.Itoa(oldest - 1))
			assert.False(t, ok)
			_, ok = log.Settle("")
			assert.False(t, ok)
		}
		log.add(&Event{RequestID: strconv.Itoa(n)}, someone, 0, 0)
	}
	last := strconv.Itoa(2*logSize + 9)
	log.Settle(last)
	e, ok := log.Find(last)
	assert.True(t, ok && e.Settled)
	_, ok = new(Log).Find(last)
	assert.False(t, ok)
}

// What is read of the log is what was written, also where calls share it.
func TestLogTellsWhatWasDecided(t *testing.T) {
	t.Parallel()
	policy := func(action string) *enforce.Policy {
		p, err := enforce.Parse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"`+action+`","Resource":"*"}}`, enforce.IdentityPolicy, enforce.Source{})
		require.NoError(t, err)
		return p
	}
	start := time.Date(2026, 11, 22, 20, 26, 45, 678_901_234, time.UTC)
	admin := *someone
	admin.Session = &Session{MFA: true, Issued: start.Add(-time.Minute)}
	allowing, denying := policy("s3:*"), policy("sqs:*")
	log := new(Log)
	var want []Event
	for n := range 3 * len(log.recent) {
		by, waited, global := someone, time.Duration(n)*time.Hour, new(enforce.Context)
		if n%3 == 0 {
			by = &admin
		}
		global.Set("aws:UserAgent", strconv.Itoa(n%20))
		e := Event{
			Time: start.Add(time.Duration(n) * time.Second), RequestID: strconv.Itoa(n), Caller: by.ARN, Service: "s3", Operation: "DeleteObjects",
			Fixture: n%5 == 0, Denied: n%2 == 0,
		}
		if n%7 == 0 {
			e.Code, e.Message, e.Help = "AccessDenied", "no", "help"
		}
		if n%6 == 0 {
			e.Fault = (Throttle + FaultKind(n/6)%Partial).String()
		}
		for i := range n % 4 {
			request := &enforce.Request{Principal: by.Principal, Action: "s3:GetObject", Resource: "arn:aws:s3:::b/" + strconv.Itoa(i/2), ResourceAccount: "000000000000"}
			request.Context.Set("s3:versionid", strconv.Itoa(n%2))
			request.Context.Base = by.at(e.Time.Add(waited), global)
			e.Decisions = append(e.Decisions, enforce.Evaluate(request, &enforce.PolicySet{Identity: []*enforce.Policy{[]*enforce.Policy{allowing, denying}[i%2]}}))
		}
		log.add(&e, by, waited, 0)
		want = append(want, e)
	}
	got := log.Events()
	require.Len(t, got, len(want))
	for n, e := range want {
		assert.Equal(t, e.Decisions, got[n].Decisions, "%d", n)
		assert.Equal(t, e.String(), got[n].String())
		for i := range e.Decisions {
			assert.Equal(t, e.Decisions[i].Explain(), got[n].Decisions[i].Explain())
		}
		found, ok := log.Find(e.RequestID)
		assert.True(t, ok)
		got[n].Decisions, found.Decisions, e.Decisions = nil, nil, nil
		assert.Equal(t, e, got[n])
		assert.Equal(t, e, found)
	}
	log.Reset()
	assert.Empty(t, log.Events())
	assert.Zero(t, log.bytes)
}
