package escalation

import (
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/enforce/prove"
)

// taken reports whether an account has an identity, policy or instance profile of a name
// already. IAM compares names without their case and their path.
func taken(a *account.Account, arn string) bool {
	parts := enforce.SplitPattern(arn)
	kind, _, _ := strings.Cut(parts[5], "/")
	name := arn[strings.LastIndexByte(arn, '/')+1:]
	same := func(other string) bool { return strings.EqualFold(other[strings.LastIndexByte(other, '/')+1:], name) }
	switch {
	case parts[2] != "iam":
		return slices.ContainsFunc(a.Compute, func(c *account.Compute) bool { return c.ARN == arn })
	case kind == "user":
		return slices.ContainsFunc(a.Users, func(u *account.User) bool { return same(u.ARN) })
	case kind == "role":
		return slices.ContainsFunc(a.Roles, func(r *account.Role) bool { return same(r.ARN) })
	case kind == "policy":
		return slices.ContainsFunc(a.Policies, func(p *account.Policy) bool { return !p.OfAWS() && same(p.ARN) })
	}
	return slices.ContainsFunc(a.Profiles, func(p *account.Profile) bool { return same(p.ARN) })
}

// makesNew reports whether an action makes the resource that it is asked for on.
func makesNew(action string) bool {
	_, name, _ := strings.Cut(action, ":")
	return strings.HasPrefix(name, "Create") || strings.HasPrefix(name, "Register")
}

// free asks for an action on a name that nothing has yet, of a form. False where there is
// none; of a pattern that leaves names over which were not tried it is unknown.
func (t *attempt) free(q question, form string) (enforce.Decision, bool) {
	d, verdict := t.ask(t.by, &q)
	if verdict != prove.Yes || !makesNew(q.action) || !taken(t.by.home, d.Request.Resource) {
		return d, verdict == prove.Yes
	}
	first := d
	for _, name := range []string{newName + "*", "*" + newName, "*" + newName + "*"} {
		q.resources = []string{fillName(form, t.by.home, t.region, name)}
		d, verdict := t.ask(t.by, &q)
		if verdict == prove.Yes && !taken(t.by.home, d.Request.Resource) {
			return d, true
		}
	}
	if s := first.Statement; s != nil && slices.ContainsFunc(s.Elements().Resource, func(r enforce.Text) bool { return strings.ContainsAny(r.Value, "*?") }) {
		t.unknown("%s of %s: no name was found that is allowed and not taken", q.action, t.by.who.ARN)
	}
	return first, false
}

// fillName is fill with a name that has wildcards.
func fillName(form string, a *account.Account, region, name string) string {
	return strings.ReplaceAll(fill(form, a, region, "\x00"), "\x00", name)
}
