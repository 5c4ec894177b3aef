package iam

import (
	"crypto/rsa"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsarn "github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/leastpriv/leastpriv/enforce"
	"github.com/leastpriv/leastpriv/fakeaws"
)

var _ fakeaws.Federation = (*Fake)(nil)

// accountOf finds the account of an IAM ARN, if it has any IAM resources. The
// lock is held.
func (s *Fake) accountOf(arn string) (*account, bool) {
	parsed, err := awsarn.Parse(arn)
	if err != nil {
		return nil, false
	}
	a, ok := s.accounts[parsed.AccountID]
	return a, ok
}

// OIDCProvider implements [fakeaws.Federation].
func (s *Fake) OIDCProvider(arn string) (fakeaws.OIDCProvider, bool) {
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
func (s *Fake) SAMLProvider(arn string) (fakeaws.SAMLProvider, bool) {
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
	keys := make([]*rsa.PrivateKey, len(p.keys))
	for i, k := range p.keys {
		keys[i] = k.private
	}
	return fakeaws.SAMLProvider{
		ARN: p.arn, Name: lastSegment(p.arn), Account: a.id,
		Issuer:       p.metadata.issuer,
		Certificates: p.metadata.certificates, // never changed, only replaced
		ValidUntil:   p.validUntil(),
		Keys:         keys,
		Encrypted:    p.encryption == types.AssertionEncryptionModeTypeRequired,
	}, true
}

// Delegation implements [fakeaws.Federation].
func (s *Fake) Delegation(token string) (found fakeaws.Delegation, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delegations.Scan(func(_ string, d *delegation) bool {
		if d.token == "" || d.token != token {
			return true
		}
		found, ok = fakeaws.Delegation{
			Requestor: *d.RequestorId,
			Approver:  d.approver,
			Life:      time.Duration(aws.ToInt32(d.SessionDuration)) * time.Second,
			Expires:   *d.ExpirationTime,
		}, true
		if d.Permissions != nil {
			found.Policy = s.partnerTemplates[aws.ToString(d.Permissions.PolicyTemplateArn)]
		}
		return false
	})
	return found, ok
}

// SetDelegationTemplate sets what the policy template of a partner allows, as far
// as a World needs to know it: what the session of sts:GetDelegatedAccessToken may
// do. A template of which nothing is said allows nothing.
func (s *Fake) SetDelegationTemplate(arn, document string) error {
	p, err := enforce.Parse(document, enforce.SessionPolicy, enforce.Source{ARN: arn})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.partnerTemplates == nil {
		s.partnerTemplates = make(map[string]*enforce.Policy)
	}
	s.partnerTemplates[arn] = p
	return nil
}

// DelegationToken returns the token that the partner is sent through its
// notification channel, which a World has not; false as long as it was not sent.
func (s *Fake) DelegationToken(id string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.delegations.Get(id)
	if !ok || d.token == "" {
		return "", false
	}
	return d.token, true
}

// OutboundIssuer implements [fakeaws.Federation].
func (s *Fake) OutboundIssuer(id string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, ok := s.accounts[id]
	if !ok || !a.preferences.outbound {
		return "", false
	}
	return a.preferences.issuer, true
}
