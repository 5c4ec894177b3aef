package fakeaws

import (
	"strings"
	"sync"
	"sync/atomic"
)

// Principals knows the users and roles of all accounts of a World, by ARN and by
// unique id. IAM enters them; policies that name them ask. It is safe for
// concurrent use, and a service may ask it under its own lock: it calls nobody.
type Principals struct {
	mu    sync.RWMutex
	byARN map[string]string // ids
	byID  map[string]string // ARNs
	names map[string]bool   // the ARNs without their paths
	// changes counts what makes policies that name principals stale.
	changes atomic.Uint64
}

// Set enters a user or role, or gives one another ARN.
func (p *Principals) Set(id, arn string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byARN == nil {
		p.byARN, p.byID, p.names = make(map[string]string), make(map[string]string), make(map[string]bool)
	}
	if old, renamed := p.byID[id]; renamed {
		delete(p.byARN, old)
		delete(p.names, withoutPath(old))
		p.changes.Add(1)
	}
	p.byARN[arn], p.byID[id] = id, arn
	p.names[withoutPath(arn)] = true
}

// Delete forgets a user or role.
func (p *Principals) Delete(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.byARN, p.byID[id])
	delete(p.names, withoutPath(p.byID[id]))
	delete(p.byID, id)
	p.changes.Add(1)
}

// ID returns the unique id of the user or role that has an ARN now.
func (p *Principals) ID(arn string) (string, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	id, ok := p.byARN[arn]
	return id, ok
}

// ARN returns the ARN that a user or role has now.
func (p *Principals) ARN(id string) (string, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	arn, ok := p.byID[id]
	return arn, ok
}

// hasRole finds a role by its name alone, as the ARN of a session has it.
func (p *Principals) hasRole(account, name string) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.names[ARN("iam", "", account, "role/"+name)]
}

// withoutPath is the ARN of a user or role without its path; the names of an
// account's users and of its roles are unique whatever their path.
func withoutPath(arn string) string {
	kind := strings.IndexByte(arn, '/')
	name := strings.LastIndexByte(arn, '/')
	if kind == name {
		return arn
	}
	return arn[:kind] + arn[name:]
}
