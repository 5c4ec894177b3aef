package kinesis

import (
	awskinesis "github.com/aws/aws-sdk-go-v2/service/kinesis"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guarded implements [fakeaws.PolicyHolder]: streams and consumers.
func (s *Fake) Guarded(*fakeaws.Call) (all []fakeaws.Guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	add := func(id streamID, kind, arn string, policy *fakeaws.ResourcePolicy, tags map[string]string) {
		all = append(all, fakeaws.Guarded{
			Resources: []string{arn}, Type: kind, Account: id.account, Region: id.region, Policy: policy.Policy(), Tags: fakeaws.DescribedTags(tags),
			Replace: func(document string) any {
				return &awskinesis.PutResourcePolicyInput{ResourceARN: &arn, Policy: &document}
			},
		})
	}
	for id, x := range s.streams {
		add(id, "AWS::Kinesis::Stream", id.arn(), x.policy, x.tags)
		for _, c := range x.consumers {
			add(id, "AWS::Kinesis::StreamConsumer", c.arn(), c.policy, c.tags)
		}
	}
	return all
}
