package cloudwatchlogs

import (
	awslogs "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guarded implements [fakeaws.PolicyHolder]: log groups, by their own policy and by those of
// their account, and destinations.
func (s *Fake) Guarded(call *fakeaws.Call) (all []fakeaws.Guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at, there := range s.places {
		there.groups.Scan(func(_ string, g *group) bool {
			policy := s.guarding(call, g.id, g, linkedActions[0])
			if policy == noPolicy {
				return true
			}
			one := fakeaws.Guarded{
				Resources: []string{g.id.arn(), g.id.arn() + ":*"}, Type: "AWS::Logs::LogGroup", Tags: fakeaws.DescribedTags(g.tags),
				Account: at.account, Region: at.region, Policy: policy,
			}
			if g.policy != nil {
				arn := g.id.arn()
				one.Replace = func(document string) any {
					return &awslogs.PutResourcePolicyInput{ResourceArn: &arn, PolicyDocument: &document, ExpectedRevisionId: &g.policy.revision}
				}
				one.Written = g.policy.inForce()
			}
			all = append(all, one)
			return true
		})
		for _, name := range there.policyNames() {
			all = append(all, fakeaws.Guarded{
				Resources: []string{fakeaws.ARN(serviceName, at.region, at.account, "log-group:*")}, Account: at.account, Region: at.region, Also: true,
				Name: name, Written: there.policies[name].inForce(),
				Replace: func(document string) any {
					return &awslogs.PutResourcePolicyInput{PolicyName: &name, PolicyDocument: &document}
				},
			})
		}
		there.destinations.Scan(func(_ string, d *destination) bool {
			if d.policy != nil {
				all = append(all, fakeaws.Guarded{
					Resources: []string{d.id.arn()}, Type: "AWS::Logs::Destination", Account: at.account, Region: at.region, Policy: d.policy.inForce(),
					Replace: func(document string) any {
						return &awslogs.PutDestinationPolicyInput{DestinationName: &d.id.name, AccessPolicy: &document}
					},
				})
			}
			return true
		})
	}
	return all
}
