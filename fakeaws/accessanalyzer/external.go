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
)

// An access is what a resource grants a principal from outside of a zone of trust.
type access struct {
	principal, condition map[string]string
	actions              []string
	public               bool
	sources              []types.FindingSourceType
	restriction          types.ResourceControlPolicyRestriction
	// failure says that the resource could not be analyzed, or not to the end; "" is none.
	failure string
}

// analysisFailed is the error of a finding about a resource of which it cannot be known what
// it grants ("Finding" of the API reference).
const analysisFailed = "INTERNAL_ERROR"

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
	return b.String() + x.failure
}

// A zone is a zone of trust: what is shared within it is no finding.
type zone struct {
	accounts  []string
	canonical []string // their canonical users
	// organization is the id of the organization that is all in it; "" is none.
	organization string
}

func (s *Fake) zoneOf(a *analyzer) zone {
	z := zone{accounts: s.accounts(a)}
	for _, account := range s.world.Accounts() {
		if z.has(account.ID) {
			z.canonical = append(z.canonical, account.CanonicalUser)
		}
	}
	if m := s.world.Membership(a.id.account); m != nil && a.ofOrganization() {
		z.organization = m.ID
	}
	return z
}

func (z *zone) has(account string) bool { return slices.Contains(z.accounts, account) }

// hasUser reports whether a principal is the canonical user of an account in the zone.
func (z *zone) hasUser(p enforce.PrincipalElement) bool {
	return p.Type == "CanonicalUser" && slices.Contains(z.canonical, p.Value)
}

// A shared is a resource that is looked at.
type shared struct {
	ARN, Type       string
	Account, Region string
	// Policy is all that admits callers of other accounts, and Beside the part of it that is
	// not the resource's policy. Restricts says that a public policy is not in force for them.
	Policy, Beside *enforce.Policy
	Restricts      bool

	zone zone
	// restricted says that a resource control policy is for the resource. It is not looked at.
	restricted bool
}

// shared returns the resources in a zone of trust that can be shared with others, in the order
// of their ARNs. No lock is held.
func (s *Fake) shared(ctx context.Context, z zone) (all []*shared) {
	supported := types.ResourceType("").Values()
	guarded := s.world.Guarded(ctx)
	for i := range guarded {
		g := &guarded[i]
		if !z.has(g.Account) || !slices.Contains(supported, types.ResourceType(g.Type)) {
			continue
		}
		r := &shared{ARN: g.Resources[0], Type: g.Type, Account: g.Account, Region: g.Region, Policy: g.Outside, Beside: g.Beside, Restricts: g.Restricts, zone: z}
		if r.Policy == nil {
			r.Policy = g.Policy
		}
		if last := len(all) - 1; last < 0 || all[last].ARN != r.ARN { // some services are two of AWS's SDK, and the same fake
			r.restricted = restricted(s.world, r.Account, r.ARN)
			all = append(all, r)
		}
	}
	return all
}

// accesses finds what a resource grants from outside of the zone of trust. The error is that
// of a context that ends.
func (r *shared) accesses(ctx context.Context) ([]*access, error) {
	if r.Policy == nil {
		return nil, nil
	}
	restriction := types.ResourceControlPolicyRestrictionNotApplicable
	if r.restricted {
		restriction = types.ResourceControlPolicyRestrictionApplicable
	}
	others := slices.DeleteFunc(slices.Clone(r.zone.accounts), func(account string) bool { return account == r.Account })
	exposure, err := prove.Public(ctx, r.Policy, prove.Zone{Account: r.Account, Accounts: others, Organization: r.zone.organization})
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var all []*access
	for i := range exposure.Findings {
		f := &exposure.Findings[i]
		if r.zone.hasUser(f.Principal) {
			continue
		}
		x := &access{principal: principalMap(f.Principal), condition: f.Conditions, actions: slices.Sorted(slices.Values(f.Actions)),
			public: f.Public != prove.No, sources: r.sourcesOf(f.Statements), restriction: restriction}
		all = append(all, x)
	}
	if err != nil || len(exposure.Reasons) > 0 {
		all = append(all, &access{failure: analysisFailed, restriction: restriction})
	}
	return all, nil
}

// sourcesOf says how statements are granted.
func (r *shared) sourcesOf(statements []*enforce.Statement) (all []types.FindingSourceType) {
	for _, st := range statements {
		source := types.FindingSourceTypePolicy
		if r.Type == string(types.ResourceTypeAwsS3Bucket) && r.Beside != nil && slices.Contains(r.Beside.Statements(), st) {
			source = types.FindingSourceTypeBucketAcl
		}
		if !slices.Contains(all, source) {
			all = append(all, source)
		}
	}
	return all
}

// principalMap is a principal as findings have it: an account by its id.
func principalMap(p enforce.PrincipalElement) map[string]string {
	kind, value := p.Type, p.Value
	if kind == "*" {
		kind = "AWS"
	}
	if account, ok := strings.CutSuffix(value, ":root"); ok && kind == "AWS" {
		value = account[strings.LastIndexByte(account, ':')+1:]
	}
	return map[string]string{kind: value}
}

// restricted reports whether a resource control policy of the owner's organization is for
// the service of a resource.
func restricted(w *fakeaws.World, account, arn string) bool {
	m := w.Membership(account)
	parsed, err := awsarn.Parse(arn)
	if m == nil || err != nil {
		return false
	}
	service := parsed.Service
	if service == "iam" {
		service = "sts" // by which roles are shared
	}
	full := enforce.FullAWSAccess(enforce.ResourceControlPolicy).Document()
	return slices.Contains(enforce.RCPServices(), service) && slices.ContainsFunc(m.RCPs, func(level []*enforce.Policy) bool {
		return slices.ContainsFunc(level, func(p *enforce.Policy) bool { return p.Document() != full })
	})
}
