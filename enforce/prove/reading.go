package prove

import (
	"runtime"
	"strings"
	"sync"
	"weak"

	"github.com/leastpriv/leastpriv/enforce"
)

// A reading is what a policy says, read once for all questions about it. It does not hold
// the policy, and goes when the policy does.
type reading struct {
	doc      *enforce.Document
	actions  [][]pattern // of each statement: of Action or NotAction
	accounts []string    // that the document names
	owner    bool        // aws:ResourceAccount is named

	once sync.Once
	said []string // what the statements say
}

// A pattern is one of actions, in lower case.
type pattern struct {
	text string
	glob glob
}

func actionPattern(text string) pattern {
	text = lowerASCII(text)
	return pattern{text, wild(text, anyRune)}
}

var readings sync.Map // of weak pointers to policies

func readingOf(p *enforce.Policy) *reading {
	key := weak.Make(p)
	if r, ok := readings.Load(key); ok {
		return r.(*reading)
	}
	r := read(p)
	if _, loaded := readings.LoadOrStore(key, r); !loaded {
		runtime.AddCleanup(p, func(key weak.Pointer[enforce.Policy]) { readings.Delete(key) }, key)
	}
	return r
}

func read(p *enforce.Policy) *reading {
	text := p.Document()
	for _, s := range p.Statements() {
		if s.Policy() != p { // of joined policies, which have no document
			text += s.Document()
		}
	}
	r := &reading{doc: p.Elements(), accounts: accountsIn(text), owner: namesOwner(text)}
	r.actions = make([][]pattern, len(r.doc.Statements))
	for i := range r.doc.Statements {
		s := &r.doc.Statements[i]
		texts := s.Action
		if s.NotAction != nil {
			texts = s.NotAction
		}
		r.actions[i] = make([]pattern, len(texts))
		for n, t := range texts {
			r.actions[i][n] = actionPattern(t.Value)
		}
	}
	return r
}

const ownerKey = "aws:resourceaccount"

// namesOwner reports whether a text names aws:ResourceAccount, in any case.
func namesOwner(text string) bool {
	for {
		at := strings.IndexByte(text, ':')
		if at < 0 {
			return false
		}
		if before, after := text[:at], text[at+1:]; len(before) >= 3 && len(after) >= len(ownerKey)-4 &&
			strings.EqualFold(before[at-3:], ownerKey[:3]) && strings.EqualFold(after[:len(ownerKey)-4], ownerKey[4:]) {
			return true
		}
		text = text[at+1:]
	}
}

// disjoint reports that two patterns of actions surely have no action in common.
func (p *pattern) disjoint(other *pattern) bool {
	return textsApart(p.text, other.text) || apart(p.glob, other.glob)
}

// textsApart reports that two patterns begin or end with what differs.
func textsApart(a, b string) bool {
	n := min(len(a), len(b))
	for i := 0; i < n && !isWildcard(a[i]) && !isWildcard(b[i]); i++ {
		if a[i] != b[i] {
			return true
		}
	}
	for i := 1; i <= n && !isWildcard(a[len(a)-i]) && !isWildcard(b[len(b)-i]); i++ {
		if a[len(a)-i] != b[len(b)-i] {
			return true
		}
	}
	return false
}

func isWildcard(c byte) bool { return c == '*' || c == '?' }

var fixedActions sync.Map // the actions of rules, by name

// ruleAction returns the pattern of an action that a rule names.
func ruleAction(name string) pattern {
	if p, ok := fixedActions.Load(name); ok {
		return p.(pattern)
	}
	p := actionPattern(name)
	fixedActions.Store(name, p)
	return p
}
