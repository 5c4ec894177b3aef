package ses

import (
	"strings"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guard implements [fakeaws.Guardian]. The condition keys of mail are those of a request, which
// a question has to give.
func (s *Fake) Guard(call *fakeaws.Call, action, resource string) (fakeaws.Need, error) {
	n := fakeaws.Need{Action: action, Resource: resource, ResourceAccount: call.Account, Unknown: &enforce.Unknown{Key: func(name string) bool {
		return strings.EqualFold(name, "ses:ApiVersion")
	}}}
	a, err := awsarn.Parse(resource)
	if err != nil {
		return n, nil // "*"
	}
	n.ResourceAccount, n.Policy = a.AccountID, noPolicy
	s.mu.Lock()
	defer s.mu.Unlock()
	tags, found := s.seen(place{a.AccountID, a.Region}).tagged(a.Resource)
	if found == nil {
		n.Note = "there is no " + resource
		return n, nil
	}
	for key, value := range *tags {
		n.Context.Set("aws:ResourceTag/"+key, value)
	}
	if x, ok := found.(*identity); ok {
		n.Policy = x.policy()
	}
	return n, nil
}
