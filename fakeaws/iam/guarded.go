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
			g := fakeaws.Guarded{Resources: []string{e.arn}, Type: fakeaws.RoleType, Account: id, Policy: e.role.trust.Policy(), Also: true}
			g.Outside, g.Written = g.Policy, g.Policy
			if s.views != nil {
				if g.Policy = nil; s.seen(e.arn) != nil {
					g.Policy = s.seen(e.arn).trust.Policy()
				}
			}
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
