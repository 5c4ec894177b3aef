package dynamodb

import (
	awsdynamodb "github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guarded implements [fakeaws.PolicyHolder]. The policy of a table is that of its indexes, and
// of all else but its streams.
func (s *Fake) Guarded(*fakeaws.Call) (all []fakeaws.Guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	add := func(p *policy, id tableID, arn string, resources ...string) {
		if p == nil {
			return
		}
		all = append(all, fakeaws.Guarded{
			Resources: resources, Account: id.account, Region: id.region, Policy: p.current(),
			Replace: func(document string) any {
				return &awsdynamodb.PutResourcePolicyInput{ResourceArn: &arn, Policy: &document}
			},
		})
	}
	for id, t := range s.tables {
		add(t.policy, id, id.arn(), id.arn(), id.arn()+"/*")
	}
	for arn, x := range s.streams {
		add(x.policy, x.id, arn, arn)
	}
	return all
}
