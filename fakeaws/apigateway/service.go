// Package apigateway is a fake of the REST APIs of Amazon API Gateway. The control plane makes
// APIs of resources, methods and integrations; what is deployed to a stage answers at the host of
// the API: requests are authorized as the API says, and what they cause other services to do is
// judged as any call is.
package apigateway

import (
	"net/http"
	"slices"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/wire"
)

// A Fake has the APIs of all accounts and regions of a World.
type Fake struct {
	world *fakeaws.World

	mu     fakeaws.Mutex // guards everything below, and what it refers to
	places map[place]*area
	apis   map[string]*api // of all accounts, by id: the first label of their hosts
	// hosts are the handlers that stand for the endpoints of HTTP integrations.
	hosts map[string]handler
	// meters have what was used of usage plans and throttles.
	meters map[meterKey]*meter
	// granted has what Lambda authorizers have answered, as long as it may be used again.
	granted map[grantKey]*grant
}

// handler is the test's own code that stands for an HTTP endpoint.
type handler struct{ http.Handler }

// A place is an account in a region.
type place struct{ account, region string }

// serviceName is the principal as which API Gateway calls other services and assumes roles.
const serviceName = "apigateway.amazonaws.com"

// Service is Amazon API Gateway, for a World to be made of: its control plane, and execute-api,
// which answers the requests to APIs. No World has it unless asked.
var Service = fakeaws.Service{
	Name: "apigateway", Faults: faults, Also: []fakeaws.Service{executeService},
	New: func(w *fakeaws.World) fakeaws.Fake { return newFake(w) },
}

// Of returns the Amazon API Gateway of a World.
func Of(w *fakeaws.World) *Fake { return w.Fake("apigateway").(*Fake) }

// State implements fakeaws.Stateful.
func (s *Fake) State() *fakeaws.Mutex { return &s.mu }

func newFake(w *fakeaws.World) *Fake {
	return &Fake{
		world: w, places: make(map[place]*area), apis: make(map[string]*api), hosts: make(map[string]handler),
		meters: make(map[meterKey]*meter), granted: make(map[grantKey]*grant),
	}
}

// Ops implements [fakeaws.Fake].
func (s *Fake) Ops() []fakeaws.Op {
	return slices.Concat(s.apiOps(), s.resourceOps(), s.methodOps(), s.integrationOps(), s.modelOps(), s.validatorOps(), s.deploymentOps(), s.stageOps(),
		s.authorizerOps(), s.gatewayResponseOps(), s.keyOps(), s.planOps(), s.usageOps(), s.domainOps(), s.mappingOps(), s.documentationOps(), s.linkOps(), s.certificateOps(),
		s.accountOps(), s.tagOps(), s.testOps())
}

// Denied implements [fakeaws.Fake].
func (s *Fake) Denied(_ *fakeaws.Call, need *fakeaws.Need, d *enforce.Decision) error {
	return accessDenied(d.Message(need.Style("apigateway")))
}

// An area is what an account has in a region.
type area struct {
	place
	apis         list[api]
	keys         list[apiKey]
	plans        list[usagePlan]
	domains      list[domain]
	links        list[link]
	certificates list[certificate]
	// logRole is the role with which API Gateway writes logs.
	logRole *string
}

// area finds what an account has in a region. The lock is held.
func (s *Fake) area(at place) *area {
	a := s.places[at]
	if a == nil {
		a = &area{place: at}
		s.places[at] = a
	}
	return a
}

// A list has things by their keys, in the order in which they were made.
type list[V any] struct {
	keys []string
	by   map[string]*V
}

func (l *list[V]) get(key string) *V { return l.by[key] }

func (l *list[V]) set(key string, v *V) {
	if l.by == nil {
		l.by = make(map[string]*V)
	}
	if l.by[key] == nil {
		l.keys = append(l.keys, key)
	}
	l.by[key] = v
}

func (l *list[V]) delete(key string) {
	if l.by[key] == nil {
		return
	}
	delete(l.by, key)
	l.keys = slices.DeleteFunc(slices.Clone(l.keys), func(k string) bool { return k == key })
}

func (l *list[V]) len() int { return len(l.keys) }

// all returns the things in their order.
func (l *list[V]) all() []*V {
	all := make([]*V, len(l.keys))
	for i, key := range l.keys {
		all[i] = l.by[key]
	}
	return all
}

// copy is another list of copies of the things, which share what they refer to.
func (l *list[V]) copy() list[V] {
	other := list[V]{keys: slices.Clone(l.keys), by: make(map[string]*V, len(l.by))}
	for key, v := range l.by {
		copied := *v
		other.by[key] = &copied
	}
	return other
}

// newID makes an id of lower-case letters and digits that nothing has yet.
func (s *Fake) newID(n int, taken func(string) bool) string {
	for {
		if id := s.world.IDs().Lower(n); !taken(id) {
			return id
		}
	}
}

// Lengths of ids.
const (
	apiIDLength   = 10
	otherIDLength = 6
)

// schema is the model of the control plane.
func schema() *wire.Service {
	m, _ := wire.Load("apigateway") // it is embedded
	return m
}
