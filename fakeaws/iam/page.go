package iam

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/tidwall/btree"

	"github.com/leastpriv/leastpriv/internal/constraint"
)

// defaultPage is how many items a list call returns that does not say.
const defaultPage = 100

// longPage is where a page is taken to be as long as it may be.
const longPage = 64

// An ascender visits items in the order of their keys, from a key on, as
// btree.Map.Ascend does.
type ascender[V any] func(from string, visit func(key string, v V) bool)

// A page is one answer of a list call.
type page[T any] struct {
	items     []T
	truncated bool
	marker    *string
}

// list returns the page that marker and maxItems ask for. show turns a stored
// item into AWS's type, or leaves it out. A marker is the key of the last item
// before the page, so that items that come and go between two pages neither
// repeat nor hide others.
func list[V, T any](all ascender[V], marker *string, maxItems *int32, show func(V) (T, bool)) (page[T], error) {
	limit := defaultPage
	if maxItems != nil {
		limit = int(*maxItems)
	}
	from := ""
	if marker != nil {
		after, err := base64.RawURLEncoding.DecodeString(*marker)
		if err != nil {
			return page[T]{}, constraint.Error(invalidMarker)
		}
		from = string(after) + "\x00"
	}
	p := page[T]{items: []T{}}
	last := ""
	all(from, func(key string, v V) bool {
		item, ok := show(v)
		if !ok {
			return true
		}
		if len(p.items) == limit {
			p.truncated = true
			p.marker = aws.String(base64.RawURLEncoding.EncodeToString([]byte(last)))
			return false
		}
		if len(p.items) == longPage {
			p.items = slices.Grow(p.items, limit-longPage)
		}
		p.items = append(p.items, item)
		last = key
		return true
	})
	return p, nil
}

// ascend lists a tree in order.
func ascend[V any](m *btree.Map[string, V]) ascender[V] { return m.Ascend }

// ascendSlice lists a short slice whose items are in the order of key.
func ascendSlice[V any](items []V, key func(V) string) ascender[V] {
	return func(from string, visit func(string, V) bool) {
		for _, v := range items {
			if k := key(v); k >= from && !visit(k, v) {
				return
			}
		}
	}
}

// ascendNumbered lists a slice in its own order.
func ascendNumbered[V any](items []V) ascender[V] {
	return func(from string, visit func(string, V) bool) {
		for i, v := range items {
			if k := fmt.Sprintf("%08d", i); k >= from && !visit(k, v) {
				return
			}
		}
	}
}

// under selects the entities whose path begins with a prefix; nil selects all.
func under[T any](prefix *string, show func(*entity) T) func(*entity) (T, bool) {
	return func(e *entity) (item T, ok bool) {
		if prefix != nil && !strings.HasPrefix(e.path, *prefix) {
			return item, false
		}
		return show(e), true
	}
}
