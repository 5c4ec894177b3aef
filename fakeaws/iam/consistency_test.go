package iam_test

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/iam"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// A randomAccount is an account in which random operations act on a few names, with
// the client and the directory that look at it.
type randomAccount struct {
	ctx       context.Context
	s         *sdk.Client
	n         int // makes documents differ
	directory *iam.Fake
}

// One name differs from another in its case alone.
var (
	randomNames    = []string{"a", "A", "b", "c"}
	randomPolicies = []string{"arn:aws:iam::111122223333:policy/p", "arn:aws:iam::111122223333:policy/x/q", readOnly}
	randomPaths    = []string{"/", "/x/"}
)

// Whatever is done to users, groups, roles and policies: what IAM answers from one
// side it answers from the other side too, it counts what it lists, the World
// evaluates the policies that IAM lists, and nothing is deleted that is in use.
func TestAllViewsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := worldtest.NewWorld(t, fakeaws.Config{Services: []fakeaws.Service{iam.Service}}, accountID)
		v := &randomAccount{ctx: context.Background(), s: sdk.NewFromConfig(worldtest.FixtureConfig(w, accountID, worldtest.Region)), directory: iam.Of(w)}
		for _, name := range randomNames[1:3] { // so that every run has something to do with
			v.createUser(name)
			v.createGroup(name)
			v.createRole(name)
		}
		v.createPolicy("p", "/")
		actions := v.actions()
		for name, act := range actions {
			if name != "" {
				actions[name] = func(t *rapid.T) { // a check costs more than many changes
					for range 4 {
						act(t)
					}
				}
			}
		}
		t.Repeat(actions)
	})
}

func (v *randomAccount) document() *string {
	v.n++
	return aws.String(allow(fmt.Sprintf("s3:Get%d", v.n), "*"))
}

func (v *randomAccount) createUser(name string) {
	_, _ = v.s.CreateUser(v.ctx, &sdk.CreateUserInput{UserName: &name})
}

func (v *randomAccount) createGroup(name string) {
	_, _ = v.s.CreateGroup(v.ctx, &sdk.CreateGroupInput{GroupName: &name})
}

func (v *randomAccount) createRole(name string) {
	_, _ = v.s.CreateRole(v.ctx, &sdk.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trustEC2)})
}

func (v *randomAccount) createPolicy(name, path string) {
	_, _ = v.s.CreatePolicy(v.ctx, &sdk.CreatePolicyInput{PolicyName: &name, Path: &path, PolicyDocument: v.document()})
}

// users, groups and roles are the names of those that there are, and of nobody.
func (v *randomAccount) users(t *rapid.T) []string {
	names := []string{"nobody"}
	for _, u := range v.details(t).UserDetailList {
		names = append(names, *u.UserName)
	}
	return names
}

func (v *randomAccount) groups(t *rapid.T) []string {
	names := []string{"nobody"}
	for _, g := range v.details(t).GroupDetailList {
		names = append(names, *g.GroupName)
	}
	return names
}

func (v *randomAccount) roles(t *rapid.T) []string {
	names := []string{"nobody"}
	for _, r := range v.details(t).RoleDetailList {
		names = append(names, *r.RoleName)
	}
	return names
}

// actions are what may happen. What IAM refuses is of no interest, but for
// deletions; what it leaves behind is.
func (v *randomAccount) actions() map[string]func(*rapid.T) {
	ctx, s := v.ctx, v.s
	pick := func(t *rapid.T, from []string) *string { return aws.String(rapid.SampledFrom(from).Draw(t, "pick")) }
	one := func(t *rapid.T) *string { return pick(t, randomNames) }
	user := func(t *rapid.T) *string { return pick(t, v.users(t)) }
	group := func(t *rapid.T) *string { return pick(t, v.groups(t)) }
	role := func(t *rapid.T) *string { return pick(t, v.roles(t)) }
	arn := func(t *rapid.T) *string { return pick(t, randomPolicies) }
	return map[string]func(*rapid.T){
		"create": func(t *rapid.T) {
			rapid.SampledFrom([]func(string){v.createUser, v.createGroup, v.createRole}).Draw(t, "kind")(*one(t))
			v.createPolicy("p", "/")
			v.createPolicy("q", "/x/")
		},
		"rename user": func(t *rapid.T) {
			_, _ = s.UpdateUser(ctx, &sdk.UpdateUserInput{UserName: user(t), NewUserName: one(t), NewPath: pick(t, randomPaths)})
		},
		"rename group": func(t *rapid.T) {
			_, _ = s.UpdateGroup(ctx, &sdk.UpdateGroupInput{GroupName: group(t), NewGroupName: one(t), NewPath: pick(t, randomPaths)})
		},
		"join": func(t *rapid.T) {
			_, _ = s.AddUserToGroup(ctx, &sdk.AddUserToGroupInput{UserName: user(t), GroupName: group(t)})
		},
		"leave": func(t *rapid.T) {
			_, _ = s.RemoveUserFromGroup(ctx, &sdk.RemoveUserFromGroupInput{UserName: user(t), GroupName: group(t)})
		},
		"attach": func(t *rapid.T) {
			_, _ = s.AttachUserPolicy(ctx, &sdk.AttachUserPolicyInput{UserName: user(t), PolicyArn: arn(t)})
			_, _ = s.AttachGroupPolicy(ctx, &sdk.AttachGroupPolicyInput{GroupName: group(t), PolicyArn: arn(t)})
			_, _ = s.AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: role(t), PolicyArn: arn(t)})
		},
		"detach": func(t *rapid.T) {
			_, _ = s.DetachUserPolicy(ctx, &sdk.DetachUserPolicyInput{UserName: user(t), PolicyArn: arn(t)})
			_, _ = s.DetachGroupPolicy(ctx, &sdk.DetachGroupPolicyInput{GroupName: group(t), PolicyArn: arn(t)})
			_, _ = s.DetachRolePolicy(ctx, &sdk.DetachRolePolicyInput{RoleName: role(t), PolicyArn: arn(t)})
		},
		"bound": func(t *rapid.T) {
			_, _ = s.PutUserPermissionsBoundary(ctx, &sdk.PutUserPermissionsBoundaryInput{UserName: user(t), PermissionsBoundary: arn(t)})
			_, _ = s.PutRolePermissionsBoundary(ctx, &sdk.PutRolePermissionsBoundaryInput{RoleName: role(t), PermissionsBoundary: arn(t)})
		},
		"unbind": func(t *rapid.T) {
			_, _ = s.DeleteUserPermissionsBoundary(ctx, &sdk.DeleteUserPermissionsBoundaryInput{UserName: user(t)})
			_, _ = s.DeleteRolePermissionsBoundary(ctx, &sdk.DeleteRolePermissionsBoundaryInput{RoleName: role(t)})
		},
		"inline": func(t *rapid.T) {
			_, _ = s.PutUserPolicy(ctx, &sdk.PutUserPolicyInput{UserName: user(t), PolicyName: one(t), PolicyDocument: v.document()})
			_, _ = s.PutGroupPolicy(ctx, &sdk.PutGroupPolicyInput{GroupName: group(t), PolicyName: one(t), PolicyDocument: v.document()})
			_, _ = s.PutRolePolicy(ctx, &sdk.PutRolePolicyInput{RoleName: role(t), PolicyName: one(t), PolicyDocument: v.document()})
		},
		"inline no more": func(t *rapid.T) {
			_, _ = s.DeleteUserPolicy(ctx, &sdk.DeleteUserPolicyInput{UserName: user(t), PolicyName: one(t)})
			_, _ = s.DeleteGroupPolicy(ctx, &sdk.DeleteGroupPolicyInput{GroupName: group(t), PolicyName: one(t)})
			_, _ = s.DeleteRolePolicy(ctx, &sdk.DeleteRolePolicyInput{RoleName: role(t), PolicyName: one(t)})
		},
		"version": func(t *rapid.T) {
			_, _ = s.CreatePolicyVersion(ctx, &sdk.CreatePolicyVersionInput{PolicyArn: arn(t), PolicyDocument: v.document(), SetAsDefault: rapid.Bool().Draw(t, "default")})
		},
		"other version": func(t *rapid.T) {
			id := fmt.Sprintf("v%d", rapid.IntRange(1, 4).Draw(t, "version"))
			_, _ = s.SetDefaultPolicyVersion(ctx, &sdk.SetDefaultPolicyVersionInput{PolicyArn: arn(t), VersionId: &id})
			_, _ = s.DeletePolicyVersion(ctx, &sdk.DeletePolicyVersionInput{PolicyArn: arn(t), VersionId: &id})
		},
		"profile": func(t *rapid.T) {
			_, _ = s.CreateInstanceProfile(ctx, &sdk.CreateInstanceProfileInput{InstanceProfileName: one(t)})
			_, _ = s.AddRoleToInstanceProfile(ctx, &sdk.AddRoleToInstanceProfileInput{InstanceProfileName: one(t), RoleName: role(t)})
		},
		"profile no more": func(t *rapid.T) {
			_, _ = s.RemoveRoleFromInstanceProfile(ctx, &sdk.RemoveRoleFromInstanceProfileInput{InstanceProfileName: one(t), RoleName: role(t)})
			_, _ = s.DeleteInstanceProfile(ctx, &sdk.DeleteInstanceProfileInput{InstanceProfileName: one(t)})
		},
		"delete": func(t *rapid.T) { v.remove(t, one(t)) },
		"delete policy": func(t *rapid.T) {
			id := arn(t)
			p, err := s.GetPolicy(ctx, &sdk.GetPolicyInput{PolicyArn: id})
			if err != nil || *id == readOnly {
				return
			}
			versions, err := s.ListPolicyVersions(ctx, &sdk.ListPolicyVersionsInput{PolicyArn: id})
			require.NoError(t, err)
			free := *p.Policy.AttachmentCount+*p.Policy.PermissionsBoundaryUsageCount == 0 && len(versions.Versions) == 1
			_, err = s.DeletePolicy(ctx, &sdk.DeletePolicyInput{PolicyArn: id})
			require.Equal(t, free, err == nil, "%v", err)
		},
		"": v.check,
	}
}

// remove deletes whoever has a name, and knows from the account's details who can be.
func (v *randomAccount) remove(t *rapid.T, name *string) {
	all := v.details(t)
	for _, u := range all.UserDetailList {
		if *u.UserName == *name {
			_, err := v.s.DeleteUser(v.ctx, &sdk.DeleteUserInput{UserName: name})
			require.Equal(t, len(u.AttachedManagedPolicies)+len(u.UserPolicyList)+len(u.GroupList) == 0, err == nil, "%v", err)
		}
	}
	for _, g := range all.GroupDetailList {
		if *g.GroupName == *name {
			members, err := v.s.GetGroup(v.ctx, &sdk.GetGroupInput{GroupName: name})
			require.NoError(t, err)
			_, err = v.s.DeleteGroup(v.ctx, &sdk.DeleteGroupInput{GroupName: name})
			require.Equal(t, len(g.AttachedManagedPolicies)+len(g.GroupPolicyList)+len(members.Users) == 0, err == nil, "%v", err)
		}
	}
	for _, r := range all.RoleDetailList {
		if *r.RoleName == *name {
			_, err := v.s.DeleteRole(v.ctx, &sdk.DeleteRoleInput{RoleName: name})
			require.Equal(t, len(r.AttachedManagedPolicies)+len(r.RolePolicyList)+len(r.InstanceProfileList) == 0, err == nil, "%v", err)
		}
	}
}

func (v *randomAccount) details(t *rapid.T) *sdk.GetAccountAuthorizationDetailsOutput {
	out, err := v.s.GetAccountAuthorizationDetails(v.ctx, &sdk.GetAccountAuthorizationDetailsInput{})
	require.NoError(t, err)
	require.False(t, out.IsTruncated)
	return out
}

// usage is who uses a policy, "user/a", in one way.
type usage map[string][]string // by ARN

func (u usage) add(arn *string, who string) { u[*arn] = append(u[*arn], who) }

// check holds all that IAM says against the account's details.
func (v *randomAccount) check(t *rapid.T) {
	all := v.details(t)
	attached, bounded, members := usage{}, usage{}, usage{}
	documents := map[string]string{} // of default versions, by ARN
	for _, p := range all.Policies {
		for _, version := range p.PolicyVersionList {
			if version.IsDefaultVersion {
				documents[*p.Arn] = *version.Document
			}
		}
	}
	inGroup := map[string][]string{} // documents, by group
	for _, g := range all.GroupDetailList {
		inGroup[*g.GroupName] = v.policies(documents, attached, "group/"+*g.GroupName, g.GroupPolicyList, g.AttachedManagedPolicies)
	}
	for _, u := range all.UserDetailList {
		who := "user/" + *u.UserName
		want := v.policies(documents, attached, who, u.UserPolicyList, u.AttachedManagedPolicies)
		for _, g := range u.GroupList {
			members.add(&g, *u.UserName)
			want = append(want, inGroup[g]...)
		}
		v.checkEvaluated(t, *u.UserId, want, bounded, documents, who, u.PermissionsBoundary)
		require.Equal(t, "arn:aws:iam::111122223333:user"+*u.Path+*u.UserName, *u.Arn)
	}
	for _, r := range all.RoleDetailList {
		who := "role/" + *r.RoleName
		want := v.policies(documents, attached, who, r.RolePolicyList, r.AttachedManagedPolicies)
		v.checkEvaluated(t, *r.RoleId, want, bounded, documents, who, r.PermissionsBoundary)
		for _, p := range r.InstanceProfileList {
			got, err := v.s.GetInstanceProfile(v.ctx, &sdk.GetInstanceProfileInput{InstanceProfileName: p.InstanceProfileName})
			require.NoError(t, err)
			require.Len(t, got.InstanceProfile.Roles, 1)
			require.Equal(t, *r.RoleName, *got.InstanceProfile.Roles[0].RoleName)
		}
	}
	for _, g := range all.GroupDetailList {
		got, err := v.s.GetGroup(v.ctx, &sdk.GetGroupInput{GroupName: g.GroupName})
		require.NoError(t, err)
		var names []string
		for _, u := range got.Users {
			names = append(names, *u.UserName)
		}
		require.ElementsMatch(t, members[*g.GroupName], names)
	}
	for _, p := range all.Policies {
		require.Equal(t, []int{len(attached[*p.Arn]), len(bounded[*p.Arn])}, []int{int(*p.AttachmentCount), int(*p.PermissionsBoundaryUsageCount)}, *p.Arn)
		require.ElementsMatch(t, attached[*p.Arn], v.entities(t, p.Arn, types.PolicyUsageTypePermissionsPolicy))
		require.ElementsMatch(t, bounded[*p.Arn], v.entities(t, p.Arn, types.PolicyUsageTypePermissionsBoundary))
	}
	v.checkCounts(t, all, len(attached))
}

// policies returns the documents of an entity, and notes what is attached to it.
func (v *randomAccount) policies(documents map[string]string, attached usage, who string, inline []types.PolicyDetail, managed []types.AttachedPolicy) []string {
	var all []string
	for _, p := range inline {
		all = append(all, *p.PolicyDocument)
	}
	for _, p := range managed {
		attached.add(p.PolicyArn, who)
		all = append(all, documents[*p.PolicyArn])
	}
	return all
}

// checkEvaluated holds what the World evaluates for a user or role against what IAM
// lists.
func (v *randomAccount) checkEvaluated(t *rapid.T, id string, want []string, bounded usage, documents map[string]string, who string, boundary *types.AttachedPermissionsBoundary) {
	var set enforce.PolicySet
	require.True(t, v.directory.Policies(&fakeaws.Caller{EntityID: id}, &set, func(string, string) {}))
	encoded := func(p *enforce.Policy) string { return strings.ReplaceAll(url.QueryEscape(p.Document()), "+", "%20") }
	var got []string
	for _, p := range set.Identity {
		got = append(got, encoded(p))
	}
	require.ElementsMatch(t, want, got, who)
	if boundary == nil {
		require.Nil(t, set.Boundary)
		return
	}
	bounded.add(boundary.PermissionsBoundaryArn, who)
	require.Equal(t, documents[*boundary.PermissionsBoundaryArn], encoded(set.Boundary))
}

// entities are those that ListEntitiesForPolicy lists.
func (v *randomAccount) entities(t *rapid.T, arn *string, way types.PolicyUsageType) []string {
	out, err := v.s.ListEntitiesForPolicy(v.ctx, &sdk.ListEntitiesForPolicyInput{PolicyArn: arn, PolicyUsageFilter: way})
	require.NoError(t, err)
	var all []string
	for _, u := range out.PolicyUsers {
		all = append(all, "user/"+*u.UserName)
	}
	for _, g := range out.PolicyGroups {
		all = append(all, "group/"+*g.GroupName)
	}
	for _, r := range out.PolicyRoles {
		all = append(all, "role/"+*r.RoleName)
	}
	return all
}

func (v *randomAccount) checkCounts(t *rapid.T, all *sdk.GetAccountAuthorizationDetailsOutput, inUse int) {
	summary, err := v.s.GetAccountSummary(v.ctx, &sdk.GetAccountSummaryInput{})
	require.NoError(t, err)
	local := 0
	for _, p := range all.Policies {
		if *p.Arn != readOnly {
			local++
		}
	}
	want := map[string]int32{
		"Users": int32(len(all.UserDetailList)), "Groups": int32(len(all.GroupDetailList)), "Roles": int32(len(all.RoleDetailList)),
		"Policies": int32(local), "PolicyVersionsInUse": int32(inUse),
	}
	got := map[string]int32{}
	for _, key := range slices.Collect(maps.Keys(want)) {
		got[key] = summary.SummaryMap[key]
	}
	require.Equal(t, want, got)
	names := map[string]bool{}
	for _, u := range all.UserDetailList {
		key := strings.ToLower(*u.UserName)
		require.False(t, names[key], "two users of one name")
		names[key] = true
	}
}
