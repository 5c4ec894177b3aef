package kinesis

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
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := parseConsumerARN(resource); ok {
		_, need := s.consumerNeed(id, action)
		return need, nil
	}
	if id, ok := parseStreamARN(resource); ok {
		_, need := s.need(id, action)
		if strings.EqualFold(action, "kinesis:CreateStream") {
			need.Note = ""
		}
		return need, nil
	}
	parsed, err := awsarn.Parse(resource)
	if err != nil {
		return fakeaws.Need{}, err
	}
	return fakeaws.Need{Action: action, Resource: resource, ResourceAccount: parsed.AccountID, Policy: noPolicy, Note: "there is no " + resource}, nil
}
