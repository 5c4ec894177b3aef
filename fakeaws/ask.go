package fakeaws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
)

// A Question is whether the holder of credentials may perform an action on a resource,
// where no call asks.
type Question struct {
	// AccessKeyID names the credentials; empty is a caller without any.
	AccessKeyID string
	// Service is the service of AWS that would call as itself, in place of a holder of
	// credentials; nil is none.
	Service *ServiceCall
	// Action and Resource are those of an [enforce.Request], in AWS's own spelling.
	Action, Resource string
	// Region is where it is asked; empty is the World's.
	Region string
	// Via is the VPC endpoint through which a call would come; nil is none.
	Via *VPCEndpoint
	// Keys are condition keys of the request. They stand above those that the World knows.
	Keys enforce.Context
}

// A Guardian is a fake that says what guards a resource, for questions that no call asks.
type Guardian interface {
	// Guard returns the permission for an action on a resource, by its ARN, as the plan of
	// an operation would ask for it: with the owner, policy and tags of the resource. Where
	// there is none the Note says so. An error means that only a call can ask.
	Guard(call *Call, action, resource string) (Need, error)
}

// An Answer is the decision about a [Question], and what to know of it: what could not be
// looked at.
type Answer struct {
	enforce.Decision
	Note string
}

// Ask decides a question as it decides calls: by the policies of the caller and of its
// session, its boundary, those of the organizations, and the policy of the resource if
// there is one. It changes nothing, also in the log, and decides in every [Mode]. The error
// tells of credentials that can make no call, and of what only a call can ask.
func (w *World) Ask(ctx context.Context, q *Question) (Answer, error) {
	call, err := w.asking(ctx, q)
	if err != nil {
		return Answer{}, err
	}
	need, err := call.guard(q.Action, q.Resource)
	if err != nil {
		return Answer{}, err
	}
	j := new(judgement)
	if !call.begin(j) {
		return Answer{}, errNoPrincipal
	}
	ask := &j.questions[0]
	ask.ask(call, &need, &j.policies, &j.time)
	ask.owned(w, j.organizations)
	known := ask.request.Context
	ask.request.Context = q.Keys.Over(&known)
	return Answer{ask.decide(w, need.Alternatives), need.Note}, nil
}

// May is Ask for a service that does something for which no call is made: an error says that
// it is not allowed, and why. In a World of another [Mode] than [Strict] all is allowed.
func (w *World) May(ctx context.Context, q *Question) error {
	if w.mode != Strict {
		return nil
	}
	answer, err := w.Ask(ctx, q)
	if err != nil || answer.Allowed() {
		return err
	}
	return errors.New(strings.TrimSpace(q.Action + " is denied: " + answer.String() + " " + answer.Note))
}

// asking is the call that a question stands for: one that stays in the process and is
// signed in its headers, as those of the SDK are.
func (w *World) asking(ctx context.Context, q *Question) (*Call, error) {
	w.takeEffect()
	call := &Call{
		Context: ctx, World: w, Region: cmp.Or(q.Region, w.region), Caller: anonymous,
		Time: w.clock.Now(), SourceIP: w.sourceIP, via: q.Via,
	}
	call.Service, call.Operation, _ = strings.Cut(q.Action, ":")
	if call.SourceIP == "" {
		call.SourceIP, _, _ = net.SplitHostPort(localAddr)
	}
	if q.Service != nil {
		actor := q.Service.Actor()
		call.Caller, call.source = actor.caller, actor.source
		return call, nil
	}
	if q.AccessKeyID == "" {
		if r := w.rooms[call.Service]; r == nil || !r.reg.Anonymous {
			return nil, fmt.Errorf("%s takes no calls without credentials", call.Service)
		}
		return call, nil
	}
	cred, err := w.holder(q.AccessKeyID, call.Time)
	if err != nil {
		return nil, err
	}
	call.Caller, call.Account = cred.Caller, cred.Caller.Account
	call.Signed = Signed{AuthType: "REST-HEADER", Version: "AWS4-HMAC-SHA256"}
	return call, nil
}

// holder finds credentials with which calls can be made.
func (w *World) holder(accessKeyID string, now time.Time) (*Credential, error) {
	cred, ok := w.Credential(accessKeyID)
	switch {
	case !ok:
		return nil, errors.New("the World has no access key " + accessKeyID)
	case cred.Inactive:
		return nil, errors.New("the access key " + accessKeyID + " is inactive")
	case cred.Caller.Session != nil && !now.Before(cred.Caller.Session.Expires):
		return nil, errors.New("the credentials of " + cred.Caller.ARN + " have expired")
	case !w.has(cred.Caller):
		return nil, errNoPrincipal
	}
	return cred, nil
}

// guard returns the permission for an action on a resource. That of a service without a
// fake has no policy of the resource, and says so.
func (c *Call) guard(action, resource string) (Need, error) {
	if c.Service == "kms" {
		return c.World.state().keys.guard(c, action, resource)
	}
	if other, ok := c.World.Other(c.Service); ok {
		return other.(Guardian).Guard(c, action, resource)
	}
	if !c.World.Has(c.Service) {
		return Need{
			Action: action, Resource: resource, ResourceAccount: c.ownerOf(resource),
			Note: "this World has no " + c.Service + ": the policy and the tags of the resource, if it has any, are not looked at",
		}, nil
	}
	guardian, ok := c.World.Fake(c.Service).(Guardian)
	if !ok {
		return Need{}, fmt.Errorf("%s on %s: only a call of %s can ask", action, resource, c.Service)
	}
	return guardian.Guard(c, action, resource)
}

// ownerOf is the account of an ARN, or the caller's where it does not tell.
func (c *Call) ownerOf(resource string) string {
	parsed, _ := arn.Parse(resource)
	return cmp.Or(parsed.AccountID, c.Account)
}

// guard returns the permission for an action on a key itself, not through a service.
func (k *Keys) guard(c *Call, action, resource string) (Need, error) {
	now := c.World.clock.Now()
	k.mu.Lock()
	key := k.Get(resource, now)
	k.mu.Unlock()
	if key != nil {
		need := key.direct(c, action)
		need.Context.Set("kms:EncryptionAlgorithm", key.Spec)
		key.Grant(c, &need, nil, nil)
		return need, nil
	}
	need := Need{Action: action, Resource: resource, ResourceAccount: c.ownerOf(resource)}
	if parsed, _ := arn.Parse(resource); strings.HasPrefix(parsed.Resource, "key/") {
		need.Policy = enforce.Empty(enforce.KeyPolicy)
		need.Note = "there is no key " + resource
	}
	return need, nil
}
