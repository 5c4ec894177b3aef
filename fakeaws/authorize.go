package fakeaws

import (
	"context"
	"errors"

	"github.com/aws/smithy-go/middleware"
	"github.com/leastpriv/leastpriv/enforce"
)

// authorize asks the policies for every permission that a call needs, and lets
// it pass or stops it with the service's own words.
type authorize struct {
	room *room
	op   Op
}

// ID implements middleware.Middleware.
func (*authorize) ID() string { return "fakeaws:Authorize" }

// HandleMiddleware implements middleware.Middleware.
func (a *authorize) HandleMiddleware(ctx context.Context, in any, next middleware.Handler) (any, middleware.Metadata, error) {
	if a.op.needs == nil {
		return next.Handle(ctx, in)
	}
	call := CallFrom(ctx)
	needs, err := a.op.needs(ctx, in)
	switch {
	case err != nil:
		return nil, middleware.Metadata{}, err
	case len(needs) == 0:
		// A mistake in the operation's row must not open it to everybody.
		return nil, middleware.Metadata{}, errors.New(a.op.Name + " asked for no permission, and is not Unrestricted")
	}
	if c, ok := a.room.service.(Completer); ok {
		needs = c.Complete(call, needs)
	}
	if call.World.mode != Off {
		if err := a.judge(call, needs); err != nil {
			return nil, middleware.Metadata{}, err
		}
	}
	return next.Handle(ctx, in)
}

// A question is what one Need became: kept together, because a Decision
// explains itself from the request and the policies that it was made of.
type question struct {
	request  enforce.Request
	policies enforce.PolicySet
	owner    enforce.Context // of restrict
}

// A judgement is what judge needs for a call: made at once, with room for the one
// question that most calls are.
type judgement struct {
	policies  enforce.PolicySet
	global    enforce.Context
	questions [1]question
	decisions [1]enforce.Decision
}

// judge decides every need. The first denied one that guards the whole call
// gives the error, as in AWS; a denied batch entry stops only itself, and what is
// optional is left out.
func (a *authorize) judge(call *Call, needs []enforce.Need) error {
	j := new(judgement)
	policies, global := &j.policies, &j.global
	if !call.principal(policies, global) {
		return errNoPrincipal
	}
	organizations := call.World.organizations.now.Load()
	organizations.limit(call, policies, global)
	questions := j.questions[:]
	call.event.Decisions = j.decisions[:0]
	if len(needs) > 1 {
		questions = make([]question, len(needs))
		call.event.Decisions = make([]enforce.Decision, 0, len(needs))
	}
	for i := range needs {
		need, q := &needs[i], &questions[i]
		q.policies = *policies
		q.policies.Resource = need.Policy
		q.request = enforce.Request{
			Principal:       call.Caller.Principal,
			Action:          need.Action,
			Resource:        need.Resource,
			ResourceAccount: need.ResourceAccount,
			Context:         need.Context,
		}
		q.request.Context.Base = global
		if organizations != nil {
			q.restrict(organizations.of(q.request.Owner()))
		}
		decision := enforce.Evaluate(&q.request, &q.policies)
		if need.Optional {
			if !decision.Allowed() && call.World.mode != Soft {
				call.denied = append(call.denied, need.Entry)
			}
			continue
		}
		call.event.Decisions = append(call.event.Decisions, decision)
		if decision.Allowed() {
			continue
		}
		d := &call.event.Decisions[len(call.event.Decisions)-1]
		call.event.Denied = true
		if call.World.mode == Soft {
			continue
		}
		if need.Entry == 0 {
			return a.room.service.Denied(call, need, d)
		}
		call.denied = append(call.denied, need.Entry)
	}
	return nil
}
