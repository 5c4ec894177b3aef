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

// A node is a place in an event: the values there, also those in an array, the objects and
// arrays in an array, and what an object has.
type node struct {
	values   []value
	inArray  bool // of the values
	elements []*node
	children map[string]*node
}

// A value is a string, a number, true, false or null.
type value struct {
	text     string // of a string; else as it is written
	number   float64
	isText   bool
	isNumber bool
}

var errNoObject = errors.New("an event is a JSON object")

// ParseEvent reads an event.
func ParseEvent(document []byte) (*Event, error) {
	fields, err := parseObject(document)
	if err != nil {
		return nil, err
	}
	return eventOf(fields), nil
}

// NewEvent makes the event that has the texts and lists of texts that are given, and a
// "detail", which is a document.
func NewEvent(fields map[string]any, detail []byte) (*Event, error) {
	parsed, err := parseObject(detail)
	if err != nil {
		return nil, err
	}
	fields["detail"] = parsed
	return eventOf(fields), nil
}

func eventOf(fields map[string]any) *Event {
	e := new(Event)
	e.root.add(fields)
	return e
}

func parseObject(document []byte) (map[string]any, error) {
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
	return fields, nil
}

// Text returns a text of the outermost object; empty where there is none.
func (e *Event) Text(name string) string {
	if n := e.root.children[name]; n != nil && !n.inArray && len(n.values) > 0 && n.values[0].isText {
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
	case []string:
		n.inArray = true
		n.values = slices.Grow(n.values, len(v))
		for _, text := range v {
			n.values = append(n.values, value{text: text, isText: true})
		}
	case []any:
		n.inArray = true
		n.values = slices.Grow(n.values, len(v))
		for _, of := range v {
			switch of.(type) {
			case map[string]any, []any:
				element := new(node)
				element.add(of)
				n.elements = append(n.elements, element)
			default:
				n.values = append(n.values, valueOf(of))
			}
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
