// Package iamtoolbox is the fake of IAM Toolbox, the service of AWS's Access
// Troubleshooter: it tells why a request was denied. AWS has it as a preview, so that a
// World has it only when asked. Then the texts of denials end with the authorization id
// under which their details are found, as long as the World's log has the call.
//
// The SDK for Go has no client of the service yet. The types of the operations are
// therefore here, and [NewFromConfig] makes a client.
package iamtoolbox

import (
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// serviceName is the name in the endpoints of the service, and that requests are signed
// for; that the two are the same is unverified.
const serviceName = "iam-toolbox"

// Service is IAM Toolbox, for a World to be made of.
var Service = fakeaws.Service{
	Name: serviceName, SDK: "iamtoolbox", TellsDenials: true,
	New: func(w *fakeaws.World) fakeaws.Fake { return &Fake{world: w} },
}

// A Fake is the IAM Toolbox of a World. It keeps nothing itself.
type Fake struct{ world *fakeaws.World }

var _ fakeaws.Fake = (*Fake)(nil)

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return nil }

// Ops returns the operations of IAM Toolbox.
func (s *Fake) Ops() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.getRequestAuthorizationDetails),
		fakeaws.Bind(s.getRequestAuthorizationPolicy),
	}
}

// Denied answers a denial. That it is worded as IAM words its denials is unverified; the
// code is the API reference's.
func (s *Fake) Denied(_ *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	return refused("AccessDeniedException", 403, d.Message(need.Style("iam")))
}

// anyResource is the resource of both permissions. The Service Authorization Reference
// does not have them yet: unverified.
const anyResource = "*"

// ownAction is the permission that a call needs: an action of IAM of the operation's name.
func ownAction(call *fakeaws.Call) []fakeaws.Need {
	return []fakeaws.Need{{Action: "iam:" + call.Operation, Resource: anyResource, ResourceAccount: call.Account}}
}
