package fakeaws

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/smithy-go/middleware"
	"github.com/leastpriv/leastpriv/enforce"
)

// authorize asks the policies for every permission that a plan needs, and lets
// it pass or stops it with the service's own words. What passes may meet a [Fault].
type authorize struct{}

// ID implements middleware.Middleware.
func (authorize) ID() string { return "fakeaws:Authorize" }

// HandleMiddleware implements middleware.Middleware.
func (authorize) HandleMiddleware(ctx context.Context, in any, next middleware.Handler) (any, middleware.Metadata, error) {
	call, needs := ctx.(*Call), in.(planned).needs()
	if err := call.authorize(needs); err != nil {
		return nil, middleware.Metadata{}, err
	}
	if err := call.meetFault(needs); err != nil {
		return nil, middleware.Metadata{}, err
	}
	return next.Handle(ctx, in)
}

// authorize stops a call that the policies do not allow.
func (c *Call) authorize(needs []Need) error {
	switch {
	case c.handler.op.unrestricted:
		return nil
	case len(needs) == 0:
		// A mistake in the operation's row must not open it to everybody.
		return errors.New(c.Operation + " asked for no permission, and is not Unrestricted")
	case c.fixture || c.World.mode == Off:
		return nil
	}
	return c.judge(needs)
}

// A question is what one Need became: kept together, because a Decision
// explains itself from the request and the policies that it was made of.
type question struct {
	request  enforce.Request
	policies enforce.PolicySet
	time     enforce.Context // over the global keys: see Caller.setTime
	owner    enforce.Context // of restrict
}

// ask makes the question of a need.
func (q *question) ask(c *Call, need *Need, policies *enforce.PolicySet, time *enforce.Context) {
	q.policies = *policies
	q.policies.Resource = need.Policy
	q.request = enforce.Request{
		Principal:       c.Caller.Principal,
		Action:          need.Action,
		Resource:        need.Resource,
		ResourceAccount: need.ResourceAccount,
		Context:         need.Context,
		Unknown:         need.Unknown,
	}
	q.time = *time
	q.request.Context.Base = &q.time
}

// A judgement is what judge needs for a call: made at once, with room for the one
// question that most calls are.
type judgement struct {
	policies enforce.PolicySet
	global   enforce.Context
	time     enforce.Context
	// organizations are those of the moment.
	organizations *members
	questions     [1]question
	decisions     [1]enforce.Decision
}

// begin fills in what the decisions of a call share; false when its principal exists no
// more.
func (c *Call) begin(j *judgement) bool {
	if !c.principal(&j.policies, &j.global) {
		return false
	}
	if c.via != nil {
		c.throughEndpoint(&j.policies, &j.global)
	}
	j.organizations = c.World.state().organizations.now.Load()
	j.organizations.limit(c, &j.policies, &j.global)
	j.time.Base = &j.global
	c.Caller.setTime(&j.time, c.Time)
	return true
}

// judge decides every need. The first denied one that guards the whole call
// gives the error, as in AWS; a denied batch entry stops only itself, and what is
// optional is left out.
func (c *Call) judge(needs []Need) error {
	j := new(judgement)
	policies := &j.policies
	if !c.begin(j) {
		return errNoPrincipal
	}
	c.judged = c.Time
	questions := j.questions[:]
	c.event.Decisions = j.decisions[:0]
	if len(needs) > 1 {
		questions = make([]question, len(needs))
		c.event.Decisions = make([]enforce.Decision, 0, len(needs))
	}
	for i := range needs {
		if err := c.Err(); err != nil {
			return err // a thousand keys to delete are a thousand questions
		}
		need, q := &needs[i], &questions[i]
		q.ask(c, need, policies, &j.time)
		q.owned(c.World, j.organizations)
		decision := q.decide(c.World, need.Alternatives)
		if need.Optional {
			if decision.Allowed() {
				c.World.coverage.Note(decision)
			} else if c.World.mode != Soft {
				c.denied = append(c.denied, deniedEntry{entry: need.Entry})
			}
			continue
		}
		c.World.coverage.Note(decision)
		c.event.Decisions = append(c.event.Decisions, decision)
		if decision.Allowed() {
			continue
		}
		d := &c.event.Decisions[len(c.event.Decisions)-1]
		c.event.Denied = true
		c.Help(need.Note)
		if c.World.mode == Soft {
			continue
		}
		if need.Entry == 0 {
			refused := *need
			refused.refused, c.global = c, &j.global
			return c.handler.room.service.Denied(c, &refused, d)
		}
		c.global = &j.global
		c.denied = append(c.denied, deniedEntry{need.Entry, need, d})
	}
	return nil
}

// decide decides a question. What is denied because nothing allows it, an alternative may
// allow: "Grants in AWS KMS" of the KMS Developer Guide. The first decision has found that
// no policy denies it explicitly.
func (q *question) decide(w *World, alternatives []Alternative) enforce.Decision {
	decision := enforce.Evaluate(&q.request, &q.policies)
	if decision.Verdict != enforce.ImplicitDeny || len(alternatives) == 0 || w.Closed(q.request.Owner()) {
		return decision
	}
	for _, a := range alternatives {
		policies := q.policies
		policies.Resource = a.Resource
		if a.Identity != nil {
			policies.Identity = append(slices.Clip(policies.Identity), a.Identity)
		}
		by := enforce.Evaluate(&q.request, &policies)
		if by.Allowed() && a.Account != nil {
			policies.Resource = a.Account
			by = enforce.Evaluate(&q.request, &policies)
		}
		if by.Allowed() {
			return by
		}
	}
	return decision
}

// Would reports whether the policies allow the caller a permission that the call does not
// need: what KMS asks before it stores a policy that could shut its owner out. The log has
// no decision of it. What the World's own hand does, it always may.
func (c *Call) Would(need *Need) bool {
	if c.fixture || c.World.mode == Off {
		return true
	}
	j := new(judgement)
	if !c.begin(j) {
		return false
	}
	q := &j.questions[0]
	q.ask(c, need, &j.policies, &j.time)
	q.owned(c.World, j.organizations)
	decision := q.decide(c.World, need.Alternatives)
	return decision.Allowed()
}

// owned adds what the account of the resource brings to a question.
func (q *question) owned(w *World, organizations *members) {
	owner := q.request.Owner()
	if organizations != nil {
		q.restrict(organizations.of(owner))
	}
	if w.Closed(owner) {
		// Its resources "won't be available" (CloseAccount in the API reference).
		// Unverified: that the answer is that to a resource which is not shared.
		q.policies.Resource = nil
	}
}
