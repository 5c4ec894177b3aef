package organizations

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/enforce"
)

// attach and detach change both ends of an attachment.
func (o *organization) attach(p *policy, n *node) {
	n.attached[p.policyType].Set(p.id, p)
	p.targets.Set(n.id, n)
	n.collect(p.policyType)
}

func (o *organization) detach(p *policy, n *node) {
	n.attached[p.policyType].Delete(p.id)
	p.targets.Delete(n.id)
	n.collect(p.policyType)
}

func (o *organization) detachAll(n *node, t policyType) {
	for _, p := range n.attached[t].Values() {
		o.detach(p, n)
	}
}

// collect makes the list of a node's policies anew. It is never nil: a level
// without policies allows nothing.
func (n *node) collect(t policyType) {
	compiled := make([]*enforce.Policy, 0, n.attached[t].Len())
	n.attached[t].Scan(func(_ string, p *policy) bool {
		compiled = append(compiled, p.compiled)
		return true
	})
	n.compiled[t] = compiled
}

// inAttachment is changing for an operation on a policy and a target.
func inAttachment[O any](ctx context.Context, s *Fake, in any, policyID, targetID *string, do func(*organization, *policy, *node) error) (*O, error) {
	return changing(ctx, s, in, func(o *organization) (*O, error) {
		p, err := o.findPolicy(policyID)
		if err != nil {
			return nil, err
		}
		n, err := o.target(targetID)
		if err != nil {
			return nil, err
		}
		if !o.enabled[p.policyType] {
			return nil, typeNotEnabled()
		}
		return new(O), do(o, p, n)
	})
}

// AttachPolicy makes a policy count for a root, OU or account and all that is in
// it.
func (s *Fake) AttachPolicy(ctx context.Context, in *sdk.AttachPolicyInput) (*sdk.AttachPolicyOutput, error) {
	return inAttachment[sdk.AttachPolicyOutput](ctx, s, in, in.PolicyId, in.TargetId, func(o *organization, p *policy, n *node) error {
		attached := &n.attached[p.policyType]
		if _, there := attached.Get(p.id); there {
			return &types.DuplicatePolicyAttachmentException{Message: aws.String(attachedAlready)}
		}
		if attached.Len() >= descriptions[p.policyType].attached {
			return violates(types.ConstraintViolationExceptionReasonMaxPolicyTypeAttachmentLimitExceeded, tooManyAttached)
		}
		o.attach(p, n)
		return nil
	})
}

// DetachPolicy ends that a policy counts for a root, OU or account. At least one
// SCP stays, and RCPFullAWSAccess always does.
func (s *Fake) DetachPolicy(ctx context.Context, in *sdk.DetachPolicyInput) (*sdk.DetachPolicyOutput, error) {
	return inAttachment[sdk.DetachPolicyOutput](ctx, s, in, in.PolicyId, in.TargetId, func(o *organization, p *policy, n *node) error {
		attached := &n.attached[p.policyType]
		_, there := attached.Get(p.id)
		switch {
		case !there:
			return &types.PolicyNotAttachedException{Message: aws.String(notAttached)}
		case p.aws && p.policyType == rcp:
			return invalidInput(types.InvalidInputExceptionReasonNonDetachablePolicy, notDetachable)
		case attached.Len() == 1:
			return violates(types.ConstraintViolationExceptionReasonMinPolicyTypeAttachmentLimitExceeded, lastAttached)
		}
		o.detach(p, n)
		return nil
	})
}

// ListPoliciesForTarget lists the policies of a type that are attached to a root,
// OU or account itself.
func (s *Fake) ListPoliciesForTarget(ctx context.Context, in *sdk.ListPoliciesForTargetInput) (*sdk.ListPoliciesForTargetOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.ListPoliciesForTargetOutput, error) {
		t, err := typeNamed(in.Filter)
		if err != nil {
			return nil, err
		}
		n, err := o.target(in.TargetId)
		if err != nil {
			return nil, err
		}
		p, err := paged(n.attached[t].Values(), policyID, in.NextToken, in.MaxResults, (*policy).summary)
		return &sdk.ListPoliciesForTargetOutput{Policies: p.items, NextToken: p.next}, err
	})
}

// ListTargetsForPolicy lists the roots, OUs and accounts that a policy is
// attached to.
func (s *Fake) ListTargetsForPolicy(ctx context.Context, in *sdk.ListTargetsForPolicyInput) (*sdk.ListTargetsForPolicyOutput, error) {
	return inOrganization(ctx, s, in, func(o *organization) (*sdk.ListTargetsForPolicyOutput, error) {
		found, err := o.findPolicy(in.PolicyId)
		if err != nil {
			return nil, err
		}
		p, err := paged(found.targets.Values(), nodeID, in.NextToken, in.MaxResults, func(n *node) types.PolicyTargetSummary {
			return types.PolicyTargetSummary{
				Arn: aws.String(n.arn), Name: aws.String(n.name), TargetId: aws.String(n.id), Type: targetTypes[n.kind],
			}
		})
		return &sdk.ListTargetsForPolicyOutput{Targets: p.items, NextToken: p.next}, err
	})
}
