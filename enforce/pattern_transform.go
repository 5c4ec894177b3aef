package enforce

import (
	"math/bits"
	"math/rand/v2"
	"sync"
)

// A part that nearly matches at many places costs its length for each 64 of them. Where
// that is much, all places are compared by one multiplication of polynomials. Each class
// of characters gets a random number, v, and each character of the part that is no
// wildcard a random weight, w; then the part can match at place j only if
//
//	sum of w[i] * v(text[j+i]) = sum of w[i] * v(part[i])
//
// and where it does not, that holds by chance once in 2^30. What is found is compared
// again. The sums of all places are a convolution, modulo a prime: "number theoretic
// transform".

// minTransformed is how long a part is at least that is worth the transformation, measured,
// and maxTransformed how long it may be.
const (
	minTransformed = 1 << 11
	maxTransformed = maxNumbers / 4
)

// worthTransform reports whether what is left of the text should be transformed: the part
// is long, and was looked at in full for some blocks.
func (s *search) worthTransform(from int) bool {
	n := s.part.len()
	return n >= minTransformed && n <= maxTransformed && s.looks > 2*n && s.last-from > n/4
}

// transform is find for what is left of the text.
func (s *search) transform(from int) int {
	n := s.part.len()
	size := 1 << bits.Len(uint(min(4*n, s.last-from+n)-1))
	var values [256]uint32
	for class := range values {
		values[class] = rand.Uint32N(prime)
	}
	weights, want := make([]uint32, size), uint64(0)
	for i, class := range s.part.classes {
		if class != anyChar {
			w := rand.Uint32N(prime)
			weights[n-1-i] = w
			want = (want + uint64(w)*uint64(values[class])) % prime
		}
	}
	roots := rootsOfUnity()
	roots.forward(weights)
	scale := times(montgomerySquare, inverse(uint32(size)))
	for i := range weights {
		weights[i] = canonical(reduced(weights[i], scale))
	}
	sums := make([]uint32, size)
	for ; from <= s.last; from += size - n + 1 {
		text := s.x.classes[from:min(from+size, s.x.len())]
		for i, class := range text {
			sums[i] = values[class]
		}
		clear(sums[len(text):])
		roots.forward(sums)
		for i := range sums {
			sums[i] = reduced(sums[i], weights[i])
		}
		roots.backward(sums)
		for i, sum := range sums[n-1:] {
			if canonical(sum) == uint32(want) && from+i <= s.last && s.x.has(s.part, from+i) {
				return from + i
			}
		}
	}
	return -1
}

// Numbers modulo a prime of 30 bits, with a generator of its multiplicative group. prime-1
// is a multiple of maxNumbers, so that there are roots of unity for as many. While numbers
// are transformed they are less than 4*prime, which 32 bits hold.
const (
	prime            = 119<<23 + 1
	generator        = 3
	maxNumbers       = 1 << 23
	negativeInverse  = prime - 2       // of prime modulo 2^32, negated
	montgomery       = 1 << 32 % prime // the factor of Montgomery's form
	montgomerySquare = montgomery * montgomery % prime
)

func times(a, b uint32) uint32 { return uint32(uint64(a) * uint64(b) % prime) }

func power(a uint32, n int) uint32 {
	r := uint32(1)
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			r = times(r, a)
		}
		a = times(a, a)
	}
	return r
}

func inverse(a uint32) uint32 { return power(a, prime-2) }

// reduced is a product divided by 2^32, Montgomery's multiplication, of a number of 32 bits
// and one that is less than prime. It is less than 2*prime.
func reduced(a, b uint32) uint32 {
	product := uint64(a) * uint64(b)
	return uint32((product + uint64(uint32(product)*negativeInverse)*prime) >> 32)
}

// halved is a number less than 4*prime as one less than 2*prime, and canonical one less
// than 2*prime as one less than prime. They have no branch, which the processor could not
// foretell.
func halved(a uint32) uint32 {
	a -= 2 * prime
	return a + 2*prime&uint32(int32(a)>>31)
}

func canonical(a uint32) uint32 {
	a -= prime
	return a + prime&uint32(int32(a)>>31)
}

// Roots have what makes the factor of the next block of a transformation out of that of
// the block before it, by how many ones the number of that block ends with; in
// Montgomery's form. imaginary is the square root of -1.
type roots struct{ ahead, back steps }

type steps struct {
	next      [21]uint32
	imaginary uint32
}

// rootsOfUnity computes them once.
var rootsOfUnity = sync.OnceValue(func() *roots {
	return &roots{newSteps(generator), newSteps(inverse(generator))}
})

func newSteps(generator uint32) (s steps) {
	before := uint32(montgomery) // and the product of the roots before, inverted
	for k := range s.next {
		root := power(generator, (prime-1)>>(k+3))
		s.next[k] = times(before, root)
		before = times(before, inverse(root))
	}
	s.imaginary = times(montgomery, power(generator, (prime-1)>>2))
	return s
}

// factors are those of a block, for two levels of a transformation: f, its square, and f
// times the square root of -1.
func (s *steps) factors(f uint32) (one, square, imaginary uint32) {
	return f, canonical(reduced(f, f)), canonical(reduced(f, s.imaginary))
}

// after is the factor of the block after another.
func (s *steps) after(block, f uint32) uint32 {
	return canonical(reduced(f, s.next[bits.TrailingZeros32(^block)]))
}

// forward transforms numbers, as many as a power of 2, into the values of the polynomial
// of which they are the coefficients, in an order that backward knows; two levels at a
// time.
func (r *roots) forward(a []uint32) {
	quarter := len(a) / 4
	if bits.Len(uint(len(a)))%2 == 0 {
		level(a)
		quarter /= 2
	}
	for ; quarter > 0; quarter /= 4 {
		f := uint32(montgomery)
		for block, rest := uint32(0), a; len(rest) > 0; block, rest = block+1, rest[4*quarter:] {
			one, square, imaginary := r.ahead.factors(f)
			a0, a1, a2, a3 := rest[:quarter], rest[quarter:][:quarter], rest[2*quarter:][:quarter], rest[3*quarter:][:quarter]
			for i := range a0 {
				x0, x1 := halved(a0[i]), halved(a1[i])
				x2, x3 := reduced(a2[i], square), reduced(a3[i], square)
				y0, y1 := halved(x0+x2), reduced(x1+x3, one)
				y2, y3 := halved(x0+2*prime-x2), reduced(x1+2*prime-x3, imaginary)
				a0[i], a1[i], a2[i], a3[i] = y0+y1, y0+2*prime-y1, y2+y3, y2+2*prime-y3
			}
			f = r.ahead.after(block, f)
		}
	}
}

// backward is the inverse of forward, times the length, of numbers less than 2*prime.
func (r *roots) backward(a []uint32) {
	quarter := 1
	for ; 4*quarter <= len(a); quarter *= 4 {
		f := uint32(montgomery)
		for block, rest := uint32(0), a; len(rest) > 0; block, rest = block+1, rest[4*quarter:] {
			one, square, imaginary := r.back.factors(f)
			a0, a1, a2, a3 := rest[:quarter], rest[quarter:][:quarter], rest[2*quarter:][:quarter], rest[3*quarter:][:quarter]
			for i := range a0 {
				y0, y1 := halved(a0[i]+a1[i]), reduced(a0[i]+2*prime-a1[i], one)
				y2, y3 := halved(a2[i]+a3[i]), reduced(a2[i]+2*prime-a3[i], imaginary)
				a0[i], a1[i] = halved(y0+y2), halved(y1+y3)
				a2[i], a3[i] = reduced(y0+2*prime-y2, square), reduced(y1+2*prime-y3, square)
			}
			f = r.back.after(block, f)
		}
	}
	if quarter < len(a) {
		level(a)
	}
}

// level is the level of a transformation that has one block, and its own inverse, times 2.
func level(a []uint32) {
	low, high := a[:len(a)/2], a[len(a)/2:]
	for i, x := range low {
		y := high[i]
		low[i], high[i] = halved(x+y), halved(x+2*prime-y)
	}
}
