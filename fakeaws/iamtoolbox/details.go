package iamtoolbox

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// pageSize is how many evaluations an answer has. The API reference has none; unverified.
const pageSize = 100

// getRequestAuthorizationDetails tells how the permissions of a denied call were decided.
func (s *Fake) getRequestAuthorizationDetails(call *fakeaws.Call, in *GetRequestAuthorizationDetailsInput) (*fakeaws.Plan[*GetRequestAuthorizationDetailsOutput], error) {
	if err := checkID(in.AuthorizationId); err != nil {
		return nil, err
	}
	after, ok := page.After(in.NextToken)
	if !ok {
		return nil, invalid(badToken)
	}
	return &fakeaws.Plan[*GetRequestAuthorizationDetailsOutput]{Needs: ownAction(call), Do: func() (*GetRequestAuthorizationDetailsOutput, error) {
		d, ok := s.world.FindAuthorization(*in.AuthorizationId, call.Account, call.Region)
		if !ok {
			return nil, notFound(noDetails)
		}
		return newOutput(d, after), nil
	}}, nil
}

// getRequestAuthorizationPolicy returns the document of a policy as it was when a call was
// denied.
func (s *Fake) getRequestAuthorizationPolicy(call *fakeaws.Call, in *GetRequestAuthorizationPolicyInput) (*fakeaws.Plan[*GetRequestAuthorizationPolicyOutput], error) {
	if err := checkID(in.AuthorizationId); err != nil {
		return nil, err
	}
	if in.PolicyUri == nil {
		return nil, invalid(noURI)
	}
	return &fakeaws.Plan[*GetRequestAuthorizationPolicyOutput]{Needs: ownAction(call), Do: func() (*GetRequestAuthorizationPolicyOutput, error) {
		d, ok := s.world.FindAuthorization(*in.AuthorizationId, call.Account, call.Region)
		if !ok {
			return nil, notFound(noDetails)
		}
		for i := range d.Policies {
			if p := &d.Policies[i]; p.URI == *in.PolicyUri {
				document, err := compact(p.Document())
				return &GetRequestAuthorizationPolicyOutput{PolicyDocument: document}, err
			}
		}
		return nil, notFound(noPolicy)
	}}, nil
}

// compact is a document without white space between its tokens.
func compact(document string) (json.RawMessage, error) {
	var b bytes.Buffer
	err := json.Compact(&b, []byte(document))
	return b.Bytes(), err
}

func newOutput(d *fakeaws.AuthorizationDetails, after string) *GetRequestAuthorizationDetailsOutput {
	evaluations := page.Of(page.Numbered(d.Evaluations), after, pageSize, func(e fakeaws.Evaluation) (Evaluation, bool) {
		return newEvaluation(d, &e), true
	})
	out := &GetRequestAuthorizationDetailsOutput{
		RequestContext: documents(d.Context), Evaluations: evaluations.Items, Policies: []PolicyInfo{}, NextToken: evaluations.Next,
	}
	for i := range d.Policies {
		out.Policies = append(out.Policies, newPolicyInfo(&d.Policies[i]))
	}
	return out
}

// effects are the results of decisions, as the API has them.
var effects = map[enforce.Verdict]EvaluatedEffect{
	enforce.Allowed: EvaluatedEffectAllow, enforce.ExplicitDeny: EvaluatedEffectExplicitDeny, enforce.ImplicitDeny: EvaluatedEffectImplicitDeny,
}

func newEvaluation(d *fakeaws.AuthorizationDetails, from *fakeaws.Evaluation) Evaluation {
	e := Evaluation{
		Action: aws.String(from.Request.Action), Resource: aws.String(resourceOf(from.Request.Resource)),
		Context: documents(from.Context), EvaluatedEffect: effects[from.Verdict], MatchedPolicies: []MatchedPolicy{},
	}
	for _, m := range from.Matched {
		matched := MatchedPolicy{Uri: aws.String(d.Policies[m.Policy].URI)}
		for _, s := range m.Statements {
			matched.MatchedStatements = append(matched.MatchedStatements, newMatchedStatement(s))
		}
		e.MatchedPolicies = append(e.MatchedPolicies, matched)
	}
	return e
}

// resourceOf is the resource of a request as the API has it: "empty for actions that are
// not resource-specific".
func resourceOf(resource string) string {
	if resource == "*" {
		return ""
	}
	return resource
}

// madeUpSid is the Sid of a statement that has none: "If the statement has no Sid, one is
// generated for reference". Of what form AWS's are is unverified.
const madeUpSid = "Statement%d"

func newMatchedStatement(s *enforce.Statement) MatchedStatement {
	m := MatchedStatement{Sid: aws.String(s.Sid()), EvaluatedEffect: StatementEffectAllow}
	if s.Effect() == "Deny" {
		m.EvaluatedEffect = StatementEffectDeny
	}
	if *m.Sid == "" {
		m.Sid = aws.String(fmt.Sprintf(madeUpSid, s.Number()))
	}
	return m
}

// policyTypes are the types of policies by the layer that they take part in.
var policyTypes = map[enforce.Layer]PolicyType{
	enforce.IdentityLayer: PolicyTypeIdentity, enforce.ResourceLayer: PolicyTypeResource, enforce.TrustLayer: PolicyTypeResource,
	enforce.BoundaryLayer: PolicyTypePermissionsBoundary, enforce.SessionLayer: PolicyTypeSession,
	enforce.SCPLayer: PolicyTypeServiceControl, enforce.RCPLayer: PolicyTypeResourceControl, enforce.EndpointLayer: PolicyTypeVPCEndpoint,
}

func newPolicyInfo(p *fakeaws.EvaluatedPolicy) PolicyInfo {
	info := PolicyInfo{
		Type: policyTypes[p.Layer], Inline: aws.Bool(p.Source().ARN == ""), Uri: aws.String(p.URI), AttachedTo: []AttachedTo{},
	}
	for _, arn := range p.AttachedTo {
		info.AttachedTo = append(info.AttachedTo, AttachedTo{aws.String(arn)})
	}
	return info
}

// documents are condition keys as JSON: a text, or a list of texts for a multivalued key.
// That AWS has numbers and truth values as texts too is unverified.
func documents(keys map[string]fakeaws.ContextValue) map[string]json.RawMessage {
	all := make(map[string]json.RawMessage, len(keys))
	for key, value := range keys {
		if value.Multi {
			all[key], _ = json.Marshal(value.Values) // texts can always be marshaled
		} else {
			all[key], _ = json.Marshal(value.Values[0])
		}
	}
	return all
}
