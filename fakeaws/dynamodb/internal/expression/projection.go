package expression

import (
	"maps"
	"slices"
	"strconv"

	"github.com/leastpriv/leastpriv/fakeaws/dynamodb/internal/value"
)

// A Paths is a projection: the parts of items to return.
type Paths struct {
	tree tree
	all  []Path
	rows bool // see Rows
}

// Projection reads a projection.
func (s *Scope) Projection(text string) (*Paths, error) {
	p, err := s.parser(Projection, text)
	if err != nil {
		return nil, err
	}
	out := new(Paths)
	for {
		path, err := p.path()
		if err != nil {
			return nil, err
		}
		if problem, other := out.tree.add(path, nil); problem != "" {
			return nil, p.errorf(problem, other, path)
		}
		out.all = append(out.all, path)
		if p.peek().kind == tokenEnd {
			return out, nil
		}
		if err := p.expect(","); err != nil {
			return nil, err
		}
	}
}

// Attributes are the attributes of the item that the projection begins at, in order.
func (p *Paths) Attributes() []string {
	if p == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(p.tree.names))
}

// Of returns the parts of an item; all of it without a projection.
func (p *Paths) Of(item value.Map) value.Map {
	if p == nil {
		return item
	}
	if p.rows {
		return p.row(item)
	}
	m, _ := p.tree.ofMap(item)
	return m
}

// Rows has the projection return what its paths lead to side by side, as a SELECT list does:
// under the name that each path ends with. That name, and "name[0]" for an element of a list,
// are unverified.
func (p *Paths) Rows() *Paths {
	p.rows = true
	return p
}

func (p *Paths) row(item value.Map) value.Map {
	out := make(value.Map, len(p.all))
	for _, path := range p.all {
		if v, ok := path.Get(item); ok {
			out[path.last()] = v
		}
	}
	return out
}

// last is the last name in a path, with the indexes behind it.
func (p Path) last() string {
	i := len(p) - 1
	for p[i].list {
		i--
	}
	name := p[i].name
	for _, s := range p[i+1:] {
		name += "[" + strconv.Itoa(s.index) + "]"
	}
	return name
}

// of returns the parts of a value; false when it has none of them.
func (t *tree) of(v value.Value) (value.Value, bool) {
	switch {
	case t.path != nil:
		return v, true
	case len(t.names) > 0 && v.Kind() == value.M:
		m, ok := t.ofMap(v.Map())
		return value.OfMap(m), ok
	case len(t.indexes) > 0 && v.Kind() == value.L:
		var list []value.Value
		for _, i := range slices.Sorted(maps.Keys(t.indexes)) {
			if i >= len(v.List()) {
				break
			}
			if part, ok := t.indexes[i].of(v.List()[i]); ok {
				list = append(list, part)
			}
		}
		return value.OfList(list), len(list) > 0
	}
	return value.Value{}, false
}

func (t *tree) ofMap(m value.Map) (value.Map, bool) {
	out := make(value.Map)
	for name, below := range t.names {
		v, ok := m[name]
		if !ok {
			continue
		}
		if part, ok := below.of(v); ok {
			out[name] = part
		}
	}
	return out, len(out) > 0
}
