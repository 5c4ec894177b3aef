// Package value has attribute values of DynamoDB: exact numbers, sets without order, and
// documents. A value never changes, so whoever has one may keep it.
package value

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A Kind is the data type of a value.
type Kind uint8

// The data types. The zero Kind is that of no value.
const (
	None Kind = iota
	S
	N
	B
	SS
	NS
	BS
	M
	L
	Null
	Bool
)

var kindNames = [...]string{"", "S", "N", "B", "SS", "NS", "BS", "M", "L", "NULL", "BOOL"}

var kindTypes = [...]string{"", "STRING", "NUMBER", "BINARY", "STRING_SET", "NUMBER_SET", "BINARY_SET", "MAP", "LIST", "NULL", "BOOLEAN"}

// String is the name of the type in a request: "SS".
func (k Kind) String() string { return kindNames[k] }

// Type is the name of the type in errors about updates: "STRING_SET".
func (k Kind) Type() string { return kindTypes[k] }

// KindOf finds a type by its name in a request.
func KindOf(name string) (Kind, bool) {
	if i := slices.Index(kindNames[1:], name); i >= 0 {
		return Kind(i + 1), true //nolint:gosec // there are ten
	}
	return None, false
}

// IsSet reports whether values of the type are sets.
func (k Kind) IsSet() bool { return k >= SS && k <= BS }

// IsScalar reports whether the type is one that keys have, and that has an order.
func (k Kind) IsScalar() bool { return k >= S && k <= B }

// element is the type of the elements of a set.
func (k Kind) element() Kind { return k - SS + S }

// An Error says, in DynamoDB's words, what is wrong with a value.
type Error string

// Error implements error.
func (e Error) Error() string { return string(e) }

// A Value is an attribute value.
type Value struct {
	kind Kind
	is   bool    // of a Bool
	text string  // of S and B, and of N as String writes it
	list []Value // of L, and of sets in order
	m    Map     // of M
}

// A Map is what M has, and an item: attributes by name. It is not changed once it is part
// of a Value.
type Map map[string]Value

// String is a value of type S.
func String(s string) Value { return Value{kind: S, text: s} }

// Binary is a value of type B.
func Binary(b []byte) Value { return Value{kind: B, text: string(b)} }

// OfNumber is a value of type N.
func OfNumber(n Number) Value { return Value{kind: N, text: n.String()} }

// OfInt is a value of type N.
func OfInt(i int) Value {
	n, _ := ParseNumber(itoa(i))
	return OfNumber(n)
}

// OfBool is a value of type BOOL.
func OfBool(b bool) Value { return Value{kind: Bool, is: b} }

// OfMap is a value of type M, which keeps the map.
func OfMap(m Map) Value { return Value{kind: M, m: m} }

// OfList is a value of type L, which keeps the list.
func OfList(list []Value) Value { return Value{kind: L, list: list} }

// Kind is the data type.
func (v Value) Kind() Kind { return v.kind }

// Text is the string, the bytes or the number as it is written.
func (v Value) Text() string { return v.text }

// Bool is what a value of type BOOL says.
func (v Value) Bool() bool { return v.is }

// List has the elements of a list, or of a set in order.
func (v Value) List() []Value { return v.list }

// Map has the attributes of a map.
func (v Value) Map() Map { return v.m }

// Number is the number of a value of type N.
func (v Value) Number() Number {
	n, _ := ParseNumber(v.text) // it was one
	return n
}

// Equal compares two values; sets have no order.
func (v Value) Equal(w Value) bool {
	if v.kind != w.kind || v.is != w.is || v.text != w.text || len(v.list) != len(w.list) {
		return false
	}
	return slices.EqualFunc(v.list, w.list, Value.Equal) && v.m.Equal(w.m)
}

// Equal compares two maps.
func (m Map) Equal(other Map) bool { return maps.EqualFunc(m, other, Value.Equal) }

// Compare orders two values of one scalar type: strings and binaries by their bytes.
func (v Value) Compare(w Value) int {
	if v.kind == N {
		return v.Number().Compare(w.Number())
	}
	return strings.Compare(v.text, w.text)
}

// Order is a text whose order is that of the values of a scalar type.
func (v Value) Order() string {
	if v.kind == N {
		return v.Number().order()
	}
	return v.text
}

// Has reports whether a set or list has an element.
func (v Value) Has(e Value) bool {
	if v.kind.IsSet() {
		_, found := slices.BinarySearchFunc(v.list, e, Value.Compare)
		return found && v.kind.element() == e.kind
	}
	return slices.ContainsFunc(v.list, e.Equal)
}

// Union and Without are what ADD and DELETE make of two sets of one type. Without is no
// value when nothing is left.
func (v Value) Union(w Value) Value {
	all := slices.SortedFunc(slices.Values(slices.Concat(v.list, w.list)), Value.Compare)
	return Value{kind: v.kind, list: slices.CompactFunc(all, Value.Equal)}
}

// Without is a set without the elements of another one.
func (v Value) Without(w Value) Value {
	left := slices.DeleteFunc(slices.Clone(v.list), w.Has)
	if len(left) == 0 {
		return Value{}
	}
	return Value{kind: v.kind, list: left}
}

// Size is how many bytes DynamoDB counts for a value (developer guide, "DynamoDB item sizes
// and formats").
func (v Value) Size() int {
	switch v.kind {
	case S, B:
		return len(v.text)
	case N:
		return v.Number().size()
	case Null, Bool:
		return 1
	}
	size := 0
	for _, e := range v.list {
		size += e.Size()
	}
	switch v.kind {
	case L:
		size += overhead + len(v.list)
	case M:
		size += overhead + len(v.m) + v.m.Size()
	}
	return size
}

// overhead is what a list or map takes beside its elements, each of which takes one byte more.
const overhead = 3

// Size is how many bytes the names and values of a map take: the size of an item.
func (m Map) Size() int {
	size := 0
	for name, v := range m {
		size += len(name) + v.Size()
	}
	return size
}

// Key is a key attribute as the condition key dynamodb:LeadingKeys has it: numbers as they
// are written, binaries in base64. The latter is unverified.
func (v Value) Key() string {
	if v.kind == B {
		return base64.StdEncoding.EncodeToString([]byte(v.text))
	}
	return v.text
}

// Describe is a value as errors show it: {S:abc}.
func (v Value) Describe() string {
	var b bytes.Buffer
	b.WriteString("{" + v.kind.String() + ":")
	switch v.kind {
	case Bool:
		b.WriteString(btoa(v.is))
	case Null:
		b.WriteString("true")
	case B:
		b.WriteString(v.Key())
	default:
		b.WriteString(v.text)
	}
	return b.String() + "}"
}

// Length is what the function size returns: characters, bytes or elements; false for types
// that have none. That it counts characters of strings, and not bytes, is unverified.
func (v Value) Length() (int, bool) {
	switch v.kind {
	case S:
		return len([]rune(v.text)), true
	case B:
		return len(v.text), true
	case M:
		return len(v.m), true
	case L, SS, NS, BS:
		return len(v.list), true
	}
	return 0, false
}

// Names are the names of the attributes, in order.
func (m Map) Names() []string { return slices.SortedFunc(maps.Keys(m), cmp.Compare[string]) }

// Nested reports whether lists and maps of an item are nested deeper than DynamoDB allows.
func (m Map) Nested() bool {
	for _, v := range m {
		if v.deeper(maxNesting) {
			return true
		}
	}
	return false
}

// deeper reports whether a value has more than some levels of lists and maps.
func (v Value) deeper(than int) bool {
	if v.kind != L && v.kind != M {
		return false
	}
	if than == 0 {
		return true
	}
	for _, e := range v.list {
		if e.deeper(than - 1) {
			return true
		}
	}
	for _, e := range v.m {
		if e.deeper(than - 1) {
			return true
		}
	}
	return false
}

// Fingerprint writes a value so that two are written the same only if they are equal.
func (v Value) Fingerprint(b *bytes.Buffer) {
	b.WriteString(v.kind.String() + strconv.Quote(v.text) + btoa(v.is) + "[")
	for _, e := range v.list {
		e.Fingerprint(b)
	}
	b.WriteByte(']')
	v.m.Fingerprint(b)
}

// Fingerprint writes a map, in the order of its names.
func (m Map) Fingerprint(b *bytes.Buffer) {
	b.WriteByte('{')
	for _, name := range m.Names() {
		b.WriteString(strconv.Quote(name) + ":")
		m[name].Fingerprint(b)
	}
	b.WriteByte('}')
}

// NullValue is the value of type NULL.
func NullValue() Value { return Value{kind: Null} }

// OfSet makes a set of strings, numbers or binaries: an error when they are of several types,
// none, or the same twice.
func OfSet(elements []Value) (Value, error) {
	if len(elements) == 0 {
		return Value{}, Error(textEmptyElements)
	}
	kind := elements[0].kind
	texts := make([]string, len(elements))
	for i, e := range elements {
		if e.kind != kind || !kind.IsScalar() {
			return Value{}, Error(textMixedSet)
		}
		texts[i] = e.text
	}
	return ofSet(kind-S+SS, texts)
}
