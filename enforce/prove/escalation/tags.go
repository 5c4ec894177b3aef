package escalation

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/internal/catalog"
	"github.com/leastpriv/leastpriv/internal/fixedkeys"
)

// tagFacts are conditions that the tags that policies ask for are as they are: those of the
// caller, and those of what it acts on.
type tagFacts struct{ caller, own []enforce.ConditionElement }

func (f *tagFacts) all() []enforce.ConditionElement { return slices.Concat(f.caller, f.own) }

func (r *run) tagFacts(set *enforce.PolicySet, tags []account.Tag, q *question) *tagFacts {
	facts := new(tagFacts)
	seen := map[string]bool{}
	for p := range set.All() {
		for _, m := range r.tags.FindAllStringSubmatch(p.Document(), -1) {
			name := strings.TrimSpace(m[2]) // of a variable with a default, before the comma
			key := m[1] + "/" + name
			if low := strings.ToLower(key); seen[low] {
				continue
			}
			seen[strings.ToLower(key)] = true
			switch {
			case strings.EqualFold(m[1], "aws:principaltag"):
				facts.caller = append(facts.caller, tagged(key, name, tags))
			case q.known:
				facts.own = append(facts.own, tagged(key, name, q.tags))
			}
		}
	}
	return facts
}

// tagged is the condition that a key has the value of a tag.
func tagged(key, name string, tags []account.Tag) enforce.ConditionElement {
	for _, t := range tags {
		if strings.EqualFold(t.Key, name) {
			return enforce.Condition("StringEquals", key, t.Value)
		}
	}
	return enforce.Condition("Null", key, "true")
}

// A hinge is an answer that is No with tags and the name of the session as they are: to a
// question of an agent, or to whether one agent may do more than another. With others it may
// be Yes.
type hinge struct {
	by            *agent
	question      question
	caller, own   bool   // whose tags policies ask for
	session       bool   // they ask for the name of the caller's session
	before, after *agent // of a gain
}

// hinge keeps a question that was answered with No, if policies ask for tags or sessions.
func (r *run) hinge(a *agent, q *question) {
	set := r.about(a.who, a.set, q)
	f := r.tagFacts(&set, a.id.Tags, q)
	h := hinge{by: a, question: *q, caller: len(f.caller) > 0, own: len(f.own) > 0, session: asksSession(a, &set)}
	if h.caller || h.own || h.session {
		r.hinges = append(r.hinges, h)
	}
}

// asksSession reports whether policies ask for the name of an agent's session, which whoever
// assumes the role chooses.
func asksSession(a *agent, set *enforce.PolicySet) bool {
	return a.id.Kind == account.RoleKind && (mentions(set, "aws:userid") || mentions(set, ":assumed-role/"))
}

// turn looks at the hinges when all agents are known, since any of them may set the tags. Its
// own questions may make more hinges.
func (r *run) turn() {
	for i := 0; i < len(r.hinges); i++ {
		if r.spent() {
			return
		}
		if h := r.hinges[i]; h.by == nil {
			r.turnGain(&h)
		} else {
			r.turnQuestion(&h)
		}
	}
}

func (r *run) turnGain(h *hinge) {
	for _, a := range []*agent{h.before, h.after} {
		if asksSession(a, a.set) {
			r.unknown("whether %s may do more than %s: policies ask for the names of sessions, which the caller chooses", h.after.who.ARN, h.before.who.ARN)
			return
		}
		if mentions(a.set, "aws:PrincipalTag/") && r.mayBeTagged(a) {
			r.unknown("whether %s may do more than %s: policies ask for the tags of %s, which may be set", h.after.who.ARN, h.before.who.ARN, a.id.ARN)
			return
		}
	}
}

// turnQuestion asks again, with any tags where they may be set, and any session of a role.
func (r *run) turnQuestion(h *hinge) {
	a, q := h.by, &h.question
	caller := h.caller && r.mayBeTagged(a)
	own := h.own && r.maySetTags(q)
	if !caller && !own && !h.session {
		return
	}
	who := a.who
	set := r.about(who, a.set, q)
	tags := r.tagFacts(&set, a.id.Tags, q)
	facts := r.facts(&set, who, q)
	if h.session {
		facts = append(facts, fixedkeys.Session(a.id.ARN, a.id.ID)...)
		who = enforce.Principal{Type: enforce.AssumedRole, Account: who.Account}
	}
	if !caller {
		facts = append(facts, tags.caller...)
	}
	if !own {
		facts = append(facts, tags.own...)
	}
	if _, verdict := r.askWhere(who, &set, facts, q); verdict != prove.No {
		r.unknown("%s of %s: policies ask for tags that may be set, or for the name of a session", q.action, a.who.ARN)
	}
}

// mayBeTagged reports whether an agent may have other tags than its identity has now: in a
// session that brings its own, or because somebody sets them.
func (r *run) mayBeTagged(a *agent) bool {
	if r.mayTagSessions(a.id.ARN) || r.mayFederate(a) {
		return true
	}
	q := question{resources: []string{a.id.ARN}, tags: a.id.Tags, boundary: a.boundary, known: true}
	return r.maySetTags(&q)
}

// mayTagSessions reports whether the sessions of a role may have tags of their own.
func (r *run) mayTagSessions(arn string) bool {
	a := r.accounts[enforce.SplitPattern(arn)[4]]
	if a == nil {
		return false
	}
	role := a.Role(arn)
	return role != nil && fixedkeys.MayTagSessions(role.Trust)
}

// mayFederate reports whether a user may make sessions of federated users with tags. It is
// asked once for each agent, because each answer No that depends on tags is a hinge again.
func (r *run) mayFederate(a *agent) bool {
	if a.id.Kind != account.UserKind {
		return false
	}
	may, known := r.federates[a]
	if !known {
		may = r.askFederate(a)
		r.federates[a] = may
	}
	return may
}

func (r *run) askFederate(a *agent) bool {
	for _, action := range []string{"sts:GetFederationToken", "sts:TagSession"} {
		if !r.may(a, action) {
			return false
		}
		q := question{action: action, resources: []string{"arn:aws:sts::" + a.id.Account + ":federated-user/*"}}
		if _, verdict := r.ask(a, &q); verdict == prove.No {
			return false
		}
	}
	return true
}

// maySetTags reports whether one of the agents may set or remove tags of what a question is
// about.
func (r *run) maySetTags(about *question) bool {
	arn := about.resources[0]
	if known, ok := r.settable[arn]; ok {
		return known
	}
	r.settable[arn] = false // what the tags are asked for to set them is a hinge of its own
	service, ok := catalog.Lookup(enforce.SplitPattern(arn)[2])
	if !ok {
		return false
	}
	for _, action := range service.Actions() {
		if action.Access != catalog.Tagging || !takes(action, arn) {
			continue
		}
		q := *about
		q.action, q.where, q.all = action.String(), nil, nil
		if service.Prefix == "iam" {
			q.policy = nil // a trust policy decides on who assumes the role alone
		}
		for _, a := range r.agents {
			if !r.may(a, q.action) && q.policy == nil {
				continue
			}
			if _, verdict := r.ask(a, &q); verdict != prove.No {
				r.settable[arn] = true
				return true
			}
		}
	}
	return false
}

// retag notes that an agent may set tags that its own policies ask for: of another session of
// its role, and of resources.
func (r *run) retag(a *agent) {
	if mentions(a.set, "aws:PrincipalTag/") {
		if role := a.home.Role(a.id.ARN); role != nil && fixedkeys.MayTagSessions(role.Trust) {
			q := r.assumed(role, role.Trust)
			if _, verdict := r.ask(a, &q); verdict != prove.No {
				r.unknown("%s may make other sessions of its role, and policies ask for their tags", a.who.ARN)
			}
		}
		if r.mayFederate(a) {
			r.unknown("%s may make sessions of federated users, and policies ask for their tags", a.who.ARN)
		}
	}
	for _, service := range r.byTags(a) {
		for _, action := range service.Actions() {
			if action.Access != catalog.Tagging || !r.may(a, action.String()) {
				continue
			}
			q := question{action: action.String(), resources: resourcesOf(action.String())}
			if _, verdict := r.ask(a, &q); verdict != prove.No {
				r.unknown("%s may %s, and its policies ask for tags of resources of %s", a.who.ARN, q.action, service.Name)
				break
			}
		}
	}
}

// byTags are the services of whose resources the policies of an agent ask for tags.
func (r *run) byTags(a *agent) (services []*catalog.Service) {
	for p := range a.set.All() {
		if !strings.Contains(strings.ToLower(p.Document()), "resourcetag/") {
			continue
		}
		for _, s := range p.Elements().Statements {
			if !slices.ContainsFunc(s.Conditions, func(c enforce.ConditionElement) bool {
				return strings.Contains(strings.ToLower(c.Key.Value), "resourcetag/")
			}) {
				continue
			}
			for _, action := range s.Action {
				prefix, _, _ := strings.Cut(action.Value, ":")
				if service, ok := catalog.Lookup(prefix); ok && !slices.Contains(services, service) {
					services = append(services, service)
				}
			}
		}
	}
	return services
}
