// Package lambda is a fake of AWS Lambda. A function is Go code: the fake keeps what AWS
// keeps of functions, judges who may invoke them, and runs the code with a session of the
// execution role.
package lambda

import (
	"slices"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// A Fake has the functions, layers and event source mappings of all accounts and regions of
// a World.
type Fake struct {
	world *fakeaws.World

	mu        fakeaws.Mutex // guards everything below, and what it refers to
	functions map[functionID]*function
	runtimes  map[functionID]code
	urls      map[string]*functionURL // by the first label of their hosts
	mappings  map[string]*mapping     // by UUID
	layers    map[layerID]*layer
	signing   map[string]*signingConfig // by ARN
	sessions  map[sessionKey]*session
	// queue has the events of asynchronous invocations that wait, and sequence numbers them.
	queue    eventQueue
	sequence int
}

// A place is an account in a region.
type place struct{ account, region string }

// serviceName is the principal as which Lambda assumes execution roles.
const serviceName = "lambda.amazonaws.com"

// Service is AWS Lambda, for a World to be made of. No World has it unless asked.
var Service = fakeaws.Service{
	Name: "lambda", Faults: faults, Wire: ownWire,
	New: func(w *fakeaws.World) fakeaws.Fake { return newFake(w) },
}

// Of returns the AWS Lambda of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("lambda").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{
		world:     w,
		functions: make(map[functionID]*function),
		runtimes:  make(map[functionID]code),
		urls:      make(map[string]*functionURL),
		mappings:  make(map[string]*mapping),
		layers:    make(map[layerID]*layer),
		signing:   make(map[string]*signingConfig),
		sessions:  make(map[sessionKey]*session),
	}
}

// Ops implements [fakeaws.Fake].
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(s.functionOps(), s.updateOps(), s.versionOps(), s.aliasOps(), s.permissionOps(), s.invokeOps(), s.concurrencyOps(),
		s.eventInvokeOps(), s.mappingOps(), s.urlOps(), s.layerOps(), s.layerPolicyOps(), s.tagOps(), s.signingOps(), s.settingOps())
}

// noPolicy stands for the policy of a function that has none.
var noPolicy = enforce.Empty(enforce.ResourcePolicy)

// A contextKey adds condition keys of the request to a permission.
type contextKey func(*enforce.Context)

// setString is a key with the value of a member that was sent.
func setString(key string, value *string) contextKey {
	return func(c *enforce.Context) {
		if value != nil {
			c.Set(key, *value)
		}
	}
}

// requestTags are the keys of the tags that a call sends. Of more than a resource may have no
// keys are made: whoever may make the call, it is refused.
func requestTags(tags map[string]string) contextKey {
	if len(tags) > maxTags {
		return func(*enforce.Context) {}
	}
	list := sortedTags(tags)
	return func(c *enforce.Context) {
		fakeaws.SetRequestTags(c, list, func(t fakeaws.Tag) (key, value string) { return t.Key, t.Value })
	}
}

// A target is the function that a call is about, nil where there is none, and its
// permission on it.
type target struct {
	*function
	ref  reference
	need fakeaws.Need
}

// target checks the input of a call and finds its function. One that does not exist is
// judged like one without a policy, so that only who may see it learns that it is missing.
func (s *Fake) target(call *fakeaws.Call, in any, name, qualifier *string, action string, keys ...contextKey) (*target, error) {
	if err := check(in); err != nil {
		return nil, err
	}
	ref, err := refer(call, name, qualifier)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &target{function: s.functions[ref.id], ref: ref}
	t.need = s.need(action, ref)
	for _, set := range keys {
		set(&t.need.Context)
	}
	return t, nil
}

// need is a permission on a function. The policy is that of the function, or of the version
// or alias that the qualifier names. The lock is held.
func (s *Fake) need(action string, ref reference) fakeaws.Need {
	need := fakeaws.Need{Action: action, Resource: ref.arn(), ResourceAccount: ref.id.account, Policy: noPolicy}
	f := s.functions[ref.id]
	if f == nil {
		return need
	}
	if p := f.policies[ref.qualifier]; p != nil {
		need.Policy = p.bound.Policy()
	}
	for key, value := range f.tags {
		need.Context.Set("aws:ResourceTag/"+key, value)
	}
	return need
}

// exists returns the error of a function that was not found, or was deleted since. The lock
// is held.
func (t *target) exists() error {
	if t.function == nil || t.deleted {
		return functionNotFound(t.ref.arn())
	}
	return nil
}

// onFunction plans an operation on one function, which takes one permission on it. The
// function do performs it under the lock on the function that was judged.
func onFunction[O any](s *Fake, call *fakeaws.Call, in any, name, qualifier *string, do func(*target) (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	t, err := s.target(call, in, name, qualifier, "lambda:"+call.Operation, keys...)
	if err != nil {
		return nil, err
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{t.need}, Do: doOn(s, t, do)}, nil
}

// doOn performs an operation on the function that was judged, under the lock.
func doOn[O any](s *Fake, t *target, do func(*target) (O, error)) func() (O, error) {
	return func() (none O, err error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if err := t.exists(); err != nil {
			return none, err
		}
		return do(t)
	}
}

// onResource plans an operation with one permission on a resource that is no function. The
// lock is held while it is performed.
func onResource[O any](s *Fake, call *fakeaws.Call, in any, resource string, do func() (O, error), keys ...contextKey) (*fakeaws.Plan[O], error) {
	if err := check(in); err != nil {
		return nil, err
	}
	need := fakeaws.Need{Action: "lambda:" + call.Operation, Resource: resource, ResourceAccount: call.Account}
	for _, set := range keys {
		set(&need.Context)
	}
	return &fakeaws.Plan[O]{Needs: []fakeaws.Need{need}, Do: func() (O, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return do()
	}}, nil
}

// Denied implements [fakeaws.Fake].
func (s *Fake) Denied(call *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	if urlOf(call) != nil {
		return urlForbidden()
	}
	if need.OfKMS() {
		return kmsAccessDenied(d.Message(need.Style("kms")))
	}
	return accessDenied(d.Message(need.Style("lambda")))
}
