package eventbridge

import (
	"encoding/json"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	eb "github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) permissionOps() []fakeaws.Op {
	return []fakeaws.Op{fakeaws.Bind(s.putPermission), fakeaws.Bind(s.removePermission)}
}

// maxPolicy is how long the policy of a bus may be (user guide, "EventBridge quotas": "Event
// bus policy size").
const maxPolicy = 10240

// putPermission adds a statement to the policy of a bus, or gives it a policy in place of
// any other. The Service Authorization Reference has no resource for it.
func (s *Fake) putPermission(call *fakeaws.Call, in *eb.PutPermissionInput) (*fakeaws.Plan[*eb.PutPermissionOutput], error) {
	if in.Policy != nil {
		if in.StatementId != nil || in.Principal != nil || in.Action != nil || in.Condition != nil {
			return nil, invalid(textBothPolicies)
		}
		return onPermission(s, call, in, in.EventBusName, func(b *bus) (*eb.PutPermissionOutput, error) {
			return &eb.PutPermissionOutput{}, s.setPolicy(call, b, *in.Policy)
		})
	}
	if in.StatementId == nil || in.Principal == nil || in.Action == nil {
		return nil, invalid(textPermission)
	}
	if *in.Action != "events:PutEvents" {
		return nil, invalid(textAction)
	}
	if c := in.Condition; c != nil && (aws.ToString(c.Type) != "StringEquals" || aws.ToString(c.Key) != "aws:PrincipalOrgID") {
		return nil, invalid(textCondition)
	}
	return onPermission(s, call, in, in.EventBusName, func(b *bus) (*eb.PutPermissionOutput, error) {
		document, ids := b.editable()
		raw, err := json.Marshal(statementOf(in, b.id.arn()))
		if err != nil {
			return nil, err
		}
		if i := slices.Index(ids, *in.StatementId); i >= 0 {
			document.Statement[i] = raw
		} else {
			document.Statement = append(document.Statement, raw)
		}
		return &eb.PutPermissionOutput{}, s.storePolicy(call, b, document)
	})
}

// onPermission plans an operation on the policy of a bus, whose permission is on no resource.
func onPermission[O any](s *Fake, call *fakeaws.Call, in any, name *string, do func(*bus) (O, error)) (*fakeaws.Plan[O], error) {
	plan, err := onBus(s, call, in, name, do)
	if err != nil {
		return nil, err
	}
	need := anywhere(call, "events:"+call.Operation)
	need.ResourceAccount, need.Policy = plan.Needs[0].ResourceAccount, plan.Needs[0].Policy
	plan.Needs[0] = need
	return plan, nil
}

// removePermission removes a statement from the policy of a bus, or the policy.
func (s *Fake) removePermission(call *fakeaws.Call, in *eb.RemovePermissionInput) (*fakeaws.Plan[*eb.RemovePermissionOutput], error) {
	if in.StatementId == nil && !in.RemoveAllPermissions {
		return nil, invalid(textNoStatementID)
	}
	return onPermission(s, call, in, in.EventBusName, func(b *bus) (*eb.RemovePermissionOutput, error) {
		if in.RemoveAllPermissions {
			b.policy = nil
			return &eb.RemovePermissionOutput{}, nil
		}
		document, ids := b.editable()
		i := slices.Index(ids, *in.StatementId)
		if i < 0 {
			return nil, notFound(textNoStatement)
		}
		document.Statement = slices.Delete(document.Statement, i, i+1)
		return &eb.RemovePermissionOutput{}, s.storePolicy(call, b, document)
	})
}

// A statement is what PutPermission writes.
type statement struct {
	Sid       string
	Effect    string
	Principal any
	Action    string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

func statementOf(in *eb.PutPermissionInput, arn string) *statement {
	st := &statement{Sid: *in.StatementId, Effect: "Allow", Principal: "*", Action: *in.Action, Resource: arn}
	if *in.Principal != "*" {
		st.Principal = map[string]string{"AWS": fakeaws.ARN("iam", "", *in.Principal, "root")}
	}
	if c := in.Condition; c != nil {
		st.Condition = map[string]map[string]string{*c.Type: {*c.Key: aws.ToString(c.Value)}}
	}
	return st
}

// A policyDocument is a policy as PutPermission and RemovePermission edit it: statements
// that they do not touch stay as they were written.
type policyDocument struct {
	Version   string
	Statement []json.RawMessage
}

// editable returns the policy to edit, and the ids of its statements.
func (b *bus) editable() (d *policyDocument, ids []string) {
	d = &policyDocument{Version: "2012-10-17"}
	if b.policy == nil {
		return d, nil
	}
	policy := b.policy.Policy()
	if v := policy.Elements().Version.Value; v != "" {
		d.Version = v
	}
	for _, st := range policy.Statements() {
		d.Statement = append(d.Statement, json.RawMessage(st.Document()))
		ids = append(ids, st.Sid())
	}
	return d, ids
}

func (s *Fake) storePolicy(call *fakeaws.Call, b *bus, d *policyDocument) error {
	if len(d.Statement) == 0 {
		b.policy = nil
		return nil
	}
	raw, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return s.setPolicy(call, b, string(raw))
}

// setPolicy gives a bus a policy. The lock is held.
func (s *Fake) setPolicy(call *fakeaws.Call, b *bus, text string) error {
	if len(text) > maxPolicy {
		return &types.PolicyLengthExceededException{Message: aws.String(textPolicyLong)}
	}
	policy, err := enforce.Parse(text, enforce.ResourcePolicy, call.PolicySource)
	if err != nil {
		var problem *enforce.DocumentError
		if errors.As(err, &problem) {
			call.Help(problem.Error())
		}
		return invalidf(textPolicy, err)
	}
	bound, err := s.world.Bind(policy)
	if err != nil {
		return invalidf(textPolicy, err)
	}
	call.Stores(policy)
	b.policy = bound
	return nil
}
