package wire

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/smithy-go/encoding/cbor"
)

// A Value is a part of a request's body, read without its shape: what JSON, CBOR, XML and
// forms have in common. The zero Value is one that is not there.
type Value struct {
	kind    valueKind
	text    string // of a scalar
	names   []string
	values  []Value        // of the members that names has, or of a list
	wrapped bool           // lists and maps are written as elements or numbered parameters
	index   map[string]int // of names, where there are many
}

type valueKind uint8

const (
	absentValue valueKind = iota
	scalarValue
	structValue
	listOfValues
)

// Document reads the body of a request as a Value. What is no text of the protocol is an
// error, and so is a member that is there twice: readers differ in which of them counts.
func (r *Request) Document(p Protocol) (Value, error) {
	switch p {
	case AWSQuery, AWSQueryJSON, EC2Query:
		return r.formDocument()
	case RPCV2CBOR:
		if len(r.Body) == 0 {
			return Value{}, nil
		}
		v, err := cbor.Decode(r.Body)
		if err != nil {
			return Value{}, serialization("Invalid CBOR in payload")
		}
		return cborValue(v), nil
	case RESTXML:
		return xmlDocument(r.Body)
	}
	if len(bytes.TrimSpace(r.Body)) == 0 {
		return Value{}, nil
	}
	rd := jsonReader{data: r.Body}
	v, err := rd.value()
	if err == nil {
		err = rd.end()
	}
	return v, err
}

// value reads a value of any kind.
func (r *jsonReader) value() (v Value, err error) {
	switch r.peek() {
	case '{':
		v.kind = structValue
		err = r.each('}', func(key []byte) error {
			name := string(key)
			e, err := r.value()
			if err != nil || e.kind == absentValue {
				return err
			}
			return v.add(name, e)
		})
	case '[':
		v.kind = listOfValues
		err = r.each(']', func([]byte) error {
			e, err := r.value()
			v.values = append(v.values, e)
			return err
		})
	case '"':
		var text []byte
		text, err = r.text()
		v = scalar(string(text))
	case 't':
		v, err = scalar("true"), r.literal("true")
	case 'f':
		v, err = scalar("false"), r.literal("false")
	case 'n':
		err = r.literal("null")
	default:
		var text []byte
		text, _, err = r.number()
		v = scalar(string(text))
	}
	return v, err
}

func scalar(text string) Value { return Value{kind: scalarValue, text: text} }

// manyMembers is from how many members on they are indexed.
const manyMembers = 16

// find returns where a member stands; -1 where there is none.
func (v *Value) find(name string) int {
	if v.index == nil {
		return slices.Index(v.names, name)
	}
	if at, ok := v.index[name]; ok {
		return at
	}
	return -1
}

// append adds a member that is not there.
func (v *Value) append(name string, e Value) {
	v.names, v.values = append(v.names, name), append(v.values, e)
	switch n := len(v.names); {
	case n == manyMembers:
		v.index = make(map[string]int, 2*n)
		for i, name := range v.names {
			v.index[name] = i
		}
	case n > manyMembers:
		v.index[name] = n - 1
	}
}

// add adds a member that must not be there.
func (v *Value) add(name string, e Value) error {
	if v.find(name) >= 0 {
		return serialization("Duplicate field " + quoteShort(name) + " in payload")
	}
	v.append(name, e)
	return nil
}

// cborValue converts a value of CBOR.
func cborValue(v cbor.Value) Value {
	switch v := v.(type) {
	case cbor.Map:
		out := Value{kind: structValue}
		for _, name := range sortedKeys(v) {
			if e := cborValue(v[name]); e.kind != absentValue {
				out.append(name, e)
			}
		}
		return out
	case cbor.List:
		out := Value{kind: listOfValues}
		for _, e := range v {
			out.values = append(out.values, cborValue(e))
		}
		return out
	case cbor.String:
		return scalar(string(v))
	case cbor.Slice:
		return scalar(base64.StdEncoding.EncodeToString(v))
	case cbor.Bool:
		return scalar(strconv.FormatBool(bool(v)))
	case cbor.Uint:
		return scalar(strconv.FormatUint(uint64(v), 10))
	case cbor.NegInt:
		if v == 0 {
			return scalar("-18446744073709551616")
		}
		return scalar("-" + strconv.FormatUint(uint64(v), 10))
	case cbor.Float32:
		return scalar(formatFloat(float64(v), 32))
	case cbor.Float64:
		return scalar(formatFloat(float64(v), 64))
	case *cbor.Tag:
		return cborValue(v.Value)
	}
	return Value{}
}

func formatFloat(f float64, bits int) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return fmt.Sprint(f)
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

func sortedKeys(m cbor.Map) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// xmlDocument reads the root element of a document.
func xmlDocument(body []byte) (Value, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return Value{}, nil
	}
	malformed := &Error{Code: "MalformedXML", Message: "The XML you provided was not well-formed or did not validate against our published schema", Status: http.StatusBadRequest}
	r, err := newXMLReader(body)
	if err != nil {
		return Value{}, malformed
	}
	for {
		switch t, err := r.next(); {
		case err != nil || t == xmlEOF:
			return Value{}, malformed
		case t == xmlStart:
			v, err := r.element()
			if err == nil {
				t, err = r.next()
			}
			if err != nil || t != xmlEOF && t != xmlText {
				return Value{}, malformed
			}
			return v, nil
		}
	}
}

// element reads the content of the element that r has just begun. Elements of the same name
// are a list.
func (r *xmlReader) element() (v Value, err error) {
	v.wrapped = true
	var text []byte
	for {
		switch t, err := r.next(); {
		case err != nil:
			return v, err
		case t == xmlEnd:
			if v.kind != structValue {
				v.kind, v.text = scalarValue, string(text)
			}
			return v, nil
		case t == xmlText:
			text = append(text, r.text...)
		case t == xmlStart:
			v.kind = structValue
			name := string(r.name)
			e, err := r.element()
			if err != nil {
				return v, err
			}
			v.repeat(name, e)
		}
	}
}

// repeat adds a member, or one more element to the list that the member is.
func (v *Value) repeat(name string, e Value) {
	at := v.find(name)
	if at < 0 {
		v.append(name, e)
		return
	}
	if was := v.values[at]; was.kind != listOfValues {
		v.values[at] = Value{kind: listOfValues, wrapped: true, values: []Value{was}}
	}
	v.values[at].values = append(v.values[at].values, e)
}

// formDocument reads the parameters of a form: A.member.1.B=x.
func (r *Request) formDocument() (Value, error) {
	text := ""
	if r.Method == http.MethodPost {
		text = r.formText()
	}
	if strings.Count(r.RawQuery, "&")+strings.Count(text, "&") >= maxParams {
		return Value{}, &Error{Code: malformedQueryString, Message: "The request has too many parameters"}
	}
	ps, err := appendForm(nil, r.RawQuery)
	if err != nil {
		return Value{}, err
	}
	if ps, err = appendForm(ps, text); err != nil {
		return Value{}, err
	}
	slices.SortStableFunc(ps, func(a, b param) int { return strings.Compare(a.name, b.name) }) // finds what is there twice
	root := Value{kind: structValue, wrapped: true}
	for i, p := range ps {
		if i > 0 && ps[i-1].name == p.name {
			return Value{}, &Error{Code: malformedInput, Message: "Duplicate parameter: " + quoteShort(p.name)}
		}
		if strings.Count(p.name, ".") > maxDepth || !root.put(p.name, p.value) {
			return Value{}, &Error{Code: malformedInput, Message: "Malformed parameter: " + quoteShort(p.name)}
		}
	}
	return root, nil
}

// put stores a parameter under the parts of its name; false where one of them is a value.
func (v *Value) put(name, text string) bool {
	first, rest, more := strings.Cut(name, ".")
	at := v.find(first)
	if at < 0 {
		v.append(first, Value{})
		at = len(v.names) - 1
	}
	e := &v.values[at]
	if !more {
		if e.kind != absentValue {
			return false
		}
		*e = scalar(text)
		return true
	}
	if e.kind == scalarValue {
		return false
	}
	e.kind, e.wrapped = structValue, true
	return e.put(rest, text)
}

// Text returns a scalar; false where the value is none.
func (v *Value) Text() (string, bool) { return v.text, v.kind == scalarValue }

// Exists reports whether the value is there.
func (v *Value) Exists() bool { return v.kind != absentValue }

// Member returns a member, the zero Value where there is none.
func (v *Value) Member(name string) *Value {
	if v.kind == structValue {
		if at := v.find(name); at >= 0 {
			return &v.values[at]
		}
	}
	return &Value{}
}

// Names returns the names of the members.
func (v *Value) Names() []string { return v.names }

// Elements returns the elements of a list. XML and forms write a list as <A><member/>…</A>,
// A.member.1 or A.1, or as <A/><A/>: there a value is the list of its numbered members, of
// those of its only member, or of itself.
func (v *Value) Elements() []*Value {
	switch {
	case v.kind == absentValue:
		return nil
	case v.kind == listOfValues:
		return pointers(v.values)
	case !v.wrapped || v.kind == scalarValue:
		return []*Value{v}
	case v.numbered():
		return v.inOrder()
	case len(v.names) == 1:
		if only := &v.values[0]; only.kind == structValue && only.numbered() {
			return only.inOrder()
		} else if only.kind == listOfValues {
			return pointers(only.values)
		}
		return []*Value{&v.values[0]}
	}
	return []*Value{v}
}

func pointers(values []Value) []*Value {
	all := make([]*Value, len(values))
	for i := range values {
		all[i] = &values[i]
	}
	return all
}

// numbered reports whether all members are called by numbers.
func (v *Value) numbered() bool {
	for _, name := range v.names {
		if _, err := strconv.ParseUint(name, 10, 31); err != nil {
			return false
		}
	}
	return len(v.names) > 0
}

// inOrder returns the numbered members by their numbers.
func (v *Value) inOrder() []*Value {
	order := make([]int, len(v.names))
	number := make([]uint64, len(v.names))
	for i, name := range v.names {
		order[i] = i
		number[i], _ = strconv.ParseUint(name, 10, 31)
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(number[a]) - int(number[b]) })
	all := make([]*Value, len(order))
	for i, at := range order {
		all[i] = &v.values[at]
	}
	return all
}

// Entries calls f for each entry of a map. XML and forms write an entry as a key and a
// value, mostly called so, or Name and Value.
func (v *Value) Entries(f func(key string, value *Value)) {
	if v.kind == structValue && !v.wrapped {
		for i := range v.values {
			f(v.names[i], &v.values[i])
		}
		return
	}
	for _, e := range v.Elements() {
		for _, names := range [...][2]string{{"key", "value"}, {"Key", "Value"}, {"Name", "Value"}} {
			if key, ok := e.Member(names[0]).Text(); ok {
				f(key, e.Member(names[1]))
				break
			}
		}
	}
}

// Param returns the values of a parameter of a REST request's query string.
func (r *Request) Param(name string) (values []string) {
	for i := range r.query {
		if r.query[i].name == name {
			values = append(values, r.query[i].value)
		}
	}
	return values
}

// Label returns what a request's path has in place of a label of the operation's URI.
func (o *Operation) Label(r *Request, name string) (string, bool) {
	text, ok := o.label(r.Path, name)
	if !ok {
		return "", false
	}
	return unescapePercent(text, false)
}

// Text returns the Value of a text.
func Text(text string) *Value {
	v := scalar(text)
	return &v
}
