// Package deepcopy copies values with everything that they refer to, unexported fields
// included. What is not to be copied deeply has a [Rule] for its type. So what is forgotten
// is copied, which is safe, and what cannot be copied (a function, a channel) is a panic
// with its type.
//
// Pointers and maps to the same thing are so in the copy. Slices of one array become
// slices of several, and a pointer into the middle of something, which is not to a string
// or number, points to a copy of its own: [Compare] finds those.
package deepcopy

import (
	"reflect"
	"sync/atomic"
	"unsafe"
)

// A Copier copies values that refer to each other: what it has copied once, later values
// refer to as well. It is for one goroutine at a time.
type Copier struct {
	// done is what was copied of the value under way, kept what is remembered of others.
	done, kept map[ref]unsafe.Pointer
	// todo are the copies that were made and have nothing in them yet. So long chains of
	// pointers, as those of linked lists, need no deep stack.
	todo []task
	busy bool // todo is being done
	// Frozen says that what is copied does not change any more: several may copy it at once,
	// and a rule's function must not write to it.
	Frozen bool
}

// A ref is a thing with its type: a struct has the address of its first field.
type ref struct {
	at   unsafe.Pointer
	plan *plan
}

type task struct {
	dst, src unsafe.Pointer
	plan     *plan
}

// New returns a Copier that has copied nothing.
func New() *Copier {
	return &Copier{done: make(map[ref]unsafe.Pointer), kept: make(map[ref]unsafe.Pointer)}
}

// Replace has copies refer to "with" where what they are copied of refers to "of". The type
// is one of which what was copied is remembered: see [Keep].
func Replace[T any](c *Copier, of, with *T) {
	c.kept[ref{unsafe.Pointer(of), planOf(reflect.TypeFor[T]())}] = unsafe.Pointer(with)
}

// Into copies src with all that it refers to into dst, which is zero.
func Into[T any](c *Copier, dst, src *T) {
	c.value(planOf(reflect.TypeFor[T]()), unsafe.Pointer(dst), unsafe.Pointer(src))
	c.finish()
}

// Of returns a copy of what src points to; nil of nil. To the function of a rule it may
// return one that has nothing in it yet.
func Of[T any](c *Copier, src *T) *T {
	if src == nil {
		return nil
	}
	dst := c.pointer(planOf(reflect.TypeFor[T]()), unsafe.Pointer(src))
	c.finish()
	return (*T)(dst)
}

// Next forgets all that was copied but what is remembered, and makes room for the things of
// another value.
func (c *Copier) Next(things int) { c.done = make(map[ref]unsafe.Pointer, things) }

// Things is how many things were copied since Next.
func (c *Copier) Things() int { return len(c.done) }

// finish fills the copies that were made.
func (c *Copier) finish() {
	if c.busy {
		return
	}
	c.busy = true
	for len(c.todo) > 0 {
		last := len(c.todo) - 1
		t := c.todo[last]
		c.todo = c.todo[:last]
		c.value(t.plan, t.dst, t.src)
	}
	c.todo, c.busy = nil, false
}

// pointer returns the copy of what is at an address. It is filled later.
func (c *Copier) pointer(p *plan, at unsafe.Pointer) unsafe.Pointer {
	if p.kind == shared {
		return at
	}
	r, done := ref{at, p}, c.done
	if p.keep {
		done = c.kept
	}
	if dst, ok := done[r]; ok {
		return dst
	}
	dst := reflect.New(p.typ).UnsafePointer()
	done[r] = dst
	c.todo = append(c.todo, task{dst, at, p})
	return dst
}

// value copies a value to where none is.
func (c *Copier) value(p *plan, dst, src unsafe.Pointer) {
	switch p.kind {
	case flat, shared:
		move(p, dst, src)
	case left:
	case custom:
		p.rule.own(c, dst, src)
	case structure:
		if p.whole {
			move(p, dst, src)
		}
		for _, f := range p.fields {
			if p.whole && f.plan.reference() && *(*unsafe.Pointer)(unsafe.Add(src, f.offset)) == nil {
				continue
			}
			c.value(f.plan, unsafe.Add(dst, f.offset), unsafe.Add(src, f.offset))
		}
	case array:
		size := p.elem.typ.Size()
		for i := range p.typ.Len() {
			c.value(p.elem, unsafe.Add(dst, uintptr(i)*size), unsafe.Add(src, uintptr(i)*size))
		}
	case pointer:
		if to := *(*unsafe.Pointer)(src); to != nil {
			*(*unsafe.Pointer)(dst) = c.pointer(p.elem, to)
		}
	default:
		c.container(p, dst, src)
	}
}

// container copies what holds others by reference.
func (c *Copier) container(p *plan, dst, src unsafe.Pointer) {
	switch p.kind {
	case slice:
		c.slice(p, dst, src)
	case mapping:
		c.mapping(p, dst, src)
	case dynamic:
		c.dynamic(p, dst, src)
	case counter:
		dst, src = unsafe.Add(dst, p.offset), unsafe.Add(src, p.offset)
		if p.typ.Size() == 4 {
			*(*uint32)(dst) = atomic.LoadUint32((*uint32)(src))
		} else {
			*(*uint64)(dst) = atomic.LoadUint64((*uint64)(src))
		}
	case atomicRef:
		if to := atomic.LoadPointer((*unsafe.Pointer)(unsafe.Add(src, p.offset))); to != nil {
			*(*unsafe.Pointer)(unsafe.Add(dst, p.offset)) = c.pointer(p.elem, to)
		}
	default:
		if !reflect.NewAt(p.typ, src).Elem().IsZero() {
			p.refuse()
		}
	}
}

// move copies a value as it is.
func move(p *plan, dst, src unsafe.Pointer) {
	switch {
	case p.plain:
		size := p.typ.Size()
		copy(unsafe.Slice((*byte)(dst), size), unsafe.Slice((*byte)(src), size))
		return
	case p.typ.Kind() == reflect.String:
		*(*string)(dst) = *(*string)(src)
		return
	}
	reflect.NewAt(p.typ, dst).Elem().Set(reflect.NewAt(p.typ, src).Elem())
}

func (c *Copier) slice(p *plan, dst, src unsafe.Pointer) {
	of := reflect.NewAt(p.typ, src).Elem()
	if of.IsNil() {
		reflect.NewAt(p.typ, dst).Elem().SetZero() // it may be there already: see whole
		return
	}
	n := of.Len()
	made := reflect.MakeSlice(p.typ, n, n)
	if p.elem.kind == flat || p.elem.kind == shared {
		reflect.Copy(made, of)
	} else {
		size := p.elem.typ.Size()
		from, to := of.UnsafePointer(), made.UnsafePointer()
		for i := range n {
			c.value(p.elem, unsafe.Add(to, uintptr(i)*size), unsafe.Add(from, uintptr(i)*size))
		}
	}
	reflect.NewAt(p.typ, dst).Elem().Set(made)
}

func (c *Copier) mapping(p *plan, dst, src unsafe.Pointer) {
	of := reflect.NewAt(p.typ, src).Elem()
	if of.IsNil() {
		return
	}
	r := ref{of.UnsafePointer(), p}
	to := reflect.NewAt(p.typ, dst).Elem()
	if there, ok := c.done[r]; ok {
		to.Set(reflect.NewAt(p.typ, unsafe.Pointer(&there)).Elem())
		return
	}
	made := reflect.MakeMapWithSize(p.typ, of.Len())
	c.done[r] = made.UnsafePointer()
	to.Set(made)
	if p.key.kind != flat {
		p.refuse() // two keys may be one in the copy
	}
	key, from, value := reflect.New(p.key.typ).Elem(), reflect.New(p.elem.typ), reflect.New(p.elem.typ)
	for entries := of.MapRange(); entries.Next(); {
		key.SetIterKey(entries)
		from.Elem().SetIterValue(entries)
		value.Elem().SetZero()
		c.value(p.elem, value.UnsafePointer(), from.UnsafePointer())
		made.SetMapIndex(key, value.Elem())
	}
}

func (c *Copier) dynamic(p *plan, dst, src unsafe.Pointer) {
	of := reflect.NewAt(p.typ, src).Elem()
	if of.IsNil() {
		return
	}
	held := of.Elem()
	from := reflect.New(held.Type())
	from.Elem().Set(held)
	to := reflect.New(held.Type())
	c.value(planOf(held.Type()), to.UnsafePointer(), from.UnsafePointer())
	reflect.NewAt(p.typ, dst).Elem().Set(to.Elem())
}
