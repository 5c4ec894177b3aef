package sts

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

const actionWithSAML = "sts:AssumeRoleWithSAML"

// redeemWithin is how long after it was issued a response is taken.
const redeemWithin = 5 * time.Minute

// A samlIdentity is what a SAML response proves.
type samlIdentity struct {
	provider  fakeaws.SAMLProvider
	assertion *assertion
	qualifier string
	facts     facts
	// role is the request as one of AssumeRole.
	role *sdk.AssumeRoleInput
}

func (s *Fake) samlNeeds(ctx context.Context, in *sdk.AssumeRoleWithSAMLInput) ([]fakeaws.Need, error) {
	call := fakeaws.CallFrom(ctx)
	id, err := s.samlIdentity(call, in)
	if err != nil {
		return nil, err
	}
	call.Keep(id)
	call.Caller = &fakeaws.Caller{Principal: enforce.Principal{Type: enforce.SAMLIdentity, Service: id.provider.ARN}}
	return s.roleNeeds(actionWithSAML, id.role, requested(call.Caller, id.role), id.facts), nil
}

// AssumeRoleWithSAML makes credentials for a session of a role, for whom a
// response of a SAML provider names.
func (s *Fake) AssumeRoleWithSAML(ctx context.Context, in *sdk.AssumeRoleWithSAMLInput) (*sdk.AssumeRoleWithSAMLOutput, error) {
	call := fakeaws.CallFrom(ctx)
	id, verified := call.Kept().(*samlIdentity)
	if !verified { // Go code calls
		var err error
		if id, err = s.samlIdentity(call, in); err != nil {
			return nil, err
		}
	}
	role, ok := s.role(*in.RoleArn)
	if !ok {
		return nil, accessDenied("Not authorized to perform " + actionWithSAML)
	}
	session := requested(noCaller, id.role)
	session.Keys = id.facts.lasting()
	out, err := s.openRole(call, id.role, &role, session)
	if err != nil {
		return nil, err
	}
	return &sdk.AssumeRoleWithSAMLOutput{
		AssumedRoleUser: out.AssumedRoleUser, Credentials: out.Credentials, PackedPolicySize: out.PackedPolicySize,
		SourceIdentity: out.SourceIdentity, SessionTokenSize: out.SessionTokenSize, SessionTokenUtilization: out.SessionTokenUtilization,
		Audience: aws.String(id.assertion.recipient), Issuer: aws.String(id.assertion.issuer), NameQualifier: aws.String(id.qualifier),
		Subject: aws.String(id.assertion.subject), SubjectType: aws.String(id.assertion.subjectType),
	}, nil
}

// samlIdentity verifies a response. The order of the checks is unverified.
func (s *Fake) samlIdentity(call *fakeaws.Call, in *sdk.AssumeRoleWithSAMLInput) (*samlIdentity, error) {
	if err := members.Check(in); err != nil {
		return nil, err
	}
	if err := checkRoleARN(*in.RoleArn); err != nil {
		return nil, err
	}
	provider, ok := s.world.Federation().SAMLProvider(*in.PrincipalArn)
	switch {
	case !ok:
		return nil, invalidToken("Specified provider doesn't exist")
	case provider.Account != accountIn(*in.RoleArn):
		return nil, accessDenied(foreignProvider)
	case !call.Time.Before(provider.ValidUntil):
		return nil, invalidToken(oldMetadata)
	}
	text, err := base64.StdEncoding.DecodeString(*in.SAMLAssertion)
	if err != nil {
		return nil, invalidToken(notAResponse)
	}
	a, err := readResponse(text, provider, call.Time)
	if err != nil {
		return nil, err
	}
	if err := a.check(provider, *in.RoleArn, call.Time); err != nil {
		return nil, err
	}
	id := &samlIdentity{provider: provider, assertion: a, qualifier: nameQualifier(a.issuer, provider)}
	id.facts = id.keys()
	id.role, err = a.roleInput(in, call.Time)
	return id, err
}

// nameQualifier is the hash that API page "AssumeRoleWithSAML" describes.
func nameQualifier(issuer string, provider fakeaws.SAMLProvider) string {
	sum := sha1.Sum([]byte(issuer + provider.Account + "/" + provider.Name))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// keys are the condition keys of the assertion: page "IAM and AWS STS condition
// context keys", section "Available keys for SAML-based AWS STS federation". Of
// them the session keeps those that tell who it is.
func (id *samlIdentity) keys() facts {
	a := id.assertion
	f := facts{
		{key: "saml:namequalifier", values: []string{id.qualifier}, lasts: true},
		{key: "saml:sub", values: []string{a.subject}, lasts: true},
		{key: "saml:sub_type", values: []string{a.subjectType}, lasts: true},
		{key: "saml:aud", values: []string{a.recipient}},
		{key: "saml:iss", values: []string{a.issuer}},
		{key: "saml:doc", values: []string{id.provider.Account + "/" + id.provider.Name}},
	}
	for _, known := range samlAttributes() {
		if values := a.attributes[known.name]; len(values) > 0 {
			f = append(f, fact{key: known.key, values: values, many: known.many})
		}
	}
	return f
}

// roleInput is a request with an assertion as one of AssumeRole.
func (a *assertion) roleInput(in *sdk.AssumeRoleWithSAMLInput, now time.Time) (*sdk.AssumeRoleInput, error) {
	out := &sdk.AssumeRoleInput{
		RoleArn: in.RoleArn, RoleSessionName: aws.String(a.attribute(roleSessionNameAttribute)),
		DurationSeconds: in.DurationSeconds, Policy: in.Policy, PolicyArns: in.PolicyArns,
		MinimumSessionTokenSize: in.MinimumSessionTokenSize, TransitiveTagKeys: a.attributes[transitiveTagsAttribute],
		Tags: a.tags,
	}
	if identity := a.attribute(sourceIdentityAttribute); identity != "" {
		out.SourceIdentity = &identity
	}
	if out.DurationSeconds == nil {
		seconds, err := a.sessionDuration()
		if err != nil {
			return nil, err
		}
		out.DurationSeconds = seconds
	}
	if !a.sessionEnds.IsZero() {
		left := a.sessionEnds.Sub(now)
		if left < minSession {
			return nil, expiredToken(sessionEnded)
		}
		wanted := defaultRoleSession
		if out.DurationSeconds != nil {
			wanted = time.Duration(*out.DurationSeconds) * time.Second
		}
		if left < wanted {
			out.DurationSeconds = aws.Int32(int32(left / time.Second))
		}
	}
	if err := members.Check(out); err != nil {
		return nil, err
	}
	return out, checkTags(nil, out)
}

// minSession is the shortest session of a role.
const minSession = 15 * time.Minute

func samlTag(key string, values []string) (types.Tag, error) {
	if len(values) != 1 {
		return types.Tag{}, invalidToken(fmt.Sprintf(tagValues, key))
	}
	return types.Tag{Key: &key, Value: &values[0]}, nil
}
