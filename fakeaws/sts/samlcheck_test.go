package sts

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/leastpriv/leastpriv/fakeaws"
)

// What an assertion must say, whoever has signed it.
func TestAssertionChecks(t *testing.T) {
	t.Parallel()
	const role, arn = "arn:aws:iam::111122223333:role/r", "arn:aws:iam::111122223333:saml-provider/p"
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	provider := fakeaws.SAMLProvider{ARN: arn, Issuer: "idp"}
	good := func() *SAMLAssertion {
		return &SAMLAssertion{
			Issuer: "idp", Subject: "alice", Recipient: "https://signin.aws.amazon.com/saml", Issued: now.Add(-time.Minute), NotOnOrAfter: now.Add(4 * time.Minute),
			Audiences:  []string{"urn:amazon:webservices"},
			Attributes: []SAMLAttribute{{Name: roleAttribute, Values: []string{"x,y", arn + " , " + role}}, {Name: roleSessionNameAttribute, Values: []string{"alice"}}},
		}
	}
	for name, tc := range map[string]struct {
		change  func(*SAMLAssertion)
		code    string
		message string
	}{
		"good":             {func(*SAMLAssertion) {}, "", ""},
		"no audience":      {func(a *SAMLAssertion) { a.Audiences = nil }, "", ""},
		"a region":         {func(a *SAMLAssertion) { a.Recipient = "https://eu-west-1.signin.aws.amazon.com/saml/acs/x" }, "", ""},
		"issuer":           {func(a *SAMLAssertion) { a.Issuer = "other" }, "InvalidIdentityToken", "Issuer not present in specified provider"},
		"no end":           {func(a *SAMLAssertion) { a.NotOnOrAfter = time.Time{} }, "InvalidIdentityToken", NoSubjectConfirmation},
		"no recipient":     {func(a *SAMLAssertion) { a.Recipient = "" }, "InvalidIdentityToken", NoSubjectConfirmation},
		"recipient":        {func(a *SAMLAssertion) { a.Recipient = "http://signin.aws.amazon.com/saml" }, "InvalidIdentityToken", wrongRecipient},
		"audience":         {func(a *SAMLAssertion) { a.Audiences = []string{"me"} }, "InvalidIdentityToken", "Response does not contain the required audience."},
		"at its end":       {func(a *SAMLAssertion) { a.NotOnOrAfter = now }, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance"},
		"five minutes old": {func(a *SAMLAssertion) { a.Issued = now.Add(-5 * time.Minute) }, "", ""},
		"older":            {func(a *SAMLAssertion) { a.Issued = now.Add(-5*time.Minute - time.Second) }, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance"},
		"too early":        {func(a *SAMLAssertion) { a.NotBefore = now.Add(time.Second) }, "ExpiredTokenException", outsideConditions},
		"just now":         {func(a *SAMLAssertion) { a.NotBefore = now }, "", ""},
		"over":             {func(a *SAMLAssertion) { a.ConditionsEnd = now }, "ExpiredTokenException", outsideConditions},
		"nobody":           {func(a *SAMLAssertion) { a.Subject = "" }, "InvalidIdentityToken", noNameID},
		"no role":          {func(a *SAMLAssertion) { set(a, roleAttribute) }, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"},
		"no session name":  {func(a *SAMLAssertion) { set(a, roleSessionNameAttribute) }, "InvalidIdentityToken", "RoleSessionName is required in AuthnResponse"},
		"one letter":       {func(a *SAMLAssertion) { set(a, roleSessionNameAttribute, "a") }, "InvalidIdentityToken", "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"},
		"source identity":  {func(a *SAMLAssertion) { set(a, sourceIdentityAttribute, "a b") }, "InvalidIdentityToken", `Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := good()
			tc.change(a)
			requireAnswer(t, a.check(provider, role, now), tc.code, tc.message)
		})
	}
}

// How long a session lasts: what the request says, or the assertion, but not longer
// than the session at the provider.
func TestDurationOfAssertions(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	for name, tc := range map[string]struct {
		request       *int32
		attribute     string
		ends          time.Duration // of the provider's session, from now on
		want          *int32
		code, message string
	}{
		"nothing said":             {nil, "", 0, nil, "", ""},
		"the request":              {aws.Int32(1000), "2000", 0, aws.Int32(1000), "", ""},
		"the assertion":            {nil, "2000", 0, aws.Int32(2000), "", ""},
		"no number":                {nil, "soon", 0, nil, "InvalidIdentityToken", badSessionDuration},
		"the provider's is longer": {nil, "2000", time.Hour, aws.Int32(2000), "", ""},
		"the provider's ends":      {nil, "", 30 * time.Minute, aws.Int32(1800), "", ""},
		"before the request's":     {aws.Int32(3600), "", 30 * time.Minute, aws.Int32(1800), "", ""},
		"as soon as can be":        {nil, "", 15 * time.Minute, aws.Int32(900), "", ""},
		"sooner":                   {nil, "", 15*time.Minute - time.Second, nil, "ExpiredTokenException", sessionEnded},
		"too short":                {nil, "899", 0, nil, "ValidationError", "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := &SAMLAssertion{Attributes: []SAMLAttribute{{Name: roleSessionNameAttribute, Values: []string{"alice"}}}}
			if tc.attribute != "" {
				set(a, sessionDurationAttribute, tc.attribute)
			}
			if tc.ends != 0 {
				a.SessionEnds = now.Add(tc.ends)
			}
			in, err := a.roleInput(&sdk.AssumeRoleWithSAMLInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/r"), DurationSeconds: tc.request}, nil, now)
			requireAnswer(t, err, tc.code, tc.message)
			if err == nil {
				assert.Equal(t, tc.want, in.DurationSeconds)
			}
		})
	}
}

// set gives an attribute other values, or takes it away.
func set(a *SAMLAssertion, name string, values ...string) {
	a.Attributes = slices.DeleteFunc(a.Attributes, func(x SAMLAttribute) bool { return x.Name == name })
	if len(values) > 0 {
		a.Attributes = append(a.Attributes, SAMLAttribute{Name: name, Values: values})
	}
}

// Whatever an assertion says, the checks end, and what they pass names the role.
func FuzzAssertionChecks(f *testing.F) {
	const role, arn = "arn:aws:iam::111122223333:role/r", "arn:aws:iam::111122223333:saml-provider/p"
	now := time.Unix(1767225600, 0)
	f.Add("https://signin.aws.amazon.com/saml", "urn:amazon:webservices", arn+","+role, "alice", "2000", "team", "blue")
	f.Add("https://eu-west-1.signin.aws.amazon.com/saml/acs/x", "", role+" , "+arn, "aws:alice", "-1", "", "")
	f.Fuzz(func(t *testing.T, recipient, audience, pair, name, duration, tag, value string) {
		a := &SAMLAssertion{
			Issuer: "idp", Subject: name, Recipient: recipient, Issued: now, NotOnOrAfter: now.Add(time.Minute), Audiences: []string{audience},
			Attributes: []SAMLAttribute{
				{Name: roleAttribute, Values: []string{pair}}, {Name: roleSessionNameAttribute, Values: []string{name}},
				{Name: sessionDurationAttribute, Values: []string{duration}}, {Name: principalTagAttribute + tag, Values: []string{value}},
			},
		}
		tags, err := a.tags()
		if err != nil || a.check(fakeaws.SAMLProvider{ARN: arn, Issuer: "idp"}, role, now) != nil {
			return
		}
		if !strings.Contains(pair, role) {
			t.Fatalf("%q names the role", pair)
		}
		_, _ = a.roleInput(&sdk.AssumeRoleWithSAMLInput{RoleArn: aws.String(role)}, tags, now)
	})
}

// requireAnswer requires an error of AWS's, or none.
func requireAnswer(t *testing.T, err error, code, message string) {
	t.Helper()
	if code == "" {
		require.NoError(t, err)
		return
	}
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	assert.Equal(t, code, api.ErrorCode())
	assert.Equal(t, message, api.ErrorMessage())
}
