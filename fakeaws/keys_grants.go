package fakeaws

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/internal/awsid"
)

// A KeyGrant is a grant of KMS: it allows a principal operations on one key, beside the
// key's policy and the IAM policies ("Grants in AWS KMS" of the KMS Developer Guide). What
// is exported never changes.
type KeyGrant struct {
	ID, Name, Token string
	// Key is the key that the grant is for.
	Key *Key
	// Grantee and Retiring are ARNs or, of the other two, service principals; empty is none.
	Grantee, GranteeService   string
	Retiring, RetiringService string
	// Operations are those of AWS's enum: "Decrypt".
	Operations []string
	// Equals and Subset are the constraints of the encryption context; nil is none.
	Equals, Subset map[string]string
	SourceARN      string
	Issuer         string // the account under which the grant was issued
	Created        time.Time

	// allows and retires are the grant as policies: of its operations for the grantee, and
	// of RetireGrant for the retiring principal.
	allows, retires grantPolicy
}

// A grantPolicy is what a grant allows a principal, as the policies that decide it. A
// grant needs no IAM policy of the principal, also in another account: EC2 Auto Scaling's
// service-linked role, whose policy has no permission of KMS, uses keys of other accounts
// by grants ("Required AWS KMS key policy for use with encrypted volumes").
type grantPolicy struct {
	resource *ResourcePolicy
	// identity and account are those of an [Alternative]; nil for an account and a service.
	identity, account *enforce.Policy
	// index is under which the grants of a key are found: the unique id of a user or role, the
	// id of an account, or what else the grant names.
	index string
}

// An Alternative is what allows a permission where the policies do not: the policies in
// the place of the resource's, and beside those of the caller. An explicit Deny wins
// nevertheless.
type Alternative struct {
	Resource, Identity *enforce.Policy
	// Account, if it is there, must allow the permission too in the place of Resource: it
	// names only the account of the caller, so that the caller's permissions boundary and
	// session policy count, which a policy that names the caller passes by. That they bound
	// what a grant allows is unverified: AWS says nothing of it, so the narrower is taken.
	Account *enforce.Policy
}

// AddGrant makes a grant, unless admit, which is called with the lock held, returns an error
// or the grant that this one repeats. The error is an [*UnknownPrincipalError] when a
// principal of it does not exist. It must not be called with the lock held.
func (k *Keys) AddGrant(g *KeyGrant, admit func() (*KeyGrant, error)) (*KeyGrant, error) {
	actions := make([]string, len(g.Operations))
	for i, op := range g.Operations {
		actions[i] = "kms:" + op
	}
	allows, unknown := k.grantPolicy(g, g.Grantee, g.GranteeService, actions)
	retires := grantPolicy{}
	if unknown == nil && (g.Retiring != "" || g.RetiringService != "") {
		retires, unknown = k.grantPolicy(g, g.Retiring, g.RetiringService, []string{"kms:RetireGrant"})
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if there, err := admit(); err != nil || there != nil {
		return there, err
	}
	if unknown != nil {
		return nil, unknown
	}
	g.allows, g.retires = allows, retires
	key := g.Key
	key.grants = append(key.grants, g)
	if key.grantees == nil {
		key.grantees = make(map[string][]*KeyGrant)
	}
	key.grantees[g.allows.index] = append(key.grantees[g.allows.index], g)
	return g, nil
}

func (k *Keys) grantPolicy(g *KeyGrant, principal, service string, actions []string) (p grantPolicy, err error) {
	type statement struct {
		Effect    string
		Principal map[string]string `json:",omitempty"`
		Action    []string
		Resource  string
	}
	document := func(kind enforce.Kind, s statement) (*enforce.Policy, error) {
		text, err := json.Marshal(map[string]any{"Version": "2012-10-17", "Id": g.ID, "Statement": []statement{s}})
		if err != nil {
			return nil, err
		}
		return enforce.Parse(string(text), kind, enforce.Source{Implied: true})
	}
	named := map[string]string{"AWS": principal}
	if service != "" {
		named = map[string]string{"Service": service}
	}
	resource, err := document(enforce.KeyPolicy, statement{"Allow", named, actions, "*"})
	if err != nil {
		return p, &UnknownPrincipalError{principal + service}
	}
	if p.resource, err = k.world.Bind(resource); err != nil {
		return p, err
	}
	p.index = cmp.Or(p.resource.bound[principal], principal+service)
	if service != "" {
		return p, nil
	}
	account, whole := accountOf(principal)
	if whole {
		p.index = account
		return p, nil
	}
	if p.identity, err = document(enforce.IdentityPolicy, statement{"Allow", nil, actions, g.Key.ARN}); err != nil {
		return p, err
	}
	root := map[string]string{"AWS": ARN("iam", "", account, "root")}
	p.account, err = document(enforce.KeyPolicy, statement{"Allow", root, actions, "*"})
	return p, err
}

// accountOf is the account of a principal, by its id or an ARN, and whether the principal is
// the whole account.
func accountOf(principal string) (id string, whole bool) {
	if awsid.IsAccount(principal) {
		return principal, true
	}
	parsed, err := arn.Parse(principal)
	return parsed.AccountID, err == nil && parsed.Resource == "root"
}

// mayName reports whether the policy can be one for the caller: whether it is, the
// decision finds out.
func (p *grantPolicy) mayName(c *Caller) bool {
	return p.resource != nil && slices.Contains(indexesOf(c), p.index)
}

// indexesOf are those under which the grants that can be a caller's are found. A grant for a
// user or role of this World is found by the unique id alone, so one that was made anew has
// not the grants of its name.
func indexesOf(c *Caller) []string {
	all := []string{c.EntityID, c.ARN, c.IssuerARN, c.Account, c.Service}
	slices.Sort(all)
	all = slices.Compact(all)
	if all[0] == "" {
		all = all[1:]
	}
	return all
}

func (p *grantPolicy) alternative() Alternative {
	return Alternative{p.resource.Policy(), p.identity, p.account}
}

// Grants returns the grants of the key, in the order in which they were made. The lock is
// held; the slice is not to be changed.
func (key *Key) Grants() []*KeyGrant { return key.grants }

// RemoveGrant takes a grant of the key away; false when it is gone already. The lock is held.
func (key *Key) RemoveGrant(g *KeyGrant) bool {
	before := len(key.grants)
	is := func(other *KeyGrant) bool { return other == g }
	key.grants = slices.DeleteFunc(key.grants, is)
	if rest := slices.DeleteFunc(key.grantees[g.allows.index], is); len(rest) > 0 {
		key.grantees[g.allows.index] = rest
	} else {
		delete(key.grantees, g.allows.index)
	}
	return len(key.grants) < before
}

// unconstrained are the operations of grants to which the constraint of an encryption
// context does not apply ("GrantConstraints" of the API reference). The grants that
// CreateGrant makes are constrained instead.
var unconstrained = []string{"DescribeKey", "RetireGrant", "CreateGrant"}

// Grant adds to a permission the grants that may allow it: of those that admits accepts,
// where it is not nil.
func (key *Key) Grant(call *Call, n *Need, encryptionContext map[string]string, admits func(*KeyGrant) bool) {
	operation := strings.TrimPrefix(n.Action, "kms:")
	key.keys.mu.RLock()
	defer key.keys.mu.RUnlock()
	if len(key.grants) == 0 {
		return
	}
	for _, index := range indexesOf(call.Caller) {
		for _, g := range key.grantees[index] {
			if slices.Contains(g.Operations, operation) && g.meets(call, operation, encryptionContext) && (admits == nil || admits(g)) {
				n.Alternatives = append(n.Alternatives, g.allows.alternative())
			}
		}
	}
}

// RetiredBy adds to a permission to retire the grant what the grant itself allows: the
// retiring principal, and the grantee if RetireGrant is among the operations.
func (g *KeyGrant) RetiredBy(call *Call, n *Need) {
	if g.retires.mayName(call.Caller) {
		n.Alternatives = append(n.Alternatives, g.retires.alternative())
	}
	if slices.Contains(g.Operations, "RetireGrant") && g.allows.mayName(call.Caller) {
		n.Alternatives = append(n.Alternatives, g.allows.alternative())
	}
}

// meets reports whether a request meets the constraints of the grant. Keys of an
// encryption context are compared without regard to case here, values with it
// ("GrantConstraints" of the API reference).
func (g *KeyGrant) meets(call *Call, operation string, pairs map[string]string) bool {
	if g.SourceARN != "" && operation != "RetireGrant" && (call.source == nil || call.source.SourceARN != g.SourceARN) {
		return false
	}
	if g.Equals == nil && g.Subset == nil || slices.Contains(unconstrained, operation) {
		return true
	}
	has := foldKeys(pairs)
	if g.Equals != nil && !maps.Equal(foldKeys(g.Equals), has) {
		return false
	}
	for name, value := range foldKeys(g.Subset) {
		if got, ok := has[name]; !ok || got != value {
			return false
		}
	}
	return true
}

// foldKeys returns pairs with their keys in lower case. Two keys that differ in their case
// alone, with different values, are kept apart: they match no single one.
func foldKeys(pairs map[string]string) map[string]string {
	folded := make(map[string]string, len(pairs))
	for name, value := range pairs {
		lower := strings.ToLower(name)
		if before, twice := folded[lower]; twice && before != value {
			folded[lower+"\x00"+name] = value
			continue
		}
		folded[lower] = value
	}
	return folded
}

// AllGrants returns the grants of all keys of a region that are there at a time. The lock is
// held.
func (k *Keys) AllGrants(region string, now time.Time) []*KeyGrant {
	var all []*KeyGrant
	for _, arn := range slices.Collect(maps.Keys(k.byARN)) {
		if key := k.Get(arn, now); key != nil && key.Region == region {
			all = append(all, key.grants...)
		}
	}
	return all
}
