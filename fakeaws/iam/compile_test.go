package iam_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A compiled policy never changes: another one that stands in its place was
// compiled. So who still has the same ones had none compiled.
func TestOnlyTheChangedPolicyIsCompiled(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made, err := w.iam.CreateUser(w.root, &sdk.CreateUserInput{UserName: aws.String("u")})
	require.NoError(t, err)
	u := aws.String("u")
	var arns []string
	for _, name := range []string{"a", "b", "c"} {
		arns = append(arns, w.policy(t, name, allowAll))
		_, err = w.iam.AttachUserPolicy(w.root, &sdk.AttachUserPolicyInput{UserName: u, PolicyArn: &arns[len(arns)-1]})
		require.NoError(t, err)
		_, err = w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: u, PolicyName: &name, PolicyDocument: aws.String(allowAll)})
		require.NoError(t, err)
	}
	w.role(t, "r")
	compiled := func() []*enforce.Policy {
		var set enforce.PolicySet
		require.True(t, w.service.Policies(&fakeaws.Caller{EntityID: *made.User.UserId}, &set, func(string, string) {}))
		role, ok := w.service.Role("arn:aws:iam::111122223333:role/r")
		require.True(t, ok)
		return append(slices.Clone(set.Identity), role.Trust)
	}
	changed := func(before, after []*enforce.Policy) (names []string) {
		for _, p := range after {
			if !slices.Contains(before, p) {
				names = append(names, p.Source().Name+p.Source().ARN)
			}
		}
		return names
	}
	first := compiled()
	assert.Len(t, first, 7)
	assert.Empty(t, changed(first, compiled()), "to ask is not to compile")
	for name, test := range map[string]struct {
		change func() error
		want   []string
	}{
		"a managed policy": {func() error {
			return second(w.iam.CreatePolicyVersion(w.root, &sdk.CreatePolicyVersionInput{PolicyArn: &arns[1], PolicyDocument: aws.String(allow("s3:*", "*")), SetAsDefault: true}))
		}, []string{"b" + arns[1]}},
		"back to the old version": {func() error {
			return second(w.iam.SetDefaultPolicyVersion(w.root, &sdk.SetDefaultPolicyVersionInput{PolicyArn: &arns[1], VersionId: aws.String("v1")}))
		}, nil},
		"an inline policy": {func() error {
			return second(w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: u, PolicyName: aws.String("c"), PolicyDocument: aws.String(allow("s3:*", "*"))}))
		}, []string{"c"}},
		"a trust policy": {func() error {
			return second(w.iam.UpdateAssumeRolePolicy(w.root, &sdk.UpdateAssumeRolePolicyInput{RoleName: aws.String("r"), PolicyDocument: aws.String(trustEC2)}))
		}, []string{"r"}},
		"another user": {func() error {
			return second(w.iam.CreateUser(w.root, &sdk.CreateUserInput{UserName: aws.String("other")}))
		}, nil},
	} {
		before := append(compiled(), first...)
		require.NoError(t, test.change(), name)
		assert.Equal(t, test.want, changed(before, compiled()), name)
	}
}
