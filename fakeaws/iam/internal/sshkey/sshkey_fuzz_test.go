package sshkey

import (
	"crypto/rsa"
	"math/big"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzSSHPublicKey: no text breaks the parser, and what it takes it writes in
// both formats as the same key.
func FuzzSSHPublicKey(f *testing.F) {
	for _, exponent := range []int{0, 3, 65537} {
		k := newKey(&rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), leastBits-1, 1), E: exponent})
		f.Add(k.Line())
		f.Add(k.PEM())
	}
	f.Add("ssh-rsa AAAAB3NzaC1yc2E= comment")
	f.Add("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
	f.Fuzz(func(t *testing.T, body string) {
		key, err := Parse(body)
		if err != nil {
			return
		}
		for _, text := range []string{key.Line(), key.PEM()} {
			again, err := Parse(text)
			require.NoError(t, err, text)
			assert.True(t, key.Equal(again), text)
			assert.Equal(t, key.Fingerprint(), again.Fingerprint())
		}
	})
}
