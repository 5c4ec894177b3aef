package iam_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Answers that users of AWS have recorded show which lists are empty and which
// are missing, what no model says.
func TestEmptyAndMissingLists(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.user(t, "alice")
		w.role(t, "web")
		w.group(t, "devs")
		arn := w.policy(t, "p", allow("s3:GetObject", "*"))

		user, err := w.iam.GetUser(w.root, &sdk.GetUserInput{UserName: aws.String("alice")})
		require.NoError(t, err)
		assert.Nil(t, user.User.Tags)
		role, err := w.iam.GetRole(w.root, &sdk.GetRoleInput{RoleName: aws.String("web")})
		require.NoError(t, err)
		assert.Nil(t, role.Role.Tags)
		assert.Equal(t, &types.RoleLastUsed{}, role.Role.RoleLastUsed)
		p, err := w.iam.GetPolicy(w.root, &sdk.GetPolicyInput{PolicyArn: &arn})
		require.NoError(t, err)
		assert.Equal(t, []types.Tag{}, p.Policy.Tags)
		made, err := w.iam.CreateOpenIDConnectProvider(w.root, &sdk.CreateOpenIDConnectProviderInput{Url: aws.String("https://example.com")})
		require.NoError(t, err)
		provider, err := w.iam.GetOpenIDConnectProvider(w.root, &sdk.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: made.OpenIDConnectProviderArn})
		require.NoError(t, err)
		assert.Equal(t, []types.Tag{}, provider.Tags)

		all, err := w.iam.GetAccountAuthorizationDetails(w.root, &sdk.GetAccountAuthorizationDetailsInput{})
		require.NoError(t, err)
		require.Len(t, all.UserDetailList, 1)
		u := all.UserDetailList[0]
		assert.Nil(t, u.UserPolicyList)
		assert.Equal(t, []types.Tag{}, u.Tags)
		assert.Equal(t, []string{}, u.GroupList)
		assert.Equal(t, []types.AttachedPolicy{}, u.AttachedManagedPolicies)
		assert.Equal(t, []types.PolicyDetail{}, all.GroupDetailList[0].GroupPolicyList)
		assert.Equal(t, []types.PolicyDetail{}, all.RoleDetailList[0].RolePolicyList)
		assert.Equal(t, []types.Tag{}, all.RoleDetailList[0].Tags)
	})
}

// IAM keeps most times in seconds, those of identity providers in milliseconds.
func TestPrecisionOfTimes(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		start := w.Clock().Now().Truncate(time.Millisecond)
		fraction := func(at *time.Time) time.Duration { return at.Sub(at.Truncate(time.Second)) }

		made, err := w.iam.CreateOpenIDConnectProvider(w.root, &sdk.CreateOpenIDConnectProviderInput{Url: aws.String("https://example.com")})
		require.NoError(t, err)
		provider, err := w.iam.GetOpenIDConnectProvider(w.root, &sdk.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: made.OpenIDConnectProviderArn})
		require.NoError(t, err)
		assert.False(t, provider.CreateDate.Before(start), "not cut down to a second")

		saml, err := w.iam.CreateSAMLProvider(w.root, &sdk.CreateSAMLProviderInput{Name: aws.String("idp"), SAMLMetadataDocument: metadata(`entityID="https://idp.example.com"`, sso)})
		require.NoError(t, err)
		got, err := w.iam.GetSAMLProvider(w.root, &sdk.GetSAMLProviderInput{SAMLProviderArn: saml.SAMLProviderArn})
		require.NoError(t, err)
		assert.Zero(t, fraction(got.CreateDate))
		assert.False(t, got.ValidUntil.Before(start.AddDate(100, 0, 0)), "to the millisecond")

		user, err := w.iam.CreateUser(w.root, &sdk.CreateUserInput{UserName: aws.String("alice")})
		require.NoError(t, err)
		assert.Zero(t, fraction(user.User.CreateDate))
	})
}

// A policy is updated by a new version, whether or not it is the default one,
// and not by the choice of another default (API page "Policy").
func TestUpdateDateOfPolicy(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		arn := aws.String(w.policy(t, "p", allowAll))
		updated := func() time.Time {
			t.Helper()
			p, err := w.iam.GetPolicy(w.root, &sdk.GetPolicyInput{PolicyArn: arn})
			require.NoError(t, err)
			return *p.Policy.UpdateDate
		}
		first := updated()
		w.Clock().Advance(time.Hour)
		v, err := w.iam.CreatePolicyVersion(w.root, &sdk.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: asAdmin})
		require.NoError(t, err)
		assert.True(t, v.PolicyVersion.CreateDate.After(first))
		assert.Equal(t, *v.PolicyVersion.CreateDate, updated())
		w.Clock().Advance(time.Hour)
		require.NoError(t, second(w.iam.SetDefaultPolicyVersion(w.root, &sdk.SetDefaultPolicyVersionInput{PolicyArn: arn, VersionId: v.PolicyVersion.VersionId})))
		assert.Equal(t, *v.PolicyVersion.CreateDate, updated())
	})
}

// IAM forgets after 400 days what roles and services were used for, and never
// when an access key was.
func TestTrackingPeriod(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		alice := w.user(t, "alice", allow("iam:GetUser", "*"))
		_, err := alice.GetUser(w.root, &sdk.GetUserInput{})
		require.NoError(t, err)
		keys, err := w.iam.ListAccessKeys(w.root, &sdk.ListAccessKeysInput{UserName: aws.String("alice")})
		require.NoError(t, err)
		last := func() types.ServiceLastAccessed {
			t.Helper()
			key, err := w.iam.GetAccessKeyLastUsed(w.root, &sdk.GetAccessKeyLastUsedInput{AccessKeyId: keys.AccessKeyMetadata[0].AccessKeyId})
			require.NoError(t, err)
			assert.NotNil(t, key.AccessKeyLastUsed.LastUsedDate)
			job, err := w.iam.GenerateServiceLastAccessedDetails(w.root, &sdk.GenerateServiceLastAccessedDetailsInput{Arn: aws.String("arn:aws:iam::111122223333:user/alice")})
			require.NoError(t, err)
			out, err := w.iam.GetServiceLastAccessedDetails(w.root, &sdk.GetServiceLastAccessedDetailsInput{JobId: job.JobId})
			require.NoError(t, err)
			require.Len(t, out.ServicesLastAccessed, 1)
			return out.ServicesLastAccessed[0]
		}
		w.Clock().Advance(399 * 24 * time.Hour)
		assert.NotNil(t, last().LastAuthenticated)
		w.Clock().Advance(2 * 24 * time.Hour)
		forgotten := last()
		assert.Nil(t, forgotten.LastAuthenticated)
		assert.Equal(t, int32(0), *forgotten.TotalAuthenticatedEntities)
	})
}
