package fakeaws

import (
	"maps"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// A ResourcePolicy is a policy with principals, of a role, bucket or queue, as
// AWS keeps it: the users and roles that it names are stored as their unique ids
// and shown as ARNs. One that is renamed keeps its grants; one that is deleted
// is shown as its id, and another made under its name has none of its grants
// (User Guide "AWS JSON policy elements: Principal"). A nil ResourcePolicy is no
// policy.
type ResourcePolicy struct {
	principals *Principals
	written    *enforce.Policy
	bound      boundIDs
	current    atomic.Pointer[shownPolicy]
}

// boundIDs are the ids of principals by how they were written.
type boundIDs map[string]string

// A shownPolicy is a policy with the names that its principals had at a time.
type shownPolicy struct {
	at     uint64 // the changes of Principals
	policy *enforce.Policy
	names  map[string]string // that differ from those that were written
}

// An UnknownPrincipalError names a principal of a policy that does not exist.
type UnknownPrincipalError struct{ Principal string }

// Error implements error.
func (e *UnknownPrincipalError) Error() string { return "no such principal: " + e.Principal }

// Bind finds the users and roles that a policy names and remembers which they
// are. The error is an [*UnknownPrincipalError] when one does not exist. Accounts
// outside of this World are taken to have every principal.
func (w *World) Bind(p *enforce.Policy) (*ResourcePolicy, error) {
	r := &ResourcePolicy{principals: &w.state().principals, written: p}
	at := w.state().principals.changes.Load()
	for _, ref := range p.Principals() {
		if ref.Type == "Service" {
			w.checkService(ref.Value)
		}
		if ref.Type != "AWS" {
			continue
		}
		id, err := w.bind(ref.Value)
		if err != nil {
			return nil, err
		}
		if id != "" {
			if r.bound == nil {
				r.bound = make(boundIDs)
			}
			r.bound[ref.Value] = id
		}
	}
	r.current.Store(&shownPolicy{at: at, policy: p})
	return r, nil
}

// bind returns the unique id of a principal that has one.
func (w *World) bind(principal string) (string, error) {
	unknown := &UnknownPrincipalError{principal}
	named, err := arn.Parse(principal)
	if err != nil {
		if _, isID := w.state().principals.ARN(principal); isID {
			return principal, nil
		}
		if !awsid.IsDigits(principal) {
			return "", unknown // the id of one that was deleted
		}
		named = arn.ARN{AccountID: principal, Resource: "root"}
	}
	if _, ours := w.Account(named.AccountID); !ours {
		w.unrecognizedAccount(named.AccountID)
		return "", nil
	}
	kind, name, _ := strings.Cut(named.Resource, "/")
	switch kind {
	case "user", "role":
		id, ok := w.state().principals.ID(principal)
		if !ok {
			return "", unknown
		}
		return id, nil
	case "assumed-role":
		if role, _, _ := strings.Cut(name, "/"); !w.state().principals.hasRole(named.AccountID, role) {
			return "", unknown
		}
	}
	return "", nil
}

// For returns the policy for another World, a clone of that of this one.
func (r *ResourcePolicy) For(w *World) *ResourcePolicy {
	if r == nil {
		return nil
	}
	other := &ResourcePolicy{principals: &w.state().principals, written: r.written, bound: r.bound}
	other.current.Store(r.current.Load())
	return other
}

// Policy returns the policy as it is in force now.
func (r *ResourcePolicy) Policy() *enforce.Policy {
	if r == nil {
		return nil
	}
	shown, now := r.current.Load(), r.principals.changes.Load()
	if shown.at == now || len(r.bound) == 0 {
		return shown.policy
	}
	names := make(map[string]string)
	for written, id := range r.bound {
		name, ok := r.principals.ARN(id)
		if !ok {
			name = id
		}
		if name != written {
			names[written] = name
		}
	}
	next := &shownPolicy{now, r.written, names}
	switch {
	case maps.Equal(names, shown.names): // somebody else was renamed or deleted
		next.policy = shown.policy
	case len(names) > 0:
		// ARNs and ids are valid in each other's place.
		if p, err := r.written.RenamePrincipals(names); err == nil {
			next.policy = p
		}
	}
	r.current.Store(next)
	return next.policy
}

// Document returns the text of the policy, as its owner reads it now; empty
// when there is none.
func (r *ResourcePolicy) Document() string {
	if r == nil {
		return ""
	}
	return r.Policy().Document()
}
