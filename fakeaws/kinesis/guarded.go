package kinesis

import (
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guarded implements [fakeaws.PolicyHolder]: streams and consumers.
func (s *Fake) Guarded(*fakeaws.Call) (all []fakeaws.Guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	add := func(id streamID, arn string, policy *fakeaws.ResourcePolicy) {
		if policy != nil {
			all = append(all, fakeaws.Guarded{
				Resources: []string{arn}, Account: id.account, Region: id.region, Policy: policy.Policy(),
				Replace: func(document string) any {
					return &awskinesis.PutResourcePolicyInput{ResourceARN: &arn, Policy: &document}
				},
			})
		}
	}
	for id, x := range s.streams {
		add(id, id.arn(), x.policy)
		for _, c := range x.consumers {
			add(id, c.arn(), c.policy)
		}
	}
	return all
}
