package value_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// draw draws a value of any type.
func draw(t *rapid.T, depth int) value.Value {
	kinds := 6
	if depth > 0 {
		kinds = 8
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return value.String(rapid.String().Draw(t, "text"))
	case 1:
		return value.Binary(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
	case 2:
		return value.OfInt(rapid.Int().Draw(t, "number"))
	case 3:
		return value.OfBool(rapid.Bool().Draw(t, "bool"))
	case 4:
		return value.NullValue()
	case 5:
		set, err := value.OfSet([]value.Value{value.String("a"), value.String(strings.Repeat("b", rapid.IntRange(1, 300).Draw(t, "length")))})
		require.NoError(t, err)
		return set
	case 6:
		list := make([]value.Value, rapid.IntRange(0, 3).Draw(t, "elements"))
		for i := range list {
			list[i] = draw(t, depth-1)
		}
		return value.OfList(list)
	}
	return value.OfMap(drawMap(t, depth-1))
}

func drawMap(t *rapid.T, depth int) value.Map {
	m := make(value.Map)
	for _, name := range rapid.SliceOfN(rapid.String(), 0, 4).Draw(t, "names") {
		m[name] = draw(t, depth)
	}
	return m
}

// An item that was packed is the same again; and two are equal exactly if they are packed so.
func TestPacked(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		a, b := drawMap(rt, 2), drawMap(rt, 2)
		assert.True(rt, a.Pack().Map().Equal(a))
		assert.Equal(rt, a.Equal(b), a.Pack() == b.Pack())
		assert.Equal(rt, a.SDK(), a.Pack().Map().SDK())
	})
}
