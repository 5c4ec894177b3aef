package sqs

import "github.com/leastpriv/leastpriv/fakeaws"

// Shared implements [fakeaws.Sharer].
func (s *Fake) Shared() []fakeaws.Shared {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]fakeaws.Shared, 0, len(s.queues))
	for id, q := range s.queues {
		all = append(all, fakeaws.Shared{ARN: q.arn, Type: "AWS::SQS::Queue", Account: id.account, Region: id.region, Policy: q.policy.Policy()})
	}
	return all
}
