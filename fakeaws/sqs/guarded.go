package sqs

import (
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guarded implements [fakeaws.PolicyHolder].
func (s *Fake) Guarded(call *fakeaws.Call) (all []fakeaws.Guarded) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, q := range s.queues {
		url := id.url(call)
		all = append(all, fakeaws.Guarded{
			Resources: []string{q.arn}, Type: "AWS::SQS::Queue", Tags: fakeaws.DescribedTags(q.tags), Account: id.account, Region: id.region, Policy: q.policy.Policy(),
			Replace: func(document string) any {
				return &awssqs.SetQueueAttributesInput{QueueUrl: &url, Attributes: map[string]string{string(types.QueueAttributeNamePolicy): document}}
			},
		})
	}
	return all
}
