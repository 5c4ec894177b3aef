package escalation

import (
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

// An edit is a way to change what an identity may do. It calls found for each change that
// the agent can make.
type edit struct {
	Way
	try func(r *run, by, of *agent, w *Way)
}

// of is "User" or "Role", for the names of operations on an identity.
func of(h *holding) string {
	if h.id.Kind == account.UserKind {
		return "User"
	}
	return "Role"
}

// named is the parameter with the identity's name.
func named(h *holding) Parameter { return Parameter{of(h) + "Name", h.id.Name} }

// putInline writes an inline policy that allows everything: in place of each that denies
// something, and else a new one.
func putInline(r *run, by, target *agent, w *Way) {
	action := "iam:Put" + of(target.holding) + "Policy"
	if action != w.Calls[0] {
		return
	}
	t, ok := r.try(by, w.Name, func(t *attempt) bool {
		names := overwritten(target.inline)
		for _, name := range names {
			parameters := []Parameter{named(target.holding), {"PolicyName", name}, {"PolicyDocument", allowAll}}
			if !t.call(action, "an inline policy of "+target.id.ARN+" allows everything", parameters, t.on(action, target.holding)) {
				return false
			}
		}
		return true
	})
	if ok {
		r.changed(t, target, target.with(func(h *holding) { h.inline = r.rewritten(h.inline) }))
	}
}

// overwritten are the names of the inline policies that deny something, or a new name.
func overwritten(inline []*enforce.Policy) (names []string) {
	for _, p := range inline {
		if denies(p) {
			names = append(names, p.Source().Name)
		}
	}
	if names == nil {
		names = []string{newName}
	}
	return names
}

// rewritten are inline policies after overwritten ones.
func (r *run) rewritten(inline []*enforce.Policy) []*enforce.Policy {
	left := []*enforce.Policy{r.written}
	for _, p := range inline {
		if !denies(p) {
			left = append(left, p)
		}
	}
	return left
}

func putGroupInline(r *run, by, target *agent, w *Way) {
	for i := range target.groups {
		g := &target.groups[i]
		t, ok := r.try(by, w.Name, func(t *attempt) bool {
			for _, name := range overwritten(g.inline) {
				if !t.call(w.Calls[0], "an inline policy of "+g.arn+" allows everything",
					[]Parameter{{"GroupName", g.name}, {"PolicyName", name}, {"PolicyDocument", allowAll}}, question{action: w.Calls[0], resources: []string{g.arn}}) {
					return false
				}
			}
			return true
		})
		if ok {
			r.changed(t, target, target.with(func(h *holding) { h.groups[i].inline = r.rewritten(h.groups[i].inline) }))
		}
	}
}

// attach attaches a managed policy: AWS's that allows everything, or another one.
func attach(r *run, by, target *agent, w *Way) {
	action := "iam:Attach" + of(target.holding) + "Policy"
	if action != w.Calls[len(w.Calls)-1] {
		return
	}
	ask := func(t *attempt, where ...enforce.ConditionElement) question {
		return t.on(action, target.holding, where...)
	}
	r.attachTo(by, target, w, named(target.holding), target.id.ARN, ask, func(m managed) *holding {
		return target.with(func(h *holding) { h.attached = append(h.attached, m) })
	})
}

func attachGroup(r *run, by, target *agent, w *Way) {
	action := w.Calls[len(w.Calls)-1]
	for i := range target.groups {
		g := &target.groups[i]
		ask := func(_ *attempt, where ...enforce.ConditionElement) question {
			return question{action: action, resources: []string{g.arn}, where: where}
		}
		r.attachTo(by, target, w, Parameter{"GroupName", g.name}, g.arn, ask, func(m managed) *holding {
			return target.with(func(h *holding) { h.groups[i].attached = append(h.groups[i].attached, m) })
		})
	}
}

// attachTo attaches what may be attached to an identity or group.
func (r *run) attachTo(by, target *agent, w *Way, name Parameter, arn string,
	ask func(*attempt, ...enforce.ConditionElement) question, result func(managed) *holding) {
	attached := func(t *attempt, m managed) bool {
		return t.call(w.Calls[len(w.Calls)-1], m.arn+" is attached to "+arn, []Parameter{name, {"PolicyArn", m.arn}}, ask(t, equals("iam:PolicyARN", m.arn)))
	}
	if len(w.Calls) == 2 {
		r.attachNew(by, target, w, attached, ask, result)
		return
	}
	t, ok := r.try(by, w.Name, func(t *attempt) bool { return t.call(w.Calls[0], "", nil, ask(t)) })
	if !ok {
		return // whatever is attached
	}
	for m := range r.attachable(by.home, func(where enforce.ConditionElement) bool {
		q := ask(t, where)
		_, verdict := r.ask(by, &q)
		return verdict != prove.No
	}) {
		if target.has(m.arn) {
			continue
		}
		if t, ok := r.try(by, w.Name, func(t *attempt) bool { return attached(t, m) }); ok && (r.changed(t, target, result(m)) || m.arn == administrator) {
			return // one is enough to say that the way is open, and what allows less adds less
		}
	}
}

// attachNew makes a policy that allows everything, and attaches it.
func (r *run) attachNew(by, target *agent, w *Way, attached func(*attempt, managed) bool,
	ask func(*attempt, ...enforce.ConditionElement) question, result func(managed) *holding) {
	var m managed
	if made(w.Calls[0], by, target) {
		return
	}
	t, ok := r.try(by, w.Name, func(t *attempt) bool {
		form := formsOf("iam:CreatePolicy", "")[0]
		if _, chosen := t.chosen[form]; !chosen {
			q := ask(t, enforce.Condition("ArnLike", "iam:PolicyARN", fill(form, by.home, "", "*")))
			d, verdict := r.ask(by, &q)
			if verdict != prove.Yes {
				return false
			}
			// A name that can be attached, if the first one cannot.
			first := ask(t, equals("iam:PolicyARN", fill(form, by.home, "", newName)))
			if _, verdict := r.ask(by, &first); verdict == prove.No {
				for key, values := range d.Request.Context.All() {
					if key == "iam:PolicyARN" && len(values) == 1 {
						t.chosen[form] = values[0]
					}
				}
			}
		}
		if !t.makes(w.Calls[0], "there is a managed policy that allows everything", []Parameter{{"PolicyDocument", allowAll}}) {
			return false
		}
		m = managed{t.chosen[form], r.written}
		return attached(t, m)
	})
	if ok {
		r.changed(t, target, result(m))
	}
}

// addToGroup adds a user to a group that it is not in.
func addToGroup(r *run, by, target *agent, w *Way) {
	if target.id.Kind != account.UserKind {
		return
	}
	for _, g := range target.home.Groups {
		if r.inGroup(target, g.ARN) || len(g.Inline)+len(g.Attached) == 0 {
			continue
		}
		t, ok := r.try(by, w.Name, func(t *attempt) bool {
			return t.call(w.Calls[0], target.id.ARN+" is in "+g.ARN, []Parameter{named(target.holding), {"GroupName", g.Name}}, question{action: w.Calls[0], resources: []string{g.ARN}})
		})
		if ok {
			for _, u := range g.Unknowns() {
				r.unknown("%s", u)
			}
			r.changed(t, target, target.with(func(h *holding) { h.groups = append(h.groups, newMembership(g)) }))
		}
	}
}

func (r *run) inGroup(a *agent, arn string) bool {
	for i := range a.groups {
		if a.groups[i].arn == arn {
			return true
		}
	}
	return false
}

// newVersion makes a version that allows everything of a policy in force.
func newVersion(r *run, by, target *agent, w *Way) {
	for _, p := range r.inForce(target) {
		t, ok := r.try(by, w.Name, func(t *attempt) bool {
			if len(p.Versions) >= maxVersions {
				oldest := p.Versions[len(p.Versions)-1].ID
				if p.Default != nil && p.Default.ID == oldest {
					oldest = p.Versions[0].ID
				}
				if !t.call("iam:DeletePolicyVersion", p.ARN+" has room for a version", []Parameter{{"PolicyArn", p.ARN}, {"VersionId", oldest}}, question{action: "iam:DeletePolicyVersion", resources: []string{p.ARN}}) {
					return false
				}
			}
			return t.call(w.Calls[0], p.ARN+" allows everything", []Parameter{{"PolicyArn", p.ARN}, {"PolicyDocument", allowAll}, {"SetAsDefault", "true"}},
				question{action: w.Calls[0], resources: []string{p.ARN}})
		})
		if ok {
			r.changed(t, target, target.replace(p.ARN, r.written))
		}
	}
}

// maxVersions is how many versions a managed policy may have (IAM and AWS STS quotas).
const maxVersions = 5

// inForce returns the account's own managed policies that are in force for an agent.
func (r *run) inForce(a *agent) (all []*account.Policy) {
	for _, p := range a.home.Policies {
		if !p.OfAWS() && a.has(p.ARN) {
			all = append(all, p)
		}
	}
	return all
}

// otherVersion puts another version in force.
func otherVersion(r *run, by, target *agent, w *Way) {
	for _, p := range r.inForce(target) {
		for _, v := range p.Versions {
			if v == p.Default {
				continue
			}
			t, ok := r.try(by, w.Name, func(t *attempt) bool {
				return t.call(w.Calls[0], "version "+v.ID+" of "+p.ARN+" is in force", []Parameter{{"PolicyArn", p.ARN}, {"VersionId", v.ID}},
					question{action: w.Calls[0], resources: []string{p.ARN}})
			})
			if ok {
				r.changed(t, target, target.replace(p.ARN, v.Policy))
			}
		}
	}
}
