package enforce

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// An Unknown says what is not known of a request: AWS would decide it by more than the
// Request tells. What is not known is decided against the caller. An Allow statement applies
// only if it does whatever the missing text and values are, and a Deny statement applies if
// it does for any of them. So what is allowed AWS allows too; what is denied it may allow,
// and [Decision.Unknowns] says what would have to be known.
type Unknown struct {
	// Resource says that each "*" in the Request's Resource stands for any text, and each
	// "?" for any character.
	Resource bool
	// Key reports whether the request may have a condition key that its Context neither
	// has nor sets absent; nil is none. It is asked with names as policies spell them.
	Key func(name string) bool
}

// An answer is what can be said of something that is partly unknown.
type answer int8

const (
	no answer = iota
	maybe
	yes
)

func answerOf(b bool) answer {
	if b {
		return yes
	}
	return no
}

// against settles what is open about a part of a statement: against the caller.
func (a answer) against(s *Statement) bool { return a == yes || a == maybe && s.deny }

// coversUnknown is covers for a request of which something is unknown.
func (e *eval) coversUnknown(s *Statement) bool {
	return e.coverage(s).against(s)
}

func (e *eval) coverage(s *Statement) answer {
	found := no
	for i := range s.resources {
		found = max(found, e.resourceIs(&s.resources[i]))
	}
	if s.not.resource {
		return yes - found
	}
	return found
}

// resourceIs reports whether a pattern means the resource of the request.
func (e *eval) resourceIs(p *arnPattern) answer {
	switch {
	case e.req.Unknown == nil:
		return answerOf(e.matchARN(p, e.req.Resource, &e.resource))
	case p.any:
		return yes
	case p.parts != nil && slices.ContainsFunc(p.parts[5].pieces, func(v piece) bool { return v.key != nil && e.lacks(v.key) }):
		return maybe
	case !e.req.Unknown.Resource:
		return answerOf(e.matchARN(p, e.req.Resource, &e.resource))
	case p.parts == nil:
		return resemblance(p.whole.text, e.req.Resource)
	}
	a, ok := splitARN(e.req.Resource)
	if !ok {
		return no
	}
	found := yes
	for i := range p.parts {
		text, ok := e.expand(&p.parts[i], 1<<16)
		if !ok {
			return no
		}
		found = min(found, resemblance(text, a[i]))
	}
	return found
}

// lacks reports whether the value of a key is unknown.
func (e *eval) lacks(k *conditionKey) bool {
	u := e.req.Unknown
	return u.Key != nil && e.find(k) == nil && k.derived == notDerived && u.Key(k.name)
}

// meetsUnknown is meets for a request of which something is unknown.
func (e *eval) meetsUnknown(s *Statement) bool {
	met := yes
	for i := range s.conditions {
		met = min(met, e.condition(&s.conditions[i]))
	}
	return met.against(s)
}

func (e *eval) condition(c *condition) answer {
	if len(e.unknownKeys(c)) > 0 {
		return maybe
	}
	return answerOf(e.holds(c))
}

// unknownKeys returns the keys that a condition asks for and that are unknown: its own,
// and those of the variables in its values.
func (e *eval) unknownKeys(c *condition) (names []string) {
	if e.req.Unknown == nil {
		return nil
	}
	if e.lacks(c.key) {
		names = append(names, c.key.name)
	}
	if !c.op.textual {
		return names
	}
	for _, value := range c.values {
		for rest := value; ; {
			_, after, found := strings.Cut(rest, "${")
			inner, next, closed := strings.Cut(after, "}")
			if !found || !closed {
				break
			}
			if v, err := parseVariable(inner); err == nil && !isEscape(inner) && e.lacks(v.key) {
				names = append(names, v.key.name)
			}
			rest = next
		}
	}
	return names
}

// isEscape reports whether ${name} is the character itself.
func isEscape(name string) bool { return name == "*" || name == "?" || name == "$" }

// Unknowns returns what would have to be known to decide a denied request otherwise: the
// condition keys and, as "the resource", the text that is missing in its ARN, of which the
// Deny that decided or the Allow statements that nearly allowed depend. It is empty where
// the request is allowed, or denied whatever they are.
func (d Decision) Unknowns() (all []string) {
	if d.Allowed() || d.Request.Unknown == nil || d.isMisplaced() {
		return nil
	}
	d.again(func(e *eval) {
		if d.Statement != nil {
			all = e.dependsOn(d.Statement)
			return
		}
		for _, p := range e.policies(d.Layer) {
			if p == nil {
				continue // the layer lacks its policy
			}
			for _, r := range p.allows.rules {
				if r.concerns(e.action) && e.names(r.Statement) != unnamed {
					all = append(all, e.dependsOn(r.Statement)...)
				}
			}
		}
	})
	slices.Sort(all)
	return slices.Compact(all)
}

// theResource is how Unknowns names what is missing in the ARN of the resource.
const theResource = "the resource"

// dependsOn returns what is unknown and decides whether a statement applies: nothing where
// another part of it, which is known, settles that it does not.
func (e *eval) dependsOn(s *Statement) (names []string) {
	switch {
	case len(s.resources) == 0:
	case e.coverage(s) == no:
		return nil
	case e.coverage(s) == maybe:
		names = append(names, theResource)
	}
	for i := range s.conditions {
		c := &s.conditions[i]
		if e.condition(c) == no {
			return nil
		}
		names = append(names, e.unknownKeys(c)...)
	}
	return names
}

// maxRelated bounds the work of comparing a pattern with a resource that is partly unknown,
// in steps; what takes more stays open.
const maxRelated = 1 << 18

// resemblance compares a compiled pattern with a text in which "*" and "?" are unknown: yes
// when the pattern matches whatever it stands for, no when it never matches.
func resemblance(p, text string) answer {
	n := knownPrefix(p, text)
	p, text = p[n:], text[n:]
	switch {
	case p == anyRuns:
		return yes
	case p == "" && text == "":
		return yes
	case p != "" && text != "" && p[0] < anyRun && !isUnknown(text[0]):
		return no // nearly all patterns that are about something else
	}
	pattern, known := patternRunes(p), []rune(text)
	if len(pattern)*len(known) > maxRelated {
		return maybe
	}
	switch overlaps, covers := related(pattern, known); {
	case covers:
		return yes
	case overlaps:
		return maybe
	}
	return no
}

// knownPrefix returns how many bytes of a pattern and a text are the same before the
// first wildcard of either, at the end of a character.
func knownPrefix(p, text string) int {
	n := 0
	for n < len(p) && n < len(text) && p[n] == text[n] && !isUnknown(text[n]) {
		n++
	}
	for n > 0 && n < len(text) && !utf8.RuneStart(text[n]) {
		n--
	}
	return n
}

func isUnknown(c byte) bool { return c == '*' || c == '?' }

// The wildcards of patternRunes. They are no characters.
const (
	runRune rune = -1 - iota
	charRune
)

func patternRunes(p string) []rune {
	runes := make([]rune, 0, len(p))
	for p != "" {
		switch p[0] {
		case anyRun:
			runes, p = append(runes, runRune), p[1:]
		case anyChar:
			runes, p = append(runes, charRune), p[1:]
		default:
			r, size := utf8.DecodeRuneInString(p)
			runes, p = append(runes, r), p[size:]
		}
	}
	return runes
}

// related reports whether a pattern matches for some text in place of each "*" and
// "?" of known, and whether it does for all: then only a run of the pattern takes a "*", and
// only a wildcard a "?". It goes through
// the pattern from its end and keeps both for each rest of known.
func related(pattern, known []rune) (overlaps, covers bool) {
	some, all := make([]bool, len(known)+1), make([]bool, len(known)+1)
	for i := len(pattern); i >= 0; i-- {
		someAfter, allAfter := false, false // of pattern[i+1:] and known[j+1:]
		for j := len(known); j >= 0; j-- {
			someWas, allWas := some[j], all[j] // of pattern[i+1:] and known[j:]
			star := j < len(known) && known[j] == '*'
			switch {
			case i == len(pattern):
				all[j] = j == len(known)
				some[j] = all[j] || star && some[j+1]
			case pattern[i] == runRune:
				some[j] = someWas || j < len(known) && some[j+1]
				all[j] = allWas || j < len(known) && all[j+1]
			case star: // it may be nothing, or begin with the character
				some[j], all[j] = some[j+1] || someWas, false
			default:
				wild := j < len(known) && pattern[i] == charRune
				some[j] = (wild || j < len(known) && (known[j] == '?' || pattern[i] == known[j])) && someAfter
				all[j] = (wild || j < len(known) && known[j] != '?' && pattern[i] == known[j]) && allAfter
			}
			someAfter, allAfter = someWas, allWas
		}
	}
	return some[0], all[0]
}
