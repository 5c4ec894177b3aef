package dynamodb

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A target is the table that a request names, and who owns it.
type target struct {
	*table // nil where there is none
	id     tableID
	// named is how the request names the table.
	named string
	// policy and tags are those of the table when it was found.
	document *enforce.Policy
	labels   map[string]string
	// key is the KMS key of the table whose permission was asked; empty is none.
	key string
}

// minName and maxName bound the names of tables and indexes.
const (
	minName = 3
	maxName = 255
)

func validName(name string) bool {
	if len(name) < minName || len(name) > maxName {
		return false
	}
	return !strings.ContainsFunc(name, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' && c != '.'
	})
}

// refer reads the name or the ARN of a table.
func refer(call *fakeaws.Call, name string) (tableID, error) {
	id := tableID{call.Account, call.Region, name}
	if strings.HasPrefix(name, "arn:") {
		parsed, err := arn.Parse(name)
		rest, ok := strings.CutPrefix(parsed.Resource, "table/")
		if err != nil || !ok || parsed.Service != "dynamodb" || parsed.AccountID == "" || parsed.Region == "" {
			return id, invalidf(textARN, "TableArn", name)
		}
		id = tableID{parsed.AccountID, parsed.Region, rest}
	}
	if !validName(id.name) {
		return id, invalid(textName)
	}
	return id, nil
}

// ownTable returns the name of a table of the caller's account to which a list is limited; ""
// where it is limited to none.
func ownTable(call *fakeaws.Call, name *string) (string, error) {
	if name == nil {
		return "", nil
	}
	id, err := refer(call, *name)
	if err == nil && id.account != call.Account {
		err = invalidf(textForeign, *name)
	}
	return id.name, err
}

// target finds the table of a request. A request reaches the tables of its region alone.
func (s *Fake) target(call *fakeaws.Call, name *string) (*target, error) {
	id, err := refer(call, aws.ToString(name))
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.targetOf(call, id, *name), nil
}

// targetOf is target of an id. The lock is held.
func (s *Fake) targetOf(call *fakeaws.Call, id tableID, named string) *target {
	t := &target{id: id, named: named, document: noPolicy}
	if id.region != call.Region {
		return t
	}
	if t.table = s.tables[id]; t.table != nil {
		t.document, t.labels = t.table.policy.current(), t.tags
	}
	return t
}

// need is the permission for an action on the table.
func (t *target) need(action string) fakeaws.Need { return t.needOn(action, t.id.arn()) }

// needOn is the permission for an action on the table or one of its indexes, which its
// policy and tags are for as well.
func (t *target) needOn(action, resource string) fakeaws.Need {
	need := fakeaws.Need{Action: action, Resource: resource, ResourceAccount: t.id.account, Policy: t.document}
	for key, v := range t.labels {
		need.Context.Set("aws:ResourceTag/"+key, v)
	}
	return need
}

// ownNeed is need where nobody of another account may act, whatever the table's policy says.
func (t *target) ownNeed(call *fakeaws.Call, action string) fakeaws.Need {
	need := t.need(action)
	if t.id.account != call.Account {
		need.Policy = noPolicy
	}
	return need
}

// onTable plans an operation on one table that takes the permission of its own name. The
// function do performs it under the lock on the table that was judged.
func onTable[O any](s *Fake, call *fakeaws.Call, name *string, do func(*table) (O, error)) (*fakeaws.Plan[O], error) {
	t, err := s.target(call, name)
	if err != nil {
		return nil, err
	}
	return planOn(s, t, do, t.need("dynamodb:"+call.Operation)), nil
}

// planOn plans an operation on a table with its permissions. What it answers of a table that
// does not exist names it.
func planOn[O any](s *Fake, t *target, do func(*table) (O, error), needs ...fakeaws.Need) *fakeaws.Plan[O] {
	return &fakeaws.Plan[O]{Needs: needs, Do: func() (none O, _ error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if t.table == nil || t.table.gone {
			return none, noTableNamed(t.id.name)
		}
		s.expire(t.table)
		return do(t.table)
	}}
}
