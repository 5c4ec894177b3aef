package qr

// masks says, by number, which modules a mask inverts.
var masks = [8]func(x, y int) bool{
	func(x, y int) bool { return (x+y)%2 == 0 },
	func(_, y int) bool { return y%2 == 0 },
	func(x, _ int) bool { return x%3 == 0 },
	func(x, y int) bool { return (x+y)%3 == 0 },
	func(x, y int) bool { return (x/3+y/2)%2 == 0 },
	func(x, y int) bool { return x*y%2+x*y%3 == 0 },
	func(x, y int) bool { return (x*y%2+x*y%3)%2 == 0 },
	func(x, y int) bool { return ((x+y)%2+x*y%3)%2 == 0 },
}

// apply inverts the data under a mask; to do it twice undoes it.
func (c *Code) apply(mask int) {
	for m := range c.black {
		if !c.function[m] && masks[mask](m%c.Size, m/c.Size) {
			c.black[m] = !c.black[m]
		}
	}
}

// chooseMask applies the mask that is easiest to read.
func (c *Code) chooseMask() {
	best, least := 0, 0
	for mask := range masks {
		c.Mask = mask
		c.drawFormat()
		c.apply(mask)
		if p := c.penalty(); mask == 0 || p < least {
			best, least = mask, p
		}
		c.apply(mask)
	}
	c.Mask = best
	c.drawFormat()
	c.apply(best)
}

// penalty counts what makes a code hard to read: long runs, blocks, what looks
// like a finder, and an uneven share of black.
func (c *Code) penalty() int {
	total, black := 0, 0
	for a := range c.Size {
		total += c.linePenalty(func(b int) bool { return c.Black(b, a) })
		total += c.linePenalty(func(b int) bool { return c.Black(a, b) })
		for b := range c.Size {
			colour := c.Black(b, a)
			if colour {
				black++
			}
			if a > 0 && b > 0 && colour == c.Black(b-1, a) && colour == c.Black(b, a-1) && colour == c.Black(b-1, a-1) {
				total += 3
			}
		}
	}
	modules := c.Size * c.Size
	off := black*20 - modules*10
	return total + max(off, -off)/modules*10
}

// linePenalty looks along a row or column.
func (c *Code) linePenalty(black func(int) bool) int {
	const (
		finderBefore = 0b10111010000
		finderAfter  = 0b00001011101
	)
	total, run, window := 0, 0, 0
	for i := range c.Size {
		run++
		if i > 0 && black(i) != black(i-1) {
			run = 1
		}
		switch {
		case run == 5:
			total += 3
		case run > 5:
			total++
		}
		window = window << 1 & 0x7ff
		if black(i) {
			window |= 1
		}
		if i >= 10 && (window == finderBefore || window == finderAfter) {
			total += 40
		}
	}
	return total
}
