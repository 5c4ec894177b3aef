package sqs

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awssqs "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

func (s *Fake) permissionOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.addPermission),
		fakeaws.Bind(s.removePermission),
	}
}

// maxActions is the most actions of a permission.
const maxActions = 7

// The actions that AddPermission knows: those that the queue's policy can grant
// to other accounts, and those that only the owner may perform.
var (
	grantable = []string{
		"*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl",
		"ListDeadLetterSourceQueues", "PurgeQueue", "ReceiveMessage", "SendMessage",
	}
	ownerOnlyActions = []string{
		"AddPermission", "CancelMessageMoveTask", "CreateQueue", "DeleteQueue", "ListMessageMoveTasks",
		"ListQueues", "ListQueueTags", "RemovePermission", "SetQueueAttributes", "StartMessageMoveTask",
		"TagQueue", "UntagQueue",
	}
)

// A policyDocument is a queue's policy as AddPermission and RemovePermission
// edit it: statements that they do not touch stay as they were written.
type policyDocument struct {
	Version   string            `json:"Version,omitempty"`
	ID        string            `json:"Id,omitempty"`
	Statement []json.RawMessage `json:"Statement"`

	labels []string // of the statements
}

// maxPermitted is how many accounts a permission may name: more do not fit into a policy.
const maxPermitted = enforce.MaxDocument / len(`"arn:aws:iam::111122223333:root",`)

// addPermission grants actions to other accounts with a statement in the queue's
// policy.
func (s *Fake) addPermission(call *fakeaws.Call, in *awssqs.AddPermissionInput) (*fakeaws.Plan[*awssqs.AddPermissionOutput], error) {
	if err := required(in.QueueUrl, "Label", in.Label); err != nil {
		return nil, err
	}
	return onQueue(s, call, in.QueueUrl, "sqs:AddPermission", ownerOnly, func(q *queue) (*awssqs.AddPermissionOutput, error) {
		if err := checkPermission(in); err != nil {
			return nil, err
		}
		document := q.editable()
		if slices.Contains(document.labels, *in.Label) {
			return nil, invalidValue(*in.Label, "Label", "Already exists.")
		}
		grant, err := permission(in, q.arn)
		if err != nil {
			return nil, refusedPolicy()
		}
		document.add(grant)
		if err := s.storePolicy(call, q, document); err != nil {
			return nil, err
		}
		return &awssqs.AddPermissionOutput{}, nil
	})
}

// removePermission removes the statement of a label from the queue's policy.
func (s *Fake) removePermission(call *fakeaws.Call, in *awssqs.RemovePermissionInput) (*fakeaws.Plan[*awssqs.RemovePermissionOutput], error) {
	if err := required(in.QueueUrl, "Label", in.Label); err != nil {
		return nil, err
	}
	return onQueue(s, call, in.QueueUrl, "sqs:RemovePermission", ownerOnly, func(q *queue) (*awssqs.RemovePermissionOutput, error) {
		label := aws.ToString(in.Label)
		if label == "" {
			return nil, missingParameter("Label")
		}
		document := q.editable()
		i := slices.Index(document.labels, label)
		if i < 0 {
			return nil, invalidValue(label, "Label", "can't find label.")
		}
		document.remove(i)
		if err := s.storePolicy(call, q, document); err != nil {
			return nil, err
		}
		return &awssqs.RemovePermissionOutput{}, nil
	})
}

func checkPermission(in *awssqs.AddPermissionInput) error {
	label := aws.ToString(in.Label)
	switch {
	case label == "":
		return missingParameter("Label")
	case !isName(label):
		return invalidValue(label, "Label", textQueueName)
	case len(in.Actions) == 0:
		return missingParameter("Actions")
	case len(in.Actions) > maxActions:
		return overLimit(fmt.Sprintf("%d Actions were found, maximum allowed is %d.", len(in.Actions), maxActions))
	case len(in.AWSAccountIds) == 0 || slices.ContainsFunc(in.AWSAccountIds, func(id string) bool { return !awsid.IsAccount(id) }):
		return invalidValue("["+strings.Join(in.AWSAccountIds, ", ")+"]", "PrincipalId", "Unable to verify.")
	}
	if len(in.AWSAccountIds) > maxPermitted {
		return refusedPolicy()
	}
	for _, action := range in.Actions {
		if slices.Contains(ownerOnlyActions, action) {
			return invalidValue("SQS:"+action, "ActionName", "Only the queue owner is allowed to invoke this action.")
		}
		if !slices.Contains(grantable, action) {
			return invalidValue("SQS:"+action, "ActionName", "Please refer to the appropriate WSDL for a list of valid actions.")
		}
	}
	return nil
}

// editable returns the queue's policy to edit, or the empty one that SQS begins
// with, which has the version of 2008: policy variables mean nothing in it.
func (q *queue) editable() *policyDocument {
	if q.policy == nil {
		return &policyDocument{Version: "2008-10-17", ID: q.arn + "/SQSDefaultPolicy"}
	}
	policy := q.policy.Policy()
	elements := policy.Elements()
	document := &policyDocument{Version: elements.Version.Value, ID: elements.ID.Value}
	document.add(policy)
	return document
}

// add appends the statements of a policy.
func (d *policyDocument) add(p *enforce.Policy) {
	for _, s := range p.Statements() {
		d.Statement = append(d.Statement, json.RawMessage(s.Document()))
		d.labels = append(d.labels, s.Sid())
	}
}

// remove removes a statement.
func (d *policyDocument) remove(i int) {
	d.Statement = slices.Delete(d.Statement, i, i+1)
	d.labels = slices.Delete(d.labels, i, i+1)
}

// storePolicy makes the edited document the queue's policy. A queue whose last permission is
// removed has no policy any more, as a recorded answer of SQS shows.
func (s *Fake) storePolicy(call *fakeaws.Call, q *queue, document *policyDocument) error {
	var text []byte
	if len(document.Statement) > 0 {
		var err error
		if text, err = json.Marshal(document); err != nil {
			return err
		}
	}
	changed, err := s.change(call, q, map[string]string{string(types.QueueAttributeNamePolicy): string(text)})
	if err != nil {
		return err
	}
	q.apply(changed, s.now())
	return nil
}

// permission is the policy with the statement that AddPermission writes.
func permission(in *awssqs.AddPermissionInput, queue string) (*enforce.Policy, error) {
	grant := enforce.StatementElements{Sid: enforce.Text{Value: *in.Label}, Effect: enforce.Text{Value: "Allow"}, Resource: enforce.Texts(queue)}
	for _, id := range in.AWSAccountIds {
		grant.Principal = append(grant.Principal, enforce.Principals("AWS", fakeaws.ARN("iam", "", id, "root"))...)
	}
	for _, action := range in.Actions {
		grant.Action = append(grant.Action, enforce.Text{Value: "SQS:" + action})
	}
	return enforce.Build(&enforce.Document{Statements: []enforce.StatementElements{grant}}, enforce.QueuePolicy, enforce.Source{Name: queue})
}
