package iam

import (
	"slices"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Ops returns the operations of IAM, each with the resource that it is
// authorized on and its condition keys, as the Service Authorization Reference
// has them.
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(s.coreOps(), s.credentialOps(), s.federationOps())
}

// coreOps has the operations on users, groups, roles and policies.
func (s *Fake) coreOps() []fakeaws.Op {
	return []fakeaws.Op{
		bind(s, s.CreateUser, newUser, requestTags, requestBoundary),
		bind(s, s.GetUser, userOrCaller),
		bind(s, s.DeleteUser, onUser),
		bind(s, s.ListUsers, listUsers),
		bind(s, s.UpdateUser, onUserAndNew),

		bind(s, s.CreateGroup, newGroup),
		bind(s, s.GetGroup, onGroup),
		bind(s, s.DeleteGroup, onGroup),
		bind(s, s.ListGroups, listGroups),
		bind(s, s.UpdateGroup, onGroupAndNew),
		bind(s, s.AddUserToGroup, onGroup),
		bind(s, s.RemoveUserFromGroup, onGroup),
		bind(s, s.ListGroupsForUser, onUser),

		bind(s, s.CreateRole, newRole, requestTags, requestBoundary),
		bind(s, s.GetRole, onRole, currentBoundary),
		bind(s, s.DeleteRole, onRole, currentBoundary),
		bind(s, s.ListRoles, listRoles),
		bind(s, s.UpdateRole, onRole, currentBoundary),
		bind(s, s.UpdateRoleDescription, onRole, currentBoundary),
		bind(s, s.UpdateAssumeRolePolicy, onRole, currentBoundary),

		bind(s, s.CreateAccessKey, userOrCaller),
		bind(s, s.DeleteAccessKey, userOrCaller),
		bind(s, s.ListAccessKeys, userOrCaller),
		bind(s, s.UpdateAccessKey, userOrCaller),
		bind(s, s.GetAccessKeyLastUsed, ownerOfKey),

		bind(s, s.PutUserPolicy, onUser, currentBoundary),
		bind(s, s.GetUserPolicy, onUser),
		bind(s, s.DeleteUserPolicy, onUser, currentBoundary),
		bind(s, s.ListUserPolicies, onUser),
		bind(s, s.PutGroupPolicy, onGroup),
		bind(s, s.GetGroupPolicy, onGroup),
		bind(s, s.DeleteGroupPolicy, onGroup),
		bind(s, s.ListGroupPolicies, onGroup),
		bind(s, s.PutRolePolicy, onRole, currentBoundary),
		bind(s, s.GetRolePolicy, onRole),
		bind(s, s.DeleteRolePolicy, onRole, currentBoundary),
		bind(s, s.ListRolePolicies, onRole),

		bind(s, s.CreatePolicy, newPolicy, requestTags),
		bind(s, s.GetPolicy, onPolicy),
		bind(s, s.DeletePolicy, onPolicy),
		bind(s, s.ListPolicies, listPolicies),
		bind(s, s.CreatePolicyVersion, onPolicy),
		bind(s, s.GetPolicyVersion, onPolicy),
		bind(s, s.DeletePolicyVersion, onPolicy),
		bind(s, s.ListPolicyVersions, onPolicy),
		bind(s, s.SetDefaultPolicyVersion, onPolicy),
		bind(s, s.ListEntitiesForPolicy, onPolicy),

		bind(s, s.AttachUserPolicy, onUser, policyARN, currentBoundary),
		bind(s, s.DetachUserPolicy, onUser, policyARN, currentBoundary),
		bind(s, s.ListAttachedUserPolicies, onUser),
		bind(s, s.AttachGroupPolicy, onGroup, policyARN),
		bind(s, s.DetachGroupPolicy, onGroup, policyARN),
		bind(s, s.ListAttachedGroupPolicies, onGroup),
		bind(s, s.AttachRolePolicy, onRole, policyARN, currentBoundary),
		bind(s, s.DetachRolePolicy, onRole, policyARN, currentBoundary),
		bind(s, s.ListAttachedRolePolicies, onRole),

		bind(s, s.PutUserPermissionsBoundary, onUser, requestBoundary),
		bind(s, s.DeleteUserPermissionsBoundary, onUser, currentBoundary),
		bind(s, s.PutRolePermissionsBoundary, onRole, requestBoundary),
		bind(s, s.DeleteRolePermissionsBoundary, onRole, currentBoundary),

		bind(s, s.TagUser, onUser, requestTags),
		bind(s, s.UntagUser, onUser, requestTagKeys),
		bind(s, s.ListUserTags, onUser),
		bind(s, s.TagRole, onRole, requestTags),
		bind(s, s.UntagRole, onRole, requestTagKeys),
		bind(s, s.ListRoleTags, onRole),
		bind(s, s.TagPolicy, onPolicyByName, requestTags),
		bind(s, s.UntagPolicy, onPolicyByName, requestTagKeys),
		bind(s, s.ListPolicyTags, onPolicyByName),
	}
}
