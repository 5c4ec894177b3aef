package fakeaws

import (
	"maps"
	"slices"
	"sync/atomic"

	"github.com/leastpriv/leastpriv/enforce"
)

// An Organization is what the rest of a World needs to know of an organization
// of AWS Organizations. It is immutable: a change stores another.
type Organization struct {
	// ID is like o-a1b2c3d4e5.
	ID string
	// Management is the id of the management account.
	Management string
	// AllFeatures is false for consolidated billing.
	AllFeatures bool
	// Trusted has the service principals with trusted access, and delegated the
	// accounts that administer them.
	Trusted   []string
	Delegated map[string][]string
}

// Trusts reports whether a service has trusted access to the organization:
// "iam.amazonaws.com".
func (o *Organization) Trusts(service string) bool { return slices.Contains(o.Trusted, service) }

// Administers reports whether an account is the management account or a
// delegated administrator of a service.
func (o *Organization) Administers(account, service string) bool {
	return account == o.Management || slices.Contains(o.Delegated[account], service)
}

// A Membership is an account's place in an organization. It is immutable.
type Membership struct {
	*Organization
	Account string
	// Path is the value of aws:PrincipalOrgPaths and aws:ResourceOrgPaths:
	// "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/".
	Path string
	// SCPs and RCPs have the policies of each level from the root to the account;
	// nil where none limit it, as in the management account.
	SCPs, RCPs [][]*enforce.Policy

	// The condition keys that it brings to a request as the account of the
	// principal, of the resource, or of the resource for which a service asks.
	principal, resource, source enforce.Context
}

func (m *Membership) setKeys() {
	for prefix, c := range map[string]*enforce.Context{"aws:Principal": &m.principal, "aws:Resource": &m.resource, "aws:Source": &m.source} {
		c.Set(prefix+"OrgID", m.ID)
		c.SetMulti(prefix+"OrgPaths", []string{m.Path})
	}
}

// memberships has the accounts of a World that are in organizations. Reading
// takes no lock: every decision does.
type memberships struct {
	mu  Mutex // serializes changes, and guards rootAccess
	now atomic.Pointer[members]
	// rootAccess is by organization.
	rootAccess map[string]RootAccess
}

// RootAccess says what of centralized root access an organization has enabled: that
// its management account may manage the credentials of the root users of its
// members, and that it may act as they with sts:AssumeRoot.
type RootAccess struct{ Credentials, Sessions bool }

// RootAccess returns what of centralized root access an organization has enabled.
func (w *World) RootAccess(organization string) RootAccess {
	o := &w.state().organizations
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.rootAccess[organization]
}

// SetRootAccess stores what of centralized root access an organization has
// enabled.
func (w *World) SetRootAccess(organization string, enabled RootAccess) {
	o := &w.state().organizations
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.rootAccess == nil {
		o.rootAccess = make(map[string]RootAccess)
	}
	o.rootAccess[organization] = enabled
}

// members are memberships by account; nil when there are none.
type members map[string]*Membership

// of returns the membership of an account, nil for one that is in no
// organization.
func (m *members) of(account string) *Membership {
	if m == nil {
		return nil
	}
	return (*m)[account]
}

// Membership returns an account's place in its organization, nil when it is in
// none.
func (w *World) Membership(account string) *Membership {
	return w.state().organizations.now.Load().of(account)
}

// SameOrganization reports whether two accounts are the same or in the same
// organization.
func (w *World) SameOrganization(a, b string) bool {
	if a == b {
		return true
	}
	all := w.state().organizations.now.Load()
	one, other := all.of(a), all.of(b)
	return one != nil && other != nil && one.ID == other.ID
}

// SetOrganization stores who is in an organization, and under which policies, in
// place of what was stored for it before. Without members it is removed. All
// decisions from then on follow it.
func (w *World) SetOrganization(id string, list []*Membership) {
	o := &w.state().organizations
	o.mu.Lock()
	defer o.mu.Unlock()
	next := make(members, len(list))
	if old := o.now.Load(); old != nil {
		maps.Copy(next, *old)
		maps.DeleteFunc(next, func(_ string, m *Membership) bool { return m.ID == id })
	}
	for _, m := range list {
		m.setKeys()
		next[m.Account] = m
	}
	if len(list) == 0 {
		delete(o.rootAccess, id)
	}
	if len(next) == 0 {
		o.now.Store(nil)
		return
	}
	o.now.Store(&next)
}

// limit adds what the organization of the caller's account brings to a call: its
// service control policies, and the condition keys about it. For a service that
// calls as itself it is that of the resource on whose behalf it does.
func (m *members) limit(c *Call, set *enforce.PolicySet, global *enforce.Context) {
	if own := m.of(c.Account); own != nil {
		set.SCPs = own.SCPs
		beneath(global, &own.principal)
	} else if m != nil && c.source != nil {
		if source := m.of(c.source.SourceAccount); source != nil {
			beneath(global, &source.source)
		}
	}
}

// beneath puts the condition keys of an organization beneath the global ones of a call,
// over those that its session brings.
func beneath(global, keys *enforce.Context) {
	if global.Base != nil {
		both := *keys // all calls of the account share the keys
		both.Base = global.Base
		keys = &both
	}
	global.Base = keys
}

// restrict adds what the organization of the resource's account brings to a
// question: its resource control policies, and the condition keys about it.
func (q *question) restrict(m *Membership) {
	if m == nil {
		return
	}
	q.owner = m.resource
	q.owner.Base = q.time.Base
	q.time.Base = &q.owner
	// Whether they apply to the action and the resource, the decision asks.
	q.policies.RCPs = m.RCPs
}
