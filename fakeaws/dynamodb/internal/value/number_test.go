package value_test

import (
	"math/big"
	"testing"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// Numbers are those that math/big reads, are written so that they are read the same again,
// and add and compare as rational numbers do.
func FuzzNumber(f *testing.F) {
	for _, seed := range [][2]string{
		{"1", "2"}, {"-0.10", ".1"}, {"1e125", "1E-130"}, {"9.9999999999999999999999999999999999999e125", "1"}, {"1e2147483648", "0e999999999999"},
		{"+5.", "-"}, {"12345678901234567890123456789012345678", "1"}, {"", "1_0"}, {"0x1", "Infinity"}, {"1e+-1", "１"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 300 || len(b) > 300 {
			return
		}
		n, err := value.ParseNumber(a)
		if err != nil {
			return
		}
		again, err := value.ParseNumber(n.String())
		if err != nil || again != n {
			t.Fatalf("%q is written %q, which is read as %v, %v", a, n, again, err)
		}
		m, err := value.ParseNumber(b)
		if err != nil {
			return
		}
		x, y := rational(t, n), rational(t, m)
		if n.Compare(m) != x.Cmp(y) {
			t.Fatalf("%s and %s compare as %d", n, m, n.Compare(m))
		}
		if (value.OfNumber(n).Order() < value.OfNumber(m).Order()) != (x.Cmp(y) < 0) {
			t.Fatalf("%s and %s have another order", n, m)
		}
		if sum, err := n.Add(m); err == nil && rational(t, sum).Cmp(x.Add(x, y)) != 0 {
			t.Fatalf("%s + %s is %s", n, m, sum)
		}
	})
}

func rational(t *testing.T, n value.Number) *big.Rat {
	t.Helper()
	r, ok := new(big.Rat).SetString(n.String())
	if !ok {
		t.Fatalf("%s is no number", n)
	}
	return r
}
