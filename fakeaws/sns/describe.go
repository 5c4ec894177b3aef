package sns

import (
	accounts "github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Describe implements [fakeaws.Describer].
func (s *Fake) Describe(_ *fakeaws.Call, to *accounts.Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, t := range s.topics {
		if id.account == to.ID {
			to.Resources = append(to.Resources, &accounts.Resource{ARN: t.arn, Policy: t.policy.Policy(), Tags: fakeaws.DescribedTags(t.tags)})
		}
	}
}
