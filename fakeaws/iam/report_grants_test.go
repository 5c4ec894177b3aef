package iam_test

import (
	"fmt"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// grant performs an operation that gives a policy to an entity of a kind, "User", takes
// it away or tells of it: "Put%sPolicy". It returns the output.
func (w *world) grant(operation, kind, entity string, members map[string]string) (reflect.Value, error) {
	m := reflect.ValueOf(w.iam).MethodByName(fmt.Sprintf(operation, kind))
	in := reflect.New(m.Type().In(1).Elem())
	in.Elem().FieldByName(kind + "Name").Set(reflect.ValueOf(&entity))
	for name, value := range members {
		in.Elem().FieldByName(name).Set(reflect.ValueOf(&value))
	}
	out := m.Call([]reflect.Value{reflect.ValueOf(w.root), in})
	err, _ := out[1].Interface().(error)
	return out[0].Elem(), err
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
		kinds := []string{"User", "Group", "Role"}
		for _, kind := range kinds {
			do := func(operation, entity string, members map[string]string) error {
				return second(w.grant(operation, kind, entity, members))
			}
			p, attachment := map[string]string{"PolicyName": "p"}, map[string]string{"PolicyArn": arn}
			put := func(name, document string) map[string]string {
				return map[string]string{"PolicyName": name, "PolicyDocument": document}
			}
			lower := strings.ToLower(kind)
			noPolicy, nobody := "The "+lower+" policy with name p cannot be found.", "The "+lower+" with name nobody cannot be found."
			requireError(t, do("Get%sPolicy", "x", p), "NoSuchEntity", noPolicy)
			requireError(t, do("Delete%sPolicy", "x", p), "NoSuchEntity", noPolicy)
			requireError(t, do("Put%sPolicy", "nobody", put("p", allowAll)), "NoSuchEntity", nobody)
			requireError(t, do("Attach%sPolicy", "nobody", attachment), "NoSuchEntity", nobody)
			requireError(t, do("Put%sPolicy", "x", put("p", `{"Version":"2012-10-17"}`)), "MalformedPolicyDocument", "Syntax errors in policy.")

			require.NoError(t, do("Put%sPolicy", "x", put("p", allowAll)), kind)
			require.NoError(t, do("Put%sPolicy", "x", put("p", spaced)), "another document replaces it")
			require.NoError(t, do("Put%sPolicy", "x", put("a", allowAll)), kind)
			got, err := w.grant("Get%sPolicy", kind, "x", p)
			require.NoError(t, err, kind)
			document := *got.FieldByName("PolicyDocument").Interface().(*string)
			decoded, err := url.PathUnescape(document)
			require.NoError(t, err, kind)
			assert.Equal(t, spaced, decoded, kind)
			assert.Contains(t, document, "a%20b%2Bc", "RFC 3986, and not the encoding of forms")
			names, err := w.grant("List%sPolicies", kind, "x", nil)
			require.NoError(t, err, kind)
			assert.Equal(t, []string{"a", "p"}, names.FieldByName("PolicyNames").Interface(), kind)

			requireError(t, do("Attach%sPolicy", "x", map[string]string{"PolicyArn": missing}), "NoSuchEntity", "Policy "+missing+" does not exist or is not attachable.")
			requireError(t, do("Detach%sPolicy", "x", attachment), "NoSuchEntity", "Policy "+arn+" was not found.")
			require.NoError(t, do("Attach%sPolicy", "x", attachment), kind)
			require.NoError(t, do("Attach%sPolicy", "x", attachment), "once more changes nothing")
			attached, err := w.grant("ListAttached%sPolicies", kind, "x", nil)
			require.NoError(t, err, kind)
			assert.Equal(t, []types.AttachedPolicy{{PolicyArn: &arn, PolicyName: aws.String("managed")}}, attached.FieldByName("AttachedPolicies").Interface(), kind)
		}
		users, err := w.iam.ListEntitiesForPolicy(w.root, &sdk.ListEntitiesForPolicyInput{PolicyArn: &arn})
		require.NoError(t, err)
		assert.Len(t, users.PolicyUsers, 1)
		assert.Len(t, users.PolicyGroups, 1)
		assert.Len(t, users.PolicyRoles, 1)
		for _, kind := range kinds {
			require.NoError(t, second(w.grant("Detach%sPolicy", kind, "x", map[string]string{"PolicyArn": arn})), kind)
			require.NoError(t, second(w.grant("Delete%sPolicy", kind, "x", map[string]string{"PolicyName": "p"})), kind)
			names, err := w.grant("List%sPolicies", kind, "x", nil)
			require.NoError(t, err, kind)
			assert.Equal(t, []string{"a"}, names.FieldByName("PolicyNames").Interface(), kind)
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
