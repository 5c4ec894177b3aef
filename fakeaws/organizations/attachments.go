package organizations

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) attachmentOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.attachPolicy),
		fakeaws.Bind(s.detachPolicy),
		fakeaws.Bind(s.listPoliciesForTarget),
		fakeaws.Bind(s.listTargetsForPolicy),
	}
}

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

// onAttachment plans an operation that attaches a policy to a target or detaches it.
func onAttachment[O any](s *Fake, call *fakeaws.Call, in any, policyID, targetID *string, do func(*request, *policy, *node) error) (*fakeaws.Plan[*O], error) {
	return changing(s, call, in, delegates, about{ids: []*string{policyID, targetID}}, func(r *request) (*O, error) {
		p, err := r.policy(policyID)
		if err != nil {
			return nil, err
		}
		n, err := r.target(targetID)
		if err != nil {
			return nil, err
		}
		if !r.enabled[p.policyType] {
			return nil, typeNotEnabled()
		}
		return new(O), do(r, p, n)
	})
}

// attachPolicy makes a policy count for a root, OU or account and all that is in
// it.
func (s *Fake) attachPolicy(call *fakeaws.Call, in *sdk.AttachPolicyInput) (*fakeaws.Plan[*sdk.AttachPolicyOutput], error) {
	return onAttachment[sdk.AttachPolicyOutput](s, call, in, in.PolicyId, in.TargetId, func(r *request, p *policy, n *node) error {
		attached := &n.attached[p.policyType]
		if _, there := attached.Get(p.id); there {
			return &types.DuplicatePolicyAttachmentException{Message: aws.String(duplicatePolicy)}
		}
		if attached.Len() >= descriptions[p.policyType].attached {
			return violates(types.ConstraintViolationExceptionReasonMaxPolicyTypeAttachmentLimitExceeded, tooManyAttached)
		}
		r.attach(p, n)
		return nil
	})
}

// detachPolicy ends that a policy counts for a root, OU or account. At least one
// SCP stays, and RCPFullAWSAccess always does.
func (s *Fake) detachPolicy(call *fakeaws.Call, in *sdk.DetachPolicyInput) (*fakeaws.Plan[*sdk.DetachPolicyOutput], error) {
	return onAttachment[sdk.DetachPolicyOutput](s, call, in, in.PolicyId, in.TargetId, func(r *request, p *policy, n *node) error {
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
		r.detach(p, n)
		return nil
	})
}

// listPoliciesForTarget lists the policies of a type that are attached to a root,
// OU or account itself.
func (s *Fake) listPoliciesForTarget(call *fakeaws.Call, in *sdk.ListPoliciesForTargetInput) (*fakeaws.Plan[*sdk.ListPoliciesForTargetOutput], error) {
	return onOrganization(s, call, in, readers, about{ids: []*string{in.TargetId}, policyType: in.Filter}, func(r *request) (*sdk.ListPoliciesForTargetOutput, error) {
		t, err := typeNamed(in.Filter)
		if err != nil {
			return nil, err
		}
		n, err := r.target(in.TargetId)
		if err != nil {
			return nil, err
		}
		p, err := paged(n.attached[t].Values(), policyID, in.NextToken, in.MaxResults, (*policy).summary)
		return &sdk.ListPoliciesForTargetOutput{Policies: p.Items, NextToken: p.Next}, err
	})
}

// listTargetsForPolicy lists the roots, OUs and accounts that a policy is
// attached to.
func (s *Fake) listTargetsForPolicy(call *fakeaws.Call, in *sdk.ListTargetsForPolicyInput) (*fakeaws.Plan[*sdk.ListTargetsForPolicyOutput], error) {
	return onOrganization(s, call, in, readers, about{ids: []*string{in.PolicyId}}, func(r *request) (*sdk.ListTargetsForPolicyOutput, error) {
		found, err := r.policy(in.PolicyId)
		if err != nil {
			return nil, err
		}
		p, err := paged(found.targets.Values(), nodeID, in.NextToken, in.MaxResults, func(n *node) types.PolicyTargetSummary {
			return types.PolicyTargetSummary{
				Arn: aws.String(n.arn), Name: aws.String(n.name), TargetId: aws.String(n.id), Type: targetTypes[n.kind],
			}
		})
		return &sdk.ListTargetsForPolicyOutput{Targets: p.Items, NextToken: p.Next}, err
	})
}
