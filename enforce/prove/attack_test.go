package prove

import (
	"context"
	"flag"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
)

var attacks = flag.Int("attacks", 300, "with how many requests each No is attacked")

// A wordlist is what policies name: requests are made of it, and of what is near.
type wordlist struct {
	actions, resources, values, keys []string
}

func wordsOf(sets ...*enforce.PolicySet) *wordlist {
	w := &wordlist{actions: []string{"s3:GetObject", "iam:PassRole"}, resources: []string{"*", "arn:aws:s3:::b/k"}, values: []string{"", "x", "5"}}
	add := func(to *[]string, texts []enforce.Text) {
		for _, t := range texts {
			if !slices.Contains(*to, t.Value) {
				*to = append(*to, t.Value)
			}
		}
	}
	for _, set := range sets {
		for p := range set.All() {
			for _, s := range p.Elements().Statements {
				add(&w.actions, s.Action)
				add(&w.actions, s.NotAction)
				add(&w.resources, s.Resource)
				add(&w.resources, s.NotResource)
				for _, c := range s.Conditions {
					add(&w.values, c.Values)
					add(&w.keys, []enforce.Text{c.Key})
				}
			}
		}
	}
	return w
}

// near returns a text that matches a pattern, or nearly does.
func near(c chooser, pattern string) string {
	var b strings.Builder
	for _, r := range pattern {
		switch {
		case r == '*':
			b.WriteString(of(c, "", "", "x", "a", "/a/", "k"))
		case r == '?':
			b.WriteString(of(c, "x", "a", "1"))
		case c.pick(40) == 0:
			b.WriteString(of(c, "", "z", string(r)+string(r), strings.ToUpper(string(r))))
		default:
			b.WriteRune(r)
		}
	}
	text := b.String()
	for name, value := range map[string]string{"${aws:username}": "alice", "${aws:PrincipalAccount}": mine, "${k}": of(c, "a", "k"), "${*}": "*"} {
		text = strings.ReplaceAll(text, name, value)
	}
	return text
}

// request makes a request of the words: keys have values of their types.
func (w *wordlist) request(c chooser, who enforce.Principal) *enforce.Request {
	req := &enforce.Request{Principal: who, Action: near(c, of(c, w.actions...)), Resource: near(c, of(c, w.resources...))}
	if strings.HasPrefix(req.Action, "x:") || req.Action == "x" || !strings.Contains(req.Action, ":") {
		req.Action = "s3:GetObject"
	}
	for _, key := range w.keys {
		_, _, follows := (&caller{Principal: who}).derived(strings.ToLower(key))
		if follows || strings.EqualFold(key, ownerKey) || c.pick(3) == 0 {
			continue
		}
		d := newKey(strings.ToLower(key))
		value := func() string {
			for range 4 {
				if v := near(c, of(c, w.values...)); within(d.values, v) {
					return v
				}
			}
			v, _ := newWork(context.Background(), 0).value(d.values)
			return v
		}
		if !d.multi || d.single && c.pick(3) > 0 {
			req.Context.Set(key, value())
		} else {
			req.Context.SetMulti(key, some(c, 0, 3, value))
		}
	}
	return req
}

// isAsked reports whether an attack is one of a question's: the form of its action and
// resource are such that a question is about them.
func (q *Question) isAsked(req *enforce.Request) bool {
	for _, l := range (&Question{Actions: []string{"*"}}).actionSet() {
		if l.set.has(lowerASCII(req.Action)) != l.in {
			return false
		}
	}
	return (req.Resource == "*" || newTextSet(arnGlob).has(req.Resource)) && q.has(req)
}

// checkAttacks attacks what is said of a set, and of its change.
func checkAttacks(t fatal, c chooser, attacks int) (noes, asked int) {
	old, changed, q, _ := drawPair(c)
	q.Actions = []string{of(c, "*", "s3:*", "s3:Put*", "kms:*", "sts:AssumeRole")}
	a, err := Can(context.Background(), changed, q)
	if err != nil {
		t.Fatalf("%v", err)
	}
	b, err := NoNewAccess(context.Background(), old, changed, q)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if a.Verdict != No && b.Verdict != No {
		return 0, 0
	}
	words := wordsOf(old, changed)
	for range attacks {
		req := words.request(c, q.Principals[0])
		if !q.isAsked(req) || !enforce.Evaluate(req, changed).Allowed() {
			continue
		}
		asked++
		if a.Verdict == No {
			t.Fatalf("no, and yet allowed: %s\n%s", Describe(req), describe(changed, req))
		}
		if b.Verdict == No && !enforce.Evaluate(req, old).Allowed() {
			t.Fatalf("no new access, and yet allowed: %s\n%s\nchanged:\n%s", Describe(req), describe(old, nil), describe(changed, req))
		}
	}
	return 1, asked
}

// Each No is attacked with requests that are made of what the policies name and of what is
// near.
func TestAttacks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { checkAttacks(t, rapidChooser{t}, 10) })
	noes, allowed := 0, 0
	for i := range *cases {
		n, asked := checkAttacks(t, &fastChooser{uint64(i)}, *attacks)
		noes, allowed = noes+n, allowed+asked
	}
	t.Logf("%d answers were attacked with %d requests each; %d of these were allowed before", noes, *attacks, allowed)
	if noes < *cases/10 || allowed == 0 {
		t.Errorf("too few: %d, %d", noes, allowed)
	}
}

// checkShrink: a policy that was shrunk allows the requests and nothing new, and needs all of
// its Allows' parts.
func checkShrink(t fatal, c chooser) bool {
	s := &stages[0]
	p := drawPolicy(c, s, enforce.IdentityPolicy)
	set, q := Alone(p)
	q.Principals = callers[:1]
	var uses []*enforce.Request
	for range 30 {
		req := drawRequest(c, s)
		req.Principal, req.ResourceAccount = callers[0], ""
		if enforce.Evaluate(req, set).Allowed() {
			uses = append(uses, req)
		}
	}
	small, err := Shrink(p, uses)
	if err != nil {
		t.Fatalf("%v\n%s", err, p.Document())
	}
	after, _ := Alone(small)
	allows := func(p *enforce.Policy) bool {
		set, _ := Alone(p)
		return !slices.ContainsFunc(uses, func(use *enforce.Request) bool { return !enforce.Evaluate(use, set).Allowed() })
	}
	if !allows(small) {
		t.Fatalf("a use is denied\n%s\n%s", p.Document(), small.Document())
	}
	if a, err := NoNewAccess(context.Background(), set, after, q); err != nil || a.Verdict == Yes {
		t.Fatalf("%v %v: it allows more\n%s\n%s", a.Verdict, err, p.Document(), small.Document())
	}
	for i, st := range small.Elements().Statements {
		if st.Effect.Value != "Allow" {
			continue
		}
		if less, err := minus(small, func(n int) bool { return n == i }); err == nil && allows(less) {
			t.Fatalf("statement %d is not needed\n%s", i, small.Document())
		}
		for n := range st.Action {
			doc := small.Elements()
			doc.Statements[i].Action = slices.Delete(slices.Clone(st.Action), n, n+1)
			if less, err := build(doc, small); err == nil && len(st.Action) > 1 && allows(less) {
				t.Fatalf("action %d is not needed\n%s", n, small.Document())
			}
		}
		for n := range st.Resource {
			doc := small.Elements()
			doc.Statements[i].Resource = slices.Delete(slices.Clone(st.Resource), n, n+1)
			if less, err := build(doc, small); err == nil && len(st.Resource) > 1 && allows(less) {
				t.Fatalf("resource %d is not needed\n%s", n, small.Document())
			}
		}
	}
	return len(uses) > 0
}

func TestShrunkPolicies(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { checkShrink(t, rapidChooser{t}) })
	used := 0
	for i := range *cases {
		if checkShrink(t, &fastChooser{uint64(i)}) {
			used++
		}
	}
	if used < *cases/4 {
		t.Errorf("too few with uses: %d", used)
	}
}
