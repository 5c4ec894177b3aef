package enforce

import (
	"slices"
	"strings"
)

// A Suggestion is one change that takes a denied request nearer to being
// allowed. It has one of Add, Attach and Remove.
type Suggestion struct {
	Layer Layer `json:"-"`
	// Add is a statement, as JSON, that a policy of the layer lacks.
	Add string `json:"add,omitempty"`
	// Version is set where Add is to stand in a document of that Version: it has
	// escapes, which documents of an older Version do not know.
	Version string `json:"version,omitempty"`
	// Attach is the ARN of a policy of AWS's that is missing.
	Attach string `json:"attach,omitempty"`
	// Remove names the statement that must go, or must become narrower.
	Remove string `json:"remove,omitempty"`
}

// String returns the suggestion as a sentence.
func (s Suggestion) String() string {
	switch {
	case s.Remove != "":
		return "to allow it, remove or narrow the deny in " + s.Remove
	case s.Attach != "":
		return "to allow it, attach " + s.Attach + " to each level of the resource's organization; no other " + s.Layer.String() + " can allow"
	}
	where := s.Layer.String()
	if s.Layer == SCPLayer {
		where += " of each level that does not allow it"
	}
	if s.Version != "" {
		where += ", in a document of Version " + s.Version
	}
	return "to allow it, add to the " + where + ": " + s.Add
}

// Suggest returns the smallest statement, as JSON, that the deciding layer
// lacks, or says what must be attached or must go. It is empty for a request
// that is allowed. Where more than one layer stands in the way,
// [Decision.Suggestions] has all.
func (d Decision) Suggest() string {
	all := d.Suggestions()
	switch {
	case len(all) == 0:
		return ""
	case all[0].Add == "":
		return all[0].String()
	}
	return all[0].Add
}

// maxSuggestions ends the search for a way through; each step removes or adds
// one statement.
const maxSuggestions = 32

// Suggestions returns the changes that together allow the request.
func (d Decision) Suggestions() []Suggestion {
	var all []Suggestion
	if d.fixed() != nil {
		return nil
	}
	set := *d.Policies
	for at := d; !at.Allowed() && !at.isMisplaced() && len(all) < maxSuggestions; at = Evaluate(d.Request, &set) {
		if at.Verdict == ExplicitDeny {
			all = append(all, Suggestion{Layer: at.Layer, Remove: at.where()})
			set.remove(at.Statement)
			continue
		}
		next := set.lacks(d.Request, at.lacking())
		all = append(all, next)
		if !set.apply(next) {
			break
		}
	}
	return all
}

// lacking returns the layer to which an Allow must be added. It is the one that
// the denial names, except where AWS blames a resource-based policy that admits
// the caller's account.
func (d Decision) lacking() Layer {
	layer := d.Layer
	d.again(func(e *eval) {
		if by, _ := e.resourceAllows(); by != unnamed && layer == e.resourceLayer() {
			layer = IdentityLayer
		}
	})
	return layer
}

// lacks returns what a layer needs to allow a request.
func (set *PolicySet) lacks(req *Request, l Layer) Suggestion {
	if l == RCPLayer {
		return Suggestion{Layer: l, Attach: rcpFullAWSAccess}
	}
	// The document to which the statement must be added. To that of a role, which
	// names no resource, its Version makes no difference.
	var one *Policy
	var several []*Policy
	switch l {
	case IdentityLayer:
		several = set.Identity
	case SessionLayer:
		several = set.Session
	case BoundaryLayer:
		one = set.Boundary
	case ResourceLayer:
		one = set.Resource
	case EndpointLayer:
		one = set.Endpoint
	}
	if one != nil {
		return Suggestion{Layer: l, Add: statementFor(req, l, one.version)}
	}
	s := Suggestion{Layer: l, Add: statementFor(req, l, version2012)}
	anyOld := slices.ContainsFunc(several, func(p *Policy) bool { return p.version != version2012 })
	if strings.Contains(s.Add, "${") && l != SCPLayer && (anyOld || len(several) == 0) {
		s.Version = version2012
	}
	return s
}

var (
	escapes = strings.NewReplacer("*", "${*}", "?", "${?}", "${", "${$}{")
	// A document of an older Version has no escapes, and no variables either. A
	// ? is the narrowest pattern there that a * matches.
	narrowest = strings.NewReplacer("*", "?")
)

// itself writes a resource so that a policy with it means just that one, as far
// as its Version can say so. Of ARNs with a wildcard, like the one of all buckets
// arn:aws:s3:::*, AWS itself has policies name the wildcard.
func itself(resource, version string) string {
	wildcard := ""
	if a, ok := splitARN(resource); resource == "*" || ok && (a.resource() == "*" || a.service() == "logs" && strings.HasSuffix(resource, ":*")) {
		resource, wildcard = resource[:len(resource)-1], "*"
	}
	if version != version2012 {
		return narrowest.Replace(resource) + wildcard
	}
	return escapes.Replace(resource) + wildcard
}

// statementFor writes the smallest statement that allows a request in a layer.
func statementFor(req *Request, l Layer, version string) string {
	var b strings.Builder
	b.WriteString(`{"Effect":"Allow",`)
	if l == ResourceLayer || l == TrustLayer || l == EndpointLayer {
		b.WriteString(`"Principal":` + principalFor(req, l) + `,`)
	}
	b.WriteString(`"Action":` + quoteJSON(req.Action))
	if l != TrustLayer {
		b.WriteString(`,"Resource":` + quoteJSON(itself(req.Resource, version)))
	}
	b.WriteString(`}`)
	return b.String()
}

// principalFor names the caller as a statement would: the role behind a session.
func principalFor(req *Request, l Layer) string {
	p := &req.Principal
	switch {
	case l == EndpointLayer || p.Type == Anonymous:
		return `"*"`
	case p.Type == Service:
		return `{"Service":` + quoteJSON(p.Service) + `}`
	case p.Type == WebIdentity || p.Type == SAMLIdentity:
		return `{"Federated":` + quoteJSON(p.Service) + `}`
	case p.IssuerARN != "":
		return `{"AWS":` + quoteJSON(p.IssuerARN) + `}`
	}
	return `{"AWS":` + quoteJSON(p.ARN) + `}`
}

// apply does what a suggestion says; false when its statement is no valid one, as
// for an action without a service.
func (set *PolicySet) apply(s Suggestion) bool {
	l, kind, version := s.Layer, IdentityPolicy, version2012
	var one *Policy
	switch l {
	case RCPLayer:
		set.RCPs = addToNodes(set.RCPs, fullRCP)
		return true
	case ResourceLayer:
		one, kind = set.Resource, ResourcePolicy
	case SCPLayer:
		kind = ServiceControlPolicy
	case TrustLayer:
		one, kind = set.Resource, TrustPolicy
	case EndpointLayer:
		one, kind = set.Endpoint, EndpointPolicy
	case BoundaryLayer:
		one = set.Boundary
	}
	if one != nil {
		version = one.Version()
	}
	p, err := Parse(`{"Version":"`+version+`","Statement":[`+s.Add+`]}`, kind, Source{})
	if err != nil {
		return false
	}
	switch l {
	case IdentityLayer:
		set.Identity = append(set.Identity[:len(set.Identity):len(set.Identity)], p)
	case SessionLayer:
		set.Session = append(set.Session[:len(set.Session):len(set.Session)], p)
	case ResourceLayer, TrustLayer:
		set.Resource = set.Resource.with(p)
	case BoundaryLayer:
		set.Boundary = set.Boundary.with(p)
	case EndpointLayer:
		set.Endpoint = set.Endpoint.with(p)
	case SCPLayer:
		set.SCPs = addToNodes(set.SCPs, p)
	}
	return true
}

func addToNodes(nodes [][]*Policy, p *Policy) [][]*Policy {
	added := make([][]*Policy, len(nodes))
	for i, node := range nodes {
		added[i] = append(node[:len(node):len(node)], p)
	}
	return added
}

// with returns a policy that has the statements of both; p may be nil.
func (p *Policy) with(other *Policy) *Policy {
	if p == nil {
		return other
	}
	return p.edited(append(p.statements[:len(p.statements):len(p.statements)], other.statements...))
}

// edited returns the policy with other statements.
func (p *Policy) edited(statements []*Statement) *Policy {
	c := *p
	copies := make([]*Statement, len(statements))
	for i, s := range statements {
		one := *s
		copies[i] = &one
	}
	c.adopt(copies)
	return &c
}

// remove takes a statement out, wherever in the set it is.
func (set *PolicySet) remove(s *Statement) {
	one := func(p *Policy) *Policy {
		if p != s.policy {
			return p
		}
		rest := make([]*Statement, 0, len(p.statements))
		for _, other := range p.statements {
			if other != s {
				rest = append(rest, other)
			}
		}
		return p.edited(rest)
	}
	list := func(policies []*Policy) []*Policy {
		policies = slices.Clone(policies) // nil stays nil: the layer is absent
		for i, p := range policies {
			policies[i] = one(p)
		}
		return policies
	}
	nodes := func(path [][]*Policy) [][]*Policy {
		path = slices.Clone(path)
		for i, node := range path {
			path[i] = list(node)
		}
		return path
	}
	set.Identity, set.Session = list(set.Identity), list(set.Session)
	set.Resource, set.Boundary, set.Endpoint = one(set.Resource), one(set.Boundary), one(set.Endpoint)
	set.SCPs, set.RCPs = nodes(set.SCPs), nodes(set.RCPs)
}
