package sts

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/internal/constraint"
)

// All operations that assume a role come down to the input of AssumeRole: what
// the others have in a token or an assertion, it has as parameters.

// checkRoleARN refuses what is no ARN of a role.
func checkRoleARN(text string) error {
	parsed, err := arn.Parse(text)
	if err != nil || parsed.Service != "iam" || parsed.AccountID == "" || !strings.HasPrefix(parsed.Resource, "role/") {
		return constraint.Error(text + " is invalid")
	}
	return nil
}

// accountIn is the account of an ARN that checkRoleARN has passed.
func accountIn(text string) string {
	parsed, _ := arn.Parse(text)
	return parsed.AccountID
}

// role finds a role that can be assumed: not one of a closed account.
func (s *Fake) role(arn string) (fakeaws.Role, bool) {
	role, ok := s.world.Directory().Role(arn)
	return role, ok && !s.world.Closed(role.Account)
}

// An assumption is a session of a role that a call asks for.
type assumption struct {
	call    *fakeaws.Call
	action  string
	in      *sdk.AssumeRoleInput
	role    fakeaws.Role // without an ID when there is none
	note    string       // what a denial means where there is none
	session *fakeaws.Session
}

// assumption looks a role up, and says which session of it the call asks for.
func (s *Fake) assumption(call *fakeaws.Call, action string, in *sdk.AssumeRoleInput) *assumption {
	a := &assumption{call: call, action: action, in: in, session: requested(call.Caller, in)}
	role, ok := s.role(*in.RoleArn)
	if !ok {
		// AWS does not tell a missing role from one that does not trust.
		role = fakeaws.Role{Account: accountIn(*in.RoleArn), Trust: enforce.Empty(enforce.TrustPolicy)}
		a.note = s.noSuchRole(*in.RoleArn)
	}
	a.role = role
	return a
}

// noSuchRole says of a role that is missing which one was probably meant.
func (s *Fake) noSuchRole(arn string) string {
	if s.world.Closed(accountIn(arn)) {
		return "the account of " + arn + " is closed"
	}
	text := "there is no role " + arn
	if near := s.world.Principals().RoleLike(arn); near != "" {
		text += "; did you mean " + near + "?"
	}
	return text
}

// needs asks for the action on the role and, where the session brings them, for
// tagging it, for setting its source identity and for setting its context. The
// role's trust policy guards all four.
func (a *assumption) needs(more facts) []fakeaws.Need {
	need := fakeaws.Need{
		Action:          a.action,
		Resource:        *a.in.RoleArn,
		ResourceAccount: a.role.Account,
		Policy:          a.role.Trust,
		Note:            a.note,
	}
	needs := []fakeaws.Need{need}
	if a.session.SourceIdentity != "" {
		need.Action = actionSetSourceIdentity
		needs = append(needs, need)
	}
	if len(a.session.Tags) > 0 {
		need.Action = actionTagSession
		needs = append(needs, need)
	}
	if len(a.in.ProvidedContexts) > 0 {
		need.Action = actionSetContext
		needs = append(needs, need)
	}
	for i := range needs {
		setKeys(&needs[i].Context, a.in, a.session, a.role.Tags)
		more.set(&needs[i].Context)
	}
	return needs
}

// unchanged refuses a role that is not there, or not there any more: one that was
// made again under the same name is another role.
func (s *Fake) unchanged(a *assumption) error {
	if now, ok := s.role(*a.in.RoleArn); ok && now.ID == a.role.ID {
		return nil
	}
	switch a.call.Caller.Type {
	case enforce.WebIdentity, enforce.SAMLIdentity:
		return notAuthorized(a.action)
	}
	return accessDenied(fmt.Sprintf("User: %s is not authorized to perform: %s on resource: %s", a.call.Caller.ARN, a.action, *a.in.RoleArn))
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
	setRequestTags(c, in.Tags)
	setRoleTags(c, roleTags)
}

// setRoleTags sets the tags of the role that is assumed.
func setRoleTags(c *enforce.Context, tags []fakeaws.Tag) {
	for _, t := range tags {
		c.Set("iam:ResourceTag/"+t.Key, t.Value)
		c.Set("aws:ResourceTag/"+t.Key, t.Value)
	}
}

// setRequestTags sets the condition keys of the tags of a request.
func setRequestTags(c *enforce.Context, tags []types.Tag) {
	fakeaws.SetRequestTags(c, tags, func(t types.Tag) (key, value string) { return *t.Key, *t.Value })
}

// openRole makes credentials for a session of a role. That the caller may is
// decided before.
func (s *Fake) openRole(a *assumption) (*sdk.AssumeRoleOutput, error) {
	in, role, session := a.in, &a.role, a.session
	life, err := duration(a.call.Caller, role, in.DurationSeconds)
	if err != nil {
		return nil, err
	}
	if session.Policies, err = s.sessionPolicies(a.call, role.Account, in.Policy, in.PolicyArns); err != nil {
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
		Credentials:      s.issue(caller, a.call.Time, life, in.MinimumSessionTokenSize),
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
