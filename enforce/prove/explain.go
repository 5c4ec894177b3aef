package prove

import (
	"cmp"
	"slices"

	"github.com/leastpriv/leastpriv/enforce"
)

// explain says what forbids all requests.
func (p *proof) explain(a *Answer) {
	if p.deny != nil || !p.asked {
		return
	}
	without := &proof{work: newWork(p.ctx, p.budget), question: p.question, vocabulary: p.vocabulary, allow: p.allow, lenient: true, blamed: make(map[*enforce.Statement]bool)}
	if found, result := without.search(); found != nil || result != impossible {
		for s := range p.blamed {
			a.Denies = append(a.Denies, s)
		}
		slices.SortFunc(a.Denies, func(s, t *enforce.Statement) int {
			return cmp.Or(cmp.Compare(s.Policy().Label(), t.Policy().Label()), cmp.Compare(s.Number(), t.Number()))
		})
		return
	}
	for _, layer := range p.layers() {
		alone := &proof{work: newWork(p.ctx, p.budget), question: p.question, vocabulary: p.vocabulary, allow: p.allow, part: layer.allows, blamed: make(map[*enforce.Statement]bool)}
		if _, result := alone.search(); result == impossible {
			a.Missing = append(a.Missing, layer.Layer)
		}
	}
	if a.Missing == nil { // each alone allows something, and all together nothing
		for _, layer := range p.layers() {
			a.Missing = append(a.Missing, layer.Layer)
		}
	}
}

// A part is a layer, and what it allows by itself.
type part struct {
	enforce.Layer
	allows func(*law) *node
}

func (p *proof) layers() []part {
	set := p.allow
	var parts []part
	add := func(present bool, layer enforce.Layer, allows func(*law) *node) {
		if present {
			parts = append(parts, part{layer, allows})
		}
	}
	add(set.RCPs != nil, enforce.RCPLayer, func(l *law) *node { return l.nodesAllow(enforce.RCPLayer) })
	add(set.SCPs != nil, enforce.SCPLayer, func(l *law) *node { return l.nodesAllow(enforce.SCPLayer) })
	add(set.Identity != nil || set.Resource == nil, enforce.IdentityLayer, func(l *law) *node { return l.anyAllows(l.set.Identity...) })
	resource := enforce.ResourceLayer
	if set.Resource != nil && set.Resource.Kind() == enforce.TrustPolicy {
		resource = enforce.TrustLayer
	}
	add(set.Resource != nil, resource, func(l *law) *node { return l.resourceAllows().somehow() })
	add(set.Boundary != nil, enforce.BoundaryLayer, func(l *law) *node { return l.anyAllows(l.set.Boundary) })
	add(set.Session != nil, enforce.SessionLayer, func(l *law) *node { return l.anyAllows(l.set.Session...) })
	add(set.Endpoint != nil, enforce.EndpointLayer, func(l *law) *node { return l.endpoint() })
	return parts
}
