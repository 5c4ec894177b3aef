// Package eventbridge is a fake of Amazon EventBridge: event buses with their policies,
// rules with patterns and schedules, and deliveries to targets that are judged as the
// service's own calls, or as those of the role of a target.
package eventbridge

import (
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// A Fake has the event buses of all accounts and regions of a World.
type Fake struct {
	world *fakeaws.World

	mu        fakeaws.Mutex // guards everything below
	buses     map[busID]*bus
	scheduled map[string]*rule // by ARN: the rules with a schedule that are enabled
	jobs      []*job           // what is to be done at a time, in no order
	archives  map[named]*archive
	replays   map[named]*replay
	apis      map[named]*apiDestination
	links     map[named]*connection
}

// A named is something that has a name in an account and region.
type named struct{ account, region, name string }

// serviceName is the principal as which EventBridge calls other services.
const serviceName = "events.amazonaws.com"

// Service is Amazon EventBridge, for a World to be made of. No World has it unless asked.
var Service = fakeaws.Service{
	Name: "events", SDK: "eventbridge", Faults: faults,
	New:  func(w *fakeaws.World) fakeaws.Fake { return newFake(w) },
	Wire: fakeaws.Wire{MaxBody: maxBody},
}

// maxBody is how long a request may be: that of events all of whose characters are escaped.
// The bound of AWS is unverified.
const maxBody = 8 << 20

// Of returns the Amazon EventBridge of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("events").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{
		world:     w,
		buses:     make(map[busID]*bus),
		scheduled: make(map[string]*rule),
		archives:  make(map[named]*archive),
		replays:   make(map[named]*replay),
		apis:      make(map[named]*apiDestination),
		links:     make(map[named]*connection),
	}
}

// Ops implements [fakeaws.Fake].
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(s.busOps(), s.permissionOps(), s.ruleOps(), s.targetOps(), s.eventOps(), s.tagOps(), s.archiveOps(),
		s.replayOps(), s.connectionOps(), s.apiOps())
}

// Denied implements [fakeaws.Fake].
func (s *Fake) Denied(_ *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	return accessDenied(d.Message(need.Style("events")))
}

// now is the time as EventBridge answers it, in seconds.
func (s *Fake) now() time.Time { return s.world.Clock().Now().UTC().Truncate(time.Second) }

// noPolicy stands for the policy of a bus that has none: callers of other accounts are told
// that no resource-based policy allows them.
var noPolicy = enforce.Empty(enforce.ResourcePolicy)

// A busID names an event bus.
type busID struct{ account, region, name string }

func (id busID) arn() string {
	return fakeaws.ARN("events", id.region, id.account, "event-bus/"+id.name)
}

// defaultName is the name of the bus that every account has in every region.
const defaultName = "default"

// ruleARN is the ARN of a rule of the bus: that of the default bus does not name it.
func (id busID) ruleARN(rule string) string {
	if id.name == defaultName {
		return fakeaws.ARN("events", id.region, id.account, "rule/"+rule)
	}
	return fakeaws.ARN("events", id.region, id.account, "rule/"+id.name+"/"+rule)
}

// busAt reads the name or the ARN of a bus as a call gives it; without one it is the
// caller's default bus.
func busAt(call *fakeaws.Call, nameOrARN *string) (busID, error) {
	text := aws.ToString(nameOrARN)
	if text == "" {
		text = defaultName
	}
	if !strings.HasPrefix(text, "arn:") {
		return busID{call.Account, call.Region, text}, nil
	}
	id, ok := parseBusARN(text)
	if !ok {
		return id, invalid(textBusARN)
	}
	return id, nil
}

func parseBusARN(text string) (busID, bool) {
	a, err := awsarn.Parse(text)
	if err != nil {
		return busID{}, false
	}
	name, ok := strings.CutPrefix(a.Resource, "event-bus/")
	return busID{a.AccountID, a.Region, name}, ok && a.Service == "events" && a.Region != "" && awsid.IsAccount(a.AccountID) && name != ""
}

// parseRuleARN reads the ARN of a rule.
func parseRuleARN(text string) (id busID, rule string, ok bool) {
	a, err := awsarn.Parse(text)
	if err != nil {
		return busID{}, "", false
	}
	path, ok := strings.CutPrefix(a.Resource, "rule/")
	id = busID{a.AccountID, a.Region, defaultName}
	if i := strings.LastIndexByte(path, '/'); i >= 0 {
		id.name, path = path[:i], path[i+1:]
	}
	return id, path, ok && a.Service == "events" && path != ""
}

// A contextKey adds condition keys of the request to a permission.
type contextKey func(*enforce.Context)

// anywhere is a permission on no resource in particular.
func anywhere(call *fakeaws.Call, action string) fakeaws.Need {
	return fakeaws.Need{Action: action, Resource: "*", ResourceAccount: call.Account}
}

// onAccount plans an operation that is about no resource in particular.
func onAccount[O any](s *Fake, call *fakeaws.Call, in any, do func() (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	return planned(s, []fakeaws.Need{anywhere(call, "events:"+call.Operation)}, do), nil
}

// planned is a plan that is performed under the lock.
func planned[O any](s *Fake, needs []fakeaws.Need, do func() (O, error)) *fakeaws.Plan[O] {
	return &fakeaws.Plan[O]{Needs: needs, Do: func() (O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return do()
	}}
}
