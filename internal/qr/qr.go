// Package qr draws QR codes: byte mode, error correction level L, of any of the
// 40 versions (ISO/IEC 18004). It is there for the codes that IAM shows of
// virtual MFA devices.
package qr

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/png"
)

const (
	// quiet is the width of the white border, in modules.
	quiet = 4
	// scale is the width of a module, in pixels.
	scale = 4
)

// ErrTooLong is the error of text that no QR code has room for.
var ErrTooLong = errors.New("qr: the text is too long")

// PNG returns a QR code of a text as a PNG image.
func PNG(text string) ([]byte, error) {
	c, err := Encode(text)
	if err != nil {
		return nil, err
	}
	width := (c.Size + 2*quiet) * scale
	img := image.NewPaletted(image.Rect(0, 0, width, width), color.Palette{color.White, color.Black})
	for y := range width {
		for x := range width {
			if c.Black(x/scale-quiet, y/scale-quiet) {
				img.SetColorIndex(x, y, 1)
			}
		}
	}
	var b bytes.Buffer
	err = png.Encode(&b, img)
	return b.Bytes(), err
}

// A Code is a QR code: a square of black and white modules.
type Code struct {
	Version, Mask int
	// Size is how many modules a side has.
	Size     int
	black    []bool
	function []bool // modules that carry no data
}

// Black reports whether the module in column x and row y is black. What is
// outside of the code is white.
func (c *Code) Black(x, y int) bool {
	return x >= 0 && y >= 0 && x < c.Size && y < c.Size && c.black[y*c.Size+x]
}

// Encode makes the smallest QR code of a text.
func Encode(text string) (*Code, error) {
	for version := 1; version <= maxVersion; version++ {
		if len(text) <= capacity(version) {
			c := newCode(version)
			c.place(interleave(version, pack(version, text)))
			c.chooseMask()
			return c, nil
		}
	}
	return nil, ErrTooLong
}

// countBits is the length of the field that says how long the text is.
func countBits(version int) int {
	if version < 10 {
		return 8
	}
	return 16
}

// capacity is how many bytes of text a version has room for.
func capacity(version int) int { return (dataBytes(version)*8 - 4 - countBits(version)) / 8 }

// pack writes mode, length, text and padding.
func pack(version int, text string) []byte {
	const byteMode = 0b0100
	var w bits
	w.write(byteMode, 4)
	w.write(len(text), countBits(version))
	for i := range len(text) {
		w.write(int(text[i]), 8)
	}
	size := dataBytes(version)
	// The terminator is up to four zero bits, then zero bits up to a whole byte.
	w.write(0, min(4, size*8-w.n))
	w.write(0, -w.n&7)
	for pad := 0xEC; w.n < size*8; pad ^= 0xEC ^ 0x11 {
		w.write(pad, 8)
	}
	return w.bytes
}

// bits is a string of bits, the highest of each byte first.
type bits struct {
	bytes []byte
	n     int
}

func (w *bits) write(value, length int) {
	for i := length - 1; i >= 0; i-- {
		if w.n%8 == 0 {
			w.bytes = append(w.bytes, 0)
		}
		w.bytes[w.n/8] |= byte(value>>i&1) << (7 - w.n%8)
		w.n++
	}
}
