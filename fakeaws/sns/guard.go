package sns

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guard implements [fakeaws.Guardian].
func (s *Fake) Guard(call *fakeaws.Call, action, resource string) (fakeaws.Need, error) {
	id, ok := parseTopicARN(resource)
	if !ok {
		return fakeaws.Need{Action: action, Resource: resource, ResourceAccount: call.Account}, nil
	}
	may := ownerOnly
	if slices.Contains(policyActions, strings.TrimPrefix(action, "sns:")) {
		may = shareable
	}
	t, need := s.lookUp(call, action, id, may)
	if t == nil && action != "sns:CreateTopic" {
		need.Note = "there is no topic " + resource
	}
	return need, nil
}
