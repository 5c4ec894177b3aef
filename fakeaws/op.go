package fakeaws

import (
	"context"
	"reflect"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// An Op binds one AWS operation to the method that performs it and to the
// permissions that it needs.
type Op struct {
	// Name is AWS's name of the operation, "SendMessage".
	Name     string
	newInput func() any
	unsigned bool
	needs    func(context.Context, any) ([]enforce.Need, error) // nil: Unrestricted
	call     func(context.Context, any) (any, error)
}

// Needs says which permissions a call requires: at least one. It also
// validates: an error (AWS's code and text) ends the call before it is
// authorized, in AWS's order: shape, then permission, then existence.
type Needs[I any] func(context.Context, *I) ([]enforce.Need, error)

// Bind makes the row of an operation. The operation's name is that of the
// input type without "Input".
func Bind[I, O any](method func(context.Context, *I) (*O, error), needs Needs[I]) Op {
	op := Unrestricted(method)
	if needs == nil {
		panic("fakeaws.Bind: " + op.Name + " has no needs; an operation that everybody may call is Unrestricted")
	}
	op.needs = func(ctx context.Context, in any) ([]enforce.Need, error) { return needs(ctx, in.(*I)) }
	return op
}

// Unsigned makes the row one of an operation that needs no signature: what is in
// the request proves who calls, and its needs set the Call's Caller. The
// credentials of a request that is signed nevertheless are not looked at.
func (o Op) Unsigned() Op {
	o.unsigned = true
	return o
}

// Unrestricted makes the row of an operation that AWS lets every authenticated
// caller perform, whatever the policies say.
func Unrestricted[I, O any](method func(context.Context, *I) (*O, error)) Op {
	name, ok := strings.CutSuffix(reflect.TypeFor[I]().Name(), "Input")
	if out := reflect.TypeFor[O]().Name(); !ok || out != name+"Output" {
		panic("fakeaws: " + reflect.TypeFor[I]().Name() + " and " + out + " are not of one operation")
	}
	return Op{
		Name:     name,
		newInput: func() any { return new(I) },
		call:     func(ctx context.Context, in any) (any, error) { return method(ctx, in.(*I)) },
	}
}
