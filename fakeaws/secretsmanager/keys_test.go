package secretsmanager_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

func TestSecretOfAnotherAccount(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		root, ctx := c.root(), t.Context()
		key, err := c.Keys().Create(owner, region, nil)
		require.NoError(t, err)
		shared, err := root.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("shared"), SecretString: aws.String("x"), KmsKeyId: &key.ARN})
		require.NoError(t, err)
		managed := create(t, root, "managed", "x")
		for _, id := range []*string{shared.ARN, managed.ARN} {
			_, err = root.PutResourcePolicy(ctx, &sm.PutResourcePolicyInput{SecretId: id, ResourcePolicy: aws.String(sharing("secretsmanager:GetSecretValue"))})
			require.NoError(t, err)
		}
		reader := c.user(stranger, "reader", statements(allow("secretsmanager:*", "*"), kmsAnyway))
		_, err = get(t, reader, *managed.ARN)
		worldtest.RequireError(t, err, "InvalidRequestException", "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.")
		_, err = get(t, reader, *shared.ARN)
		worldtest.RequireError(t, err, "AccessDeniedException", "Access to KMS is not allowed")
		require.NoError(t, key.SetPolicy(enforce.MustParse(statements(
			`{"Effect":"Allow","Principal":{"AWS":"`+owner+`"},"Action":"kms:*","Resource":"*"}`,
			`{"Effect":"Allow","Principal":{"AWS":"`+stranger+`"},"Action":"kms:Decrypt","Resource":"*",`+
				`"Condition":{"StringEquals":{"kms:ViaService":"secretsmanager.us-east-1.amazonaws.com","kms:EncryptionContext:SecretARN":"`+*shared.ARN+`","kms:EncryptionContext:SecretVersionId":"`+*shared.VersionId+`"}}}`,
		), enforce.KeyPolicy)))
		value, err := get(t, reader, *shared.ARN)
		require.NoError(t, err)
		assert.Equal(t, "x", value)
		// Both sides must allow.
		_, err = get(t, c.user(stranger, "nobody", statements(kmsAnyway)), *shared.ARN)
		var api smithy.APIError
		require.ErrorAs(t, err, &api)
		assert.Equal(t, "AccessDeniedException", api.ErrorCode())
		_, err = reader.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: shared.ARN})
		worldtest.RequireError(t, err, "AccessDeniedException", "User: arn:aws:iam::"+stranger+":user/reader is not authorized to perform: secretsmanager:DescribeSecret on resource: "+*shared.ARN+
			" because no resource-based policy allows the secretsmanager:DescribeSecret action")
	})
}

func TestKeysAreAskedForTheCaller(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.root(), t.Context()
	key, err := c.Keys().Create(owner, region, nil)
	require.NoError(t, err)
	key.SetAlias("alias/app")
	secret := &sm.CreateSecretInput{Name: aws.String("db"), SecretString: aws.String("x"), KmsKeyId: aws.String("alias/app")}
	only := allow("secretsmanager:*", "*")
	denied := "Access to KMS is not allowed"
	for name, kms := range map[string]string{"none": "sts:x", "no decrypt": "kms:GenerateDataKey", "no generate": "kms:Decrypt"} {
		_, err = c.user(owner, name[:2], statements(only, allow(kms, key.ARN))).CreateSecret(ctx, secret)
		worldtest.RequireError(t, err, "AccessDeniedException", denied)
	}
	// The key is asked for the value too, by the id of its version.
	half := c.user(owner, "half", statements(only, allow("kms:*", key.ARN, condition("StringEquals", "kms:EncryptionContext:SecretVersionId", "RequestToValidateKeyAccess"))))
	_, err = half.CreateSecret(ctx, secret)
	worldtest.RequireError(t, err, "AccessDeniedException", denied)
	_, err = half.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("empty"), KmsKeyId: secret.KmsKeyId})
	require.NoError(t, err)
	writer := c.user(owner, "writer", statements(only, allow("kms:GenerateDataKey", key.ARN), allow("kms:Decrypt", key.ARN, condition("StringEquals", "kms:EncryptionContext:SecretVersionId", "RequestToValidateKeyAccess"))))
	_, err = writer.CreateSecret(ctx, secret)
	require.NoError(t, err)
	_, err = writer.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: aws.String("db"), SecretString: aws.String("y")})
	require.NoError(t, err)
	_, err = get(t, writer, "db")
	worldtest.RequireError(t, err, "AccessDeniedException", denied)
	reader := c.user(owner, "reader", statements(only, allow("kms:Decrypt", key.ARN, condition("StringEquals", "kms:ViaService", "secretsmanager.us-east-1.amazonaws.com"))))
	value, err := get(t, reader, "db")
	require.NoError(t, err)
	assert.Equal(t, "y", value)
	_, err = reader.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: aws.String("db"), SecretString: aws.String("z")})
	worldtest.RequireError(t, err, "AccessDeniedException", denied)

	// The managed key takes no permission, but heeds a Deny.
	create(t, root, "plain", "x")
	_, err = get(t, c.user(owner, "plain", statements(only)), "plain")
	require.NoError(t, err)
	_, err = get(t, c.user(owner, "without", statements(only, deny("kms:*", "*"))), "plain")
	worldtest.RequireError(t, err, "AccessDeniedException", denied)
	_, err = root.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("n"), KmsKeyId: aws.String("alias/nothing")})
	worldtest.RequireError(t, err, "EncryptionFailure", "Secrets Manager can't encrypt the protected secret text using the provided KMS key.")
}

// A version that was encrypted again is read with the old key or with the new one. What the
// caller of UpdateSecret could not decrypt stays as it was.
func TestChangeOfKey(t *testing.T) {
	t.Parallel()
	for name, again := range map[string]bool{"with kms:Encrypt": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			root, ctx := c.root(), t.Context()
			var keys [2]*fakeaws.Key
			for i := range keys {
				var err error
				keys[i], err = c.Keys().Create(owner, region, nil)
				require.NoError(t, err)
			}
			_, err := root.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("db"), SecretString: aws.String("x"), KmsKeyId: &keys[0].ARN})
			require.NoError(t, err)
			policy := []string{allow("secretsmanager:*", "*"), allow("kms:GenerateDataKey", "*"), allow("kms:Decrypt", "*")}
			if again {
				policy = append(policy, allow("kms:Encrypt", keys[1].ARN))
			}
			_, err = c.user(owner, "changer", statements(policy...)).UpdateSecret(ctx, &sm.UpdateSecretInput{SecretId: aws.String("db"), KmsKeyId: &keys[1].ARN})
			require.NoError(t, err)
			for i, key := range keys {
				reader := c.user(owner, "reader"+string(rune('0'+i)), statements(allow("secretsmanager:*", "*"), allow("kms:Decrypt", key.ARN)))
				_, err = get(t, reader, "db")
				if i == 1 && !again {
					worldtest.RequireError(t, err, "AccessDeniedException", "Access to KMS is not allowed")
				} else {
					assert.NoError(t, err)
				}
			}
			_, err = get(t, c.user(owner, "nobody", statements(allow("secretsmanager:*", "*"))), "db")
			worldtest.RequireError(t, err, "AccessDeniedException", "Access to KMS is not allowed")
			_, err = root.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: aws.String("db"), SecretString: aws.String("y")})
			require.NoError(t, err)
			_, err = get(t, c.user(owner, "old", statements(allow("secretsmanager:*", "*"), allow("kms:Decrypt", keys[0].ARN))), "db")
			worldtest.RequireError(t, err, "AccessDeniedException", "Access to KMS is not allowed")
		})
	}
}

// setKeyState is what DisableKey and EnableKey of KMS do.
func (c *cloud) setKeyState(key *fakeaws.Key, state string) {
	c.Keys().Lock()
	defer c.Keys().Unlock()
	key.State = state
}

// Who may not use a key does not learn that it is disabled.
func TestDisabledKeys(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.root(), t.Context()
	key, err := c.Keys().Create(owner, region, nil)
	require.NoError(t, err)
	other, err := c.Keys().Create(owner, region, nil)
	require.NoError(t, err)
	there, err := c.Keys().Create(owner, "eu-west-1", nil)
	require.NoError(t, err)
	made, err := root.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("db"), SecretString: aws.String("x"), KmsKeyId: &key.ARN})
	require.NoError(t, err)
	id := made.ARN
	c.setKeyState(key, "Disabled")
	const encryption, decryption = "EncryptionFailure", "DecryptionFailure"
	for name, tc := range map[string]struct {
		// needs are permissions of KMS without any of which the call is denied.
		needs []string
		code  string
		do    func(*sm.Client) error
	}{
		"GetSecretValue": {[]string{"Decrypt"}, decryption, func(by *sm.Client) error {
			_, err := by.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: id})
			return err
		}},
		"PutSecretValue": {[]string{"GenerateDataKey"}, encryption, func(by *sm.Client) error {
			_, err := by.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: id, SecretString: aws.String("y")})
			return err
		}},
		"PutSecretValue again": {[]string{"GenerateDataKey", "Decrypt"}, encryption, func(by *sm.Client) error {
			_, err := by.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: id, SecretString: aws.String("x"), ClientRequestToken: made.VersionId})
			return err
		}},
		"UpdateSecret": {[]string{"GenerateDataKey", "Decrypt"}, encryption, func(by *sm.Client) error {
			_, err := by.UpdateSecret(ctx, &sm.UpdateSecretInput{SecretId: id, SecretString: aws.String("y")})
			return err
		}},
		"ReplicateSecretToRegions": {[]string{"Decrypt", "Encrypt", "GenerateDataKey"}, decryption, func(by *sm.Client) error {
			_, err := by.ReplicateSecretToRegions(ctx, &sm.ReplicateSecretToRegionsInput{SecretId: id, AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("eu-west-1"), KmsKeyId: &there.ARN}}})
			return err
		}},
		"CreateSecret": {[]string{"GenerateDataKey", "Decrypt", "Encrypt"}, encryption, func(by *sm.Client) error {
			_, err := by.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("new"), SecretString: aws.String("x"), KmsKeyId: &key.ARN,
				AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("eu-west-1"), KmsKeyId: &there.ARN}}})
			return err
		}},
	} {
		var api smithy.APIError
		require.ErrorAs(t, tc.do(root), &api, name)
		assert.Equal(t, tc.code, api.ErrorCode(), name)
		for i, need := range tc.needs {
			by := c.user(owner, "without"+need+string(rune('0'+i))+strings.ReplaceAll(name, " ", ""), statements(allow("secretsmanager:*", "*"), allow("kms:*", "*"), deny("kms:"+need, "*")))
			worldtest.RequireError(t, tc.do(by), "AccessDeniedException", "Access to KMS is not allowed")
		}
	}
	batch := func(by *sm.Client) types.APIErrorType {
		out, err := by.BatchGetSecretValue(ctx, &sm.BatchGetSecretValueInput{SecretIdList: []string{"db"}})
		require.NoError(t, err)
		require.Len(t, out.Errors, 1)
		return out.Errors[0]
	}
	nobody := c.user(owner, "nobody", statements(allow("secretsmanager:*", "*")))
	assert.Equal(t, "DecryptionFailure", *batch(root).ErrorCode)
	assert.Equal(t, "AccessDeniedException", *batch(nobody).ErrorCode)

	// Of two keys either one does that decrypts and that the caller may use.
	c.setKeyState(key, "Enabled")
	_, err = root.UpdateSecret(ctx, &sm.UpdateSecretInput{SecretId: id, KmsKeyId: &other.ARN})
	require.NoError(t, err)
	c.setKeyState(key, "Disabled")
	for name, want := range map[string]struct{ policy, code string }{
		"old":  {allow("kms:Decrypt", key.ARN), "AccessDeniedException"},
		"new":  {allow("kms:Decrypt", other.ARN), ""},
		"both": {allow("kms:Decrypt", "*"), ""},
	} {
		_, err = get(t, c.user(owner, name, statements(allow("secretsmanager:*", "*"), want.policy)), "db")
		if want.code == "" {
			assert.NoError(t, err, name)
		} else {
			worldtest.RequireError(t, err, want.code, "Access to KMS is not allowed")
		}
	}
	c.setKeyState(other, "Disabled")
	_, err = get(t, root, "db")
	worldtest.RequireError(t, err, "DecryptionFailure", "Secrets Manager can't decrypt the protected secret text using the provided KMS key.")
}

// A key of a secret that is gone makes no permission of its secret that of another one.
func TestBatchAfterKeysWereDeleted(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.root(), t.Context()
	var keys [3]*fakeaws.Key
	for i := range keys {
		var err error
		keys[i], err = c.Keys().Create(owner, region, nil)
		require.NoError(t, err)
	}
	_, err := root.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("a"), SecretString: aws.String("x"), KmsKeyId: &keys[0].ARN})
	require.NoError(t, err)
	for _, key := range keys[1:] {
		_, err = root.UpdateSecret(ctx, &sm.UpdateSecretInput{SecretId: aws.String("a"), KmsKeyId: &key.ARN})
		require.NoError(t, err)
	}
	create(t, root, "b", "y")
	c.setKeyState(keys[0], "PendingDeletion") // and its time has come
	reader := c.user(owner, "reader", statements(allow("secretsmanager:*", "*"), allow("kms:Decrypt", keys[1].ARN)))
	out, err := reader.BatchGetSecretValue(ctx, &sm.BatchGetSecretValueInput{SecretIdList: []string{"a", "b"}})
	require.NoError(t, err)
	assert.Empty(t, out.Errors)
	assert.Len(t, out.SecretValues, 2)
}
