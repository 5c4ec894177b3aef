package fakeaws

import (
	"reflect"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
)

// A lock that is left out would not stop what it guards, and what happens under it would not
// be in the next clone.
func TestAllLocksOfTheStateAreStopped(t *testing.T) {
	t.Parallel()
	s := new(state)
	var want, got []unsafe.Pointer
	var walk func(reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Type() {
		case reflect.TypeFor[Mutex](), reflect.TypeFor[RWMutex]():
			want = append(want, v.Addr().UnsafePointer())
			return
		}
		if v.Kind() == reflect.Struct {
			assert.NotEqual(t, "sync", v.Type().PkgPath(), "a lock that does not count")
			for i := range v.NumField() {
				walk(v.Field(i))
			}
		}
	}
	walk(reflect.ValueOf(s).Elem())
	for _, l := range s.locks() {
		got = append(got, reflect.ValueOf(l).UnsafePointer())
	}
	assert.Len(t, want, 8)
	assert.ElementsMatch(t, want, got)
}
