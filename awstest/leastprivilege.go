package awstest

import (
	"fmt"
	"slices"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/minimalpolicy"
)

// AssertLeastPrivilege checks that the calls of a test used all that the policies of a
// user or role grant: it fails with each statement, action and resource that no allowed
// call of the principal used, and with actions that are wider than what was used. It
// looks at the calls that the World remembers, the latest 4,096, and at as many of its clones:
// after [Cases.RunParallel] in a function for t.Cleanup, since parallel subtests run when the
// test function has returned. The test goes on.
func AssertLeastPrivilege(t TB, p *Principal) bool {
	t.Helper()
	if problem := p.unused(); problem != "" {
		t.Errorf("%s", problem)
		return false
	}
	return true
}

// RequireLeastPrivilege is AssertLeastPrivilege, but ends the test.
func RequireLeastPrivilege(t TB, p *Principal) {
	t.Helper()
	if problem := p.unused(); problem != "" {
		t.Fatalf("%s", problem)
	}
}

// usage is what the calls of a principal used of a statement.
type usage struct {
	used               bool
	actions, resources map[int][]string // what was used by the places of the patterns
}

// unused tells which grants of a principal's policies no call has used.
func (p *Principal) unused() string {
	p.account.t.Helper()
	p.mustTakePolicies()
	calls := p.account.used().By(p)
	unused := unusedIn(p.policiesInForce(), calls)
	if len(unused) == 0 {
		return ""
	}
	text := fmt.Sprintf("want: every grant of %s is used by its calls (%d)\ngot:  grants that are not:", p.arn, len(calls))
	for _, u := range unused {
		text += "\n  " + u.String()
	}
	return text
}

// policiesInForce are the identity-based policies that the principal has now.
func (p *Principal) policiesInForce() []*enforce.Policy {
	p.account.t.Helper()
	credential, ok := p.account.world.Credential(p.Credentials().AccessKeyID)
	var set enforce.PolicySet
	if !ok || !p.account.world.Directory().Policies(credential.Caller, &set, func(string, string) {}) {
		p.account.t.Fatalf("awstest: %s exists no more", p.arn)
	}
	return set.Identity
}

// usages are what calls used of each statement.
func usages(calls Calls) map[*enforce.Statement]*usage {
	all := map[*enforce.Statement]*usage{}
	for _, call := range calls {
		for _, d := range call.Decisions {
			for _, use := range d.Uses() {
				u := all[use.Statement]
				if u == nil {
					u = &usage{actions: map[int][]string{}, resources: map[int][]string{}}
					all[use.Statement] = u
				}
				u.used = true
				note(u.actions, use.Actions, d.Request.Action)
				note(u.resources, use.Resources, d.Request.Resource)
			}
		}
	}
	return all
}

// note notes what was used of patterns.
func note(used map[int][]string, places []int, what string) {
	for _, i := range places {
		if !slices.Contains(used[i], what) {
			used[i] = append(used[i], what)
		}
	}
}

// MinimalPolicy returns a policy document with what the calls of a user or role have
// used and no more: each action on each resource as it was called, with the conditions
// of the statements that granted it. Calls that were denied and let pass ([Soft]) are in
// it too: for code that has no policy yet it is a first one. Resources are not
// generalised; look at them before you deploy.
func (p *Principal) MinimalPolicy() string {
	p.account.t.Helper()
	var used minimalpolicy.Policy
	for _, call := range p.account.used().By(p) {
		for _, d := range call.Decisions {
			used.Add(d, p.account.options.mode == Soft)
		}
	}
	return used.Document()
}

// A Permission is one that a call needed or that [Principal.Can] asks for, and what the
// policies say.
type Permission struct {
	// Operation is that of the call, "s3:GetObject"; empty without a call.
	Operation, Principal string
	Action, Resource     string
	// Keys are the condition keys of the request, by name.
	Keys     map[string][]string
	Allowed  bool
	Decision enforce.Decision
	// Note says what Can did not find: a resource that does not exist, or that is of a
	// service without a fake.
	Note string
}

// String returns the permission in one line: the verdict, who, what, and what decided.
func (p Permission) String() string { return p.Decision.String() }

// Trace returns each permission that the calls of the World have needed, in order: who
// needed it, for which call, on which resource, with which condition keys, and which
// statement decided. Those of its clones follow its own.
func (a *Account) Trace() []Permission {
	var trace []Permission
	for _, call := range a.used() {
		for _, d := range call.Decisions {
			p := permissionOf(d)
			p.Operation, p.Principal = call.Service+":"+call.Operation, call.Caller
			trace = append(trace, p)
		}
	}
	return trace
}
