package sts_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	iamsdk "github.com/aws/aws-sdk-go-v2/service/iam"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Sessions are small: a thousand that are alive, with what they carry, cost less
// than 2 KiB each. It is not parallel, so that nobody else allocates.
func TestSessionsAreSmall(t *testing.T) {
	const n = 1000
	w := newWorld(t)
	in := input(w.role(t, "app", trust(every, "*", "")), tags("team", "blue"), transitive("team"), identity("me"))
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	_, err := w.sts.AssumeRole(t.Context(), in)
	require.NoError(t, err)
	before := heap()
	for range n {
		_, err := w.sts.AssumeRole(t.Context(), in)
		require.NoError(t, err)
	}
	each := (heap() - before) / n
	t.Logf("%d bytes a session", each)
	assert.Less(t, each, uint64(2048))
	runtime.KeepAlive(w)
}

// Sessions that have expired are told so, until there are very many of them.
func TestExpiredSessionsDoNotPileUp(t *testing.T) {
	t.Parallel()
	const kept = 4096
	w := newWorld(t)
	in := input(w.role(t, "app", trust(every, "*", "")), seconds(900))
	var ids []string
	for range kept + 10 {
		out, err := w.sts.AssumeRole(t.Context(), in)
		require.NoError(t, err)
		ids = append(ids, *out.Credentials.AccessKeyId)
	}
	known := func() (n int) {
		for _, id := range ids {
			if _, ok := w.Credential(id); ok {
				n++
			}
		}
		return n
	}
	assert.Equal(t, kept+10, known(), "those that are alive are never forgotten")
	w.Clock().Advance(time.Hour)
	assert.Equal(t, kept+10, known())
	_, err := w.sts.AssumeRole(t.Context(), in)
	require.NoError(t, err)
	assert.Equal(t, kept-1, known(), "and the new one")
}

// What AWS's console does to revoke the sessions of a role: an inline policy that
// denies everything to those that were issued before.
func TestRevokedSessions(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	role := w.role(t, "app", trust(assume, "*", ""))
	name := aws.String("app")
	_, err := w.iam.PutRolePolicy(t.Context(), &iamsdk.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("all"), PolicyDocument: aws.String(allowAll)})
	require.NoError(t, err)
	u := w.user(t, w.iam, "alice", "")
	old, err := u.AssumeRole(ctx, input(role))
	require.NoError(t, err)
	require.True(t, w.allowed(t, old.Credentials))

	w.Clock().Advance(time.Minute)
	revoked := w.Clock().Now().UTC().Format("2006-01-02T15:04:05.000Z")
	_, err = w.iam.PutRolePolicy(t.Context(), &iamsdk.PutRolePolicyInput{RoleName: name, PolicyName: aws.String("AWSRevokeOlderSessions"), PolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{"DateLessThan":{"aws:TokenIssueTime":"` + revoked + `"}}}]}`)})
	require.NoError(t, err)
	assert.False(t, w.allowed(t, old.Credentials))
	_, err = w.session(old.Credentials).GetCallerIdentity(ctx, &sdk.GetCallerIdentityInput{})
	require.NoError(t, err, "nothing denies it")

	w.Clock().Advance(time.Minute)
	next, err := u.AssumeRole(ctx, input(role))
	require.NoError(t, err)
	assert.False(t, w.allowed(t, old.Credentials))
	assert.True(t, w.allowed(t, next.Credentials))
}

// The credentials of a user end with the user.
func TestSessionsOfADeletedUser(t *testing.T) {
	t.Parallel()
	w, ctx := newWorld(t), t.Context()
	u := w.user(t, w.iam, "alice", allowAll)
	session, err := u.GetSessionToken(ctx, &sdk.GetSessionTokenInput{})
	require.NoError(t, err)
	federated, err := u.GetFederationToken(ctx, &sdk.GetFederationTokenInput{Name: aws.String("Bob"), Policy: aws.String(allowAll)})
	require.NoError(t, err)
	name := aws.String("alice")
	keys, err := w.iam.ListAccessKeys(t.Context(), &iamsdk.ListAccessKeysInput{UserName: name})
	require.NoError(t, err)
	_, err = w.iam.DeleteAccessKey(t.Context(), &iamsdk.DeleteAccessKeyInput{UserName: name, AccessKeyId: keys.AccessKeyMetadata[0].AccessKeyId})
	require.NoError(t, err)
	require.True(t, w.allowed(t, session.Credentials), "the key is gone, the user is not")
	_, err = w.iam.DeleteUserPolicy(t.Context(), &iamsdk.DeleteUserPolicyInput{UserName: name, PolicyName: aws.String("p")})
	require.NoError(t, err)
	_, err = w.iam.DeleteUser(t.Context(), &iamsdk.DeleteUserInput{UserName: name})
	require.NoError(t, err)
	role := w.role(t, "app", trust(assume, "*", ""))
	_, err = w.session(session.Credentials).AssumeRole(ctx, input(role))
	requireError(t, err, "InvalidClientTokenId", "The security token included in the request is invalid.")
	for _, c := range []*types.Credentials{session.Credentials, federated.Credentials} {
		_, err = w.session(c).GetCallerIdentity(ctx, &sdk.GetCallerIdentityInput{})
		requireError(t, err, "InvalidClientTokenId", "The security token included in the request is invalid.")
	}
	_, err = w.bucketsOf(t, federated.Credentials)
	requireError(t, err, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.")
}
