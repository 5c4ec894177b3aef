package byterange

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestParse(t *testing.T) {
	t.Parallel()
	whole := Span{Length: 10}
	for header, want := range map[string]struct {
		span        Span
		satisfiable bool
	}{
		"bytes=0-3":                    {Span{0, 4, true}, true},
		"bytes=4-":                     {Span{4, 6, true}, true},
		"bytes=-3":                     {Span{7, 3, true}, true},
		"bytes=-30":                    {Span{0, 10, true}, true},
		"bytes=9-99":                   {Span{9, 1, true}, true},
		"bytes=0-99999999999999999999": {Span{0, 10, true}, true},
		"bytes=10-":                    {whole, false},
		"bytes=10-12":                  {whole, false},
		"bytes=-0":                     {whole, false},
		"bytes=99999999999999999999-":  {whole, false},
		"bytes=3-1":                    {whole, true},
		"bytes=0-1,4-5":                {whole, true},
		"bytes=":                       {whole, true},
		"bytes=-":                      {whole, true},
		"bytes=a-b":                    {whole, true},
		"bytes=1-b":                    {whole, true},
		"lines=0-1":                    {whole, true},
		"bytes=+1-2":                   {whole, true},
	} {
		got, ok := Parse(header, 10)
		assert.Equal(t, want.satisfiable, ok, header)
		if ok {
			assert.Equal(t, want.span, got, header)
		}
	}
	_, ok := Parse("bytes=0-", 0)
	assert.False(t, ok)
	_, ok = Parse("bytes=-1", 0)
	assert.False(t, ok)
	assert.Equal(t, "bytes 4-9/10", Span{Start: 4, Length: 6}.ContentRange(10))
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"bytes=0-3", "bytes=-3", "bytes=4-", "bytes=9-1", "bytes=0-1,2-3", "", "bytes=99999999999999999999-"} {
		f.Add(s, int64(10))
	}
	f.Fuzz(func(t *testing.T, header string, size int64) {
		if size < 0 {
			t.Skip("no object has a negative size")
		}
		s, ok := Parse(header, size)
		if !ok {
			return
		}
		require.GreaterOrEqual(t, s.Start, int64(0))
		require.GreaterOrEqual(t, s.Length, int64(0))
		require.LessOrEqual(t, s.Length, size-s.Start)
		require.False(t, s.Partial && s.Length == 0)
	})
}

func FuzzParseExact(f *testing.F) {
	for _, s := range []string{"bytes=0-9", "bytes=5-5", "bytes=-5", "bytes=5-", "bytes=9-1", "bytes=0-99999999999999999999", "0-1", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, header string) {
		first, last, ok := ParseExact(header)
		if !ok {
			return
		}
		require.GreaterOrEqual(t, first, int64(0))
		require.GreaterOrEqual(t, last, first)
		s, ok := Parse(header, last+1)
		if last+1 > 0 {
			require.True(t, ok, "it is a range of other operations too")
			require.Equal(t, first, s.Start)
			require.Equal(t, last-first+1, s.Length)
		}
	})
}
