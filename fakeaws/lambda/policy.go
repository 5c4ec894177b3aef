package lambda

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	awslambda "github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// maxPolicy is how long the policy of a function may be.
const maxPolicy = 20480

// A policy is the resource policy of a function, a version, an alias or a version of a layer.
// It never changes: another is stored in its place.
type policy struct {
	bound    *fakeaws.ResourcePolicy
	revision string
	// grants has what the statements were made of, by their ids.
	grants map[string]grant
}

// A grant is what the condition keys of RemovePermission tell of a statement.
type grant struct {
	principal string
	authType  types.FunctionUrlAuthType
}

// A statement is one that AddPermission writes.
type statement struct {
	Sid       string
	Effect    string
	Principal any
	Action    string
	Resource  string
	Condition map[string]map[string]string `json:",omitempty"`
}

// statementOf writes the statement of a permission as Lambda does.
func statementOf(in *awslambda.AddPermissionInput, resource string) (*statement, error) {
	principal, err := principalOf(*in.Principal)
	if err != nil {
		return nil, err
	}
	st := &statement{Sid: *in.StatementId, Effect: "Allow", Principal: principal, Action: *in.Action, Resource: resource}
	st.when("StringEquals", "lambda:FunctionUrlAuthType", string(in.FunctionUrlAuthType))
	st.when("StringEquals", "lambda:EventSourceToken", aws.ToString(in.EventSourceToken))
	st.when("StringEquals", "AWS:SourceAccount", aws.ToString(in.SourceAccount))
	st.when("StringEquals", "aws:PrincipalOrgID", aws.ToString(in.PrincipalOrgID))
	st.when("ArnLike", "AWS:SourceArn", aws.ToString(in.SourceArn))
	if aws.ToBool(in.InvokedViaFunctionUrl) {
		st.when("Bool", "lambda:InvokedViaFunctionUrl", "true")
	}
	return st, nil
}

func (st *statement) when(operator, key, value string) {
	if value == "" {
		return
	}
	if st.Condition == nil {
		st.Condition = make(map[string]map[string]string)
	}
	if st.Condition[operator] == nil {
		st.Condition[operator] = make(map[string]string)
	}
	st.Condition[operator][key] = value
}

// principalOf writes a principal: everybody, an account, an ARN or a service.
func principalOf(text string) (any, error) {
	switch {
	case text == "*":
		return "*", nil
	case awsid.IsAccount(text):
		return map[string]string{"AWS": fakeaws.ARN("iam", "", text, "root")}, nil
	case strings.HasPrefix(text, "arn:"):
		return map[string]string{"AWS": text}, nil
	case strings.HasSuffix(text, ".amazonaws.com"), strings.HasSuffix(text, ".amazonaws.com.cn"), strings.HasSuffix(text, ".amazon.com"):
		return map[string]string{"Service": text}, nil
	}
	return nil, invalidParameter(textPrincipal)
}

// A policyDocument is a policy as it is edited: statements that are not touched stay as they
// were written.
type policyDocument struct {
	Version   string            `json:"Version"`
	ID        string            `json:"Id,omitempty"`
	Statement []json.RawMessage `json:"Statement"`
}

// editable returns a policy to edit, and the ids of its statements. Without a policy it is
// the one that Lambda begins.
func (p *policy) editable() (d policyDocument, ids []string) {
	if p == nil {
		return policyDocument{Version: "2012-10-17", ID: "default"}, nil
	}
	current := p.bound.Policy()
	elements := current.Elements()
	d = policyDocument{Version: elements.Version.Value, ID: elements.ID.Value}
	for _, st := range current.Statements() {
		d.Statement = append(d.Statement, json.RawMessage(st.Document()))
		ids = append(ids, st.Sid())
	}
	return d, ids
}

// compile makes a policy of a document. The source says what it is the policy of.
func (s *Fake) compile(call *fakeaws.Call, document, of string) (*policy, error) {
	if len(document) > maxPolicy {
		return nil, &types.PolicyLengthExceededException{Message: aws.String(textPolicySize), Type: user}
	}
	source := call.PolicySource
	source.Name = of
	parsed, err := enforce.Parse(document, enforce.ResourcePolicy, source)
	if err != nil {
		call.Help(err.Error())
		return nil, invalidParameter(textPrincipal)
	}
	bound, err := s.world.Bind(parsed)
	if err != nil {
		call.Help(err.Error())
		return nil, invalidParameter(textPrincipal)
	}
	call.Stores(parsed)
	return &policy{bound: bound, revision: s.world.IDs().UUID()}, nil
}

// with returns a policy with one more statement.
func (s *Fake) with(call *fakeaws.Call, p *policy, st *statement, of string) (next *policy, written string, err error) {
	document, ids := p.editable()
	if slices.Contains(ids, st.Sid) {
		return nil, "", conflict("The statement id (" + st.Sid + ") provided already exists. Please provide a new statement id, or remove the existing statement.")
	}
	raw, err := json.Marshal(st)
	if err != nil {
		return nil, "", err
	}
	document.Statement = append(document.Statement, raw)
	text, err := json.Marshal(document)
	if err != nil {
		return nil, "", err
	}
	next, err = s.compile(call, string(text), of)
	return next, string(raw), err
}

// without returns a policy without a statement; nil when it was the only one.
func (s *Fake) without(call *fakeaws.Call, p *policy, id, of string) (*policy, error) {
	document, ids := p.editable()
	i := slices.Index(ids, id)
	if i < 0 {
		return nil, resourceNotFound("Statement " + id + " is not found in resource policy.")
	}
	document.Statement = slices.Delete(document.Statement, i, i+1)
	if len(document.Statement) == 0 {
		return nil, nil
	}
	text, err := json.Marshal(document)
	if err != nil {
		return nil, err
	}
	return s.compile(call, string(text), of)
}
