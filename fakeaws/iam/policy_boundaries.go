package iam

import (
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// boundaryOps are the operations on permissions boundaries.
func (s *Fake) boundaryOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.putUserPermissionsBoundary),
		fakeaws.Bind(s.deleteUserPermissionsBoundary),
		fakeaws.Bind(s.putRolePermissionsBoundary),
		fakeaws.Bind(s.deleteRolePermissionsBoundary),
	}
}

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

// putUserPermissionsBoundary limits what the policies of a user may grant.
func (s *Fake) putUserPermissionsBoundary(call *fakeaws.Call, in *sdk.PutUserPermissionsBoundaryInput) (*fakeaws.Plan[*sdk.PutUserPermissionsBoundaryOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.PutUserPermissionsBoundaryOutput, error) {
		return &sdk.PutUserPermissionsBoundaryOutput{}, u.setBoundary(*in.PermissionsBoundary)
	}, requestBoundary(in.PermissionsBoundary))
}

// deleteUserPermissionsBoundary removes the limit from a user.
func (s *Fake) deleteUserPermissionsBoundary(call *fakeaws.Call, in *sdk.DeleteUserPermissionsBoundaryInput) (*fakeaws.Plan[*sdk.DeleteUserPermissionsBoundaryOutput], error) {
	return plan(s, call, in, onUser(in.UserName), func(u *entity) (*sdk.DeleteUserPermissionsBoundaryOutput, error) {
		return &sdk.DeleteUserPermissionsBoundaryOutput{}, u.deleteBoundary()
	}, currentBoundary)
}

// putRolePermissionsBoundary limits what the policies of a role may grant.
func (s *Fake) putRolePermissionsBoundary(call *fakeaws.Call, in *sdk.PutRolePermissionsBoundaryInput) (*fakeaws.Plan[*sdk.PutRolePermissionsBoundaryOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.PutRolePermissionsBoundaryOutput, error) {
		return &sdk.PutRolePermissionsBoundaryOutput{}, r.setBoundary(*in.PermissionsBoundary)
	}, requestBoundary(in.PermissionsBoundary))
}

// deleteRolePermissionsBoundary removes the limit from a role.
func (s *Fake) deleteRolePermissionsBoundary(call *fakeaws.Call, in *sdk.DeleteRolePermissionsBoundaryInput) (*fakeaws.Plan[*sdk.DeleteRolePermissionsBoundaryOutput], error) {
	return plan(s, call, in, onRole(in.RoleName), func(r *entity) (*sdk.DeleteRolePermissionsBoundaryOutput, error) {
		return &sdk.DeleteRolePermissionsBoundaryOutput{}, r.deleteBoundary()
	}, currentBoundary)
}
