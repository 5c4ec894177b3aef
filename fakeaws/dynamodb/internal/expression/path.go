package expression

import (
	"strconv"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// A step of a document path is the name of an attribute, or an index of a list.
type step struct {
	name  string
	index int // of a list when name is not set
	list  bool
}

// A Path is a document path: a.b[0]. Its first step is a name.
type Path []step

// Attribute is the attribute of the item that the path begins at.
func (p Path) Attribute() string { return p[0].name }

// Simple reports whether the path is an attribute of the item itself.
func (p Path) Simple() bool { return len(p) == 1 }

// String is the path as errors show it: [a, b, [0]].
func (p Path) String() string {
	parts := make([]string, len(p))
	for i, s := range p {
		parts[i] = s.name
		if s.list {
			parts[i] = "[" + strconv.Itoa(s.index) + "]"
		}
	}
	return "[" + strings.Join(parts, ", ") + "]"
}

// Get finds what the path leads to in an item.
func (p Path) Get(item value.Map) (value.Value, bool) {
	v, ok := item[p[0].name]
	for _, s := range p[1:] {
		if !ok {
			return value.Value{}, false
		}
		v, ok = s.of(v)
	}
	return v, ok
}

// of is what a step leads to in a value.
func (s step) of(v value.Value) (value.Value, bool) {
	switch {
	case s.list && v.Kind() == value.L && s.index < len(v.List()):
		return v.List()[s.index], true
	case !s.list && v.Kind() == value.M:
		v, ok := v.Map()[s.name]
		return v, ok
	}
	return value.Value{}, false
}

// A tree has several paths, none of which leads through another one.
type tree struct {
	names   map[string]*tree
	indexes map[int]*tree
	// path is the whole one that ends here; nil where none does.
	path   Path
	action *action // of an update
	// some is a path through here, for errors.
	some Path
}

// add puts a path into the tree: "" when it fits, else what is the matter with it and the
// path that it meets.
func (t *tree) add(p Path, a *action) (problem string, other Path) {
	at := t
	for _, s := range p {
		if at.path != nil {
			return textOverlap, at.path
		}
		if s.list && len(at.names) > 0 || !s.list && len(at.indexes) > 0 {
			return textConflict, at.some
		}
		at.some = p
		at = at.child(s)
	}
	if at.some != nil {
		return textOverlap, at.some
	}
	at.path, at.action, at.some = p, a, p
	return "", nil
}

func (t *tree) child(s step) *tree {
	if s.list {
		if t.indexes == nil {
			t.indexes = make(map[int]*tree)
		}
		if t.indexes[s.index] == nil {
			t.indexes[s.index] = new(tree)
		}
		return t.indexes[s.index]
	}
	if t.names == nil {
		t.names = make(map[string]*tree)
	}
	if t.names[s.name] == nil {
		t.names[s.name] = new(tree)
	}
	return t.names[s.name]
}
