package eventpattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
)

// An Event is what patterns are matched with. It never changes.
type Event struct{ root node }

// A node is a place in an event: the values there, the elements of arrays, and what an
// object has.
type node struct {
	values   []value
	elements []*node
	children map[string]*node
}

// A value is a string, a number, true, false or null.
type value struct {
	text     string // of a string; else as it is written
	isText   bool
	number   float64
	isNumber bool
}

var errNoObject = errors.New("an event is a JSON object")

// ParseEvent reads an event.
func ParseEvent(document []byte) (*Event, error) {
	d := json.NewDecoder(bytes.NewReader(document))
	d.UseNumber()
	var root any
	if err := d.Decode(&root); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errNoObject
	}
	fields, ok := root.(map[string]any)
	if !ok {
		return nil, errNoObject
	}
	e := new(Event)
	e.root.add(fields)
	return e, nil
}

// Text returns a text of the outermost object; empty where there is none.
func (e *Event) Text(name string) string {
	if n := e.root.children[name]; n != nil && len(n.values) > 0 && n.values[0].isText {
		return n.values[0].text
	}
	return ""
}

// add adds what a JSON value has.
func (n *node) add(v any) {
	switch v := v.(type) {
	case map[string]any:
		for name, of := range v {
			n.at(split(name)).add(of)
		}
	case []any:
		elements := make([]node, len(v)) // one allocation for all: arrays may be long
		n.elements = slices.Grow(n.elements, len(v))
		for i, of := range v {
			elements[i].add(of)
			n.elements = append(n.elements, &elements[i])
		}
	default:
		n.values = append(n.values, valueOf(v))
	}
}

// at is the node at a path, which is made where there is none.
func (n *node) at(path []string) *node {
	for _, name := range path {
		if n.children == nil {
			n.children = make(map[string]*node)
		}
		child := n.children[name]
		if child == nil {
			child = new(node)
			n.children[name] = child
		}
		n = child
	}
	return n
}

func valueOf(v any) value {
	switch v := v.(type) {
	case string:
		return value{text: v, isText: true}
	case json.Number:
		f, err := v.Float64()
		return value{text: v.String(), number: f, isNumber: err == nil}
	case bool:
		return value{text: strconv.FormatBool(v)}
	}
	return value{text: "null"}
}

// Each calls with every text that the event has at a name of its outermost object, also of
// those in arrays.
func (e *Event) Each(name string, f func(string)) {
	if n := e.root.children[name]; n != nil {
		n.any(func(v *value) bool {
			if v.isText {
				f(v.text)
			}
			return false
		})
	}
}
