// Package crc combines the cyclic redundancy checks of the parts of an upload to that of
// the whole, without the data.
package crc

import (
	"encoding/binary"
	"hash/crc32"

	"github.com/leastpriv/leastpriv/internal/checksum"
)

// A CRC is a polynomial, bit-reversed, and its width in bits.
type CRC struct {
	polynomial uint64
	width      int
}

// Of returns the CRC of an algorithm of S3, "CRC32C"; nil of one that is no CRC.
func Of(algorithm string) *CRC {
	switch algorithm {
	case "CRC32":
		return &CRC{crc32.IEEE, 32}
	case "CRC32C":
		return &CRC{crc32.Castagnoli, 32}
	case "CRC64NVME":
		return &CRC{checksum.NVME, 64}
	}
	return nil
}

// A Part is a part of the whole: how many bytes it has, and its CRC, big-endian.
type Part struct {
	Size int64
	Sum  []byte
}

// Combine makes the CRC of the whole, big-endian, of those of its parts.
func (c *CRC) Combine(parts []Part) []byte {
	// Most parts of an upload are of one size.
	shifts := make(map[int64]*matrix)
	whole := uint64(0)
	for _, p := range parts {
		shift := shifts[p.Size]
		if shift == nil {
			shift = c.zeros(p.Size)
			shifts[p.Size] = shift
		}
		whole = shift.times(whole) ^ value(p.Sum)
	}
	return binary.BigEndian.AppendUint64(nil, whole)[8-c.width/8:]
}

func value(sum []byte) (v uint64) {
	for _, b := range sum {
		v = v<<8 | uint64(b)
	}
	return v
}

// zeros is what a number of zero bytes behind it makes of a CRC.
func (c *CRC) zeros(bytes int64) *matrix {
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

// A matrix over GF(2) is a linear change of a CRC, by columns.
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
