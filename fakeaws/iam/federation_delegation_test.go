package iam_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const delegationTemplate = "arn:aws:iam:::delegation-template/setup"

// request makes a delegation request of a partner in the other account.
func (w *world) request(t *testing.T, workflow string, ownerOnly bool) *string {
	t.Helper()
	out, err := w.rootOf(otherID).CreateDelegationRequest(t.Context(), &sdk.CreateDelegationRequestInput{
		Description: aws.String("set up"), NotificationChannel: aws.String("arn:aws:sns:us-east-1:444455556666:topic"),
		Permissions: &types.DelegationPermission{PolicyTemplateArn: aws.String(delegationTemplate)}, RequestorWorkflowId: &workflow, SessionDuration: aws.Int32(3600), OnlySendByOwner: ownerOnly,
	})
	require.NoError(t, err)
	return out.DelegationRequestId
}

func TestDelegationRequest(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c, owner := w.user(t, "admin", allowAll), w.user(t, "owner", allow("iam:AssociateDelegationRequest", "*"))
		id := w.request(t, "workflow-1", true)
		get := &sdk.GetDelegationRequestInput{DelegationRequestId: id, DelegationPermissionCheck: true}
		_, err := owner.GetDelegationRequest(ctx, get)
		requireError(t, err, "AccessDenied", "User: arn:aws:iam::111122223333:user/owner is not authorized to perform: iam:GetDelegationRequest on resource: arn:aws:iam::111122223333:delegation-request/"+*id+" because no identity-based policy allows the iam:GetDelegationRequest action")
		_, err = c.AcceptDelegationRequest(ctx, &sdk.AcceptDelegationRequestInput{DelegationRequestId: id})
		requireError(t, err, "InvalidInput", "The delegation request with id "+*id+" is in state UNASSIGNED.")

		_, err = owner.AssociateDelegationRequest(ctx, &sdk.AssociateDelegationRequestInput{DelegationRequestId: id})
		require.NoError(t, err)
		got, err := owner.GetDelegationRequest(ctx, get)
		require.NoError(t, err, "the owner needs no permission any more")
		assert.Equal(t, types.StateTypeAssigned, got.DelegationRequest.State)
		assert.Equal(t, "arn:aws:iam::111122223333:user/owner", *got.DelegationRequest.OwnerId)
		assert.Equal(t, otherID, *got.DelegationRequest.RequestorId)
		assert.Equal(t, types.PermissionCheckResultTypeUnsure, got.PermissionCheckResult)
		_, err = owner.UpdateDelegationRequest(ctx, &sdk.UpdateDelegationRequestInput{DelegationRequestId: id, Notes: aws.String("please")})
		require.NoError(t, err)
		_, err = c.AcceptDelegationRequest(ctx, &sdk.AcceptDelegationRequestInput{DelegationRequestId: id})
		require.NoError(t, err)
		_, err = c.SendDelegationToken(ctx, &sdk.SendDelegationTokenInput{DelegationRequestId: id})
		requireError(t, err, "InvalidInput", "The delegation token can only be sent by the owner of the delegation request.")
		_, err = c.RejectDelegationRequest(ctx, &sdk.RejectDelegationRequestInput{DelegationRequestId: id, Notes: aws.String("no")})
		require.NoError(t, err)

		all, err := c.ListDelegationRequests(ctx, &sdk.ListDelegationRequestsInput{OwnerId: aws.String("arn:aws:iam::111122223333:user/owner")})
		require.NoError(t, err)
		require.Len(t, all.DelegationRequests, 1)
		assert.Equal(t, types.StateTypeRejected, all.DelegationRequests[0].State)
		assert.Equal(t, "no", *all.DelegationRequests[0].RejectionReason)
		summary, err := c.GetHumanReadableSummary(ctx, &sdk.GetHumanReadableSummaryInput{EntityArn: aws.String("arn:aws:iam::111122223333:delegation-request/" + *id)})
		require.NoError(t, err)
		assert.Equal(t, types.SummaryStateTypeNotAvailable, summary.SummaryState)
		_, err = c.GetHumanReadableSummary(ctx, &sdk.GetHumanReadableSummaryInput{EntityArn: aws.String("arn:aws:iam::111122223333:user/admin")})
		requireError(t, err, "InvalidInput", "The entity ARN arn:aws:iam::111122223333:user/admin is not valid for a summary.")

		w.Clock().Advance(7 * 24 * time.Hour)
		got, err = w.iam.GetDelegationRequest(w.root, get)
		require.NoError(t, err)
		assert.Equal(t, types.StateTypeExpired, got.DelegationRequest.State)
		_, err = w.rootOf(otherID).CreateDelegationRequest(ctx, &sdk.CreateDelegationRequestInput{
			Description: aws.String("again"), NotificationChannel: aws.String("topic"),
			Permissions: &types.DelegationPermission{PolicyTemplateArn: aws.String(delegationTemplate)}, RequestorWorkflowId: aws.String("workflow-1"), SessionDuration: aws.Int32(3600),
		})
		requireError(t, err, "EntityAlreadyExists", "A delegation request with requestor workflow id workflow-1 already exists.")
	})
}

func TestDelegationTokenIsFinal(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		id := w.request(t, "workflow-1", false)
		for _, step := range []func() error{
			func() error {
				return second(w.iam.AssociateDelegationRequest(w.root, &sdk.AssociateDelegationRequestInput{DelegationRequestId: id}))
			},
			func() error {
				return second(w.iam.AcceptDelegationRequest(w.root, &sdk.AcceptDelegationRequestInput{DelegationRequestId: id}))
			},
			func() error {
				return second(w.iam.SendDelegationToken(w.root, &sdk.SendDelegationTokenInput{DelegationRequestId: id}))
			},
		} {
			require.NoError(t, step())
		}
		_, err := w.iam.RejectDelegationRequest(w.root, &sdk.RejectDelegationRequestInput{DelegationRequestId: id})
		requireError(t, err, "InvalidInput", "The delegation request with id "+*id+" is in state FINALIZED.")
		_, err = w.iam.GetDelegationRequest(w.root, &sdk.GetDelegationRequestInput{DelegationRequestId: aws.String("0123456789abcdef")})
		requireError(t, err, "NoSuchEntity", "The delegation request with id 0123456789abcdef cannot be found.")
	})
}

func second[T any](_ T, err error) error { return err }

func TestOutboundWebIdentityFederation(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		c := w.user(t, "admin", allowAll)
		_, err := c.GetOutboundWebIdentityFederationInfo(ctx, &sdk.GetOutboundWebIdentityFederationInfoInput{})
		requireError(t, err, "FeatureDisabled", "Outbound web identity federation is disabled for your account.")
		on, err := c.EnableOutboundWebIdentityFederation(ctx, &sdk.EnableOutboundWebIdentityFederationInput{})
		require.NoError(t, err)
		assert.Regexp(t, `^https://[0-9a-f-]{36}\.tokens\.sts\.global\.api\.aws$`, *on.IssuerIdentifier)
		_, err = c.EnableOutboundWebIdentityFederation(ctx, &sdk.EnableOutboundWebIdentityFederationInput{})
		requireError(t, err, "FeatureEnabled", "Outbound web identity federation is already enabled for your account.")
		info, err := c.GetOutboundWebIdentityFederationInfo(ctx, &sdk.GetOutboundWebIdentityFederationInfoInput{})
		require.NoError(t, err)
		assert.True(t, info.JwtVendingEnabled)
		_, err = c.DisableOutboundWebIdentityFederation(ctx, &sdk.DisableOutboundWebIdentityFederationInput{})
		require.NoError(t, err)
		_, err = c.DisableOutboundWebIdentityFederation(ctx, &sdk.DisableOutboundWebIdentityFederationInput{})
		requireError(t, err, "FeatureDisabled", "Outbound web identity federation is disabled for your account.")
		again, err := c.EnableOutboundWebIdentityFederation(ctx, &sdk.EnableOutboundWebIdentityFederationInput{})
		require.NoError(t, err)
		assert.Equal(t, *on.IssuerIdentifier, *again.IssuerIdentifier)
	})
}

func TestAccountOutsideOfOrganizations(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		c := w.user(t, "admin", allowAll)
		for name, f := range map[string]func(context.Context) error{
			"ListOrganizationsFeatures":                     call(c.ListOrganizationsFeatures, &sdk.ListOrganizationsFeaturesInput{}),
			"EnableOrganizationsRootSessions":               call(c.EnableOrganizationsRootSessions, &sdk.EnableOrganizationsRootSessionsInput{}),
			"DisableOrganizationsRootSessions":              call(c.DisableOrganizationsRootSessions, &sdk.DisableOrganizationsRootSessionsInput{}),
			"EnableOrganizationsRootCredentialsManagement":  call(c.EnableOrganizationsRootCredentialsManagement, &sdk.EnableOrganizationsRootCredentialsManagementInput{}),
			"DisableOrganizationsRootCredentialsManagement": call(c.DisableOrganizationsRootCredentialsManagement, &sdk.DisableOrganizationsRootCredentialsManagementInput{}),
		} {
			var missing *types.OrganizationNotFoundException
			require.ErrorAs(t, f(t.Context()), &missing, name)
		}
		_, err := c.SetSecurityTokenServicePreferences(t.Context(), &sdk.SetSecurityTokenServicePreferencesInput{GlobalEndpointTokenVersion: types.GlobalEndpointTokenVersionV2Token})
		require.NoError(t, err)
		template := aws.String("arn:aws:iam::aws:role-template/example.amazonaws.com/worker:1")
		const unknown = "The role template arn:aws:iam::aws:role-template/example.amazonaws.com/worker:1 cannot be found."
		_, err = c.GetRoleTemplateVersion(t.Context(), &sdk.GetRoleTemplateVersionInput{TemplateArn: template})
		requireError(t, err, "NoSuchEntity", unknown)
		_, err = c.AcquireRole(t.Context(), &sdk.AcquireRoleInput{TemplateArn: template, ReplacementValues: map[string]types.ReplacementValueEntry{"env": {Values: []string{"prod"}}}})
		requireError(t, err, "NoSuchEntity", unknown)
	})
}
