package secretsmanager_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sm "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
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
