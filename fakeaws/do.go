package fakeaws

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// An Actor is who performs an operation from Go code: see [Do].
type Actor struct {
	caller          *Caller
	account, region string
	source          *ServiceCall
	fixture         bool
	policySource    enforce.Source
	request         *Call    // see Call.Actor
	calledVia       []string // see Forward
}

// A Forward is a forward access session ("Forward access sessions" of the IAM User Guide):
// what lets a service call others as the caller of a request, also after the request is
// answered. A service keeps it as a part of its state.
type Forward struct {
	caller          *Caller
	account, region string
	fixture         bool
	calledVia       []string
}

// Forward returns the forward access session of a request's caller for a service, by its
// principal: "cloudformation.amazonaws.com". The policies see it in aws:CalledVia and in
// aws:ViaAWSService.
func (c *Call) Forward(service string) Forward {
	return Forward{c.Caller, c.Account, c.Region, c.fixture, append(slices.Clone(c.calledVia), service)}
}

// Actor is the session as one who performs operations. They come from an address of the
// service, which is not known: a policy that asks for the caller's network denies them.
func (f Forward) Actor() Actor {
	return Actor{caller: f.caller, account: f.account, region: f.region, fixture: f.fixture, calledVia: f.calledVia}
}

// Actor is the caller of a request as one who performs further operations for it: what a
// service does to answer the request, and what its caller must be allowed to. The keys of
// the request are theirs as well.
func (c *Call) Actor() Actor {
	return Actor{caller: c.Caller, account: c.Account, region: c.Region, source: c.source, fixture: c.fixture, request: c}
}

// Fixture is the World's own hand in an account and region: it sets up what a test
// starts from. No policy is asked for what it does, and nothing else skips that
// question; the log marks its calls. It panics on an unknown account.
func (w *World) Fixture(account, region string) Actor {
	acct, ok := w.Account(account)
	if !ok {
		panic("fakeaws: this World has no account " + account)
	}
	return Actor{caller: acct.Root.Caller, account: account, region: region, fixture: true}
}

// ActorOf is the holder of credentials as one who performs operations in a region: an AWS
// service that has assumed a role. The error says that nobody can use them.
func (w *World) ActorOf(accessKeyID, region string) (Actor, error) {
	cred, err := w.holder(accessKeyID, w.clock.Now())
	if err != nil {
		return Actor{}, err
	}
	return Actor{caller: cred.Caller, account: cred.Caller.Account, region: region}, nil
}

// From says where the policy document stands that an operation is given, for decisions
// to name.
func (a Actor) From(policy enforce.Source) Actor {
	a.policySource = policy
	return a
}

// A ServiceCall says who calls when one AWS service of a World calls another as
// itself: S3 that sends an event to a queue. It is authorized as any call is,
// which for a service means by the resource's policy alone.
type ServiceCall struct {
	// Principal is the service that calls: "s3.amazonaws.com".
	Principal string
	// SourceARN and SourceAccount are the resource on whose behalf it calls and
	// that resource's owner: the keys aws:SourceArn and aws:SourceAccount.
	SourceARN, SourceAccount string
	// Region is where it calls.
	Region string
}

// Actor returns the service as one who performs operations.
func (s ServiceCall) Actor() Actor {
	return Actor{
		caller: &Caller{Principal: enforce.Principal{Type: enforce.Service, Service: s.Principal}},
		region: s.Region,
		source: &s,
	}
}

// Do performs an operation from Go code, on the path of every request from its plan
// on: it is planned, authorized, performed and logged. The input, in the SDK's type,
// says which operation: Do[sqs.SendMessageOutput](ctx, w, actor, &sqs.SendMessageInput{…})
// sends. Do must not be called under a service's lock. It panics when the World has no
// such operation, or when O is not its output.
func Do[O any](ctx context.Context, w *World, as Actor, in any) (*O, error) {
	out, err := w.Do(ctx, as, in)
	if err != nil {
		return nil, err
	}
	return out.(*O), nil
}

// Do is the function Do for those who do not know the type of the output.
func (w *World) Do(ctx context.Context, as Actor, in any) (any, error) {
	return w.do(ctx, as, w.handlerOf(in), in)
}

func (w *World) do(ctx context.Context, as Actor, h *handler, in any) (any, error) {
	call := w.newCall(ctx, as, h)
	out, err := h.handle(call, in)
	call.record(err)
	return out, err
}

// InputOf makes an empty input of an operation, by the name of the service's package in the
// SDK and that of the operation: "sqs", "SendMessage". False where the World has no such fake,
// or it does not have the operation in the SDK's types.
func (w *World) InputOf(sdk, operation string) (any, bool) {
	for _, r := range w.rooms {
		if cmp.Or(r.reg.SDK, r.reg.Name) == sdk {
			h, ok := r.open().handlers[operation]
			if !ok || h.op.input == nil {
				return nil, false
			}
			return h.op.newInput(), true
		}
	}
	return nil, false
}

// Check asks whether an actor may perform an operation, and does nothing: the error
// is that of a call that is not valid or not allowed.
func (w *World) Check(ctx context.Context, as Actor, in any) error {
	return w.check(ctx, as, w.handlerOf(in), in)
}

func (w *World) check(ctx context.Context, as Actor, h *handler, in any) error {
	call := w.newCall(ctx, as, h)
	plan, err := h.plan(call, in)
	if err == nil {
		err = call.authorize(plan.needs())
	}
	call.record(err)
	return err
}

func (w *World) newCall(ctx context.Context, as Actor, h *handler) *Call {
	w.takeEffect()
	c := &Call{
		Context:      ctx,
		World:        w,
		Account:      as.account,
		Region:       cmp.Or(as.region, w.region),
		Caller:       as.caller,
		Service:      h.room.reg.Name,
		Operation:    h.op.Name,
		RequestID:    w.ids.UUID(),
		Time:         w.clock.Now(),
		PolicySource: as.policySource,
		source:       as.source,
		fixture:      as.fixture,
		calledVia:    as.calledVia,
	}
	if r := as.request; r != nil {
		c.Endpoint, c.EndpointRegion, c.Signed = r.Endpoint, r.EndpointRegion, r.Signed
		c.SourceIP, c.UserAgent, c.Referer, c.via = r.SourceIP, r.UserAgent, r.Referer, r.via
		c.calledVia = r.calledVia
	}
	c.event.Fixture = as.fixture
	return c
}

// handlerOf finds the operation of an input: the package of its type tells the
// service, and its name the operation.
func (w *World) handlerOf(in any) *handler {
	t := reflect.TypeOf(in)
	if t == nil || t.Kind() != reflect.Pointer {
		panic(fmt.Sprintf("fakeaws: %T is not the input of an operation; want a pointer to a struct of the SDK", in))
	}
	sdk, name := path.Base(t.Elem().PkgPath()), strings.TrimSuffix(t.Elem().Name(), "Input")
	for _, r := range w.rooms {
		if cmp.Or(r.reg.SDK, r.reg.Name) != sdk {
			continue
		}
		h, ok := r.open().handlers[name]
		if !ok {
			panic("fakeaws: " + sdk + " has no operation " + name)
		}
		return h
	}
	panic("fakeaws: this World has no service " + sdk)
}
