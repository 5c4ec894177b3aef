package fakeaws

import (
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/leastpriv/leastpriv/internal/wire"
)

// Others are the services of AWS that a World has no fake of. They become services of
// the World when a request comes for them.
type Others interface {
	// Route finds the service that a request is for: one that is signed for the name, or is
	// called by it in the host; "" where the request names none. False when AWS has none.
	Route(name string, r *http.Request) (Service, bool)
	// Named finds a service by its own name.
	Named(name string) (Service, bool)
}

// otherRooms are the rooms of Others.
type otherRooms struct {
	mu    sync.RWMutex
	rooms map[string]*room // by the name of the service
	some  atomic.Bool      // rooms has some
}

// An OtherFake stands for a service without a fake.
type OtherFake interface {
	Fake
	Guardian
	// Clone returns the fake for another World, a clone of this one. From then on the two
	// share nothing that changes.
	Clone(*World) Fake
}

// clone copies what stands for services, which is little.
func (o *otherRooms) clone(w *World, from *otherRooms) {
	from.mu.RLock()
	defer from.mu.RUnlock()
	for name, r := range from.rooms {
		copied := &room{world: w, reg: r.reg}
		copied.made.Do(func() { copied.service = r.fake().(OtherFake).Clone(w) })
		if o.rooms == nil {
			o.rooms = make(map[string]*room, len(from.rooms))
		}
		o.rooms[name] = copied
	}
	o.some.Store(len(o.rooms) > 0)
}

// other returns the room of one of the Others.
func (w *World) other(s Service) *room {
	o := &w.others
	o.mu.RLock()
	r := o.rooms[s.Name]
	o.mu.RUnlock()
	if r != nil {
		return r
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if r = o.rooms[s.Name]; r == nil {
		if o.rooms == nil {
			o.rooms = make(map[string]*room)
		}
		r = &room{world: w, reg: &s}
		o.rooms[s.Name] = r
		o.some.Store(true)
	}
	return r
}

// findOther finds the room of a service without a fake that a request is for.
func (x *Exchange) findOther(name string) (*room, bool) {
	if x.world.catalog == nil {
		return nil, false
	}
	s, ok := x.world.catalog.Route(name, x.HTTP)
	if !ok {
		return nil, false
	}
	if r := x.world.rooms[s.Name]; r != nil {
		return nil, false // what is wrong with the request, its fake says
	}
	return x.world.other(s), true
}

// Other returns what stands for a service that the World has no fake of; false where there
// is no such service, or it has a fake.
func (w *World) Other(name string) (Fake, bool) {
	r, ok := w.otherRoom(name)
	if !ok {
		return nil, false
	}
	return r.fake(), true
}

func (w *World) otherRoom(name string) (*room, bool) {
	if w.catalog == nil || w.rooms[name] != nil {
		return nil, false
	}
	s, ok := w.catalog.Named(name)
	if !ok || w.rooms[s.Name] != nil {
		return nil, false
	}
	return w.other(s), true
}

// modelOf returns the model of a service that a World registers.
func modelOf(s *Service) (*wire.Service, bool) {
	if s.Model != nil {
		return s.Model(), true
	}
	return wire.Load(s.Name)
}

// HasOthers reports whether something stands for a service without a fake.
func (w *World) HasOthers() bool { return w.others.some.Load() }
