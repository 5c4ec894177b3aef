package wire

import (
	"bytes"
	"reflect"
	"strings"
)

// appendXMLStruct appends the body members of a structure as elements. place is
// the format of time stamps that have none of their own.
func (n *node) appendXMLStruct(b []byte, v reflect.Value, place timeFormat) []byte {
	for i := range n.fields {
		f := &n.fields[i]
		if f.loc != inBody || f.attr {
			continue
		}
		if fv, ok := f.node.value(v.Field(f.index)); ok && (!f.truth || fv.Bool()) {
			b = f.appendXML(b, fv, place)
		}
	}
	return b
}

// appendXML appends a member that is set as its element or elements.
func (f *field) appendXML(b []byte, v reflect.Value, place timeFormat) []byte {
	n := f.node
	if !f.flat {
		return n.appendXMLElement(b, f.open, f.close, v, place)
	}
	switch n.kind {
	case listKind:
		for i := range v.Len() {
			b = n.elem.appendXMLElement(b, f.open, f.close, n.elem.deref(v.Index(i)), place)
		}
	case mapKind:
		n.eachEntry(v, func(key string, e reflect.Value) {
			b = append(append(b, f.open...), '>')
			b = n.appendXMLEntry(b, key, e, place)
			b = append(b, f.close...)
		})
	}
	return b
}

// deref returns what an element of a list or map is, without the pointer.
func (n *node) deref(v reflect.Value) reflect.Value {
	if n.ptr {
		if v.IsNil() {
			return reflect.New(n.base).Elem()
		}
		return v.Elem()
	}
	return v
}

// appendXMLElement appends v within the tags open (without the ">") and end.
func (n *node) appendXMLElement(b []byte, open, end string, v reflect.Value, place timeFormat) []byte {
	b = append(b, open...)
	for _, a := range n.attrs {
		if av, ok := a.node.value(v.Field(a.index)); ok {
			b = append(b, a.open...)
			b = a.node.appendXMLScalar(b, av, place)
			b = append(b, a.close...)
		}
	}
	b = append(b, '>')
	b = n.appendXMLContent(b, v, place)
	return append(b, end...)
}

func (n *node) appendXMLContent(b []byte, v reflect.Value, place timeFormat) []byte {
	switch n.kind {
	case structKind:
		return n.appendXMLStruct(b, v, place)
	case unionKind:
		if f, member := n.unionCase(v); f != nil {
			return f.appendXML(b, f.node.deref(member), place)
		}
		return b
	case listKind:
		open, end := "<"+n.elemName, "</"+n.elemName+">"
		for i := range v.Len() {
			b = n.elem.appendXMLElement(b, open, end, n.elem.deref(v.Index(i)), place)
		}
		return b
	case mapKind:
		n.eachEntry(v, func(key string, e reflect.Value) {
			b = append(b, "<entry>"...)
			b = n.appendXMLEntry(b, key, e, place)
			b = append(b, "</entry>"...)
		})
		return b
	}
	return n.appendXMLScalar(b, v, place)
}

func (n *node) appendXMLEntry(b []byte, key string, e reflect.Value, place timeFormat) []byte {
	b = append(append(append(b, '<'), n.keyName...), '>')
	b = appendXMLText(b, key)
	b = append(append(append(b, "</"...), n.keyName...), '>')
	return n.elem.appendXMLElement(b, "<"+n.valueName, "</"+n.valueName+">", n.elem.deref(e), place)
}

func (n *node) appendXMLScalar(b []byte, v reflect.Value, place timeFormat) []byte {
	if n.kind == stringKind {
		return appendXMLText(b, v.String())
	}
	return n.appendText(b, v, place)
}

// readXML reads the content of the element that r has just begun, to its end.
// flat is the member's: each element is one of a list. No request in XML has a map.
func (n *node) readXML(r *xmlReader, v reflect.Value, flat bool) error {
	if flat && n.kind == listKind {
		if v.IsNil() {
			v.Set(reflect.MakeSlice(n.base, 0, 1))
		}
		return n.elem.readXML(r, n.grow(v), false)
	}
	switch n.kind {
	case structKind:
		return n.readXMLStruct(r, n.target(v))
	case unionKind:
		return n.readXMLUnion(r, v)
	case listKind:
		v.Set(reflect.MakeSlice(n.base, 0, 0))
		return r.children(func(name []byte) error {
			if string(name) != n.elemName {
				return errXML
			}
			return n.elem.readXML(r, n.grow(v), false)
		})
	}
	text, err := r.content()
	if err != nil {
		return err
	}
	if n.kind != stringKind {
		text = bytes.TrimSpace(text)
	}
	if n.setText(v, string(text), milliTime) != nil {
		return errXML
	}
	return nil
}

// children calls f for each element within the one that r has just begun.
func (r *xmlReader) children(f func(name []byte) error) error {
	for {
		t, err := r.next()
		switch {
		case err != nil:
			return err
		case t == xmlEnd:
			return nil
		case t == xmlText:
			if len(bytes.TrimSpace(r.text)) > 0 {
				return errXML
			}
		default:
			if err := f(r.name); err != nil {
				return err
			}
		}
	}
}

// content returns the text of the element that r has just begun, which must
// have no elements in it. It is good until the next token is read.
func (r *xmlReader) content() ([]byte, error) {
	r.value = r.value[:0]
	for {
		t, err := r.next()
		switch {
		case err != nil:
			return nil, err
		case t == xmlStart:
			return nil, errXML
		case t == xmlEnd:
			return r.value, nil
		}
		r.value = append(r.value, r.text...)
	}
}

func (n *node) readXMLStruct(r *xmlReader, v reflect.Value) error {
	if len(n.attrs) > 0 {
		if err := n.readXMLAttributes(r, v); err != nil {
			return err
		}
	}
	return r.children(func(name []byte) error {
		f := n.byXML[string(name)]
		if f == nil {
			return errXML // S3 validates against its schema
		}
		return f.node.readXML(r, v.Field(f.index), f.flat)
	})
}

func (n *node) readXMLAttributes(r *xmlReader, v reflect.Value) error {
	for {
		name, value, ok, err := r.attribute()
		if err != nil || !ok {
			return err
		}
		for _, a := range n.attrs {
			if string(name) != a.xmlName[strings.LastIndexByte(a.xmlName, ':')+1:] {
				continue
			}
			text, err := r.unescape(nil, value)
			if err != nil || a.node.setText(v.Field(a.index), string(text), milliTime) != nil {
				return errXML
			}
		}
	}
}

func (n *node) readXMLUnion(r *xmlReader, v reflect.Value) error {
	return r.children(func(name []byte) error {
		f := n.byXML[string(name)]
		if f == nil || !v.IsNil() {
			return errXML
		}
		member := reflect.New(n.cases[f.index])
		v.Set(member)
		return f.node.readXML(r, member.Elem().Field(0), f.flat)
	})
}
