package sns

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	awssns "github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guarded implements [fakeaws.PolicyHolder].
func (s *Fake) Guarded(*fakeaws.Call) (all []fakeaws.Guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, t := range s.topics {
		all = append(all, fakeaws.Guarded{
			Resources: []string{t.arn}, Type: "AWS::SNS::Topic", Tags: fakeaws.DescribedTags(t.tags), Account: id.account, Region: id.region, Policy: t.policy.Policy(),
			Replace: func(document string) any {
				return &awssns.SetTopicAttributesInput{TopicArn: &t.arn, AttributeName: aws.String("Policy"), AttributeValue: &document}
			},
		})
	}
	return all
}
