package iam_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUserThroughClient(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		acct, _ := w.Account(accountID)
		client := w.client(acct.Root)

		made, err := client.CreateUser(ctx, &sdk.CreateUserInput{
			UserName: aws.String("alice"), Path: aws.String("/eng/"),
			Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}},
		})
		require.NoError(t, err)
		u := made.User
		assert.Equal(t, "arn:aws:iam::111122223333:user/eng/alice", *u.Arn)
		assert.Regexp(t, "^AIDA[A-Z2-7]{17}$", *u.UserId)
		assert.Equal(t, "/eng/", *u.Path)
		assert.Zero(t, u.CreateDate.Nanosecond())
		assert.Equal(t, []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}, u.Tags)

		got, err := client.GetUser(ctx, &sdk.GetUserInput{UserName: aws.String("alice")})
		require.NoError(t, err)
		assert.Equal(t, u, got.User)

		listed, err := client.ListUsers(ctx, &sdk.ListUsersInput{PathPrefix: aws.String("/eng/")})
		require.NoError(t, err)
		require.Len(t, listed.Users, 1)
		assert.Empty(t, listed.Users[0].Tags, "lists have no tags")
		listed, err = client.ListUsers(ctx, &sdk.ListUsersInput{PathPrefix: aws.String("/ops/")})
		require.NoError(t, err)
		assert.Empty(t, listed.Users)

		_, err = client.DeleteUser(ctx, &sdk.DeleteUserInput{UserName: aws.String("alice")})
		require.NoError(t, err)
		_, err = client.GetUser(ctx, &sdk.GetUserInput{UserName: aws.String("alice")})
		var missing *types.NoSuchEntityException
		require.ErrorAs(t, err, &missing)
		requireError(t, err, "NoSuchEntity", "The user with name alice cannot be found.")
	})
}

// rule 9: names are unique whatever their case, and found only as they are spelt.
func TestNamesAndCase(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.user(t, "Alice")
		_, err := w.iam.CreateUser(w.root, &sdk.CreateUserInput{UserName: aws.String("ALICE")})
		requireError(t, err, "EntityAlreadyExists", "User with name ALICE already exists.")
		_, err = w.iam.GetUser(w.root, &sdk.GetUserInput{UserName: aws.String("alice")})
		requireError(t, err, "NoSuchEntity", "The user with name alice cannot be found.")
		_, err = w.iam.CreateRole(w.root, &sdk.CreateRoleInput{RoleName: aws.String("Alice"), AssumeRolePolicyDocument: aws.String(trustEC2)})
		require.NoError(t, err, "a role may have the name of a user")
		w.policy(t, "P", allowAll)
		_, err = w.iam.CreatePolicy(w.root, &sdk.CreatePolicyInput{PolicyName: aws.String("p"), PolicyDocument: aws.String(allowAll)})
		requireError(t, err, "EntityAlreadyExists", "A policy called p already exists. Duplicate names are not allowed.")
	})
}

func TestRename(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		client := w.user(t, "alice", allowAll)
		w.group(t, "devs")
		arn := w.policy(t, "p", allowAll)
		_, err := w.iam.AddUserToGroup(w.root, &sdk.AddUserToGroupInput{UserName: aws.String("alice"), GroupName: aws.String("devs")})
		require.NoError(t, err)
		_, err = w.iam.AttachUserPolicy(w.root, &sdk.AttachUserPolicyInput{UserName: aws.String("alice"), PolicyArn: &arn})
		require.NoError(t, err)
		_, err = w.iam.PutUserPermissionsBoundary(w.root, &sdk.PutUserPermissionsBoundaryInput{UserName: aws.String("alice"), PermissionsBoundary: &arn})
		require.NoError(t, err)
		w.user(t, "carol")

		_, err = w.iam.UpdateUser(w.root, &sdk.UpdateUserInput{UserName: aws.String("alice"), NewUserName: aws.String("CAROL")})
		requireError(t, err, "EntityAlreadyExists", "User with name CAROL already exists.")
		_, err = w.iam.UpdateUser(w.root, &sdk.UpdateUserInput{UserName: aws.String("alice"), NewUserName: aws.String("Alice"), NewPath: aws.String("/x/")})
		require.NoError(t, err)
		_, err = w.iam.UpdateUser(w.root, &sdk.UpdateUserInput{UserName: aws.String("Alice"), NewUserName: aws.String("bob")})
		require.NoError(t, err)

		// The same keys now sign as the new user, with the old one's policies.
		got, err := client.GetUser(ctx, &sdk.GetUserInput{})
		require.NoError(t, err)
		assert.Equal(t, "arn:aws:iam::111122223333:user/x/bob", *got.User.Arn)
		group, err := client.GetGroup(ctx, &sdk.GetGroupInput{GroupName: aws.String("devs")})
		require.NoError(t, err)
		require.Len(t, group.Users, 1)
		assert.Equal(t, "bob", *group.Users[0].UserName)

		_, err = w.iam.UpdateGroup(w.root, &sdk.UpdateGroupInput{GroupName: aws.String("devs"), NewGroupName: aws.String("ops")})
		require.NoError(t, err)
		of, err := client.ListGroupsForUser(ctx, &sdk.ListGroupsForUserInput{UserName: aws.String("bob")})
		require.NoError(t, err)
		require.Len(t, of.Groups, 1)
		assert.Equal(t, "arn:aws:iam::111122223333:group/ops", *of.Groups[0].Arn)

		users, err := client.ListEntitiesForPolicy(ctx, &sdk.ListEntitiesForPolicyInput{PolicyArn: &arn})
		require.NoError(t, err)
		require.Len(t, users.PolicyUsers, 1)
		assert.Equal(t, "bob", *users.PolicyUsers[0].UserName)
		_, err = w.iam.RemoveUserFromGroup(w.root, &sdk.RemoveUserFromGroupInput{UserName: aws.String("bob"), GroupName: aws.String("ops")})
		require.NoError(t, err)
		_, err = w.iam.DeleteGroup(w.root, &sdk.DeleteGroupInput{GroupName: aws.String("ops")})
		require.NoError(t, err)
	})
}

func TestDeleteConflict(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.user(t, "u", allowAll)
		w.group(t, "g")
		arn := w.policy(t, "p", allowAll)
		user, group := aws.String("u"), aws.String("g")
		_, err := w.iam.AttachUserPolicy(w.root, &sdk.AttachUserPolicyInput{UserName: user, PolicyArn: &arn})
		require.NoError(t, err)
		_, err = w.iam.AddUserToGroup(w.root, &sdk.AddUserToGroupInput{UserName: user, GroupName: group})
		require.NoError(t, err)
		deleteUser := func() error {
			_, err := w.iam.DeleteUser(w.root, &sdk.DeleteUserInput{UserName: user})
			return err
		}
		const code = "DeleteConflict"
		_, err = w.iam.DeleteGroup(w.root, &sdk.DeleteGroupInput{GroupName: group})
		requireError(t, err, code, "Cannot delete entity, must remove users from group first.")
		requireError(t, deleteUser(), code, "Cannot delete entity, must remove users from group first.")
		_, err = w.iam.RemoveUserFromGroup(w.root, &sdk.RemoveUserFromGroupInput{UserName: user, GroupName: group})
		require.NoError(t, err)
		requireError(t, deleteUser(), code, "Cannot delete entity, must detach all policies first.")
		_, err = w.iam.DetachUserPolicy(w.root, &sdk.DetachUserPolicyInput{UserName: user, PolicyArn: &arn})
		require.NoError(t, err)
		requireError(t, deleteUser(), code, "Cannot delete entity, must delete policies first.")
		_, err = w.iam.DeleteUserPolicy(w.root, &sdk.DeleteUserPolicyInput{UserName: user, PolicyName: aws.String("a")})
		require.NoError(t, err)
		requireError(t, deleteUser(), code, "Cannot delete entity, must delete access keys first.")
		keys, err := w.iam.ListAccessKeys(w.root, &sdk.ListAccessKeysInput{UserName: user})
		require.NoError(t, err)
		_, err = w.iam.DeleteAccessKey(w.root, &sdk.DeleteAccessKeyInput{UserName: user, AccessKeyId: keys.AccessKeyMetadata[0].AccessKeyId})
		require.NoError(t, err)
		require.NoError(t, deleteUser())

		_, err = w.iam.CreatePolicyVersion(w.root, &sdk.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: aws.String(allowAll)})
		require.NoError(t, err)
		w.role(t, "r")
		_, err = w.iam.PutRolePermissionsBoundary(w.root, &sdk.PutRolePermissionsBoundaryInput{RoleName: aws.String("r"), PermissionsBoundary: &arn})
		require.NoError(t, err)
		deletePolicy := func() error {
			_, err := w.iam.DeletePolicy(w.root, &sdk.DeletePolicyInput{PolicyArn: &arn})
			return err
		}
		requireError(t, deletePolicy(), code, "Cannot delete a policy attached to entities.")
		_, err = w.iam.DeleteRole(w.root, &sdk.DeleteRoleInput{RoleName: aws.String("r")})
		require.NoError(t, err, "a permissions boundary does not keep a role")
		requireError(t, deletePolicy(), code, "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
		_, err = w.iam.DeletePolicyVersion(w.root, &sdk.DeletePolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v1")})
		requireError(t, err, code, "Cannot delete the default version of a policy.")
		_, err = w.iam.DeletePolicyVersion(w.root, &sdk.DeletePolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v2")})
		require.NoError(t, err)
		require.NoError(t, deletePolicy())
		requireError(t, deletePolicy(), "NoSuchEntity", "Policy arn:aws:iam::111122223333:policy/p was not found.")
	})
}

func TestQuotas(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		const code = "LimitExceeded"
		w.user(t, "u")
		user := aws.String("u")

		_, err := w.iam.CreateAccessKey(w.root, &sdk.CreateAccessKeyInput{UserName: user})
		require.NoError(t, err)
		_, err = w.iam.CreateAccessKey(w.root, &sdk.CreateAccessKeyInput{UserName: user})
		requireError(t, err, code, "Cannot exceed quota for AccessKeysPerUser: 2")

		for i := range 11 {
			name := fmt.Sprint("g", i)
			w.group(t, name)
			_, err = w.iam.AddUserToGroup(w.root, &sdk.AddUserToGroupInput{UserName: user, GroupName: &name})
		}
		requireError(t, err, code, "Cannot exceed quota for GroupsPerUser: 10")

		for i := range 11 {
			arn := w.policy(t, fmt.Sprint("p", i), allowAll)
			_, err = w.iam.AttachUserPolicy(w.root, &sdk.AttachUserPolicyInput{UserName: user, PolicyArn: &arn})
		}
		requireError(t, err, code, "Cannot exceed quota for PoliciesPerUser: 10")
		arn := "arn:aws:iam::111122223333:policy/p0"
		_, err = w.iam.AttachUserPolicy(w.root, &sdk.AttachUserPolicyInput{UserName: user, PolicyArn: &arn})
		require.NoError(t, err, "one that is attached counts once")

		for range 5 {
			_, err = w.iam.CreatePolicyVersion(w.root, &sdk.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: aws.String(allowAll)})
		}
		requireError(t, err, code, "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.")

		big := func(n int) *string { return aws.String(allow("s3:GetObject", "arn:aws:s3:::"+strings.Repeat("b", n))) }
		_, err = w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: user, PolicyName: aws.String("x"), PolicyDocument: big(2100)})
		requireError(t, err, code, "Maximum policy size of 2048 bytes exceeded for user u")
		_, err = w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: user, PolicyName: aws.String("x"), PolicyDocument: big(1200)})
		require.NoError(t, err)
		_, err = w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: user, PolicyName: aws.String("y"), PolicyDocument: big(1200)})
		requireError(t, err, code, "Maximum policy size of 2048 bytes exceeded for user u")
		_, err = w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: user, PolicyName: aws.String("x"), PolicyDocument: big(1300)})
		require.NoError(t, err, "the policy that is replaced does not count")
		_, err = w.iam.CreatePolicy(w.root, &sdk.CreatePolicyInput{PolicyName: aws.String("huge"), PolicyDocument: big(6144)})
		requireError(t, err, code, "Cannot exceed quota for PolicySize: 6144")

		trust := strings.Replace(trustEC2, "ec2.", strings.Repeat("x", 2048)+".", 1)
		_, err = w.iam.CreateRole(w.root, &sdk.CreateRoleInput{RoleName: aws.String("r"), AssumeRolePolicyDocument: &trust})
		requireError(t, err, code, "Cannot exceed quota for ACLSizePerRole: 2048")

		for i := range 290 {
			_, err = w.iam.CreateGroup(w.root, &sdk.CreateGroupInput{GroupName: aws.String(fmt.Sprint("more", i))})
		}
		requireError(t, err, code, "Cannot exceed quota for GroupsPerAccount: 300")
	})
}

func TestVersions(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		arn := w.policy(t, "p", allowAll)
		second := allow("s3:*", "*")
		v, err := w.iam.CreatePolicyVersion(w.root, &sdk.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: &second, SetAsDefault: true})
		require.NoError(t, err)
		assert.Equal(t, "v2", *v.PolicyVersion.VersionId)
		assert.True(t, v.PolicyVersion.IsDefaultVersion)

		got, err := w.iam.GetPolicyVersion(w.root, &sdk.GetPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v2")})
		require.NoError(t, err)
		assert.NotContains(t, *got.PolicyVersion.Document, " ")
		plain, err := url.PathUnescape(*got.PolicyVersion.Document)
		require.NoError(t, err)
		assert.Equal(t, second, plain)

		_, err = w.iam.DeletePolicyVersion(w.root, &sdk.DeletePolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v1")})
		require.NoError(t, err)
		_, err = w.iam.CreatePolicyVersion(w.root, &sdk.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: aws.String(allowAll)})
		require.NoError(t, err)
		all, err := w.iam.ListPolicyVersions(w.root, &sdk.ListPolicyVersionsInput{PolicyArn: &arn, MaxItems: aws.Int32(1)})
		require.NoError(t, err)
		require.Len(t, all.Versions, 1)
		assert.Equal(t, "v3", *all.Versions[0].VersionId, "newest first, and no number twice")
		require.True(t, all.IsTruncated)
		all, err = w.iam.ListPolicyVersions(w.root, &sdk.ListPolicyVersionsInput{PolicyArn: &arn, Marker: all.Marker})
		require.NoError(t, err)
		require.Len(t, all.Versions, 1)
		assert.Equal(t, "v2", *all.Versions[0].VersionId)
		assert.True(t, all.Versions[0].IsDefaultVersion)

		_, err = w.iam.SetDefaultPolicyVersion(w.root, &sdk.SetDefaultPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v3")})
		require.NoError(t, err)
		p, err := w.iam.GetPolicy(w.root, &sdk.GetPolicyInput{PolicyArn: &arn})
		require.NoError(t, err)
		assert.Equal(t, "v3", *p.Policy.DefaultVersionId)
		_, err = w.iam.GetPolicyVersion(w.root, &sdk.GetPolicyVersionInput{PolicyArn: &arn, VersionId: aws.String("v1")})
		requireError(t, err, "NoSuchEntity", "Policy "+arn+" version v1 does not exist or is not attachable.")
	})
}

func TestAccessKeys(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		client := w.user(t, "u", allowAll)
		mine, err := client.ListAccessKeys(ctx, &sdk.ListAccessKeysInput{})
		require.NoError(t, err)
		require.Len(t, mine.AccessKeyMetadata, 1)
		key := mine.AccessKeyMetadata[0].AccessKeyId
		assert.Equal(t, "u", *mine.AccessKeyMetadata[0].UserName)

		used, err := client.GetAccessKeyLastUsed(ctx, &sdk.GetAccessKeyLastUsedInput{AccessKeyId: key})
		require.NoError(t, err)
		assert.Equal(t, "u", *used.UserName)

		_, err = w.iam.UpdateAccessKey(w.root, &sdk.UpdateAccessKeyInput{UserName: aws.String("u"), AccessKeyId: key, Status: types.StatusTypeInactive})
		require.NoError(t, err)
		_, err = client.GetUser(ctx, &sdk.GetUserInput{})
		requireError(t, err, "InvalidClientTokenId", "The security token included in the request is invalid.")
		_, err = w.iam.UpdateAccessKey(w.root, &sdk.UpdateAccessKeyInput{UserName: aws.String("u"), AccessKeyId: key, Status: types.StatusTypeActive})
		require.NoError(t, err)
		_, err = client.GetUser(ctx, &sdk.GetUserInput{})
		require.NoError(t, err)

		w.user(t, "other")
		_, err = w.iam.DeleteAccessKey(w.root, &sdk.DeleteAccessKeyInput{UserName: aws.String("other"), AccessKeyId: key})
		requireError(t, err, "NoSuchEntity", "The Access Key with id "+*key+" cannot be found.")
		_, err = w.iam.DeleteAccessKey(w.root, &sdk.DeleteAccessKeyInput{UserName: aws.String("u"), AccessKeyId: key})
		require.NoError(t, err)
		_, err = client.GetUser(ctx, &sdk.GetUserInput{})
		requireError(t, err, "InvalidClientTokenId", "The security token included in the request is invalid.")
	})
}

func TestRootIsACallerToo(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		acct, _ := w.Account(accountID)
		got, err := w.iam.GetUser(w.root, &sdk.GetUserInput{})
		require.NoError(t, err)
		assert.Equal(t, "arn:aws:iam::111122223333:root", *got.User.Arn)
		assert.Equal(t, accountID, *got.User.UserId)
		assert.Nil(t, got.User.UserName)
		keys, err := w.iam.ListAccessKeys(w.root, &sdk.ListAccessKeysInput{})
		require.NoError(t, err)
		require.Len(t, keys.AccessKeyMetadata, 1)
		assert.Equal(t, acct.Root.AccessKeyID, *keys.AccessKeyMetadata[0].AccessKeyId)
		second, err := w.iam.CreateAccessKey(w.root, &sdk.CreateAccessKeyInput{})
		require.NoError(t, err)
		c, ok := w.Credential(*second.AccessKey.AccessKeyId)
		require.True(t, ok)
		assert.Same(t, acct.Root.Caller, c.Caller)
		users, err := w.iam.ListUsers(w.root, &sdk.ListUsersInput{})
		require.NoError(t, err)
		assert.Empty(t, users.Users)
	})
}

func TestRoles(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		made, err := w.iam.CreateRole(w.root, &sdk.CreateRoleInput{
			RoleName: aws.String("r"), Path: aws.String("/app/"), AssumeRolePolicyDocument: aws.String(trustEC2),
			Description: aws.String("for tests"), MaxSessionDuration: aws.Int32(7200),
		})
		require.NoError(t, err)
		assert.Equal(t, "arn:aws:iam::111122223333:role/app/r", *made.Role.Arn)
		assert.Regexp(t, "^AROA", *made.Role.RoleId)
		assert.Equal(t, url.QueryEscape(trustEC2), *made.Role.AssumeRolePolicyDocument)

		r, ok := w.service.Role("arn:aws:iam::111122223333:role/app/r")
		require.True(t, ok)
		assert.Equal(t, "2h0m0s", r.MaxSession.String())
		for _, wrong := range []string{"arn:aws:iam::111122223333:role/r", "arn:aws:iam::111122223333:role/app/R", "arn:aws:iam::444455556666:role/app/r", "r", ""} {
			_, ok = w.service.Role(wrong)
			assert.False(t, ok, wrong)
		}

		_, err = w.iam.UpdateRole(w.root, &sdk.UpdateRoleInput{RoleName: aws.String("r"), MaxSessionDuration: aws.Int32(3600)})
		require.NoError(t, err)
		out, err := w.iam.UpdateRoleDescription(w.root, &sdk.UpdateRoleDescriptionInput{RoleName: aws.String("r"), Description: aws.String("new")})
		require.NoError(t, err)
		assert.Equal(t, "new", *out.Role.Description)
		assert.Equal(t, int32(3600), *out.Role.MaxSessionDuration)
		list, err := w.iam.ListRoles(w.root, &sdk.ListRolesInput{})
		require.NoError(t, err)
		require.Len(t, list.Roles, 1)
		assert.Nil(t, list.Roles[0].RoleLastUsed)
	})
}
