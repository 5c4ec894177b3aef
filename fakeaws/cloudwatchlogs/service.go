// Package cloudwatchlogs is a fake of Amazon CloudWatch Logs: log groups with their streams
// and events, filters, subscriptions that deliver to other services, resource policies and
// queries.
package cloudwatchlogs

import (
	"slices"
	"time"

	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Fake has the log groups of all accounts and regions of a World.
type Fake struct {
	world *fakeaws.World

	mu     fakeaws.Mutex // guards everything below, and all groups
	places map[place]*shelf
	links  map[link]bool
	// latest numbers the events, in the order in which they came.
	latest uint64
	outbox []*delivery
}

// A place is an account in a region.
type place struct{ account, region string }

// A shelf is what an account has in a region.
type shelf struct {
	groups       btree.Map[string, *group]
	destinations btree.Map[string, *destination]
	// policies are the resource policies of the account, by their names.
	policies        map[string]*accountPolicy
	accountPolicies map[accountPolicyID]*storedPolicy
	queries         []*query // the oldest first
}

// A link has a monitoring account read the log groups of a source account.
type link struct{ monitoring, source, region string }

// Service is Amazon CloudWatch Logs, for a World to be made of. No World has it unless
// asked.
var Service = fakeaws.Service{
	Name: serviceName, SDK: "cloudwatchlogs", Faults: faults,
	New:  func(w *fakeaws.World) fakeaws.Fake { return newFake(w) },
	Wire: fakeaws.Wire{MaxBody: maxBody},
}

const serviceName = "logs"

// maxBody is how long a request may be: a batch of events of 1 MiB whose characters are all
// escaped. The bound of AWS is unverified.
const maxBody = 8 << 20

// Of returns the CloudWatch Logs of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake(serviceName).(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{world: w, places: make(map[place]*shelf), links: make(map[link]bool)}
}

// Ops implements [fakeaws.Fake].
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(s.groupOps(), s.groupListOps(), s.keyOps(), s.tagOps(), s.streamOps(), s.eventOps(), s.metricFilterOps(),
		s.subscriptionOps(), s.destinationOps(), s.policyOps(), s.accountPolicyOps(), s.queryOps())
}

// Denied implements [fakeaws.Fake]. Who may not subscribe a destination is told without a
// reason.
func (s *Fake) Denied(call *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	if _, ok := parseDestinationARN(need.Resource); ok && need.Action == subscribeAction {
		return accessDenied("User with accountId: " + call.Account + " is not authorized to perform: " + need.Action + " on resource: " + need.Resource)
	}
	return accessDenied(d.Message(need.Style(serviceName)))
}

// now is the time as CloudWatch Logs keeps it, in milliseconds.
func (s *Fake) now() time.Time { return s.world.Clock().Now().UTC().Truncate(time.Millisecond) }

// shelf returns what an account has in a region, to change it. The lock is held.
func (s *Fake) shelf(p place) *shelf {
	there := s.places[p]
	if there == nil {
		there = &shelf{policies: make(map[string]*accountPolicy), accountPolicies: make(map[accountPolicyID]*storedPolicy)}
		s.places[p] = there
	}
	return there
}

// at returns what an account has in a region, to look at it. The lock is held.
func (s *Fake) at(p place) *shelf {
	if there := s.places[p]; there != nil {
		return there
	}
	return new(shelf)
}

func placeOf(call *fakeaws.Call) place { return place{call.Account, call.Region} }
