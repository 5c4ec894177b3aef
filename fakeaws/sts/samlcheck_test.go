package sts

import (
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
	good := func() *assertion {
		return &assertion{
			issuer: "idp", subject: "alice", recipient: "https://signin.aws.amazon.com/saml", issued: now.Add(-time.Minute), notOnOrAfter: now.Add(4 * time.Minute),
			audiences:  []string{"urn:amazon:webservices"},
			attributes: map[string][]string{roleAttribute: {"x,y", arn + " , " + role}, roleSessionNameAttribute: {"alice"}},
		}
	}
	for name, tc := range map[string]struct {
		change  func(*assertion)
		code    string
		message string
	}{
		"good":             {func(*assertion) {}, "", ""},
		"no audience":      {func(a *assertion) { a.audiences = nil }, "", ""},
		"a region":         {func(a *assertion) { a.recipient = "https://eu-west-1.signin.aws.amazon.com/saml/acs/x" }, "", ""},
		"issuer":           {func(a *assertion) { a.issuer = "other" }, "InvalidIdentityToken", "Issuer not present in specified provider"},
		"no end":           {func(a *assertion) { a.notOnOrAfter = time.Time{} }, "InvalidIdentityToken", noConfirmation},
		"no recipient":     {func(a *assertion) { a.recipient = "" }, "InvalidIdentityToken", noConfirmation},
		"recipient":        {func(a *assertion) { a.recipient = "http://signin.aws.amazon.com/saml" }, "InvalidIdentityToken", wrongRecipient},
		"audience":         {func(a *assertion) { a.audiences = []string{"me"} }, "InvalidIdentityToken", "Response does not contain the required audience."},
		"at its end":       {func(a *assertion) { a.notOnOrAfter = now }, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance"},
		"five minutes old": {func(a *assertion) { a.issued = now.Add(-5 * time.Minute) }, "", ""},
		"older":            {func(a *assertion) { a.issued = now.Add(-5*time.Minute - time.Second) }, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance"},
		"too early":        {func(a *assertion) { a.notBefore = now.Add(time.Second) }, "ExpiredTokenException", outsideConditions},
		"just now":         {func(a *assertion) { a.notBefore = now }, "", ""},
		"over":             {func(a *assertion) { a.conditionsEnd = now }, "ExpiredTokenException", outsideConditions},
		"nobody":           {func(a *assertion) { a.subject = "" }, "InvalidIdentityToken", noNameID},
		"no role":          {func(a *assertion) { delete(a.attributes, roleAttribute) }, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML"},
		"no session name":  {func(a *assertion) { delete(a.attributes, roleSessionNameAttribute) }, "InvalidIdentityToken", "RoleSessionName is required in AuthnResponse"},
		"one letter":       {func(a *assertion) { a.attributes[roleSessionNameAttribute] = []string{"a"} }, "InvalidIdentityToken", "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"},
		"source identity":  {func(a *assertion) { a.attributes[sourceIdentityAttribute] = []string{"a b"} }, "InvalidIdentityToken", `Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"`},
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
			a := &assertion{attributes: map[string][]string{roleSessionNameAttribute: {"alice"}}}
			if tc.attribute != "" {
				a.attributes[sessionDurationAttribute] = []string{tc.attribute}
			}
			if tc.ends != 0 {
				a.sessionEnds = now.Add(tc.ends)
			}
			in, err := a.roleInput(&sdk.AssumeRoleWithSAMLInput{RoleArn: aws.String("arn:aws:iam::111122223333:role/r"), DurationSeconds: tc.request}, now)
			requireAnswer(t, err, tc.code, tc.message)
			if err == nil {
				assert.Equal(t, tc.want, in.DurationSeconds)
			}
		})
	}
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
