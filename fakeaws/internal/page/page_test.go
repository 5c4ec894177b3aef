package page_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tidwall/btree"
	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
)

func self(s string) string { return s }

// walk reads a list page by page, with the tokens that a client sends.
func walk[V, T any](t require.TestingT, all page.Ascender[V], size int, show func(V) (T, bool)) (got []T) {
	var token *string
	for {
		after, ok := page.After(token)
		require.True(t, ok)
		p := page.Of(all, after, size, show)
		require.NotNil(t, p.Items)
		require.LessOrEqual(t, len(p.Items), size)
		require.Equal(t, p.Next != nil, p.Truncated())
		got = append(got, p.Items...)
		if token = p.Next; token == nil {
			return got
		}
		require.Len(t, p.Items, size, "only the last page is short")
	}
}

func TestPagesHaveEachItemOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.StringMatching(`[ab\x00/]{1,4}`), 0, 200, rapid.ID).Draw(r, "keys")
		prefix := rapid.SampledFrom([]string{"", "a", "ab", "b/"}).Draw(r, "prefix")
		size := rapid.IntRange(1, 150).Draw(r, "size")
		var tree btree.Map[string, string]
		for _, k := range keys {
			tree.Set(k, k)
		}
		var want []string
		for _, k := range tree.Keys() {
			if strings.HasPrefix(k, prefix) && !strings.HasSuffix(k, "/") {
				want = append(want, k)
			}
		}
		show := func(k string) (string, bool) { return k, !strings.HasSuffix(k, "/") }
		for name, all := range map[string]page.Ascender[string]{
			"tree":   tree.Ascend,
			"sorted": page.Sorted(tree.Keys(), self),
		} {
			require.Equal(r, want, walk(r, page.Prefixed(all, prefix), size, show), name)
		}
	})
}

func TestNumberedKeepsItsOrder(t *testing.T) {
	t.Parallel()
	items := []string{"c", "a", "b", "a"}
	for size := 1; size <= 5; size++ {
		assert.Equal(t, items, walk(t, page.Numbered(items), size, page.All[string]))
	}
}

func TestItemsMayComeAndGoBetweenPages(t *testing.T) {
	t.Parallel()
	var tree btree.Map[string, string]
	for i := range 6 {
		k := fmt.Sprint("k", i)
		tree.Set(k, k)
	}
	first := page.Of(tree.Ascend, "", 3, page.All[string])
	require.Equal(t, []string{"k0", "k1", "k2"}, first.Items)
	tree.Delete("k2") // the one that the token names
	tree.Set("k1a", "k1a")
	tree.Set("k3a", "k3a")
	after, ok := page.After(first.Next)
	require.True(t, ok)
	assert.Equal(t, []string{"k3", "k3a", "k4"}, page.Of(tree.Ascend, after, 3, page.All[string]).Items)
}

func TestOnlyItsOwnTokensAreRead(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "a", "ключ/\x00"} {
		after, ok := page.After(page.Token(key))
		assert.True(t, ok)
		assert.Equal(t, key, after)
	}
	for _, token := range []string{"", "a", "%%", "YQ", *page.Token("a") + "="} {
		_, ok := page.After(&token)
		assert.False(t, ok, token)
	}
	after, ok := page.After(nil)
	assert.True(t, ok)
	assert.Empty(t, after)
}

func TestSize(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 20, page.Size(nil, 20))
	assert.Equal(t, 3, page.Size(aws.Int32(3), 20))
}

func TestEvery(t *testing.T) {
	t.Parallel()
	assert.Equal(t, []int{1, 3}, walk(t, page.Sorted([]string{"a", "bbb"}, self), 1, page.Every(func(s string) int { return len(s) })))
}
