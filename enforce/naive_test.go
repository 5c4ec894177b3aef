package enforce_test

// A second evaluator, to check the first against. It is written from AWS's rules
// as they are numbered in the tests' names, knows nothing of package enforce but
// its exported types, and does everything the slow and obvious way: a policy is
// what encoding/json makes of its text, a pattern is matched by recursion, and
// every layer is asked every time.

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// statement is one statement of a policy document.
type statement struct {
	element map[string]any
	version string
}

// document reads a policy's text. A policy without text has no statements.
func document(p *enforce.Policy) []statement {
	if p == nil || p.Document() == "" {
		return nil
	}
	decoder := json.NewDecoder(strings.NewReader(p.Document()))
	decoder.UseNumber()
	var doc map[string]any
	if err := decoder.Decode(&doc); err != nil {
		panic(fmt.Sprintf("a policy that was parsed is not JSON: %v: %s", err, p.Document()))
	}
	version, _ := doc["Version"].(string)
	var all []statement
	for _, s := range elements(doc["Statement"]) {
		all = append(all, statement{s.(map[string]any), version})
	}
	return all
}

// elements makes a list of what may be one thing or a list of things (rule 5).
func elements(v any) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case []any:
		return v
	}
	return []any{v}
}

// texts makes strings of scalars, as AWS coerces them (rule 28).
func texts(v any) []string {
	var all []string
	for _, e := range elements(v) {
		all = append(all, fmt.Sprint(e))
	}
	return all
}

// documents are the policies of a PolicySet, read.
type documents struct {
	identity, boundary, session, resource, endpoint []statement
	scps, rcps                                      [][]statement
	hasBoundary, hasSession, hasEndpoint            bool
	hasResource                                     bool
	trust, key                                      bool // the resource-based policy is a role's or a key's
}

func read(set *enforce.PolicySet) *documents {
	d := &documents{
		boundary: document(set.Boundary), resource: document(set.Resource), endpoint: document(set.Endpoint),
		hasBoundary: set.Boundary != nil, hasSession: set.Session != nil, hasEndpoint: set.Endpoint != nil,
		hasResource: set.Resource != nil,
		trust:       set.Resource != nil && set.Resource.Kind() == enforce.TrustPolicy,
		key:         set.Resource != nil && set.Resource.Kind() == enforce.KeyPolicy,
	}
	union := func(policies []*enforce.Policy) (all []statement) {
		for _, p := range policies {
			all = append(all, document(p)...)
		}
		return all
	}
	d.identity, d.session = union(set.Identity), union(set.Session)
	for _, node := range set.SCPs {
		d.scps = append(d.scps, union(node))
	}
	for _, node := range set.RCPs {
		d.rcps = append(d.rcps, union(node))
	}
	return d
}

// answer is what the naive evaluator says. Layer is NoLayer where the rules do
// not say which layer a denial names, and for all that is allowed. Open is true
// where they do not even fix the verdict.
type answer struct {
	verdict enforce.Verdict
	layer   enforce.Layer
	open    bool
}

// naive is one question on its way to an answer.
type naive struct {
	*documents
	who              enforce.Principal
	action, resource string
	owner            string
	keys             map[string][]string
	multi            map[string]bool // keys that are multivalued, whatever number of values they have
	open             bool
}

func decideNaively(req *enforce.Request, d *documents, multi map[string]bool) answer {
	n := &naive{documents: d, who: req.Principal, action: req.Action, resource: req.Resource, owner: req.ResourceAccount, multi: multi}
	if in := regexp.MustCompile(`^arn:[^:]*:[^:]*:[^:]*:(\d{12}):`).FindStringSubmatch(n.resource); n.owner == "" && in != nil {
		n.owner = in[1] // rule 45
	}
	if n.owner == "" {
		n.owner = n.who.Account
	}
	n.keys = contextOf(req, n.owner)
	a := n.decide()
	a.open = n.open
	return a
}

// contextOf returns the keys of the request, lower-cased, with those that follow
// from who asks and who owns (rules 17 and 32).
func contextOf(req *enforce.Request, owner string) map[string][]string {
	keys := map[string][]string{}
	set := func(key, value string) {
		if value != "" {
			keys[key] = []string{value}
		}
	}
	p := req.Principal
	set("aws:principalarn", p.ARN)
	if p.Type == enforce.AssumedRole {
		set("aws:principalarn", p.IssuerARN)
	}
	unsigned := p.Type == enforce.Anonymous || p.Type == enforce.WebIdentity || p.Type == enforce.SAMLIdentity
	if set("aws:principalaccount", p.Account); unsigned {
		set("aws:principalaccount", "anonymous")
	}
	switch p.Type {
	case enforce.User, enforce.AssumedRole, enforce.FederatedUser, enforce.Root, enforce.Anonymous: // those of AWS's table
		set("aws:principaltype", string(p.Type))
	}
	set("aws:userid", p.UserID)
	set("aws:resourceaccount", owner)
	if p.Type == enforce.Anonymous {
		set("aws:userid", "anonymous")
	}
	if p.Type == enforce.User {
		set("aws:username", p.UserName)
	}
	if !unsigned {
		set("aws:principalisawsservice", fmt.Sprint(p.Type == enforce.Service))
	}
	if p.Type == enforce.Service {
		set("aws:principalservicename", p.Service)
	}
	for key, values := range req.Context.All() {
		keys[strings.ToLower(key)] = values
	}
	return keys
}

// Who is bound by what: rules 39, 41, 42, 43, 46, 48, 55.

func (n *naive) is(types ...enforce.PrincipalType) bool {
	for _, t := range types {
		if n.who.Type == t {
			return true
		}
	}
	return false
}

func (n *naive) serviceLinked() bool {
	return strings.Contains(n.who.IssuerARN, ":role/aws-service-role/")
}

func (n *naive) hasIdentity() bool {
	return n.is(enforce.User, enforce.AssumedRole, enforce.FederatedUser)
}

func (n *naive) boundByBoundary() bool {
	return n.hasBoundary && n.hasIdentity() && !n.serviceLinked()
}

// boundBySession: a federated user without session policies may do nothing.
func (n *naive) boundBySession() bool {
	return n.is(enforce.FederatedUser) || n.hasSession && n.is(enforce.AssumedRole)
}

func (n *naive) boundBySCPs() bool {
	return n.is(enforce.User, enforce.AssumedRole, enforce.FederatedUser, enforce.Root) && !n.serviceLinked()
}

// boundByRCPs: they are for a list of services, and for requests that have a
// resource of their own (rule 41).
func (n *naive) boundByRCPs() bool {
	service, _, _ := strings.Cut(n.action, ":")
	own := regexp.MustCompile(`^arn:[^:]*:[^:]*:[^:]*:[^:]*:(.{2,}|[^*])$`).MatchString(n.resource)
	own = own && !strings.HasPrefix(n.resource, "arn:aws:iam::"+mine+":role/aws-service-role/")
	for _, alias := range n.keys["kms:resourcealiases"] {
		own = own && !(service == "kms" && strings.HasPrefix(alias, "alias/aws/"))
	}
	return !n.serviceLinked() && own && slices.Contains([]string{"s3", "sqs", "kms", "sts", "dynamodb"}, service) && n.action != "kms:RetireGrant"
}

func (n *naive) resourceLayer() enforce.Layer {
	if n.trust {
		return enforce.TrustLayer
	}
	return enforce.ResourceLayer
}

// fixed is rules 54 and 55, and "root cannot assume roles" of rule 47.
func (n *naive) fixed() (enforce.Verdict, bool) {
	service, operation, _ := strings.Cut(strings.ToLower(n.action), ":")
	temporary := len(n.keys["aws:tokenissuetime"]) > 0
	mfa := len(n.keys["aws:multifactorauthpresent"]) == 1 && n.keys["aws:multifactorauthpresent"][0] == "true"
	ofUser := n.is(enforce.User, enforce.Root) && temporary
	onRole := slices.Contains([]string{"assumerole", "tagsession", "setsourceidentity", "setcontext"}, operation)
	free := operation == "getcalleridentity" && !n.is(enforce.Anonymous, enforce.WebIdentity, enforce.SAMLIdentity) ||
		operation == "getsessiontoken" && n.is(enforce.User, enforce.Root) && !temporary
	switch {
	case service == "iam" && operation != "passrole":
		return enforce.ImplicitDeny, n.is(enforce.FederatedUser) || ofUser && !mfa && !n.hasSession
	case service != "sts":
		return 0, false
	case free:
		return enforce.Allowed, true
	case n.is(enforce.FederatedUser), n.is(enforce.Root) && onRole, ofUser && !onRole && operation != "getcalleridentity":
		return enforce.ImplicitDeny, true
	}
	made := operation == "getsessiontoken" || operation == "getfederationtoken"
	return enforce.ImplicitDeny, made && n.is(enforce.AssumedRole)
}

// ownBucketPolicy is what no Deny of a bucket's policy shuts root out of (rule 47).
func (n *naive) ownBucketPolicy() bool {
	return n.is(enforce.Root) && n.who.Account == n.owner && regexp.MustCompile(`^s3:(Get|Put|Delete)BucketPolicy$`).MatchString(n.action)
}

// decide is rule 39 with its neighbours.
func (n *naive) decide() answer {
	if verdict, is := n.fixed(); is {
		return answer{verdict: verdict}
	}
	if layer, yes := n.explicitDeny(); yes {
		return answer{verdict: enforce.ExplicitDeny, layer: layer}
	}
	if n.boundByRCPs() && !n.everyNodeAllows(n.rcps) {
		return answer{layer: enforce.RCPLayer}
	}
	if n.boundBySCPs() && !n.everyNodeAllows(n.scps) {
		return answer{layer: enforce.SCPLayer}
	}
	granted, layer := n.granted()
	endpoint := !n.hasEndpoint || n.allows(n.endpoint)
	switch {
	case granted && endpoint:
		return answer{verdict: enforce.Allowed}
	case granted:
		return answer{layer: enforce.EndpointLayer}
	case !endpoint:
		return answer{layer: enforce.NoLayer} // which of the two is named is open
	}
	return answer{layer: layer}
}

// explicitDeny looks for a Deny in the order in which one is named (rule 65).
func (n *naive) explicitDeny() (enforce.Layer, bool) {
	nodes := func(nodes [][]statement) bool {
		for _, node := range nodes {
			if n.denies(node) {
				return true
			}
		}
		return false
	}
	switch {
	case n.boundBySCPs() && nodes(n.scps):
		return enforce.SCPLayer, true
	case n.boundByRCPs() && nodes(n.rcps):
		return enforce.RCPLayer, true
	case n.hasIdentity() && n.denies(n.identity):
		return enforce.IdentityLayer, true
	case n.denies(n.documents.resource) && !n.ownBucketPolicy():
		return n.resourceLayer(), true
	case n.boundByBoundary() && n.denies(n.boundary):
		return enforce.BoundaryLayer, true
	case n.boundBySession() && n.denies(n.session):
		return enforce.SessionLayer, true
	case n.denies(n.endpoint):
		return enforce.EndpointLayer, true
	}
	return enforce.NoLayer, false
}

// everyNodeAllows: the policies of a node add up, the nodes of a path intersect
// (rule 40).
func (n *naive) everyNodeAllows(nodes [][]statement) bool {
	for _, node := range nodes {
		if !n.allows(node) {
			return false
		}
	}
	return true
}

// granted says whether identity-based and resource-based policies grant, within
// their limits, and which layer an implicit denial names.
func (n *naive) granted() (bool, enforce.Layer) {
	named, everybody := n.named()
	switch {
	case !n.hasIdentity() && !n.is(enforce.Root): // rules 46, 48, 55
		return named == byCaller, enforce.NoLayer
	case n.who.Account != n.owner:
		return n.grantedAcross(named, everybody)
	case n.is(enforce.Root): // rule 47; keys and roles admit nobody by themselves (rules 50, 53)
		return !n.trust && !n.key || named != byNone, n.resourceLayer()
	case named == byCaller: // rule 33
		return true, enforce.NoLayer
	}
	identity, boundary, session := n.identitySide()
	switch {
	case named == byIssuer:
		if identity {
			return boundary && session, limit(boundary)
		}
		return boundary && session, enforce.NoLayer // whether identity is blamed too is open
	case named == byNone && (n.trust || n.key):
		return false, n.resourceLayer()
	case !identity:
		return false, enforce.IdentityLayer
	}
	return boundary && session, limit(boundary)
}

// grantedAcross: both accounts must allow (rule 44).
func (n *naive) grantedAcross(named naming, everybody bool) (bool, enforce.Layer) {
	identity, boundary, session := n.identitySide()
	if n.is(enforce.Root) {
		identity, boundary, session = true, true, true
	}
	mine, theirs := identity && boundary && session, named != byNone
	switch {
	case mine && theirs:
		return true, enforce.NoLayer
	case mine:
		return false, n.resourceLayer()
	case !theirs:
		return false, enforce.NoLayer
	case identity:
		return false, limit(boundary)
	case n.trust || n.key || everybody:
		return false, enforce.NoLayer
	case named == byAccount: // rule 65
		return false, enforce.ResourceLayer
	}
	return false, enforce.IdentityLayer
}

// identitySide tells what the caller's own policies allow.
func (n *naive) identitySide() (identity, boundary, session bool) {
	return n.allows(n.identity), !n.boundByBoundary() || n.allows(n.boundary), !n.boundBySession() || n.allows(n.session)
}

// limit names the boundary before session policies (rule 65).
func limit(boundaryAllows bool) enforce.Layer {
	if boundaryAllows {
		return enforce.SessionLayer
	}
	return enforce.BoundaryLayer
}
