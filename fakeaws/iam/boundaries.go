package iam

import (
	"context"

	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
)

// setBoundary sets the permissions boundary to a managed policy.
func (e *entity) setBoundary(arn string) error {
	if err := e.modifiable(); err != nil {
		return err
	}
	p, err := e.account.findPolicy(arn, noBoundaryPolicy)
	if err != nil {
		return err
	}
	if err := p.attachableTo(e); err != nil {
		return err
	}
	e.account.changes++
	e.bound(p)
	return nil
}

// deleteBoundary removes the permissions boundary, which there must be.
func (e *entity) deleteBoundary() error {
	if err := e.modifiable(); err != nil {
		return err
	}
	if e.boundary == nil {
		return noSuchEntity(noBoundary, e.title, e.name)
	}
	e.account.changes++
	e.bound(nil)
	return nil
}

// PutUserPermissionsBoundary limits what the policies of a user may grant.
func (s *Fake) PutUserPermissionsBoundary(ctx context.Context, in *sdk.PutUserPermissionsBoundaryInput) (*sdk.PutUserPermissionsBoundaryOutput, error) {
	return inEntity(ctx, s, in, userKind, in.UserName, func(u *entity) (*sdk.PutUserPermissionsBoundaryOutput, error) {
		return &sdk.PutUserPermissionsBoundaryOutput{}, u.setBoundary(*in.PermissionsBoundary)
	})
}

// DeleteUserPermissionsBoundary removes the limit from a user.
func (s *Fake) DeleteUserPermissionsBoundary(ctx context.Context, in *sdk.DeleteUserPermissionsBoundaryInput) (*sdk.DeleteUserPermissionsBoundaryOutput, error) {
	return inEntity(ctx, s, in, userKind, in.UserName, func(u *entity) (*sdk.DeleteUserPermissionsBoundaryOutput, error) {
		return &sdk.DeleteUserPermissionsBoundaryOutput{}, u.deleteBoundary()
	})
}

// PutRolePermissionsBoundary limits what the policies of a role may grant.
func (s *Fake) PutRolePermissionsBoundary(ctx context.Context, in *sdk.PutRolePermissionsBoundaryInput) (*sdk.PutRolePermissionsBoundaryOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.PutRolePermissionsBoundaryOutput, error) {
		return &sdk.PutRolePermissionsBoundaryOutput{}, r.setBoundary(*in.PermissionsBoundary)
	})
}

// DeleteRolePermissionsBoundary removes the limit from a role.
func (s *Fake) DeleteRolePermissionsBoundary(ctx context.Context, in *sdk.DeleteRolePermissionsBoundaryInput) (*sdk.DeleteRolePermissionsBoundaryOutput, error) {
	return inEntity(ctx, s, in, roleKind, in.RoleName, func(r *entity) (*sdk.DeleteRolePermissionsBoundaryOutput, error) {
		return &sdk.DeleteRolePermissionsBoundaryOutput{}, r.deleteBoundary()
	})
}
