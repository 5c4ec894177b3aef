package eventbridge

import "github.com/leastpriv/leastpriv/fakeaws"

// Guard implements [fakeaws.Guardian].
func (s *Fake) Guard(call *fakeaws.Call, action, resource string) (fakeaws.Need, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := parseBusARN(resource); ok {
		b, need := s.need(action, id)
		if b == nil && action != "events:CreateEventBus" {
			need.Note = "there is no event bus " + resource
		}
		return need, nil
	}
	if id, name, ok := parseRuleARN(resource); ok {
		_, r, need := s.ruleNeed(call, action, id, name)
		if r == nil && action != "events:PutRule" {
			need.Note = "there is no rule " + resource
		}
		return need, nil
	}
	return fakeaws.Need{Action: action, Resource: resource, ResourceAccount: call.Account}, nil
}
