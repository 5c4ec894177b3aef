// Package organizations is the fake of AWS Organizations: accounts in a tree of
// organizational units, and the service and resource control policies that are
// attached to it. What it stores, every authorization of the World minds.
package organizations

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Fake has the organizations of a World. It is safe for concurrent use. Its
// methods are AWS's operations; called directly with the context of
// World.Background they act as the account's root user.
type Fake struct {
	world *fakeaws.World

	mu       sync.Mutex               // guards everything below
	byMember map[string]*organization // by account id
	// handshakes are those of all organizations, by id.
	handshakes btree.Map[string, *handshake]
}

var _ fakeaws.Fake = (*Fake)(nil)

// Service is AWS Organizations, for a World to be made of.
var Service = fakeaws.Service{Name: "organizations", New: func(w *fakeaws.World) fakeaws.Fake { return newFake(w) }}

// Of returns the AWS Organizations of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("organizations").(*Fake) }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{world: w, byMember: make(map[string]*organization)}
}

// Denied answers a denial as Organizations does, which prints the resource of
// actions that have none.
func (s *Fake) Denied(call *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	style := enforce.MessageStyle{Name: need.Resource, PolicyARN: s.world.SameOrganization(call.Account, need.ResourceAccount)}
	return accessDenied(d.Message(style))
}

// inOrganization performs an operation on the caller's organization: it checks
// the input, which calls from Go bring unchecked, and holds the lock.
func inOrganization[O any](ctx context.Context, s *Fake, in any, do func(*organization) (*O, error)) (*O, error) {
	if err := check(in); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.byMember[fakeaws.CallFrom(ctx).Account]
	if o == nil {
		return nil, notInUse()
	}
	o.clean()
	return do(o)
}

// changing is inOrganization for an operation that changes what authorizations
// mind. The change counts from its return on.
func changing[O any](ctx context.Context, s *Fake, in any, do func(*organization) (*O, error)) (*O, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*O, error) {
		out, err := do(o)
		if err == nil {
			o.publish()
		}
		return out, err
	})
}

// now is the time as AWS answers it here, in milliseconds.
func (s *Fake) now() time.Time { return s.world.Clock().Now().Truncate(time.Millisecond) }

// arn puts an ARN of the organization together.
func (o *organization) arn(resource ...string) string {
	return fakeaws.ARN("organizations", "", o.management, strings.Join(resource, "/"))
}
