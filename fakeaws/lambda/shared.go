package lambda

import (
	"maps"
	"slices"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Shared implements [fakeaws.Sharer]. A function has the policies of all its qualifiers.
func (s *Fake) Shared() []fakeaws.Shared {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]fakeaws.Shared, 0, len(s.functions)+len(s.layers))
	for id, f := range s.functions {
		var policies []*enforce.Policy
		for _, qualifier := range slices.Sorted(maps.Keys(f.policies)) {
			policies = append(policies, f.policies[qualifier].bound.Policy())
		}
		all = append(all, fakeaws.Shared{ARN: id.arn(), Type: "AWS::Lambda::Function", Account: id.account, Region: id.region,
			Policy: enforce.Join(enforce.ResourcePolicy, policies...)})
	}
	for id, l := range s.layers {
		for n, v := range l.versions {
			if v.deleted {
				continue
			}
			shared := fakeaws.Shared{ARN: id.version(n), Type: "AWS::Lambda::LayerVersion", Account: id.account, Region: id.region}
			if v.policy != nil {
				shared.Policy = v.policy.bound.Policy()
			}
			all = append(all, shared)
		}
	}
	return all
}
