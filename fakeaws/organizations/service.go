// Package organizations is the fake of AWS Organizations: accounts in a tree of
// organizational units, and the service and resource control policies that are
// attached to it. Every authorization of the World evaluates them.
package organizations

import (
	"slices"
	"strings"
	"time"

	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Fake has the organizations of a World. It is safe for concurrent use.
type Fake struct {
	world *fakeaws.World

	mu       fakeaws.Mutex            // guards everything below
	byMember map[string]*organization // by account id
	// handshakes are those of all organizations, by id.
	handshakes btree.Map[string, *handshake]
}

var _ fakeaws.Fake = (*Fake)(nil)

// Service is AWS Organizations, for a World to be made of.
var Service = fakeaws.Service{
	Name: "organizations", Faults: faults,
	New: func(w *fakeaws.World) fakeaws.Fake { return newFake(w) },
}

// Of returns the AWS Organizations of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("organizations").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{world: w, byMember: make(map[string]*organization)}
}

// Ops returns the operations of Organizations.
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(
		s.organizationOps(), s.treeOps(), s.unitOps(), s.createAccountOps(), s.accountOps(), s.closeAccountOps(),
		s.invitationOps(), s.allFeaturesOps(), s.handshakeOps(), s.policyTypeOps(), s.policyOps(), s.attachmentOps(),
		s.trustedOps(), s.delegationOps(), s.tagOps(),
	)
}

// Denied answers a denial as Organizations does, which prints the resource of
// actions that have none.
func (s *Fake) Denied(call *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	style := need.Style("organizations")
	style.PolicyARN = s.world.SameOrganization(call.Account, need.ResourceAccount)
	return accessDenied(d.Message(style))
}

// now is the time as AWS answers it here, in milliseconds.
func (s *Fake) now() time.Time { return s.world.Clock().Now().Truncate(time.Millisecond) }

// arn puts an ARN of the organization together.
func (o *organization) arn(resource ...string) string {
	return fakeaws.ARN("organizations", "", o.management, strings.Join(resource, "/"))
}
