// Package vtl evaluates the mapping templates of API Gateway: the part of the Velocity Template
// Language that its developer guide has, with $input, $context, $stageVariables and $util. What a
// template can cost is bounded.
//
// Values are nil, bool, string, json.Number, *List and *Object.
package vtl

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
)

// An Object is a map whose entries keep the order in which they were put.
type Object struct {
	keys []string
	by   map[string]any
}

// A List is a list of values.
type List struct{ items []any }

// NewObject makes an object of texts, in the order of their names.
func NewObject(entries map[string]string) *Object {
	o := &Object{}
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		o.Put(key, entries[key])
	}
	return o
}

// Get returns an entry; nil where there is none.
func (o *Object) Get(key string) any { return o.by[key] }

// Keys are the names of the entries in their order.
func (o *Object) Keys() []string { return o.keys }

// Has reports whether there is an entry.
func (o *Object) Has(key string) bool { _, ok := o.by[key]; return ok }

// Put sets an entry.
func (o *Object) Put(key string, value any) {
	if o.by == nil {
		o.by = make(map[string]any)
	}
	if _, ok := o.by[key]; !ok {
		o.keys = append(o.keys, key)
	}
	o.by[key] = value
}

func (o *Object) remove(key string) {
	if _, ok := o.by[key]; ok {
		delete(o.by, key)
		o.keys = slices.DeleteFunc(slices.Clone(o.keys), func(k string) bool { return k == key })
	}
}

var errDeep = errors.New("the JSON text is nested too deeply")

// Decode reads a JSON text.
func Decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	v, err := decode(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("the JSON text is followed by something else")
	}
	return v, nil
}

func decode(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, errDeep
	}
	token, err := d.Token()
	if err != nil {
		return nil, err
	}
	delim, ok := token.(json.Delim)
	if !ok {
		return token, nil // a bool, a json.Number, a string or nil
	}
	if delim == '[' {
		l := &List{}
		for d.More() {
			v, err := decode(d, depth+1)
			if err != nil {
				return nil, err
			}
			l.items = append(l.items, v)
		}
		_, err := d.Token()
		return l, err
	}
	o := &Object{}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, err
		}
		v, err := decode(d, depth+1)
		if err != nil {
			return nil, err
		}
		name, _ := key.(string)
		o.Put(name, v)
	}
	_, err = d.Token()
	return o, err
}

// A writer writes values as texts, up to a limit.
type writer struct {
	b     strings.Builder
	left  int
	depth int
}

var errLong = errors.New("the output of the mapping template is too long")

func (w *writer) text(s string) error {
	if w.left -= len(s); w.left < 0 {
		return errLong
	}
	w.b.WriteString(s)
	return nil
}

// json writes a value as JSON.
func (w *writer) json(v any) error {
	if w.depth++; w.depth > maxDepth {
		return errDeep
	}
	defer func() { w.depth-- }()
	switch v := v.(type) {
	case nil:
		return w.text("null")
	case bool:
		if v {
			return w.text("true")
		}
		return w.text("false")
	case json.Number:
		return w.text(v.String())
	case string:
		return w.text(quote(v))
	case *List:
		for i, item := range v.items {
			if err := errors.Join(w.text(separator("[", ",", i)), w.json(item)); err != nil {
				return err
			}
		}
		return w.text(separator("[]", "]", len(v.items)))
	case *Object:
		for i, key := range v.keys {
			if err := errors.Join(w.text(separator("{", ",", i)+quote(key)+":"), w.json(v.by[key])); err != nil {
				return err
			}
		}
		return w.text(separator("{}", "}", len(v.keys)))
	}
	return errors.New("a value of the template has no JSON")
}

func separator(first, rest string, i int) string {
	if i == 0 {
		return first
	}
	return rest
}

// quote writes a text as JSON, with the characters of HTML as they are.
func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if e.Encode(s) != nil {
		return `""` // texts are always written
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// print writes a value as a reference to it is rendered: an object as Java prints maps, {a=1}, and
// a list as JSON.
func (w *writer) print(v any) error {
	if w.depth++; w.depth > maxDepth {
		return errDeep
	}
	defer func() { w.depth-- }()
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return w.text(v)
	case *Object:
		for i, key := range v.keys {
			if err := errors.Join(w.text(separator("{", ", ", i)+key+"="), w.inner(v.by[key])); err != nil {
				return err
			}
		}
		return w.text(separator("{}", "}", len(v.keys)))
	case host:
		return w.text(v.name())
	}
	return w.json(v)
}

// inner is print of what is in an object.
func (w *writer) inner(v any) error {
	if v == nil {
		return w.text("null")
	}
	return w.print(v)
}
