package fakeaws

import (
	"maps"
	"path"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/leastpriv/leastpriv/internal/catalog"
)

// Principals are the users and roles of all accounts of a World, by ARN and by
// unique id. IAM adds them; policies that name them are bound to them. It is safe for
// concurrent use, and services may use it under their own locks: it calls no service.
type Principals struct {
	mu    RWMutex
	byARN map[string]string // ids
	byID  map[string]string // ARNs
	roles map[string]bool   // the ARNs of roles without their paths
	// changes counts what makes policies that name principals stale.
	changes atomic.Uint64
}

// Set enters a user or role, or gives one another ARN.
func (p *Principals) Set(id, arn string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.byARN == nil {
		p.byARN, p.byID, p.roles = make(map[string]string), make(map[string]string), make(map[string]bool)
	}
	if old, renamed := p.byID[id]; renamed {
		delete(p.byARN, old)
		p.forget(old)
		p.changes.Add(1)
	}
	p.byARN[arn], p.byID[id] = id, arn
	if name, ok := roleName(arn); ok {
		p.roles[name] = true
	}
}

// Delete removes a user or role.
func (p *Principals) Delete(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.byARN, p.byID[id])
	p.forget(p.byID[id])
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
	return p.roles[ARN("iam", "", account, "role/"+name)]
}

// RoleLike returns the ARN of the role of the same account that was probably meant by one
// that does not exist: of the same name, or of one like it. It is empty when there is none.
func (p *Principals) RoleLike(missing string) string {
	const role = ":role/"
	account, _, isRole := strings.Cut(missing, role)
	if !isRole {
		return ""
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	byName := make(map[string]string)
	for there := range p.byARN {
		if name, ok := strings.CutPrefix(there, account+role); ok {
			name = path.Base(name)
			if before, two := byName[name]; !two || there < before {
				byName[name] = there
			}
		}
	}
	name := path.Base(missing)
	if there, same := byName[name]; same {
		return there
	}
	return byName[catalog.Nearest(name, slices.Collect(maps.Keys(byName)))]
}

// forget removes the ARN of a role; the lock is held.
func (p *Principals) forget(arn string) {
	if name, ok := roleName(arn); ok {
		delete(p.roles, name)
	}
}

// roleName is the ARN of a role without its path: the names of an account's roles
// are unique whatever their paths.
func roleName(arn string) (string, bool) {
	const role = ":role/"
	start := strings.Index(arn, role)
	if start < 0 {
		return "", false
	}
	return arn[:start+len(role)] + arn[strings.LastIndexByte(arn, '/')+1:], true
}
