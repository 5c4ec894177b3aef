package sns

import (
	"encoding/json"
	"errors"
	"path"
	"slices"
	"strings"

	awssns "github.com/aws/aws-sdk-go-v2/service/sns"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

func (s *Fake) permissionOps() []fakeaws.Op {
	return []fakeaws.Op{
		signed(s.addPermission),
		signed(s.removePermission),
	}
}

// The quotas of a topic's policy (developer guide, "Amazon SNS API permissions: Actions and
// resources reference").
const (
	maxPolicy     = 30 << 10
	maxStatements = 100
	maxPrincipals = 200
)

// policyActions are what a topic's policy can grant (the same page), and Receive, which
// older policies name.
var policyActions = []string{
	"AddPermission", "DeleteTopic", "GetDataProtectionPolicy", "GetTopicAttributes", "ListSubscriptionsByTopic",
	"ListTagsForResource", "Publish", "PutDataProtectionPolicy", "RemovePermission", "SetTopicAttributes", "Subscribe", "Receive",
}

// otherActions are those of SNS that no topic's policy can grant.
var otherActions = []string{
	"CheckIfPhoneNumberIsOptedOut", "ConfirmSubscription", "CreatePlatformApplication", "CreatePlatformEndpoint", "CreateSMSSandboxPhoneNumber",
	"CreateTopic", "DeleteEndpoint", "DeletePlatformApplication", "DeleteSMSSandboxPhoneNumber", "GetEndpointAttributes",
	"GetPlatformApplicationAttributes", "GetSMSAttributes", "GetSMSSandboxAccountStatus", "GetSubscriptionAttributes",
	"ListEndpointsByPlatformApplication", "ListOriginationNumbers", "ListPhoneNumbersOptedOut", "ListPlatformApplications",
	"ListSMSSandboxPhoneNumbers", "ListSubscriptions", "ListTopics", "OptInPhoneNumber", "SetEndpointAttributes",
	"SetPlatformApplicationAttributes", "SetSMSAttributes", "SetSubscriptionAttributes", "TagResource", "Unsubscribe", "UntagResource",
	"VerifySMSSandboxPhoneNumber",
}

// defaultPolicy is the policy of a new topic: "only the topic owner can publish or
// subscribe". Its condition is about aws:SourceOwner, which services once sent: requests
// do not have the key here, so that the policy grants nothing. Unverified is that no caller
// of AWS has it.
func (t *topic) defaultPolicy(w *fakeaws.World) (*fakeaws.ResourcePolicy, error) {
	p, err := enforce.Parse(`{"Version":"2008-10-17","Id":"__default_policy_ID","Statement":[{"Sid":"__default_statement_ID","Effect":"Allow",`+
		`"Principal":{"AWS":"*"},"Action":["SNS:GetTopicAttributes","SNS:SetTopicAttributes","SNS:AddPermission","SNS:RemovePermission",`+
		`"SNS:DeleteTopic","SNS:Subscribe","SNS:ListSubscriptionsByTopic","SNS:Publish"],"Resource":"`+t.arn+`",`+
		`"Condition":{"StringEquals":{"AWS:SourceOwner":"`+t.id.account+`"}}}]}`, enforce.ResourcePolicy, enforce.Source{Name: t.arn, Implied: true})
	if err != nil {
		return nil, err
	}
	return w.Bind(p)
}

// readPolicy compiles a topic's policy. An empty one is the default again: unverified.
func (s *Fake) readPolicy(call *fakeaws.Call, t *topic, document string) (*fakeaws.ResourcePolicy, error) {
	if document == "" {
		return t.defaultPolicy(s.world)
	}
	if len(document) > maxPolicy {
		return nil, invalidParameter(textPolicyQuota)
	}
	source := call.PolicySource
	source.Name = t.arn
	policy, err := enforce.Parse(document, enforce.ResourcePolicy, source)
	if err != nil {
		call.Help(err.Error())
		return nil, invalidParameter(textPolicy)
	}
	if err := t.checkPolicy(policy); err != nil {
		return nil, err
	}
	bound, err := s.world.Bind(policy)
	if err != nil {
		call.Help(err.Error())
		if unknown := new(*fakeaws.UnknownPrincipalError); errors.As(err, unknown) {
			return nil, invalidParameter(textPrincipal)
		}
		return nil, invalidParameter(textPolicy)
	}
	call.Stores(policy)
	return bound, nil
}

// checkPolicy refuses statements about other things than the topic.
func (t *topic) checkPolicy(policy *enforce.Policy) error {
	elements := policy.Elements()
	if len(elements.Statements) > maxStatements {
		return invalidParameter(textPolicyQuota)
	}
	for i := range elements.Statements {
		st := &elements.Statements[i]
		if len(st.Principal) > maxPrincipals {
			return invalidParameter(textPolicyQuota)
		}
		for _, action := range slices.Concat(st.Action, st.NotAction) {
			if !isPolicyAction(action.Value) {
				return invalidParameter(textPolicyAction)
			}
		}
		for _, resource := range st.Resource {
			if matched, err := path.Match(escaped(resource.Value), t.arn); err != nil || !matched {
				return invalidParameter(textPolicyResource)
			}
		}
	}
	return nil
}

// escaped is a pattern of IAM as one of package path: brackets mean nothing in it.
func escaped(pattern string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`).Replace(pattern)
}

// isPolicyAction reports whether a topic's policy can have an action: every action of SNS
// that it stands for must be one that such a policy grants. That SNS judges wildcards so is
// unverified.
func isPolicyAction(action string) bool {
	name, ok := strings.CutPrefix(strings.ToLower(action), "sns:")
	if !ok {
		return false
	}
	stands := func(operation string) bool {
		matched, err := path.Match(escaped(name), strings.ToLower(operation))
		return err == nil && matched
	}
	return slices.ContainsFunc(policyActions, stands) && !slices.ContainsFunc(otherActions, stands)
}

// addPermission grants actions to other accounts with a statement in the topic's policy.
func (s *Fake) addPermission(call *fakeaws.Call, in *awssns.AddPermissionInput) (*fakeaws.Plan[*awssns.AddPermissionOutput], error) {
	switch {
	case in.Label == nil:
		return nil, required("Label")
	case in.AWSAccountId == nil:
		return nil, required("AWSAccountId")
	case in.ActionName == nil:
		return nil, required("ActionName")
	}
	return onTopic(s, call, "TopicArn", in.TopicArn, "sns:AddPermission", shareable, func(t *topic) (*awssns.AddPermissionOutput, error) {
		if err := checkPermission(in); err != nil {
			return nil, err
		}
		document, labels := t.editable()
		if slices.Contains(labels, *in.Label) {
			return nil, invalidParameter("Statement already exists")
		}
		raw, err := json.Marshal(grantOf(in, t.arn))
		if err != nil {
			return nil, err
		}
		document.Statement = append(document.Statement, raw)
		if err := s.storePolicy(call, t, document); err != nil {
			return nil, err
		}
		return &awssns.AddPermissionOutput{}, nil
	})
}

// removePermission removes the statement of a label from the topic's policy. That a label
// which there is not is no error is unverified.
func (s *Fake) removePermission(call *fakeaws.Call, in *awssns.RemovePermissionInput) (*fakeaws.Plan[*awssns.RemovePermissionOutput], error) {
	if in.Label == nil {
		return nil, required("Label")
	}
	return onTopic(s, call, "TopicArn", in.TopicArn, "sns:RemovePermission", shareable, func(t *topic) (*awssns.RemovePermissionOutput, error) {
		document, labels := t.editable()
		if i := slices.Index(labels, *in.Label); i >= 0 {
			document.Statement = slices.Delete(document.Statement, i, i+1)
			if err := s.storePolicy(call, t, document); err != nil {
				return nil, err
			}
		}
		return &awssns.RemovePermissionOutput{}, nil
	})
}

func checkPermission(in *awssns.AddPermissionInput) error {
	switch {
	case !isName(*in.Label):
		return invalidParameter("Label")
	case len(in.AWSAccountId) == 0 || len(in.AWSAccountId) > maxPrincipals || slices.ContainsFunc(in.AWSAccountId, func(id string) bool { return !awsid.IsAccount(id) }):
		return invalidParameter("AWSAccountId")
	case len(in.ActionName) == 0 || len(in.ActionName) > len(policyActions):
		return invalidParameter("ActionName")
	}
	for _, action := range in.ActionName {
		if !slices.ContainsFunc(policyActions, func(name string) bool { return strings.EqualFold(name, action) }) {
			return invalidParameter(textPolicyAction)
		}
	}
	return nil
}

// A grant is the statement that AddPermission writes: lists of one are no lists.
type grant struct {
	Sid       string
	Effect    string
	Principal struct{ AWS any }
	Action    any
	Resource  string
}

func grantOf(in *awssns.AddPermissionInput, topic string) *grant {
	var accounts, actions []string
	for _, id := range in.AWSAccountId {
		accounts = append(accounts, fakeaws.ARN("iam", "", id, "root"))
	}
	for _, action := range in.ActionName {
		actions = append(actions, "SNS:"+action)
	}
	g := &grant{Sid: *in.Label, Effect: "Allow", Action: oneOrAll(actions), Resource: topic}
	g.Principal.AWS = oneOrAll(accounts)
	return g
}

func oneOrAll(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

// A policyDocument is a topic's policy as AddPermission and RemovePermission edit it:
// statements that they do not touch stay as they were written.
type policyDocument struct {
	Version   string            `json:"Version,omitempty"`
	ID        string            `json:"Id,omitempty"`
	Statement []json.RawMessage `json:"Statement"`
}

// editable returns the topic's policy to edit, and the labels of its statements.
func (t *topic) editable() (d *policyDocument, labels []string) {
	policy := t.policy.Policy()
	elements := policy.Elements()
	d = &policyDocument{Version: elements.Version.Value, ID: elements.ID.Value}
	for _, st := range policy.Statements() {
		d.Statement = append(d.Statement, json.RawMessage(st.Document()))
		labels = append(labels, st.Sid())
	}
	return d, labels
}

// storePolicy makes the edited document the topic's policy. One without statements is the
// default again: unverified.
func (s *Fake) storePolicy(call *fakeaws.Call, t *topic, d *policyDocument) error {
	text := ""
	if len(d.Statement) > 0 {
		raw, err := json.Marshal(d)
		if err != nil {
			return err
		}
		text = string(raw)
	}
	changed, err := s.change(call, t, map[string]string{attrPolicy: text}, false)
	if err != nil {
		return err
	}
	t.settings = changed
	return nil
}
