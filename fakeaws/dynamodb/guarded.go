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
	add := func(p *policy, id tableID, g fakeaws.Guarded) {
		arn := g.Resources[0]
		g.Account, g.Region = id.account, id.region
		g.Replace = func(document string) any {
			return &awsdynamodb.PutResourcePolicyInput{ResourceArn: &arn, Policy: &document}
		}
		if p != nil {
			g.Policy = p.current()
		}
		all = append(all, g)
	}
	for id, t := range s.tables {
		add(t.policy, id, fakeaws.Guarded{
			Resources: []string{id.arn(), id.arn() + "/*"}, Type: "AWS::DynamoDB::Table", Tags: fakeaws.DescribedTags(t.tags),
		})
	}
	for arn, x := range s.streams {
		add(x.policy, x.id, fakeaws.Guarded{Resources: []string{arn}, Type: "AWS::DynamoDB::Stream"})
	}
	return all
}
