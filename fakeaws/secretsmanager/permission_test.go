package secretsmanager_test

import (
	"context"
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
	"github.com/leastpriv/leastpriv/fakeaws/secretsmanager"
)

// calls are one call of each operation, on the secret db where it is about one.
var calls = map[string]func(context.Context, *sm.Client) error{
	"BatchGetSecretValue": func(ctx context.Context, c *sm.Client) error {
		_, err := c.BatchGetSecretValue(ctx, &sm.BatchGetSecretValueInput{SecretIdList: []string{"db"}})
		return err
	},
	"CancelRotateSecret": func(ctx context.Context, c *sm.Client) error {
		_, err := c.CancelRotateSecret(ctx, &sm.CancelRotateSecretInput{SecretId: aws.String("db")})
		return err
	},
	"CreateSecret": func(ctx context.Context, c *sm.Client) error {
		_, err := c.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("new")})
		return err
	},
	"DeleteResourcePolicy": func(ctx context.Context, c *sm.Client) error {
		_, err := c.DeleteResourcePolicy(ctx, &sm.DeleteResourcePolicyInput{SecretId: aws.String("db")})
		return err
	},
	"DeleteSecret": func(ctx context.Context, c *sm.Client) error {
		_, err := c.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: aws.String("db")})
		return err
	},
	"DescribeSecret": func(ctx context.Context, c *sm.Client) error {
		_, err := c.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: aws.String("db")})
		return err
	},
	"GetRandomPassword": func(ctx context.Context, c *sm.Client) error {
		_, err := c.GetRandomPassword(ctx, &sm.GetRandomPasswordInput{})
		return err
	},
	"GetResourcePolicy": func(ctx context.Context, c *sm.Client) error {
		_, err := c.GetResourcePolicy(ctx, &sm.GetResourcePolicyInput{SecretId: aws.String("db")})
		return err
	},
	"GetSecretValue": func(ctx context.Context, c *sm.Client) error {
		_, err := c.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: aws.String("db")})
		return err
	},
	"ListSecretVersionIds": func(ctx context.Context, c *sm.Client) error {
		_, err := c.ListSecretVersionIds(ctx, &sm.ListSecretVersionIdsInput{SecretId: aws.String("db")})
		return err
	},
	"ListSecrets": func(ctx context.Context, c *sm.Client) error {
		_, err := c.ListSecrets(ctx, &sm.ListSecretsInput{})
		return err
	},
	"PutResourcePolicy": func(ctx context.Context, c *sm.Client) error {
		_, err := c.PutResourcePolicy(ctx, &sm.PutResourcePolicyInput{SecretId: aws.String("db"), ResourcePolicy: aws.String(sharing("secretsmanager:GetSecretValue"))})
		return err
	},
	"PutSecretValue": func(ctx context.Context, c *sm.Client) error {
		_, err := c.PutSecretValue(ctx, &sm.PutSecretValueInput{SecretId: aws.String("db"), SecretString: aws.String("x")})
		return err
	},
	"RemoveRegionsFromReplication": func(ctx context.Context, c *sm.Client) error {
		_, err := c.RemoveRegionsFromReplication(ctx, &sm.RemoveRegionsFromReplicationInput{SecretId: aws.String("db"), RemoveReplicaRegions: []string{"eu-west-1"}})
		return err
	},
	"ReplicateSecretToRegions": func(ctx context.Context, c *sm.Client) error {
		_, err := c.ReplicateSecretToRegions(ctx, &sm.ReplicateSecretToRegionsInput{SecretId: aws.String("db"), AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("eu-central-1")}}})
		return err
	},
	"RestoreSecret": func(ctx context.Context, c *sm.Client) error {
		_, err := c.RestoreSecret(ctx, &sm.RestoreSecretInput{SecretId: aws.String("db")})
		return err
	},
	"RotateSecret": func(ctx context.Context, c *sm.Client) error {
		_, err := c.RotateSecret(ctx, &sm.RotateSecretInput{SecretId: aws.String("db"), RotationLambdaARN: aws.String(functionARN), RotationRules: &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(30)}})
		return err
	},
	"StopReplicationToReplica": func(ctx context.Context, c *sm.Client) error {
		_, err := c.StopReplicationToReplica(ctx, &sm.StopReplicationToReplicaInput{SecretId: aws.String("db")}, in(c, "eu-west-1"))
		return err
	},
	"TagResource": func(ctx context.Context, c *sm.Client) error {
		_, err := c.TagResource(ctx, &sm.TagResourceInput{SecretId: aws.String("db"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
		return err
	},
	"UntagResource": func(ctx context.Context, c *sm.Client) error {
		_, err := c.UntagResource(ctx, &sm.UntagResourceInput{SecretId: aws.String("db"), TagKeys: []string{"k"}})
		return err
	},
	"UpdateSecret": func(ctx context.Context, c *sm.Client) error {
		_, err := c.UpdateSecret(ctx, &sm.UpdateSecretInput{SecretId: aws.String("db"), Description: aws.String("d")})
		return err
	},
	"UpdateSecretVersionStage": func(ctx context.Context, c *sm.Client) error {
		_, err := c.UpdateSecretVersionStage(ctx, &sm.UpdateSecretVersionStageInput{SecretId: aws.String("db"), VersionStage: aws.String("mine"), MoveToVersionId: aws.String(strings.Repeat("v", 32))})
		return err
	},
	"ValidateResourcePolicy": func(ctx context.Context, c *sm.Client) error {
		_, err := c.ValidateResourcePolicy(ctx, &sm.ValidateResourcePolicyInput{SecretId: aws.String("db"), ResourcePolicy: aws.String(sharing("secretsmanager:*"))})
		return err
	},
}

// sharing is a resource policy for the other account.
func sharing(action string) string {
	return statements(`{"Effect":"Allow","Principal":{"AWS":"` + stranger + `"},"Action":"` + action + `","Resource":"*"}`)
}

// filled is a World with the secret db, which has a replica.
func filled(t *testing.T, door worldtest.Door) *cloud {
	t.Helper()
	c := rotatable(t, door)
	_, err := c.root().CreateSecret(t.Context(), &sm.CreateSecretInput{
		Name: aws.String("db"), SecretString: aws.String("x"), ClientRequestToken: aws.String(strings.Repeat("v", 32)),
		AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("eu-west-1")}},
	})
	require.NoError(t, err)
	return c
}

// Each operation needs its own action, and that alone besides what the reference says.
func TestEachOperationIsJudged(t *testing.T) {
	t.Parallel()
	assert.Len(t, calls, len(secretsmanager.Of(newCloud(t).World.World).Ops()))
	more := map[string][]string{
		"BatchGetSecretValue": {"secretsmanager:GetSecretValue"}, "ValidateResourcePolicy": {"secretsmanager:PutResourcePolicy"},
		"RotateSecret": {"lambda:InvokeFunction"},
	}
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		for name, call := range calls {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c := filled(t, door)
				if name == "DeleteSecret" {
					require.NoError(t, calls["RemoveRegionsFromReplication"](t.Context(), c.root()))
				}
				allowed := []string{allow("secretsmanager:"+name, "*")}
				for _, action := range more[name] {
					allowed = append(allowed, allow(action, "*"))
				}
				others := c.user(owner, "others", statements(`{"Effect":"Allow","NotAction":"secretsmanager:`+name+`","Resource":"*"}`))
				err := call(t.Context(), others)
				var api smithy.APIError
				require.ErrorAs(t, err, &api)
				assert.Equal(t, "AccessDeniedException", api.ErrorCode())
				assert.Contains(t, api.ErrorMessage(), "is not authorized to perform: secretsmanager:"+name)
				assert.NoError(t, call(t.Context(), c.user(owner, "this", statements(allowed...))))
			})
		}
	})
}

func TestConditionKeys(t *testing.T) {
	t.Parallel()
	for name, x := range map[string]struct {
		set        string // the set operator of a key with several values
		key, value string // the condition that denies
		do         func(context.Context, *sm.Client) error
	}{
		"SecretId":                {key: "secretsmanager:SecretId", value: arnOf + "db-??????", do: calls["GetSecretValue"]},
		"resource primary region": {key: "secretsmanager:SecretPrimaryRegion", value: "us-*", do: calls["GetSecretValue"]},
		"VersionStage": {key: "secretsmanager:VersionStage", value: "AWSCURRENT", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: aws.String("db"), VersionStage: aws.String("AWSCURRENT")})
			return err
		}},
		"VersionId": {key: "secretsmanager:VersionId", value: "v*", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: aws.String("db"), VersionId: aws.String(strings.Repeat("v", 32))})
			return err
		}},
		"Name":        {key: "secretsmanager:Name", value: "new", do: calls["CreateSecret"]},
		"Description": {key: "secretsmanager:Description", value: "d", do: calls["UpdateSecret"]},
		"KmsKeyId": {key: "secretsmanager:KmsKeyId", value: "alias/aws/secretsmanager", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("k"), KmsKeyId: aws.String("alias/aws/secretsmanager")})
			return err
		}},
		"KmsKeyArn": {key: "secretsmanager:KmsKeyArn", value: "arn:aws:kms:*", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("k"), KmsKeyId: aws.String("alias/aws/secretsmanager")})
			return err
		}},
		"AddReplicaRegions": {set: "ForAnyValue:", key: "secretsmanager:AddReplicaRegions", value: "eu-central-1", do: calls["ReplicateSecretToRegions"]},
		"ForceOverwriteReplicaSecret": {key: "secretsmanager:ForceOverwriteReplicaSecret", value: "true", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.ReplicateSecretToRegions(ctx, &sm.ReplicateSecretToRegionsInput{SecretId: aws.String("db"), ForceOverwriteReplicaSecret: true, AddReplicaRegions: []types.ReplicaRegionType{{Region: aws.String("eu-west-3")}}})
			return err
		}},
		"BlockPublicPolicy": {key: "secretsmanager:BlockPublicPolicy", value: "false", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.PutResourcePolicy(ctx, &sm.PutResourcePolicyInput{SecretId: aws.String("db"), ResourcePolicy: aws.String(sharing("secretsmanager:*")), BlockPublicPolicy: aws.Bool(false)})
			return err
		}},
		"RecoveryWindowInDays": {key: "secretsmanager:RecoveryWindowInDays", value: "7", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: aws.String("single"), RecoveryWindowInDays: aws.Int64(7)})
			return err
		}},
		"ForceDeleteWithoutRecovery": {key: "secretsmanager:ForceDeleteWithoutRecovery", value: "true", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: aws.String("single"), ForceDeleteWithoutRecovery: aws.Bool(true)})
			return err
		}},
		"RotationLambdaARN":   {key: "secretsmanager:RotationLambdaARN", value: functionARN, do: calls["RotateSecret"]},
		"ModifyRotationRules": {key: "secretsmanager:ModifyRotationRules", value: "true", do: calls["RotateSecret"]},
		"RotateImmediately": {key: "secretsmanager:RotateImmediately", value: "true", do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.RotateSecret(ctx, &sm.RotateSecretInput{SecretId: aws.String("db"), RotateImmediately: aws.Bool(true), RotationLambdaARN: aws.String(functionARN), RotationRules: &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(1)}})
			return err
		}},
		"aws:RequestTag":             {key: "aws:RequestTag/k", value: "v", do: calls["TagResource"]},
		"aws:TagKeys":                {set: "ForAnyValue:", key: "aws:TagKeys", value: "k", do: calls["UntagResource"]},
		"aws:ResourceTag":            {key: "aws:ResourceTag/team", value: "red", do: taggedGet},
		"secretsmanager:ResourceTag": {key: "secretsmanager:ResourceTag/team", value: "red", do: taggedGet},
		"resource/AllowRotationLambdaArn": {key: "secretsmanager:resource/AllowRotationLambdaArn", value: functionARN, do: func(ctx context.Context, c *sm.Client) error {
			_, err := c.DescribeSecret(ctx, &sm.DescribeSecretInput{SecretId: aws.String("rotated")})
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := filled(t, worldtest.InProcess)
			ctx := t.Context()
			_, err := c.root().CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("single"), SecretString: aws.String("x"), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}}})
			require.NoError(t, err)
			create(t, c.root(), "rotated", "x")
			_, err = c.root().RotateSecret(ctx, &sm.RotateSecretInput{SecretId: aws.String("rotated"), RotationLambdaARN: aws.String(functionARN), RotationRules: &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(30)}})
			require.NoError(t, err)
			limited := c.user(owner, "limited", statements(allow("*", "*"), deny("*", "*", condition(x.set+"StringLike", x.key, x.value))))
			err = x.do(ctx, limited)
			var api smithy.APIError
			require.ErrorAs(t, err, &api)
			assert.Equal(t, "AccessDeniedException", api.ErrorCode())
			assert.Contains(t, api.ErrorMessage(), "with an explicit deny in an identity-based policy")
			other := c.user(owner, "other", statements(allow("*", "*"), deny("*", "*", condition(x.set+"StringEquals", x.key, "something else"))))
			assert.NoError(t, x.do(ctx, other))
		})
	}
}

func taggedGet(ctx context.Context, c *sm.Client) error {
	_, err := c.GetSecretValue(ctx, &sm.GetSecretValueInput{SecretId: aws.String("single")})
	return err
}

// A call without a label has no key of one, though it gets the version AWSCURRENT.
func TestLabelThatIsNotSentIsNoKey(t *testing.T) {
	t.Parallel()
	c := filled(t, worldtest.InProcess)
	u := c.user(owner, "u", statements(allow("secretsmanager:GetSecretValue", "*", condition("StringEquals", "secretsmanager:VersionStage", "AWSCURRENT"))))
	_, err := get(t, u, "db")
	requireDenied(t, err, "u", "secretsmanager:GetSecretValue", "db", "because no identity-based policy allows the secretsmanager:GetSecretValue action")
}

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

func TestBatchIsJudgedPerSecret(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		root, ctx := c.root(), t.Context()
		key, err := c.Keys().Create(owner, region, nil)
		require.NoError(t, err)
		mine, other := create(t, root, "mine", "1"), create(t, root, "other", "2")
		locked, err := root.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("mine-locked"), SecretString: aws.String("3"), KmsKeyId: &key.ID})
		require.NoError(t, err)
		create(t, root, "mine-gone", "4")
		_, err = root.DeleteSecret(ctx, &sm.DeleteSecretInput{SecretId: aws.String("mine-gone")})
		require.NoError(t, err)
		u := c.user(owner, "u", statements(allow("secretsmanager:BatchGetSecretValue", "*"), allow("secretsmanager:GetSecretValue", arnOf+"mine*")))
		out, err := u.BatchGetSecretValue(ctx, &sm.BatchGetSecretValueInput{SecretIdList: []string{"mine", "other", "mine-locked", "mine-gone", "mine-missing", "*"}})
		require.NoError(t, err)
		require.Len(t, out.SecretValues, 1)
		assert.Equal(t, "1", *out.SecretValues[0].SecretString)
		assert.Equal(t, *mine.ARN, *out.SecretValues[0].ARN)
		var errs [][3]string
		for _, e := range out.Errors {
			errs = append(errs, [3]string{*e.SecretId, *e.ErrorCode, *e.Message})
		}
		assert.Equal(t, [][3]string{
			{"other", "AccessDeniedException", "User: arn:aws:iam::" + owner + ":user/u is not authorized to perform: secretsmanager:GetSecretValue on resource: other because no identity-based policy allows the secretsmanager:GetSecretValue action"},
			{"mine-locked", "AccessDeniedException", "Access to KMS is not allowed"},
			{"mine-gone", "InvalidRequestException", "You can't perform this operation on the secret because it was marked for deletion."},
			{"mine-missing", "ResourceNotFoundException", "Secrets Manager can't find the specified secret."},
			{"*", "ValidationException", "Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!"},
		}, errs)
		filters := []types.Filter{{Key: "name", Values: []string{"mine", "other"}}}
		_, err = u.BatchGetSecretValue(ctx, &sm.BatchGetSecretValueInput{Filters: filters})
		worldtest.RequireError(t, err, "AccessDeniedException", "User: arn:aws:iam::"+owner+":user/u is not authorized to perform: secretsmanager:ListSecrets because no identity-based policy allows the secretsmanager:ListSecrets action")
		lister := c.user(owner, "lister", statements(allow("secretsmanager:BatchGetSecretValue", "*"), allow("secretsmanager:ListSecrets", "*"), allow("secretsmanager:GetSecretValue", *other.ARN)))
		p := sm.NewBatchGetSecretValuePaginator(lister, &sm.BatchGetSecretValueInput{Filters: filters, MaxResults: aws.Int32(2)})
		var got, refused []string
		for p.HasMorePages() {
			page, err := p.NextPage(ctx)
			require.NoError(t, err)
			for _, v := range page.SecretValues {
				got = append(got, *v.ARN)
			}
			for _, e := range page.Errors {
				refused = append(refused, *e.SecretId)
			}
		}
		assert.Equal(t, []string{*other.ARN}, got)
		assert.ElementsMatch(t, []string{*mine.ARN, *locked.ARN}, refused)
		_, err = root.BatchGetSecretValue(ctx, &sm.BatchGetSecretValueInput{})
		worldtest.RequireError(t, err, "InvalidParameterException", "You must specify either SecretIdList or Filters, but not both.")
	})
}

// Tags decide, and nobody tags away the permission by which they tag.
func TestTagsDecide(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx := t.Context()
	red := c.user(owner, "red", statements(
		allow("secretsmanager:*", "*", condition("StringEquals", "aws:ResourceTag/team", "red")),
		allow("secretsmanager:CreateSecret", "*", condition("StringEquals", "aws:RequestTag/team", "red")),
		allow("secretsmanager:TagResource", arnOf+"own*", condition("StringEquals", "aws:RequestTag/team", "red")),
	))
	tag := func(value string) []types.Tag { return []types.Tag{{Key: aws.String("team"), Value: &value}} }
	_, err := red.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("other"), Tags: tag("red")})
	requireDenied(t, err, "red", "secretsmanager:TagResource", "other", "because no identity-based policy allows the secretsmanager:TagResource action")
	_, err = red.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("own"), Tags: tag("blue")})
	requireDenied(t, err, "red", "secretsmanager:CreateSecret", "own", "because no identity-based policy allows the secretsmanager:CreateSecret action")
	_, err = red.CreateSecret(ctx, &sm.CreateSecretInput{Name: aws.String("own"), SecretString: aws.String("x"), Tags: tag("red")})
	require.NoError(t, err)
	_, err = get(t, red, "own")
	require.NoError(t, err)
	_, err = red.TagResource(ctx, &sm.TagResourceInput{SecretId: aws.String("own"), Tags: tag("blue")})
	requireDenied(t, err, "red", "secretsmanager:TagResource", "own", "because no identity-based policy allows the secretsmanager:TagResource action")
	_, err = red.UntagResource(ctx, &sm.UntagResourceInput{SecretId: aws.String("own"), TagKeys: []string{"team"}})
	requireDenied(t, err, "red", "secretsmanager:UntagResource", "own", "because no identity-based policy allows the secretsmanager:UntagResource action")
	_, err = red.UntagResource(ctx, &sm.UntagResourceInput{SecretId: aws.String("own"), TagKeys: []string{"nothing"}})
	require.NoError(t, err)
	_, err = c.root().TagResource(ctx, &sm.TagResourceInput{SecretId: aws.String("own"), Tags: tag("blue")})
	require.NoError(t, err)
	_, err = get(t, red, "own")
	requireDenied(t, err, "red", "secretsmanager:GetSecretValue", "own", "because no identity-based policy allows the secretsmanager:GetSecretValue action")
	for _, key := range []string{"aws:x", "AWS:x"} {
		_, err = c.root().TagResource(ctx, &sm.TagResourceInput{SecretId: aws.String("own"), Tags: []types.Tag{{Key: &key}}})
		worldtest.RequireError(t, err, "InvalidParameterException", "Tag keys can't be empty, and can't begin with aws:.")
	}
}

func TestResourcePolicies(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, ctx := c.root(), t.Context()
	made := create(t, root, "db", "x")
	u := c.user(owner, "u", "")
	put := func(policy string, block bool) error {
		_, err := root.PutResourcePolicy(ctx, &sm.PutResourcePolicyInput{SecretId: made.ARN, ResourcePolicy: &policy, BlockPublicPolicy: &block})
		return err
	}
	everybody := statements(`{"Effect":"Allow","Principal":"*","Action":"secretsmanager:*","Resource":"*"}`)
	worldtest.RequireError(t, put(everybody, true), "PublicPolicyException", "The BlockPublicPolicy parameter is set to true, and the resource policy did not prevent broad access to the secret.")
	for _, bad := range []string{"{}", "x", statements(allow("secretsmanager:*", "*")), statements(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + owner + `:user/nobody"},"Action":"secretsmanager:*","Resource":"*"}`)} {
		worldtest.RequireError(t, put(bad, false), "MalformedPolicyDocumentException", "The resource policy document isn't valid.")
	}
	organization := statements(`{"Effect":"Allow","Principal":"*","Action":"secretsmanager:*","Resource":"*",` + condition("StringEquals", "aws:PrincipalOrgID", "o-1") + `}`)
	require.NoError(t, put(organization, true))
	toUser := statements(`{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + owner + `:user/u"},"Action":"secretsmanager:GetSecretValue","Resource":"*"}`)
	require.NoError(t, put(toUser, true))
	_, err := get(t, u, "db")
	require.NoError(t, err, "the policy of the secret alone allows, and the managed key")
	got, err := root.GetResourcePolicy(ctx, &sm.GetResourcePolicyInput{SecretId: aws.String("db")})
	require.NoError(t, err)
	assert.JSONEq(t, toUser, *got.ResourcePolicy)
	require.NoError(t, calls["DeleteResourcePolicy"](ctx, root))
	_, err = get(t, u, "db")
	requireDenied(t, err, "u", "secretsmanager:GetSecretValue", "db", "because no identity-based policy allows the secretsmanager:GetSecretValue action")

	admin := c.user(owner, "admin", worldtest.AllowAll)
	findings := func(policy string) (names []string) {
		out, err := admin.ValidateResourcePolicy(ctx, &sm.ValidateResourcePolicyInput{SecretId: made.ARN, ResourcePolicy: &policy})
		require.NoError(t, err)
		for _, e := range out.ValidationErrors {
			names = append(names, *e.CheckName)
		}
		assert.Equal(t, names == nil, out.PolicyValidationPassed)
		return names
	}
	assert.Empty(t, findings(toUser))
	assert.Equal(t, []string{"PUBLIC_POLICY"}, findings(everybody))
	assert.Equal(t, []string{"POLICY_SYNTAX"}, findings("{}"))
	assert.Equal(t, []string{"CALLER_LOCKOUT"}, findings(statements(`{"Effect":"Deny","Principal":"*","Action":"secretsmanager:Put*","Resource":"*"}`)))
}
