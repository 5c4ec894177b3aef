package lambda

import (
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guarded implements [fakeaws.PolicyHolder]: a function, each version and each alias have
// policies of their own, and so have the versions of layers.
func (s *Fake) Guarded(*fakeaws.Call) (all []fakeaws.Guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, f := range s.functions {
		for qualifier, p := range f.policies {
			if p == nil {
				continue
			}
			arn := reference{id, qualifier}.arn()
			all = append(all, fakeaws.Guarded{
				Resources: []string{arn}, Account: id.account, Region: id.region, Policy: p.bound.Policy(),
				Replace: func(document string) any {
					return &awslambda.PutResourcePolicyInput{ResourceArn: &arn, Policy: &document}
				},
			})
		}
	}
	for id, l := range s.layers {
		for n, v := range l.versions {
			if v.policy != nil {
				all = append(all, fakeaws.Guarded{Resources: []string{id.version(n)}, Account: id.account, Region: id.region, Policy: v.policy.bound.Policy()})
			}
		}
	}
	return all
}
