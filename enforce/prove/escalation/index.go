package escalation

import (
	"slices"
	"strings"
	"sync"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
)

// An index finds what policies name.
type index struct {
	accounts map[string]*account.Account
	// byService are the roles that a service may assume, by the service's principal, and
	// byName those that a principal may, by how trust policies name it: an ARN, an account
	// or "*".
	byService, byName map[string][]*account.Role
	mu                sync.Mutex
	read              map[*enforce.Policy]*grants
	keys              map[*enforce.Policy][]string
	plain             map[*enforce.Policy]*enforce.Policy // see onNothing
}

// build indexes the trust policies.
func (x *index) build(w *World) {
	x.accounts, x.read = map[string]*account.Account{}, map[*enforce.Policy]*grants{}
	x.keys, x.plain = map[*enforce.Policy][]string{}, map[*enforce.Policy]*enforce.Policy{}
	x.byService, x.byName = map[string][]*account.Role{}, map[string][]*account.Role{}
	for _, a := range w.Accounts {
		x.accounts[a.ID] = a
		for _, r := range a.Roles {
			if r.Trust != nil && !r.ServiceLinked() {
				x.enter(r)
			}
		}
	}
}

func (x *index) enter(r *account.Role) {
	add := func(to map[string][]*account.Role, name string) {
		if all := to[name]; len(all) == 0 || all[len(all)-1] != r {
			to[name] = append(all, r)
		}
	}
	for _, s := range r.Trust.Elements().Statements {
		if s.Effect.Value != "Allow" {
			continue
		}
		for _, p := range s.Principal {
			switch {
			case p.Value == "*":
				add(x.byName, "*")
			case p.Type == "Service":
				add(x.byService, strings.ToLower(p.Value))
			case p.Type == "Federated":
				add(x.byName, p.Value)
			default:
				add(x.byName, nameInTrust(p.Value))
			}
		}
		if len(s.NotPrincipal) > 0 {
			add(x.byName, "*")
		}
	}
}

// nameInTrust is the account of a principal that is a whole account, and otherwise the
// principal. Sessions count as their roles.
func nameInTrust(name string) string {
	parts := enforce.SplitPattern(name)
	switch {
	case !strings.HasPrefix(name, "arn:"):
		return name
	case parts[5] == "root":
		return parts[4]
	case strings.HasPrefix(parts[5], "assumed-role/"):
		return "session of " + strings.Split(parts[5], "/")[1] + " in " + parts[4]
	}
	return name
}

// trusting returns the roles whose trust policies may admit a principal.
func (x *index) trusting(p *enforce.Principal) []*account.Role {
	names := []string{"*", p.Account, p.ARN, p.IssuerARN, p.UserID}
	if role, _, ok := strings.Cut(strings.TrimPrefix(enforce.SplitPattern(p.ARN)[5], "assumed-role/"), "/"); ok && p.Type == enforce.AssumedRole {
		names = append(names, "session of "+role+" in "+p.Account)
	}
	if id, _, ok := strings.Cut(p.UserID, ":"); ok {
		names = append(names, id)
	}
	var all []*account.Role
	seen := map[*account.Role]bool{}
	for _, name := range names {
		if name == "" {
			continue
		}
		for _, r := range x.byName[name] {
			if !seen[r] {
				seen[r] = true
				all = append(all, r)
			}
		}
	}
	return all
}

// grants are the actions that the Allows of a policy are about.
type grants struct {
	patterns []enforce.ActionPattern
	// others says that there is a NotAction.
	others bool
}

func (g *grants) may(action string) bool {
	return g.others || slices.ContainsFunc(g.patterns, func(p enforce.ActionPattern) bool { return p.Match(action) })
}

// grantsOf reads a policy, once.
func (x *index) grantsOf(p *enforce.Policy) *grants {
	x.mu.Lock()
	defer x.mu.Unlock()
	g := x.read[p]
	if g != nil {
		return g
	}
	g = new(grants)
	x.read[p] = g
	for _, s := range p.Elements().Statements {
		if s.Effect.Value != "Allow" {
			continue
		}
		g.others = g.others || len(s.NotAction) > 0
		for _, a := range s.Action {
			if pattern, err := enforce.ParseAction(a.Value); err == nil {
				g.patterns = append(g.patterns, pattern)
			}
		}
	}
	return g
}

// may reports whether an identity-based policy of the agent has an Allow about an action:
// without one no request for it is allowed but by a resource's policy.
func (x *index) may(a *agent, action string) bool {
	return slices.ContainsFunc(a.set.Identity, func(p *enforce.Policy) bool { return x.grantsOf(p).may(action) })
}
