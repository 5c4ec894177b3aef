package s3

import (
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"

	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	sums "github.com/leastpriv/leastpriv/internal/checksum"
)

// A crc is a polynomial, bit-reversed, and its width in bits.
type crc struct {
	polynomial uint64
	width      int
}

// combining returns the polynomial of an algorithm whose checksums of parts can
// be combined to that of the whole; nil for the others.
func combining(a types.ChecksumAlgorithm) *crc {
	switch a {
	case types.ChecksumAlgorithmCrc32:
		return &crc{crc32.IEEE, 32}
	case types.ChecksumAlgorithmCrc32c:
		return &crc{crc32.Castagnoli, 32}
	case types.ChecksumAlgorithmCrc64nvme:
		return &crc{sums.NVME, 64}
	}
	return nil
}

// A matrix over GF(2) is a linear change of a checksum, by columns.
type matrix [64]uint64

func (m *matrix) times(v uint64) (sum uint64) {
	for i := 0; v != 0; i, v = i+1, v>>1 {
		if v&1 != 0 {
			sum ^= m[i]
		}
	}
	return sum
}

func (m *matrix) after(other *matrix, width int) *matrix {
	product := new(matrix)
	for i := range width {
		product[i] = m.times(other[i])
	}
	return product
}

// zeros is what a number of zero bytes behind it makes of a checksum.
func (c *crc) zeros(bytes int64) *matrix {
	bit, all := new(matrix), new(matrix)
	bit[0] = c.polynomial
	for i := range c.width {
		all[i] = 1 << i
		if i > 0 {
			bit[i] = 1 << (i - 1)
		}
	}
	for range 3 { // a byte has 2^3 bits
		bit = bit.after(bit, c.width)
	}
	for n := bytes; n > 0; n >>= 1 {
		if n&1 != 0 {
			all = bit.after(all, c.width)
		}
		bit = bit.after(bit, c.width)
	}
	return all
}

// combine makes the checksum of the whole of those of its parts.
func (c *crc) combine(a types.ChecksumAlgorithm, parts []*part) checksum {
	// Most parts of an upload are of one size.
	shifts := make(map[int64]*matrix)
	whole := uint64(0)
	for _, p := range parts {
		shift := shifts[p.size]
		if shift == nil {
			shift = c.zeros(p.size)
			shifts[p.size] = shift
		}
		whole = shift.times(whole) ^ c.value(p.checksum.value)
	}
	raw := binary.BigEndian.AppendUint64(nil, whole)
	return checksum{algorithm: a, value: base64.StdEncoding.EncodeToString(raw[8-c.width/8:])}
}

func (c *crc) value(text string) (v uint64) {
	raw, _ := base64.StdEncoding.DecodeString(text) // it was made here
	for _, b := range raw {
		v = v<<8 | uint64(b)
	}
	return v
}
