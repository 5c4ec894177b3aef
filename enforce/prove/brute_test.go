package prove

import (
	"context"
	"flag"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
)

var cases = flag.Int("cases", 60, "how many drawn cases each comparison makes")

// A fatal is a test, or the draw of a property.
type fatal interface{ Fatalf(string, ...any) }

// small has two values for each key that a finite question is about, beside none.
var small = map[string][]string{"k": {"a", "k"}, "aws:PrincipalTag/team": {"a", "alice"}, "n": {"5", "4"}, "aws:SourceIp": {"10.1.2.3", "192.0.2.1"}}

// absent are all other keys that the drawn policies name.
var absent = []string{"m", "d", "b", "bin", "ip", "arn", "missing", "aws:MultiFactorAuthPresent", "kms:ResourceAliases", "aws:TokenIssueTime"}

// A finite question: what it is about can be gone through one by one.
func finiteQuestion(c chooser, s *stage) Question {
	q := Question{Principals: some(c, 1, 2, func() enforce.Principal { return of(c, callers...) }),
		Actions: some(c, 1, 3, func() string { return of(c, s.actions...) }), ResourceAccount: of(c, "", "", mine, theirs)}
	for range 1 + c.pick(3) {
		if r := of(c, s.resources...); !strings.ContainsAny(r, "*$") {
			q.Resources = append(q.Resources, r)
		}
	}
	if q.Resources == nil {
		q.Resources = []string{s.resources[0]}
	}
	for _, key := range slices.Sorted(maps.Keys(small)) {
		q.Where = append(q.Where, enforce.Condition("StringEqualsIfExists", key, small[key]...))
	}
	for _, key := range absent {
		q.Where = append(q.Where, enforce.Condition("Null", key, "true"))
	}
	return q
}

// all yields every request of a finite question.
func (q *Question) all(yield func(*enforce.Request) bool) {
	keys := slices.Sorted(maps.Keys(small))
	for _, who := range q.Principals {
		for _, action := range q.Actions {
			for _, resource := range q.Resources {
				for n := range 3 * 3 * 3 * 3 {
					req := &enforce.Request{Principal: who, Action: action, Resource: resource, ResourceAccount: q.ResourceAccount}
					for _, key := range keys {
						if n%3 > 0 {
							req.Context.Set(key, small[key][n%3-1])
						}
						n /= 3
					}
					if !yield(req) {
						return
					}
				}
			}
		}
	}
}

func checkFinite(t fatal, c chooser) Verdict {
	s := &stages[c.pick(len(stages))]
	set, q := drawSet(c, s, c.pick(2) == 0), finiteQuestion(c, s)
	a, err := Can(context.Background(), set, q)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var allowed *enforce.Request
	for req := range q.all {
		if enforce.Evaluate(req, set).Allowed() {
			allowed = req
			break
		}
	}
	want := No
	if allowed != nil {
		want = Yes
	}
	if a.Verdict != want {
		t.Fatalf("%v %v, want %v\n%s\n%v", a.Verdict, a.Reasons, want, describe(set, allowed), q)
	}
	if a.Verdict == Yes && !enforce.Evaluate(a.Witness, set).Allowed() {
		t.Fatalf("the witness is denied\n%s", describe(set, a.Witness))
	}
	return a.Verdict
}

// Over a few requests, an answer is what going through all of them says.
func TestFiniteQuestions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { checkFinite(t, rapidChooser{t}) })
	seen := map[Verdict]int{}
	for i := range *cases {
		seen[checkFinite(t, &fastChooser{uint64(i)})]++
	}
	if seen[Yes] < *cases/10 || seen[No] < *cases/10 {
		t.Errorf("too few of a sort: %v", seen)
	}
}

// checkOpen asks about all requests of a principal, and attacks a No with some of them.
func checkOpen(t fatal, c chooser) Verdict {
	s := &stages[c.pick(len(stages))]
	set := drawSet(c, s, c.pick(2) == 0)
	who := of(c, callers...)
	q := Question{Principals: []enforce.Principal{who}, Actions: []string{of(c, s.actionPatterns...)}}
	if c.pick(2) == 1 {
		q.Resources = []string{of(c, "arn:aws:s3:::*", "*", "arn:aws:s3:::b/*", "arn:aws:iam::*:role/*", "arn:aws:kms:*:*:key/*")}
	}
	a, err := Can(context.Background(), set, q)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if a.Verdict == Yes && !enforce.Evaluate(a.Witness, set).Allowed() {
		t.Fatalf("the witness is denied\n%s", describe(set, a.Witness))
	}
	for _, r := range a.Reasons {
		if strings.Contains(r, "internal") {
			t.Fatalf("%v\n%s\n%v", a.Reasons, describe(set, nil), q)
		}
	}
	if a.Verdict != No {
		return a.Verdict
	}
	for range 100 {
		req := drawRequest(c, s)
		req.Principal, req.ResourceAccount = who, ""
		if q.has(req) && enforce.Evaluate(req, set).Allowed() {
			t.Fatalf("no, and yet allowed\n%s\n%v", describe(set, req), q)
		}
	}
	return No
}

// has reports whether a request without conditions is one of the question's.
func (q *Question) has(req *enforce.Request) bool {
	action := slices.ContainsFunc(q.Actions, func(a string) bool {
		p, _ := enforce.ParseAction(a)
		return p.Match(req.Action)
	})
	return action && (len(q.Resources) == 0 || slices.ContainsFunc(q.Resources, func(r string) bool {
		p, _ := enforce.ParseResource(r)
		return p.Match(req.Resource)
	}))
}

// A Yes replays, and what a No says of all requests holds of those that are drawn.
func TestOpenQuestions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { checkOpen(t, rapidChooser{t}) })
	seen := map[Verdict]int{}
	for i := range *cases {
		seen[checkOpen(t, &fastChooser{uint64(i)})]++
	}
	t.Log(seen)
	if seen[Yes] < *cases/10 || seen[No] < *cases/20 || seen[Unknown] > *cases/20 {
		t.Errorf("too few of a sort, or too many unknown: %v", seen)
	}
}
