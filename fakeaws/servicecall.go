package fakeaws

import (
	"context"
	"reflect"
	"strings"

	"github.com/aws/smithy-go/middleware"
	"github.com/leastpriv/leastpriv/enforce"
)

// A ServiceCall says who calls when one AWS service of a World calls another as
// itself: S3 that sends an event to a queue. It is authorized as any call is,
// which for a service means by the resource's policy alone.
type ServiceCall struct {
	// Principal is the service that calls: "s3.amazonaws.com".
	Principal string
	// SourceARN and SourceAccount are the resource on whose behalf it calls and
	// that resource's owner: the keys aws:SourceArn and aws:SourceAccount.
	SourceARN, SourceAccount string
	// Service and Region say which service is called, and where: "sqs".
	Service, Region string
}

// Do authorizes and performs an operation as an AWS service. The input, in the
// SDK's type, says which: an [*sqs.SendMessageInput] sends. It must not be called
// under a service's lock.
func (w *World) Do(ctx context.Context, as ServiceCall, in any) (any, error) {
	return w.serviceCall(ctx, as, in, func(h handler, call *Call) (any, error) {
		out, _, err := h.chain.Handle(call, in)
		return out, err
	})
}

// Check asks whether an AWS service may perform an operation, and does nothing:
// the error is that of a call that is not allowed. In soft mode and off it is nil,
// as such a call would pass.
func (w *World) Check(ctx context.Context, as ServiceCall, in any) error {
	_, err := w.serviceCall(ctx, as, in, func(h handler, call *Call) (any, error) {
		_, _, err := h.authorize.HandleMiddleware(call, in, nothing)
		return nil, err
	})
	return err
}

var nothing = middleware.HandlerFunc(func(context.Context, any) (any, middleware.Metadata, error) {
	return nil, middleware.Metadata{}, nil
})

// serviceCall finds the operation of an input, lets do have it, and logs the call.
// It panics when the World has no such service or operation: the caller is one of
// its own services.
func (w *World) serviceCall(ctx context.Context, as ServiceCall, in any, do func(handler, *Call) (any, error)) (any, error) {
	r, ok := w.rooms[as.Service]
	if !ok {
		panic("fakeaws: this World has no service " + as.Service)
	}
	name := strings.TrimSuffix(reflect.TypeOf(in).Elem().Name(), "Input")
	h, ok := r.open().handlers[name]
	if !ok {
		panic("fakeaws: " + as.Service + " has no operation " + name)
	}
	call := &Call{
		Context:   ctx,
		World:     w,
		Region:    as.Region,
		Caller:    &Caller{Principal: enforce.Principal{Type: enforce.Service, Service: as.Principal}},
		Service:   as.Service,
		Operation: name,
		RequestID: w.ids.UUID(),
		Time:      w.clock.Now(),
		source:    &as,
	}
	out, err := do(h, call)
	call.record(err)
	return out, err
}
