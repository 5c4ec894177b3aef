package sts

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// All operations that assume a role come down to the input of AssumeRole: what
// the others have in a token or an assertion, it has as parameters.

// checkRoleARN refuses what is no ARN of a role.
func checkRoleARN(arn string) error {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || parts[4] == "" || !strings.HasPrefix(parts[5], "role/") {
		return constraint.Error(arn + " is invalid")
	}
	return nil
}

// accountIn is the account of an ARN that checkRoleARN has passed.
func accountIn(arn string) string { return strings.SplitN(arn, ":", 6)[4] }

// role finds a role that can be assumed: not one of a closed account.
func (s *Fake) role(arn string) (fakeaws.Role, bool) {
	role, ok := s.world.Directory().Role(arn)
	return role, ok && !s.world.Closed(role.Account)
}

// roleNeeds asks for an action on a role and, where the session brings them,
// for tagging it, for setting its source identity and for setting its context. The
// role's trust policy guards all four.
func (s *Fake) roleNeeds(action string, in *sdk.AssumeRoleInput, session *fakeaws.Session, more facts) []fakeaws.Need {
	role, ok := s.role(*in.RoleArn)
	if !ok {
		// AWS does not tell a missing role from one that does not trust.
		role = fakeaws.Role{Account: accountIn(*in.RoleArn), Trust: enforce.Empty(enforce.TrustPolicy)}
	}
	need := fakeaws.Need{
		Action:          action,
		Resource:        *in.RoleArn,
		ResourceAccount: role.Account,
		Policy:          role.Trust,
	}
	needs := []fakeaws.Need{need}
	if session.SourceIdentity != "" {
		need.Action = actionSetSourceIdentity
		needs = append(needs, need)
	}
	if len(session.Tags) > 0 {
		need.Action = actionTagSession
		needs = append(needs, need)
	}
	if len(in.ProvidedContexts) > 0 {
		need.Action = actionSetContext
		needs = append(needs, need)
	}
	for i := range needs {
		setKeys(&needs[i].Context, in, session, role.Tags)
		more.set(&needs[i].Context)
	}
	return needs
}

// setKeys sets the condition keys of assuming a role and its companions.
func setKeys(c *enforce.Context, in *sdk.AssumeRoleInput, session *fakeaws.Session, roleTags []fakeaws.Tag) {
	c.Set("sts:RoleSessionName", session.Name)
	if in.ExternalId != nil {
		c.Set("sts:ExternalId", *in.ExternalId)
	}
	if in.TokenCode != nil {
		// The trust policy sees the code. The session that it leads to has no MFA
		// keys of its own (User Guide "Secure API access with MFA").
		c.SetBool("aws:MultiFactorAuthPresent", true)
		c.Set("aws:MultiFactorAuthAge", "0")
	}
	if session.SourceIdentity != "" {
		c.Set("sts:SourceIdentity", session.SourceIdentity)
	}
	if len(in.TransitiveTagKeys) > 0 {
		c.SetMulti("sts:TransitiveTagKeys", in.TransitiveTagKeys)
	}
	setTagKeys(c, in.Tags)
	for _, t := range roleTags {
		c.Set("iam:ResourceTag/"+t.Key, t.Value)
		c.Set("aws:ResourceTag/"+t.Key, t.Value)
	}
}

// setTagKeys sets the condition keys of the tags of a request.
func setTagKeys(c *enforce.Context, tags []types.Tag) {
	if len(tags) == 0 {
		return
	}
	keys := make([]string, len(tags))
	for i, t := range tags {
		keys[i] = *t.Key
		c.Set("aws:RequestTag/"+*t.Key, *t.Value)
	}
	c.SetMulti("aws:TagKeys", keys)
}

// openRole makes credentials for a session of a role. That the caller may is
// decided before.
func (s *Fake) openRole(call *fakeaws.Call, in *sdk.AssumeRoleInput, role *fakeaws.Role, session *fakeaws.Session) (*sdk.AssumeRoleOutput, error) {
	life, err := duration(call.Caller, role, in.DurationSeconds)
	if err != nil {
		return nil, err
	}
	if session.Policies, err = s.sessionPolicies(role.Account, in.Policy, in.PolicyArns); err != nil {
		return nil, err
	}
	packed, err := packedSize(in.Policy, in.PolicyArns, in.Tags)
	if err != nil {
		return nil, err
	}
	caller := &fakeaws.Caller{
		Principal: enforce.Principal{
			Type:          enforce.AssumedRole,
			ARN:           fakeaws.ARN("sts", "", role.Account, "assumed-role/"+role.Name+"/"+session.Name),
			IssuerARN:     role.ARN,
			Account:       role.Account,
			UserID:        role.ID + ":" + session.Name,
			CanonicalUser: s.canonicalUser(role.Account),
		},
		EntityID: role.ID,
		Session:  session,
		Uses:     role.Uses,
	}
	out := &sdk.AssumeRoleOutput{
		AssumedRoleUser:  &types.AssumedRoleUser{Arn: aws.String(caller.ARN), AssumedRoleId: aws.String(caller.UserID)},
		Credentials:      s.issue(caller, call.Time, life, in.MinimumSessionTokenSize),
		PackedPolicySize: packed,
		SourceIdentity:   optional(session.SourceIdentity),
	}
	out.SessionTokenSize, out.SessionTokenUtilization = tokenUse(out.Credentials)
	return out, nil
}

func (s *Fake) canonicalUser(account string) string {
	if acct, ok := s.world.Account(account); ok {
		return acct.CanonicalUser
	}
	return ""
}

// A fact is a condition key of an identity provider.
type fact struct {
	key    string
	values []string
	// many says that the key is multivalued, lasts that the session keeps it: those do
	// that the Service Authorization Reference has for sts:AssumeRole.
	many, lasts bool
}

type facts []fact

func (f facts) set(c *enforce.Context) {
	for _, x := range f {
		if x.many {
			c.SetMulti(x.key, x.values)
		} else {
			c.Set(x.key, x.values[0])
		}
	}
}

// lasting returns the keys that the session keeps, nil for none.
func (f facts) lasting() *enforce.Context {
	var kept facts
	for _, x := range f {
		if x.lasts {
			kept = append(kept, x)
		}
	}
	if kept == nil {
		return nil
	}
	c := new(enforce.Context)
	c.Grow(len(kept))
	kept.set(c)
	return c
}
