package deepcopy

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"unsafe"
)

// A Comparison says what is wrong with a copy.
type Comparison struct {
	// Shared are the places at which the copy refers to the same thing as the original,
	// of a type for which no rule allows that.
	Shared []string
	// Different are the places at which the copy has something else.
	Different []string
	// Inside are the places at which a pointer points into the middle of something else:
	// its copy points elsewhere.
	Inside []string
	// Seen has the types of all that was compared.
	Seen map[reflect.Type]bool
}

// Compare compares a value with its copy. What skip says is not looked at, by the type of a
// structure and the name of its field. It is for tests.
func Compare[T any](original, copied *T, skip func(of reflect.Type, field string) bool) Comparison {
	w := walk{skip: skip, pairs: make(map[ref]unsafe.Pointer)}
	w.Seen = make(map[reflect.Type]bool)
	w.pointer(planOf(reflect.TypeFor[T]()), "", unsafe.Pointer(original), unsafe.Pointer(copied))
	for len(w.todo) > 0 {
		next := w.todo[len(w.todo)-1]
		w.todo = w.todo[:len(w.todo)-1]
		next()
	}
	w.inside()
	return w.Comparison
}

type walk struct {
	Comparison
	skip   func(reflect.Type, string) bool
	pairs  map[ref]unsafe.Pointer // what is copied to what
	things []thing
	todo   []func()
}

// A thing is a span of memory of the original to which something refers.
type thing struct {
	from, to uintptr
	copied   uintptr // where its copy begins
	path     string
	plan     *plan
	array    bool
}

func (w *walk) differs(path string, format string, args ...any) {
	w.Different = append(w.Different, path+": "+fmt.Sprintf(format, args...))
}

// refers compares references to something of a plan, and reports whether to go on there.
func (w *walk) refers(p *plan, path string, a, b unsafe.Pointer) bool {
	if (a == nil) != (b == nil) {
		w.differs(path, "%v is nil in one of the two", p.typ)
	}
	if a == nil || b == nil {
		return false
	}
	if before, ok := w.pairs[ref{a, p}]; ok {
		if before != b {
			w.differs(path, "the same %v in the original, another one in the copy", p.typ)
		}
		return false
	}
	w.pairs[ref{a, p}] = b
	if a == b && p.typ.Size() > 0 {
		w.Shared = append(w.Shared, fmt.Sprintf("%s: %v", path, p.typ))
		return false
	}
	return true
}

func (w *walk) pointer(p *plan, path string, a, b unsafe.Pointer) {
	if p.kind == shared {
		if a != b {
			w.differs(path, "another %v, which is shared", p.typ)
		}
		return
	}
	if w.refers(p, path, a, b) {
		w.things = append(w.things, thing{uintptr(a), uintptr(a) + p.typ.Size(), uintptr(b), path, p, false})
		w.todo = append(w.todo, func() { w.value(p, path, a, b) })
	}
}

func (w *walk) value(p *plan, path string, a, b unsafe.Pointer) {
	w.Seen[p.typ] = true
	x, y := reflect.NewAt(p.typ, a).Elem(), reflect.NewAt(p.typ, b).Elem()
	switch p.kind {
	case left, custom:
		switch {
		case p.typ.Kind() == reflect.Struct:
			w.fields(p, path, a, b)
		case p.kind == custom && p.typ.Kind() == reflect.Map:
			w.copiedMap(path, x, y)
		}
	case structure:
		w.fields(p, path, a, b)
	case array:
		for i := range p.typ.Len() {
			at := uintptr(i) * p.elem.typ.Size()
			w.value(p.elem, fmt.Sprintf("%s[%d]", path, i), unsafe.Add(a, at), unsafe.Add(b, at))
		}
	case pointer:
		w.pointer(p.elem, path, *(*unsafe.Pointer)(a), *(*unsafe.Pointer)(b))
	case atomicRef:
		w.pointer(p.elem, path, *(*unsafe.Pointer)(unsafe.Add(a, p.offset)), *(*unsafe.Pointer)(unsafe.Add(b, p.offset)))
	case slice:
		w.slice(p, path, x, y)
	case mapping:
		w.mapping(p, path, x, y)
	case dynamic:
		w.dynamic(path, x, y)
	case shared:
		w.same(path, x, y)
	case opaque:
		if x.IsZero() != y.IsZero() {
			w.differs(path, "%v is there in one of the two", p.typ)
		}
	default:
		if !reflect.DeepEqual(x.Interface(), y.Interface()) {
			w.differs(path, "%v and %v", x, y)
		}
	}
}

// same compares values that are shared: they refer to the same thing.
func (w *walk) same(path string, x, y reflect.Value) {
	switch x.Kind() {
	case reflect.Slice, reflect.Map, reflect.Func, reflect.Pointer, reflect.Chan:
		if x.Pointer() != y.Pointer() {
			w.differs(path, "another %v, which is shared", x.Type())
		}
	default:
		if !reflect.DeepEqual(x.Interface(), y.Interface()) {
			w.differs(path, "another %v, which is shared", x.Type())
		}
	}
}

// copiedMap compares a map with one that was copied by a rule.
func (w *walk) copiedMap(path string, x, y reflect.Value) {
	switch {
	case !reflect.DeepEqual(x.Interface(), y.Interface()):
		w.differs(path, "%v and %v", x, y)
	case !x.IsNil() && x.Pointer() == y.Pointer():
		w.Shared = append(w.Shared, fmt.Sprintf("%s: %v", path, x.Type()))
	}
}

// fields compares the fields of a structure, of one with a rule of its own too.
func (w *walk) fields(p *plan, path string, a, b unsafe.Pointer) {
	for i := range p.typ.NumField() {
		f := p.typ.Field(i)
		if p.typ.PkgPath() == "sync" || w.skip(p.typ, f.Name) {
			continue
		}
		w.value(planOf(f.Type), path+"."+f.Name, unsafe.Add(a, f.Offset), unsafe.Add(b, f.Offset))
	}
}

func (w *walk) slice(p *plan, path string, x, y reflect.Value) {
	if x.Len() != y.Len() || x.IsNil() != y.IsNil() {
		w.differs(path, "%d and %d of %v", x.Len(), y.Len(), p.elem.typ)
		return
	}
	if x.Len() == 0 || p.elem.typ.Size() == 0 {
		return
	}
	a, b := x.UnsafePointer(), y.UnsafePointer()
	if a == b {
		w.Shared = append(w.Shared, fmt.Sprintf("%s: %v", path, p.typ))
		return
	}
	size := p.elem.typ.Size()
	w.things = append(w.things, thing{uintptr(a), uintptr(a) + uintptr(x.Len())*size, uintptr(b), path, p.elem, true})
	for i := range x.Len() {
		w.value(p.elem, fmt.Sprintf("%s[%d]", path, i), unsafe.Add(a, uintptr(i)*size), unsafe.Add(b, uintptr(i)*size))
	}
}

func (w *walk) mapping(p *plan, path string, x, y reflect.Value) {
	if x.Len() != y.Len() || x.IsNil() != y.IsNil() {
		w.differs(path, "%d and %d of %v", x.Len(), y.Len(), p.elem.typ)
		return
	}
	if x.IsNil() || !w.refers(p, path, x.UnsafePointer(), y.UnsafePointer()) {
		return
	}
	for entries := x.MapRange(); entries.Next(); {
		at := fmt.Sprintf("%s[%v]", path, entries.Key())
		other := y.MapIndex(entries.Key())
		if !other.IsValid() {
			w.differs(at, "there is none in the copy")
			continue
		}
		one, two := reflect.New(p.elem.typ), reflect.New(p.elem.typ)
		one.Elem().SetIterValue(entries)
		two.Elem().Set(other)
		w.value(p.elem, at, one.UnsafePointer(), two.UnsafePointer())
	}
}

func (w *walk) dynamic(path string, x, y reflect.Value) {
	if x.IsNil() || y.IsNil() {
		if x.IsNil() != y.IsNil() {
			w.differs(path, "nil in one of the two")
		}
		return
	}
	one, two := x.Elem(), y.Elem()
	if one.Type() != two.Type() {
		w.differs(path, "%v and %v", one.Type(), two.Type())
		return
	}
	a, b := reflect.New(one.Type()), reflect.New(one.Type())
	a.Elem().Set(one)
	b.Elem().Set(two)
	w.value(planOf(one.Type()), path, a.UnsafePointer(), b.UnsafePointer())
}

// inside finds the pointers into the middle of something. What is flat is copied as well
// where it stands as elsewhere.
func (w *walk) inside() {
	slices.SortFunc(w.things, func(a, b thing) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(b.to, a.to)) })
	var around thing
	for _, t := range w.things {
		switch {
		case t.from >= around.to:
			around = t
		case t.array || t.plan.kind == flat || t.from-around.from == t.copied-around.copied:
		default:
			w.Inside = append(w.Inside, fmt.Sprintf("%s: %v, inside of %s: %v", t.path, t.plan.typ, around.path, around.plan.typ))
		}
	}
}
