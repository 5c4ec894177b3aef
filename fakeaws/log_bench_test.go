package fakeaws

import (
	"flag"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/leastpriv/leastpriv/enforce"
)

var speed = flag.Bool("speed", false, "measure what it costs a call to be traced")

// traced is a call with one decision, of a client whose calls come one after the other.
func traced() Event {
	p := enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}`, enforce.IdentityPolicy)
	e := judged(1, "aws-sdk-go-v2/1.0", "reports/", p)
	e.Decisions = e.Decisions[:1]
	return e
}

// BenchmarkTrace is what a call pays for being traced: with the permission, its condition
// keys and what decided.
func BenchmarkTrace(b *testing.B) {
	log, e := new(Log), traced()
	b.ReportAllocs()
	for b.Loop() {
		log.add(&e, someone, 0, 0)
	}
}

// To be traced costs a call less than a microsecond: the fastest of ten, because a machine
// does other things too.
func TestSpeedOfTheTrace(t *testing.T) {
	if !*speed {
		t.Skip("-speed is not set: the time that the log takes is not measured")
	}
	const calls = 100_000
	log, e, fastest := new(Log), traced(), time.Hour
	for range 10 {
		start := time.Now()
		for range calls {
			log.add(&e, someone, 0, 0)
		}
		fastest = min(fastest, time.Since(start)/calls)
	}
	t.Logf("%v a call", fastest)
	assert.Less(t, fastest, time.Microsecond)
}
