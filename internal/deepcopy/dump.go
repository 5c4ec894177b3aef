package deepcopy

import (
	"fmt"
	"reflect"
	"slices"
	"unsafe"
)

// Dump lists everything that a value refers to, what its copies share with it included: a
// line for each value that refers to no other, with the way there. Two dumps of a value
// that has not changed meanwhile are the same. What skip says is left out, by the type of
// a structure and the name of its field. It is for tests.
func Dump[T any](v *T, skip func(of reflect.Type, field string) bool) []string {
	d := dump{skip: skip, seen: make(map[ref]int)}
	d.pointer(reflect.TypeFor[T](), "", unsafe.Pointer(v))
	for len(d.todo) > 0 {
		next := d.todo[0]
		d.todo = d.todo[1:]
		next()
	}
	return d.lines
}

type dump struct {
	skip  func(reflect.Type, string) bool
	seen  map[ref]int
	todo  []func()
	lines []string
}

func (d *dump) line(path string, value any) {
	d.lines = append(d.lines, fmt.Sprintf("%s = %v", path, value))
}

func (d *dump) pointer(t reflect.Type, path string, at unsafe.Pointer) {
	r := ref{at, planOf(t)}
	if at == nil {
		d.line(path, "nil")
		return
	}
	if n, ok := d.seen[r]; ok {
		d.line(path, fmt.Sprintf("thing %d", n))
		return
	}
	d.seen[r] = len(d.seen)
	d.todo = append(d.todo, func() { d.value(path, reflect.NewAt(t, at).Elem()) })
}

func (d *dump) value(path string, v reflect.Value) {
	t := v.Type()
	switch v.Kind() {
	case reflect.Pointer:
		d.pointer(t.Elem(), path, v.UnsafePointer())
	case reflect.Struct:
		d.structure(path, v)
	case reflect.Interface:
		if v.IsNil() {
			d.line(path, "nil")
			return
		}
		held := reflect.New(v.Elem().Type()).Elem()
		held.Set(v.Elem())
		d.value(path, held)
	case reflect.Slice, reflect.Array:
		if t.Elem().Kind() == reflect.Uint8 {
			d.line(path, v)
			return
		}
		d.line(path+".len", v.Len())
		for i := range v.Len() {
			d.value(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Map:
		d.entries(path, v)
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		d.line(path, v.IsNil())
	default:
		d.line(path, v)
	}
}

func (d *dump) structure(path string, v reflect.Value) {
	t, at := v.Type(), v.Addr().UnsafePointer()
	if p := planOf(t); p.kind == atomicRef {
		d.pointer(p.elem.typ, path, *(*unsafe.Pointer)(unsafe.Add(at, p.offset)))
		return
	}
	for i := range t.NumField() {
		if f := t.Field(i); t.PkgPath() != "sync" && !d.skip(t, f.Name) {
			d.value(path+"."+f.Name, reflect.NewAt(f.Type, unsafe.Add(at, f.Offset)).Elem())
		}
	}
}

func (d *dump) entries(path string, v reflect.Value) {
	names := make(map[string]reflect.Value, v.Len())
	var order []string
	for entries := v.MapRange(); entries.Next(); {
		name := fmt.Sprintf("%s[%v]", path, entries.Key())
		value := reflect.New(v.Type().Elem()).Elem()
		value.SetIterValue(entries)
		names[name] = value
		order = append(order, name)
	}
	slices.Sort(order)
	d.line(path+".len", v.Len())
	for _, name := range order {
		d.value(name, names[name])
	}
}
