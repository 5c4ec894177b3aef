package iam_test

import (
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestInstanceProfileLife(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.user(t, "admin", allowAll)
		w.role(t, "app")
		w.role(t, "other")
		name, role := aws.String("web"), aws.String("app")
		made, err := c.CreateInstanceProfile(ctx, &sdk.CreateInstanceProfileInput{
			InstanceProfileName: name, Path: aws.String("/eng/"), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}},
		})
		require.NoError(t, err)
		assert.Equal(t, "arn:aws:iam::111122223333:instance-profile/eng/web", *made.InstanceProfile.Arn)
		assert.Regexp(t, "^AIPA[A-Z2-7]{17}$", *made.InstanceProfile.InstanceProfileId)
		assert.Len(t, made.InstanceProfile.Tags, 1)
		assert.Empty(t, made.InstanceProfile.Roles)

		_, err = c.CreateInstanceProfile(ctx, &sdk.CreateInstanceProfileInput{InstanceProfileName: aws.String("WEB")})
		requireError(t, err, "EntityAlreadyExists", "Instance Profile WEB already exists.")
		_, err = c.GetInstanceProfile(ctx, &sdk.GetInstanceProfileInput{InstanceProfileName: aws.String("nope")})
		requireError(t, err, "NoSuchEntity", "Instance Profile nope cannot be found.")

		add := &sdk.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: role}
		_, err = c.AddRoleToInstanceProfile(ctx, add)
		require.NoError(t, err)
		for _, second := range []string{"app", "other"} {
			_, err = c.AddRoleToInstanceProfile(ctx, &sdk.AddRoleToInstanceProfileInput{InstanceProfileName: name, RoleName: &second})
			requireError(t, err, "LimitExceeded", "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
		}
		of, err := c.ListInstanceProfilesForRole(ctx, &sdk.ListInstanceProfilesForRoleInput{RoleName: role})
		require.NoError(t, err)
		require.Len(t, of.InstanceProfiles, 1)
		assert.Equal(t, "app", *of.InstanceProfiles[0].Roles[0].RoleName)
		assert.Empty(t, of.InstanceProfiles[0].Tags, "lists have no tags")

		const first = "Cannot delete entity, must remove roles from instance profile first."
		_, err = c.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: role})
		requireError(t, err, "DeleteConflict", first)
		_, err = c.DeleteInstanceProfile(ctx, &sdk.DeleteInstanceProfileInput{InstanceProfileName: name})
		requireError(t, err, "DeleteConflict", first)
		_, err = c.RemoveRoleFromInstanceProfile(ctx, &sdk.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name, RoleName: aws.String("other")})
		requireError(t, err, "NoSuchEntity", "The role with name other cannot be found in the instance profile with name web.")
		_, err = c.RemoveRoleFromInstanceProfile(ctx, &sdk.RemoveRoleFromInstanceProfileInput{InstanceProfileName: name, RoleName: role})
		require.NoError(t, err)
		_, err = c.DeleteRole(ctx, &sdk.DeleteRoleInput{RoleName: role})
		require.NoError(t, err)

		_, err = c.TagInstanceProfile(ctx, &sdk.TagInstanceProfileInput{InstanceProfileName: name, Tags: []types.Tag{{Key: aws.String("cost"), Value: aws.String("1")}}})
		require.NoError(t, err)
		_, err = c.UntagInstanceProfile(ctx, &sdk.UntagInstanceProfileInput{InstanceProfileName: name, TagKeys: []string{"TEAM"}})
		require.NoError(t, err)
		tags, err := c.ListInstanceProfileTags(ctx, &sdk.ListInstanceProfileTagsInput{InstanceProfileName: name})
		require.NoError(t, err)
		require.Len(t, tags.Tags, 1)
		assert.Equal(t, "cost", *tags.Tags[0].Key)

		_, err = c.DeleteInstanceProfile(ctx, &sdk.DeleteInstanceProfileInput{InstanceProfileName: name})
		require.NoError(t, err)
	})
}

func TestInstanceProfilePages(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		for i := range 5 {
			path := "/a/"
			if i == 4 {
				path = "/b/"
			}
			_, err := w.iam.CreateInstanceProfile(w.root, &sdk.CreateInstanceProfileInput{InstanceProfileName: aws.String(fmt.Sprint("p", i)), Path: &path})
			require.NoError(t, err)
		}
		c := w.user(t, "admin", allowAll)
		var names []string
		pages := sdk.NewListInstanceProfilesPaginator(c, &sdk.ListInstanceProfilesInput{PathPrefix: aws.String("/a/"), MaxItems: aws.Int32(3)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			require.NoError(t, err)
			for _, p := range page.InstanceProfiles {
				names = append(names, *p.InstanceProfileName)
			}
		}
		assert.Equal(t, []string{"p0", "p1", "p2", "p3"}, names)
	})
}

func TestInstanceProfileQuota(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		for i := range 1000 {
			_, err := w.iam.CreateInstanceProfile(w.root, &sdk.CreateInstanceProfileInput{InstanceProfileName: aws.String(fmt.Sprint("p", i))})
			require.NoError(t, err)
		}
		_, err := w.iam.CreateInstanceProfile(w.root, &sdk.CreateInstanceProfileInput{InstanceProfileName: aws.String("more")})
		requireError(t, err, "LimitExceeded", "Cannot exceed quota for InstanceProfilesPerAccount: 1000")
	})
}

// rule 56: whoever puts a role into an instance profile passes it to EC2.
func TestPassRole(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		w.role(t, "app")
		_, err := w.iam.CreateInstanceProfile(w.root, &sdk.CreateInstanceProfileInput{InstanceProfileName: aws.String("web")})
		require.NoError(t, err)
		add := &sdk.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("web"), RoleName: aws.String("app")}
		profile := allow("iam:AddRoleToInstanceProfile", "*")
		pass := func(service string) string {
			return `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/app","Condition":{"StringEquals":{"iam:PassedToService":"` + service + `"},"ArnLike":{"iam:AssociatedResourceArn":"arn:aws:ec2:*:111122223333:instance/*"}}}}`
		}
		const denied = "User: arn:aws:iam::111122223333:user/%s is not authorized to perform: iam:PassRole on resource: arn:aws:iam::111122223333:role/app because no identity-based policy allows the iam:PassRole action"
		_, err = w.user(t, "nothing", profile).AddRoleToInstanceProfile(ctx, add)
		requireError(t, err, "AccessDenied", fmt.Sprintf(denied, "nothing"))
		_, err = w.user(t, "lambda", profile, pass("lambda.amazonaws.com")).AddRoleToInstanceProfile(ctx, add)
		requireError(t, err, "AccessDenied", fmt.Sprintf(denied, "lambda"))
		_, err = w.user(t, "passer", profile, pass("ec2.amazonaws.com")).AddRoleToInstanceProfile(ctx, add)
		require.NoError(t, err)
	})
}
