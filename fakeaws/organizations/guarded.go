package organizations

import (
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guarded implements [fakeaws.PolicyHolder]: what a delegation policy lets member accounts do
// with the organization, for which operations are on its resources or on none.
func (s *Fake) Guarded(*fakeaws.Call) (all []fakeaws.Guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := make(map[*organization]bool)
	for _, o := range s.byMember {
		if seen[o] || o.delegation == nil {
			continue
		}
		seen[o] = true
		all = append(all, fakeaws.Guarded{
			Resources: []string{fakeaws.ARN("organizations", "", o.management, "*"), "*"}, Account: o.management, Policy: o.delegation.bound.Policy(), Also: true,
			Replace: func(document string) any { return &sdk.PutResourcePolicyInput{Content: &document} },
		})
	}
	return all
}
