package deepcopy

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// A kind is how values of a type are copied.
type kind uint8

const (
	flat      kind = iota + 1 // as they are: they refer to nothing that changes
	shared                    // as they are, by a rule
	left                      // not at all, by a rule or because they are locks
	custom                    // by the function of a rule
	counter                   // an integer of sync/atomic
	atomicRef                 // an atomic.Pointer
	pointer
	slice
	array
	structure
	mapping
	dynamic // an interface
	opaque  // not at all: a function, a channel

	kept kind = 255 // of a rule: as the type says, and remembered
)

// A plan is how values of one type are copied. It is made once for each type.
type plan struct {
	typ  reflect.Type
	kind kind
	rule Rule
	// keep says that copies are remembered: see Keep.
	keep bool
	// plain says that there is no pointer in a value.
	plain bool
	// elem is what a pointer points to, or what a slice, array or map has; key is a map's.
	elem, key *plan
	fields    []field // of a structure, those that are not flat
	// whole says that a value may be moved as a whole before its fields are copied: it has
	// no lock and no atomic in it, which others may be changing at the same moment.
	whole bool
	// offset is where an atomic has its value.
	offset uintptr
}

// A field is one of a structure.
type field struct {
	offset uintptr
	plan   *plan
}

var plans struct {
	mu     sync.RWMutex
	byType map[reflect.Type]*plan
}

// planOf returns the plan of a type.
func planOf(t reflect.Type) *plan {
	plans.mu.RLock()
	p := plans.byType[t]
	plans.mu.RUnlock()
	if p != nil {
		return p
	}
	plans.mu.Lock()
	defer plans.mu.Unlock()
	if p := plans.byType[t]; p != nil {
		return p
	}
	made := make(maker)
	p = made.plan(t)
	if plans.byType == nil {
		plans.byType = make(map[reflect.Type]*plan)
	}
	for t, p := range made { // whole: nobody has seen one of them half made
		plans.byType[t] = p
	}
	return p
}

// A maker makes plans. A type may refer to itself by way of pointers, slices and maps: so
// a plan is entered before it is complete.
type maker map[reflect.Type]*plan

func (m maker) plan(t reflect.Type) *plan {
	if p := plans.byType[t]; p != nil {
		return p
	}
	if p := m[t]; p != nil {
		return p
	}
	p := &plan{typ: t, whole: true}
	m[t] = p
	r, ok := ruleOf(t)
	p.keep = ok && r.how == kept
	if ok && !p.keep {
		p.rule, p.kind = r, r.how
		p.whole = r.how == shared
		return p
	}
	switch t.PkgPath() {
	case "sync":
		p.lock()
		return p
	case "sync/atomic":
		m.atomic(p)
		return p
	}
	switch t.Kind() {
	case reflect.Pointer:
		p.kind, p.elem = pointer, m.plan(t.Elem())
	case reflect.Slice:
		p.kind, p.elem = slice, m.plan(t.Elem())
	case reflect.Array:
		p.kind, p.elem = array, m.plan(t.Elem())
		p.whole = p.elem.whole
		if p.elem.kind == flat {
			p.kind, p.plain = flat, p.elem.plain
		}
	case reflect.Map:
		p.kind, p.key, p.elem = mapping, m.plan(t.Key()), m.plan(t.Elem())
	case reflect.Interface:
		p.kind = dynamic
	case reflect.Struct:
		m.structure(p)
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		p.kind = opaque
	case reflect.String:
		p.kind = flat
	default:
		p.kind, p.plain = flat, true
	}
	return p
}

func (m maker) structure(p *plan) {
	p.kind = structure
	simple, plain := true, true
	for i := range p.typ.NumField() {
		f := p.typ.Field(i)
		of := m.plan(f.Type)
		p.whole = p.whole && of.whole
		simple = simple && of.kind == flat
		plain = plain && of.plain
		p.fields = append(p.fields, field{f.Offset, of})
	}
	if simple {
		p.kind, p.plain, p.fields = flat, plain, nil
		return
	}
	if p.whole {
		p.fields = references(nil, 0, p.fields)
	}
}

// references adds those fields of a structure that are to be copied after it was moved as a
// whole: its own, and those of structures in it.
func references(list []field, offset uintptr, fields []field) []field {
	for _, f := range fields {
		switch f.plan.kind {
		case flat, shared:
		case structure:
			list = references(list, offset+f.offset, f.plan.fields)
		default:
			list = append(list, field{offset + f.offset, f.plan})
		}
	}
	return list
}

// reference reports whether a value of the plan is a pointer, or begins with one, which is
// nil when the value is.
func (p *plan) reference() bool { return p.kind == pointer || p.kind == slice || p.kind == mapping }

// lock is the plan of a type of package sync: a copy has a lock that nobody holds. What
// else the package has keeps state that nobody can read.
func (p *plan) lock() {
	switch p.typ.Name() {
	case "Mutex", "RWMutex":
		p.kind, p.whole = left, false
	default:
		p.kind, p.whole = opaque, false
	}
}

func (m maker) atomic(p *plan) {
	p.whole = false
	f, ok := p.typ.FieldByName("v")
	if !ok {
		p.kind = opaque
		return
	}
	p.offset = f.Offset
	if !strings.HasPrefix(p.typ.Name(), "Pointer[") {
		p.kind = counter
		return
	}
	p.kind = atomicRef
	// An atomic.Pointer[T] has a field of type [0]*T.
	p.elem = m.plan(p.typ.Field(0).Type.Elem().Elem())
}

// refuse is for what cannot be copied. It is a mistake in the program: the type wants a
// rule.
func (p *plan) refuse() {
	panic(fmt.Sprintf("deepcopy: a %v cannot be copied; it needs a rule", p.typ))
}
