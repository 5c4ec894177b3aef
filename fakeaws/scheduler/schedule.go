package scheduler

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	awsscheduler "github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/schedule"
)

// A plan is one schedule of a group.
type plan struct {
	group *group
	name  string
	settings
	token            string // of the call that made it
	created, changed time.Time
	// next is when it runs next; zero for never.
	next      time.Time
	delivered []*Invocation
	gone      bool
}

// settings are what CreateSchedule and UpdateSchedule set. They never change: others are
// put in their place.
type settings struct {
	expression schedule.Expression
	zone       *time.Location
	of         *awsscheduler.CreateScheduleInput
}

func (p *plan) arn() string { return p.group.id.scheduleARN(p.name) }

func (p *plan) exists(g *group, id groupID, name string) error {
	if err := g.exists(id); err != nil {
		return err
	}
	if p == nil || p.gone {
		return notFound(textNoSchedule, name)
	}
	return nil
}

// scheduleNeed is one permission on a schedule, which is there or not. The lock is held.
func (s *Fake) scheduleNeed(action string, id groupID, name string) (*group, *plan, fakeaws.Need) {
	g := s.group(id)
	need := fakeaws.Need{Action: action, Resource: id.scheduleARN(name), ResourceAccount: id.account}
	g.setTags(&need.Context)
	if g == nil {
		return nil, nil, need
	}
	return g, g.schedules[name], need
}

// earliest is how long before now a schedule may begin.
const earliest = 5 * time.Minute

// read checks the settings of a schedule.
func (s *Fake) read(in *awsscheduler.CreateScheduleInput) (set settings, err error) {
	set = settings{zone: time.UTC, of: in}
	if name := aws.ToString(in.ScheduleExpressionTimezone); name != "" {
		if set.zone, err = time.LoadLocation(name); err != nil || name == "Local" {
			return set, invalidf(textZone, name)
		}
	}
	text, ok := *in.ScheduleExpression, false
	for _, parse := range []func(string) (schedule.Expression, bool){schedule.ParseRate, schedule.ParseCron, schedule.ParseAt} {
		if set.expression, ok = parse(text); ok {
			break
		}
	}
	if !ok {
		return set, invalidf(textExpression, text)
	}
	now := s.world.Clock().Now()
	if set.expression.At.IsZero() { // "ignores StartDate [and EndDate] for one-time schedules"
		switch {
		case in.StartDate != nil && in.StartDate.Before(now.Add(-earliest)):
			return set, invalid(textStart)
		case in.EndDate != nil && (in.EndDate.Before(now) || in.StartDate != nil && !in.EndDate.After(*in.StartDate)):
			return set, invalid(textEnd)
		}
	}
	w := in.FlexibleTimeWindow
	if (w.Mode == types.FlexibleTimeWindowModeFlexible) != (w.MaximumWindowInMinutes != nil) {
		return set, invalid(textWindow)
	}
	return set, checkTarget(in.Target)
}

// checkTarget refuses targets that there are not.
func checkTarget(t *types.Target) error {
	arn, err := awsarn.Parse(*t.Arn)
	if err != nil {
		return invalid(textARN)
	}
	if arn.Service == "scheduler" {
		return notImplemented("the universal target " + strings.TrimPrefix(arn.Resource, "aws-sdk:") + " is not called")
	}
	fifo := arn.Service == "sqs" && strings.HasSuffix(arn.Resource, ".fifo")
	for _, c := range []struct {
		name          string
		wanted, given bool
	}{
		{"EventBridgeParameters", arn.Service == "events", t.EventBridgeParameters != nil},
		{"KinesisParameters", arn.Service == "kinesis", t.KinesisParameters != nil},
		{"EcsParameters", arn.Service == "ecs", t.EcsParameters != nil},
		{"SqsParameters", fifo, t.SqsParameters != nil && t.SqsParameters.MessageGroupId != nil},
	} {
		if c.wanted != c.given {
			return invalidf(textParameters, c.name, *t.Arn)
		}
	}
	return nil
}

// enabled reports whether the schedule runs.
func (p *plan) enabled() bool { return p.of.State != types.ScheduleStateDisabled }

// plan sets when the schedule runs next, after it was put. A rate begins at once if it has
// no StartDate. That a single time that is over never comes is unverified.
func (s *Fake) plan(p *plan) {
	p.next = time.Time{}
	if p.gone || !p.enabled() {
		return
	}
	now := s.world.Clock().Now()
	begin := now
	if start := p.of.StartDate; start != nil && start.After(now) {
		begin = *start
	}
	switch {
	case !p.expression.At.IsZero():
		if at := p.expression.In(p.zone); !at.Before(now.Truncate(time.Second)) {
			p.next = at
		}
	case p.expression.Rate > 0:
		p.next = begin
	default:
		// The start itself counts.
		p.next = p.expression.After(begin.Add(-time.Nanosecond), p.zone)
	}
	s.ends(p)
}

// advance sets when the schedule runs next, after a time at which it ran.
func (s *Fake) advance(p *plan, ran time.Time) {
	switch {
	case !p.expression.At.IsZero():
		p.next = time.Time{}
	case p.expression.Rate > 0:
		p.next = ran.Add(p.expression.Rate)
	default:
		p.next = p.expression.After(ran, p.zone)
	}
	s.ends(p)
}

// ends ends a schedule whose EndDate is over, and wakes the World for one that goes on.
func (s *Fake) ends(p *plan) {
	if end := p.of.EndDate; end != nil && p.expression.At.IsZero() && p.next.After(*end) {
		p.next = time.Time{}
	}
	if !p.next.IsZero() {
		s.world.Wake(p.next)
	}
}
