package iam_test

import (
	"context"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// grants are the operations that give policies to a user, group or role and take them
// away again, with the client's types out of the way.
type grants struct {
	put                 func(ctx context.Context, entity, name, document string) error
	get                 func(ctx context.Context, entity, name string) (*string, error)
	list                func(ctx context.Context, entity string) ([]string, error)
	remove              func(ctx context.Context, entity, name string) error
	attach, detach      func(ctx context.Context, entity, arn string) error
	attached            func(ctx context.Context, entity string) ([]types.AttachedPolicy, error)
	noPolicy, noSuchOne string // texts
}

func (w *world) grants() map[string]grants {
	c := w.iam
	return map[string]grants{
		"user": {
			put: func(ctx context.Context, e, n, d string) error {
				return second(c.PutUserPolicy(ctx, &sdk.PutUserPolicyInput{UserName: &e, PolicyName: &n, PolicyDocument: &d}))
			},
			get: func(ctx context.Context, e, n string) (*string, error) {
				out, err := c.GetUserPolicy(ctx, &sdk.GetUserPolicyInput{UserName: &e, PolicyName: &n})
				if err != nil {
					return nil, err
				}
				return out.PolicyDocument, nil
			},
			list: func(ctx context.Context, e string) ([]string, error) {
				out, err := c.ListUserPolicies(ctx, &sdk.ListUserPoliciesInput{UserName: &e})
				if err != nil {
					return nil, err
				}
				return out.PolicyNames, nil
			},
			remove: func(ctx context.Context, e, n string) error {
				return second(c.DeleteUserPolicy(ctx, &sdk.DeleteUserPolicyInput{UserName: &e, PolicyName: &n}))
			},
			attach: func(ctx context.Context, e, arn string) error {
				return second(c.AttachUserPolicy(ctx, &sdk.AttachUserPolicyInput{UserName: &e, PolicyArn: &arn}))
			},
			detach: func(ctx context.Context, e, arn string) error {
				return second(c.DetachUserPolicy(ctx, &sdk.DetachUserPolicyInput{UserName: &e, PolicyArn: &arn}))
			},
			attached: func(ctx context.Context, e string) ([]types.AttachedPolicy, error) {
				out, err := c.ListAttachedUserPolicies(ctx, &sdk.ListAttachedUserPoliciesInput{UserName: &e})
				if err != nil {
					return nil, err
				}
				return out.AttachedPolicies, nil
			},
			noPolicy: "The user policy with name p cannot be found.", noSuchOne: "The user with name nobody cannot be found.",
		},
		"group": {
			put: func(ctx context.Context, e, n, d string) error {
				return second(c.PutGroupPolicy(ctx, &sdk.PutGroupPolicyInput{GroupName: &e, PolicyName: &n, PolicyDocument: &d}))
			},
			get: func(ctx context.Context, e, n string) (*string, error) {
				out, err := c.GetGroupPolicy(ctx, &sdk.GetGroupPolicyInput{GroupName: &e, PolicyName: &n})
				if err != nil {
					return nil, err
				}
				return out.PolicyDocument, nil
			},
			list: func(ctx context.Context, e string) ([]string, error) {
				out, err := c.ListGroupPolicies(ctx, &sdk.ListGroupPoliciesInput{GroupName: &e})
				if err != nil {
					return nil, err
				}
				return out.PolicyNames, nil
			},
			remove: func(ctx context.Context, e, n string) error {
				return second(c.DeleteGroupPolicy(ctx, &sdk.DeleteGroupPolicyInput{GroupName: &e, PolicyName: &n}))
			},
			attach: func(ctx context.Context, e, arn string) error {
				return second(c.AttachGroupPolicy(ctx, &sdk.AttachGroupPolicyInput{GroupName: &e, PolicyArn: &arn}))
			},
			detach: func(ctx context.Context, e, arn string) error {
				return second(c.DetachGroupPolicy(ctx, &sdk.DetachGroupPolicyInput{GroupName: &e, PolicyArn: &arn}))
			},
			attached: func(ctx context.Context, e string) ([]types.AttachedPolicy, error) {
				out, err := c.ListAttachedGroupPolicies(ctx, &sdk.ListAttachedGroupPoliciesInput{GroupName: &e})
				if err != nil {
					return nil, err
				}
				return out.AttachedPolicies, nil
			},
			noPolicy: "The group policy with name p cannot be found.", noSuchOne: "The group with name nobody cannot be found.",
		},
		"role": {
			put: func(ctx context.Context, e, n, d string) error {
				return second(c.PutRolePolicy(ctx, &sdk.PutRolePolicyInput{RoleName: &e, PolicyName: &n, PolicyDocument: &d}))
			},
			get: func(ctx context.Context, e, n string) (*string, error) {
				out, err := c.GetRolePolicy(ctx, &sdk.GetRolePolicyInput{RoleName: &e, PolicyName: &n})
				if err != nil {
					return nil, err
				}
				return out.PolicyDocument, nil
			},
			list: func(ctx context.Context, e string) ([]string, error) {
				out, err := c.ListRolePolicies(ctx, &sdk.ListRolePoliciesInput{RoleName: &e})
				if err != nil {
					return nil, err
				}
				return out.PolicyNames, nil
			},
			remove: func(ctx context.Context, e, n string) error {
				return second(c.DeleteRolePolicy(ctx, &sdk.DeleteRolePolicyInput{RoleName: &e, PolicyName: &n}))
			},
			attach: func(ctx context.Context, e, arn string) error {
				return second(c.AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: &e, PolicyArn: &arn}))
			},
			detach: func(ctx context.Context, e, arn string) error {
				return second(c.DetachRolePolicy(ctx, &sdk.DetachRolePolicyInput{RoleName: &e, PolicyArn: &arn}))
			},
			attached: func(ctx context.Context, e string) ([]types.AttachedPolicy, error) {
				out, err := c.ListAttachedRolePolicies(ctx, &sdk.ListAttachedRolePoliciesInput{RoleName: &e})
				if err != nil {
					return nil, err
				}
				return out.AttachedPolicies, nil
			},
			noPolicy: "The role policy with name p cannot be found.", noSuchOne: "The role with name nobody cannot be found.",
		},
	}
}

// The inline and attached policies of each kind of entity, from the first to the last.
func TestGrants(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.user(t, "x")
		w.group(t, "x")
		w.role(t, "x")
		arn := w.policy(t, "managed", allowAll)
		missing := "arn:aws:iam::" + accountID + ":policy/missing"
		spaced := allow("s3:*", "arn:aws:s3:::a b+c/*")
		for kind, g := range w.grants() {
			ctx := w.root
			_, err := g.get(ctx, "x", "p")
			requireError(t, err, "NoSuchEntity", g.noPolicy)
			requireError(t, g.remove(ctx, "x", "p"), "NoSuchEntity", g.noPolicy)
			requireError(t, g.put(ctx, "nobody", "p", allowAll), "NoSuchEntity", g.noSuchOne)
			requireError(t, g.attach(ctx, "nobody", arn), "NoSuchEntity", g.noSuchOne)
			requireError(t, g.put(ctx, "x", "p", `{"Version":"2012-10-17"}`), "MalformedPolicyDocument", "Syntax errors in policy.")

			require.NoError(t, g.put(ctx, "x", "p", allowAll), kind)
			require.NoError(t, g.put(ctx, "x", "p", spaced), "another document replaces it")
			require.NoError(t, g.put(ctx, "x", "a", allowAll), kind)
			document, err := g.get(ctx, "x", "p")
			require.NoError(t, err, kind)
			decoded, err := url.PathUnescape(*document)
			require.NoError(t, err, kind)
			assert.Equal(t, spaced, decoded, kind)
			assert.Contains(t, *document, "a%20b%2Bc", "RFC 3986, and not the encoding of forms")
			names, err := g.list(ctx, "x")
			require.NoError(t, err, kind)
			assert.Equal(t, []string{"a", "p"}, names, kind)

			requireError(t, g.attach(ctx, "x", missing), "NoSuchEntity", "Policy "+missing+" does not exist or is not attachable.")
			requireError(t, g.detach(ctx, "x", arn), "NoSuchEntity", "Policy "+arn+" was not found.")
			require.NoError(t, g.attach(ctx, "x", arn), kind)
			require.NoError(t, g.attach(ctx, "x", arn), "once more changes nothing")
			attached, err := g.attached(ctx, "x")
			require.NoError(t, err, kind)
			assert.Equal(t, []types.AttachedPolicy{{PolicyArn: &arn, PolicyName: aws.String("managed")}}, attached, kind)
		}
		users, err := w.iam.ListEntitiesForPolicy(w.root, &sdk.ListEntitiesForPolicyInput{PolicyArn: &arn})
		require.NoError(t, err)
		assert.Len(t, users.PolicyUsers, 1)
		assert.Len(t, users.PolicyGroups, 1)
		assert.Len(t, users.PolicyRoles, 1)
		for kind, g := range w.grants() {
			require.NoError(t, g.detach(w.root, "x", arn), kind)
			require.NoError(t, g.remove(w.root, "x", "p"), kind)
			names, err := g.list(w.root, "x")
			require.NoError(t, err, kind)
			assert.Equal(t, []string{"a"}, names, kind)
		}
		requireError(t, second(w.iam.DeleteRole(w.root, &sdk.DeleteRoleInput{RoleName: aws.String("x")})), "DeleteConflict", "Cannot delete entity, must delete policies first.")
		require.NoError(t, second(w.iam.DeletePolicy(w.root, &sdk.DeletePolicyInput{PolicyArn: &arn})), "nobody has it any more")
	})
}

func TestBoundaryAndTagsAreTakenAway(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.role(t, "r")
		role, arn := aws.String("r"), w.policy(t, "bound", allowAll)
		requireError(t, second(w.iam.DeleteRolePermissionsBoundary(w.root, &sdk.DeleteRolePermissionsBoundaryInput{RoleName: aws.String("nobody")})),
			"NoSuchEntity", "The role with name nobody cannot be found.")
		require.NoError(t, second(w.iam.PutRolePermissionsBoundary(w.root, &sdk.PutRolePermissionsBoundaryInput{RoleName: role, PermissionsBoundary: &arn})))
		got, err := w.iam.GetRole(w.root, &sdk.GetRoleInput{RoleName: role})
		require.NoError(t, err)
		assert.Equal(t, &types.AttachedPermissionsBoundary{PermissionsBoundaryArn: &arn, PermissionsBoundaryType: "Policy"}, got.Role.PermissionsBoundary)
		require.NoError(t, second(w.iam.DeleteRolePermissionsBoundary(w.root, &sdk.DeleteRolePermissionsBoundaryInput{RoleName: role})))
		got, err = w.iam.GetRole(w.root, &sdk.GetRoleInput{RoleName: role})
		require.NoError(t, err)
		assert.Nil(t, got.Role.PermissionsBoundary)

		tag := []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}
		require.NoError(t, second(w.iam.TagPolicy(w.root, &sdk.TagPolicyInput{PolicyArn: &arn, Tags: tag})))
		policy, err := w.iam.GetPolicy(w.root, &sdk.GetPolicyInput{PolicyArn: &arn})
		require.NoError(t, err)
		assert.Equal(t, tag, policy.Policy.Tags)
		require.NoError(t, second(w.iam.UntagPolicy(w.root, &sdk.UntagPolicyInput{PolicyArn: &arn, TagKeys: []string{"TEAM", "none"}})))
		tags, err := w.iam.ListPolicyTags(w.root, &sdk.ListPolicyTagsInput{PolicyArn: &arn})
		require.NoError(t, err)
		assert.Empty(t, tags.Tags)
		requireError(t, second(w.iam.TagPolicy(w.root, &sdk.TagPolicyInput{PolicyArn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess"), Tags: tag})),
			"AccessDenied", "Policy is outside your own account.")
	})
}
