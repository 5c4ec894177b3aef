package sts_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/iam"
)

const setupTemplate = "arn:aws:iam:::delegation-template/setup"

// A partner asks, an administrator approves, and the partner acts as the
// administrator within what it asked for.
func TestGetDelegatedAccessToken(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		partner := w.user(t, w.otherIAM, "partner", allowAll)
		require.NoError(t, iam.Of(w.World.World).SetDelegationTemplate(setupTemplate, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}}`))
		admin, err := w.iam.CreateUser(t.Context(), &iamsdk.CreateUserInput{UserName: aws.String("admin")})
		require.NoError(t, err)
		_, err = w.iam.PutUserPolicy(t.Context(), &iamsdk.PutUserPolicyInput{UserName: aws.String("admin"), PolicyName: aws.String("p"), PolicyDocument: aws.String(allowAll)})
		require.NoError(t, err)
		key, err := w.iam.CreateAccessKey(t.Context(), &iamsdk.CreateAccessKeyInput{UserName: aws.String("admin")})
		require.NoError(t, err)
		directory := iamsdk.NewFromConfig(w.Config(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, ""))

		token := func(template, workflow string) *string {
			asked, err := w.otherIAM.CreateDelegationRequest(t.Context(), &iamsdk.CreateDelegationRequestInput{
				Description: aws.String("set up"), NotificationChannel: aws.String("arn:aws:sns:us-east-1:444455556666:topic"),
				Permissions: &iamtypes.DelegationPermission{PolicyTemplateArn: &template}, RequestorWorkflowId: &workflow, SessionDuration: aws.Int32(3600),
			})
			require.NoError(t, err)
			id := asked.DelegationRequestId
			_, err = directory.AssociateDelegationRequest(ctx, &iamsdk.AssociateDelegationRequestInput{DelegationRequestId: id})
			require.NoError(t, err)
			_, err = directory.AcceptDelegationRequest(ctx, &iamsdk.AcceptDelegationRequestInput{DelegationRequestId: id})
			require.NoError(t, err)
			_, ok := iam.Of(w.World.World).DelegationToken(*id)
			require.False(t, ok, "it was not sent")
			_, err = directory.SendDelegationToken(ctx, &iamsdk.SendDelegationTokenInput{DelegationRequestId: id})
			require.NoError(t, err)
			text, ok := iam.Of(w.World.World).DelegationToken(*id)
			require.True(t, ok)
			return &text
		}
		good := token(setupTemplate, "workflow-1")
		out, err := partner.GetDelegatedAccessToken(ctx, &sdk.GetDelegatedAccessTokenInput{TradeInToken: good})
		require.NoError(t, err)
		assert.Equal(t, *admin.User.Arn, *out.AssumedPrincipal)
		w.requireLife(t, time.Hour, out.Credentials.Expiration)
		assert.True(t, w.allowed(t, out.Credentials))
		_, err = w.session(out.Credentials).GetAccessKeyInfo(ctx, &sdk.GetAccessKeyInfoInput{AccessKeyId: out.Credentials.AccessKeyId})
		require.Error(t, err)

		nothing, err := partner.GetDelegatedAccessToken(ctx, &sdk.GetDelegatedAccessTokenInput{TradeInToken: token("arn:aws:iam:::delegation-template/other", "workflow-2")})
		require.NoError(t, err)
		assert.False(t, w.allowed(t, nothing.Credentials), "nobody said what the template allows")

		stranger := w.user(t, w.iam, "stranger", allowAll)
		_, err = stranger.GetDelegatedAccessToken(ctx, &sdk.GetDelegatedAccessTokenInput{TradeInToken: good})
		requireError(t, err, "ValidationError", "The trade-in token is not valid.")
		nobody := w.user(t, w.otherIAM, "nobody", "")
		_, err = nobody.GetDelegatedAccessToken(ctx, &sdk.GetDelegatedAccessTokenInput{TradeInToken: good})
		requireError(t, err, "AccessDenied", "User: arn:aws:iam::444455556666:user/nobody is not authorized to perform: sts:GetDelegatedAccessToken because no identity-based policy allows the sts:GetDelegatedAccessToken action")
		w.Clock().Advance(8 * 24 * time.Hour)
		_, err = partner.GetDelegatedAccessToken(ctx, &sdk.GetDelegatedAccessTokenInput{TradeInToken: good})
		requireError(t, err, "ExpiredTradeInTokenException", "The trade-in token provided in the request has expired and can no longer be exchanged for credentials.")
	})
}
