package kms_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Each condition key of KMS allows the call whose value it names, and no other.
func TestConditionKeys(t *testing.T) {
	t.Parallel()
	tags := []types.Tag{{TagKey: aws.String("team"), TagValue: aws.String("a")}}
	type call = func(*scene) any
	encrypt := func(s *scene) any {
		return &awskms.EncryptInput{KeyId: aws.String("alias/app"), Plaintext: []byte("x"), EncryptionContext: map[string]string{"tenant": "a"}}
	}
	sign := func(s *scene) any {
		return &awskms.SignInput{KeyId: s.signing.KeyId, Message: []byte("m"), SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256}
	}
	createKey := func(*scene) any { return &awskms.CreateKeyInput{Tags: tags} }
	createGrant := func(s *scene) any {
		return &awskms.CreateGrantInput{
			KeyId: s.key.KeyId, GranteePrincipal: aws.String("arn:aws:iam::" + owner + ":root"), RetiringPrincipal: aws.String("arn:aws:iam::" + owner + ":root"),
			Operations: []types.GrantOperation{types.GrantOperationDecrypt}, Constraints: &types.GrantConstraints{EncryptionContextSubset: map[string]string{"tenant": "a"}},
		}
	}
	parameters := func(s *scene) any {
		return &awskms.GetParametersForImportInput{KeyId: s.imported.KeyId, WrappingAlgorithm: types.AlgorithmSpecRsaesOaepSha256, WrappingKeySpec: types.WrappingKeySpecRsa2048}
	}
	for _, tc := range []struct {
		key, value string
		call       call
	}{
		{"kms:CallerAccount", owner, encrypt},
		{"kms:EncryptionContext:tenant", "a", encrypt},
		{"kms:EncryptionContextKeys", "tenant", encrypt},
		{"kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT", encrypt},
		{"kms:KeySpec", "SYMMETRIC_DEFAULT", encrypt},
		{"kms:KeyUsage", "ENCRYPT_DECRYPT", encrypt},
		{"kms:KeyOrigin", "AWS_KMS", encrypt},
		{"kms:CustomerMasterKeySpec", "SYMMETRIC_DEFAULT", encrypt},
		{"kms:CustomerMasterKeyUsage", "ENCRYPT_DECRYPT", encrypt},
		{"kms:MultiRegion", "false", encrypt},
		{"kms:RequestAlias", "alias/app", encrypt},
		{"kms:ResourceAliases", "alias/app", encrypt},
		{"aws:ResourceTag/team", "a", encrypt},
		{"kms:SigningAlgorithm", "ECDSA_SHA_256", sign},
		{"kms:MessageType", "RAW", sign},
		{"kms:KeySpec", "ECC_NIST_P256", sign},
		{"kms:MacAlgorithm", "HMAC_SHA_256", func(s *scene) any {
			return &awskms.GenerateMacInput{KeyId: s.mac.KeyId, Message: []byte("m"), MacAlgorithm: types.MacAlgorithmSpecHmacSha256}
		}},
		{"kms:KeyAgreementAlgorithm", "ECDH", func(s *scene) any {
			return &awskms.DeriveSharedSecretInput{KeyId: s.agreeing.KeyId, PublicKey: s.public, KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh}
		}},
		{"kms:DataKeyPairSpec", "ECC_NIST_P256", func(s *scene) any {
			return &awskms.GenerateDataKeyPairInput{KeyId: s.key.KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP256}
		}},
		{"kms:ReEncryptOnSameKey", "true", func(s *scene) any {
			return &awskms.ReEncryptInput{CiphertextBlob: s.blob, DestinationKeyId: s.key.KeyId}
		}},
		{"aws:RequestTag/team", "a", createKey},
		{"aws:TagKeys", "team", createKey},
		{"kms:KeySpec", "SYMMETRIC_DEFAULT", createKey},
		{"kms:BypassPolicyLockoutSafetyCheck", "false", createKey},
		{"kms:GrantOperations", "Decrypt", createGrant},
		{"kms:GranteePrincipal", "arn:aws:iam::" + owner + ":root", createGrant},
		{"kms:RetiringPrincipal", "arn:aws:iam::" + owner + ":root", createGrant},
		{"kms:GrantConstraintType", "EncryptionContextSubset", createGrant},
		{"kms:EncryptionContext:tenant", "a", createGrant},
		{"kms:GrantIsForAWSResource", "false", createGrant},
		{"kms:ScheduleKeyDeletionPendingWindowInDays", "9", func(s *scene) any {
			return &awskms.ScheduleKeyDeletionInput{KeyId: s.key.KeyId, PendingWindowInDays: aws.Int32(9)}
		}},
		{"kms:RotationPeriodInDays", "100", func(s *scene) any {
			return &awskms.EnableKeyRotationInput{KeyId: s.key.KeyId, RotationPeriodInDays: aws.Int32(100)}
		}},
		{"kms:PrimaryRegion", "eu-west-1", func(s *scene) any {
			return &awskms.UpdatePrimaryRegionInput{KeyId: s.mrk.KeyId, PrimaryRegion: aws.String("eu-west-1")}
		}},
		{"kms:MultiRegion", "true", func(s *scene) any { return &awskms.DescribeKeyInput{KeyId: s.mrk.KeyId} }},
		{"kms:MultiRegionKeyType", "PRIMARY", func(s *scene) any { return &awskms.DescribeKeyInput{KeyId: s.mrk.KeyId} }},
		{"kms:WrappingAlgorithm", "RSAES_OAEP_SHA_256", parameters},
		{"kms:WrappingKeySpec", "RSA_2048", parameters},
	} {
		t.Run(tc.key+" "+tc.value, func(t *testing.T) {
			t.Parallel()
			s := newScene(t)
			_, err := s.root().TagResource(t.Context(), &awskms.TagResourceInput{KeyId: s.key.KeyId, Tags: tags})
			require.NoError(t, err)
			user := s.users.Add(s.World.World, owner, "user", "")
			with := func(value string) error {
				operator := "ForAnyValue:StringEquals"
				s.users.SetPolicy(user, `{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:*","Resource":"*","Condition":{"`+operator+`":{"`+tc.key+`":"`+value+`"}}}}`)
				return send(t.Context(), s.client(user), tc.call(s))
			}
			requireCode(t, with("another"), "AccessDeniedException")
			require.NoError(t, with(tc.value))
		})
	}
}

func TestReplicaRegionAndImportKeys(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	user := s.users.Add(s.World.World, owner, "user", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:CreateKey","Resource":"*"},{"Effect":"Allow","Action":"kms:ReplicateKey","Resource":"*","Condition":{"StringEquals":{"kms:ReplicaRegion":"eu-west-2"}}}]}`)
	replicate := func(region string) error {
		_, err := s.client(user).ReplicateKey(t.Context(), &awskms.ReplicateKeyInput{KeyId: s.mrk.KeyId, ReplicaRegion: &region})
		return err
	}
	requireCode(t, replicate("eu-west-3"), "AccessDeniedException")
	require.NoError(t, replicate("eu-west-2"))
	s.users.SetPolicy(user, strings.ReplaceAll(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"kms:ImportKeyMaterial","Resource":"*","Condition":{"StringEquals":{"kms:ExpirationModel":"KEY_MATERIAL_EXPIRES"}}}}`, "\n", ""))
	_, err := s.client(user).ImportKeyMaterial(t.Context(), &awskms.ImportKeyMaterialInput{KeyId: s.imported.KeyId, ImportToken: []byte("x"), EncryptedKeyMaterial: []byte("x"), ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire})
	requireCode(t, err, "AccessDeniedException")
}

// The lockout safety check of PutKeyPolicy and CreateKey.
func TestLockout(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, root, key := t.Context(), c.root(), c.key(t)
	shut := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::` + stranger + `:root"},"Action":"kms:*","Resource":"*"}]}`
	_, err := root.PutKeyPolicy(ctx, &awskms.PutKeyPolicyInput{KeyId: key.KeyId, Policy: &shut})
	requireCode(t, err, "MalformedPolicyDocumentException")
	_, err = root.CreateKey(ctx, &awskms.CreateKeyInput{Policy: &shut})
	requireCode(t, err, "MalformedPolicyDocumentException")
	_, err = root.PutKeyPolicy(ctx, &awskms.PutKeyPolicyInput{KeyId: key.KeyId, Policy: &shut, BypassPolicyLockoutSafetyCheck: true})
	require.NoError(t, err)
	_, err = root.GetKeyPolicy(ctx, &awskms.GetKeyPolicyInput{KeyId: key.KeyId})
	requireCode(t, err, "AccessDeniedException")
	got, err := root.GetKeyPolicy(ctx, &awskms.GetKeyPolicyInput{KeyId: c.key(t).KeyId})
	require.NoError(t, err)
	assert.Contains(t, *got.Policy, "Enable IAM User Permissions")
}

// Two names of an encryption context that differ in their case alone are one condition key:
// whatever its value, neither an Allow nor a Deny that depends on it is for the caller.
func TestEncryptionContextOfTwoCases(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	key := c.key(t)
	statement := func(effect, operator string) string {
		return `{"Effect":"` + effect + `","Action":["kms:Encrypt","kms:CreateGrant"],"Resource":"*","Condition":{"` + operator + `":{"kms:EncryptionContext:Tenant":"ours"}}}`
	}
	both := map[string]string{"tenant": "ours", "TENANT": "theirs"}
	for name, statements := range map[string]string{
		"equals": statement("Allow", "StringEquals"), "notequals": statement("Allow", "StringNotEquals"),
		"deny":    statement("Deny", "StringEquals") + `,{"Effect":"Allow","Action":"kms:*","Resource":"*"}`,
		"denynot": statement("Deny", "StringNotEquals") + `,{"Effect":"Allow","Action":"kms:*","Resource":"*"}`,
	} {
		user := c.user(owner, name, `{"Version":"2012-10-17","Statement":[`+statements+`]}`)
		for range 10 { // whatever the order of the map is
			_, err := user.Encrypt(t.Context(), &awskms.EncryptInput{KeyId: key.KeyId, Plaintext: []byte("x"), EncryptionContext: both})
			requireCode(t, err, "AccessDeniedException")
			_, err = user.CreateGrant(t.Context(), &awskms.CreateGrantInput{
				KeyId: key.KeyId, GranteePrincipal: aws.String(userARN(owner, name)), Operations: []types.GrantOperation{types.GrantOperationEncrypt},
				Constraints: &types.GrantConstraints{EncryptionContextSubset: both},
			})
			requireCode(t, err, "AccessDeniedException")
		}
		same := map[string]string{"tenant": "ours", "TENANT": "ours"}
		_, err := user.Encrypt(t.Context(), &awskms.EncryptInput{KeyId: key.KeyId, Plaintext: []byte("x"), EncryptionContext: same})
		if name == "equals" || name == "denynot" {
			require.NoError(t, err, name)
		} else {
			requireCode(t, err, "AccessDeniedException")
		}
	}
}
