package managed

import "testing"

func BenchmarkIndex(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		readIndex()
	}
}

// A short document, a middling one, and the longest but a few.
func BenchmarkDocument(b *testing.B) {
	for _, name := range []string{"AdministratorAccess", "AmazonS3FullAccess", "ReadOnlyAccess"} {
		b.Run(name, func(b *testing.B) {
			p, ok := Get(name)
			if !ok {
				b.Fatal("no such policy")
			}
			b.ReportAllocs()
			for b.Loop() {
				_ = p.Document()
			}
		})
	}
}
