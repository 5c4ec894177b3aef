package ses

import (
	awsses "github.com/aws/aws-sdk-go-v2/service/ses"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guarded implements [fakeaws.PolicyHolder]: an identity is guarded by all its policies as one,
// of which each can be replaced by itself.
func (s *Fake) Guarded(*fakeaws.Call) (all []fakeaws.Guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, r := range s.regions {
		for _, x := range r.identities {
			if len(x.policies) == 0 {
				continue
			}
			resources := []string{x.arn()}
			all = append(all, fakeaws.Guarded{Resources: resources, Account: at.account, Region: at.region, Policy: x.policy()})
			for name, p := range x.policies {
				all = append(all, fakeaws.Guarded{
					Resources: resources, Account: at.account, Region: at.region, Also: true, Name: name, Written: p.Policy(),
					Replace: func(document string) any {
						return &awsses.PutIdentityPolicyInput{Identity: &x.name, PolicyName: &name, Policy: &document}
					},
				})
			}
		}
	}
	return all
}
