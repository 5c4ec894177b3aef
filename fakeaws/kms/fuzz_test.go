package kms

import (
	"bytes"
	"crypto/aes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// FuzzOpenBlob takes anything for a ciphertext: none but what was sealed opens, and the parts
// of what is taken apart are the whole.
func FuzzOpenBlob(f *testing.F) {
	s := &Fake{fakeaws.NewWorld(fakeaws.Config{})}
	key := &fakeaws.Key{Account: "111122223333", ID: "1234abcd-12ab-34cd-56ef-1234567890ab", KeyAttributes: fakeaws.KeyAttributes{Spec: "SYMMETRIC_DEFAULT"}}
	v := s.newVersion(key, nil)
	sealed, err := seal(key, &v, []byte("plaintext"), map[string]string{"a": "b"})
	require.NoError(f, err)
	f.Add(sealed)
	f.Add([]byte{1, 255})
	r := &record{versions: []version{v}}
	f.Fuzz(func(t *testing.T, b []byte) {
		opened, ok := openBlob(b)
		if !ok {
			return
		}
		require.Equal(t, b, bytes.Join([][]byte{opened.header, opened.nonce, opened.sealed}, nil))
		plaintext, err := r.open(&opened, map[string]string{"a": "b"})
		if bytes.Equal(b, sealed) {
			require.NoError(t, err)
			require.Equal(t, "plaintext", string(plaintext))
		} else {
			require.Error(t, err)
		}
	})
}

// FuzzUnwrapPadded takes anything for wrapped key material: what it unwraps fits into it.
func FuzzUnwrapPadded(f *testing.F) {
	block, err := aes.NewCipher(make([]byte, 32))
	require.NoError(f, err)
	f.Add(make([]byte, 16))
	f.Add(make([]byte, 40))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		material, err := unwrapPadded(block, b)
		require.Equal(t, before, b)
		if err == nil {
			require.NotEmpty(t, material)
			require.LessOrEqual(t, len(material), len(b)-8)
			require.Greater(t, len(material), len(b)-16)
		}
	})
}

// TestUnwrapPadded has the vectors of RFC 5649, 6.
func TestUnwrapPadded(t *testing.T) {
	t.Parallel()
	kek := []byte{0x58, 0x40, 0xdf, 0x6e, 0x29, 0xb0, 0x2a, 0xf1, 0xab, 0x49, 0x3b, 0x70, 0x5b, 0xf1, 0x6e, 0xa1, 0xae, 0x83, 0x38, 0xf4, 0xdc, 0xc1, 0x76, 0xa8}
	block, err := aes.NewCipher(kek)
	require.NoError(t, err)
	long := []byte{0x13, 0x8b, 0xde, 0xaa, 0x9b, 0x8f, 0xa7, 0xfc, 0x61, 0xf9, 0x77, 0x42, 0xe7, 0x22, 0x48, 0xee, 0x5a, 0xe6, 0xae, 0x53, 0x60, 0xd1, 0xae, 0x6a, 0x5f, 0x54, 0xf3, 0x73, 0xfa, 0x54, 0x3b, 0x6a}
	got, err := unwrapPadded(block, long)
	require.NoError(t, err)
	require.Equal(t, []byte{0xc3, 0x7b, 0x7e, 0x64, 0x92, 0x58, 0x43, 0x40, 0xbe, 0xd1, 0x22, 0x07, 0x80, 0x89, 0x41, 0x15, 0x50, 0x68, 0xf7, 0x38}, got)
	short := []byte{0xaf, 0xbe, 0xb0, 0xf0, 0x7d, 0xfb, 0xf5, 0x41, 0x92, 0x00, 0xf2, 0xcc, 0xb5, 0x0b, 0xb2, 0x4f}
	got, err = unwrapPadded(block, short)
	require.NoError(t, err)
	require.Equal(t, []byte{0x46, 0x6f, 0x72, 0x50, 0x61, 0x73, 0x69}, got)
}
