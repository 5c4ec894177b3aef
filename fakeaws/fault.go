package fakeaws

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// A FaultKind is a way in which a request fails though its caller may make it.
type FaultKind uint8

// The kinds of faults. The first three are errors in place of the call, which is not
// performed; with the others it is performed, and something happens to its answer.
const (
	Throttle    FaultKind = iota + 1 // AWS's error for too many requests
	ServerError                      // AWS's internal error, 500
	Unavailable                      // AWS's error of a service that is down, 503
	Slow                             // the answer comes late
	Timeout                          // no answer comes
	Drop                             // the connection ends without an answer
	Partial                          // the connection ends within the answer
	Delay                            // what the call changes in IAM comes into force late
)

// faultKinds has of each kind its name and what the log says of it.
var faultKinds = [...]struct{ name, text string }{
	Throttle:    {"Throttle", "throttled"},
	ServerError: {"ServerError", "answered with an internal error"},
	Unavailable: {"Unavailable", "answered as unavailable"},
	Slow:        {"Slow", "performed and answered late"},
	Timeout:     {"Timeout", "performed and not answered"},
	Drop:        {"Drop", "performed and cut off before its answer"},
	Partial:     {"Partial", "performed and cut off within its answer"},
	Delay:       {"Delay", "performed and in force later"},
}

// String returns the name of the kind; "" of none.
func (k FaultKind) String() string {
	if int(k) < len(faultKinds) {
		return faultKinds[k].name
	}
	return fmt.Sprintf("FaultKind(%d)", uint8(k))
}

// faultNamed is the kind with a name, or none.
func faultNamed(name string) FaultKind {
	if name == "" {
		return 0
	}
	for k := Throttle; int(k) < len(faultKinds); k++ {
		if faultKinds[k].name == name {
			return k
		}
	}
	return 0
}

// A Fault says which requests fail, and how. It is for tests of what a program does when
// AWS fails. It never lets a request pass: it is looked at when a request was
// authenticated and judged, and what was denied stays denied.
type Fault struct {
	Kind FaultKind
	// Action names an operation, "s3:ListObjectsV2", or a permission, "s3:ListBucket", as
	// policies do: in any case and with wildcards. Requests for the operation meet the
	// fault, and those that need the permission.
	Action string
	// By chooses callers; nil means all. It must not ask the World anything.
	By func(*Caller) bool
	// Resources are ARNs as policies have them. The permission that Action names, or one
	// that the operation needs, must be on one of them. None means all.
	Resources []string
	// After is how many of the requests that the rest chooses pass before the first fails.
	After int
	// Times is how many requests fail; 0 means all.
	Times int
	// Delay is how late the answer of a Slow request comes, or what a Delay fault is about
	// comes into force.
	Delay time.Duration
}

// faults are those of a World, in the order in which they were injected. A slice is
// immutable: so requests of a World without faults only look whether there are any.
type faults struct {
	active atomic.Pointer[[]*injected]
	mu     Mutex // guards what changes of each fault, and active while it is replaced
}

// An injected is a Fault at work.
type injected struct {
	Fault
	world     *World
	action    enforce.ActionPattern
	resources []enforce.ResourcePattern

	seen, failed int // requests
	stopped      bool
	held         heldRequests
}

// heldRequests are those that wait for the end of a fault, each by its channel: see hold.
type heldRequests map[chan struct{}]struct{}

// Inject has requests fail, until stop is called; requests whose answers are held back
// then are answered if they are slow, and cut off if they are to have no answer. Several
// faults may choose the same request: each counts it, and the first that is neither
// waiting (After) nor used up (Times) makes it fail. What Go code and services do of
// themselves ([Do]) meets no fault.
func (w *World) Inject(f Fault) (stop func(), err error) {
	in := &injected{Fault: f, world: w}
	if err := in.compile(); err != nil {
		return nil, err
	}
	all := &w.state().faults
	all.mu.Lock()
	defer all.mu.Unlock()
	var active []*injected
	if now := all.active.Load(); now != nil {
		active = slices.Clip(*now)
	}
	active = append(active, in)
	all.active.Store(&active)
	return in.stop, nil
}

// compile reads the fault, and refuses what would never have an effect.
func (f *injected) compile() (err error) {
	switch {
	case f.Kind == Delay && !strings.HasPrefix(strings.ToLower(f.Action), "iam:"):
		return fmt.Errorf("%s of %q: changes of IAM come into force late, those of other services at once", f.Kind, f.Action)
	case f.Kind < Throttle || int(f.Kind) >= len(faultKinds):
		return fmt.Errorf("no such fault: %s", f.Kind)
	case f.After < 0 || f.Times < 0:
		return fmt.Errorf("%s: a negative number of requests", f.Kind)
	case (f.Kind == Slow || f.Kind == Delay) != (f.Delay > 0):
		return errors.New("a Delay is what Slow has, and the fault Delay, and no other")
	}
	if f.action, err = enforce.ParseAction(f.Action); err != nil {
		return fmt.Errorf("action %q: %w", f.Action, err)
	}
	if !f.world.knows(f.Action, &f.action) {
		return fmt.Errorf("%q is neither an operation of this World nor an action of IAM", f.Action)
	}
	for _, text := range f.Resources {
		resource, err := enforce.ParseResource(text)
		if err != nil {
			return fmt.Errorf("resource %q: %w", text, err)
		}
		f.resources = append(f.resources, resource)
	}
	return nil
}

// knows reports whether a pattern means an operation or an action that there is.
func (w *World) knows(text string, pattern *enforce.ActionPattern) bool {
	prefix, _, _ := strings.Cut(text, ":")
	prefix = strings.ToLower(prefix)
	if prefix == "*" {
		return true
	}
	if service, ok := catalog.Lookup(prefix); ok {
		for _, action := range service.Actions() {
			if pattern.Match(service.Prefix + ":" + action.Name) {
				return true
			}
		}
	}
	if room, ok := w.rooms[prefix]; ok {
		for _, operation := range room.open().model.Operations() {
			if pattern.Match(prefix + ":" + operation.Name()) {
				return true
			}
		}
	}
	return false
}

// stop ends the fault.
func (f *injected) stop() {
	all := &f.world.state().faults
	all.mu.Lock()
	defer all.mu.Unlock()
	if f.stopped {
		return
	}
	f.stopped = true
	for wake := range f.held {
		close(wake)
	}
	left := slices.DeleteFunc(slices.Clone(*all.active.Load()), func(other *injected) bool { return other == f })
	if len(left) == 0 {
		all.active.Store(nil)
		return
	}
	all.active.Store(&left)
}

// meetFault finds the fault of a request that the policies allow. It returns the error of
// one that is in place of the call.
func (c *Call) meetFault(needs []Need) error {
	all := &c.World.state().faults
	active := all.active.Load()
	if active == nil || c.exchange == nil {
		return nil
	}
	all.mu.Lock()
	defer all.mu.Unlock()
	for _, f := range *active {
		if f.stopped || !f.chooses(c, needs) {
			continue
		}
		f.seen++
		if c.fault != nil || f.seen <= f.After || f.Times > 0 && f.failed == f.Times {
			continue
		}
		f.failed++
		c.fault = f
	}
	if c.fault == nil {
		return nil
	}
	c.event.Fault = c.fault.Kind.String()
	return c.exchange.faultError(c.fault.Kind)
}

// chooses reports whether the fault is about a request. What the request was denied, an
// entry of a batch, counts for nothing.
func (f *injected) chooses(c *Call, needs []Need) bool {
	if f.By != nil && !f.By(c.Caller) || f.Kind == Delay && !changesIAM(c) {
		return false
	}
	named, needed := f.action.Match(c.Service+":"+c.Operation), false
	for i := range needs {
		need := &needs[i]
		if need.Optional {
			continue
		}
		needed = true
		if need.Entry != 0 && c.EntryDenied(need.Entry) {
			continue
		}
		if (named || f.action.Match(need.Action)) && f.on(need.Resource) {
			return true
		}
	}
	return named && !needed && len(f.resources) == 0
}

// changesIAM reports whether a call may change what IAM tells decisions.
func changesIAM(c *Call) bool {
	action, ok := catalog.Find("iam:" + c.Operation)
	return ok && c.Service == "iam" && action.Access != catalog.Read && action.Access != catalog.List
}

// on reports whether the fault is about a resource.
func (f *injected) on(resource string) bool {
	return len(f.resources) == 0 || slices.ContainsFunc(f.resources, func(p enforce.ResourcePattern) bool { return p.Match(resource) })
}
