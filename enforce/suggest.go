package enforce

import (
	"fmt"
	"slices"
	"strings"
)

// A Suggestion is one change that takes a denied request nearer to being allowed, and
// nothing else: of the policies or of the call. It has one of Add, Attach and Narrow, or
// Call alone.
type Suggestion struct {
	Layer Layer `json:"-"`
	// Levels are the levels of the organization's path to which Add belongs, or where
	// Call is asked for: 1 is the root. Only service control policies have them.
	Levels []int `json:"levels,omitempty"`
	// Add is a statement, as JSON, that a policy of the layer lacks. It is about the action
	// and the resource of the request alone, and has the conditions of Statement.
	Add string `json:"add,omitempty"`
	// Version is set where Add is to stand in a document of that Version: it has
	// escapes, which documents of an older Version do not know.
	Version string `json:"version,omitempty"`
	// Attach is the ARN of a policy of AWS's that is missing.
	Attach string `json:"attach,omitempty"`
	// Narrow names the Deny statement that must not apply to the call. Other calls may
	// need it.
	Narrow string `json:"narrow,omitempty"`
	// Call says what the caller must change: what it sends, or what it is.
	Call string `json:"call,omitempty"`
	// Statement is the Deny that Narrow names, or the Allow statement of the layer that came
	// closest, nil where none is about the action. Without Add it allows once the call is as
	// Call says.
	Statement *Statement `json:"-"`
}

// String returns the suggestion as a sentence.
func (s Suggestion) String() string {
	const begin = "to allow it, "
	switch {
	case s.Narrow != "":
		text := begin + "change the call so that the deny in " + s.Narrow + " does not apply"
		if s.Call != "" {
			text += " (" + s.Call + ")"
		}
		return text + ", or give that statement a narrower Resource or Condition"
	case s.Attach != "":
		return begin + "attach " + s.Attach + " to each level of the resource's organization; no other " + s.Layer.String() + " can allow"
	case s.Add == "" && s.Statement == nil:
		return begin + s.Call
	case s.Add == "":
		return begin + s.Call + "; " + describe(s.Layer, s.Statement) + " then allows"
	}
	text := begin + s.place()
	if s.Version != "" {
		text += ", in a document of Version " + s.Version
	}
	text += ": " + s.Add
	if s.Call != "" {
		text += "; and " + s.Call
	}
	return text
}

// place says where Add belongs. What limits must allow besides what grants.
func (s Suggestion) place() string {
	switch s.Layer {
	case SCPLayer:
		text := "the organization must allow it too: add to a service control policy of level " + numbers(s.Levels)
		return text + " of its path (1 is the root)"
	case BoundaryLayer, EndpointLayer:
		return "the " + s.Layer.String() + " must allow it too: add to it"
	case SessionLayer:
		return "the session policies must allow it too: add to one of them"
	}
	return "add to the " + s.Layer.String()
}

// numbers lists numbers in words: "1, 2".
func numbers(list []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(list), " ", ", "), "[]")
}

// Suggest returns the smallest statement, as JSON, that the deciding layer
// lacks, or says what must be attached, or how the call or a Deny must change. It is
// empty for a request that is allowed. Where more than one layer stands in the way,
// [Decision.Suggestions] has all.
func (d Decision) Suggest() string {
	all := d.Suggestions()
	switch {
	case len(all) == 0:
		return ""
	case all[0].Add == "" || all[0].Call != "":
		return all[0].String()
	}
	return all[0].Add
}

// maxSuggestions ends the search for a way through; each step removes, relaxes or adds
// one statement.
const maxSuggestions = 32

// Suggestions returns the changes that together allow the request. None of them can be left
// out.
func (d Decision) Suggestions() []Suggestion {
	var all []Suggestion
	if d.fixed() != nil || len(d.Unknowns()) > 0 {
		return nil
	}
	for _, step := range d.needed(d.steps()) {
		next := step.Suggestion
		if last := len(all) - 1; last >= 0 && next.Levels != nil && sameAtAnotherLevel(&all[last], &next) {
			all[last].Levels = append(all[last].Levels, next.Levels...)
		} else {
			all = append(all, next)
		}
	}
	return all
}

// A step is a suggestion, and what it does to the policies.
type step struct {
	Suggestion
	change change
}

// steps returns a way to a decision that allows, each step as the one before it leaves the
// policies.
func (d Decision) steps() (all []step) {
	set, at := *d.Policies, d
	for range maxSuggestions {
		if at.Allowed() || at.isMisplaced() {
			break
		}
		next, change := at.next()
		all = append(all, step{next, change})
		if !change(&set) {
			break
		}
		at = Evaluate(d.Request, &set)
	}
	return all
}

// needed returns the steps without those that a later one makes unnecessary: a statement
// for the caller's account needs an identity-based policy besides it, and where another
// statement, for the caller itself, is nearer than that, it allows alone.
func (d Decision) needed(all []step) []step {
	for i := 0; i < len(all) && len(all) > 1; {
		rest := slices.Delete(slices.Clone(all), i, i+1)
		if !d.allowedAfter(rest) {
			i++
			continue
		}
		all = rest
	}
	return all
}

// allowedAfter reports whether some steps allow the request.
func (d Decision) allowedAfter(steps []step) bool {
	set := *d.Policies
	for _, s := range steps {
		s.change(&set)
	}
	return Evaluate(d.Request, &set).Allowed()
}

// sameAtAnotherLevel reports whether two suggestions for an organization are of the same
// statement.
func sameAtAnotherLevel(a, b *Suggestion) bool {
	return a.Layer == b.Layer && a.Add != "" && a.Add == b.Add && a.Call == b.Call
}

// A change does to a set what a suggestion means for the request: it takes away what
// stands in the way, whether the call or the policies are to change. It is false where
// that cannot be, as for an action without a service.
type change func(*PolicySet) bool

// next returns the change that a denial asks for first.
func (d Decision) next() (s Suggestion, c change) {
	if d.Verdict == ExplicitDeny {
		s = Suggestion{Layer: d.Layer, Narrow: d.where(), Call: sparing(d.Statement), Statement: d.Statement}
		return s, func(set *PolicySet) bool { return set.replace(d.Statement, nil) }
	}
	layer := d.lacking()
	if layer == RCPLayer {
		return Suggestion{Layer: layer, Attach: rcpFullAWSAccess}, func(set *PolicySet) bool {
			set.RCPs = addToNodes(set.RCPs, fullRCP)
			return true
		}
	}
	d.again(func(e *eval) { s, c = e.missingIn(layer) })
	return s, c
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

// missingIn returns what a layer needs to allow a request. Where a statement fits but for its
// conditions the call must meet them: another statement would go round them.
func (e *eval) missingIn(l Layer) (Suggestion, change) {
	policies, level := e.policies(l), 0
	if l == SCPLayer {
		for e.anyAllows(e.nodes(l)[level]) != nil {
			level++
		}
		policies = e.nodes(l)[level]
	}
	s := Suggestion{Layer: l, Statement: e.nearest(policies)}
	if l == IdentityLayer && !e.fits(s.Statement) && e.set.Resource != nil && !e.req.CrossAccount() {
		if near := e.nearest([]*Policy{e.set.Resource}); e.fits(near) && e.names(near) > byAccount {
			s.Layer, s.Statement = e.resourceLayer(), near
		}
	}
	if l == SCPLayer {
		s.Levels = []int{level + 1}
	}
	if e.fits(s.Statement) {
		near := s.Statement
		s.Call = e.demands(near)
		relaxed := *near
		relaxed.conditions = nil
		return s, func(set *PolicySet) bool { return set.replace(near, &relaxed) }
	}
	version := e.versionOf(l)
	bare := e.statementFor(l, version, nil)
	apply := func(set *PolicySet) bool { return set.apply(l, level, bare) }
	if e.req.Principal.Type == Anonymous && (l == ResourceLayer || l == TrustLayer) {
		s.Statement, s.Call = nil, signTheCall
		return s, apply
	}
	s.Add = e.statementFor(l, version, s.Statement)
	if strings.Contains(s.Add, "${") && e.mayBeOld(l) {
		s.Version = version2012
	}
	s.Call = e.demands(s.Statement)
	return s, apply
}

// signTheCall is what a caller without credentials must do. Only a statement for everybody
// would allow it otherwise, and that is not suggested.
const signTheCall = `the caller must sign the call: without credentials only a statement for the Principal "*", which is everybody, allows`

// versionOf returns the Version of the document to which a statement must be added. Of
// several documents one of the current Version can be one more.
func (e *eval) versionOf(l Layer) string {
	if p := e.only(l); p != nil {
		return p.version
	}
	return version2012
}

// only returns the policy of a layer that has no more than one; nil where there is none.
func (e *eval) only(l Layer) *Policy {
	switch l {
	case BoundaryLayer:
		return e.set.Boundary
	case ResourceLayer, TrustLayer:
		return e.set.Resource
	case EndpointLayer:
		return e.set.Endpoint
	}
	return nil
}

// mayBeOld reports whether a statement of the current Version could come into an older
// document of a layer.
func (e *eval) mayBeOld(l Layer) bool {
	var several []*Policy
	switch {
	case l == SCPLayer || e.only(l) != nil:
		return false // SCPs are of the current Version; a known document has its language
	case l == IdentityLayer:
		several = e.set.Identity
	case l == SessionLayer:
		several = e.set.Session
	}
	return len(several) == 0 || slices.ContainsFunc(several, func(p *Policy) bool { return p.version != version2012 })
}

// apply adds a statement to a layer; false when it is no valid one, as for an action
// without a service.
func (set *PolicySet) apply(l Layer, level int, statement string) bool {
	kind, version := IdentityPolicy, version2012
	var one *Policy
	switch l {
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
	p, err := Parse(`{"Version":"`+version+`","Statement":[`+statement+`]}`, kind, Source{})
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
		set.SCPs = slices.Clone(set.SCPs)
		set.SCPs[level] = append(slices.Clone(set.SCPs[level]), p)
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

// edited returns the policy with other statements, which keep their places: what is said
// of them names the documents that they stand in.
func (p *Policy) edited(statements []*Statement) *Policy {
	c := p.bare()
	c.hold(statements)
	return c
}

// replace puts another statement in the place of one, or takes it out, wherever in the
// set it is.
func (set *PolicySet) replace(s, by *Statement) bool {
	one := func(p *Policy) *Policy {
		if p == nil || !slices.Contains(p.statements, s) {
			return p
		}
		rest := make([]*Statement, 0, len(p.statements))
		for _, other := range p.statements {
			switch {
			case other != s:
				rest = append(rest, other)
			case by != nil:
				rest = append(rest, by)
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
	return true
}
