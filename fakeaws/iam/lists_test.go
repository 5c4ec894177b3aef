package iam_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// names reads all pages of ListUsers.
func (w *world) names(t require.TestingT, prefix *string, maxItems *int32) (names []string, pages int) {
	var marker *string
	for {
		out, err := w.iam.ListUsers(w.root, &sdk.ListUsersInput{PathPrefix: prefix, MaxItems: maxItems, Marker: marker})
		require.NoError(t, err)
		pages++
		for _, u := range out.Users {
			names = append(names, *u.UserName)
		}
		assert.Equal(t, out.IsTruncated, out.Marker != nil)
		if !out.IsTruncated {
			return names, pages
		}
		marker = out.Marker
	}
}

func TestPagesAreTheWholeList(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		users := 230
		if testing.Short() {
			users = 110
		}
		var want, eng []string
		for i := range users {
			name, path := fmt.Sprintf("user-%03d", i*7%users), "/"
			if i%3 == 0 {
				path = "/eng/"
				eng = append(eng, name)
			}
			_, err := w.iam.CreateUser(w.root, &sdk.CreateUserInput{UserName: &name, Path: &path})
			require.NoError(t, err)
			want = append(want, name)
		}
		slices.Sort(want)
		slices.Sort(eng)
		got, pages := w.names(t, nil, nil)
		assert.Equal(t, want, got)
		assert.Equal(t, (users+99)/100, pages, "100 is the default")
		rapid.Check(t, func(rt *rapid.T) {
			size := aws.Int32(rapid.Int32Range(1, 300).Draw(rt, "MaxItems"))
			got, pages := w.names(rt, nil, size)
			assert.Equal(rt, want, got)
			assert.Equal(rt, (len(want)+int(*size)-1)/int(*size), pages, "no empty page at the end")
			got, _ = w.names(rt, aws.String("/eng/"), size)
			assert.Equal(rt, eng, got)
		})
	})
}

func TestPageAfterDeletion(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		for _, name := range []string{"a", "b", "c", "d"} {
			_, err := w.iam.CreateUser(w.root, &sdk.CreateUserInput{UserName: &name})
			require.NoError(t, err)
		}
		first, err := w.iam.ListUsers(w.root, &sdk.ListUsersInput{MaxItems: aws.Int32(2)})
		require.NoError(t, err)
		for _, name := range []string{"a", "b"} {
			_, err := w.iam.DeleteUser(w.root, &sdk.DeleteUserInput{UserName: &name})
			require.NoError(t, err)
		}
		second, err := w.iam.ListUsers(w.root, &sdk.ListUsersInput{Marker: first.Marker})
		require.NoError(t, err)
		require.Len(t, second.Users, 2)
		assert.Equal(t, "c", *second.Users[0].UserName)
	})
}

func TestListInput(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		_, err := w.iam.ListUsers(w.root, &sdk.ListUsersInput{Marker: aws.String("!")})
		requireError(t, err, "ValidationError", "Invalid Marker.")
		_, err = w.iam.ListUsers(w.root, &sdk.ListUsersInput{MaxItems: aws.Int32(1001)})
		requireError(t, err, "ValidationError", "1 validation error detected: Value at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 1000")
	})
}

func TestPolicyLists(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		attached, bound := w.policy(t, "attached", allowAll), w.policy(t, "bound", allowAll)
		w.policy(t, "idle", allowAll)
		w.user(t, "u")
		w.role(t, "r")
		w.group(t, "g")
		u, r, g := aws.String("u"), aws.String("r"), aws.String("g")
		_, err := w.iam.AttachUserPolicy(w.root, &sdk.AttachUserPolicyInput{UserName: u, PolicyArn: &attached})
		require.NoError(t, err)
		_, err = w.iam.AttachRolePolicy(w.root, &sdk.AttachRolePolicyInput{RoleName: r, PolicyArn: &attached})
		require.NoError(t, err)
		_, err = w.iam.AttachGroupPolicy(w.root, &sdk.AttachGroupPolicyInput{GroupName: g, PolicyArn: &attached})
		require.NoError(t, err)
		_, err = w.iam.PutRolePermissionsBoundary(w.root, &sdk.PutRolePermissionsBoundaryInput{RoleName: r, PermissionsBoundary: &bound})
		require.NoError(t, err)

		for in, want := range map[*sdk.ListPoliciesInput]string{
			{Scope: types.PolicyScopeTypeLocal}:                              "attached bound idle",
			{OnlyAttached: true}:                                             "attached bound",
			{PolicyUsageFilter: types.PolicyUsageTypePermissionsPolicy}:      "attached",
			{PolicyUsageFilter: types.PolicyUsageTypePermissionsBoundary}:    "bound",
			{PathPrefix: aws.String("/x/")}:                                  "",
			{PathPrefix: aws.String("/"), Scope: types.PolicyScopeTypeLocal}: "attached bound idle",
		} {
			out, err := w.iam.ListPolicies(w.root, in)
			require.NoError(t, err)
			var names []string
			for _, p := range out.Policies {
				names = append(names, *p.PolicyName)
			}
			assert.Equal(t, want, strings.Join(names, " "), in)
		}

		all, err := w.iam.ListEntitiesForPolicy(w.root, &sdk.ListEntitiesForPolicyInput{PolicyArn: &attached})
		require.NoError(t, err)
		assert.Len(t, all.PolicyUsers, 1)
		assert.Len(t, all.PolicyRoles, 1)
		assert.Len(t, all.PolicyGroups, 1)
		only, err := w.iam.ListEntitiesForPolicy(w.root, &sdk.ListEntitiesForPolicyInput{PolicyArn: &attached, EntityFilter: types.EntityTypeRole})
		require.NoError(t, err)
		assert.Empty(t, only.PolicyUsers)
		assert.Len(t, only.PolicyRoles, 1)
		paged, err := w.iam.ListEntitiesForPolicy(w.root, &sdk.ListEntitiesForPolicyInput{PolicyArn: &attached, MaxItems: aws.Int32(2)})
		require.NoError(t, err)
		assert.True(t, paged.IsTruncated)
		p, err := w.iam.GetPolicy(w.root, &sdk.GetPolicyInput{PolicyArn: &attached})
		require.NoError(t, err)
		assert.Equal(t, int32(3), *p.Policy.AttachmentCount)

		of, err := w.iam.ListAttachedRolePolicies(w.root, &sdk.ListAttachedRolePoliciesInput{RoleName: r})
		require.NoError(t, err)
		assert.Equal(t, []types.AttachedPolicy{{PolicyArn: &attached, PolicyName: aws.String("attached")}}, of.AttachedPolicies)
		_, err = w.iam.DetachRolePolicy(w.root, &sdk.DetachRolePolicyInput{RoleName: r, PolicyArn: &bound})
		requireError(t, err, "NoSuchEntity", "Policy "+bound+" was not found.")
	})
}
