package prove

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/leastpriv/leastpriv/enforce"
)

// everything allows everything, so that the policy beside it decides.
var everything = func() *enforce.Policy {
	p, err := enforce.Parse(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`,
		enforce.IdentityPolicy, enforce.Source{Name: "everything"})
	if err != nil {
		panic(err)
	}
	return p
}()

// Alone returns a set in which only the policy decides, and the question about all that it
// may decide, for comparisons of it with others of its kind. Identity-based policies are
// those of any user or role. Resource-based ones are asked about callers of other accounts
// than the owner's, who may do everything as far as their own policies go: there a policy
// decides alone whom it admits. The others are the policies that the comparison is with;
// they name accounts too.
func Alone(p *enforce.Policy, others ...*enforce.Policy) (*enforce.PolicySet, Question) {
	q := Question{Actions: []string{"*"}}
	accounts := accountsIn(p.Document())
	for _, other := range others {
		accounts = accountsIn(append(accounts, other.Document())...)
	}
	free := unnamedAccount(accounts)
	set := &enforce.PolicySet{Identity: []*enforce.Policy{everything}}
	for _, account := range append(accounts, free) {
		for _, t := range []enforce.PrincipalType{enforce.User, enforce.AssumedRole} {
			q.Principals = append(q.Principals, enforce.Principal{Type: t, Account: account})
		}
	}
	switch p.Kind() {
	case enforce.ServiceControlPolicy:
		set.SCPs = [][]*enforce.Policy{{p}}
	case enforce.ResourceControlPolicy:
		set.RCPs = [][]*enforce.Policy{{p, enforce.FullAWSAccess(enforce.ResourceControlPolicy)}}
	case enforce.EndpointPolicy:
		set.Endpoint = p
	case enforce.SessionPolicy:
		set.Session = []*enforce.Policy{p}
	case enforce.IdentityPolicy, enforce.ManagedPolicy:
		set.Identity = []*enforce.Policy{p}
	default:
		set.Resource = p
		q.Principals, q.Anyone, q.foreign, q.ResourceAccount = nil, true, true, ownerOf(accounts)
	}
	return set, q
}

// SameAccount is what [Alone] leaves out of a resource-based policy: callers of the owner's
// account, who may do everything as far as their own policies go, so that the policy decides
// whom it denies something. False is of policies of other kinds.
func SameAccount(p *enforce.Policy, others ...*enforce.Policy) (*enforce.PolicySet, Question, bool) {
	set, q := Alone(p, others...)
	if set.Resource == nil {
		return nil, Question{}, false
	}
	accounts := accountsIn(p.Document())
	for _, other := range others {
		accounts = accountsIn(append(accounts, other.Document())...)
	}
	q = Question{Actions: q.Actions}
	for _, account := range append(accounts, unnamedAccount(accounts)) {
		for _, t := range []enforce.PrincipalType{enforce.User, enforce.AssumedRole} {
			q.Principals = append(q.Principals, enforce.Principal{Type: t, Account: account})
		}
	}
	return set, q, true
}

// ownerOf returns an account that is neither named nor the one that stands for all others.
func ownerOf(accounts []string) string {
	return unnamedAccount(append(slices.Clone(accounts), unnamedAccount(accounts)))
}

// An Access is actions on resources, by the patterns of policies. No resources are any.
type Access struct{ Actions, Resources []string }

// NotGranted reports for each access whether the policy grants any of it: No means that it
// does not.
func NotGranted(ctx context.Context, p *enforce.Policy, accesses ...Access) ([]Answer, error) {
	if len(accesses) == 0 {
		return nil, errors.New("prove: no accesses")
	}
	answers := make([]Answer, len(accesses))
	for i, access := range accesses {
		set, q := Alone(p)
		q.Actions, q.Resources = access.Actions, access.Resources
		var err error
		if answers[i], err = Can(ctx, set, q); err != nil {
			return nil, fmt.Errorf("access %d: %w", i+1, err)
		}
	}
	return answers, nil
}

// Redundant returns the statements without which the policy allows the same: all of them
// can be removed together. An error says that it could not be known of a statement, which
// is not among them then.
func Redundant(ctx context.Context, p *enforce.Policy) ([]*enforce.Statement, error) {
	var redundant []*enforce.Statement
	var unknown error
	all := p.Statements()
	for i := len(all) - 1; i >= 0; i-- {
		removed := append(slices.Clone(redundant), all[i])
		less, err := minus(p, func(n int) bool { return slices.Contains(removed, all[n]) })
		if err != nil {
			continue // nothing would be left
		}
		set, q := Alone(p, less)
		lesser, _ := Alone(less, p)
		a, err := Equivalent(ctx, set, lesser, q)
		if set, q, ok := SameAccount(p, less); ok && err == nil && a.Verdict == No {
			lesser, _, _ := SameAccount(less, p)
			a, err = Equivalent(ctx, set, lesser, q)
		}
		switch {
		case err != nil:
			return nil, err
		case a.Verdict == No:
			redundant = removed
		case a.Verdict == Unknown:
			unknown = fmt.Errorf("%w: %s: %v", ErrUnknown, all[i].Label(), a.Reasons)
		}
	}
	slices.Reverse(redundant)
	return redundant, unknown
}

// minus builds a policy without some of its statements.
func minus(p *enforce.Policy, removed func(int) bool) (*enforce.Policy, error) {
	doc := p.Elements()
	var kept []enforce.StatementElements
	for i, s := range doc.Statements {
		if !removed(i) {
			kept = append(kept, s)
		}
	}
	doc.Statements = kept
	return build(doc, p)
}

// build builds a policy of the elements of another.
func build(doc *enforce.Document, p *enforce.Policy) (*enforce.Policy, error) {
	doc.Version.Value = p.Version()
	return enforce.Build(doc, p.Kind(), enforce.Source{Name: p.Source().Name, ARN: p.Source().ARN})
}

// Shrink returns a policy that allows nothing new and still allows the given requests, by
// itself, as far as the policy did. No statement, action or resource of its Allows can be
// removed without one of the requests being denied. Statements of Principal stay as they are.
func Shrink(p *enforce.Policy, uses []*enforce.Request) (*enforce.Policy, error) {
	set := func(p *enforce.Policy) *enforce.PolicySet {
		s, _ := Alone(p)
		return s
	}
	for i, use := range uses {
		if !enforce.Evaluate(use, set(p)).Allowed() {
			return nil, fmt.Errorf("prove: request %d is not allowed: %s", i+1, Describe(use))
		}
	}
	enough := func(p *enforce.Policy) bool {
		s := set(p)
		return !slices.ContainsFunc(uses, func(use *enforce.Request) bool { return !enforce.Evaluate(use, s).Allowed() })
	}
	for {
		smaller := shrunk(p, enough)
		if smaller == nil {
			return p, nil
		}
		p = smaller
	}
}

// shrunk returns the policy without one of its parts; nil when it needs all.
func shrunk(p *enforce.Policy, enough func(*enforce.Policy) bool) *enforce.Policy {
	try := func(change func(*enforce.Document)) *enforce.Policy {
		doc := p.Elements()
		change(doc)
		if smaller, err := build(doc, p); err == nil && enough(smaller) {
			return smaller
		}
		return nil
	}
	for i, s := range p.Elements().Statements {
		if s.Effect.Value != "Allow" {
			continue
		}
		if smaller := try(func(d *enforce.Document) { d.Statements = slices.Delete(d.Statements, i, i+1) }); smaller != nil {
			return smaller
		}
		for _, list := range []func(*enforce.StatementElements) *[]enforce.Text{
			func(s *enforce.StatementElements) *[]enforce.Text { return &s.Action },
			func(s *enforce.StatementElements) *[]enforce.Text { return &s.Resource },
		} {
			for _, n := range broadest(*list(&s)) {
				if smaller := try(func(d *enforce.Document) {
					texts := list(&d.Statements[i])
					*texts = slices.Delete(slices.Clone(*texts), n, n+1)
				}); smaller != nil {
					return smaller
				}
			}
		}
	}
	return nil
}

// broadest returns the places in a list of patterns that can be left out, the shortest
// pattern first: it is most likely the one that allows most.
func broadest(all []enforce.Text) []int {
	if len(all) < 2 {
		return nil
	}
	places := make([]int, len(all))
	for i := range places {
		places[i] = i
	}
	slices.SortStableFunc(places, func(a, b int) int { return len(all[a].Value) - len(all[b].Value) })
	return places
}
