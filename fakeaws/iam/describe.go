package iam

import (
	"github.com/leastpriv/leastpriv/enforce"
	accounts "github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/fakeaws"
)

// Describe implements [fakeaws.Describer].
func (s *Fake) Describe(_ *fakeaws.Call, to *accounts.Account) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[to.ID]
	if a == nil {
		return
	}
	s.finishDeletions(a)
	d := &description{to: to, policies: map[*policy]*accounts.Policy{}, groups: map[*entity]*accounts.Group{}}
	a.policies.Scan(func(_ string, p *policy) bool {
		d.policy(p)
		return true
	})
	a.groups.Scan(func(_ string, e *entity) bool {
		g := &accounts.Group{Identity: d.identity(e, accounts.GroupKind)}
		d.groups[e] = g
		to.Groups = append(to.Groups, g)
		return true
	})
	a.users.Scan(func(_ string, e *entity) bool {
		u := &accounts.User{Identity: d.identity(e, accounts.UserKind)}
		e.groups.Scan(func(_ string, g *entity) bool {
			u.Groups = append(u.Groups, d.groups[g])
			return true
		})
		to.Users = append(to.Users, u)
		return true
	})
	a.roles.Scan(func(_ string, e *entity) bool {
		to.Roles = append(to.Roles, &accounts.Role{Identity: d.identity(e, accounts.RoleKind), Trust: e.role.trust.Policy()})
		e.role.profiles.Scan(func(_ string, p *instanceProfile) bool {
			to.Profiles = append(to.Profiles, &accounts.Profile{ARN: p.arn, Role: e.arn})
			return true
		})
		return true
	})
}

// A description is what is described of an account so far.
type description struct {
	to       *accounts.Account
	policies map[*policy]*accounts.Policy
	groups   map[*entity]*accounts.Group
}

// policy describes a managed policy, once.
func (d *description) policy(p *policy) *accounts.Policy {
	if made := d.policies[p]; made != nil {
		return made
	}
	made := &accounts.Policy{ARN: p.arn, Name: p.name}
	for i := len(p.versions) - 1; i >= 0; i-- {
		v := &accounts.Version{ID: p.versions[i].id(), Policy: p.versions[i].policy}
		if made.Versions = append(made.Versions, v); p.versions[i] == p.current {
			made.Default = v
		}
	}
	d.policies[p] = made
	d.to.Policies = append(d.to.Policies, made)
	return made
}

func (d *description) identity(e *entity, kind accounts.Kind) accounts.Identity {
	i := accounts.Identity{Account: d.to.ID, Kind: kind, ARN: e.arn, Name: e.name, ID: e.id}
	e.inline.Scan(func(_ string, p *enforce.Policy) bool {
		i.Inline = append(i.Inline, p)
		return true
	})
	e.attached.Scan(func(_ string, p *policy) bool {
		i.Attached = append(i.Attached, d.policy(p))
		return true
	})
	if e.boundary != nil {
		i.Boundary = d.policy(e.boundary)
	}
	e.tags.each(func(key, value string) { i.Tags = append(i.Tags, accounts.Tag{Key: key, Value: value}) })
	return i
}
