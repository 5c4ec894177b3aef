package s3

import (
	"reflect"
	"sync"
)

// A mapping copies fields of one struct to those of another that have the same
// name and type: the SDK repeats the same parameters in the inputs and outputs
// of many operations. It finds them on first use: few programs use more than a few.
type mapping[To, From any] struct{ fields func() []mappedField }

type mappedField struct{ to, from []int }

// mapFields maps the fields that two structs share, those of embedded structs
// included.
func mapFields[To, From any]() mapping[To, From] {
	return mapping[To, From]{sync.OnceValue(sharedFields[To, From])}
}

func sharedFields[To, From any]() (fields []mappedField) {
	from := reflect.TypeFor[From]()
	for _, f := range reflect.VisibleFields(reflect.TypeFor[To]()) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		if same, ok := from.FieldByName(f.Name); ok && same.Type == f.Type {
			fields = append(fields, mappedField{f.Index, same.Index})
		}
	}
	return fields
}

// of makes a struct of the fields of another.
func (m mapping[To, From]) of(from *From) *To {
	to := new(To)
	m.copy(to, from)
	return to
}

// copy overwrites the shared fields of to.
func (m mapping[To, From]) copy(to *To, from *From) {
	dst, src := reflect.ValueOf(to).Elem(), reflect.ValueOf(from).Elem()
	for _, f := range m.fields() {
		if v := src.FieldByIndex(f.from); !v.IsZero() {
			dst.FieldByIndex(f.to).Set(v)
		}
	}
}
