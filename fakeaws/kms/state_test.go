package kms_test

import (
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// inState brings the key of a scene into a state.
func (s *scene) inState(t *testing.T, state types.KeyState) *types.KeyMetadata {
	t.Helper()
	ctx, root := t.Context(), s.root()
	switch state {
	case types.KeyStateDisabled:
		_, err := root.DisableKey(ctx, &awskms.DisableKeyInput{KeyId: s.key.KeyId})
		require.NoError(t, err)
	case types.KeyStatePendingDeletion:
		_, err := root.ScheduleKeyDeletion(ctx, &awskms.ScheduleKeyDeletionInput{KeyId: s.key.KeyId, PendingWindowInDays: aws.Int32(7)})
		require.NoError(t, err)
	case types.KeyStatePendingImport:
		return s.imported
	}
	return s.key
}

// The table of "Key states of AWS KMS keys" of the KMS Developer Guide.
func TestKeyStates(t *testing.T) {
	t.Parallel()
	const (
		ok          = ""
		isDisabled  = "DisabledException:  is disabled."
		pending     = "KMSInvalidStateException:  is pending deletion."
		notPending  = "KMSInvalidStateException:  is not pending deletion."
		noMaterial  = "KMSInvalidStateException:  is pending import."
		external    = "UnsupportedOperationException:  origin is EXTERNAL which is not valid for this operation."
		notExternal = "UnsupportedOperationException:  origin is AWS_KMS which is not valid for this operation."
	)
	type row struct {
		enabled, disabled, deletion, importing string
	}
	crypto := row{ok, isDisabled, pending, noMaterial}
	always := row{ok, ok, ok, ok}
	kept := row{ok, ok, pending, ok}
	for operation, want := range map[string]row{
		"CancelKeyDeletion": {notPending, notPending, ok, notPending},
		"CreateAlias":       kept, "CreateGrant": crypto, "Encrypt": crypto, "GenerateDataKey": crypto, "GenerateDataKeyWithoutPlaintext": crypto,
		"GenerateDataKeyPair": crypto, "GenerateDataKeyPairWithoutPlaintext": crypto, "DescribeKey": always, "GetKeyPolicy": always,
		"ListGrants": always, "ListKeyPolicies": always, "ListResourceTags": always, "PutKeyPolicy": always,
		"EnableKey": {ok, ok, pending, noMaterial}, "DisableKey": {ok, ok, pending, noMaterial},
		"EnableKeyRotation": {ok, isDisabled, pending, external}, "DisableKeyRotation": {ok, isDisabled, pending, external},
		"RotateKeyOnDemand": {ok, isDisabled, pending, external}, "GetKeyRotationStatus": {ok, ok, ok, external},
		"ScheduleKeyDeletion": kept, "TagResource": kept, "UntagResource": kept, "UpdateKeyDescription": kept,
		"DeleteImportedKeyMaterial": {notExternal, notExternal, notExternal, ok},
		"GetParametersForImport":    {notExternal, notExternal, notExternal, ok},
	} {
		for state, expected := range map[types.KeyState]string{
			types.KeyStateEnabled: want.enabled, types.KeyStateDisabled: want.disabled,
			types.KeyStatePendingDeletion: want.deletion, types.KeyStatePendingImport: want.importing,
		} {
			t.Run(operation+"/"+string(state), func(t *testing.T) {
				t.Parallel()
				s := newScene(t)
				key := s.inState(t, state)
				s.key, s.imported = key, key
				for _, c := range s.calls() {
					if c.operation() != operation {
						continue
					}
					err := send(t.Context(), s.root(), c.in)
					if expected == ok {
						require.NoError(t, err)
						return
					}
					code, text := split(expected)
					worldtest.RequireError(t, err, code, *key.Arn+text)
					return
				}
				t.Fatal("no call of " + operation)
			})
		}
	}
}

func split(expected string) (code, text string) {
	for i := range expected {
		if expected[i] == ':' {
			return expected[:i], expected[i+2:]
		}
	}
	return expected, ""
}

// A key is deleted when its waiting period is over, with its aliases.
func TestDeletion(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ctx, root := t.Context(), s.root()
	for _, days := range []int32{6, 31} {
		_, err := root.ScheduleKeyDeletion(ctx, &awskms.ScheduleKeyDeletionInput{KeyId: s.key.KeyId, PendingWindowInDays: &days})
		requireCode(t, err, "ValidationException")
	}
	out, err := root.ScheduleKeyDeletion(ctx, &awskms.ScheduleKeyDeletionInput{KeyId: s.key.KeyId, PendingWindowInDays: aws.Int32(7)})
	require.NoError(t, err)
	assert.Equal(t, types.KeyStatePendingDeletion, out.KeyState)
	assert.WithinDuration(t, s.Clock().Now().Add(7*24*time.Hour), *out.DeletionDate, time.Minute)
	_, err = root.CancelKeyDeletion(ctx, &awskms.CancelKeyDeletionInput{KeyId: s.key.KeyId})
	require.NoError(t, err)
	described, err := root.DescribeKey(ctx, &awskms.DescribeKeyInput{KeyId: s.key.KeyId})
	require.NoError(t, err)
	assert.Equal(t, types.KeyStateDisabled, described.KeyMetadata.KeyState)
	_, err = root.ScheduleKeyDeletion(ctx, &awskms.ScheduleKeyDeletionInput{KeyId: s.key.KeyId, PendingWindowInDays: aws.Int32(7)})
	require.NoError(t, err)
	s.Clock().Advance(7*24*time.Hour + time.Second)
	_, err = root.DescribeKey(ctx, &awskms.DescribeKeyInput{KeyId: s.key.KeyId})
	requireCode(t, err, "NotFoundException")
	_, err = root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: s.blob})
	worldtest.RequireError(t, err, "AccessDeniedException", "The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.")
	aliases, err := root.ListAliases(ctx, &awskms.ListAliasesInput{})
	require.NoError(t, err)
	assert.Empty(t, aliases.Aliases)
}

// A primary key waits for its replicas.
func TestReplicas(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ctx, root, id := t.Context(), s.root(), s.mrk.KeyId
	there := in("eu-west-1")
	sealed, err := root.Encrypt(ctx, &awskms.EncryptInput{KeyId: id, Plaintext: []byte("x")})
	require.NoError(t, err)
	opened, err := root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob}, there)
	require.NoError(t, err)
	assert.Equal(t, "x", string(opened.Plaintext))
	assert.Equal(t, "arn:aws:kms:eu-west-1:"+owner+":key/"+*id, *opened.KeyId)
	_, err = root.ReplicateKey(ctx, &awskms.ReplicateKeyInput{KeyId: id, ReplicaRegion: aws.String("eu-west-1")})
	requireCode(t, err, "AlreadyExistsException")
	_, err = root.ReplicateKey(ctx, &awskms.ReplicateKeyInput{KeyId: s.key.KeyId, ReplicaRegion: aws.String("eu-west-1")})
	requireCode(t, err, "UnsupportedOperationException")
	_, err = root.EnableKeyRotation(ctx, &awskms.EnableKeyRotationInput{KeyId: id}, there)
	requireCode(t, err, "UnsupportedOperationException")

	_, err = root.UpdatePrimaryRegion(ctx, &awskms.UpdatePrimaryRegionInput{KeyId: id, PrimaryRegion: aws.String("eu-west-1")})
	require.NoError(t, err)
	for _, r := range []string{region, "eu-west-1"} {
		opened, err = root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob}, in(r))
		require.NoError(t, err)
		assert.Equal(t, "x", string(opened.Plaintext))
	}
	scheduled, err := root.ScheduleKeyDeletion(ctx, &awskms.ScheduleKeyDeletionInput{KeyId: id, PendingWindowInDays: aws.Int32(7)}, there)
	require.NoError(t, err)
	assert.Equal(t, types.KeyStatePendingReplicaDeletion, scheduled.KeyState)
	_, err = root.ScheduleKeyDeletion(ctx, &awskms.ScheduleKeyDeletionInput{KeyId: id, PendingWindowInDays: aws.Int32(10)})
	require.NoError(t, err)
	s.Clock().Advance(10*24*time.Hour + time.Second)
	described, err := root.DescribeKey(ctx, &awskms.DescribeKeyInput{KeyId: id}, there)
	require.NoError(t, err)
	assert.Equal(t, types.KeyStatePendingDeletion, described.KeyMetadata.KeyState)
	s.Clock().Advance(7*24*time.Hour + time.Second)
	_, err = root.DescribeKey(ctx, &awskms.DescribeKeyInput{KeyId: id}, there)
	requireCode(t, err, "NotFoundException")
}

// Rotation is on the World's clock, and what was encrypted before it opens after it.
func TestRotation(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ctx, root, id := t.Context(), s.root(), s.key.KeyId
	_, err := root.EnableKeyRotation(ctx, &awskms.EnableKeyRotationInput{KeyId: id, RotationPeriodInDays: aws.Int32(90)})
	require.NoError(t, err)
	s.Clock().Advance(200 * 24 * time.Hour)
	_, err = root.RotateKeyOnDemand(ctx, &awskms.RotateKeyOnDemandInput{KeyId: id})
	require.NoError(t, err)
	rotations, err := root.ListKeyRotations(ctx, &awskms.ListKeyRotationsInput{KeyId: id})
	require.NoError(t, err)
	var by []types.RotationType
	for _, r := range rotations.Rotations {
		by = append(by, r.RotationType)
	}
	assert.Equal(t, []types.RotationType{types.RotationTypeAutomatic, types.RotationTypeAutomatic, types.RotationTypeOnDemand}, by)
	all, err := root.ListKeyRotations(ctx, &awskms.ListKeyRotationsInput{KeyId: id, IncludeKeyMaterial: types.IncludeKeyMaterialAllKeyMaterial})
	require.NoError(t, err)
	assert.Len(t, all.Rotations, 4)
	old, err := root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: s.blob})
	require.NoError(t, err)
	assert.Equal(t, *all.Rotations[0].KeyMaterialId, *old.KeyMaterialId)
	status, err := root.GetKeyRotationStatus(ctx, &awskms.GetKeyRotationStatusInput{KeyId: id})
	require.NoError(t, err)
	assert.True(t, status.KeyRotationEnabled)
	for range 24 {
		_, err = root.RotateKeyOnDemand(ctx, &awskms.RotateKeyOnDemandInput{KeyId: id})
		require.NoError(t, err)
	}
	_, err = root.RotateKeyOnDemand(ctx, &awskms.RotateKeyOnDemandInput{KeyId: id})
	requireCode(t, err, "LimitExceededException")
}
