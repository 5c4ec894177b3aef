package fakeaws

import (
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/leastpriv/leastpriv/internal/deepcopy"
)

// Clone returns another World with all that this one has at a moment: its accounts,
// credentials, keys, faults and the state of every service. From then on the two share
// nothing that changes. The clone's clock reads the same and goes on by itself, its ids go
// on from the same place, and its log is empty.
//
// A call that is under way is in the clone as far as it has changed something. What
// waits belongs to this World alone: long polls, requests that a fault holds back, events
// that S3 has not sent yet and keys that are being made. The clone has the faults, and
// those who ended them here do not end them there.
//
// All clones between two changes are of one snapshot, and copy the part of a service
// from it when they first use the service. So a clone costs little, and the first after a
// change pays for the snapshot. The error says that a service cannot be cloned, see
// [Stateful], or that changes wait for their time, see [Delay].
func (w *World) Clone() (*World, error) {
	w.takeEffect()
	s, err := w.snapshot()
	if err != nil {
		return nil, err
	}
	c := &World{
		clock: w.clock.Copy(), ids: w.ids.Copy(),
		region: w.region, mode: w.mode, sourceIP: w.sourceIP, bodyTimeout: w.bodyTimeout,
		coverage: w.coverage, services: w.services, catalog: w.catalog, origin: &origin{from: s},
	}
	c.build()
	c.others.clone(c, &w.others)
	c.receivers.clone(&w.receivers)
	c.watches.clone(&w.watches)
	if !s.next.IsZero() {
		c.Wake(s.next)
	}
	return c, nil
}

// LeaveCoverage has the World note no coverage from now on: for a clone that nobody has used
// yet, and whose policies are to be others.
func (w *World) LeaveCoverage() { w.coverage = nil }

// EndFaults ends all faults: whoever injected them may not know this World, which may be a
// clone.
func (w *World) EndFaults() {
	if w.origin != nil && !w.origin.copied.done() {
		return // nobody waits for their end
	}
	if active := w.state().faults.active.Load(); active != nil {
		for _, f := range *active {
			f.stop()
		}
	}
}

// snapshots has the latest snapshot of a World.
type snapshots struct {
	mu     sync.Mutex
	latest *snapshot
}

// A snapshot is what a World had at a moment. It never changes.
type snapshot struct {
	// mark is what had happened by then.
	mark []uint64
	// world has the state, and stands for the World in what refers to it. It has no rooms.
	world World
	// fakes are those that there were, by the places of their services; nil: not yet made.
	fakes []Fake
	// things are how many things each of them refers to, and, the last number, the state.
	things []int
	// next is when there is something to do next, see Worker; zero for nothing.
	next time.Time
}

// snapshot returns a snapshot of the World as it is: the latest, if nothing has happened
// since. It stops all services for as long as it looks. No service calls another with its
// lock held, so that no two wait for each other.
func (w *World) snapshot() (*snapshot, error) {
	w.copyAll()
	w.snapshots.mu.Lock()
	defer w.snapshots.mu.Unlock()
	fakes, locks, err := w.stateful()
	if err != nil {
		return nil, err
	}
	for _, l := range locks {
		if l != nil {
			l.Mutex.Lock()
			defer l.Mutex.Unlock()
		}
	}
	mark, unlock := w.own.lock()
	defer unlock()
	if w.effects.waiting.Load() > 0 { // services add to them under their locks
		return nil, errors.New("changes of IAM are not in force yet, because of a fault Delay: move the clock on before the World is cloned")
	}
	mark = append(mark, uint64(w.log.Count()))
	for i, l := range locks {
		switch {
		case l != nil:
			mark = append(mark, l.locked+1)
		case fakes[i] != nil:
			mark = append(mark, 1)
		default:
			mark = append(mark, 0)
		}
	}
	if s := w.snapshots.latest; s != nil && slices.Equal(s.mark, mark) {
		return s, nil
	}
	s := &snapshot{mark: mark, fakes: make([]Fake, len(fakes))}
	s.things = make([]int, len(fakes)+1)
	c := newCopier(&s.world, w)
	deepcopy.Into(c, &s.world.own, &w.own)
	s.things[len(fakes)] = c.Things()
	for i, l := range locks {
		if l != nil {
			c.Next(0)
			deepcopy.Into(c, &s.fakes[i], &fakes[i])
			s.things[i] = c.Things()
		}
	}
	s.next = s.nextWork()
	w.snapshots.latest = s
	return s, nil
}

// nextWork returns when one of the copied fakes has something to do. Nobody else has them yet.
func (s *snapshot) nextWork() (at time.Time) {
	for _, f := range s.fakes {
		if worker, ok := f.(Worker); ok {
			if next, ok := worker.Next(); ok && (at.IsZero() || next.Before(at)) {
				at = next
			}
		}
	}
	return at
}

// stateful returns the fakes that there are, by the places of their services, and the locks
// of those that keep something.
func (w *World) stateful() (fakes []Fake, locks []*Mutex, err error) {
	fakes, locks = make([]Fake, len(w.services)), make([]*Mutex, len(w.services))
	for i := range w.services {
		name := w.services[i].Name
		r := w.rooms[name]
		if !r.there.Load() {
			continue
		}
		f, ok := r.service.(Stateful)
		if !ok {
			return nil, nil, errors.New("the fake of " + name + " cannot be cloned: it is no fakeaws.Stateful")
		}
		fakes[i], locks[i] = f, f.State()
	}
	return fakes, locks, nil
}

// newCopier returns a copier of what refers to one World, for another.
func newCopier(to, from *World) *deepcopy.Copier {
	c := deepcopy.New()
	deepcopy.Replace(c, from, to)
	deepcopy.Replace(c, &from.own.principals, &to.own.principals)
	deepcopy.Replace(c, &from.own.keys, &to.own.keys)
	return c
}

// An origin is what a clone is made of.
type origin struct {
	from *snapshot

	copied once // the state
	mu     sync.Mutex
	copier *deepcopy.Copier
}

// copyState copies the state on first use.
func (o *origin) copyState(w *World) {
	o.copied.do(func() {
		o.copy(w, len(o.from.fakes), func(c *deepcopy.Copier) { deepcopy.Into(c, &w.own, &o.from.world.own) })
	})
}

// copyFake copies a fake; nil where there was none, or one that keeps nothing.
func (o *origin) copyFake(r *room) (f Fake) {
	from := &o.from.fakes[r.index]
	if *from == nil {
		return nil
	}
	o.copy(r.world, r.index, func(c *deepcopy.Copier) { deepcopy.Into(c, &f, from) })
	return f
}

// copy copies one of the parts of the snapshot, which are numbered as things are.
func (o *origin) copy(w *World, part int, into func(*deepcopy.Copier)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.copier == nil {
		o.copier = newCopier(w, &o.from.world)
		o.copier.Frozen = true
	}
	o.copier.Next(o.from.things[part])
	into(o.copier)
	o.copier.Next(0)
}

// copyAll copies what a clone has not yet copied.
func (w *World) copyAll() {
	w.state()
	if w.origin == nil {
		return
	}
	for _, r := range w.rooms {
		if w.origin.from.fakes[r.index] != nil {
			r.fake()
		}
	}
}

// lock stops all changes until unlock is called, and counts those that there were.
func (s *state) lock() (mark []uint64, unlock func()) {
	locks := s.locks()
	for _, l := range locks {
		lock, locked := l.uncounted()
		lock.Lock()
		mark = append(mark, *locked)
	}
	return mark, func() {
		for _, l := range locks {
			lock, _ := l.uncounted()
			lock.Unlock()
		}
	}
}
