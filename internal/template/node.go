package template

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/internal/deploy"
)

// A kind is what a node is in JSON.
type kind uint8

const (
	nullNode kind = iota
	boolNode
	numberNode
	stringNode
	listNode
	objectNode
)

// String names the kind as problems do.
func (k kind) String() string {
	return [...]string{"null", "a boolean", "a number", "text", "a list", "an object"}[k]
}

// A node is a value of a template, and where it stands. Nodes are not changed once a file
// is read: transforms make others, which stand where their origin does.
type node struct {
	kind      kind
	line, col int
	file      string
	text      string   // of scalars, as written
	keys      []string // of objects, beside items
	keyLines  []int    // where the keys stand; nil in objects that transforms make
	items     []*node
}

func (n *node) position() deploy.Position { return deploy.Position{File: n.file, Line: n.line} }

// get returns the value of a key of an object, nil where there is none.
func (n *node) get(key string) *node {
	if n == nil || n.kind != objectNode {
		return nil
	}
	if i := slices.Index(n.keys, key); i >= 0 {
		return n.items[i]
	}
	return nil
}

// value returns a scalar as JSON has it, empty for everything else.
func (n *node) value() string {
	switch {
	case n == nil:
		return ""
	case n.kind == boolNode:
		return booleans[n.text]
	}
	return n.text
}

// name returns a scalar as it is written: the name of a condition.
func (n *node) name() string {
	if n == nil {
		return ""
	}
	return n.text
}

// isList says whether the node is a list; nil is none.
func (n *node) isList() bool   { return n != nil && n.kind == listNode }
func (n *node) isObject() bool { return n != nil && n.kind == objectNode }
func (n *node) isString() bool { return n != nil && n.kind == stringNode }

// isScalar says whether the node is text, a number or a boolean.
func (n *node) isScalar() bool { return n != nil && n.kind > nullNode && n.kind < listNode }

// function returns the name and the argument of an intrinsic function: an object of one
// key, which is Ref, Condition or begins with Fn::.
func (n *node) function() (name string, argument *node, ok bool) {
	if n == nil || n.kind != objectNode || len(n.keys) != 1 {
		return "", nil, false
	}
	name = n.keys[0]
	if name == "Ref" || strings.HasPrefix(name, "Fn::") && !strings.HasPrefix(name, forEach) {
		return name, n.items[0], true
	}
	return "", nil, false
}

// is returns the argument where the node is that function.
func (n *node) is(function string) *node {
	if name, argument, ok := n.function(); ok && name == function {
		return argument
	}
	return nil
}

// list returns the elements of a list, or the node itself: many properties take either.
func (n *node) list() []*node {
	switch {
	case n == nil || n.kind == nullNode:
		return nil
	case n.kind == listNode:
		return n.items
	}
	return []*node{n}
}

// What follows makes nodes that stand where n does.

func (n *node) newString(text string) *node {
	return &node{kind: stringNode, line: n.line, col: n.col, file: n.file, text: text}
}

func (n *node) newList(items ...*node) *node {
	return &node{kind: listNode, line: n.line, col: n.col, file: n.file, items: items}
}

func (n *node) newStrings(texts ...string) *node {
	list := n.newList()
	for _, text := range texts {
		list.items = append(list.items, n.newString(text))
	}
	return list
}

// newObject makes an object of keys and values: text, nodes, and nil, which is left out.
func (n *node) newObject(pairs ...any) *node {
	o := &node{kind: objectNode, line: n.line, col: n.col, file: n.file}
	for i := 0; i+1 < len(pairs); i += 2 {
		key := pairs[i].(string)
		switch v := pairs[i+1].(type) {
		case string:
			o.set(key, n.newString(v))
		case *node:
			if v != nil {
				o.set(key, v)
			}
		}
	}
	return o
}

func (n *node) newRef(name string) *node { return n.newObject("Ref", name) }
func (n *node) newSub(text string) *node { return n.newObject("Fn::Sub", text) }
func (n *node) newGetAtt(name, attribute string) *node {
	return n.newObject("Fn::GetAtt", n.newStrings(name, attribute))
}

// set sets a key of an object that is being made.
func (n *node) set(key string, value *node) {
	if i := slices.Index(n.keys, key); i >= 0 {
		n.items[i] = value
		return
	}
	n.keys, n.items = append(n.keys, key), append(n.items, value)
}

// with returns a copy of an object with a key set; the object itself stays.
func (n *node) with(key string, value *node) *node {
	c := *n
	c.keys, c.items = slices.Clone(n.keys), slices.Clone(n.items)
	c.keyLines = nil
	c.set(key, value)
	return &c
}

// without returns a copy of an object without some keys.
func (n *node) without(keys ...string) *node {
	c := &node{kind: objectNode, line: n.line, col: n.col, file: n.file}
	for i, key := range n.keys {
		if !slices.Contains(keys, key) {
			c.keys, c.items = append(c.keys, key), append(c.items, n.items[i])
		}
	}
	return c
}
