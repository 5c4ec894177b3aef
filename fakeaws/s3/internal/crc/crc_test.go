package crc_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/fakeaws/s3/internal/crc"
	"github.com/leastpriv/leastpriv/internal/checksum"
)

// TestCombine compares CRCs of the whole that are combined of those of the parts with
// those of the data.
func TestCombine(t *testing.T) {
	t.Parallel()
	sum := func(algorithm string, data []byte) []byte {
		h := checksum.New(algorithm)
		h.Write(data)
		return h.Sum(nil)
	}
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 300), 1, 5).Draw(t, "parts")
		for _, a := range []string{"CRC32", "CRC32C", "CRC64NVME"} {
			var parts []crc.Part
			for _, piece := range pieces {
				parts = append(parts, crc.Part{Size: int64(len(piece)), Sum: sum(a, piece)})
			}
			require.Equal(t, sum(a, bytes.Join(pieces, nil)), crc.Of(a).Combine(parts), a)
		}
	})
	assert.Nil(t, crc.Of("SHA256"))
}
