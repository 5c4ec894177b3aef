package wire

import (
	"math"
	"net/http"
	"reflect"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

// The protocols that only services without a fake speak, RPC v2 CBOR and EC2 Query, are
// decoded of a [Value]: they are not worth readers of their own.

// decodeValue fills in the input of the document of a request.
func (n *node) decodeValue(p Protocol, r *Request, v reflect.Value) error {
	document, err := r.Document(p)
	if err != nil || !document.Exists() {
		return err
	}
	return n.readValue(p, &document, v)
}

// nameIn returns what a member is called in a protocol.
func (f *field) nameIn(p Protocol) string {
	if p == EC2Query {
		return f.ec2
	}
	return f.name
}

// readValue reads a value into v.
func (n *node) readValue(p Protocol, from *Value, v reflect.Value) error {
	switch n.kind {
	case structKind:
		return n.readStruct(p, from, v)
	case unionKind:
		return n.readUnion(p, from, v)
	case listKind:
		if from.kind != listOfValues && !from.wrapped {
			return errJSONList
		}
		v.Set(reflect.MakeSlice(n.base, 0, 0))
		for _, e := range from.Elements() {
			if err := n.elem.readValue(p, e, n.grow(v)); err != nil {
				return err
			}
		}
		return nil
	case mapKind:
		return n.readMap(p, from, v)
	}
	text, ok := from.Text()
	if !ok {
		return errJSONStruct
	}
	place := epochTime
	if p == EC2Query {
		place = dateTime
	}
	if err := n.setText(v, text, place); err != nil {
		return serialization("Unexpected value in payload: " + quoteShort(text))
	}
	return nil
}

func (n *node) readStruct(p Protocol, from *Value, v reflect.Value) error {
	if from.kind != structValue && !from.wrapped {
		return errJSONStruct
	}
	to := n.target(v)
	for i := range n.fields {
		f := &n.fields[i]
		if member := from.Member(f.nameIn(p)); member.Exists() {
			if err := f.node.readValue(p, member, to.Field(f.index)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (n *node) readUnion(p Protocol, from *Value, v reflect.Value) error {
	for i := range n.fields {
		f := &n.fields[i]
		m := from.Member(f.nameIn(p))
		if !m.Exists() {
			continue
		}
		if !v.IsNil() {
			return errJSONWrapped
		}
		member := reflect.New(n.cases[f.index])
		v.Set(member)
		if err := f.node.readValue(p, m, member.Elem().Field(0)); err != nil {
			return err
		}
	}
	return nil
}

func (n *node) readMap(p Protocol, from *Value, v reflect.Value) (err error) {
	v.Set(reflect.MakeMap(n.base))
	from.Entries(func(key string, value *Value) {
		e := reflect.New(n.base.Elem()).Elem()
		if err == nil {
			err = n.elem.readValue(p, value, e)
		}
		v.SetMapIndex(reflect.ValueOf(key).Convert(n.base.Key()), e)
	})
	return err
}

// encodeCBOR writes the answer of RPC v2 CBOR.
func encodeCBOR(n *node, v reflect.Value, requestID string) *Response {
	res := &Response{Status: http.StatusOK, Header: http.Header{}}
	res.Set("Smithy-Protocol", "rpc-v2-cbor")
	res.Set(requestIDHeader, requestID)
	res.setBody("application/cbor", cbor.Encode(n.cbor(v)))
	return res
}

// cbor converts a value that is set; v is not a pointer.
func (n *node) cbor(v reflect.Value) cbor.Value {
	switch n.kind {
	case structKind:
		m := cbor.Map{}
		for i := range n.fields {
			f := &n.fields[i]
			if fv, ok := f.node.value(v.Field(f.index)); ok {
				m[f.name] = f.node.cbor(fv)
			}
		}
		return m
	case unionKind:
		f, member := n.unionCase(v)
		if f == nil {
			return cbor.Map{}
		}
		return cbor.Map{f.name: f.node.cborElem(member)}
	case listKind:
		list := make(cbor.List, v.Len())
		for i := range list {
			list[i] = n.elem.cborElem(v.Index(i))
		}
		return list
	case mapKind:
		m := cbor.Map{}
		n.eachEntry(v, func(key string, e reflect.Value) { m[key] = n.elem.cborElem(e) })
		return m
	case boolKind:
		return cbor.Bool(v.Bool())
	case intKind:
		if i := v.Int(); i < 0 {
			return cbor.NegInt(uint64(-i))
		}
		return cbor.Uint(v.Int())
	case floatKind:
		return cbor.Float64(v.Float())
	case blobKind:
		return cbor.Slice(v.Bytes())
	case timeKind:
		const epochTag = 1
		text := string(n.appendText(nil, v, epochTime))
		return &cbor.Tag{ID: epochTag, Value: cbor.Float64(seconds(text))}
	}
	return cbor.String(string(n.appendText(nil, v, epochTime)))
}

// seconds reads a time as appendText writes it.
func seconds(text string) float64 {
	t, err := parseEpoch(text)
	if err != nil {
		return math.NaN()
	}
	return float64(t.UnixMilli()) / 1e3
}

func (n *node) cborElem(v reflect.Value) cbor.Value {
	switch {
	case n.ptr && !v.IsNil():
		return n.cbor(v.Elem())
	case n.ptr, n.kind == unionKind && v.IsNil():
		return &cbor.Nil{}
	}
	return n.cbor(v)
}

// encodeEC2 writes <OpResponse><requestId/>…</OpResponse>.
func encodeEC2(o *Operation, n *node, v reflect.Value, requestID string) *Response {
	b := append(make([]byte, 0, 512), xmlHeader...)
	b = append(append(append(append(b, '<'), o.Name()...), "Response"...), o.service.xmlns...)
	b = appendXMLElement(append(b, '>'), "requestId", requestID)
	b = n.appendXMLStruct(b, v, dateTime)
	b = append(append(append(b, "</"...), o.Name()...), "Response>"...)
	res := &Response{Status: http.StatusOK, Header: http.Header{}}
	res.Set(requestIDHeader, requestID)
	res.setBody("text/xml", b)
	return res
}

// ec2Name returns what a member is called in requests to EC2.
func ec2Name(m *trait) string {
	switch {
	case m.EC2Name != "":
		return m.EC2Name
	case m.XMLName != "":
		return capitalize(m.XMLName)
	}
	return capitalize(strings.TrimSpace(m.Name))
}
