package iam

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// roleOps are the operations on roles.
func (s *Fake) roleOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.createRole),
		fakeaws.Bind(s.getRole),
		fakeaws.Bind(s.deleteRole),
		fakeaws.Bind(s.listRoles),
		fakeaws.Bind(s.updateRole),
		fakeaws.Bind(s.updateRoleDescription),
		fakeaws.Bind(s.updateAssumeRolePolicy),
	}
}

// defaultMaxSession is the longest session of a role, in seconds, that does not
// say (API page "CreateRole").
const defaultMaxSession = 3600

// roleView is a role as the operations on it return it.
func (e *entity) roleView() *types.Role {
	r := e.listedRole()
	r.PermissionsBoundary = e.boundaryView()
	r.Tags = e.tags.all()
	r.RoleLastUsed = e.roleLastUsed()
	r.SourceRoleTemplate = e.role.template
	return &r
}

// newRoleView is a role as the operations that make one return it: without its last
// use, and without its longest session.
func (e *entity) newRoleView() *types.Role {
	r := e.roleView()
	r.RoleLastUsed, r.MaxSessionDuration = nil, nil
	return r
}

// listedRole is a role as lists return it: without tags, boundary and last use.
func (e *entity) listedRole() types.Role {
	return types.Role{
		Arn:                      &e.arn,
		AssumeRolePolicyDocument: encoded(e.role.trust.Document()),
		CreateDate:               &e.created,
		Description:              optional(e.role.description),
		MaxSessionDuration:       aws.Int32(e.role.maxSession),
		Path:                     &e.path,
		RoleId:                   &e.id,
		RoleName:                 &e.name,
	}
}

// createRole makes a role.
func (s *Fake) createRole(call *fakeaws.Call, in *sdk.CreateRoleInput) (*fakeaws.Plan[*sdk.CreateRoleOutput], error) {
	return plan(s, call, in, created("role", in.RoleName, in.Path).tagged("iam:TagRole", in.Tags), func(a *account) (*sdk.CreateRoleOutput, error) {
		r, err := s.makeRole(call, a, in)
		if err != nil {
			return nil, err
		}
		return &sdk.CreateRoleOutput{Role: r.newRoleView()}, nil
	}, requestTags(in.Tags), requestBoundary(in.PermissionsBoundary))
}

// makeRole makes a role of an input that is valid.
func (s *Fake) makeRole(call *fakeaws.Call, a *account, in *sdk.CreateRoleInput) (*entity, error) {
	if path := pathOr(in.Path); strings.HasPrefix(path, serviceRolePath) {
		return nil, invalidInput(fmt.Sprintf(reservedPath, path))
	}
	trust, err := s.trustPolicy(call, a, *in.AssumeRolePolicyDocument, *in.RoleName)
	if err != nil {
		return nil, err
	}
	r, err := s.addTagged(a, roleKind, *in.RoleName, in.Path, in.Tags, in.PermissionsBoundary)
	if err != nil {
		return nil, err
	}
	r.role = roleFacts{description: aws.ToString(in.Description), maxSession: defaultMaxSession}
	r.role.trust = trust
	if in.MaxSessionDuration != nil {
		r.role.maxSession = *in.MaxSessionDuration
	}
	return r, nil
}

// getRole describes a role.
func (s *Fake) getRole(call *fakeaws.Call, in *sdk.GetRoleInput) (*fakeaws.Plan[*sdk.GetRoleOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.GetRoleOutput, error) {
		return &sdk.GetRoleOutput{Role: r.roleView()}, nil
	}, currentBoundary)
}

// deleteRole deletes a role that has no policies any more. Its sessions lose
// every permission.
func (s *Fake) deleteRole(call *fakeaws.Call, in *sdk.DeleteRoleInput) (*fakeaws.Plan[*sdk.DeleteRoleOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.DeleteRoleOutput, error) {
		if err := r.modifiable(); err != nil {
			return nil, err
		}
		return &sdk.DeleteRoleOutput{}, s.remove(r)
	}, currentBoundary)
}

// listRoles lists the account's roles by name.
func (s *Fake) listRoles(call *fakeaws.Call, in *sdk.ListRolesInput) (*fakeaws.Plan[*sdk.ListRolesOutput], error) {
	return plan(s, call, in, listed("role", in.PathPrefix), func(a *account) (*sdk.ListRolesOutput, error) {
		p, err := list(ascend(&a.roles), in.Marker, in.MaxItems, under(in.PathPrefix, (*entity).listedRole))
		return &sdk.ListRolesOutput{Roles: p.Items, IsTruncated: p.Truncated(), Marker: p.Next}, err
	})
}

// updateRole changes the description and the longest session of a role.
func (s *Fake) updateRole(call *fakeaws.Call, in *sdk.UpdateRoleInput) (*fakeaws.Plan[*sdk.UpdateRoleOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.UpdateRoleOutput, error) {
		if in.Description != nil {
			r.role.description = *in.Description
		}
		if in.MaxSessionDuration != nil {
			r.role.maxSession = *in.MaxSessionDuration
		}
		return &sdk.UpdateRoleOutput{}, nil
	}, currentBoundary)
}

// updateRoleDescription changes the description of a role.
func (s *Fake) updateRoleDescription(call *fakeaws.Call, in *sdk.UpdateRoleDescriptionInput) (*fakeaws.Plan[*sdk.UpdateRoleDescriptionOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.UpdateRoleDescriptionOutput, error) {
		r.role.description = *in.Description
		return &sdk.UpdateRoleDescriptionOutput{Role: r.roleView()}, nil
	}, currentBoundary)
}

// updateAssumeRolePolicy replaces the trust policy of a role.
func (s *Fake) updateAssumeRolePolicy(call *fakeaws.Call, in *sdk.UpdateAssumeRolePolicyInput) (*fakeaws.Plan[*sdk.UpdateAssumeRolePolicyOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.UpdateAssumeRolePolicyOutput, error) {
		if err := r.modifiable(); err != nil {
			return nil, err
		}
		trust, err := s.trustPolicy(call, r.account, *in.PolicyDocument, r.name)
		if err != nil {
			return nil, err
		}
		r.role.trust = trust
		return &sdk.UpdateAssumeRolePolicyOutput{}, nil
	}, currentBoundary)
}
