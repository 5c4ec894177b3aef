package kms_test

import (
	"bytes"
	"crypto/aes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func (c *cloud) importInto(t *testing.T, key *types.KeyMetadata, a types.AlgorithmSpec, material []byte, validTo *time.Time, options ...func(*awskms.Options)) error {
	t.Helper()
	ctx, root := t.Context(), c.root()
	p, err := root.GetParametersForImport(ctx, &awskms.GetParametersForImportInput{KeyId: key.KeyId, WrappingAlgorithm: a, WrappingKeySpec: types.WrappingKeySpecRsa2048}, options...)
	require.NoError(t, err)
	parsed, err := x509.ParsePKIXPublicKey(p.PublicKey)
	require.NoError(t, err)
	public := parsed.(*rsa.PublicKey)
	var wrapped []byte
	if a == types.AlgorithmSpecRsaAesKeyWrapSha256 {
		kek := make([]byte, 32)
		_, _ = rand.Read(kek)
		wrapped, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, public, kek, nil)
		wrapped = append(wrapped, wrapPadded(t, kek, material)...)
	} else {
		wrapped, err = rsa.EncryptOAEP(sha256.New(), rand.Reader, public, material, nil)
	}
	require.NoError(t, err)
	in := &awskms.ImportKeyMaterialInput{KeyId: key.KeyId, ImportToken: p.ImportToken, EncryptedKeyMaterial: wrapped, ExpirationModel: types.ExpirationModelTypeKeyMaterialDoesNotExpire}
	if validTo != nil {
		in.ExpirationModel, in.ValidTo = types.ExpirationModelTypeKeyMaterialExpires, validTo
	}
	_, err = root.ImportKeyMaterial(ctx, in, options...)
	return err
}

// wrapPadded is AES key wrap with padding (RFC 5649, 4.1).
func wrapPadded(t *testing.T, kek, material []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(kek)
	require.NoError(t, err)
	n := (len(material) + 7) / 8
	b := make([]byte, 8+8*n)
	copy(b, []byte{0xA6, 0x59, 0x59, 0xA6})
	binary.BigEndian.PutUint32(b[4:], uint32(len(material)))
	copy(b[8:], material)
	if n == 1 {
		block.Encrypt(b, b)
		return b
	}
	var buf [16]byte
	for j := range 6 {
		for i := 1; i <= n; i++ {
			copy(buf[:8], b[:8])
			copy(buf[8:], b[8*i:8*i+8])
			block.Encrypt(buf[:], buf[:])
			binary.BigEndian.PutUint64(b[:8], binary.BigEndian.Uint64(buf[:8])^uint64(n*j+i))
			copy(b[8*i:], buf[8:])
		}
	}
	return b
}

// Imported material can be deleted, expires, and is the same when it is imported again.
func TestImport(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, root := t.Context(), c.root()
	for _, a := range []types.AlgorithmSpec{types.AlgorithmSpecRsaesOaepSha256, types.AlgorithmSpecRsaAesKeyWrapSha256} {
		key := c.key(t, func(in *awskms.CreateKeyInput) { in.Origin = types.OriginTypeExternal })
		assert.Equal(t, types.KeyStatePendingImport, key.KeyState)
		material := bytes.Repeat([]byte{7}, 32)
		requireCode(t, c.importInto(t, key, a, material[1:], nil), "InvalidCiphertextException")
		require.NoError(t, c.importInto(t, key, a, material, nil))
		sealed, err := root.Encrypt(ctx, &awskms.EncryptInput{KeyId: key.KeyId, Plaintext: []byte("x")})
		require.NoError(t, err)
		_, err = root.DeleteImportedKeyMaterial(ctx, &awskms.DeleteImportedKeyMaterialInput{KeyId: key.KeyId})
		require.NoError(t, err)
		_, err = root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob})
		requireCode(t, err, "KMSInvalidStateException")
		requireCode(t, c.importInto(t, key, a, bytes.Repeat([]byte{8}, 32), nil), "IncorrectKeyMaterialException")
		require.NoError(t, c.importInto(t, key, a, material, aws.Time(c.Clock().Now().Add(time.Hour))))
		_, err = root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob})
		require.NoError(t, err)
		c.Clock().Advance(2 * time.Hour)
		_, err = root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob})
		requireCode(t, err, "KMSInvalidStateException")
	}
}

// A key that is pending deletion may lose its material, and stays pending.
func TestDeleteMaterialOfAPendingKey(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, root := t.Context(), c.root()
	key := c.key(t, func(in *awskms.CreateKeyInput) { in.Origin = types.OriginTypeExternal })
	require.NoError(t, c.importInto(t, key, types.AlgorithmSpecRsaesOaepSha256, bytes.Repeat([]byte{7}, 32), nil))
	_, err := root.ScheduleKeyDeletion(ctx, &awskms.ScheduleKeyDeletionInput{KeyId: key.KeyId})
	require.NoError(t, err)
	_, err = root.DeleteImportedKeyMaterial(ctx, &awskms.DeleteImportedKeyMaterialInput{KeyId: key.KeyId})
	require.NoError(t, err)
	out, err := root.DescribeKey(ctx, &awskms.DescribeKeyInput{KeyId: key.KeyId})
	require.NoError(t, err)
	assert.Equal(t, types.KeyStatePendingDeletion, out.KeyMetadata.KeyState)
	_, err = root.CancelKeyDeletion(ctx, &awskms.CancelKeyDeletionInput{KeyId: key.KeyId})
	require.NoError(t, err)
	out, err = root.DescribeKey(ctx, &awskms.DescribeKeyInput{KeyId: key.KeyId})
	require.NoError(t, err)
	assert.Equal(t, types.KeyStatePendingImport, out.KeyMetadata.KeyState)
}

// Imported material is each key's own: a replica works on when that of the primary key has
// expired or is deleted, and takes no other than the primary key had.
func TestImportIntoReplicas(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	ctx, root, there := t.Context(), c.root(), in("eu-west-1")
	const oaep = types.AlgorithmSpecRsaesOaepSha256
	material := bytes.Repeat([]byte{7}, 32)
	key := c.key(t, func(in *awskms.CreateKeyInput) { in.Origin, in.MultiRegion = types.OriginTypeExternal, aws.Bool(true) })
	require.NoError(t, c.importInto(t, key, oaep, material, aws.Time(c.Clock().Now().Add(time.Hour))))
	sealed, err := root.Encrypt(ctx, &awskms.EncryptInput{KeyId: key.KeyId, Plaintext: []byte("x")})
	require.NoError(t, err)
	_, err = root.ReplicateKey(ctx, &awskms.ReplicateKeyInput{KeyId: key.KeyId, ReplicaRegion: aws.String("eu-west-1")})
	require.NoError(t, err)
	open := func(options ...func(*awskms.Options)) error {
		_, err := root.Decrypt(ctx, &awskms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob}, options...)
		return err
	}
	requireCode(t, open(there), "KMSInvalidStateException")
	requireCode(t, c.importInto(t, key, oaep, bytes.Repeat([]byte{8}, 32), nil, there), "IncorrectKeyMaterialException")
	require.NoError(t, c.importInto(t, key, oaep, material, nil, there))
	require.NoError(t, open(there))
	c.Clock().Advance(2 * time.Hour)
	requireCode(t, open(), "KMSInvalidStateException")
	require.NoError(t, open(there))

	require.NoError(t, c.importInto(t, key, oaep, material, nil))
	_, err = root.UpdatePrimaryRegion(ctx, &awskms.UpdatePrimaryRegionInput{KeyId: key.KeyId, PrimaryRegion: aws.String("eu-west-1")})
	require.NoError(t, err)
	require.NoError(t, open())
	require.NoError(t, open(there))
	_, err = root.DeleteImportedKeyMaterial(ctx, &awskms.DeleteImportedKeyMaterialInput{KeyId: key.KeyId}, there)
	require.NoError(t, err)
	requireCode(t, open(there), "KMSInvalidStateException")
	require.NoError(t, open())
}
