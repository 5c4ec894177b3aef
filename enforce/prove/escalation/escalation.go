package escalation

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

// A World is the accounts in which paths are looked for.
type World struct {
	Accounts []*account.Account
	// Region is where new things are made, if policies let it; empty is us-east-1.
	Region string
	// Managed returns the document of a policy of AWS's by its ARN, and Names the ARNs of
	// all of them. Without them AdministratorAccess alone is known.
	Managed func(arn string) (document string, ok bool)
	Names   func() []string
	// Management is the id of the organization's management account; empty: none is known.
	Management string
	// Complete says that Resources and Compute of the accounts are all that there are.
	// Otherwise what could be done to others is unknown, and so is that of the services in
	// Unlisted, by the prefixes of their actions.
	Complete bool
	Unlisted []string
}

// lists reports whether the accounts have all that there is of a service.
func (w *World) lists(service string) bool {
	return w.Complete && !slices.Contains(w.Unlisted, service)
}

// Limits bound a search. A zero value is the default.
type Limits struct {
	Paths  int // paths that are returned: 50
	Agents int // identities, with the policies that they come to have, that are looked at: 200
	Budget int // steps of one answer of package prove: [prove.DefaultBudget]
	Asks   int // questions to package prove in all: 20,000
}

// A Search looks for paths in a World, which is not to change meanwhile. It is safe for
// concurrent use.
type Search struct {
	world  *World
	limits Limits
	index
	tables
}

// New makes a Search.
func New(w *World, limits ...Limits) (*Search, error) {
	if len(w.Accounts) == 0 {
		return nil, errors.New("escalation: the World has no account")
	}
	s := &Search{world: w, tables: newTables(), limits: Limits{Paths: 50, Agents: 200, Asks: 20_000}}
	for _, l := range limits {
		for limit, given := range map[*int]int{&s.limits.Paths: l.Paths, &s.limits.Agents: l.Agents, &s.limits.Budget: l.Budget, &s.limits.Asks: l.Asks} {
			if given > 0 {
				*limit = given
			}
		}
	}
	s.build(w)
	return s, nil
}

// A Result is what a Search found from one principal.
type Result struct {
	Principal enforce.Principal
	Paths     []*Path
	// Unknown says why there may be more paths, each once. Without it there are no others
	// by the ways that are looked for.
	Unknown []string
	// Asks is how many questions were asked of package prove.
	Asks int
}

// Verdict is Yes with paths, No without any, and Unknown where there may be some.
func (r *Result) Verdict() prove.Verdict {
	switch {
	case len(r.Paths) > 0:
		return prove.Yes
	case len(r.Unknown) > 0:
		return prove.Unknown
	}
	return prove.No
}

// A Path is a chain of calls.
type Path struct {
	Steps []*Step
	// Holder is who holds the permissions in the end.
	Holder enforce.Principal
	Gain   Gain
	Remedy Remedy
	// Assumes are what the path takes for granted, since no policy says it.
	Assumes []string
}

// A Step is one call, and what it asks for.
type Step struct {
	// Way is the row of [Ways] that it belongs to.
	Way string
	// Caller makes the call, with the permissions that it has then.
	Caller enforce.Principal
	// Operation is like "iam:PutUserPolicy", and Parameters are its members that matter.
	Operation  string
	Parameters []Parameter
	// Needs are the decisions on the requests that the call asks for: all allow.
	Needs []enforce.Decision
	// Effect says in a few words what there is after the call.
	Effect string

	// changes are the permissions that identities have after it.
	changes []*agent
	by      *agent
	asked   []question
}

// A Parameter is a member of a call's input.
type Parameter struct{ Name, Value string }

// A Gain is what a path's end is allowed and its beginning is not.
type Gain struct {
	// Everything says that the end may do all that anybody may whom only the organization's
	// policies bound.
	Everything bool
	// Witness is a request that the end is allowed: [enforce.Evaluate] was asked.
	Witness *enforce.Request
	// Statement allows it.
	Statement *enforce.Statement
}

// From looks for paths from a user or role of the World's accounts.
func (s *Search) From(ctx context.Context, from *account.Identity) (*Result, error) {
	home := s.accounts[from.Account]
	if home == nil || from.Kind == account.GroupKind {
		return nil, fmt.Errorf("escalation: %s is no user or role of the accounts", from.ARN)
	}
	r := &run{Search: s, ctx: ctx, result: &Result{}, seen: map[string]bool{}, noted: map[string]bool{}, settable: map[string]bool{}, federates: map[*agent]bool{}}
	start := r.agent(home, newHolding(home, from))
	r.result.Principal = start.who
	for _, u := range from.Unknowns() {
		r.unknown("%s", u)
	}
	r.close(start)
	r.turn()
	slices.SortStableFunc(r.result.Paths, func(a, b *Path) int { return len(a.Steps) - len(b.Steps) })
	return r.result, nil
}
