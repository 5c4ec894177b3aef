package scheduler

import (
	"time"

	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/recent"
	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// What a clone of a World shares with it, and why: all else it has a copy of.
var _ = deepcopy.Register(
	deepcopy.Share[awsscheduler.CreateScheduleInput]("it never changes: UpdateSchedule puts another in its place"),
	deepcopy.Share[types.Target]("the same"),
)

// An Outcome is what became of an invocation.
type Outcome string

// The outcomes of invocations.
const (
	Delivered    Outcome = "delivered"
	Retrying     Outcome = "retrying"      // it failed, and is tried again
	DeadLettered Outcome = "dead-lettered" // it failed, and is in the dead-letter queue
	Dropped      Outcome = "dropped"
)

// An Invocation is one run of a schedule.
type Invocation struct {
	ScheduleARN, ExecutionID, TargetARN string
	// Scheduled is when it was due.
	Scheduled time.Time
	// Input is what the target gets.
	Input string
	// Outcome is empty while it is under way. Code and Reason say why it failed.
	Outcome      Outcome
	Code, Reason string
	Attempts     int
}

// maxKept is how many invocations of a schedule are kept for Go code to look at.
const maxKept = 1000

func (p *plan) keep(i *Invocation) { p.delivered = recent.Add(p.delivered, i, maxKept) }

// Invocations returns the latest thousand invocations of a schedule, by its ARN, the first
// first; nil when there is no such schedule, which is so after one that deletes itself.
func Invocations(w *fakeaws.World, scheduleARN string) []Invocation {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.planAt(scheduleARN)
	if p == nil {
		return nil
	}
	var all []Invocation
	for _, i := range recent.Of(p.delivered, maxKept) {
		all = append(all, *i)
	}
	return all
}

// Next returns when a schedule runs next, by its ARN; false when it does not.
func Next(w *fakeaws.World, scheduleARN string) (time.Time, bool) {
	s := Of(w)
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.planAt(scheduleARN)
	if p == nil || p.next.IsZero() {
		return time.Time{}, false
	}
	return p.next.UTC(), true
}

// planAt finds a schedule by its ARN; nil where there is none. The lock is held.
func (s *Fake) planAt(arn string) *plan {
	id, name, ok := parseScheduleARN(arn)
	if !ok {
		return nil
	}
	if g := s.group(id); g != nil {
		return g.schedules[name]
	}
	return nil
}
