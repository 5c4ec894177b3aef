package escalation

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

// close looks at the agent that a search begins with, and at all that it becomes.
func (r *run) close(start *agent) {
	r.start = start
	r.agents = []*agent{start}
	r.seen[r.key(start)] = true
	if !r.full(start) {
		r.vouched()
	}
	for i := 0; i < len(r.agents); i++ {
		if r.spent() {
			break
		}
		if i >= r.limits.Agents {
			r.unknown("more than %d identities", r.limits.Agents)
			break
		}
		r.expand(r.agents[i], r.agents[:i])
	}
}

// expand tries all ways of an agent: on itself, on those that were reached before and, since
// one of them may be able to, by those on it. Who may do everything in its account has
// nothing to gain there: it acts as others for what other accounts trust them with.
func (r *run) expand(a *agent, before []*agent) {
	if r.full(a) {
		r.abroad(a)
		return
	}
	for i := range r.edits {
		e := &r.edits[i]
		r.edit(e, a, a)
		for _, other := range before {
			if other.id.ARN != a.id.ARN && !r.full(other) {
				r.edit(e, a, other)
				r.edit(e, other, a)
			}
		}
	}
	for i := range r.becomes {
		r.becomes[i].try(r, a, &r.becomes[i].Way)
	}
	r.pass(a)
	r.enterRunning(a)
	r.rewrite(a)
	r.retag(a)
}

// edit tries a way to change what an agent may do, or an agent of another account where it
// is a way of the organization.
func (r *run) edit(e *edit, by, of *agent) {
	if by.home != of.home && !strings.HasPrefix(e.Name, "organizations:") || !r.mayAny(by, e.Calls) || r.spent() {
		return
	}
	if of.only != nil {
		r.unknown("what %s gives, if its policies are changed", of.only.Source().Name)
		return
	}
	e.try(r, by, of, &e.Way)
}

// abroad has an administrator assume what other accounts trust its account with: as itself,
// or as one of its identities that they name.
func (r *run) abroad(a *agent) {
	for i := range r.becomes {
		if r.becomes[i].Name == "sts:AssumeRole" {
			r.becomes[i].try(r, a, &r.becomes[i].Way)
		}
	}
	for _, id := range a.home.Identities() {
		if roles := r.byName[id.ARN]; id.ARN == a.id.ARN || !slices.ContainsFunc(roles, func(role *account.Role) bool { return role.Account != a.home.ID }) {
			continue
		}
		r.unnamed(a, id)
	}
}

// unnamed has an administrator act as an identity, for what it is trusted with elsewhere.
func (r *run) unnamed(a *agent, id *account.Identity) {
	h := newHolding(a.home, id)
	if r.seen[h.key(r.written, r.admin)] {
		return
	}
	var t *attempt
	var ok bool
	if id.Kind == account.UserKind {
		t, ok = r.try(a, "iam:CreateAccessKey", func(t *attempt) bool {
			return t.call("iam:CreateAccessKey", "credentials of "+id.ARN, []Parameter{{"UserName", id.Name}}, t.on("iam:CreateAccessKey", h))
		})
	} else {
		t, ok = r.try(a, "iam:UpdateAssumeRolePolicy, sts:AssumeRole", func(t *attempt) bool {
			return t.trusts(a, a.home.Role(id.ARN), h)
		})
	}
	if next := r.agent(a.home, h); ok && !r.may(next, "sts:AssumeRole") {
		// Across accounts its own policies must allow it too.
		action := "iam:Put" + of(h) + "Policy"
		ok = t.call(action, "an inline policy of "+id.ARN+" allows everything", []Parameter{named(h), {"PolicyName", newName}, {"PolicyDocument", allowAll}}, t.on(action, h))
		h = h.with(func(h *holding) { h.inline = append(h.inline, r.written) })
	}
	if ok {
		next := r.agent(a.home, h)
		next.steps, next.assumes = merge(a.steps, nil, t.steps), a.assumes
		r.seen[h.key(r.written, r.admin)] = true
		r.agents = append(r.agents, next)
		next.isFull = 2 // what it may do at home is nothing new
	}
}

// mayAny reports whether an agent may be allowed all calls of a way on an identity.
func (r *run) mayAny(a *agent, calls []string) bool {
	for _, c := range calls {
		if !r.may(a, c) {
			return false
		}
	}
	return true
}

// full reports whether nothing in its account is left to gain for an agent.
func (r *run) full(a *agent) bool {
	if a.isFull == 0 {
		a.isFull = 1
		if r.everything(a) {
			a.isFull = 2
		}
	}
	return a.isFull == 2
}

// actsAs has the caller of an attempt act as an identity.
func (r *run) actsAs(t *attempt, id *account.Identity) {
	for _, u := range id.Unknowns() {
		r.unknown("%s", u)
	}
	home := r.accounts[id.Account]
	if home == nil {
		r.unknown("account %s is not described", id.Account)
		return
	}
	r.reached(t, r.current(t.by, newHolding(home, id)))
}

// current is a holding with what the steps before have changed.
func (r *run) current(by *agent, h *holding) *holding {
	for _, s := range by.steps {
		for _, c := range s.changes {
			if c.id.ARN == h.id.ARN {
				h = c.holding
			}
		}
	}
	return h
}

// reached adds an agent with the permissions that an attempt gives, and reports the path if
// it gains something. The result says whether it does.
func (r *run) reached(t *attempt, h *holding) bool {
	next := r.agent(r.accounts[h.id.Account], h)
	next.steps = merge(t.by.steps, nil, t.steps)
	next.assumes = append(slices.Clone(t.by.assumes), t.assumes...)
	return r.add(t, next, t.by == r.start)
}

// changed is reached for an identity that is in the caller's hands already, and has other
// policies now.
func (r *run) changed(t *attempt, target *agent, h *holding) bool {
	next := r.agent(target.home, h)
	next.steps = merge(t.by.steps, target.steps, t.steps)
	next.assumes = append(slices.Clone(t.by.assumes), t.assumes...)
	if target != t.by {
		next.assumes = append(next.assumes, target.assumes...)
	}
	last := t.steps[len(t.steps)-1]
	last.changes = append(last.changes, next)
	return r.add(t, next, t.by == r.start && target == r.start)
}

// made reports whether agents have come about by an operation: what it makes is there.
func made(operation string, agents ...*agent) bool {
	return slices.ContainsFunc(agents, func(a *agent) bool {
		return slices.ContainsFunc(a.steps, func(s *Step) bool { return s.Operation == operation })
	})
}

// merge joins the steps of two agents and those of an attempt, each once.
func merge(first, second, last []*Step) []*Step {
	all := slices.Clone(first)
	for _, s := range second {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	return append(all, last...)
}

func cloneSteps(steps []*Step) []*Step { return slices.Clone(steps) }

// key is the same for agents that may do the same.
func (r *run) key(a *agent) string {
	if r.full(a) {
		return a.id.ARN + " may do everything"
	}
	return a.holding.key(r.written, r.admin)
}

// add enters an agent. Its path is told if the way is one of the first agent's alone, or the
// agent is new.
func (r *run) add(t *attempt, next *agent, direct bool) bool {
	key := r.key(next)
	known := r.seen[key]
	if known && !direct {
		return true
	}
	if !r.holds(next) {
		return false
	}
	gain := r.gain(r.start, next)
	if !known {
		r.seen[key] = true
		r.agents = append(r.agents, next)
	}
	if gain == nil {
		return false
	}
	if t.by != r.start && r.gain(t.by, next) == nil {
		return true // nothing that the step before did not give
	}
	r.report(&Path{Steps: next.steps, Holder: next.who, Gain: *gain, Assumes: compact(next.assumes)})
	return true
}

// holds reports whether each step is allowed with what the steps before have changed: what
// one changes may take from another.
func (r *run) holds(next *agent) bool {
	now := map[string]*agent{}
	for _, s := range next.steps {
		if s.by != nil && now[s.by.id.ARN] != nil && r.key(now[s.by.id.ARN]) != r.key(s.by) {
			for i := range s.asked {
				if _, verdict := r.ask(now[s.by.id.ARN], &s.asked[i]); verdict != prove.Yes {
					r.unknown("whether the steps to %s can follow each other", next.who.ARN)
					return false
				}
			}
		}
		for _, c := range s.changes {
			now[c.id.ARN] = c
		}
	}
	return true
}

func compact(texts []string) (all []string) {
	for _, t := range texts {
		if t != "" && !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	return all
}

// report adds a path, once.
func (r *run) report(p *Path) {
	key := fmt.Sprint(p.Holder.ARN, p.ways())
	if p.Steps[len(p.Steps)-1].Way == p.Steps[0].Way {
		for _, s := range p.Steps {
			for _, d := range s.Needs {
				key += " " + d.Request.Resource
			}
		}
	}
	if r.noted[key] || len(r.result.Paths) >= r.limits.Paths {
		return
	}
	r.noted[key] = true
	p.Remedy = r.remedy(p)
	r.result.Paths = append(r.result.Paths, p)
}

// ways are the ways of the steps, each once in a row.
func (p *Path) ways() []string {
	var all []string
	for _, s := range p.Steps {
		if len(all) == 0 || all[len(all)-1] != s.Way {
			all = append(all, s.Way)
		}
	}
	return all
}

// Way names the ways of the path, in their order.
func (p *Path) Way() string { return strings.Join(p.ways(), "; then ") }
