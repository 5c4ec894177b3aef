package kms_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
)

// A key that a client makes encrypts, and is found by its names, through both doors.
func TestEncrypt(t *testing.T) {
	t.Parallel()
	worldtest.EachDoor(t, func(t *testing.T, door worldtest.Door) {
		c := newCloudBy(t, door)
		ctx, root, key := t.Context(), c.root(), c.key(t)
		_, err := root.CreateAlias(ctx, &awskms.CreateAliasInput{AliasName: aws.String("alias/app"), TargetKeyId: key.KeyId})
		require.NoError(t, err)
		pairs := map[string]string{"tenant": "a", "for": "test"}
		for _, id := range []string{*key.KeyId, *key.Arn, "alias/app", "arn:aws:kms:" + region + ":" + owner + ":alias/app"} {
			sealed, err := root.Encrypt(ctx, &awskms.EncryptInput{KeyId: &id, Plaintext: []byte("secret"), EncryptionContext: pairs})
			require.NoError(t, err)
			assert.Equal(t, key.Arn, sealed.KeyId)
			assert.False(t, bytes.Contains(sealed.CiphertextBlob, []byte("secret")))
			opened, err := root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: pairs})
			require.NoError(t, err)
			assert.Equal(t, "secret", string(opened.Plaintext))
			assert.Equal(t, key.Arn, opened.KeyId)

			_, err = root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob})
			requireCode(t, err, "InvalidCiphertextException")
			other := c.key(t)
			_, err = root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: pairs, KeyId: other.KeyId})
			requireCode(t, err, "IncorrectKeyException")
			moved, err := root.ReEncrypt(ctx, &awskms.ReEncryptInput{CiphertextBlob: sealed.CiphertextBlob, SourceEncryptionContext: pairs, DestinationKeyId: other.KeyId})
			require.NoError(t, err)
			assert.Equal(t, other.Arn, moved.KeyId)
			assert.Equal(t, key.Arn, moved.SourceKeyId)
			opened, err = root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: moved.CiphertextBlob})
			require.NoError(t, err)
			assert.Equal(t, "secret", string(opened.Plaintext))
		}
	})
}

func TestMissingKeys(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root := c.root()
	for id, text := range map[string]string{
		"alias/none":                           "Alias arn:aws:kms:us-east-1:111122223333:alias/none is not found.",
		"1234abcd-12ab-34cd-56ef-1234567890ab": "Key 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab' does not exist",
		"nonsense":                             "Invalid keyId 'nonsense'",
	} {
		_, err := root.DescribeKey(t.Context(), &awskms.DescribeKeyInput{KeyId: &id})
		worldtest.RequireError(t, err, "NotFoundException", text)
	}
	// Of keys of another account nobody learns whether they are there.
	none := "arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"
	_, err := root.DescribeKey(t.Context(), &awskms.DescribeKeyInput{KeyId: &none})
	worldtest.RequireError(t, err, "AccessDeniedException", "User: arn:aws:iam::111122223333:root is not authorized to perform: kms:DescribeKey on resource: "+none+
		" because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy explicitly denies access")
}

func TestShapes(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	root, key := c.root(), c.key(t)
	_, err := root.Encrypt(t.Context(), &awskms.EncryptInput{KeyId: key.KeyId, Plaintext: make([]byte, 4097)})
	worldtest.RequireError(t, err, "ValidationException", "1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length less than or equal to 4096")
	_, err = root.Encrypt(t.Context(), &awskms.EncryptInput{Plaintext: []byte("x")})
	worldtest.RequireError(t, err, "ValidationException", "1 validation error detected: Value null at 'keyId' failed to satisfy constraint: Member must not be null")
	_, err = root.GenerateDataKey(t.Context(), &awskms.GenerateDataKeyInput{KeyId: key.KeyId})
	requireCode(t, err, "ValidationException")
	_, err = root.CreateKey(t.Context(), &awskms.CreateKeyInput{KeySpec: types.KeySpecMlDsa44, KeyUsage: types.KeyUsageTypeSignVerify})
	worldtest.RequireError(t, err, "NotImplemented", "kms KeySpec ML_DSA_44 is not implemented by leastpriv.")
	_, err = root.CreateCustomKeyStore(t.Context(), &awskms.CreateCustomKeyStoreInput{CustomKeyStoreName: aws.String("x")})
	worldtest.RequireError(t, err, "NotImplemented", "kms CreateCustomKeyStore is not implemented by leastpriv.")
	_, err = root.CreateKey(t.Context(), &awskms.CreateKeyInput{CustomKeyStoreId: aws.String("x")})
	requireCode(t, err, "NotImplemented")
	_, err = root.Encrypt(t.Context(), &awskms.EncryptInput{KeyId: key.KeyId, Plaintext: []byte("x"), DryRun: aws.Bool(true)})
	worldtest.RequireError(t, err, "DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")
}

// Signatures are those of the standard library.
func TestSign(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, root, message := t.Context(), c.root(), []byte("message")
	sum := sha256.Sum256(message)
	for _, tc := range []struct {
		spec       types.KeySpec
		algorithms []types.SigningAlgorithmSpec
	}{
		{types.KeySpecRsa2048, []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecRsassaPssSha256, types.SigningAlgorithmSpecRsassaPkcs1V15Sha256, types.SigningAlgorithmSpecRsassaPssSha512}},
		{types.KeySpecEccNistP256, []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecEcdsaSha256}},
		{types.KeySpecEccNistP384, []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecEcdsaSha384}},
		{types.KeySpecEccNistP521, []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecEcdsaSha512}},
		{types.KeySpecEccNistEdwards25519, []types.SigningAlgorithmSpec{types.SigningAlgorithmSpecEd25519Sha512}},
	} {
		key := c.key(t, ofKind(tc.spec, types.KeyUsageTypeSignVerify))
		public, err := root.GetPublicKey(ctx, &awskms.GetPublicKeyInput{KeyId: key.KeyId})
		require.NoError(t, err)
		parsed, err := x509.ParsePKIXPublicKey(public.PublicKey)
		require.NoError(t, err)
		for _, a := range tc.algorithms {
			assert.Contains(t, key.SigningAlgorithms, a)
			signed, err := root.Sign(ctx, &awskms.SignInput{KeyId: key.KeyId, Message: message, SigningAlgorithm: a})
			require.NoError(t, err)
			switch a {
			case types.SigningAlgorithmSpecRsassaPssSha256:
				require.NoError(t, rsa.VerifyPSS(parsed.(*rsa.PublicKey), crypto.SHA256, sum[:], signed.Signature, nil))
			case types.SigningAlgorithmSpecRsassaPkcs1V15Sha256:
				require.NoError(t, rsa.VerifyPKCS1v15(parsed.(*rsa.PublicKey), crypto.SHA256, sum[:], signed.Signature))
			case types.SigningAlgorithmSpecEcdsaSha256:
				require.True(t, ecdsa.VerifyASN1(parsed.(*ecdsa.PublicKey), sum[:], signed.Signature))
				_, err = root.Verify(ctx, &awskms.VerifyInput{KeyId: key.KeyId, Message: sum[:], MessageType: types.MessageTypeDigest, SigningAlgorithm: a, Signature: signed.Signature})
				require.NoError(t, err)
			}
			verified, err := root.Verify(ctx, &awskms.VerifyInput{KeyId: key.KeyId, Message: message, SigningAlgorithm: a, Signature: signed.Signature})
			require.NoError(t, err)
			assert.True(t, verified.SignatureValid)
			_, err = root.Verify(ctx, &awskms.VerifyInput{KeyId: key.KeyId, Message: []byte("another"), SigningAlgorithm: a, Signature: signed.Signature})
			requireCode(t, err, "KMSInvalidSignatureException")
		}
		_, err = root.Sign(ctx, &awskms.SignInput{KeyId: key.KeyId, Message: message, SigningAlgorithm: types.SigningAlgorithmSpecSm2dsa})
		requireCode(t, err, "InvalidKeyUsageException")
	}
	key := c.key(t)
	_, err := root.Sign(ctx, &awskms.SignInput{KeyId: key.KeyId, Message: message, SigningAlgorithm: types.SigningAlgorithmSpecEcdsaSha256})
	worldtest.RequireError(t, err, "InvalidKeyUsageException", *key.Arn+" key usage is ENCRYPT_DECRYPT which is not valid for Sign.")
}

func TestMACsAndAgreementAndRSA(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, root := t.Context(), c.root()
	mac := c.key(t, ofKind(types.KeySpecHmac256, types.KeyUsageTypeGenerateVerifyMac))
	made, err := root.GenerateMac(ctx, &awskms.GenerateMacInput{KeyId: mac.KeyId, MacAlgorithm: types.MacAlgorithmSpecHmacSha256, Message: []byte("m")})
	require.NoError(t, err)
	_, err = root.VerifyMac(ctx, &awskms.VerifyMacInput{KeyId: mac.KeyId, MacAlgorithm: types.MacAlgorithmSpecHmacSha256, Message: []byte("m"), Mac: made.Mac})
	require.NoError(t, err)
	_, err = root.VerifyMac(ctx, &awskms.VerifyMacInput{KeyId: mac.KeyId, MacAlgorithm: types.MacAlgorithmSpecHmacSha256, Message: []byte("n"), Mac: made.Mac})
	requireCode(t, err, "KMSInvalidMacException")

	one, two := c.key(t, ofKind(types.KeySpecEccNistP256, types.KeyUsageTypeKeyAgreement)), c.key(t, ofKind(types.KeySpecEccNistP256, types.KeyUsageTypeKeyAgreement))
	var secrets [][]byte
	for _, pair := range [][2]*types.KeyMetadata{{one, two}, {two, one}} {
		public, err := root.GetPublicKey(ctx, &awskms.GetPublicKeyInput{KeyId: pair[1].KeyId})
		require.NoError(t, err)
		out, err := root.DeriveSharedSecret(ctx, &awskms.DeriveSharedSecretInput{KeyId: pair[0].KeyId, KeyAgreementAlgorithm: types.KeyAgreementAlgorithmSpecEcdh, PublicKey: public.PublicKey})
		require.NoError(t, err)
		secrets = append(secrets, out.SharedSecret)
	}
	assert.Equal(t, secrets[0], secrets[1])

	pair := c.key(t, ofKind(types.KeySpecRsa2048, types.KeyUsageTypeEncryptDecrypt))
	for _, a := range []types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecRsaesOaepSha1, types.EncryptionAlgorithmSpecRsaesOaepSha256} {
		sealed, err := root.Encrypt(ctx, &awskms.EncryptInput{KeyId: pair.KeyId, Plaintext: []byte("x"), EncryptionAlgorithm: a})
		require.NoError(t, err)
		opened, err := root.Decrypt(ctx, &awskms.DecryptInput{KeyId: pair.KeyId, CiphertextBlob: sealed.CiphertextBlob, EncryptionAlgorithm: a})
		require.NoError(t, err)
		assert.Equal(t, "x", string(opened.Plaintext))
	}
	_, err = root.Encrypt(ctx, &awskms.EncryptInput{KeyId: pair.KeyId, Plaintext: []byte("x")})
	requireCode(t, err, "InvalidKeyUsageException")
	_, err = root.Encrypt(ctx, &awskms.EncryptInput{KeyId: pair.KeyId, Plaintext: make([]byte, 191), EncryptionAlgorithm: types.EncryptionAlgorithmSpecRsaesOaepSha256})
	requireCode(t, err, "ValidationException")
}

// What GenerateDataKey… give sealed, Decrypt opens.
func TestDataKeys(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, root, key := t.Context(), c.root(), c.key(t)
	pairs := map[string]string{"a": "b"}
	whole, err := root.GenerateDataKey(ctx, &awskms.GenerateDataKeyInput{KeyId: key.KeyId, KeySpec: types.DataKeySpecAes256, EncryptionContext: pairs})
	require.NoError(t, err)
	require.Len(t, whole.Plaintext, 32)
	opened, err := root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: whole.CiphertextBlob, EncryptionContext: pairs})
	require.NoError(t, err)
	assert.Equal(t, whole.Plaintext, opened.Plaintext)
	sealed, err := root.GenerateDataKeyWithoutPlaintext(ctx, &awskms.GenerateDataKeyWithoutPlaintextInput{KeyId: key.KeyId, NumberOfBytes: aws.Int32(7)})
	require.NoError(t, err)
	opened, err = root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob})
	require.NoError(t, err)
	assert.Len(t, opened.Plaintext, 7)
	pair, err := root.GenerateDataKeyPair(ctx, &awskms.GenerateDataKeyPairInput{KeyId: key.KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP256})
	require.NoError(t, err)
	opened, err = root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: pair.PrivateKeyCiphertextBlob})
	require.NoError(t, err)
	assert.Equal(t, pair.PrivateKeyPlaintext, opened.Plaintext)
	private, err := x509.ParsePKCS8PrivateKey(opened.Plaintext)
	require.NoError(t, err)
	public, err := x509.ParsePKIXPublicKey(pair.PublicKey)
	require.NoError(t, err)
	assert.True(t, private.(*ecdsa.PrivateKey).PublicKey.Equal(public))
	without, err := root.GenerateDataKeyPairWithoutPlaintext(ctx, &awskms.GenerateDataKeyPairWithoutPlaintextInput{KeyId: key.KeyId, KeyPairSpec: types.DataKeyPairSpecEccNistP384})
	require.NoError(t, err)
	assert.NotEmpty(t, without.PrivateKeyCiphertextBlob)
	random, err := root.GenerateRandom(ctx, &awskms.GenerateRandomInput{NumberOfBytes: aws.Int32(24)})
	require.NoError(t, err)
	assert.Len(t, random.Plaintext, 24)
}
