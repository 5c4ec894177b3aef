package qr

import (
	"bytes"
	"image/png"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// read gets the text out of a code, in the way of a scanner that sees every
// module right, and checks the error correction of each block.
func read(t require.TestingT, c *Code) string {
	c.apply(c.Mask)
	defer c.apply(c.Mask)
	var raw bits
	c.eachData(func(m int) {
		if raw.n < rawBytes(c.Version)*8 {
			value := 0
			if c.black[m] {
				value = 1
			}
			raw.write(value, 1)
		}
	})
	// Undo the interleaving by sending the positions through it.
	n := correction[c.Version]
	data := make([]byte, 0, dataBytes(c.Version))
	short, long := dataBytes(c.Version)/n.blocks, dataBytes(c.Version)%n.blocks
	for b := range n.blocks {
		var block []byte
		length := short
		if b >= n.blocks-long {
			length++
		}
		for i := range length {
			at := i*n.blocks + b
			if i == short {
				at = short*n.blocks + b - (n.blocks - long)
			}
			block = append(block, raw.bytes[at])
		}
		var checks []byte
		for i := range n.bytes {
			checks = append(checks, raw.bytes[dataBytes(c.Version)+i*n.blocks+b])
		}
		requireCodeword(t, append(block[:len(block):len(block)], checks...), n.bytes)
		data = append(data, block...)
	}
	require.Equal(t, byte(0b0100), data[0]>>4, "byte mode")
	var text []byte
	at := func(i int) byte { return data[i]<<4 | data[i+1]>>4 }
	length, start := int(at(0)), 1
	if countBits(c.Version) == 16 {
		length, start = length<<8|int(at(1)), 2
	}
	for i := range length {
		text = append(text, at(start+i))
	}
	return string(text)
}

// requireCodeword requires that the roots of the generator are roots of a block
// with its correction, which is what makes it a word of the code.
func requireCodeword(t require.TestingT, word []byte, degree int) {
	root := byte(1)
	for range degree {
		var sum byte
		for _, b := range word {
			sum = multiply(sum, root) ^ b
		}
		require.Zero(t, sum)
		root = multiply(root, 2)
	}
}

func TestEveryVersion(t *testing.T) {
	t.Parallel()
	for version := 1; version <= maxVersion; version++ {
		text := strings.Repeat("otpauth://totp/x@1?secret=", 120)[:capacity(version)]
		c, err := Encode(text)
		require.NoError(t, err)
		assert.Equal(t, version, c.Version)
		assert.Equal(t, text, read(t, c))
	}
	_, err := Encode(strings.Repeat("x", capacity(maxVersion)+1))
	require.ErrorIs(t, err, ErrTooLong)
}

// The capacities of ISO/IEC 18004 in byte mode at level L.
func TestCapacity(t *testing.T) {
	t.Parallel()
	for version, want := range map[int]int{1: 17, 2: 32, 6: 134, 7: 154, 9: 230, 10: 271, 14: 458, 20: 858, 27: 1465, 32: 1952, 40: 2953} {
		assert.Equal(t, want, capacity(version), version)
	}
}

func TestReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringN(-1, -1, 300).Draw(t, "text")
		c, err := Encode(text)
		require.NoError(t, err)
		require.Equal(t, text, read(t, c))
	})
}

// The first symbol of the standard's format information: level L with mask 0 is
// 111011111000100.
func TestFormat(t *testing.T) {
	t.Parallel()
	c := newCode(1)
	var got strings.Builder
	for i := 14; i >= 0; i-- {
		black := c.Black(8, i)
		switch {
		case i >= 9:
			black = c.Black(14-i, 8)
		case i == 8:
			black = c.Black(7, 8)
		case i >= 6:
			black = c.Black(8, i+1)
		}
		got.WriteByte("01"[map[bool]int{true: 1}[black]])
	}
	assert.Equal(t, "111011111000100", got.String())
}

func TestPNG(t *testing.T) {
	t.Parallel()
	const text = "otpauth://totp/phone@111122223333?secret=ABCDEFGH"
	image, err := PNG(text)
	require.NoError(t, err)
	decoded, err := png.Decode(bytes.NewReader(image))
	require.NoError(t, err)
	c, err := Encode(text)
	require.NoError(t, err)
	assert.Equal(t, (c.Size+8)*4, decoded.Bounds().Dx())
	for y := range c.Size {
		for x := range c.Size {
			r, _, _, _ := decoded.At((x+4)*4, (y+4)*4).RGBA()
			require.Equal(t, c.Black(x, y), r == 0)
		}
	}
	_, err = PNG(strings.Repeat("x", 3000))
	require.ErrorIs(t, err, ErrTooLong)
}
