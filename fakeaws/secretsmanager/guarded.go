package secretsmanager

import (
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guarded implements [fakeaws.PolicyHolder]. A replica has the policy of its primary.
func (s *Fake) Guarded(call *fakeaws.Call) (all []fakeaws.Guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, x := range s.secrets {
		if x.expired(call.Time) {
			continue
		}
		arn := x.arn()
		g := fakeaws.Guarded{
			Resources: []string{arn}, Type: "AWS::SecretsManager::Secret", Tags: fakeaws.DescribedTags(x.tags),
			Account: id.account, Region: id.region, Policy: x.policy.Policy(),
		}
		if x.primary == nil {
			g.Replace = func(document string) any {
				return &sm.PutResourcePolicyInput{SecretId: &arn, ResourcePolicy: &document}
			}
		}
		all = append(all, g)
	}
	return all
}
