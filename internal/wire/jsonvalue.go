package wire

import (
	"encoding/base64"
	"math"
	"reflect"
	"slices"
	"strconv"
	"time"
)

// readJSON reads a value into v. A null leaves v alone.
func (n *node) readJSON(r *jsonReader, v reflect.Value) error {
	c := r.peek()
	if c == 'n' {
		return r.literal("null")
	}
	switch n.kind {
	case structKind:
		if c != '{' {
			return r.mismatch(c, "structure")
		}
		return n.readJSONStruct(r, n.target(v))
	case unionKind:
		if c != '{' {
			return r.mismatch(c, "structure")
		}
		return n.readJSONUnion(r, v)
	case listKind:
		if c != '[' {
			return r.mismatch(c, "list")
		}
		return n.readJSONList(r, v)
	case mapKind:
		if c != '{' {
			return r.mismatch(c, "map")
		}
		return n.readJSONMap(r, v)
	case documentKind:
		start := r.pos
		if err := r.skip(); err != nil {
			return err
		}
		v.SetBytes(slices.Clone(r.data[start:r.pos]))
		return nil
	}
	return n.readJSONScalar(r, c, v)
}

// mismatch is the error of a value that begins with c where the model has
// something else, in the words of AWS's JSON front end.
func (r *jsonReader) mismatch(c byte, want string) error {
	switch c {
	case '{':
		return errJSONStruct
	case '[':
		return errJSONList
	}
	token := "STRING_VALUE"
	switch {
	case c == 't':
		token = "TRUE_VALUE"
	case c == 'f':
		token = "FALSE_VALUE"
	case c == '-' || '0' <= c && c <= '9':
		token = "NUMBER_VALUE"
	case c != '"':
		return r.unexpected()
	}
	switch want {
	case "structure", "list", "map":
		return serialization("Expected " + want + " or null")
	}
	return serialization(token + " cannot be converted to " + want)
}

func (n *node) readJSONStruct(r *jsonReader, v reflect.Value) error {
	return r.each('}', func(key []byte) error {
		f := n.byJSON[string(key)]
		if f == nil {
			return r.skip() // AWS ignores members that it does not know
		}
		return f.node.readJSON(r, v.Field(f.index))
	})
}

// readJSONUnion reads the one member that is set. Nulls and the __type of some
// senders do not count.
func (n *node) readJSONUnion(r *jsonReader, v reflect.Value) error {
	return r.each('}', func(key []byte) error {
		f := n.byJSON[string(key)]
		if f == nil || r.peek() == 'n' {
			return r.skip()
		}
		if !v.IsNil() {
			return errJSONWrapped
		}
		member := reflect.New(n.cases[f.index])
		v.Set(member)
		return f.node.readJSON(r, member.Elem().Field(0))
	})
}

func (n *node) readJSONList(r *jsonReader, v reflect.Value) error {
	v.Set(reflect.MakeSlice(n.base, 0, 0))
	return r.each(']', func([]byte) error {
		if r.peek() == 'n' {
			return errJSONNull
		}
		return n.elem.readJSON(r, n.grow(v))
	})
}

// grow appends a zero element to the list v and returns it.
func (n *node) grow(v reflect.Value) reflect.Value {
	i := v.Len()
	if i == v.Cap() {
		v.Grow(max(4, i)) // doubles: less growth would copy long lists more often
	}
	v.SetLen(i + 1)
	v.Index(i).SetZero()
	return v.Index(i)
}

func (n *node) readJSONMap(r *jsonReader, v reflect.Value) error {
	if m, ok := v.Addr().Interface().(*map[string]string); ok {
		*m = map[string]string{}
		return r.each('}', func(key []byte) error {
			c := r.peek()
			if c != '"' {
				return r.mismatch(c, "String")
			}
			k := string(key)
			text, err := r.text()
			if err != nil {
				return err
			}
			(*m)[k] = string(text)
			return nil
		})
	}
	v.Set(reflect.MakeMap(n.base))
	return r.each('}', func(key []byte) error {
		if r.peek() == 'n' {
			return errJSONNull
		}
		k := reflect.ValueOf(string(key)).Convert(n.base.Key())
		e := reflect.New(n.base.Elem()).Elem()
		if err := n.elem.readJSON(r, e); err != nil {
			return err
		}
		v.SetMapIndex(k, e)
		return nil
	})
}

func (n *node) readJSONScalar(r *jsonReader, c byte, v reflect.Value) error {
	switch n.kind {
	case stringKind:
		if c != '"' {
			return r.mismatch(c, "String")
		}
		text, err := r.text()
		if err != nil {
			return err
		}
		n.setString(v, string(text))
		return nil
	case boolKind:
		switch c {
		case 't':
			n.target(v).SetBool(true)
			return r.literal("true")
		case 'f':
			n.target(v).SetBool(false)
			return r.literal("false")
		}
		return r.mismatch(c, "Boolean")
	case blobKind:
		if c != '"' {
			return r.mismatch(c, "Blob")
		}
		text, err := r.text()
		if err != nil {
			return err
		}
		blob, err := base64.StdEncoding.AppendDecode(make([]byte, 0, base64.StdEncoding.DecodedLen(len(text))), text)
		if err != nil {
			return errJSONBase64
		}
		v.SetBytes(blob)
		return nil
	case timeKind:
		return n.readJSONTime(r, c, v)
	case intKind, floatKind:
		return n.readJSONNumber(r, c, v)
	}
	return errJSONWrapped
}

func (n *node) readJSONNumber(r *jsonReader, c byte, v reflect.Value) error {
	if n.kind == floatKind && c == '"' {
		text, err := r.text()
		if err != nil {
			return err
		}
		switch string(text) {
		case "NaN", "Infinity", "-Infinity":
			return n.setText(v, string(text), epochTime)
		}
		return r.mismatch(c, "Double")
	}
	if c != '-' && (c < '0' || c > '9') {
		return r.mismatch(c, map[int]string{32: "Integer", 64: "Long"}[n.bits])
	}
	text, whole, err := r.number()
	if err != nil {
		return err
	}
	if n.kind == floatKind {
		f, err := strconv.ParseFloat(string(text), n.bits)
		if err != nil {
			return errJSONRange
		}
		n.target(v).SetFloat(f)
		return nil
	}
	i, err := wholeNumber(text, whole, n.bits)
	if err != nil {
		return err
	}
	n.target(v).SetInt(i)
	return nil
}

func (n *node) readJSONTime(r *jsonReader, c byte, v reflect.Value) error {
	format := n.time.or(epochTime)
	var text []byte
	var err error
	switch {
	case format == epochTime && (c == '-' || '0' <= c && c <= '9'):
		text, _, err = r.number()
	case format != epochTime && c == '"':
		text, err = r.text()
	default:
		return r.mismatch(c, "Timestamp")
	}
	if err != nil {
		return err
	}
	t, err := parseTime(string(text), format)
	if err != nil {
		return serialization("Invalid timestamp in payload")
	}
	*n.target(v).Addr().Interface().(*time.Time) = t
	return nil
}

// appendJSON appends a value that is set; v is not a pointer.
func (n *node) appendJSON(b []byte, v reflect.Value) []byte {
	switch n.kind {
	case structKind:
		return n.appendJSONStruct(b, v)
	case unionKind:
		return n.appendJSONUnion(b, v)
	case listKind:
		b = append(b, '[')
		for i := range v.Len() {
			if i > 0 {
				b = append(b, ',')
			}
			b = n.elem.appendJSONElem(b, v.Index(i))
		}
		return append(b, ']')
	case mapKind:
		b = append(b, '{')
		n.eachEntry(v, func(key string, e reflect.Value) {
			if b[len(b)-1] != '{' {
				b = append(b, ',')
			}
			b = append(appendJSONString(b, key), ':')
			b = n.elem.appendJSONElem(b, e)
		})
		return append(b, '}')
	case stringKind:
		return appendJSONString(b, v.String())
	case blobKind:
		return appendJSONBlob(b, v.Bytes())
	case documentKind:
		return append(b, v.Bytes()...)
	case timeKind:
		if n.time.or(epochTime) == epochTime {
			return n.appendText(b, v, epochTime)
		}
		return append(n.appendText(append(b, '"'), v, epochTime), '"')
	case floatKind:
		if f := v.Float(); math.IsNaN(f) || math.IsInf(f, 0) {
			return append(appendFloat(append(b, '"'), f, n.bits), '"')
		}
	}
	return n.appendText(b, v, epochTime)
}

// appendJSONElem appends an element of a list or map, where null can stand.
func (n *node) appendJSONElem(b []byte, v reflect.Value) []byte {
	switch {
	case n.ptr && !v.IsNil():
		return n.appendJSON(b, v.Elem())
	case n.ptr, n.kind == unionKind && v.IsNil():
		return append(b, "null"...)
	}
	return n.appendJSON(b, v)
}

func (n *node) appendJSONStruct(b []byte, v reflect.Value) []byte {
	b = append(b, '{')
	for i := range n.fields {
		f := &n.fields[i]
		if f.loc != inBody {
			continue
		}
		fv, ok := f.node.value(v.Field(f.index))
		if !ok {
			continue
		}
		if b[len(b)-1] != '{' {
			b = append(b, ',')
		}
		b = f.node.appendJSON(append(b, f.jsonKey...), fv)
	}
	return append(b, '}')
}

func (n *node) appendJSONUnion(b []byte, v reflect.Value) []byte {
	f, member := n.unionCase(v)
	if f == nil {
		return append(b, "{}"...)
	}
	b = append(append(b, '{'), f.jsonKey...)
	return append(f.node.appendJSONElem(b, member), '}')
}

// unionCase returns the member that a union value is and its value; nil for a
// type that the model does not have.
func (n *node) unionCase(v reflect.Value) (*field, reflect.Value) {
	p := v.Elem()
	if p.Kind() == reflect.Pointer && !p.IsNil() {
		for i, typ := range n.cases {
			if p.Type().Elem() == typ {
				return &n.fields[i], p.Elem().Field(0)
			}
		}
	}
	return nil, v
}

// eachEntry calls f for each entry of a map, sorted by key, so that the same
// output always has the same bytes. The value that f gets is addressable.
func (n *node) eachEntry(v reflect.Value, f func(key string, e reflect.Value)) {
	if v.Len() == 0 {
		return
	}
	keys := make([]string, 0, v.Len())
	for it := v.MapRange(); it.Next(); {
		keys = append(keys, it.Key().String())
	}
	slices.Sort(keys)
	e := reflect.New(n.base.Elem()).Elem()
	for _, key := range keys {
		e.Set(v.MapIndex(reflect.ValueOf(key).Convert(n.base.Key())))
		f(key, e)
	}
}
