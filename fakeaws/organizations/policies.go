package organizations

import (
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) policyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createPolicy),
		fakeaws.Bind(s.updatePolicy),
		fakeaws.Bind(s.deletePolicy),
		fakeaws.Bind(s.describePolicy),
		fakeaws.Bind(s.listPolicies),
	}
}

// A policy is a service or resource control policy.
type policy struct {
	policyType
	aws                        bool // AWS's own
	id, arn, name, description string
	compiled                   *enforce.Policy
	tags                       tagSet
	targets                    btree.Map[string, *node] // by id
}

// policy finds a policy.
func (r *request) policy(id *string) (*policy, error) {
	if p := r.get(id).policy; p != nil {
		return p, nil
	}
	return nil, &types.PolicyNotFoundException{Message: aws.String(noPolicy)}
}

// ownPolicy is policy for an operation that changes it.
func (r *request) ownPolicy(id *string) (*policy, error) {
	p, err := r.policy(id)
	if err == nil && p.aws {
		return nil, invalidInput(types.InvalidInputExceptionReasonImmutablePolicy, immutablePolicy)
	}
	return p, err
}

func (p *policy) summary() types.PolicySummary {
	return types.PolicySummary{
		Arn: aws.String(p.arn), AwsManaged: p.aws, Description: aws.String(p.description), Id: aws.String(p.id),
		Name: aws.String(p.name), Type: descriptions[p.policyType].name,
	}
}

func (p *policy) view() *types.Policy {
	summary := p.summary()
	return &types.Policy{Content: aws.String(p.compiled.Document()), PolicySummary: &summary}
}

// compile checks a document and makes it the policy's.
func (p *policy) compile(call *fakeaws.Call, document string) error {
	d := &descriptions[p.policyType]
	if utf8.RuneCountInString(document) > d.size {
		return violates(types.ConstraintViolationExceptionReasonPolicyContentLimitExceeded, tooLong)
	}
	source := call.PolicySource
	source.ARN = p.arn
	compiled, err := enforce.Parse(document, d.kind, source)
	if err != nil {
		return &types.MalformedPolicyDocumentException{Message: aws.String(malformed)}
	}
	call.Stores(compiled)
	p.compiled = compiled
	return nil
}

// hasNoPolicy refuses a name that another policy of the type has.
func (o *organization) hasNoPolicy(t policyType, name string, except *policy) error {
	for _, p := range o.ofType(t) {
		if p.name == name && p != except {
			return &types.DuplicatePolicyException{Message: aws.String(duplicatePolicy)}
		}
	}
	return nil
}

// ofType lists the policies of a type.
func (o *organization) ofType(t policyType) []*policy {
	var found []*policy
	o.policies.Scan(func(_ string, p *policy) bool {
		if p.policyType == t {
			found = append(found, p)
		}
		return true
	})
	return found
}

// createPolicy stores a policy. It counts where it is attached.
func (s *Fake) createPolicy(call *fakeaws.Call, in *sdk.CreatePolicyInput) (*fakeaws.Plan[*sdk.CreatePolicyOutput], error) {
	return onOrganization(s, call, in, delegates, about{resource: newPolicy(in.Type), policyType: in.Type, tags: in.Tags, creates: true}, func(r *request) (*sdk.CreatePolicyOutput, error) {
		t, err := typeNamed(in.Type)
		if err != nil {
			return nil, err
		}
		if err := r.allFeatures(); err != nil {
			return nil, err
		}
		p := &policy{policyType: t, id: "p-" + s.world.IDs().Lower(8), name: *in.Name, description: *in.Description}
		p.arn = r.arn("policy", r.id, descriptions[t].path, p.id)
		if err := p.compile(call, *in.Content); err != nil {
			return nil, err
		}
		if err := p.tags.put(in.Tags); err != nil {
			return nil, err
		}
		if err := r.hasNoPolicy(t, p.name, nil); err != nil {
			return nil, err
		}
		if len(r.ofType(t)) >= descriptions[t].number {
			return nil, violates(types.ConstraintViolationExceptionReasonPolicyNumberLimitExceeded, tooManyPolicies)
		}
		r.policies.Set(p.id, p)
		return &sdk.CreatePolicyOutput{Policy: p.view()}, nil
	})
}

// updatePolicy changes a policy, and what it decides where it is attached.
func (s *Fake) updatePolicy(call *fakeaws.Call, in *sdk.UpdatePolicyInput) (*fakeaws.Plan[*sdk.UpdatePolicyOutput], error) {
	return changing(s, call, in, delegates, about{ids: []*string{in.PolicyId}}, func(r *request) (*sdk.UpdatePolicyOutput, error) {
		p, err := r.ownPolicy(in.PolicyId)
		if err != nil {
			return nil, err
		}
		if in.Name != nil {
			if err := r.hasNoPolicy(p.policyType, *in.Name, p); err != nil {
				return nil, err
			}
		}
		if in.Content != nil {
			if err := p.compile(call, *in.Content); err != nil {
				return nil, err
			}
			p.targets.Scan(func(_ string, n *node) bool {
				n.collect(p.policyType)
				return true
			})
		}
		if in.Name != nil {
			p.name = *in.Name
		}
		if in.Description != nil {
			p.description = *in.Description
		}
		return &sdk.UpdatePolicyOutput{Policy: p.view()}, nil
	})
}

// deletePolicy deletes a policy that is attached nowhere.
func (s *Fake) deletePolicy(call *fakeaws.Call, in *sdk.DeletePolicyInput) (*fakeaws.Plan[*sdk.DeletePolicyOutput], error) {
	return onOrganization(s, call, in, delegates, about{ids: []*string{in.PolicyId}}, func(r *request) (*sdk.DeletePolicyOutput, error) {
		p, err := r.ownPolicy(in.PolicyId)
		if err != nil {
			return nil, err
		}
		if p.targets.Len() > 0 {
			return nil, &types.PolicyInUseException{Message: aws.String(policyInUse)}
		}
		r.policies.Delete(p.id)
		return &sdk.DeletePolicyOutput{}, nil
	})
}

// describePolicy returns a policy with its document.
func (s *Fake) describePolicy(call *fakeaws.Call, in *sdk.DescribePolicyInput) (*fakeaws.Plan[*sdk.DescribePolicyOutput], error) {
	return onOrganization(s, call, in, readers, about{ids: []*string{in.PolicyId}}, func(r *request) (*sdk.DescribePolicyOutput, error) {
		p, err := r.policy(in.PolicyId)
		if err != nil {
			return nil, err
		}
		return &sdk.DescribePolicyOutput{Policy: p.view()}, nil
	})
}

// listPolicies lists the policies of a type, AWS's own among them.
func (s *Fake) listPolicies(call *fakeaws.Call, in *sdk.ListPoliciesInput) (*fakeaws.Plan[*sdk.ListPoliciesOutput], error) {
	return onOrganization(s, call, in, readers, about{policyType: in.Filter}, func(r *request) (*sdk.ListPoliciesOutput, error) {
		t, err := typeNamed(in.Filter)
		if err != nil {
			return nil, err
		}
		p, err := paged(r.ofType(t), policyID, in.NextToken, in.MaxResults, (*policy).summary)
		return &sdk.ListPoliciesOutput{Policies: p.Items, NextToken: p.Next}, err
	})
}

// newPolicy is what making a policy is authorized on: those of its type. That the ARN
// ends so, when there is no id yet, is unverified.
func newPolicy(name types.PolicyType) func(*organization) string {
	return func(o *organization) string {
		if o == nil {
			return "*"
		}
		return o.arn("policy", o.id, strings.ToLower(string(name)), "*")
	}
}

func policyID(p *policy) string { return p.id }
