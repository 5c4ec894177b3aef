package eventbridge

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/eventpattern"
	"github.com/leastpriv/leastpriv/fakeaws/internal/schedule"
)

// A rule is one rule of a bus, with its targets.
type rule struct {
	bus  *bus
	name string
	settings
	tags    map[string]string
	creator string // the account
	targets []*types.Target
	// next is when a rule with a schedule runs next; zero for never.
	next time.Time
	// delivered is what became of the latest deliveries.
	delivered []*Delivery
	gone      bool
}

// settings are what PutRule sets.
type settings struct {
	patternText, scheduleText *string
	pattern                   *eventpattern.Pattern
	schedule                  *schedule.Expression
	description, role         *string
	state                     types.RuleState
}

func (r *rule) arn() string { return r.bus.id.ruleARN(r.name) }

// enabled reports whether the rule is in force. That of CloudTrail's read-only events is
// too.
func (r *rule) enabled() bool { return r.state != types.RuleStateDisabled }

// exists is the error of a rule that is missing, or was deleted since it was found.
func (r *rule) exists(b *bus, id busID, name string) error {
	if err := b.exists(id); err != nil {
		return err
	}
	if r == nil || r.gone {
		return noRule(name, id.name)
	}
	return nil
}

// ruleNeed is one permission on a rule, with the rule and its bus; nil where there is none.
// The lock is held.
func (s *Fake) ruleNeed(call *fakeaws.Call, action string, id busID, name string) (*bus, *rule, fakeaws.Need) {
	b := s.bus(id)
	need := fakeaws.Need{Action: action, Resource: id.ruleARN(name), ResourceAccount: id.account}
	b.guard(&need)
	creator := call.Account
	var r *rule
	if b != nil {
		r = b.rules[name]
	}
	if r != nil {
		setResourceTags(&need.Context, r.tags)
		creator = r.creator
	}
	if creator != "" {
		need.Context.Set("events:creatorAccount", creator)
	}
	return b, r, need
}

// onRule plans an operation on one rule, with one permission.
func onRule[O any](s *Fake, call *fakeaws.Call, in any, id busID, name string, do func(*rule) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	b, r, need := s.ruleNeed(call, "events:"+call.Operation, id, name)
	s.mu.Unlock()
	for _, set := range keys {
		set(&need.Context)
	}
	return planned(s, []fakeaws.Need{need}, func() (none O, err error) {
		if err := r.exists(b, id, name); err != nil {
			return none, err
		}
		return do(r)
	}), nil
}

// onNamedRule is onRule by the names that most operations have.
func onNamedRule[O any](s *Fake, call *fakeaws.Call, in any, busName, name *string, do func(*rule) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	id, err := busAt(call, busName)
	if err != nil {
		return nil, err
	}
	return onRule(s, call, in, id, *name, do, keys...)
}

// changed has a rule that was changed be looked for anew, and run at its times. The lock is
// held.
func (s *Fake) changed(r *rule) {
	r.bus.index = nil
	arn := r.arn()
	delete(s.scheduled, arn)
	if r.gone || r.schedule == nil || !r.enabled() {
		r.next = time.Time{}
		return
	}
	r.next = nextRun(r.schedule, s.now())
	if !r.next.IsZero() {
		s.scheduled[arn] = r
		s.world.Wake(r.next)
	}
}

// nextRun is when a schedule is due after a time; zero for never. A rate begins when its
// rule is put ("A rate expression starts when you create the scheduled event rule"); that
// the first run is one interval later is unverified.
func nextRun(e *schedule.Expression, after time.Time) time.Time {
	if e.Rate > 0 {
		return after.Add(e.Rate)
	}
	return e.After(after, time.UTC)
}

// entry is the rule as lists have it.
func (r *rule) entry() types.Rule {
	return types.Rule{
		Arn: aws.String(r.arn()), Name: aws.String(r.name), EventBusName: aws.String(r.bus.id.name), Description: r.description,
		EventPattern: r.patternText, ScheduleExpression: r.scheduleText, RoleArn: r.role, State: r.state,
	}
}
