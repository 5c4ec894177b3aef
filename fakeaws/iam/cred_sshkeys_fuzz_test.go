package iam

import (
	"crypto/rsa"
	"math/big"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzSSHPublicKey: no text breaks the parser, and what it takes it writes in
// both formats as the same key.
func FuzzSSHPublicKey(f *testing.F) {
	for _, exponent := range []int{0, 3, 65537} {
		public := &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), leastKeyBits-1, 1), E: exponent}
		k := &sshKey{key: public, wire: sshWire(public)}
		f.Add(k.encode(types.EncodingTypeSsh))
		f.Add(k.encode(types.EncodingTypePem))
	}
	f.Add("ssh-rsa AAAAB3NzaC1yc2E= comment")
	f.Add("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
	f.Fuzz(func(t *testing.T, body string) {
		key, err := parseSSHKey(body)
		if err != nil {
			return
		}
		k := &sshKey{key: key, wire: sshWire(key)}
		for _, encoding := range types.EncodingType("").Values() {
			again, err := parseSSHKey(k.encode(encoding))
			require.NoError(t, err, encoding)
			assert.True(t, key.Equal(again), encoding)
		}
	})
}
