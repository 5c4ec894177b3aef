package sns

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Every key is of 2048 bits, and package rsa verifies what it signs.
func TestSigningKeys(t *testing.T) {
	t.Parallel()
	for range 20 {
		k, err := newSigningKey()
		require.NoError(t, err)
		assert.Equal(t, keyBits, k.public.N.BitLen())
		digest := sha256.Sum256([]byte("x"))
		signature, err := k.Sign(nil, digest[:], crypto.SHA256)
		require.NoError(t, err)
		require.NoError(t, rsa.VerifyPKCS1v15(&k.public, crypto.SHA256, digest[:], signature))
		signature[20]++
		require.Error(t, rsa.VerifyPKCS1v15(&k.public, crypto.SHA256, digest[:], signature))
		_, err = k.Sign(nil, digest[:20], crypto.SHA256)
		require.Error(t, err)
	}
}

func BenchmarkSign(b *testing.B) {
	theSigner()
	for b.Loop() {
		sign("1", "x")
	}
}
