package fakeaws

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// authorizationIDSize is the length of authorization ids. The API reference limits it to
// 256 lower-case letters and digits, and the User Guide's example has 27 characters; what
// AWS's have is unverified.
const authorizationIDSize = 27

// authorizationID is the id under which the details of the call's denial are found; it is
// made when a text first gives it away. A World whose services do not tell of denials
// has none. Nor has a caller without an account: AWS keeps the details for the account of
// the principal, and in a region, of which a signature can have any text.
func (c *Call) authorizationID() string {
	if !c.World.details || c.Account == "" || len(c.Region) > maxRegion {
		return ""
	}
	if c.event.denial == nil {
		c.event.denial = &denial{c.World.ids.Lower(authorizationIDSize), c.Account, c.Region, c.World.Membership(c.Account), c.global}
	}
	return c.event.denial.id
}

// A denial is what the details of a denied call are found by, and the condition keys that
// its permissions share.
type denial struct {
	id, account, region string
	membership          *Membership
	global              *enforce.Context
}

// AuthorizationDetails are what iam-toolbox:GetRequestAuthorizationDetails tells of a
// denied call: the decisions as they were made, and the policies that they were made of.
type AuthorizationDetails struct {
	// Context has the condition keys that all evaluations share.
	Context map[string]ContextValue
	// Evaluations has one for each permission that was asked, up to the one that ended
	// the call.
	Evaluations []Evaluation
	// Policies are those of the account and the organization of the principal.
	Policies []EvaluatedPolicy
}

// An Evaluation is the decision on one permission.
type Evaluation struct {
	*enforce.Decision
	// Context has the condition keys beside the shared ones. It is empty where the
	// resource is of others than the principal's account and organization.
	Context map[string]ContextValue
	// Matched are the statements that decided, by their policy.
	Matched []MatchedPolicy
}

// A MatchedPolicy is a policy of which statements decided, by its place in Policies.
type MatchedPolicy struct {
	Policy     int
	Statements []*enforce.Statement
}

// An EvaluatedPolicy is a policy that a decision was made of.
type EvaluatedPolicy struct {
	*enforce.Policy
	Layer enforce.Layer
	// URI is the ARN of a managed policy, and an opaque text for another.
	URI string
	// AttachedTo are the ARNs of what the policy is attached to.
	AttachedTo []string
}

// A ContextValue is the value of a condition key: a text, or a list of texts for a
// multivalued key.
type ContextValue struct {
	Values []string
	Multi  bool
}

// FindAuthorization returns the details of the denial that has an authorization id, as
// far as the log remembers the call. The account is that of the caller who asks: "If an
// organization was recorded, the calling principal must belong to that organization.
// Otherwise, the calling principal must belong to the recorded account"
// (GetRequestAuthorizationPolicy in the API reference). Details are of one region.
func (w *World) FindAuthorization(id, account, region string) (*AuthorizationDetails, bool) {
	e, ok := w.log.findAuthorization(id)
	if !ok || e.denial.region != region || !e.denial.isOf(w, account) {
		return nil, false
	}
	return newAuthorizationDetails(&e), true
}

// isOf reports whether an account may read the details of a denial.
func (d *denial) isOf(w *World, account string) bool {
	if d.membership == nil {
		return account == d.account
	}
	m := w.Membership(account)
	return m != nil && m.ID == d.membership.ID
}

// A gatherer makes the details of a call.
type gatherer struct {
	event   *Event
	details AuthorizationDetails
	places  map[attachedPolicy]int
}

// An attachedPolicy is a policy in one layer, attached to something: what a managed
// policy has many of, an inline policy has one.
type attachedPolicy struct {
	policy *enforce.Policy
	layer  enforce.Layer
	to     string // of an inline policy
}

func newAuthorizationDetails(e *Event) *AuthorizationDetails {
	g := &gatherer{event: e, places: make(map[attachedPolicy]int)}
	g.details.Context = make(map[string]ContextValue)
	for i := range e.Decisions {
		d := &e.Decisions[i]
		if i == 0 {
			g.share(d)
		}
		g.evaluation(d)
	}
	return &g.details
}

// share sets the keys that all evaluations have.
func (g *gatherer) share(d *enforce.Decision) {
	addKeys(g.details.Context, g.event.denial.global, nil)
	if time := d.Request.Context.Base; time != nil {
		addKeys(g.details.Context, time, time.Base)
	}
	for key, value := range d.Request.DerivedKeys() {
		if !ofResource(key) {
			g.details.Context[key] = ContextValue{Values: []string{value}}
		}
	}
}

// ofResource reports whether a derived key is about the resource rather than the caller.
func ofResource(key string) bool { return key == "aws:ResourceAccount" }

// addKeys sets the keys of a context, without those of the contexts from end on.
func addKeys(keys map[string]ContextValue, c, end *enforce.Context) {
	var upper []*enforce.Context
	for ; c != nil && (end == nil || !c.Equal(end)); c = c.Base {
		upper = append(upper, c)
	}
	for _, one := range slices.Backward(upper) {
		alone := *one
		alone.Base = nil
		for key, values := range alone.All() {
			keys[key] = ContextValue{Values: values, Multi: alone.IsMulti(key)}
		}
	}
}

// evaluation adds one decision. What another account has, its policies and the tags of
// its resources, the caller's account does not learn. AWS says only who may read
// details, not what of them it leaves out: unverified.
func (g *gatherer) evaluation(d *enforce.Decision) {
	ev := Evaluation{Decision: d, Context: make(map[string]ContextValue)}
	own := g.owns(d)
	if own {
		if time := d.Request.Context.Base; time != nil { // those of the time are shared
			addKeys(ev.Context, time.Base, g.event.denial.global)
		}
		alone := d.Request.Context
		alone.Base = nil
		addKeys(ev.Context, &alone, nil)
		for key, value := range d.Request.DerivedKeys() {
			if ofResource(key) {
				ev.Context[key] = ContextValue{Values: []string{value}}
			}
		}
	}
	for _, p := range d.PolicyEvaluations() {
		if own || !ofOwner(p.Layer) {
			ev.match(g.place(d, &p), p.Matched)
		}
	}
	g.details.Evaluations = append(g.details.Evaluations, ev)
}

// ofOwner reports whether the policies of a layer are those of the resource's owner.
func ofOwner(l enforce.Layer) bool {
	return l == enforce.ResourceLayer || l == enforce.TrustLayer || l == enforce.RCPLayer
}

// match adds the statements of a policy that decided.
func (ev *Evaluation) match(policy int, statements []*enforce.Statement) {
	if policy == nowhere || len(statements) == 0 {
		return
	}
	for i := range ev.Matched {
		if ev.Matched[i].Policy == policy {
			return // it is attached to several nodes of the organization
		}
	}
	ev.Matched = append(ev.Matched, MatchedPolicy{policy, statements})
}

// owns reports whether the resource is of the account of the principal, or of its
// organization.
func (g *gatherer) owns(d *enforce.Decision) bool {
	if d.Request.Owner() == g.event.denial.account {
		return true
	}
	if g.event.denial.membership == nil {
		return false
	}
	for key, values := range d.Request.Context.All() {
		if strings.EqualFold(key, "aws:ResourceOrgID") {
			return slices.Contains(values, g.event.denial.membership.ID)
		}
	}
	return false
}

// nowhere is the place of a policy that is none of AWS's.
const nowhere = -1

// place returns where a policy is in the details; it is added on first use. What the root
// user hands on to a federated user is no policy of AWS's, and neither is what stands for
// the policy of a resource that has none.
func (g *gatherer) place(d *enforce.Decision, p *enforce.PolicyEvaluation) int {
	if p.Policy == everything[0] || ofOwner(p.Layer) && len(p.Policy.Statements()) == 0 {
		return nowhere
	}
	to, uri := g.attachedTo(d, p), p.Policy.Source().ARN
	key := attachedPolicy{p.Policy, p.Layer, ""}
	if uri == "" {
		key.to = to
	}
	at, known := g.places[key]
	if !known {
		at = len(g.details.Policies)
		g.places[key] = at
		if uri == "" {
			uri = g.opaque(at)
		}
		g.details.Policies = append(g.details.Policies, EvaluatedPolicy{Policy: p.Policy, Layer: p.Layer, URI: uri})
	}
	if one := &g.details.Policies[at]; to != "" && !slices.Contains(one.AttachedTo, to) {
		one.AttachedTo = append(one.AttachedTo, to)
	}
	return at
}

// opaque is the URI of a policy without an ARN: always the same one in the details of a
// denial.
func (g *gatherer) opaque(at int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "policy %d of %s", at, g.event.AuthorizationID))
	return hex.EncodeToString(sum[:16])
}

// attachedTo is the ARN of what a policy is attached to, as AttachedTo in the API
// reference says; empty when it is not known.
func (g *gatherer) attachedTo(d *enforce.Decision, p *enforce.PolicyEvaluation) string {
	r := d.Request
	switch p.Layer {
	case enforce.ResourceLayer, enforce.TrustLayer:
		if bucket, _, isObject := strings.Cut(r.Resource, "/"); isObject && strings.HasPrefix(bucket, "arn:aws:s3:::") {
			return bucket
		}
		return r.Resource
	case enforce.SCPLayer:
		return g.event.denial.membership.node(g.event.denial.membership.Path, g.event.denial.account, p.Node)
	case enforce.RCPLayer:
		for key, values := range r.Context.All() {
			if strings.EqualFold(key, "aws:ResourceOrgPaths") && len(values) == 1 {
				return g.event.denial.membership.node(values[0], r.Owner(), p.Node)
			}
		}
		return ""
	}
	if r.Principal.IssuerARN != "" {
		return r.Principal.IssuerARN
	}
	return r.Principal.ARN
}

// node is the ARN of a level of an organization, from the root to the account.
func (m *Membership) node(path, account string, level int) string {
	if m == nil {
		return ""
	}
	ids := strings.Split(strings.TrimSuffix(path, "/"), "/")[1:]
	kind, id := "ou", account
	switch {
	case level >= len(ids):
		kind = "account"
	case level == 0:
		kind, id = "root", ids[0]
	default:
		id = ids[level]
	}
	return ARN("organizations", "", m.Management, kind+"/"+m.ID+"/"+id)
}
