package cloudwatchlogs

import (
	"strings"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guard implements [fakeaws.Guardian].
func (s *Fake) Guard(call *fakeaws.Call, action, resource string) (fakeaws.Need, error) {
	if resource == "*" {
		return fakeaws.Need{Action: action, Resource: resource, ResourceAccount: call.Account, Policy: noPolicy}, nil
	}
	parsed, err := awsarn.Parse(resource)
	if err != nil {
		return fakeaws.Need{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, _, ok := parseARN(resource); ok {
		need := s.need(call, action, id, resource)
		if s.find(id) == nil && action != "logs:CreateLogGroup" {
			need.Note = "there is no log group " + id.name
		}
		// What is asked of a log group has the name of no stream, but for its tags.
		if !strings.Contains(resource, noStream) && !isTagAction(action) {
			need.Resource = id.whole()
		}
		return need, nil
	}
	need := fakeaws.Need{Action: action, Resource: resource, ResourceAccount: parsed.AccountID, Policy: noPolicy}
	if id, ok := parseDestinationARN(resource); ok {
		d, _ := s.at(id.place()).destinations.Get(id.name)
		need = destinationNeed(action, id, d)
		if d == nil && action != "logs:PutDestination" {
			need.Note = "there is no destination " + id.name
		}
	}
	return need, nil
}

func isTagAction(action string) bool {
	switch action {
	case "logs:TagResource", "logs:UntagResource", "logs:ListTagsForResource":
		return true
	}
	return false
}
