package sns

import "github.com/leastpriv/leastpriv/fakeaws"

// Shared implements [fakeaws.Sharer].
func (s *Fake) Shared() []fakeaws.Shared {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]fakeaws.Shared, 0, len(s.topics))
	for id, t := range s.topics {
		all = append(all, fakeaws.Shared{ARN: t.arn, Type: "AWS::SNS::Topic", Account: id.account, Region: id.region, Policy: t.policy.Policy()})
	}
	return all
}
