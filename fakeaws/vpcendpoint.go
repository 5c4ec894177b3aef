package fakeaws

import "github.com/leastpriv/leastpriv/enforce"

// A VPCEndpoint is a VPC endpoint of AWS PrivateLink, or a gateway endpoint: requests that
// come through it are subject to its policy besides all others ("Control access to VPC
// endpoints using endpoint policies" of the AWS PrivateLink Guide).
type VPCEndpoint struct {
	// ID is like vpce-1a2b3c4d, and VPC like vpc-1a2b3c4d.
	ID, VPC string
	// Account owns the endpoint, in a region.
	Account, Region string
	// SourceIP is the address in the VPC from which requests come.
	SourceIP string
	// Policy is an [enforce.EndpointPolicy]; nil is the default one, which allows everything.
	Policy *enforce.Policy
}

// Via returns the way into the World that leads through a VPC endpoint.
func (d Door) Via(e *VPCEndpoint) Door {
	d.via = e
	return d
}

// throughEndpoint adds what a VPC endpoint brings to the decisions of a call: its policy, and
// the keys that tell of it. aws:SourceIp is not there ("AWS global condition context keys" of
// the IAM User Guide).
func (c *Call) throughEndpoint(set *enforce.PolicySet, global *enforce.Context) {
	e := c.via
	set.Endpoint = e.Policy
	global.SetAbsent("aws:SourceIp")
	global.Set("aws:SourceVpce", e.ID)
	global.Set("aws:SourceVpc", e.VPC)
	global.Set("aws:SourceVpcArn", ARN("ec2", e.Region, e.Account, "vpc/"+e.VPC))
	global.Set("aws:VpcSourceIp", e.SourceIP)
	// AWS has the following for some services only; for which is unverified.
	global.Set("aws:VpceAccount", e.Account)
	if m := c.World.state().organizations.now.Load().of(e.Account); m != nil {
		global.Set("aws:VpceOrgID", m.ID)
		global.SetMulti("aws:VpceOrgPaths", []string{m.Path})
	}
}
