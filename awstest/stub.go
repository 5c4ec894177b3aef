package awstest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"reflect"
	"strings"

	smithy "github.com/aws/smithy-go/transport/http"

	"github.com/aws/smithy-go/middleware"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/anyservice"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// Stub has a function answer the calls of an operation of a service that leastpriv has no
// fake of, in all accounts of the World. Calls are authenticated and judged as those of all
// services are, and the function is asked what is allowed:
//
//	awstest.Stub(acct, func(ctx context.Context, in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error) {
//		return &dynamodb.GetItemOutput{Item: item}, nil
//	})
//
// The types of the function say which operation. The error that it returns reaches the
// client as the service's: an error type of the SDK, or a smithy.GenericAPIError. A second
// Stub of an operation takes the place of the first. The function is called by many
// goroutines at once where the program calls so.
func Stub[I, O any](a *Account, f func(ctx context.Context, in *I) (*O, error)) {
	a.t.Helper()
	in := reflect.TypeFor[I]()
	service, operation := path.Base(in.PkgPath()), strings.TrimSuffix(in.Name(), "Input")
	if operation+"Output" != reflect.TypeFor[O]().Name() || in.PkgPath() != reflect.TypeFor[O]().PkgPath() {
		a.t.Fatalf("awstest.Stub: %v and %v are not the input and output of one operation: want those of the SDK, like func(ctx context.Context, in *dynamodb.GetItemInput) (*dynamodb.GetItemOutput, error)", in, reflect.TypeFor[O]())
		return
	}
	fake, ok := a.other(service)
	if !ok {
		a.t.Fatalf("awstest.Stub: %s", whyNotOther(service, "its fake answers, and acct.Fail has its calls fail"))
		return
	}
	if err := fake.Stub(operation, &stub[I, O]{service, operation, f}); err != nil {
		a.t.Fatalf("awstest.Stub: %v", err)
	}
}

// RegisterUnion makes the members of a union of the SDK known, for stubs that are called over the
// socket: reflection cannot find them. In the process stubs need none.
//
//	awstest.RegisterUnion(types.AttributeValueMemberS{}, types.AttributeValueMemberN{}, …)
//
// All members of the union must be there. It is good for all tests of the process.
func RegisterUnion(members ...any) { wire.RegisterUnion(members...) }

// other returns what stands for a service without a fake.
func (a *Account) other(service string) (*anyservice.Fake, bool) {
	fake, ok := a.world.Other(service)
	if !ok {
		return nil, false
	}
	f, ok := fake.(*anyservice.Fake)
	return f, ok
}

// whyNotOther says why nothing stands for a service that this package has been asked for, and
// what to do where it has a fake.
func whyNotOther(service, faked string) string {
	if _, known := (anyservice.Services{}).Named(service); !known {
		return fmt.Sprintf("AWS has no service %q", service)
	}
	return fmt.Sprintf("%s has a fake in this World: %s", service, faked)
}

// WithUpstream has another emulator answer the calls to a service that leastpriv has no fake
// of: what is allowed is signed anew and passed on, and its answer passed back. The service is
// named as its package in the SDK, "dynamodb"; "*" is all services without a fake and
// without an upstream of their own. What passes through is learnt: policies and tags of
// resources that other calls are judged by.
//
//	acct := awstest.New(t, awstest.WithUpstream("dynamodb", "http://localhost:8000"))
func WithUpstream(service, address string) Option {
	return worldOption(func(o *options) {
		if o.upstreams == nil {
			o.upstreams = make(map[string]*anyservice.Upstream)
		}
		u, err := anyservice.NewUpstream(address)
		if err == nil {
			err = anyservice.CanStandFor(service)
		}
		if err != nil {
			o.wrong = append(o.wrong, "WithUpstream: "+err.Error())
			return
		}
		o.upstreams[service] = u
	})
}

// SetResourcePolicy gives a resource of a service without a fake a policy, by its ARN, in the
// place of the one that it has. Its own operations do the same, as PutResourcePolicy.
func (a *Account) SetResourcePolicy(arn string, p Policy) {
	a.t.Helper()
	if a.ownerOf(arn) == nil {
		return
	}
	kind := enforce.ResourcePolicy
	if strings.HasPrefix(arn, "arn:aws:kms:") {
		kind = enforce.KeyPolicy
	}
	d := a.document(p, kind, "the resource policy of "+arn, arn)
	if d == nil {
		return
	}
	if err := a.bindResourcePolicy(arn, d); err != nil {
		a.t.Fatalf("awstest: the resource policy of %s: %v", arn, err)
		return
	}
	a.place(placement{
		document: *d, at: arn,
		current: func() (string, bool) { return d.text, true },
		put:     func(a *Account, d *document) error { return a.bindResourcePolicy(arn, d) },
	})
}

// bindResourcePolicy gives a resource of a service without a fake a policy.
func (a *Account) bindResourcePolicy(arn string, d *document) error {
	parsed, err := enforce.Parse(d.text, d.kind, d.source)
	if err != nil {
		return err
	}
	bound, err := a.world.Bind(parsed)
	if err == nil {
		a.ownerOf(arn).SetPolicy(arn, bound)
	}
	return err
}

// SetResourceTags says which tags a resource of a service without a fake has: these and no
// others. Until somebody says so, or a call makes the resource, its tags are not known, and
// what depends on them is denied.
func (a *Account) SetResourceTags(arn string, tags map[string]string) {
	a.t.Helper()
	if fake := a.ownerOf(arn); fake != nil {
		fake.SetTags(arn, tags)
	}
}

// ownerOf returns what stands for the service of an ARN.
func (a *Account) ownerOf(arn string) *anyservice.Fake {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		a.t.Fatalf("awstest: %q is no ARN: want one like arn:aws:dynamodb:%s:%s:table/orders", arn, a.Region(), a.ID())
		return nil
	}
	fake, ok := a.other(parts[2])
	if !ok {
		a.t.Fatalf("awstest: %s: %s", arn, whyNotOther(parts[2], "its resources get their policies and tags by its own operations, as SetPolicy of acct.S3().Bucket or acct.SQS().Queue"))
		return nil
	}
	return fake
}

// A stub is the function that answers an operation.
type stub[I, O any] struct {
	service, operation string
	f                  func(ctx context.Context, in *I) (*O, error)
}

// Handle implements anyservice.Handler.
func (s *stub[I, O]) Handle(ctx context.Context, msg *fakeaws.Message, requestID string) (*wire.Response, error) {
	if t, ok := ctx.Value(typedKey{}).(*typedCall); ok {
		if in, ok := t.in.(*I); ok {
			out, err := s.f(ctx, in)
			if err == nil && out == nil {
				out = new(O)
			}
			t.out, t.err = out, err
			return stubbed(requestID), err
		}
	}
	op, err := anyservice.Shaped(s.service, s.operation)
	if err != nil {
		return nil, err
	}
	in := new(I)
	if err := op.Decode(msg.Protocol, msg.Request, in); err != nil {
		return nil, unionHint(err)
	}
	out, err := s.f(ctx, in)
	if err != nil {
		return nil, err
	}
	if out == nil {
		out = new(O)
	}
	resp, err := op.Encode(msg.Protocol, out, requestID)
	return resp, unionHint(err)
}

// unionHint says what to do about a union whose members nobody knows.
func unionHint(err error) error {
	if err != nil && strings.Contains(err.Error(), "nobody has registered") {
		return fmt.Errorf("%w: a stub that is called over the socket needs all members of the union; give them to awstest.RegisterUnion", err)
	}
	return err
}

// stubbed is what a client gets in the process, in place of the encoded output.
func stubbed(requestID string) *wire.Response {
	return &wire.Response{Status: http.StatusOK, Header: http.Header{"X-Amzn-Requestid": {requestID}}}
}

// A typedCall takes the SDK's input to a stub in the same process, and its output back.
type typedCall struct {
	in, out any
	err     error
}

type typedKey struct{}

// typed lets stubs see the SDK's own input and output: nothing of them is lost on the wire.
// Clients of Worlds without stubs pay nothing for it.
func typed(w *fakeaws.World) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		if !w.HasOthers() {
			return nil
		}
		if err := stack.Initialize.Add(takeInput{}, middleware.After); err != nil {
			return err
		}
		return stack.Deserialize.Add(giveOutput{}, middleware.Before)
	}
}

type takeInput struct{}

// ID implements middleware.InitializeMiddleware.
func (takeInput) ID() string { return "awstest:TakeInput" }

// HandleInitialize implements middleware.InitializeMiddleware.
func (takeInput) HandleInitialize(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
	middleware.InitializeOutput, middleware.Metadata, error,
) {
	return next.HandleInitialize(context.WithValue(ctx, typedKey{}, &typedCall{in: in.Parameters}), in)
}

type giveOutput struct{}

// ID implements middleware.DeserializeMiddleware.
func (giveOutput) ID() string { return "awstest:GiveOutput" }

// HandleDeserialize implements middleware.DeserializeMiddleware.
func (giveOutput) HandleDeserialize(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	middleware.DeserializeOutput, middleware.Metadata, error,
) {
	t, ok := ctx.Value(typedKey{}).(*typedCall)
	if !ok {
		return next.HandleDeserialize(ctx, in)
	}
	t.out, t.err = nil, nil
	out, md, err := next.HandleDeserialize(ctx, in)
	switch {
	case t.err != nil && err != nil:
		var response *smithy.ResponseError
		if errors.As(err, &response) {
			response.Err = t.err
		}
	case t.out != nil:
		setMetadata(t.out, md)
		out.Result, err = t.out, nil
	}
	return out, md, err
}

// setMetadata gives an output the metadata of its call, as the SDK does.
func setMetadata(out any, md middleware.Metadata) {
	if f := reflect.ValueOf(out).Elem().FieldByName("ResultMetadata"); f.IsValid() && f.CanSet() {
		if v := reflect.ValueOf(md); v.Type().AssignableTo(f.Type()) {
			f.Set(v)
		}
	}
}
