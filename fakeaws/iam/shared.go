package iam

import "github.com/leastpriv/leastpriv/fakeaws"

// Shared implements [fakeaws.Sharer]: roles are shared by their trust policies.
func (s *Fake) Shared() []fakeaws.Shared {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []fakeaws.Shared
	for id, a := range s.accounts {
		for _, r := range a.roles.Values() {
			all = append(all, fakeaws.Shared{ARN: r.arn, Type: "AWS::IAM::Role", Account: id, Policy: r.role.trust.Policy()})
		}
	}
	return all
}
