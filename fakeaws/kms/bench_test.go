package kms_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"runtime"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/internal/worldtest"
	"github.com/leastpriv/leastpriv/fakeaws/kms"
)

// BenchmarkEncryptDecrypt compares a plaintext's way there and back, without a wire, with
// what the standard library takes for the same, which is the floor.
func BenchmarkEncryptDecrypt(b *testing.B) {
	plaintext := make([]byte, 256)
	b.Run("floor", func(b *testing.B) {
		block, err := aes.NewCipher(make([]byte, 32))
		require.NoError(b, err)
		sealer, err := cipher.NewGCM(block)
		require.NoError(b, err)
		b.ReportAllocs()
		for b.Loop() {
			nonce := make([]byte, 12)
			_, _ = rand.Read(nonce)
			sealed := sealer.Seal(nonce, nonce, plaintext, nil)
			_, err := sealer.Open(nil, sealed[:12], sealed[12:], nil)
			require.NoError(b, err)
		}
	})
	for name, grants := range map[string]int{"kms": 0, "kms, 10,000 grants": 10_000} {
		b.Run(name, func(b *testing.B) {
			users := worldtest.NewUsers()
			w := worldtest.NewWorld(b, fakeaws.Config{Region: region, Services: []fakeaws.Service{kms.Service, users.Service()}})
			as := w.Fixture(owner, region)
			made, err := fakeaws.Do[awskms.CreateKeyOutput](b.Context(), w, as, &awskms.CreateKeyInput{})
			require.NoError(b, err)
			id := made.KeyMetadata.KeyId
			for range grants {
				_, err := fakeaws.Do[awskms.CreateGrantOutput](b.Context(), w, as, &awskms.CreateGrantInput{
					KeyId: id, GranteePrincipal: aws.String("arn:aws:iam::" + stranger + ":root"), Operations: []types.GrantOperation{types.GrantOperationEncrypt, types.GrantOperationDecrypt},
				})
				require.NoError(b, err)
			}
			b.ReportAllocs()
			for b.Loop() {
				sealed, err := fakeaws.Do[awskms.EncryptOutput](b.Context(), w, as, &awskms.EncryptInput{KeyId: id, Plaintext: plaintext})
				require.NoError(b, err)
				_, err = fakeaws.Do[awskms.DecryptOutput](b.Context(), w, as, &awskms.DecryptInput{CiphertextBlob: sealed.CiphertextBlob})
				require.NoError(b, err)
			}
		})
	}
}

// Encryption keeps nothing, and a key that is gone leaves nothing behind.
func TestBoundedMemory(t *testing.T) {
	c := newCloud(t)
	ctx, root := t.Context(), c.root()
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	round := func() {
		key := c.key(t)
		for range 50 {
			_, err := root.GenerateDataKey(ctx, &awskms.GenerateDataKeyInput{KeyId: key.KeyId, NumberOfBytes: aws.Int32(1024)})
			require.NoError(t, err)
		}
		for range 20 {
			g := c.grant(t, key, "arn:aws:iam::"+owner+":root", nil, types.GrantOperationDecrypt)
			_, err := root.RevokeGrant(ctx, &awskms.RevokeGrantInput{KeyId: key.KeyId, GrantId: g.GrantId})
			require.NoError(t, err)
		}
		_, err := root.ScheduleKeyDeletion(ctx, &awskms.ScheduleKeyDeletionInput{KeyId: key.KeyId, PendingWindowInDays: aws.Int32(7)})
		require.NoError(t, err)
		c.Clock().Advance(8 * 24 * 3600 * 1e9)
		list, err := root.ListKeys(ctx, &awskms.ListKeysInput{})
		require.NoError(t, err)
		require.Empty(t, list.Keys)
	}
	round()
	before := heap()
	for range 20 {
		round()
	}
	// The log keeps some of each call; a thousand data keys alone would be a megabyte more.
	assert.Less(t, int64(heap())-int64(before), int64(4<<20))
}
