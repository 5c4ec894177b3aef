package catalog

import "testing"

// BenchmarkAPIs measures what the first question costs: the index is unpacked.
func BenchmarkAPIs(b *testing.B) {
	for b.Loop() {
		readAPIs()
	}
}

// BenchmarkOperations measures what the first question about a service costs, with the index
// and the dictionary that all share.
func BenchmarkOperations(b *testing.B) {
	for _, name := range []string{"ec2", "lambda", "eventbridge"} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				readAPIs().byPackage[name].Operations()
			}
		})
	}
}
