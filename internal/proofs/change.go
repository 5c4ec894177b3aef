package proofs

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

// change returns a change that closes what was found. What is taken away from the statement
// comes first, where nothing else is lost by it; then a Deny of what the claim is about, or a
// permissions boundary of what it admits.
func (c *Claim) change(ctx context.Context, p *Part, f *Finding) string {
	if f.Statement != nil && editable(f.Statement.Policy()) {
		for _, e := range edits(f.Witness, p.Set, f.Statement) {
			if after := c.replaced(f.Statement.Policy(), e.policy); after.holds(ctx) && c.keeps(ctx, after) {
				return e.what
			}
		}
	}
	if p.Bound != nil {
		return c.bounded(ctx, p)
	}
	return c.denied(ctx, f)
}

// editable reports whether the owner of a policy can change it.
func editable(p *enforce.Policy) bool {
	return !p.Source().Implied && !strings.HasPrefix(p.Source().ARN, "arn:aws:iam::aws:")
}

// An edit is a policy without a part of it.
type edit struct {
	what   string
	policy *enforce.Policy
}

// edits are those of the statement that can keep a request out.
func edits(req *enforce.Request, set *enforce.PolicySet, s *enforce.Statement) (all []edit) {
	p := s.Policy()
	n := slices.Index(p.Statements(), s)
	if n < 0 {
		return nil
	}
	add := func(what string, apply func(*enforce.Document)) {
		doc := p.Elements()
		apply(doc)
		if built, err := enforce.Build(doc, p.Kind(), p.Source()); err == nil {
			all = append(all, edit{what + " (" + Place(s) + ")", built})
		}
	}
	el := p.Elements().Statements[n]
	for _, u := range enforce.Evaluate(req, set).Uses() {
		if u.Statement != s {
			continue
		}
		for _, i := range u.Actions {
			if i < len(el.Action) && len(el.Action) > 1 {
				add(fmt.Sprintf("remove the action %q from %s", el.Action[i].Value, s.Label()), func(d *enforce.Document) {
					d.Statements[n].Action = slices.Delete(slices.Clone(el.Action), i, i+1)
				})
			}
		}
		for _, i := range u.Resources {
			if i < len(el.Resource) && len(el.Resource) > 1 {
				add(fmt.Sprintf("remove the resource %q from %s", el.Resource[i].Value, s.Label()), func(d *enforce.Document) {
					d.Statements[n].Resource = slices.Delete(slices.Clone(el.Resource), i, i+1)
				})
			}
		}
	}
	if len(p.Statements()) == 1 {
		return append(all, edit{"remove " + s.Label() + " (" + Place(s) + ")", enforce.Empty(p.Kind())})
	}
	add("remove "+s.Label(), func(d *enforce.Document) { d.Statements = slices.Delete(d.Statements, n, n+1) })
	return all
}

// with returns the claim about other policies.
func (c *Claim) with(apply func(*enforce.PolicySet)) *Claim {
	other := *c
	other.Parts = slices.Clone(c.Parts)
	for i := range other.Parts {
		set := *other.Parts[i].Set
		apply(&set)
		other.Parts[i].Set = &set
	}
	return &other
}

// replaced puts a policy in the place of another.
func (c *Claim) replaced(old, changed *enforce.Policy) *Claim {
	swap := func(list []*enforce.Policy) []*enforce.Policy {
		list = slices.Clone(list)
		for i := range list {
			if list[i] == old {
				list[i] = changed
			}
		}
		return list
	}
	return c.with(func(set *enforce.PolicySet) {
		set.Identity, set.Session = swap(set.Identity), swap(set.Session)
		for _, one := range []**enforce.Policy{&set.Boundary, &set.Resource, &set.Endpoint} {
			if *one == old {
				*one = changed
			}
		}
	})
}

// holds reports whether the claim is proved.
func (c *Claim) holds(ctx context.Context) bool {
	for i := range c.Parts {
		p := &c.Parts[i]
		if a, err := c.ask(ctx, p); err != nil || a.Verdict != prove.No {
			return false
		}
	}
	return true
}

// keeps reports whether all that was allowed before a change, and that the claim does not
// forbid, is allowed after it.
func (c *Claim) keeps(ctx context.Context, after *Claim) bool {
	for i := range c.Parts {
		p := &c.Parts[i]
		rest := *p.Set
		if p.Bound != nil {
			rest.SCPs = slices.Concat(rest.SCPs, p.Bound.SCPs)
		} else {
			deny, err := c.deny()
			if err != nil {
				return false
			}
			rest.Identity = append(slices.Clip(rest.Identity), deny)
		}
		q := p.Question
		q.Actions = []string{"*"}
		if a, err := prove.NoNewAccess(ctx, after.Parts[i].Set, &rest, q); err != nil || a.Verdict != prove.No {
			return false
		}
	}
	return true
}

// deny is what the claim says, as a policy.
func (c *Claim) deny() (*enforce.Policy, error) {
	resources := c.Resources
	if len(resources) == 0 {
		resources = []string{"*"}
	}
	doc := &enforce.Document{Version: enforce.Text{Value: "2012-10-17"}, Statements: []enforce.StatementElements{{
		Effect: enforce.Text{Value: "Deny"}, Action: enforce.Texts(c.Actions...), Resource: enforce.Texts(resources...), Conditions: c.If,
	}}}
	return enforce.Build(doc, enforce.IdentityPolicy, enforce.Source{Name: "the change"})
}

// denied is a Deny in a policy of the caller. The root user and anonymous callers have none.
func (c *Claim) denied(ctx context.Context, f *Finding) string {
	switch f.Witness.Principal.Type {
	case enforce.User, enforce.AssumedRole, enforce.FederatedUser:
	default:
		return ""
	}
	deny, err := c.deny()
	if err != nil {
		return ""
	}
	after := c.with(func(set *enforce.PolicySet) { set.Identity = append(slices.Clip(set.Identity), deny) })
	if !after.holds(ctx) {
		return ""
	}
	return "add to a policy of the caller: " + compact(deny.Statements()[0].Document())
}

// bounded is what the claim admits as a permissions boundary.
func (c *Claim) bounded(ctx context.Context, p *Part) string {
	if p.Set.Boundary != nil {
		return ""
	}
	allowed, err := enforce.Build(p.Bound.SCPs[0][0].Elements(), enforce.IdentityPolicy, enforce.Source{Name: "the boundary"})
	if err != nil {
		return ""
	}
	if !c.with(func(set *enforce.PolicySet) { set.Boundary = allowed }).holds(ctx) {
		return ""
	}
	return "give the caller the policy as its permissions boundary"
}

// compact is a JSON document in one line.
func compact(document string) string {
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(document)); err != nil {
		return document
	}
	return b.String()
}
