// Package eventpattern reads event patterns of Amazon EventBridge and matches events with
// them.
package eventpattern

import (
	"slices"
	"strings"
)

// A Pattern is an event pattern. It never changes.
type Pattern struct {
	root object
	// absent are the paths of {"exists": false}, by which rules know them.
	absent [][]string
}

// An object is what a pattern demands of an object of an event: all of its fields, and of
// each $or one alternative.
type object struct {
	fields []field
	ors    [][]object
}

// A field is one name with the rules of which one must match its value, or with what is
// demanded of the object that it has.
type field struct {
	name   string // without a dot: one with dots is an object in an object
	rules  []rule
	nested *object
}

// A rule is one element of the array of a field.
type rule struct {
	match func(*value) bool
	// absent is the number of {"exists": false}, counted from 1: it matches an event that
	// has no value at its path, wherever in the event.
	absent int
	// exact is the text that the rule matches alone; isExact says that it does.
	exact   string
	isExact bool
}

// Match reports whether an event matches the pattern.
func (p *Pattern) Match(e *Event) bool {
	m := matching{pattern: p, root: &e.root}
	return p.root.match(&e.root, &m)
}

// A matching is one event that is matched with a pattern.
type matching struct {
	pattern *Pattern
	root    *node
	known   []presence // of the paths of {"exists": false}, each looked up once
}

// presence says whether an event has a value at a path.
type presence byte

const (
	unknown presence = iota
	present
	absent
)

// lacks reports whether the event has no value at the path of an {"exists": false}.
func (m *matching) lacks(rule int) bool {
	if m.known == nil {
		m.known = make([]presence, len(m.pattern.absent))
	}
	known := &m.known[rule-1]
	if *known == unknown {
		*known = absent
		if m.root.has(m.pattern.absent[rule-1]) {
			*known = present
		}
	}
	return *known == absent
}

// Exact returns the texts of which an event must have one at a path, whose names are joined
// with dots; false where the pattern has other rules for it, or none.
func (p *Pattern) Exact(path string) ([]string, bool) {
	o := &p.root
	names := split(path)
	for _, name := range names[:len(names)-1] {
		i := slices.IndexFunc(o.fields, func(f field) bool { return f.name == name && f.nested != nil })
		if i < 0 {
			return nil, false
		}
		o = o.fields[i].nested
	}
	i := slices.IndexFunc(o.fields, func(f field) bool { return f.name == names[len(names)-1] && f.nested == nil })
	if i < 0 {
		return nil, false
	}
	var texts []string
	for _, r := range o.fields[i].rules {
		if !r.isExact {
			return nil, false
		}
		texts = append(texts, r.exact)
	}
	return texts, true
}

// Nested reports whether the pattern demands something of the object at a name of an
// event's outermost object.
func (p *Pattern) Nested(name string) bool { return p.root.nests(name) }

func (o *object) nests(name string) bool {
	return slices.ContainsFunc(o.fields, func(f field) bool { return f.name == name && f.nested != nil }) ||
		slices.ContainsFunc(o.ors, func(alternatives []object) bool {
			return slices.ContainsFunc(alternatives, func(a object) bool { return a.nests(name) })
		})
}

// match matches an object of an event. Of what stands in arrays, one element of each must
// have all that the pattern demands below it.
func (o *object) match(n *node, m *matching) bool {
	if o.matchFields(n, m) {
		return true
	}
	for _, element := range n.elements {
		if o.match(element, m) {
			return true
		}
	}
	return false
}

func (o *object) matchFields(n *node, m *matching) bool {
	for i := range o.fields {
		if !o.fields[i].match(n, m) {
			return false
		}
	}
	for _, alternatives := range o.ors {
		if !slices.ContainsFunc(alternatives, func(a object) bool { return a.matchFields(n, m) }) {
			return false
		}
	}
	return true
}

func (f *field) match(n *node, m *matching) bool {
	child := n.children[f.name]
	if f.nested != nil {
		if child == nil {
			child = &nothing // {"exists": false} matches what is not there
		}
		return f.nested.match(child, m)
	}
	for i := range f.rules {
		r := &f.rules[i]
		if r.absent > 0 {
			if m.lacks(r.absent) {
				return true
			}
			continue
		}
		if child != nil && child.any(r.match) {
			return true
		}
	}
	return false
}

var nothing node

// any reports whether a value of the node, by itself or in an array, is one that matches.
func (n *node) any(match func(*value) bool) bool {
	for i := range n.values {
		if match(&n.values[i]) {
			return true
		}
	}
	return slices.ContainsFunc(n.elements, func(e *node) bool { return e.any(match) })
}

// has reports whether there is a value at a path.
func (n *node) has(path []string) bool {
	if len(path) == 0 {
		if len(n.values) > 0 {
			return true
		}
	} else if child := n.children[path[0]]; child != nil && child.has(path[1:]) {
		return true
	}
	return slices.ContainsFunc(n.elements, func(e *node) bool { return e.has(path) })
}

// split are the names in a name with dots: EventBridge joins the names of nested objects
// with dots before it compares, so that {"a.b": 1} and {"a": {"b": 1}} are the same.
func split(name string) []string { return strings.Split(name, ".") }
