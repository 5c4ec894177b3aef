package fakeaws

import (
	"sync"
	"sync/atomic"
)

// A state is what a World has beside its services and its log. Its parts have locks of
// their own, and call nothing that locks: services use them under theirs.
type state struct {
	principals   Principals
	issuers      Issuers
	keys         Keys
	messages     messages
	unrecognized unrecognizedPrincipals
	faults       faults
	// organizations has the accounts that are in one.
	organizations memberships
	// closed are the closed accounts. A map is immutable: CloseAccount stores another.
	closed atomic.Pointer[closedAccounts]

	mu          RWMutex // guards what follows
	accounts    []*Account
	credentials map[string]*Credential
	sessions    expiries
}

// state returns what the World has beside its services. A clone copies it when it is first
// asked for: see [World.Clone].
func (w *World) state() *state {
	if w.origin != nil {
		w.origin.copyState(w)
	}
	return &w.own
}

// locks are all that there are in the state.
func (s *state) locks() []interface{ uncounted() (sync.Locker, *uint64) } {
	return []interface{ uncounted() (sync.Locker, *uint64) }{
		&s.mu, &s.principals.mu, &s.issuers.mu, &s.keys.mu, &s.messages.mu, &s.unrecognized.mu, &s.faults.mu, &s.organizations.mu,
	}
}

// A Mutex guards what a clone of a World has a copy of. It counts how often it was locked,
// so that [World.Clone] knows what may have changed since the latest snapshot: who changes
// something cannot forget to say so.
type Mutex struct {
	sync.Mutex
	locked uint64
}

// Lock implements [sync.Locker].
func (m *Mutex) Lock() {
	m.Mutex.Lock()
	m.locked++
}

// uncounted returns the lock for who changes nothing, and how often it was locked.
func (m *Mutex) uncounted() (sync.Locker, *uint64) { return &m.Mutex, &m.locked }

// An RWMutex is a [Mutex] for many readers, which change nothing.
type RWMutex struct {
	sync.RWMutex
	locked uint64
}

// Lock implements [sync.Locker].
func (m *RWMutex) Lock() {
	m.RWMutex.Lock()
	m.locked++
}

// uncounted is that of [Mutex].
func (m *RWMutex) uncounted() (sync.Locker, *uint64) { return &m.RWMutex, &m.locked }
