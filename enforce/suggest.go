package enforce

import (
	"slices"
	"strings"
)

// A Suggestion is one change that takes a denied request nearer to being
// allowed.
type Suggestion struct {
	Layer Layer `json:"-"`
	// Add is a statement, as JSON, that a policy of the layer lacks.
	Add string `json:"add,omitempty"`
	// Remove names the statement that must go, or must become narrower.
	Remove string `json:"remove,omitempty"`
}

// String returns the suggestion as a sentence.
func (s Suggestion) String() string {
	if s.Remove != "" {
		return "to allow it, remove or narrow the deny in " + s.Remove
	}
	return "to allow it, add to the " + s.Layer.String() + ": " + s.Add
}

// Suggest returns the smallest statement, as JSON, that the deciding layer
// lacks, or which statement must go. It is empty for a request that is allowed.
// Where more than one layer stands in the way, [Decision.Suggestions] has all.
func (d *Decision) Suggest() string {
	all := d.Suggestions()
	switch {
	case len(all) == 0:
		return ""
	case all[0].Remove != "":
		return all[0].String()
	}
	return all[0].Add
}

// maxSuggestions ends the search for a way through; each step removes or adds
// one statement.
const maxSuggestions = 32

// Suggestions returns the changes that together allow the request.
func (d *Decision) Suggestions() []Suggestion {
	var all []Suggestion
	set := *d.Policies
	for at := *d; !at.Allowed() && len(all) < maxSuggestions; at = Evaluate(d.Request, &set) {
		if at.Verdict == ExplicitDeny {
			all = append(all, Suggestion{Layer: at.Layer, Remove: at.where()})
			set.remove(at.Statement)
			continue
		}
		layer := at.lacking()
		add := statementFor(d.Request, layer)
		all = append(all, Suggestion{Layer: layer, Add: add})
		if !set.add(layer, add) {
			break
		}
	}
	return all
}

// lacking returns the layer to which an Allow must be added. It is the one that
// the denial names, except where AWS blames a resource-based policy that admits
// the caller's account.
func (d *Decision) lacking() Layer {
	layer := d.Layer
	d.again(func(e *eval) {
		if by, _ := e.resourceAllows(); by != unnamed && layer == e.resourceLayer() {
			layer = IdentityLayer
		}
	})
	return layer
}

var escapeWildcards = strings.NewReplacer("*", "${*}", "?", "${?}", "$", "${$}")

// itself writes a resource so that a policy with it means just that one. The ARN
// of all buckets, arn:aws:s3:::*, is what AWS itself has policies name.
func itself(resource string) string {
	if strings.HasSuffix(resource, ":*") {
		return resource
	}
	return escapeWildcards.Replace(resource)
}

// statementFor writes the smallest statement that allows a request in a layer.
func statementFor(req *Request, l Layer) string {
	var b strings.Builder
	b.WriteString(`{"Effect":"Allow",`)
	if l == ResourceLayer || l == TrustLayer || l == RCPLayer || l == EndpointLayer {
		b.WriteString(`"Principal":` + principalFor(req, l) + `,`)
	}
	b.WriteString(`"Action":` + quoteJSON(req.Action))
	if l != TrustLayer {
		resource := req.Resource
		if resource != "*" {
			resource = itself(resource)
		}
		b.WriteString(`,"Resource":` + quoteJSON(resource))
	}
	b.WriteString(`}`)
	return b.String()
}

// principalFor names the caller as a statement would: the role behind a session.
func principalFor(req *Request, l Layer) string {
	p := &req.Principal
	switch {
	case l == RCPLayer || l == EndpointLayer || p.Type == Anonymous:
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

// add puts a statement into a layer; false when the statement is no valid one,
// as for an action without a service.
func (set *PolicySet) add(l Layer, statement string) bool {
	kind := map[Layer]Kind{ResourceLayer: ResourcePolicy, TrustLayer: TrustPolicy, EndpointLayer: EndpointPolicy}[l]
	if kind == 0 {
		kind = IdentityPolicy
	}
	doc := `{"Version":"` + version2012 + `","Statement":[` + statement + `]}`
	src := Source{}
	if l == RCPLayer {
		kind, src.ARN = ResourceControlPolicy, rcpFullAWSAccess
	}
	p, err := Parse(doc, kind, src)
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
	case RCPLayer:
		set.RCPs = addToNodes(set.RCPs, p)
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
