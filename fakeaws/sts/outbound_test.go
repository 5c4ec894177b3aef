package sts_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// enableOutbound gives the account its issuer of tokens.
func (w *world) enableOutbound(t testing.TB) string {
	t.Helper()
	out, err := w.iam.EnableOutboundWebIdentityFederation(t.Context(), &iamsdk.EnableOutboundWebIdentityFederationInput{})
	require.NoError(t, err)
	return *out.IssuerIdentifier
}

// verified is what a service outside of AWS learns from a token.
func (w *world) verified(t testing.TB, issuer, token string) jwt.MapClaims {
	t.Helper()
	published, ok := w.Issuers().Get(issuer)
	require.True(t, ok)
	claims := jwt.MapClaims{}
	_, err := jwt.NewParser(jwt.WithValidMethods([]string{"RS256", "ES384"}), jwt.WithIssuer(issuer), jwt.WithTimeFunc(w.Clock().Now)).
		ParseWithClaims(token, claims, func(t *jwt.Token) (any, error) { return published.Keys[t.Header["kid"].(string)], nil })
	require.NoError(t, err)
	assert.Contains(t, string(published.JWKS()), `"kid":"`)
	return claims
}

func TestGetWebIdentityToken(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		issuer := w.enableOutbound(t)
		u := w.user(t, w.iam, "alice", allowAll)
		_, err := w.iam.TagUser(t.Context(), &iamsdk.TagUserInput{UserName: aws.String("alice"), Tags: []iamtypes.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}})
		require.NoError(t, err)
		for _, algorithm := range []string{"ES384", "RS256"} {
			out, err := u.GetWebIdentityToken(ctx, &sdk.GetWebIdentityTokenInput{
				Audience: []string{"https://api.example.com"}, SigningAlgorithm: &algorithm,
				Tags: []types.Tag{{Key: aws.String("job"), Value: aws.String("7")}},
			})
			require.NoError(t, err)
			w.requireLife(t, 5*time.Minute, out.Expiration)
			claims := w.verified(t, issuer, *out.WebIdentityToken)
			assert.Equal(t, "https://api.example.com", claims["aud"])
			assert.Equal(t, alice, claims["sub"])
			assert.Equal(t, map[string]any{
				"aws_account": accountID, "source_region": "us-east-1",
				"principal_tags": map[string]any{"team": "blue"}, "request_tags": map[string]any{"job": "7"},
			}, claims["https://sts.amazonaws.com/"])
		}
		role, err := u.AssumeRole(ctx, input(w.role(t, "app", trust(assume, "*", ""))))
		require.NoError(t, err)
		_, err = w.iam.PutRolePolicy(t.Context(), &iamsdk.PutRolePolicyInput{RoleName: aws.String("app"), PolicyName: aws.String("p"), PolicyDocument: aws.String(allowAll)})
		require.NoError(t, err)
		session := w.session(role.Credentials)
		out, err := session.GetWebIdentityToken(ctx, &sdk.GetWebIdentityTokenInput{Audience: []string{"a", "b"}, SigningAlgorithm: aws.String("ES384")})
		require.NoError(t, err)
		claims := w.verified(t, issuer, *out.WebIdentityToken)
		assert.Equal(t, []any{"a", "b"}, claims["aud"])
		assert.Equal(t, "arn:aws:iam::111122223333:role/app", claims["sub"])

		w.Clock().Advance(50 * time.Minute)
		_, err = session.GetWebIdentityToken(ctx, &sdk.GetWebIdentityTokenInput{Audience: []string{"a"}, SigningAlgorithm: aws.String("ES384"), DurationSeconds: aws.Int32(3600)})
		requireError(t, err, "SessionDurationEscalationException", "The requested token duration would extend the session beyond its original expiration time.")
	})
}

// Who may have a token for whom. It is no token for AWS itself.
func TestGetWebIdentityTokenIsLimited(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	u := w.user(t, w.iam, "alice", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:GetWebIdentityToken","Resource":"*","Condition":{
		"ForAllValues:StringEquals":{"sts:IdentityTokenAudience":"good"},"NumericLessThanEquals":{"sts:DurationSeconds":"300"},"StringEquals":{"sts:SigningAlgorithm":"ES384"}}}}`)
	in := func(change ...func(*sdk.GetWebIdentityTokenInput)) *sdk.GetWebIdentityTokenInput {
		in := &sdk.GetWebIdentityTokenInput{Audience: []string{"good"}, SigningAlgorithm: aws.String("ES384")}
		for _, f := range change {
			f(in)
		}
		return in
	}
	_, err := u.GetWebIdentityToken(ctx, in())
	requireError(t, err, "OutboundWebIdentityFederationDisabledException", "The outbound web identity federation feature is not enabled for this account.")
	w.enableOutbound(t)
	out, err := u.GetWebIdentityToken(ctx, in())
	require.NoError(t, err)
	const denied = "User: " + alice + " is not authorized to perform: sts:GetWebIdentityToken because no identity-based policy allows the sts:GetWebIdentityToken action"
	for name, change := range map[string]func(*sdk.GetWebIdentityTokenInput){
		"audience":  func(in *sdk.GetWebIdentityTokenInput) { in.Audience = []string{"good", "bad"} },
		"duration":  func(in *sdk.GetWebIdentityTokenInput) { in.DurationSeconds = aws.Int32(301) },
		"algorithm": func(in *sdk.GetWebIdentityTokenInput) { in.SigningAlgorithm = aws.String("RS256") },
	} {
		_, err := u.GetWebIdentityToken(ctx, in(change))
		t.Log(name)
		requireError(t, err, "AccessDenied", denied)
	}
	_, err = u.GetWebIdentityToken(ctx, in(func(in *sdk.GetWebIdentityTokenInput) {
		in.Tags = []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}
	}))
	requireError(t, err, "AccessDenied", "User: "+alice+" is not authorized to perform: sts:TagGetWebIdentityToken because no identity-based policy allows the sts:TagGetWebIdentityToken action")
	_, err = u.GetWebIdentityToken(ctx, in(func(in *sdk.GetWebIdentityTokenInput) { in.SigningAlgorithm = aws.String("HS256") }))
	requireError(t, err, "ValidationError", "1 validation error detected: Value 'HS256' at 'signingAlgorithm' failed to satisfy constraint: Member must satisfy enum value set: [RS256, ES384]")

	_, err = w.sts.AssumeRoleWithWebIdentity(t.Context(), &sdk.AssumeRoleWithWebIdentityInput{
		RoleArn: aws.String(w.role(t, "app", trust(assume, "*", ""))), RoleSessionName: aws.String("session"), WebIdentityToken: out.WebIdentityToken})
	require.ErrorContains(t, err, "No OpenIDConnect provider found in your account for https://")
}
