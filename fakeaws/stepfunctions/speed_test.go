//go:build unix

package stepfunctions_test

import (
	"flag"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var speed = flag.Bool("speed", false, "measure what a state costs")

// loop is a state machine that goes through a Pass and a Choice state until it has counted to a
// number.
const loop = `{"StartAt":"Count","States":{
	"Count":{"Type":"Pass","Parameters":{"n.$":"States.MathAdd($.n, 1)","most.$":"$.most"},"Next":"Enough"},
	"Enough":{"Type":"Choice","Choices":[{"Variable":"$.n","NumericLessThanPath":"$.most","Next":"Count"}],"Default":"Done"},
	"Done":{"Type":"Succeed"}}}`

// A state costs the process less than 20 microseconds of CPU, with its two events.
func TestSpeedOfAState(t *testing.T) {
	if !*speed {
		t.Skip("-speed is not set: the cost of a state is not measured")
	}
	c := newCloud(t)
	machine := c.machine(t, "loop", loop)
	const turns = 5000
	best := time.Duration(0)
	for range 5 {
		before := cpuTime(t)
		execution := c.begin(t, machine, `{"n":0,"most":5000}`)
		took := (cpuTime(t) - before) / (2 * turns)
		out := c.describe(t, execution)
		require.Equal(t, types.ExecutionStatusSucceeded, out.Status, out.Cause)
		if best == 0 || took < best {
			best = took
		}
	}
	t.Logf("a state costs %v of CPU", best)
	assert.Less(t, best, 20*time.Microsecond)
}

// cpuTime is the CPU time that the process has taken.
func cpuTime(t testing.TB) time.Duration {
	var u syscall.Rusage
	require.NoError(t, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
