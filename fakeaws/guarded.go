package fakeaws

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/enforce/account"
	"github.com/leastpriv/leastpriv/internal/fixedkeys"
)

// A Guarded is resources that one resource-based policy guards, or one that has none.
type Guarded struct {
	// Resources are patterns, as policies have them. The first is the ARN of the resource, and
	// the others are what is in it.
	Resources []string
	// Type is that of AWS CloudFormation, as "AWS::SQS::Queue", of a resource of a customer's
	// with its own ARN; "" is anything else: patterns, and what has another Guarded already.
	Type string
	// Account owns them. Region is empty for resources of all regions.
	Account, Region string
	Tags            []account.Tag
	// Policy is the one that is in force for the caller; nil is none.
	Policy *enforce.Policy
	// Outside is all that admits callers of other accounts, whoever the caller is, where that
	// may be another than Policy. Beside is the part of it that is not the resource's policy:
	// the ACL of a bucket, the grants of a KMS key. Restricts says that a public policy would
	// not be in force for them: it is Block Public Access of a bucket.
	Outside, Beside *enforce.Policy
	Restricts       bool
	// Also says that actions on the resources are decided without the policy too: that of a
	// role is asked when it is assumed.
	Also bool
	// Identity is another policy of the caller's for these resources, and Where are what else
	// requests need: those of a KMS grant.
	Identity *enforce.Policy
	Where    []enforce.ConditionElement
	// Unknown is what else may allow requests on the resources, in words; "" is nothing.
	Unknown string
	// Replace makes the input of the operation that puts another document in the place of the
	// policy, in Region; nil where there is none. Written is the policy that is replaced where
	// that is not Policy, or there is something beside it or that restricts it. Name tells it
	// from others for the same resources.
	Replace func(document string) any
	Written *enforce.Policy
	Name    string
}

// decides reports whether there is something to ask about the resources beside the policies
// of the caller.
func (g *Guarded) decides() bool { return g.Policy != nil || g.Unknown != "" }

// foreign reports whether the resource is of another account than the caller's, and its ARN does
// not tell it.
func (g *Guarded) foreign(to string) bool {
	return !g.Also && g.Account != to && enforce.SplitPattern(g.Resources[0])[4] == ""
}

// A PolicyHolder is a fake whose resources may have policies.
type PolicyHolder interface {
	// Guarded returns the resources of all accounts and regions, as they are for the caller of
	// a call: all that have policies, and of the types that IAM Access Analyzer looks at and
	// of those in whose ARNs there is no account, those without a policy too.
	Guarded(call *Call) []Guarded
}

// A Scope is the policies that decide what one caller may do with some of the resources that
// there may be.
type Scope struct {
	Policies enforce.PolicySet
	// Resources are patterns, of which Except are left out; no Resources are any.
	Resources, Except []string
	// ResourceAccount owns them; "" is the account of the ARN, or else the caller's.
	ResourceAccount string
	// Where are conditions that hold of all requests.
	Where []enforce.ConditionElement
	// Unknown is what else may allow requests, in words; "" is nothing.
	Unknown string
}

// Scopes returns the policies that decide about all that a holder of credentials may do, for
// proofs: one scope for each resource that has a policy, and the last for all other resources,
// those too that do not exist. No access key is the anonymous caller. A role is meant with any
// session of it that has its tags, unless whole is false, which means the session alone.
func (w *World) Scopes(ctx context.Context, accessKeyID string, via *VPCEndpoint, whole bool) (*Caller, []Scope, error) {
	w.takeEffect()
	call := &Call{Context: ctx, World: w, Region: w.region, Caller: anonymous, Time: w.clock.Now(), SourceIP: w.sourceIP, via: via}
	if call.SourceIP == "" {
		call.SourceIP, _, _ = net.SplitHostPort(localAddr)
	}
	if accessKeyID != "" {
		cred, err := w.holder(accessKeyID, call.Time)
		if err != nil {
			return nil, nil, err
		}
		call.Caller, call.Account = cred.Caller, cred.Caller.Account
	}
	j := new(judgement)
	if !call.begin(j) {
		return nil, nil, errNoPrincipal
	}
	guarded := w.guarded(call)
	where := call.fixedKeys(j, guarded, whole)
	var scopes []Scope
	var except []string
	for i := range guarded {
		g := &guarded[i]
		if !g.decides() {
			// What has no policy is decided as all other resources, by the account in its ARN.
			if g.foreign(call.Account) {
				except = append(except, g.Resources...)
			}
			continue
		}
		if !g.Also {
			except = append(except, g.Resources...)
		}
		scopes = append(scopes, w.scopeOf(g, j, where))
	}
	rest := Scope{Policies: j.policies, Except: except, Where: where}
	if m := j.organizations.of(call.Account); m != nil {
		rest.Policies.RCPs = m.RCPs
		rest.Where = slices.Concat(where, ownerKeys(m))
	}
	return call.Caller, append(scopes, rest), nil
}

// scopeOf is the scope of resources that a policy guards, for the caller of a judgement.
func (w *World) scopeOf(g *Guarded, j *judgement, where []enforce.ConditionElement) Scope {
	s := Scope{Policies: j.policies, Resources: g.Resources, ResourceAccount: g.Account, Unknown: g.Unknown}
	if !w.Closed(g.Account) {
		s.Policies.Resource = g.Policy
	}
	if g.Identity != nil {
		s.Policies.Identity = append(slices.Clip(s.Policies.Identity), g.Identity)
	}
	m := j.organizations.of(g.Account)
	s.Where = slices.Concat(where, ownerKeys(m), g.Where)
	if m != nil {
		s.Policies.RCPs = m.RCPs
	}
	return s
}

// Guarded returns the resources of the World that have policies or may have, in the order of
// their ARNs, as they are for callers whom nobody knows. It must not be called under the lock
// of a service.
func (w *World) Guarded(ctx context.Context) []Guarded {
	return w.guarded(&Call{Context: ctx, World: w, Region: w.region, Caller: anonymous, Time: w.clock.Now()})
}

func (w *World) guarded(call *Call) []Guarded {
	all := w.state().keys.guarded(call)
	add := func(f Fake) {
		if h, ok := f.(PolicyHolder); ok {
			all = append(all, h.Guarded(call)...)
		}
	}
	for _, r := range w.rooms {
		add(r.fake())
	}
	w.others.mu.RLock()
	var others []*room
	for _, r := range w.others.rooms {
		others = append(others, r)
	}
	w.others.mu.RUnlock()
	for _, r := range others {
		add(r.fake())
	}
	slices.SortStableFunc(all, func(a, b Guarded) int {
		return cmp.Or(cmp.Compare(a.Resources[0], b.Resources[0]), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Account, b.Account))
	})
	// Some services are two of AWS's SDK, and the same fake.
	return slices.CompactFunc(all, func(a, b Guarded) bool {
		return slices.Equal(a.Resources, b.Resources) && a.Name == b.Name && a.Policy == b.Policy && a.Identity == b.Identity && a.Written == b.Written
	})
}

// fixedKeys are the condition keys that all requests of a caller have alike: its organization,
// its tags and the VPC endpoint. A session may have other tags than its role where the role's
// trust policy lets it.
func (c *Call) fixedKeys(j *judgement, guarded []Guarded, whole bool) (where []enforce.ConditionElement) {
	where = append(where, pins("aws:PrincipalOrg", &j.global, "ID")...)
	where = append(where, pins("aws:PrincipalOrg", &j.global, "Paths")...)
	if c.via != nil {
		where = append(where, pins("aws:SourceVpc", &j.global, "e")...)
		where = append(where, pins("aws:SourceVpc", &j.global, "")...)
		where = append(where, enforce.Condition("Null", "aws:SourceIp", "true"))
	}
	if c.Caller.Type == enforce.AssumedRole {
		if !whole {
			where = append(where, enforce.Condition("Null", "aws:TokenIssueTime", "false"))
		} else {
			where = append(where, fixedkeys.Session(c.Caller.IssuerARN, c.Caller.EntityID)...)
			if role, ok := c.World.Directory().Role(c.Caller.IssuerARN); !ok || fixedkeys.MayTagSessions(role.Trust) {
				return where
			}
		}
	}
	const tag = "aws:PrincipalTag/"
	tags := make(map[string]string)
	for key, values := range j.global.All() {
		if len(key) > len(tag) && strings.EqualFold(key[:len(tag)], tag) {
			tags[key[len(tag):]] = values[0]
		}
	}
	return append(where, fixedkeys.Tags(tags, func(yield func(*enforce.Policy) bool) {
		for p := range j.policies.All() {
			if !yield(p) {
				return
			}
		}
		for i := range guarded {
			if p := guarded[i].Policy; p != nil && !yield(p) {
				return
			}
		}
	})...)
}

// pins says that requests have the value of a key that a context has, or not the key.
func pins(prefix string, from *enforce.Context, name string) []enforce.ConditionElement {
	key := prefix + name
	for have, values := range from.All() {
		if strings.EqualFold(have, key) && len(values) > 0 {
			if from.IsMulti(have) {
				return []enforce.ConditionElement{enforce.Condition("ForAllValues:StringEquals", key, values...), enforce.Condition("Null", key, "false")}
			}
			return []enforce.ConditionElement{enforce.Condition("StringEquals", key, values...)}
		}
	}
	return []enforce.ConditionElement{enforce.Condition("Null", key, "true")}
}

// ownerKeys are what all requests have on resources of an account of an organization.
func ownerKeys(m *Membership) []enforce.ConditionElement {
	if m == nil {
		return []enforce.ConditionElement{enforce.Condition("Null", "aws:ResourceOrgID", "true"), enforce.Condition("Null", "aws:ResourceOrgPaths", "true")}
	}
	return append(pins("aws:ResourceOrg", &m.resource, "ID"), pins("aws:ResourceOrg", &m.resource, "Paths")...)
}

// guarded returns the keys with their policies, and apart what their grants allow. The key's
// own Denies stand beside a grant, and beside the IAM policies that let grants be retired.
func (k *Keys) guarded(c *Call) (all []Guarded) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, arn := range slices.Collect(maps.Keys(k.byARN)) {
		key := k.Get(arn, c.Time)
		if key == nil {
			continue
		}
		policy := key.policy.Policy()
		base := Guarded{Resources: []string{key.ARN}, Account: key.Account, Region: key.Region}
		own := base
		own.Policy, own.Written = policy, policy
		if !key.managed { // nobody can change the policies of the others
			own.Type, own.Tags = "AWS::KMS::Key", DescribedTags(key.Tags)
			own.Beside = key.granted()
			own.Outside = enforce.Join(enforce.KeyPolicy, policy, own.Beside)
		}
		retire := base
		retire.Policy = enforce.Join(enforce.KeyPolicy, policy.Denials(), retiring(key.Account))
		all = append(all, own, retire)
		for _, g := range key.grants {
			if g.SourceARN != "" {
				continue // it is for services
			}
			for _, by := range []*grantPolicy{&g.allows, &g.retires} {
				if !by.mayName(c.Caller) {
					continue
				}
				granted := base
				granted.Policy = enforce.Join(enforce.KeyPolicy, policy.Denials(), by.resource.Policy())
				granted.Identity = by.identity
				if by == &g.allows {
					granted.Where = g.constraints()
				}
				all = append(all, granted)
			}
		}
	}
	return all
}

// granted admits the grantees of a key's grants, as its policy does.
func (key *Key) granted() *enforce.Policy {
	grants := make([]*enforce.Policy, 0, len(key.grants))
	for _, g := range key.grants {
		grants = append(grants, g.allows.resource.Policy())
	}
	return enforce.Join(enforce.KeyPolicy, grants...)
}

// retiring lets the IAM policies of an account decide who retires grants.
func retiring(account string) *enforce.Policy {
	return ownKeyPolicy(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":%q},"Action":"kms:RetireGrant","Resource":"*"}]}`,
		ARN("iam", "", account, "root")))
}

// constraints are what requests must have for the grant to count. Where it has operations to
// which the constraints do not apply, that is nothing.
func (g *KeyGrant) constraints() (where []enforce.ConditionElement) {
	if slices.ContainsFunc(g.Operations, func(op string) bool { return slices.Contains(unconstrained, op) }) {
		return nil
	}
	const pair = "kms:EncryptionContext:"
	for _, pairs := range []map[string]string{g.Equals, g.Subset} {
		for _, name := range slices.Sorted(maps.Keys(pairs)) {
			where = append(where, enforce.Condition("StringEquals", pair+name, pairs[name]))
		}
	}
	return where
}
