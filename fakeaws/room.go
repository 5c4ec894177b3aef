package fakeaws

import (
	"context"
	"sync"

	"github.com/aws/smithy-go/middleware"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// A room holds one service of a World: its fake and, once a request came for
// it, the handlers of its operations.
type room struct {
	world *World
	reg   Registration

	made    sync.Once
	service Service

	opened   sync.Once
	model    *wire.Service
	handlers map[string]handler
}

// A handler performs one operation on decoded input. It is shared by all calls.
type handler struct {
	newInput  func() any
	authorize *authorize
	chain     middleware.Handler
	unsigned  bool
}

// fake makes the service on first use. It is cheaper than open: every call asks
// IAM for policies, few are for IAM.
func (r *room) fake() Service {
	r.made.Do(func() { r.service = r.reg.New(r.world) })
	return r.service
}

// open makes the handlers on first use.
func (r *room) open() *room {
	r.opened.Do(func() {
		model, ok := wire.Load(r.reg.Name)
		if !ok {
			panic("fakeaws: no wire schema for service " + r.reg.Name)
		}
		r.model = model
		ops := r.fake().Ops()
		r.handlers = make(map[string]handler, len(ops))
		for _, op := range ops {
			if model.Operation(op.Name) == nil {
				panic("fakeaws: " + r.reg.Name + " has no operation " + op.Name)
			}
			auth := &authorize{room: r, op: op}
			r.handlers[op.Name] = handler{
				newInput:  op.newInput,
				authorize: auth,
				unsigned:  op.unsigned,
				chain: middleware.DecorateHandler(
					middleware.HandlerFunc(func(ctx context.Context, in any) (any, middleware.Metadata, error) {
						out, err := op.call(ctx, in)
						return out, middleware.Metadata{}, err
					}),
					auth,
				),
			}
		}
	})
	return r
}
