package organizations

import (
	"context"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A policy is a service or resource control policy.
type policy struct {
	policyType
	aws                        bool // AWS's own
	id, arn, name, description string
	compiled                   *enforce.Policy
	tags                       tagSet
	targets                    btree.Map[string, *node] // by id
}

// policy finds a policy that there is.
func (o *organization) policy(id string) *policy {
	p, _ := o.policies.Get(id)
	return p
}

// findPolicy is policy with AWS's error.
func (o *organization) findPolicy(id *string) (*policy, error) {
	if p, ok := o.policies.Get(*id); ok {
		return p, nil
	}
	return nil, &types.PolicyNotFoundException{Message: aws.String(noPolicy)}
}

// ownPolicy is findPolicy for an operation that changes the policy.
func (o *organization) ownPolicy(id *string) (*policy, error) {
	p, err := o.findPolicy(id)
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
func (p *policy) compile(ctx context.Context, document string) error {
	d := &descriptions[p.policyType]
	if utf8.RuneCountInString(document) > d.size {
		return violates(types.ConstraintViolationExceptionReasonPolicyContentLimitExceeded, tooLong)
	}
	compiled, err := enforce.Parse(document, d.kind, enforce.Source{ARN: p.arn, File: fakeaws.CallFrom(ctx).PolicyFile})
	if err != nil {
		return &types.MalformedPolicyDocumentException{Message: aws.String(malformed)}
	}
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

// CreatePolicy stores a policy. It counts where it is attached.
func (s *Fake) CreatePolicy(ctx context.Context, in *sdk.CreatePolicyInput) (*sdk.CreatePolicyOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.CreatePolicyOutput, error) {
		t, err := typeNamed(in.Type)
		if err != nil {
			return nil, err
		}
		if err := o.allFeatures(); err != nil {
			return nil, err
		}
		p := &policy{policyType: t, id: "p-" + s.world.IDs().Lower(8), name: *in.Name, description: *in.Description}
		p.arn = o.arn("policy", o.id, descriptions[t].path, p.id)
		if err := p.compile(ctx, *in.Content); err != nil {
			return nil, err
		}
		if err := p.tags.put(in.Tags); err != nil {
			return nil, err
		}
		if err := o.hasNoPolicy(t, p.name, nil); err != nil {
			return nil, err
		}
		if len(o.ofType(t)) >= descriptions[t].number {
			return nil, violates(types.ConstraintViolationExceptionReasonPolicyNumberLimitExceeded, tooManyPolicies)
		}
		o.policies.Set(p.id, p)
		return &sdk.CreatePolicyOutput{Policy: p.view()}, nil
	})
}

// UpdatePolicy changes a policy, and what it decides where it is attached.
func (s *Fake) UpdatePolicy(ctx context.Context, in *sdk.UpdatePolicyInput) (*sdk.UpdatePolicyOutput, error) {
	return changing(ctx, s, in, func(o *organization) (*sdk.UpdatePolicyOutput, error) {
		p, err := o.ownPolicy(in.PolicyId)
		if err != nil {
			return nil, err
		}
		if in.Name != nil {
			if err := o.hasNoPolicy(p.policyType, *in.Name, p); err != nil {
				return nil, err
			}
		}
		if in.Content != nil {
			if err := p.compile(ctx, *in.Content); err != nil {
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

// DeletePolicy deletes a policy that is attached nowhere.
func (s *Fake) DeletePolicy(ctx context.Context, in *sdk.DeletePolicyInput) (*sdk.DeletePolicyOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.DeletePolicyOutput, error) {
		p, err := o.ownPolicy(in.PolicyId)
		if err != nil {
			return nil, err
		}
		if p.targets.Len() > 0 {
			return nil, &types.PolicyInUseException{Message: aws.String(policyInUse)}
		}
		o.policies.Delete(p.id)
		return &sdk.DeletePolicyOutput{}, nil
	})
}

// DescribePolicy returns a policy with its document.
func (s *Fake) DescribePolicy(ctx context.Context, in *sdk.DescribePolicyInput) (*sdk.DescribePolicyOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.DescribePolicyOutput, error) {
		p, err := o.findPolicy(in.PolicyId)
		if err != nil {
			return nil, err
		}
		return &sdk.DescribePolicyOutput{Policy: p.view()}, nil
	})
}

// ListPolicies lists the policies of a type, AWS's own among them.
func (s *Fake) ListPolicies(ctx context.Context, in *sdk.ListPoliciesInput) (*sdk.ListPoliciesOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.ListPoliciesOutput, error) {
		t, err := typeNamed(in.Filter)
		if err != nil {
			return nil, err
		}
		p, err := paged(o.ofType(t), policyID, in.NextToken, in.MaxResults, (*policy).summary)
		return &sdk.ListPoliciesOutput{Policies: p.items, NextToken: p.next}, err
	})
}

func policyID(p *policy) string { return p.id }
