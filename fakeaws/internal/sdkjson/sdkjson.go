// Package sdkjson has operations of AWS called with JSON: it fills the SDK's inputs in of
// values of encoding/json, and makes such values of outputs. Members are called as in the SDK
// for Go, which is as the API reference has them with a capital letter.
package sdkjson

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/leastpriv/leastpriv/internal/wire"
)

// maxStream is how much of a stream in an output is read.
const maxStream = 1 << 20

// A FieldError says what is wrong with a member.
type FieldError struct{ Place, Problem string }

func (e *FieldError) Error() string { return e.Place + ": " + e.Problem }

var (
	timeType   = reflect.TypeFor[time.Time]()
	readerType = reflect.TypeFor[io.Reader]()
	bytesType  = reflect.TypeFor[[]byte]()
)

// Fill sets the members of in, a pointer to an input of the SDK, of an object whose numbers
// are json.Number. What the input does not have is an error, which names it.
func Fill(in any, object map[string]any) error {
	return structure(reflect.ValueOf(in).Elem(), object, "")
}

func structure(v reflect.Value, object map[string]any, place string) error {
	for _, name := range slices.Sorted(maps.Keys(object)) {
		value := object[name]
		f, ok := v.Type().FieldByName(name)
		if !ok || !f.IsExported() || name == "ResultMetadata" {
			return &FieldError{place + "/" + name, "The field is not supported"}
		}
		if value == nil {
			continue
		}
		if err := fill(v.FieldByIndex(f.Index), value, place+"/"+name); err != nil {
			return err
		}
	}
	return nil
}

func mismatch(place, want string) error {
	return &FieldError{place, "The value must be " + want}
}

// fill sets a value. A text or blob takes a whole JSON value too, as its text: so Step Functions
// takes the body of a message.
func fill(v reflect.Value, value any, place string) error {
	switch v.Type() {
	case timeType:
		return fillTime(v, value, place)
	case readerType:
		v.Set(reflect.ValueOf(strings.NewReader(textOf(value))))
		return nil
	case bytesType:
		v.SetBytes([]byte(textOf(value)))
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		p := reflect.New(v.Type().Elem())
		v.Set(p)
		return fill(p.Elem(), value, place)
	case reflect.Interface:
		return fillUnion(v, value, place)
	case reflect.Struct:
		object, ok := value.(map[string]any)
		if !ok {
			return mismatch(place, "a structure")
		}
		return structure(v, object, place)
	case reflect.Slice:
		return fillList(v, value, place)
	case reflect.Map:
		return fillMap(v, value, place)
	}
	return fillScalar(v, value, place)
}

// textOf is a value as a text: a string as it is, the rest as JSON.
func textOf(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	b, _ := json.Marshal(value) // values of encoding/json
	return string(b)
}

func fillTime(v reflect.Value, value any, place string) error {
	switch value := value.(type) {
	case string:
		t, err := time.Parse(time.RFC3339, value)
		if err != nil {
			return mismatch(place, "a timestamp")
		}
		v.Set(reflect.ValueOf(t))
		return nil
	case json.Number:
		f, err := value.Float64()
		if err != nil {
			return mismatch(place, "a timestamp")
		}
		v.Set(reflect.ValueOf(time.UnixMilli(int64(f * 1000)).UTC()))
		return nil
	}
	return mismatch(place, "a timestamp")
}

// fillUnion sets a union: an object with the one member that is set.
func fillUnion(v reflect.Value, value any, place string) error {
	object, ok := value.(map[string]any)
	if !ok || len(object) != 1 {
		return mismatch(place, "a structure with one member")
	}
	for name, in := range object {
		t, ok := wire.UnionMember(v.Type(), name)
		if !ok {
			return &FieldError{place + "/" + name, "The field is not supported"}
		}
		member := reflect.New(t)
		if err := fill(member.Elem().Field(0), in, place+"/"+name); err != nil {
			return err
		}
		v.Set(member)
	}
	return nil
}

func fillList(v reflect.Value, value any, place string) error {
	list, ok := value.([]any)
	if !ok {
		return mismatch(place, "a list")
	}
	s := reflect.MakeSlice(v.Type(), len(list), len(list))
	for i, in := range list {
		if in == nil {
			continue
		}
		if err := fill(s.Index(i), in, place+"["+strconv.Itoa(i)+"]"); err != nil {
			return err
		}
	}
	v.Set(s)
	return nil
}

func fillMap(v reflect.Value, value any, place string) error {
	object, ok := value.(map[string]any)
	if !ok {
		return mismatch(place, "a map")
	}
	m := reflect.MakeMapWithSize(v.Type(), len(object))
	for key, in := range object {
		e := reflect.New(v.Type().Elem()).Elem()
		if in != nil {
			if err := fill(e, in, place+"/"+key); err != nil {
				return err
			}
		}
		m.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), e)
	}
	v.Set(m)
	return nil
}

func fillScalar(v reflect.Value, value any, place string) error {
	switch v.Kind() {
	case reflect.String:
		switch value.(type) {
		case string, map[string]any, []any:
			v.SetString(textOf(value))
			return nil
		}
		return mismatch(place, "a string")
	case reflect.Bool:
		b, ok := value.(bool)
		if !ok {
			return mismatch(place, "a boolean")
		}
		v.SetBool(b)
		return nil
	case reflect.Int32, reflect.Int64, reflect.Int, reflect.Int16, reflect.Int8:
		n, _ := value.(json.Number)
		i, err := n.Int64()
		if err != nil || v.OverflowInt(i) {
			return mismatch(place, "an integer")
		}
		v.SetInt(i)
		return nil
	case reflect.Float32, reflect.Float64:
		n, _ := value.(json.Number)
		f, err := n.Float64()
		if err != nil {
			return mismatch(place, "a number")
		}
		v.SetFloat(f)
		return nil
	}
	return &FieldError{place, fmt.Sprintf("leastpriv cannot fill in a %s", v.Type())}
}

// Value is an output of the SDK as a value of encoding/json, without what is not set. Timestamps are
// texts, blobs texts where they are UTF-8 and else Base64; streams are read.
func Value(out any) any {
	v, _ := value(reflect.ValueOf(out))
	if v == nil {
		return map[string]any{}
	}
	return v
}

// value reads one value; false where it is not set.
func value(v reflect.Value) (any, bool) {
	switch v.Kind() {
	case reflect.Invalid:
		return nil, false
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return nil, false
		}
		if r, ok := v.Interface().(io.Reader); ok {
			b, _ := io.ReadAll(io.LimitReader(r, maxStream))
			if c, ok := r.(io.Closer); ok {
				_ = c.Close()
			}
			return blob(b), true
		}
		if v.Kind() == reflect.Interface {
			return union(v.Elem())
		}
		return value(v.Elem())
	case reflect.Struct:
		if t, ok := v.Interface().(time.Time); ok {
			return t.UTC().Format("2006-01-02T15:04:05.999Z"), true
		}
		return object(v), true
	case reflect.Slice:
		return list(v)
	case reflect.Map:
		return mapped(v)
	case reflect.String:
		return v.String(), v.String() != ""
	case reflect.Bool:
		return v.Bool(), true
	case reflect.Float32, reflect.Float64:
		return json.Number(strconv.FormatFloat(v.Float(), 'f', -1, 64)), true
	}
	if v.CanInt() {
		return json.Number(strconv.FormatInt(v.Int(), 10)), true
	}
	return nil, false
}

func blob(b []byte) any {
	if utf8.Valid(b) {
		return string(b)
	}
	text, _ := json.Marshal(b)
	return strings.Trim(string(text), `"`)
}

func object(v reflect.Value) map[string]any {
	all := make(map[string]any)
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || f.Name == "ResultMetadata" {
			continue
		}
		if in, ok := value(v.Field(i)); ok {
			all[f.Name] = in
		}
	}
	return all
}

// union is the member of a union that is set: AttributeValueMemberS has its value as {"S": …}.
func union(v reflect.Value) (any, bool) {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	_, name, ok := strings.Cut(v.Type().Name(), "Member")
	if !ok || v.NumField() == 0 {
		return nil, false
	}
	in, set := value(v.Field(0))
	if !set && v.Field(0).Kind() == reflect.String {
		in = ""
	}
	return map[string]any{name: in}, true
}

func list(v reflect.Value) (any, bool) {
	if v.IsNil() {
		return nil, false
	}
	if v.Type() == bytesType {
		return blob(v.Bytes()), true
	}
	all := make([]any, v.Len())
	for i := range all {
		in, ok := value(v.Index(i))
		if !ok && v.Index(i).Kind() == reflect.String {
			in = ""
		}
		all[i] = in
	}
	return all, true
}

func mapped(v reflect.Value) (any, bool) {
	if v.IsNil() {
		return nil, false
	}
	all := make(map[string]any, v.Len())
	for _, key := range v.MapKeys() {
		in, ok := value(v.MapIndex(key))
		if !ok && v.MapIndex(key).Kind() == reflect.String {
			in = ""
		}
		all[key.String()] = in
	}
	return all, true
}
