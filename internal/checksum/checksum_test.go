package checksum

import (
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The check values of each algorithm's specification, of "123456789" or "abc".
func TestKnownValues(t *testing.T) {
	t.Parallel()
	for algorithm, known := range map[string][2]string{
		"CRC32":     {"123456789", "cbf43926"},
		"CRC32C":    {"123456789", "e3069283"},
		"CRC64NVME": {"123456789", "ae8b14860a799888"},
		"SHA1":      {"abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
		"SHA256":    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
		"SHA512":    {"", "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
		"MD5":       {"abc", "900150983cd24fb0d6963f7d28e17f72"},
		"XXHASH64":  {"abc", "44bc2cf5ad770999"},
		"XXHASH3":   {"abc", "78af5f94892f3950"},
		"XXHASH128": {"abc", "06b05ab6733a618578af5f94892f3950"},
	} {
		h := New(algorithm)
		require.NotNil(t, h, algorithm)
		for _, b := range []byte(known[0]) {
			_, _ = h.Write([]byte{b})
		}
		assert.Equal(t, known[1], hex.EncodeToString(h.Sum(nil)), algorithm)
		assert.Len(t, h.Sum(nil), h.Size(), algorithm)
		h.Reset()
		assert.Equal(t, New(algorithm).Sum(nil), h.Sum(nil), algorithm)
		assert.Equal(t, algorithm, OfHeader(Header(algorithm)))
	}
	assert.Nil(t, New("CRC16"))
}
