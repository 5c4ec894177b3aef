package validation

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

// A Kind says what a step of a path is.
type Kind int

// The steps of paths.
const (
	Value Kind = iota // the value of a key of an object
	Index             // an item of a list
	Key               // a key of an object itself
)

// A Step is one step of a path through a document.
type Step struct {
	Kind  Kind
	Name  string // of a key
	Index int
}

// A nodeKind is a type of JSON.
type nodeKind byte

const (
	object nodeKind = iota
	array
	str
	number
	boolean
	null
)

// String returns the type as findings name it.
func (k nodeKind) String() string {
	return [...]string{"Object", "Array", "String", "Number", "Boolean", "Null"}[k]
}

// A node is a value of a document with its place.
type node struct {
	kind       nodeKind
	text       string // of what is no object and no list, without quotes
	start, end int
	fields     []*field
	items      []*node
	parent     *node
	step       Step
}

// A field is a key of an object with its value.
type field struct {
	key        string
	start, end int
	of, value  *node
}

// A span is a place in a document that findings name.
type span struct {
	path       []Step
	start, end int
}

func (n *node) span() span { return span{n.path(), n.start, n.end} }

// keySpan is the place of the key alone.
func (f *field) span() span {
	return span{append(f.of.path(), Step{Kind: Key, Name: f.key}), f.start, f.end}
}

// path is the way to the value from the whole document.
func (n *node) path() []Step {
	var path []Step
	for ; n.parent != nil; n = n.parent {
		path = append(path, n.step)
	}
	slices.Reverse(path)
	return path
}

// field returns the field of a key; nil where there is none.
func (n *node) field(key string) *field {
	if n == nil {
		return nil
	}
	for _, f := range n.fields {
		if f.key == key {
			return f
		}
	}
	return nil
}

// list returns the items of a list, or the value itself: a single value may stand for a list.
func (n *node) list() []*node {
	if n.kind == array {
		return n.items
	}
	return []*node{n}
}

// maxDepth is deeper than any policy is.
const maxDepth = 64

var errDepth = errors.New("the document is too deep")

// A reader reads a document with the places of its values.
type reader struct {
	doc string
	dec *json.Decoder
}

// read reads a document. The offset is that of what is wrong.
func read(doc string) (root *node, offset int, err error) {
	r := &reader{doc, json.NewDecoder(strings.NewReader(doc))}
	r.dec.UseNumber()
	if root, err = r.value(nil, Step{}, 0); err == nil {
		if _, err = r.dec.Token(); errors.Is(err, io.EOF) {
			return root, 0, nil
		}
		if err == nil {
			err = errors.New("there is more behind the document")
		}
	}
	// The decoder of whole documents says best where the fault is.
	var whole json.RawMessage
	var syntax *json.SyntaxError
	if errors.As(json.Unmarshal([]byte(doc), &whole), &syntax) {
		offset = max(int(syntax.Offset)-1, 0)
	}
	return nil, min(offset, len(doc)), err
}

// next is where the next token begins.
func (r *reader) next() int {
	at := int(r.dec.InputOffset())
	for at < len(r.doc) && strings.IndexByte(" \t\r\n,:", r.doc[at]) >= 0 {
		at++
	}
	return at
}

func (r *reader) value(parent *node, step Step, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	n := &node{start: r.next(), parent: parent, step: step}
	token, err := r.dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '{' {
			err = r.object(n, depth)
		} else {
			err = r.array(n, depth)
		}
	case string:
		n.kind, n.text = str, t
	case json.Number:
		n.kind, n.text = number, t.String()
	case bool:
		n.kind = boolean
	default:
		n.kind = null
	}
	n.end = int(r.dec.InputOffset())
	if n.kind == boolean || n.kind == null {
		n.text = r.doc[n.start:n.end]
	}
	return n, err
}

func (r *reader) object(n *node, depth int) error {
	for r.dec.More() {
		f := &field{of: n, start: r.next()}
		token, err := r.dec.Token()
		if err != nil {
			return err
		}
		f.key, _ = token.(string) // the decoder takes no other
		f.end = int(r.dec.InputOffset())
		if f.value, err = r.value(n, Step{Kind: Value, Name: f.key}, depth+1); err != nil {
			return err
		}
		n.fields = append(n.fields, f)
	}
	_, err := r.dec.Token()
	return err
}

func (r *reader) array(n *node, depth int) error {
	n.kind = array
	for r.dec.More() {
		item, err := r.value(n, Step{Kind: Index, Index: len(n.items)}, depth+1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, err := r.dec.Token()
	return err
}
