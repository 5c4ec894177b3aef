package organizations

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) delegationOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putResourcePolicy),
		fakeaws.Bind(s.describeResourcePolicy),
		fakeaws.Bind(s.deleteResourcePolicy),
	}
}

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

// putResourcePolicy stores the delegation policy in place of any other.
func (s *Fake) putResourcePolicy(call *fakeaws.Call, in *sdk.PutResourcePolicyInput) (*fakeaws.Plan[*sdk.PutResourcePolicyOutput], error) {
	return onOrganization(s, call, in, management, about{tags: in.Tags, creates: true}, func(r *request) (*sdk.PutResourcePolicyOutput, error) {
		if r.delegation != nil && len(in.Tags) > 0 {
			return nil, violates("UPDATE_EXISTING_RESOURCE_POLICY_WITH_TAGS_NOT_SUPPORTED", tagsOnUpdate)
		}
		compiled, err := enforce.Parse(*in.Content, enforce.ResourcePolicy, call.PolicySource)
		if err != nil {
			return nil, invalidInput(types.InvalidInputExceptionReasonInvalidResourcePolicyJson, malformedDelegation)
		}
		bound, err := s.world.Bind(compiled)
		if err != nil {
			return nil, invalidInput(types.InvalidInputExceptionReasonInvalidPrincipal, invalidPrincipal)
		}
		d := r.delegation
		if d == nil {
			d = &delegationPolicy{id: "rp-" + s.world.IDs().Lower(8)}
			d.arn = r.arn("resourcepolicy", r.id, d.id)
			if err := d.tags.put(in.Tags); err != nil {
				return nil, err
			}
		}
		call.Stores(compiled)
		d.document, d.bound = *in.Content, bound
		r.delegation = d
		return &sdk.PutResourcePolicyOutput{ResourcePolicy: d.view()}, nil
	})
}

// describeResourcePolicy returns the delegation policy.
func (s *Fake) describeResourcePolicy(call *fakeaws.Call, in *sdk.DescribeResourcePolicyInput) (*fakeaws.Plan[*sdk.DescribeResourcePolicyOutput], error) {
	return onOrganization(s, call, in, readers, about{}, func(r *request) (*sdk.DescribeResourcePolicyOutput, error) {
		if r.delegation == nil {
			return nil, noDelegation()
		}
		return &sdk.DescribeResourcePolicyOutput{ResourcePolicy: r.delegation.view()}, nil
	})
}

// deleteResourcePolicy deletes the delegation policy.
func (s *Fake) deleteResourcePolicy(call *fakeaws.Call, in *sdk.DeleteResourcePolicyInput) (*fakeaws.Plan[*sdk.DeleteResourcePolicyOutput], error) {
	return onOrganization(s, call, in, management, about{}, func(r *request) (*sdk.DeleteResourcePolicyOutput, error) {
		if r.delegation == nil {
			return nil, noDelegation()
		}
		r.delegation = nil
		return &sdk.DeleteResourcePolicyOutput{}, nil
	})
}

func noDelegation() error {
	return &types.ResourcePolicyNotFoundException{Message: aws.String(noResourcePolicy)}
}
