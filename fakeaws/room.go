package fakeaws

import (
	"context"
	"sync"

	"github.com/aws/smithy-go/middleware"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// A room holds one service of a World: its fake, its wire schema and the
// handler chain of every operation.
type room struct {
	world *World
	reg   Registration

	once     sync.Once
	service  Service
	model    *wire.Service
	handlers map[string]handler
}

// A handler performs one operation on decoded input. It is shared by all calls.
type handler struct {
	newInput func() any
	chain    middleware.Handler
}

// open builds the room on first use.
func (r *room) open() *room {
	r.once.Do(func() {
		model, ok := wire.Load(r.reg.Name)
		if !ok {
			panic("fakeaws: no wire schema for service " + r.reg.Name)
		}
		r.model = model
		r.service = r.reg.New(r.world)
		ops := r.service.Ops()
		r.handlers = make(map[string]handler, len(ops))
		for _, op := range ops {
			if model.Operation(op.Name) == nil {
				panic("fakeaws: " + r.reg.Name + " has no operation " + op.Name)
			}
			r.handlers[op.Name] = handler{
				newInput: op.newInput,
				chain: middleware.DecorateHandler(
					middleware.HandlerFunc(func(ctx context.Context, in any) (any, middleware.Metadata, error) {
						out, err := op.call(ctx, in)
						return out, middleware.Metadata{}, err
					}),
					&authorize{room: r, op: op},
				),
			}
		}
	})
	return r
}
