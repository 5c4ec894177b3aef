package prove

import (
	"slices"
	"strings"
)

// A patternIndex finds the patterns of actions that may have an action in common with
// another: most are of other services.
type patternIndex struct {
	all     []pattern
	service map[string][]pattern // those that name a service
	open    []pattern            // and those that do not
}

func newPatternIndex(all []pattern) *patternIndex {
	x := &patternIndex{all: all, service: make(map[string][]pattern)}
	for _, p := range all {
		if service, ok := p.service(); ok {
			x.service[service] = append(x.service[service], p)
		} else {
			x.open = append(x.open, p)
		}
	}
	return x
}

// service returns the service whose actions a pattern is of; false where that is not one.
func (p *pattern) service() (string, bool) {
	service, _, ok := strings.Cut(p.text, ":")
	return service, ok && !strings.ContainsAny(service, "*?")
}

// meets reports whether one of the patterns may have an action in common with another.
func (x *patternIndex) meets(p *pattern) bool {
	meets := func(all []pattern) bool {
		return slices.ContainsFunc(all, func(other pattern) bool { return !other.disjoint(p) })
	}
	if service, ok := p.service(); ok {
		return meets(x.service[service]) || meets(x.open)
	}
	return meets(x.all)
}
