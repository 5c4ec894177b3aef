package fakeaws

import (
	"errors"
	"reflect"
	"strings"
	"sync"

	"github.com/leastpriv/leastpriv/internal/wire"
)

// A Plan is what an operation answers once it has understood a call: its input is
// valid, its resources are found, and nothing has changed yet. The policies are asked
// for every Need; when they allow the call, Do performs it. O is the pointer type of the
// operation's output, *sqs.SendMessageOutput.
//
// Time passes between the two, in which other calls change things. Do acts on what the
// plan found and on nothing else: under the service's lock it first looks whether the
// resource is still there.
type Plan[O any] struct {
	// Needs are the permissions that the call requires: at least one, unless the
	// operation is Unrestricted.
	Needs []Need
	// Do performs the call.
	Do func() (O, error)
}

// Refusing has a plan answer an error, unless it is nil, in place of performing the call,
// once the call is allowed. What is wrong with a KMS key that a call needs is such an
// error: S3 and SQS ask KMS for the caller ("Using server-side encryption with AWS KMS
// keys" of the S3 User Guide, "Key management" of the SQS Developer Guide), and who may not
// make the call does not learn of the key.
func (p *Plan[O]) Refusing(err error) *Plan[O] {
	if err != nil {
		p.Do = func() (none O, _ error) { return none, err }
	}
	return p
}

func (p *Plan[O]) needs() []Need         { return p.Needs }
func (p *Plan[O]) perform() (any, error) { return p.Do() }

// planned is a Plan of any operation.
type planned interface {
	needs() []Need
	perform() (any, error)
}

// An Op is the row of one AWS operation: its name, and the function that plans its calls.
type Op struct {
	// Name is AWS's name of the operation, "SendMessage".
	Name         string
	input        reflect.Type
	unsigned     bool
	unrestricted bool
	plan         func(*Call, any) (planned, error)
}

// Bind makes the row of an operation of the function that plans its calls. An error
// of the function ends the call before it is authorized, in AWS's order: shape, then
// permission, then existence. I and O are the pointer types of the operation's input and
// output: so the code of Bind and of what services build on it is shared by all
// operations, and test binaries stay small. The operation's name is that of the input
// type without "Input".
func Bind[I, O any](plan func(*Call, I) (*Plan[O], error)) Op {
	op := newOp(reflect.TypeFor[I](), reflect.TypeFor[O]())
	op.plan = func(call *Call, in any) (planned, error) {
		p, err := plan(call, in.(I))
		if err != nil {
			return nil, err
		}
		if p == nil || p.Do == nil {
			return nil, errors.New(call.Operation + " has no plan")
		}
		return p, nil
	}
	return op
}

// named has the rows that newOp has made, by the type of the input. Each World binds its
// services anew, and to find the names of types out again takes as long as all else in that.
var named sync.Map // of reflect.Type to *namedOp

type namedOp struct {
	Op
	output reflect.Type
}

func newOp(in, out reflect.Type) Op {
	if known, ok := named.Load(in); ok && known.(*namedOp).output == out {
		return known.(*namedOp).Op
	}
	if in.Kind() != reflect.Pointer || out.Kind() != reflect.Pointer {
		panic("fakeaws.Bind: " + in.String() + " and " + out.String() + " are no pointers to an operation's input and output")
	}
	name, ok := strings.CutSuffix(in.Elem().Name(), "Input")
	if !ok || out.Elem().Name() != name+"Output" {
		panic("fakeaws.Bind: " + in.Elem().Name() + " and " + out.Elem().Name() + " are not of one operation")
	}
	op := Op{Name: name, input: in.Elem()}
	named.Store(in, &namedOp{op, out})
	return op
}

// A Message is a request as it came, to an operation whose shapes the World does not know.
type Message struct {
	*wire.Request
	Operation *wire.Operation
	Protocol  wire.Protocol
}

// BindMessage makes the row of an operation whose requests are not decoded, and whose
// answer its plan makes itself.
func BindMessage(name string, plan func(*Call, *Message) (*Plan[*wire.Response], error)) Op {
	return Op{Name: name, plan: func(call *Call, in any) (planned, error) {
		p, err := plan(call, in.(*Message))
		if err != nil {
			return nil, err
		}
		return p, nil
	}}
}

// decode makes the input of the operation of a request.
func (o *Op) decode(x *Exchange) (any, error) {
	if o.input == nil {
		return &Message{&x.Request, x.Operation, x.Protocol}, nil
	}
	in := o.newInput()
	return in, x.Operation.Decode(x.Protocol, &x.Request, in)
}

func (o *Op) newInput() any { return reflect.New(o.input).Interface() }

// Unsigned makes the row one of an operation that needs no signature: what is in
// the request proves who calls, and its plan sets the Call's Caller. The
// credentials of a request that is signed nevertheless are not looked at.
func (o Op) Unsigned() Op {
	o.unsigned = true
	return o
}

// Unrestricted makes the row one of an operation that AWS lets every authenticated
// caller perform, whatever the policies say. Its plans have no needs.
func (o Op) Unrestricted() Op {
	o.unrestricted = true
	return o
}
