package s3

import "reflect"

// A mapping copies fields of one struct to those of another that have the same
// name and type: the SDK repeats the same parameters in the inputs and outputs
// of many operations.
type mapping[To, From any] struct{ fields []mappedField }

type mappedField struct{ to, from []int }

// mapFields finds the fields that two structs share, those of embedded structs
// included.
func mapFields[To, From any]() mapping[To, From] {
	var m mapping[To, From]
	from := reflect.TypeFor[From]()
	for _, f := range reflect.VisibleFields(reflect.TypeFor[To]()) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		if same, ok := from.FieldByName(f.Name); ok && same.Type == f.Type {
			m.fields = append(m.fields, mappedField{f.Index, same.Index})
		}
	}
	return m
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
	for _, f := range m.fields {
		if v := src.FieldByIndex(f.from); !v.IsZero() {
			dst.FieldByIndex(f.to).Set(v)
		}
	}
}
