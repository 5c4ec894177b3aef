package prove

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
)

// NoNewAccess reports whether there is a request of the question that the new policies
// allow and the old ones do not. No means that there is none: the change gives nothing away.
func NoNewAccess(ctx context.Context, old, changed *enforce.PolicySet, q Question) (Answer, error) {
	if err := q.check(old, changed); err != nil {
		return Answer{}, err
	}
	p := &proof{work: newWork(ctx, q.Budget), question: &q, vocabulary: newVocabulary(), allow: changed, deny: old}
	return p.answer(), nil
}

// Equivalent reports whether there is a request of the question that one set allows and
// the other does not. No means that they allow the same.
func Equivalent(ctx context.Context, a, b *enforce.PolicySet, q Question) (Answer, error) {
	less, err := NoNewAccess(ctx, a, b, q)
	if err != nil || less.Verdict == Yes {
		return less, err
	}
	more, err := NoNewAccess(ctx, b, a, q)
	if more.Verdict == No {
		less.Steps += more.Steps
		return less, err
	}
	return more, err
}

// A Region is requests that one set of policies allows and another does not: those of the
// witness, in terms of a statement that allows it.
type Region struct {
	// Witness is one of the requests.
	Witness *enforce.Request
	// Statement allows it: of the policies that allow more.
	Statement *enforce.Statement
}

// String returns actions, resources and conditions, as the statement has them, and the
// witness.
func (r *Region) String() string {
	var b strings.Builder
	if r.Statement != nil {
		line, column := r.Statement.Position()
		el := r.Statement.Elements()
		fmt.Fprintf(&b, "%s of %s (%d:%d):", r.Statement.Label(), r.Statement.Policy().Label(), line, column)
		list(&b, " ", el.Action)
		list(&b, " every action but ", el.NotAction)
		list(&b, " on ", el.Resource)
		list(&b, " on every resource but ", el.NotResource)
		for i := range el.Conditions {
			c := &el.Conditions[i]
			fmt.Fprintf(&b, ", if %s %s", c.Operator.Value, c.Key.Value)
			list(&b, " ", c.Values)
		}
		b.WriteString("; ")
	}
	b.WriteString("for example " + Describe(r.Witness))
	return b.String()
}

func list(b *strings.Builder, before string, all []enforce.Text) {
	for i, t := range all {
		if i == 0 {
			b.WriteString(before)
		} else {
			b.WriteString(", ")
		}
		b.WriteString(t.Value)
	}
}

// Describe returns a request in one line: principal, action, resource and condition keys.
func Describe(req *enforce.Request) string {
	var b strings.Builder
	who := req.Principal.ARN
	for _, other := range []string{req.Principal.Service, strings.ToLower(string(req.Principal.Type))} {
		if who == "" {
			who = other
		}
	}
	fmt.Fprintf(&b, "%s %s on %s", who, req.Action, req.Resource)
	if req.ResourceAccount != "" {
		fmt.Fprintf(&b, " of account %s", req.ResourceAccount)
	}
	separator := " with "
	for key, values := range req.Context.All() {
		fmt.Fprintf(&b, "%s%s=", separator, key)
		if separator = ", "; req.Context.IsMulti(key) {
			fmt.Fprintf(&b, "%q", values)
		} else {
			b.WriteString(values[0])
		}
	}
	return b.String()
}

// maxRegions is how many regions a Difference has at most.
const maxRegions = 100

// ErrUnknown is the error of a Difference that could not be worked out to its end.
var ErrUnknown = errors.New("prove: unknown")

// Difference returns what the new policies allow and the old ones do not, one region for
// each statement that allows some of it. It is empty when the new ones allow nothing new.
// With [ErrUnknown] there may be more.
func Difference(ctx context.Context, old, changed *enforce.PolicySet, q Question) ([]Region, error) {
	if err := q.check(old, changed); err != nil {
		return nil, err
	}
	var regions []Region
	without := make(map[*enforce.Statement]bool)
	for range maxRegions {
		p := &proof{work: newWork(ctx, q.Budget), question: &q, vocabulary: newVocabulary(), allow: changed, deny: old, without: without}
		a := p.answer()
		switch a.Verdict {
		case No:
			return regions, nil
		case Unknown:
			return regions, fmt.Errorf("%w: %s", ErrUnknown, strings.Join(a.Reasons, "; "))
		}
		allows := p.allowing(a.Witness)
		if regions = append(regions, Region{a.Witness, allows}); allows == nil {
			return regions, fmt.Errorf("%w: what no statement allows has no regions", ErrUnknown)
		}
		without[allows] = true
	}
	return regions, fmt.Errorf("%w: more than %d regions", ErrUnknown, maxRegions)
}

// allowing returns a statement that allows a request, of those that are not left out, and
// that of [Alone] beside the policy only where it is the only one; nil where the request is
// the root user's, or AWS itself decides.
func (p *proof) allowing(req *enforce.Request) (found *enforce.Statement) {
	d := enforce.Evaluate(req, p.allow)
	for _, s := range append([]*enforce.Statement{d.Statement}, d.Matched()...) {
		if s == nil || p.without[s] {
			continue
		}
		if s.Policy() != everything {
			return s
		}
		found = s
	}
	return found
}
