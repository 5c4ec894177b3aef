package s3

import (
	accounts "github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Describe implements [fakeaws.Describer]: the buckets with the policies that somebody put
// there.
func (s *Fake) Describe(_ *fakeaws.Call, to *accounts.Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buckets.Scan(func(_ string, b *bucket) bool {
		if b.owner.ID == to.ID {
			r := &accounts.Resource{ARN: b.arn, Policy: b.policy.Policy()}
			for _, t := range b.tags {
				r.Tags = append(r.Tags, accounts.Tag{Key: *t.Key, Value: *t.Value})
			}
			to.Resources = append(to.Resources, r)
		}
		return true
	})
}
