// Package ids makes the identifiers of a World: seeded, so that a test sees the
// same ones in every run, and shaped as AWS's.
package ids

import (
	"encoding/binary"
	"math/rand/v2"
	"sync"

	"github.com/google/uuid"
)

// A Source makes identifiers. It is safe for concurrent use.
type Source struct {
	mu  sync.Mutex
	rng *rand.ChaCha8
}

// New returns a Source whose identifiers follow from seed alone.
func New(seed uint64) *Source {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	return &Source{rng: rand.NewChaCha8(key)}
}

// Copy returns a Source that makes the same identifiers from now on.
func (s *Source) Copy() *Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	rng := *s.rng
	return &Source{rng: &rng}
}

const (
	base32   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
	hexUpper = "0123456789ABCDEF"
	hexLower = "0123456789abcdef"
	base64   = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	digits   = "0123456789"
	lower    = "abcdefghijklmnopqrstuvwxyz0123456789"
	alnum    = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
)

// Unique returns prefix and 17 base-32 digits: the form of AIDA…, AROA…, ANPA….
func (s *Source) Unique(prefix string) string { return s.text(prefix, base32, 17) }

// AccessKey returns prefix (AKIA or ASIA) and 16 base-32 digits.
func (s *Source) AccessKey(prefix string) string { return s.text(prefix, base32, 16) }

// Base32 returns n base-32 digits.
func (s *Source) Base32(n int) string { return s.text("", base32, n) }

// Secret returns a 40-character secret access key.
func (s *Source) Secret() string { return s.text("", base64, 40) }

// Token returns n characters of base 64 without padding.
func (s *Source) Token(n int) string { return s.text("", base64, n) }

// Name returns n letters and digits.
func (s *Source) Name(n int) string { return s.text("", alnum, n) }

// Lower returns n lower-case letters and digits: what follows the prefix in the
// ids of AWS Organizations.
func (s *Source) Lower(n int) string { return s.text("", lower, n) }

// Digits returns n digits: an account id has 12.
func (s *Source) Digits(n int) string { return s.text("", digits, n) }

// Hex returns n lower-case hexadecimal digits.
func (s *Source) Hex(n int) string { return s.text("", hexLower, n) }

// HexUpper returns n upper-case hexadecimal digits: the form of S3 request ids.
func (s *Source) HexUpper(n int) string { return s.text("", hexUpper, n) }

// UUID returns a random (version 4) UUID as text.
func (s *Source) UUID() string { return s.RandomUUID().String() }

// RandomUUID returns a random (version 4) UUID.
func (s *Source) RandomUUID() (u uuid.UUID) {
	s.read(u[:])
	u[6] = u[6]&0x0f | 0x40
	u[8] = u[8]&0x3f | 0x80
	return u
}

// text returns prefix and n digits of an alphabet.
func (s *Source) text(prefix, alphabet string, n int) string {
	b := make([]byte, len(prefix)+n)
	copy(b, prefix)
	made := b[len(prefix):]
	s.read(made)
	for i, r := range made {
		made[i] = alphabet[int(r)%len(alphabet)]
	}
	return string(b)
}

func (s *Source) read(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = s.rng.Read(b) // never fails
}
