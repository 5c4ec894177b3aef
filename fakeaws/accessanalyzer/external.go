package accessanalyzer

import (
	"context"
	"maps"
	"slices"
	"strings"

	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/prove"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// An access is what a resource grants a principal from outside of a zone of trust.
type access struct {
	principal, condition map[string]string
	actions              []string
	public               bool
	sources              []types.FindingSourceType
	restriction          types.ResourceControlPolicyRestriction
}

// key tells the findings of a resource apart: one is about a principal and what its access
// is bound to.
func (x *access) key() string {
	var b strings.Builder
	for _, m := range []map[string]string{x.principal, x.condition} {
		for _, name := range slices.Sorted(maps.Keys(m)) {
			b.WriteString(name + "=" + m[name] + "\n")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// A zone is a zone of trust: what is shared within it is no finding.
type zone struct {
	world    *fakeaws.World
	accounts []string
	// organization is the id of the organization that is all in it; "" is none.
	organization string
}

func (s *Fake) zoneOf(a *analyzer) zone {
	z := zone{world: s.world, accounts: s.accounts(a)}
	if m := s.world.Membership(a.id.account); m != nil && a.ofOrganization() {
		z.organization = m.ID
	}
	return z
}

func (z *zone) has(account string) bool { return slices.Contains(z.accounts, account) }

// A shared is a resource that is looked at.
type shared struct {
	fakeaws.Shared
	zone zone
	// rcps are the resource control policies of the owner's organization, where they are for
	// the resource.
	rcps [][]*enforce.Policy
}

// accesses finds what a resource grants from outside of the zone of trust. The error is that
// of a context that ends.
func (r *shared) accesses(ctx context.Context) ([]*access, error) {
	if r.Policy == nil {
		return nil, nil
	}
	found := make(map[string]*access)
	statements := r.Policy.Statements()
	var denies []enforce.StatementElements
	for _, st := range statements {
		if st.Effect() == "Deny" {
			denies = append(denies, *st.Elements())
		}
	}
	for _, st := range statements {
		el := st.Elements()
		if st.Effect() != "Allow" || r.zone.confines(el) {
			continue
		}
		source := types.FindingSourceTypePolicy
		if r.ACL != nil && slices.Contains(r.ACL.Statements(), st) {
			source = types.FindingSourceTypeBucketAcl
		}
		for _, p := range r.outsiders(el) {
			x, err := r.access(ctx, el, p, denies)
			if err != nil {
				return nil, err
			}
			if x != nil {
				x.sources = []types.FindingSourceType{source}
				join(found, x)
			}
		}
	}
	var all []*access
	for _, key := range slices.Sorted(maps.Keys(found)) {
		all = append(all, found[key])
	}
	return all, nil
}

// join adds an access to what the same principal has in the same conditions.
func join(found map[string]*access, x *access) {
	old := found[x.key()]
	if old == nil {
		found[x.key()] = x
		return
	}
	add := func(list []string, more []string) []string {
		list = append(list, more...)
		slices.Sort(list)
		return slices.Compact(list)
	}
	old.actions, old.public = add(old.actions, x.actions), old.public || x.public
	if !slices.Contains(old.sources, x.sources[0]) {
		old.sources = append(old.sources, x.sources[0])
	}
}

// everything is what the policies of a caller allow it, as far as a resource's owner knows.
var everything = enforce.MustParse(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`, enforce.IdentityPolicy)

// everybody is what NotPrincipal admits too.
var everybody = enforce.PrincipalElement{Type: "AWS", Text: enforce.Text{Value: "*"}}

// outsiders are the principals of a statement that are not all in the zone of trust. AWS's
// services are not among them: IAM Access Analyzer says nothing of these. Nobody is the
// unique id of a principal that was deleted.
func (r *shared) outsiders(el *enforce.StatementElements) (all []enforce.PrincipalElement) {
	if el.NotPrincipal != nil {
		return []enforce.PrincipalElement{everybody}
	}
	for _, p := range el.Principal {
		switch {
		case p.Value == "*" && (p.Type == "*" || p.Type == "AWS"):
			all = append(all, everybody)
		case p.Type == "AWS":
			if account := accountOf(p.Value); account != "" && !r.zone.has(account) {
				all = append(all, p)
			}
		case p.Type == "CanonicalUser":
			if !slices.ContainsFunc(r.zone.world.Accounts(), func(a *fakeaws.Account) bool { return a.CanonicalUser == p.Value && r.zone.has(a.ID) }) {
				all = append(all, p)
			}
		case p.Type == "Federated":
			all = append(all, p)
		}
	}
	return all
}

// accountOf is the account of a principal; "" of one that names none.
func accountOf(principal string) string {
	if awsid.IsAccount(principal) {
		return principal
	}
	parsed, err := awsarn.Parse(principal)
	if err != nil {
		return ""
	}
	return parsed.AccountID
}

// access is what a statement grants a principal; nil for nothing, because of what is denied or
// of its conditions. In doubt it is granted.
func (r *shared) access(ctx context.Context, el *enforce.StatementElements, p enforce.PrincipalElement, denies []enforce.StatementElements) (*access, error) {
	alone := *el
	if el.NotPrincipal == nil {
		alone.Principal = []enforce.PrincipalElement{p}
	}
	policy, err := enforce.Build(&enforce.Document{Version: enforce.Text{Value: r.Policy.Version()}, Statements: append([]enforce.StatementElements{alone}, denies...)},
		r.Policy.Kind(), enforce.Source{Name: r.ARN})
	if err != nil {
		return nil, nil // what the parts do not make, the policy has not either
	}
	x := &access{principal: principalMap(p), condition: conditionMap(el), restriction: types.ResourceControlPolicyRestrictionNotApplicable}
	set := &enforce.PolicySet{Identity: []*enforce.Policy{everything}, Resource: policy}
	if len(r.rcps) > 0 {
		set.RCPs, x.restriction = r.rcps, types.ResourceControlPolicyRestrictionApplied
	}
	patterns := valuesOf(el.Action)
	if el.NotAction != nil {
		patterns = []string{"*"}
	}
	for _, pattern := range patterns {
		can, err := r.can(ctx, set, pattern)
		if err != nil {
			return nil, err
		}
		if can {
			x.actions = append(x.actions, pattern)
		}
	}
	if len(x.actions) == 0 {
		return nil, nil
	}
	slices.Sort(x.actions)
	x.actions = slices.Compact(x.actions)
	x.public = p == everybody && public(&alone)
	return x, nil
}

// can reports whether somebody from outside of the zone may do an action that a pattern means.
func (r *shared) can(ctx context.Context, set *enforce.PolicySet, pattern string) (bool, error) {
	q := prove.Question{
		Anyone: true, Actions: []string{pattern}, Resources: []string{r.ARN, r.ARN + "/*", r.ARN + ":*"}, ResourceAccount: r.Account,
		Where: []enforce.ConditionElement{enforce.Condition("StringNotEquals", "aws:PrincipalAccount", r.zone.accounts...)},
	}
	if r.zone.organization != "" {
		q.Where = append(q.Where, enforce.Condition("StringNotEquals", "aws:PrincipalOrgID", r.zone.organization))
	}
	answer, err := prove.Can(ctx, set, q)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return err != nil || answer.Verdict != prove.No, nil
}

func valuesOf(texts []enforce.Text) []string {
	all := make([]string, len(texts))
	for i, t := range texts {
		all[i] = t.Value
	}
	return all
}

// principalMap is a principal as findings have it: an account by its id.
func principalMap(p enforce.PrincipalElement) map[string]string {
	value := p.Value
	if account, ok := strings.CutSuffix(value, ":root"); ok && p.Type == "AWS" {
		value = account[strings.LastIndexByte(account, ':')+1:]
	}
	return map[string]string{p.Type: value}
}

// conditionMap is the conditions of a statement as findings have them, by their keys.
func conditionMap(el *enforce.StatementElements) map[string]string {
	all := make(map[string]string)
	for _, c := range el.Conditions {
		text := strings.Join(valuesOf(c.Values), ",")
		if old, twice := all[c.Key.Value]; twice && old != text {
			text = old + "," + text
		}
		all[c.Key.Value] = text
	}
	return all
}

// confining are the keys whose values say that a caller is of an account, or calls for a
// resource of it: by the way in which a value names the account.
var confining = map[string]func(z *zone, value string) bool{
	"aws:principalaccount": (*zone).has, "aws:sourceaccount": (*zone).has, "aws:sourceowner": (*zone).has, "kms:calleraccount": (*zone).has,
	"aws:principalarn": (*zone).hasARN, "aws:sourcearn": (*zone).hasARN,
	"aws:principalorgid": (*zone).isOrganization, "aws:sourceorgid": (*zone).isOrganization,
}

func (z *zone) hasARN(value string) bool {
	return z.has(enforce.SplitPattern(value)[4])
}

func (z *zone) isOrganization(value string) bool { return value != "" && value == z.organization }

// confines reports whether the conditions of a statement keep all callers within the zone.
func (z *zone) confines(el *enforce.StatementElements) bool {
	return slices.ContainsFunc(el.Conditions, func(c enforce.ConditionElement) bool {
		within := confining[strings.ToLower(c.Key.Value)]
		operator, set, ifExists := c.Qualifiers()
		if within == nil || ifExists || set == "ForAllValues" {
			return false
		}
		switch operator {
		case "StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike":
			return !slices.ContainsFunc(c.Values, func(v enforce.Text) bool { return !within(z, v.Value) })
		}
		return false
	})
}

// rcpsFor are the resource control policies that are for a service's resources in an account.
func rcpsFor(w *fakeaws.World, account, arn string) [][]*enforce.Policy {
	m := w.Membership(account)
	parsed, err := awsarn.Parse(arn)
	if m == nil || err != nil {
		return nil
	}
	service := parsed.Service
	if service == "iam" {
		service = "sts" // by which roles are shared
	}
	if !slices.Contains(enforce.RCPServices(), service) {
		return nil
	}
	full := enforce.FullAWSAccess(enforce.ResourceControlPolicy)
	for _, level := range m.RCPs {
		for _, p := range level {
			if p.Document() != full.Document() {
				return m.RCPs
			}
		}
	}
	return nil
}
