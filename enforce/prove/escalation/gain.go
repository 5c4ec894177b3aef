package escalation

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// gain finds what an agent is allowed and the one before is not; nil where it is nothing, or
// unknown, which is noted then.
func (r *run) gain(before, after *agent) *Gain {
	g := r.difference(before, after)
	if g == nil && (mentions(before.set, "aws:PrincipalTag/") || mentions(after.set, "aws:PrincipalTag/") || asksSession(before, before.set) || asksSession(after, after.set)) {
		r.hinges = append(r.hinges, hinge{before: before, after: after})
	}
	return g
}

func (r *run) difference(before, after *agent) *Gain {
	if after.home != before.home {
		return r.elsewhere(after)
	}
	old, ok := resolved(before.set, before.who, before.id.Tags)
	set, also := resolved(after.set, after.who, after.id.Tags)
	if !ok || !also {
		r.unknown("whether %s may do more than %s: policies ask who calls", after.who.ARN, before.who.ARN)
		return nil
	}
	q := prove.Question{Principals: []enforce.Principal{after.who}, Actions: []string{"*"}, Budget: r.limits.Budget}
	answer, ok := r.more(old, set, q, ofResources...)
	if !ok {
		return nil
	}
	if answer.Witness == nil {
		return r.byResource(before, after)
	}
	return r.gained(after, answer.Witness)
}

// gained is the gain of a request, which the agent's own policies are asked about.
func (r *run) gained(after *agent, witness *enforce.Request) *Gain {
	witness = r.asAgent(after, witness)
	set := *after.set
	set.NoResourcePolicy = true
	d := enforce.Evaluate(witness, &set)
	if !d.Allowed() {
		r.unknown("what is gained by %s: a request was found that is not allowed", after.who.ARN)
		return nil
	}
	return &Gain{Everything: r.everything(after), Witness: witness, Statement: d.Statement}
}

// ofResources are actions that the resource's policy decides about whatever others say: they
// are ways of their own.
var ofResources = []string{"sts:AssumeRole*", "sts:TagSession", "sts:Set*", "kms:*"}

// more asks whether a set allows more than another, but for some actions; false where that is
// not known. A request for an action that AWS does not have, or with condition keys that
// none for its action has, is none: others are looked for then.
func (r *run) more(old, set *enforce.PolicySet, q prove.Question, without ...string) (prove.Answer, bool) {
	for range 30 {
		answer, ok := r.newAccess(old, except(set, without), q)
		switch {
		case !ok, answer.Witness == nil:
			return answer, ok
		case impossible(answer.Witness):
			action := spelled(answer.Witness.Action)
			if one, ok := r.possible(old, except(set, without), q, action); !ok || one.Witness != nil {
				return one, ok
			}
			without = append(slices.Clone(without), action)
		case q.Known || known(answer.Witness.Action):
			return answer, true
		default:
			q.Known = true
		}
	}
	r.unknown("what is gained by %s: no request was found that AWS can make", q.Principals[0].ARN)
	return prove.Answer{}, false
}

// possible asks about requests for an action that AWS can make.
func (r *run) possible(old, set *enforce.PolicySet, q prove.Question, action string) (prove.Answer, bool) {
	q.Actions, q.Known = []string{action}, false
	q.Where = slices.Concat(q.Where, r.absent(set, action, &q.Principals[0]), r.absent(old, action, &q.Principals[0]))
	patterns := resourcesOf(action)
	if len(q.Resources) == 0 {
		q.Resources = patterns
	}
	answer, ok := r.newAccess(old, set, q)
	if !ok || answer.Witness == nil {
		return answer, ok
	}
	if w := answer.Witness; len(patterns) == 0 {
		w.Resource = "*"
		if !enforce.Evaluate(w, set).Allowed() || enforce.Evaluate(w, old).Allowed() {
			answer.Witness = nil
		}
	} else if impossible(w) {
		answer.Witness = nil // on resources that the question names and the action does not take
	}
	return answer, true
}

func known(action string) bool {
	_, ok := catalog.Find(action)
	return ok
}

// newAccess asks once, and notes why the answer is not known.
func (r *run) newAccess(old, set *enforce.PolicySet, q prove.Question) (prove.Answer, bool) {
	r.result.Asks++
	answer, err := prove.NoNewAccess(r.ctx, old, set, q)
	switch {
	case err != nil:
		r.unknown("what is gained: %v", err)
		return answer, false
	case answer.Verdict == prove.Unknown:
		for _, reason := range answer.Reasons {
			r.unknown("what is gained by %s: %s", q.Principals[0].ARN, reason)
		}
		return answer, false
	}
	return answer, true
}

// except returns a set that denies some actions.
func except(set *enforce.PolicySet, actions []string) *enforce.PolicySet {
	if len(actions) == 0 {
		return set
	}
	c := *set
	p := mustParse(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["`+strings.Join(actions, `","`)+`"],"Resource":"*"}]}`, enforce.IdentityPolicy, enforce.Source{})
	c.Identity = append([]*enforce.Policy{p}, c.Identity...)
	return &c
}

// asAgent is a request as the agent makes it: with the keys of the caller, which resolved
// policies do not ask for.
func (r *run) asAgent(a *agent, witness *enforce.Request) *enforce.Request {
	witness.Action = spelled(witness.Action)
	for _, t := range a.id.Tags {
		witness.Context.Set("aws:PrincipalTag/"+t.Key, t.Value)
	}
	return witness
}

// elsewhere is the gain in another account: what the agent may do with what its account
// owns. Nobody may that from outside by policies of its own alone.
func (r *run) elsewhere(after *agent) *Gain {
	q := prove.Question{Principals: []enforce.Principal{after.who}, Actions: []string{"*"}, ResourceAccount: after.home.ID, Budget: r.limits.Budget}
	set, ok := resolved(after.set, after.who, after.id.Tags)
	if !ok {
		r.unknown("what %s may do: policies ask who calls", after.who.ARN)
		return nil
	}
	answer, ok := r.more(&enforce.PolicySet{Identity: []*enforce.Policy{}}, set, q, ofResources...)
	if !ok || answer.Witness == nil {
		return nil
	}
	return r.gained(after, answer.Witness)
}

// everything reports whether nothing but the organization's policies bounds an agent.
func (r *run) everything(a *agent) bool {
	if len(a.set.Session) > 0 {
		return false
	}
	set, ok := resolved(a.set, a.who, a.id.Tags)
	if !ok {
		return false
	}
	full := &enforce.PolicySet{Identity: []*enforce.Policy{r.written}, SCPs: set.SCPs, NoResourcePolicy: true}
	r.result.Asks++
	answer, err := prove.NoNewAccess(r.ctx, set, full, prove.Question{Principals: []enforce.Principal{a.who}, Actions: []string{"*"}, Budget: r.limits.Budget})
	return err == nil && answer.Verdict == prove.No
}

// byResource finds what the policy of a resource or role allows the agent and not the one
// before: each of its statements is asked about, since one that admits both says nothing of
// the others.
func (r *run) byResource(before, after *agent) *Gain {
	for _, res := range after.home.Resources {
		if res.Policy == nil {
			continue
		}
		for i, s := range res.Policy.Elements().Statements {
			if s.Effect.Value != "Allow" || r.spent() {
				continue
			}
			if g := r.byStatement(before, after, res, i); g != nil {
				return g
			}
		}
	}
	return nil
}

// byStatement is what a statement of a resource's policy allows the agent and the policy does
// not allow the one before.
func (r *run) byStatement(before, after *agent, res *account.Resource, i int) *Gain {
	one := alone(res.Policy, i)
	// What policies of its own allow is compared already, and would hide this.
	bare := *after
	bare.set = new(enforce.PolicySet)
	*bare.set = *after.set
	bare.set.Identity = []*enforce.Policy{}
	for _, p := range after.set.Identity {
		if denies(p) {
			bare.set.Identity = append(bare.set.Identity, alone(p, -1))
		}
	}
	q := question{action: enforce.SplitPattern(res.ARN)[2] + ":*", resources: []string{res.ARN, res.ARN + "/*"}, policy: one, owner: after.home, tags: res.Tags, known: true}
	d, verdict := r.ask(&bare, &q)
	if verdict != prove.Yes {
		return nil
	}
	own := *d.Request
	own.Principal = before.who
	set := *before.set
	set.Resource, set.RCPs = res.Policy, after.home.RCPs
	if !enforce.Evaluate(&own, &set).Allowed() {
		return &Gain{Witness: d.Request, Statement: d.Statement}
	}
	if set.Resource = one; !enforce.Evaluate(&own, &set).Allowed() {
		r.unknown("whether %s may do more than %s with %s: other statements allow that some of it", after.who.ARN, before.who.ARN, res.ARN)
	}
	return nil
}

// alone is a policy with one of its Allows, or none, and its Denies.
func alone(p *enforce.Policy, i int) *enforce.Policy {
	doc := p.Elements()
	var left []enforce.StatementElements
	for n, s := range doc.Statements {
		if n == i || s.Effect.Value == "Deny" {
			left = append(left, s)
		}
	}
	doc.Statements = left
	if made, err := enforce.Build(doc, p.Kind(), p.Source()); err == nil {
		return made
	}
	return p // which allows no less
}
