package secretsmanager

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
	name := strings.TrimPrefix(parsed.Resource, "secret:")
	s.mu.Lock()
	defer s.mu.Unlock()
	if stem, suffix, ok := cutSuffix(name); ok {
		x := s.lookUp(secretID{parsed.AccountID, parsed.Region, stem})
		if x != nil && x.suffix == suffix {
			need := x.need(action)
			need.Context.Set("secretsmanager:SecretId", resource)
			return need, nil
		}
	}
	need := fakeaws.Need{Action: action, Resource: resource, ResourceAccount: parsed.AccountID, Policy: noPolicy}
	if action != "secretsmanager:CreateSecret" {
		need.Note = "there is no secret " + resource
	}
	return need, nil
}
