package enforce

import (
	"fmt"
	"slices"
	"strings"
)

// A LayerVerdict is what one layer says of a request, whatever the others say.
type LayerVerdict struct {
	Layer   Layer
	Verdict Verdict
	// Statement decided the layer; nil for an implicit denial, and where the layer does
	// not take a policy.
	Statement *Statement
}

// Layers returns the verdict of every layer that takes part, in AWS's order. None does
// where AWS decides whatever the policies say.
func (d Decision) Layers() []LayerVerdict {
	if d.fixed() != nil {
		return nil
	}
	var verdicts []LayerVerdict
	d.again(func(e *eval) {
		for _, l := range e.taking() {
			verdict := e.layer(l)
			if d.isMisplaced() && l == d.Layer {
				verdict = LayerVerdict{l, ExplicitDeny, nil}
			}
			verdicts = append(verdicts, verdict)
		}
	})
	return verdicts
}

// again runs f on the evaluation of the decision's request.
func (d Decision) again(f func(*eval)) {
	e := evals.Get().(*eval)
	e.prepare(d.Request, d.Policies)
	f(e)
	e.release()
}

// taking returns the layers that take part, in AWS's order.
func (e *eval) taking() []Layer {
	var layers []Layer
	for l := SCPLayer; l <= EndpointLayer; l++ {
		switch {
		case !e.takesPart(l):
		case l == ResourceLayer:
			layers = append(layers, e.resourceLayer())
		default:
			layers = append(layers, l)
		}
	}
	return layers
}

// takesPart reports whether a layer has a say.
func (e *eval) takesPart(l Layer) bool {
	switch l {
	case SCPLayer, RCPLayer:
		return e.nodes(l) != nil
	case IdentityLayer:
		return e.identity && e.req.Principal.Type != Root
	case ResourceLayer:
		return e.set.Resource != nil
	case BoundaryLayer:
		return e.bounded()
	case SessionLayer:
		return e.set.Session != nil || e.req.Principal.Type == FederatedUser
	}
	return e.set.Endpoint != nil
}

// policies returns the policies of a layer that takes part.
func (e *eval) policies(l Layer) []*Policy {
	switch l {
	case SCPLayer, RCPLayer:
		return slices.Concat(e.nodes(l)...)
	case IdentityLayer:
		return e.set.Identity
	case ResourceLayer, TrustLayer:
		return []*Policy{e.set.Resource}
	case BoundaryLayer:
		return []*Policy{e.set.Boundary}
	case SessionLayer:
		return e.set.Session
	}
	return []*Policy{e.set.Endpoint}
}

func (e *eval) layer(l Layer) LayerVerdict {
	if s := e.denies(l); s != nil {
		return LayerVerdict{l, ExplicitDeny, s}
	}
	if l == SCPLayer || l == RCPLayer {
		if !e.nodesAllow(l) {
			return LayerVerdict{l, ImplicitDeny, nil}
		}
	}
	if s := e.anyAllows(e.policies(l)); s != nil {
		return LayerVerdict{l, Allowed, s}
	}
	return LayerVerdict{l, ImplicitDeny, nil}
}

// A NearMiss is an Allow statement about the action that did not apply, and why.
type NearMiss struct {
	Layer     string `json:"layer"`
	Statement string `json:"statement"`
	// Principal and Resource are false where the statement is about others.
	Principal bool `json:"principal"`
	Resource  bool `json:"resource"`
	// Unmet are the conditions that do not hold.
	Unmet []Unmet `json:"unmet,omitempty"`
}

// An Unmet is a condition that does not hold.
type Unmet struct {
	Operator string   `json:"operator"`
	Key      string   `json:"key"`
	Wanted   []string `json:"wanted"`
	// Actual has the values of the request; nil when the key is missing.
	Actual []string `json:"actual"`
}

// NearMisses returns the statements that came closest to allowing a request
// that was denied for want of an Allow.
func (d Decision) NearMisses() []NearMiss {
	if d.Verdict != ImplicitDeny || d.fixed() != nil {
		return nil
	}
	var misses []NearMiss
	d.again(func(e *eval) {
		for _, l := range e.taking() {
			for _, p := range e.policies(l) {
				for _, r := range p.allows.rules {
					if r.concerns(e.action) && e.matches(r.Statement) == unnamed {
						misses = append(misses, e.nearMiss(l, r.Statement))
					}
				}
			}
		}
	})
	return misses
}

func (e *eval) nearMiss(l Layer, s *Statement) NearMiss {
	miss := NearMiss{Layer: l.String(), Statement: describe(l, s), Principal: e.names(s) != unnamed, Resource: e.covers(s)}
	for i := range s.conditions {
		c := &s.conditions[i]
		if e.holds(c) {
			continue
		}
		unmet := Unmet{Operator: c.qualified.String(), Key: c.key.name, Wanted: c.values}
		if v := e.value(c.key); v != nil {
			unmet.Actual = slices.Clone(v.texts())
		}
		miss.Unmet = append(miss.Unmet, unmet)
	}
	return miss
}

// MissingKeys returns the condition keys that near misses look at and the
// request does not have.
func (d Decision) MissingKeys() []string {
	var keys []string
	for _, miss := range d.NearMisses() {
		for _, unmet := range miss.Unmet {
			if unmet.Actual == nil && !slices.Contains(keys, unmet.Key) {
				keys = append(keys, unmet.Key)
			}
		}
	}
	return keys
}

// Explain returns the decision in several lines: what decided, what each layer
// says, which statements nearly allowed and why they did not, and what to change.
func (d Decision) Explain() string {
	var b strings.Builder
	b.WriteString(d.String())
	for _, v := range d.Layers() {
		fmt.Fprintf(&b, "\n  %-24s %s", v.Layer, v.Verdict)
		if v.Statement != nil {
			b.WriteString(" by " + describe(v.Layer, v.Statement))
		}
	}
	for _, miss := range d.NearMisses() {
		b.WriteString("\n  not allowed by " + miss.Statement + ":")
		if !miss.Principal {
			b.WriteString("\n    it names other principals")
		}
		if !miss.Resource {
			b.WriteString("\n    it names other resources")
		}
		for _, u := range miss.Unmet {
			b.WriteString("\n    " + u.String())
		}
	}
	for _, s := range d.Suggestions() {
		b.WriteString("\n  " + s.String())
	}
	return b.String()
}

// String returns the condition and what the request has instead.
func (u Unmet) String() string {
	text := fmt.Sprintf("%s %s wants %s; the request ", u.Operator, u.Key, quoted(u.Wanted))
	if u.Actual == nil {
		return text + "has no " + u.Key
	}
	return text + "has " + quoted(u.Actual)
}

func quoted(values []string) string {
	if len(values) == 1 {
		return fmt.Sprintf("%q", values[0])
	}
	return fmt.Sprintf("%q", values)
}
