package prove

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/leastpriv/leastpriv/enforce"
)

// drawPair draws two sets of which the second is like the first but for one layer, and a question.
func drawPair(c chooser) (old, changed *enforce.PolicySet, q Question, s *stage) {
	s = &stages[c.pick(len(stages))]
	old = drawSet(c, s, c.pick(2) == 0)
	other := *old
	edit := func(p *enforce.Policy) *enforce.Policy { // with a statement less, or another one more
		doc := p.Elements()
		if n := len(doc.Statements); c.pick(2) == 0 && n > 1 {
			doc.Statements = slices.Delete(doc.Statements, n-1-c.pick(n-1), n)
		} else {
			doc.Statements = append(doc.Statements, drawPolicy(c, s, p.Kind()).Elements().Statements...)
		}
		if edited, err := build(doc, p); err == nil {
			return edited
		}
		return p
	}
	switch c.pick(5) {
	case 3, 4:
		other.Identity = slices.Clone(other.Identity)
		other.Identity[0] = edit(other.Identity[0])
		if other.Resource != nil && c.pick(2) == 1 {
			other.Resource = edit(other.Resource)
		}
	case 0:
		other.Identity = append(other.Identity[:len(other.Identity)-1:len(other.Identity)-1], drawPolicy(c, s, enforce.IdentityPolicy))
	case 1:
		other.Boundary = drawPolicy(c, s, enforce.IdentityPolicy)
	case 2:
		other.Resource, other.NoResourcePolicy = drawPolicy(c, s, s.kind), false
	}
	return old, &other, Question{Principals: []enforce.Principal{of(c, callers...)}, Actions: []string{"*"}}, s
}

// onlyOne reports whether a set allows a request and another does not.
func onlyOne(req *enforce.Request, set, other *enforce.PolicySet) bool {
	return enforce.Evaluate(req, set).Allowed() && !enforce.Evaluate(req, other).Allowed()
}

func checkPair(t fatal, c chooser) Verdict {
	old, changed, q, s := drawPair(c)
	a, err := NoNewAccess(context.Background(), old, changed, q)
	if err != nil {
		t.Fatalf("%v", err)
	}
	both := describe(old, nil) + "changed:\n" + describe(changed, a.Witness)
	switch {
	case a.Verdict == Yes && !onlyOne(a.Witness, changed, old):
		t.Fatalf("the witness is no new access\n%s", both)
	case a.Verdict == No:
		for range 60 {
			req := drawRequest(c, s)
			req.Principal, req.ResourceAccount = q.Principals[0], ""
			if onlyOne(req, changed, old) {
				t.Fatalf("no new access, and yet %s\n%s", Describe(req), both)
			}
		}
	}
	return a.Verdict
}

// What is said of new access holds of the requests that are drawn.
func TestNoNewAccess(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { checkPair(t, rapidChooser{t}) })
	seen := map[Verdict]int{}
	for i := range *cases {
		seen[checkPair(t, &fastChooser{uint64(i)})]++
	}
	t.Log(seen)
	if seen[Yes] < *cases/20 || seen[No] < *cases/10 || seen[Unknown] > *cases/10 {
		t.Errorf("too few of a sort, or too many unknown: %v", seen)
	}
}

// checkLaws has what must hold of the answers about any three policies.
func checkLaws(t fatal, c chooser) {
	ctx := context.Background()
	s := &stages[0]
	var policies [3]*enforce.Policy
	for i := range policies {
		policies[i] = drawPolicy(c, s, enforce.IdentityPolicy)
	}
	set := func(policies ...*enforce.Policy) *enforce.PolicySet { return &enforce.PolicySet{Identity: policies} }
	q := Question{Principals: []enforce.Principal{callers[c.pick(4)]}, Actions: []string{"*"}}
	within := func(small, large *enforce.PolicySet) Verdict {
		a, err := NoNewAccess(ctx, large, small, q)
		if err != nil {
			t.Fatalf("%v", err)
		}
		return a.Verdict
	}
	p, r, z := set(policies[0]), set(policies[1]), set(policies[2])
	text := describe(p, nil) + describe(r, nil) + describe(z, nil)
	if a, err := NoNewAccess(ctx, p, p, q); err != nil || a.Verdict == Yes || a.Verdict == Unknown && !slices.Equal(a.Reasons, []string{mixed}) {
		t.Fatalf("a policy is %v %v within itself\n%s", a.Verdict, a.Reasons, text)
	}
	deny, err := enforce.Parse(`{"Version":"2012-10-17","Statement":`+strings.Replace(drawStatement(c, s, enforce.IdentityPolicy), `"Allow"`, `"Deny"`, 1)+`}`, enforce.IdentityPolicy, enforce.Source{})
	if err != nil {
		t.Fatalf("%v", err)
	}
	if v := within(set(policies[0], deny), p); v == Yes {
		t.Fatalf("a Deny adds access\n%s%s", text, deny.Document())
	}
	if within(p, r) == No && within(r, z) == No && within(p, z) == Yes {
		t.Fatalf("not transitive\n%s", text)
	}
	regions, err := Difference(ctx, r, p, q)
	if v := within(p, r); err == nil && (len(regions) == 0) != (v == No) {
		t.Fatalf("%d regions, and %v\n%s", len(regions), v, text)
	}
	for i := range regions {
		if !onlyOne(regions[i].Witness, p, r) {
			t.Fatalf("a region's witness is none: %s\n%s", &regions[i], text)
		}
	}
	a, err := Equivalent(ctx, p, r, q)
	if err != nil || a.Verdict == No && (within(p, r) == Yes || within(r, p) == Yes) {
		t.Fatalf("%v, and not within each other\n%s", a.Verdict, text)
	}
	back, err2 := Difference(ctx, p, r, q)
	if regions, err := Difference(ctx, r, p, q); err == nil && err2 == nil && a.Verdict != Unknown && (len(regions)+len(back) == 0) != (a.Verdict == No) {
		t.Fatalf("%v, and %d and %d regions\n%s", a.Verdict, len(regions), len(back), text)
	}
}

func TestLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { checkLaws(t, rapidChooser{t}) })
	for i := range *cases {
		checkLaws(t, &fastChooser{uint64(i)})
	}
}

// FuzzProve has all comparisons with the evaluator made of the bytes of a fuzzer.
func FuzzProve(f *testing.F) {
	f.Add([]byte{})
	for i := range 8 {
		f.Add([]byte(fmt.Sprintf("%x", i*7919*7919*7919)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 400 {
			return
		}
		checkLaw(t, &byteChooser{data})
		checkFinite(t, &byteChooser{data})
		checkOpen(t, &byteChooser{data})
		checkPair(t, &byteChooser{data})
		checkLaws(t, &byteChooser{data})
	})
}
