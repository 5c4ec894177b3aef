package awstest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/proofs"
)

// AssertNotPublic checks that a resource of the World, by its ARN, is not open to everybody:
// that its policy lets nobody in whom it does not name, by principal, network or source. ACLs
// and Block Public Access of buckets and the resource control policies of the organization
// count; of a bucket it is asked what S3 calls public. A resource without a policy is not
// public. A failure shows a request of somebody whom nobody knows, the statement that lets it
// through, and the smallest change that keeps it out. The test goes on.
func AssertNotPublic(t TB, acct *Account, resource string) bool {
	t.Helper()
	return notPublic(t, t.Errorf, acct, resource)
}

// RequireNotPublic is AssertNotPublic, but ends the test.
func RequireNotPublic(t TB, acct *Account, resource string) {
	t.Helper()
	notPublic(t, t.Fatalf, acct, resource)
}

func notPublic(t TB, fail func(format string, args ...any), acct *Account, resource string) bool {
	t.Helper()
	problem := isPublic(acct, resource)
	if problem != "" {
		fail("%s", problem)
	}
	return problem == ""
}

// isPublic says what is wrong; "" is nothing.
func isPublic(acct *Account, resource string) string {
	want := "want: " + resource + " is not public"
	ctx := context.WithoutCancel(acct.t.Context())
	found := false
	for _, g := range acct.world.Guarded(ctx) {
		if g.Resources[0] != resource || g.Policy == nil && g.Unknown == "" {
			continue
		}
		found = true
		if problem := acct.openTo(ctx, &g); problem != "" {
			return want + "\ngot:  " + problem
		}
	}
	if !found {
		if why := acct.missing(resource); why != "" {
			return want + "\ngot:  no answer: " + why
		}
	}
	return ""
}

// missing says why nothing is known of a resource; "" where it is there, and has no policy.
func (a *Account) missing(resource string) string {
	parsed, err := arn.Parse(resource)
	if err != nil {
		return err.Error()
	}
	answer, err := a.world.Ask(context.WithoutCancel(a.t.Context()), &fakeaws.Question{
		AccessKeyID: a.Root().Credentials().AccessKeyID, Action: parsed.Service + ":Get", Resource: resource, Region: a.options.region,
	})
	if err != nil {
		return err.Error()
	}
	return answer.Note
}

// openTo says how everybody gets at a resource; "" where nobody does whom its policy does not
// name.
func (a *Account) openTo(ctx context.Context, g *fakeaws.Guarded) string {
	if g.Unknown != "" {
		return "it is not known, because of\n  " + g.Unknown
	}
	e := &exposure{ctx: ctx, guarded: g, zone: a.zone(g.Account), rcps: a.rcps(g.Account)}
	f, err := e.finding(g.Policy)
	switch {
	case err != nil:
		return "no answer: " + strings.TrimPrefix(err.Error(), "prove: ")
	case f.Verdict == prove.No:
		return ""
	case f.Verdict == prove.Yes && f.Statement != nil:
		f.Change, f.Sought = e.change(f.Statement), true
	}
	return strings.Join(f.Lines(), "\n")
}

// zone is what an account trusts: its organization.
func (a *Account) zone(owner string) prove.Zone {
	z := prove.Zone{Account: owner}
	if m := a.world.Membership(owner); m != nil {
		z.Organization = m.ID
		for _, other := range a.world.Accounts() {
			if other.ID != owner && a.world.SameOrganization(owner, other.ID) {
				z.Accounts = append(z.Accounts, other.ID)
			}
		}
	}
	return z
}

func (a *Account) rcps(owner string) [][]*enforce.Policy {
	if m := a.world.Membership(owner); m != nil {
		return m.RCPs
	}
	return nil
}

// An exposure asks whether a policy is public.
type exposure struct {
	ctx     context.Context
	guarded *fakeaws.Guarded
	zone    prove.Zone
	rcps    [][]*enforce.Policy
}

// finding is a request of a stranger where the policy is public: one that the resource control
// policies allow too.
func (e *exposure) finding(p *enforce.Policy) (f proofs.Finding, err error) {
	x, err := prove.Public(e.ctx, p, e.zone)
	if err != nil {
		return f, err
	}
	f.Verdict, f.Reasons = x.Public, x.Reasons
	if x.Public != prove.Yes {
		return f, nil
	}
	claim := proofs.Claim{Actions: []string{actionsOn(e.guarded.Resources[0])}, Parts: e.parts(p, e.rcps)}
	if f, err = claim.Find(e.ctx); err != nil || f.Verdict != prove.No {
		return f, err
	}
	// It is closed by a Deny or by the organization, if it is open without them to those who
	// are looked for. Otherwise it is open to others.
	claim.Parts = e.parts(allowsOf(p), nil)
	open, err := claim.Find(e.ctx)
	if err == nil && open.Verdict != prove.Yes {
		f.Verdict, f.Reasons = prove.Unknown, []string{"to whom its policy is open, which is no user, role or root user of another account"}
	}
	return f, err
}

// parts are the questions of a policy: about those who have no account, and those of an account
// that nobody names, which is in no organization or in one that nobody names.
func (e *exposure) parts(p *enforce.Policy, rcps [][]*enforce.Policy) (parts []proofs.Part) {
	account := e.stranger(p)
	strangers := []enforce.Principal{{Type: enforce.Anonymous}}
	for _, t := range []enforce.PrincipalType{enforce.User, enforce.AssumedRole} {
		strangers = append(strangers, enforce.Principal{Type: t, Account: account})
	}
	strangers = append(strangers,
		enforce.Principal{Type: enforce.Root, Account: account, ARN: "arn:aws:iam::" + account + ":root", UserID: account},
		enforce.Principal{Type: enforce.FederatedUser, Account: account, ARN: "arn:aws:sts::" + account + ":federated-user/stranger", IssuerARN: "arn:aws:iam::" + account + ":user/stranger", UserID: account + ":stranger"})
	const organization = "o-stranger99"
	for _, where := range [][]enforce.ConditionElement{
		{enforce.Condition("Null", "aws:PrincipalOrgID", "true"), enforce.Condition("Null", "aws:PrincipalOrgPaths", "true")},
		{enforce.Condition("StringEquals", "aws:PrincipalOrgID", organization), enforce.Condition("ForAnyValue:StringEquals", "aws:PrincipalOrgPaths", organization+"/r-strg/ou-strg-stranger/"), enforce.Condition("ForAllValues:StringLike", "aws:PrincipalOrgPaths", organization+"/*")},
	} {
		parts = append(parts, proofs.Part{
			Set:      &enforce.PolicySet{Identity: anything, Resource: p, RCPs: rcps},
			Question: prove.Question{Principals: strangers, Within: e.guarded.Resources, ResourceAccount: e.guarded.Account, Where: where},
		})
	}
	return parts
}

// allowsOf is a policy without its Denies.
func allowsOf(p *enforce.Policy) *enforce.Policy {
	doc := p.Elements()
	doc.Statements = slices.DeleteFunc(doc.Statements, func(s enforce.StatementElements) bool { return s.Effect.Value == "Deny" })
	if made, err := enforce.Build(doc, p.Kind(), p.Source()); err == nil {
		return made
	}
	return p
}

// actionsOn are those that the policy of a resource decides about.
func actionsOn(resource string) string {
	if service := enforce.SplitPattern(resource)[2]; service != "iam" {
		return service + ":*"
	}
	return "sts:Assume*" // a role
}

// stranger is an account that nobody names.
func (e *exposure) stranger(p *enforce.Policy) string {
	named := p.Elements().String() + e.zone.Account + strings.Join(e.zone.Accounts, " ")
	for n := 999999999999; ; n-- {
		if id := fmt.Sprint(n); !strings.Contains(named, id) {
			return id
		}
	}
}

// change narrows the principal of a statement to the owner's account, or removes it.
func (e *exposure) change(s *enforce.Statement) string {
	p := e.guarded.Policy
	n := slices.Index(p.Statements(), s)
	if n < 0 || s.Policy().Source().Implied {
		return ""
	}
	owner := "arn:aws:iam::" + e.guarded.Account + ":root"
	for _, c := range []struct {
		what  string
		apply func(*enforce.Document)
	}{
		{fmt.Sprintf("name %q as the principal of %s (%s)", owner, s.Label(), proofs.Place(s)), func(d *enforce.Document) {
			d.Statements[n].Principal, d.Statements[n].NotPrincipal = enforce.Principals("AWS", owner), nil
		}},
		{fmt.Sprintf("remove %s (%s)", s.Label(), proofs.Place(s)), func(d *enforce.Document) {
			d.Statements = slices.Delete(d.Statements, n, n+1)
		}},
	} {
		doc := p.Elements()
		c.apply(doc)
		if len(doc.Statements) == 0 {
			return c.what // no policy is not public
		}
		changed, err := enforce.Build(doc, p.Kind(), p.Source())
		if err != nil {
			continue
		}
		if f, err := e.finding(changed); err == nil && f.Verdict == prove.No {
			return c.what
		}
	}
	return ""
}
