package awstest

import (
	"fmt"
	"maps"
	"net/http"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A VPCEndpoint is a VPC endpoint of an account, which principals call AWS through.
type VPCEndpoint struct {
	endpoint fakeaws.VPCEndpoint
	socket   *socket // nil in a synctest bubble
}

// The address in the VPC from which calls through an endpoint come.
const vpcSourceIP = "10.0.0.10"

// NewVPCEndpoint makes a VPC endpoint with an endpoint policy, whose statements name
// principals; nil is AWS's default, which allows everything. Principals call through it by
// [Principal.Via].
func (a *Account) NewVPCEndpoint(policy Policy) *VPCEndpoint {
	a.t.Helper()
	ids := a.world.IDs()
	id := func(prefix string) string { return prefix + "-" + ids.Hex(17) }
	e := &VPCEndpoint{endpoint: fakeaws.VPCEndpoint{ID: id("vpce"), VPC: id("vpc"), Account: a.ID(), Region: a.Region(), SourceIP: vpcSourceIP}}
	if policy != nil {
		if d := a.document(policy, enforce.EndpointPolicy, "the VPC endpoint "+e.ID(), anyResource); d != nil {
			p, err := enforce.Parse(d.text, enforce.EndpointPolicy, d.source)
			if err != nil {
				a.t.Fatalf("awstest: the policy of the VPC endpoint %s: %v", e.ID(), err)
			}
			e.endpoint.Policy = p
			e.placed(a, d)
		}
	}
	if a.socket != nil {
		e.socket = &socket{world: a.world, door: a.world.Door().Via(&e.endpoint)}
		a.t.Cleanup(e.socket.close)
	}
	return e
}

// ID returns the endpoint's id, the value of aws:SourceVpce: "vpce-0a1b2c3d4e5f6a7b8".
func (e *VPCEndpoint) ID() string { return e.endpoint.ID }

// VPC returns the id of the endpoint's VPC, the value of aws:SourceVpc.
func (e *VPCEndpoint) VPC() string { return e.endpoint.VPC }

// String returns the id.
func (e *VPCEndpoint) String() string { return fmt.Sprintf("VPC endpoint %s", e.ID()) }

// Via returns the principal as one whose calls go through a VPC endpoint: its policy must
// allow them too, and they have the keys aws:SourceVpce, aws:SourceVpc and aws:VpcSourceIp in
// place of aws:SourceIp. Policies are attached to the principal itself.
func (p *Principal) Via(e *VPCEndpoint) *Principal {
	account := *p.account
	account.goVia(e)
	return &Principal{identity: identity{account: &account, name: p.name, arn: p.arn}, credentials: p.credentials}
}

// HTTPClient is [Account.HTTPClient] for requests that go the principal's way: through its VPC
// endpoint, if there is one. It signs nothing.
func (p *Principal) HTTPClient() *http.Client { return p.account.HTTPClient() }

// goVia lets the account's clients go through a VPC endpoint of its World, or of the one
// that this is a clone of.
func (a *Account) goVia(e *VPCEndpoint) {
	a.shared.mu.Lock()
	if there := a.shared.endpoints[e.ID()]; there != nil {
		e = there
	}
	a.shared.mu.Unlock()
	a.via = e
	switch {
	case a.socket == nil:
	case e.socket != nil && e.socket.world == a.world:
		a.socket = e.socket
	default:
		a.socket = &socket{world: a.world, door: a.door()}
		a.t.Cleanup(a.socket.close)
	}
}

// placed remembers the endpoint's policy, for [Mutate].
func (e *VPCEndpoint) placed(a *Account, d *document) {
	a.place(placement{
		document: *d, at: e.ID(),
		current: func() (string, bool) { return e.endpoint.Policy.Document(), true },
		put: func(a *Account, d *document) error {
			p, err := enforce.Parse(d.text, enforce.EndpointPolicy, d.source)
			if err != nil {
				return err
			}
			other := *e
			other.endpoint.Policy, other.socket = p, nil
			a.shared.mu.Lock()
			defer a.shared.mu.Unlock()
			endpoints := maps.Clone(a.shared.endpoints)
			if endpoints == nil {
				endpoints = make(map[string]*VPCEndpoint)
			}
			endpoints[e.ID()] = &other
			a.shared.endpoints = endpoints
			return nil
		},
	})
}

// door is the way into the World that the account's clients take.
func (a *Account) door() fakeaws.Door {
	if a.via != nil {
		return a.world.Door().Via(&a.via.endpoint)
	}
	return a.world.Door()
}

// within is the endpoint as the World has it; nil of none.
func (e *VPCEndpoint) within() *fakeaws.VPCEndpoint {
	if e == nil {
		return nil
	}
	return &e.endpoint
}
