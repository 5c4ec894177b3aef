package sqs

import (
	"slices"
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
	id := queueID{parsed.AccountID, parsed.Region, parsed.Resource}
	may := shareable
	if slices.Contains(ownerOnlyActions, strings.TrimPrefix(action, "sqs:")) {
		may = ownerOnly
	}
	q, need := s.lookUp(call, action, id, may)
	if q == nil && action != "sqs:CreateQueue" {
		need.Note = "there is no queue " + resource
	}
	return need, nil
}
