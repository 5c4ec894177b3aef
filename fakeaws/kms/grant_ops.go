package kms

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	awskms "github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) grantOps() []fakeaws.Op {
	return []fakeaws.Op{bind(s.createGrant), bind(s.listGrants), bind(s.listRetirableGrants), bind(s.retireGrant), bind(s.revokeGrant)}
}

// createGrant makes a grant; one of the same name and the same parameters is answered again.
func (s *Fake) createGrant(call *fakeaws.Call, in *awskms.CreateGrantInput) (*fakeaws.Plan[*awskms.CreateGrantOutput], error) {
	if err := checkGrant(in); err != nil {
		return nil, err
	}
	f := s.find(call, &use{
		id: in.KeyId, action: "kms:CreateGrant", noAlias: true, context: constrained(in),
		set:    func(c *enforce.Context) { setGrantKeys(c, in) },
		admits: func(parent *fakeaws.KeyGrant) bool { return covers(parent, in) },
	})
	return planOn(f, func() (*awskms.CreateGrantOutput, error) {
		g := s.newGrant(call, f.Key, in)
		made, err := s.keys().AddGrant(g, func() (*fakeaws.KeyGrant, error) { return s.admitGrant(f.Key, in, g) })
		if err != nil {
			return nil, grantError(err, in)
		}
		if made != g { // each answer has a token of its own
			return &awskms.CreateGrantOutput{GrantId: &made.ID, GrantToken: aws.String(made.ID + "." + s.grantID(grantTokenBytes))}, nil
		}
		return &awskms.CreateGrantOutput{GrantId: &g.ID, GrantToken: &g.Token}, nil
	}), nil
}

func (s *Fake) newGrant(call *fakeaws.Call, key *fakeaws.Key, in *awskms.CreateGrantInput) *fakeaws.KeyGrant {
	c := constraintsOf(in)
	g := &fakeaws.KeyGrant{
		ID: s.grantID(grantIDBytes), Name: aws.ToString(in.Name), Key: key,
		Grantee: aws.ToString(in.GranteePrincipal), GranteeService: aws.ToString(in.GranteeServicePrincipal),
		Retiring: aws.ToString(in.RetiringPrincipal), RetiringService: aws.ToString(in.RetiringServicePrincipal),
		Equals: c.EncryptionContextEquals, Subset: c.EncryptionContextSubset, SourceARN: aws.ToString(c.SourceArn),
		Issuer: call.Account, Created: s.now().Truncate(time.Second),
	}
	for _, op := range in.Operations {
		g.Operations = append(g.Operations, string(op))
	}
	g.Token = g.ID + "." + s.grantID(grantTokenBytes)
	return g
}

// admitGrant checks a grant against its key, and finds the one that it repeats. The lock is
// held.
func (s *Fake) admitGrant(key *fakeaws.Key, in *awskms.CreateGrantInput, g *fakeaws.KeyGrant) (*fakeaws.KeyGrant, error) {
	if err := s.still(key, s.now()); err != nil {
		return nil, err
	}
	if err := usable.admit(key); err != nil {
		return nil, err
	}
	if err := unmanaged(key); err != nil {
		return nil, err
	}
	if err := checkGrantOn(key, in); err != nil {
		return nil, err
	}
	if err := dryRun(in.DryRun); err != nil {
		return nil, err
	}
	grants := key.Grants()
	if i := slices.IndexFunc(grants, func(other *fakeaws.KeyGrant) bool { return repeats(g, other) }); i >= 0 {
		return grants[i], nil
	}
	if len(grants) >= maxGrants {
		return nil, limitExceeded(textGrants)
	}
	return nil, nil
}

func repeats(g, other *fakeaws.KeyGrant) bool {
	return g.Name != "" && g.Name == other.Name && g.Grantee == other.Grantee && g.GranteeService == other.GranteeService &&
		g.Retiring == other.Retiring && g.RetiringService == other.RetiringService && g.SourceARN == other.SourceARN &&
		slices.Equal(g.Operations, other.Operations) && maps.Equal(g.Equals, other.Equals) && maps.Equal(g.Subset, other.Subset)
}

// grantError says which principal of a grant does not exist.
func grantError(err error, in *awskms.CreateGrantInput) error {
	var unknown *fakeaws.UnknownPrincipalError
	if !errors.As(err, &unknown) {
		return err
	}
	if unknown.Principal == aws.ToString(in.RetiringPrincipal)+aws.ToString(in.RetiringServicePrincipal) {
		return invalidArn(textRetiring)
	}
	return invalidArn(textGrantee)
}

func (s *Fake) listGrants(call *fakeaws.Call, in *awskms.ListGrantsInput) (*fakeaws.Plan[*awskms.ListGrantsOutput], error) {
	u := &use{id: in.KeyId, action: "kms:ListGrants", noAlias: true}
	return onKey(s, call, u, anyState, func(key *fakeaws.Key, _ time.Time) (*awskms.ListGrantsOutput, error) {
		entries, next, err := listed(key.Grants(), in.Limit, in.Marker, func(g *fakeaws.KeyGrant) bool {
			return (in.GrantId == nil || *in.GrantId == g.ID) &&
				(in.GranteePrincipal == nil || *in.GranteePrincipal == g.Grantee) &&
				(in.GranteeServicePrincipal == nil || *in.GranteeServicePrincipal == g.GranteeService)
		})
		if err != nil {
			return nil, err
		}
		return &awskms.ListGrantsOutput{Grants: entries, NextMarker: next, Truncated: next != nil}, nil
	})
}

// listed is a page of the grants that is accepts.
func listed(grants []*fakeaws.KeyGrant, limit *int32, marker *string, is func(*fakeaws.KeyGrant) bool) ([]types.GrantListEntry, *string, error) {
	var all []*fakeaws.KeyGrant
	for _, g := range grants {
		if is(g) {
			all = append(all, g)
		}
	}
	// In the order in which they were made, as far as times tell.
	key := func(g *fakeaws.KeyGrant) string { return strconv.FormatInt(g.Created.Unix(), 10) + g.ID }
	p, err := pageOf(all, key, limit, marker, pageFew, mostFew, entry)
	return p.Items, p.Next, err
}

// listRetirableGrants lists the grants of all keys in the region that a principal of the
// caller's account may retire.
func (s *Fake) listRetirableGrants(call *fakeaws.Call, in *awskms.ListRetirableGrantsInput) (*fakeaws.Plan[*awskms.ListRetirableGrantsOutput], error) {
	if (in.RetiringPrincipal == nil) == (in.RetiringServicePrincipal == nil) {
		return nil, invalid(textOneRetiring)
	}
	if in.RetiringPrincipal != nil && accountOf(*in.RetiringPrincipal) != call.Account {
		return nil, accessDenied(textRetiring)
	}
	need := account(call, "kms:ListRetirableGrants")
	return &fakeaws.Plan[*awskms.ListRetirableGrantsOutput]{Needs: []fakeaws.Need{need}, Do: func() (*awskms.ListRetirableGrantsOutput, error) {
		s.keys().Lock()
		defer s.keys().Unlock()
		entries, next, err := listed(s.keys().AllGrants(call.Region, s.now()), in.Limit, in.Marker, func(g *fakeaws.KeyGrant) bool {
			return in.RetiringPrincipal != nil && g.Retiring == *in.RetiringPrincipal ||
				in.RetiringServicePrincipal != nil && g.RetiringService == *in.RetiringServicePrincipal && g.Key.Account == call.Account
		})
		if err != nil {
			return nil, err
		}
		return &awskms.ListRetirableGrantsOutput{Grants: entries, NextMarker: next, Truncated: next != nil}, nil
	}}, nil
}

// grantOf finds a grant of a key. The lock is held.
func grantOf(key *fakeaws.Key, id string) *fakeaws.KeyGrant {
	for _, g := range key.Grants() {
		if g.ID == id {
			return g
		}
	}
	return nil
}

// retireGrant ends a grant. The grant itself says who may: the retiring principal, the
// grantee with RetireGrant, and the account in which it was made, whose IAM policies decide
// ("Retiring and revoking grants"). An explicit Deny of the key policy counts.
func (s *Fake) retireGrant(call *fakeaws.Call, in *awskms.RetireGrantInput) (*fakeaws.Plan[*awskms.RetireGrantOutput], error) {
	byToken := in.GrantToken != nil
	if byToken == (in.GrantId != nil || in.KeyId != nil) || !byToken && (in.GrantId == nil || in.KeyId == nil) {
		return nil, invalid(textWhichGrant)
	}
	id, keyID := aws.ToString(in.GrantId), in.KeyId
	if byToken {
		var ok bool
		if id, ok = tokenID(*in.GrantToken); !ok {
			return nil, &types.InvalidGrantTokenException{Message: aws.String(textGrantToken)}
		}
		s.keys().Lock()
		for _, g := range s.keys().AllGrants(call.Region, s.now()) {
			if g.ID == id {
				keyID = &g.Key.ARN
			}
		}
		s.keys().Unlock()
		if keyID == nil {
			return nil, &types.InvalidGrantTokenException{Message: aws.String(textGrantToken)}
		}
	}
	f := s.find(call, &use{id: keyID, action: "kms:RetireGrant", noAlias: true, admits: func(*fakeaws.KeyGrant) bool { return false }})
	var g *fakeaws.KeyGrant
	if f.missing == nil {
		s.keys().Lock()
		g = grantOf(f.Key, id)
		s.keys().Unlock()
		if g != nil {
			f.need.Policy = enforce.Join(enforce.KeyPolicy, f.Policy().Denials(), fakeaws.DefaultKeyPolicy(g.Issuer))
			g.RetiredBy(call, &f.need)
		}
	}
	return planOn(f, func() (*awskms.RetireGrantOutput, error) {
		if err := s.endGrant(f.Key, g, in.DryRun); err != nil {
			return nil, err
		}
		return &awskms.RetireGrantOutput{}, nil
	}), nil
}

// endGrant deletes a grant, which each state of the key admits.
func (s *Fake) endGrant(key *fakeaws.Key, g *fakeaws.KeyGrant, dry *bool) error {
	s.keys().Lock()
	defer s.keys().Unlock()
	if g == nil || grantOf(key, g.ID) == nil {
		return &types.InvalidGrantIdException{Message: aws.String(textNoGrant)}
	}
	if err := dryRun(dry); err != nil {
		return err
	}
	key.RemoveGrant(g)
	return nil
}

func (s *Fake) revokeGrant(call *fakeaws.Call, in *awskms.RevokeGrantInput) (*fakeaws.Plan[*awskms.RevokeGrantOutput], error) {
	f := s.find(call, &use{id: in.KeyId, action: "kms:RevokeGrant", noAlias: true, set: func(c *enforce.Context) { c.SetBool("kms:GrantIsForAWSResource", false) }})
	return planOn(f, func() (*awskms.RevokeGrantOutput, error) {
		s.keys().Lock()
		g := grantOf(f.Key, *in.GrantId)
		s.keys().Unlock()
		if err := s.endGrant(f.Key, g, in.DryRun); err != nil {
			return nil, err
		}
		return &awskms.RevokeGrantOutput{}, nil
	}), nil
}

// accountOf is the account of a principal, by its ARN or its id.
func accountOf(principal string) string {
	if parsed, err := arn.Parse(principal); err == nil {
		return parsed.AccountID
	}
	return principal
}
