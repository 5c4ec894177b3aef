package sns

import "testing"

func BenchmarkSign(b *testing.B) {
	theSigner()
	for b.Loop() {
		sign("1", "x")
	}
}
