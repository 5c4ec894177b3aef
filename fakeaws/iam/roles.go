package iam

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
)

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

// CreateRole makes a role.
func (s *Fake) CreateRole(ctx context.Context, in *sdk.CreateRoleInput) (*sdk.CreateRoleOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.CreateRoleOutput, error) {
		r, err := s.createRole(ctx, a, in)
		if err != nil {
			return nil, err
		}
		view := r.roleView()
		view.RoleLastUsed = nil
		return &sdk.CreateRoleOutput{Role: view}, nil
	})
}

func (s *Fake) createRole(ctx context.Context, a *account, in *sdk.CreateRoleInput) (*entity, error) {
	if path := pathOr(in.Path); strings.HasPrefix(path, serviceRolePath) {
		return nil, invalidInput(fmt.Sprintf(reservedPath, path))
	}
	trust, err := s.trustPolicy(ctx, a, *in.AssumeRolePolicyDocument, *in.RoleName)
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

// GetRole describes a role.
func (s *Fake) GetRole(ctx context.Context, in *sdk.GetRoleInput) (*sdk.GetRoleOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.GetRoleOutput, error) {
		return &sdk.GetRoleOutput{Role: r.roleView()}, nil
	})
}

// DeleteRole deletes a role that has no policies any more. Its sessions lose
// every permission.
func (s *Fake) DeleteRole(ctx context.Context, in *sdk.DeleteRoleInput) (*sdk.DeleteRoleOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.DeleteRoleOutput, error) {
		if err := r.modifiable(); err != nil {
			return nil, err
		}
		return &sdk.DeleteRoleOutput{}, s.remove(r)
	})
}

// ListRoles lists the account's roles by name.
func (s *Fake) ListRoles(ctx context.Context, in *sdk.ListRolesInput) (*sdk.ListRolesOutput, error) {
	return inAccount(ctx, s, in, func(a *account) (*sdk.ListRolesOutput, error) {
		p, err := list(ascend(&a.roles), in.Marker, in.MaxItems, under(in.PathPrefix, (*entity).listedRole))
		return &sdk.ListRolesOutput{Roles: p.items, IsTruncated: p.truncated, Marker: p.marker}, err
	})
}

// UpdateRole changes the description and the longest session of a role.
func (s *Fake) UpdateRole(ctx context.Context, in *sdk.UpdateRoleInput) (*sdk.UpdateRoleOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.UpdateRoleOutput, error) {
		if in.Description != nil {
			r.role.description = *in.Description
		}
		if in.MaxSessionDuration != nil {
			r.role.maxSession = *in.MaxSessionDuration
		}
		return &sdk.UpdateRoleOutput{}, nil
	})
}

// UpdateRoleDescription changes the description of a role.
func (s *Fake) UpdateRoleDescription(ctx context.Context, in *sdk.UpdateRoleDescriptionInput) (*sdk.UpdateRoleDescriptionOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.UpdateRoleDescriptionOutput, error) {
		r.role.description = *in.Description
		return &sdk.UpdateRoleDescriptionOutput{Role: r.roleView()}, nil
	})
}

// UpdateAssumeRolePolicy replaces the trust policy of a role.
func (s *Fake) UpdateAssumeRolePolicy(ctx context.Context, in *sdk.UpdateAssumeRolePolicyInput) (*sdk.UpdateAssumeRolePolicyOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.UpdateAssumeRolePolicyOutput, error) {
		if err := r.modifiable(); err != nil {
			return nil, err
		}
		trust, err := s.trustPolicy(ctx, r.account, *in.PolicyDocument, r.name)
		if err != nil {
			return nil, err
		}
		r.role.trust = trust
		return &sdk.UpdateAssumeRolePolicyOutput{}, nil
	})
}
