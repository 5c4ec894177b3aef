// Package anyservice stands for the services of AWS that have no fake. It knows of each
// operation which permissions it needs, on which resources and with which condition keys,
// as far as AWS publishes that, and has the World judge it as every call is. The answer comes
// from a stub, which a test gives, or from an upstream, another emulator; without either the
// call fails and says so. Policies and tags of resources that pass through are learnt.
//
// What a request does not tell is decided against its caller: see [enforce.Unknown].
package anyservice

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// Services are the services of AWS as a World's [fakeaws.Config.Others].
type Services struct {
	// Upstreams answer for services, by a name as Named takes it; "*" is all that have none of
	// their own.
	Upstreams map[string]*Upstream
}

// upstream returns the upstream of a service; nil where it has none.
func (s Services) upstream(api *catalog.API) *Upstream {
	for _, name := range [...]string{api.Package, api.SigningName, api.Prefix, "*"} {
		if u := s.Upstreams[name]; u != nil {
			return u
		}
	}
	return nil
}

// HasUpstream reports whether an upstream answers for a service, by a name as Named takes it.
func (s Services) HasUpstream(name string) bool {
	api := apiNamed(name)
	return api != nil && s.upstream(api) != nil
}

// maxBody is how long a request may be. The largest that services take is unverified: 16 MB
// is DynamoDB's limit for a batch.
const maxBody = 16 << 20

// CanStandFor returns an error unless a name is that of a service, or "*".
func CanStandFor(name string) error {
	if _, ok := (Services{}).Named(name); ok || name == "*" {
		return nil
	}
	return fmt.Errorf("AWS has no service %q: want the name of its package in the SDK, like dynamodb", name)
}

// Route implements fakeaws.Others. Several services may sign for one name: the target, the
// version, the client's User-Agent, or the path tells which one is meant.
func (s Services) Route(name string, r *http.Request) (fakeaws.Service, bool) {
	api := route(name, r)
	if api == nil {
		return fakeaws.Service{}, false
	}
	return s.service(api), true
}

// Named implements fakeaws.Others. The name is that of the service's package in the SDK, the
// one that requests are signed for, or the prefix of its actions.
func (s Services) Named(name string) (fakeaws.Service, bool) {
	api := apiNamed(name)
	if api == nil {
		return fakeaws.Service{}, false
	}
	return s.service(api), true
}

func apiNamed(name string) *catalog.API {
	if api, ok := catalog.APIByPackage(name); ok {
		return api
	}
	if all := catalog.SignedFor(name); len(all) > 0 {
		return all[0]
	}
	for _, api := range catalog.APIs() {
		if api.Prefix == name {
			return api
		}
	}
	return nil
}

func (s Services) service(api *catalog.API) fakeaws.Service {
	return fakeaws.Service{
		Name: api.Package, SigningName: api.SigningName,
		Model: modelOf(api),
		New:   func(w *fakeaws.World) fakeaws.Fake { return &Fake{world: w, api: api, upstream: s.upstream(api)} },
		Wire:  fakeaws.Wire{MaxBody: maxBody},
	}
}

// models has the wire models of services, each made at its first use.
var models sync.Map // of *catalog.API to func() *wire.Service

func modelOf(api *catalog.API) func() *wire.Service {
	if known, ok := models.Load(api); ok {
		return known.(func() *wire.Service)
	}
	made, _ := models.LoadOrStore(api, sync.OnceValue(func() *wire.Service { return define(api) }))
	return made.(func() *wire.Service)
}

func define(api *catalog.API) *wire.Service {
	d := wire.Definition{Name: api.Package, Version: api.Version, Target: api.Target, Namespace: api.Namespace, Protocols: api.Protocols}
	for _, op := range api.Operations() {
		d.Operations = append(d.Operations, wire.DefinedOperation{Name: op.Name, Method: op.Method, URI: op.URI, Code: op.Code})
	}
	s, err := wire.Define(d)
	if err != nil {
		panic("anyservice: " + err.Error()) // the catalog's tests define all
	}
	return s
}

// A Fake stands for one service.
type Fake struct {
	world *fakeaws.World
	api   *catalog.API

	mu       sync.RWMutex
	stubs    map[string]Handler
	upstream *Upstream
	known    map[string]*knownResource // by ARN
}

// A knownResource is what has been learnt of a resource.
type knownResource struct {
	policy *fakeaws.ResourcePolicy // nil where there is none
	tags   map[string]string
	// allTags says that the resource has no tags but these.
	allTags bool
}

// Clone implements fakeaws.OtherFake. Handlers and upstreams answer in both Worlds.
func (f *Fake) Clone(w *fakeaws.World) fakeaws.Fake {
	f.mu.RLock()
	defer f.mu.RUnlock()
	c := &Fake{world: w, api: f.api, upstream: f.upstream, stubs: maps.Clone(f.stubs)}
	if f.known != nil {
		c.known = make(map[string]*knownResource, len(f.known))
	}
	for arn, k := range f.known {
		c.known[arn] = &knownResource{policy: k.policy.For(w), tags: k.tags, allTags: k.allTags}
	}
	return c
}

// Ops implements fakeaws.Fake.
func (f *Fake) Ops() []fakeaws.Op {
	all := f.api.Operations()
	ops := make([]fakeaws.Op, len(all))
	for i := range all {
		op := operationOf(all[i])
		ops[i] = fakeaws.BindMessage(all[i].Name, func(call *fakeaws.Call, msg *fakeaws.Message) (*fakeaws.Plan[*wire.Response], error) {
			return f.plan(call, msg, op())
		})
	}
	return ops
}

// Denied implements fakeaws.Fake.
func (f *Fake) Denied(call *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	call.Help(untold(need, d))
	denial := enforce.DenialOf(f.api.Prefix, need.Action)
	// The status of a denial is 400 in the JSON protocols, as DynamoDB and KMS answer, and 403
	// elsewhere. That all services do so is unverified.
	status := http.StatusForbidden
	if strings.HasPrefix(f.api.Protocols[0], "awsJson") {
		status = http.StatusBadRequest
	}
	return &fakeaws.Error{Code: denial.Code, Message: d.Message(need.Style(f.api.Prefix)), Status: status}
}

// An operation is what the catalog knows of an operation, read at its first call, with what
// is made of it once.
type operation struct {
	name  string
	facts *catalog.Facts
	// unknowns are those of each permission: of a resource whose tags are not known, of one
	// whose are, and the same of one whose ARN is not.
	unknowns [][4]*enforce.Unknown
	computed [][]string // the keys of each permission that no member tells
}

// operations has what was read, for all Worlds.
var operations sync.Map // of *catalog.Operation to func() *operation

func operationOf(o *catalog.Operation) func() *operation {
	if known, ok := operations.Load(o); ok {
		return known.(func() *operation)
	}
	made, _ := operations.LoadOrStore(o, sync.OnceValue(func() *operation { return readOperation(o) }))
	return made.(func() *operation)
}

func readOperation(o *catalog.Operation) *operation {
	op := &operation{name: o.Name, facts: o.Facts()}
	for i := range op.facts.Permissions {
		p := &op.facts.Permissions[i]
		u := unknown{prefix: prefixOf(p.Action), bound: map[string]bool{}, tags: op.facts.Tags != nil}
		u.action, _ = catalog.Find(p.Action)
		for _, k := range slices.Concat(op.facts.Keys, p.Keys) {
			name, _, _ := strings.Cut(strings.ToLower(k.Key), "${")
			u.bound[name] = true
		}
		var computed []string
		for _, key := range slices.Sorted(maps.Keys(catalog.Computed())) {
			if u.action != nil && u.takes(key) {
				computed = append(computed, key)
				u.bound[strings.ToLower(key)] = true
			}
		}
		op.computed = append(op.computed, computed)
		tagged := u
		tagged.tagged = true
		op.unknowns = append(op.unknowns, [4]*enforce.Unknown{{Key: u.Key}, {Key: tagged.Key}, {Key: u.Key, Resource: true}, {Key: tagged.Key, Resource: true}})
	}
	return op
}

// compute sets the keys of a permission that no member tells.
func (op *operation) compute(r *request, permission int, keys *enforce.Context) {
	for _, key := range op.computed[permission] {
		if value := r.computed(catalog.Computed()[key]); value != "" {
			keys.Set(key, value)
		}
	}
}

// unknown returns what is not known of a permission on a resource.
func (op *operation) unknown(permission int, partial, tagged bool) *enforce.Unknown {
	i := 0
	if tagged {
		i++
	}
	if partial {
		i += 2
	}
	return op.unknowns[permission][i]
}
