package eventbridge

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/fakeaws/internal/eventpattern"
)

// An index finds the rules that may match an event without a look at all of them: by the
// source and the type of the event, of which most patterns name a few. Rules are immutable
// as far as it looks at them: it is made anew when one changes.
type index struct {
	// by has the rules by both, by one of them, or by none, whose pattern names no texts.
	by map[indexKey][]*rule
}

// An indexKey is a source and a type, of which a rule may have any.
type indexKey struct{ source, kind indexText }

type indexText struct {
	text string
	any  bool
}

var anyText = indexText{any: true}

func newIndex(rules map[string]*rule) *index {
	x := &index{by: make(map[indexKey][]*rule)}
	for _, r := range rules {
		if r.pattern == nil || !r.enabled() {
			continue
		}
		for _, source := range textsOf(r.pattern, "source") {
			for _, kind := range textsOf(r.pattern, "detail-type") {
				key := indexKey{source, kind}
				x.by[key] = append(x.by[key], r)
			}
		}
	}
	return x
}

func textsOf(p *eventpattern.Pattern, name string) (all []indexText) {
	texts, ok := p.Exact(name)
	if !ok {
		return []indexText{anyText}
	}
	slices.Sort(texts)
	for _, text := range slices.Compact(texts) {
		all = append(all, indexText{text: text})
	}
	return all
}

// matching are the rules of the bus that match an event, by name. The lock is held.
func (b *bus) matching(e *eventpattern.Event) (rules []*rule) {
	if b.index == nil {
		b.index = newIndex(b.rules)
	}
	source, kind := indexText{text: e.Text("source")}, indexText{text: e.Text("detail-type")}
	for _, key := range []indexKey{{source, kind}, {source, anyText}, {anyText, kind}, {anyText, anyText}} {
		for _, r := range b.index.by[key] {
			if r.pattern.Match(e) {
				rules = append(rules, r)
			}
		}
	}
	slices.SortFunc(rules, func(a, b *rule) int { return strings.Compare(a.name, b.name) })
	return rules
}
