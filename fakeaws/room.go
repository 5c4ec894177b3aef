package fakeaws

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/aws/smithy-go/middleware"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// A room holds one service of a World: its fake and, once a request came for
// it, the handlers of its operations.
type room struct {
	world *World
	reg   *Service

	// index is the service's place among those of its World.
	index   int
	made    sync.Once
	service Fake
	there   atomic.Bool // service was made

	opened   sync.Once
	model    *wire.Service
	handlers map[string]*handler
}

// A handler performs one operation on decoded input. It is shared by all calls.
type handler struct {
	room *room
	op   Op
}

// perform takes a call from its plan on: its permissions are asked, and it is performed.
var perform = middleware.DecorateHandler(
	middleware.HandlerFunc(func(_ context.Context, in any) (any, middleware.Metadata, error) {
		out, err := in.(planned).perform()
		return out, middleware.Metadata{}, err
	}),
	authorize{},
)

// handle plans a call, has it authorized, and performs it. It is the only way to an
// operation, for requests and for Go code.
func (h *handler) handle(call *Call, in any) (any, error) {
	plan, err := h.plan(call, in)
	if err != nil {
		return nil, err
	}
	out, _, err := perform.Handle(call, plan)
	if err == nil {
		call.stored()
	}
	return out, err
}

func (h *handler) plan(call *Call, in any) (planned, error) {
	call.handler = h
	return h.op.plan(call, in)
}

// fake makes the service on first use, in a clone of a World from what that one had. It is cheaper than open: every call asks
// IAM for policies, few are for IAM.
func (r *room) fake() Fake {
	r.made.Do(func() {
		if r.world.origin != nil {
			r.service = r.world.origin.copyFake(r)
		}
		if r.service == nil {
			r.service = r.reg.New(r.world)
		}
		r.there.Store(true)
	})
	return r.service
}

// open makes the handlers on first use.
func (r *room) open() *room {
	r.opened.Do(func() {
		model, ok := modelOf(r.reg)
		if !ok {
			panic("fakeaws: no wire schema for service " + r.reg.Name)
		}
		r.model = model
		ops := r.fake().Ops()
		r.handlers = make(map[string]*handler, len(ops))
		handlers := make([]handler, len(ops))
		for i, op := range ops {
			if model.Operation(op.Name) == nil {
				panic("fakeaws: " + r.reg.Name + " has no operation " + op.Name)
			}
			handlers[i] = handler{room: r, op: op}
			r.handlers[op.Name] = &handlers[i]
		}
	})
	return r
}
