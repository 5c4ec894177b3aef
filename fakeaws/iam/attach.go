package iam

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

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
	if err := e.account.room(e.attachments, e.attached.Len()); err != nil {
		return err
	}
	e.give(p)
	return nil
}

// give and take change what is attached, without a question.
func (e *entity) give(p *policy) {
	e.account.changes++
	if uses(&p.attached) == 0 {
		e.account.policiesInUse++
	}
	e.attached.Set(p.arn, p)
	p.attached[e.index].Set(strings.ToLower(e.name), e)
}

func (e *entity) take(p *policy) {
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
	e.take(p)
	return nil
}

func (e *entity) listAttached(prefix, marker *string, maxItems *int32) (page[types.AttachedPolicy], error) {
	return list(ascend(&e.attached), marker, maxItems, func(p *policy) (types.AttachedPolicy, bool) {
		return types.AttachedPolicy{PolicyArn: aws.String(p.arn), PolicyName: aws.String(p.name)}, p.under(prefix)
	})
}

// AttachUserPolicy attaches a managed policy to a user.
func (s *Fake) AttachUserPolicy(ctx context.Context, in *sdk.AttachUserPolicyInput) (*sdk.AttachUserPolicyOutput, error) {
	return inEntity(ctx, s, in, userKind, in.UserName, func(u *entity) (*sdk.AttachUserPolicyOutput, error) {
		return &sdk.AttachUserPolicyOutput{}, u.attach(*in.PolicyArn)
	})
}

// DetachUserPolicy detaches a managed policy from a user.
func (s *Fake) DetachUserPolicy(ctx context.Context, in *sdk.DetachUserPolicyInput) (*sdk.DetachUserPolicyOutput, error) {
	return inEntity(ctx, s, in, userKind, in.UserName, func(u *entity) (*sdk.DetachUserPolicyOutput, error) {
		return &sdk.DetachUserPolicyOutput{}, u.detach(*in.PolicyArn)
	})
}

// ListAttachedUserPolicies lists the managed policies of a user by ARN.
func (s *Fake) ListAttachedUserPolicies(ctx context.Context, in *sdk.ListAttachedUserPoliciesInput) (*sdk.ListAttachedUserPoliciesOutput, error) {
	return inEntity(ctx, s, in, userKind, in.UserName, func(u *entity) (*sdk.ListAttachedUserPoliciesOutput, error) {
		p, err := u.listAttached(in.PathPrefix, in.Marker, in.MaxItems)
		return &sdk.ListAttachedUserPoliciesOutput{AttachedPolicies: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}

// AttachGroupPolicy attaches a managed policy to a group.
func (s *Fake) AttachGroupPolicy(ctx context.Context, in *sdk.AttachGroupPolicyInput) (*sdk.AttachGroupPolicyOutput, error) {
	return inEntity(ctx, s, in, groupKind, in.GroupName, func(g *entity) (*sdk.AttachGroupPolicyOutput, error) {
		return &sdk.AttachGroupPolicyOutput{}, g.attach(*in.PolicyArn)
	})
}

// DetachGroupPolicy detaches a managed policy from a group.
func (s *Fake) DetachGroupPolicy(ctx context.Context, in *sdk.DetachGroupPolicyInput) (*sdk.DetachGroupPolicyOutput, error) {
	return inEntity(ctx, s, in, groupKind, in.GroupName, func(g *entity) (*sdk.DetachGroupPolicyOutput, error) {
		return &sdk.DetachGroupPolicyOutput{}, g.detach(*in.PolicyArn)
	})
}

// ListAttachedGroupPolicies lists the managed policies of a group by ARN.
func (s *Fake) ListAttachedGroupPolicies(ctx context.Context, in *sdk.ListAttachedGroupPoliciesInput) (*sdk.ListAttachedGroupPoliciesOutput, error) {
	return inEntity(ctx, s, in, groupKind, in.GroupName, func(g *entity) (*sdk.ListAttachedGroupPoliciesOutput, error) {
		p, err := g.listAttached(in.PathPrefix, in.Marker, in.MaxItems)
		return &sdk.ListAttachedGroupPoliciesOutput{AttachedPolicies: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}

// AttachRolePolicy attaches a managed policy to a role.
func (s *Fake) AttachRolePolicy(ctx context.Context, in *sdk.AttachRolePolicyInput) (*sdk.AttachRolePolicyOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.AttachRolePolicyOutput, error) {
		return &sdk.AttachRolePolicyOutput{}, r.attach(*in.PolicyArn)
	})
}

// DetachRolePolicy detaches a managed policy from a role.
func (s *Fake) DetachRolePolicy(ctx context.Context, in *sdk.DetachRolePolicyInput) (*sdk.DetachRolePolicyOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.DetachRolePolicyOutput, error) {
		return &sdk.DetachRolePolicyOutput{}, r.detach(*in.PolicyArn)
	})
}

// ListAttachedRolePolicies lists the managed policies of a role by ARN.
func (s *Fake) ListAttachedRolePolicies(ctx context.Context, in *sdk.ListAttachedRolePoliciesInput) (*sdk.ListAttachedRolePoliciesOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.ListAttachedRolePoliciesOutput, error) {
		p, err := r.listAttached(in.PathPrefix, in.Marker, in.MaxItems)
		return &sdk.ListAttachedRolePoliciesOutput{AttachedPolicies: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}
