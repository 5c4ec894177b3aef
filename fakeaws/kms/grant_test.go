package kms_test

import (
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func userARN(account, name string) string { return "arn:aws:iam::" + account + ":user/" + name }

// grant makes a grant for a user of the owner's.
func (c *cloud) grant(t testing.TB, key *types.KeyMetadata, grantee string, constraints *types.GrantConstraints, operations ...types.GrantOperation) *awskms.CreateGrantOutput {
	t.Helper()
	out, err := c.root().CreateGrant(t.Context(), &awskms.CreateGrantInput{KeyId: key.KeyId, GranteePrincipal: &grantee, Operations: operations, Constraints: constraints})
	require.NoError(t, err)
	return out
}

// What a grant allows, by its operations and constraints.
func TestGrantConstraints(t *testing.T) {
	t.Parallel()
	type pairs = map[string]string
	equals := func(p pairs) *types.GrantConstraints { return &types.GrantConstraints{EncryptionContextEquals: p} }
	subset := func(p pairs) *types.GrantConstraints { return &types.GrantConstraints{EncryptionContextSubset: p} }
	for name, tc := range map[string]struct {
		constraints *types.GrantConstraints
		context     pairs
		allowed     bool
	}{
		"none, without a context":     {nil, nil, true},
		"none, with a context":        {nil, pairs{"a": "1"}, true},
		"equals, the same":            {equals(pairs{"a": "1"}), pairs{"a": "1"}, true},
		"equals, more":                {equals(pairs{"a": "1"}), pairs{"a": "1", "b": "2"}, false},
		"equals, less":                {equals(pairs{"a": "1", "b": "2"}), pairs{"a": "1"}, false},
		"equals, another value":       {equals(pairs{"a": "1"}), pairs{"a": "2"}, false},
		"equals, without a context":   {equals(pairs{"a": "1"}), nil, false},
		"equals, another case of key": {equals(pairs{"Tenant": "1"}), pairs{"tenant": "1"}, true},
		"equals, another case":        {equals(pairs{"a": "x"}), pairs{"a": "X"}, false},
		"subset, the same":            {subset(pairs{"a": "1"}), pairs{"a": "1"}, true},
		"subset, more":                {subset(pairs{"a": "1"}), pairs{"a": "1", "b": "2"}, true},
		"subset, less":                {subset(pairs{"a": "1", "b": "2"}), pairs{"a": "1"}, false},
		"subset, without a context":   {subset(pairs{"a": "1"}), nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			key, user := c.key(t), c.user(owner, "alice", "")
			c.grant(t, key, userARN(owner, "alice"), tc.constraints, types.GrantOperationEncrypt, types.GrantOperationDescribeKey)
			_, err := user.Encrypt(t.Context(), &awskms.EncryptInput{KeyId: key.KeyId, Plaintext: []byte("x"), EncryptionContext: tc.context})
			if tc.allowed {
				require.NoError(t, err)
			} else {
				requireCode(t, err, "AccessDeniedException")
			}
			// A constraint is not one of DescribeKey.
			_, err = user.DescribeKey(t.Context(), &awskms.DescribeKeyInput{KeyId: key.KeyId})
			require.NoError(t, err)
			_, err = user.GenerateDataKey(t.Context(), &awskms.GenerateDataKeyInput{KeyId: key.KeyId, KeySpec: types.DataKeySpecAes256, EncryptionContext: tc.context})
			requireCode(t, err, "AccessDeniedException")
		})
	}
}

// An explicit Deny wins over a grant, wherever it stands.
func TestGrantAndDeny(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	alice := c.users.Add(c.World.World, owner, "alice", "")
	key := c.key(t)
	c.grant(t, key, userARN(owner, "alice"), nil, types.GrantOperationEncrypt)
	encrypt := func() error {
		_, err := c.client(alice).Encrypt(t.Context(), &awskms.EncryptInput{KeyId: key.KeyId, Plaintext: []byte("x")})
		return err
	}
	require.NoError(t, encrypt())
	c.users.SetPolicy(alice, `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"kms:Encrypt","Resource":"*"}}`)
	requireCode(t, encrypt(), "AccessDeniedException")
	c.users.SetPolicy(alice, "")
	require.NoError(t, encrypt())
	_, err := c.root().PutKeyPolicy(t.Context(), &awskms.PutKeyPolicyInput{KeyId: key.KeyId, Policy: aws.String(keyPolicy(`,{"Effect":"Deny","Principal":{"AWS":"` + userARN(owner, "alice") + `"},"Action":"kms:Encrypt","Resource":"*"}`))})
	require.NoError(t, err)
	requireCode(t, encrypt(), "AccessDeniedException")
	// One of the same name that is made anew has not the grant.
	_, err = c.root().PutKeyPolicy(t.Context(), &awskms.PutKeyPolicyInput{KeyId: key.KeyId, Policy: aws.String(keyPolicy(""))})
	require.NoError(t, err)
	require.NoError(t, encrypt())
	c.users.Delete(c.World.World, alice)
	alice = c.users.Add(c.World.World, owner, "alice", "")
	requireCode(t, encrypt(), "AccessDeniedException")
}

// A grant reaches into another account without an IAM policy there; a key policy does not.
func TestCrossAccount(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	key := c.key(t, withPolicy(keyPolicy(`,{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::`+stranger+`:root"},"Action":"kms:Decrypt","Resource":"*"}`)))
	bob := c.users.Add(c.World.World, stranger, "bob", "")
	sealed, err := c.root().Encrypt(t.Context(), &awskms.EncryptInput{KeyId: key.KeyId, Plaintext: []byte("x")})
	require.NoError(t, err)
	decrypt := func() error {
		_, err := c.client(bob).Decrypt(t.Context(), &awskms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob})
		return err
	}
	requireCode(t, decrypt(), "AccessDeniedException")
	c.users.SetPolicy(bob, allow("kms:Decrypt", *key.Arn))
	require.NoError(t, decrypt())
	c.users.SetPolicy(bob, allow("kms:*", "*"))
	_, err = c.client(bob).Encrypt(t.Context(), &awskms.EncryptInput{KeyId: key.Arn, Plaintext: []byte("x")})
	requireCode(t, err, "AccessDeniedException")
	_, err = c.client(bob).DisableKey(t.Context(), &awskms.DisableKeyInput{KeyId: key.Arn})
	requireCode(t, err, "AccessDeniedException")
	c.users.SetPolicy(bob, "")
	c.grant(t, key, userARN(stranger, "bob"), nil, types.GrantOperationEncrypt)
	_, err = c.client(bob).Encrypt(t.Context(), &awskms.EncryptInput{KeyId: key.Arn, Plaintext: []byte("x")})
	require.NoError(t, err)
}

// Who ends a grant.
func TestRetiringAndRevoking(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, root, key := t.Context(), c.root(), c.key(t)
	retirer, grantee, nobody := c.user(owner, "retirer", ""), c.user(owner, "grantee", ""), c.user(owner, "nobody", "")
	admin := c.user(owner, "admin", allow("kms:RetireGrant", "*"))
	give := func(operations ...types.GrantOperation) *awskms.CreateGrantOutput {
		out, err := root.CreateGrant(ctx, &awskms.CreateGrantInput{
			KeyId: key.KeyId, GranteePrincipal: aws.String(userARN(owner, "grantee")), RetiringPrincipal: aws.String(userARN(owner, "retirer")), Operations: operations,
		})
		require.NoError(t, err)
		return out
	}
	g := give(types.GrantOperationEncrypt)
	byID := &awskms.RetireGrantInput{KeyId: key.Arn, GrantId: g.GrantId}
	for _, client := range []*awskms.Client{grantee, nobody} {
		_, err := client.RetireGrant(ctx, byID)
		requireCode(t, err, "AccessDeniedException")
	}
	listed, err := root.ListRetirableGrants(ctx, &awskms.ListRetirableGrantsInput{RetiringPrincipal: aws.String(userARN(owner, "retirer"))})
	require.NoError(t, err)
	require.Len(t, listed.Grants, 1)
	assert.Equal(t, g.GrantId, listed.Grants[0].GrantId)
	_, err = retirer.RetireGrant(ctx, &awskms.RetireGrantInput{GrantToken: g.GrantToken})
	require.NoError(t, err)
	_, err = retirer.RetireGrant(ctx, byID)
	requireCode(t, err, "AccessDeniedException") // it is gone, and so is what allowed it
	_, err = grantee.Encrypt(ctx, &awskms.EncryptInput{KeyId: key.KeyId, Plaintext: []byte("x")})
	requireCode(t, err, "AccessDeniedException")

	g = give(types.GrantOperationEncrypt, types.GrantOperationRetireGrant)
	_, err = grantee.RetireGrant(ctx, &awskms.RetireGrantInput{KeyId: key.Arn, GrantId: g.GrantId})
	require.NoError(t, err)
	g = give(types.GrantOperationEncrypt)
	_, err = admin.RetireGrant(ctx, &awskms.RetireGrantInput{KeyId: key.Arn, GrantId: g.GrantId})
	require.NoError(t, err)
	g = give(types.GrantOperationEncrypt)
	_, err = root.RevokeGrant(ctx, &awskms.RevokeGrantInput{KeyId: key.KeyId, GrantId: g.GrantId})
	require.NoError(t, err)
	_, err = root.RevokeGrant(ctx, &awskms.RevokeGrantInput{KeyId: key.KeyId, GrantId: g.GrantId})
	requireCode(t, err, "InvalidGrantIdException")
}

// Who has CreateGrant by a grant passes no more on than that.
func TestGrantingCreateGrant(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	key, middle := c.key(t), c.user(owner, "middle", "")
	leaf := c.user(owner, "leaf", "")
	pairs := map[string]string{"a": "1"}
	c.grant(t, key, userARN(owner, "middle"), &types.GrantConstraints{EncryptionContextSubset: pairs}, types.GrantOperationCreateGrant, types.GrantOperationEncrypt)
	pass := func(constraints *types.GrantConstraints, operations ...types.GrantOperation) error {
		_, err := middle.CreateGrant(t.Context(), &awskms.CreateGrantInput{KeyId: key.KeyId, GranteePrincipal: aws.String(userARN(owner, "leaf")), Constraints: constraints, Operations: operations})
		return err
	}
	requireCode(t, pass(nil, types.GrantOperationEncrypt), "AccessDeniedException")
	requireCode(t, pass(&types.GrantConstraints{EncryptionContextSubset: pairs}, types.GrantOperationDecrypt), "AccessDeniedException")
	requireCode(t, pass(&types.GrantConstraints{EncryptionContextSubset: map[string]string{"b": "1"}}, types.GrantOperationEncrypt), "AccessDeniedException")
	require.NoError(t, pass(&types.GrantConstraints{EncryptionContextEquals: map[string]string{"a": "1", "b": "2"}}, types.GrantOperationEncrypt))
	_, err := leaf.Encrypt(t.Context(), &awskms.EncryptInput{KeyId: key.KeyId, Plaintext: []byte("x"), EncryptionContext: map[string]string{"a": "1", "b": "2"}})
	require.NoError(t, err)
}

func TestGrantShapes(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, root, key := t.Context(), c.root(), c.key(t)
	in := &awskms.CreateGrantInput{KeyId: key.KeyId, GranteePrincipal: aws.String("arn:aws:iam::" + owner + ":root"), Name: aws.String("n"), Operations: []types.GrantOperation{types.GrantOperationEncrypt}}
	first, err := root.CreateGrant(ctx, in)
	require.NoError(t, err)
	again, err := root.CreateGrant(ctx, in)
	require.NoError(t, err)
	assert.Equal(t, first.GrantId, again.GrantId)
	assert.NotEqual(t, first.GrantToken, again.GrantToken)
	in.Operations = []types.GrantOperation{types.GrantOperationSign}
	_, err = root.CreateGrant(ctx, in)
	requireCode(t, err, "ValidationException")
	in.Operations, in.GranteePrincipal = []types.GrantOperation{types.GrantOperationEncrypt}, aws.String(userARN(owner, "none"))
	_, err = root.CreateGrant(ctx, in)
	requireCode(t, err, "InvalidArnException")
	for range 5 {
		c.grant(t, key, "arn:aws:iam::"+owner+":root", nil, types.GrantOperationDecrypt)
	}
	var marker *string
	seen := map[string]bool{}
	for {
		page, err := root.ListGrants(ctx, &awskms.ListGrantsInput{KeyId: key.KeyId, Limit: aws.Int32(2), Marker: marker})
		require.NoError(t, err)
		for _, g := range page.Grants {
			seen[*g.GrantId] = true
		}
		if marker = page.NextMarker; !page.Truncated {
			break
		}
	}
	assert.Len(t, seen, 6)
	_, err = root.ListGrants(ctx, &awskms.ListGrantsInput{KeyId: key.KeyId, Marker: aws.String("nonsense")})
	requireCode(t, err, "InvalidMarkerException")
}

// Many calls at once that repeat one grant make one.
func TestGrantsOfOneNameAtOnce(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, root, key := t.Context(), c.root(), c.key(t)
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			_, err := root.CreateGrant(ctx, &awskms.CreateGrantInput{KeyId: key.KeyId, Name: aws.String("n"),
				GranteePrincipal: aws.String("arn:aws:iam::" + owner + ":root"), Operations: []types.GrantOperation{types.GrantOperationEncrypt}})
			assert.NoError(t, err)
		})
	}
	group.Wait()
	page, err := root.ListGrants(ctx, &awskms.ListGrantsInput{KeyId: key.KeyId})
	require.NoError(t, err)
	assert.Len(t, page.Grants, 1)
}

// The grants of a key end with it, also if nobody has looked at the key since.
func TestGrantsEndWithTheirKey(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, root, key := t.Context(), c.root(), c.key(t)
	_, err := root.CreateGrant(ctx, &awskms.CreateGrantInput{KeyId: key.KeyId, RetiringPrincipal: aws.String("arn:aws:iam::" + owner + ":root"),
		GranteePrincipal: aws.String("arn:aws:iam::" + owner + ":root"), Operations: []types.GrantOperation{types.GrantOperationEncrypt}})
	require.NoError(t, err)
	_, err = root.ScheduleKeyDeletion(ctx, &awskms.ScheduleKeyDeletionInput{KeyId: key.KeyId, PendingWindowInDays: aws.Int32(7)})
	require.NoError(t, err)
	for _, want := range []int{1, 0} {
		page, err := root.ListRetirableGrants(ctx, &awskms.ListRetirableGrantsInput{RetiringPrincipal: aws.String("arn:aws:iam::" + owner + ":root")})
		require.NoError(t, err)
		assert.Len(t, page.Grants, want)
		c.Clock().Advance(8 * 24 * time.Hour)
	}
}
