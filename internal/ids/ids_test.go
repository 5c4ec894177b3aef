package ids

import (
	"math"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// kinds are all the ways to make an identifier, with the form that it has on
// AWS ("IAM identifiers: Unique identifiers", and the length limits of the API
// references).
var kinds = []struct {
	name string
	make func(*Source) string
	form string
}{
	{"user id", func(s *Source) string { return s.Unique("AIDA") }, `^AIDA[A-Z2-7]{17}$`},
	{"role id", func(s *Source) string { return s.Unique("AROA") }, `^AROA[A-Z2-7]{17}$`},
	{"access key", func(s *Source) string { return s.AccessKey("AKIA") }, `^AKIA[A-Z2-7]{16}$`},
	{"session key", func(s *Source) string { return s.AccessKey("ASIA") }, `^ASIA[A-Z2-7]{16}$`},
	{"secret", (*Source).Secret, `^[A-Za-z0-9+/]{40}$`},
	{"token", func(s *Source) string { return s.Token(356) }, `^[A-Za-z0-9+/]{356}$`},
	{"name", func(s *Source) string { return s.Name(12) }, `^[A-Za-z0-9]{12}$`},
	{"hex", func(s *Source) string { return s.Hex(64) }, `^[0-9a-f]{64}$`},
	{"upper hex", func(s *Source) string { return s.HexUpper(16) }, `^[0-9A-F]{16}$`},
	{"uuid", (*Source).UUID, `^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`},
}

func TestForm(t *testing.T) {
	t.Parallel()
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			s, form := New(1), regexp.MustCompile(k.form)
			seen := map[string]bool{}
			for range 1000 {
				id := k.make(s)
				require.Regexp(t, form, id)
				require.False(t, seen[id], "%s came twice", id)
				seen[id] = true
			}
		})
	}
	parsed, err := uuid.Parse(New(1).UUID())
	require.NoError(t, err)
	assert.Equal(t, uuid.Version(4), parsed.Version())
	assert.Equal(t, uuid.RFC4122, parsed.Variant())
	assert.Empty(t, New(1).Token(0))
}

// Identifiers follow from the seed and from what was made before, and from
// nothing else.
func TestReproducible(t *testing.T) {
	t.Parallel()
	all := func(seed uint64) []string {
		s := New(seed)
		var made []string
		for range 10 {
			for _, k := range kinds {
				made = append(made, k.make(s))
			}
		}
		return made
	}
	first := all(42)
	assert.Equal(t, first, all(42))
	for _, other := range []uint64{0, 43, 42 << 32, math.MaxUint64} {
		for i, id := range all(other) {
			require.NotEqual(t, all(42)[i], id, "seed %d", other)
		}
	}
}

// Every digit of an alphabet is about as frequent as the others. A byte is no
// even share of 62 letters and digits: the first eight come a quarter more
// often, which does not matter to names that only have to differ.
func TestUnbiased(t *testing.T) {
	t.Parallel()
	const n = 100_000
	for name, c := range map[string]struct {
		text, alphabet string
		tolerance      float64
	}{
		"base 32":   {New(7).text("", base32, n), base32, 0.1},
		"base 64":   {New(7).Token(n), base64, 0.1},
		"alnum":     {New(7).Name(n), alnum, 0.3},
		"hex":       {New(7).Hex(n), hexLower, 0.1},
		"upper hex": {New(7).HexUpper(n), hexUpper, 0.1},
	} {
		want := float64(n) / float64(len(c.alphabet))
		for _, digit := range c.alphabet {
			got := float64(strings.Count(c.text, string(digit)))
			assert.InEpsilon(t, want, got, c.tolerance, "%s: digit %c", name, digit)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s := New(3)
	var mu sync.Mutex
	seen := map[string]bool{}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 200 {
				id := s.Unique("AIDA")
				mu.Lock()
				assert.False(t, seen[id], "%s came twice", id)
				seen[id] = true
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	assert.Len(t, seen, 1600)
}

func BenchmarkUnique(b *testing.B) {
	s := New(1)
	b.ReportAllocs()
	for b.Loop() {
		s.Unique("AIDA")
	}
}
