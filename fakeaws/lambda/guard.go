package lambda

import (
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guard implements [fakeaws.Guardian].
func (s *Fake) Guard(call *fakeaws.Call, action, resource string) (fakeaws.Need, error) {
	need := fakeaws.Need{Action: action, Resource: resource, ResourceAccount: call.Account, Policy: noPolicy}
	if resource == "*" {
		return need, nil
	}
	need.ResourceAccount = accountOf(resource)
	s.mu.Lock()
	defer s.mu.Unlock()
	if ref, ok := parseFunctionARN(resource); ok {
		if s.functions[ref.id] == nil && action != "lambda:CreateFunction" {
			need.Note = "there is no function " + resource
			return need, nil
		}
		return s.need(action, ref), nil
	}
	if id, n, ok := parseLayerVersion(resource); ok {
		return s.layerNeed(action, id, n), nil
	}
	_, id, _ := strings.Cut(resource, ":event-source-mapping:")
	if m := s.mappings[id]; m != nil && m.arn() == resource {
		need.Context.Set("lambda:FunctionArn", m.ref.arn())
		m.guard(&need)
	}
	if c := s.signing[resource]; c != nil {
		c.guard(&need)
	}
	return need, nil
}
