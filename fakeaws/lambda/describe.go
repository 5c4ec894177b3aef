package lambda

import (
	"github.com/leastpriv/leastpriv/enforce"
	accounts "github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Describe implements [fakeaws.Describer]: the functions, which run with their roles.
func (s *Fake) Describe(_ *fakeaws.Call, to *accounts.Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, f := range s.functions {
		if id.account != to.ID {
			continue
		}
		var policy *enforce.Policy
		if p := f.policies[""]; p != nil {
			policy = p.bound.Policy()
		}
		arn, tags := reference{id, ""}.arn(), fakeaws.DescribedTags(f.tags)
		to.Resources = append(to.Resources, &accounts.Resource{ARN: arn, Policy: policy, Tags: tags})
		if f.latest.Role != nil {
			to.Compute = append(to.Compute, &accounts.Compute{ARN: arn, Role: *f.latest.Role, Tags: tags, Policy: policy})
		}
	}
}
