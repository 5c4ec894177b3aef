package qr

func size(version int) int { return 17 + 4*version }

// alignment has the rows and columns of the centres of alignment patterns.
func alignment(version int) []int {
	if version == 1 {
		return nil
	}
	n := version/7 + 2
	step := (version*4 + n*2 + 1) / (n*2 - 2) * 2
	if version == 32 {
		step = 26 // the one version whose patterns are not spaced evenly so
	}
	centres := make([]int, n)
	centres[0] = 6
	for i := n - 1; i > 0; i-- {
		centres[i] = size(version) - 7 - (n-1-i)*step
	}
	return centres
}

// newCode draws everything but data and format.
func newCode(version int) *Code {
	n := size(version)
	c := &Code{Version: version, Size: n, black: make([]bool, n*n), function: make([]bool, n*n)}
	for i := range n {
		c.set(6, i, i%2 == 0)
		c.set(i, 6, i%2 == 0)
	}
	for _, at := range [][2]int{{3, 3}, {n - 4, 3}, {3, n - 4}} {
		c.rings(at[0], at[1], 4)
	}
	centres := alignment(version)
	last := len(centres) - 1
	for i, x := range centres {
		for j, y := range centres {
			if !(i == 0 && j == 0 || i == 0 && j == last || i == last && j == 0) {
				c.rings(x, y, 2)
			}
		}
	}
	c.drawFormat()
	c.drawVersion()
	return c
}

// set draws a module that carries no data.
func (c *Code) set(x, y int, black bool) {
	c.black[y*c.Size+x] = black
	c.function[y*c.Size+x] = true
}

// rings draws a finder (radius 4, its outermost ring being the separator) or
// alignment pattern (radius 2), as far as it is in the square.
func (c *Code) rings(x, y, radius int) {
	for dy := -radius; dy <= radius; dy++ {
		for dx := -radius; dx <= radius; dx++ {
			if px, py := x+dx, y+dy; px >= 0 && py >= 0 && px < c.Size && py < c.Size {
				ring := max(dx, -dx, dy, -dy)
				white := ring == 4 || ring == 2 && radius == 4 || ring == 1 && radius == 2
				c.set(px, py, !white)
			}
		}
	}
}

// check appends the remainder of value and its generator, of that many bits.
func check(value, generator, length int) int {
	rest := value << length
	for i := 20; i >= length; i-- {
		if rest>>i&1 == 1 {
			rest ^= generator << (i - length)
		}
	}
	return value<<length | rest
}

// drawFormat draws the level and the mask, twice, and the dark module.
func (c *Code) drawFormat() {
	const levelL = 0b01
	format := check(levelL<<3|c.Mask, 0x537, 10) ^ 0x5412
	bit := func(i int) bool { return format>>i&1 == 1 }
	for i := range 15 {
		switch {
		case i < 6:
			c.set(8, i, bit(i))
		case i < 8:
			c.set(8, i+1, bit(i))
		case i == 8:
			c.set(7, 8, bit(i))
		default:
			c.set(14-i, 8, bit(i))
		}
		if i < 8 {
			c.set(c.Size-1-i, 8, bit(i))
		} else {
			c.set(8, c.Size-15+i, bit(i))
		}
	}
	c.set(8, c.Size-8, true)
}

func (c *Code) drawVersion() {
	if c.Version < 7 {
		return
	}
	version := check(c.Version, 0x1F25, 12)
	for i := range 18 {
		black := version>>i&1 == 1
		far, near := c.Size-11+i%3, i/3
		c.set(far, near, black)
		c.set(near, far, black)
	}
}

// eachData visits the modules that carry data in their order: in columns two
// wide, from the right, up and down in turns. The timing column is no column.
func (c *Code) eachData(visit func(module int)) {
	up := true
	for right := c.Size - 1; right > 0; right -= 2 {
		if right == 6 {
			right--
		}
		for i := range c.Size {
			y := i
			if up {
				y = c.Size - 1 - i
			}
			for _, x := range []int{right, right - 1} {
				if m := y*c.Size + x; !c.function[m] {
					visit(m)
				}
			}
		}
		up = !up
	}
}

// place draws bytes. Modules that are left over stay white.
func (c *Code) place(data []byte) {
	i := 0
	c.eachData(func(m int) {
		if i < len(data)*8 {
			c.black[m] = data[i/8]>>(7-i%8)&1 == 1
		}
		i++
	})
}
