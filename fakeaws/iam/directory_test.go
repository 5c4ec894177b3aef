package iam_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// labels names what the directory has of a user: policies, boundary, tags.
func (w *world) labels(t *testing.T, id string) (policies []string, boundary string, tags map[string]string) {
	t.Helper()
	var set enforce.PolicySet
	tags = map[string]string{}
	ok := w.service.Policies(&fakeaws.Caller{EntityID: id}, &set, func(k, v string) { tags[k] = v })
	require.True(t, ok)
	require.NotNil(t, set.Identity, "no policies is not the same as no limit")
	policies = []string{}
	for _, p := range set.Identity {
		policies = append(policies, p.Label())
	}
	if set.Boundary != nil {
		boundary = set.Boundary.Document()
	}
	return policies, boundary, tags
}

// Every change that concerns a principal is seen by its next request.
func TestDirectoryFollowsChanges(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		made, err := w.iam.CreateUser(w.root, &sdk.CreateUserInput{UserName: aws.String("u")})
		require.NoError(t, err)
		id := *made.User.UserId
		user, group := aws.String("u"), aws.String("g")
		w.group(t, "g")
		arn := aws.String(w.policy(t, "p", allowAll))
		limited := allow("s3:*", "*")

		steps := []struct {
			name     string
			do       func() error
			policies []string
			boundary string
			tags     map[string]string
		}{
			{"nothing yet", func() error { return nil }, []string{}, "", nil},
			{"inline", func() error {
				_, err := w.iam.PutUserPolicy(w.root, &sdk.PutUserPolicyInput{UserName: user, PolicyName: aws.String("i"), PolicyDocument: aws.String(allowAll)})
				return err
			}, []string{"i"}, "", nil},
			{"attached", func() error {
				_, err := w.iam.AttachUserPolicy(w.root, &sdk.AttachUserPolicyInput{UserName: user, PolicyArn: arn})
				return err
			}, []string{"i", "p"}, "", nil},
			{"group without policies", func() error {
				_, err := w.iam.AddUserToGroup(w.root, &sdk.AddUserToGroupInput{UserName: user, GroupName: group})
				return err
			}, []string{"i", "p"}, "", nil},
			{"policy of the group", func() error {
				_, err := w.iam.PutGroupPolicy(w.root, &sdk.PutGroupPolicyInput{GroupName: group, PolicyName: aws.String("gi"), PolicyDocument: aws.String(allowAll)})
				return err
			}, []string{"i", "p", "gi"}, "", nil},
			{"boundary", func() error {
				_, err := w.iam.PutUserPermissionsBoundary(w.root, &sdk.PutUserPermissionsBoundaryInput{UserName: user, PermissionsBoundary: arn})
				return err
			}, []string{"i", "p", "gi"}, allowAll, nil},
			{"new default version", func() error {
				_, err := w.iam.CreatePolicyVersion(w.root, &sdk.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: &limited, SetAsDefault: true})
				return err
			}, []string{"i", "p", "gi"}, limited, nil},
			{"tag", func() error {
				_, err := w.iam.TagUser(w.root, &sdk.TagUserInput{UserName: user, Tags: []types.Tag{{Key: aws.String("Team"), Value: aws.String("blue")}}})
				return err
			}, []string{"i", "p", "gi"}, limited, map[string]string{"Team": "blue"}},
			{"no boundary", func() error {
				_, err := w.iam.DeleteUserPermissionsBoundary(w.root, &sdk.DeleteUserPermissionsBoundaryInput{UserName: user})
				return err
			}, []string{"i", "p", "gi"}, "", map[string]string{"Team": "blue"}},
			{"no group", func() error {
				_, err := w.iam.RemoveUserFromGroup(w.root, &sdk.RemoveUserFromGroupInput{UserName: user, GroupName: group})
				return err
			}, []string{"i", "p"}, "", map[string]string{"Team": "blue"}},
			{"detached", func() error {
				_, err := w.iam.DetachUserPolicy(w.root, &sdk.DetachUserPolicyInput{UserName: user, PolicyArn: arn})
				return err
			}, []string{"i"}, "", map[string]string{"Team": "blue"}},
			{"no inline, no tag", func() error {
				if _, err := w.iam.UntagUser(w.root, &sdk.UntagUserInput{UserName: user, TagKeys: []string{"TEAM"}}); err != nil {
					return err
				}
				_, err := w.iam.DeleteUserPolicy(w.root, &sdk.DeleteUserPolicyInput{UserName: user, PolicyName: aws.String("i")})
				return err
			}, []string{}, "", nil},
		}
		for _, step := range steps {
			require.NoError(t, step.do(), step.name)
			policies, boundary, tags := w.labels(t, id)
			assert.Equal(t, step.policies, policies, step.name)
			assert.Equal(t, step.boundary, boundary, step.name)
			if step.tags == nil {
				step.tags = map[string]string{}
			}
			assert.Equal(t, step.tags, tags, step.name)
		}

		_, err = w.iam.DeleteUser(w.root, &sdk.DeleteUserInput{UserName: user})
		require.NoError(t, err)
		_, err = w.iam.CreateUser(w.root, &sdk.CreateUserInput{UserName: user})
		require.NoError(t, err)
		assert.False(t, w.service.Policies(&fakeaws.Caller{EntityID: id}, &enforce.PolicySet{}, func(string, string) {}),
			"another user of the same name is another user")
	})
}

func TestManagedPolicyByARN(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		arn := w.policy(t, "p", allowAll)
		p, ok := w.service.ManagedPolicy(arn)
		require.True(t, ok)
		assert.Equal(t, arn, p.Source().ARN)
		for _, wrong := range []string{"", "arn", "arn:aws:iam::444455556666:policy/p", "arn:aws:iam::111122223333:policy/x/p", "arn:aws:iam::111122223333:policy/P", "arn:aws:iam::aws:policy/ReadNothing"} {
			_, ok := w.service.ManagedPolicy(wrong)
			assert.False(t, ok, wrong)
		}
	})
}
