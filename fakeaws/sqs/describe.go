package sqs

import (
	accounts "github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Describe implements [fakeaws.Describer].
func (s *Fake) Describe(_ *fakeaws.Call, to *accounts.Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, q := range s.queues {
		if id.account == to.ID {
			to.Resources = append(to.Resources, &accounts.Resource{ARN: q.arn, Policy: q.policy.Policy(), Tags: fakeaws.DescribedTags(q.tags)})
		}
	}
}
