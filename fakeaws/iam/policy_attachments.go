package iam

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// attachmentOps are the operations on attached policies.
func (s *Fake) attachmentOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.attachUserPolicy),
		fakeaws.Bind(s.detachUserPolicy),
		fakeaws.Bind(s.listAttachedUserPolicies),
		fakeaws.Bind(s.attachGroupPolicy),
		fakeaws.Bind(s.detachGroupPolicy),
		fakeaws.Bind(s.listAttachedGroupPolicies),
		fakeaws.Bind(s.attachRolePolicy),
		fakeaws.Bind(s.detachRolePolicy),
		fakeaws.Bind(s.listAttachedRolePolicies),
	}
}

// attach gives an entity a managed policy; to do it twice is no error.
func (e *entity) attach(arn string) error {
	if err := e.modifiable(); err != nil {
		return err
	}
	p, err := e.account.findPolicy(arn, policyNotAttachable)
	if err != nil {
		return err
	}
	if err := p.attachableTo(e); err != nil {
		return err
	}
	if _, again := e.attached.Get(arn); again {
		return nil
	}
	if err := e.account.checkQuota(e.attachments, e.attached.Len()); err != nil {
		return err
	}
	e.addAttachment(p)
	return nil
}

// addAttachment attaches a policy. It checks nothing.
func (e *entity) addAttachment(p *policy) {
	e.account.changes++
	if uses(&p.attached) == 0 {
		e.account.policiesInUse++
	}
	e.attached.Set(p.arn, p)
	p.attached[e.index].Set(strings.ToLower(e.name), e)
}

// removeAttachment detaches a policy. It checks nothing.
func (e *entity) removeAttachment(p *policy) {
	e.account.changes++
	e.attached.Delete(p.arn)
	p.attached[e.index].Delete(strings.ToLower(e.name))
	if uses(&p.attached) == 0 {
		e.account.policiesInUse--
	}
}

func (e *entity) detach(arn string) error {
	if err := e.modifiable(); err != nil {
		return err
	}
	p, ok := e.attached.Get(arn)
	if !ok {
		return noSuchEntity(policyNotFound, arn)
	}
	e.removeAttachment(p)
	return nil
}

func (e *entity) listAttached(prefix, marker *string, maxItems *int32) (page.Page[types.AttachedPolicy], error) {
	return list(ascend(&e.attached), marker, maxItems, func(p *policy) (types.AttachedPolicy, bool) {
		return types.AttachedPolicy{PolicyArn: aws.String(p.arn), PolicyName: aws.String(p.name)}, p.under(prefix)
	})
}

// attachUserPolicy attaches a managed policy to a user.
func (s *Fake) attachUserPolicy(call *fakeaws.Call, in *sdk.AttachUserPolicyInput) (*fakeaws.Plan[*sdk.AttachUserPolicyOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.AttachUserPolicyOutput, error) {
		return &sdk.AttachUserPolicyOutput{}, u.attach(*in.PolicyArn)
	}, policyARN(in.PolicyArn), currentBoundary)
}

// detachUserPolicy detaches a managed policy from a user.
func (s *Fake) detachUserPolicy(call *fakeaws.Call, in *sdk.DetachUserPolicyInput) (*fakeaws.Plan[*sdk.DetachUserPolicyOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.DetachUserPolicyOutput, error) {
		return &sdk.DetachUserPolicyOutput{}, u.detach(*in.PolicyArn)
	}, policyARN(in.PolicyArn), currentBoundary)
}

// listAttachedUserPolicies lists the managed policies of a user by ARN.
func (s *Fake) listAttachedUserPolicies(call *fakeaws.Call, in *sdk.ListAttachedUserPoliciesInput) (*fakeaws.Plan[*sdk.ListAttachedUserPoliciesOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.ListAttachedUserPoliciesOutput, error) {
		p, err := u.listAttached(in.PathPrefix, in.Marker, in.MaxItems)
		return &sdk.ListAttachedUserPoliciesOutput{AttachedPolicies: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// attachGroupPolicy attaches a managed policy to a group.
func (s *Fake) attachGroupPolicy(call *fakeaws.Call, in *sdk.AttachGroupPolicyInput) (*fakeaws.Plan[*sdk.AttachGroupPolicyOutput], error) {
	return plan(s, call, in, onGroup(in.GroupName), func(g *entity) (*sdk.AttachGroupPolicyOutput, error) {
		return &sdk.AttachGroupPolicyOutput{}, g.attach(*in.PolicyArn)
	}, policyARN(in.PolicyArn))
}

// detachGroupPolicy detaches a managed policy from a group.
func (s *Fake) detachGroupPolicy(call *fakeaws.Call, in *sdk.DetachGroupPolicyInput) (*fakeaws.Plan[*sdk.DetachGroupPolicyOutput], error) {
	return plan(s, call, in, onGroup(in.GroupName), func(g *entity) (*sdk.DetachGroupPolicyOutput, error) {
		return &sdk.DetachGroupPolicyOutput{}, g.detach(*in.PolicyArn)
	}, policyARN(in.PolicyArn))
}

// listAttachedGroupPolicies lists the managed policies of a group by ARN.
func (s *Fake) listAttachedGroupPolicies(call *fakeaws.Call, in *sdk.ListAttachedGroupPoliciesInput) (*fakeaws.Plan[*sdk.ListAttachedGroupPoliciesOutput], error) {
	return plan(s, call, in, onGroup(in.GroupName), func(g *entity) (*sdk.ListAttachedGroupPoliciesOutput, error) {
		p, err := g.listAttached(in.PathPrefix, in.Marker, in.MaxItems)
		return &sdk.ListAttachedGroupPoliciesOutput{AttachedPolicies: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// attachRolePolicy attaches a managed policy to a role.
func (s *Fake) attachRolePolicy(call *fakeaws.Call, in *sdk.AttachRolePolicyInput) (*fakeaws.Plan[*sdk.AttachRolePolicyOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.AttachRolePolicyOutput, error) {
		return &sdk.AttachRolePolicyOutput{}, r.attach(*in.PolicyArn)
	}, policyARN(in.PolicyArn), currentBoundary)
}

// detachRolePolicy detaches a managed policy from a role.
func (s *Fake) detachRolePolicy(call *fakeaws.Call, in *sdk.DetachRolePolicyInput) (*fakeaws.Plan[*sdk.DetachRolePolicyOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.DetachRolePolicyOutput, error) {
		return &sdk.DetachRolePolicyOutput{}, r.detach(*in.PolicyArn)
	}, policyARN(in.PolicyArn), currentBoundary)
}

// listAttachedRolePolicies lists the managed policies of a role by ARN.
func (s *Fake) listAttachedRolePolicies(call *fakeaws.Call, in *sdk.ListAttachedRolePoliciesInput) (*fakeaws.Plan[*sdk.ListAttachedRolePoliciesOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.ListAttachedRolePoliciesOutput, error) {
		p, err := r.listAttached(in.PathPrefix, in.Marker, in.MaxItems)
		return &sdk.ListAttachedRolePoliciesOutput{AttachedPolicies: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}
