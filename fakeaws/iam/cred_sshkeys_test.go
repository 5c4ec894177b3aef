package iam_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/md5"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// modulus is an odd number of so many bits; nobody asks whether it is a key's.
func modulus(n int64, bits uint) *big.Int {
	m := new(big.Int).Lsh(big.NewInt(1), bits-1)
	return m.Add(m, big.NewInt(2*n+1))
}

// sshLine is the nth public key of so many bits, as ssh-keygen writes it.
func sshLine(n int64, bits uint) string {
	var b []byte
	for _, part := range []string{"ssh-rsa", "\x01\x00\x01", "\x00" + string(modulus(n, bits).Bytes())} {
		b = append(binary.BigEndian.AppendUint32(b, uint32(len(part))), part...)
	}
	return "ssh-rsa " + base64.StdEncoding.EncodeToString(b)
}

func TestSSHPublicKeyLife(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		client := w.user(t, "alice", allowAll)
		alice := aws.String("alice")
		line := sshLine(1, 2048)
		made, err := client.UploadSSHPublicKey(ctx, &sdk.UploadSSHPublicKeyInput{UserName: alice, SSHPublicKeyBody: aws.String(line + " alice@example.com")})
		require.NoError(t, err)
		k := made.SSHPublicKey
		assert.Regexp(t, "^APKA[A-Z2-7]{17}$", *k.SSHPublicKeyId)
		wire, err := base64.StdEncoding.DecodeString(strings.Fields(line)[1])
		require.NoError(t, err)
		sum := fmt.Sprintf("% x", md5.Sum(wire))
		assert.Equal(t, strings.ReplaceAll(sum, " ", ":"), *k.Fingerprint)

		get := func(encoding types.EncodingType) string {
			out, err := client.GetSSHPublicKey(ctx, &sdk.GetSSHPublicKeyInput{UserName: alice, SSHPublicKeyId: k.SSHPublicKeyId, Encoding: encoding})
			require.NoError(t, err)
			return *out.SSHPublicKey.SSHPublicKeyBody
		}
		assert.Equal(t, line, get(types.EncodingTypeSsh))
		block, _ := pem.Decode([]byte(get(types.EncodingTypePem)))
		require.NotNil(t, block)
		public, err := x509.ParsePKIXPublicKey(block.Bytes)
		require.NoError(t, err)
		assert.Equal(t, &rsa.PublicKey{N: modulus(1, 2048), E: 65537}, public)

		// The same key in another encoding is the same key.
		_, err = client.UploadSSHPublicKey(ctx, &sdk.UploadSSHPublicKeyInput{UserName: alice, SSHPublicKeyBody: aws.String(get(types.EncodingTypePem))})
		requireError(t, err, "DuplicateSSHPublicKey", "The SSH public key is already associated with this user.")
		for i := range int64(4) {
			_, err = client.UploadSSHPublicKey(ctx, &sdk.UploadSSHPublicKeyInput{UserName: alice, SSHPublicKeyBody: aws.String(sshLine(i+2, 2048))})
			require.NoError(t, err)
		}
		_, err = client.UploadSSHPublicKey(ctx, &sdk.UploadSSHPublicKeyInput{UserName: alice, SSHPublicKeyBody: aws.String(sshLine(6, 2048))})
		requireError(t, err, "LimitExceeded", "Cannot exceed quota for SSHPublicKeysPerUser: 5")

		_, err = client.UpdateSSHPublicKey(ctx, &sdk.UpdateSSHPublicKeyInput{UserName: alice, SSHPublicKeyId: k.SSHPublicKeyId, Status: types.StatusTypeInactive})
		require.NoError(t, err)
		inactive, pages := 0, 0
		for p := sdk.NewListSSHPublicKeysPaginator(client, &sdk.ListSSHPublicKeysInput{MaxItems: aws.Int32(2)}); p.HasMorePages(); pages++ {
			page, err := p.NextPage(ctx)
			require.NoError(t, err)
			for _, m := range page.SSHPublicKeys {
				if m.Status == types.StatusTypeInactive {
					inactive++
					assert.Equal(t, k.SSHPublicKeyId, m.SSHPublicKeyId)
				}
			}
		}
		assert.Equal(t, 3, pages)
		assert.Equal(t, 1, inactive)
		remove := &sdk.DeleteSSHPublicKeyInput{UserName: alice, SSHPublicKeyId: k.SSHPublicKeyId}
		_, err = client.DeleteSSHPublicKey(ctx, remove)
		require.NoError(t, err)
		_, err = client.DeleteSSHPublicKey(ctx, remove)
		requireError(t, err, "NoSuchEntity", "The Public Key with id "+*k.SSHPublicKeyId+" cannot be found.")
	})
}

func TestSSHPublicKeyErrors(t *testing.T) {
	t.Parallel()
	eachDoor(t, func(t *testing.T, w *world) {
		w.user(t, "alice")
		curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		der, err := x509.MarshalPKIXPublicKey(&curve.PublicKey)
		require.NoError(t, err)
		const unrecognized, invalid = "UnrecognizedPublicKeyEncoding", "InvalidPublicKey"
		tests := map[string]struct{ body, code, message string }{
			"text":      {"text", unrecognized, "Invalid public key uploaded."},
			"Ed25519":   {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGkUhd+Zcx", unrecognized, "Invalid public key uploaded."},
			"no base64": {"ssh-rsa !", unrecognized, "Invalid public key uploaded."},
			"cut off":   {sshLine(1, 2048)[:100], unrecognized, "Invalid public key uploaded."},
			"bad PEM":   {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", unrecognized, "Invalid public key uploaded."},
			"too short": {sshLine(1, 2040), invalid, "The SSH public key must be an RSA key of at least 2048 bits."},
			"ECDSA":     {string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})), invalid, "The SSH public key must be an RSA key of at least 2048 bits."},
		}
		for name, tc := range tests {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				_, err := w.iam.UploadSSHPublicKey(w.root, &sdk.UploadSSHPublicKeyInput{UserName: aws.String("alice"), SSHPublicKeyBody: &tc.body})
				requireError(t, err, tc.code, tc.message)
			})
		}
	})
}
