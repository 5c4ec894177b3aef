package sts_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	s3sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const bob = "arn:aws:sts::111122223333:federated-user/Bob"

func TestGetFederationToken(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	u := w.user(t, w.iam, "alice", allowAll)
	out, err := u.GetFederationToken(ctx, &sdk.GetFederationTokenInput{Name: aws.String("Bob")})
	require.NoError(t, err)
	assert.Equal(t, bob, *out.FederatedUser.Arn)
	assert.Equal(t, "111122223333:Bob", *out.FederatedUser.FederatedUserId)
	require.NotNil(t, out.PackedPolicySize, "without a policy too")
	assert.Zero(t, *out.PackedPolicySize)
	w.requireLife(t, 12*time.Hour, out.Credentials.Expiration)
	who, err := w.session(out.Credentials).GetCallerIdentity(ctx, &sdk.GetCallerIdentityInput{})
	require.NoError(t, err)
	assert.Equal(t, bob, *who.Arn)
	assert.Equal(t, "111122223333:Bob", *who.UserId)

	rooted, err := w.sts.GetFederationToken(t.Context(), &sdk.GetFederationTokenInput{Name: aws.String("Bob"), DurationSeconds: aws.Int32(7200)})
	require.NoError(t, err)
	w.requireLife(t, time.Hour, rooted.Credentials.Expiration)
}

func TestGetFederationTokenIsDenied(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	nobody := w.user(t, w.iam, "alice", "")
	in := &sdk.GetFederationTokenInput{Name: aws.String("Bob")}
	_, err := nobody.GetFederationToken(ctx, in)
	requireError(t, err, "AccessDenied", "User: "+alice+" is not authorized to perform: sts:GetFederationToken on resource: "+bob+
		" because no identity-based policy allows the sts:GetFederationToken action")

	broker := w.user(t, w.iam, "broker", `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:GetFederationToken","Resource":"`+bob+`"}}`)
	_, err = broker.GetFederationToken(ctx, in)
	require.NoError(t, err)
	in.Tags = []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}
	_, err = broker.GetFederationToken(ctx, in)
	requireError(t, err, "AccessDenied", "User: arn:aws:iam::111122223333:user/broker is not authorized to perform: sts:TagSession on resource: "+bob)

	able := w.user(t, w.iam, "able", allowAll)
	in.Tags = append(in.Tags, types.Tag{Key: aws.String("TEAM"), Value: aws.String("red")})
	_, err = able.GetFederationToken(ctx, in)
	requireError(t, err, "InvalidParameterValue", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
	_, err = able.GetFederationToken(ctx, &sdk.GetFederationTokenInput{Name: aws.String("Bob"), Policy: aws.String("{")})
	requireError(t, err, "MalformedPolicyDocument", "Syntax errors in policy.")

	session, err := able.AssumeRole(ctx, input(w.role(t, "app", trust(assume, "*", ""))))
	require.NoError(t, err)
	_, err = w.session(session.Credentials).GetFederationToken(ctx, &sdk.GetFederationTokenInput{Name: aws.String("Bob")})
	requireError(t, err, "AccessDenied", "Cannot call GetFederationToken with session credentials")
}

// What a federated user may do: what both the user and a session policy allow,
// with the tags of both.
func TestFederatedUser(t *testing.T) {
	t.Parallel()
	eachDoor(t, federatedUser)
}

func federatedUser(t *testing.T, w *world) {
	u := w.user(t, w.iam, "alice", `{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Action":"sts:*","Resource":"*"},
		{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":"blue"}}}]}`)
	in := &sdk.GetFederationTokenInput{Name: aws.String("Bob"), Policy: aws.String(allowAll), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}}}
	out, err := u.GetFederationToken(t.Context(), in)
	require.NoError(t, err)
	assert.Positive(t, *out.PackedPolicySize)
	assert.True(t, w.allowed(t, out.Credentials))

	in.Tags[0].Value = aws.String("red")
	out, err = u.GetFederationToken(t.Context(), in)
	require.NoError(t, err)
	assert.False(t, w.allowed(t, out.Credentials), "the user may not")

	in.Tags[0].Value, in.Policy = aws.String("blue"), aws.String(denyAll)
	out, err = u.GetFederationToken(t.Context(), in)
	require.NoError(t, err)
	assert.False(t, w.allowed(t, out.Credentials), "the session policy denies")
	in.Policy = nil
	out, err = u.GetFederationToken(t.Context(), in)
	require.NoError(t, err)
	assert.False(t, w.allowed(t, out.Credentials), "there is no session policy")

	rooted, err := w.sts.GetFederationToken(t.Context(), &sdk.GetFederationTokenInput{Name: aws.String("Bob"), Policy: aws.String(allowAll)})
	require.NoError(t, err)
	assert.True(t, w.allowed(t, rooted.Credentials), "root hands on everything")
	rooted, err = w.sts.GetFederationToken(t.Context(), &sdk.GetFederationTokenInput{Name: aws.String("Bob")})
	require.NoError(t, err)
	assert.False(t, w.allowed(t, rooted.Credentials))
}

// bucketsOf asks S3 for its buckets.
func (w *world) bucketsOf(t testing.TB, c *types.Credentials) (*s3sdk.ListBucketsOutput, error) {
	t.Helper()
	return s3sdk.NewFromConfig(w.with(c)).ListBuckets(t.Context(), &s3sdk.ListBucketsInput{})
}

// allowed reports whether credentials may list the buckets of S3.
func (w *world) allowed(t testing.TB, c *types.Credentials) bool {
	t.Helper()
	_, err := w.bucketsOf(t, c)
	if err != nil {
		var api smithy.APIError
		require.ErrorAs(t, err, &api)
		require.Equal(t, "AccessDenied", api.ErrorCode())
	}
	return err == nil
}

// rule 54: what temporary credentials of users cannot call.
func TestCredentialsOfUsersAreLimited(t *testing.T) {
	t.Parallel()
	eachDoor(t, limitedCredentials)
}

func limitedCredentials(t *testing.T, w *world) {
	ctx := t.Context()
	u := w.user(t, w.iam, "alice", allowAll)
	p := w.phone(t, "alice")
	role := w.role(t, "app", trust(assume, "*", ""))
	federated, err := u.GetFederationToken(ctx, &sdk.GetFederationTokenInput{Name: aws.String("Bob"), Policy: aws.String(allowAll)})
	require.NoError(t, err)
	plain, err := u.GetSessionToken(ctx, &sdk.GetSessionTokenInput{})
	require.NoError(t, err)
	withCode, err := u.GetSessionToken(ctx, &sdk.GetSessionTokenInput{SerialNumber: &p.serial, TokenCode: p.code(0)})
	require.NoError(t, err)
	const unknown = "The security token included in the request is invalid."
	for name, tc := range map[string]struct {
		credentials *types.Credentials
		iam, role   string // the error of IAM, of AssumeRole
	}{
		"GetFederationToken":       {federated.Credentials, unknown, "Cannot call AssumeRole with session credentials"},
		"GetSessionToken":          {plain.Credentials, unknown, ""},
		"GetSessionToken with MFA": {withCode.Credentials, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := iamsdk.NewFromConfig(w.with(tc.credentials)).ListUsers(ctx, &iamsdk.ListUsersInput{})
			if tc.iam == "" {
				require.NoError(t, err)
			} else {
				requireError(t, err, "InvalidClientTokenId", tc.iam)
			}
			session := w.session(tc.credentials)
			_, err = session.AssumeRole(ctx, input(role))
			if tc.role == "" {
				require.NoError(t, err)
			} else {
				requireError(t, err, "AccessDenied", tc.role)
			}
			_, err = session.GetAccessKeyInfo(ctx, &sdk.GetAccessKeyInfoInput{AccessKeyId: tc.credentials.AccessKeyId})
			requireError(t, err, "AccessDenied", "Cannot call GetAccessKeyInfo with session credentials")
			_, err = session.GetCallerIdentity(ctx, &sdk.GetCallerIdentityInput{})
			require.NoError(t, err)
		})
	}
}
