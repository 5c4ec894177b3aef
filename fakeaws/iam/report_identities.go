package iam

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// Identities implements [fakeaws.UseReporter].
func (s *Fake) Identities(id string) []fakeaws.Identity {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.accounts[id]
	if a == nil {
		return nil
	}
	var all []fakeaws.Identity
	for _, e := range append(a.users.Values(), a.roles.Values()...) {
		all = append(all, e.identityInUse())
	}
	slices.SortFunc(all, func(x, y fakeaws.Identity) int { return strings.Compare(x.ARN, y.ARN) })
	return all
}

// identityInUse is a user or role as a report on what is unused needs it. The lock is held.
func (e *entity) identityInUse() fakeaws.Identity {
	i := fakeaws.Identity{
		ARN: e.arn, Account: e.account.id, Role: e.kind == roleKind, ServiceLinked: e.serviceLinked(), Created: e.created, Uses: e.used(),
	}
	e.tags.each(func(key, value string) { i.Tags = append(i.Tags, fakeaws.Tag{Key: key, Value: value}) })
	for _, g := range e.grants() {
		i.Policies = append(i.Policies, g.policy)
	}
	for _, k := range e.keys {
		if k.status != types.StatusTypeActive {
			continue
		}
		key := fakeaws.IdentityKey{ID: k.id, Created: k.created}
		if last, ok := k.uses.Last(); ok {
			key.Used = last.Time
		}
		i.Keys = append(i.Keys, key)
	}
	if e.user.login != nil {
		i.Password = e.user.login.created
	}
	return i
}
