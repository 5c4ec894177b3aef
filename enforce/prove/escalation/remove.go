package escalation

import (
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

// deleteBoundary takes the boundary away.
func deleteBoundary(r *run, by, target *agent, w *Way) {
	action := "iam:Delete" + of(target.holding) + "PermissionsBoundary"
	if target.boundary == nil || action != w.Calls[0] {
		return
	}
	t, ok := r.try(by, w.Name, func(t *attempt) bool {
		q := t.on(action, target.holding, bounds(target)...)
		return t.call(action, target.id.ARN+" has no boundary", []Parameter{named(target.holding)}, q)
	})
	if ok {
		r.changed(t, target, target.with(func(h *holding) { h.boundary = nil }))
	}
}

// bounds is the condition that the boundary is the target's own.
func bounds(target *agent) []enforce.ConditionElement {
	if target.boundary == nil {
		return nil
	}
	return []enforce.ConditionElement{equals("iam:PermissionsBoundary", target.boundary.arn)}
}

// putBoundary puts another boundary in place.
func putBoundary(r *run, by, target *agent, w *Way) {
	action := "iam:Put" + of(target.holding) + "PermissionsBoundary"
	if target.boundary == nil || action != w.Calls[0] || !r.may(by, action) {
		return
	}
	some := func(enforce.ConditionElement) bool {
		t := &attempt{run: r, by: by}
		q := t.on(action, target.holding, enforce.Condition("ArnLike", "iam:PermissionsBoundary", "arn:aws:iam::aws:policy/*"))
		_, verdict := r.ask(by, &q)
		return verdict != prove.No
	}
	for m := range r.attachable(by.home, some) {
		if m.arn == target.boundary.arn {
			continue
		}
		t, ok := r.try(by, w.Name, func(t *attempt) bool {
			return t.call(action, m.arn+" is the boundary of "+target.id.ARN, []Parameter{named(target.holding), {"PermissionsBoundary", m.arn}},
				t.on(action, target.holding, equals("iam:PermissionsBoundary", m.arn)))
		})
		if ok && (r.changed(t, target, target.with(func(h *holding) { h.boundary = &m })) || m.arn == administrator) {
			return
		}
	}
}

// deleteInline deletes an inline policy that denies something.
func deleteInline(r *run, by, target *agent, w *Way) {
	action := "iam:Delete" + of(target.holding) + "Policy"
	if action != w.Calls[0] {
		return
	}
	for i, p := range target.inline {
		if !denies(p) {
			continue
		}
		t, ok := r.try(by, w.Name, func(t *attempt) bool {
			return t.call(action, "inline policy "+p.Source().Name+" of "+target.id.ARN+" is gone", []Parameter{named(target.holding), {"PolicyName", p.Source().Name}}, t.on(action, target.holding))
		})
		if ok {
			r.changed(t, target, target.with(func(h *holding) { h.inline = append(h.inline[:i], h.inline[i+1:]...) }))
		}
	}
}

// detach detaches a managed policy that denies something.
func detach(r *run, by, target *agent, w *Way) {
	action := "iam:Detach" + of(target.holding) + "Policy"
	if action != w.Calls[0] {
		return
	}
	for i, m := range target.attached {
		if !denies(m.policy) {
			continue
		}
		t, ok := r.try(by, w.Name, func(t *attempt) bool {
			return t.call(action, m.arn+" is detached from "+target.id.ARN, []Parameter{named(target.holding), {"PolicyArn", m.arn}},
				t.on(action, target.holding, equals("iam:PolicyARN", m.arn)))
		})
		if ok {
			r.changed(t, target, target.with(func(h *holding) { h.attached = append(h.attached[:i], h.attached[i+1:]...) }))
		}
	}
}

// deleteGroupInline and detachGroup are the same of the groups of a user.
func deleteGroupInline(r *run, by, target *agent, w *Way) {
	for i := range target.groups {
		g := &target.groups[i]
		for k, p := range g.inline {
			if !denies(p) {
				continue
			}
			t, ok := r.try(by, w.Name, func(t *attempt) bool {
				return t.call(w.Calls[0], "inline policy "+p.Source().Name+" of "+g.arn+" is gone", []Parameter{{"GroupName", g.name}, {"PolicyName", p.Source().Name}},
					question{action: w.Calls[0], resources: []string{g.arn}})
			})
			if ok {
				r.changed(t, target, target.with(func(h *holding) {
					all := h.groups[i].inline
					h.groups[i].inline = append(all[:k], all[k+1:]...)
				}))
			}
		}
	}
}

func detachGroup(r *run, by, target *agent, w *Way) {
	for i := range target.groups {
		g := &target.groups[i]
		for k, m := range g.attached {
			if !denies(m.policy) {
				continue
			}
			t, ok := r.try(by, w.Name, func(t *attempt) bool {
				return t.call(w.Calls[0], m.arn+" is detached from "+g.arn, []Parameter{{"GroupName", g.name}, {"PolicyArn", m.arn}},
					question{action: w.Calls[0], resources: []string{g.arn}, where: []enforce.ConditionElement{equals("iam:PolicyARN", m.arn)}})
			})
			if ok {
				r.changed(t, target, target.with(func(h *holding) {
					all := h.groups[i].attached
					h.groups[i].attached = append(all[:k], all[k+1:]...)
				}))
			}
		}
	}
}

// leaveGroup takes a user out of a group that denies something.
func leaveGroup(r *run, by, target *agent, w *Way) {
	for i := range target.groups {
		g := &target.groups[i]
		some := false
		for _, p := range g.inline {
			some = some || denies(p)
		}
		for _, m := range g.attached {
			some = some || denies(m.policy)
		}
		if !some {
			continue
		}
		t, ok := r.try(by, w.Name, func(t *attempt) bool {
			return t.call(w.Calls[0], target.id.ARN+" is not in "+g.arn, []Parameter{named(target.holding), {"GroupName", g.name}}, question{action: w.Calls[0], resources: []string{g.arn}})
		})
		if ok {
			r.changed(t, target, target.with(func(h *holding) { h.groups = append(h.groups[:i], h.groups[i+1:]...) }))
		}
	}
}

// freeAccount takes the service control policies away that bound the target's account: by
// an agent in the organization's management account, which they never bound.
func freeAccount(r *run, by, target *agent, w *Way) {
	if len(target.scps) == 0 || by.home.ID != r.world.Management || target.home.ID == r.world.Management || !r.may(by, w.Calls[0]) {
		return
	}
	bound := false
	for _, node := range target.scps {
		for _, p := range node {
			bound = bound || p.Source().ARN != enforce.FullAWSAccess(enforce.ServiceControlPolicy).Source().ARN
		}
	}
	if !bound {
		return
	}
	t, ok := r.try(by, w.Name, func(t *attempt) bool {
		all := question{action: w.Calls[0], resources: []string{"arn:aws:organizations::" + by.home.ID + ":policy/*/service_control_policy/*"}}
		return t.call(w.Calls[0], "the service control policies of "+target.home.ID+" allow everything", nil, all)
	})
	if ok {
		t.assumes = append(t.assumes, "the call is allowed on each policy that bounds account "+target.home.ID)
		r.changed(t, target, target.with(func(h *holding) { h.scps = [][]*enforce.Policy{{enforce.FullAWSAccess(enforce.ServiceControlPolicy)}} }))
	}
}

// tagIdentity notes that tags may change, and policies ask for them.
func tagIdentity(r *run, by, target *agent, w *Way) {
	action := "iam:Tag" + of(target.holding)
	if action != w.Calls[0] || !r.may(by, action) || !r.asksTags(by, target) {
		return
	}
	t := &attempt{run: r, by: by, way: w.Name}
	q := t.on(action, target.holding)
	if _, verdict := r.ask(by, &q); verdict == prove.Yes {
		r.unknown("%s may set the tags of %s, and policies ask for tags", by.who.ARN, target.id.ARN)
	}
}

// rename notes that a user may have another name, and policies ask for names.
func rename(r *run, by, target *agent, w *Way) {
	if target.id.Kind != account.UserKind || !mentions(target.set, "aws:username") {
		return
	}
	t := &attempt{run: r, by: by, way: w.Name}
	q := t.on(w.Calls[0], target.holding)
	if _, verdict := r.ask(by, &q); verdict == prove.Yes {
		r.unknown("%s may rename %s, and policies ask for its name", by.who.ARN, target.id.ARN)
	}
}

// asksTags reports whether policies ask for the tags of the caller, or of identities.
func (r *run) asksTags(by, target *agent) bool {
	return mentions(target.set, "aws:PrincipalTag/") || mentions(by.set, "ResourceTag/") || mentions(by.set, "aws:PrincipalTag/")
}

// attachable yields the managed policies that may be attached: the one that allows
// everything, those of the account, and last AWS's others, if policies let any be attached.
func (r *run) attachable(a *account.Account, some func(enforce.ConditionElement) bool) func(yield func(managed) bool) {
	return func(yield func(managed) bool) {
		if !yield(managed{administrator, r.admin}) {
			return
		}
		for _, p := range a.Policies {
			if p.ARN != administrator && !yield(newManaged(p)) {
				return
			}
		}
		if !some(enforce.Condition("ArnLike", "iam:PolicyARN", "arn:aws:iam::aws:policy/*")) {
			return
		}
		if r.world.Names == nil || r.world.Managed == nil {
			r.unknown("which of AWS's managed policies could be attached: they are not known")
			return
		}
		for _, arn := range r.world.Names() {
			document, ok := r.world.Managed(arn)
			if !ok || arn == administrator {
				continue
			}
			p, err := enforce.Parse(document, enforce.ManagedPolicy, enforce.Source{ARN: arn})
			if err != nil || !yield(managed{arn, p}) {
				return
			}
		}
	}
}
