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

// Explain returns the decision in several lines: what decided, what each layer
// says, and of a denial which statements nearly allowed and why they did not, and what to
// change; of what is allowed, which part of the statement covers the request. It has no
// more than 40 lines.
func (d Decision) Explain() string {
	lines := []string{d.String()}
	if layers := d.Layers(); len(layers) > 1 {
		for _, v := range layers {
			line := fmt.Sprintf("  %-24s %s", v.Layer, v.Verdict)
			if v.Statement != nil && v.Statement != d.Statement { // that one is in the first line
				line += " by " + describe(v.Layer, v.Statement)
			}
			lines = append(lines, line)
		}
	}
	if d.Statement != nil {
		lines = append(lines, d.explainStatement()...)
	}
	lines = append(lines, d.explainMisses()...)
	if unknown := d.Unknowns(); len(unknown) > 0 {
		lines = append(lines, "  it cannot be allowed without knowing "+conjoin(unknown)+", which the request does not tell: what is not known is decided against the caller")
	}
	lines = append(lines, d.misspelled()...)
	suggestions := d.Suggestions()
	for _, s := range suggestions[:min(len(suggestions), maxShown)] {
		lines = append(lines, "  "+s.String())
	}
	if more := len(suggestions) - maxShown; more > 0 {
		lines = append(lines, fmt.Sprintf("  and %d more changes", more))
	}
	return strings.Join(lines, "\n")
}

const (
	// maxShown is how many changes an explanation suggests: one for each layer and more.
	maxShown = 10
	// maxMissLines is how many lines it has of statements that nearly allowed.
	maxMissLines = 12
)

// explainMisses tells of the statements that nearly allowed, the nearest first where not
// all have room.
func (d Decision) explainMisses() (lines []string) {
	misses := d.NearMisses()
	for i := range misses {
		more := misses[i].lines()
		if len(lines)+len(more) > maxMissLines {
			return append(lines, fmt.Sprintf("  other statements about the action that do not allow it: %d", len(misses)-i))
		}
		lines = append(lines, more...)
	}
	return lines
}

// lines explains one statement.
func (m *NearMiss) lines() []string {
	lines := []string{"  not allowed by " + m.Statement + ":"}
	for _, note := range m.Notes {
		lines = append(lines, "    "+note)
	}
	unmet := make([]string, len(m.Unmet))
	for i, u := range m.Unmet {
		unmet[i] = u.String()
	}
	for _, u := range abridged(unmet) {
		lines = append(lines, "    "+u)
	}
	return lines
}

// explainStatement tells by which of its parts the deciding statement covers the request.
func (d Decision) explainStatement() (lines []string) {
	d.again(func(e *eval) {
		covering, narrow := e.covering(d.Statement)
		if !d.Allowed() {
			lines = append(lines, "  denied by "+covering)
			held := make([]string, 0, len(d.Statement.conditions))
			for i := range d.Statement.conditions {
				held = append(held, e.unmet(&d.Statement.conditions[i]).String())
			}
			for _, c := range abridged(held) {
				lines = append(lines, "    "+c)
			}
			return
		}
		lines = append(lines, "  granted by "+covering+": "+narrow)
	})
	if d.Allowed() {
		for _, other := range abridged(d.othersThatAllow()) {
			lines = append(lines, "  allowed also by "+other)
		}
	}
	return lines
}

// othersThatAllow returns the other statements of the policies that grant which apply to
// the request: it is allowed as long as one of them is there.
func (d Decision) othersThatAllow() (others []string) {
	for _, p := range d.PolicyEvaluations() {
		if p.Layer != IdentityLayer && p.Layer != ResourceLayer && p.Layer != TrustLayer {
			continue
		}
		for _, s := range p.Matched {
			if s != d.Statement {
				others = append(others, describe(p.Layer, s))
			}
		}
	}
	return others
}

// String returns the condition and what the request has instead.
func (u Unmet) String() string {
	text := fmt.Sprintf("%s %s wants %s; ", u.Operator, u.Key, quoted(u.Wanted))
	if len(u.Unknown) > 0 {
		return text + "not known of the request: " + conjoin(u.Unknown)
	}
	text += "the request "
	if u.Actual == nil {
		return text + "has no " + u.Key
	}
	return text + "has " + quoted(u.Actual)
}

// quoted lists values; of many the first.
func quoted(values []string) string {
	if len(values) == 1 {
		return fmt.Sprintf("%q", values[0])
	}
	if more := len(values) - 2*maxListed; more > 0 {
		return fmt.Sprintf("%q and %d more", values[:2*maxListed], more)
	}
	return fmt.Sprintf("%q", values)
}
