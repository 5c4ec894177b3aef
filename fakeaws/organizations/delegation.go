package organizations

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A delegationPolicy is the resource-based policy of the organization: which
// member accounts may manage its policies.
type delegationPolicy struct {
	id, arn, document string
	bound             *fakeaws.ResourcePolicy
	tags              tagSet
}

func (d *delegationPolicy) view() *types.ResourcePolicy {
	return &types.ResourcePolicy{
		Content:               aws.String(d.document),
		ResourcePolicySummary: &types.ResourcePolicySummary{Arn: aws.String(d.arn), Id: aws.String(d.id)},
	}
}

// PutResourcePolicy stores the delegation policy in place of any other.
func (s *Fake) PutResourcePolicy(ctx context.Context, in *sdk.PutResourcePolicyInput) (*sdk.PutResourcePolicyOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.PutResourcePolicyOutput, error) {
		if o.delegation != nil && len(in.Tags) > 0 {
			return nil, violates("UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED", tagsOnUpdate)
		}
		compiled, err := enforce.Parse(*in.Content, enforce.ResourcePolicy, enforce.Source{File: fakeaws.CallFrom(ctx).PolicyFile})
		if err != nil {
			return nil, invalidInput(types.InvalidInputExceptionReasonInvalidResourcePolicyJson, malformedDelegation)
		}
		bound, err := s.world.Bind(compiled)
		if err != nil {
			return nil, invalidInput(types.InvalidInputExceptionReasonInvalidPrincipal, invalidPrincipal)
		}
		d := o.delegation
		if d == nil {
			d = &delegationPolicy{id: "rp-" + s.world.IDs().Lower(8)}
			d.arn = o.arn("resourcepolicy", o.id, d.id)
			if err := d.tags.put(in.Tags); err != nil {
				return nil, err
			}
		}
		d.document, d.bound = *in.Content, bound
		o.delegation = d
		return &sdk.PutResourcePolicyOutput{ResourcePolicy: d.view()}, nil
	})
}

// DescribeResourcePolicy returns the delegation policy.
func (s *Fake) DescribeResourcePolicy(ctx context.Context, in *sdk.DescribeResourcePolicyInput) (*sdk.DescribeResourcePolicyOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.DescribeResourcePolicyOutput, error) {
		if o.delegation == nil {
			return nil, noDelegation()
		}
		return &sdk.DescribeResourcePolicyOutput{ResourcePolicy: o.delegation.view()}, nil
	})
}

// DeleteResourcePolicy deletes the delegation policy.
func (s *Fake) DeleteResourcePolicy(ctx context.Context, in *sdk.DeleteResourcePolicyInput) (*sdk.DeleteResourcePolicyOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.DeleteResourcePolicyOutput, error) {
		if o.delegation == nil {
			return nil, noDelegation()
		}
		o.delegation = nil
		return &sdk.DeleteResourcePolicyOutput{}, nil
	})
}

func noDelegation() error {
	return &types.ResourcePolicyNotFoundException{Message: aws.String(noResourcePolicy)}
}
