package secretsmanager

import "github.com/leastpriv/leastpriv/fakeaws"

// Shared implements [fakeaws.Sharer].
func (s *Fake) Shared() []fakeaws.Shared {
	now := s.world.Clock().Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]fakeaws.Shared, 0, len(s.secrets))
	for id, x := range s.secrets {
		if !x.gone && !x.expired(now) {
			all = append(all, fakeaws.Shared{ARN: x.arn(), Type: "AWS::SecretsManager::Secret", Account: id.account, Region: id.region, Policy: x.policy.Policy()})
		}
	}
	return all
}
