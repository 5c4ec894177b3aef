package dynamodb

import "github.com/leastpriv/leastpriv/fakeaws"

// Shared implements [fakeaws.Sharer].
func (s *Fake) Shared() []fakeaws.Shared {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]fakeaws.Shared, 0, len(s.tables)+len(s.streams))
	for id, t := range s.tables {
		all = append(all, fakeaws.Shared{ARN: id.arn(), Type: "AWS::DynamoDB::Table", Account: id.account, Region: id.region, Policy: t.policy.current()})
	}
	for arn, st := range s.streams {
		all = append(all, fakeaws.Shared{ARN: arn, Type: "AWS::DynamoDB::Stream", Account: st.id.account, Region: st.id.region, Policy: st.policy.current()})
	}
	return all
}
