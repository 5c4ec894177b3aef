package iam

import (
	"strings"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guarded implements [fakeaws.PolicyHolder]: the trust policies of roles, which decide who
// assumes them.
func (s *Fake) Guarded(*fakeaws.Call) (all []fakeaws.Guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, a := range s.accounts {
		a.roles.Scan(func(_ string, e *entity) bool {
			trust := e.role.trust
			if s.views != nil {
				v := s.seen(e.arn)
				if v == nil {
					return true
				}
				trust = v.trust
			}
			g := fakeaws.Guarded{Resources: []string{e.arn}, Account: id, Policy: trust.Policy(), Also: true}
			if name := e.name; !strings.Contains(e.arn, ":role/aws-service-role/") { // those only AWS changes
				g.Replace = func(document string) any {
					return &awsiam.UpdateAssumeRolePolicyInput{RoleName: &name, PolicyDocument: &document}
				}
			}
			all = append(all, g)
			return true
		})
	}
	return all
}
