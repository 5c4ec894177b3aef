package sns

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"io"
	"math/big"
)

const (
	// keyBits is the size of the key that signs, as of AWS's.
	keyBits = 2048
	// keyPrimes is of how many primes its modulus is the product.
	keyPrimes = 8
	exponent  = 65537
)

// A signingKey is an RSA key of eight primes ("multi-prime" RSA, RFC 8017). Who verifies its
// signatures sees a key of 2048 bits like any other; it is made in a few milliseconds, and
// signs twenty times as fast as one of package crypto/rsa, which would take most of the time
// of a Publish. It protects nothing: what it signs never leaves the process.
type signingKey struct {
	public rsa.PublicKey
	primes [keyPrimes]keyPrime
}

// A keyPrime is a prime with the private exponent modulo it, and the number that is 1 modulo
// it and 0 modulo the others.
type keyPrime struct{ p, d, one *big.Int }

func newSigningKey() (*signingKey, error) {
	k := &signingKey{public: rsa.PublicKey{E: exponent}}
	n := big.NewInt(1)
	for i, tries := 0, 0; i < keyPrimes; tries++ {
		bits := keyBits / keyPrimes
		if i == keyPrimes-1 {
			// The product is of the wanted size with a prime of one of two sizes: which
			// one depends on the others.
			bits = keyBits - n.BitLen() + tries%2
		}
		p, err := rand.Prime(rand.Reader, bits)
		if err != nil {
			return nil, err
		}
		product := new(big.Int).Mul(n, p)
		d := new(big.Int).ModInverse(big.NewInt(exponent), new(big.Int).Sub(p, big.NewInt(1)))
		if d == nil || i == keyPrimes-1 && product.BitLen() != keyBits || new(big.Int).Mod(n, p).Sign() == 0 {
			continue
		}
		k.primes[i], n = keyPrime{p: p, d: d}, product
		i++
	}
	k.public.N = n
	for i := range k.primes {
		prime := &k.primes[i]
		others := new(big.Int).Div(n, prime.p)
		prime.one = others.Mul(others, new(big.Int).ModInverse(others, prime.p))
	}
	return k, nil
}

// Public implements [crypto.Signer].
func (k *signingKey) Public() crypto.PublicKey { return &k.public }

// digestPrefixes are what stands before a digest in a signature by PKCS #1 v1.5.
var digestPrefixes = map[crypto.Hash]string{
	crypto.SHA1:   "\x30\x21\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00\x04\x14",
	crypto.SHA256: "\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20",
}

// Sign implements [crypto.Signer], by PKCS #1 v1.5.
func (k *signingKey) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	prefix, ok := digestPrefixes[opts.HashFunc()]
	if !ok || len(digest) != opts.HashFunc().Size() {
		return nil, errors.New("not a digest by SHA-1 or SHA-256")
	}
	message := make([]byte, keyBits/8)
	message[1] = 1
	at := len(message) - len(digest) - len(prefix)
	for i := 2; i < at-1; i++ {
		message[i] = 0xff
	}
	copy(message[at:], prefix)
	copy(message[at+len(prefix):], digest)
	m, sum, part := new(big.Int).SetBytes(message), new(big.Int), new(big.Int)
	for i := range k.primes {
		prime := &k.primes[i]
		part.Exp(part.Mod(m, prime.p), prime.d, prime.p)
		sum.Add(sum, part.Mul(part, prime.one))
	}
	return sum.Mod(sum, k.public.N).FillBytes(message), nil
}
