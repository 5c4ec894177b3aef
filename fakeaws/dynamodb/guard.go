package dynamodb

import (
	"strings"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Guard implements [fakeaws.Guardian]. The condition keys of items are those of a request,
// which a question has to give.
func (s *Fake) Guard(call *fakeaws.Call, action, resource string) (fakeaws.Need, error) {
	if resource == "*" {
		return fakeaws.Need{Action: action, Resource: resource, ResourceAccount: call.Account, Policy: noPolicy}, nil
	}
	parsed, err := awsarn.Parse(resource)
	if err != nil {
		return fakeaws.Need{}, err
	}
	name, rest, _ := strings.Cut(strings.TrimPrefix(parsed.Resource, "table/"), "/")
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.targetOf(call, tableID{parsed.AccountID, parsed.Region, name}, name)
	if parsed.Region != call.Region {
		t.table = s.tables[t.id]
		if t.table != nil {
			t.document, t.labels = t.table.policy.current(), t.table.tags
		}
	}
	if t.document == nil {
		t.document = noPolicy
	}
	if strings.HasPrefix(rest, "stream/") {
		t.document = noPolicy
		if x := s.streams[resource]; x != nil {
			t.document = x.policy.current()
		}
	}
	need := t.needOn(action, resource)
	if t.table == nil && action != "dynamodb:CreateTable" {
		need.Note = "there is no table " + t.id.arn()
	}
	return need, nil
}
