package deepcopy

import (
	"fmt"
	"reflect"
	"sync"
	"unsafe"
)

// A Rule says of a type how its values are copied where that is not deeply.
type Rule struct {
	typ reflect.Type
	why string
	how kind
	// own copies a value of the type, where how is custom.
	own func(c *Copier, dst, src unsafe.Pointer)
}

// Share has values of T shared by a value and its copies: a pointer to T, or the array,
// map or function that a T is, is the same in both. It is for what is never changed once
// it is made, or is safe to be changed by several and looks the same to all; why says so.
func Share[T any](why string) Rule { return rule[T](why, shared) }

// Keep has a [Copier] remember what it has copied of T, pointers to T, from one value to the
// next: what several values refer to is one thing in their copies too.
func Keep[T any](why string) Rule { return rule[T](why, kept) }

// Leave has copies without values of T: they are zero.
func Leave[T any](why string) Rule { return rule[T](why, left) }

// By has values of T copied by a function. dst is zero.
func By[T any](why string, copies func(c *Copier, dst, src *T)) Rule {
	r := rule[T](why, custom)
	r.own = func(c *Copier, dst, src unsafe.Pointer) { copies(c, (*T)(dst), (*T)(src)) }
	return r
}

func rule[T any](why string, how kind) Rule {
	return Rule{typ: reflect.TypeFor[T](), why: why, how: how}
}

// rules are those of the program, by type. A type has one.
var rules struct {
	mu     sync.RWMutex
	byType map[reflect.Type]Rule
}

// Register enters rules. The package of a type does so in a variable, before anything is
// copied. It panics when a type has a rule, or one has no reason.
func Register(list ...Rule) struct{} {
	rules.mu.Lock()
	defer rules.mu.Unlock()
	if rules.byType == nil {
		rules.byType = make(map[reflect.Type]Rule)
	}
	for _, r := range list {
		if _, twice := rules.byType[r.typ]; twice || r.why == "" {
			panic(fmt.Sprintf("deepcopy: %v has a rule, or this one has no reason", r.typ))
		}
		rules.byType[r.typ] = r
	}
	return struct{}{}
}

func ruleOf(t reflect.Type) (Rule, bool) {
	rules.mu.RLock()
	defer rules.mu.RUnlock()
	r, ok := rules.byType[t]
	return r, ok
}

// Sharing returns the reasons of the types that are shared, by type.
func Sharing() map[reflect.Type]string {
	rules.mu.RLock()
	defer rules.mu.RUnlock()
	all := make(map[reflect.Type]string)
	for t, r := range rules.byType {
		if r.how == shared {
			all[t] = r.why
		}
	}
	return all
}
