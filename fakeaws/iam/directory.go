package iam

import (
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// gathered is what every authorization of a principal needs, collected once and
// then shared by its requests. It is immutable.
type gathered struct {
	at       uint64 // the account's changes that it has seen
	policies []*enforce.Policy
	boundary *enforce.Policy
	tags     []fakeaws.Tag
}

// gather returns what applies to a user or role, collected anew when something
// in the account has changed. Policies are compiled when they are stored, so
// that collecting them copies pointers only. The lock is held.
func (e *entity) gather() *gathered {
	if g := e.gathered; g != nil && g.at == e.account.changes {
		return g
	}
	// Never nil: a principal without policies is allowed nothing, while a layer
	// that is absent does not limit.
	g := &gathered{at: e.account.changes, policies: []*enforce.Policy{}}
	g.add(e)
	e.groups.Scan(func(_ string, group *entity) bool {
		g.add(group)
		return true
	})
	if e.boundary != nil {
		g.boundary = e.boundary.current.policy
	}
	e.tags.each(func(key, value string) {
		g.tags = append(g.tags, fakeaws.Tag{Key: key, Value: value})
	})
	e.gathered = g
	return g
}

// add collects the policies of an entity, inline ones first.
func (g *gathered) add(e *entity) {
	g.policies = append(g.policies, e.inline.Values()...)
	e.attached.Scan(func(_ string, p *policy) bool {
		g.policies = append(g.policies, p.current.policy)
		return true
	})
}

// Policies implements [fakeaws.Directory].
func (s *Fake) Policies(caller *fakeaws.Caller, set *enforce.PolicySet, tags func(key, value string)) bool {
	s.mu.Lock()
	if s.views != nil {
		v, ok := s.views[caller.EntityID]
		s.mu.Unlock()
		if ok {
			add(set, v.policies, v.boundary, v.tags, tags)
		}
		return ok
	}
	e, ok := s.byID[caller.EntityID]
	if !ok {
		s.mu.Unlock()
		return false
	}
	g := e.gather()
	s.mu.Unlock()
	add(set, g.policies, g.boundary, g.tags, tags)
	return true
}

func add(set *enforce.PolicySet, policies []*enforce.Policy, boundary *enforce.Policy, list []fakeaws.Tag, tags func(key, value string)) {
	if set.Identity == nil {
		set.Identity = policies
	} else {
		set.Identity = append(set.Identity, policies...)
	}
	set.Boundary = boundary
	for _, t := range list {
		tags(t.Key, t.Value)
	}
}

// Role implements [fakeaws.Directory].
func (s *Fake) Role(arn string) (fakeaws.Role, bool) {
	parsed, err := awsarn.Parse(arn)
	if err != nil {
		return fakeaws.Role{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.views != nil {
		v := s.seen(arn)
		if v == nil {
			return fakeaws.Role{}, false
		}
		role := v.role
		role.Trust = v.trust.Policy()
		return role, true
	}
	a, ok := s.accounts[parsed.AccountID]
	if !ok {
		return fakeaws.Role{}, false
	}
	e, err := roleKind.find(a, lastSegment(parsed.Resource))
	if err != nil || e.arn != arn {
		return fakeaws.Role{}, false
	}
	return e.asRole(), true
}

// ProfileRole implements [fakeaws.Directory].
func (s *Fake) ProfileRole(arn string) (role string, ok bool) {
	parsed, err := awsarn.Parse(arn)
	if err != nil {
		return "", false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.accounts[parsed.AccountID]
	if !ok {
		return "", false
	}
	p, err := a.profile(lastSegment(parsed.Resource))
	switch {
	case err != nil || p.arn != arn:
		return "", false
	case p.role == nil:
		return "", true
	}
	return p.role.arn, true
}

// ManagedPolicy implements [fakeaws.Directory].
func (s *Fake) ManagedPolicy(arn string) (*enforce.Policy, bool) {
	id, _ := splitPolicyARN(arn)
	if id == awsOwner {
		return awsPolicyDocument(arn)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.accounts[id]
	if !ok {
		return nil, false
	}
	p, ok := a.policy(arn)
	if !ok {
		return nil, false
	}
	return p.current.policy, true
}
