package enforce

import (
	"math/bits"
	"slices"
	"strings"
)

// matches grades how a statement applies to the request; unnamed when it does
// not. Statements without principals apply directly.
func (e *eval) matches(s *Statement) grade {
	if !s.concerns(e.action) || !e.covers(s) {
		return unnamed
	}
	return e.admits(s)
}

// admits is matches for a statement about the action and the resource.
func (e *eval) admits(s *Statement) grade {
	g := e.names(s)
	if g == unnamed {
		return unnamed
	}
	if len(s.conditions) > 0 && !e.meets(s) {
		return unnamed
	}
	return g
}

// meets reports whether the request satisfies the conditions of a statement that has some.
func (e *eval) meets(s *Statement) bool {
	if e.req.Unknown != nil {
		return e.meetsUnknown(s)
	}
	if first := &s.conditions[0]; e.met.conditions != first {
		e.met.conditions, e.met.yes = first, e.allHold(s.conditions)
	}
	return e.met.yes
}

func (e *eval) allHold(conditions []condition) bool {
	for i := range conditions {
		if !e.holds(&conditions[i]) {
			return false
		}
	}
	return true
}

// covers reports whether a statement is about the request's resource. An action
// without resource-level permissions has the resource "*", which only "*"
// matches.
func (e *eval) covers(s *Statement) bool {
	switch {
	case len(s.resources) == 0:
		return true
	case e.req.Unknown != nil:
		return e.coversUnknown(s)
	}
	if first := &s.resources[0]; e.covered.resources != first {
		e.covered.resources, e.covered.yes = first, e.anyMatches(s.resources)
	}
	return e.covered.yes != s.not.resource
}

func (e *eval) anyMatches(resources []arnPattern) bool {
	for i := range resources {
		if e.matchARN(&resources[i], e.req.Resource, &e.resource) {
			return true
		}
	}
	return false
}

// best returns the statement of an index that applies most directly, the first
// of equals.
func (e *eval) best(x *index) (best *Statement, g grade) {
	if x.actions == nil {
		return e.better(x.rules, false, nil, unnamed)
	}
	if x.actions.named != nil {
		best, g = e.better(x.actions.named[e.action], true, nil, unnamed)
	}
	for _, w := range x.actions.wilds(e.action) {
		if w.action.match(e.action) {
			best, g = e.better(w.rules, true, best, g)
		}
	}
	if x.actions.other != nil {
		best, g = e.better(x.actions.other, false, best, g)
	}
	return best, g
}

// better returns the statement of a list that applies more directly than best,
// or as directly and stands before it. The list is in the order of the document;
// all of it concerns the action, or that is to be asked.
func (e *eval) better(list []rule, concern bool, best *Statement, g grade) (*Statement, grade) {
	lacks := e.lacksRuns(len(list))
	for {
		if list = lacks.skip(list); len(list) == 0 {
			return best, g
		}
		s := list[0].Statement
		list = list[1:]
		switch {
		case g == directly && s.number >= best.number:
			return best, g
		case g >= s.most && s.number >= best.number, !concern && !s.concerns(e.action), !e.covers(s):
			continue
		}
		m := e.admits(s)
		if m > g || m == g && m != unnamed && s.number < best.number {
			best, g = s, m
		}
	}
}

// anyAllows returns an Allow of any of the policies.
func (e *eval) anyAllows(policies []*Policy) *Statement {
	for _, p := range policies {
		if s, _ := e.best(&p.allows); s != nil {
			return s
		}
	}
	return nil
}

func (e *eval) anyDenies(policies []*Policy) *Statement {
	for _, p := range policies {
		if s := e.denied(p); s != nil {
			return s
		}
	}
	return nil
}

func (e *eval) denied(p *Policy) *Statement {
	if len(p.denies.rules) == 0 {
		return nil
	}
	s, _ := e.best(&p.denies)
	return s
}

// layers is a set of layers, one bit for each.
type layers uint16

func (l layers) has(layer Layer) bool { return l&(1<<uint(layer)) != 0 }

// first returns the layer whose denies are looked for first.
func (l layers) first() Layer { return Layer(bits.TrailingZeros16(uint16(l))) }

// layers returns the layers that a set has policies for. Most sets have one or
// two; a decision does not look at the others again.
func (set *PolicySet) layers() (l layers) {
	add := func(layer Layer, present bool) {
		if present {
			l |= 1 << layer
		}
	}
	add(SCPLayer, set.SCPs != nil)
	add(RCPLayer, set.RCPs != nil)
	add(IdentityLayer, set.Identity != nil)
	add(ResourceLayer, set.Resource != nil)
	add(BoundaryLayer, set.Boundary != nil)
	add(SessionLayer, set.Session != nil)
	add(EndpointLayer, set.Endpoint != nil)
	return l
}

// layersOfKind are the layers that take the policies of each kind. A permissions boundary is
// an identity-based policy, and policies that a session passes by ARN are managed ones.
var layersOfKind = [...]layers{
	IdentityPolicy:        1<<IdentityLayer | 1<<BoundaryLayer | 1<<SessionLayer,
	ManagedPolicy:         1<<IdentityLayer | 1<<BoundaryLayer | 1<<SessionLayer,
	SessionPolicy:         1 << SessionLayer,
	ResourcePolicy:        1 << ResourceLayer,
	BucketPolicy:          1 << ResourceLayer,
	QueuePolicy:           1 << ResourceLayer,
	KeyPolicy:             1 << ResourceLayer,
	TrustPolicy:           1 << ResourceLayer,
	ServiceControlPolicy:  1 << SCPLayer,
	ResourceControlPolicy: 1 << RCPLayer,
	EndpointPolicy:        1 << EndpointLayer,
}

// misplaced returns a policy of a kind that its layer does not take, nil when there is
// none. present is what the set has policies for: most have them for one or two layers.
func (set *PolicySet) misplaced(present layers) (*Policy, Layer) {
	if p := stray(IdentityLayer, set.Identity); p != nil {
		return p, IdentityLayer
	}
	if p := set.Resource; p != nil && !layersOfKind[p.kind].has(ResourceLayer) {
		return p, ResourceLayer
	}
	if present&^(1<<IdentityLayer|1<<ResourceLayer) == 0 {
		return nil, NoLayer
	}
	return set.misplacedLimit()
}

// misplacedLimit is misplaced for the layers that do not grant.
func (set *PolicySet) misplacedLimit() (*Policy, Layer) {
	if p := set.Boundary; p != nil && !layersOfKind[p.kind].has(BoundaryLayer) {
		return p, BoundaryLayer
	}
	if p := set.Endpoint; p != nil && !layersOfKind[p.kind].has(EndpointLayer) {
		return p, EndpointLayer
	}
	if p := stray(SessionLayer, set.Session); p != nil {
		return p, SessionLayer
	}
	for _, node := range set.SCPs {
		if p := stray(SCPLayer, node); p != nil {
			return p, SCPLayer
		}
	}
	for _, node := range set.RCPs {
		if p := stray(RCPLayer, node); p != nil {
			return p, RCPLayer
		}
	}
	return nil, NoLayer
}

// stray returns the first policy that a layer does not take.
func stray(l Layer, policies []*Policy) *Policy {
	common := ^layers(0) // the layers that take all of them: one comparison for most sets
	for _, p := range policies {
		common &= layersOfKind[p.kind]
	}
	if common.has(l) {
		return nil
	}
	i := slices.IndexFunc(policies, func(p *Policy) bool { return !layersOfKind[p.kind].has(l) })
	return policies[i]
}

// denies returns a Deny of a layer that applies to the request.
func (e *eval) denies(l Layer) *Statement {
	switch l {
	case SCPLayer, RCPLayer:
		for _, node := range e.nodes(l) {
			if s := e.anyDenies(node); s != nil {
				return s
			}
		}
	case IdentityLayer:
		return e.anyDenies(e.set.Identity)
	case ResourceLayer, TrustLayer:
		if !e.keepsBucketPolicy() {
			return e.denied(e.set.Resource)
		}
	case BoundaryLayer:
		if e.bounded() {
			return e.denied(e.set.Boundary)
		}
	case SessionLayer:
		return e.anyDenies(e.set.Session)
	case EndpointLayer:
		return e.denied(e.set.Endpoint)
	}
	return nil
}

// nodes returns the policies of AWS Organizations that apply: SCPs to the
// principals of member accounts, root included, but neither to services nor to
// anonymous callers; RCPs to everybody, in the services that they are for.
// Service-linked roles are exempt.
func (e *eval) nodes(l Layer) [][]*Policy {
	switch {
	case e.serviceLinked():
		return nil
	case l == SCPLayer:
		if e.identity {
			return e.set.SCPs
		}
		return nil
	case e.set.RCPs == nil || !rcpsApply(e.action, e.req.Resource, e.req.Unknown) || e.keyOfAWS():
		return nil
	}
	return e.set.RCPs
}

// nodesAllow reports whether each node of the path allows: the policies of one
// node add up, the nodes do not.
func (e *eval) nodesAllow(l Layer) bool {
	for _, node := range e.nodes(l) {
		if e.anyAllows(node) == nil {
			return false
		}
	}
	return true
}

// resourceAllows returns how directly the resource-based policy allows.
func (e *eval) resourceAllows() (grade, *Statement) {
	if e.set.Resource == nil {
		return unnamed, nil
	}
	s, g := e.best(&e.set.Resource.allows)
	return g, s
}

// signs reports whether the caller signs its requests. Those who are about to assume a
// role with a token or an assertion do not; that they have the same global keys as
// anonymous callers is unverified.
func (p *Principal) signs() bool {
	return p.Type != Anonymous && p.Type != WebIdentity && p.Type != SAMLIdentity
}

// hasIdentity reports whether the caller is one whom an account's own policies
// can be attached to.
func (p *Principal) hasIdentity() bool {
	switch p.Type {
	case User, AssumedRole, FederatedUser, Root:
		return true
	}
	return false
}

// serviceLinkedPath begins the resource in the ARN of a service-linked role.
const serviceLinkedPath = "role/aws-service-role/"

// serviceLinked reports whether the caller is a service-linked role, which
// organization policies and boundaries do not limit.
func (e *eval) serviceLinked() bool {
	p := &e.req.Principal
	return p.Type == AssumedRole && strings.Contains(p.IssuerARN, ":"+serviceLinkedPath)
}

// bounded reports whether a permissions boundary limits the caller.
func (e *eval) bounded() bool {
	return e.set.Boundary != nil && e.req.Principal.Type != Root && !e.serviceLinked()
}

// alone reports whether the resource's policy must admit every caller.
func (e *eval) alone() bool {
	if e.set.Resource != nil {
		return e.set.Resource.kind.alone()
	}
	hasOwn := strings.HasPrefix(e.action, "sts:") || strings.HasPrefix(e.action, "kms:") // most are of other services
	return hasOwn && e.missing() != noKind
}

const noKind Kind = 0

// missing returns the kind of the policy that the resource has in AWS and the set has
// not: every role has a trust policy, and every KMS key a key policy. Who may retire a
// grant of a key, the grant says first ("kms:RetireGrant" of the KMS Developer Guide).
func (e *eval) missing() Kind {
	if e.set.Resource != nil || e.set.NoResourcePolicy {
		return noKind
	}
	switch {
	case strings.HasPrefix(e.action, "kms:") && e.action != "kms:retiregrant":
		if a, ok := splitARN(e.req.Resource); ok && a.service() == "kms" && strings.HasPrefix(a.resource(), "key/") {
			return KeyPolicy
		}
	case strings.HasPrefix(e.action, "sts:"):
		if a, ok := splitARN(e.req.Resource); ok && e.action != "sts:assumeroot" && slices.Contains(trustActions, e.action) &&
			a.service() == "iam" && strings.HasPrefix(a.resource(), "role/") {
			return TrustPolicy
		}
	}
	return noKind
}

// resourceLayer returns the name that denials give to the resource's policy.
func (e *eval) resourceLayer() Layer {
	kind := e.missing()
	if e.set.Resource != nil {
		kind = e.set.Resource.kind
	}
	if kind == TrustPolicy {
		return TrustLayer
	}
	return ResourceLayer
}
