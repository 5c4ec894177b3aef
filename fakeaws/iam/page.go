package iam

import (
	"strings"

	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/fakeaws/internal/page"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// defaultPage is how many items a list call returns that does not say.
const defaultPage = 100

// list returns the page that marker and maxItems ask for. show turns a stored
// item into AWS's type, or leaves it out.
func list[V, T any](all page.Ascender[V], marker *string, maxItems *int32, show func(V) (T, bool)) (page.Page[T], error) {
	after, ok := page.After(marker)
	if !ok {
		return page.Page[T]{}, constraint.Error(invalidMarker)
	}
	return page.Of(all, after, page.Size(maxItems, defaultPage), show), nil
}

// ascend lists a tree in order.
func ascend[V any](m *btree.Map[string, V]) page.Ascender[V] { return m.Ascend }

// under selects the entities whose path begins with a prefix; nil selects all.
func under[T any](prefix *string, show func(*entity) T) func(*entity) (T, bool) {
	return func(e *entity) (item T, ok bool) {
		if prefix != nil && !strings.HasPrefix(e.path, *prefix) {
			return item, false
		}
		return show(e), true
	}
}
