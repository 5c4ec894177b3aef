package recent

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// The latest are there however many there were, and the list stays bounded.
func TestRecent(t *testing.T) {
	t.Parallel()
	var list, want []int
	assert.Empty(t, Of(list, 3))
	for i := range 20 {
		list = Add(list, i, 3)
		want = append(want, i)
		if len(want) > 3 {
			want = want[1:]
		}
		assert.Equal(t, want, Of(list, 3))
		assert.LessOrEqual(t, len(list), 6)
	}
}
