package bench

import (
	"testing"

	"github.com/leastpriv/leastpriv/awstest"
	"github.com/leastpriv/leastpriv/enforce"
)

// covering returns a job on two accounts: one of which coverage is noted, and another.
func covering(tb testing.TB, m measurement) (off, on func()) {
	tb.Setenv(awstest.CoverageDir, "")
	off = m.job(tb, account(tb, m))
	tb.Setenv(awstest.CoverageDir, tb.TempDir())
	return off, m.job(tb, account(tb, m))
}

// BenchmarkCoverage has what noting costs a call; enforce has what it costs a decision.
func BenchmarkCoverage(b *testing.B) {
	for _, m := range measurements[1:4] {
		b.Run(m.name, func(b *testing.B) {
			off, on := covering(b, m)
			for name, do := range map[string]func(){"off": off, "on": on} {
				b.Run(name, func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						do()
					}
				})
			}
		})
	}
}

// To note the decisions of a call costs 3 % of the call at most, and no allocation. A call
// with coverage and one without differ by less than what a busy machine makes of either,
// so the noting is measured by itself.
func TestSpeedOfCoverage(t *testing.T) {
	if !*speed {
		t.Skip("-speed is not set: the time that coverage takes is not measured")
	}
	for _, m := range measurements[1:4] {
		t.Run(m.name, func(t *testing.T) {
			acct := awstest.New(t)
			call := m.job(t, accountIn(t, acct, m))
			call()
			calls := acct.Calls()
			decisions, c := calls[len(calls)-1].Decisions, new(enforce.Coverage)
			note := func() {
				for _, d := range decisions {
					c.Note(d)
				}
			}
			check(t, 0.03, m.times, call, note)

			off, on := covering(t, m)
			without, with := testing.AllocsPerRun(1000, off), testing.AllocsPerRun(1000, on)
			t.Logf("%g allocations of a call, with coverage %g", without, with)
			if with > without {
				t.Errorf("%g allocations with coverage, and %g without", with, without)
			}
		})
	}
}
