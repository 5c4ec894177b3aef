// Package scheduler is a fake of Amazon EventBridge Scheduler: schedules in groups, which
// call their targets with a role on the World's clock.
package scheduler

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Fake has the schedules of all accounts and regions of a World.
type Fake struct {
	world *fakeaws.World

	mu     fakeaws.Mutex // guards everything below
	groups map[groupID]*group
	tries  []*run // that wait to be tried again, in no order
}

// serviceName is the principal as which EventBridge Scheduler assumes roles.
const serviceName = "scheduler.amazonaws.com"

// Service is Amazon EventBridge Scheduler, for a World to be made of. No World has it unless
// asked.
var Service = fakeaws.Service{
	Name: "scheduler", Faults: faults,
	New: func(w *fakeaws.World) fakeaws.Fake { return &Fake{world: w, groups: make(map[groupID]*group)} },
}

// Of returns the Amazon EventBridge Scheduler of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("scheduler").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

// Ops implements [fakeaws.Fake].
func (s *Fake) Ops() []fakeaws.Op { return slices.Concat(s.scheduleOps(), s.groupOps(), s.tagOps()) }

// Denied implements [fakeaws.Fake].
func (s *Fake) Denied(_ *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	return accessDenied(d.Message(need.Style("scheduler")))
}

// now is the time as the service answers it, in milliseconds.
func (s *Fake) now() time.Time { return s.world.Clock().Now().UTC().Truncate(time.Millisecond) }

// A groupID names a schedule group.
type groupID struct{ account, region, name string }

func (id groupID) arn() string {
	return fakeaws.ARN("scheduler", id.region, id.account, "schedule-group/"+id.name)
}

// scheduleARN is the ARN of a schedule in the group.
func (id groupID) scheduleARN(name string) string {
	return fakeaws.ARN("scheduler", id.region, id.account, "schedule/"+id.name+"/"+name)
}

// defaultName is the name of the group that every account has in every region.
const defaultName = "default"

func groupAt(call *fakeaws.Call, name *string) groupID {
	if aws.ToString(name) == "" {
		return groupID{call.Account, call.Region, defaultName}
	}
	return groupID{call.Account, call.Region, *name}
}

func parseGroupARN(text string) (groupID, bool) {
	a, err := awsarn.Parse(text)
	if err != nil {
		return groupID{}, false
	}
	name, ok := strings.CutPrefix(a.Resource, "schedule-group/")
	return groupID{a.AccountID, a.Region, name}, ok && a.Service == "scheduler" && name != ""
}

func parseScheduleARN(text string) (id groupID, name string, ok bool) {
	a, err := awsarn.Parse(text)
	if err != nil {
		return groupID{}, "", false
	}
	rest, ok := strings.CutPrefix(a.Resource, "schedule/")
	if !ok || a.Service != "scheduler" {
		return groupID{}, "", false
	}
	group, name, ok := strings.Cut(rest, "/")
	return groupID{a.AccountID, a.Region, group}, name, ok
}

// Guard implements [fakeaws.Guardian].
func (s *Fake) Guard(call *fakeaws.Call, action, resource string) (fakeaws.Need, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := parseGroupARN(resource); ok {
		_, need := s.groupNeed(action, id)
		return need, nil
	}
	if id, name, ok := parseScheduleARN(resource); ok {
		_, _, need := s.scheduleNeed(action, id, name)
		return need, nil
	}
	return fakeaws.Need{Action: action, Resource: resource, ResourceAccount: call.Account}, nil
}
