package awstest

import (
	"fmt"

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
	account.via = e
	if account.socket != nil {
		account.socket = e.socket
	}
	return &Principal{identity: identity{account: &account, name: p.name, arn: p.arn}, credentials: p.credentials}
}

// door is the way into the World that the account's clients take.
func (a *Account) door() fakeaws.Door {
	if a.via != nil {
		return a.world.Door().Via(&a.via.endpoint)
	}
	return a.world.Door()
}
