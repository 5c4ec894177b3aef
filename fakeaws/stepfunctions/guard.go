package stepfunctions

import "github.com/leastpriv/leastpriv/fakeaws"

// Guard implements [fakeaws.Guardian].
func (s *Fake) Guard(call *fakeaws.Call, action, resource string) (fakeaws.Need, error) {
	n := fakeaws.Need{Action: action, Resource: resource, ResourceAccount: call.Account, Policy: noPolicy}
	ref, ok := parse(resource)
	if !ok {
		return n, nil
	}
	n.ResourceAccount = ref.account
	s.mu.Lock()
	defer s.mu.Unlock()
	var tags map[string]string
	found := false
	switch ref.kind {
	case kindMachine:
		n.Resource = ref.resourceID.arn(kindMachine)
		if ref.rest != "" {
			n.Context.SetMulti("states:StateMachineQualifier", []string{ref.rest})
		}
		if m := s.machines[ref.resourceID]; m != nil {
			tags, found = m.tags, true
		}
	case kindActivity:
		if a := s.activities[ref.resourceID]; a != nil {
			tags, found = a.tags, true
		}
	case kindExecution:
		if x := s.executions[resource]; x != nil {
			tags, found = x.machine.tags, true
		}
	}
	for key, value := range tags {
		n.Context.Set("aws:ResourceTag/"+key, value)
	}
	if !found && action != "states:CreateStateMachine" && action != "states:CreateActivity" {
		n.Note = "there is no " + ref.kind + " " + resource
	}
	return n, nil
}

var _ fakeaws.Guardian = (*Fake)(nil)
