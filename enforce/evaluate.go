package enforce

import (
	"sync"
	"unsafe"
)

// Evaluate decides whether a request is allowed, as "Policy evaluation logic" of
// the IAM User Guide describes. It is a pure function. The Decision refers to
// req and set: they are not to be changed as long as it is used.
func Evaluate(req *Request, set *PolicySet) Decision {
	e := evals.Get().(*eval)
	e.prepare(req, set)
	if policy, layer := set.misplaced(e.present); policy != nil {
		e.release()
		return Decision{Verdict: ExplicitDeny, Layer: layer, Policy: policy, Request: req, Policies: set}
	}
	r := e.decide()
	e.release()
	d := Decision{Verdict: r.verdict, Layer: r.layer, Statement: r.statement, Request: req, Policies: set}
	if d.Statement != nil {
		d.Policy = d.Statement.policy
	}
	return d
}

// decide asks the layers in AWS's order. An explicit Deny anywhere wins; then
// every layer that applies must allow.
func (e *eval) decide() ruling {
	if f := e.fixed(); f != nil {
		return ruling{f.verdict, NoLayer, nil}
	}
	for rest := e.present; rest != 0; rest &= rest - 1 {
		layer := rest.first()
		if s := e.denies(layer); s != nil {
			if layer == ResourceLayer {
				layer = e.resourceLayer()
			}
			return ruling{ExplicitDeny, layer, s}
		}
	}
	switch {
	case e.present.has(RCPLayer) && !e.nodesAllow(RCPLayer):
		return implicitly(RCPLayer)
	case e.present.has(SCPLayer) && !e.nodesAllow(SCPLayer):
		return implicitly(SCPLayer)
	}
	r := e.grant()
	if r.verdict == Allowed && e.set.Endpoint != nil {
		if s, _ := e.best(&e.set.Endpoint.allows); s == nil {
			return implicitly(EndpointLayer)
		}
	}
	return r
}

// grant asks the policies that grant, once no guardrail stands in the way.
func (e *eval) grant() ruling {
	by, named := e.resourceAllows()
	switch {
	case !e.identity:
		// An anonymous caller, a service, or one who is about to assume a role
		// with a web identity or SAML assertion: only the resource can allow.
		if by == unnamed {
			return implicitly(e.resourceLayer())
		}
		return ruling{Allowed, e.resourceLayer(), named}
	case e.req.CrossAccount():
		return e.acrossAccounts(by, named)
	}
	return e.ownAccount(by, named)
}

// ownAccount combines the policies within one account. What a resource-based
// policy allows needs no identity-based policy, unless it only names the
// account. If it names the role and not its session, the role's boundary and
// session policies bind nevertheless.
func (e *eval) ownAccount(by grade, named *Statement) ruling {
	switch {
	case by == directly:
		return ruling{Allowed, e.resourceLayer(), named}
	case by == unnamed && e.alone():
		return implicitly(e.resourceLayer())
	case e.req.Principal.Type == Root:
		return ruling{Allowed, NoLayer, nil}
	case by == byIssuer:
		return e.bounds(ruling{Allowed, e.resourceLayer(), named})
	}
	s := e.anyAllows(e.set.Identity)
	if s == nil {
		return implicitly(IdentityLayer)
	}
	return e.bounds(ruling{Allowed, IdentityLayer, s})
}

// acrossAccounts needs both sides: the resource's account must admit the caller
// or its account, and the caller's account must let it.
func (e *eval) acrossAccounts(by grade, named *Statement) ruling {
	switch {
	case by == unnamed:
		return implicitly(e.resourceLayer())
	case e.req.Principal.Type == Root:
		return ruling{Allowed, e.resourceLayer(), named}
	}
	s := e.anyAllows(e.set.Identity)
	switch {
	case s != nil:
		return e.bounds(ruling{Allowed, IdentityLayer, s})
	case by == byAccount:
		// So AWS words it when the resource's policy names only the account.
		return implicitly(e.resourceLayer())
	}
	return implicitly(IdentityLayer)
}

// bounds upholds a grant only if the permissions boundary and the session
// policies allow too.
func (e *eval) bounds(r ruling) ruling {
	if e.bounded() {
		if s, _ := e.best(&e.set.Boundary.allows); s == nil {
			return implicitly(BoundaryLayer)
		}
	}
	// "If no session policy is passed, the federated user has no permissions."
	if e.set.Session != nil || e.req.Principal.Type == FederatedUser {
		if e.anyAllows(e.set.Session) == nil {
			return implicitly(SessionLayer)
		}
	}
	return r
}

// A ruling is a decision in the making.
type ruling struct {
	verdict   Verdict
	layer     Layer
	statement *Statement // nil for an implicit denial
}

func implicitly(l Layer) ruling { return ruling{ImplicitDeny, l, nil} }

// An eval is one evaluation at work. It lives in a pool, so that a decision
// allocates nothing.
type eval struct {
	req *Request
	set *PolicySet

	present  layers // those of set that have policies
	identity bool   // see hasIdentity
	action   string // in lower case
	resource arn    // the segments of req.Resource, once they were needed
	lacking  sieve  // what req.Resource lacks, once it was needed
	derived  value  // of value
	lookups  [16]lookup
	looked   bool // some lookup was made
	// covered and met are what was last found of the resources and of the conditions of a
	// statement: those of one after the other are often the same.
	covered struct {
		resources *arnPattern
		yes       bool
	}
	met struct {
		conditions *condition
		yes        bool
	}

	spelled string // what action was made of
	lowered []byte // what action refers to
	buf     []byte // of expand
	texts   texts  // that were searched
	checked string // the last value of variable that was found to be UTF-8
}

var evals = sync.Pool{New: func() any { return new(eval) }}

func (e *eval) prepare(req *Request, set *PolicySet) {
	e.req, e.set, e.present = req, set, set.layers()
	e.lower(req.Action)
	e.identity = req.Principal.hasIdentity()
}

// release gives the eval back, without anything of the request. To clear what
// was not used would take as long as a short decision does.
func (e *eval) release() {
	e.req, e.set = nil, nil
	if e.resource[0] != "" {
		e.resource = arn{}
	}
	if e.texts.last != nil {
		e.texts = texts{}
	}
	e.checked = ""
	if e.looked {
		e.looked = false
		clear(e.lookups[:])
		e.derived.one, e.met.conditions = "", nil
	}
	e.covered.resources, e.lacking = nil, sieve{}
	evals.Put(e)
}

// lower puts the action in lower case; actions are case-insensitive. The text
// lives in a buffer that is used again, which saves an allocation per decision.
func (e *eval) lower(action string) {
	if action == e.spelled {
		return
	}
	e.spelled = action
	if len(action) > len(e.lowered) {
		e.lowered = make([]byte, 2*len(action))
	}
	lowered := e.lowered[:len(action)]
	for i := range lowered {
		lowered[i] = lowerCase[action[i]]
	}
	e.action = unsafe.String(unsafe.SliceData(lowered), len(lowered))
}
