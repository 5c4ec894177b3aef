package lambda

import (
	"github.com/leastpriv/leastpriv/enforce"
	accounts "github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Describe implements [fakeaws.Describer]: what functions run with their roles.
func (s *Fake) Describe(_ *fakeaws.Call, to *accounts.Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, f := range s.functions {
		if id.account != to.ID || f.latest.Role == nil {
			continue
		}
		var policy *enforce.Policy
		if p := f.policies[""]; p != nil {
			policy = p.bound.Policy()
		}
		to.Compute = append(to.Compute, &accounts.Compute{ARN: id.arn(), Role: *f.latest.Role, Tags: fakeaws.DescribedTags(f.tags), Policy: policy})
	}
}
