package sts

import (
	"crypto/sha1"
	"encoding/base64"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

func (s *Fake) samlOps() []fakeaws.Op {
	return []fakeaws.Op{
		fakeaws.Bind(s.assumeRoleWithSAML).Unsigned(),
	}
}

const actionWithSAML = "sts:AssumeRoleWithSAML"

// redeemWithin is how long after it was issued a response is taken.
const redeemWithin = 5 * time.Minute

// A SAMLVerifier reads the responses of SAML providers.
type SAMLVerifier interface {
	// Verify returns what a response in base 64, the parameter SAMLAssertion, proves:
	// what the provider has signed. It returns AWS's errors.
	Verify(response string, provider fakeaws.SAMLProvider, now time.Time) (*SAMLAssertion, error)
}

// UseSAML lets STS read SAML. Package fakeaws/sts/saml has the verifier.
func (s *Fake) UseSAML(v SAMLVerifier) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saml = v
}

func (s *Fake) samlVerifier() SAMLVerifier {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saml
}

// A samlIdentity is what a SAML response proves.
type samlIdentity struct {
	provider  fakeaws.SAMLProvider
	assertion *SAMLAssertion
	qualifier string
	facts     facts
	// role is the request as one of AssumeRole.
	role *sdk.AssumeRoleInput
}

// assumeRoleWithSAML makes credentials for a session of a role, for whom a
// response of a SAML provider names.
func (s *Fake) assumeRoleWithSAML(call *fakeaws.Call, in *sdk.AssumeRoleWithSAMLInput) (*fakeaws.Plan[*sdk.AssumeRoleWithSAMLOutput], error) {
	if err := members.Check(in); err != nil {
		return nil, err
	}
	id, err := s.samlIdentity(call, in)
	if err != nil {
		return nil, err
	}
	call.Caller = &fakeaws.Caller{Principal: enforce.Principal{Type: enforce.SAMLIdentity, Service: id.provider.ARN}}
	a := s.assumption(call, actionWithSAML, id.role)
	return &fakeaws.Plan[*sdk.AssumeRoleWithSAMLOutput]{Needs: a.needs(id.facts), Do: func() (*sdk.AssumeRoleWithSAMLOutput, error) {
		out, err := s.openFederated(a, id.facts)
		if err != nil {
			return nil, err
		}
		return &sdk.AssumeRoleWithSAMLOutput{
			AssumedRoleUser: out.AssumedRoleUser, Credentials: out.Credentials, PackedPolicySize: out.PackedPolicySize,
			SourceIdentity: out.SourceIdentity, SessionTokenSize: out.SessionTokenSize, SessionTokenUtilization: out.SessionTokenUtilization,
			Audience: aws.String(id.assertion.Recipient), Issuer: aws.String(id.assertion.Issuer), NameQualifier: aws.String(id.qualifier),
			Subject: aws.String(id.assertion.Subject), SubjectType: aws.String(id.assertion.SubjectType),
		}, nil
	}}, nil
}

// samlIdentity verifies a response. The order of the checks is unverified.
func (s *Fake) samlIdentity(call *fakeaws.Call, in *sdk.AssumeRoleWithSAMLInput) (*samlIdentity, error) {
	saml := s.samlVerifier()
	if saml == nil {
		return nil, noSAML()
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
	a, err := saml.Verify(*in.SAMLAssertion, provider, call.Time)
	if err != nil {
		return nil, err
	}
	tags, err := a.tags()
	if err != nil {
		return nil, err
	}
	if err := a.check(provider, *in.RoleArn, call.Time); err != nil {
		return nil, err
	}
	id := &samlIdentity{provider: provider, assertion: a, qualifier: nameQualifier(a.Issuer, provider)}
	id.facts = id.keys()
	id.role, err = a.roleInput(in, tags, call.Time)
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
		{key: "saml:sub", values: []string{a.Subject}, lasts: true},
		{key: "saml:sub_type", values: []string{a.SubjectType}, lasts: true},
		{key: "saml:aud", values: []string{a.Recipient}},
		{key: "saml:iss", values: []string{a.Issuer}},
		{key: "saml:doc", values: []string{id.provider.Account + "/" + id.provider.Name}},
	}
	for _, known := range attributeKeys() {
		if values := a.values(known.name); len(values) > 0 {
			f = append(f, fact{key: known.key, values: values, many: known.many})
		}
	}
	return f
}

// roleInput is a request with an assertion as one of AssumeRole.
func (a *SAMLAssertion) roleInput(in *sdk.AssumeRoleWithSAMLInput, tags []types.Tag, now time.Time) (*sdk.AssumeRoleInput, error) {
	out := &sdk.AssumeRoleInput{
		RoleArn: in.RoleArn, RoleSessionName: aws.String(a.attribute(roleSessionNameAttribute)),
		DurationSeconds: in.DurationSeconds, Policy: in.Policy, PolicyArns: in.PolicyArns,
		MinimumSessionTokenSize: in.MinimumSessionTokenSize, TransitiveTagKeys: a.values(transitiveTagsAttribute),
		Tags: tags,
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
	if !a.SessionEnds.IsZero() {
		left := a.SessionEnds.Sub(now)
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
