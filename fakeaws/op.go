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
	needs    func(context.Context, any) ([]enforce.Need, error)
	call     func(context.Context, any) (any, error)
}

// Needs says which permissions a call requires. It also validates: an error
// (AWS's code and text) ends the call before it is authorized, in AWS's order:
// shape, then permission, then existence. It may return no Need only through
// [Unrestricted].
type Needs[I any] func(context.Context, *I) ([]enforce.Need, error)

// Bind makes the row of an operation. The operation's name is that of the
// input type without "Input".
func Bind[I, O any](method func(context.Context, *I) (*O, error), needs Needs[I]) Op {
	name, ok := strings.CutSuffix(reflect.TypeFor[I]().Name(), "Input")
	if out := reflect.TypeFor[O]().Name(); !ok || out != name+"Output" {
		panic("fakeaws.Bind: " + reflect.TypeFor[I]().Name() + " and " + out + " are not of one operation")
	}
	if needs == nil {
		panic("fakeaws.Bind: " + name + " has no needs; an operation that everybody may call is Unrestricted")
	}
	return Op{
		Name:     name,
		newInput: func() any { return new(I) },
		needs:    func(ctx context.Context, in any) ([]enforce.Need, error) { return needs(ctx, in.(*I)) },
		call:     func(ctx context.Context, in any) (any, error) { return method(ctx, in.(*I)) },
	}
}

// Unrestricted is the Needs of an operation that AWS lets every authenticated
// caller perform, whatever the policies say.
func Unrestricted[I any](context.Context, *I) ([]enforce.Need, error) { return nil, nil }
