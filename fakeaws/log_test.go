package fakeaws

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
)

// decided makes a call that was decided by a policy and a condition key.
func decided(n int, userAgent string, p *enforce.Policy) Event {
	global := new(enforce.Context)
	global.Set("aws:UserAgent", userAgent)
	request := &enforce.Request{Action: "s3:GetObject", Resource: "*", Context: enforce.Context{Base: global}}
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
		min, max int
	}{
		"short":               {func(n int) Event { return decided(n, "agent", shared) }, logSize, logSize},
		"long values":         {func(n int) Event { return decided(n, strings.Repeat("a", 60<<10), shared) }, 400, logBytes / (60 << 10)},
		"policies of its own": {func(n int) Event { return decided(n, "agent", parse(long(n))) }, 400, logBytes / 60_000},
		"one over all":        {func(n int) Event { return Event{RequestID: strconv.Itoa(n), size: 2 * logBytes} }, 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := new(Log)
			const calls = logSize + 404
			for n := range calls {
				log.add(test.event(n))
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
		})
	}
}

func TestLogSince(t *testing.T) {
	t.Parallel()
	log := new(Log)
	const calls = logSize + 10
	for n := range calls {
		log.add(Event{RequestID: strconv.Itoa(n)})
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
	log.add(Event{RequestID: "after"})
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
		log.add(Event{RequestID: strconv.Itoa(n)})
	}
	last := strconv.Itoa(2*logSize + 9)
	log.Settle(last)
	e, ok := log.Find(last)
	assert.True(t, ok && e.Settled)
	_, ok = new(Log).Find(last)
	assert.False(t, ok)
}
