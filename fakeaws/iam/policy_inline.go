package iam

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

// inlinePolicyOps are the operations on inline policies.
func (s *Fake) inlinePolicyOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putUserPolicy),
		fakeaws.Bind(s.getUserPolicy),
		fakeaws.Bind(s.deleteUserPolicy),
		fakeaws.Bind(s.listUserPolicies),
		fakeaws.Bind(s.putGroupPolicy),
		fakeaws.Bind(s.getGroupPolicy),
		fakeaws.Bind(s.deleteGroupPolicy),
		fakeaws.Bind(s.listGroupPolicies),
		fakeaws.Bind(s.putRolePolicy),
		fakeaws.Bind(s.getRolePolicy),
		fakeaws.Bind(s.deleteRolePolicy),
		fakeaws.Bind(s.listRolePolicies),
	}
}

// putInline adds or replaces an inline policy.
func (e *entity) putInline(call *fakeaws.Call, name, document string) error {
	if err := e.modifiable(); err != nil {
		return err
	}
	p, err := inlinePolicy(call, document, name)
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

func (e *entity) listInline(marker *string, maxItems *int32) (page.Page[string], error) {
	return list(ascend(&e.inline), marker, maxItems, func(p *enforce.Policy) (string, bool) {
		return p.Source().Name, true
	})
}

// putUserPolicy adds an inline policy to a user, or replaces the one of that name.
func (s *Fake) putUserPolicy(call *fakeaws.Call, in *sdk.PutUserPolicyInput) (*fakeaws.Plan[*sdk.PutUserPolicyOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.PutUserPolicyOutput, error) {
		return &sdk.PutUserPolicyOutput{}, u.putInline(call, *in.PolicyName, *in.PolicyDocument)
	}, currentBoundary)
}

// getUserPolicy returns an inline policy of a user, percent-encoded.
func (s *Fake) getUserPolicy(call *fakeaws.Call, in *sdk.GetUserPolicyInput) (*fakeaws.Plan[*sdk.GetUserPolicyOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.GetUserPolicyOutput, error) {
		doc, err := u.getInline(*in.PolicyName)
		return &sdk.GetUserPolicyOutput{
			UserName: aws.String(u.name), PolicyName: aws.String(*in.PolicyName), PolicyDocument: doc,
		}, err
	})
}

// deleteUserPolicy deletes an inline policy of a user.
func (s *Fake) deleteUserPolicy(call *fakeaws.Call, in *sdk.DeleteUserPolicyInput) (*fakeaws.Plan[*sdk.DeleteUserPolicyOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.DeleteUserPolicyOutput, error) {
		return &sdk.DeleteUserPolicyOutput{}, u.deleteInline(*in.PolicyName)
	}, currentBoundary)
}

// listUserPolicies lists the names of the inline policies of a user.
func (s *Fake) listUserPolicies(call *fakeaws.Call, in *sdk.ListUserPoliciesInput) (*fakeaws.Plan[*sdk.ListUserPoliciesOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.ListUserPoliciesOutput, error) {
		p, err := u.listInline(in.Marker, in.MaxItems)
		return &sdk.ListUserPoliciesOutput{PolicyNames: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// putGroupPolicy adds an inline policy to a group, or replaces the one of that name.
func (s *Fake) putGroupPolicy(call *fakeaws.Call, in *sdk.PutGroupPolicyInput) (*fakeaws.Plan[*sdk.PutGroupPolicyOutput], error) {
	return plan(s, call, in, onGroup(in.GroupName), func(g *entity) (*sdk.PutGroupPolicyOutput, error) {
		return &sdk.PutGroupPolicyOutput{}, g.putInline(call, *in.PolicyName, *in.PolicyDocument)
	})
}

// getGroupPolicy returns an inline policy of a group, percent-encoded.
func (s *Fake) getGroupPolicy(call *fakeaws.Call, in *sdk.GetGroupPolicyInput) (*fakeaws.Plan[*sdk.GetGroupPolicyOutput], error) {
	return plan(s, call, in, onGroup(in.GroupName), func(g *entity) (*sdk.GetGroupPolicyOutput, error) {
		doc, err := g.getInline(*in.PolicyName)
		return &sdk.GetGroupPolicyOutput{
			GroupName: aws.String(g.name), PolicyName: aws.String(*in.PolicyName), PolicyDocument: doc,
		}, err
	})
}

// deleteGroupPolicy deletes an inline policy of a group.
func (s *Fake) deleteGroupPolicy(call *fakeaws.Call, in *sdk.DeleteGroupPolicyInput) (*fakeaws.Plan[*sdk.DeleteGroupPolicyOutput], error) {
	return plan(s, call, in, onGroup(in.GroupName), func(g *entity) (*sdk.DeleteGroupPolicyOutput, error) {
		return &sdk.DeleteGroupPolicyOutput{}, g.deleteInline(*in.PolicyName)
	})
}

// listGroupPolicies lists the names of the inline policies of a group.
func (s *Fake) listGroupPolicies(call *fakeaws.Call, in *sdk.ListGroupPoliciesInput) (*fakeaws.Plan[*sdk.ListGroupPoliciesOutput], error) {
	return plan(s, call, in, onGroup(in.GroupName), func(g *entity) (*sdk.ListGroupPoliciesOutput, error) {
		p, err := g.listInline(in.Marker, in.MaxItems)
		return &sdk.ListGroupPoliciesOutput{PolicyNames: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// putRolePolicy adds an inline policy to a role, or replaces the one of that name.
func (s *Fake) putRolePolicy(call *fakeaws.Call, in *sdk.PutRolePolicyInput) (*fakeaws.Plan[*sdk.PutRolePolicyOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.PutRolePolicyOutput, error) {
		return &sdk.PutRolePolicyOutput{}, r.putInline(call, *in.PolicyName, *in.PolicyDocument)
	}, currentBoundary)
}

// getRolePolicy returns an inline policy of a role, percent-encoded.
func (s *Fake) getRolePolicy(call *fakeaws.Call, in *sdk.GetRolePolicyInput) (*fakeaws.Plan[*sdk.GetRolePolicyOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.GetRolePolicyOutput, error) {
		doc, err := r.getInline(*in.PolicyName)
		return &sdk.GetRolePolicyOutput{
			RoleName: aws.String(r.name), PolicyName: aws.String(*in.PolicyName), PolicyDocument: doc,
		}, err
	})
}

// deleteRolePolicy deletes an inline policy of a role.
func (s *Fake) deleteRolePolicy(call *fakeaws.Call, in *sdk.DeleteRolePolicyInput) (*fakeaws.Plan[*sdk.DeleteRolePolicyOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.DeleteRolePolicyOutput, error) {
		return &sdk.DeleteRolePolicyOutput{}, r.deleteInline(*in.PolicyName)
	}, currentBoundary)
}

// listRolePolicies lists the names of the inline policies of a role.
func (s *Fake) listRolePolicies(call *fakeaws.Call, in *sdk.ListRolePoliciesInput) (*fakeaws.Plan[*sdk.ListRolePoliciesOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.ListRolePoliciesOutput, error) {
		p, err := r.listInline(in.Marker, in.MaxItems)
		return &sdk.ListRolePoliciesOutput{PolicyNames: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}
