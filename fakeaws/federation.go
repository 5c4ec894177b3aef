package fakeaws

import (
	"crypto/rsa"
	"crypto/x509"
	"time"

	"github.com/leastpriv/leastpriv/enforce"
)

// A Federation knows the identity providers that accounts trust, and whom
// accounts let in or send out. The service registered as "iam" is one.
type Federation interface {
	// OIDCProvider finds an OpenID Connect provider of any account by its ARN.
	OIDCProvider(arn string) (OIDCProvider, bool)
	// SAMLProvider finds a SAML provider of any account by its ARN.
	SAMLProvider(arn string) (SAMLProvider, bool)
	// OutboundIssuer returns the URL of the account's own issuer of identity
	// tokens; false while outbound web identity federation is disabled.
	OutboundIssuer(account string) (string, bool)
	// Delegation finds what the trade-in token of a delegation request is for.
	Delegation(token string) (Delegation, bool)
}

// An OIDCProvider is what STS needs to know of an OpenID Connect provider.
type OIDCProvider struct {
	ARN string
	// URL is without its scheme, as condition keys begin with it.
	URL         string
	ClientIDs   []string
	Thumbprints []string
}

// A SAMLProvider is what STS needs to know of a SAML provider.
type SAMLProvider struct {
	ARN, Name, Account string
	// Issuer is the entity id of the metadata.
	Issuer string
	// Certificates are those with which the provider signs.
	Certificates []*x509.Certificate
	ValidUntil   time.Time
	// Keys are those with which its encrypted assertions can be decrypted.
	Keys []*rsa.PrivateKey
	// Encrypted says that assertions must be encrypted.
	Encrypted bool
}

// A Delegation is what somebody has approved that another account may do.
type Delegation struct {
	Requestor string // account
	Approver  *Caller
	// Policy limits it; nil allows nothing.
	Policy  *enforce.Policy
	Life    time.Duration
	Expires time.Time // of the token
}

// Federation returns the identity providers of this World.
func (w *World) Federation() Federation { return w.Fake("iam").(Federation) }

// Keys returns the KMS keys of this World.
func (w *World) Keys() *Keys { return &w.state().keys }

// Issuers returns the OpenID Connect providers that this World can reach.
func (w *World) Issuers() *Issuers { return &w.state().issuers }
