package eventbridge

import (
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guarded implements [fakeaws.PolicyHolder]: the policy of a bus guards its rules too.
func (s *Fake) Guarded(*fakeaws.Call) (all []fakeaws.Guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, b := range s.buses {
		if b.policy == nil {
			continue
		}
		g := fakeaws.Guarded{
			Resources: []string{id.arn()}, Type: "AWS::Events::EventBus", Tags: fakeaws.DescribedTags(b.tags), Account: id.account, Region: id.region, Policy: b.policy.Policy(),
			Replace: func(document string) any { return &eb.PutPermissionInput{EventBusName: &id.name, Policy: &document} },
		}
		rules := g
		rules.Type, rules.Replace = "", nil
		rules.Resources = []string{fakeaws.ARN("events", id.region, id.account, "rule/"+id.name+"/*")}
		if id.name == defaultName { // the rules of other buses have such ARNs too
			rules.Resources, rules.Also = []string{fakeaws.ARN("events", id.region, id.account, "rule/*")}, true
		}
		all = append(all, g, rules)
	}
	return all
}
