package sts

import "github.com/leastpriv/leastpriv/internal/deepcopy"

// What a clone of a World does not get a copy of, and why: all else it does.
var _ = deepcopy.Register(
	deepcopy.Share[SAMLVerifier]("it keeps nothing"),
	deepcopy.Share[signingKey]("once it is made it never changes, and until then no clone has it"),
	deepcopy.By("a key that is being made is made for the World of the calls that wait for it", func(_ *deepcopy.Copier, dst, src *signingKeys) {
		*dst = make(signingKeys, len(*src))
		for algorithm, key := range *src {
			if key.private != nil {
				(*dst)[algorithm] = key
			}
		}
	}),
)
