// Package saml reads the responses of SAML identity providers for
// sts:AssumeRoleWithSAML. It is apart from package sts because it needs libraries for
// XML signatures and XML encryption, which few programs have a use for.
package saml

import (
	"encoding/base64"
	"time"

	"github.com/leastpriv/leastpriv/fakeaws"
	"github.com/leastpriv/leastpriv/fakeaws/sts"
)

// Enable lets a World's STS read SAML.
func Enable(w *fakeaws.World) { sts.Of(w).UseSAML(verifier{}) }

// A verifier is an [sts.SAMLVerifier].
type verifier struct{}

// Verify implements [sts.SAMLVerifier].
func (verifier) Verify(response string, provider fakeaws.SAMLProvider, now time.Time) (*sts.SAMLAssertion, error) {
	text, err := base64.StdEncoding.DecodeString(response)
	if err != nil {
		return nil, invalidToken(notAResponse)
	}
	return readResponse(text, provider, now)
}
