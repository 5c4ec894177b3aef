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
)

const setupTemplate = "arn:aws:iam:::delegation-template/setup"

// A partner asks, an administrator approves, and the partner acts as the
// administrator within what it asked for.
func TestGetDelegatedAccessToken(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		partner := w.user(w.other, t, "partner", allowAll)
		require.NoError(t, w.iam.SetDelegationTemplate(setupTemplate, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}}`))
		admin, err := w.iam.CreateUser(w.root, &iamsdk.CreateUserInput{UserName: aws.String("admin")})
		require.NoError(t, err)
		_, err = w.iam.PutUserPolicy(w.root, &iamsdk.PutUserPolicyInput{UserName: aws.String("admin"), PolicyName: aws.String("p"), PolicyDocument: aws.String(allowAll)})
		require.NoError(t, err)
		key, err := w.iam.CreateAccessKey(w.root, &iamsdk.CreateAccessKeyInput{UserName: aws.String("admin")})
		require.NoError(t, err)
		directory := iamsdk.NewFromConfig(w.Config(*key.AccessKey.AccessKeyId, *key.AccessKey.SecretAccessKey, ""))

		token := func(template, workflow string) *string {
			asked, err := w.iam.CreateDelegationRequest(w.other, &iamsdk.CreateDelegationRequestInput{
				Description: aws.String("set up"), NotificationChannel: aws.String("arn:aws:sns:us-east-1:444455556666:topic"),
				Permissions: &iamtypes.DelegationPermission{PolicyTemplateArn: &template}, RequestorWorkflowId: &workflow, SessionDuration: aws.Int32(3600),
			})
			require.NoError(t, err)
			id := asked.DelegationRequestId
			_, err = directory.AssociateDelegationRequest(ctx, &iamsdk.AssociateDelegationRequestInput{DelegationRequestId: id})
			require.NoError(t, err)
			_, err = directory.AcceptDelegationRequest(ctx, &iamsdk.AcceptDelegationRequestInput{DelegationRequestId: id})
			require.NoError(t, err)
			_, ok := w.iam.DelegationToken(*id)
			require.False(t, ok, "it was not sent")
			_, err = directory.SendDelegationToken(ctx, &iamsdk.SendDelegationTokenInput{DelegationRequestId: id})
			require.NoError(t, err)
			text, ok := w.iam.DelegationToken(*id)
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

		stranger := w.user(w.root, t, "stranger", allowAll)
		_, err = stranger.GetDelegatedAccessToken(ctx, &sdk.GetDelegatedAccessTokenInput{TradeInToken: good})
		requireError(t, err, "ValidationError", "The trade-in token is not valid.")
		nobody := w.user(w.other, t, "nobody", "")
		_, err = nobody.GetDelegatedAccessToken(ctx, &sdk.GetDelegatedAccessTokenInput{TradeInToken: good})
		requireError(t, err, "AccessDenied", "User: arn:aws:iam::444455556666:user/nobody is not authorized to perform: sts:GetDelegatedAccessToken because no identity-based policy allows the sts:GetDelegatedAccessToken action")
		w.Clock().Advance(8 * 24 * time.Hour)
		_, err = partner.GetDelegatedAccessToken(ctx, &sdk.GetDelegatedAccessTokenInput{TradeInToken: good})
		requireError(t, err, "ExpiredTradeInTokenException", "The trade-in token provided in the request has expired and can no longer be exchanged for credentials.")
	})
}
