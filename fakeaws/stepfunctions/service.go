// Package stepfunctions is a fake of AWS Step Functions: state machines in the Amazon States
// Language, whose tasks call the services of the World with the machine's role, and
// activities.
package stepfunctions

import (
	"slices"
	"strings"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// A Fake has the state machines, executions and activities of all accounts and regions of a
// World.
type Fake struct {
	world *fakeaws.World

	mu         fakeaws.Mutex // guards everything below, and all that it refers to
	machines   map[resourceID]*machine
	activities map[resourceID]*activity
	executions map[string]*execution // of standard state machines, by ARN
	tokens     map[string]*thread    // of tasks that wait for an answer
	due        *agenda               // executions refer to it as well
	polls      polls
}

// A place is an account in a region.
type place struct{ account, region string }

// A resourceID names a state machine or an activity.
type resourceID struct {
	place
	name string
}

// serviceName is the principal as which Step Functions calls other services.
const serviceName = "states.amazonaws.com"

// Service is AWS Step Functions, for a World to be made of. No World has it unless asked.
var Service = fakeaws.Service{
	Name: "states", SDK: "sfn",
	New: func(w *fakeaws.World) fakeaws.Fake { return newFake(w) },
	Wire: fakeaws.Wire{
		MaxBody: maxBody, Endpoint: endpoint,
	},
}

// maxBody is how long a request may be: that of a definition of 1 MB, all of whose characters
// are escaped. The bound of AWS is unverified.
const maxBody = 3 << 20

// endpoint reads the host of StartSyncExecution and TestState, "sync-states.us-east-1.amazonaws.com":
// the SDK puts the prefix before the name of the endpoint.
func endpoint(host string) (fakeaws.Endpoint, bool) {
	rest, ok := strings.CutPrefix(host, "sync-states.")
	if !ok {
		return fakeaws.Endpoint{}, false
	}
	region, ok := strings.CutSuffix(strings.TrimSuffix(rest, ".cn"), ".amazonaws.com")
	return fakeaws.Endpoint{Service: "states", Region: region}, ok && region != ""
}

// Of returns the AWS Step Functions of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("states").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{
		world:      w,
		machines:   make(map[resourceID]*machine),
		activities: make(map[resourceID]*activity),
		executions: make(map[string]*execution),
		tokens:     make(map[string]*thread),
		due:        new(agenda),
	}
}

// Ops implements [fakeaws.Fake].
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(s.machineOps(), s.versionOps(), s.aliasOps(), s.tagOps(), s.executionOps(), s.historyOps(), s.activityOps(), s.tokenOps(),
		s.validateOps(), s.mapRunOps())
}

// Denied implements [fakeaws.Fake].
func (s *Fake) Denied(_ *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	return accessDenied(d.Message(need.Style("states")))
}

// now is the time as Step Functions answers it, in milliseconds.
func (s *Fake) now() time.Time { return s.world.Clock().Now().UTC().Truncate(time.Millisecond) }

// members has the constraints of the service model.
var members = constraint.NewModel("states", constraint.Wording{})

// noPolicy stands for the resource policy that nothing of Step Functions has.
var noPolicy = enforce.Empty(enforce.ResourcePolicy)

// need is a permission on a resource.
func need(action, arn, account string, tags map[string]string) fakeaws.Need {
	n := fakeaws.Need{Action: "states:" + action, Resource: arn, ResourceAccount: account, Policy: noPolicy}
	for key, value := range tags {
		n.Context.Set("aws:ResourceTag/"+key, value)
	}
	return n
}

// onAccount plans an operation that is about no resource, which is judged on all of a type.
func onAccount[O any](s *Fake, call *fakeaws.Call, in any, resource string, do func() (O, error)) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	arn := resource
	if arn != "*" {
		arn = fakeaws.ARN("states", call.Region, call.Account, resource)
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need(call.Operation, arn, call.Account, nil)}, Do: func() (O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return do()
	}}, nil
}
