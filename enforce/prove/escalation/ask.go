package escalation

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/internal/catalog"
)

// A question is whether a request is allowed, of one action on one of some resources.
type question struct {
	action    string
	resources []string // patterns; none is "*", of actions that act on no resource
	where     []enforce.ConditionElement
	// policy guards the resource, and owner is its account where it is another's.
	policy *enforce.Policy
	owner  *account.Account
	// target is what the resource's tags and boundary are those of; known says that it is
	// there, and has no others.
	tags     []account.Tag
	boundary *managed
	known    bool
	// all are patterns of what the question might have been about instead: the names of new
	// things are the caller's to choose.
	all []string
}

// run is one search.
type run struct {
	*Search
	ctx    context.Context
	result *Result
	agents []*agent
	start  *agent
	seen   map[string]bool // keys of agents
	noted  map[string]bool // keys of paths
	hinges []hinge
	// settable says of identities and resources, by their ARNs, whether somebody may set their
	// tags.
	settable map[string]bool
	// federates says of users whether they may make sessions of federated users with tags.
	federates map[*agent]bool
}

// unknown notes why there may be more paths.
func (r *run) unknown(format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	if !slices.Contains(r.result.Unknown, reason) {
		r.result.Unknown = append(r.result.Unknown, reason)
	}
}

// agent makes an agent of a holding.
func (r *run) agent(home *account.Account, h *holding) *agent {
	return &agent{holding: h, home: home, who: h.id.Principal(), set: h.set()}
}

// spent reports whether the search is to end, and notes why.
func (r *run) spent() bool {
	switch {
	case r.ctx.Err() != nil:
		r.unknown("%v", r.ctx.Err())
	case r.result.Asks >= r.limits.Asks:
		r.unknown("more than %d questions", r.limits.Asks)
	case len(r.result.Paths) >= r.limits.Paths:
		r.unknown("more than %d paths", r.limits.Paths)
	default:
		return false
	}
	return true
}

// ask looks for a request of an agent that its policies, and that of the resource, allow.
func (r *run) ask(a *agent, q *question) (enforce.Decision, prove.Verdict) {
	d, verdict := r.askAs(a.who, a.set, a.id.Tags, q)
	if verdict == prove.No {
		r.hinge(a, q)
	}
	return d, verdict
}

// about is the policies that decide on a question.
func (r *run) about(who enforce.Principal, of *enforce.PolicySet, q *question) enforce.PolicySet {
	set := *of
	if set.Resource = q.policy; q.owner != nil {
		set.RCPs = q.owner.RCPs
	} else if a := r.accounts[who.Account]; a != nil {
		set.RCPs = a.RCPs
	}
	return set
}

func (r *run) askAs(who enforce.Principal, of *enforce.PolicySet, tags []account.Tag, q *question) (enforce.Decision, prove.Verdict) {
	set := r.about(who, of, q)
	return r.askWhere(who, &set, slices.Concat(r.tagFacts(&set, tags, q).all(), r.facts(&set, who, q)), q)
}

// askWhere is askAs with the facts of the requests.
func (r *run) askWhere(who enforce.Principal, set *enforce.PolicySet, facts []enforce.ConditionElement, q *question) (enforce.Decision, prove.Verdict) {
	if r.spent() {
		return enforce.Decision{}, prove.Unknown
	}
	asked := prove.Question{Principals: []enforce.Principal{who}, Actions: []string{q.action}, Resources: q.resources, Budget: r.limits.Budget}
	asked.Where = slices.Concat(facts, q.where)
	if q.owner != nil {
		asked.ResourceAccount = q.owner.ID
	}
	r.result.Asks++
	about := set
	if len(q.resources) == 0 {
		about = r.onNothing(set)
	}
	answer, err := prove.Can(r.ctx, about, asked)
	switch {
	case err != nil:
		r.unknown("%s of %s: %v", q.action, who.ARN, err)
		return enforce.Decision{}, prove.Unknown
	case answer.Verdict == prove.Unknown:
		r.unknown("%s of %s: %s", q.action, who.ARN, strings.Join(answer.Reasons, "; "))
	case answer.Verdict == prove.Yes:
		return r.decide(answer.Witness, set, q)
	}
	return enforce.Decision{}, answer.Verdict
}

// decide evaluates a request that was found. What acts on no resource is asked for with "*".
func (r *run) decide(witness *enforce.Request, set *enforce.PolicySet, q *question) (enforce.Decision, prove.Verdict) {
	if len(q.resources) == 0 {
		witness.Resource = "*"
	}
	witness.Action = spelled(witness.Action)
	d := enforce.Evaluate(witness, set)
	if d.Allowed() {
		return d, prove.Yes
	}
	r.unknown("%s of %s: a request was found that is not allowed", q.action, witness.Principal.ARN)
	return enforce.Decision{}, prove.Unknown
}

// spelled is an action in AWS's spelling.
func spelled(action string) string {
	if a, ok := catalog.Find(action); ok {
		return a.String()
	}
	return action
}

// mentions reports whether a policy speaks of a condition key.
func mentions(set *enforce.PolicySet, key string) bool {
	for p := range set.All() {
		if strings.Contains(strings.ToLower(p.Document()), strings.ToLower(key)) {
			return true
		}
	}
	return false
}

// facts are what requests have and nobody chooses, as far as policies ask for it, but for
// tags: the boundary of what the caller acts on, and that it calls by itself.
func (r *run) facts(set *enforce.PolicySet, who enforce.Principal, q *question) (where []enforce.ConditionElement) {
	if !strings.Contains(q.action, "*") {
		where = r.absent(set, q.action, &who)
	}
	if q.known && mentions(set, "iam:PermissionsBoundary") && !strings.Contains(q.action, "PermissionsBoundary") {
		if q.boundary != nil {
			where = append(where, enforce.Condition("StringEquals", "iam:PermissionsBoundary", q.boundary.arn))
		} else {
			where = append(where, enforce.Condition("Null", "iam:PermissionsBoundary", "true"))
		}
	}
	if who.Type == enforce.Service {
		return where
	}
	where = append(where, organization(set, who, r)...)
	if mentions(set, "aws:ViaAWSService") {
		where = append(where, enforce.Condition("Bool", "aws:ViaAWSService", "false"))
	}
	for _, key := range []string{"aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"} {
		if mentions(set, key) {
			where = append(where, enforce.Condition("Null", key, "true"))
		}
	}
	return where
}

// organization are the keys of the caller's organization, where it is known.
func organization(set *enforce.PolicySet, who enforce.Principal, r *run) (where []enforce.ConditionElement) {
	a := r.accounts[who.Account]
	if a == nil || a.Organization == nil {
		return nil
	}
	for key, value := range map[string]string{"aws:PrincipalOrgID": a.Organization.ID, "aws:PrincipalOrgPaths": a.Organization.Path} {
		switch {
		case !mentions(set, key):
		case value == "":
			where = append(where, enforce.Condition("Null", key, "true"))
		default:
			where = append(where, enforce.Condition("ForAnyValue:StringEquals", key, value))
		}
	}
	return where
}

// equals is the condition that a key has a value.
func equals(key, value string) enforce.ConditionElement {
	return enforce.Condition("StringEquals", key, value)
}
