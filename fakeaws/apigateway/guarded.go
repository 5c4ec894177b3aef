package apigateway

import (
	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guarded implements [fakeaws.PolicyHolder]: the stages of APIs with the policies that were
// deployed. A method that does not ask for IAM's signatures is decided by its authorizer, or
// by nothing. The operation that puts a policy does not deploy it, and so replaces none.
func (s *Fake) Guarded(*fakeaws.Call) (all []fakeaws.Guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.apis {
		for _, name := range a.stages.keys {
			d := a.deployments.get(aws.ToString(a.stages.get(name).info.DeploymentId))
			if d == nil {
				continue
			}
			g := fakeaws.Guarded{
				Resources: []string{fakeaws.ARN("execute-api", a.region, a.account, a.id+"/"+name+"/*")}, Account: a.account, Region: a.region,
				Policy: d.design.policy.Policy(),
			}
			if d.design.open() {
				g.Unknown = "the methods of API " + a.id + " that are not authorized by IAM"
			}
			all = append(all, g)
		}
	}
	return all
}

// open reports whether there is a method that IAM does not authorize.
func (d *design) open() bool {
	for _, key := range d.resources.keys {
		for _, m := range d.resources.get(key).methods {
			if aws.ToString(m.AuthorizationType) != authIAM {
				return true
			}
		}
	}
	return false
}
