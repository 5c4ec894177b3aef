package iam

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/fakeaws"
)

var _ fakeaws.Federation = (*Service)(nil)

// accountOf finds the account of an IAM ARN, if it has any IAM resources. The
// lock is held.
func (s *Service) accountOf(arn string) (*account, bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 {
		return nil, false
	}
	a, ok := s.accounts[parts[4]]
	return a, ok
}

// OIDCProvider implements [fakeaws.Federation].
func (s *Service) OIDCProvider(arn string) (fakeaws.OIDCProvider, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.accountOf(arn)
	if !ok {
		return fakeaws.OIDCProvider{}, false
	}
	p, ok := a.oidc.Get(arn)
	if !ok {
		return fakeaws.OIDCProvider{}, false
	}
	return fakeaws.OIDCProvider{
		ARN: p.arn, URL: p.url, ClientIDs: slices.Clone(p.clientIDs), Thumbprints: slices.Clone(p.thumbprints),
	}, true
}

// SAMLProvider implements [fakeaws.Federation].
func (s *Service) SAMLProvider(arn string) (fakeaws.SAMLProvider, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.accountOf(arn)
	if !ok {
		return fakeaws.SAMLProvider{}, false
	}
	p, ok := a.saml.Get(arn)
	if !ok {
		return fakeaws.SAMLProvider{}, false
	}
	return fakeaws.SAMLProvider{
		ARN: p.arn, Name: lastSegment(p.arn), Account: a.id,
		Issuer:       p.metadata.issuer,
		Certificates: p.metadata.certificates, // never changed, only replaced
		ValidUntil:   p.validUntil(),
		Encrypted:    p.encryption == types.AssertionEncryptionModeTypeRequired,
	}, true
}

// OutboundIssuer implements [fakeaws.Federation].
func (s *Service) OutboundIssuer(id string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.accounts[id]
	if !ok || !a.preferences.outbound {
		return "", false
	}
	return a.preferences.issuer, true
}
