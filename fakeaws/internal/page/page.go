// Package page cuts the answers of list calls into pages. A token says which key was the
// last before the page, so that items that come and go between two pages neither repeat
// nor hide others. Which size a service takes, and what it answers to a token that it did
// not make, are the service's own.
package page

import (
	"encoding/base64"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// A Page is one answer of a list call. Its items are never nil.
type Page[T any] struct {
	Items []T
	Next  *string // the token of the page that follows; nil at the end of the list
}

// Truncated reports whether another page follows.
func (p *Page[T]) Truncated() bool { return p.Next != nil }

// longPage is where a page is taken to be as long as it may be.
const longPage = 64

// Of returns the page of a list that follows a key; none is the first page. show turns a
// stored item into AWS's type, or leaves it out.
func Of[V, T any](all Ascender[V], after string, size int, show func(V) (T, bool)) Page[T] {
	p := Page[T]{Items: []T{}}
	from, last := "", ""
	if after != "" {
		from = after + "\x00"
	}
	all(from, func(key string, v V) bool {
		item, ok := show(v)
		if !ok {
			return true
		}
		if len(p.Items) == size {
			p.Next = Token(last)
			return false
		}
		if len(p.Items) == longPage {
			p.Items = slices.Grow(p.Items, size-longPage)
		}
		p.Items = append(p.Items, item)
		last = key
		return true
	})
	return p
}

// Size is the size that a call asks for, or else the service's.
func Size(asked *int32, otherwise int) int {
	if asked == nil {
		return otherwise
	}
	return int(*asked)
}

// mark distinguishes tokens that were made here from other base64.
const mark = "1/"

// Token makes the token of the page that follows a key. It is opaque to the caller, as
// AWS's are.
func Token(key string) *string {
	return aws.String(base64.RawURLEncoding.EncodeToString([]byte(mark + key)))
}

// After returns the key that a token names, or none without a token; ok is false when
// [Token] did not make it.
func After(token *string) (key string, ok bool) {
	if token == nil {
		return "", true
	}
	text, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil {
		return "", false
	}
	return strings.CutPrefix(string(text), mark)
}

// An Ascender visits items in the order of their keys, from a key on, as
// btree.Map.Ascend does.
type Ascender[V any] func(from string, visit func(key string, v V) bool)

// Sorted lists a slice whose items are in the order of key.
func Sorted[V any](items []V, key func(V) string) Ascender[V] {
	return func(from string, visit func(string, V) bool) {
		first := sort.Search(len(items), func(i int) bool { return key(items[i]) >= from })
		for _, v := range items[first:] {
			if !visit(key(v), v) {
				return
			}
		}
	}
}

// Numbered lists a slice in its own order.
func Numbered[V any](items []V) Ascender[V] {
	return func(from string, visit func(string, V) bool) {
		for i, v := range items {
			if k := fmt.Sprintf("%08d", i); k >= from && !visit(k, v) {
				return
			}
		}
	}
}

// Prefixed lists the items whose keys begin with a prefix.
func Prefixed[V any](all Ascender[V], prefix string) Ascender[V] {
	return func(from string, visit func(string, V) bool) {
		all(max(from, prefix), func(key string, v V) bool {
			return strings.HasPrefix(key, prefix) && visit(key, v)
		})
	}
}

// All shows every item as it is stored.
func All[T any](v T) (T, bool) { return v, true }

// Every makes the show of [Of] that leaves nothing out.
func Every[V, T any](view func(V) T) func(V) (T, bool) {
	return func(v V) (T, bool) { return view(v), true }
}
