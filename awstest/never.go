package awstest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/internal/proofs"
)

// An Asked says more of the requests that [AssertNever] is about: [On] or [If].
type Asked interface{ ask(*proofs.Claim) }

type asked func(*proofs.Claim)

func (f asked) ask(c *proofs.Claim) { f(c) }

// On names the resources that [AssertNever] is about, by the patterns of policies. Without it
// any resource is meant.
func On(resources ...string) Asked {
	return asked(func(c *proofs.Claim) { c.Resources = append(c.Resources, resources...) })
}

// If adds a condition that holds of all requests that [AssertNever] is about:
// If("Bool", "aws:SecureTransport", "false").
func If(operator, key string, values ...string) Asked {
	return asked(func(c *proofs.Claim) { c.If = append(c.If, enforce.Condition(operator, key, values...)) })
}

// AssertNever checks that the policies allow a principal none of some actions, whatever the
// resource, the condition keys and the session: not for the calls that a test makes, but for
// all that there may be. The action is a pattern, as "s3:Delete*".
//
//	awstest.AssertNever(t, role, "s3:Delete*", awstest.On("arn:aws:s3:::prod-*/*"))
//
// It asks all that decides in the World: the principal's policies, its boundary and session,
// the organization's policies, the VPC endpoint that it goes through ([Principal.Via]), and
// the policies of all resources. A role is meant with every session that it may have, a user
// with temporary credentials too, and a resource also where there is none of the name yet. The
// principal's tags, its organization and its VPC endpoint are as they are; everything else of
// a request may be anything.
//
// A failure shows a request that is allowed, the statement that lets it through, and the
// smallest change that keeps it out. What cannot be known fails too, and says why. The test
// goes on.
//
// What the claim is about are arguments, and not methods of what this returns: a chain would
// have to be checked at its end, which a test can forget.
func AssertNever(t TB, p *Principal, action string, about ...Asked) bool {
	t.Helper()
	return holds(t.Errorf, t, never(p, action, about))
}

// RequireNever is AssertNever, but ends the test.
func RequireNever(t TB, p *Principal, action string, about ...Asked) {
	t.Helper()
	holds(t.Fatalf, t, never(p, action, about))
}

// AssertNoMoreThan checks that a principal may do nothing that a policy does not allow, in no
// request that there may be: by all its policies, and by those of the resources. See
// [AssertNever] for what is asked and what a failure shows. The test goes on.
func AssertNoMoreThan(t TB, p *Principal, policy Policy) bool {
	t.Helper()
	return holds(t.Errorf, t, noMoreThan(p, policy))
}

// RequireNoMoreThan is AssertNoMoreThan, but ends the test.
func RequireNoMoreThan(t TB, p *Principal, policy Policy) {
	t.Helper()
	holds(t.Fatalf, t, noMoreThan(p, policy))
}

// A claim is what an assertion asks of a proof.
type claim struct {
	proofs.Claim
	want string
	err  error
}

// holds fails a test unless a claim is proved.
func holds(fail func(format string, args ...any), t TB, c *claim) bool {
	t.Helper()
	var finding proofs.Finding
	err := c.err
	if err == nil {
		finding, err = c.Ask(t.Context())
	}
	switch {
	case err != nil:
		fail("%s\ngot:  no answer: %s", c.want, strings.TrimPrefix(err.Error(), "prove: "))
	case finding.Verdict != prove.No:
		fail("%s\ngot:  %s", c.want, strings.Join(finding.Lines(), "\n"))
	}
	return err == nil && finding.Verdict == prove.No
}

func never(p *Principal, action string, about []Asked) *claim {
	c := &claim{Claim: proofs.Claim{Actions: []string{action}}}
	for _, a := range about {
		a.ask(&c.Claim)
	}
	c.want = "want: never " + action
	if len(c.Resources) > 0 {
		c.want += " on " + strings.Join(c.Resources, ", ")
	}
	for i := range c.If {
		c.want += fmt.Sprintf(" if %s %s", c.If[i].Operator.Value, c.If[i].Key.Value)
		for _, v := range c.If[i].Values {
			c.want += " " + v.Value
		}
	}
	c.want += " by " + p.arn
	if len(c.Resources) == 0 {
		c.Resources = proofs.ResourcesOf(action)
	}
	c.Parts, c.err = p.parts()
	return c
}

func noMoreThan(p *Principal, policy Policy) *claim {
	c := &claim{Claim: proofs.Claim{Actions: []string{"*"}}, want: "want: no more for " + p.arn + " than the policy allows"}
	if c.Parts, c.err = p.parts(); c.err != nil {
		return c
	}
	limit, err := p.account.limit(policy)
	if err != nil {
		c.err = err
		return c
	}
	for i := range c.Parts {
		part := &c.Parts[i]
		if strings.Contains(part.Question.Principals[0].IssuerARN, ":role/aws-service-role/") || part.Question.Principals[0].Account == "" {
			c.err = fmt.Errorf("no policy can say what %s may do", p.arn)
			return c
		}
		part.Bound = &enforce.PolicySet{Identity: anything, Resource: part.Set.Resource, SCPs: [][]*enforce.Policy{{limit}}}
	}
	return c
}

// anything allows everything, so that the policy beside it decides.
var anything = []*enforce.Policy{enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, enforce.IdentityPolicy)}

// limit is a policy as one that limits what all others allow.
func (a *Account) limit(policy Policy) (*enforce.Policy, error) {
	if arn := managedARN(policy); arn != "" {
		managed, ok := a.world.Directory().ManagedPolicy(arn)
		if !ok {
			return nil, fmt.Errorf("there is no policy %s", arn)
		}
		return enforce.Build(managed.Elements(), enforce.ServiceControlPolicy, enforce.Source{Name: arn})
	}
	text, source, err := policy.document([]string{anyResource})
	if err != nil {
		return nil, err
	}
	p, err := enforce.Parse(text, enforce.IdentityPolicy, source)
	if err != nil {
		return nil, err
	}
	return enforce.Build(p.Elements(), enforce.ServiceControlPolicy, source)
}

// parts are the policies that decide what the principal may do.
func (p *Principal) parts() ([]proofs.Part, error) {
	a := p.account
	var key string
	if p.credentials != nil {
		c, err := p.credentials.get()
		if err != nil {
			return nil, fmt.Errorf("%s has no credentials: %w", p.arn, err)
		}
		key = c.AccessKeyID
	}
	_, whole := p.credentials.(*roleSession)
	whole = whole && !strings.Contains(p.arn, ":role/aws-service-role/")
	via := a.via
	caller, scopes, err := a.world.Scopes(a.t.Context(), key, via.within(), whole)
	if err != nil {
		return nil, err
	}
	who := caller.Principal
	if whole { // any session of it
		who = enforce.Principal{Type: enforce.AssumedRole, Account: caller.Account}
	}
	parts := make([]proofs.Part, len(scopes))
	for i := range scopes {
		s := &scopes[i]
		parts[i] = proofs.Part{Set: &s.Policies, Unknown: s.Unknown, Question: prove.Question{
			Principals: []enforce.Principal{who}, Within: s.Resources, Except: s.Except, ResourceAccount: s.ResourceAccount,
			Where: slices.Clip(s.Where),
		}}
	}
	return parts, nil
}
