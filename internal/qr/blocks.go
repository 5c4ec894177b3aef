package qr

const maxVersion = 40

// correction has, by version, how many bytes of error correction each block of
// level L has, and how many blocks there are.
var correction = [maxVersion + 1]struct{ bytes, blocks int }{
	{}, {7, 1}, {10, 1}, {15, 1}, {20, 1}, {26, 1}, {18, 2}, {20, 2}, {24, 2}, {30, 2},
	{18, 4}, {20, 4}, {24, 4}, {26, 4}, {30, 4}, {22, 6}, {24, 6}, {28, 6}, {30, 6}, {28, 7},
	{28, 8}, {28, 8}, {28, 9}, {30, 9}, {30, 10}, {26, 12}, {28, 12}, {30, 12}, {30, 13}, {30, 14},
	{30, 15}, {30, 16}, {30, 17}, {30, 18}, {30, 19}, {30, 19}, {30, 20}, {30, 21}, {30, 22}, {30, 24},
	{30, 25},
}

// rawBytes is how many bytes of data and correction a version has room for.
func rawBytes(version int) int {
	modules := size(version) * size(version)
	modules -= 3*8*8 + 2*15 + 1         // finders with separators, format, dark module
	modules -= 2 * (size(version) - 16) // timing
	if n := len(alignment(version)); n > 0 {
		modules -= 25 * (n*n - 3)  // none where the finders are
		modules += 5 * 2 * (n - 2) // those on the timing lines
	}
	if version >= 7 {
		modules -= 2 * 18
	}
	return modules / 8
}

func dataBytes(version int) int {
	c := correction[version]
	return rawBytes(version) - c.bytes*c.blocks
}

// interleave splits data into blocks, adds error correction to each, and
// returns the bytes of all blocks in the order in which they are drawn. The
// first blocks are a byte shorter where data does not divide evenly.
func interleave(version int, data []byte) []byte {
	c := correction[version]
	generator := generatorOf(c.bytes)
	short, long := len(data)/c.blocks, len(data)%c.blocks
	blocks, checks := make([][]byte, c.blocks), make([][]byte, c.blocks)
	for i := range blocks {
		n := short
		if i >= c.blocks-long {
			n++
		}
		blocks[i], data = data[:n], data[n:]
		checks[i] = remainder(blocks[i], generator)
	}
	var out []byte
	for i := range short + 1 {
		for _, b := range blocks {
			if i < len(b) {
				out = append(out, b[i])
			}
		}
	}
	for i := range c.bytes {
		for _, b := range checks {
			out = append(out, b[i])
		}
	}
	return out
}

// multiply multiplies in the field of 256 elements that Reed-Solomon codes of
// QR codes are made in.
func multiply(a, b byte) byte {
	product := 0
	for i := 7; i >= 0; i-- {
		product <<= 1
		if product > 0xff {
			product ^= 0x11D
		}
		if b>>i&1 == 1 {
			product ^= int(a)
		}
	}
	return byte(product)
}

// generatorOf is the generator polynomial of a degree, highest power first,
// without the leading one.
func generatorOf(degree int) []byte {
	g := make([]byte, degree)
	g[degree-1] = 1
	root := byte(1)
	for range degree {
		for i := range g {
			g[i] = multiply(g[i], root)
			if i+1 < degree {
				g[i] ^= g[i+1]
			}
		}
		root = multiply(root, 2)
	}
	return g
}

// remainder is what is left of data divided by a generator: its correction.
func remainder(data, generator []byte) []byte {
	rest := make([]byte, len(generator))
	for _, b := range data {
		factor := b ^ rest[0]
		copy(rest, rest[1:])
		rest[len(rest)-1] = 0
		for i, g := range generator {
			rest[i] ^= multiply(g, factor)
		}
	}
	return rest
}
