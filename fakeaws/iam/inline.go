package iam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/leastpriv/leastpriv/enforce"
)

// putInline adds or replaces an inline policy.
func (e *entity) putInline(ctx context.Context, name, document string) error {
	if err := e.modifiable(); err != nil {
		return err
	}
	p, err := inlinePolicy(ctx, document, name)
	if err != nil {
		return err
	}
	total := p.Size()
	e.inline.Scan(func(other string, q *enforce.Policy) bool {
		if other != name {
			total += q.Size()
		}
		return true
	})
	if total > e.inlineSize {
		return limitExceeded("Maximum policy size of %d bytes exceeded for %s %s", e.inlineSize, e.noun, e.name)
	}
	e.account.changes++
	e.inline.Set(name, p)
	return nil
}

func (e *entity) getInline(name string) (*string, error) {
	p, ok := e.inline.Get(name)
	if !ok {
		return nil, e.noInline(name)
	}
	return encoded(p.Document()), nil
}

func (e *entity) deleteInline(name string) error {
	if err := e.modifiable(); err != nil {
		return err
	}
	if _, ok := e.inline.Delete(name); !ok {
		return e.noInline(name)
	}
	e.account.changes++
	return nil
}

func (e *entity) noInline(name string) error {
	return noSuchEntity("The %s policy with name %s cannot be found.", e.noun, name)
}

func (e *entity) listInline(marker *string, maxItems *int32) (page[string], error) {
	return list(ascend(&e.inline), marker, maxItems, func(p *enforce.Policy) (string, bool) {
		return p.Source().Name, true
	})
}

// PutUserPolicy adds an inline policy to a user, or replaces the one of that name.
func (s *Fake) PutUserPolicy(ctx context.Context, in *sdk.PutUserPolicyInput) (*sdk.PutUserPolicyOutput, error) {
	return inEntity(ctx, s, in, userKind, in.UserName, func(u *entity) (*sdk.PutUserPolicyOutput, error) {
		return &sdk.PutUserPolicyOutput{}, u.putInline(ctx, *in.PolicyName, *in.PolicyDocument)
	})
}

// GetUserPolicy returns an inline policy of a user, percent-encoded.
func (s *Fake) GetUserPolicy(ctx context.Context, in *sdk.GetUserPolicyInput) (*sdk.GetUserPolicyOutput, error) {
	return inEntity(ctx, s, in, userKind, in.UserName, func(u *entity) (*sdk.GetUserPolicyOutput, error) {
		doc, err := u.getInline(*in.PolicyName)
		return &sdk.GetUserPolicyOutput{
			UserName: aws.String(u.name), PolicyName: aws.String(*in.PolicyName), PolicyDocument: doc,
		}, err
	})
}

// DeleteUserPolicy deletes an inline policy of a user.
func (s *Fake) DeleteUserPolicy(ctx context.Context, in *sdk.DeleteUserPolicyInput) (*sdk.DeleteUserPolicyOutput, error) {
	return inEntity(ctx, s, in, userKind, in.UserName, func(u *entity) (*sdk.DeleteUserPolicyOutput, error) {
		return &sdk.DeleteUserPolicyOutput{}, u.deleteInline(*in.PolicyName)
	})
}

// ListUserPolicies lists the names of the inline policies of a user.
func (s *Fake) ListUserPolicies(ctx context.Context, in *sdk.ListUserPoliciesInput) (*sdk.ListUserPoliciesOutput, error) {
	return inEntity(ctx, s, in, userKind, in.UserName, func(u *entity) (*sdk.ListUserPoliciesOutput, error) {
		p, err := u.listInline(in.Marker, in.MaxItems)
		return &sdk.ListUserPoliciesOutput{PolicyNames: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}

// PutGroupPolicy adds an inline policy to a group, or replaces the one of that name.
func (s *Fake) PutGroupPolicy(ctx context.Context, in *sdk.PutGroupPolicyInput) (*sdk.PutGroupPolicyOutput, error) {
	return inEntity(ctx, s, in, groupKind, in.GroupName, func(g *entity) (*sdk.PutGroupPolicyOutput, error) {
		return &sdk.PutGroupPolicyOutput{}, g.putInline(ctx, *in.PolicyName, *in.PolicyDocument)
	})
}

// GetGroupPolicy returns an inline policy of a group, percent-encoded.
func (s *Fake) GetGroupPolicy(ctx context.Context, in *sdk.GetGroupPolicyInput) (*sdk.GetGroupPolicyOutput, error) {
	return inEntity(ctx, s, in, groupKind, in.GroupName, func(g *entity) (*sdk.GetGroupPolicyOutput, error) {
		doc, err := g.getInline(*in.PolicyName)
		return &sdk.GetGroupPolicyOutput{
			GroupName: aws.String(g.name), PolicyName: aws.String(*in.PolicyName), PolicyDocument: doc,
		}, err
	})
}

// DeleteGroupPolicy deletes an inline policy of a group.
func (s *Fake) DeleteGroupPolicy(ctx context.Context, in *sdk.DeleteGroupPolicyInput) (*sdk.DeleteGroupPolicyOutput, error) {
	return inEntity(ctx, s, in, groupKind, in.GroupName, func(g *entity) (*sdk.DeleteGroupPolicyOutput, error) {
		return &sdk.DeleteGroupPolicyOutput{}, g.deleteInline(*in.PolicyName)
	})
}

// ListGroupPolicies lists the names of the inline policies of a group.
func (s *Fake) ListGroupPolicies(ctx context.Context, in *sdk.ListGroupPoliciesInput) (*sdk.ListGroupPoliciesOutput, error) {
	return inEntity(ctx, s, in, groupKind, in.GroupName, func(g *entity) (*sdk.ListGroupPoliciesOutput, error) {
		p, err := g.listInline(in.Marker, in.MaxItems)
		return &sdk.ListGroupPoliciesOutput{PolicyNames: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}

// PutRolePolicy adds an inline policy to a role, or replaces the one of that name.
func (s *Fake) PutRolePolicy(ctx context.Context, in *sdk.PutRolePolicyInput) (*sdk.PutRolePolicyOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.PutRolePolicyOutput, error) {
		return &sdk.PutRolePolicyOutput{}, r.putInline(ctx, *in.PolicyName, *in.PolicyDocument)
	})
}

// GetRolePolicy returns an inline policy of a role, percent-encoded.
func (s *Fake) GetRolePolicy(ctx context.Context, in *sdk.GetRolePolicyInput) (*sdk.GetRolePolicyOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.GetRolePolicyOutput, error) {
		doc, err := r.getInline(*in.PolicyName)
		return &sdk.GetRolePolicyOutput{
			RoleName: aws.String(r.name), PolicyName: aws.String(*in.PolicyName), PolicyDocument: doc,
		}, err
	})
}

// DeleteRolePolicy deletes an inline policy of a role.
func (s *Fake) DeleteRolePolicy(ctx context.Context, in *sdk.DeleteRolePolicyInput) (*sdk.DeleteRolePolicyOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.DeleteRolePolicyOutput, error) {
		return &sdk.DeleteRolePolicyOutput{}, r.deleteInline(*in.PolicyName)
	})
}

// ListRolePolicies lists the names of the inline policies of a role.
func (s *Fake) ListRolePolicies(ctx context.Context, in *sdk.ListRolePoliciesInput) (*sdk.ListRolePoliciesOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.ListRolePoliciesOutput, error) {
		p, err := r.listInline(in.Marker, in.MaxItems)
		return &sdk.ListRolePoliciesOutput{PolicyNames: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}
